//! The curves of a training, as it goes: loss, and macro F1 on photos that are held out.

use egui::{Color32, RichText, Ui, Vec2b};
use egui_plot::{HLine, Line, LineStyle, Plot, PlotPoints};

use super::super::super::theme::{Palette, TAG_COLOURS, semibold};
use super::super::super::train::Runs;
use super::super::super::view::View;
use super::super::super::widgets::card_ui;
use super::super::super::words::say;
use crate::workspace::EpochFigures;

const HEIGHT: f32 = 190.0;

/// A line with its name.
struct Curve {
    name: String,
    points: Vec<[f64; 2]>,
    color: Color32,
    style: LineStyle,
}

/// Draws the curves of the training under way, or of the last one, with those of the runs that are laid over it.
pub fn curves_ui(ui: &mut Ui, view: &View<'_>, runs: &Runs) {
    let Some(training) = view.workspace.training().filter(|training| !training.epochs.is_empty()) else { return };
    let palette = view.palette;
    card_ui(ui, palette, &say!("curves", run = training.run), |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.columns(2, |columns| {
            let curve = |name: &str, color, style, value: fn(&EpochFigures) -> f64| {
                Curve { name: name.to_owned(), points: points(&training.epochs, value), color, style }
            };
            let loss = vec![
                curve(say!("curves-training"), palette.accent, LineStyle::Solid, |epoch| epoch.train_loss),
                curve(say!("curves-held-out"), palette.unsure, LineStyle::dashed_dense(), |epoch| epoch.validation_loss),
            ];
            plot_ui(&mut columns[0], palette, say!("curves-loss"), loss, None);
            let f1: fn(&EpochFigures) -> f64 = |epoch| epoch.macro_f1;
            let mut curves = vec![curve(say!("curves-this-run"), palette.yes, LineStyle::Solid, f1)];
            for run in runs.all.iter().filter(|run| run.row.number != training.run && !run.epochs.is_empty()) {
                curves.push(Curve {
                    name: say!("train-of-run", run = run.row.number),
                    points: points(&run.epochs, f1),
                    color: TAG_COLOURS[run.row.number.unsigned_abs() as usize % TAG_COLOURS.len()],
                    style: LineStyle::Solid,
                });
            }
            let live = training.outcome.as_ref().map(|outcome| outcome.live_macro_f1);
            plot_ui(&mut columns[1], palette, say!("curves-f1"), curves, live);
        });
    });
}

fn points(epochs: &[EpochFigures], value: fn(&EpochFigures) -> f64) -> Vec<[f64; 2]> {
    epochs.iter().map(|epoch| [epoch.epoch as f64, value(epoch)]).collect()
}

fn plot_ui(ui: &mut Ui, palette: &Palette, title: &'static str, curves: Vec<Curve>, level: Option<f64>) {
    ui.label(RichText::new(title).font(semibold(13.0)));
    let mut legend: Vec<(String, Color32, bool)> =
        curves.iter().map(|curve| (curve.name.clone(), curve.color, curve.style == LineStyle::Solid)).collect();
    legend.extend(level.map(|_| (say!("curves-live").to_owned(), palette.dim, false)));
    Plot::new(title)
        .height(HEIGHT)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_background(false)
        .show_grid(Vec2b::new(false, true))
        .show_axes(Vec2b::new(true, true))
        .include_x(1.0)
        .show(ui, |plot| {
            for Curve { name, points, color, style } in curves {
                plot.line(Line::new(name, PlotPoints::from(points)).color(color).style(style).width(2.0));
            }
            if let Some(level) = level {
                plot.hline(HLine::new(say!("curves-live"), level).color(palette.dim).style(LineStyle::dashed_dense()));
            }
        });
    ui.horizontal_wrapped(|ui| {
        for (name, color, is_solid) in legend {
            ui.label(RichText::new(if is_solid { "—" } else { "- -" }).color(color));
            ui.label(RichText::new(name).size(12.0).color(palette.dim));
        }
    });
}
