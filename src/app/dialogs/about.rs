//! What the program is, and who made its parts under which licences.

use std::sync::LazyLock;

use egui::{RichText, ScrollArea, TextStyle, TextWrapMode, Ui};

use super::super::action::Action;
use super::super::theme::Palette;
use super::super::widgets::plain_button_ui;
use super::super::words::say;
use super::{list_height, title_ui};

/// The licences, which have to travel with the program, line by line: laid out as a whole they would take a second.
static NOTICE: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("../../../assets/NOTICE.txt").lines().collect());

/// Shows version and licences.
pub fn about_ui(ui: &mut Ui, palette: &Palette) -> Option<Action> {
    title_ui(ui, say!("key-about"));
    ui.label(say!("about-version", version = env!("CARGO_PKG_VERSION")));
    ui.label(RichText::new(say!("about-licences")).color(palette.dim));
    let row_height = ui.text_style_height(&TextStyle::Monospace);
    ScrollArea::both().max_height(list_height(ui)).auto_shrink([false, true]).show_rows(
        ui,
        row_height,
        NOTICE.len(),
        |ui, rows| {
            ui.style_mut().wrap_mode = Some(TextWrapMode::Extend);
            for line in &NOTICE[rows] {
                ui.monospace(*line);
            }
        },
    );
    plain_button_ui(ui, palette, say!("close"), Some("Esc")).clicked().then_some(Action::CloseDialog)
}
