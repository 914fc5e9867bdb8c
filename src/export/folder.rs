//! An export's folder: built under another name, and put in its place once it is whole and checked.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::ExportError;

/// The file by which an export of ours is known.
pub const MANIFEST: &str = "hangtag.json";

/// A folder that is not in its place yet. Dropped, it is gone.
pub struct Staging {
    out: PathBuf,
    partial: PathBuf,
    old: PathBuf,
}

impl Staging {
    /// Makes a folder beside `out` to build in.
    ///
    /// # Errors
    /// Where `out` holds anything else than an earlier export, or nothing can be written beside it.
    pub fn new(out: &Path) -> Result<Self, ExportError> {
        let name = out.file_name().ok_or_else(|| ExportError::NotOurs(out.to_owned()))?.to_string_lossy();
        let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (partial, old) = (parent.join(format!(".{name}.partial")), parent.join(format!(".{name}.old")));
        // Killed between the two renames of an earlier export: what was there before is put back first.
        if old.exists() && !out.exists() {
            fs::rename(&old, out).map_err(ExportError::at(out))?;
        }
        if !is_free(out).map_err(ExportError::at(out))? {
            return Err(ExportError::NotOurs(out.to_owned()));
        }
        for left in [&partial, &old] {
            remove(left).map_err(ExportError::at(left))?;
        }
        fs::create_dir_all(&partial).map_err(ExportError::at(&partial))?;
        Ok(Self { out: out.to_owned(), partial, old })
    }

    /// Where to build.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Puts it in its place, all of it on the disk first.
    ///
    /// # Errors
    /// Where that fails; then what was there before is there still.
    pub fn keep(self) -> Result<(), ExportError> {
        sync(&self.partial).map_err(ExportError::at(&self.partial))?;
        let had_one = self.out.exists();
        if had_one {
            fs::rename(&self.out, &self.old).map_err(ExportError::at(&self.out))?;
        }
        if let Err(error) = fs::rename(&self.partial, &self.out) {
            if had_one {
                // Whatever comes of it, the first error is the one to tell.
                let _ = fs::rename(&self.old, &self.out);
            }
            return Err(ExportError::at(&self.out)(error));
        }
        // The new one is in its place; what is left of the old one is only in the way.
        if let Err(error) = remove(&self.old) {
            tracing::warn!("{} could not be removed: {error}", self.old.display());
        }
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // After `keep` there is nothing here any more; else nobody needs what is half done.
        let _ = remove(&self.partial);
    }
}

/// Nothing there, an empty folder, or an earlier export.
fn is_free(out: &Path) -> io::Result<bool> {
    if !out.exists() {
        return Ok(true);
    }
    Ok(out.is_dir() && (out.join(MANIFEST).is_file() || fs::read_dir(out)?.next().is_none()))
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Every file's bytes on the disk, then the folders' names.
fn sync(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { sync(&path)? } else { File::open(&path)?.sync_all()? }
    }
    // Folders cannot be opened so everywhere; where they can, their names are safe too.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}
