//! A run's folder: what it learns from, what each epoch brought, its checkpoint, and the machine that it ran on.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::{Workspace, cpu};
use super::plan::Plan;
use super::{TrainingOutcome, checkpoint};
use crate::catalogue::{CHECKPOINT, OUTCOME, RunRow};
use crate::failure::Failure;
use crate::imaging;
use crate::learn::train::State;
use crate::vision::PrecisionChoice;
use crate::whole_file::{self, remove_if_there};

/// What an epoch brought, as it is written down and printed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochFigures {
    /// From 1.
    pub epoch: usize,
    pub train_loss: f64,
    pub validation_loss: f64,
    pub accuracy: f64,
    pub macro_f1: f64,
    /// Of training, without judging; where a run was cut off within the epoch, of what was still to be done then.
    pub seconds: f64,
    /// From the start, the cache included, without judging.
    pub total_seconds: f64,
    pub images_per_second: f64,
    pub peak_rss_mb: Option<f64>,
    /// Steps that were skipped, since gradients left the range of f16.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped_steps: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The folder of one run.
pub(super) struct RunFolder {
    path: PathBuf,
    epochs: Vec<EpochFigures>,
    seconds_before: f64,
}

/// What a run ran on; what the program that wrote it down did not say yet is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunMachine {
    /// The version of the program.
    pub hangtag: String,
    pub cpu: String,
    pub threads: usize,
    /// `cpu`, `cuda` or `metal`.
    pub device: String,
    /// What the matrix products read.
    pub precision: String,
}

const DOING: &str = "keeping the run";

const PLAN: &str = "plan.json";

const EPOCHS: &str = "epochs.jsonl";

const MACHINE: &str = "machine.json";

impl RunFolder {
    /// Makes the folder, with the plan in it. A catalogue that was restored may have forgotten a run of this number that
    /// never came to a checkpoint; what it left is none of this one's.
    pub fn create(path: &Path, plan: &Plan) -> Result<Self, Failure> {
        fs::create_dir_all(path)
            .and_then(|()| check_no_links(path))
            .and_then(|()| [EPOCHS, CHECKPOINT, MACHINE].iter().try_for_each(|name| remove_if_there(&path.join(name))))
            .and_then(|()| write_json(&path.join(PLAN), plan))
            .map_err(|error| Failure::new(DOING, &error).at(path))?;
        Ok(Self { path: path.to_owned(), epochs: Vec::new(), seconds_before: 0.0 })
    }

