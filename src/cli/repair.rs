//! The command `hangtag repair`: what can be read of a damaged catalogue, filled up from its newest backup.

use std::path::PathBuf;

use clap::Args;

use super::output::{print, say};
use super::{Ending, Outcome};
use crate::workspace::repair;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let path = &arguments.catalogue;
    let Some(repair) = repair(path)? else {
        print(&format!("{} is whole; there is nothing to repair.", path.display()))?;
        return Ok(Ending::Done);
    };
    match &repair.backup {
        Some(backup) => print(&format!("filled up from backup {} of {}", backup.number, backup.date))?,
        None => print("there was no backup to fill up from")?,
    }
    print(&format!("{} labels are there", repair.labels))?;
    print(&format!("{} of them are newer than the backup", repair.newer))?;
    print(&format!("{} could not be read and are those of the backup", repair.from_backup))?;
    print(&format!("what was there before is kept in {}", repair.kept.display()))?;
    if repair.lost > 0 {
        say(&format!("{} labels are of photos that nothing is known of any more, and are lost", repair.lost));
        return Ok(Ending::SomeFailed);
    }
    Ok(Ending::Done)
}
