//! Files that are there whole or not at all, whatever happens while they are written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Links that lead to one another are followed so far, as systems do: a circle has no end.
const MAX_LINKS: usize = 40;

/// Writes the file anew, and the folder that it lies in if need be. What was there before stays until all of the new is on
/// disk; it is written beside it, with the ending `part`. Only for what one program writes at a time.
///
/// # Errors
/// Where the folder or the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = path.with_extension("part");
    fs::create_dir_all(folder_of(path))?;
    // What lies there is replaced and not written to: it may be a stranger's link to anywhere.
    let written = remove_if_there(&partial)
        .and_then(|()| File::create_new(&partial))
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| rename(&partial, path));
    if written.is_err() {
        // Half of it only takes room.
        let _ = fs::remove_file(&partial);
    }
    written
}

/// The same for what several programs may write at the same time: what one of them wrote is there, whole, and for nobody
/// else to read.
///
/// # Errors
/// Where the folder or the file cannot be written.
pub fn write_shared(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    sync_folder(folder);
    Ok(())
}

/// Gives a file or a folder its name, through a pulled plug as well, where the system can: what is on disk may name it
/// by now.
///
/// # Errors
/// Where it cannot be renamed.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_parent(to);
    Ok(())
}

/// Makes a name last through a pulled plug, where the system can.
pub fn sync_parent(path: &Path) {
    sync_folder(folder_of(path));
}

/// Makes names in a folder last through a pulled plug, where the system can.
pub fn sync_folder(folder: &Path) {
    if let Err(error) = File::open(folder).and_then(|folder| folder.sync_all()) {
        tracing::debug!("the folder was not synced: {error}");
    }
}

/// Removes a file that need not be there.
///
/// # Errors
/// Where it stays.
pub fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
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

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn of_several_that_write_at_the_same_time_one_wins_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        (0..32_u8).into_par_iter().for_each(|number| {
            write_shared(&path, &vec![number; 100_000 + usize::from(number)]).unwrap();
            let found = fs::read(&path).unwrap();
            assert_eq!(found, vec![found[0]; 100_000 + usize::from(found[0])]);
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_link_under_the_name_of_the_half_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let [path, letter] = ["look.json", "letter"].map(|name| folder.path().join(name));
        fs::write(&letter, "of somebody else").unwrap();
        std::os::unix::fs::symlink(&letter, folder.path().join("look.part")).unwrap();
        write(&path, b"new").unwrap();
        assert_eq!([path, letter].map(|path| fs::read_to_string(path).unwrap()), ["new", "of somebody else"]);
    }
}
