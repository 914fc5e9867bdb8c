//! The query line: typed with completions, and with the word underlined that was not understood.

use std::sync::Arc;

use egui::text::{CCursor, CCursorRange, LayoutJob, TextFormat};
use egui::{
    Button, Direction, EventFilter, Frame, Galley, Id, Key, Layout, Margin, Modifiers, Popup, Rect, RichText, Role,
    Stroke, TextBuffer, TextEdit, Ui, UiBuilder, WidgetInfo, vec2,
};

use super::super::action::Action;
use super::super::command::key_of;
use super::super::dialogs::DialogKind;
use super::super::icons;
use super::super::names::query_problem;
use super::super::screen::{Screen, Search};
use super::super::theme::{Palette, RADIUS_BUTTON, icon, regular};
use super::super::view::View;
use super::super::widgets::{ROW_INSET, icon_button_ui, row_ui};
use super::super::words::say;
use crate::workspace::{Completion, CompletionKind, Query, Workspace, complete};

/// The field, known to the key that goes there.
const SEARCH: &str = "search";

/// Completions that are offered at once.
const MAX_COMPLETIONS: usize = 9;

/// Saved filters that are offered below an empty line.
const MAX_SAVED: usize = 3;

/// Width of the list of what is offered, at least.
const LIST: f32 = 300.0;

/// What can be asked for, by the key of its words.
const EXAMPLES: [(&str, &str); 3] =
    [("search-no-labels", "has:no-labels"), ("search-unsure", "is:unsure"), ("search-by-name", "name:IMG*")];

/// Something that is offered below the line.
struct Offer {
    completion: Completion,
    /// As the list calls it.
    name: String,
    /// What sort of thing it is, or how it is asked for.
    what: String,
}

impl Offer {
    fn of(completion: Completion) -> Self {
        Self { name: completion.text.clone(), what: kind_name(completion.kind).to_owned(), completion }
    }
}

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
    // What is asked in front of the line has the keys.
    let is_behind = screen.dialog.is_some();
    line_ui(ui, view, &mut screen.search, is_behind).or(action)
}

fn line_ui(ui: &mut Ui, view: &View<'_>, search: &mut Search, is_behind: bool) -> Option<Action> {
    let palette = view.palette;
    let id = Id::unique(SEARCH);
    let had_keys = !is_behind && ui.ctx().memory(|memory| memory.has_focus(id));
    let mut text = search.text.clone();
    if had_keys && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        escape(ui, id, search, &mut text);
    }
    let offers = if search.is_completing { offers(ui, id, view, &text) } else { Vec::new() };
    if had_keys && let Some(offer) = keys(ui, search, &offers) {
        put(ui, id, &mut text, &offer.completion);
        search.is_completing = true;
        search.marked = Some(0);
    }
    let is_empty = text.is_empty();
    let width = (ui.available_width() - 480.0).clamp(80.0, 340.0);
    let error = search.error.as_ref().filter(|_| search.text == text).map(|error| error.span.clone());
    let mut layouter = |ui: &Ui, buffer: &dyn TextBuffer, _: f32| layout(ui, palette, buffer.as_str(), error.clone());
    let key = key_of(ui.ctx(), &Action::FocusSearch).unwrap_or_default();
    let hint = format!("{}   {key}", say!("top-search"));
    // The cross stands at the end of what is typed.
    let margin = Margin { left: 10, right: if is_empty { 10 } else { 30 }, top: 6, bottom: 6 };
    let field = TextEdit::singleline(&mut text)
        .id(id)
        .hint_text(hint)
        .frame(Frame::new().fill(palette.fill).corner_radius(RADIUS_BUTTON).inner_margin(margin))
        .layouter(&mut layouter)
        // While one of what is offered is marked, Tab takes it.
        .event_filter(EventFilter {
            tab: search.marked.is_some() && !offers.is_empty(),
            horizontal_arrows: true,
            vertical_arrows: true,
            escape: true,
        })
        .desired_width(width)
        .min_size(vec2(width, 30.0));
    let response = ui.add(field);
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, say!("key-search")));
    if std::mem::take(&mut search.takes_keys) {
        response.request_focus();
    }
    if response.changed() || response.gained_focus() {
        search.is_completing = true;
        search.marked = (!text.is_empty()).then_some(0);
        ui.ctx().request_repaint();
    }
    if !is_empty && cross_ui(ui, palette, response.rect) {
        text.clear();
    }
    // A click on what is offered takes the keys from the line first.
    let is_open = had_keys || (!is_behind && response.has_focus());
    if (is_open || (response.hovered() && search.error.is_some()))
        && let Some(completion) = popup_ui(&response, palette, search, &offers)
    {
        put(ui, id, &mut text, &completion);
        response.request_focus();
    }
    (text != search.text).then_some(Action::Search(text))
}

