//! The parts of the window, a file each. A panel draws a view and returns what the person asked for.

mod cell;
mod chips;
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

pub use filters::filters_ui;
pub use focus::focus_ui;
pub use grid::grid_ui;
pub use inspector::inspector_ui;
pub use selection_bar::selection_bar_ui;
pub use status_bar::status_bar_ui;
pub use top_bar::top_bar_ui;
pub use train::train_ui;
pub use welcome::welcome_ui;

use egui::{Frame, Margin};

use super::theme::Palette;

/// The ground of a side panel.
fn pane(palette: &Palette, margin: i8) -> Frame {
    Frame::new().fill(palette.panel).inner_margin(Margin::same(margin))
}
