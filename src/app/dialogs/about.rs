//! What the program is, and who made its parts under which licences.

use std::sync::LazyLock;

use egui::{RichText, TextStyle, TextWrapMode, Ui};

use super::super::action::Action;
use super::super::theme::Palette;
use super::super::widgets::plain_button_ui;
use super::super::words::say;
use super::{list_area, title_ui};

/// The licences, which have to travel with the program, line by line: laid out as a whole they would take a second.
static NOTICE: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("../../../assets/NOTICE.txt").lines().flat_map(wrapped).collect());

/// Characters that the dialog has room for in a line.
const MAX_CHARS: usize = 80;

/// Shows version and licences.
pub fn about_ui(ui: &mut Ui, palette: &Palette) -> Option<Action> {
    title_ui(ui, say!("key-about"));
    ui.label(say!("about-version", version = env!("CARGO_PKG_VERSION")));
    ui.label(RichText::new(say!("about-licences")).color(palette.dim));
    let row_height = ui.text_style_height(&TextStyle::Monospace);
    list_area(ui).auto_shrink([false, true]).show_rows(ui, row_height, NOTICE.len(), |ui, rows| {
        // Each is one row high.
        ui.style_mut().wrap_mode = Some(TextWrapMode::Extend);
        for line in &NOTICE[rows] {
            ui.monospace(*line);
        }
    });
    plain_button_ui(ui, palette, say!("close"), Some("Esc")).clicked().then_some(Action::CloseDialog)
}

/// A line in pieces that there is room for, cut between words where it has any.
fn wrapped(line: &'static str) -> Vec<&'static str> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some((end, _)) = rest.char_indices().nth(MAX_CHARS) {
        let cut = rest[..end].rfind(' ').filter(|cut| *cut > 0).unwrap_or(end);
        pieces.push(&rest[..cut]);
        rest = rest[cut..].trim_start();
    }
    pieces.push(rest);
    pieces
}
