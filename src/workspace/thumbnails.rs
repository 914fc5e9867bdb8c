//! Pictures for the screen: thumbnails from the cache, large photos from their files, made off the window's thread.
//!
//! The window asks for what it shows, each frame; what it no longer asks for is dropped from the queue.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use image::RgbImage;

use super::event::{Event, Outbox};
use crate::imaging::{self, ContentHash};

const NUM_WORKERS: usize = 2;

/// Longer side of a photo in the inspector, in pixels.
const LARGE_SIDE: u32 = 1600;

/// Thumbnails kept in memory, some 400 KB each.
const MAX_KEPT: usize = 600;

/// How large a picture is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PictureSize {
    Thumbnail,
    Large,
}

/// Which picture.
pub(super) type PictureKey = (ContentHash, PictureSize);

/// A picture ready to be drawn.
pub type Picture = Arc<RgbImage>;

struct Request {
    key: PictureKey,
    path: PathBuf,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Request>,
    is_closed: bool,
}

struct Kept {
    picture: Result<Picture, String>,
    last_asked: u64,
}

/// Pictures that are there, and those on their way.
pub struct Pictures {
    queue: Arc<(Mutex<Queue>, Condvar)>,
    kept: HashMap<PictureKey, Kept>,
    asked: Vec<Request>,
    frame: u64,
}

impl Pictures {
    pub(super) fn start(folder: &Path, outbox: &Outbox) -> Self {
        let queue = Arc::new((Mutex::new(Queue::default()), Condvar::new()));
        for _ in 0..NUM_WORKERS {
            let (queue, folder, outbox) = (queue.clone(), folder.to_owned(), outbox.clone());
            let worker = std::thread::Builder::new().name("pictures".into());
            // Without a thread there are no pictures, but everything else works.
            if let Err(error) = worker.spawn(move || work(&queue, &folder, &outbox)) {
                tracing::warn!("no thread for pictures: {error}");
            }
        }
        Self { queue, kept: HashMap::new(), asked: Vec::new(), frame: 0 }
    }

    /// The picture if it is there, else it is asked for. An error is a sentence.
    pub fn get(&mut self, hash: ContentHash, size: PictureSize, path: &Path) -> Option<Result<Picture, String>> {
        let key = (hash, size);
        if let Some(kept) = self.kept.get_mut(&key) {
            kept.last_asked = self.frame;
            return Some(kept.picture.clone());
        }
        self.asked.push(Request { key, path: path.to_owned() });
        None
    }

    /// Ends a frame: what was asked for in it replaces whatever still waited.
    pub fn end_frame(&mut self) {
        self.frame += 1;
        let asked = std::mem::take(&mut self.asked);
        let (queue, condition) = &*self.queue;
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken from the end, so that the first one asked for is made first.
        queue.waiting = asked;
        queue.waiting.reverse();
        condition.notify_all();
    }

    pub(super) fn take(&mut self, key: PictureKey, picture: Result<Picture, String>) {
        self.kept.insert(key, Kept { picture, last_asked: self.frame });
        if self.kept.len() > MAX_KEPT {
            let mut ages: Vec<u64> = self.kept.values().map(|kept| kept.last_asked).collect();
            ages.sort_unstable();
            // A quarter goes at once, so that this is rare.
            let limit = ages[ages.len() / 4];
            self.kept.retain(|_, kept| kept.last_asked > limit);
        }
    }
}

impl Drop for Pictures {
    fn drop(&mut self) {
        let (queue, condition) = &*self.queue;
        queue.lock().unwrap_or_else(PoisonError::into_inner).is_closed = true;
        condition.notify_all();
    }
}

fn work(queue: &(Mutex<Queue>, Condvar), folder: &Path, outbox: &Outbox) {
    let (queue, condition) = queue;
    loop {
        let request = {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                if queue.is_closed {
                    return;
                }
                match queue.waiting.pop() {
                    Some(request) => break request,
                    None => queue = condition.wait(queue).unwrap_or_else(PoisonError::into_inner),
                }
            }
        };
        outbox.send(Event::Picture(request.key, make(&request, folder).map(Arc::new)));
    }
}

fn make(request: &Request, folder: &Path) -> Result<RgbImage, String> {
    let (hash, size) = request.key;
    if size == PictureSize::Thumbnail
        && let Ok(bytes) = std::fs::read(path_of(folder, &hash))
        && let Ok(picture) = imaging::decode(&bytes)
    {
        return Ok(picture);
    }
    let bytes = std::fs::read(&request.path).map_err(|error| error.to_string())?;
    let photo = imaging::decode(&bytes).map_err(|error| error.to_string())?;
    if size == PictureSize::Large {
        return Ok(imaging::fit_within(&photo, LARGE_SIDE));
    }
    keep(folder, &hash, &photo);
    Ok(imaging::fit_within(&photo, imaging::THUMBNAIL_SIDE))
}

/// Keeps the thumbnail of a photo in the cache, unless it is there. A disk that does not take it only costs time later.
pub(super) fn keep(folder: &Path, hash: &ContentHash, photo: &RgbImage) {
    let path = path_of(folder, hash);
    if path.exists() {
        return;
    }
    let partial = path.with_extension(format!("{:?}.part", std::thread::current().id()));
    let written = std::fs::create_dir_all(path.parent().unwrap_or(folder))
        .and_then(|()| std::fs::write(&partial, imaging::thumbnail_jpeg(photo)))
        .and_then(|()| std::fs::rename(&partial, &path));
    if let Err(error) = written {
        tracing::debug!("a thumbnail was not kept: {error}");
        // Half a thumbnail is of no use to anybody.
        let _ = std::fs::remove_file(&partial);
    }
}

/// Two letters of the hash make a folder, so that none grows too large to list.
fn path_of(folder: &Path, hash: &ContentHash) -> PathBuf {
    let name = hash.to_string();
    folder.join(&name[..2]).join(format!("{name}.jpg"))
}
