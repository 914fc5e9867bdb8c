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

pub use export::export_ui;
pub use filters::filters_ui;
pub use focus::focus_ui;
pub use grid::grid_ui;
pub use inspector::inspector_ui;
pub use selection_bar::selection_bar_ui;
pub use status_bar::status_bar_ui;
pub use top_bar::top_bar_ui;
pub use train::train_ui;
pub use welcome::welcome_ui;

use std::ops::RangeInclusive;

use egui::{Frame, Margin, Panel};

use super::screen::CELL_SIZE;
use super::theme::Palette;

/// Room for two columns of photos, which the panels beside them leave.
const GRID: f32 = 2.0 * CELL_SIZE + 50.0;

/// How wide the panels beside the photos may be.
const FILTERS: RangeInclusive<f32> = 170.0..=360.0;
const INSPECTOR: RangeInclusive<f32> = 240.0..=620.0;

/// A narrower window has no room for a photo large beside the others: in focus mode it is shown in their place.
const WITH_INSPECTOR: f32 = 860.0;

/// A still narrower one has none for the filters: the query line knows them, too.
const WITH_FILTERS: f32 = 700.0;

/// Whether there is room for the width that a panel was left at.
fn fits(width: f32, room: f32) -> bool {
    // Widths are rounded to pixels.
    width <= room + 1.0
}

/// A panel beside the photos, as wide as it was left. Where there is no room for that it fills the room: as a panel of
/// another name, so that it is as wide as before once there is.
fn beside(panel: Panel, width: f32, sizes: &RangeInclusive<f32>, room: f32) -> Panel {
    if fits(width, room) {
        panel.default_size(width).size_range(*sizes.start()..=sizes.end().min(room))
    } else {
        panel.exact_size(room).resizable(false)
    }
}

/// The ground of a side panel.
fn pane(palette: &Palette, margin: i8) -> Frame {
    Frame::new().fill(palette.panel).inner_margin(Margin::same(margin))
}
