//! The command `hangtag train`: fine-tunes the network's last layers on a catalogue's labels.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::output::{
    bar, check_jobs, follow, is_broken_pipe, is_interrupted, open, open_official, print, say, tell, wait,
};
use super::{Ending, Outcome};
use crate::vision::{DeviceChoice, PrecisionChoice, Unfreeze};
use crate::workspace::{
    Activate, EpochFigures, JobState, JobTask, LabelsFrom, OfVersion, Stop, TrainSettings, TrainingOutcome, Workspace,
};

/// Bytes of memory that are worth a word.
const MUCH_MEMORY: u64 = 500_000_000;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// The tag group; all that have labels enough if none is named
    #[arg(long)]
    group: Option<String>,
    /// What is trained beside the tags' own layer: nothing, the last one or two stages, or everything
    #[arg(long, value_name = "head|layer4|layer3|all", value_parser = parse_unfreeze)]
    unfreeze: Option<Unfreeze>,
    #[arg(long)]
    epochs: Option<usize>,
    /// What the matrix products read: unless another is named, bf16 on a graphics card and on a processor that multiplies
    /// it, else f32
    #[arg(long, value_name = "auto|f32|bf16|f16")]
    precision: Option<PrecisionChoice>,
    /// Where it is trained: on a graphics card where this build and this computer have one, else on the processor
    #[arg(long, value_name = "auto|cpu|cuda[:N]|metal")]
    device: Option<DeviceChoice>,
    /// The same seed, photos and labels give the same model on the same machine
    #[arg(long)]
    seed: Option<u64>,
    /// Gigabytes of disk that views of the photos may take (default: 6.4)
    #[arg(long, value_name = "GB")]
    cache_gb: Option<f64>,
    /// Go on with a run that was cut off
    #[arg(long, value_name = "RUN", conflicts_with_all = ["group", "unfreeze", "epochs", "precision", "device", "seed", "cache_gb", "validation", "activate"])]
    resume: Option<i64>,
    /// Judge by the photos of this folder, which are not added to the catalogue, and learn from all that are in it
    #[arg(long, value_name = "FOLDER", requires = "labels_from")]
    validation: Option<PathBuf>,
    /// Where the truth of those photos is
    #[arg(long, value_name = "folders|last-folder|FILE.csv", requires = "validation")]
    labels_from: Option<LabelsFrom>,
    /// Put the new version to use: if it is better than the live head, always, or never
    #[arg(long, value_name = "auto|always|never", value_parser = parse_activate)]
    activate: Option<Activate>,
    /// A line of JSON an epoch
    #[arg(long)]
    json: bool,
}

/// The last line of `--json`.
#[derive(Serialize)]
struct LastLine<'a> {
    #[serde(flatten)]
    best: &'a EpochFigures,
    version: i64,
    activated: bool,
}

pub(super) fn parse_unfreeze(text: &str) -> Result<Unfreeze, String> {
    match text {
        "head" => Ok(Unfreeze::Head),
        "layer4" => Ok(Unfreeze::Layer4),
        "layer3" => Ok(Unfreeze::Layer3),
        "all" => Ok(Unfreeze::All),
        _ => Err("use head, layer4, layer3 or all".into()),
    }
}

