//! The model in use: a backbone with its feature cache; and fetching one.

use std::path::Path;
use std::time::Duration;

use crate::failure::{Cause, Doing, Failure};
use crate::progress::Progress;
use crate::vision::hub::{self, HubSettings};
use crate::vision::registry::RegistryEntry;
use crate::vision::{Backbone, DeviceChoice, FeatureStore, ModelSource, VisionError};

/// A backbone ready to run, with every feature it ever computed here.
pub struct Model {
    pub backbone: Backbone,
    pub store: FeatureStore,
}

impl Model {
    /// Reads the model and its feature cache.
    ///
    /// # Errors
    /// A [`Failure`] that names the file and what to do.
    pub fn open(source: &ModelSource, device: Option<DeviceChoice>, features: &Path) -> Result<Self, Failure> {
        let failed = |error: &VisionError| {
            let cause = match error {
                VisionError::NotFetched { id, size_mb } => Some(Cause::ModelNotFetched(id.clone(), *size_mb)),
                VisionError::UnknownModel(name) => Some(Cause::UnknownModel(name.clone())),
                _ => None,
            };
            Failure::new(Doing::OpeningModel(source.to_string()), error).caused_by(cause)
        };
        let device = device.map_or_else(DeviceChoice::from_env, Ok).map_err(|error| failed(&error))?;
        let backbone = Backbone::open(source, device).map_err(|error| failed(&error))?;
        let store = FeatureStore::open(features, &backbone).map_err(|error| failed(&error))?;
        Ok(Self { backbone, store })
    }
}

/// Fetches a published model into the cache that other programs share, calling `watch` a few times a second, which
/// may cancel. Returns false if it did; what is there then is kept, and the next call goes on from it.
///
/// # Errors
/// A [`Failure`] that says what to do, for instance without a connection.
pub fn fetch(entry: &RegistryEntry, watch: &mut dyn FnMut(&Progress)) -> Result<bool, Failure> {
    let progress = Progress::default();
    let fetched = std::thread::scope(|scope| {
        let download = scope.spawn(|| hub::fetch(entry, &HubSettings::from_env(), &progress));
        while !download.is_finished() {
            watch(&progress);
            std::thread::park_timeout(Duration::from_millis(100));
        }
        download.join()
    });
    let panicked = |_| Failure::new("fetching the model", &std::io::Error::other("it ran into a mistake in Hangtag"));
    fetched
        .map_err(panicked)?
        .map(|path| path.is_some())
        .map_err(|error| Failure::new(format!("fetching the model `{}`", entry.id), &error))
}
