//! The backups of the catalogue, to go back to one.

use std::time::Duration;

use egui::{Label, RichText, Ui};

use super::super::action::Action;
use super::super::names::moment;
use super::super::view::View;
use super::super::widgets::{plain_button_ui, primary_button_ui};
use super::super::words::say;
use super::{list_area, title_ui};
use crate::catalogue::Backup;
use crate::workspace::{BackupCounts, Mending};

/// The backups there are, newest first, and the one that was chosen.
pub struct RestoreDialog {
    backups: Vec<Backup>,
    /// As they are listed: asking each file for its time is nothing for every frame.
    names: Vec<String>,
    counts: BackupCounts,
    chosen: Option<usize>,
}

impl RestoreDialog {
    pub fn new(backups: Vec<Backup>) -> Self {
        let name = |backup: &Backup| {
            let date = backup.made_at().map_or_else(|| backup.date.to_string(), moment);
            say!("restore-backup", number = backup.number, date = date)
        };
        let names = backups.iter().map(name).collect();
        Self { counts: BackupCounts::count(backups.clone()), names, backups, chosen: None }
    }
}

/// Offers the backups, and goes back to one after asking.
pub fn restore_ui(ui: &mut Ui, view: &View<'_>, dialog: &mut RestoreDialog) -> Option<Action> {
    title_ui(ui, say!("restore"));
    match dialog.chosen {
        Some(chosen) => confirm_ui(ui, view, dialog, chosen),
        None => list_ui(ui, view, dialog),
    }
}

fn list_ui(ui: &mut Ui, view: &View<'_>, dialog: &mut RestoreDialog) -> Option<Action> {
    let palette = view.palette;
    ui.label(RichText::new(say!("restore-what")).color(palette.dim));
    list_area(ui).show(ui, |ui| {
        for (place, name) in dialog.names.iter().enumerate() {
            ui.horizontal(|ui| {
                if plain_button_ui(ui, palette, name, None).clicked() {
                    dialog.chosen = Some(place);
                }
                if let Some((labels, tags)) = dialog.counts.of(place) {
                    let holds = say!("restore-holds", labels = labels, tags = tags);
                    ui.label(RichText::new(holds).size(12.0).color(palette.dim));
                }
            });
        }
    });
    if dialog.counts.is_counting() {
        ui.ctx().request_repaint_after(Duration::from_millis(100));
    }
    if let Some(folder) = dialog.backups.first().and_then(|newest| newest.path.parent()) {
        let place = say!("restore-where", folder = folder.display().to_string());
        ui.add(Label::new(RichText::new(place).size(12.0).color(palette.dim)).wrap());
    } else {
        ui.label(say!("restore-nothing"));
    }
    plain_button_ui(ui, palette, say!("close"), Some("Esc")).clicked().then_some(Action::CloseDialog)
}

fn confirm_ui(ui: &mut Ui, view: &View<'_>, dialog: &mut RestoreDialog, chosen: usize) -> Option<Action> {
    let backup = dialog.backups.get(chosen)?;
    ui.label(say!("restore-ask", backup = &dialog.names[chosen]));
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        if primary_button_ui(ui, view.palette, say!("restore-do"), None).clicked() {
            let catalogue = view.workspace.path()?.to_owned();
            return Some(Action::Mend { catalogue, mending: Mending::Restore(Some(backup.number)) });
        }
        if plain_button_ui(ui, view.palette, say!("back"), None).clicked() {
            dialog.chosen = None;
        }
        None
    })
    .inner
}