fn parse_activate(text: &str) -> Result<Activate, String> {
    match text {
        "auto" => Ok(Activate::Auto),
        "always" => Ok(Activate::Always),
        "never" => Ok(Activate::Never),
        _ => Err("use auto, always or never".into()),
    }
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let mut workspace = open_official(&arguments.catalogue, None, true)?;
    if !wait(&mut workspace)? {
        return Ok(Ending::Cancelled);
    }
    let mut num_faults = 0;
    if let Some(run) = arguments.resume {
        workspace.resume_training(run)?;
    } else {
        let settings = settings(arguments, &workspace)?;
        tell_memory(&settings, &workspace);
        match arguments.validation.as_deref().zip(arguments.labels_from.as_ref()) {
            None => workspace.start_training(settings, None)?,
            Some((folder, truth)) => {
                let mut photos = open(None, Some(workspace.model_source().clone()), false)?;
                photos.start_import(folder);
                if !wait(&mut photos)? {
                    return Ok(Ending::Cancelled);
                }
                num_faults = tell(&photos.faults_of(truth)?);
                workspace.start_training(settings, Some((&photos, truth)))?;
            }
        }
    }
    let is_resumed = arguments.resume.is_some();
    let is_stopped = !watch(&mut workspace, arguments.json, is_resumed)?;
    if is_stopped {
        // At its next step it keeps a checkpoint, unless it is past its last one.
        workspace.wait(&mut |workspace| workspace.is_training());
    }
    check_jobs(&workspace)?;
    let training = workspace.training();
    let Some(outcome) = training.and_then(|training| training.outcome.as_ref()) else {
        anyhow::ensure!(is_stopped, "the training ended before it came to anything");
        let run = training.map_or(0, |training| training.run);
        say(&format!("Paused; `hangtag train --resume {run}` goes on from here."));
        return Ok(Ending::Cancelled);
    };
    let is_in_use = workspace.version_in_use() == Some(outcome.version);
    print_outcome(outcome, is_in_use, arguments.json)?;
    let made = workspace.versions().iter().find(|version| version.number == outcome.version);
    for group in made.iter().flat_map(|version| &version.record.groups).filter(|group| group.measured.is_none()) {
        say(&format!("What was learnt of `{}` is not measured: no photo that was held out judges it.", group.name));
    }
    Ok(Ending::after(num_faults))
}

fn settings(arguments: &Arguments, workspace: &Workspace) -> anyhow::Result<TrainSettings> {
    let mut settings = TrainSettings::default();
    if let Some(name) = &arguments.group {
        let group = workspace.vocabulary().group_named(name);
        settings.group = Some(group.ok_or_else(|| anyhow::anyhow!("the catalogue has no group `{name}`"))?.id);
    }
    settings.on.device = arguments.device.unwrap_or_default();
    settings.on.precision = arguments.precision.unwrap_or_default();
    // What cannot be used is said before the run begins.
    settings.on.open()?;
    settings.unfreeze = arguments.unfreeze.unwrap_or(settings.unfreeze);
    settings.activate = arguments.activate.unwrap_or(settings.activate);
    settings.recipe.epochs = arguments.epochs.unwrap_or(settings.recipe.epochs);
    settings.recipe.seed = arguments.seed.unwrap_or(settings.recipe.seed);
    if let Some(gigabytes) = arguments.cache_gb {
        settings.cache_bytes = (gigabytes * 1e9) as u64;
    }
    Ok(settings)
}

/// Says how much memory it takes, where that is much.
fn tell_memory(settings: &TrainSettings, workspace: &Workspace) {
    let Some(model) = workspace.model() else { return };
    let bytes = settings.unfreeze.memory_bytes(model.backbone.spec(), settings.recipe.batch);
    if bytes >= MUCH_MEMORY {
        say(&format!("Training takes about {:.1} GB of memory.", bytes as f64 / 1e9));
    }
}

/// Prints each epoch as it ends; false if Ctrl-C was pressed or nobody reads any more, which pauses the run.
fn watch(workspace: &mut Workspace, is_json: bool, is_resumed: bool) -> anyhow::Result<bool> {
    let bar = bar();
    let mut num_printed = if is_resumed { workspace.training().map_or(0, |training| training.epochs.len()) } else { 0 };
    let mut printed = if is_json {
        Ok(())
    } else {
        print("epoch  train loss  validation loss  accuracy  macro F1  seconds  images/s")
    };
    workspace.wait(&mut |workspace| {
        let epochs = workspace.training().map_or(&[][..], |training| &training.epochs);
        for epoch in &epochs[num_printed..] {
            let line = bar.suspend(|| print_epoch(epoch, is_json));
            if printed.is_ok() {
                printed = line;
            }
        }
        num_printed = epochs.len();
        let running = |job: &&crate::workspace::JobRow| job.state == JobState::Running && job.is_visible();
        if let Some(job) = workspace.jobs().iter().find(running) {
            let message = match (&job.task, epochs.len()) {
                (JobTask::Train, 0) => "Preparing photos".to_owned(),
                _ => job.task.to_string(),
            };
            bar.set_message(message);
            follow(&bar, &job.progress);
        }
        let goes_on = printed.is_ok() && !is_interrupted();
        if !goes_on {
            workspace.stop_training(Stop::Pause);
        }
        goes_on
    });
    bar.finish_and_clear();
    match printed {
        Err(error) if is_broken_pipe(&error) => Ok(false),
        printed => printed.map(|()| !is_interrupted()),
    }
}

