//! Small things that panels are made of.

mod answer;
mod bar;
mod buttons;
mod card;
mod chip;
mod folder;
mod segments;

pub use answer::{AnswerRow, answer_ui};
pub use bar::bar_ui;
pub use buttons::{
    ROW_INSET, checkbox_ui, icon_button_ui, key_hint_ui, link_ui, one_line, plain_button_ui, plain_button_width,
    primary_button_ui, row_ui,
};
pub use card::card_ui;
pub use chip::{ChipClick, ChipKind, chip_ui, chip_width};
pub use folder::open_folder;
pub use segments::segments_ui;
