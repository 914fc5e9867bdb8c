//! All keys, as a table.

use egui::{Grid, Ui};

use super::super::action::Action;
use super::super::command::{COMMANDS, key_text};
use super::super::theme::Palette;
use super::super::widgets::{key_hint_ui, plain_button_ui};
use super::super::words::say;
use super::{list_area, title_ui};

/// Lists the keys.
pub fn keys_ui(ui: &mut Ui, palette: &Palette) -> Option<Action> {
    title_ui(ui, say!("keys"));
    list_area(ui).show(ui, |ui| {
        ui.spacing_mut().interact_size.y = 20.0;
        Grid::new("keys").num_columns(2).spacing([16.0, 5.0]).show(ui, |ui| {
            for command in COMMANDS.iter().filter(|command| !command.shortcuts.is_empty()) {
                let keys: Vec<String> =
                    command.shortcuts.iter().take(2).map(|shortcut| key_text(ui.ctx(), *shortcut)).collect();
                key_hint_ui(ui, palette, &keys.join("  "));
                ui.label(say!(command.words));
                ui.end_row();
            }
            for (key, words) in [
                ("1 … 9", say!("key-digits")),
                (say!("key-arrows-name"), say!("key-arrows")),
                (say!("key-click-name"), say!("key-click")),
                (say!("key-wheel-name"), say!("key-wheel")),
            ] {
                key_hint_ui(ui, palette, key);
                ui.label(words);
                ui.end_row();
            }
        });
    });
    plain_button_ui(ui, palette, say!("close"), Some("Esc")).clicked().then_some(Action::CloseDialog)
}
