//! The commands: one table from which keys, palette, help and tooltips are made.

use egui::{Context, Event, Key, KeyboardShortcut, Modifiers};

use super::action::{Action, VersionAction};
use super::dialogs::DialogKind;
use super::screen::Stage;
use super::words::say;
use crate::catalogue::{Tag, TagId};
use crate::workspace::{Filter, Order, Workspace};

/// Something that a person can ask for by name or by key.
pub struct Command {
    /// The key of its words.
    pub words: &'static str,
    /// The first is shown; the others do the same.
    pub shortcuts: &'static [KeyboardShortcut],
    pub place: Place,
    pub action: fn() -> Action,
}

/// Where a command makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Anywhere,
    /// While a catalogue is open.
    Catalogue,
    /// While photos are tagged, many or one.
    Photos,
    /// While photos stand in the grid.
    Grid,
    /// While one photo fills the window.
    Focus,
}

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

const fn key(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

const fn command(
    words: &'static str,
    shortcuts: &'static [KeyboardShortcut],
    place: Place,
    action: fn() -> Action,
) -> Command {
    Command { words, shortcuts, place, action }
}

use Place::{Anywhere, Catalogue, Focus, Grid, Photos};

/// All commands, in the order of the help. Of two with the same letter the one with more modifiers stands first, since
/// these do not keep the other from matching.
pub const COMMANDS: &[Command] = &[
    command("key-accept-rest", &[key(SHIFT, Key::Enter), key(SHIFT, Key::A)], Grid, || Action::AcceptRest),
    command("key-accept", &[key(NONE, Key::A), key(NONE, Key::Enter)], Photos, || Action::Accept),
    command("key-reject", &[key(NONE, Key::X), key(NONE, Key::Backspace), key(NONE, Key::Delete)], Photos, || {
        Action::Reject
    }),
    command("key-skip", &[key(NONE, Key::Space)], Photos, || Action::Skip),
    command("key-tag", &[key(NONE, Key::T)], Photos, || Action::AskForTag),
    command("key-new-tag", &[key(NONE, Key::N)], Photos, || Action::NewTag),
    command("key-edit-tag", &[key(NONE, Key::E)], Photos, || Action::EditShownTag),
    command("key-reviewed", &[key(NONE, Key::R)], Photos, || Action::MarkReviewed),
    command("key-auto-tag", &[key(NONE, Key::P)], Photos, || Action::Ask(DialogKind::AutoTag)),
    command("key-accept-all", &[], Grid, || Action::AcceptAllShown),
    command("key-take-over", &[], Photos, || Action::TakeOver),
    command("key-redo", &[key(CTRL_SHIFT, Key::Z), key(CTRL, Key::Y)], Catalogue, || Action::Redo),
    command("key-undo", &[key(CTRL, Key::Z), key(NONE, Key::U)], Catalogue, || Action::Undo),
    command("key-focus", &[key(NONE, Key::F)], Grid, || Action::EnterFocus),
    command("key-zoom", &[key(NONE, Key::Z)], Photos, || Action::Zoom),
    command("key-leave-focus", &[key(NONE, Key::Escape)], Focus, || Action::LeaveFocus),
    command("key-mark", &[key(CTRL, Key::Space)], Grid, || Action::ToggleCursor),
    command("key-select-all", &[key(CTRL, Key::A)], Grid, || Action::SelectAll),
    command("key-clear-selection", &[key(NONE, Key::Escape)], Grid, || Action::ClearSelection),
    command("key-search", &[key(NONE, Key::Slash), key(CTRL, Key::F)], Photos, || Action::FocusSearch),
    command("key-saved-filters", &[key(CTRL_SHIFT, Key::S)], Photos, || Action::Ask(DialogKind::SavedFilters)),
    command("key-save-filter", &[key(CTRL, Key::S)], Photos, || Action::Ask(DialogKind::SaveFilter)),
    command("key-group-by-tag", &[key(NONE, Key::G)], Grid, || Action::ToggleGrouping),
    command("key-stack", &[key(NONE, Key::S)], Grid, || Action::Ask(DialogKind::Products)),
    command("key-larger", &[key(CTRL, Key::Plus), key(CTRL, Key::Equals)], Grid, || Action::Enlarge(1.0)),
    command("key-smaller", &[key(CTRL, Key::Minus)], Grid, || Action::Enlarge(-1.0)),
    command("key-show-all", &[], Grid, || Action::Show(Filter::All)),
    command("key-show-to-review", &[], Grid, || Action::Show(Filter::ToReview)),
    command("key-show-unsure", &[], Grid, || Action::Show(Filter::Unsure)),
    command("key-show-reviewed", &[], Grid, || Action::Show(Filter::Reviewed)),
    command("key-order-name", &[], Grid, || Action::OrderBy(Order::Name)),
    command("key-order-date", &[], Grid, || Action::OrderBy(Order::Date)),
    command("key-order-least", &[], Grid, || Action::OrderBy(Order::LeastCertain)),
    command("key-order-most", &[], Grid, || Action::OrderBy(Order::MostCertain)),
    command("key-order-decision", &[], Grid, || Action::OrderBy(Order::NewestDecision)),
    command("key-stage-tag", &[key(CTRL, Key::Num1)], Catalogue, || Action::GoTo(Stage::Tag)),
    command("key-stage-train", &[key(CTRL, Key::Num2)], Catalogue, || Action::GoTo(Stage::Train)),
    command("key-keep-version", &[], Catalogue, || Action::Version(VersionAction::Keep)),
    command("key-go-back", &[], Catalogue, || Action::Version(VersionAction::GoBack)),
    command("key-jobs", &[key(NONE, Key::J)], Catalogue, || Action::Ask(DialogKind::Jobs)),
    command("key-open-catalogue", &[key(CTRL_SHIFT, Key::O)], Anywhere, || Action::ChooseCatalogue),
    command("key-open-folder", &[key(CTRL, Key::O)], Anywhere, || Action::ChooseFolder),
    command("key-rescan", &[key(NONE, Key::F5)], Catalogue, || Action::Rescan),
    command("key-close", &[key(CTRL, Key::W)], Catalogue, || Action::Close),
    command("key-restore", &[], Catalogue, || Action::Ask(DialogKind::Restore)),
    command("key-theme", &[], Anywhere, || Action::SwitchTheme),
    command("key-settings", &[key(CTRL, Key::Comma)], Anywhere, || Action::Ask(DialogKind::Settings)),
    command("key-palette", &[key(CTRL, Key::K), key(CTRL, Key::P)], Anywhere, || Action::Ask(DialogKind::Palette)),
    command("key-about", &[], Anywhere, || Action::Ask(DialogKind::About)),
    command("key-keys", &[key(NONE, Key::F1)], Anywhere, || Action::Ask(DialogKind::Keys)),
];

/// The keys that answer with a tag by its place.
const DIGITS: [Key; 9] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];

