//! The model in use: a backbone with its feature cache; and fetching one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Workspace;
use super::event::Event;
use super::jobs::{JobSummary, JobTask};
use super::proposals::{self, Guess};
use crate::catalogue::ImageId;
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
    pub fn open(source: &ModelSource, device: Option<DeviceChoice>, features: &Path) -> Result<Self, Failure> {
        let failed = |error: &dyn std::error::Error| Failure::new(format!("opening the model `{source}`"), error);
        let device = device.map_or_else(DeviceChoice::from_env, Ok).map_err(|error| failed(&error))?;
        let backbone = Backbone::open(source, device).map_err(|error| failed(&error))?;
        let store = FeatureStore::open(features, &backbone).map_err(|error| failed(&error))?;
        Ok(Self { backbone, store })
    }
}

impl Workspace {
    /// The everyday words of a photo, likeliest first: what is proposed before there are tags. Computed when first
    /// asked for.
    pub fn word_guesses(&mut self, image: ImageId) -> &[Guess] {
        const TOP: usize = 5;
        if !self.word_guesses.contains_key(&image)
            && let Some(model) = &self.model
            && let Some(hash) = self.index_of(image).and_then(|index| self.listing.images[index].hash)
            && let Some(feature) = model.store.get(&hash)
        {
            self.word_guesses.insert(image, proposals::word_guesses(&model.backbone, &[&feature], TOP).remove(0));
        }
        self.known_word_guesses(image)
    }

    /// The everyday words of a photo as far as they were asked for before.
    #[must_use]
    pub fn known_word_guesses(&self, image: ImageId) -> &[Guess] {
        self.word_guesses.get(&image).map_or(&[], Vec::as_slice)
    }

    /// The model in use, once it is read.
    #[must_use]
    pub fn model(&self) -> Option<&Arc<Model>> {
        self.model.as_ref()
    }

    /// What was asked for as the model.
    #[must_use]
    pub fn model_source(&self) -> &ModelSource {
        &self.model_source
    }

    /// Why the model could not be read, if so.
    #[must_use]
    pub fn model_failure(&self) -> Option<&Failure> {
        self.model_failure.as_ref()
    }

    /// Remembers another model for this catalogue; it is read when the catalogue is opened next.
    ///
    /// # Errors
    /// Where the catalogue cannot be written.
    pub fn remember_model(&mut self, source: &ModelSource) -> Result<(), Failure> {
        let name = self.data_folder().name_of(source);
        let version = self.in_use.as_ref().filter(|_| name == self.data_folder().name_of(&self.model_source));
        let version = version.map(|version| version.number());
        self.catalogue.activate(&name, version).map_err(|error| Failure::new("remembering the model", &error))
    }

    pub(super) fn start_model(&mut self) {
        let (source, device, folder) = (self.model_source.clone(), self.device, self.places.features());
        let outbox = self.outbox.clone();
        self.jobs.start(JobTask::OpenModel, &self.outbox, move |_| {
            outbox.send(Event::Model(Model::open(&source, device, &folder).map(Arc::new)));
            Ok(JobSummary::Quiet)
        });
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
