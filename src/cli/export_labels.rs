//! The half of `hangtag export` that writes tags and data sets.

use std::path::Path;

use clap::ValueEnum;

use super::output::{open_existing, print, say, tell, wait};
use super::{Ending, Outcome};
use crate::export::labels::{LabelFormat, Link, Written};
use crate::workspace::{JobState, JobSummary};

/// How photos come into a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LinkKind {
    Copy,
    /// Hard links: no room taken, the same disk only
    Hard,
    /// Symbolic links to where the photos lie now
    Symbolic,
}

impl LinkKind {
    /// The same as the room that lays photos out knows it.
    pub fn of_photos(self) -> Link {
        match self {
            Self::Copy => Link::Copy,
            Self::Hard => Link::Hard,
            Self::Symbolic => Link::Symbolic,
        }
    }
}

/// Writes what was said of the photos, and tells what was passed over.
pub(super) fn export_labels(catalogue: &Path, format: LabelFormat, out: &Path) -> Outcome {
    let mut workspace = open_existing(catalogue, None, false)?;
    workspace.start_label_export(format, out);
    if !wait(&mut workspace)? {
        return Ok(Ending::Cancelled);
    }
    let mut num_faults = 0;
    for job in workspace.jobs() {
        let JobState::Done(summary) = &job.state else { continue };
        if let JobSummary::ExportedLabels { report, .. } = summary {
            print(&summary.to_string())?;
            report.notes.iter().for_each(|note| say(&format!("{note}.")));
            if matches!(report.written, Written::Products(_)) {
                say("This file makes new products. To tag products that the shop has, give its own export with \
                     --merge-into.");
            }
            num_faults += tell(&report.faults);
        }
    }
    Ok(Ending::after(num_faults))
}
