//! The half of `hangtag export` that writes tags and data sets.

use clap::ValueEnum;
use clap::error::ErrorKind;

use super::export::Arguments;
use super::output::{open_existing, print, wait};
use super::{Ending, Outcome};
use crate::export::labels::{LabelFormat, Link};
use crate::workspace::{JobState, JobSummary};

/// What tags are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// JSON Lines, one a product
    Jsonl,
    /// XMP sidecars, beside the photos if --out is their folder; those that are there are merged
    Xmp,
    /// Photos in folders by tag
    Folders,
    /// Hugging Face's imagefolder
    Imagefolder,
    /// Shards of tf.train.Example
    Tfrecord,
    /// A table, a row a label
    Parquet,
    /// Shopify's product CSV
    Shopify,
    /// The product CSV of `WooCommerce`
    Woocommerce,
}

/// How photos come into a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LinkKind {
    Copy,
    /// Hard links: no room taken, the same disk only
    Hard,
    /// Symbolic links to where the photos lie now
    Symbolic,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let format = format_of(arguments);
    let mut workspace = open_existing(&arguments.catalogue, None, false)?;
    workspace.start_label_export(format, &arguments.out);
    if !wait(&mut workspace)? {
        return Ok(Ending::Cancelled);
    }
    let mut num_faults = 0;
    for job in workspace.jobs() {
        let JobState::Done(summary) = &job.state else { continue };
        print(&summary.to_string())?;
        if let JobSummary::ExportedLabels { report, .. } = summary {
            report.notes.iter().for_each(|note| eprintln!("{note}."));
            report.faults.iter().for_each(|fault| eprintln!("{fault}"));
            num_faults += report.faults.len();
        }
    }
    Ok(if num_faults > 0 { Ending::SomeFailed } else { Ending::Done })
}

/// What was asked for; arguments that do not go together end as wrong usage does in the parser.
fn format_of(arguments: &Arguments) -> LabelFormat {
    let link = match arguments.link {
        LinkKind::Copy => Link::Copy,
        LinkKind::Hard => Link::Hard,
        LinkKind::Symbolic => Link::Symbolic,
    };
    let merge_into = arguments.merge_into.clone();
    let is_shop = matches!(arguments.format, Format::Shopify | Format::Woocommerce);
    if merge_into.is_some() && !is_shop {
        misused("--merge-into is for shopify and woocommerce");
    }
    if link != Link::Copy && !matches!(arguments.format, Format::Folders | Format::Imagefolder) {
        misused("--link is for folders and imagefolder");
    }
    match arguments.format {
        Format::Jsonl => LabelFormat::Jsonl,
        Format::Xmp => LabelFormat::Xmp,
        Format::Folders => LabelFormat::Folders(link),
        Format::Imagefolder => LabelFormat::ImageFolder(link),
        Format::Tfrecord => LabelFormat::TfRecord,
        Format::Parquet => LabelFormat::Parquet,
        Format::Shopify => LabelFormat::Shopify(merge_into),
        Format::Woocommerce => LabelFormat::WooCommerce(merge_into),
    }
}

fn misused(message: &str) -> ! {
    clap::Error::raw(ErrorKind::ArgumentConflict, format!("{message}\n")).exit()
}
