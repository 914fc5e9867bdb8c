//! The command `hangtag import`: folders, and the labels that come with them, into a catalogue.

use std::path::PathBuf;

use clap::Args;

use super::output::{open, print, say, tell, wait};
use super::{Ending, Outcome};
use crate::catalogue::ImageState;
use crate::workspace::{JobState, LabelsFrom};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Folders of photos
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// The catalogue, made if it is not there
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// `folders` (each folder name a tag), `last-folder`, or a CSV with the header path,group,tag,value,source,time
    #[arg(long, value_name = "folders|last-folder|FILE.csv")]
    labels_from: Option<LabelsFrom>,
    /// The group that `last-folder` fills (default: category), or the only one taken from a CSV
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// What is not listed of an `any of` group is no
    #[arg(long)]
    complete: bool,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let mut workspace = open(Some(&arguments.catalogue), None, false)?;
    for folder in &arguments.folders {
        workspace.start_import(folder);
        // One after the other: two folders may hold the same photos.
        if !wait(&mut workspace)? {
            return Ok(Ending::Cancelled);
        }
    }
    // Before the first word: whoever reads our output may have heard enough.
    let (from, group) = (arguments.labels_from.as_ref(), arguments.group.as_deref());
    let labelled = from.map(|from| workspace.take_in_labels(from, group, arguments.complete));
    for job in workspace.jobs().iter().rev() {
        if let JobState::Done(summary) = &job.state
            && job.is_visible()
        {
            print(&summary.to_string())?;
        }
    }
    let mut num_failed = workspace.passed_over().len();
    for warning in workspace.passed_over() {
        say(&format!("{}: {}", warning.path.display(), warning.reason));
    }
    for image in &workspace.listing().images {
        if let ImageState::Broken(reason) = &image.state {
            say(&format!("{}: {reason}", workspace.listing().path_of(image).display()));
            num_failed += 1;
        }
    }
    if let Some(labelled) = labelled.transpose()? {
        let intake = &labelled.intake;
        print(&format!("{} labels on {} photos", intake.labels, intake.images))?;
        if intake.kept > 0 {
            print(&format!("{} kept as a person had decided", intake.kept))?;
        }
        num_failed += tell(labelled.faults.iter().chain(&intake.conflicts));
    }
    Ok(Ending::after(num_failed))
}
