//! What was written: where it lies, how near it is to the app's own answers, and the lines that use it.

use egui::{Frame, Label, Margin, RichText, Ui};

use super::super::super::action::{Action, ExportAction};
use super::super::super::export::{ExportScreen, Item, Outcome, Standing, Written};
use super::super::super::exported::{note_words, passed_over_words, written_words};
use super::super::super::failures::failure_words;
use super::super::super::names::percent;
use super::super::super::theme::{Palette, RADIUS_BUTTON};
use super::super::super::view::View;
use super::super::super::widgets::{bar_ui, card_ui, link_ui, open_folder, plain_button_ui, primary_button_ui, row_ui};
use super::super::super::words::say;
use super::cards::{format_name, tags_words, verdict_ui};
use crate::export::{Accuracy, Agreement, Precision, Report, Share, Verified, labels};
use crate::failure::Cause;

/// Draws the pane.
pub fn result_ui(ui: &mut Ui, view: &View<'_>, export: &mut ExportScreen) -> Option<Action> {
    let palette = view.palette;
    card_ui(ui, palette, &view.workspace.name(), |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        let mut action = folder_ui(ui, view, export);
        let num_ticked = export.ticked().len();
        if let Some(standing) = export.standing(view.workspace) {
            action = standing_ui(ui, palette, &standing).or(action);
        } else {
            let text = say!("export-do", count = num_ticked);
            let pressed = ui.add_enabled_ui(num_ticked > 0, |ui| primary_button_ui(ui, palette, &text, None)).inner;
            if pressed.clicked() {
                action = Some(Action::Export(ExportAction::Start));
            }
        }
        if let Some(shown) = export.shown() {
            ui.separator();
            action = shown_ui(ui, view, shown).or(action);
        }
        if export.written.len() > 1 {
            ui.separator();
            let mut chosen = None;
            for written in export.written.iter().rev() {
                let is_shown = export.shown().is_some_and(|shown| shown.item == written.item);
                let name = item_name(&written.item);
                if ui.push_id(&name, |ui| row_ui(ui, palette, None, &name, "", is_shown)).inner.clicked() {
                    chosen = Some(written.item.clone());
                }
            }
            export.shown = chosen.or(export.shown.take());
        }
        ui.add_space(8.0);
        ui.add(Label::new(RichText::new(say!("export-promise")).size(12.0).color(palette.dim)).wrap());
        action
    })
}

/// Where everything goes.
fn folder_ui(ui: &mut Ui, view: &View<'_>, export: &ExportScreen) -> Option<Action> {
    let palette = view.palette;
    let folder = export.out(view.workspace)?;
    ui.add(Label::new(RichText::new(say!("export-into")).size(12.0).color(palette.dim)));
    ui.add(Label::new(folder.display().to_string()).wrap());
    link_ui(ui, palette, say!("export-choose")).clicked().then_some(Action::Export(ExportAction::ChooseFolder))
}

fn standing_ui(ui: &mut Ui, palette: &Palette, standing: &Standing<'_>) -> Option<Action> {
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(250));
    let text = match standing.item {
        Some(item) => say!("export-writing", name = item_name(item), number = standing.number, count = standing.count),
        None => say!("export-keeping").to_owned(),
    };
    ui.add(Label::new(text).wrap());
    bar_ui(ui, palette, ui.available_width(), standing.fraction);
    plain_button_ui(ui, palette, say!("cancel"), None).clicked().then_some(Action::Export(ExportAction::Cancel))
}

