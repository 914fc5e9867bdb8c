//! What can still be read of a damaged catalogue, merged into its newest backup.
//!
//! Each table is read from both ends and, where that stops at a damaged page, row by row, so that only the rows of damaged
//! pages are missing. What was read is newer than the backup and replaces its rows. A table without a fault, but perhaps
//! in its indexes, which are made anew, replaces the backup's as a whole, so that what was deleted since stays deleted; of
//! another the backup's other rows are kept, since what cannot be read cannot be told from what was deleted.

use std::collections::{BTreeMap, HashSet};

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, Transaction, params_from_iter};

use super::Result;
use super::columns::{Column, columns, misfit, names};

/// Rows of a table that are tried one by one behind the last one that is known.
const BEYOND: i64 = 10_000;

/// The fewest bytes that a row takes with its place on a page.
const MIN_ROW_BYTES: i64 = 8;

/// The tables that steps of the history are about or name, and itself: where rows of these are missing, undoing a step would
/// do something else than its reverse. The number of a photo that is lost can be given to another one.
const UNDOABLE: [&str; 7] = ["images", "tag_groups", "tags", "versions", "labels", "saved_filters", "history"];

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
    columns: Vec<Column>,
    has_rowid: bool,
    /// Rows that the damaged file has room for. Whatever its pages say, it cannot hold more, and no more are tried.
    most_rows: usize,
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
        let columns = names(&table.columns);
        let mut insert = transaction
            .prepare_cached(&format!("INSERT OR REPLACE INTO {} ({columns}) VALUES ({places})", table.name))?;
        for row in rows {
            // What no longer fits the table, such as nothing where something belongs, is damage too. A full disk is not.
            if let Err(error) = insert.execute(params_from_iter(row))
                && !is_of_the_row(&error)
            {
                return Err(error.into());
            }
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

/// Whether a row was not taken for what it is.
fn is_of_the_row(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch))
}

/// The tables of the newest schema that the damaged file has as well.
fn tables(source: &Connection, target: &Transaction<'_>) -> Result<Vec<Table>> {
    let mut statement =
        target.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    let named = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let most_rows = most_rows(source);
    let mut tables = Vec::new();
    for named in named {
        let (name, sql) = named?;
        // Where the list of tables is damaged itself, none is read.
        let known = columns(source, &name).unwrap_or_default();
        let mut columns = columns(target, &name)?;
        columns.retain(|column| known.iter().any(|known| known.name == column.name));
        if !columns.is_empty() {
            let has_rowid = !sql.to_uppercase().contains("WITHOUT ROWID");
            tables.push(Table { name, columns, has_rowid, most_rows });
        }
    }
    Ok(tables)
}

fn most_rows(source: &Connection) -> usize {
    let pragma = |name: &str| source.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap_or(0);
    let bytes = pragma("page_count").saturating_mul(pragma("page_size"));
    (bytes.max(0) / MIN_ROW_BYTES).saturating_add(BEYOND) as usize
}

impl Table {
    /// All rows that can be read, and whether those are all there are.
    fn read(&self, source: &Connection, target: &Transaction<'_>) -> Result<(Vec<Row>, bool)> {
        let mut rows = Vec::new();
        let is_read = self.scan(source, "", None, &mut rows).unwrap_or(false);
        if is_read && (is_whole(source, &self.name) || self.lacks_only_indexes(source, rows.len()).unwrap_or(false)) {
            return Ok((rows, true));
        }
        if self.has_rowid {
            self.read_backwards_and_between(source, target, &mut rows)?;
        } else {
            self.read_by_image(source, target, &mut rows)?;
        }
        Ok((rows, false))
    }

    /// Whether the table gave all its rows, and only indexes of it are damaged: one at least cannot be read, and each that
    /// can has as many rows.
    fn lacks_only_indexes(&self, source: &Connection, num_rows: usize) -> rusqlite::Result<bool> {
        let mut statement = source.prepare("SELECT name FROM pragma_index_list(?1)")?;
        let names = statement.query_map([&self.name], |row| row.get::<_, String>(0))?;
        let mut has_damaged = false;
        for name in names.collect::<rusqlite::Result<Vec<_>>>()? {
            // One more is enough to know: pages that name each other have no end.
            let count = format!(
                "SELECT COUNT(*) FROM (SELECT 1 FROM {} INDEXED BY \"{}\" LIMIT ?1)",
                self.name,
                name.replace('"', "\"\"")
            );
            match source.query_row(&count, [num_rows as i64 + 1], |row| row.get::<_, i64>(0)) {
                Ok(count) if count == num_rows as i64 => {}
                Ok(_) => return Ok(false),
                Err(_) => has_damaged = true,
            }
        }
        Ok(has_damaged)
    }

