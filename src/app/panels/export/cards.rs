//! The formats as cards to tick, each with whom it is for, its size, and whether it was seen to give the app's answers.

use egui::{
    CornerRadius, Frame, Margin, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, vec2,
};

use super::super::super::action::{Action, ExportAction};
use super::super::super::export::{ExportScreen, Item, Outcome, Written};
use super::super::super::theme::{Palette, RADIUS_PANE, semibold};
use super::super::super::view::View;
use super::super::super::widgets::{link_ui, segments_ui};
use super::super::super::words::say;
use crate::export::labels::LabelFormat;
use crate::export::{Format, Precision, Verdict, Verified};

/// Height of a card.
const HEIGHT: f32 = 140.0;

/// Narrower cards would cut their words off.
const NARROWEST: f32 = 236.0;

const GAP: f32 = 14.0;

/// What stands on a card.
struct Card<'a> {
    name: &'a str,
    what: &'a str,
    size: Option<String>,
    written: Option<&'a Written>,
    is_ticked: bool,
}

/// The model.
pub fn models_ui(ui: &mut Ui, view: &View<'_>, export: &mut ExportScreen) {
    let palette = view.palette;
    ui.label(RichText::new(say!("export-model")).font(semibold(11.5)).color(palette.dim));
    let weights = view.workspace.model().map(|model| model.backbone.spec().architecture.num_weights());
    let mut toggled = None;
    let mut changed = None;
    let num_cards = export.models.len() + 1;
    grid_ui(ui, "models", num_cards, |ui, index, rect| {
        let Some(choice) = export.models.get(index) else {
            let card = Card {
                name: say!("export-kit"),
                what: say!("export-kit-what"),
                size: None,
                written: None,
                is_ticked: export.has_kit,
            };
            if card_ui(ui, palette, rect, &card, |_| {}) {
                toggled = Some(index);
            }
            return;
        };
        let item = Item::Model(choice.format, choice.precision);
        let written = export.written(&item);
        let size = match written.map(|written| &written.outcome) {
            Some(Ok(Outcome::Model(report, _))) => {
                Some(say!("megabytes", count = tenths(report.num_bytes as f64 / 1e6)))
            }
            _ => weights.map(|weights| about_size(choice.format, choice.precision, weights)),
        };
        let card = Card {
            name: format_name(choice.format),
            what: format_what(choice.format),
            size,
            written,
            is_ticked: choice.is_ticked,
        };
        let precisions: Vec<(Precision, &str)> =
            choice.format.precisions().iter().map(|precision| (*precision, precision.name())).collect();
        let clicked = card_ui(ui, palette, rect, &card, |ui| {
            if precisions.len() > 1
                && let Some(precision) = segments_ui(ui, palette, &precisions, choice.precision)
            {
                changed = Some((index, precision));
            }
        });
        if clicked {
            toggled = Some(index);
        }
    });
    if let Some((index, precision)) = changed {
        export.models[index].precision = precision;
    } else if let Some(index) = toggled {
        match export.models.get_mut(index) {
            Some(choice) => choice.is_ticked = !choice.is_ticked,
            None => export.has_kit = !export.has_kit,
        }
    }
}

/// The tags.
pub fn tags_ui(ui: &mut Ui, view: &View<'_>, export: &mut ExportScreen) -> Option<Action> {
    let palette = view.palette;
    ui.label(RichText::new(say!("export-tags")).font(semibold(11.5)).color(palette.dim));
    let mut action = None;
    let mut toggled = None;
    grid_ui(ui, "tags", export.tags.len(), |ui, index, rect| {
        let choice = &export.tags[index];
        let merged = match &choice.format {
            LabelFormat::Shopify(file) | LabelFormat::WooCommerce(file) => Some(file),
            _ => None,
        };
        let own = merged.and_then(|file| file.as_ref()).and_then(|file| file.file_name());
        let own = own.map(|name| say!("export-merged-into", name = name.to_string_lossy()));
        let (name, what) = tags_words(&choice.format);
        let written = export.written(&Item::Tags(choice.format.clone()));
        let what = own.as_deref().unwrap_or(what);
        let card = Card { name, what, size: None, written, is_ticked: choice.is_ticked };
        let clicked = card_ui(ui, palette, rect, &card, |ui| {
            if merged.is_some() && choice.is_ticked && link_ui(ui, palette, say!("export-merge")).clicked() {
                action = Some(Action::Export(ExportAction::ChooseShopFile(index)));
            }
        });
        if clicked {
            toggled = Some(index);
        }
    });
    if let Some(index) = toggled.filter(|_| action.is_none()) {
        export.tags[index].is_ticked = !export.tags[index].is_ticked;
    }
    action
}

