//! The shared cache of the hub: blobs by their sha256, snapshots by commit, and the checks on them.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::wire::CANCEL_LATENCY;
use super::{HubError, HubSettings};
use crate::sha256;
use crate::vision::registry::RegistryEntry;

/// The weights of `entry` where the shared cache has them. Opens no socket and hashes nothing, so it is quick enough
/// for a list; whoever reads them asks [`is_right`].
#[must_use]
pub fn cached(entry: &RegistryEntry, settings: &HubSettings) -> Option<PathBuf> {
    let folder = settings.cache_dir.join(folder_name(&entry.repo));
    let commit = if is_hex(&entry.revision, 40) {
        entry.revision.clone()
    } else {
        fs::read_to_string(folder.join("refs").join(&entry.revision)).ok()?.trim().to_owned()
    };
    let path = folder.join("snapshots").join(commit).join(&entry.file);
    path.is_file().then_some(path)
}

/// The lock file at `path`, locked, or `None` where the file system has no locks: the checksum finds what they prevent.
pub(super) async fn locked(path: &Path) -> Option<File> {
    let file = File::options().write(true).create(true).truncate(false).open(path).ok()?;
    loop {
        match file.try_lock() {
            Ok(()) => return Some(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(CANCEL_LATENCY).await,
            Err(TryLockError::Error(error)) => {
                tracing::warn!("{} cannot be locked: {error}", path.display());
                return None;
            }
        }
    }
}

/// Gives the blob its name in the snapshot of that commit, and the commit its name in `refs`.
pub(super) fn publish(folder: &Path, entry: &RegistryEntry, commit: &str, blob: &Path) -> Result<PathBuf, HubError> {
    let pointer = folder.join("snapshots").join(commit).join(&entry.file);
    let parent = pointer.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(HubError::at(parent))?;
    match fs::remove_file(&pointer) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(HubError::at(&pointer)(error)),
        _ => {}
    }
    // Relative, as the other tools write it, so that the cache can be moved.
    let mut target: PathBuf = entry.file.split('/').map(|_| "..").chain(["..", "blobs"]).collect();
    target.extend(blob.file_name());
    symlink(&target, &pointer)
        // Windows without developer mode, and some network and memory-card file systems, have no symbolic links.
        .or_else(|_| fs::hard_link(blob, &pointer))
        .or_else(|_| fs::copy(blob, &pointer).map(|_| ()))
        .map_err(HubError::at(&pointer))?;
    if entry.revision != commit {
        let name = folder.join("refs").join(&entry.revision);
        let parent = name.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(HubError::at(parent))?;
        fs::write(&name, commit).map_err(HubError::at(&name))?;
    }
    Ok(pointer)
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, link)
}

/// Whether these bytes, read from where [`cached`] found them, are the weights of `entry`.
#[must_use]
pub fn is_right(bytes: &[u8], path: &Path, entry: &RegistryEntry) -> bool {
    let right = right_sha256s(path, entry);
    right.is_empty() || right.contains(&sha256::of_bytes(bytes))
}

/// The file behind `path` and its sha256, where that is not the right one.
pub(super) fn damage(path: &Path, entry: &RegistryEntry) -> Result<Option<(PathBuf, String)>, HubError> {
    let right = right_sha256s(path, entry);
    if right.is_empty() {
        return Ok(None);
    }
    let found_sha256 = sha256::of_file(path).map_err(HubError::at(path))?;
    let blob = fs::canonicalize(path).map_err(HubError::at(path))?;
    Ok((!right.contains(&found_sha256)).then_some((blob, found_sha256)))
}

/// What the registry says, else what the name of the blob was made of when it was downloaded. Where there are no links,
/// [`publish`] leaves the blob beside the snapshot, and any that lies there will do. Other tools leave none, so that
/// nothing is known against what they laid there.
fn right_sha256s(path: &Path, entry: &RegistryEntry) -> Vec<String> {
    if let Some(known) = &entry.sha256 {
        return vec![known.clone()];
    }
    let name_of = |blob: &Path| blob.file_name()?.to_str().filter(|name| is_hex(name, 64)).map(str::to_owned);
    if let Some(name) = fs::canonicalize(path).ok().and_then(|blob| name_of(&blob)) {
        return vec![name];
    }
    let folder = path.ancestors().nth(entry.file.split('/').count() + 2);
    let blobs = folder.and_then(|folder| fs::read_dir(folder.join("blobs")).ok());
    blobs.into_iter().flatten().flatten().filter_map(|blob| name_of(&blob.path())).collect()
}

pub(super) fn folder_name(repo: &str) -> String {
    format!("models--{}", repo.replace('/', "--"))
}

pub(super) fn is_hex(text: &str, num_digits: usize) -> bool {
    text.len() == num_digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
