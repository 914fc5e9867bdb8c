//! A tag by name: for the photos at hand, or just to have it.

use egui::{ComboBox, Key, Modifiers, Response, RichText, TextEdit, Ui};

use super::super::action::{Action, GroupChoice};
use super::super::names::group_caption;
use super::super::theme::semibold;
use super::super::view::View;
use super::super::widgets::{plain_button_ui, primary_button_ui, row_ui};
use super::super::words::say;
use crate::catalogue::{GroupKind, ImageId, MAX_NAME_CHARS};

/// Known tags that are listed below the field.
const MAX_MATCHES: usize = 8;

/// Asking for a tag by name.
pub struct TagDialog {
    /// Photos to set it on; none to make the tag only.
    pub images: Vec<ImageId>,
    pub name: String,
    pub group: GroupChoice,
    pub new_group: String,
    pub is_new_group_any_of: bool,
    pub is_fresh: bool,
    /// Set until the new group's field has taken the keys.
    is_group_fresh: bool,
    /// Which of the known tags the arrows have marked.
    marked: Option<usize>,
}

impl TagDialog {
    /// Asks for a tag for these photos.
    pub fn new(images: Vec<ImageId>) -> Self {
        Self {
            images,
            name: String::new(),
            group: GroupChoice::First,
            new_group: String::new(),
            is_new_group_any_of: false,
            is_fresh: true,
            is_group_fresh: false,
            marked: None,
        }
    }
}

/// Asks for a tag; known ones are offered as they are typed.
pub fn tag_ui(ui: &mut Ui, view: &View<'_>, dialog: &mut TagDialog) -> Option<Action> {
    let palette = view.palette;
    let title = match dialog.images.len() {
        0 => say!("tag-new").to_owned(),
        1 => say!("tag-set").to_owned(),
        count => say!("tag-set-many", count = count),
    };
    ui.label(RichText::new(title).font(semibold(16.0)));
    // Before the field takes them.
    let (up, down) = ui.input_mut(|input| {
        (input.consume_key(Modifiers::NONE, Key::ArrowUp), input.consume_key(Modifiers::NONE, Key::ArrowDown))
    });
    let field = TextEdit::singleline(&mut dialog.name).hint_text(say!("tag-name-hint")).desired_width(f32::INFINITY);
    let response = ui.add(field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, say!("tag-name")));
    if std::mem::take(&mut dialog.is_fresh) {
        response.request_focus();
    }
    if response.changed() {
        dialog.marked = None;
    }
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
    dialog.marked = match (dialog.marked, matches.len()) {
        (_, 0) => None,
        (None, _) if !down => None,
        (None, _) => Some(0),
        (Some(marked), count) => {
            marked.checked_add_signed(isize::from(down) - isize::from(up)).map(|m| m.min(count - 1))
        }
    };
    let marked = dialog.marked.and_then(|marked| matches.get(marked)).copied();
    let exact = marked.or_else(|| vocabulary.tags.iter().find(|tag| tag.name.to_lowercase() == lower));
    for tag in &matches {
        let group = vocabulary.group(tag.group).map_or("", |group| group.name.as_str());
        let is_marked = marked.is_some_and(|marked| marked.id == tag.id);
        if row_ui(ui, palette, None, &tag.name, group, is_marked).clicked() {
            let images = dialog.images.clone();
            action =
                Some(Action::AnswerByName { images, group: GroupChoice::Known(tag.group), name: tag.name.clone() });
        }
    }
    let is_too_long = name.chars().count() > MAX_NAME_CHARS;
    let mut group_field = None;
    if is_too_long {
        let text = say!("cause-long-name", count = MAX_NAME_CHARS);
        ui.label(RichText::new(text).color(palette.unsure));
    } else if exact.is_none() {
        similar_ui(ui, view, &name);
        group_field = group_ui(ui, view, dialog);
    }
    let entered = |field: &Response| field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let is_entered = entered(&response) || group_field.as_ref().is_some_and(entered);
    let lacks_group = group_field.is_some() && dialog.new_group.trim().is_empty();
    // What keeps it from being done can be typed at once.
    let missing = group_field.filter(|_| lacks_group && !name.is_empty()).unwrap_or(response);
    ui.horizontal(|ui| {
        let verb = if dialog.images.is_empty() || exact.is_none() { say!("tag-make") } else { say!("tag-set-known") };
        let is_ready = marked.is_some() || (!name.is_empty() && !is_too_long && !lacks_group);
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
    if is_entered && action.is_none() {
        missing.request_focus();
    }
    action
}

/// Warns of a second name for a thing that has one.
fn similar_ui(ui: &mut Ui, view: &View<'_>, name: &str) {
    if let Some(similar) = view.workspace.vocabulary().similar_tag(name) {
        ui.label(RichText::new(say!("tag-similar", name = &similar.name)).color(view.palette.unsure));
    }
}

/// Which group a tag that is not there yet goes into. Gives the field of a new group's name, where there is to be one.
fn group_ui(ui: &mut Ui, view: &View<'_>, dialog: &mut TagDialog) -> Option<Response> {
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
            dialog.is_group_fresh |= ui.selectable_value(&mut dialog.group, new, say!("group-new")).clicked();
        });
        combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, say!("group")));
    });
    if !matches!(dialog.group, GroupChoice::New(..)) {
        return None;
    }
    let hint = say!("group-name-hint");
    let field = TextEdit::singleline(&mut dialog.new_group).hint_text(hint).desired_width(f32::INFINITY);
    let response = ui.add(field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, say!("group-name")));
    if std::mem::take(&mut dialog.is_group_fresh) {
        response.request_focus();
    }
    ui.radio_value(&mut dialog.is_new_group_any_of, false, say!("group-one-of"));
    ui.radio_value(&mut dialog.is_new_group_any_of, true, say!("group-any-of"));
    Some(response)
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
