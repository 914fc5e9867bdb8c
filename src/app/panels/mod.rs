//! The parts of the window, a file each. A panel draws a view and returns what the person asked for.

mod cell;
mod chips;
mod export;
mod filters;
mod focus;
mod grid;
mod inspector;
mod search;
mod selection_bar;
mod status_bar;
mod top_bar;
mod train;
mod welcome;

pub use welcome::welcome_ui;

use std::ops::RangeInclusive;

use egui::{Frame, Margin, Panel, Ui};

use super::action::Action;
use super::screen::{CELL_SIZE, Screen, Stage};
use super::textures::Textures;
use super::theme::Palette;
use super::view::View;

/// Room for two columns of photos, which the panels beside them leave.
const GRID: f32 = 2.0 * CELL_SIZE + 50.0;

/// How wide the panels beside the photos may be.
const FILTERS: RangeInclusive<f32> = 170.0..=360.0;
const INSPECTOR: RangeInclusive<f32> = 240.0..=620.0;

/// A narrower window has no room for a photo large beside the others: in focus mode it is shown in their place.
const WITH_INSPECTOR: f32 = 860.0;

/// A still narrower one has none for the filters: the query line knows them, too.
const WITH_FILTERS: f32 = 700.0;

/// Draws the bars and the stage between them, of a catalogue that is open.
pub fn panels_ui(ui: &mut Ui, view: &View<'_>, screen: &mut Screen, textures: &mut Textures) -> Option<Action> {
    let mut action = top_bar::top_bar_ui(ui, view, screen);
    action = action.or(status_bar::status_bar_ui(ui, view, screen));
    match screen.stage {
        Stage::Train => action.or(train::train_ui(ui, view, screen, textures)),
        Stage::Export => action.or(export::export_ui(ui, view, screen)),
        Stage::Tag if screen.focus.is_some() => action.or(focus::focus_ui(ui, view, screen, textures)),
        Stage::Tag => {
            action = action.or(filters::filters_ui(ui, view, screen));
            action = action.or(inspector::inspector_ui(ui, view, screen, textures));
            action = action.or(grid::grid_ui(ui, view, screen, textures));
            action.or(selection_bar::selection_bar_ui(ui.ctx(), view, screen))
        }
    }
}

/// The width that a panel was left at, where there is room for it.
fn fitting(width: f32, room: f32) -> Option<f32> {
    // Widths are rounded to pixels.
    (width <= room + 1.0).then_some(width)
}

/// A panel beside the photos, as wide as it was left. Where there is no room for that it fills the room: as a panel of
/// another name, so that it is as wide as before once there is.
fn beside(panel: Panel, width: Option<f32>, sizes: &RangeInclusive<f32>, room: f32) -> Panel {
    match width {
        Some(width) => panel.default_size(width).size_range(*sizes.start()..=sizes.end().min(room)),
        None => panel.exact_size(room).resizable(false),
    }
}

/// The ground of a side panel.
fn pane(palette: &Palette, margin: i8) -> Frame {
    Frame::new().fill(palette.panel).inner_margin(Margin::same(margin))
}
