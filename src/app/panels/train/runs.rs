//! All trainings, with their settings and what came of them side by side.

use egui::{Align, Grid, Layout, RichText, ScrollArea, Ui};

use super::super::super::names::{moment, run_state_name, unfreeze_name};
use super::super::super::train::{KnownRun, TrainScreen};
use super::super::super::view::View;
use super::super::super::widgets::card_ui;
use super::super::super::words::say;

/// Draws the table, newest first; a tick lays a run's curve over the others.
pub fn runs_ui(ui: &mut Ui, view: &View<'_>, train: &mut TrainScreen) {
    if train.runs.all.is_empty() {
        return;
    }
    let palette = view.palette;
    card_ui(ui, palette, say!("runs"), |ui| {
        ScrollArea::horizontal().show(ui, |ui| {
            Grid::new("runs").num_columns(8).spacing([18.0, 6.0]).show(ui, |ui| {
                for text in [
                    say!("runs-run"),
                    say!("runs-began"),
                    say!("runs-state"),
                    say!("tune-unfreeze"),
                    say!("tune-epochs"),
                    say!("runs-right"),
                    say!("train-f1"),
                    say!("runs-version"),
                ] {
                    ui.label(RichText::new(text).size(12.0).color(palette.dim));
                }
                ui.end_row();
                let TrainScreen { runs, overlaid, .. } = train;
                for run in runs.all.iter().rev() {
                    row_ui(ui, run, overlaid);
                    ui.end_row();
                }
            });
        });
    });
}

fn row_ui(ui: &mut Ui, run: &KnownRun, overlaid: &mut std::collections::BTreeSet<i64>) {
    let number = run.row.number;
    let mut is_overlaid = overlaid.contains(&number);
    if ui.checkbox(&mut is_overlaid, say!("train-of-run", run = number)).changed() {
        if is_overlaid {
            overlaid.insert(number);
        } else {
            overlaid.remove(&number);
        }
    }
    ui.label(moment(run.row.started_at));
    ui.label(run_state_name(run.row.state));
    ui.label(run.settings.as_ref().map_or("", |settings| unfreeze_name(settings.unfreeze)));
    let percent = |share: f64| say!("percent", number = (1000.0 * share).round() / 10.0);
    let best = run.outcome.as_ref().map(|outcome| outcome.best.epoch.to_string());
    let right = run.outcome.as_ref().map(|outcome| percent(outcome.accuracy));
    let f1 = run.outcome.as_ref().map(|outcome| percent(outcome.macro_f1));
    let version = run.row.version.map(|version| say!("version-number", number = version));
    for text in [best, right, f1, version] {
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| ui.label(text.unwrap_or_default()));
    }
}
