//! The bar across the top: which catalogue, the query line, and what is done with the whole of it.

use egui::{Align, Frame, Layout, Margin, Panel, RichText, Ui};

use super::super::action::Action;
use super::super::command::key_of;
use super::super::dialogs::DialogKind;
use super::super::icons;
use super::super::names::deed_words;
use super::super::screen::{Screen, Stage};
use super::super::theme::{icon, semibold};
use super::super::view::View;
use super::super::widgets::{icon_button_ui, plain_button_ui, segments_ui};
use super::super::words::say;
use super::search::search_ui;

/// Room for the stages, in points.
const STAGES: f32 = 200.0;

/// In a narrower window another folder is opened by key or through the commands, so that everything has a place.
const WITH_OPEN: f32 = 800.0;

/// With less room than this the catalogue is not named.
const MIN_NAME: f32 = 60.0;

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
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    action = right_ui(ui, view).or(action.take());
                    action = search_ui(ui, view, screen).or(action.take());
                    action = steps_ui(ui, view).or(action.take());
                    action = stages_ui(ui, view, screen).or(action.take());
                    if ui.available_width() < MIN_NAME {
                        return;
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        ui.label(RichText::new(icons::TAG).font(icon(20.0)).color(palette.accent));
                        let name = RichText::new(view.workspace.name()).font(semibold(14.0));
                        ui.add(egui::Label::new(name).truncate());
                        let count = say!("num-photos", count = view.workspace.listing().images.len());
                        ui.add(egui::Label::new(RichText::new(count).color(palette.dim)).truncate());
                    });
                });
            });
            action
        })
        .inner
}

fn right_ui(ui: &mut Ui, view: &View<'_>) -> Option<Action> {
    let palette = view.palette;
    let mut action = None;
    let is_dark = ui.ctx().theme() == egui::Theme::Dark;
    let (glyph, name) = if is_dark { (icons::SUN, say!("top-light")) } else { (icons::MOON, say!("top-dark")) };
    if icon_button_ui(ui, palette, icons::GEAR, say!("settings"), say!("settings")).clicked() {
        action = Some(Action::Ask(DialogKind::Settings));
    }
    if icon_button_ui(ui, palette, glyph, name, name).clicked() {
        action = Some(Action::SwitchTheme);
    }
    let has_room = ui.ctx().content_rect().width() >= WITH_OPEN;
    let key = key_of(ui.ctx(), &Action::Ask(DialogKind::Palette)).filter(|_| has_room);
    if plain_button_ui(ui, palette, say!("top-commands"), key.as_deref()).clicked() {
        action = Some(Action::Ask(DialogKind::Palette));
    }
    if has_room && plain_button_ui(ui, palette, say!("top-open"), None).on_hover_text(say!("top-open-hint")).clicked() {
        action = Some(Action::ChooseFolder);
    }
    action
}

/// What the window is about.
fn stages_ui(ui: &mut Ui, view: &View<'_>, screen: &Screen) -> Option<Action> {
    ui.add_space(12.0);
    let stages =
        [(Stage::Tag, say!("stage-tag")), (Stage::Train, say!("stage-train")), (Stage::Export, say!("stage-export"))];
    // In a row that runs from the left, inside one that runs from the right.
    ui.allocate_ui_with_layout(egui::vec2(STAGES, 32.0), Layout::left_to_right(Align::Center), |ui| {
        segments_ui(ui, view.palette, &stages, screen.stage)
    })
    .inner
    .map(Action::GoTo)
}

/// Undo and redo, which say what they would do.
fn steps_ui(ui: &mut Ui, view: &View<'_>) -> Option<Action> {
    let palette = view.palette;
    let (undo, redo) = view.workspace.next_in_history();
    let step = |ui: &mut Ui, glyph: &str, name: &str, hint: Option<String>, nothing: &str| {
        let is_possible = hint.is_some();
        let hint = hint.as_deref().unwrap_or(nothing);
        ui.add_enabled_ui(is_possible, |ui| icon_button_ui(ui, palette, glyph, name, hint).clicked()).inner
    };
    let mut action = None;
    let hint = redo.map(|deed| say!("redo-what", words = deed_words(deed)));
    if step(ui, icons::ARROW_U_UP_RIGHT, say!("redo"), hint, say!("redo-nothing")) {
        action = Some(Action::Redo);
    }
    let hint = undo.map(|deed| say!("undo-what", words = deed_words(deed)));
    if step(ui, icons::ARROW_U_UP_LEFT, say!("undo"), hint, say!("undo-nothing")) {
        action = Some(Action::Undo);
    }
    action
}
