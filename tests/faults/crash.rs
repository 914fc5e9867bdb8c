//! A mistake in the window itself: what it leaves behind, and what the next start does with it.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::display::Display;
use crate::support::{Desk, Run};

/// How long the window may take to open, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
#[ignore = "needs Xvfb; run by .ci/run"]
fn a_window_that_panics_leaves_a_report_and_the_next_start_takes_it_up() {
    let desk = Desk::new();
    let display = Display::start();
    let reports = |ending: &str| -> Vec<PathBuf> {
        let files = fs::read_dir(desk.at("home/data/hangtag/logs")).into_iter().flatten().flatten();
        let named = |file: &fs::DirEntry| {
            let name = file.file_name().to_string_lossy().into_owned();
            name.starts_with("crash-") && name.ends_with(ending)
        };
        files.filter(named).map(|file| file.path()).collect()
    };
    let mut window = desk.command(&[]);
    display.show(&desk, &mut window);
    // The windowing library panics at a scale that is none, on the window's own thread.
    let run: Run = window.env("WINIT_X11_SCALE_FACTOR", "wide").output().unwrap().into();
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("a report was written"), "{}", run.stderr);
    let report = fs::read_to_string(reports("new").first().expect("there is a report")).unwrap();
    assert!(report.contains("winit") && report.contains(env!("CARGO_PKG_VERSION")), "{report}");
    assert!(!report.contains("`wide`"), "what a panic quotes may be a person's: {report}");

    let mut window = desk.command(&[]);
    display.show(&desk, &mut window);
    let mut window = window.stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while !reports("new").is_empty() && started.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(200));
    }
    assert!(window.try_wait().unwrap().is_none(), "it opens again");
    window.kill().unwrap();
    window.wait().unwrap();
    // What it tells, and that it does so once, is tested where the words can be read.
    assert!(reports("new").is_empty() && !reports("txt").is_empty());
}
