//! The command `hangtag check`: whether a catalogue is whole, and which backups it has.

use std::path::PathBuf;

use clap::Args;

use super::output::{print, say};
use super::{Ending, Outcome};
use crate::catalogue::backups;
use crate::workspace::check;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let path = &arguments.catalogue;
    // Of a catalogue that cannot be looked at, too: they are the way back.
    for backup in backups(path) {
        let note = if backup.is_recognised() { "" } else { " (this Hangtag cannot read it)" };
        print(&format!("backup {} of {}: {}{note}", backup.number, backup.date, backup.path.display()))?;
    }
    let faults = check(path)?;
    if faults.is_empty() {
        print(&format!("{} is whole.", path.display()))?;
        return Ok(Ending::Done);
    }
    faults.iter().for_each(|fault| say(fault));
    anyhow::bail!(
        "{0} is damaged: `hangtag repair --catalogue {0}` saves what can be read and fills up from its newest backup",
        path.display()
    )
}
