//! What can still be read of a damaged catalogue, merged into its newest backup.
//!
//! Each table is read from both ends and, where that stops at a damaged page, row by row, so that only the rows of damaged
//! pages are missing. What was read is newer than the backup and replaces its rows. A table without a fault replaces the
//! backup's as a whole, so that what was deleted since stays deleted; of another the backup's other rows are kept, since
//! what cannot be read cannot be told from what was deleted.

use std::collections::{BTreeMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, params_from_iter};

use super::Result;

/// Rows of a table that are tried one by one behind the last one that is known.
const BEYOND: i64 = 10_000;

/// The tables that steps of the history are about, and itself: where rows of these are missing, undoing a step would do
/// something else than its reverse.
const UNDOABLE: [&str; 5] = ["tag_groups", "tags", "labels", "saved_filters", "history"];

/// What became of the labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Merged {
    /// Rows of any table that could be read.
    pub num_rows: usize,
    pub newer: usize,
    pub from_backup: usize,
    pub lost: usize,
}

/// A table by the columns that both files have.
struct Table {
    name: String,
    columns: Vec<String>,
    has_rowid: bool,
}

type Row = Vec<Value>;

/// Merges what can be read of `source` into `target`, which holds the backup, or nothing, in the newest schema.
pub(super) fn merge(source: &Connection, target: &mut Connection) -> Result<Merged> {
    target.pragma_update(None, "foreign_keys", false)?;
    let transaction = target.transaction()?;
    let mut merged = Merged::default();
    let before = labels(&transaction)?;
    let mut read_labels = BTreeMap::new();
    let mut has_holes = false;
    for table in tables(source, &transaction)? {
        let (rows, is_complete) = table.read(source, &transaction)?;
        merged.num_rows += rows.len();
        if table.name == "labels" {
            read_labels = rows.iter().filter_map(|row| Some((label_key(row)?, row.clone()))).collect();
        }
        has_holes |= !is_complete && UNDOABLE.contains(&table.name.as_str());
        if is_complete {
            transaction.execute(&format!("DELETE FROM {}", table.name), [])?;
        }
        let places = vec!["?"; table.columns.len()].join(", ");
        let columns = table.columns.join(", ");
        let mut insert = transaction
            .prepare_cached(&format!("INSERT OR REPLACE INTO {} ({columns}) VALUES ({places})", table.name))?;
        for row in rows {
            // What no longer fits the table, such as a text where a number belongs, is damage too.
            let _ = insert.execute(params_from_iter(row));
        }
    }
    mend(&transaction, &mut merged)?;
    if has_holes {
        transaction.execute("DELETE FROM history", [])?;
    }
    for key in labels(&transaction)?.keys() {
        match (before.get(key), read_labels.get(key)) {
            (_, None) => merged.from_backup += 1,
            (old, Some(new)) if old != Some(new) => merged.newer += 1,
            _ => {}
        }
    }
    transaction.commit()?;
    Ok(merged)
}

/// The tables of the newest schema that the damaged file has as well.
fn tables(source: &Connection, target: &Transaction<'_>) -> Result<Vec<Table>> {
    let mut statement =
        target.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    let named = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut tables = Vec::new();
    for named in named {
        let (name, sql) = named?;
        // Where the list of tables is damaged itself, none is read.
        let known = columns(source, &name).unwrap_or_default();
        let mut columns = columns(target, &name)?;
        columns.retain(|column| known.contains(column));
        if !columns.is_empty() {
            tables.push(Table { has_rowid: !sql.to_uppercase().contains("WITHOUT ROWID"), name, columns });
        }
    }
    Ok(tables)
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("PRAGMA table_info({table})"))?;
    let columns = statement.query_map([], |row| row.get::<_, String>(1))?;
    columns.collect()
}

impl Table {
    /// All rows that can be read, and whether those are all there are.
    fn read(&self, source: &Connection, target: &Transaction<'_>) -> Result<(Vec<Row>, bool)> {
        let mut rows = Vec::new();
        let is_read = self.scan(source, "", None, &mut rows).is_ok();
        if is_read && is_whole(source, &self.name) {
            return Ok((rows, true));
        }
        if self.has_rowid {
            self.read_backwards_and_between(source, target, &mut rows)?;
        } else {
            self.read_by_image(source, target, &mut rows)?;
        }
        Ok((rows, false))
    }

    /// Adds the rows of a clause, with the number that it asks for, until the end or a damaged page.
    fn scan(&self, source: &Connection, clause: &str, of: Option<i64>, rows: &mut Vec<Row>) -> rusqlite::Result<()> {
        let select = format!("SELECT {} FROM {} {clause}", self.columns.join(", "), self.name);
        let mut statement = source.prepare_cached(&select)?;
        let mut found = statement.query(params_from_iter(of))?;
        while let Some(row) = found.next()? {
            rows.push((0..self.columns.len()).map(|index| row.get(index)).collect::<rusqlite::Result<_>>()?);
        }
        Ok(())
    }

