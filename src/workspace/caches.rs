//! What can be made again: how much room it takes, and clearing it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use walkdir::WalkDir;

use super::places::Places;
use crate::failure::{Cause, Doing, Failure};

/// A sort of cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheKind {
    Thumbnails,
    Features,
    Activations,
}

/// Stands for a size that is still being measured.
const UNKNOWN: u64 = u64::MAX;

/// How many bytes each cache holds, as soon as that is known.
pub struct CacheSizes {
    folder: PathBuf,
    bytes: Arc<[AtomicU64; 3]>,
}

impl CacheKind {
    pub const ALL: [Self; 3] = [Self::Thumbnails, Self::Features, Self::Activations];
}

impl CacheSizes {
    /// Measures in the background; the waker is woken at the end.
    #[must_use]
    pub fn measure(places: &Places, waker: Waker) -> Self {
        let sizes = Arc::new(CacheKind::ALL.map(|_| AtomicU64::new(UNKNOWN)));
        let (measured, folders) = (sizes.clone(), CacheKind::ALL.map(|kind| places.cache_of(kind)));
        let spawned = std::thread::Builder::new().name("cache sizes".into()).spawn(move || {
            for (size, folder) in measured.iter().zip(&folders) {
                size.store(size_of(folder), Ordering::Relaxed);
            }
            waker.wake();
        });
        if let Err(error) = spawned {
            tracing::debug!("the caches are not measured: {error}");
        }
        Self { folder: places.caches().to_owned(), bytes: sizes }
    }

    /// The folder that all caches lie in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The bytes of one cache, once they are counted.
    #[must_use]
    pub fn bytes(&self, kind: CacheKind) -> Option<u64> {
        let place = CacheKind::ALL.iter().position(|known| *known == kind)?;
        Some(self.bytes[place].load(Ordering::Relaxed)).filter(|bytes| *bytes != UNKNOWN)
    }
}

impl Places {
    /// Where a cache lies.
    #[must_use]
    pub fn cache_of(&self, kind: CacheKind) -> PathBuf {
        match kind {
            CacheKind::Thumbnails => self.thumbnails(),
            CacheKind::Features => self.features(),
            CacheKind::Activations => self.activations(),
        }
    }

    /// Removes everything that a cache holds. What an open catalogue has in memory stays in use.
    ///
    /// # Errors
    /// Where something in it cannot be removed.
    pub fn clear(&self, kind: CacheKind) -> Result<(), Failure> {
        let folder = self.cache_of(kind);
        match std::fs::remove_dir_all(&folder) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Failure::new(Doing::ClearingCache, &error).caused_by(Cause::of_io(&error)).at(&folder)),
        }
    }
}

fn size_of(folder: &Path) -> u64 {
    WalkDir::new(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .map(|metadata| metadata.len())
        .sum()
}
