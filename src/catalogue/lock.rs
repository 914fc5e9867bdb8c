//! Who writes a catalogue: one program at a time, known to the others by name.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::backup::beside;

/// How long a lock is waited for: a copy of it lives on for a moment in a program that its holder was just starting.
const PATIENCE: Duration = Duration::from_millis(250);

/// How often it is looked at meanwhile.
const LOOKS_EVERY: Duration = Duration::from_millis(10);

/// What the file is called that is locked, behind the catalogue's name.
const LOCK: &str = "-lock";

/// The right to write a catalogue, held by an advisory lock on a file beside it. The operating system lets go of it
/// when the program ends, however it ends. The file itself stays: removing it would let two programs lock two
/// different files of one name.
#[derive(Debug)]
pub(super) struct WriterLock(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File);

/// Why a catalogue can be read only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadOnlyReason {
    /// The program of this name writes it, if it left one.
    WrittenBy(Option<String>),
    /// With what the disk says.
    Folder(String),
    Lock(String),
    MarkedReadOnly,
    /// An older Hangtag made it, and it could not be copied before it was brought up to date, for this reason.
    NotCopied(String),
}

impl fmt::Display for ReadOnlyReason {
    /// In English, for commands and logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrittenBy(writer) => {
                let writer = writer.as_deref().unwrap_or("another Hangtag");
                write!(f, "{writer} has it open for writing; close it there to make changes here")
            }
            Self::Folder(reason) => write!(f, "its folder cannot be written ({reason})"),
            Self::Lock(reason) => write!(f, "it cannot be locked ({reason})"),
            Self::MarkedReadOnly => f.write_str("the file is marked read-only"),
            Self::NotCopied(reason) => write!(f, "an older Hangtag made it, and {reason}; make room on its disk"),
        }
    }
}

impl WriterLock {
    /// Takes the right to write, or says why it cannot be had.
    pub(super) fn take(catalogue: &Path) -> Result<Self, ReadOnlyReason> {
        let unwritten = |error: io::Error| ReadOnlyReason::Folder(error.to_string());
        let file = open_or_make(&beside(catalogue, LOCK)).map_err(unwritten)?;
        let started = Instant::now();
        let mut locked = file.try_lock();
        while matches!(locked, Err(TryLockError::WouldBlock)) && started.elapsed() < PATIENCE {
            std::thread::sleep(LOOKS_EVERY);
            locked = file.try_lock();
        }
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The name is a courtesy; without it the sentence is still true.
                let _ = name_of_holder(catalogue, &file).and_then(|mut name| name.read_to_string(&mut holder));
                let holder = holder.trim();
                return Err(ReadOnlyReason::WrittenBy((!holder.is_empty()).then(|| holder.to_owned())));
            }
            Err(TryLockError::Error(error)) => return Err(ReadOnlyReason::Lock(error.to_string())),
        }
        let is_read_only = std::fs::metadata(catalogue).is_ok_and(|m| m.permissions().readonly());
        if is_read_only {
            return Err(ReadOnlyReason::MarkedReadOnly);
        }
        let note = format!("Hangtag (process {})\n", std::process::id());
        let written = name_of_holder(catalogue, &file).and_then(|mut name| {
            name.set_len(0)?;
            name.rewind()?;
            name.write_all(note.as_bytes())
        });
        written.map_err(unwritten)?;
        Ok(Self(file))
    }
}

/// Waits while another program writes a catalogue, but no longer than that: one that is being closed has work to end.
pub fn wait_for_writer(catalogue: &Path, at_most: Duration) {
    // None is made here: what is to be opened may be no catalogue.
    let Ok(file) = OpenOptions::new().read(true).write(true).open(beside(catalogue, LOCK)) else { return };
    let started = Instant::now();
    while matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) && started.elapsed() < at_most {
        std::thread::sleep(LOOKS_EVERY);
    }
}

/// The file with the name of who holds a lock: the locked one itself but on Windows, which lets nobody else read that.
fn name_of_holder(catalogue: &Path, lock: &File) -> io::Result<File> {
    if cfg!(windows) { open_or_make(&beside(catalogue, "-holder")) } else { lock.try_clone() }
}

fn open_or_make(path: &Path) -> io::Result<File> {
    // It would be written where the link leads.
    if path.is_symlink() {
        return Err(io::Error::other("the lock is a link, which Hangtag never makes; remove it"));
    }
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}