    /// The folder of an earlier run, and its plan.
    pub fn open(path: &Path) -> Result<(Self, Plan), Failure> {
        let failed = |error: &dyn std::error::Error, name: &str| {
            Failure::new("reading the run", error).at(&path.join(name)).try_next("Start a new run")
        };
        check_no_links(path).map_err(|error| failed(&error, PLAN))?;
        let plan = imaging::read(&path.join(PLAN)).map_err(|error| failed(&error, PLAN))?;
        let plan = serde_json::from_slice(&plan).map_err(|error| failed(&error, PLAN))?;
        let written = match epochs_in(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(|error| failed(&error, EPOCHS))?,
        };
        let how_far = checkpoint::how_far(&path.join(CHECKPOINT));
        let (num_kept, seconds) = how_far.map_err(|error| failed(&error, CHECKPOINT))?;
        // Epochs that were written down after the last checkpoint are made again.
        let epochs: Vec<EpochFigures> = written.into_iter().take(num_kept).collect();
        let seconds_before = seconds.or_else(|| Some(epochs.last()?.total_seconds)).unwrap_or_default();
        let folder = Self { path: path.to_owned(), epochs, seconds_before };
        folder.write_epochs().map_err(|error| failed(&error, EPOCHS))?;
        Ok((folder, plan))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn epochs(&self) -> &[EpochFigures] {
        &self.epochs
    }

    /// Seconds that the run took to the checkpoint that it goes on from.
    pub fn seconds_before(&self) -> f64 {
        self.seconds_before
    }

    /// Where the run stood when it was cut off, if it had come that far.
    pub fn checkpoint(&self) -> Result<Option<State>, Failure> {
        let path = self.checkpoint_path();
        checkpoint::read(&path)
            .map_err(|error| Failure::new("reading the checkpoint", &error).at(&path).try_next("Start a new run"))
    }

    /// Writes down what it runs on: the device, and what the matrix products read.
    pub fn keep_machine(&self, device: &str, precision: &str) -> io::Result<()> {
        let machine = RunMachine {
            hangtag: env!("CARGO_PKG_VERSION").to_owned(),
            cpu: cpu(),
            threads: rayon::current_num_threads(),
            device: device.to_owned(),
            precision: precision.to_owned(),
        };
        write_json(&self.path.join(MACHINE), &machine)
    }

    /// What the matrix products read so far; nothing where the run never came to them.
    pub fn precision(&self) -> Option<PrecisionChoice> {
        machine_in(&self.path)?.precision.parse().ok()
    }

    /// Keeps a checkpoint in place of the one before, with the seconds that the run took to it.
    pub fn keep(&self, state: &State, seconds: f64) -> io::Result<()> {
        checkpoint::write(state, seconds, &self.checkpoint_path())
    }

    /// Writes an epoch down.
    pub fn add(&mut self, epoch: EpochFigures) -> io::Result<()> {
        let mut line = serde_json::to_vec(&epoch)?;
        line.push(b'\n');
        let mut file = OpenOptions::new().create(true).append(true).open(self.path.join(EPOCHS))?;
        file.write_all(&line)?;
        file.sync_all()?;
        self.epochs.push(epoch);
        Ok(())
    }

    /// Writes down what came of it.
    pub fn keep_outcome(&self, outcome: &TrainingOutcome) -> io::Result<()> {
        write_json(&self.path.join(OUTCOME), outcome)
    }

    fn write_epochs(&self) -> io::Result<()> {
        let lines: io::Result<Vec<String>> =
            self.epochs.iter().map(|epoch| Ok(serde_json::to_string(epoch)? + "\n")).collect();
        whole_file::write(&self.path.join(EPOCHS), lines?.concat().as_bytes())
    }

    fn checkpoint_path(&self) -> PathBuf {
        self.path.join(CHECKPOINT)
    }
}

impl Workspace {
    /// What each epoch of a run brought, as far as that was written down.
    #[must_use]
    pub fn run_epochs(&self, run: &RunRow) -> Vec<EpochFigures> {
        let folder = self.data_folder().join(&run.folder);
        folder.ok().and_then(|folder| epochs_in(&folder).ok()).unwrap_or_default()
    }

    /// What a run ran on; none where it never came to that.
    #[must_use]
    pub fn run_machine(&self, run: &RunRow) -> Option<RunMachine> {
        machine_in(&self.data_folder().join(&run.folder).ok()?)
    }
}

/// The epochs of a run up to one whose line was cut short.
fn epochs_in(folder: &Path) -> io::Result<Vec<EpochFigures>> {
    let bytes = imaging::read(&folder.join(EPOCHS))?;
    Ok(bytes.split(|&byte| byte == b'\n').map_while(|line| serde_json::from_slice(line).ok()).collect())
}

fn machine_in(folder: &Path) -> Option<RunMachine> {
    serde_json::from_slice(&imaging::read(&folder.join(MACHINE)).ok()?).ok()
}

/// The plan of a run; none where that cannot be read, and it cannot go on.
pub(super) fn plan_in(folder: &Path) -> Option<Plan> {
    serde_json::from_slice(&imaging::read(&folder.join(PLAN)).ok()?).ok()
}

/// A run makes no links: one in its folder is a stranger's, and what is written under its name would go elsewhere.
fn check_no_links(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_symlink() {
            let link = entry.path();
            return Err(io::Error::other(format!("{} is a link, which no run makes; remove it", link.display())));
        }
    }
    Ok(())
}

fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    whole_file::write(path, &serde_json::to_vec_pretty(value)?)
}

#[cfg(test)]
mod tests {
    use super::super::TrainSettings;
    use super::*;

    #[test]
    fn what_was_spent_within_an_epoch_counts_when_a_run_goes_on() {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let plan = Plan {
            settings: TrainSettings::default(),
            model: "starter".into(),
            groups: Vec::new(),
            num_views: 1,
            training: Vec::new(),
            held_out: Vec::new(),
            test: Vec::new(),
            taught_by: None,
        };
        let mut run = RunFolder::create(folder.path(), &plan).expect("there is room");
        run.add(EpochFigures { epoch: 1, total_seconds: 10.0, ..EpochFigures::default() }).expect("there is room");
        run.keep(&State { epoch: 1, ..State::default() }, 12.5).expect("there is room");
        let (run, _) = RunFolder::open(folder.path()).expect("it was kept");
        assert_eq!((run.epochs().len(), run.seconds_before()), (1, 12.5));
    }
}
