//! The command `hangtag restore`: back to a backup.

use std::path::PathBuf;

use clap::Args;

use super::output::print;
use super::{Ending, Outcome};
use crate::workspace::restore;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// The backup of this number, as `hangtag check` lists them, instead of the newest
    #[arg(long, value_name = "N")]
    backup: Option<u64>,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let (backup, before) = restore(&arguments.catalogue, arguments.backup)?;
    print(&format!("{} is as it was in backup {} of {}.", arguments.catalogue.display(), backup.number, backup.date))?;
    if let Some(before) = before {
        print(&format!("What was there before is kept as {}.", before.display()))?;
    }
    Ok(Ending::Done)
}
