//! A tag: name, colour, key and meaning; merging, splitting, moving, retiring, deleting.

use egui::{ComboBox, RichText, Sense, TextEdit, Ui, vec2};

use super::super::action::{Action, TagEdit};
use super::super::command::is_free;
use super::super::names::group_caption;
use super::super::theme::TAG_COLOURS;
use super::super::view::View;
use super::super::widgets::{link_ui, plain_button_ui, primary_button_ui};
use super::super::words::say;
use super::{field_ui, title_ui};
use crate::catalogue::{GroupId, ImageId, MAX_NAME_CHARS, Tag, TagId};

/// What is typed and chosen.
pub struct EditTagDialog {
    tag: TagId,
    name: String,
    colour: Option<u8>,
    key: String,
    description: String,
    step: Step,
}

/// What is being asked.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Look,
    /// Into which tag.
    Merge(Option<TagId>),
    /// The new tag's name.
    Split(String),
    /// To which group, and how many labels that takes away.
    Move(GroupId, usize),
    Delete,
}

impl EditTagDialog {
    pub fn new(tag: &Tag) -> Self {
        Self {
            tag: tag.id,
            name: tag.name.clone(),
            colour: tag.colour,
            key: tag.key.map(String::from).unwrap_or_default(),
            description: tag.description.clone(),
            step: Step::Look,
        }
    }
}

/// Edits a tag. `selection` is what a split would take along.
pub fn edit_tag_ui(ui: &mut Ui, view: &View<'_>, selection: &[ImageId], dialog: &mut EditTagDialog) -> Option<Action> {
    let Some(tag) = view.workspace.vocabulary().tag(dialog.tag) else { return Some(Action::CloseDialog) };
    title_ui(ui, &say!("edit-tag", name = &tag.name));
    match dialog.step.clone() {
        Step::Look => look_ui(ui, view, tag, selection, dialog),
        Step::Merge(into) => merge_ui(ui, view, tag, into, dialog),
        Step::Split(name) => split_ui(ui, view, tag, selection, name, dialog),
        Step::Move(group, num_lost) => move_ui(ui, view, tag, (group, num_lost), dialog),
        Step::Delete => {
            ui.label(say!("edit-delete-what", count = view.workspace.num_labels_of(tag.id)));
            ui.horizontal(|ui| {
                if primary_button_ui(ui, view.palette, say!("edit-delete"), None).clicked() {
                    return Some(Action::Edit(TagEdit::Delete(tag.id)));
                }
                back_ui(ui, view, dialog);
                None
            })
            .inner
        }
    }
}

