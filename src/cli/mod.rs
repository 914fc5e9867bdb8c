//! The commands: the same work as the window's, without one.
//!
//! Results go to stdout, everything else to stderr. This room holds a [`Workspace`] and knows no window.
//!
//! [`Workspace`]: crate::workspace::Workspace
#![warn(clippy::print_stderr, reason = "it panics when nobody reads any more, where `say` does not")]

mod apply;
mod bench;
mod check;
mod evaluate;
mod export;
mod export_labels;
mod import;
mod label;
mod labels;
mod models;
mod output;
mod publish;
mod repair;
mod restore;
mod runs;
mod tag;
mod train;
mod versions;

pub use bench::MeasureWindow;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::workspace::{can_be_opened, nearest};

/// Tags product photos: proposes, learns from every correction, works offline.
#[derive(Debug, Parser)]
#[command(name = "hangtag", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// A .hangtag catalogue or folders of photos to open in the window; a photo stands for its folder
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What can be done without a window.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Propose tags for the photos of folders
    Tag(tag::Arguments),
    /// Bring folders, and labels if there are any, into a catalogue
    Import(import::Arguments),
    /// Say of one photo that a tag fits, or does not
    Label(label::Arguments),
    /// Print all labels of a catalogue
    Labels(labels::Arguments),
    /// Hold what a catalogue has learnt against photos whose truth is known
    Evaluate(evaluate::Arguments),
    /// Set the tags that are right as often as you ask
    Apply(apply::Arguments),
    /// List model versions, put one to use, compare two
    Versions(versions::Arguments),
    /// List trainings, with their settings and outcome
    Runs(runs::Arguments),
    /// Write the model, checked against the app's own answers, or tags and data sets for other programs
    Export(export::Arguments),
    /// Export a version and put it where servers look for it: a folder, S3 or Google Cloud Storage
    Publish(publish::Arguments),
    /// Fine-tune the network's last layers on the labels
    Train(train::Arguments),
    /// Say whether a catalogue is whole, and which backups it has
    Check(check::Arguments),
    /// Save what can be read of a damaged catalogue, filled up from its newest backup
    Repair(repair::Arguments),
    /// Go back to a backup
    Restore(restore::Arguments),
    /// List, fetch and choose models
    Models(models::Arguments),
    /// Measure how fast things are
    Bench(bench::Arguments),
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Done,
    /// Done, but some files failed.
    SomeFailed,
    Cancelled,
}

type Outcome = anyhow::Result<Ending>;

impl Ending {
    /// Done, but for as many files or rows as failed.
    fn after(num_failed: usize) -> Self {
        if num_failed > 0 { Self::SomeFailed } else { Self::Done }
    }
}

/// Whether the window can open all that was named.
///
/// # Errors
/// Where nothing is there: most often it was meant as a command, and the nearest one is named.
pub fn check_paths(paths: &[PathBuf]) -> anyhow::Result<()> {
    let Some(path) = paths.iter().find(|path| !can_be_opened(path)) else { return Ok(()) };
    let program = Cli::command();
    let meant = path.to_str().and_then(|typed| nearest(typed, program.get_subcommands().map(clap::Command::get_name)));
    let hint = meant.map_or_else(String::new, |command| format!("; did you mean `hangtag {command}`?"));
    anyhow::bail!("there is no folder or catalogue at {}{hint}", path.display())
}

/// Runs a command and gives the exit status: 0 done, 1 failed, 3 done but some files failed, 130 cancelled. (Wrong
/// usage, 2, ends in the parser.)
#[must_use]
pub fn run(command: Command, measure_window: MeasureWindow) -> ExitCode {
    let outcome = match command {
        Command::Tag(arguments) => tag::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Label(arguments) => label::run(&arguments),
        Command::Labels(arguments) => labels::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Apply(arguments) => apply::run(&arguments),
        Command::Versions(arguments) => versions::run(&arguments),
        Command::Runs(arguments) => runs::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Publish(arguments) => publish::run(&arguments),
        Command::Train(arguments) => train::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Repair(arguments) => repair::run(&arguments),
        Command::Restore(arguments) => restore::run(&arguments),
        Command::Models(arguments) => models::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments, measure_window),
    };
    match outcome {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::SomeFailed) => ExitCode::from(3),
        Ok(Ending::Cancelled) => ExitCode::from(130),
        // Whoever reads our output has heard enough (`hangtag labels | head`).
        Err(error) if output::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            output::say(&format!("hangtag: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
