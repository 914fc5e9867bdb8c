//! An open catalogue, the model in use and the running jobs: where the rooms below are joined.
//!
//! The window and the commands hold a [`Workspace`] and nothing else. Slow work runs in jobs on threads of their own;
//! what they find comes back as [`Event`]s, which [`Workspace::poll`] takes in on the caller's thread. This room knows
//! no window: it wakes whoever waits through a [`Waker`](std::task::Waker).

mod activation;
mod auto_tag;
mod backups;
mod caches;
mod confusions;
mod data_folder;
mod edits;
mod embed;
mod evaluation;
mod event;
mod examples;
mod export;
mod export_labels;
mod filter;
mod freeze;
mod instance;
mod jobs;
mod labelling;
mod live_head;
mod measure;
mod model;
mod opening;
mod pictures;
mod places;
mod precision;
mod pretend;
mod products;
mod proposals;
mod publish;
mod query;
mod splits;
mod standing;
mod tag_edits;
mod taught;
mod train;
mod unseen;
mod version_diff;
mod versions;

pub use auto_tag::{AutoTagPlan, Evidence, Setting};
pub use backups::{BackupCounts, Damaged, Mending, NotOpened, check, repair, restore};
pub use caches::{CacheKind, CacheSizes};
pub use confusions::{Confusions, Mistake};
pub use data_folder::DataFolder;
pub use edits::Answer;
pub use evaluation::evaluate_on;
pub use event::Event;
pub use filter::{Filter, Order, PartialSelection, Selection, Side};
pub use instance::{Doorbell, Rings, Start};
pub use jobs::{JobId, JobRow, JobState, JobSummary, JobTask};
pub use labelling::{Labelled, LabelsFrom};
pub use live_head::{GroupHead, Heads};
pub use measure::{
    BackupFigures, CatalogueFigures, ExportFigures, FeatureFigures, HeadFigures, LayerFigures, TagFigures,
    calibrate_on, cpu, f32_features, measure_catalogue, measure_export, measure_features, measure_head,
    measure_head_on, measure_layers, measure_tag, peak_rss_mb,
};
pub use model::{EightBits, Model, bundled_heads, fetch};
pub use opening::{Opening, can_be_opened, limit_threads};
pub use pictures::{Picture, PictureKey, PictureSize, Pictures, Shelf};
pub use places::Places;
pub use precision::{PairedAccuracy, PrecisionRecord};
pub use products::{ProductPreview, ProductRule, Products};
pub use proposals::{Guess, Proposals};
pub use query::{Completion, CompletionKind, Query, QueryError, QueryProblem, complete, nearest, quoted};
pub use standing::{Counts, Standing, Standings, UNSURE_BELOW};
pub use train::{
    Activate, EpochFigures, OfVersion, RunMachine, Stop, TrainFigures, TrainSettings, TrainingOutcome, TrainingView,
    measure_training,
};
pub use version_diff::{DiffRow, VersionDiff};
pub use versions::{GroupRecord, Measured, MeasuredOn, Version, VersionRecord};

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::catalogue::{
    Catalogue, CatalogueError, Deed, GroupId, ImageId, Labels, Listing, ReadOnlyReason, Repair, SavedFilter,
    ScanWarning, Vocabulary,
};
use crate::failure::{Doing, Failure};
use crate::vision::{DeviceChoice, ModelSource};

use activation::InUse;
use auto_tag::AutoTagChecks;
use backups::BackupWatch;
use event::Outbox;
use jobs::Jobs;
use live_head::LiveHeadHandle;
use pictures::ThumbnailCache;
use places::ScratchCatalogue;
use precision::PrecisionWatch;
use train::StopWish;
use unseen::Unseen;

