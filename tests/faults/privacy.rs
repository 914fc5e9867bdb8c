//! Nothing leaves the computer, and nothing is written but where it belongs: the window under strace.

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::display::Display;
use crate::is_all;
use crate::support::{Desk, demo, lay_demo};
use crate::traced::{FILE_CALLS, elsewhere, internet_sockets, strace, touched};

/// How long the window may take to look at a few photos, or to answer to keys, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// What a person calls something. Its first letter opens the list of jobs, which takes the others, should they come
/// before the dialog that they are meant for.
const TAG: &str = "jacaranda";

/// Tests of the window that are run as a sample: all that it starts, and one of each job. `tests/architecture.rs` holds
/// that nothing of the internet is named where the window could reach it.
const SAMPLE: [&str; 6] =
    ["welcome::", "settings::", "merging::", "export::what_is_ticked", "train::a_training_runs", "review::the_palette"];

/// What stands within photos, and the folder that they lie in.
const WITHIN: &str = "wisteria";
const FOLDER: &str = "sorrel";

/// Whether a catalogue that the window made holds a row of that kind.
fn holds(desk: &Desk, sql: &str) -> bool {
    let files = fs::read_dir(desk.at("home/data/hangtag/catalogues")).into_iter().flatten().flatten();
    let mut catalogues =
        files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "hangtag"));
    let has_row = |catalogue: PathBuf| -> rusqlite::Result<bool> {
        let database = Connection::open_with_flags(catalogue, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut rows = database.prepare(sql)?;
        rows.exists([])
    };
    catalogues.any(|catalogue| has_row(catalogue).is_ok_and(|has| has))
}

