//! How a catalogue was looked at when it was closed: it is opened so again.

use serde::{Deserialize, Serialize};

use super::screen::Screen;
use crate::catalogue::ImageId;
use crate::workspace::{Filter, Order, Query, Workspace};

/// Which photos were shown, and where the cursor stood.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Look {
    filter: Filter,
    order: Order,
    query: String,
    cursor: Option<ImageId>,
}

impl Look {
    fn last(workspace: &Workspace) -> Self {
        workspace.last_look().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }
}

/// Remembers how the catalogue is looked at, where that is another way than last time.
pub fn keep(workspace: &Workspace, screen: &Screen) {
    let query = screen.search.text.clone();
    let look = Look { filter: screen.filter, order: screen.order, query, cursor: screen.cursor };
    if look == Look::last(workspace) {
        return;
    }
    match serde_json::to_string(&look) {
        Ok(text) => workspace.remember_look(&text),
        Err(error) => tracing::debug!("how the catalogue was looked at is not remembered: {error}"),
    }
}

/// Shows the catalogue as it was looked at last, as far as that still means something.
pub fn take_up(workspace: &Workspace, screen: &mut Screen) {
    let look = Look::last(workspace);
    // The screen forgets a tag that is gone by itself.
    (screen.filter, screen.order) = (look.filter, look.order);
    if Query::parse(&look.query, workspace.vocabulary()).is_ok() {
        screen.search.text = look.query;
    }
    if let Some(cursor) = look.cursor.filter(|cursor| workspace.index_of(*cursor).is_some()) {
        (screen.cursor, screen.anchor) = (Some(cursor), Some(cursor));
        screen.scrolls_to_cursor = true;
    }
}
