//! Which version is in use: putting one to use, and going back to what was before.
//!
//! A version stands on a backbone. Where that is another than the one in use, its features are computed in the background
//! first, and what was in use goes on proposing until they are all there. On the one in use it is put to use at once, also
//! where that proposes from eight bits: the live head begins at the version's heads and is fitted to what is seen then, and
//! what the version says itself rests on f32 everywhere.

use std::collections::HashMap;
use std::sync::Arc;

use super::data_folder::DataFolder;
use super::embed;
use super::event::Event;
use super::jobs::{JobState, JobSummary, JobTask};
use super::live_head::Heads;
use super::versions::{Version, heads_of};
use super::{JobId, Model, Workspace};
use crate::catalogue::{Activation, Catalogue, CatalogueError};
use crate::failure::Failure;
use crate::vision::ModelSource;

/// The version that is in use.
#[derive(Clone)]
pub struct InUse {
    number: i64,
    /// The features that its heads were fitted to, which are in f32.
    features: String,
    heads: Arc<Heads>,
}

/// What was put to use, once it is on disk.
pub struct Activated {
    source: ModelSource,
    version: Option<InUse>,
    /// None where it is the model that was in use already.
    model: Option<Arc<Model>>,
}

impl InUse {
    /// The version that a catalogue has in use on this model.
    pub(super) fn of_catalogue(catalogue: &Catalogue, versions: &[Version], model: &ModelSource) -> Option<Self> {
        let folder = DataFolder::of(catalogue.path());
        let read = || -> Result<Option<Self>, Failure> {
            let activation = catalogue.in_use().map_err(|error| Failure::new("finding the version in use", &error))?;
            let number = activation.filter(|now| now.model == folder.name_of(model)).and_then(|now| now.version);
            let version = versions.iter().find(|version| Some(version.number) == number);
            version.map(|version| Self::of(catalogue, version)).transpose()
        };
        read().unwrap_or_else(|failure| {
            // The labels still teach the live head, which then stands alone.
            tracing::warn!("{}", failure.for_log());
            None
        })
    }

    fn of(catalogue: &Catalogue, version: &Version) -> Result<Self, Failure> {
        let heads = Arc::new(heads_of(catalogue, version)?);
        Ok(Self { number: version.number, features: version.record.features.clone(), heads })
    }

    /// Its heads, if this is the model that they were fitted on, in whichever precision it runs now.
    pub(super) fn heads_on(&self, model: &Model) -> Result<Arc<Heads>, Failure> {
        if self.features == model.backbone.exact_key() {
            return Ok(self.heads.clone());
        }
        let other = std::io::Error::other("its backbone is not the one that it was made with");
        Err(Failure::new(format!("using version {}", self.number), &other)
            .try_next("Put the backbone back as it was, or use another version"))
    }
}

impl Workspace {
    /// The version in use; none where the live head stands alone.
    #[must_use]
    pub fn version_in_use(&self) -> Option<i64> {
        self.in_use.as_ref().map(|version| version.number)
    }

    /// Puts a version to use: at once if it stands on the model in use, else in the background, as soon as all photos
    /// have features under its backbone. A restart goes on with that. The live head starts from the version's.
    ///
    /// # Errors
    /// Where there is no such version, its backbone is gone, or the catalogue cannot be written.
    pub fn use_version(&mut self, number: i64) -> Result<(), Failure> {
        let source = self.version_model(number)?;
        let version = InUse::of(&self.catalogue, self.version(number)?)?;
        self.put_to_use(source, Some(version))
    }

    /// What was in use before, if there is anything to go back to.
    #[must_use]
    pub fn in_use_before(&self) -> Option<Activation> {
        self.catalogue.in_use_before().ok().flatten()
    }

    /// Goes back to what was in use before: a version, or the live head alone. Doing so twice leads here again.
    ///
    /// # Errors
    /// Where there is nothing to go back to, and as [`Workspace::use_version`].
    pub fn go_back(&mut self) -> Result<(), Failure> {
        let Some(before) = self.in_use_before() else {
            let nothing = std::io::Error::other("nothing else was in use before");
            return Err(Failure::new("going back", &nothing));
        };
        if let Some(number) = before.version {
            return self.use_version(number);
        }
        let source = self.data_folder().resolve(&before.model);
        self.put_to_use(source.map_err(|error| Failure::new("going back", &error))?, None)
    }

    /// Goes on with what a restart cut off.
    pub(super) fn resume_activation(&mut self) {
        let wanted = self.catalogue.wanted_version().ok().flatten().filter(|_| self.read_only_reason().is_none());
        if let Some(number) = wanted
            && let Err(failure) = self.use_version(number)
        {
            tracing::warn!("{}", failure.for_log());
            self.forget_wanted();
        }
    }