/// Lays photos that say something within: a whole one, one that is cut off, and a file that is none.
fn lay_telling(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let photo = fs::read(demo().join("balls/ball-01.jpg")).unwrap();
    // EXIF with a single entry, the picture's description (0x010E), and an XMP packet.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0E\x01\x02\0".to_vec();
    exif.extend((WITHIN.len() as u32).to_le_bytes());
    exif.extend(b"\x1A\0\0\0\0\0\0\0");
    exif.extend(WITHIN.as_bytes());
    let xmp = format!("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">{WITHIN}</x:xmpmeta>");
    let segment = |content: &[u8]| [&b"\xFF\xE1"[..], &(content.len() as u16 + 2).to_be_bytes(), content].concat();
    let whole = [&photo[..2], &segment(&exif), &segment(xmp.as_bytes()), &photo[2..]].concat();
    fs::write(folder.join("1.jpg"), &whole).unwrap();
    fs::write(folder.join("2.jpg"), &whole[..whole.len() / 2]).unwrap();
    fs::write(folder.join("3.jpg"), WITHIN).unwrap();
}

/// Gives the next photo the tag, by keys as a person would, again and again until the catalogue has it.
fn type_tag(desk: &Desk, display: &Display) {
    let xdotool = |arguments: &[&str]| {
        // A key that does not arrive is pressed once more.
        let pressed = Command::new("xdotool").args(arguments).env("DISPLAY", &display.1).status();
        pressed.expect("xdotool is installed");
        thread::sleep(Duration::from_secs(1));
    };
    let started = Instant::now();
    while !holds(desk, &format!("SELECT 1 FROM tags WHERE name = '{TAG}'")) {
        assert!(started.elapsed() < PATIENCE, "the keys do not reach the window");
        // Without a window manager nobody gives it the keys. The first two close what an earlier try has left open.
        xdotool(&["search", "--onlyvisible", "--class", "app.hangtag.Hangtag", "windowfocus"]);
        for key in ["Escape", "Escape", "Right", "t"] {
            xdotool(&["key", key]);
        }
        xdotool(&["type", "--delay", "100", TAG]);
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
    lay_telling(&desk.photo(FOLDER));
    let display = Display::start();
    let log = desk.at("trace.log");
    let calls = format!("trace=socket,{FILE_CALLS}");
    let mut window = strace(&desk, &["-y", "-e", &calls], &log, &desk.command(&[&desk.photos()]));
    display.show(&desk, &mut window);
    let mut window = window.current_dir(desk.at("")).stderr(Stdio::null()).spawn().unwrap();
    let features = desk.at("home/cache/hangtag/features");
    let has_features = || {
        let files = fs::read_dir(&features).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).any(|metadata| metadata.len() > 1000)
    };
    let has_refused = || holds(&desk, "SELECT 1 WHERE (SELECT COUNT(*) FROM images WHERE fault IS NOT NULL) = 2");
    let started = Instant::now();
    while !(has_features() && has_refused()) {
        let is_open = window.try_wait().unwrap().is_none();
        assert!(is_open && started.elapsed() < PATIENCE, "it does not look at all photos, or finds none broken");
        thread::sleep(Duration::from_millis(200));
    }
    type_tag(&desk, &display);
    thread::sleep(Duration::from_secs(2));
    assert!(window.try_wait().unwrap().is_none(), "the window is open until it is closed");
    let parent = window.id().to_string();
    assert!(Command::new("pkill").args(["-TERM", "-P", &parent]).status().unwrap().success());
    window.wait().unwrap();

    let log = fs::read_to_string(log).unwrap();
    let recent = fs::read_to_string(desk.at("home/data/hangtag/recent.txt")).expect("it has opened the folder");
    assert!(recent.contains("photos"), "{recent}");
    let sockets = internet_sockets(&log);
    assert!(sockets.is_empty() && log.contains("AF_UNIX"), "{sockets:#?}");
    let allowed = [
        desk.at("home/data/hangtag"),
        desk.at("home/.config/hangtag"),
        desk.at("home/cache/hangtag"),
        // The lock and the socket by which a second start finds this one.
        desk.at("run/hangtag"),
        // Not ours: what OpenGL's drivers and fontconfig compiled, which they keep beside our cache.
        desk.at("home/cache/mesa_shader_cache"),
        desk.at("home/cache/mesa_shader_cache_db"),
        desk.at("home/cache/nvidia"),
        desk.at("home/cache/fontconfig"),
        // What a program always has, such as the names of its threads.
        PathBuf::from("/proc/self"),
    ];
    let mut touched = touched(&log, &desk.at(""));
    assert!(touched.iter().any(|path| path.starts_with(&allowed[0])), "strace followed the program");
    // Nothing is kept in a device. What lies in memory, below /dev/shm, is a file.
    touched.retain(|path| !fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_char_device()));
    let elsewhere = elsewhere(&touched, &allowed);
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");

    // The log says what the program did, and not what the photos are, what stands in them or what was said of them.
    let logs =
        fs::read_dir(desk.at("home/data/hangtag/logs")).unwrap().map(|file| fs::read_to_string(file.unwrap().path()));
    let text: String = logs.map(Result::unwrap).collect();
    assert!(text.contains("begins"), "{text}");
    assert!(["mug", "bowl", FOLDER, WITHIN, TAG].iter().all(|word| !text.contains(word)), "{text}");
}

#[test]
#[ignore = "needs strace; runs tests of the window, all or a sample"]
fn no_flow_of_the_window_opens_a_network_socket() {
    let desk = Desk::new();
    let log = desk.at("trace.log");
    // Cargo has the tests of today, built anew if need be, and starts them by this.
    let runner = format!(
        "target.'cfg(unix)'.runner = ['strace', '-f', '--seccomp-bpf', '-e', 'trace=socket', '-o', '{}']",
        log.display()
    );
    let mut tests = Command::new(env!("CARGO"));
    tests.args(["test", "--test", "screens", "--config", &runner, "--"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    if !is_all() {
        tests.args(SAMPLE);
    }
    let run = tests.output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    // One that has another name now would only make the sample smaller.
    assert!(SAMPLE.iter().all(|name| said.contains(name)), "{said}");
    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("exited with"), "strace followed the tests");
    let sockets = internet_sockets(&log);
    println!("{}", said.lines().find(|line| line.starts_with("test result")).unwrap());
    assert!(sockets.is_empty(), "{sockets:#?}");
}
