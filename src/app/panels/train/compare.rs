//! A version's figures tag by tag, beside those of another one.

use std::collections::HashMap;

use egui::{Align, ComboBox, Label, Layout, Rect, Response, RichText, Sense, Stroke, Ui, UiBuilder, WidgetInfo, vec2};

use super::super::super::action::{Action, VersionAction};
use super::super::super::names::{group_caption, percent_words, version_name};
use super::super::super::theme::{Palette, semibold};
use super::super::super::train::TrainScreen;
use super::super::super::view::View;
use super::super::super::widgets::{card_ui, plain_button_ui};
use super::super::super::words::say;
use crate::workspace::{JobTask, Measured, MeasuredOn, Version};

/// Changes of less than this many points are not told by colour: they are noise.
const NOISE: f64 = 0.5;

/// What a figure is held against.
#[derive(Clone, Copy)]
enum Beside {
    /// There is no other version.
    Nothing,
    /// The other version does not know the tag.
    Unknown,
    F1(f64),
}

/// Holds the version that is looked at against another one.
pub fn compare_ui(ui: &mut Ui, view: &View<'_>, train: &mut TrainScreen) -> Option<Action> {
    let (shown, against) = train.shown_versions(view.workspace);
    let find = |number: Option<i64>| view.workspace.versions().iter().find(|version| Some(version.number) == number);
    let (shown, against) = (find(shown)?, find(against));
    let title = match against {
        Some(against) => say!("train-against", version = version_name(shown), other = version_name(against)),
        None => version_name(shown),
    };
    card_ui(ui, view.palette, &title, |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        choices_ui(ui, view, train, shown, against);
        let group = train.shown_group(view.workspace);
        let Some(now) = group.and_then(|group| shown.measured(group)) else {
            ui.label(RichText::new(say!("train-not-measured")).color(view.palette.dim));
            return None;
        };
        let before = against.and_then(|against| against.measured(group?));
        ui.add(Label::new(RichText::new(measured_on(now, before)).size(12.0).color(view.palette.dim)).wrap());
        table_ui(ui, view, now, before);
        changes_ui(ui, view, shown, against?)
    })
}

/// The group, and the version to hold it against.
fn choices_ui(ui: &mut Ui, view: &View<'_>, train: &mut TrainScreen, shown: &Version, against: Option<&Version>) {
    let vocabulary = view.workspace.vocabulary();
    let others: Vec<&Version> = view.workspace.versions().iter().filter(|other| other.number != shown.number).collect();
    if vocabulary.groups.len() < 2 && others.len() < 2 {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        if vocabulary.groups.len() > 1 {
            let group = train.shown_group(view.workspace).and_then(|group| vocabulary.group(group));
            let text = group.map_or(String::new(), |group| group_caption(&group.name, group.kind));
            let combo = ComboBox::from_id_salt("figures of").selected_text(text).show_ui(ui, |ui| {
                for group in &vocabulary.groups {
                    let caption = group_caption(&group.name, group.kind);
                    ui.selectable_value(&mut train.group, Some(group.id), caption);
                }
            });
            combo.response.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, say!("group")));
        }
        if others.len() > 1 {
            ui.label(RichText::new(say!("train-beside")).color(view.palette.dim));
            let combo = ComboBox::from_id_salt("beside")
                .selected_text(against.map_or(String::new(), version_name))
                .show_ui(ui, |ui| {
                    for other in others.iter().rev() {
                        ui.selectable_value(&mut train.against, Some(other.number), version_name(other));
                    }
                });
            combo.response.widget_info(|| WidgetInfo::labeled(egui::Role::ComboBox, true, say!("train-beside")));
        }
    });
}

/// What the figures rest on.
fn measured_on(now: &Measured, before: Option<&Measured>) -> String {
    let count = now.metrics.images;
    let text = match now.on {
        MeasuredOn::CrossValidation => say!("train-on-cross", count = count),
        MeasuredOn::HeldOut => say!("train-on-held-out", count = count),
    };
    let is_other = before.is_some_and(|before| (before.on, before.metrics.images) != (now.on, count));
    if is_other { format!("{text} {}", say!("train-on-others")) } else { text }
}

