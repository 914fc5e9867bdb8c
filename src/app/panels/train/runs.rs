//! All trainings, and the settings of some of them side by side.

use std::collections::BTreeSet;

use egui::{Grid, RichText, ScrollArea, Ui};

use super::super::super::action::{Action, TrainAction};
use super::super::super::names::{activate_name, duration, moment, percent_words, run_state_name, unfreeze_name};
use super::super::super::theme::{Palette, semibold};
use super::super::super::train::{KnownRun, TrainScreen};
use super::super::super::view::View;
use super::super::super::widgets::{card_ui, checkbox_ui, link_ui};
use super::super::super::words::say;
use crate::workspace::{RunMachine, TrainSettings};

/// Draws the table, newest first; a tick lays a run's curves over those of the last one, and its settings beside them.
pub fn runs_ui(ui: &mut Ui, view: &View<'_>, train: &mut TrainScreen) -> Option<Action> {
    if train.runs.all.is_empty() {
        return None;
    }
    let palette = view.palette;
    let workspace = view.workspace;
    let can_go_on = workspace.model().is_some() && !workspace.is_training() && workspace.read_only_reason().is_none();
    let mut action = None;
    card_ui(ui, palette, say!("runs"), |ui| {
        ui.label(RichText::new(say!("runs-what")).size(12.0).color(palette.dim));
        ScrollArea::horizontal().id_salt("runs").show(ui, |ui| {
            Grid::new("runs").num_columns(8).spacing([18.0, 6.0]).show(ui, |ui| {
                for text in [
                    say!("runs-run"),
                    say!("runs-began"),
                    say!("runs-state"),
                    say!("tune-unfreeze"),
                    say!("runs-best"),
                    say!("runs-right"),
                    say!("train-f1"),
                    say!("runs-version"),
                ] {
                    ui.label(RichText::new(text).size(12.0).color(palette.dim));
                }
                ui.end_row();
                let TrainScreen { runs, overlaid, .. } = &mut *train;
                for run in runs.all.iter().rev() {
                    action = row_ui(ui, palette, run, overlaid, can_go_on).or(action.take());
                    ui.end_row();
                }
            });
        });
        side_by_side_ui(ui, view, train);
    });
    action
}

fn row_ui(
    ui: &mut Ui,
    palette: &Palette,
    run: &KnownRun,
    overlaid: &mut BTreeSet<i64>,
    can_go_on: bool,
) -> Option<Action> {
    let number = run.row.number;
    let mut is_overlaid = overlaid.contains(&number);
    if checkbox_ui(ui, palette, &mut is_overlaid, &say!("train-of-run", run = number)).changed() {
        if is_overlaid {
            overlaid.insert(number);
        } else {
            overlaid.remove(&number);
        }
    }
    ui.label(moment(run.row.started_at));
    let mut action = None;
    ui.horizontal(|ui| {
        ui.label(run_state_name(run.row.state));
        if can_go_on && run.row.state.waits() && link_ui(ui, palette, say!("runs-go-on")).clicked() {
            action = Some(Action::Train(TrainAction::Resume(number)));
        }
    });
    ui.label(run.settings.as_ref().map_or("", |settings| unfreeze_name(settings.unfreeze)));
    let outcome = run.outcome.as_ref();
    let best = outcome.map(|outcome| outcome.best.epoch.to_string());
    let right = outcome.map(|outcome| percent_words(outcome.accuracy));
    let f1 = outcome.map(|outcome| percent_words(outcome.macro_f1));
    let version = run.row.version.map(|version| say!("version-number", number = version));
    for text in [best, right, f1, version] {
        ui.label(text.unwrap_or_default());
    }
    action
}

