//! Small things that panels are made of.

mod answer;
mod bar;
mod buttons;
mod chip;

pub use answer::{AnswerRow, answer_ui};
pub use bar::bar_ui;
pub use buttons::{
    icon_button_ui, key_hint_ui, link_ui, plain_button_ui, plain_button_width, primary_button_ui, row_ui,
};
pub use chip::{ChipClick, ChipKind, chip_ui, chip_width};

/// The part of a picture that fills a square: its middle.
pub fn square_part(size: egui::Vec2) -> egui::Rect {
    let part = egui::vec2(size.min_elem() / size.x.max(1.0), size.min_elem() / size.y.max(1.0));
    egui::Rect::from_center_size(egui::pos2(0.5, 0.5), part)
}
