//! Copies of the catalogue, made once a day behind everything else; how damage is found there, and what to do about it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::jobs::{JobState, JobSummary, JobTask, mistake};
use super::{Opening, Workspace};
use crate::catalogue::{self, Backup, CatalogueError, Repair};
use crate::failure::{Cause, Doing, Failure};
use crate::progress::Progress;

/// How often a window that stays open looks whether another day has begun.
const LOOKS_EVERY: Duration = Duration::from_mins(30);

/// How long a window waits for another program that writes the catalogue: one that is being closed ends its work first.
const PATIENCE: Duration = Duration::from_secs(3);

/// What to do with a catalogue before it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mending {
    /// Save what can be read, and fill up from the newest backup.
    Repair,
    /// Go back to the backup of this number, or to the newest.
    Restore(Option<u64>),
}

/// A damaged catalogue that can be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    pub catalogue: PathBuf,
    /// Whether nothing of its file is left that could be repaired.
    pub is_gone: bool,
    /// What it could go back to.
    pub newest: Option<Backup>,
}

/// Why a catalogue was not opened.
#[derive(Clone, Debug)]
pub struct NotOpened {
    pub failure: Failure,
    /// The catalogue, where it is damaged.
    pub damaged: Option<Damaged>,
}

/// When a backup was looked for last, and whether closing breaks one off.
pub(super) struct BackupWatch {
    is_of_window: bool,
    looked_at: Instant,
}

/// Labels and tags of a backup; none where it cannot be read.
type Counts = Option<(usize, usize)>;

/// What backups hold, each as soon as it is counted.
pub struct BackupCounts(Arc<[OnceLock<Counts>]>);

impl BackupCounts {
    /// Counts in the background.
    #[must_use]
    pub fn count(backups: Vec<Backup>) -> Self {
        let counts: Arc<[_]> = backups.iter().map(|_| OnceLock::new()).collect();
        let counted = Arc::clone(&counts);
        let spawned = std::thread::Builder::new().name("backup counts".into()).spawn(move || {
            for (place, backup) in counted.iter().zip(&backups) {
                // Nobody else sets it.
                let _ = place.set(backup.counts().ok());
            }
        });
        if let Err(error) = spawned {
            tracing::debug!("the backups are not counted: {error}");
        }
        Self(counts)
    }

    /// Labels and tags of one, by its place in the list; none where they are not counted yet, or it cannot be read.
    #[must_use]
    pub fn of(&self, place: usize) -> Counts {
        self.0.get(place)?.get().copied().flatten()
    }

    /// Whether some are still to be counted.
    #[must_use]
    pub fn is_counting(&self) -> bool {
        self.0.iter().any(|count| count.get().is_none())
    }
}

impl BackupWatch {
    pub fn new(is_of_window: bool) -> Self {
        Self { is_of_window, looked_at: Instant::now() }
    }
}

impl Damaged {
    fn new(catalogue: &Path) -> Self {
        let newest = catalogue::backups(catalogue).into_iter().rfind(Backup::is_recognised);
        Self { catalogue: catalogue.to_owned(), is_gone: catalogue::is_emptied(catalogue), newest }
    }
}

/// What is wrong with a catalogue file: nothing where the list is empty.
///
/// # Errors
/// Where it cannot be looked at.
pub fn check(path: &Path) -> Result<Vec<String>, Failure> {
    catalogue::check(path).map_err(|error| Failure::new("checking the catalogue", &error).at(path))
}

/// Repairs a damaged catalogue, or gives `None` where nothing is wrong with it.
///
/// # Errors
/// Where it is open elsewhere, nothing can be saved, or the disk fails; the file is as it was then.
pub fn repair(path: &Path) -> Result<Option<Repair>, Failure> {
    catalogue::repair(path).map_err(|error| Failure::new("repairing the catalogue", &error).at(path))
}

/// Goes back to a backup, by its number, or to the newest that this Hangtag can read, and gives it with where the file
/// before was put.
///
/// # Errors
/// Where it is open elsewhere, there is no such backup, or the disk fails; the file is as it was then.
pub fn restore(path: &Path, number: Option<u64>) -> Result<(Backup, Option<PathBuf>), Failure> {
    catalogue::restore(path, number).map_err(|error| Failure::new("going back to a backup", &error).at(path))
}

/// What to do where no backup could be made.
fn advice(error: &CatalogueError) -> &'static str {
    match error {
        // How to repair it is said already.
        CatalogueError::Damaged(_) => {
            "The backups before are kept; \"Restore a backup…\" in the window goes back to one"
        }
        _ => "Work goes on and is saved; make room on its disk, or let it be written, and the next start tries again",
    }
}

