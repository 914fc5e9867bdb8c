//! The command `hangtag runs`: every training, with its settings and what came of it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;

use super::output::{open_existing, print};
use super::{Ending, Outcome};
use crate::catalogue::{RunRow, RunState};
use crate::workspace::{RunMachine, Workspace};

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    #[command(subcommand)]
    action: Option<Action>,
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All runs; the same as naming nothing
    List,
    /// One run with its settings and outcome
    Show { number: i64 },
    /// Give up a run that was not finished, so that a version whose network it needs can be deleted
    Discard { number: i64 },
}

#[derive(Serialize)]
struct Row {
    number: i64,
    started_at: String,
    ended_at: Option<String>,
    state: RunState,
    version: Option<i64>,
    folder: PathBuf,
    machine: Option<RunMachine>,
    settings: Value,
    outcome: Value,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let workspace = open_existing(&arguments.catalogue, None, false)?;
    let rows = workspace.runs()?;
    match arguments.action {
        None | Some(Action::List) => {
            let rows: Vec<Row> = rows.iter().map(|run| row(run, &workspace)).collect();
            if arguments.json {
                print(&serde_json::to_string(&rows)?)?;
            } else {
                print(&format!("{:>6}  {:24} {:12} {:>7}", "number", "started", "state", "version"))?;
                rows.iter().try_for_each(|row| print(&line(row)))?;
            }
        }
        Some(Action::Show { number }) => {
            let run = rows.iter().find(|run| run.number == number);
            let run =
                run.ok_or_else(|| anyhow::anyhow!("there is no run {number}; `hangtag runs` lists those there are"))?;
            let row = row(run, &workspace);
            if arguments.json {
                print(&serde_json::to_string(&row)?)?;
            } else {
                print(&line(&row))?;
                print(&format!("folder: {}", row.folder.display()))?;
                print(&format!("machine: {}", serde_json::to_string_pretty(&row.machine)?))?;
                print(&format!("settings: {}", serde_json::to_string_pretty(&row.settings)?))?;
                print(&format!("outcome: {}", serde_json::to_string_pretty(&row.outcome)?))?;
            }
        }
        Some(Action::Discard { number }) => {
            workspace.discard_run(number)?;
            if arguments.json {
                print(&serde_json::json!({ "run": number }).to_string())?;
            } else {
                print(&format!("Run {number} is given up."))?;
            }
        }
    }
    Ok(Ending::Done)
}

fn line(row: &Row) -> String {
    let version = row.version.map_or_else(|| "-".to_owned(), |version| version.to_string());
    format!("{:>6}  {:24} {:12} {version:>7}", row.number, row.started_at, row.state.as_str())
}

fn row(run: &RunRow, workspace: &Workspace) -> Row {
    Row {
        number: run.number,
        started_at: run.started_at.to_string(),
        ended_at: run.ended_at.map(|at| at.to_string()),
        state: run.state,
        version: run.version,
        folder: workspace.data_folder().join(&run.folder).unwrap_or_default(),
        machine: workspace.run_machine(run),
        settings: value(&run.settings),
        outcome: run.outcome.as_deref().map_or(Value::Null, value),
    }
}

/// What a run kept as JSON; were it damaged, at least its text.
fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned()))
}
