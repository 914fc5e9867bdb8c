//! Fine-tuning as a job: photos and labels of the catalogue to a new version of the model.
//!
//! What a run learns from is written down first (`plan`), so that it can be resumed though labels have changed since.
//! Then the views of all photos go through the frozen stages once (`views`) or, where nothing is frozen, are made as they
//! are needed (`feed`); a recipe of [`learn`](crate::learn) trains the rest (`network`), and what came of it is measured on
//! photos that nothing was learnt from, beside the live head fitted to the same photos (`finish`). Each run has a folder
//! of its own (`run_folder`).

mod answers;
mod bench;
mod checkpoint;
mod feed;
mod finish;
mod network;
mod outcome;
mod plan;
mod room;
mod run_folder;
mod stop;
mod tensorboard;
mod views;
mod watch;

pub(super) use answers::{Answer, AnswerOfTag, read as read_answers};
pub use bench::{TrainFigures, measure_training};
pub use outcome::{OfVersion, TrainingOutcome};
pub use plan::{Activate, TrainSettings};
pub use run_folder::{EpochFigures, RunMachine};
pub use stop::Stop;
pub(super) use stop::StopWish;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::event::{Event, Outbox};
use super::jobs::{JobState, JobSummary, JobTask};
use super::labelling::LabelsFrom;
use super::live_head::{GroupHead, Heads};
use super::{DataFolder, Model, Workspace};
use crate::catalogue::{Catalogue, CatalogueError, RunRow, RunState, Vocabulary};
use crate::failure::Failure;
use crate::imaging::ContentHash;
use crate::learn::train::{Ending, Photos, Start, TrainError, epoch_size, train};
use crate::progress::Progress;
use crate::vision::{DeviceChoice, ModelSource, Unfreeze, VisionError};

use feed::Unreadable;
use finish::Finished;
use network::Network;
use plan::Plan;
use run_folder::RunFolder;
use tensorboard::EventFile;
use views::{Filled, Stores, Views};
use watch::{METRICS, RunWatch};

const DOING: &str = "training";

const ON_PROCESSOR: &str =
    "Train with fewer photos a step, or on the processor: `--device cpu`, or choose it in the settings";

/// A training under way, or the last one: what curves are drawn from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingView {
    pub run: i64,
    pub epochs: Vec<EpochFigures>,
    pub outcome: Option<TrainingOutcome>,
}

/// All that the job takes along.
struct Job {
    run: i64,
    plan: Plan,
    folder: RunFolder,
    data: DataFolder,
    /// Where activations and features are cached.
    cache: PathBuf,
    features: PathBuf,
    model: Arc<Model>,
    source: ModelSource,
    vocabulary: Vocabulary,
    /// The live head, whose regularisation is used.
    live: Vec<GroupHead>,
    in_use: Option<Predecessor>,
    is_resumed: bool,
    stop: StopWish,
    outbox: Outbox,
}

/// The version in use, where that came from a run: what it learnt from cannot judge it.
struct Predecessor {
    version: i64,
    heads: Arc<Heads>,
    learnt_from: HashSet<ContentHash>,
}

/// What a training begins from.
struct Prepared {
    /// The views; none where nothing is frozen.
    stores: Option<Stores>,
    /// The live heads fitted to the same photos.
    baseline: Vec<Option<GroupHead>>,
}

impl Workspace {
    /// Starts to train in the background. Without `held_out` a part of the catalogue's own photos is held out, which is
    /// drawn once; with it all labelled photos are learnt from and those of the other workspace, whose truth folder names
    /// or a file give, are only looked at.
    ///
    /// # Errors
    /// Where there are too few labels, a training is under way, or the catalogue cannot be written.
    pub fn start_training(
        &mut self,
        mut settings: TrainSettings,
        held_out: Option<(&Self, &LabelsFrom)>,
    ) -> Result<(), Failure> {
        if settings.on.device == DeviceChoice::Auto {
            settings.on.device = self.device.unwrap_or_default();
        }
        settings.recipe.check().map_err(|reason| failure(reason).try_next("Change the setting"))?;
        let model = self.ready_to_train()?;
        let plan = self.plan_training(settings, &model, held_out)?;
        let json = serde_json::to_string(&plan.settings).map_err(|error| Failure::new(DOING, &error))?;
        // The folder before the row: whenever the program is killed, a run that is listed can be gone on with.
        let place = self.catalogue.next_run_folder().map_err(|error| Failure::new(DOING, &error))?;
        let folder = RunFolder::create(&self.data_folder().join(&place)?, &plan)?;
        let row = self.catalogue.start_run(&json).map_err(|error| Failure::new(DOING, &error))?;
        self.start_training_job(row.number, plan, folder, model, false)
    }

