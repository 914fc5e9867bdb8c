//! A question before something is done to many photos, or to a catalogue.

use egui::{Key, Modifiers, Ui};

use super::super::action::Action;
use super::super::theme::Palette;
use super::super::widgets::{plain_button_ui, primary_button_ui};
use super::super::words::say;

/// Asks; Enter is yes.
pub fn confirm_ui(ui: &mut Ui, palette: &Palette, text: &str, yes: &str, action: &Action) -> Option<Action> {
    ui.label(text);
    ui.add_space(8.0);
    let enter = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
    ui.horizontal(|ui| {
        if primary_button_ui(ui, palette, yes, Some("Enter")).clicked() || enter {
            return Some(action.clone());
        }
        plain_button_ui(ui, palette, say!("cancel"), Some("Esc")).clicked().then_some(Action::CloseDialog)
    })
    .inner
}
