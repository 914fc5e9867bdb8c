//! The command `hangtag publish`: a version, exported and put where servers look for it.

use std::path::PathBuf;

use clap::Args;

use super::export::print_verdict;
use super::output::{open_official, print, wait};
use super::{Ending, Outcome};
use crate::export::publish::Destination;
use crate::export::{Format, Precision};
use crate::workspace::{JobState, JobSummary};

/// What is published, and where.
#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// The model version
    #[arg(long, value_name = "N")]
    version: i64,
    #[arg(long, value_name = "bundle|onnx|savedmodel|tflite|coreml")]
    format: Format,
    /// How exactly the model's numbers are kept
    #[arg(long, value_name = "f32|f16|int8", default_value = "f32")]
    precision: Precision,
    /// Publish an int8 model that decides too often otherwise than the app
    #[arg(long)]
    insist: bool,
    /// An export of the version in which `verify.py` was run: publish only files that gave the app's answers there
    #[arg(long, value_name = "FOLDER")]
    verified: Option<PathBuf>,
    /// Where the version's folder will lie: `TO/N`
    #[arg(long, value_name = "DIR|s3://BUCKET/PREFIX|gs://BUCKET/PREFIX")]
    to: Destination,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let mut workspace = open_official(&arguments.catalogue, None, false)?;
    let Arguments { version, format, precision, insist, verified, to, .. } = arguments;
    workspace.start_publish(*version, (*format, *precision), *insist, verified.clone(), to.clone())?;
    if !wait(&mut workspace)? {
        return Ok(Ending::Cancelled);
    }
    for job in workspace.jobs() {
        if let JobState::Done(summary @ JobSummary::Published { verdict, verified, .. }) = &job.state {
            print(&format!("{summary}."))?;
            print_verdict(verdict, verified.as_ref())?;
        }
    }
    Ok(Ending::Done)
}
