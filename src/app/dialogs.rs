//! What is asked over the window: a tag by name; and the list of keys.

use egui::{ComboBox, Context, Grid, Id, Key, Modal, RichText, ScrollArea, TextEdit, Ui};

use super::action::{Action, GroupChoice};
use super::keys::BINDINGS;
use super::names::group_caption;
use super::screen::{Dialog, Screen, TagDialog};
use super::theme::{Palette, semibold};
use super::view::View;
use super::widgets::{key_hint_ui, plain_button_ui, primary_button_ui, row_ui};
use super::words::say;
use crate::catalogue::GroupKind;

/// Known tags that are listed below the field.
const MAX_MATCHES: usize = 8;

/// Draws the dialog that is open.
pub fn dialog_ui(context: &Context, view: &View<'_>, screen: &mut Screen) -> Option<Action> {
    let dialog = screen.dialog.as_mut()?;
    let frame = egui::Frame::window(&context.global_style()).inner_margin(egui::Margin::same(20));
    let modal = Modal::new(Id::unique("dialog")).frame(frame).show(context, |ui| {
        ui.set_width(380.0);
        match dialog {
            Dialog::Tag(dialog) => tag_ui(ui, view, dialog),
            Dialog::Keys => keys_ui(ui, view.palette),
        }
    });
    let closes = modal.should_close();
    modal.inner.or(closes.then_some(Action::CloseDialog))
}

fn tag_ui(ui: &mut Ui, view: &View<'_>, dialog: &mut TagDialog) -> Option<Action> {
    let palette = view.palette;
    let title = match dialog.images.len() {
        0 => say!("tag-new").to_owned(),
        1 => say!("tag-set").to_owned(),
        count => say!("tag-set-many", count = count),
    };
    ui.label(RichText::new(title).font(semibold(16.0)));
    let field = TextEdit::singleline(&mut dialog.name).hint_text(say!("tag-name-hint")).desired_width(f32::INFINITY);
    let response = ui.add(field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, say!("tag-name")));
    if std::mem::take(&mut dialog.is_fresh) {
        response.request_focus();
    }
    let is_entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let mut action = None;
    let name = dialog.name.trim().to_owned();
    let lower = name.to_lowercase();
    let vocabulary = view.workspace.vocabulary();
    let matches: Vec<_> = vocabulary
        .tags
        .iter()
        .filter(|tag| !dialog.images.is_empty() && tag.name.to_lowercase().contains(&lower))
        .take(MAX_MATCHES)
        .collect();
    let exact = vocabulary.tags.iter().find(|tag| tag.name.to_lowercase() == lower);
    for tag in &matches {
        let group = vocabulary.group(tag.group).map_or("", |group| group.name.as_str());
        if row_ui(ui, palette, None, &tag.name, group, false).clicked() {
            let images = dialog.images.clone();
            action =
                Some(Action::AnswerByName { images, group: GroupChoice::Known(tag.group), name: tag.name.clone() });
        }
    }
    if exact.is_none() {
        group_ui(ui, view, dialog);
    }
    ui.horizontal(|ui| {
        let verb = if dialog.images.is_empty() || exact.is_none() { say!("tag-make") } else { say!("tag-set-known") };
        let is_ready =
            !name.is_empty() && !matches!(&dialog.group, GroupChoice::New(..) if dialog.new_group.trim().is_empty());
        let pressed =
            ui.add_enabled_ui(is_ready, |ui| primary_button_ui(ui, palette, verb, Some("Enter")).clicked()).inner;
        if is_ready && (pressed || is_entered) {
            let images = dialog.images.clone();
            let (group, name) = match exact {
                Some(tag) => (GroupChoice::Known(tag.group), tag.name.clone()),
                None => (chosen_group(dialog), name),
            };
            action = Some(Action::AnswerByName { images, group, name });
        }
        if plain_button_ui(ui, palette, say!("cancel"), Some("Esc")).clicked() {
            action = Some(Action::CloseDialog);
        }
    });
    action
}

/// Which group a tag that is not there yet goes into.
fn group_ui(ui: &mut Ui, view: &View<'_>, dialog: &mut TagDialog) {
    let palette = view.palette;
    let groups = &view.workspace.vocabulary().groups;
    let shown = match &dialog.group {
        GroupChoice::First => groups.first().map_or("category".to_owned(), |group| group.name.clone()),
        GroupChoice::Known(id) => view.workspace.vocabulary().group(*id).map_or(String::new(), |g| g.name.clone()),
        GroupChoice::New(..) => say!("group-new").to_owned(),
    };
    ui.horizontal(|ui| {
        ui.label(RichText::new(say!("group-in")).color(palette.dim));
        let combo = ComboBox::from_id_salt("group").selected_text(shown).show_ui(ui, |ui| {
            for group in groups {
                let choice = GroupChoice::Known(group.id);
                ui.selectable_value(&mut dialog.group, choice, group_caption(&group.name, group.kind));
            }
            let new = GroupChoice::New(String::new(), GroupKind::OneOf);
            ui.selectable_value(&mut dialog.group, new, say!("group-new"));
        });
        combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, say!("group")));
    });
    if matches!(dialog.group, GroupChoice::New(..)) {
        let hint = say!("group-name-hint");
        let field = TextEdit::singleline(&mut dialog.new_group).hint_text(hint).desired_width(f32::INFINITY);
        let response = ui.add(field);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, say!("group-name")));
        ui.radio_value(&mut dialog.is_new_group_any_of, false, say!("group-one-of"));
        ui.radio_value(&mut dialog.is_new_group_any_of, true, say!("group-any-of"));
    }
}

fn chosen_group(dialog: &TagDialog) -> GroupChoice {
    match &dialog.group {
        GroupChoice::New(..) => {
            let kind = if dialog.is_new_group_any_of { GroupKind::AnyOf } else { GroupKind::OneOf };
            GroupChoice::New(dialog.new_group.trim().to_owned(), kind)
        }
        known => known.clone(),
    }
}

fn keys_ui(ui: &mut Ui, palette: &Palette) -> Option<Action> {
    ui.label(RichText::new(say!("keys")).font(semibold(16.0)));
    let height = (ui.ctx().content_rect().height() - 160.0).max(120.0);
    ScrollArea::vertical().max_height(height).show(ui, |ui| {
        ui.spacing_mut().interact_size.y = 20.0;
        keys_table_ui(ui, palette);
    });
    let is_closed = plain_button_ui(ui, palette, say!("close"), Some("Esc")).clicked();
    is_closed.then_some(Action::CloseDialog)
}

fn keys_table_ui(ui: &mut Ui, palette: &Palette) {
    Grid::new("keys").num_columns(2).spacing([16.0, 5.0]).show(ui, |ui| {
        for binding in BINDINGS.iter().filter(|binding| !binding.words.is_empty()) {
            key_hint_ui(ui, palette, &ui.ctx().format_shortcut(&binding.shortcut));
            ui.label(say!(binding.words));
            ui.end_row();
        }
        for (key, words) in [
            ("1 … 9", say!("key-digits")),
            (say!("key-arrows-name"), say!("key-arrows")),
            (say!("key-click-name"), say!("key-click")),
        ] {
            key_hint_ui(ui, palette, key);
            ui.label(words);
            ui.end_row();
        }
    });
}
