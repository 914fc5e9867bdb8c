//! The command `hangtag export`: the model as a file that others run, or tags and data sets.

use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, ValueEnum};

use super::export_labels::{LinkKind, export_labels};
use super::output::{open_official, print, say, wait};
use super::{Ending, Outcome};
use crate::export::labels::{LabelFormat, Link};
use crate::export::{self, Accuracy, Precision, Report, Request, Verdict, Verified, which_photos};
use crate::workspace::{JobState, JobSummary, Workspace};

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// The model version; without it that in use, or one made of what was learnt since
    #[arg(long, value_name = "N")]
    version: Option<i64>,
    #[arg(long, value_enum)]
    format: Format,
    /// How exactly the model's numbers are kept (default: f32)
    #[arg(long, value_name = "f32|f16|int8")]
    precision: Option<Precision>,
    /// Keep an int8 model that decides too often otherwise than the app
    #[arg(long)]
    insist: bool,
    /// Add what a server needs (savedmodel: TensorFlow Serving, onnx: Triton)
    #[arg(long)]
    serving: bool,
    /// The shop's own product export, to merge into (shopify, woocommerce)
    #[arg(long, value_name = "SHOP.csv")]
    merge_into: Option<PathBuf>,
    /// How photos come into a folder (folders, imagefolder; default: copy)
    #[arg(long, value_enum)]
    link: Option<LinkKind>,
    /// The file or folder to write; a folder must be new, empty, or an earlier export
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The model for Hangtag and plain PyTorch
    Bundle,
    Onnx,
    #[value(name = "savedmodel")]
    SavedModel,
    #[value(name = "tflite")]
    TfLite,
    #[value(name = "coreml")]
    CoreMl,
    /// Tags as JSON Lines, one a product
    Jsonl,
    /// Tags as XMP sidecars, beside the photos if --out is their folder; those that are there are merged
    Xmp,
    /// Photos in folders by tag
    Folders,
    /// Photos and tags for Hugging Face datasets
    #[value(name = "imagefolder")]
    ImageFolder,
    /// Photos and tags as shards of tf.train.Example
    #[value(name = "tfrecord")]
    TfRecord,
    /// Tags as a table, a row a label
    Parquet,
    /// Tags as a product CSV for Shopify
    Shopify,
    /// Tags as a product CSV for `WooCommerce`
    #[value(name = "woocommerce")]
    WooCommerce,
}

/// A format with what it needs to know.
enum What {
    Model(export::Format),
    Tags(LabelFormat),
}

