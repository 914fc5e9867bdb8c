//! How a workspace is opened: what, with which model and device.

use std::path::{Path, PathBuf};
use std::task::Waker;

use super::Places;
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
    /// Whether precisions are compared without being asked, once there is nothing else to do.
    pub compares_precisions: bool,
    pub places: Places,
    /// Woken whenever there is something to [`Workspace::poll`](super::Workspace::poll).
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
            compares_precisions: false,
            places,
            waker: Waker::noop().clone(),
        }
    }
}

/// Uses at most so many threads for what runs side by side; only before the first such work of the program.
pub fn limit_threads(threads: usize) {
    if let Err(error) = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build_global() {
        tracing::warn!("the number of threads could not be set: {error}");
    }
}