/// Escape sends away what is offered; once more, and the line is emptied and left.
fn escape(ui: &Ui, id: Id, search: &mut Search, text: &mut String) {
    if std::mem::take(&mut search.is_completing) && !text.is_empty() {
        return;
    }
    text.clear();
    ui.ctx().memory_mut(|memory| memory.surrender_focus(id));
}

/// The cross at the end of the line, which empties it. Returns whether it was clicked.
fn cross_ui(ui: &mut Ui, palette: &Palette, field: Rect) -> bool {
    let place = Rect::from_center_size(field.right_center() - vec2(16.0, 0.0), vec2(24.0, 24.0));
    let layout = Layout::centered_and_justified(Direction::LeftToRight);
    // Not a part of the bar's own row.
    let mut ui = ui.new_child(UiBuilder::new().id_salt("clear search").max_rect(place).layout(layout));
    let cross = RichText::new(icons::X).font(icon(13.0)).color(palette.dim);
    let response = ui.add(Button::new(cross).frame(false)).on_hover_text(say!("search-clear"));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, say!("search-clear")));
    response.clicked()
}

/// What could stand at the cursor; below an empty line some tags, what was saved, and examples.
fn offers(ui: &Ui, id: Id, view: &View<'_>, text: &str) -> Vec<Offer> {
    let cursor = TextEdit::load_state(ui.ctx(), id).and_then(|state| state.cursor.char_range());
    let cursor = cursor.map_or(usize::MAX, |range| range.primary.index.into());
    let byte = text.char_indices().nth(cursor).map_or(text.len(), |(byte, _)| byte);
    let completions = complete(text, byte, view.workspace.vocabulary()).into_iter().take(MAX_COMPLETIONS);
    let mut offers: Vec<Offer> = completions.map(Offer::of).collect();
    if text.trim().is_empty() {
        let whole = |name: &str, query: &str, what: &str| Offer {
            completion: Completion { replace: 0..text.len(), text: query.to_owned(), kind: CompletionKind::Value },
            name: name.to_owned(),
            what: what.to_owned(),
        };
        let saved = view.workspace.saved_filters().iter().take(MAX_SAVED);
        offers.extend(saved.map(|filter| whole(&filter.name, &filter.query, say!("search-saved"))));
        offers.extend(EXAMPLES.iter().map(|&(name, query)| whole(say!(name), query, query)));
    }
    offers
}

/// Arrows mark one of what is offered, Tab takes it; so does Enter while nothing is typed that it could be about.
fn keys<'a>(ui: &Ui, search: &mut Search, offers: &'a [Offer]) -> Option<&'a Offer> {
    let last = offers.len().checked_sub(1)?;
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::ArrowDown) {
        search.marked = Some(search.marked.map_or(0, |marked| (marked + 1).min(last)));
    }
    if pressed(Key::ArrowUp) {
        search.marked = search.marked.map(|marked| marked.saturating_sub(1));
    }
    let marked = search.marked?;
    let is_taken = pressed(Key::Tab) || (search.text.is_empty() && pressed(Key::Enter));
    is_taken.then(|| &offers[marked.min(last)])
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

fn popup_ui(response: &egui::Response, palette: &Palette, search: &Search, offers: &[Offer]) -> Option<Completion> {
    if offers.is_empty() && search.error.is_none() {
        return None;
    }
    let popup = Popup::from_response(response).open(true).width(response.rect.width().max(LIST)).show(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        // As far in as the names of the rows.
        let inset = Frame::new().inner_margin(vec2(ROW_INSET, 0.0));
        if let Some(error) = &search.error {
            let problem = RichText::new(query_problem(&error.message)).color(palette.no);
            inset.show(ui, |ui| ui.add(egui::Label::new(problem).wrap()));
        }
        let mut chosen = None;
        for (index, offer) in offers.iter().enumerate() {
            let row = row_ui(ui, palette, None, &offer.name, &offer.what, search.marked == Some(index));
            if row.clicked() {
                chosen = Some(offer.completion.clone());
            }
        }
        if !offers.is_empty() {
            inset.show(ui, |ui| ui.label(RichText::new(say!("search-keys")).size(11.0).color(palette.dim)));
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
