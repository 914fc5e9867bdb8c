//! The curves of a training, as it goes: loss, and macro F1 on photos that are held out.

use egui::{Color32, Rangef, RichText, Ui, Vec2b};
use egui_plot::{GridInput, GridMark, HLine, Line, LineStyle, Plot, PlotPoints, Points};

use super::super::super::theme::{Palette, TAG_COLOURS, semibold};
use super::super::super::train::Runs;
use super::super::super::view::View;
use super::super::super::widgets::card_ui;
use super::super::super::words::say;
use crate::workspace::EpochFigures;

const HEIGHT: f32 = 190.0;

/// Marks on an axis, about.
const NUM_MARKS: f64 = 4.0;

/// A line with its name.
struct Curve {
    name: String,
    points: Vec<[f64; 2]>,
    color: Color32,
    style: LineStyle,
}

/// Draws the curves of the training under way, or of the last one, with those of the runs that are laid over it.
pub fn curves_ui(ui: &mut Ui, view: &View<'_>, runs: &Runs) {
    let Some(shown) = runs.shown(view.workspace) else { return };
    let palette = view.palette;
    if shown.epochs.is_empty() && !view.workspace.is_training() {
        return;
    }
    card_ui(ui, palette, &say!("curves", run = shown.number), |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        if shown.epochs.is_empty() {
            ui.label(RichText::new(say!("curves-soon")).color(palette.dim));
            return;
        }
        let others: Vec<_> =
            runs.all.iter().filter(|run| run.row.number != shown.number && !run.epochs.is_empty()).collect();
        let overlaid = |value: fn(&EpochFigures) -> f64| {
            others.iter().map(move |run| Curve {
                name: say!("train-of-run", run = run.row.number),
                points: points(&run.epochs, value),
                color: TAG_COLOURS[run.row.number.unsigned_abs() as usize % TAG_COLOURS.len()],
                style: LineStyle::Solid,
            })
        };
        let curve = |name: &str, color, style, value: fn(&EpochFigures) -> f64| Curve {
            name: name.to_owned(),
            points: points(shown.epochs, value),
            color,
            style,
        };
        ui.columns(2, |columns| {
            let held_out: fn(&EpochFigures) -> f64 = |epoch| epoch.validation_loss;
            let mut loss = vec![
                curve(say!("curves-training"), palette.accent, LineStyle::Solid, |epoch| epoch.train_loss),
                curve(say!("curves-held-out"), palette.unsure, LineStyle::dashed_dense(), held_out),
            ];
            loss.extend(overlaid(held_out));
            columns[0].label(RichText::new(say!("curves-loss")).font(semibold(13.0)));
            plot_ui(&mut columns[0], palette, "loss", loss, None);
            let f1: fn(&EpochFigures) -> f64 = |epoch| epoch.macro_f1;
            let mut curves = vec![curve(say!("curves-this-run"), palette.yes, LineStyle::Solid, f1)];
            curves.extend(overlaid(f1));
            let live = shown.outcome.map(|outcome| outcome.live_macro_f1);
            columns[1].label(RichText::new(say!("curves-f1")).font(semibold(13.0))).on_hover_text(say!("f1-what"));
            plot_ui(&mut columns[1], palette, "macro F1", curves, live);
        });
    });
}

/// Some round numbers, all of one weight, that are at least so far from each other.
fn marks(input: &GridInput, least: f64) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    let wanted = ((high - low) / NUM_MARKS).max(least).max(1e-6);
    let power = 10f64.powf(wanted.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= wanted);
    let step = step.unwrap_or(wanted);
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|number| GridMark { value: number as f64 * step, step_size: step }).collect()
}

fn points(epochs: &[EpochFigures], value: fn(&EpochFigures) -> f64) -> Vec<[f64; 2]> {
    epochs.iter().map(|epoch| [epoch.epoch as f64, value(epoch)]).collect()
}

fn plot_ui(ui: &mut Ui, palette: &Palette, id: &'static str, curves: Vec<Curve>, level: Option<f64>) {
    let mut legend: Vec<(String, Color32, bool)> =
        curves.iter().map(|curve| (curve.name.clone(), curve.color, curve.style == LineStyle::Solid)).collect();
    legend.extend(level.map(|_| (say!("curves-live").to_owned(), palette.dim, false)));
    Plot::new(id)
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
        .x_grid_spacer(|input| marks(&input, 1.0))
        .y_grid_spacer(|input| marks(&input, 0.0))
        .y_axis_formatter(|mark, _| {
            format!("{:.*}", (-mark.step_size.log10().floor()).clamp(0.0, 6.0) as usize, mark.value)
        })
        // So wide that the lines stay faint.
        .grid_spacing(Rangef::new(8.0, 500.0))
        .show(ui, |plot| {
            for Curve { name, points, color, style } in curves {
                if let [point] = points.as_slice() {
                    // One point makes no line.
                    plot.points(Points::new(name, vec![*point]).color(color).radius(3.0));
                    continue;
                }
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
