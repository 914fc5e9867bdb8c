//! The command palette: every command by its name.

use egui::{Key, Modifiers, TextEdit, Ui};

use super::super::action::Action;
use super::super::command::{COMMANDS, Command, Situation};
use super::super::theme::Palette;
use super::super::view::View;
use super::super::widgets::row_ui;
use super::super::words::say;
use super::{DialogKind, short_list_area};
use crate::workspace::{Filter, Side};

/// Tags that are offered below the commands.
const MAX_TAGS: usize = 12;

/// What is typed and marked.
#[derive(Default)]
pub struct PaletteDialog {
    text: String,
    marked: usize,
    has_keys: bool,
}

/// One thing that can be chosen.
struct Entry {
    name: String,
    key: String,
    action: Action,
}

/// Lists what fits the text; Enter does what is marked.
pub fn palette_ui(
    ui: &mut Ui,
    palette: &Palette,
    view: Option<&View<'_>>,
    (is_tagging, is_focused): (bool, bool),
    dialog: &mut PaletteDialog,
) -> Option<Action> {
    // Before the field takes them.
    let (up, down, enter) = ui.input_mut(|input| {
        let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
        (pressed(Key::ArrowUp), pressed(Key::ArrowDown), pressed(Key::Enter))
    });
    let field = TextEdit::singleline(&mut dialog.text).hint_text(say!("palette-hint")).desired_width(f32::INFINITY);
    let response = ui.add(field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, say!("palette-hint")));
    if !std::mem::replace(&mut dialog.has_keys, true) {
        response.request_focus();
    }
    if response.changed() {
        dialog.marked = 0;
    }
    let situation = Situation {
        has_catalogue: view.is_some(),
        is_tagging,
        is_focused,
        is_typing: false,
        has_dialog: false,
        is_on_control: false,
        num_columns: 1,
    };
    let entries = entries(ui, view, &situation, &dialog.text);
    let last = entries.len().saturating_sub(1);
    dialog.marked = (dialog.marked + usize::from(down)).saturating_sub(usize::from(up)).min(last);
    let mut chosen = None;
    short_list_area(ui, 420.0).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for (index, entry) in entries.iter().enumerate() {
            let row = row_ui(ui, palette, None, &entry.name, &entry.key, index == dialog.marked);
            if (up || down) && index == dialog.marked {
                row.scroll_to_me(None);
            }
            if row.clicked() {
                chosen = Some(index);
            }
        }
        if entries.is_empty() {
            ui.label(egui::RichText::new(say!("palette-nothing")).color(palette.dim));
        }
    });
    let chosen = chosen.or_else(|| enter.then_some(dialog.marked));
    let action = chosen.and_then(|index| entries.into_iter().nth(index)).map(|entry| entry.action)?;
    Some(Action::AfterClosing(Box::new(action)))
}

fn entries(ui: &Ui, view: Option<&View<'_>>, situation: &Situation, text: &str) -> Vec<Entry> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let fits = |name: &str| {
        let name = name.to_lowercase();
        words.iter().all(|word| name.contains(word))
    };
    let is_offered =
        |command: &&Command| command.fits(situation) && (command.action)() != Action::Ask(DialogKind::Palette);
    let mut entries: Vec<Entry> = COMMANDS
        .iter()
        .filter(is_offered)
        .map(|command| Entry {
            name: say!(command.words).to_owned(),
            key: command.shown_key(ui.ctx()).unwrap_or_default(),
            action: (command.action)(),
        })
        .filter(|entry| fits(&entry.name))
        .collect();
    let Some(view) = view.filter(|_| !words.is_empty()) else { return entries };
    let tags = view.workspace.vocabulary().tags.iter().map(|tag| Entry {
        name: say!("palette-show-tag", tag = &tag.name),
        key: String::new(),
        action: Action::Show(Filter::Tag(tag.id, Side::Either)),
    });
    entries.extend(tags.filter(|entry| fits(&entry.name)).take(MAX_TAGS));
    entries
}
