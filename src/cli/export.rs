//! The command `hangtag export`: the model as a file that others run.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::{open_existing, print, wait};
use super::{Ending, Outcome};
use crate::export::{self, Precision, Report, Request, Verdict};
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
    /// How exactly the model's numbers are kept
    #[arg(long, value_name = "f32|f16|int8", default_value = "f32")]
    precision: Precision,
    /// Keep an int8 model that decides too often otherwise than the app
    #[arg(long)]
    insist: bool,
    /// The folder to write; it must be new, empty, or an earlier export
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// What can be written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    Bundle,
    Onnx,
    #[value(name = "savedmodel")]
    SavedModel,
    #[value(name = "tflite")]
    TfLite,
    #[value(name = "coreml")]
    CoreMl,
}

impl Format {
    /// The same as the room that writes it knows it.
    pub(super) fn of_model(self) -> export::Format {
        match self {
            Self::Bundle => export::Format::Bundle,
            Self::Onnx => export::Format::Onnx,
            Self::SavedModel => export::Format::SavedModel,
            Self::TfLite => export::Format::TfLite,
            Self::CoreMl => export::Format::CoreMl,
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    // A version that is named needs nothing of what was learnt since.
    let mut workspace = open_existing(&arguments.catalogue, None, arguments.version.is_none())?;
    let version = match arguments.version {
        Some(version) => version,
        None => match version_to_export(&mut workspace)? {
            Some(version) => version,
            None => return Ok(Ending::Cancelled),
        },
    };
    let request = Request {
        format: arguments.format.of_model(),
        precision: arguments.precision,
        insists: arguments.insist,
        out: std::path::absolute(&arguments.out)?,
    };
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
fn version_to_export(workspace: &mut Workspace) -> anyhow::Result<Option<i64>> {
    if !wait(workspace)? {
        return Ok(None);
    }
    if let Some(version) = workspace.version_to_export() {
        return Ok(Some(version));
    }
    workspace.freeze(None)?;
    if !wait(workspace)? {
        return Ok(None);
    }
    let frozen = workspace.jobs().iter().find_map(|job| match job.state {
        JobState::Done(JobSummary::Frozen(version)) => Some(version),
        _ => None,
    });
    if let Some(version) = frozen {
        eprintln!("What was learnt so far is version {version} now.");
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
            judgement.images, judgement.largest_difference
        ))?;
        print(&format!("held out    {} of the photos: the others taught it", report.num_held_out))?;
        print(&format!("agreement   {}", judgement.agreement))?;
        if judgement.accuracy.of > 0 {
            print(&format!("accuracy    {}, the app {}", judgement.accuracy, judgement.accuracy_app))?;
        }
    }
    match &report.verdict {
        Verdict::Agrees => print("verdict     it gives the app's answers"),
        Verdict::Insisted(fault) => print(&format!("verdict     kept although {fault}")),
        Verdict::NotYetVerified => print("verdict     written, not yet verified: run `python verify.py` in its folder"),
    }
}
