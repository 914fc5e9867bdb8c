//! What is still to be made, and the threads that make it.

use std::collections::HashSet;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use image::RgbImage;

use super::{PictureKey, PictureSize, ThumbnailCache};
use crate::imaging::{self, ContentHash};
use crate::workspace::event::{Event, Outbox};

/// A picture that is wanted, and the file that it is of.
pub(super) struct Request {
    pub key: PictureKey,
    pub path: PathBuf,
}

/// What waits and what is being made.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    condition: Condvar,
}

#[derive(Default)]
struct State {
    /// The next one last.
    waiting: Vec<Request>,
    /// Made, or being made, and not taken in yet: the window still asks for them.
    in_hand: HashSet<PictureKey>,
    is_closed: bool,
}

impl Queue {
    /// Puts these in place of all that waits, the most urgent first.
    pub fn replace(&self, requests: impl Iterator<Item = Request>) {
        let mut state = self.lock();
        let State { waiting, in_hand, .. } = &mut *state;
        let mut seen = HashSet::new();
        waiting.clear();
        waiting.extend(requests.filter(|request| !in_hand.contains(&request.key) && seen.insert(request.key)));
        waiting.reverse();
        if !waiting.is_empty() {
            self.condition.notify_all();
        }
    }

    /// The window has got it.
    pub fn taken(&self, key: &PictureKey) {
        self.lock().in_hand.remove(key);
    }

    /// Whether nothing waits, and all that was made has been taken in.
    pub fn is_empty(&self) -> bool {
        let state = self.lock();
        state.waiting.is_empty() && state.in_hand.is_empty()
    }

    /// Lets the threads end.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.condition.notify_all();
    }

    /// Waits for the most urgent one; none once it is closed.
    fn next(&self) -> Option<Request> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(request) = state.waiting.pop() {
                state.in_hand.insert(request.key);
                return Some(request);
            }
            state = self.condition.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An empty queue with threads that wait for work: half as many as there are cores, so that the window's own thread finds
/// one free. A frame that waits for its turn on a core is a frame late.
pub(super) fn start(cache: &Arc<ThumbnailCache>, outbox: &Outbox) -> Arc<Queue> {
    let cache = cache.clone();
    start_making(outbox, &move |request: &Request| make(request, &cache))
}

fn start_making<F>(outbox: &Outbox, make: &F) -> Arc<Queue>
where
    F: Fn(&Request) -> Result<RgbImage, String> + Clone + Send + 'static,
{
    let queue = Arc::new(Queue::default());
    let num_cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    for _ in 0..(num_cores / 2).clamp(1, 4) {
        let (queue, make, outbox) = (queue.clone(), make.clone(), outbox.clone());
        let work = move || {
            while let Some(request) = queue.next() {
                let made = catch_unwind(AssertUnwindSafe(|| make(&request)))
                    .unwrap_or_else(|_| Err("it ran into a mistake in Hangtag".into()));
                outbox.send(Event::Picture(request.key, made.map(Arc::new)));
            }
        };
        // Without a thread there are no pictures, but everything else works.
        if let Err(error) = std::thread::Builder::new().name("pictures".into()).spawn(work) {
            tracing::warn!("no thread for pictures: {error}");
        }
    }
    queue
}

fn make(request: &Request, cache: &ThumbnailCache) -> Result<RgbImage, String> {
    let (hash, size) = request.key;
    let is_thumbnail = size == PictureSize::Thumbnail;
    if is_thumbnail && let Some(picture) = cache.load(&hash) {
        return Ok(picture);
    }
    let bytes = imaging::read(&request.path).map_err(|error| error.to_string())?;
    let picture = imaging::decode_within(&bytes, size.max_side()).map_err(|error| error.to_string())?;
    // A file that changed since it was recorded must not leave its picture under the old content.
    if is_thumbnail && ContentHash::of(&bytes) == hash {
        cache.keep(&hash, &picture);
    }
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::task::Waker;

    use super::*;

    #[test]
    fn a_picture_that_panics_is_told_as_failed_and_the_next_one_comes() {
        let (sender, inbox) = channel();
        let make = |request: &Request| -> Result<RgbImage, String> {
            assert!(request.path.exists(), "nothing was thought of that");
            Ok(RgbImage::new(1, 1))
        };
        let queue = start_making(&Outbox::new(sender, Waker::noop().clone()), &make);
        for path in ["nowhere", env!("CARGO_MANIFEST_DIR")] {
            let key = (ContentHash::of(path.as_bytes()), PictureSize::Large);
            // More of them than there are threads: each of these has gone on.
            for _ in 0..8 {
                queue.replace(std::iter::once(Request { key, path: path.into() }));
                let Ok(Event::Picture(told, picture)) = inbox.recv() else { panic!("a thread has ended") };
                assert_eq!(told, key);
                assert_eq!(picture.err().as_deref(), (path == "nowhere").then_some("it ran into a mistake in Hangtag"));
                queue.taken(&key);
            }
        }
        queue.close();
    }
}
