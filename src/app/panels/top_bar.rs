//! The bar across the top: which catalogue, search, and what is done with the whole of it.

use egui::{Align, Frame, Id, Layout, Margin, Panel, RichText, TextEdit, Ui, vec2};

use super::super::action::Action;
use super::super::icons;
use super::super::names::deed_words;
use super::super::screen::Screen;
use super::super::theme::{Palette, RADIUS_BUTTON, icon, semibold};
use super::super::view::View;
use super::super::widgets::{icon_button_ui, plain_button_ui};
use super::super::words::say;

/// The search field, known to the key that goes there.
const SEARCH: &str = "search";

/// Draws the bar.
pub fn top_bar_ui(ui: &mut Ui, view: &View<'_>, screen: &mut Screen) -> Option<Action> {
    let palette = view.palette;
    let frame = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(16, 8));
    Panel::top("top bar")
        .exact_size(48.0)
        .frame(frame)
        .show(ui, |ui| {
            let mut action = None;
            ui.horizontal_centered(|ui| {
                ui.label(RichText::new(icons::TAG).font(icon(20.0)).color(palette.accent));
                ui.label(RichText::new(view.workspace.name()).font(semibold(14.0)));
                let count = view.workspace.listing().images.len();
                ui.label(RichText::new(say!("num-photos", count = count)).color(palette.dim));
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    action = right_ui(ui, view, palette).or(action.take());
                    action = search_ui(ui, palette, screen).or(action.take());
                });
            });
            action
        })
        .inner
}

fn right_ui(ui: &mut Ui, view: &View<'_>, palette: &Palette) -> Option<Action> {
    let mut action = None;
    if plain_button_ui(ui, palette, say!("top-keys"), Some("F1")).clicked() {
        action = Some(Action::ShowKeys);
    }
    let is_dark = ui.ctx().theme() == egui::Theme::Dark;
    let (glyph, name) = if is_dark { (icons::SUN, say!("top-light")) } else { (icons::MOON, say!("top-dark")) };
    if icon_button_ui(ui, palette, glyph, name, name).clicked() {
        action = Some(Action::SwitchTheme);
    }
    let (undo, redo) = view.workspace.next_in_history();
    let step = |ui: &mut Ui, glyph: &str, name: &str, hint: Option<String>, nothing: &str| {
        let is_possible = hint.is_some();
        let hint = hint.as_deref().unwrap_or(nothing);
        ui.add_enabled_ui(is_possible, |ui| icon_button_ui(ui, palette, glyph, name, hint).clicked()).inner
    };
    let hint = redo.map(|deed| say!("redo-what", words = deed_words(deed)));
    if step(ui, icons::ARROW_U_UP_RIGHT, say!("redo"), hint, say!("redo-nothing")) {
        action = Some(Action::Redo);
    }
    let hint = undo.map(|deed| say!("undo-what", words = deed_words(deed)));
    if step(ui, icons::ARROW_U_UP_LEFT, say!("undo"), hint, say!("undo-nothing")) {
        action = Some(Action::Undo);
    }
    if plain_button_ui(ui, palette, say!("top-open"), None).on_hover_text(say!("top-open-hint")).clicked() {
        action = Some(Action::ChooseFolder);
    }
    action
}

fn search_ui(ui: &mut Ui, palette: &Palette, screen: &mut Screen) -> Option<Action> {
    let mut text = screen.search.clone();
    let width = (ui.available_width() - 8.0).clamp(80.0, 250.0);
    let field = TextEdit::singleline(&mut text)
        .id(Id::unique(SEARCH))
        .hint_text(say!("top-search"))
        .frame(Frame::new().fill(palette.fill).corner_radius(RADIUS_BUTTON).inner_margin(Margin::symmetric(10, 6)))
        .desired_width(width)
        .min_size(vec2(width, 30.0));
    let response = ui.add(field);
    if std::mem::take(&mut screen.focuses_search) {
        response.request_focus();
    }
    if response.changed() { Some(Action::Search(text)) } else { None }
}
