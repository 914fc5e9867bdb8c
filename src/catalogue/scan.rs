//! Walking folders: which photo files are there, without opening any.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use walkdir::WalkDir;

use crate::imaging::is_photo_name;
use crate::progress::Progress;

/// A photo file on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Relative to the root, with `/` between the parts.
    pub path: String,
    pub absolute: PathBuf,
    pub size: i64,
    pub mtime_ns: i64,
}

/// A file or folder that was passed over, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanWarning {
    pub path: PathBuf,
    pub reason: String,
}

/// What a walk saw.
#[derive(Default)]
pub(super) struct Scan {
    pub found: Vec<Found>,
    pub warnings: Vec<ScanWarning>,
    /// Folders, relative to the root, of whose files nothing can be said.
    pub unreadable: Vec<String>,
}

/// All photo files below `folder`, with paths relative to `root`, in order of name. Symbolic links are followed, loops
/// are not; folders of `others` belong to roots of their own and are left out, as are those that belong to a catalogue.
pub(super) fn scan(root: &Path, folder: &Path, others: &[PathBuf], progress: &Progress) -> Scan {
    let mut scan = Scan::default();
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter().filter_entry(|entry| {
        // A run keeps pictures of its own there.
        let belongs_to_catalogue = || entry.path().extension().is_some_and(|ending| ending == "hangtag-data");
        let is_other = || others.iter().any(|other| other == entry.path());
        !(entry.file_type().is_dir() && (is_other() || belongs_to_catalogue()))
    });
    for entry in walk {
        if progress.is_cancelled() {
            break;
        }
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(folder);
                let is_gone = error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound);
                // A loop leads to folders that are walked anyway, and what is gone is gone; but a link to a photo that
                // leads nowhere is worth a word.
                if error.loop_ancestor().is_none() && (!is_gone || is_photo_name(path)) {
                    scan.pass_over(root, path, &error);
                }
                continue;
            }
        };
        if entry.file_type().is_dir() || !is_photo_name(entry.path()) {
            continue;
        }
        let metadata = match entry.metadata() {
            Ok(metadata) if metadata.is_file() => metadata,
            Ok(_) => continue,
            Err(error) => {
                scan.pass_over(root, entry.path(), &error);
                continue;
            }
        };
        let Some(path) = relative(root, entry.path()) else {
            let reason = "its name is not valid Unicode; rename it to have it included".into();
            scan.warnings.push(ScanWarning { path: entry.path().to_owned(), reason });
            continue;
        };
        let mtime_ns = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .map_or(0, |since| since.as_nanos() as i64);
        scan.found.push(Found {
            path,
            absolute: entry.into_path(),
            size: i64::try_from(metadata.len()).unwrap_or(i64::MAX),
            mtime_ns,
        });
    }
    scan
}

/// The photo files below a folder, in order of name; what cannot be read is left out.
#[must_use]
pub fn photos_in(folder: &Path) -> Vec<PathBuf> {
    scan(folder, folder, &[], &Progress::default()).found.into_iter().map(|found| found.absolute).collect()
}

impl Scan {
    fn pass_over(&mut self, root: &Path, path: &Path, error: &walkdir::Error) {
        let reason = error.io_error().map_or_else(|| error.to_string(), std::io::Error::to_string);
        self.warnings.push(ScanWarning { path: path.to_owned(), reason });
        self.unreadable.extend(relative(root, path));
    }
}

/// `path` below `root` with `/` between the parts, or `None` where a part is not Unicode.
pub(super) fn relative(root: &Path, path: &Path) -> Option<String> {
    let below = path.strip_prefix(root).ok()?;
    let parts: Option<Vec<&str>> = below.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_catalogue_is_no_photo_of_the_folder() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let run = folder.path().join("shop.hangtag-data/runs/1");
        std::fs::create_dir_all(&run).expect("a folder");
        for path in [folder.path().join("mug.png"), run.join("sprite.png")] {
            std::fs::write(path, "").expect("a file");
        }
        assert_eq!(photos_in(folder.path()), [folder.path().join("mug.png")]);
    }
}