/// A person's whole working state.
pub struct Workspace {
    catalogue: Catalogue,
    places: Places,
    listing: Arc<Listing>,
    /// Position of each image in the listing.
    index_of: HashMap<ImageId, usize>,
    vocabulary: Vocabulary,
    labels: Labels,
    next_in_history: (Option<Deed>, Option<Deed>),
    saved_filters: Vec<SavedFilter>,
    product_rule: ProductRule,
    products: Products,
    standings: Standings,
    /// What the live head has not taken into account yet.
    unseen: Unseen,
    model_source: ModelSource,
    model: Option<Arc<Model>>,
    model_failure: Option<Failure>,
    device: Option<DeviceChoice>,
    is_official: bool,
    precision_watch: PrecisionWatch,
    versions: Vec<Version>,
    in_use: Option<InUse>,
    version_diff: Option<VersionDiff>,
    live_head: LiveHeadHandle,
    heads: Arc<Heads>,
    /// What these heads learnt from, as a digest, once they are done with it.
    taught_by: Option<String>,
    proposals: Arc<Proposals>,
    auto_tag: AutoTagChecks,
    confusions: HashMap<GroupId, Confusions>,
    word_guesses: HashMap<ImageId, Vec<Guess>>,
    pictures: Pictures,
    thumbnails: Arc<ThumbnailCache>,
    jobs: Jobs,
    training: Option<TrainingView>,
    /// Of the training under way.
    stop_wish: StopWish,
    is_embedding: bool,
    wants_embedding: bool,
    backup_watch: BackupWatch,
    repaired: Option<Repair>,
    passed_over: Vec<ScanWarning>,
    revision: u64,
    listing_revision: u64,
    outbox: Outbox,
    inbox: Receiver<Event>,
    /// A catalogue that lasts no longer than this workspace.
    /// Last, since some systems do not remove a file that is open.
    scratch: Option<ScratchCatalogue>,
}

impl Workspace {
    /// Opens the catalogue; the model is read in the background.
    ///
    /// # Errors
    /// A [`Failure`] that says what is wrong with the catalogue and what to do.
    pub fn open(opening: Opening) -> Result<Self, Failure> {
        let Opening { catalogue: path, model, device, looks_at_photos, is_official, works_ahead, places, waker } =
            opening;
        let scratch = if path.is_none() { Some(places.scratch_catalogue()?) } else { None };
        let Some(path) = path.or_else(|| Some(scratch.as_ref()?.path().to_owned())) else {
            return Err(Failure::new(Doing::OpeningCatalogue, &std::io::Error::other("no file was named")));
        };
        let failed =
            |error: &CatalogueError| Failure::new(Doing::OpeningCatalogue, error).caused_by(error.cause()).at(&path);
        let catalogue = Catalogue::open(&path).map_err(|error| failed(&error))?;
        let remembered = catalogue.setting("model").map_err(|error| failed(&error))?;
        let products = catalogue.setting("products").map_err(|error| failed(&error))?;
        let is_model_for_now = model.is_some();
        let model_source = match (model, remembered) {
            (Some(model), _) => model,
            // A remembered folder that is gone must not keep the catalogue closed; the starter always works.
            (None, Some(name)) => DataFolder::of(&path).resolve(&name).unwrap_or_default(),
            (None, None) => ModelSource::default(),
        };
        let versions = versions::read_versions(&catalogue).map_err(|error| failed(&error))?;
        let in_use = InUse::of_catalogue(&catalogue, &versions, &model_source);
        let (sender, inbox) = channel();
        let outbox = Outbox::new(sender, waker);
        let thumbnails = Arc::new(ThumbnailCache::new(places.thumbnails(), ThumbnailCache::MAX_BYTES, works_ahead));
        let mut workspace = Self {
            listing: Arc::new(catalogue.listing().map_err(|error| failed(&error))?),
            vocabulary: catalogue.vocabulary().map_err(|error| failed(&error))?,
            labels: catalogue.labels().map_err(|error| failed(&error))?,
            next_in_history: catalogue.next_in_history().map_err(|error| failed(&error))?,
            saved_filters: catalogue.saved_filters().map_err(|error| failed(&error))?,
            product_rule: ProductRule::of_setting(products.as_deref()),
            products: Products::default(),
            standings: Standings::default(),
            unseen: Unseen::default(),
            index_of: HashMap::new(),
            live_head: LiveHeadHandle::start(outbox.clone()),
            heads: Arc::default(),
            taught_by: None,
            proposals: Arc::default(),
            auto_tag: AutoTagChecks::default(),
            confusions: HashMap::new(),
            word_guesses: HashMap::new(),
            pictures: Pictures::start(&thumbnails, &outbox),
            thumbnails,
            jobs: Jobs::default(),
            training: None,
            stop_wish: StopWish::default(),
            is_embedding: false,
            wants_embedding: true,
            backup_watch: BackupWatch::new(works_ahead),
            repaired: None,
            passed_over: Vec::new(),
            revision: 0,
            listing_revision: 0,
            model_source,
            model: None,
            model_failure: None,
            device,
            is_official,
            precision_watch: PrecisionWatch::new(works_ahead),
            versions,
            in_use,
            version_diff: None,
            catalogue,
            places,
            outbox,
            inbox,
            scratch,
        };
        workspace.index_of = index(&workspace.listing);
        workspace.restand_all();
        workspace.sort_products();
        workspace.live_head.restore(workspace.remembered_choices());
        workspace.live_head.replace(&workspace.vocabulary, &workspace.labels, &workspace.listing);
        workspace.start_backup(works_ahead);
        if looks_at_photos {
            workspace.start_model();
            if !is_model_for_now {
                workspace.resume_activation();
            }
        }
        Ok(workspace)
    }