    /// Adds the rows of a clause, with the number that it asks for, until the end or a damaged page, and says whether
    /// those are all up to the end: a page that names itself among those below it has none. A row with a value that
    /// cannot be its column's is left out.
    fn scan(&self, source: &Connection, clause: &str, of: Option<i64>, rows: &mut Vec<Row>) -> rusqlite::Result<bool> {
        let select = format!("SELECT {} FROM {} {clause}", names(&self.columns), self.name);
        let mut statement = source.prepare_cached(&select)?;
        let mut found = statement.query(params_from_iter(of))?;
        let mut is_all = true;
        // Rows are read from both ends. Those that are left out count, too.
        for _ in rows.len()..2 * self.most_rows {
            let Some(row) = found.next()? else { return Ok(is_all) };
            if misfit(&self.columns, row)?.is_some() {
                is_all = false;
                continue;
            }
            rows.push((0..self.columns.len()).map(|index| row.get(index)).collect::<rusqlite::Result<_>>()?);
        }
        Ok(false)
    }

    /// The first column is the row's number; where it is not, rows are read twice, which inserting them forgives.
    fn read_backwards_and_between(
        &self,
        source: &Connection,
        target: &Transaction<'_>,
        rows: &mut Vec<Row>,
    ) -> Result<()> {
        let known: Option<i64> =
            target.query_row(&format!("SELECT MAX(rowid) FROM {}", self.name), [], |row| row.get(0))?;
        let known = known.unwrap_or(0).max(0);
        // Rows are numbered one after the other: a number far beyond is made up, and would lead away from the others.
        let greatest = known.saturating_add(self.most_rows as i64);
        let first = numbers(rows, greatest).max().unwrap_or(0);
        let from_end = rows.len();
        // How far it comes is told by what it found.
        let _ = self.scan(source, "ORDER BY rowid DESC", None, rows);
        let found: HashSet<i64> = rows.iter().filter_map(|row| rowid(row)).collect();
        let last = numbers(&rows[from_end..], greatest).min();
        let end = last.unwrap_or_else(|| known.max(first).saturating_add(BEYOND));
        let mut seen = HashSet::new();
        rows.retain(|row| rowid(row).is_none_or(|rowid| seen.insert(rowid)));
        let between = (first.saturating_add(1)..end).take(self.most_rows);
        for rowid in between.filter(|rowid| !found.contains(rowid)) {
            let _ = self.scan(source, "WHERE rowid = ?1", Some(rowid), rows);
        }
        Ok(())
    }

    /// Labels are kept in the order of their image.
    fn read_by_image(&self, source: &Connection, target: &Transaction<'_>, rows: &mut Vec<Row>) -> Result<()> {
        rows.clear();
        // Images were merged before: tables come in the order in which they were made.
        let known = images(target)?;
        let last = known.last().copied().unwrap_or(0).max(last_image(source).unwrap_or(0));
        let end = last.min(self.most_rows as i64);
        let beyond = known.into_iter().filter(|image| !(1..=end).contains(image));
        for image in (1..=end).chain(beyond) {
            let _ = self.scan(source, "WHERE image_id = ?1", Some(image), rows);
        }
        Ok(())
    }
}

/// The numbers of all images, in order.
fn images(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare("SELECT id FROM images ORDER BY id")?;
    let images = statement.query_map([], |row| row.get::<_, i64>(0))?;
    images.collect()
}

fn last_image(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT COALESCE(MAX(id), 0) FROM images", [], |row| row.get(0))
}