fn print_epoch(figures: &EpochFigures, is_json: bool) -> anyhow::Result<()> {
    if is_json {
        return print(&serde_json::to_string(figures)?);
    }
    let EpochFigures { epoch, train_loss, validation_loss, accuracy, macro_f1, seconds, .. } = figures;
    let EpochFigures { images_per_second, skipped_steps, .. } = figures;
    let (accuracy, macro_f1) = (100.0 * accuracy, 100.0 * macro_f1);
    print(&format!(
        "{epoch:>5} {train_loss:>11.4} {validation_loss:>16.4} {accuracy:>7.1} % {macro_f1:>7.1} % {seconds:>8.1} \
         {images_per_second:>9.1}"
    ))?;
    if *skipped_steps > 0 {
        say(&format!("{skipped_steps} steps were skipped, since gradients left the range of f16."));
    }
    Ok(())
}

fn print_outcome(outcome: &TrainingOutcome, is_in_use: bool, is_json: bool) -> anyhow::Result<()> {
    if is_json {
        let line = LastLine { best: &outcome.best, version: outcome.version, activated: is_in_use };
        return print(&serde_json::to_string(&line)?);
    }
    let TrainingOutcome { ended, best, version, accuracy, macro_f1, live_accuracy, live_macro_f1, .. } = outcome;
    let why = ended.map_or_else(String::new, |ending| format!(": {ending}"));
    print(&format!("\nThe training is over{why}. Epoch {} was the best and is version {version}.", best.epoch))?;
    print(if outcome.chose_best {
        "On photos that nothing was learnt from, by which the best epoch was chosen too:"
    } else {
        "On photos that nothing was learnt from:"
    })?;
    let shares = |accuracy: f64, macro_f1: f64| {
        format!("accuracy {:.1} %, macro F1 {:.1} %", 100.0 * accuracy, 100.0 * macro_f1)
    };
    print(&format!("  version {version:<4} {}", shares(*accuracy, *macro_f1)))?;
    print(&format!("  live head    {}", shares(*live_accuracy, *live_macro_f1)))?;
    if let Some(OfVersion { version, accuracy, macro_f1 }) = outcome.refitted {
        print(&format!("  live head    {}, once version {version} is in use", shares(accuracy, macro_f1)))?;
    }
    if let Some(OfVersion { version, accuracy, macro_f1 }) = outcome.beside_in_use {
        print("On those of them that the version in use has not learnt from either:")?;
        print(&format!("  version {version:<4} {}", shares(accuracy, macro_f1)))?;
    }
    if let Some(OfVersion { version, accuracy, macro_f1 }) = outcome.in_use {
        print(&format!("  version {version:<4} {}, in use before", shares(accuracy, macro_f1)))?;
    }
    if let Some(version) = outcome.not_compared {
        print(&format!(
            "Version {version}, in use before, could not be compared: it has learnt from all photos that could judge \
             it, or does not know all groups."
        ))?;
    }
    print(&match (is_in_use, outcome.is_better) {
        (true, _) => format!("Version {version} is in use."),
        (false, true) => format!("Version {version} is not in use: `hangtag versions use {version}` puts it to use."),
        (false, false) => "It is not better than what was in use, which stays.".to_owned(),
    })
}
