//! Pictures for the screen: thumbnails from the cache, larger ones from their files, made off the window's thread.
//!
//! The window asks in each frame for what it shows; what it no longer asks for is dropped from the queue. What is made
//! is kept up to a number of bytes, in memory as on disk, and what was asked for longest ago goes first.

mod cache;
mod queue;
mod shelf;

pub(super) use cache::ThumbnailCache;
pub use shelf::Shelf;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use image::RgbImage;

use super::event::Outbox;
use crate::imaging::{self, ContentHash};
use queue::{Queue, Request};

/// Thumbnails kept in memory, some 300 KB each, so that scrolling back shows them at once.
const THUMBNAIL_BYTES: usize = 256 << 20;

/// Larger pictures kept in memory, some 6 MB each: the ones just seen and the ones to come.
const PHOTO_BYTES: usize = 128 << 20;

/// How large a picture is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureSize {
    /// For a cell of the grid.
    Thumbnail,
    /// For a part of the window.
    Large,
    /// As it is, for zooming in.
    Full,
}

/// Which picture.
pub type PictureKey = (ContentHash, PictureSize);

/// A picture ready to be drawn.
pub type Picture = Arc<RgbImage>;

/// Pictures that are there, and those on their way.
pub struct Pictures {
    queue: Arc<Queue>,
    thumbnails: Shelf<Picture>,
    photos: Shelf<Picture>,
    failed: HashMap<PictureKey, Failed>,
    asked: Vec<Request>,
    asked_ahead: Vec<Request>,
    num_made: usize,
}

/// Why there is no picture, as a sentence.
struct Failed {
    reason: String,
    /// The files may have changed since. The reason stands until the next try has ended, so that nothing flickers.
    is_worth_a_try: bool,
}

impl PictureSize {
    /// The longer side is at most so many pixels: no texture is larger on the graphics cards that are about.
    pub(super) fn max_side(self) -> u32 {
        match self {
            Self::Thumbnail => imaging::THUMBNAIL_SIDE,
            Self::Large => 1600,
            Self::Full => 8192,
        }
    }
}

impl Pictures {
    pub(super) fn start(cache: &Arc<ThumbnailCache>, outbox: &Outbox) -> Self {
        Self {
            queue: queue::start(cache, outbox),
            thumbnails: Shelf::new(THUMBNAIL_BYTES),
            photos: Shelf::new(PHOTO_BYTES),
            failed: HashMap::new(),
            asked: Vec::new(),
            asked_ahead: Vec::new(),
            num_made: 0,
        }
    }

    /// The picture if it is there, or the sentence that says why there is none.
    #[must_use]
    pub fn ready(&self, hash: ContentHash, size: PictureSize) -> Option<Result<&Picture, &str>> {
        let key = (hash, size);
        let picture = self.shelf(size).get(&key).map(Ok);
        picture.or_else(|| self.failed.get(&key).map(|failed| Err(failed.reason.as_str())))
    }

    /// Says that the picture is on screen: it is kept if it is there, and else made as soon as can be.
    pub fn ask(&mut self, hash: ContentHash, size: PictureSize, path: &Path) {
        let key = (hash, size);
        if !self.shelf_mut(size).touch(&key) && self.is_to_be_made(&key) {
            self.asked.push(Request { key, path: path.to_owned() });
        }
    }

    /// Says that the picture will soon be on screen: it is made once nothing is missing there. Asking for more than is
    /// kept makes pictures only to drop them.
    pub fn prefetch(&mut self, hash: ContentHash, size: PictureSize, path: &Path) {
        let key = (hash, size);
        if !self.shelf_mut(size).touch_ahead(&key) && self.is_to_be_made(&key) {
            self.asked_ahead.push(Request { key, path: path.to_owned() });
        }
    }

    /// Ends a frame: what was asked for in it replaces whatever still waited.
    pub fn end_frame(&mut self) {
        self.thumbnails.end_frame();
        self.photos.end_frame();
        let asked = std::mem::take(&mut self.asked);
        self.queue.replace(asked.into_iter().chain(self.asked_ahead.drain(..)));
    }

    /// Whether everything that was asked for has come.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// Pictures that were made since the start.
    #[must_use]
    pub fn num_made(&self) -> usize {
        self.num_made
    }

    /// What is kept in memory: thumbnails, or pictures of the larger sizes.
    #[must_use]
    pub fn num_bytes(&self, size: PictureSize) -> usize {
        self.shelf(size).num_bytes()
    }

    /// What may be kept in memory of that size, unless more is on screen.
    #[must_use]
    pub fn max_bytes(&self, size: PictureSize) -> usize {
        self.shelf(size).max_bytes()
    }

    pub(super) fn take(&mut self, key: PictureKey, picture: Result<Picture, String>) {
        self.queue.taken(&key);
        self.num_made += 1;
        match picture {
            Ok(picture) => {
                self.failed.remove(&key);
                let num_bytes = picture.as_raw().len();
                self.shelf_mut(key.1).insert(key, picture, num_bytes);
            }
            Err(reason) => drop(self.failed.insert(key, Failed { reason, is_worth_a_try: false })),
        }
    }

    /// Files may be there again that could not be read, as those of a disk that was not plugged in.
    pub(super) fn files_changed(&mut self) {
        self.failed.values_mut().for_each(|failed| failed.is_worth_a_try = true);
    }

    fn is_to_be_made(&self, key: &PictureKey) -> bool {
        self.failed.get(key).is_none_or(|failed| failed.is_worth_a_try)
    }

    fn shelf(&self, size: PictureSize) -> &Shelf<Picture> {
        if size == PictureSize::Thumbnail { &self.thumbnails } else { &self.photos }
    }

    fn shelf_mut(&mut self, size: PictureSize) -> &mut Shelf<Picture> {
        if size == PictureSize::Thumbnail { &mut self.thumbnails } else { &mut self.photos }
    }
}

impl Drop for Pictures {
    fn drop(&mut self) {
        self.queue.close();
    }
}
