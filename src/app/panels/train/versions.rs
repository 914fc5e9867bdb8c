//! The versions: which there are, which is in use, and what can be done with them.

use egui::{Key, Label, RichText, Role, Sense, TextEdit, Ui, WidgetInfo, vec2};

use super::super::super::action::{Action, VersionAction};
use super::super::super::names::{moment, percent, version_name};
use super::super::super::theme::{RADIUS_ROW, regular, semibold};
use super::super::super::train::TrainScreen;
use super::super::super::view::View;
use super::super::super::widgets::{card_ui, link_ui, plain_button_ui, primary_button_ui};
use super::super::super::words::say;
use crate::catalogue::{GroupId, MAX_NAME_CHARS};
use crate::workspace::{JobTask, Version};

/// Keeping what the live head has learnt.
pub fn keep_ui(ui: &mut Ui, view: &View<'_>) -> Option<Action> {
    let palette = view.palette;
    card_ui(ui, palette, say!("train-keep"), |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        let workspace = view.workspace;
        let has_learnt = !workspace.heads().groups.is_empty();
        let text = if has_learnt { say!("train-keep-what") } else { say!("train-keep-nothing") };
        ui.add(Label::new(RichText::new(text).color(palette.dim)).wrap());
        let is_running = workspace.is_running(&JobTask::Freeze);
        let is_ready = has_learnt && !is_running && workspace.read_only_reason().is_none();
        let pressed =
            ui.add_enabled_ui(is_ready, |ui| plain_button_ui(ui, palette, say!("train-keep-do"), None).clicked()).inner;
        if is_running {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(RichText::new(say!("train-keeping")).color(palette.dim));
            });
        }
        pressed.then_some(Action::Version(VersionAction::Keep))
    })
}

/// Lists the versions, newest first.
pub fn versions_ui(ui: &mut Ui, view: &View<'_>, train: &mut TrainScreen) -> Option<Action> {
    let palette = view.palette;
    let workspace = view.workspace;
    card_ui(ui, palette, say!("train-versions"), |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        if workspace.versions().is_empty() {
            ui.add(Label::new(RichText::new(say!("train-no-versions")).color(palette.dim)).wrap());
            return None;
        }
        let mut action = None;
        let (shown, _) = train.shown_versions(workspace);
        let group = train.shown_group(workspace);
        for version in workspace.versions().iter().rev() {
            let is_shown = shown == Some(version.number);
            ui.push_id(version.number, |ui| {
                if row_ui(ui, view, version, group, is_shown) {
                    (train.version, train.renaming) = (Some(version.number), None);
                }
                if is_shown {
                    action = buttons_ui(ui, view, train, version).or(action.take());
                }
            });
        }
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| {
            let text = match workspace.version_in_use() {
                Some(number) => say!("train-in-use", number = number),
                None => say!("train-in-use-live").to_owned(),
            };
            ui.label(RichText::new(text).size(12.0).color(palette.dim));
            if let Some(before) = workspace.in_use_before() {
                let text = match before.version {
                    Some(number) => say!("train-go-back", number = number),
                    None => say!("train-go-back-live").to_owned(),
                };
                if link_ui(ui, palette, &text).clicked() {
                    action = Some(Action::Version(VersionAction::GoBack));
                }
            }
        });
        action
    })
}