impl Format {
    fn with(self, merge_into: Option<PathBuf>, link: Link) -> What {
        match self {
            Self::Bundle => What::Model(export::Format::Bundle),
            Self::Onnx => What::Model(export::Format::Onnx),
            Self::SavedModel => What::Model(export::Format::SavedModel),
            Self::TfLite => What::Model(export::Format::TfLite),
            Self::CoreMl => What::Model(export::Format::CoreMl),
            Self::Jsonl => What::Tags(LabelFormat::Jsonl),
            Self::Xmp => What::Tags(LabelFormat::Xmp),
            Self::Folders => What::Tags(LabelFormat::Folders(link)),
            Self::ImageFolder => What::Tags(LabelFormat::ImageFolder(link)),
            Self::TfRecord => What::Tags(LabelFormat::TfRecord),
            Self::Parquet => What::Tags(LabelFormat::Parquet),
            Self::Shopify => What::Tags(LabelFormat::Shopify(merge_into)),
            Self::WooCommerce => What::Tags(LabelFormat::WooCommerce(merge_into)),
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let Arguments { version, precision, insist, serving, merge_into, link, .. } = arguments;
    let what = arguments.format.with(merge_into.clone(), link.map_or(Link::Copy, LinkKind::of_photos));
    let is_shop = matches!(what, What::Tags(LabelFormat::Shopify(_) | LabelFormat::WooCommerce(_)));
    let has_photos = matches!(what, What::Tags(LabelFormat::Folders(_) | LabelFormat::ImageFolder(_)));
    if merge_into.is_some() && !is_shop {
        misused("--merge-into is for shopify and woocommerce");
    }
    if link.is_some() && !has_photos {
        misused("--link is for folders and imagefolder");
    }
    match what {
        What::Model(format) => export_model(arguments, format),
        What::Tags(_) if precision.is_some() || version.is_some() || *insist || *serving => {
            misused("--version, --precision, --insist and --serving are for models")
        }
        What::Tags(format) => export_labels(&arguments.catalogue, format, &arguments.out),
    }
}

/// Ends as wrong usage does in the parser: these arguments do not go together.
fn misused(message: &str) -> ! {
    clap::Error::raw(ErrorKind::ArgumentConflict, format!("{message}\n")).exit()
}

fn export_model(arguments: &Arguments, format: export::Format) -> Outcome {
    let request = Request {
        format,
        precision: arguments.precision.unwrap_or_default(),
        insists: arguments.insist,
        has_kit: arguments.serving,
        out: std::path::absolute(&arguments.out)?,
    };
    if let Err(error) = request.check_format() {
        misused(&error.to_string());
    }
    let version = match arguments.version {
        Some(version) => version,
        None => match version_to_export(&arguments.catalogue, &request)? {
            Some(version) => version,
            None => return Ok(Ending::Cancelled),
        },
    };
    // The model that was read to tell which version is gone by now: the export reads the version's, and lets go of it too
    // before it reads what was written.
    let mut workspace = open_official(&arguments.catalogue, None, false)?;
    workspace.start_export(version, request)?;
    if !wait(&mut workspace)? {
        return Ok(Ending::Cancelled);
    }
    report(&workspace).map_or(Ok(Ending::Cancelled), |report| {
        print_report(report)?;
        Ok(Ending::Done)
    })
}

/// The version that holds what is known now, made if there is none; nothing if that was cancelled.
fn version_to_export(catalogue: &Path, request: &Request) -> anyhow::Result<Option<i64>> {
    let mut workspace = open_official(catalogue, None, true)?;
    if !wait(&mut workspace)? {
        return Ok(None);
    }
    if let Some(version) = workspace.version_to_export() {
        return Ok(Some(version));
    }
    // A version lasts, so that it is not made for what cannot be written.
    workspace.check_export(request)?;
    workspace.freeze(None)?;
    if !wait(&mut workspace)? {
        return Ok(None);
    }
    let frozen = workspace.jobs().iter().find_map(|job| match job.state {
        JobState::Done(JobSummary::Frozen(version)) => Some(version),
        _ => None,
    });
    if let Some(version) = frozen {
        say(&format!("What was learnt so far is version {version} now."));
    }
    Ok(frozen)
}

fn report(workspace: &Workspace) -> Option<&Report> {
    workspace.jobs().iter().find_map(|job| match &job.state {
        JobState::Done(JobSummary::Exported(report)) => Some(report),
        _ => None,
    })
}

fn print_report(report: &Report) -> anyhow::Result<()> {
    let megabytes = report.num_bytes as f64 / 1e6;
    print(&format!(
        "written     {} ({} {}, {megabytes:.1} MB)",
        report.out.display(),
        report.format,
        report.precision
    ))?;
    print(&format!("version     {}", report.version))?;
    if let Some(judgement) = &report.judgement {
        print(&format!(
            "checked     {} photos, largest difference of a probability {:.1e}",
            judgement.compared, judgement.largest_difference
        ))?;
        print(&format!("held out    {} of the photos: the others taught it", report.num_held_out))?;
        print(&format!(
            "agreement   {}, in the group {}, on {} {}",
            judgement.agreement,
            judgement.worst_group,
            judgement.images,
            which_photos(judgement.is_held_out)
        ))?;
        if judgement.accuracy.of > 0 {
            let which = which_photos(judgement.is_accuracy_held_out);
            print(&format!("accuracy    {}, the app {}, on {which}", judgement.accuracy, judgement.accuracy_app))?;
        } else {
            print("accuracy    not known")?;
        }
    }
    print_verdict(&report.verdict, None)
}

/// What the app found of a model, or what `verify.py` noted of it later.
pub(super) fn print_verdict(verdict: &Verdict, verified: Option<&Verified>) -> anyhow::Result<()> {
    match (verdict, verified) {
        (Verdict::Insisted(fault), _) => print(&format!("verdict     kept although {fault}")),
        (_, Some(Verified { runtime, date, accuracy, .. })) => {
            if let Some(Accuracy { share, app, is_held_out, .. }) = accuracy {
                let [share, app] = [*share, *app].map(|interval| {
                    let [share, low, high] = interval.map(|part| 100.0 * part);
                    format!("{share:.1} % ({low:.1} to {high:.1})")
                });
                print(&format!("accuracy    {share}, the app {app}, on {}", which_photos(*is_held_out)))?;
            }
            print(&format!("verdict     it gives the app's answers in {runtime}, as verify.py found on {date}"))
        }
        (Verdict::Agrees, None) => print("verdict     it gives the app's answers"),
        (Verdict::NotYetVerified, None) => {
            print("verdict     written, not yet verified: run `python verify.py` in its folder")
        }
    }
}