    /// Brings a folder in, or up to date, in the background; its photos get features next. One folder is read after the
    /// other: two that both find a file would both record it.
    pub fn start_import(&mut self, folder: &Path) {
        let task = JobTask::Import(labelling::name_of(folder));
        let catalogue = self.catalogue.reopen();
        let (folder, outbox) = (folder.to_owned(), self.outbox.clone());
        self.jobs.start_in_turn(task, &self.outbox, move |progress| {
            labelling::import_folder(catalogue, &folder, progress, &outbox)
        });
    }

    /// Brings every root up to date in the background.
    pub fn start_rescan(&mut self) {
        for root in self.listing.roots.clone() {
            self.start_import(&root);
        }
    }

    /// Takes in what the jobs found since the last call. Never waits. Returns whether anything changed.
    pub fn poll(&mut self) -> bool {
        let mut has_changed = false;
        while let Ok(event) = self.inbox.try_recv() {
            self.take(event);
            has_changed = true;
        }
        self.start_embedding_if_due();
        self.start_backup_if_due();
        self.start_calibration_if_due(has_changed);
        has_changed
    }

    /// Polls until nothing is running and nothing is due, calling `watch` a few times a second; for commands.
    /// Returns early, with everything cancelled, once `watch` says false.
    pub fn wait(&mut self, watch: &mut dyn FnMut(&Self) -> bool) {
        loop {
            self.poll();
            if !watch(self) {
                self.cancel_all();
                return;
            }
            if self.is_idle() {
                return;
            }
            if let Ok(event) = self.inbox.recv_timeout(Duration::from_millis(100)) {
                self.take(event);
            }
        }
    }