    /// Goes on with a run that was cut off, from its last checkpoint.
    ///
    /// # Errors
    /// Where there is no such run, it is done, or the model in use is another one than it began with.
    pub fn resume_training(&mut self, run: i64) -> Result<(), Failure> {
        let model = self.ready_to_train()?;
        let row = self.runs()?.into_iter().find(|row| row.number == run);
        let row = row.ok_or_else(|| {
            failure(format!("there is no run {run}")).try_next("`hangtag runs` names those there are")
        })?;
        if row.state == RunState::Done {
            return Err(failure(format!("run {run} is done")).try_next("Start a new one"));
        }
        let (folder, mut plan) = RunFolder::open(&self.data_folder().join(&row.folder)?)?;
        if plan.model != self.data_folder().name_of(&self.model_source) {
            return Err(failure(format!("run {run} began with another model than the one in use"))
                .try_next(format!("Put `{}` to use again, or start a new run", plan.model)));
        }
        plan.find_photos(&self.listing);
        self.catalogue.set_run(run, RunState::Running, None, None).map_err(|error| Failure::new(DOING, &error))?;
        self.start_training_job(run, plan, folder, model, true)
    }

    /// Gives up a run that waits to be gone on with, so that what it needs can go.
    ///
    /// # Errors
    /// Where no such run waits, or the catalogue cannot be written.
    pub fn discard_run(&self, run: i64) -> Result<(), Failure> {
        const DISCARDING: &str = "giving up the run";
        if !self.runs()?.iter().any(|row| row.number == run && row.state.waits()) {
            let none = CatalogueError::Refused(format!("no run {run} waits to be gone on with"));
            return Err(Failure::new(DISCARDING, &none).try_next("`hangtag runs` says of each run how it stands"));
        }
        let noted = self.catalogue.set_run(run, RunState::Cancelled, None, None);
        noted.map_err(|error| Failure::new(DISCARDING, &error))
    }

    /// The first run that began with this model, as settings name it, and is under way or waits to be gone on with.
    pub(super) fn unfinished_run_on(&self, model: &str) -> Result<Option<i64>, Failure> {
        let data = self.data_folder();
        let is_unfinished = |run: &&RunRow| run.state == RunState::Running || run.state.waits();
        let begins_with_it = |run: &&RunRow| {
            let folder = data.join(&run.folder).ok();
            folder.and_then(|folder| run_folder::plan_in(&folder)).is_some_and(|plan| plan.model == model)
        };
        Ok(self.runs()?.iter().filter(is_unfinished).find(begins_with_it).map(|run| run.number))
    }

    /// The photos that a run learnt from; none where its folder is gone.
    pub(super) fn learnt_from(&self, run: i64) -> Option<HashSet<ContentHash>> {
        let row = self.runs().ok()?.into_iter().find(|row| row.number == run)?;
        let plan = run_folder::plan_in(&self.data_folder().join(&row.folder).ok()?)?;
        Some(plan.training.iter().map(|photo| photo.hash).collect())
    }

    /// The training under way, or the last one since the catalogue was opened.
    #[must_use]
    pub fn training(&self) -> Option<&TrainingView> {
        self.training.as_ref()
    }

    /// Stops the training under way, and says what is to become of it.
    pub fn stop_training(&self, stop: Stop) {
        self.stop_wish.set(stop);
        for job in self.jobs().iter().filter(|job| job.task == JobTask::Train && job.state == JobState::Running) {
            self.cancel(job.id);
        }
    }

