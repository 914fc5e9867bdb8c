//! Queries that a person gave a name.

use serde::{Deserialize, Serialize};

use super::edit::Change;
use super::{Catalogue, Result};

/// A query with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedFilter {
    pub id: i64,
    pub name: String,
    /// As it was typed: what it means depends on the tags there are.
    pub query: String,
}

/// Brings a list of filters, sorted by name, up to date with a change.
pub fn follow_filters(filters: &mut Vec<SavedFilter>, change: &Change) {
    if let Change::Filter { before, after } = change {
        filters.retain(|filter| before.as_ref().is_none_or(|before| before.id != filter.id));
        filters.extend(after.clone());
        filters.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

impl Catalogue {
    /// All saved filters, by name.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn saved_filters(&self) -> Result<Vec<SavedFilter>> {
        let mut statement =
            self.connection.prepare_cached("SELECT id, name, query FROM saved_filters ORDER BY name")?;
        let rows = statement
            .query_map([], |row| Ok(SavedFilter { id: row.get(0)?, name: row.get(1)?, query: row.get(2)? }))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
