//! Long work on threads of its own, as rows that a person can read and cancel.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::event::{Event, Outbox};
use crate::catalogue::{ImageId, ImportReport};
use crate::export::labels::Report;
use crate::export::publish::Published;
use crate::export::{self, Verdict, Verified};
use crate::failure::{Cause, Doing, Failure};
use crate::progress::Progress;

/// Ended jobs that are still shown.
const MAX_ENDED: usize = 20;

/// A job's number in its workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JobId(u64);

/// What a job does; each language has its own words for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobTask {
    /// Reads a folder of this name.
    Import(String),
    /// Gives photos their features.
    Embed,
    /// Fits the live head, for as long as the catalogue is open.
    Learn,
    OpenModel,
    /// Fine-tunes the network.
    Train,
    /// Makes the day's backup.
    BackUp,
    /// Holds out labels of the group of this name, to see how often its head is right.
    CheckAutoTag(String),
    /// Finds which tags of the group of this name are taken for which.
    FindConfusions(String),
    /// Compares precisions on some photos.
    Calibrate,
    /// Makes a version of what was learnt.
    Freeze,
    /// Gets the version of this number, or the live head alone, ready to be used.
    Activate(Option<i64>),
    /// Finds the photos that two versions see differently.
    CompareVersions(i64, i64),
    /// Writes the model in the format of this name.
    Export(String),
    /// Writes tags or a data set to a file or folder of this name.
    ExportLabels(String),
    /// Puts a version where servers look for it.
    Publish(String),
}

/// What a job has done.
#[derive(Clone, Debug, PartialEq)]
pub enum JobSummary {
    Imported {
        folder: String,
        report: ImportReport,
    },
    /// So many photos got features; these could not be read.
    Embedded {
        photos: usize,
        broken: Vec<(ImageId, String)>,
    },
    /// So many labels of a group were held out.
    Checked {
        group: String,
        labels: usize,
    },
    /// There is a version of this number now.
    Frozen(i64),
    /// The version of this number, or the live head alone, is in use now.
    Activated(Option<i64>),
    Exported(export::Report),
    /// The run of this number became the version of that one.
    Trained {
        run: i64,
        version: i64,
    },
    /// The run of this number was stopped to be gone on with.
    Paused {
        run: i64,
    },
    /// Tags or a data set were written to a file or folder of this name.
    ExportedLabels {
        file: String,
        report: Report,
    },
    /// The version of this number is, or was already, at that address.
    Published {
        version: i64,
        to: String,
        outcome: Published,
        /// Whether it was seen to give the app's answers.
        verdict: Verdict,
        /// Whether its own runtime was.
        verified: Option<Verified>,
    },
    /// Nothing that is worth a sentence.
    Quiet,
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq)]
pub enum JobState {
    Running,
    Done(JobSummary),
    Cancelled,
    Failed(Failure),
}

/// A job as it is shown.
pub struct JobRow {
    pub id: JobId,
    pub task: JobTask,
    pub progress: Progress,
    pub state: JobState,
}

/// All jobs of a workspace, newest first.
#[derive(Default)]
pub(super) struct Jobs {
    rows: Vec<JobRow>,
    threads: Vec<(JobId, JoinHandle<()>)>,
    last_id: u64,
    /// Held by the one that runs of those that take turns.
    turn: Arc<Mutex<()>>,
}

impl JobTask {
    /// For the log, which names no folders and groups.
    fn kind(&self) -> &'static str {
        match self {
            Self::Import(_) => "import",
            Self::Embed => "features",
            Self::Learn => "live head",
            Self::OpenModel => "model",
            Self::CheckAutoTag(_) => "check of auto-tag",
            Self::FindConfusions(_) => "search for mistakes",
            Self::Calibrate => "comparison of precisions",
            Self::Freeze => "making a version",
            Self::Activate(_) => "putting a version to use",
            Self::CompareVersions(..) => "comparison of versions",
            Self::Export(_) => "export",
            Self::Train => "training",
            Self::BackUp => "backup",
            Self::ExportLabels(_) => "export of tags",
            Self::Publish(_) => "publishing",
        }
    }
}