    /// What was wished last of the training under way, or of the last one, when it was to stop.
    #[must_use]
    pub fn stop_wish(&self) -> Stop {
        self.stop_wish.get()
    }

    /// Whether a training is under way.
    #[must_use]
    pub fn is_training(&self) -> bool {
        self.jobs.is_running(&JobTask::Train)
    }

    fn ready_to_train(&self) -> Result<Arc<Model>, Failure> {
        if let Some(reason) = self.read_only_reason() {
            return Err(Failure::new(DOING, &CatalogueError::ReadOnly(reason.to_owned())));
        }
        if self.is_training() {
            return Err(failure("a training is under way").try_next("Wait for it, or cancel it"));
        }
        self.model.clone().ok_or_else(|| match &self.model_failure {
            Some(failure) => failure.clone(),
            None => failure("the model is not read yet").try_next("Try again in a moment"),
        })
    }

    /// The version in use on this model, if it came from a run and it is known what that learnt from.
    fn trained_in_use(&self, model: &Model) -> Option<Predecessor> {
        let heads = self.in_use.as_ref()?.heads_on(model).ok()?;
        let version = self.version(self.version_in_use()?).ok()?;
        let learnt_from = self.learnt_from(version.record.run?)?;
        Some(Predecessor { version: version.number, heads, learnt_from })
    }

    fn start_training_job(
        &mut self,
        run: i64,
        plan: Plan,
        folder: RunFolder,
        model: Arc<Model>,
        is_resumed: bool,
    ) -> Result<(), Failure> {
        let catalogue = self.catalogue.reopen().map_err(|error| Failure::new(DOING, &error))?;
        // A wish is for one run.
        self.stop_wish = StopWish::default();
        self.training = Some(TrainingView { run, epochs: folder.epochs().to_vec(), outcome: None });
        let job = Job {
            run,
            plan,
            folder,
            data: self.data_folder(),
            cache: self.places.activations(),
            features: self.places.features(),
            in_use: self.trained_in_use(&model),
            model,
            source: self.model_source.clone(),
            vocabulary: self.vocabulary.clone(),
            live: self.heads.groups.clone(),
            is_resumed,
            stop: self.stop_wish.clone(),
            outbox: self.outbox.clone(),
        };
        self.jobs.start(JobTask::Train, &self.outbox, move |progress| job.run(catalogue, progress));
        Ok(())
    }

    /// Takes in what a training brought.
    pub(super) fn take_trained(&mut self, outcome: TrainingOutcome) {
        self.reload_versions();
        if outcome.activated
            && let Err(failure) = self.use_version(outcome.version)
        {
            tracing::warn!("{}", failure.for_log());
        }
        if let Some(training) = &mut self.training {
            training.outcome = Some(outcome);
        }
    }
}

impl Job {
    fn run(mut self, mut catalogue: Catalogue, progress: &Progress) -> Result<JobSummary, Failure> {
        let outcome = self.train(&mut catalogue, progress);
        let (state, json, version) = match &outcome {
            Ok(Some(outcome)) => {
                // One that was at its end when somebody wished it to stop is done.
                let is_stopped = outcome.ended == Some(Ending::Cancelled);
                let state = if is_stopped { RunState::Cancelled } else { RunState::Done };
                (state, serde_json::to_string(outcome).ok(), Some(outcome.version))
            }
            Ok(None) if self.stop.get() == Stop::Pause => (RunState::Paused, None, None),
            Ok(None) => (RunState::Cancelled, None, None),
            Err(_) => (RunState::Failed, None, None),
        };
        let noted = catalogue.set_run(self.run, state, json.as_deref(), version);
        let outcome = outcome?;
        noted.map_err(|error| Failure::new("noting how the run ended", &error))?;
        let Some(outcome) = outcome else {
            let is_paused = state == RunState::Paused;
            return Ok(if is_paused { JobSummary::Paused { run: self.run } } else { JobSummary::Quiet });
        };
        let summary = JobSummary::Trained { run: self.run, version: outcome.version };
        self.outbox.send(Event::Trained(Box::new(outcome)));
        Ok(summary)
    }

