//! The model in use: a backbone with its feature cache; and fetching one.

use std::path::Path;

use crate::failure::Failure;
use crate::progress::Progress;
use crate::vision::hub::{self, HubSettings};
use crate::vision::registry::RegistryEntry;
use crate::vision::{Backbone, DeviceChoice, FeatureStore, ModelSource};

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
    pub fn open(source: &ModelSource, device: DeviceChoice, features: &Path) -> Result<Self, Failure> {
        let failed = |error: &dyn std::error::Error| Failure::new(format!("opening the model `{source}`"), error);
        let backbone = Backbone::open(source, device).map_err(|error| failed(&error))?;
        let store = FeatureStore::open(features, &backbone).map_err(|error| failed(&error))?;
        Ok(Self { backbone, store })
    }
}

/// Fetches a published model into the cache that other programs share. Returns false if it was cancelled; what is
/// there then is kept, and the next call goes on from it.
///
/// # Errors
/// A [`Failure`] that says what to do, for instance without a connection.
pub fn fetch(entry: &RegistryEntry, progress: &Progress) -> Result<bool, Failure> {
    hub::fetch(entry, &HubSettings::from_env(), progress)
        .map(|path| path.is_some())
        .map_err(|error| Failure::new(format!("fetching the model `{}`", entry.id), &error))
}