impl fmt::Display for JobTask {
    /// In English, for commands and logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import(folder) => write!(f, "Reading {folder}"),
            Self::Embed => f.write_str("Looking at photos"),
            Self::Learn => f.write_str("Learning"),
            Self::OpenModel => f.write_str("Opening the model"),
            Self::Train => f.write_str("Training"),
            Self::BackUp => f.write_str("Backing up the catalogue"),
            Self::CheckAutoTag(group) | Self::FindConfusions(group) => write!(f, "Checking {group}"),
            Self::Calibrate => f.write_str("Comparing precisions"),
            Self::Freeze => f.write_str("Making a version"),
            Self::Activate(Some(version)) => write!(f, "Getting version {version} ready"),
            Self::Activate(None) => f.write_str("Going back to the live head"),
            Self::CompareVersions(from, to) => write!(f, "Comparing versions {from} and {to}"),
            Self::Export(format) => write!(f, "Exporting as {format}"),
            Self::ExportLabels(file) => write!(f, "Exporting to {file}"),
            Self::Publish(to) => write!(f, "Publishing to {to}"),
        }
    }
}

impl fmt::Display for JobSummary {
    /// In English, for commands and logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Imported { folder, report } => {
                write!(f, "{folder}: {} photos", report.files)?;
                for (count, what) in report.counts() {
                    write!(f, ", {count} {what}")?;
                }
                Ok(())
            }
            Self::Embedded { photos, .. } => write!(f, "{photos} photos looked at"),
            Self::Checked { group, labels } => write!(f, "{group}: {labels} labels held out"),
            Self::Frozen(version) => write!(f, "Version {version} was made"),
            Self::Activated(Some(version)) => write!(f, "Version {version} is in use"),
            Self::Activated(None) => f.write_str("The live head is in use"),
            Self::Exported(report) => write!(f, "{} written", report.out.display()),
            Self::Trained { run, version } => write!(f, "Run {run} became version {version}"),
            Self::Paused { run } => write!(f, "Run {run} is paused"),
            Self::ExportedLabels { file, report } => write!(f, "{file}: {}", report.written),
            Self::Published { version, to, outcome: Published::Already, .. } => {
                write!(f, "Version {version} was at {to} already; it and its check are left as they were")
            }
            Self::Published { version, to, .. } => write!(f, "Version {version} is at {to}"),
            Self::Quiet => Ok(()),
        }
    }
}

impl JobRow {
    /// Whether it is worth showing.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        // Reading the model and the day's backup are too short to be worth a line.
        !matches!(self.task, JobTask::OpenModel | JobTask::BackUp) || matches!(self.state, JobState::Failed(_))
    }
}

/// What is said of a panic: whatever ran into it, the person's work is safe.
pub(super) fn mistake(doing: impl Into<Doing>, try_next: &str) -> Failure {
    Failure {
        doing: doing.into(),
        because: "it ran into a mistake in Hangtag".into(),
        cause: Some(Box::new(Cause::Mistake)),
        path: None,
        try_next: Some(format!("Nothing that was saved is lost; {try_next}")),
    }
}