    /// The training from the first view to the new version; nothing where it was cancelled before the first epoch.
    fn train(&mut self, catalogue: &mut Catalogue, progress: &Progress) -> Result<Option<TrainingOutcome>, Failure> {
        let started = Instant::now();
        // What proposes may run in fewer bits, or on a graphics card; what is measured and cached is f32.
        let backbone = &self.model.backbone;
        if !backbone.is_on_processor() || !backbone.is_exact() {
            self.model = Arc::new(Model::open(&self.source, Some(DeviceChoice::Cpu), &self.features, None)?);
        }
        let seconds_before = self.folder.seconds_before();
        let num_shown = (self.plan.training.len() * self.plan.settings.recipe.epochs) as u64;
        let state = if self.is_resumed { self.folder.checkpoint()? } else { None };
        if self.is_resumed
            && let Some(precision) = self.folder.precision()
        {
            // What was left open may come to another one on this machine or in this version.
            self.plan.settings.on.precision = precision;
        }
        let (on, batch) = (self.plan.settings.on, self.plan.settings.recipe.batch);
        on.check_memory(self.plan.settings.unfreeze, self.model.backbone.spec(), batch)
            .map_err(|error| vision_failure(&error))?;
        let mut prepared = self.prepare(num_shown, progress)?;
        let has_best = state.as_ref().is_some_and(|state| state.best.is_some());
        if prepared.is_none() && has_best && self.stop.get() == Stop::KeepBest {
            // Stopped before it was under way again; the best of the first time is still to be measured.
            prepared = self.prepare(num_shown, &Progress::default())?;
        }
        let Some(Prepared { stores, baseline }) = prepared else { return Ok(None) };
        let steps_before = state.as_ref().map_or(0, |state| state.step);
        let start = match state {
            Some(state) => Start::State(Box::new(state)),
            // Heads that fit the photos leave the stages little to learn but how to fit them closer.
            None if self.plan.settings.unfreeze != Unfreeze::Head => Start::Heads(Vec::new()),
            None => Start::Heads(baseline.iter().map(|head| head.as_ref().map(|head| head.head.clone())).collect()),
        };
        let mut network =
            Network::open(&self.source, &self.plan, stores, batch).map_err(|error| vision_failure(&error))?;
        self.folder
            .keep_machine(network.tail.device(), network.tail.precision().name())
            .map_err(|error| Failure::new(DOING, &error).at(self.folder.path()))?;
        let mut events = self.begin_events().map_err(|error| Failure::new(DOING, &error).at(self.folder.path()))?;
        let shapes = self.plan.shapes();
        let (training, held_out) = (self.plan.training_targets(), self.plan.held_out_targets());
        let num_unlearnt = self.plan.num_unlearnt();
        let photos = Photos {
            groups: &shapes,
            training: &training,
            held_out: &held_out,
            num_unlearnt: &num_unlearnt,
            num_views: self.plan.num_views,
        };
        let (num_steps, num_a_step) = epoch_size(&self.plan.settings.recipe, &photos);
        let num_shown = num_steps * self.plan.settings.recipe.epochs as u64 * num_a_step;
        progress.set_total(progress.snapshot().done + num_shown);
        progress.add(steps_before * num_a_step);
        let mut watch = RunWatch {
            folder: &mut self.folder,
            events: &mut events,
            outbox: &self.outbox,
            between_checkpoints: Duration::from_secs_f64(60.0 * self.plan.settings.checkpoint_minutes.clamp(0.0, 1e6)),
            kept_at: Instant::now(),
            started,
            judging_seconds: 0.0,
            seconds_before,
        };
        let trained = train(&self.plan.settings.recipe, &photos, &mut network, start, &mut watch, progress);
        let trained = trained.map_err(|error| train_failure(&error))?;
        if trained.ending == Ending::Cancelled && self.stop.get() != Stop::KeepBest {
            return Ok(None);
        }
        let Some((best, _)) = trained.best else {
            return match trained.ending {
                Ending::Diverged { .. } => Err(failure(trained.ending.to_string())
                    .try_next("Lower the learning rates, or look for photos with wrong labels")),
                _ => Ok(None),
            };
        };
        let finished = Finished {
            run: self.run,
            ending: trained.ending,
            progress,
            best: self.folder.epochs().iter().find(|epoch| epoch.epoch == best).cloned().unwrap_or_default(),
            heads: trained.heads,
            plan: &self.plan,
            vocabulary: &self.vocabulary,
            data: &self.data,
            features: &self.features,
            in_use: self.in_use.as_ref(),
            model: &self.model,
            source: &self.source,
        };
        let outcome = finished.keep(&network, &baseline, (&self.folder, &mut events), catalogue)?;
        Ok(Some(outcome))
    }

