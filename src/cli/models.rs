//! The command `hangtag models`: which models there are, fetching one, choosing one for a catalogue.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::output::{bar, follow, is_interrupted, open_existing, print};
use super::{Ending, Outcome};
use crate::vision::hub::{self, HubSettings};
use crate::vision::registry::{self, registry};
use crate::vision::{Backbone, DeviceChoice, ModelSource};
use crate::workspace::fetch;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All models, and whether they are on this computer
    List,
    /// Fetch a model once; an interrupted download goes on where it stopped
    Get { id: String },
    /// Use a model for a catalogue from now on
    Use {
        id: String,
        #[arg(long, value_name = "FILE")]
        catalogue: PathBuf,
    },
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    match &arguments.action {
        Action::List => {
            list()?;
            Ok(Ending::Done)
        }
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
        eprintln!("Stopped; `hangtag models get {id}` goes on from here.");
        Ok(Ending::Cancelled)
    }
}
