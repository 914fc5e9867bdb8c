//! How a workspace is opened: what, with which model and device.

use std::fs;
use std::path::{Path, PathBuf};
use std::task::Waker;

use super::{Places, Workspace};
use crate::imaging;
use crate::vision::{DeviceChoice, ModelSource};
use crate::whole_file;

/// The file beside the catalogue with how it was looked at: in the catalogue, a day of looking would make a backup.
const LOOK: &str = "look.json";

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
    /// Whether what nobody asked for yet is done too: thumbnails are made of all photos as they are looked at, the
    /// catalogue is looked through for damage, and precisions are compared once there is nothing else to do. A command
    /// shows no photos, and is to end soon.
    pub works_ahead: bool,
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
            works_ahead: false,
            places,
            waker: Waker::noop().clone(),
        }
    }
}

impl Workspace {
    /// How the catalogue was looked at when it was closed last, as whoever shows it wrote it down.
    #[must_use]
    pub fn last_look(&self) -> Option<String> {
        String::from_utf8(imaging::read(&self.data_folder().path().join(LOOK)).ok()?).ok()
    }

    /// Remembers it with the catalogue, unless that is thrown away at the end, or can only be read.
    pub fn remember_look(&self, look: &str) {
        if self.path().is_none() || self.read_only_reason().is_some() {
            return;
        }
        let folder = self.data_folder();
        let kept = fs::create_dir_all(folder.path())
            .and_then(|()| whole_file::write(&folder.path().join(LOOK), look.as_bytes()));
        if let Err(error) = kept {
            tracing::debug!("how the catalogue was looked at is not remembered: {error}");
        }
    }
}

/// Whether something is at a path, or a new catalogue may be made there: one whose name says that it is a catalogue, in a
/// folder that there is. Anything else is a slip of the keyboard, and must leave nothing behind.
pub fn can_be_opened(path: &Path) -> bool {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    path.exists() || (path.extension().is_some_and(|ending| ending == "hangtag") && folder.is_none_or(Path::is_dir))
}

/// Uses at most so many threads for what runs side by side; only before the first such work of the program.
pub fn limit_threads(threads: usize) {
    if let Err(error) = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build_global() {
        tracing::warn!("the number of threads could not be set: {error}");
    }
}