/// The settings and figures of the ticked runs, those that differ in full colour.
fn side_by_side_ui(ui: &mut Ui, view: &View<'_>, train: &TrainScreen) {
    let ticked: Vec<&KnownRun> = train.runs.all.iter().filter(|run| train.overlaid.contains(&run.row.number)).collect();
    if ticked.len() < 2 {
        return;
    }
    let palette = view.palette;
    ui.add_space(8.0);
    ScrollArea::horizontal().id_salt("side by side").show(ui, |ui| {
        Grid::new("side by side").num_columns(1 + ticked.len()).spacing([24.0, 6.0]).show(ui, |ui| {
            ui.label(RichText::new(say!("runs-settings")).size(12.0).color(palette.dim));
            for run in &ticked {
                ui.label(RichText::new(say!("train-of-run", run = run.row.number)).font(semibold(13.0)));
            }
            ui.end_row();
            for (name, of) in FACTS {
                let values: Vec<String> = ticked.iter().map(|run| of(run).unwrap_or_default()).collect();
                let is_same = values.windows(2).all(|pair| pair[0] == pair[1]);
                let color = if is_same { palette.dim } else { palette.text };
                ui.label(RichText::new(say!(name)).color(palette.dim));
                for value in values {
                    ui.label(RichText::new(value).color(color));
                }
                ui.end_row();
            }
        });
    });
}

/// What is said of a run, by the key of its name.
type Fact = (&'static str, fn(&KnownRun) -> Option<String>);

const FACTS: [Fact; 28] = [
    ("runs-right", |run| Some(percent_words(run.outcome.as_ref()?.accuracy))),
    ("train-f1", |run| Some(percent_words(run.outcome.as_ref()?.macro_f1))),
    ("runs-loss", |run| Some(format!("{:.4}", run.outcome.as_ref()?.best.validation_loss))),
    ("runs-live-f1", |run| Some(percent_words(run.outcome.as_ref()?.live_macro_f1))),
    ("runs-rate", |run| Some(run.epochs.last()?.images_per_second.round().to_string())),
    ("runs-time", |run| Some(duration(run.epochs.last()?.total_seconds.ceil() as u64))),
    ("tune-group", group_name),
    ("tune-unfreeze", |run| Some(unfreeze_name(run.settings.as_ref()?.unfreeze).to_owned())),
    ("runs-device", |run| run.machine.as_ref().map(device_name)),
    ("tune-precision", |run| set(run, |settings| settings.on.precision)),
    ("runs-precision", |run| Some(run.machine.as_ref()?.precision.clone())),
    ("tune-epochs", |run| set(run, |settings| settings.recipe.epochs)),
    ("tune-batch", |run| set(run, |settings| settings.recipe.batch)),
    ("tune-patience", |run| set(run, |settings| settings.recipe.patience)),
    ("tune-test-rates", |run| set(run, |settings| yes_or_no(settings.recipe.tests_rates))),
    ("tune-head-rate", |run| set(run, |settings| settings.recipe.head_rate)),
    ("tune-body-rate", |run| set(run, |settings| settings.recipe.body_rate)),
    ("tune-warm-up", |run| set(run, |settings| settings.recipe.warm_up)),
    ("tune-decay", |run| set(run, |settings| settings.recipe.weight_decay)),
    ("tune-smoothing", |run| set(run, |settings| settings.recipe.label_smoothing)),
    ("tune-mixup", |run| set(run, |settings| settings.recipe.mixup)),
    ("tune-averaging", |run| set(run, |settings| settings.recipe.averaging)),
    ("tune-rare", |run| set(run, |settings| settings.recipe.rare_below)),
    ("tune-gradient", |run| set(run, |settings| settings.recipe.max_gradient_norm)),
    ("tune-checkpoint", |run| set(run, |settings| settings.checkpoint_minutes)),
    ("tune-cache", |run| set(run, |settings| format!("{:.1}", settings.cache_bytes as f64 / 1e9))),
    ("tune-seed", |run| set(run, |settings| settings.recipe.seed)),
    ("tune-activate", |run| set(run, |settings| activate_name(settings.activate))),
];

fn group_name(run: &KnownRun) -> Option<String> {
    let is_one = run.settings.as_ref()?.group.is_some();
    if is_one { run.group.clone() } else { Some(say!("tune-all-groups").to_owned()) }
}

fn device_name(machine: &RunMachine) -> String {
    match machine.device.as_str() {
        "cuda" => say!("runs-on-cuda").to_owned(),
        "metal" => say!("runs-on-metal").to_owned(),
        _ => machine.cpu.clone(),
    }
}

fn yes_or_no(is_so: bool) -> &'static str {
    if is_so { say!("runs-yes") } else { say!("runs-no") }
}

fn set<T: ToString>(run: &KnownRun, value: fn(&TrainSettings) -> T) -> Option<String> {
    run.settings.as_ref().map(|settings| value(settings).to_string())
}
