//! Pretrained weights from the Hugging Face hub: found in the shared cache, or downloaded into it.
//!
//! The cache's place and its rules are those of the hub's own tools, so every one of them finds what is downloaded here
//! and the reverse. The two requests on the wire are made with reqwest, not with hf-hub: hf-hub 1.0.0 reads a file's
//! metadata behind the redirect to the CDN, where its commit and its sha256 are gone (huggingface/hf-hub#212), its plain
//! download starts over, and its ranged stream does not say whether the server kept to the range.
//!
//! The sha256 stands in the registry, else it comes from the endpoint. Every byte is checked against it when it arrives
//! and again whenever the weights are read, so that neither a mirror, nor the server that the endpoint sends the download
//! on to, nor whoever writes to the cache can slip in other weights.

mod error;
mod settings;
mod store;
mod wire;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

pub use self::error::{HubError, Wanted};
pub use self::settings::HubSettings;
pub use self::store::{cached, is_right};
use self::store::{damage, folder_name, locked, publish};
use self::wire::{Announcement, Hub, Transfer, unless_cancelled};
use crate::progress::Progress;
use crate::sha256;
use crate::vision::registry::RegistryEntry;

/// The weights of `entry`, whole and checked, downloaded first where they are not in the cache; `None` if cancelled.
///
/// `progress` counts bytes. A download that was cancelled or broke off leaves its part beside the blobs of the cache,
/// and the next one asks for the rest only. Must not be called from within an async runtime: it runs one of its own.
///
/// # Errors
/// [`HubError`] with a way out: no connection, no access, no room, wrong bytes.
pub fn fetch(entry: &RegistryEntry, settings: &HubSettings, progress: &Progress) -> Result<Option<PathBuf>, HubError> {
    let wanted = Wanted::new(entry, settings);
    let damaged = match cached(entry, settings) {
        Some(path) => match damage(&path, entry)? {
            None => return Ok(Some(path)),
            damaged => damaged,
        },
        None => None,
    };
    if settings.is_offline {
        return Err(damaged.map_or_else(
            || HubError::Offline { wanted: wanted.clone() },
            |(path, found_sha256)| HubError::WrongChecksum { wanted: wanted.clone(), path, found_sha256 },
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| HubError::Client(error.to_string()))?;
    let result = runtime.block_on(download(entry, settings, &wanted, progress));
    // A name lookup that hangs must not keep a cancelled download from ending.
    runtime.shutdown_background();
    result
}

async fn download(
    entry: &RegistryEntry,
    settings: &HubSettings,
    wanted: &Arc<Wanted>,
    progress: &Progress,
) -> Result<Option<PathBuf>, HubError> {
    let hub = Hub::new(entry, settings, wanted)?;
    let Some(announced) = unless_cancelled(progress, hub.announcement()).await else { return Ok(None) };
    let Announcement { commit, sha256, size_bytes } = announced?;
    if entry.sha256.as_ref().is_some_and(|known| *known != sha256) {
        return Err(HubError::OtherFile { wanted: hub.wanted(), announced_sha256: sha256 });
    }
    // The registry's size is approximate; twice as much is another file.
    if size_bytes > entry.size_bytes.saturating_mul(2) {
        let (announced_bytes, expected_bytes) = (size_bytes, entry.size_bytes);
        return Err(HubError::TooLarge { wanted: hub.wanted(), announced_bytes, expected_bytes });
    }
    progress.set_total(size_bytes);

    let folder = settings.cache_dir.join(folder_name(&entry.repo));
    let blobs = folder.join("blobs");
    fs::create_dir_all(&blobs).map_err(HubError::at(&blobs))?;
    // The other tools take this lock, too: two downloads into one part would damage it.
    let locks = settings.cache_dir.join(".locks").join(folder_name(&entry.repo));
    fs::create_dir_all(&locks).map_err(HubError::at(&locks))?;
    let Some(_lock) = unless_cancelled(progress, locked(&locks.join(format!("{sha256}.lock")))).await else {
        return Ok(None);
    };

    let blob = blobs.join(&sha256);
    if blob.is_file() && sha256::of_file(&blob).map_err(HubError::at(&blob))? == sha256 {
        progress.add(size_bytes);
    } else {
        let part = blobs.join(format!("{sha256}.incomplete"));
        if hub.transfer(&part, size_bytes, progress).await? == Transfer::Cancelled {
            return Ok(None);
        }
        let found_sha256 = sha256::of_file(&part).map_err(HubError::at(&part))?;
        if found_sha256 != sha256 {
            // A part that is wrong somewhere can never become right by adding to it.
            fs::remove_file(&part).map_err(HubError::at(&part))?;
            return Err(HubError::WrongChecksum { wanted: hub.wanted(), path: part, found_sha256 });
        }
        fs::rename(&part, &blob).map_err(HubError::at(&blob))?;
    }
    publish(&folder, entry, &commit, &blob).map(Some)
}
