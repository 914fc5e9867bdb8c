//! What the commands share: opening a workspace, waiting with a progress bar, writing results.

use std::fmt::Display;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};

use crate::catalogue::backups;
use crate::export::place::NewFile;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::vision::ModelSource;
use crate::workspace::{JobState, JobTask, Opening, Places, Workspace};

static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Whether Ctrl-C was pressed since the first call, which arms it.
pub(super) fn is_interrupted() -> bool {
    static ARMED: OnceLock<()> = OnceLock::new();
    ARMED.get_or_init(|| {
        // Without a handler Ctrl-C ends the process at once, which loses no label either.
        if let Err(error) = ctrlc::set_handler(|| IS_INTERRUPTED.store(true, Ordering::Relaxed)) {
            tracing::debug!("Ctrl-C is not caught: {error}");
        }
    });
    IS_INTERRUPTED.load(Ordering::Relaxed)
}

/// Opens a catalogue, or a throw-away one; without a model, with the one that it remembers.
pub(super) fn open(
    catalogue: Option<&Path>,
    model: Option<ModelSource>,
    looks_at_photos: bool,
) -> anyhow::Result<Workspace> {
    open_by(Opening { model, looks_at_photos, ..Opening::quiet(catalogue, Places::of_user()?) })
}

fn open_by(opening: Opening) -> anyhow::Result<Workspace> {
    let mut workspace = Workspace::open(opening)?;
    if let Some(reason) = workspace.read_only_reason() {
        // A command may open it twice.
        static SAID: Once = Once::new();
        SAID.call_once(|| say(&format!("The catalogue is open for reading only: {reason}.")));
    }
    workspace.poll();
    Ok(workspace)
}

/// Opens a catalogue that must be there.
pub(super) fn open_existing(
    path: &Path,
    model: Option<ModelSource>,
    looks_at_photos: bool,
) -> anyhow::Result<Workspace> {
    must_exist(path)?;
    open(Some(path), model, looks_at_photos)
}

/// Opens a catalogue that must be there, for answers in f32 whatever was chosen for proposals.
pub(super) fn open_official(
    path: &Path,
    model: Option<ModelSource>,
    looks_at_photos: bool,
) -> anyhow::Result<Workspace> {
    must_exist(path)?;
    open_by(Opening { is_official: true, model, looks_at_photos, ..Opening::quiet(Some(path), Places::of_user()?) })
}

fn must_exist(path: &Path) -> anyhow::Result<()> {
    anyhow::ensure!(
        path.exists() || !backups(path).is_empty(),
        "there is no catalogue at {}: `hangtag import FOLDER --catalogue FILE` makes one",
        path.display()
    );
    Ok(())
}

/// Waits for all jobs with a bar on a terminal. Returns false if Ctrl-C was pressed; what was done until then is kept.
/// A backup that could not be made is said, and holds up nothing.
///
/// # Errors
/// The first job that failed, and a model that could not be opened.
pub(super) fn wait(workspace: &mut Workspace) -> anyhow::Result<bool> {
    let bar = bar();
    workspace.wait(&mut |workspace| {
        let running = workspace.jobs().iter().find(|job| job.state == JobState::Running && job.is_visible());
        if let Some(job) = running {
            bar.set_message(job.task.to_string());
            follow(&bar, &job.progress);
        }
        !is_interrupted()
    });
    bar.finish_and_clear();
    if is_interrupted() {
        return Ok(false);
    }
    check_jobs(workspace)?;
    Ok(true)
}

/// Whether every job went well.
///
/// # Errors
/// The first job that failed, and a model that could not be opened.
pub(super) fn check_jobs(workspace: &Workspace) -> anyhow::Result<()> {
    for (task, failure) in failures(workspace) {
        if *task != JobTask::BackUp {
            return Err(failure.clone().into());
        }
        say(&failure.to_string());
    }
    match workspace.model_failure() {
        Some(failure) => Err(failure.clone().into()),
        None => Ok(()),
    }
}

fn failures(workspace: &Workspace) -> impl Iterator<Item = (&JobTask, &Failure)> {
    workspace.jobs().iter().filter_map(|job| match &job.state {
        JobState::Failed(failure) => Some((&job.task, failure)),
        JobState::Running | JobState::Done(_) | JobState::Cancelled => None,
    })
}

/// Says what was passed over and why, and gives its number.
pub(super) fn tell<T: Display>(faults: impl IntoIterator<Item = T>) -> usize {
    faults.into_iter().inspect(|fault| say(&fault.to_string())).count()
}

/// A bar on a terminal, nothing where stderr is piped.
pub(super) fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::no_length().with_style(style)
}

/// Shows where a task is.
pub(super) fn follow(bar: &ProgressBar, progress: &Progress) {
    let snapshot = progress.snapshot();
    bar.set_length(snapshot.total);
    bar.set_position(snapshot.done);
}

/// Writes the whole result to `out`, or to stdout. A file appears whole or not at all.
pub(super) fn write_to(
    out: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Some(path) = out else {
        let mut stdout = BufWriter::new(io::stdout().lock());
        write(&mut stdout)?;
        return Ok(stdout.flush()?);
    };
    let mut file = NewFile::create(path)?;
    write(&mut file).with_context(|| format!("writing {}", path.display()))?;
    Ok(file.keep()?)
}

/// Prints a line to stdout. A reader that has heard enough is an error like another, which [`is_broken_pipe`] forgives.
///
/// # Errors
/// Where stdout cannot be written.
pub(super) fn print(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout().lock(), "{line}")?)
}

/// Says a line on stderr, if somebody reads it: what was done is done without a reader too.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Whether an error is only that nobody reads our output any more.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let is_pipe = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        cause.downcast_ref::<io::Error>().is_some_and(is_pipe)
            || cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind)
                == Some(io::ErrorKind::BrokenPipe)
            || matches!(cause.downcast_ref::<csv::Error>().map(csv::Error::kind), Some(csv::ErrorKind::Io(error)) if is_pipe(error))
    })
}
