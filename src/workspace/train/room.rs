//! How much room views of photos may take on the disk, and making it.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::vision::VisionError;

/// Bytes that are left to everything else on the disk, such as the labels that are given meanwhile.
const SPARED_BYTES: u64 = 256 << 20;

/// Bytes that the cache may take: those that were set, or fewer where the disk has no room for so many beside what the
/// cache holds already.
pub(super) fn budget(set: u64, folder: &Path) -> u64 {
    free_bytes(folder).map_or(set, |free| set.min((free + used(folder)).saturating_sub(SPARED_BYTES)))
}

/// Bytes that the cache takes.
pub(super) fn used(folder: &Path) -> u64 {
    cached(folder).iter().map(|file| file.length).sum()
}

/// Refuses to begin what the disk has no room for.
pub(super) fn check(due: u64, folder: &Path) -> Result<(), VisionError> {
    match free_bytes(folder).map(|free| free.saturating_sub(SPARED_BYTES)) {
        Some(free) if due > free => {
            let text = format!("{} of room are needed, and the disk has {}", in_gigabytes(due), in_gigabytes(free));
            let source = io::Error::new(ErrorKind::StorageFull, text);
            Err(VisionError::Activations { path: folder.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Removes other files of the cache, oldest first, until they take no more than so many bytes.
pub(super) fn make(folder: &Path, kept: &[PathBuf], bytes: u64) {
    let mut others = cached(folder);
    others.retain(|file| !kept.contains(&file.path));
    others.sort();
    let mut total: u64 = others.iter().map(|file| file.length).sum();
    for CacheFile { length, path, .. } in others {
        if total <= bytes {
            break;
        }
        match fs::remove_file(&path) {
            Ok(()) => total -= length,
            Err(error) => tracing::debug!("{} stays in the cache: {error}", path.display()),
        }
    }
}

/// As disks are sold.
pub(super) fn in_gigabytes(bytes: u64) -> String {
    format!("{:.2} GB", bytes as f64 / 1e9)
}

/// A file of the cache.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct CacheFile {
    modified: SystemTime,
    length: u64,
    path: PathBuf,
}

fn cached(folder: &Path) -> Vec<CacheFile> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        let (path, metadata) = (entry.path(), entry.metadata().ok()?);
        let is_cache = path.extension().is_some_and(|ending| ending == "activations");
        Some(CacheFile { modified: metadata.modified().ok()?, length: metadata.len(), path }).filter(|_| is_cache)
    });
    files.collect()
}

/// Bytes that are free where a folder is, or would be; none where the system is not asked.
#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = folder.ancestors().find_map(|place| rustix::fs::statvfs(place).ok())?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}
