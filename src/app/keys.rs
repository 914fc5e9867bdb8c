//! The keys: one table from which the window obeys and the help is drawn.

use egui::{Context, Key, KeyboardShortcut, Modifiers};

use super::action::Action;

/// A key and what it does.
pub struct Binding {
    pub shortcut: KeyboardShortcut,
    /// The key of its words in the help; bindings without are second keys for the same thing.
    pub words: &'static str,
    pub action: fn() -> Action,
}

const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn command(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

/// All keys. Of two with the same letter the one with Shift stands first, since Shift does not keep the other from
/// matching.
pub const BINDINGS: [Binding; 22] = [
    Binding { shortcut: plain(Key::A), words: "key-accept", action: || Action::Accept },
    Binding { shortcut: plain(Key::Enter), words: "", action: || Action::Accept },
    Binding { shortcut: plain(Key::X), words: "key-reject", action: || Action::Reject },
    Binding { shortcut: plain(Key::Backspace), words: "", action: || Action::Reject },
    Binding { shortcut: plain(Key::Delete), words: "", action: || Action::Reject },
    Binding { shortcut: plain(Key::Space), words: "key-skip", action: || Action::Skip },
    Binding { shortcut: plain(Key::T), words: "key-tag", action: || Action::AskForTag },
    Binding { shortcut: plain(Key::N), words: "key-new-tag", action: || Action::NewTag },
    Binding { shortcut: plain(Key::R), words: "key-reviewed", action: || Action::MarkReviewed },
    Binding {
        shortcut: KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z),
        words: "key-redo",
        action: || Action::Redo,
    },
    Binding { shortcut: command(Key::Y), words: "", action: || Action::Redo },
    Binding { shortcut: command(Key::Z), words: "key-undo", action: || Action::Undo },
    Binding { shortcut: plain(Key::U), words: "", action: || Action::Undo },
    Binding { shortcut: command(Key::A), words: "key-select-all", action: || Action::SelectAll },
    Binding { shortcut: plain(Key::Escape), words: "key-clear-selection", action: || Action::ClearSelection },
    Binding { shortcut: plain(Key::Slash), words: "key-search", action: || Action::FocusSearch },
    Binding { shortcut: command(Key::F), words: "", action: || Action::FocusSearch },
    Binding {
        shortcut: KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::O),
        words: "key-open-catalogue",
        action: || Action::ChooseCatalogue,
    },
    Binding { shortcut: command(Key::O), words: "key-open-folder", action: || Action::ChooseFolder },
    Binding { shortcut: plain(Key::F5), words: "key-rescan", action: || Action::Rescan },
    Binding { shortcut: command(Key::W), words: "key-close", action: || Action::Close },
    Binding { shortcut: plain(Key::F1), words: "key-keys", action: || Action::ShowKeys },
];

/// The keys that answer with a tag by its place.
const DIGITS: [Key; 9] =
    [Key::Num1, Key::Num2, Key::Num3, Key::Num4, Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9];

/// The actions that the keys of this frame ask for. While a field has the keys only those with Ctrl count, and not
/// those that edit text.
pub fn pressed(context: &Context, is_typing: bool, num_columns: usize) -> Vec<Action> {
    let mut actions = Vec::new();
    context.input_mut(|input| {
        for binding in &BINDINGS {
            let modifiers = binding.shortcut.modifiers;
            let edits_text = matches!(binding.shortcut.logical_key, Key::A | Key::Z | Key::Y | Key::W);
            let is_free = !is_typing || (modifiers.command && !edits_text) || binding.shortcut.logical_key == Key::F1;
            if is_free {
                // A fast typist presses a key more than once a frame.
                for _ in 0..input.count_and_consume_key(modifiers, binding.shortcut.logical_key) {
                    actions.push((binding.action)());
                }
            }
        }
        if is_typing {
            return;
        }
        for (key, by) in [
            (Key::ArrowLeft, -1),
            (Key::ArrowRight, 1),
            (Key::ArrowUp, -(num_columns.max(1) as isize)),
            (Key::ArrowDown, num_columns.max(1) as isize),
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
