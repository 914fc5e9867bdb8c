//! What is known of a photo in the grid, as chips below it.

use egui::{Pos2, Rect, Ui, pos2, vec2};

use super::super::action::{Action, GroupChoice};
use super::super::theme::regular;
use super::super::view::View;
use super::super::widgets::{ChipClick, ChipKind, chip_ui, chip_width};
use super::super::words::say;
use crate::catalogue::{GroupKind, ImageRow, ImageState, TagId};
use crate::workspace::{Answer, UNSURE_BELOW};

/// Height of a line of chips.
const CHIP_LINE: f32 = 28.0;

/// A chip with what a click on it would be about.
pub struct Chip {
    name: String,
    kind: ChipKind,
    /// None for an everyday word.
    tag: Option<TagId>,
}

impl Chip {
    /// As a screen reader says it.
    pub fn spoken(&self) -> String {
        let percent = |p: f32| (100.0 * p).round();
        match self.kind {
            ChipKind::Yes => self.name.clone(),
            ChipKind::No => say!("chip-is-not", name = &self.name),
            ChipKind::Proposed(p) | ChipKind::Unsure(p) | ChipKind::Word(p) => {
                say!("chip-proposed", name = &self.name, percent = percent(p))
            }
        }
    }
}

/// Room that chips need below a photo.
pub fn chips_height(view: &View<'_>) -> f32 {
    CHIP_LINE * num_lines(view) as f32 + 10.0
}

/// Lines of chips below a photo: one is enough while there is one question.
fn num_lines(view: &View<'_>) -> usize {
    let has_one_question = view.workspace.vocabulary().groups.len() == 1 && !view.workspace.proposals().is_empty();
    if has_one_question { 1 } else { 2 }
}

/// What is said of a photo, what is rejected, and what is proposed for the groups that are still open.
pub fn chips(view: &View<'_>, image: &ImageRow) -> Vec<Chip> {
    let workspace = view.workspace;
    let (vocabulary, labels) = (workspace.vocabulary(), workspace.labels());
    let mut chips = Vec::new();
    for group in &vocabulary.groups {
        for tag in vocabulary.tags_of(group.id) {
            if let Some(label) = labels.get(image.id, tag.id) {
                let kind = if label.is_yes { ChipKind::Yes } else { ChipKind::No };
                chips.push(Chip { name: tag.name.clone(), kind, tag: Some(tag.id) });
            }
        }
    }
    if image.state != ImageState::Ok {
        return chips;
    }
    let shots = view.shots(image.id);
    for group in &vocabulary.groups {
        for (tag, p) in workspace.proposed(image.id, group.id) {
            // A stacked product shows what all its shots say together.
            let pooled = if group.kind == GroupKind::OneOf && shots.len() > 1 {
                let open = |(tag, _): &(TagId, f32)| labels.get(image.id, *tag).is_none();
                workspace.pooled(&shots, group.id).into_iter().find(open)
            } else {
                None
            };
            let (tag, p) = pooled.unwrap_or((tag, p));
            let kind = if p < UNSURE_BELOW { ChipKind::Unsure(p) } else { ChipKind::Proposed(p) };
            chips.push(Chip { name: view.tag_name(tag).to_owned(), kind, tag: Some(tag) });
        }
    }
    if chips.is_empty() && workspace.proposals().is_empty() {
        let guesses = workspace.known_word_guesses(image.id).iter().take(2);
        chips.extend(guesses.map(|guess| Chip {
            name: guess.name.clone(),
            kind: ChipKind::Word(guess.probability),
            tag: None,
        }));
    }
    chips
}

/// Lays chips out in lines; those without room are counted.
pub fn chips_ui(
    ui: &mut Ui,
    view: &View<'_>,
    image: &ImageRow,
    chips: &[Chip],
    rect: Rect,
    is_active: bool,
) -> Option<Action> {
    let num_lines = num_lines(view);
    let left = rect.left() + 8.0;
    let right = rect.right() - 8.0;
    let mut at = pos2(left, rect.top() + 8.0);
    let mut line = 0;
    let mut action = None;
    for (index, chip) in chips.iter().enumerate() {
        let width = chip_width(ui, &chip.name, chip.kind, is_active).min(right - left);
        if at.x > left && at.x + width > right {
            line += 1;
            at = pos2(left, at.y + CHIP_LINE);
        }
        let rest = chips.len() - index;
        let is_last_line = line + 1 == num_lines;
        if line == num_lines || (is_last_line && rest > 1 && at.x + width + 34.0 > right && at.x > left) {
            more_ui(ui, view, at, rest);
            break;
        }
        if let Some(click) = chip_ui(ui, view.palette, at, right - at.x, &chip.name, chip.kind, is_active) {
            action = Some(on_chip(image, chip, click));
        }
        at.x += width + 6.0;
    }
    action
}

fn more_ui(ui: &Ui, view: &View<'_>, at: Pos2, count: usize) {
    let at = at + vec2(2.0, 12.0);
    ui.painter().text(at, egui::Align2::LEFT_CENTER, format!("+{count}"), regular(12.0), view.palette.dim);
}

fn on_chip(image: &ImageRow, chip: &Chip, click: ChipClick) -> Action {
    let images = vec![image.id];
    match (chip.tag, click) {
        (Some(tag), ChipClick::Accept) => Action::Answer { images, tag, answer: Answer::Yes },
        (Some(tag), ChipClick::Reject) => Action::Answer { images, tag, answer: Answer::No },
        (Some(tag), ChipClick::Clear) => Action::Answer { images, tag, answer: Answer::Unknown },
        (None, ChipClick::Reject | ChipClick::Clear) => Action::Select(image.id),
        (None, ChipClick::Accept) => {
            Action::AnswerByName { images, group: GroupChoice::First, name: chip.name.clone() }
        }
    }
}
