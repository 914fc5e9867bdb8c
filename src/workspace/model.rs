//! The model in use: a backbone with its feature cache; the heads that came with one; and fetching one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::Workspace;
use super::data_folder::seen_by;
use super::event::Event;
use super::jobs::{JobSummary, JobTask};
use super::proposals::{self, Guess};
use crate::catalogue::{CatalogueError, ImageId};
use crate::export;
use crate::failure::{Doing, Failure};
use crate::imaging::ContentHash;
use crate::progress::Progress;
use crate::vision::hub::{self, HubSettings};
use crate::vision::registry::RegistryEntry;
use crate::vision::{Backbone, Calibration, DeviceChoice, FeatureStore, ModelSource, VisionError};

/// A backbone ready to run, with every feature it ever computed here.
pub struct Model {
    pub backbone: Backbone,
    pub store: FeatureStore,
    /// The photos that the backbone, or one that it began with, was trained on. Their features are easier than those of
    /// others: heads learn from them too, but how sure a head may be, and how good it is, is told by others only.
    pub seen: BTreeSet<ContentHash>,
}

/// Eight bits as they were measured to serve.
pub struct EightBits {
    /// The key, in f32, of the backbone that they are for.
    pub backbone: String,
    /// The engine on which they were measured.
    pub engine: String,
    /// The file of the calibration.
    pub calibration: PathBuf,
}

impl Model {
    /// Reads the model and its feature cache; in eight bits where they were chosen for what runs here. Where the
    /// calibration does not serve any more, the model runs in f32.
    ///
    /// # Errors
    /// A [`Failure`] that names the file and what to do.
    pub fn open(
        source: &ModelSource,
        device: Option<DeviceChoice>,
        features: &Path,
        eight_bits: Option<EightBits>,
    ) -> Result<Self, Failure> {
        let failed = |error: &VisionError| {
            let failure = Failure::new(Doing::OpeningModel(source.to_string()), error).caused_by(error.cause());
            if let VisionError::Replaced { path, .. } = error { failure.at(path) } else { failure }
        };
        let device = device.map_or_else(DeviceChoice::from_env, Ok).map_err(|error| failed(&error))?;
        let is_on_processor = || device.open().is_ok_and(|device| device.is_cpu());
        // What was measured on another computer is opened in vain: its key and engine are known only then.
        let in_eight_bits = eight_bits.filter(|_| is_on_processor()).and_then(|chosen| {
            let is_it = |found: &Backbone| chosen.backbone == found.exact_key() && chosen.engine == found.engine();
            quantised(source, &chosen.calibration).filter(is_it)
        });
        let backbone = match in_eight_bits {
            Some(backbone) => backbone,
            None => Backbone::open(source, device).map_err(|error| failed(&error))?,
        };
        let store = FeatureStore::open(features, &backbone);
        Ok(Self { backbone, store, seen: seen_by(source)? })
    }

    /// Whether the backbone was trained on a photo.
    #[must_use]
    pub fn has_seen(&self, photo: &ContentHash) -> bool {
        self.seen.contains(photo)
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
        let is_in_use = name == self.data_folder().name_of(&self.model_source);
        let version = self.version_in_use().filter(|_| is_in_use);
        let failed = |error: CatalogueError| Failure::new("remembering the model", &error);
        self.catalogue.activate(&name, version).map_err(failed)?;
        // What was measured of another model says nothing of this one.
        self.catalogue.set_setting("precision", "").map_err(failed)
    }

    pub(super) fn start_model(&mut self) {
        let (source, device, folder) = (self.model_source.clone(), self.device, self.places.features());
        let eight_bits = if self.is_official { None } else { self.eight_bits_in_use() };
        let outbox = self.outbox.clone();
        self.jobs.start(JobTask::OpenModel, &self.outbox, move |_| {
            outbox.send(Event::Model(Model::open(&source, device, &folder, eight_bits).map(Arc::new)));
            Ok(JobSummary::Quiet)
        });
    }
}

/// None where the calibration is gone, for instance with the caches.
fn quantised(source: &ModelSource, calibration: &Path) -> Option<Backbone> {
    let quantised = Calibration::read(calibration)
        .and_then(|calibration| Backbone::quantised(source, &calibration).map_err(|error| error.to_string()));
    quantised.inspect_err(|error| tracing::warn!("{}: {error}; f32 is used", calibration.display())).ok()
}

/// The heads that came with a model: those of a bundle that was exported, none with a backbone alone.
///
/// # Errors
/// Where a bundle's files cannot be read or do not fit together.
pub fn bundled_heads(source: &ModelSource) -> Result<Vec<export::Head>, Failure> {
    match source {
        ModelSource::Folder(folder) if export::is_bundle(folder) => export::read_heads(folder)
            .map_err(|error| Failure::new(Doing::OpeningModel(source.to_string()), &error).at(folder)),
        _ => Ok(Vec::new()),
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
