//! What the columns of a table can hold. `SQLite` takes any value into any column, and bytes for text that are none: a
//! flipped bit leaves a file that is whole to it, and that nobody can read.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::schema::columns_of_schemas;

/// A column by what it can hold.
pub(super) struct Column {
    pub name: String,
    kind: Kind,
}

/// What a column holds.
enum Kind {
    Text,
    /// From the first to the last.
    Integer(i64, i64),
    Real,
    Blob,
    /// Of a column that this Hangtag does not know: somebody else's, or a newer one's.
    Other,
}

impl Kind {
    fn of(column: &str, declared: &str) -> Self {
        match (declared, column) {
            ("TEXT", _) => Self::Text,
            // What is beyond cannot be read: these are numbers of fewer bits.
            ("INTEGER", "width" | "height") => Self::Integer(0, u32::MAX.into()),
            ("INTEGER", "colour") => Self::Integer(0, u8::MAX.into()),
            ("INTEGER", _) => Self::Integer(i64::MIN, i64::MAX),
            ("REAL", _) => Self::Real,
            ("BLOB", _) => Self::Blob,
            _ => Self::Other,
        }
    }

    /// Whether a value can be of this kind. Where there must be one, `SQLite` itself looks.
    fn fits(&self, value: ValueRef<'_>) -> bool {
        match (self, value) {
            (Self::Text | Self::Other, ValueRef::Text(text)) => std::str::from_utf8(text).is_ok(),
            (Self::Integer(first, last), ValueRef::Integer(number)) => (*first..=*last).contains(&number),
            (_, ValueRef::Null)
            | (Self::Real, ValueRef::Real(_) | ValueRef::Integer(_))
            | (Self::Blob, ValueRef::Blob(_))
            | (Self::Other, _) => true,
            _ => false,
        }
    }

    /// What is said of a value that does not fit.
    fn fault(&self) -> &'static str {
        match self {
            Self::Text | Self::Other => "text that is no text",
            Self::Integer(..) | Self::Real => "a number that is none",
            Self::Blob => "bytes that are none",
        }
    }
}

/// The columns of a table. None of a view, which could say anything, without an end.
pub(super) fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Column>> {
    let schemas = columns_of_schemas()?;
    let known = &schemas[schemas.len() - 1];
    let mut statement = connection.prepare(
        "SELECT c.name, c.type, hex(?1 || '.' || c.name) FROM pragma_table_list(?1) AS t JOIN pragma_table_info(?1) AS c
         WHERE t.schema = 'main' AND t.type = 'table' ORDER BY c.cid",
    )?;
    let columns = statement.query_map([table], |row| {
        let (name, declared, full): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let kind = if known.contains(&full) { Kind::of(&name, &declared) } else { Kind::Other };
        Ok(Column { name, kind })
    })?;
    columns.collect()
}

/// Columns as a statement lists them.
pub(super) fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", ")
}

/// A name as a statement has it, whatever a stranger's table is called.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What a row has instead of a value of one of the columns, if anything.
pub(super) fn misfit(columns: &[Column], row: &Row<'_>) -> rusqlite::Result<Option<&'static str>> {
    for (index, column) in columns.iter().enumerate() {
        if !column.kind.fits(row.get_ref(index)?) {
            return Ok(Some(column.kind.fault()));
        }
    }
    Ok(None)
}

/// The first value of a database, if any, that cannot be its column's, in words.
pub(super) fn misplaced(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut statement =
        connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    let tables = statement.query_map([], |row| row.get::<_, String>(0))?;
    for table in tables.collect::<rusqlite::Result<Vec<_>>>()? {
        let columns = columns(connection, &table)?;
        if columns.is_empty() {
            continue;
        }
        let mut statement = connection.prepare(&format!("SELECT {} FROM {}", names(&columns), quoted(&table)))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if let Some(fault) = misfit(&columns, row)? {
                return Ok(Some(format!("the table {table} has {fault}")));
            }
        }
    }
    Ok(None)
}
