//! When a program is killed: at a moment of its work, once that shows on the disk, or at any moment of its life.

use std::fs;
use std::io::{Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::support::Dice;

/// Between two looks at whether a program is at its work: the shortest takes some milliseconds.
const GLANCE: Duration = Duration::from_micros(100);

/// How long a program lives that nobody kills, and how long it is at its work.
#[derive(Clone, Copy)]
pub struct Life {
    whole: Duration,
    work: Duration,
}

/// A program that was killed.
pub struct Hit {
    /// Which share of its work, or of its life, was over by the clock.
    pub share: f64,
    /// Whether it was seen to be at its work.
    pub is_at_work: bool,
    /// What it had printed by then.
    pub said: String,
}

impl Life {
    /// Measures it on a program that is left alone.
    pub fn of(command: Command, is_at_work: impl Fn() -> bool) -> Self {
        let started = Instant::now();
        let mut child = quiet(command);
        let (mut begun, mut ended) = (None, Duration::ZERO);
        let status = loop {
            if is_at_work() {
                ended = started.elapsed();
                begun = begun.or(Some(ended));
            }
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            thread::sleep(GLANCE);
        };
        assert!(status.success(), "a program that is left alone comes to its end");
        Self { whole: started.elapsed(), work: begun.map_or(Duration::ZERO, |begun| ended.saturating_sub(begun)) }
    }

    /// The same for kills as soon as the work has begun.
    pub fn at_once(self) -> Self {
        Self { work: Duration::ZERO, ..self }
    }

    /// Starts a program and kills it at a moment of its work, once that has begun, or of its life; nothing where it was
    /// over before.
    pub fn cut(
        self,
        mut command: Command,
        is_aimed: bool,
        is_at_work: impl Fn() -> bool,
        dice: &mut Dice,
    ) -> Option<Hit> {
        let share = dice.roll(1000) as f64 / 1000.0;
        let mut stdout = tempfile::tempfile().unwrap();
        let mut child = command.stdout(stdout.try_clone().unwrap()).stderr(Stdio::null()).spawn().unwrap();
        while is_aimed && !is_at_work() && child.try_wait().unwrap().is_none() {
            thread::sleep(GLANCE);
        }
        let length = if is_aimed { self.work } else { self.whole };
        thread::sleep(length.mul_f64(share));
        child.kill().unwrap();
        child.wait().unwrap().signal()?;
        let mut said = Vec::new();
        stdout.rewind().unwrap();
        stdout.read_to_end(&mut said).unwrap();
        Some(Hit { share, is_at_work: is_at_work(), said: String::from_utf8_lossy(&said).into_owned() })
    }
}

/// Starts a program without its words among those of the tests.
pub fn quiet(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Tells whether something was made at a path, or changed there, since this was called. Of a folder, whether something
/// was made or renamed in it.
pub fn changes(path: PathBuf) -> impl Fn() -> bool {
    let before = changed_at(&path);
    move || changed_at(&path) > before
}

fn changed_at(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
