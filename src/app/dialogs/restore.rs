//! The backups of the catalogue, to go back to one.

use egui::{Label, RichText, ScrollArea, Ui};

use super::super::action::Action;
use super::super::view::View;
use super::super::widgets::plain_button_ui;
use super::super::words::say;
use super::{list_height, title_ui};
use crate::catalogue::Backup;
use crate::workspace::Mending;

/// Offers the backups, newest first. What is there now becomes a backup itself, so that nothing has to be asked twice.
pub fn restore_ui(ui: &mut Ui, view: &View<'_>, backups: &[Backup]) -> Option<Action> {
    let palette = view.palette;
    title_ui(ui, say!("restore"));
    ui.label(RichText::new(say!("restore-what")).color(palette.dim));
    let mut action = None;
    ScrollArea::vertical().max_height(list_height(ui)).show(ui, |ui| {
        for backup in backups {
            let name = say!("restore-backup", number = backup.number, date = backup.date.to_string());
            if plain_button_ui(ui, palette, &name, None).clicked()
                && let Some(catalogue) = view.workspace.path()
            {
                let mending = Mending::Restore(Some(backup.number));
                action = Some(Action::Mend { catalogue: catalogue.to_owned(), mending });
            }
        }
    });
    if let Some(folder) = backups.first().and_then(|newest| newest.path.parent()) {
        let place = say!("restore-where", folder = folder.display().to_string());
        ui.add(Label::new(RichText::new(place).size(12.0).color(palette.dim)).wrap());
    } else {
        ui.label(say!("restore-nothing"));
    }
    let close = plain_button_ui(ui, palette, say!("close"), Some("Esc")).clicked();
    action.or(close.then_some(Action::CloseDialog))
}
