//! Model versions: frozen, numbered for ever, and which of them is in use.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::labels::Timestamp;
use super::{Catalogue, CatalogueError, Result, check_name, number_after};

/// The model of a catalogue for which none was chosen.
const FIRST_MODEL: &str = "starter";

/// The setting that names the version to put to use once its features are there.
const WANTED: &str = "version wanted";

/// A version as it is kept, without its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    pub number: i64,
    pub name: String,
    pub created_at: Timestamp,
    /// The model that it stands on, as settings name it.
    pub backbone: String,
    /// What it holds, as JSON.
    pub record: String,
}

/// What was put to use, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    pub at: Timestamp,
    /// The model, as settings name it.
    pub model: String,
    /// The version on top of it; none for the live head alone.
    pub version: Option<i64>,
}

impl Catalogue {
    /// All versions that were not deleted, oldest first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn versions(&self) -> Result<Vec<VersionRow>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT number, name, created_at, backbone, record FROM versions WHERE head IS NOT NULL ORDER BY number",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(VersionRow {
                number: row.get(0)?,
                name: row.get(1)?,
                created_at: Timestamp(row.get(2)?),
                backbone: row.get(3)?,
                record: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The weights and biases of a version, or `None` where there is no such version any more.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn version_head(&self, number: i64) -> Result<Option<Vec<u8>>> {
        let head = self
            .connection
            .query_row("SELECT head FROM versions WHERE number = ?1", [number], |row| row.get::<_, Option<Vec<u8>>>(0));
        Ok(head.optional()?.flatten())
    }

    /// The number that the next version will have: one more than any there ever was.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn next_version_number(&self) -> Result<i64> {
        next_number(&self.connection)
    }

    /// Adds a version and gives its number. Without a name it is called by its number.
    ///
    /// # Errors
    /// Where the catalogue cannot be written, or for a name that cannot be one.
    pub fn add_version(&mut self, name: Option<&str>, backbone: &str, record: &str, head: &[u8]) -> Result<i64> {
        self.check_writable()?;
        let name = name.map(check_name).transpose()?;
        let transaction = self.begin()?;
        let number = next_number(&transaction)?;
        let name = name.unwrap_or_else(|| format!("version {number}"));
        transaction.execute(
            "INSERT INTO versions (number, name, created_at, backbone, record, head) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![number, name, Timestamp::now().0, backbone, record, head],
        )?;
        transaction.commit()?;
        Ok(number)
    }

    /// Gives a version another name.
    ///
    /// # Errors
    /// Where there is no such version, the name cannot be one, or the catalogue cannot be written.
    pub fn rename_version(&mut self, number: i64, name: &str) -> Result<()> {
        self.check_writable()?;
        let name = check_name(name)?;
        let changed = self
            .connection
            .execute("UPDATE versions SET name = ?2 WHERE number = ?1 AND head IS NOT NULL", params![number, name])?;
        if changed == 0 { Err(no_such_version(number)) } else { Ok(()) }
    }

    /// Deletes a version. Its number stays taken.
    ///
    /// # Errors
    /// Where it is in use, there is no such version, or the catalogue cannot be written.
    pub fn delete_version(&mut self, number: i64) -> Result<()> {
        let transaction = self.begin()?;
        if in_use(&transaction)?.is_some_and(|activation| activation.version == Some(number)) {
            return Err(CatalogueError::Refused(format!("version {number} is in use; put another one to use first")));
        }
        let changed = transaction
            .execute("UPDATE versions SET head = NULL, record = '' WHERE number = ?1 AND head IS NOT NULL", [number])?;
        if changed == 0 {
            return Err(no_such_version(number));
        }
        transaction.commit()?;
        Ok(())
    }

    /// What is in use; none where nothing but the first model ever was.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn in_use(&self) -> Result<Option<Activation>> {
        in_use(&self.connection)
    }

    /// What was in use before and can be gone back to.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn in_use_before(&self) -> Result<Option<Activation>> {
        let before = self.connection.query_row(
            "SELECT a.at_ms, a.model, a.version FROM activations a,
             (SELECT model, version FROM activations ORDER BY id DESC LIMIT 1) AS now
             WHERE (a.model IS NOT now.model OR a.version IS NOT now.version)
             AND (a.version IS NULL OR a.version IN (SELECT number FROM versions WHERE head IS NOT NULL))
             ORDER BY a.id DESC LIMIT 1",
            [],
            activation_of_row,
        );
        Ok(before.optional()?)
    }

    /// Puts a model to use, with a version on top of it or the live head alone. What was in use stays known, to go back
    /// to.
    ///
    /// # Errors
    /// Where there is no such version, or the catalogue cannot be written.
    pub fn activate(&mut self, model: &str, version: Option<i64>) -> Result<()> {
        let transaction = self.begin()?;
        if let Some(number) = version {
            let sql = "SELECT EXISTS (SELECT 1 FROM versions WHERE number = ?1 AND head IS NOT NULL)";
            let is_there: bool = transaction.query_row(sql, [number], |row| row.get(0))?;
            if !is_there {
                return Err(no_such_version(number));
            }
        }
        let now = Timestamp::now().0;
        let insert = "INSERT INTO activations (at_ms, model, version) VALUES (?1, ?2, ?3)";
        let before = in_use(&transaction)?;
        if before.is_none() {
            let chosen: Option<String> = transaction
                .query_row("SELECT value FROM settings WHERE name = 'model'", [], |row| row.get(0))
                .optional()?;
            let chosen = chosen.as_deref().unwrap_or(FIRST_MODEL);
            transaction.execute(insert, params![now, chosen, None::<i64>])?;
        }
        if before.is_none_or(|before| before.model != model || before.version != version) {
            transaction.execute(insert, params![now, model, version])?;
        }
        transaction.execute("INSERT OR REPLACE INTO settings (name, value) VALUES ('model', ?1)", [model])?;
        transaction.execute("DELETE FROM settings WHERE name = ?1", [WANTED])?;
        transaction.commit()?;
        Ok(())
    }

    /// The version that is to be put to use once its features are there.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn wanted_version(&self) -> Result<Option<i64>> {
        Ok(self.setting(WANTED)?.and_then(|number| number.parse().ok()))
    }

    /// Remembers, or forgets, which version is to be put to use, so that a restart goes on with it.
    ///
    /// # Errors
    /// Where the catalogue cannot be written.
    pub fn want_version(&self, number: Option<i64>) -> Result<()> {
        match number {
            Some(number) => self.set_setting(WANTED, &number.to_string()),
            None => self.clear_setting(WANTED),
        }
    }
}

/// A deleted version keeps its row, and so its number.
fn next_number(connection: &Connection) -> Result<i64> {
    number_after(
        connection.query_row("SELECT COALESCE(MAX(number), 0) FROM versions", [], |row| row.get(0))?,
        "version",
    )
}

fn in_use(connection: &Connection) -> Result<Option<Activation>> {
    let sql = "SELECT at_ms, model, version FROM activations ORDER BY id DESC LIMIT 1";
    Ok(connection.query_row(sql, [], activation_of_row).optional()?)
}

fn activation_of_row(row: &Row<'_>) -> rusqlite::Result<Activation> {
    Ok(Activation { at: Timestamp(row.get(0)?), model: row.get(1)?, version: row.get(2)? })
}

fn no_such_version(number: i64) -> CatalogueError {
    CatalogueError::Refused(format!("there is no version {number}; `hangtag versions list` names those there are"))
}
