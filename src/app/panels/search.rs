//! The query line: typed with completions, and with the word underlined that was not understood.

use std::sync::Arc;

use egui::text::{CCursor, CCursorRange, LayoutJob, TextFormat};
use egui::{Frame, Galley, Id, Key, Margin, Modifiers, Popup, RichText, Stroke, TextBuffer, TextEdit, Ui, vec2};

use super::super::action::Action;
use super::super::command::key_of;
use super::super::dialogs::DialogKind;
use super::super::icons;
use super::super::names::query_problem;
use super::super::screen::{Screen, Search};
use super::super::theme::{Palette, RADIUS_BUTTON, regular};
use super::super::view::View;
use super::super::widgets::{icon_button_ui, row_ui};
use super::super::words::say;
use crate::catalogue::Vocabulary;
use crate::workspace::{Completion, CompletionKind, Query, Workspace, complete};

/// The field, known to the key that goes there.
const SEARCH: &str = "search";

/// Completions that are offered at once.
const MAX_COMPLETIONS: usize = 9;

impl Search {
    /// Reads the line again if it, or what it may name, has changed. While it cannot be understood the last one that
    /// could stays in force.
    pub fn understand(&mut self, workspace: &Workspace) {
        let read = (workspace.revision(), self.text.clone());
        if self.understood_for.as_ref() == Some(&read) {
            return;
        }
        match Query::parse(&self.text, workspace.vocabulary()) {
            Ok(query) => {
                self.query = (!self.text.trim().is_empty()).then_some(query);
                self.error = None;
            }
            Err(error) => self.error = Some(error),
        }
        self.understood_for = Some(read);
    }
}

/// Draws the line with the button that keeps it.
pub fn search_ui(ui: &mut Ui, view: &View<'_>, screen: &mut Screen) -> Option<Action> {
    let mut action = None;
    if !screen.search.text.is_empty() {
        let hint = say!("save-filter");
        if icon_button_ui(ui, view.palette, icons::BOOKMARK_SIMPLE, hint, hint).clicked() {
            action = Some(Action::Ask(DialogKind::SaveFilter));
        }
    }
    line_ui(ui, view, &mut screen.search).or(action)
}

fn line_ui(ui: &mut Ui, view: &View<'_>, search: &mut Search) -> Option<Action> {
    let palette = view.palette;
    let id = Id::unique(SEARCH);
    let completions =
        if search.is_completing { completions(ui, id, search, view.workspace.vocabulary()) } else { Vec::new() };
    let taken = if completions.is_empty() { None } else { keys(ui, search, &completions) };
    let mut text = search.text.clone();
    if let Some(completion) = taken {
        put(ui, id, &mut text, completion);
        search.is_completing = true;
        search.marked = 0;
    }
    let width = (ui.available_width() - 300.0).clamp(80.0, 340.0);
    let error = search.error.as_ref().filter(|_| search.text == text).map(|error| error.span.clone());
    let mut layouter = |ui: &Ui, buffer: &dyn TextBuffer, _: f32| layout(ui, palette, buffer.as_str(), error.clone());
    let key = key_of(ui.ctx(), &Action::FocusSearch).unwrap_or_default();
    let hint = format!("{}   {key}", say!("top-search"));
    let field = TextEdit::singleline(&mut text)
        .id(id)
        .hint_text(hint)
        .frame(Frame::new().fill(palette.fill).corner_radius(RADIUS_BUTTON).inner_margin(Margin::symmetric(10, 6)))
        .layouter(&mut layouter)
        // While something is offered, Tab takes it.
        .lock_focus(!completions.is_empty())
        .desired_width(width)
        .min_size(vec2(width, 30.0));
    let response = ui.add(field);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, say!("key-search")));
    if std::mem::take(&mut search.takes_keys) {
        response.request_focus();
    }
    if response.changed() {
        search.is_completing = true;
        search.marked = 0;
    }
    if (response.has_focus() || (response.hovered() && search.error.is_some()))
        && let Some(completion) = popup_ui(&response, palette, search, &completions)
    {
        put(ui, id, &mut text, &completion);
        response.request_focus();
    }
    (text != search.text).then_some(Action::Search(text))
}