/// What the window shows, for the commands that make sense there.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, and any of them can be with any other")]
pub struct Situation {
    pub has_catalogue: bool,
    /// Photos are what the window is about.
    pub is_tagging: bool,
    pub is_focused: bool,
    /// A field has the keys.
    pub is_typing: bool,
    pub has_dialog: bool,
    /// A button or the like was reached by Tab: Enter and Space press it.
    pub is_on_control: bool,
    /// Of the grid, for the up and down keys.
    pub num_columns: usize,
}

impl Command {
    /// Whether it makes sense now.
    pub fn fits(&self, situation: &Situation) -> bool {
        match self.place {
            Anywhere => true,
            Catalogue => situation.has_catalogue,
            Photos => situation.has_catalogue && situation.is_tagging,
            Grid => situation.has_catalogue && situation.is_tagging && !situation.is_focused,
            Focus => situation.is_tagging && situation.is_focused,
        }
    }

    /// The key that is shown for it.
    pub fn shown_key(&self, context: &Context) -> Option<String> {
        self.shortcuts.first().map(|shortcut| key_text(context, *shortcut))
    }
}

/// The key that is shown for an action, if a command does it.
pub fn key_of(context: &Context, action: &Action) -> Option<String> {
    COMMANDS.iter().find(|command| (command.action)() == *action)?.shown_key(context)
}

