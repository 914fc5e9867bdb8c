//! Nothing leaves the computer, and nothing is written but where it belongs: the window under strace.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::support::{Desk, lay_demo};
use crate::traced::{FILE_CALLS, elsewhere, internet_sockets, strace, touched};

/// How long the window may take to look at a few photos, or to answer to keys, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// What a person calls something. Its first letter opens the list of jobs, which takes the others, should they come
/// before the dialog that they are meant for.
const TAG: &str = "jacaranda";

/// A display in memory.
struct Display(Child, String);

impl Display {
    fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Self(server, format!(":{}", number.trim()))
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whether a catalogue that the window made has the tag.
fn has_tag(desk: &Desk, tag: &str) -> bool {
    let files = fs::read_dir(desk.at("home/data/hangtag/catalogues")).into_iter().flatten().flatten();
    let mut catalogues =
        files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "hangtag"));
    catalogues.any(|catalogue| holds(&catalogue, tag).is_ok_and(|holds| holds))
}

fn holds(catalogue: &Path, tag: &str) -> rusqlite::Result<bool> {
    let database = Connection::open_with_flags(catalogue, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut tags = database.prepare("SELECT 1 FROM tags WHERE name = ?1")?;
    tags.exists([tag])
}

/// Gives the next photo the tag, by keys as a person would, again and again until the catalogue has it.
fn type_tag(desk: &Desk, display: &Display, tag: &str) {
    let xdotool = |arguments: &[&str]| {
        // A key that does not arrive is pressed once more.
        let pressed = Command::new("xdotool").args(arguments).env("DISPLAY", &display.1).status();
        pressed.expect("xdotool is installed");
        thread::sleep(Duration::from_secs(1));
    };
    let started = Instant::now();
    while !has_tag(desk, tag) {
        assert!(started.elapsed() < PATIENCE, "the keys do not reach the window");
        // Without a window manager nobody gives it the keys. The first two close what an earlier try has left open.
        xdotool(&["search", "--onlyvisible", "--class", "app.hangtag.Hangtag", "windowfocus"]);
        for key in ["Escape", "Escape", "Right", "t"] {
            xdotool(&["key", key]);
        }
        xdotool(&["type", "--delay", "100", tag]);
        xdotool(&["key", "Return"]);
    }
}

#[test]
#[ignore = "needs strace, Xvfb and xdotool; run by .ci/run"]
fn the_window_opens_no_network_socket_and_writes_only_where_it_may() {
    let desk = Desk::new();
    for kind in ["mugs", "bowls"] {
        lay_demo(&desk.photos(), kind, 4);
    }
    fs::create_dir_all(desk.at("run")).unwrap();
    let display = Display::start();
    let log = desk.at("trace.log");
    let calls = format!("trace=socket,{FILE_CALLS}");
    let mut window = strace(&desk, &["-y", "-e", &calls], &log, &desk.command(&[&desk.photos()]));
    window.current_dir(desk.at("")).env("DISPLAY", &display.1).env("XDG_RUNTIME_DIR", desk.at("run"));
    window.env_remove("DBUS_SESSION_BUS_ADDRESS").env_remove("XDG_CONFIG_HOME");
    let mut window = window.stderr(Stdio::null()).spawn().unwrap();
    let features = desk.at("home/cache/hangtag/features");
    let has_features = || {
        let files = fs::read_dir(&features).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).any(|metadata| metadata.len() > 1000)
    };
    let started = Instant::now();
    while !has_features() && started.elapsed() < PATIENCE && window.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(200));
    }
    type_tag(&desk, &display, TAG);
    thread::sleep(Duration::from_secs(2));
    assert!(window.try_wait().unwrap().is_none(), "the window is open until it is closed");
    let parent = window.id().to_string();
    assert!(Command::new("pkill").args(["-TERM", "-P", &parent]).status().unwrap().success());
    window.wait().unwrap();

    let log = fs::read_to_string(log).unwrap();
    let recent = fs::read_to_string(desk.at("home/data/hangtag/recent.txt")).expect("it has opened the folder");
    assert!(recent.contains("photos"), "{recent}");
    assert!(has_features(), "it has looked at photos");
    let sockets = internet_sockets(&log);
    assert!(sockets.is_empty() && log.contains("AF_UNIX"), "{sockets:#?}");
    let allowed = [
        desk.at("home/data/hangtag"),
        desk.at("home/.config/hangtag"),
        // Not ours alone: drivers and fontconfig keep what they compiled beside our cache.
        desk.at("home/cache"),
        desk.at("run"),
        // What a program always has: its folders above, and the system's devices.
        PathBuf::from("/dev"),
        PathBuf::from("/proc/self"),
    ];
    let touched = touched(&log, &desk.at(""));
    assert!(touched.iter().any(|path| path.starts_with(&allowed[0])), "strace followed the program");
    let elsewhere = elsewhere(&touched, &allowed);
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");

    // The log says what the program did, and not what the photos are or what was said of them.
    let logs =
        fs::read_dir(desk.at("home/data/hangtag/logs")).unwrap().map(|file| fs::read_to_string(file.unwrap().path()));
    let text: String = logs.map(Result::unwrap).collect();
    assert!(text.contains("begins"), "{text}");
    assert!(["mug", "bowl", TAG].iter().all(|word| !text.contains(word)), "{text}");
}