fn completions(ui: &Ui, id: Id, search: &Search, vocabulary: &Vocabulary) -> Vec<Completion> {
    let cursor = egui::TextEdit::load_state(ui.ctx(), id).and_then(|state| state.cursor.char_range());
    let cursor = cursor.map_or(usize::MAX, |range| range.primary.index.into());
    let byte = search.text.char_indices().nth(cursor).map_or(search.text.len(), |(byte, _)| byte);
    let mut all = complete(&search.text, byte, vocabulary);
    all.truncate(MAX_COMPLETIONS);
    all
}

/// Arrows mark a completion, Tab takes it, Escape sends them away; Enter takes one only where it finishes a word.
fn keys<'a>(ui: &Ui, search: &mut Search, completions: &'a [Completion]) -> Option<&'a Completion> {
    if !ui.ctx().memory(|memory| memory.has_focus(Id::unique(SEARCH))) {
        return None;
    }
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::Escape) {
        search.is_completing = false;
        return None;
    }
    if pressed(Key::ArrowDown) {
        search.marked = (search.marked + 1).min(completions.len() - 1);
    }
    if pressed(Key::ArrowUp) {
        search.marked = search.marked.saturating_sub(1);
    }
    pressed(Key::Tab).then(|| &completions[search.marked.min(completions.len() - 1)])
}

/// Puts a completion into the line, and the cursor behind it.
fn put(ui: &Ui, id: Id, text: &mut String, completion: &Completion) {
    let Some(before) = text.get(..completion.replace.start) else { return };
    let Some(after) = text.get(completion.replace.end..) else { return };
    let cursor = before.chars().count() + completion.text.chars().count();
    *text = format!("{before}{}{after}", completion.text);
    let mut state = egui::TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(cursor))));
    state.store(ui.ctx(), id);
}

fn popup_ui(
    response: &egui::Response,
    palette: &Palette,
    search: &Search,
    completions: &[Completion],
) -> Option<Completion> {
    if completions.is_empty() && search.error.is_none() {
        return None;
    }
    let popup = Popup::from_response(response).open(true).width(response.rect.width()).show(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        if let Some(error) = &search.error {
            ui.add(egui::Label::new(RichText::new(query_problem(&error.message)).color(palette.no)).wrap());
        }
        let mut chosen = None;
        for (index, completion) in completions.iter().enumerate() {
            let row = row_ui(ui, palette, None, &completion.text, kind_name(completion.kind), index == search.marked);
            if row.clicked() {
                chosen = Some(completion.clone());
            }
        }
        if !completions.is_empty() {
            ui.label(RichText::new(say!("search-keys")).size(11.0).color(palette.dim));
        }
        chosen
    });
    popup.and_then(|popup| popup.inner)
}

fn kind_name(kind: CompletionKind) -> &'static str {
    match kind {
        CompletionKind::Operator => say!("completion-operator"),
        CompletionKind::Key => say!("completion-key"),
        CompletionKind::Group => say!("group"),
        CompletionKind::Tag => say!("filter-tag"),
        CompletionKind::Value => say!("completion-value"),
    }
}

/// The line in one colour, but for the word that is wrong.
fn layout(ui: &Ui, palette: &Palette, text: &str, error: Option<std::ops::Range<usize>>) -> Arc<Galley> {
    let plain = TextFormat::simple(regular(13.0), palette.text);
    let wrong = TextFormat {
        color: palette.no,
        underline: Stroke::new(1.5, palette.no),
        ..TextFormat::simple(regular(13.0), palette.no)
    };
    let mut job = LayoutJob::default();
    let error = error.filter(|span| text.get(span.clone()).is_some());
    match error {
        Some(span) => {
            job.append(&text[..span.start], 0.0, plain.clone());
            job.append(&text[span.clone()], 0.0, wrong);
            job.append(&text[span.end..], 0.0, plain);
        }
        None => job.append(text, 0.0, plain),
    }
    ui.painter().layout_job(job)
}
