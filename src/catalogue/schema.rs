//! The tables, how an older file becomes a newer one, and how a file that is none of ours is told.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::{CatalogueError, Result, backup};
use crate::imaging::is_photo_name;
use crate::progress::Progress;

/// "Htag", in `SQLite`'s header at byte 68.
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"Htag");

/// One step for each schema version: `MIGRATIONS[n]` brings version n to n + 1. Released steps never change.
const MIGRATIONS: [&str; 3] = [VERSION_1, VERSION_2, VERSION_3];

/// The schema of this Hangtag.
const NEWEST: i64 = MIGRATIONS.len() as i64;

/// Pages copied between two looks at the lock.
const PAGES_A_STEP: i32 = 1024;

const VERSION_1: &str = "
CREATE TABLE roots (
    id   INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE
);
-- A photo by content. What could not even be read has no hash yet.
CREATE TABLE images (
    id          INTEGER PRIMARY KEY,
    hash        BLOB UNIQUE CHECK (hash IS NULL OR length(hash) = 32),
    width       INTEGER NOT NULL DEFAULT 0,
    height      INTEGER NOT NULL DEFAULT 0,
    orientation INTEGER NOT NULL DEFAULT 1,
    -- Why it cannot be used; null where nothing is wrong with it.
    fault       TEXT,
    -- The image that lay at the same path before its file was changed.
    replaces    INTEGER REFERENCES images (id) ON DELETE SET NULL,
    -- Where it was last seen, for an image that no file holds any more.
    last_path   TEXT NOT NULL DEFAULT ''
);
-- A file that holds, or held, an image. An image without a present file is missing; one with two is a duplicate.
CREATE TABLE files (
    id         INTEGER PRIMARY KEY,
    root_id    INTEGER NOT NULL REFERENCES roots (id) ON DELETE CASCADE,
    path       TEXT NOT NULL,
    size       INTEGER NOT NULL,
    mtime_ns   INTEGER NOT NULL,
    image_id   INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    is_present INTEGER NOT NULL DEFAULT 1,
    UNIQUE (root_id, path)
);
CREATE INDEX files_by_image ON files (image_id);
CREATE TABLE tag_groups (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    kind     TEXT NOT NULL CHECK (kind IN ('one of', 'any of')),
    position INTEGER NOT NULL
);
CREATE TABLE tags (
    id       INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES tag_groups (id),
    name     TEXT NOT NULL,
    position INTEGER NOT NULL,
    UNIQUE (group_id, name)
);
CREATE TABLE versions (
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE TABLE labels (
    image_id    INTEGER NOT NULL REFERENCES images (id),
    tag_id      INTEGER NOT NULL REFERENCES tags (id),
    is_yes      INTEGER NOT NULL,
    source      TEXT NOT NULL,
    at_ms       INTEGER NOT NULL,
    -- Of the proposal that was accepted or rejected, and the version that made it (null: the live head).
    probability REAL,
    version     INTEGER REFERENCES versions (number),
    PRIMARY KEY (image_id, tag_id)
) WITHOUT ROWID;
CREATE INDEX labels_by_tag ON labels (tag_id);
CREATE TABLE history (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms     INTEGER NOT NULL,
    words     TEXT NOT NULL,
    changes   TEXT NOT NULL,
    is_undone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
";

const VERSION_2: &str = "
ALTER TABLE tags ADD COLUMN colour INTEGER;
ALTER TABLE tags ADD COLUMN key TEXT;
ALTER TABLE tags ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE tags ADD COLUMN is_retired INTEGER NOT NULL DEFAULT 0;
CREATE TABLE saved_filters (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE,
    query TEXT NOT NULL
);
";

const VERSION_3: &str = "
-- A model as settings name it; what the version holds, as JSON; weights and biases, as safetensors. A deleted version
-- keeps its row without a head: its number is never given again, and labels may still name it.
ALTER TABLE versions ADD COLUMN backbone TEXT NOT NULL DEFAULT '';
ALTER TABLE versions ADD COLUMN record TEXT NOT NULL DEFAULT '';
ALTER TABLE versions ADD COLUMN head BLOB;
-- What was put to use when: a model, and the version on top of it; none for the live head alone.
CREATE TABLE activations (
    id      INTEGER PRIMARY KEY,
    at_ms   INTEGER NOT NULL,
    model   TEXT NOT NULL,
    version INTEGER REFERENCES versions (number)
);
CREATE TABLE runs (
    number     INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    state      TEXT NOT NULL,
    settings   TEXT NOT NULL,
    outcome    TEXT,
    -- Below the folder that lies beside the catalogue.
    folder     TEXT NOT NULL,
    version    INTEGER REFERENCES versions (number)
);
-- On which side of the split an image is: train, validation or test. Drawn once.
CREATE TABLE splits (
    image_id INTEGER PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
    side     TEXT NOT NULL
);
";

/// Refuses a file that is no catalogue by looking at its first bytes only: `SQLite` itself would already touch the
/// folder, and a foreign file must stay as it is.
pub(super) fn recognise(path: &Path) -> Result<()> {
    let mut header = [0u8; 72];
    let length = File::open(path)
        .and_then(|file| {
            let mut filled = 0;
            let mut file = file.take(header.len() as u64);
            loop {
                match file.read(&mut header[filled..])? {
                    0 => break Ok(filled),
                    count => filled += count,
                }
            }
        })
        .map_err(|source| CatalogueError::File { path: path.to_owned(), source })?;
    // A new catalogue whose first transaction was cut off by a crash is an empty file; so is a photo that was cut off.
    if length == 0 && !is_photo_name(path) {
        return Ok(());
    }
    let number_at = |offset: usize| -> Option<i32> {
        header.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok()).map(i32::from_be_bytes)
    };
    let is_database = length == header.len() && header.starts_with(b"SQLite format 3\0");
    if !is_database || number_at(68) != Some(APPLICATION_ID) {
        return Err(CatalogueError::NotACatalogue(path.to_owned()));
    }
    check_version(i64::from(number_at(60).unwrap_or(0)), path)
}

/// A catalogue of a later schema is not even read: nobody here knows what its tables mean.
fn check_version(version: i64, path: &Path) -> Result<()> {
    match version {
        ..0 => Err(CatalogueError::Damaged(format!("it says to be of schema {version}").into())),
        0..=NEWEST => Ok(()),
        _ => Err(CatalogueError::Newer { path: path.to_owned(), found: version, known: NEWEST }),
    }
}

/// Gives the schema of a catalogue. Refuses a later one, and one that the tables do not fit, which cannot be brought up to
/// date. Views and triggers are refused as well: those of a stranger could keep a reader busy for ever, or take away what
/// is said.
pub(super) fn examine(connection: &Connection, path: &Path) -> Result<i64> {
    // All of it at one moment: whoever writes it may just be bringing it up to date.
    let _snapshot = connection.unchecked_transaction()?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    // A newer Hangtag that has it open may have brought it up to date in its log alone.
    check_version(version, path)?;
    let foreign = "SELECT EXISTS (SELECT 1 FROM sqlite_master
        WHERE sql NOT LIKE 'CREATE TABLE %' AND sql NOT LIKE 'CREATE INDEX %')";
    let is_foreign: bool = connection.query_row(foreign, [], |row| row.get(0))?;
    if is_foreign {
        let reason = "it holds what Hangtag never makes, as views and triggers".to_owned();
        return Err(CatalogueError::Damaged(reason.into()));
    }
    let schemas = columns_of_schemas()?;
    let found = columns(connection)?;
    // A table of somebody else is in nobody's way.
    if !found.intersection(&schemas[MIGRATIONS.len()]).eq(&schemas[version as usize]) {
        return Err(CatalogueError::Damaged(format!("its tables are not those of schema {version}").into()));
    }
    Ok(version)
}