    /// The views and the live heads fitted to the same photos; nothing where it was cancelled meanwhile.
    fn prepare(&mut self, num_shown: u64, progress: &Progress) -> Result<Option<Prepared>, Failure> {
        let views = Views::new(&self.plan, &self.model, &self.cache).map_err(|error| vision_failure(&error))?;
        progress.set_total(views.num_due() as u64 + num_shown);
        let Some(Filled { stores, broken }) = views.fill(progress)? else { return Ok(None) };
        self.plan.leave_out(&broken);
        let baseline = finish::fit_live_heads(&self.plan, &self.model, &self.live, progress)?;
        Ok((!progress.is_cancelled()).then_some(Prepared { stores, baseline }))
    }

    /// Begins the file that `TensorBoard` reads, with the run's settings and its network.
    fn begin_events(&self) -> std::io::Result<EventFile> {
        let mut events = EventFile::create(self.folder.path())?;
        if let serde_json::Value::Object(mut settings) = serde_json::to_value(&self.plan.settings.recipe)? {
            settings.insert("unfreeze".into(), self.plan.settings.unfreeze.to_string().into());
            settings.insert("model".into(), self.plan.model.clone().into());
            if self.plan.settings.unfreeze != Unfreeze::All {
                settings.insert("views".into(), self.plan.num_views.into());
            }
            settings.insert("photos".into(), self.plan.training.len().into());
            events.settings(&settings, &METRICS)?;
        }
        let groups: Vec<String> = self.plan.groups.iter().map(|group| self.name_of(group)).collect();
        events.graph(&tensorboard::network(self.model.backbone.spec(), &groups))?;
        Ok(events)
    }

    fn name_of(&self, group: &plan::PlannedGroup) -> String {
        self.vocabulary.group(group.group).map_or_else(String::new, |group| group.name.clone())
    }
}

fn failure(reason: impl Into<String>) -> Failure {
    Failure::new(DOING, &std::io::Error::other(reason.into()))
}

fn vision_failure(error: &VisionError) -> Failure {
    let failure = Failure::new(DOING, error);
    match error {
        VisionError::Activations { .. } => failure.try_next(
            "Make room and resume the run, for which what was computed is kept; or start another with a smaller budget",
        ),
        VisionError::Compute(_) => failure.try_next(ON_PROCESSOR),
        VisionError::Memory { .. } => failure.try_next(
            "Train less of the network, of which `--unfreeze head` takes next to none, or with fewer photos a step; or \
             close other programs and resume the run",
        ),
        _ => failure,
    }
}

fn train_failure(error: &TrainError) -> Failure {
    let failure = Failure::new(DOING, error);
    match error {
        TrainError::Watch(_) => failure.try_next("Make room and resume the run: the last checkpoint is whole"),
        TrainError::Body(source) => match source.downcast_ref() {
            Some(Unreadable(path)) => {
                failure.at(path).try_next("Put it back as it was and resume the run: the last checkpoint is whole")
            }
            None if matches!(source.downcast_ref(), Some(VisionError::Compute(_))) => failure.try_next(ON_PROCESSOR),
            None => failure,
        },
        TrainError::TooFew => failure.try_next("Label more photos, at least two of each of two tags"),
        _ => failure,
    }
}