/// A version in a line or two. Returns whether it was clicked.
fn row_ui(ui: &mut Ui, view: &View<'_>, version: &Version, group: Option<GroupId>, is_shown: bool) -> bool {
    let palette = view.palette;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::click());
    let is_in_use = view.workspace.version_in_use() == Some(version.number);
    let name = version_name(version);
    let figures = figures(version, group);
    response.widget_info(|| {
        let state = if is_in_use { say!("train-used") } else { "" };
        WidgetInfo::selected(Role::Button, true, is_shown, format!("{name} {figures} {state}").trim_end().to_owned())
    });
    let ground = match () {
        () if is_shown => Some(palette.accent_wash),
        () if response.hovered() || response.has_focus() => Some(palette.fill),
        () => None,
    };
    if let Some(ground) = ground {
        ui.painter().rect_filled(rect.expand2(vec2(8.0, 0.0)), RADIUS_ROW, ground);
    }
    let painter = ui.painter();
    let color = if is_shown { palette.accent } else { palette.text };
    let top = rect.top() + 14.0;
    let end =
        painter.text(egui::pos2(rect.left(), top), egui::Align2::LEFT_CENTER, &name, semibold(13.0), color).right();
    if is_in_use {
        let at = egui::pos2(end + 18.0, top);
        let galley = painter.layout_no_wrap(say!("train-used").to_owned(), semibold(11.5), palette.yes);
        let badge = egui::Rect::from_min_size(at - vec2(8.0, 9.0), galley.size() + vec2(16.0, 4.0));
        painter.rect_filled(badge, 9.0, palette.yes_wash);
        painter.galley(at - vec2(0.0, galley.size().y / 2.0), galley, palette.yes);
    }
    painter.text(egui::pos2(rect.right(), top), egui::Align2::RIGHT_CENTER, figures, regular(12.5), color);
    let origin = match version.record.run {
        Some(run) => say!("train-of-run", run = run),
        None => say!("train-of-live-head").to_owned(),
    };
    let below = format!("{} · {origin}", moment(version.created_at));
    painter.text(
        egui::pos2(rect.left(), rect.top() + 32.0),
        egui::Align2::LEFT_CENTER,
        below,
        regular(11.5),
        palette.dim,
    );
    response.clicked()
}

/// How good a version is in one group, in a few figures; nothing where it was not measured.
fn figures(version: &Version, group: Option<GroupId>) -> String {
    let Some(measured) = group.and_then(|group| version.measured(group)) else { return String::new() };
    say!("train-figures", accuracy = percent(measured.metrics.accuracy), f1 = percent(measured.metrics.macro_f1))
}

fn buttons_ui(ui: &mut Ui, view: &View<'_>, train: &mut TrainScreen, version: &Version) -> Option<Action> {
    let palette = view.palette;
    let number = version.number;
    if let Some((_, name)) = train.renaming.as_mut().filter(|(renamed, _)| *renamed == number) {
        let mut action = None;
        let mut is_over = false;
        ui.horizontal(|ui| {
            let field = ui.add(TextEdit::singleline(name).char_limit(MAX_NAME_CHARS).desired_width(240.0));
            field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, say!("train-name")));
            let is_entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if primary_button_ui(ui, palette, say!("edit-rename"), Some("Enter")).clicked() || is_entered {
                action = Some(Action::Version(VersionAction::Rename(number, name.trim().to_owned())));
                is_over = true;
            }
            is_over |= plain_button_ui(ui, palette, say!("cancel"), None).clicked();
        });
        if is_over {
            train.renaming = None;
        }
        return action;
    }
    let is_in_use = view.workspace.version_in_use() == Some(number);
    let can_write = view.workspace.read_only_reason().is_none();
    ui.add_enabled_ui(can_write, |ui| {
        ui.horizontal(|ui| {
            let mut action = None;
            let is_coming = view.workspace.is_running(&JobTask::Activate(Some(number)));
            if is_coming {
                ui.spinner();
                ui.label(RichText::new(say!("train-activating")).color(palette.dim));
            } else if !is_in_use && primary_button_ui(ui, palette, &say!("train-use", number = number), None).clicked()
            {
                action = Some(Action::Version(VersionAction::Use(number)));
            }
            if plain_button_ui(ui, palette, say!("edit-rename"), None).clicked() {
                train.renaming = Some((number, version.name.clone()));
            }
            if !is_in_use && !is_coming && link_ui(ui, palette, say!("edit-delete")).clicked() {
                action = Some(Action::Version(VersionAction::AskToDelete(number)));
            }
            action
        })
        .inner
    })
    .inner
}
