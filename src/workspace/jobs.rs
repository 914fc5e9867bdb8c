//! Long work on threads of its own, as rows that a person can read and cancel.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use super::event::{Event, Outbox};
use crate::catalogue::{ImageId, ImportReport};
use crate::export;
use crate::failure::Failure;
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
    OpenModel,
    /// Holds out labels of the group of this name, to see how often its head is right.
    CheckAutoTag(String),
    /// Writes the model in the format of this name.
    Export(String),
    /// Makes a version of what was learnt.
    Freeze,
    /// Gets the version of this number, or the live head alone, ready to be used.
    Activate(Option<i64>),
    /// Finds the photos that two versions see differently.
    CompareVersions(i64, i64),
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
    Exported(export::Report),
    /// There is a version of this number now.
    Frozen(i64),
    /// The version of this number, or the live head alone, is in use now.
    Activated(Option<i64>),
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
}

impl fmt::Display for JobTask {
    /// In English, for commands and logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Import(folder) => write!(f, "Reading {folder}"),
            Self::Embed => f.write_str("Looking at photos"),
            Self::OpenModel => f.write_str("Opening the model"),
            Self::CheckAutoTag(group) => write!(f, "Checking {group}"),
            Self::Export(format) => write!(f, "Exporting as {format}"),
            Self::Freeze => f.write_str("Making a version"),
            Self::Activate(Some(version)) => write!(f, "Getting version {version} ready"),
            Self::Activate(None) => f.write_str("Going back to the live head"),
            Self::CompareVersions(from, to) => write!(f, "Comparing versions {from} and {to}"),
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
            Self::Exported(report) => write!(f, "{} written", report.out.display()),
            Self::Frozen(version) => write!(f, "Version {version} was made"),
            Self::Activated(Some(version)) => write!(f, "Version {version} is in use"),
            Self::Activated(None) => f.write_str("The live head is in use"),
            Self::Quiet => Ok(()),
        }
    }
}

impl JobRow {
    /// Whether it is worth showing.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        // Reading the model is too short to be worth a line.
        self.task != JobTask::OpenModel || matches!(self.state, JobState::Failed(_))
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
        let row = JobRow { id, task, progress: progress.clone(), state: JobState::Running };
        self.rows.insert(0, row);
        let outbox = outbox.clone();
        let thread = std::thread::Builder::new().name("job".into()).spawn(move || {
            // A mistake in one job must not take the window, and with it the person's work, along.
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&progress)));
            let state = match outcome {
                Ok(_) if progress.is_cancelled() => JobState::Cancelled,
                Ok(Ok(summary)) => JobState::Done(summary),
                Ok(Err(failure)) => JobState::Failed(failure),
                Err(_) => JobState::Failed(Failure {
                    doing: "this job".into(),
                    because: "it ran into a mistake in Hangtag".into(),
                    path: None,
                    try_next: Some("Nothing that was saved is lost; start it again, and report it if it recurs".into()),
                }),
            };
            outbox.send(Event::Job(id, state));
        });
        match thread {
            Ok(thread) => self.threads.push((id, thread)),
            Err(error) => self.end(id, JobState::Failed(Failure::new("starting a job", &error))),
        }
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