/// The numbers of rows, but for those that are out of reach.
fn numbers(rows: &[Row], greatest: i64) -> impl Iterator<Item = i64> {
    rows.iter().filter_map(|row| rowid(row)).filter(move |number| (1..=greatest).contains(number))
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::super::schema;
    use super::*;

    const PAGE: usize = 4096;

    /// Nothing can be counted up to here.
    const FAR: i64 = 1 << 60;

    /// Photos with a number of the usual kind, and as many with one that only damage or mischief gives.
    const PHOTOS: usize = 300;

    fn new_catalogue(mut database: Connection) -> Connection {
        schema::bring_up_to_date(&mut database).expect("it is empty");
        database
    }

    /// Both kinds of photos, each with a label, at `path`; and the bytes of the file.
    fn lay_strange(path: &Path) -> Vec<u8> {
        let database = new_catalogue(Connection::open(path).expect("a new file"));
        let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PHOTOS})");
        let rows = format!(
            "INSERT INTO tag_groups (id, name, kind, position) VALUES (1, 'pattern', 'any of', 1);
             INSERT INTO tags (id, group_id, name, position) VALUES (1, 1, 'dots', 1);
             {numbers} INSERT INTO images (id, last_path) SELECT i, printf('%0100d', i) FROM n;
             {numbers} INSERT INTO images (id, last_path) SELECT i + {FAR}, printf('%0100d', i) FROM n;
             INSERT INTO labels (image_id, tag_id, is_yes, source, at_ms) SELECT id, 1, 1, 'person', id FROM images;"
        );
        database.execute_batch(&rows).expect("rows that fit");
        drop(database);
        fs::read(path).expect("it was just written")
    }

    /// The pages right below the first page of a table.
    fn pages_of(table: &str, path: &Path, bytes: &[u8]) -> Vec<usize> {
        let database = Connection::open(path).expect("it was just written");
        let sql = "SELECT rootpage FROM sqlite_master WHERE name = ?1";
        let root = database.query_row(sql, [table], |row| row.get::<_, i64>(0)).expect("there is such a table");
        let page = &bytes[(root as usize - 1) * PAGE..root as usize * PAGE];
        let number = |at: usize, num_bytes: usize| {
            page[at..at + num_bytes].iter().fold(0_usize, |number, byte| (number << 8) | usize::from(*byte))
        };
        assert!([2, 5].contains(&page[0]), "{table} has more than one page");
        let cells = (0..number(3, 2)).map(|cell| number(number(12 + 2 * cell, 2), 4));
        cells.chain([number(8, 4)]).collect()
    }

    fn count(database: &Connection, table: &str) -> usize {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        database.query_row(&sql, [], |row| row.get::<_, i64>(0)).expect("it can be read") as usize
    }

    /// Damages each page below the first of a table in turn; what comes of merging each into a backup that holds `sql`.
    fn merged_without_each_page(table: &str, sql: &str) -> Vec<Connection> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("strange.hangtag");
        let whole = lay_strange(&path);
        let merge_without = |page: usize| {
            let mut damaged = whole.clone();
            damaged[(page - 1) * PAGE..page * PAGE].iter_mut().for_each(|byte| *byte = !*byte);
            fs::write(&path, damaged).expect("the folder can be written");
            let source = Connection::open(&path).expect("its first page is whole");
            let mut target = new_catalogue(Connection::open_in_memory().expect("there is memory"));
            target.execute_batch(sql).expect("rows that fit");
            merge(&source, &mut target).expect("what is damaged is passed over");
            target
        };
        pages_of(table, &path, &whole).into_iter().map(merge_without).collect()
    }

    #[test]
    fn numbers_that_are_out_of_reach_are_not_counted_up_to() {
        let merged = merged_without_each_page("images", "");
        assert!(merged.len() > 10, "{} pages", merged.len());
        for target in &merged {
            // A page holds some 35 of them.
            let num_saved = count(target, "images");
            assert!((2 * PHOTOS - 45..2 * PHOTOS).contains(&num_saved), "{num_saved} photos");
        }
    }

    #[test]
    fn labels_of_photos_with_such_numbers_are_found() {
        let merged = merged_without_each_page("labels", "");
        assert!(merged.len() > 2, "{} pages", merged.len());
        for target in &merged {
            assert_eq!(count(target, "images"), 2 * PHOTOS);
            // A page holds no more than 200 of them.
            let num_saved = count(target, "labels");
            assert!((2 * PHOTOS - 250..2 * PHOTOS).contains(&num_saved), "{num_saved} labels");
        }
    }

    #[test]
    fn the_last_number_there_is_can_be_in_the_backup() {
        let last = format!("INSERT INTO images (id) VALUES ({})", i64::MAX);
        for target in merged_without_each_page("images", &last) {
            let num_saved = count(&target, "images");
            assert!((2 * PHOTOS - 45..=2 * PHOTOS).contains(&num_saved), "{num_saved} photos");
        }
    }
}
