//! What the window shows, apart from what the catalogue holds: filter, selection, dialogs.

use std::collections::BTreeSet;

use super::action::GroupChoice;
use crate::catalogue::ImageId;
use crate::workspace::{Filter, Order};

/// The state of the Tag screen.
#[derive(Default)]
pub struct Screen {
    pub filter: Filter,
    pub order: Order,
    pub search: String,
    pub selection: BTreeSet<ImageId>,
    /// Where the keys stand, and from where Shift selects.
    pub cursor: Option<ImageId>,
    pub anchor: Option<ImageId>,
    /// Set when the cursor moved by key, until the grid has brought it into sight.
    pub scrolls_to_cursor: bool,
    /// Set until the search field has taken the keys.
    pub focuses_search: bool,
    /// Columns of the grid as last drawn, for the up and down keys.
    pub num_columns: usize,
    /// Photos of which everyday words are wanted.
    pub wants_words: Vec<ImageId>,
    pub dialog: Option<Dialog>,
    pub notice: Option<Notice>,
}

/// What lies over the window.
pub enum Dialog {
    Tag(TagDialog),
    Keys,
}

/// Asking for a tag by name.
pub struct TagDialog {
    /// Photos to set it on; none to make the tag only.
    pub images: Vec<ImageId>,
    pub name: String,
    pub group: GroupChoice,
    pub new_group: String,
    pub is_new_group_any_of: bool,
    pub is_fresh: bool,
}

/// A sentence above the status bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub is_problem: bool,
}

impl Notice {
    /// What was done.
    pub fn done(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_problem: false }
    }

    /// What did not work.
    pub fn problem(text: impl std::fmt::Display) -> Self {
        Self { text: text.to_string(), is_problem: true }
    }
}

impl TagDialog {
    /// Asks for a tag for these photos.
    pub fn new(images: Vec<ImageId>) -> Self {
        Self {
            images,
            name: String::new(),
            group: GroupChoice::First,
            new_group: String::new(),
            is_new_group_any_of: false,
            is_fresh: true,
        }
    }
}