/// Places for so many cards, as many side by side as there is room for.
fn grid_ui(ui: &mut Ui, salt: &str, count: usize, mut card: impl FnMut(&mut Ui, usize, Rect)) {
    let num_columns = ((ui.available_width() + GAP) / (NARROWEST + GAP)).floor().clamp(1.0, 4.0) as usize;
    let num_columns = if count.is_multiple_of(3) { num_columns.min(3) } else { num_columns };
    let width = (ui.available_width() - GAP * (num_columns - 1) as f32) / num_columns as f32;
    let num_rows = count.div_ceil(num_columns);
    let height = num_rows as f32 * (HEIGHT + GAP) - GAP;
    let (place, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    for index in 0..count {
        let (row, column) = (index / num_columns, index % num_columns);
        let at = place.min + vec2(column as f32 * (width + GAP), row as f32 * (HEIGHT + GAP));
        let rect = Rect::from_min_size(at, vec2(width, HEIGHT));
        // Not a scope of the stage itself, which would take room of its own below.
        card(&mut ui.new_child(UiBuilder::new().id_salt((salt, index)).max_rect(rect)), index, rect);
    }
}

/// One card. Returns whether it was clicked.
fn card_ui(ui: &mut Ui, palette: &Palette, rect: Rect, card: &Card<'_>, below: impl FnOnce(&mut Ui)) -> bool {
    let response = ui.interact(rect, ui.scope_id().with("card"), Sense::click());
    let is_ticked = card.is_ticked;
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, is_ticked, card.name));
    let stroke = match () {
        () if is_ticked => Stroke::new(2.0, palette.accent),
        () if response.hovered() || response.has_focus() => Stroke::new(1.0, palette.dim),
        () => Stroke::new(1.0, palette.line),
    };
    ui.painter().rect(rect, CornerRadius::same(RADIUS_PANE), palette.panel, stroke, StrokeKind::Inside);
    let mut inside = ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(16.0, 12.0))));
    let ui = &mut inside;
    ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
    ui.horizontal(|ui| {
        ui.label(RichText::new(card.name).font(semibold(13.5)));
        if let Some(size) = &card.size {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.label(RichText::new(size).size(12.0).color(palette.dim));
            });
        }
    });
    ui.add(egui::Label::new(RichText::new(card.what).size(12.5).color(palette.dim)).truncate());
    below(ui);
    if let Some(written) = card.written {
        ui.horizontal(|ui| verdict_ui(ui, palette, written));
    }
    response.clicked()
}

/// Whether what was written was seen to give the app's answers.
pub fn verdict_ui(ui: &mut Ui, palette: &Palette, written: &Written) {
    let (text, color, wash) = match &written.outcome {
        Err(_) => (say!("export-failed").to_owned(), palette.no, palette.no_wash),
        Ok(Outcome::Tags(_)) => (say!("export-written").to_owned(), palette.yes, palette.yes_wash),
        Ok(Outcome::Model(report, _)) => match (&report.verdict, &report.judgement) {
            (Verdict::Agrees, Some(judgement)) if report.precision == Precision::Int8 => {
                let share = tenths(100.0 * judgement.agreement.share);
                (say!("export-agreement", share = share, count = judgement.images), palette.yes, palette.yes_wash)
            }
            (Verdict::Agrees, judgement) => {
                let count = judgement.as_ref().map_or(0, |judgement| judgement.compared);
                (say!("export-same", count = count), palette.yes, palette.yes_wash)
            }
            (Verdict::Insisted(_), _) => (say!("export-insisted").to_owned(), palette.unsure, palette.unsure_wash),
            (Verdict::NotYetVerified, _) => match &written.verified {
                Some(Verified { runtime, .. }) => {
                    (say!("export-verified", runtime = runtime), palette.yes, palette.yes_wash)
                }
                None => (say!("export-unverified").to_owned(), palette.unsure, palette.unsure_wash),
            },
        },
    };
    Frame::new().fill(wash).corner_radius(10).inner_margin(Margin::symmetric(9, 3)).show(ui, |ui| {
        ui.add(egui::Label::new(RichText::new(text).size(11.5).color(color)).truncate());
    });
}

/// By what is written of each weight; ONNX has two graphs.
fn about_size(format: Format, precision: Precision, num_weights: usize) -> String {
    let bytes = match precision {
        Precision::F32 => 4.0,
        Precision::F16 => 2.0,
        Precision::Int8 => 1.0,
    };
    let copies = if format == Format::Onnx { 2.0 } else { 1.0 };
    say!("export-about", size = tenths(num_weights as f64 * bytes * copies / 1e6))
}

fn tenths(number: f64) -> f64 {
    if number >= 10.0 { number.round() } else { (10.0 * number).round() / 10.0 }
}

/// A format as its makers call it.
pub fn format_name(format: Format) -> &'static str {
    match format {
        Format::Bundle => say!("export-bundle"),
        Format::Onnx => say!("export-onnx"),
        Format::SavedModel => say!("export-savedmodel"),
        Format::TfLite => say!("export-tflite"),
        Format::CoreMl => say!("export-coreml"),
    }
}

fn format_what(format: Format) -> &'static str {
    match format {
        Format::Bundle => say!("export-bundle-what"),
        Format::Onnx => say!("export-onnx-what"),
        Format::SavedModel => say!("export-savedmodel-what"),
        Format::TfLite => say!("export-tflite-what"),
        Format::CoreMl => say!("export-coreml-what"),
    }
}

/// A format of tags, and what it is for.
pub fn tags_words(format: &LabelFormat) -> (&'static str, &'static str) {
    match format {
        LabelFormat::Shopify(_) => (say!("export-shopify"), say!("export-shopify-what")),
        LabelFormat::WooCommerce(_) => (say!("export-woocommerce"), say!("export-woocommerce-what")),
        LabelFormat::Xmp => (say!("export-xmp"), say!("export-xmp-what")),
        LabelFormat::Jsonl => (say!("export-jsonl"), say!("export-jsonl-what")),
        LabelFormat::Folders(_) => (say!("export-folders"), say!("export-folders-what")),
        LabelFormat::ImageFolder(_) => (say!("export-imagefolder"), say!("export-imagefolder-what")),
        LabelFormat::TfRecord => (say!("export-tfrecord"), say!("export-tfrecord-what")),
        LabelFormat::Parquet => (say!("export-parquet"), say!("export-parquet-what")),
    }
}