impl Workspace {
    /// The backups of this catalogue, newest first.
    #[must_use]
    pub fn backups(&self) -> Vec<Backup> {
        let mut backups = catalogue::backups(self.catalogue.path());
        backups.reverse();
        backups
    }

    /// Whether a job found the catalogue to be damaged, be it where no answer reads.
    #[must_use]
    pub fn has_found_damage(&self) -> bool {
        let is_damage = |failure: &Failure| failure.cause.as_deref() == Some(&Cause::DamagedCatalogue);
        self.jobs.rows().iter().any(|job| matches!(&job.state, JobState::Failed(failure) if is_damage(failure)))
    }

    /// What a repair has saved that was asked for when the catalogue was opened.
    #[must_use]
    pub fn repaired(&self) -> Option<&Repair> {
        self.repaired.as_ref()
    }

    /// What could be mended if the catalogue is damaged: nothing of one that is thrown away, or that another program
    /// writes.
    #[must_use]
    pub fn as_damaged(&self) -> Option<Damaged> {
        self.path().filter(|_| self.read_only_reason().is_none()).map(Damaged::new)
    }

    /// Starts the day's backup in the background, if this program may write and keeps the catalogue. With
    /// `looks_for_damage` the catalogue is looked through also where no backup is due.
    pub(super) fn start_backup(&mut self, looks_for_damage: bool) {
        self.backup_watch.looked_at = Instant::now();
        if self.read_only_reason().is_some() || self.scratch.is_some() || self.jobs.is_running(&JobTask::BackUp) {
            return;
        }
        let catalogue = self.catalogue.reopen();
        let is_of_window = self.backup_watch.is_of_window;
        self.jobs.start(JobTask::BackUp, &self.outbox, move |progress| {
            // Closing a window breaks it off, and the next opening makes it. A command waits for it: one after the
            // other would be over before.
            let to_its_end = Progress::default();
            let progress = if is_of_window { progress } else { &to_its_end };
            let backed_up = catalogue.and_then(|mut catalogue| {
                // What is copied is looked through before.
                if catalogue.back_up_daily(progress)?.is_none() && looks_for_damage {
                    catalogue.look_for_damage(progress)?;
                }
                Ok(())
            });
            backed_up.map_err(|error| Failure::new("backing up the catalogue", &error).try_next(advice(&error)))?;
            Ok(JobSummary::Quiet)
        });
    }

    /// In a window that stays open for days, another day's backup.
    pub(super) fn start_backup_if_due(&mut self) {
        if self.backup_watch.looked_at.elapsed() > LOOKS_EVERY {
            self.start_backup(false);
        }
    }

    /// Opens as [`Workspace::open`] does, on another thread, after mending the catalogue where that was asked for; the waker
    /// is woken when it is done. A catalogue that another program writes is waited for a while.
    #[must_use]
    pub fn open_in_background(opening: Opening, mending: Option<Mending>) -> Receiver<Result<Self, NotOpened>> {
        let (sender, receiver) = channel();
        let waker = opening.waker.clone();
        let spawned = std::thread::Builder::new().name("opening".into()).spawn(move || {
            let path = opening.catalogue.clone();
            let open = || -> Result<Self, Failure> {
                if let Some(path) = &path {
                    catalogue::wait_for_writer(path, PATIENCE);
                }
                let repaired = match (&path, mending) {
                    (Some(path), Some(Mending::Repair)) => repair(path)?,
                    (Some(path), Some(Mending::Restore(number))) => restore(path, number).map(|_| None)?,
                    _ => None,
                };
                let mut workspace = Self::open(opening)?;
                workspace.repaired = repaired;
                Ok(workspace)
            };
            // Whoever waits is to hear of a mistake, too.
            let opened = catch_unwind(AssertUnwindSafe(open))
                .unwrap_or_else(|_| Err(mistake(Doing::OpeningCatalogue, "open it again, and report it if it recurs")));
            let opened = opened.map_err(|failure| {
                // What could not be mended is not offered again, nor is a file of another kind.
                let may_be_mended = mending.is_none() && failure.cause.as_deref() != Some(&Cause::NotACatalogue);
                let is_damaged = |path: &PathBuf| check(path).is_ok_and(|faults| !faults.is_empty());
                let damaged = path.filter(|path| may_be_mended && is_damaged(path));
                NotOpened { failure, damaged: damaged.map(|path| Damaged::new(&path)) }
            });
            // Nobody waits any more if the window was closed meanwhile.
            let _ = sender.send(opened);
            waker.wake();
        });
        if let Err(error) = spawned {
            tracing::error!("no thread to open a catalogue: {error}");
        }
        receiver
    }
}