    /// Whether no job runs, every photo that can have features has them, and the head has learnt every label.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.jobs.num_running() == 0 && self.live_head.is_settled() && !(self.wants_embedding && self.model.is_some())
    }

    /// Asks every job to stop at its next check.
    pub fn cancel_all(&self) {
        self.jobs.cancel_all();
    }

    /// Jobs that run, and those that ended lately, newest first.
    #[must_use]
    pub fn jobs(&self) -> &[JobRow] {
        self.jobs.rows()
    }

    /// Whether a job that does this is running.
    #[must_use]
    pub fn is_running(&self, task: &JobTask) -> bool {
        self.jobs.is_running(task)
    }

    /// Asks a job to stop.
    pub fn cancel(&self, job: JobId) {
        self.jobs.cancel(job);
    }

    /// All images, in order of path.
    #[must_use]
    pub fn listing(&self) -> &Arc<Listing> {
        &self.listing
    }

    /// Where an image stands in the listing.
    #[must_use]
    pub fn index_of(&self, image: ImageId) -> Option<usize> {
        self.index_of.get(&image).copied()
    }

    /// All groups and tags.
    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// All labels.
    #[must_use]
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// What the heads say of every image that has features.
    #[must_use]
    pub fn proposals(&self) -> &Arc<Proposals> {
        &self.proposals
    }

    /// The heads fitted to the labels so far.
    #[must_use]
    pub fn heads(&self) -> &Arc<Heads> {
        &self.heads
    }

    /// Thumbnails and larger pictures as far as they are there.
    #[must_use]
    pub fn pictures(&self) -> &Pictures {
        &self.pictures
    }

    /// Thumbnails and larger pictures, to ask for some.
    pub fn pictures_mut(&mut self) -> &mut Pictures {
        &mut self.pictures
    }

    /// Files and folders that imports could not look into, since the catalogue was opened.
    #[must_use]
    pub fn passed_over(&self) -> &[ScanWarning] {
        &self.passed_over
    }

    /// Changes whenever photos, labels or proposals do.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The revision at which photos came, went or moved last: positions in an earlier listing mean others.
    #[must_use]
    pub fn listing_revision(&self) -> u64 {
        self.listing_revision
    }

    /// What the catalogue is called: its first folder's name.
    #[must_use]
    pub fn name(&self) -> String {
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let root = self.listing.roots.first().and_then(|root| name(root));
        root.or_else(|| self.catalogue.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()))
            .unwrap_or_default()
    }

    /// Where the catalogue lies.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        if self.scratch.is_some() { None } else { Some(self.catalogue.path()) }
    }

    /// Why nothing can be changed, if so.
    #[must_use]
    pub fn read_only_reason(&self) -> Option<&ReadOnlyReason> {
        self.catalogue.read_only_reason()
    }

    fn take(&mut self, event: Event) {
        self.revision += u64::from(matches!(event, Event::Listing(_) | Event::Heads(_) | Event::Broken(..)));
        match event {
            Event::Listing(listing) => {
                self.index_of = index(&listing);
                (self.listing, self.listing_revision) = (listing, self.revision);
                self.live_head.listing(&self.listing);
                self.unseen.all(self.live_head.generation());
                self.restand_all();
                self.sort_products();
                self.pictures.files_changed();
                self.wants_embedding = true;
            }
            // Read while another was put to use: what is in use now stays.
            Event::Model(_) if self.model.is_some() => {}
            Event::Model(Ok(model)) => {
                self.note_precision_in_use(&model);
                self.model = Some(model);
                self.teach_model();
                self.wants_embedding = true;
            }
            Event::Model(Err(failure)) => self.model_failure = Some(failure),
            Event::PassedOver(warnings) => self.passed_over.extend(warnings),
            Event::FeaturesGrew => self.live_head.features_grew(),
            Event::Broken(image, reason) => self.mark_broken(image, reason),
            Event::Heads(learnt) => {
                (self.heads, self.proposals, self.taught_by) = (learnt.heads, learnt.proposals, learnt.taught_by);
                self.take_standings(learnt.standings, learnt.generation);
            }
            Event::Choice(group, choice) => self.remember_choice(group, &choice),
            Event::AutoTag(group, generation, evidence) => self.auto_tag.take(group, generation, evidence),
            Event::Precision(record) => self.take_precision(record),
            Event::EightBits(model) => self.take_eight_bits(model),
            Event::Epoch(epoch) => {
                if let Some(training) = &mut self.training {
                    training.epochs.push(*epoch);
                }
            }
            Event::Trained(outcome) => self.take_trained(*outcome),
            Event::Confusions(group, found) => _ = self.confusions.insert(group, found),
            Event::Picture(key, picture) => self.pictures.take(key, picture),
            Event::Versions => self.reload_versions(),
            Event::Activated(activated) => self.take_activated(*activated),
            Event::VersionDiff(diff) => self.version_diff = Some(*diff),
            Event::Job(id, state) => {
                self.activation_ended(id, &state);
                self.jobs.end(id, state);
                if self.is_embedding && !self.jobs.is_running(&JobTask::Embed) {
                    self.is_embedding = false;
                    self.live_head.features_complete();
                }
            }
            Event::HeadStopped => {
                // Nobody need wait for it any more.
                self.live_head.settled(u64::MAX);
                self.jobs
                    .fail(JobTask::Learn, jobs::mistake("learning", "open the catalogue again to have it learn on"));
            }
            Event::Settled(generation) => self.live_head.settled(generation),
        }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // What nobody has decided about goes on when the catalogue is opened again.
        if self.jobs.rows().iter().any(|job| job.task == JobTask::Train && !job.progress.is_cancelled()) {
            self.stop_wish.set(Stop::Pause);
        }
        self.cancel_all();
        self.jobs.join();
    }
}

fn index(listing: &Listing) -> HashMap<ImageId, usize> {
    listing.images.iter().enumerate().map(|(index, image)| (image.id, index)).collect()
}

/// A sender of events, kept out of sight of whoever only polls.
type EventSender = Sender<Event>;
