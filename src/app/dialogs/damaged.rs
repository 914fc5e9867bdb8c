//! A damaged catalogue: repairing it, going back to its newest backup, or leaving it as it is.

use egui::{Label, RichText, Ui};

use super::super::action::Action;
use super::super::theme::Palette;
use super::super::widgets::{plain_button_ui, primary_button_ui};
use super::super::words::say;
use super::title_ui;
use crate::catalogue::data_folder;
use crate::workspace::{Damaged, Mending};

/// Asks. It may come up while somebody answers photos by key, so that Enter is no answer to it.
pub fn damaged_ui(ui: &mut Ui, palette: &Palette, damaged: &Damaged, is_open: bool) -> Option<Action> {
    title_ui(ui, if damaged.is_gone { say!("damaged-gone") } else { say!("damaged") });
    ui.add_space(4.0);
    if damaged.is_gone {
        ui.label(say!("damaged-gone-why", folder = data_folder(&damaged.catalogue).display().to_string()));
    } else {
        ui.label(if is_open { say!("damaged-open") } else { say!("damaged-closed") });
    }
    ui.add_space(8.0);
    let mend = |mending| Some(Action::Mend { catalogue: damaged.catalogue.clone(), mending });
    let what_ui = |ui: &mut Ui, what: &str| {
        ui.add(Label::new(RichText::new(what).size(12.0).color(palette.dim)).wrap());
        ui.add_space(6.0);
    };
    let mut action = None;
    if !damaged.is_gone {
        if primary_button_ui(ui, palette, say!("repair"), None).clicked() {
            action = mend(Mending::Repair);
        }
        what_ui(ui, say!("repair-what"));
    }
    if let Some(newest) = &damaged.newest {
        let name = say!("damaged-back", date = newest.date.to_string());
        let button_ui = if damaged.is_gone { primary_button_ui } else { plain_button_ui };
        if button_ui(ui, palette, &name, None).clicked() {
            action = mend(Mending::Restore(None));
        }
        what_ui(ui, if damaged.is_gone { say!("damaged-gone-back-what") } else { say!("damaged-back-what") });
    }
    if plain_button_ui(ui, palette, say!("damaged-leave"), Some("Esc")).clicked() {
        action = Some(Action::CloseDialog);
    }
    action
}