fn shown_ui(ui: &mut Ui, view: &View<'_>, written: &Written) -> Option<Action> {
    let palette = view.palette;
    ui.horizontal(|ui| {
        ui.strong(item_name(&written.item));
        verdict_ui(ui, palette, written);
    });
    match &written.outcome {
        Err(failure) => {
            ui.add(Label::new(RichText::new(failure_words(failure)).color(palette.no)).wrap());
            // Only int8 may be kept although it is off; what failed otherwise would fail again.
            let is_int8 = matches!(written.item, Item::Model(_, Precision::Int8));
            let is_off = matches!(failure.cause.as_deref(), Some(Cause::Differs(_)));
            let insists = is_int8 && is_off && plain_button_ui(ui, palette, say!("export-insist"), None).clicked();
            return insists.then(|| Action::Export(ExportAction::Insist(written.item.clone())));
        }
        Ok(Outcome::Tags(report)) => {
            ui.add(Label::new(written_words(&report.written)).wrap());
            if matches!(report.written, labels::Written::Products(_)) {
                let text = RichText::new(say!("export-makes-products")).size(12.0).color(palette.dim);
                ui.add(Label::new(text).wrap());
            }
            for note in &report.notes {
                ui.add(Label::new(RichText::new(note_words(note)).size(12.0).color(palette.dim)).wrap());
            }
            if !report.faults.is_empty() {
                let text = say!("export-passed-over", count = report.faults.len());
                let faults: Vec<String> = report.faults.iter().map(passed_over_words).collect();
                ui.label(RichText::new(text).size(12.0).color(palette.unsure)).on_hover_text(faults.join("\n"));
            }
        }
        Ok(Outcome::Model(report, lines)) => {
            if let Some(verified) = &written.verified {
                verified_ui(ui, palette, verified);
            }
            model_ui(ui, palette, report, lines);
        }
    }
    let mut is_opened = false;
    ui.horizontal(|ui| {
        is_opened = plain_button_ui(ui, palette, say!("export-open"), None).clicked();
        if let Ok(Outcome::Model(_, lines)) = &written.outcome
            && plain_button_ui(ui, palette, say!("export-copy"), None).clicked()
        {
            ui.ctx().copy_text(lines.clone());
        }
    });
    if is_opened {
        let folder = if written.out.is_dir() { Some(written.out.as_path()) } else { written.out.parent() };
        if let Some(folder) = folder {
            open_folder(ui, folder);
        }
    }
    None
}

/// What `verify.py` found of a model that the app cannot run.
fn verified_ui(ui: &mut Ui, palette: &Palette, verified: &Verified) {
    if let Some(agreement) = &verified.agreement {
        decisions_ui(ui, palette, agreement, verified.accuracy.as_ref());
    }
    if let Some(difference) = verified.largest_difference {
        let most = format!("{difference:.1e}");
        dim_line_ui(ui, palette, &say!("export-difference", most = most, count = verified.images));
    }
}

/// How often a model decides as the app does, how often it is right if that is known, and on which photos.
fn decisions_ui(ui: &mut Ui, palette: &Palette, agreement: &Agreement, accuracy: Option<&Accuracy>) {
    let mut line = |text: &str| dim_line_ui(ui, palette, text);
    line(&say!("export-agrees-on", share = interval(agreement.share), count = agreement.images));
    if accuracy.is_none_or(|accuracy| accuracy.is_held_out != agreement.is_held_out) {
        line(which_photos(agreement.is_held_out));
    }
    if let Some(Accuracy { share, app, of, is_held_out }) = accuracy {
        line(&say!("export-accuracy", accuracy = interval(*share), app = interval(*app), count = *of));
        line(which_photos(*is_held_out));
    }
}

fn dim_line_ui(ui: &mut Ui, palette: &Palette, text: &str) {
    ui.add(Label::new(RichText::new(text).size(12.0).color(palette.dim)).wrap());
}

fn model_ui(ui: &mut Ui, palette: &Palette, report: &Report, lines: &str) {
    if let Some(judgement) = &report.judgement {
        let agreement = Agreement {
            share: with_ends(judgement.agreement),
            images: judgement.images,
            is_held_out: judgement.is_held_out,
        };
        let accuracy = (judgement.accuracy.of > 0).then(|| Accuracy {
            share: with_ends(judgement.accuracy),
            app: with_ends(judgement.accuracy_app),
            of: judgement.accuracy.of,
            is_held_out: judgement.is_accuracy_held_out,
        });
        decisions_ui(ui, palette, &agreement, accuracy.as_ref());
        if accuracy.is_none() {
            dim_line_ui(ui, palette, say!("export-accuracy-unknown"));
        }
    }
    Frame::new().fill(palette.fill).corner_radius(RADIUS_BUTTON).inner_margin(Margin::same(10)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(Label::new(RichText::new(lines).monospace().size(11.5)).wrap());
    });
}

/// Which photos a figure is of.
fn which_photos(is_held_out: bool) -> &'static str {
    if is_held_out { say!("export-held-out") } else { say!("export-not-held-out") }
}

fn with_ends(share: Share) -> [f64; 3] {
    [share.share, share.low, share.high]
}

/// A share in percent, with the ends of its 95 % interval.
fn interval(share: [f64; 3]) -> String {
    let [middle, low, high] = share.map(percent);
    say!("export-interval", share = middle, low = low, high = high)
}

/// A format with its precision, where it has several.
fn item_name(item: &Item) -> String {
    match item {
        Item::Model(format, precision) if format.precisions().len() > 1 => {
            format!("{} {precision}", format_name(*format))
        }
        Item::Model(format, _) => format_name(*format).to_owned(),
        Item::Tags(format) => tags_words(format).0.to_owned(),
    }
}