/// A key as it stands on the keyboard of this system.
pub fn key_text(context: &Context, shortcut: KeyboardShortcut) -> String {
    let key = match shortcut.logical_key {
        Key::Escape => "Esc",
        Key::Space => say!("key-space"),
        other => other.symbol_or_name(),
    };
    // As egui writes it, with the sign in place of its name.
    let text = context.format_shortcut(&shortcut);
    text.strip_suffix(shortcut.logical_key.name()).map_or_else(|| text.clone(), |modifiers| format!("{modifiers}{key}"))
}

/// Whether nothing else wants this key, so that it can set a tag.
pub fn is_free(key: char) -> bool {
    let taken = |key: &Key| {
        DIGITS.contains(key)
            || COMMANDS
                .iter()
                .flat_map(|command| command.shortcuts)
                .any(|s| s.logical_key == *key && !s.modifiers.command)
    };
    Key::from_name(&key.to_uppercase().to_string()).is_some_and(|key| !taken(&key))
}

/// Keys that decide: held down they count once, so that no photo is decided unseen.
const DECIDING: [Key; 6] = [Key::A, Key::Enter, Key::X, Key::Backspace, Key::Delete, Key::Space];

/// The actions that the keys of this frame ask for. `tag_keys` are the keys that persons gave to tags. While a field
/// has the keys only those with Ctrl count, and not those that edit text; while a dialog is open, none.
pub fn pressed(context: &Context, situation: &Situation, tag_keys: &[(Key, TagId)]) -> Vec<Action> {
    let mut actions = Vec::new();
    if situation.has_dialog {
        return actions;
    }
    context.input_mut(|input| {
        if !situation.is_typing {
            input.events.retain(|event| match event {
                Event::Key { key, repeat: true, .. } => !DECIDING.contains(key) && !DIGITS.contains(key),
                _ => true,
            });
            for (key, tag) in tag_keys {
                if situation.is_tagging && situation.has_catalogue && input.consume_key(Modifiers::NONE, *key) {
                    actions.push(Action::AnswerKeyed(*tag));
                }
            }
        }
        for command in COMMANDS.iter().filter(|command| command.fits(situation)) {
            for shortcut in command.shortcuts {
                let edits_text = matches!(shortcut.logical_key, Key::A | Key::Z | Key::Y | Key::W);
                let presses_control = situation.is_on_control
                    && shortcut.modifiers == NONE
                    && matches!(shortcut.logical_key, Key::Enter | Key::Space);
                let is_free = !presses_control
                    && (!situation.is_typing
                        || (shortcut.modifiers.command && !edits_text)
                        || shortcut.logical_key == Key::F1);
                if is_free {
                    // A fast typist presses a key more than once a frame.
                    for _ in 0..input.count_and_consume_key(shortcut.modifiers, shortcut.logical_key) {
                        actions.push((command.action)());
                    }
                }
            }
        }
        if situation.is_typing || !situation.has_catalogue || !situation.is_tagging {
            return;
        }
        let row = if situation.is_focused { 1 } else { situation.num_columns.max(1) as isize };
        for (key, by) in [
            (Key::ArrowLeft, -1),
            (Key::ArrowRight, 1),
            (Key::ArrowUp, -row),
            (Key::ArrowDown, row),
            (Key::PageUp, -5 * row),
            (Key::PageDown, 5 * row),
            (Key::Home, isize::MIN / 2),
            (Key::End, isize::MAX / 2),
        ] {
            for (modifiers, extends) in [(Modifiers::SHIFT, true), (Modifiers::NONE, false)] {
                for _ in 0..input.count_and_consume_key(modifiers, key) {
                    actions.push(Action::Move { by, extends });
                }
            }
        }
        for (index, key) in DIGITS.into_iter().enumerate() {
            if input.consume_key(Modifiers::NONE, key) {
                actions.push(Action::AnswerNth(index));
            }
        }
    });
    actions
}

/// The keys that persons gave to tags.
pub fn tag_keys(workspace: &Workspace) -> Vec<(Key, TagId)> {
    let keyed = |tag: &Tag| Some((Key::from_name(&tag.key?.to_uppercase().to_string())?, tag.id));
    workspace.vocabulary().tags.iter().filter(|tag| !tag.is_retired).filter_map(keyed).collect()
}
