//! A name for the query that is typed.

use egui::{Key, Ui};

use super::super::action::Action;
use super::super::theme::Palette;
use super::super::widgets::{plain_button_ui, primary_button_ui};
use super::super::words::say;
use super::{field_ui, title_ui};

/// Asks for the name.
pub fn save_filter_ui(ui: &mut Ui, palette: &Palette, query: &str, name: &mut String) -> Option<Action> {
    title_ui(ui, say!("save-filter"));
    if query.trim().is_empty() {
        ui.label(say!("save-filter-empty"));
        return plain_button_ui(ui, palette, say!("close"), Some("Esc")).clicked().then_some(Action::CloseDialog);
    }
    ui.label(egui::RichText::new(query).color(palette.dim));
    let response = field_ui(ui, name, say!("save-filter-name"));
    if name.is_empty() && !response.has_focus() {
        response.request_focus();
    }
    let is_entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    ui.horizontal(|ui| {
        let is_ready = !name.trim().is_empty();
        let save =
            ui.add_enabled_ui(is_ready, |ui| primary_button_ui(ui, palette, say!("save"), Some("Enter")).clicked());
        if is_ready && (save.inner || is_entered) {
            return Some(Action::SaveFilter { name: name.trim().to_owned(), query: query.to_owned() });
        }
        plain_button_ui(ui, palette, say!("cancel"), Some("Esc")).clicked().then_some(Action::CloseDialog)
    })
    .inner
}