    fn put_to_use(&mut self, source: ModelSource, version: Option<InUse>) -> Result<(), Failure> {
        let name = self.data_folder().name_of(&source);
        if name != self.data_folder().name_of(&self.model_source) {
            return self.put_to_use_in_f32(source, version);
        }
        let number = version.as_ref().map(|version| version.number);
        self.jobs.cancel_activations();
        if let (Some(version), Some(model)) = (&version, &self.model) {
            version.heads_on(model)?;
        }
        self.catalogue.activate(&name, number).map_err(|error| Failure::new(doing(number), &error))?;
        self.take_activated(Activated { source, version, model: None });
        Ok(())
    }

    /// Puts a model to use in the background, with a version on top of it or the live head alone, as soon as all photos
    /// have features under it in f32.
    pub(super) fn put_to_use_in_f32(&mut self, source: ModelSource, version: Option<InUse>) -> Result<(), Failure> {
        let number = version.as_ref().map(|version| version.number);
        let failed = |error: &CatalogueError| Failure::new(doing(number), error);
        self.jobs.cancel_activations();
        let name = self.data_folder().name_of(&source);
        self.catalogue.want_version(number).map_err(|error| failed(&error))?;
        let catalogue = self.catalogue.reopen().map_err(|error| failed(&error))?;
        let (device, features, listing) = (self.device, self.places.features(), self.listing.clone());
        let (thumbnails, outbox) = (self.thumbnails.clone(), self.outbox.clone());
        self.jobs.start(JobTask::Activate(number), &self.outbox, move |progress| {
            let mut catalogue = catalogue;
            let model = Model::open(&source, device, &features, None)?;
            if let Some(version) = &version {
                version.heads_on(&model)?;
            }
            let due = embed::due(&listing, &model.store);
            embed::embed(&due, &model, &thumbnails, progress, &outbox, &|| {})?;
            if progress.is_cancelled() {
                return Ok(JobSummary::Quiet);
            }
            catalogue.activate(&name, number).map_err(|error| Failure::new(doing(number), &error))?;
            let model = Some(Arc::new(model));
            outbox.send(Event::Activated(Box::new(Activated { source, version, model })));
            Ok(JobSummary::Activated(number))
        });
        Ok(())
    }

    /// Takes over what was put to use.
    pub(super) fn take_activated(&mut self, activated: Activated) {
        let Activated { source, version, model } = activated;
        // What was chosen for other features, or by another version, holds no longer.
        let of_version = version.as_ref().map(|version| version.heads.groups.as_slice()).unwrap_or_default();
        let choices: HashMap<_, _> =
            of_version.iter().map(|head| (head.group, (head.choice, head.num_photos))).collect();
        self.replace_choices(&choices);
        (self.model_source, self.in_use) = (source, version);
        if let Some(model) = model {
            self.note_precision_in_use(&model);
            self.model = Some(model);
            self.model_failure = None;
            self.word_guesses.clear();
            self.wants_embedding = true;
        }
        self.auto_tag.forget();
        self.live_head.restore(choices);
        self.teach_model();
        self.revision += 1;
    }

    /// Takes over the model in use, opened in another precision; what stands on it stays.
    pub(super) fn take_model_in_use(&mut self, model: Arc<Model>) {
        let (source, version) = (self.model_source.clone(), self.in_use.clone());
        self.take_activated(Activated { source, version, model: Some(model) });
    }

    /// Tells the live head which model it stands on, and which heads it starts from.
    pub(super) fn teach_model(&mut self) {
        let Some(model) = self.model.clone() else { return };
        let heads = self.in_use.as_ref().map(|version| version.heads_on(&model)).transpose();
        let heads = heads.unwrap_or_else(|failure| {
            tracing::warn!("{}", failure.for_log());
            self.in_use = None;
            None
        });
        self.live_head.model(&model, &heads.unwrap_or_default());
    }

    /// A version that a person no longer waits for, or that cannot be had, is not tried again at the next start.
    pub(super) fn activation_ended(&mut self, id: JobId, state: &JobState) {
        let is_activation = |task: &JobTask| matches!(task, JobTask::Activate(_));
        let was = self.jobs.rows().iter().any(|row| row.id == id && is_activation(&row.task));
        let others = |row: &super::JobRow| row.id != id && is_activation(&row.task) && row.state == JobState::Running;
        if was && !matches!(state, JobState::Done(_)) && !self.jobs.rows().iter().any(others) {
            self.forget_wanted();
        }
    }

    fn forget_wanted(&mut self) {
        if let Err(error) = self.catalogue.want_version(None) {
            tracing::debug!("it stays wanted: {error}");
        }
    }
}

fn doing(number: Option<i64>) -> String {
    number.map_or_else(|| "going back".to_owned(), |number| format!("using version {number}"))
}