impl Jobs {
    pub fn start(
        &mut self,
        task: JobTask,
        outbox: &Outbox,
        work: impl FnOnce(&Progress) -> Result<JobSummary, Failure> + Send + 'static,
    ) {
        self.last_id += 1;
        let id = JobId(self.last_id);
        let progress = Progress::default();
        let kind = task.kind();
        let row = JobRow { id, task, progress: progress.clone(), state: JobState::Running };
        self.rows.insert(0, row);
        let outbox = outbox.clone();
        let thread = std::thread::Builder::new().name("job".into()).spawn(move || {
            // A mistake in one job must not take the window, and with it the person's work, along.
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&progress)));
            let state = match outcome {
                // To pause is what was asked for.
                Ok(Ok(summary @ JobSummary::Paused { .. })) => JobState::Done(summary),
                Ok(_) if progress.is_cancelled() => JobState::Cancelled,
                Ok(Ok(summary)) => JobState::Done(summary),
                Ok(Err(failure)) => JobState::Failed(failure),
                Err(_) => JobState::Failed(mistake(Doing::Job, "start it again, and report it if it recurs")),
            };
            match &state {
                JobState::Failed(failure) => tracing::info!("{kind}: {}", failure.for_log()),
                JobState::Cancelled => tracing::info!("{kind}: cancelled"),
                JobState::Done(JobSummary::Paused { .. }) => tracing::info!("{kind}: paused"),
                _ => tracing::info!("{kind}: done"),
            }
            outbox.send(Event::Job(id, state));
        });
        match thread {
            Ok(thread) => self.threads.push((id, thread)),
            Err(error) => self.end(id, JobState::Failed(Failure::new("starting a job", &error))),
        }
    }

    /// As [`Jobs::start`], for work of which one part must have ended before the next begins.
    pub fn start_in_turn(
        &mut self,
        task: JobTask,
        outbox: &Outbox,
        work: impl FnOnce(&Progress) -> Result<JobSummary, Failure> + Send + 'static,
    ) {
        let turn = self.turn.clone();
        self.start(task, outbox, move |progress| {
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            work(progress)
        });
    }

    /// Shows that something has failed that nobody waits for as long as it works.
    pub fn fail(&mut self, task: JobTask, failure: Failure) {
        self.last_id += 1;
        let state = JobState::Failed(failure);
        self.rows.insert(0, JobRow { id: JobId(self.last_id), task, progress: Progress::default(), state });
    }

    pub fn end(&mut self, id: JobId, state: JobState) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.id == id) {
            row.state = state;
        }
        if let Some(position) = self.threads.iter().position(|(thread, _)| *thread == id) {
            // The thread has sent its last word; joining it takes no time, and its panic was caught inside.
            let _ = self.threads.swap_remove(position).1.join();
        }
        let mut num_ended = 0;
        self.rows.retain(|row| {
            let is_running = row.state == JobState::Running;
            num_ended += usize::from(!is_running);
            is_running || (num_ended <= MAX_ENDED && row.is_visible())
        });
    }

    pub fn rows(&self) -> &[JobRow] {
        &self.rows
    }

    pub fn num_running(&self) -> usize {
        self.rows.iter().filter(|row| row.state == JobState::Running).count()
    }

    pub fn is_running(&self, task: &JobTask) -> bool {
        self.rows.iter().any(|row| row.task == *task && row.state == JobState::Running)
    }

    pub fn cancel_activations(&self) {
        let activations = self.rows.iter().filter(|row| matches!(row.task, JobTask::Activate(_)));
        activations.for_each(|row| row.progress.cancel());
    }

    pub fn cancel(&self, id: JobId) {
        self.rows.iter().filter(|row| row.id == id).for_each(|row| row.progress.cancel());
    }

    pub fn cancel_all(&self) {
        self.rows.iter().for_each(|row| row.progress.cancel());
    }

    pub fn join(&mut self) {
        for (_, thread) in self.threads.drain(..) {
            // Its panic was caught inside and told.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::task::Waker;

    use super::*;

    #[test]
    fn a_job_that_panics_ends_as_failed_with_a_sentence() {
        let (sender, inbox) = channel();
        let mut jobs = Jobs::default();
        jobs.start(JobTask::Embed, &Outbox::new(sender, Waker::noop().clone()), |_| panic!("index out of bounds"));
        let Ok(Event::Job(id, state)) = inbox.recv() else { panic!("it does not say how it ended") };
        jobs.end(id, state);
        let JobState::Failed(failure) = &jobs.rows()[0].state else { panic!("{:?}", jobs.rows()[0].state) };
        assert_eq!(failure.cause.as_deref(), Some(&Cause::Mistake));
        assert_eq!(
            failure.to_string(),
            "this job did not work: it ran into a mistake in Hangtag. Nothing that was saved is lost; start it again, and \
             report it if it recurs"
        );
        assert_eq!(jobs.num_running(), 0);
    }
}
