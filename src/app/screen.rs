//! What the window shows, apart from what the catalogue holds: filter, selection, focus, dialogs.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::dialogs::Dialog;
use super::export::ExportScreen;
use super::failures::failure_words;
use super::focus::Focus;
use super::settings::PanelWidths;
use super::train::TrainScreen;
use super::view::Shown;
use crate::catalogue::ImageId;
use crate::failure::{Cause, Failure};
use crate::workspace::{Filter, Order, Query, QueryError, Side, Workspace};

/// Width of a cell of the grid, in points.
pub const CELL_SIZES: std::ops::RangeInclusive<f32> = 110.0..=420.0;
pub const CELL_SIZE: f32 = 176.0;

/// What the window is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    #[default]
    Tag,
    Train,
    Export,
}

/// Photos that are shown alone, for a reason.
#[derive(Clone, Debug)]
pub struct Only {
    pub reason: String,
    pub images: Arc<HashSet<ImageId>>,
    /// What is to be told of some of them beside what is known.
    pub said: Arc<HashMap<ImageId, String>>,
}

impl PartialEq for Only {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.images, &other.images)
    }
}

/// What the window shows.
pub struct Screen {
    pub stage: Stage,
    pub train: TrainScreen,
    pub export: ExportScreen,
    pub only: Option<Only>,
    pub filter: Filter,
    pub order: Order,
    pub search: Search,
    /// Photos stand in sections by tag.
    pub is_grouped: bool,
    pub cell_size: f32,
    pub panels: PanelWidths,
    pub selection: BTreeSet<ImageId>,
    /// Where the keys stand, and from where Shift selects.
    pub cursor: Option<ImageId>,
    pub anchor: Option<ImageId>,
    /// Where the cursor's photo stood in the grid.
    pub cursor_position: usize,
    /// Where a rubber band began, in the grid's own space, and what was selected before.
    pub rubber_band: Option<(egui::Pos2, BTreeSet<ImageId>)>,
    /// Set when the cursor moved by key, until the grid has brought it into sight.
    pub scrolls_to_cursor: bool,
    /// Columns of the grid as last drawn, for the up and down keys.
    pub num_columns: usize,
    /// Photos of which everyday words are wanted.
    pub wants_words: Vec<ImageId>,
    /// One photo fills the window.
    pub focus: Option<Focus>,
    pub dialog: Option<Dialog>,
    pub damage: DamageFound,
    pub notice: Option<Notice>,
}

/// The query line.
#[derive(Default)]
pub struct Search {
    /// As it is typed.
    pub text: String,
    /// What it means: the last text that could be understood.
    pub query: Option<Query>,
    pub error: Option<QueryError>,
    /// The revision of tags and groups, and the text, that the query was understood by.
    pub understood_for: Option<(u64, String)>,
    /// Set until the field has taken the keys.
    pub takes_keys: bool,
    /// What is marked of what is offered; nothing at first below an empty line.
    pub marked: Option<usize>,
    /// Whether anything is offered: not any more once Escape was pressed.
    pub is_completing: bool,
}

/// Whether the catalogue turned out to be damaged while it is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DamageFound {
    #[default]
    No,
    Yes,
    /// And it was asked what to do.
    Told,
}

/// A sentence above the status bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub is_problem: bool,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            stage: Stage::default(),
            train: TrainScreen::default(),
            export: ExportScreen::default(),
            only: None,
            filter: Filter::default(),
            order: Order::default(),
            search: Search::default(),
            is_grouped: false,
            cell_size: CELL_SIZE,
            panels: PanelWidths::default(),
            selection: BTreeSet::new(),
            cursor: None,
            anchor: None,
            cursor_position: 0,
            rubber_band: None,
            scrolls_to_cursor: false,
            num_columns: 1,
            wants_words: Vec::new(),
            focus: None,
            dialog: None,
            damage: DamageFound::default(),
            notice: None,
        }
    }
}

impl Screen {
    /// The photos that an action is about: the selection, else where the cursor stands.
    pub fn chosen(&self) -> Vec<ImageId> {
        if self.selection.is_empty() || self.focus.is_some() || self.marks_wrong() {
            self.cursor.into_iter().collect()
        } else {
            self.selection.iter().copied().collect()
        }
    }

    /// With what is proposed for one tag, what is selected is what is wrong.
    pub fn marks_wrong(&self) -> bool {
        matches!(self.filter, Filter::Tag(_, Side::Proposed))
    }

    /// Shows all photos where the tag that was shown is gone.
    pub fn forget_what_is_gone(&mut self, workspace: &Workspace) {
        if let Filter::Tag(tag, _) = self.filter
            && workspace.vocabulary().tag(tag).is_none()
        {
            self.filter = Filter::All;
        }
    }

    /// Nothing is selected that cannot be seen, and the cursor stays where it was when its photo has gone.
    pub fn keep_to_what_is_shown(&mut self, workspace: &Workspace, shown: &Shown) {
        if !self.selection.is_empty() {
            let mut is_visible = vec![false; workspace.listing().images.len()];
            shown.visible.iter().for_each(|&index| is_visible[index] = true);
            self.selection.retain(|image| Shown::index_of(workspace, *image).is_some_and(|index| is_visible[index]));
        }
        let Some(cursor) = self.cursor.filter(|_| self.focus.is_none()) else { return };
        if let Some(position) = shown.position_of(workspace, cursor) {
            self.cursor_position = position;
        } else {
            let last = shown.visible.len().saturating_sub(1);
            self.cursor = shown.image_at(workspace, self.cursor_position.min(last));
            self.anchor = self.cursor;
        }
    }

    /// Makes one photo the only one selected.
    pub fn select(&mut self, image: ImageId) {
        self.selection = [image].into();
        (self.cursor, self.anchor) = (Some(image), Some(image));
    }

    /// Adds a photo to what is selected, or takes it away.
    pub fn toggle(&mut self, image: ImageId) {
        if !self.selection.remove(&image) {
            self.selection.insert(image);
        }
    }

    /// Says what was done.
    pub fn tell(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), is_problem: false });
    }

    /// Says what did not work.
    pub fn complain(&mut self, failure: &Failure) {
        tracing::warn!("{}", failure.for_log());
        self.warn(failure_words(failure));
        if failure.cause.as_deref() == Some(&Cause::DamagedCatalogue) {
            self.note_damage();
        }
    }

    fn note_damage(&mut self) {
        if self.damage == DamageFound::No {
            self.damage = DamageFound::Yes;
        }
    }

    /// Asks what is to become of a catalogue that turned out to be damaged: once, and not over what is asked already.
    pub fn ask_about_damage(&mut self, workspace: &Workspace) {
        if workspace.has_found_damage() {
            self.note_damage();
        }
        if self.damage == DamageFound::Yes
            && self.dialog.is_none()
            && let Some(damaged) = workspace.as_damaged()
        {
            self.damage = DamageFound::Told;
            self.dialog = Some(Dialog::Damaged { damaged, is_open: true });
        }
    }

    /// Says what is not as it should be.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), is_problem: true });
    }
}
