//! The command `hangtag models`: which models there are, fetching one, choosing one for a catalogue.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::output::{bar, follow, is_interrupted, open_existing, open_official, print, say, wait};
use super::{Ending, Outcome};
use crate::vision::hub::{self, HubSettings};
use crate::vision::registry::{self, registry};
use crate::vision::{Backbone, DeviceChoice, ModelSource};
use crate::workspace::{PairedAccuracy, PrecisionRecord, fetch};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All models, and whether they are on this computer
    List {
        /// Say what was measured of the precisions on this catalogue
        #[arg(long, value_name = "FILE")]
        catalogue: Option<PathBuf>,
    },
    /// Fetch a model once; an interrupted download goes on where it stopped
    Get { id: String },
    /// Use a model for a catalogue from now on
    Use {
        id: String,
        #[arg(long, value_name = "FILE")]
        catalogue: PathBuf,
    },
    /// Measure on a catalogue's photos whether eight bits are as good as f32 and faster, and use them if so
    Calibrate {
        #[arg(long, value_name = "FILE")]
        catalogue: PathBuf,
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    match &arguments.action {
        Action::List { catalogue } => {
            list()?;
            if let Some(path) = catalogue {
                let workspace = open_existing(path, None, false)?;
                print(&format!("\n{} is used for {}.", workspace.model_source(), path.display()))?;
                match workspace.precision_record() {
                    Some(record) => print_record(&record)?,
                    None => print("f32 is used; `hangtag models calibrate` measures whether eight bits are as good.")?,
                }
            }
            Ok(Ending::Done)
        }
        Action::Calibrate { catalogue, json } => calibrate(catalogue, *json),
        Action::Get { id } => get(id),
        Action::Use { id, catalogue } => {
            let source = ModelSource::parse(id)?;
            // A model that cannot be opened must not lock a person out of what it would propose.
            Backbone::open(&source, DeviceChoice::Cpu)?;
            open_existing(catalogue, None, false)?.remember_model(&source)?;
            print(&format!("{} is used for {} from now on.", source, catalogue.display()))?;
            Ok(Ending::Done)
        }
    }
}

fn list() -> anyhow::Result<()> {
    let settings = HubSettings::from_env();
    print(&format!("{:12} {:>8}  {:14} {:24} repository", "id", "size", "licence", "state"))?;
    print(&format!("{:12} {:>8}  {:14} {:24} part of the program", "starter", "14 MB", "see NOTICE", "ready"))?;
    for entry in registry() {
        let state = match hub::cached(entry, &settings) {
            Some(_) => "ready".to_owned(),
            None => format!("hangtag models get {}", entry.id),
        };
        let size = format!("{} MB", entry.size_bytes / 1_000_000);
        print(&format!("{:12} {:>8}  {:14} {:24} {}", entry.id, size, entry.licence, state, entry.repo))?;
    }
    Ok(())
}

fn get(id: &str) -> Outcome {
    if id == "starter" {
        print("The starter is part of the program.")?;
        return Ok(Ending::Done);
    }
    let entry =
        registry::find(id).ok_or_else(|| anyhow::anyhow!("no model is called `{id}`: see `hangtag models list`"))?;
    let bar = bar();
    bar.set_message(id.to_owned());
    let fetched = fetch(entry, &mut |progress| {
        follow(&bar, progress);
        if is_interrupted() {
            progress.cancel();
        }
    });
    bar.finish_and_clear();
    if fetched? {
        print(&format!("{id} is ready."))?;
        Ok(Ending::Done)
    } else {
        say(&format!("Stopped; `hangtag models get {id}` goes on from here."));
        Ok(Ending::Cancelled)
    }
}

fn calibrate(catalogue: &Path, is_json: bool) -> Outcome {
    let mut workspace = open_official(catalogue, None, true)?;
    // Features in f32 first: they are what eight bits are held against.
    if !wait(&mut workspace)? {
        return Ok(Ending::Cancelled);
    }
    workspace.start_calibration();
    if !wait(&mut workspace)? {
        return Ok(Ending::Cancelled);
    }
    let record = workspace.precision_record().ok_or_else(|| anyhow::anyhow!("nothing was measured"))?;
    if is_json {
        print(&serde_json::to_string(&record)?)?;
    } else {
        print_record(&record)?;
    }
    Ok(Ending::Done)
}

fn print_record(record: &PrecisionRecord) -> anyhow::Result<()> {
    let PrecisionRecord { is_int8, engine, calibrated_on, photos, mean_cosine, accuracy, .. } = record;
    let chosen = match (is_int8, record.is_as_good()) {
        (true, _) => "int8 for proposals, whenever it saves time with new photos; f32 for all else",
        (false, true) => "f32, since int8 is no faster here",
        (false, false) => "f32, since int8 is not surely as good here",
    };
    print(&format!("chosen       {chosen}"))?;
    print(&format!("in use       {}", if record.is_in_use { "int8 for proposals" } else { "f32" }))?;
    print(&format!("measured     with {engine}, for which alone it holds"))?;
    print(&format!("calibrated   on {calibrated_on} photos"))?;
    print(&format!(
        "mean cosine  {mean_cosine:.4} between features of {photos} photos in int8, decoded no finer than is needed, and \
         in f32, decoded in full"
    ))?;
    if let Some(PairedAccuracy { photos, f32, int8, lower_bound }) = accuracy {
        let [f32, int8, bound] = [f32, int8, lower_bound].map(|share| 100.0 * share);
        print(&format!(
            "accuracy     {int8:.1} % by int8, {f32:.1} % by f32, on {photos} labelled photos held out; \
             the difference is above {bound:.2} points with 95 % confidence"
        ))?;
    }
    let (fast, exact) = (record.images_per_second_int8, record.images_per_second_f32);
    print(&format!("speed        {fast:.0} images/s by int8, {exact:.0} by f32, from files to features"))
}
