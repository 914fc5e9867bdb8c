//! Thumbnails on disk, by content hash: made once, and never more bytes of them than are agreed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use image::RgbImage;

use crate::imaging::{self, ContentHash};

/// A use is noted at most this often, so that scrolling does not write to every file.
const NOTED_EVERY: Duration = Duration::from_hours(24);

/// The folder of thumbnails. All threads share one.
pub(in crate::workspace) struct ThumbnailCache {
    folder: PathBuf,
    max_bytes: u64,
    /// Whether thumbnails are made before anybody asks for them.
    is_filled_ahead: bool,
    /// Written since the folder was last looked through.
    num_new_bytes: AtomicU64,
}

impl ThumbnailCache {
    /// All thumbnails together: some 100,000 of them.
    pub const MAX_BYTES: u64 = 3 << 30;

    /// The cache in this folder, which need not be there yet.
    pub fn new(folder: PathBuf, max_bytes: u64, is_filled_ahead: bool) -> Self {
        // As if much had just been written: what is there from earlier is counted when the first one is added.
        Self { folder, max_bytes, is_filled_ahead, num_new_bytes: AtomicU64::new(max_bytes) }
    }

    /// Whether that photo's thumbnail is to be made though nobody asked for it.
    pub fn awaits(&self, hash: &ContentHash) -> bool {
        self.is_filled_ahead && !self.path_of(hash).exists()
    }

    /// The thumbnail of that photo, if it is there and sound.
    pub fn load(&self, hash: &ContentHash) -> Option<RgbImage> {
        let path = self.path_of(hash);
        let bytes = fs::read(&path).ok()?;
        let Ok(picture) = imaging::decode(&bytes) else {
            // It is made anew; if it cannot be removed it is made anew each time.
            let _ = fs::remove_file(&path);
            return None;
        };
        note_use(&path);
        Some(picture)
    }

    /// Keeps the thumbnail of a photo, unless it is there. A disk that does not take it only costs time later.
    pub fn keep(&self, hash: &ContentHash, photo: &RgbImage) {
        let path = self.path_of(hash);
        if path.exists() {
            return;
        }
        let bytes = imaging::thumbnail_jpeg(photo);
        let partial = path.with_extension(format!("{:?}.part", std::thread::current().id()));
        let written = fs::create_dir_all(path.parent().unwrap_or(&self.folder))
            .and_then(|()| fs::write(&partial, &bytes))
            .and_then(|()| fs::rename(&partial, &path));
        if let Err(error) = written {
            tracing::debug!("a thumbnail was not kept: {error}");
            // Half a thumbnail is of no use to anybody.
            let _ = fs::remove_file(&partial);
            return;
        }
        let num_bytes = bytes.len() as u64;
        let num_new_bytes = self.num_new_bytes.fetch_add(num_bytes, Ordering::Relaxed) + num_bytes;
        // Only one of the threads that come past the limit finds the number that large.
        if num_new_bytes > self.max_bytes / 8 && self.num_new_bytes.swap(0, Ordering::Relaxed) >= num_new_bytes {
            self.trim();
        }
    }

    /// Removes what was not used for longest, until there is room for another eighth.
    fn trim(&self) {
        let mut files = files_below(&self.folder);
        let mut num_bytes: u64 = files.iter().map(|file| file.num_bytes).sum();
        let enough = self.max_bytes - self.max_bytes / 8;
        if num_bytes <= enough {
            return;
        }
        files.sort_unstable_by_key(|file| file.last_used);
        for file in files {
            if num_bytes <= enough {
                break;
            }
            match fs::remove_file(&file.path) {
                Ok(()) => num_bytes -= file.num_bytes,
                Err(error) => tracing::debug!("an old thumbnail was not removed: {error}"),
            }
        }
    }

    /// Two letters of the hash make a folder, so that none grows too large to list.
    fn path_of(&self, hash: &ContentHash) -> PathBuf {
        let name = hash.to_string();
        self.folder.join(&name[..2]).join(format!("{name}.jpg"))
    }
}

struct Kept {
    path: PathBuf,
    num_bytes: u64,
    last_used: SystemTime,
}

fn files_below(folder: &Path) -> Vec<Kept> {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    entries(folder)
        .flat_map(|entry| entries(&entry.path()))
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some(Kept { path: entry.path(), num_bytes: metadata.len(), last_used: metadata.modified().ok()? })
        })
        .collect()
}

/// The date of a thumbnail says when it was last used: the system's own note of it is switched off on many disks.
fn note_use(path: &Path) {
    let noted = || -> io::Result<()> {
        let is_recent = fs::metadata(path)?.modified()?.elapsed().is_ok_and(|age| age < NOTED_EVERY);
        if is_recent { Ok(()) } else { File::options().write(true).open(path)?.set_modified(SystemTime::now()) }
    };
    if let Err(error) = noted() {
        tracing::debug!("the use of a thumbnail was not noted: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u8) -> ContentHash {
        ContentHash::of(&[number])
    }

    fn photo(number: u8) -> RgbImage {
        RgbImage::from_fn(300, 200, |x, y| image::Rgb([number, (x * y % 251) as u8, (x + y) as u8]))
    }

    fn num_bytes(folder: &Path) -> u64 {
        files_below(folder).iter().map(|file| file.num_bytes).sum()
    }

    #[test]
    fn the_folder_stays_within_its_bytes_and_keeps_what_was_used() {
        let folder = tempfile::tempdir().unwrap();
        let one = imaging::thumbnail_jpeg(&photo(0)).len() as u64;
        let max_bytes = one * 20;
        let cache = ThumbnailCache::new(folder.path().to_owned(), max_bytes, false);
        for number in 0..100 {
            cache.keep(&hash(number), &photo(number));
            // A date each, so that it is certain which one is the oldest.
            let file = File::options().write(true).open(cache.path_of(&hash(number))).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_hours(48) + Duration::from_secs(number.into()))
                .unwrap();
            assert!(cache.load(&hash(0)).is_some(), "the one in use went away after {number}");
            assert!(num_bytes(folder.path()) <= max_bytes, "too much after {number}");
        }
        assert!(cache.load(&hash(1)).is_none());
        assert!(cache.load(&hash(99)).is_some());
        assert!(num_bytes(folder.path()) > max_bytes / 2);
    }

    #[test]
    fn what_an_earlier_run_left_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let before = ThumbnailCache::new(folder.path().to_owned(), 1 << 40, false);
        (0..20).for_each(|number| before.keep(&hash(number), &photo(number)));
        let max_bytes = num_bytes(folder.path()) / 2;
        ThumbnailCache::new(folder.path().to_owned(), max_bytes, false).keep(&hash(20), &photo(20));
        assert!(num_bytes(folder.path()) <= max_bytes);
    }

    #[test]
    fn a_damaged_thumbnail_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let cache = ThumbnailCache::new(folder.path().to_owned(), 1 << 20, false);
        cache.keep(&hash(1), &photo(1));
        fs::write(cache.path_of(&hash(1)), "half").unwrap();
        assert!(cache.load(&hash(1)).is_none());
        cache.keep(&hash(1), &photo(1));
        assert_eq!(cache.load(&hash(1)).unwrap().dimensions(), (300, 200));
    }
}