/// The columns of all tables, for each schema from 0 on, which is that of an empty file.
pub(super) fn columns_of_schemas() -> rusqlite::Result<&'static [BTreeSet<String>]> {
    static SCHEMAS: OnceLock<Vec<BTreeSet<String>>> = OnceLock::new();
    if let Some(schemas) = SCHEMAS.get() {
        return Ok(schemas);
    }
    let database = Connection::open_in_memory()?;
    let mut schemas = vec![BTreeSet::new()];
    for sql in MIGRATIONS {
        database.execute_batch(sql)?;
        schemas.push(columns(&database)?);
    }
    Ok(SCHEMAS.get_or_init(|| schemas))
}

/// The columns of all tables, with the table, in hexadecimal: names of a damaged file need be no text.
fn columns(connection: &Connection) -> rusqlite::Result<BTreeSet<String>> {
    let mut statement = connection.prepare(
        "SELECT hex(m.name || '.' || c.name) FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
         WHERE m.type = 'table'",
    )?;
    statement.query_map([], |row| row.get::<_, String>(0))?.collect()
}

/// Sets how the connection works and brings the schema up to date, after a copy of the older file was made.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<()> {
    let application_id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application_id != APPLICATION_ID {
        let num_tables: i64 = connection.query_row("SELECT COUNT(*) FROM sqlite_master", [], |row| row.get(0))?;
        if num_tables > 0 {
            return Err(CatalogueError::NotACatalogue(path.to_owned()));
        }
        // Before the write-ahead log is switched on, so that the identity lies in the file itself from the first moment.
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    let version = examine(connection, path)?;
    prepare_for_writing(connection)?;
    if (1..NEWEST).contains(&version) {
        backup::make(connection, path, 1, &Progress::default()).map_err(|error| match error {
            CatalogueError::Damaged(_) => error,
            other => CatalogueError::NotCopied(Box::new(other)),
        })?;
    }
    migrate(connection, version)
}

/// Sets how a connection works that writes a catalogue.
pub(super) fn prepare_for_writing(connection: &Connection) -> Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A pulled plug loses nothing that was shown as saved. With the log this is the same as `FULL`; on a disk that has no
    // shared memory for one, `FULL` alone could take back the last change.
    connection.pragma_update(None, "synchronous", "EXTRA")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(())
}

/// Brings a copy that nobody else sees up to date, or makes an empty file a catalogue.
pub(super) fn bring_up_to_date(connection: &mut Connection) -> Result<()> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    migrate(connection, version)
}

/// An older catalogue that cannot be written is brought up to date in memory, where its tables can be read as they are
/// now; the file stays as it is.
pub(super) fn prepare_for_reading(connection: &mut Connection, path: &Path) -> Result<()> {
    let version = examine(connection, path)?;
    if version == NEWEST {
        return Ok(());
    }
    let mut copy = Connection::open_in_memory()?;
    Backup::new(connection, &mut copy)?.run_to_completion(PAGES_A_STEP, Duration::ZERO, None)?;
    *connection = copy;
    migrate(connection, version)
}

fn migrate(connection: &mut Connection, from: i64) -> Result<()> {
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(from as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", step as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