fn table_ui(ui: &mut Ui, view: &View<'_>, now: &Measured, before: Option<&Measured>) {
    let palette = view.palette;
    let dim = |text: &str| RichText::new(text).size(12.0).color(palette.dim);
    let last = if before.is_some() { say!("train-change") } else { say!("train-f1") };
    let heads = [say!("filter-tag"), say!("train-photos"), say!("train-precision"), say!("train-recall"), last];
    cells_ui(ui, palette, &heads.map(dim)).on_hover_text(say!("f1-what"));
    for tag in &now.metrics.per_tag {
        let known = before.and_then(|before| before.metrics.per_tag.iter().find(|other| other.tag == tag.tag));
        let beside = match (before, known) {
            (None, _) => Beside::Nothing,
            (Some(_), None) => Beside::Unknown,
            (Some(_), Some(known)) => Beside::F1(known.f1()),
        };
        let cells = [
            RichText::new(&tag.tag),
            RichText::new(tag.support.to_string()).color(palette.dim),
            RichText::new(percent_words(tag.precision)),
            RichText::new(tag.defined_recall().map_or_else(|| "–".to_owned(), percent_words)),
            change(palette, tag.f1(), beside),
        ];
        cells_ui(ui, palette, &cells);
    }
    let beside = before.map_or(Beside::Nothing, |before| Beside::F1(before.metrics.macro_f1));
    let cells = [
        RichText::new(say!("train-all")),
        RichText::new(now.metrics.images.to_string()).color(palette.dim),
        RichText::new(""),
        RichText::new(""),
        change(palette, now.metrics.macro_f1, beside),
    ];
    cells_ui(ui, palette, &cells.map(|cell| cell.font(semibold(13.0))));
    let accuracy = say!(
        "train-accuracy",
        accuracy = percent_words(now.metrics.accuracy),
        error = percent_words(now.metrics.expected_calibration_error)
    );
    ui.add(Label::new(accuracy).wrap());
    let dim = |text: String| Label::new(RichText::new(text).size(12.0).color(palette.dim)).wrap();
    // Where setting it right has made it no better, there is nothing to tell of it.
    let error = now.metrics.expected_calibration_error;
    if let Some(before) = now.metrics.calibration_error_before.filter(|before| *before > error) {
        ui.add(dim(say!("train-uncalibrated", error = percent_words(before))));
    }
    if let Some(precision) = now.metrics.mean_average_precision {
        ui.add(dim(say!("train-average-precision", share = percent_words(precision))));
    }
}

/// A row over the whole width, a name and four numbers, with a hairline below.
fn cells_ui(ui: &mut Ui, palette: &Palette, cells: &[RichText; 5]) -> Response {
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    let name = row.width() * 0.3;
    let number = (row.width() - name) / 4.0;
    for (index, text) in cells.iter().enumerate() {
        let (left, width, layout) = match index {
            0 => (0.0, name, Layout::left_to_right(Align::Center)),
            _ => (name + number * (index - 1) as f32, number, Layout::right_to_left(Align::Center)),
        };
        let place = Rect::from_min_size(row.min + vec2(left, 0.0), vec2(width, row.height()));
        let mut cell = ui.new_child(UiBuilder::new().max_rect(place).layout(layout));
        cell.add(Label::new(text.clone()).truncate());
    }
    ui.painter().hline(row.x_range(), row.bottom(), Stroke::new(1.0, palette.line));
    response
}

/// F1 by itself, or by how many points it differs from another one.
fn change(palette: &Palette, now: f64, beside: Beside) -> RichText {
    let (text, color) = match beside {
        Beside::Nothing => (percent_words(now), palette.text),
        Beside::Unknown => ("–".to_owned(), palette.dim),
        Beside::F1(before) => {
            let points = 100.0 * (now - before);
            let color = match points {
                points if points >= NOISE => palette.yes,
                points if points <= -NOISE => palette.no,
                _ => palette.dim,
            };
            (format!("{}{:.1}", if points < 0.0 { "−" } else { "+" }, points.abs()), color)
        }
    };
    RichText::new(text).color(color)
}

/// The photos that the two versions see differently.
fn changes_ui(ui: &mut Ui, view: &View<'_>, shown: &Version, against: &Version) -> Option<Action> {
    let palette = view.palette;
    let (from, to) = (against.number, shown.number);
    if view.workspace.is_running(&JobTask::CompareVersions(from, to)) {
        ui.horizontal(|ui| {
            ui.spinner();
            ui.label(RichText::new(say!("train-comparing")).color(palette.dim));
        });
        return None;
    }
    match view.workspace.version_diff().filter(|diff| (diff.from, diff.to) == (from, to)) {
        None => {
            let text = say!("train-compare");
            let button = ui.horizontal(|ui| plain_button_ui(ui, palette, text, None));
            button.inner.clicked().then_some(Action::Version(VersionAction::Compare { from, to }))
        }
        Some(diff) if diff.changes.is_empty() => {
            ui.label(RichText::new(say!("train-same", count = diff.num_photos)).color(palette.dim));
            None
        }
        Some(diff) => {
            let images: Vec<_> = diff.changes.iter().map(|row| row.image).collect();
            let mut distinct = images.clone();
            distinct.sort_unstable();
            distinct.dedup();
            let text = say!("train-see-changes", count = distinct.len());
            let name = say!("train-changes-name", from = from, to = to);
            let button = ui.horizontal(|ui| plain_button_ui(ui, palette, &text, None));
            button.inner.clicked().then_some(Action::ShowOnly { name, images: distinct, said: HashMap::new() })
        }
    }
}
