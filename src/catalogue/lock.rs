//! Who writes a catalogue: one program at a time, known to the others by name.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a lock is waited for: a copy of it lives on for a moment in a program that its holder was just starting.
const PATIENCE: Duration = Duration::from_millis(250);

/// The right to write a catalogue, held by an advisory lock on a file beside it. The operating system lets go of it
/// when the program ends, however it ends. The file itself stays: removing it would let two programs lock two
/// different files of one name.
#[derive(Debug)]
pub(super) struct WriterLock(#[expect(dead_code, reason = "the lock lasts as long as the file is open")] File);

impl WriterLock {
    /// Takes the right to write, or says in a sentence why it cannot be had.
    pub(super) fn take(catalogue: &Path) -> Result<Self, String> {
        let path = lock_path(catalogue);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| format!("its folder cannot be written ({error})"))?;
        let started = Instant::now();
        let mut locked = file.try_lock();
        while matches!(locked, Err(TryLockError::WouldBlock)) && started.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
            locked = file.try_lock();
        }
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The name is a courtesy; without it the sentence is still true.
                let _ = file.read_to_string(&mut holder);
                let holder = holder.trim();
                let holder = if holder.is_empty() { "another Hangtag" } else { holder };
                return Err(format!("{holder} has it open for writing; close it there to make changes here"));
            }
            Err(TryLockError::Error(error)) => return Err(format!("it cannot be locked ({error})")),
        }
        let is_read_only = std::fs::metadata(catalogue).is_ok_and(|m| m.permissions().readonly());
        if is_read_only {
            return Err("the file is marked read-only".into());
        }
        let note = format!("Hangtag (process {})\n", std::process::id());
        let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(note.as_bytes()));
        written.map_err(|error| format!("its folder cannot be written ({error})"))?;
        Ok(Self(file))
    }
}

fn lock_path(catalogue: &Path) -> PathBuf {
    let mut name = catalogue.as_os_str().to_owned();
    name.push("-lock");
    name.into()
}