fn look_ui(
    ui: &mut Ui,
    view: &View<'_>,
    tag: &Tag,
    selection: &[ImageId],
    dialog: &mut EditTagDialog,
) -> Option<Action> {
    let palette = view.palette;
    let vocabulary = view.workspace.vocabulary();
    let mut action = None;
    field_ui(ui, &mut dialog.name, say!("tag-name"));
    let name = dialog.name.trim().to_owned();
    let taken = vocabulary.tag_named(tag.group, &name).filter(|other| other.id != tag.id);
    if let Some(taken) = taken {
        ui.label(RichText::new(say!("edit-taken", name = &taken.name)).color(palette.unsure));
    }
    let is_too_long = name.chars().count() > MAX_NAME_CHARS;
    if is_too_long {
        ui.label(RichText::new(say!("cause-long-name", count = MAX_NAME_CHARS)).color(palette.unsure));
    }
    field_ui(ui, &mut dialog.description, say!("edit-description"));
    ui.horizontal(|ui| {
        ui.label(say!("edit-colour"));
        colours_ui(ui, view, dialog);
    });
    ui.horizontal(|ui| {
        ui.label(say!("edit-key"));
        let response = ui.add(TextEdit::singleline(&mut dialog.key).desired_width(40.0).char_limit(1));
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, say!("edit-key")));
        let is_taken = dialog.key.chars().next().is_some_and(|key| !is_free(key));
        let (hint, colour) =
            if is_taken { (say!("edit-key-taken"), palette.unsure) } else { (say!("edit-key-hint"), palette.dim) };
        ui.label(RichText::new(hint).size(12.0).color(colour));
    });
    ui.horizontal(|ui| {
        ui.label(say!("edit-group-of"));
        let group = vocabulary.group(tag.group);
        let shown = group.map_or(String::new(), |group| group_caption(&group.name, group.kind));
        let combo = ComboBox::from_id_salt("move").selected_text(shown).show_ui(ui, |ui| {
            for group in vocabulary.groups.iter().filter(|group| group.id != tag.group) {
                if ui.selectable_label(false, group_caption(&group.name, group.kind)).clicked() {
                    dialog.step = Step::Move(group.id, view.workspace.labels_lost_by_move(tag.id, group.id));
                }
            }
        });
        combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, say!("edit-group-of")));
    });
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        if plain_button_ui(ui, palette, say!("edit-merge"), None).clicked() {
            dialog.step = Step::Merge(taken.map(|taken| taken.id));
        }
        if plain_button_ui(ui, palette, &say!("edit-split", count = selection.len()), None).clicked() {
            dialog.step = Step::Split(String::new());
        }
        for (words, by) in [(say!("menu-up"), -1), (say!("menu-down"), 1)] {
            if plain_button_ui(ui, palette, words, None).clicked() {
                action = Some(Action::Edit(TagEdit::Shift(tag.id, by)));
            }
        }
        let retire = if tag.is_retired { say!("edit-restore") } else { say!("edit-retire") };
        if plain_button_ui(ui, palette, retire, None).on_hover_text(say!("edit-retire-what")).clicked() {
            action = Some(Action::Edit(TagEdit::Retire(tag.id, !tag.is_retired)));
        }
        if link_ui(ui, palette, say!("edit-delete")).clicked() {
            dialog.step = Step::Delete;
        }
    });
    ui.separator();
    ui.horizontal(|ui| {
        let key = dialog.key.trim().chars().next().map(|key| key.to_ascii_lowercase()).filter(|key| is_free(*key));
        let description = dialog.description.trim().to_owned();
        let is_other = (&name, dialog.colour, key, &description) != (&tag.name, tag.colour, tag.key, &tag.description);
        let is_ready = is_other && !name.is_empty() && !is_too_long && taken.is_none();
        let save = |ui: &mut Ui| primary_button_ui(ui, palette, say!("save"), Some("Enter")).clicked();
        let pressed = ui.add_enabled_ui(is_ready, save).inner;
        if is_ready && (pressed || ui.input(|input| input.key_pressed(egui::Key::Enter))) {
            let colour = dialog.colour;
            action =
                Some(Action::Edit(TagEdit::ChangeTag { tag: tag.id, name: name.clone(), colour, key, description }));
        }
        if plain_button_ui(ui, palette, say!("cancel"), Some("Esc")).clicked() {
            action = Some(Action::CloseDialog);
        }
    });
    action
}

fn merge_ui(
    ui: &mut Ui,
    view: &View<'_>,
    tag: &Tag,
    into: Option<TagId>,
    dialog: &mut EditTagDialog,
) -> Option<Action> {
    let vocabulary = view.workspace.vocabulary();
    ui.label(say!("edit-merge-what", name = &tag.name, count = view.workspace.num_labels_of(tag.id)));
    let name = |tag: &Tag| {
        let group = vocabulary.group(tag.group).map_or("", |group| group.name.as_str());
        if vocabulary.groups.len() > 1 { format!("{} ({group})", tag.name) } else { tag.name.clone() }
    };
    let shown = into.and_then(|into| vocabulary.tag(into)).map_or(say!("edit-merge-into").to_owned(), name);
    let mut chosen = into;
    let combo = ComboBox::from_id_salt("merge").selected_text(shown).show_ui(ui, |ui| {
        for other in vocabulary.tags.iter().filter(|other| other.id != tag.id) {
            ui.selectable_value(&mut chosen, Some(other.id), name(other));
        }
    });
    combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, say!("edit-merge-into")));
    dialog.step = Step::Merge(chosen);
    ui.horizontal(|ui| {
        let merge = |ui: &mut Ui| primary_button_ui(ui, view.palette, say!("edit-merge-do"), None).clicked();
        let pressed = ui.add_enabled_ui(chosen.is_some(), merge).inner;
        if let Some(into) = chosen.filter(|_| pressed) {
            return Some(Action::Edit(TagEdit::Merge { from: tag.id, into }));
        }
        back_ui(ui, view, dialog);
        None
    })
    .inner
}

