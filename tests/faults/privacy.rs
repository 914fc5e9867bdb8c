//! Nothing leaves the computer, and nothing is written but where it belongs: the window under strace.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::support::{Desk, lay_demo};
use crate::traced::strace;

/// How long the window works, in seconds: long enough to read, look at and show a few photos.
const SECONDS: &str = "25";

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

/// The files and folders that a log of strace says were made, written, renamed or removed.
fn touched(log: &str, folder: &Path) -> Vec<PathBuf> {
    let is_change = |line: &&str| {
        let opens = line.contains("openat(") || line.contains("open(");
        let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| line.contains(flag));
        !line.contains("= -1") && (!opens || writes)
    };
    let quoted = |line: &str| line.split('"').skip(1).step_by(2).map(|path| folder.join(path)).collect::<Vec<_>>();
    log.lines().filter(is_change).flat_map(quoted).collect()
}

#[test]
#[ignore = "needs strace and Xvfb; run by .ci/run"]
fn the_window_opens_no_network_socket_and_writes_only_where_it_may() {
    let desk = Desk::new();
    for kind in ["mugs", "bowls"] {
        lay_demo(&desk.photos(), kind, 4);
    }
    fs::create_dir_all(desk.at("run")).unwrap();
    let display = Display::start();
    let log = desk.at("trace.log");
    let calls =
        "trace=socket,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,symlink,link,linkat";
    let traced = strace(&desk, &["-s", "4096", "-e", calls], &log, &[&desk.photos()]);
    let mut window = Command::new("timeout");
    window.args(["--signal=TERM", SECONDS]).arg(traced.get_program()).args(traced.get_args());
    for (name, value) in traced.get_envs() {
        match value {
            Some(value) => window.env(name, value),
            None => window.env_remove(name),
        };
    }
    window.current_dir(desk.at("")).env("DISPLAY", &display.1).env("XDG_RUNTIME_DIR", desk.at("run"));
    window.env_remove("DBUS_SESSION_BUS_ADDRESS").env_remove("XDG_CONFIG_HOME");
    let run = window.output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(124), "the window was open until it was closed: {said}");

    let log = fs::read_to_string(log).unwrap();
    let recent = fs::read_to_string(desk.at("home/data/hangtag/recent.txt")).expect("it has opened the folder");
    assert!(recent.contains("photos"), "{recent}");
    assert!(fs::read_dir(desk.at("home/cache/hangtag/features")).unwrap().next().is_some(), "it has looked at photos");
    let sockets: Vec<&str> = log.lines().filter(|line| line.contains("AF_INET")).collect();
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
    let is_parent = |path: &PathBuf| allowed.iter().any(|folder| folder.starts_with(path));
    let elsewhere: Vec<_> = touched
        .iter()
        .filter(|path| !allowed.iter().any(|folder| path.starts_with(folder)) && !is_parent(path))
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");

    // The log says what the program did, and not what the photos are.
    let logs =
        fs::read_dir(desk.at("home/data/hangtag/logs")).unwrap().map(|file| fs::read_to_string(file.unwrap().path()));
    let text: String = logs.map(Result::unwrap).collect();
    assert!(text.contains("begins"), "{text}");
    assert!(!text.contains("mug") && !text.contains("bowl"), "{text}");
}
