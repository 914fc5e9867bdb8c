//! Files that are there whole or not at all, whatever happens while they are written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Links that lead to one another are followed so far, as systems do: a circle has no end.
const MAX_LINKS: usize = 40;

/// Writes the file anew, and the folder that it lies in if need be. What was there before stays until all of the new is on
/// disk; it is written beside it, with the ending `part`.
///
/// # Errors
/// Where the folder or the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = path.with_extension("part");
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let written = File::create(&partial)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // Half of it only takes room.
        let _ = fs::remove_file(&partial);
    }
    written
}

/// Where a path leads that may be a link, even to nothing yet. What takes the place of something goes there, and what
/// belongs beside something lies there, so that the link stays and it is one thing under each of its names.
#[must_use]
pub fn real(path: &Path) -> PathBuf {
    let mut real = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&real) else { break };
        real = real.parent().map_or_else(|| target.clone(), |folder| folder.join(&target));
    }
    real
}
