//! The saved filters: another name for one, or its end.

use egui::{Key, RichText, TextEdit, Ui, WidgetInfo};

use super::super::action::Action;
use super::super::icons;
use super::super::view::View;
use super::super::widgets::{icon_button_ui, plain_button_ui};
use super::super::words::say;
use super::{list_area, title_ui};
use crate::catalogue::{MAX_NAME_CHARS, SavedFilter};

/// The names as they are typed, by the filter's number.
#[derive(Default)]
pub struct SavedFiltersDialog {
    names: Vec<(i64, String)>,
}

/// Lists the filters, each with its name to type over.
pub fn saved_filters_ui(ui: &mut Ui, view: &View<'_>, dialog: &mut SavedFiltersDialog) -> Option<Action> {
    title_ui(ui, say!("filters-saved"));
    let filters = view.workspace.saved_filters();
    let mut action = None;
    if filters.is_empty() {
        ui.label(RichText::new(say!("saved-filters-none")).color(view.palette.dim));
    }
    list_area(ui).auto_shrink([false, true]).show(ui, |ui| {
        for filter in filters {
            ui.push_id(filter.id, |ui| action = filter_ui(ui, view, filter, dialog).or(action.take()));
        }
    });
    let close = plain_button_ui(ui, view.palette, say!("close"), Some("Esc")).clicked();
    action.or(close.then_some(Action::CloseDialog))
}

fn filter_ui(ui: &mut Ui, view: &View<'_>, filter: &SavedFilter, dialog: &mut SavedFiltersDialog) -> Option<Action> {
    let palette = view.palette;
    let position = dialog.names.iter().position(|(id, _)| *id == filter.id).unwrap_or_else(|| {
        dialog.names.push((filter.id, filter.name.clone()));
        dialog.names.len() - 1
    });
    let typed = &mut dialog.names[position].1;
    let mut action = None;
    ui.horizontal(|ui| {
        let field = ui.add(TextEdit::singleline(typed).char_limit(MAX_NAME_CHARS).desired_width(220.0));
        field.widget_info(|| {
            WidgetInfo::labeled(egui::Role::TextInput, true, say!("saved-filter-name", name = &filter.name))
        });
        let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let name = typed.trim();
        let is_taken = view.workspace.saved_filters().iter().any(|other| other.id != filter.id && other.name == name);
        let is_ready = !name.is_empty() && name != filter.name && !is_taken;
        let rename = |ui: &mut Ui| plain_button_ui(ui, palette, say!("edit-rename"), None).clicked();
        if ui.add_enabled_ui(is_ready, rename).inner || (is_entered && is_ready) {
            action = Some(Action::RenameFilter(filter.id, name.to_owned()));
        }
        let delete = say!("saved-filter-delete", name = &filter.name);
        if icon_button_ui(ui, palette, icons::TRASH, &delete, &delete).clicked() {
            action = Some(Action::DeleteFilter(filter.id));
        }
        if is_taken {
            ui.label(RichText::new(say!("cause-taken-name", name = name)).color(palette.unsure));
        }
    });
    ui.add(egui::Label::new(RichText::new(&filter.query).size(12.0).color(palette.dim)).truncate());
    ui.add_space(4.0);
    action
}
