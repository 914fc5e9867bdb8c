//! What each part of the training recipe brings: trained by the defaults, and with one thing changed at a time,
//! `cargo bench --bench recipe -- TRAINING VALIDATION [SEEDS]`. In both folders the last folder of a photo is its tag.

#![expect(clippy::print_stdout, reason = "what it finds is all that it is for")]

use std::path::Path;

use anyhow::{Context, Result};
use hangtag::learn::train::Settings;
use hangtag::workspace::{Activate, JobState, LabelsFrom, Opening, Places, TrainSettings, TrainingOutcome, Workspace};

/// Trainings of each recipe, unless another number is asked for: one alone may be a point better or worse by chance.
const SEEDS: u64 = 3;

type Change = fn(&mut Settings);

const RECIPES: [(&str, Change); 10] = [
    ("the recipe", |_| ()),
    ("no averaging of weights", |recipe| recipe.averaging = 0.0),
    ("no label smoothing", |recipe| recipe.label_smoothing = 0.0),
    ("rare tags as rare as they are", |recipe| recipe.rare_below = 0.0),
    ("no weight decay", |recipe| recipe.weight_decay = 0.0),
    ("no warm-up", |recipe| recipe.warm_up = 0.0),
    ("2e-3 for heads", |recipe| recipe.head_rate = 2e-3),
    ("5e-4 for the stage", |recipe| recipe.body_rate = 5e-4),
    ("mixup of 0.2", |recipe| recipe.mixup = 0.2),
    ("half as many epochs", |recipe| recipe.epochs /= 2),
];

fn main() -> Result<()> {
    // What cargo adds begins with a dash.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let [training, validation, seeds @ ..] = arguments.as_slice() else {
        println!("cargo bench --bench recipe -- TRAINING VALIDATION [SEEDS]");
        return Ok(());
    };
    let seeds = seeds.first().map_or(Ok(SEEDS), |seeds| seeds.parse()).context("SEEDS is a number")?;
    let folder = tempfile::tempdir()?;
    let catalogue = folder.path().join("recipe.hangtag");
    let open = |catalogue: Option<&Path>| {
        let quiet = Opening::quiet(catalogue, Places::below(folder.path()));
        Workspace::open(Opening { is_official: true, ..quiet })
    };
    let mut taught = open(Some(&catalogue))?;
    taught.start_import(Path::new(training));
    settle(&mut taught)?;
    taught.take_in_labels(&LabelsFrom::LastFolder, None, false)?;
    settle(&mut taught)?;
    let mut photos = open(None)?;
    photos.start_import(Path::new(validation));
    settle(&mut photos)?;

    println!("| {seeds} seeds each | accuracy | macro F1 | accuracy, seed by seed | seconds |");
    println!("| --- | --- | --- | --- | --- |");
    let mut live = [0.0; 2];
    for (name, change) in RECIPES {
        let outcomes = (0..seeds).map(|seed| {
            let mut settings = TrainSettings { activate: Activate::Never, ..TrainSettings::default() };
            settings.recipe.seed = seed;
            change(&mut settings.recipe);
            train(&mut taught, &photos, settings)
        });
        let outcomes: Vec<TrainingOutcome> = outcomes.collect::<Result<_>>()?;
        let mean = |figure: fn(&TrainingOutcome) -> f64| {
            outcomes.iter().map(figure).sum::<f64>() / outcomes.len().max(1) as f64
        };
        let (accuracy, macro_f1) = (100.0 * mean(|outcome| outcome.accuracy), 100.0 * mean(|outcome| outcome.macro_f1));
        let each: Vec<String> = outcomes.iter().map(|outcome| format!("{:.1}", 100.0 * outcome.accuracy)).collect();
        // To the best epoch. The first training of all computes what the others find in the cache.
        let seconds = mean(|outcome| outcome.best.total_seconds);
        println!("| {name} | {accuracy:.1} % | {macro_f1:.1} % | {} | {seconds:.0} |", each.join(", "));
        // It learns the same beside each.
        live = [mean(|outcome| outcome.live_accuracy), mean(|outcome| outcome.live_macro_f1)];
    }
    let [accuracy, macro_f1] = live.map(|share| 100.0 * share);
    println!("| the live head alone | {accuracy:.1} % | {macro_f1:.1} % | | |");
    Ok(())
}

fn train(taught: &mut Workspace, photos: &Workspace, settings: TrainSettings) -> Result<TrainingOutcome> {
    taught.start_training(settings, Some((photos, &LabelsFrom::LastFolder)))?;
    settle(taught)?;
    let outcome = taught.training().and_then(|training| training.outcome.clone());
    outcome.context("the training came to nothing")
}

/// Waits until nothing runs any more.
fn settle(workspace: &mut Workspace) -> Result<()> {
    workspace.wait(&mut |_| true);
    for job in workspace.jobs() {
        if let JobState::Failed(failure) = &job.state {
            return Err(failure.clone().into());
        }
    }
    Ok(())
}
