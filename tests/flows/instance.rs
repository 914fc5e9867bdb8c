//! A second start hands what it was asked to open to the window that is there.

#[cfg(unix)]
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::task::Waker;
use std::thread;
use std::time::Duration;

use hangtag::workspace::{Rings, Start};

use crate::support::Desk;
#[cfg(target_os = "linux")]
use crate::support::Run;

const PATIENCE: Duration = Duration::from_secs(20);

#[track_caller]
fn first(folder: &Path) -> Rings {
    match Start::claim(folder, None) {
        Start::First(doorbell) => doorbell.listen(Waker::noop().clone()).unwrap(),
        Start::HandedOver => panic!("there is a window already"),
        Start::Alone => panic!("the folder cannot be used"),
    }
}

fn hands_over(folder: &Path, path: Option<&Path>) -> bool {
    matches!(Start::claim(folder, path), Start::HandedOver)
}

#[test]
fn a_second_start_hands_its_file_to_the_first() {
    let desk = Desk::new();
    let folder = desk.at("running");
    let rings = first(&folder);
    for path in ["/shop/catalogue.hangtag", "/照片/杯子 ☕", "/a\nb"] {
        assert!(hands_over(&folder, Some(Path::new(path))));
        assert_eq!(rings.inbox.recv_timeout(PATIENCE).unwrap(), Some(PathBuf::from(path)));
    }
    // Where it was started from makes no difference to what it means.
    assert!(hands_over(&folder, Some(Path::new("photos"))));
    let expected = std::env::current_dir().unwrap().join("photos");
    assert_eq!(rings.inbox.recv_timeout(PATIENCE).unwrap(), Some(expected));
    // Without a file it only asks the window to come to the front.
    assert!(hands_over(&folder, None));
    assert_eq!(rings.inbox.recv_timeout(PATIENCE).unwrap(), None);
}

#[test]
#[cfg(unix)]
fn a_path_that_is_no_unicode_is_handed_over_as_it_is() {
    use std::os::unix::ffi::OsStrExt;

    let desk = Desk::new();
    let folder = desk.at("running");
    let rings = first(&folder);
    let path = Path::new(OsStr::from_bytes(b"/shop/caf\xe9.hangtag"));
    assert!(hands_over(&folder, Some(path)));
    assert_eq!(rings.inbox.recv_timeout(PATIENCE).unwrap().as_deref(), Some(path));
}

#[test]
fn a_window_that_is_stopped_is_not_waited_for() {
    let desk = Desk::new();
    let folder = desk.at("running");
    // Its bell is there, and nobody listens.
    let stopped = Start::claim(&folder, None);
    assert!(matches!(stopped, Start::First(_)));
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(matches!(Start::claim(&folder, None), Start::Alone)));
    assert!(receiver.recv_timeout(PATIENCE).unwrap());
}

#[test]
#[cfg(unix)]
fn who_rings_and_says_nothing_keeps_nobody_else_waiting() {
    use std::os::unix::net::UnixStream;

    let desk = Desk::new();
    let folder = desk.at("running");
    let rings = first(&folder);
    let mut files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let socket = files.find(|path| path.extension().is_some_and(|ending| ending == "socket"));
    let _silent = UnixStream::connect(socket.unwrap()).unwrap();
    assert!(hands_over(&folder, Some(Path::new("/a"))));
    assert_eq!(rings.inbox.recv_timeout(PATIENCE).unwrap(), Some(PathBuf::from("/a")));
}

#[test]
fn a_window_that_closes_takes_nothing_over() {
    let desk = Desk::new();
    let folder = desk.at("running");
    let rings = first(&folder);
    drop(rings);
    // The next one is the first again, whatever the one before left behind.
    let rings = first(&folder);
    assert!(hands_over(&folder, Some(Path::new("/a"))));
    assert_eq!(rings.inbox.recv_timeout(PATIENCE).unwrap(), Some(PathBuf::from("/a")));
}

#[test]
fn a_folder_that_cannot_be_used_is_no_reason_to_show_no_window() {
    let desk = Desk::new();
    fs::write(desk.at("file"), "").unwrap();
    assert!(matches!(Start::claim(&desk.at("file/below"), None), Start::Alone));
}

#[test]
#[cfg(target_os = "linux")]
fn a_photo_is_handed_over_as_its_folder() {
    let desk = Desk::new();
    for name in ["a.jpg", "B.PNG"] {
        fs::write(desk.photo(name), "").unwrap();
    }
    let rings = first(&desk.at("run/hangtag"));
    for photo in ["photos/a.jpg", "photos/B.PNG"] {
        start_beside(&desk, &[&photo]).expect(0);
        assert_eq!(rings.inbox.recv_timeout(PATIENCE).unwrap(), Some(desk.photos()));
    }
    // Several on an icon are given to one start.
    start_beside(&desk, &[&"photos/a.jpg", &"photos/B.PNG"]).expect(0);
    assert_eq!(rings.inbox.recv_timeout(PATIENCE).unwrap(), Some(desk.photos()));
    // Nobody is asked for the folder of a photo that is not there.
    start_beside(&desk, &[&"photos/c.jpg"]).expect(1).complains_of(&["photos/c.jpg"]);
    assert!(rings.inbox.try_recv().is_err());
}

#[test]
#[cfg(target_os = "linux")]
fn who_names_more_than_a_window_takes_over_is_told() {
    let desk = Desk::new();
    fs::create_dir(desk.at("more")).unwrap();
    let rings = first(&desk.at("run/hangtag"));
    start_beside(&desk, &[&desk.photos(), &desk.at("more")])
        .expect(1)
        .complains_of(&["only the first", "Drop the others"]);
    assert_eq!(rings.inbox.recv_timeout(PATIENCE).unwrap(), Some(desk.photos()));
    assert!(rings.inbox.try_recv().is_err());
}

/// Starts the program on the screen of these tests, where there is a window already.
#[cfg(target_os = "linux")]
fn start_beside(desk: &Desk, paths: &[&dyn AsRef<OsStr>]) -> Run {
    let mut command = desk.command(paths);
    for variable in ["DISPLAY", "WAYLAND_DISPLAY"] {
        command.envs(std::env::var_os(variable).map(|value| (variable, value)));
    }
    // Taken for a display where there is none: nothing is drawn.
    command.env("WAYLAND_SOCKET", "none").env("XDG_RUNTIME_DIR", desk.at("run"));
    command.output().unwrap().into()
}