fn split_ui(
    ui: &mut Ui,
    view: &View<'_>,
    tag: &Tag,
    selection: &[ImageId],
    mut name: String,
    dialog: &mut EditTagDialog,
) -> Option<Action> {
    if selection.is_empty() {
        ui.label(say!("edit-split-none"));
    } else {
        ui.label(say!("edit-split-what", count = selection.len(), name = &tag.name));
        let field = field_ui(ui, &mut name, say!("edit-split-name"));
        if name.is_empty() && !field.has_focus() {
            field.request_focus();
        }
    }
    dialog.step = Step::Split(name.clone());
    ui.horizontal(|ui| {
        let is_ready = !selection.is_empty() && !name.trim().is_empty();
        let split = |ui: &mut Ui| primary_button_ui(ui, view.palette, say!("edit-split-do"), None).clicked();
        if ui.add_enabled_ui(is_ready, split).inner {
            return Some(Action::Edit(TagEdit::Split { tag: tag.id, images: selection.to_vec(), name }));
        }
        back_ui(ui, view, dialog);
        None
    })
    .inner
}

fn move_ui(
    ui: &mut Ui,
    view: &View<'_>,
    tag: &Tag,
    (group, num_lost): (GroupId, usize),
    dialog: &mut EditTagDialog,
) -> Option<Action> {
    let name = view.workspace.vocabulary().group(group).map_or("", |group| group.name.as_str());
    let num_kept = view.workspace.num_labels_of(tag.id).saturating_sub(num_lost);
    ui.label(say!("edit-move-what", name = &tag.name, group = name, count = num_kept));
    if num_lost > 0 {
        let text = say!("edit-move-lost", count = num_lost, group = name);
        ui.label(RichText::new(text).color(view.palette.unsure));
    }
    ui.horizontal(|ui| {
        if primary_button_ui(ui, view.palette, say!("edit-move-do"), None).clicked() {
            return Some(Action::Edit(TagEdit::Move(tag.id, group)));
        }
        back_ui(ui, view, dialog);
        None
    })
    .inner
}

fn back_ui(ui: &mut Ui, view: &View<'_>, dialog: &mut EditTagDialog) {
    if plain_button_ui(ui, view.palette, say!("back"), None).clicked() {
        dialog.step = Step::Look;
    }
}

fn colours_ui(ui: &mut Ui, view: &View<'_>, dialog: &mut EditTagDialog) {
    ui.spacing_mut().item_spacing.x = 4.0;
    for (index, colour) in TAG_COLOURS.into_iter().enumerate() {
        let (rect, response) = ui.allocate_exact_size(vec2(20.0, 20.0), Sense::click());
        let is_chosen = dialog.colour == Some(index as u8);
        response.widget_info(|| {
            egui::WidgetInfo::selected(
                egui::Role::RadioButton,
                true,
                is_chosen,
                say!("edit-colour-n", number = index + 1),
            )
        });
        ui.painter().circle_filled(rect.center(), 7.0, colour);
        if is_chosen || response.has_focus() {
            ui.painter().circle_stroke(rect.center(), 9.0, egui::Stroke::new(1.5, view.palette.text));
        }
        if response.clicked() {
            dialog.colour = if is_chosen { None } else { Some(index as u8) };
        }
    }
}