    /// The first column is the row's number; where it is not, rows are read twice, which inserting them forgives.
    fn read_backwards_and_between(
        &self,
        source: &Connection,
        target: &Transaction<'_>,
        rows: &mut Vec<Row>,
    ) -> Result<()> {
        let first = rows.iter().filter_map(|row| rowid(row)).max().unwrap_or(0);
        let from_end = rows.len();
        // How far it comes is told by what it found.
        let _ = self.scan(source, "ORDER BY rowid DESC", None, rows);
        let found: HashSet<i64> = rows.iter().filter_map(|row| rowid(row)).collect();
        let last = rows[from_end..].iter().filter_map(|row| rowid(row)).min();
        let known: Option<i64> =
            target.query_row(&format!("SELECT MAX(rowid) FROM {}", self.name), [], |row| row.get(0))?;
        let end = last.unwrap_or_else(|| known.unwrap_or(0).max(first) + BEYOND);
        let mut seen = HashSet::new();
        rows.retain(|row| rowid(row).is_none_or(|rowid| seen.insert(rowid)));
        for rowid in (first + 1..end).filter(|rowid| !found.contains(rowid)) {
            let _ = self.scan(source, "WHERE rowid = ?1", Some(rowid), rows);
        }
        Ok(())
    }

    /// Labels are kept in the order of their image.
    fn read_by_image(&self, source: &Connection, target: &Transaction<'_>, rows: &mut Vec<Row>) -> Result<()> {
        rows.clear();
        // Images were merged before: tables come in the order in which they were made.
        let end = last_image(target)?.max(last_image(source).unwrap_or(0));
        for image in 1..=end {
            let _ = self.scan(source, "WHERE image_id = ?1", Some(image), rows);
        }
        Ok(())
    }
}

fn last_image(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT COALESCE(MAX(id), 0) FROM images", [], |row| row.get(0))
}

fn rowid(row: &[Value]) -> Option<i64> {
    match row.first() {
        Some(Value::Integer(rowid)) => Some(*rowid),
        _ => None,
    }
}

fn is_whole(source: &Connection, table: &str) -> bool {
    let said = source.query_row(&format!("PRAGMA integrity_check('{table}')"), [], |row| row.get::<_, String>(0));
    said.is_ok_and(|said| said == "ok")
}

/// The labels by image and tag, as far as a merge compares them.
fn labels(transaction: &Transaction<'_>) -> Result<BTreeMap<(i64, i64), Row>> {
    let mut statement =
        transaction.prepare("SELECT image_id, tag_id, is_yes, source, at_ms, probability, version FROM labels")?;
    let mut rows = statement.query([])?;
    let mut labels = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let row: Row = (0..7).map(|index| row.get(index)).collect::<rusqlite::Result<_>>()?;
        labels.extend(label_key(&row).map(|key| (key, row)));
    }
    Ok(labels)
}

fn label_key(row: &[Value]) -> Option<(i64, i64)> {
    match (row.first(), row.get(1)) {
        (Some(Value::Integer(image)), Some(Value::Integer(tag))) => Some((*image, *tag)),
        _ => None,
    }
}

/// Makes the rows of both fit together again: what a person said is kept wherever its photo is known.
fn mend(transaction: &Transaction<'_>, merged: &mut Merged) -> Result<()> {
    // Of a group of which one tag fits, the newest yes.
    transaction.execute(
        "DELETE FROM labels WHERE is_yes AND EXISTS (
             SELECT 1 FROM labels AS other
             JOIN tags AS t ON t.id = labels.tag_id JOIN tags AS u ON u.id = other.tag_id
             JOIN tag_groups AS g ON g.id = t.group_id
             WHERE other.image_id = labels.image_id AND other.tag_id <> labels.tag_id AND other.is_yes
             AND u.group_id = t.group_id AND g.kind = 'one of'
             AND (other.at_ms > labels.at_ms OR (other.at_ms = labels.at_ms AND other.tag_id > labels.tag_id)))",
        [],
    )?;
    merged.lost = transaction.execute("DELETE FROM labels WHERE image_id NOT IN (SELECT id FROM images)", [])?;
    // Tags and groups whose rows are gone get stand-ins, which can be renamed; `any of` takes nothing back.
    transaction.execute_batch(
        "INSERT INTO tag_groups (name, kind, position)
         SELECT 'recovered', 'any of', 1000 WHERE EXISTS
         (SELECT 1 FROM labels WHERE tag_id NOT IN (SELECT id FROM tags))
         AND NOT EXISTS (SELECT 1 FROM tag_groups WHERE name = 'recovered');
         INSERT INTO tags (id, group_id, name, position)
         SELECT DISTINCT tag_id, (SELECT id FROM tag_groups WHERE name = 'recovered'), 'tag ' || tag_id, tag_id
         FROM labels WHERE tag_id NOT IN (SELECT id FROM tags);
         INSERT OR IGNORE INTO tag_groups (id, name, kind, position)
         SELECT DISTINCT group_id, 'group ' || group_id, 'any of', group_id
         FROM tags WHERE group_id NOT IN (SELECT id FROM tag_groups);
         UPDATE labels SET version = NULL WHERE version NOT IN (SELECT number FROM versions);
         UPDATE runs SET version = NULL WHERE version NOT IN (SELECT number FROM versions);
         DELETE FROM activations WHERE version NOT IN (SELECT number FROM versions);
         UPDATE images SET replaces = NULL WHERE replaces NOT IN (SELECT id FROM images);
         DELETE FROM files WHERE image_id NOT IN (SELECT id FROM images)
         OR root_id NOT IN (SELECT id FROM roots);
         DELETE FROM splits WHERE image_id NOT IN (SELECT id FROM images);",
    )?;
    Ok(())
}
