//! How a workspace is opened: what, with which model and device, and on which thread.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::task::Waker;

use super::{Places, Workspace};
use crate::failure::Failure;
use crate::vision::{DeviceChoice, ModelSource};

/// What to open.
pub struct Opening {
    /// The catalogue file, made if it is not there; none for one that is thrown away at the end.
    pub catalogue: Option<PathBuf>,
    /// None for the one that the catalogue remembers, or the starter.
    pub model: Option<ModelSource>,
    /// None for what the environment asks for.
    pub device: Option<DeviceChoice>,
    /// Whether photos are looked at; a command that only reads or writes labels does without.
    pub looks_at_photos: bool,
    /// Whether what is said has to be the official answer, in f32, whatever was chosen for proposals.
    pub is_official: bool,
    pub places: Places,
    /// Woken whenever there is something to [`Workspace::poll`].
    pub waker: Waker,
}

impl Opening {
    /// The catalogue at that path, or one to be thrown away, with nobody to wake.
    #[must_use]
    pub fn quiet(catalogue: Option<&Path>, places: Places) -> Self {
        Self {
            catalogue: catalogue.map(Path::to_owned),
            model: None,
            device: None,
            looks_at_photos: true,
            is_official: false,
            places,
            waker: Waker::noop().clone(),
        }
    }
}

impl Workspace {
    /// Opens as [`Workspace::open`] does, on another thread; the waker is woken when it is done.
    #[must_use]
    pub fn open_in_background(opening: Opening) -> Receiver<Result<Self, Failure>> {
        let (sender, receiver) = channel();
        let waker = opening.waker.clone();
        let spawned = std::thread::Builder::new().name("opening".into()).spawn(move || {
            // Nobody waits any more if the window was closed meanwhile.
            let _ = sender.send(Self::open(opening));
            waker.wake();
        });
        if let Err(error) = spawned {
            tracing::error!("no thread to open a catalogue: {error}");
        }
        receiver
    }
}

/// Uses at most so many threads for what runs side by side; only before the first such work of the program.
pub fn limit_threads(threads: usize) {
    if let Err(error) = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build_global() {
        tracing::warn!("the number of threads could not be set: {error}");
    }
}
