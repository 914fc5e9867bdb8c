//! Runs: each training with its settings, how it stands and what came of it.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::labels::Timestamp;
use super::{Catalogue, CatalogueError, Result, data_folder, number_after};

/// How far a run came, in its folder.
pub const CHECKPOINT: &str = "checkpoint.safetensors";

/// What came of a run, in its folder.
pub const OUTCOME: &str = "outcome.json";

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    Running,
    /// By a person, to go on later.
    Paused,
    /// The program ended in the middle of it.
    Interrupted,
    Done,
    Cancelled,
    Failed,
}

/// A run as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    pub number: i64,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub state: RunState,
    /// As JSON.
    pub settings: String,
    /// As JSON, once there is any.
    pub outcome: Option<String>,
    /// Below the folder that lies beside the catalogue.
    pub folder: String,
    /// The version that it became.
    pub version: Option<i64>,
}

impl RunState {
    const ALL: [Self; 6] = [Self::Running, Self::Paused, Self::Interrupted, Self::Done, Self::Cancelled, Self::Failed];

    /// As it is stored and printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Whether it waits to be gone on with.
    #[must_use]
    pub fn waits(self) -> bool {
        matches!(self, Self::Paused | Self::Interrupted | Self::Failed)
    }
}

impl Catalogue {
    /// All runs, oldest first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRow>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT number, started_at, ended_at, state, settings, outcome, folder, version FROM runs ORDER BY number",
        )?;
        Ok(statement.query_map([], run_of_row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// The folder that the next run will have, below the one beside the catalogue.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn next_run_folder(&self) -> Result<String> {
        Ok(folder_of(next_number(&self.connection, &self.path)?))
    }

    /// Begins a run with these settings (JSON) and gives its row.
    ///
    /// # Errors
    /// Where the catalogue cannot be written.
    pub fn start_run(&mut self, settings: &str) -> Result<RunRow> {
        let path = self.path.clone();
        let transaction = self.begin()?;
        let number = next_number(&transaction, &path)?;
        transaction.execute(
            "INSERT INTO runs (number, started_at, state, settings, folder) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![number, Timestamp::now().0, RunState::Running.as_str(), settings, folder_of(number)],
        )?;
        let row = transaction.query_row(
            "SELECT number, started_at, ended_at, state, settings, outcome, folder, version FROM runs
             WHERE number = ?1",
            [number],
            run_of_row,
        )?;
        transaction.commit()?;
        Ok(row)
    }

    /// Says how a run stands now: that it goes on, or how it ended, with what came of it (JSON) and the version that it
    /// became.
    ///
    /// # Errors
    /// Where there is no such run or version, or the catalogue cannot be written.
    pub fn set_run(&self, number: i64, state: RunState, outcome: Option<&str>, version: Option<i64>) -> Result<()> {
        self.check_writable()?;
        let ended_at = (state != RunState::Running).then(|| Timestamp::now().0);
        let changed = self.connection.execute(
            "UPDATE runs SET state = ?2, ended_at = ?3, outcome = COALESCE(?4, outcome), version = ?5
             WHERE number = ?1",
            params![number, state.as_str(), ended_at, outcome, version],
        )?;
        if changed == 0 { Err(CatalogueError::Refused(format!("there is no run {number}"))) } else { Ok(()) }
    }

    /// Whoever opens the catalogue for writing is the only one who could run anything: what is said to be running was
    /// cut off.
    pub(super) fn note_interrupted_runs(&self) {
        if self.read_only_reason().is_some() {
            return;
        }
        let running = RunState::Running.as_str();
        let cut_off =
            self.connection.query_row("SELECT 1 FROM runs WHERE state = ?1", [running], |_| Ok(())).optional();
        if let Ok(Some(())) = cut_off {
            let interrupted = RunState::Interrupted.as_str();
            let update = "UPDATE runs SET state = ?2 WHERE state = ?1";
            // On a full disk the catalogue must still open.
            if let Err(error) = self.connection.execute(update, [running, interrupted]) {
                tracing::warn!("it could not be noted that a run was cut off: {error}");
            }
        }
    }
}

/// The first number behind all others. A catalogue that was gone back with knows nothing of later runs, which are there
/// again when it is gone forward with: their numbers are passed over, so that no other run takes their folders.
fn next_number(connection: &Connection, catalogue: &Path) -> Result<i64> {
    let last = connection.query_row("SELECT COALESCE(MAX(number), 0) FROM runs", [], |row| row.get(0))?;
    let next = number_after(last, "run")?;
    let data = data_folder(catalogue);
    // What cannot be had again without training as long.
    let is_taken =
        |number: i64| [CHECKPOINT, OUTCOME].iter().any(|name| data.join(folder_of(number)).join(name).exists());
    Ok((next..i64::MAX).find(|number| !is_taken(*number)).unwrap_or(next))
}

fn folder_of(number: i64) -> String {
    format!("runs/{number}")
}

fn run_of_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    let state: String = row.get(3)?;
    Ok(RunRow {
        number: row.get(0)?,
        started_at: Timestamp(row.get(1)?),
        ended_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
        // A state that a later version invented is at least not one that goes on.
        state: RunState::ALL.into_iter().find(|known| known.as_str() == state).unwrap_or(RunState::Interrupted),
        settings: row.get(4)?,
        outcome: row.get(5)?,
        folder: row.get(6)?,
        version: row.get(7)?,
    })
}
