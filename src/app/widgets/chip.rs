//! A tag on a photo: proposed (dashed), said (filled with a tick), or rejected (struck through).

use egui::{Color32, CornerRadius, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use super::super::icons;
use super::super::theme::{Palette, RADIUS_PANE, regular, semibold};

const HEIGHT: f32 = 24.0;
const PADDING: f32 = 9.0;
/// Room for a tick or a cross.
const MARK: f32 = 13.0;

/// What is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ChipKind {
    /// What the model says, with its probability.
    Proposed(f32),
    /// As `Proposed`, but not to be relied on.
    Unsure(f32),
    Yes,
    No,
}

/// Which part of a chip was clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipClick {
    Accept,
    Reject,
    /// Takes back what was said.
    Clear,
}

/// How wide a chip is when it can be clicked.
pub fn chip_width(ui: &Ui, name: &str, kind: ChipKind) -> f32 {
    text_width(ui, name) + number(kind).map_or(0.0, |n| number_width(ui, &n)) + marks(kind) + 2.0 * PADDING
}

/// Draws a chip at `at`, at most `room` wide, and says what was clicked.
pub fn chip_ui(ui: &mut Ui, palette: &Palette, at: Pos2, room: f32, name: &str, kind: ChipKind) -> Option<ChipClick> {
    let rect = Rect::from_min_size(at, vec2(chip_width(ui, name, kind).min(room), HEIGHT));
    let (color, wash) = match kind {
        ChipKind::Proposed(_) => (palette.accent, None),
        ChipKind::Unsure(_) => (palette.unsure, None),
        ChipKind::Yes => (palette.yes, Some(palette.yes_wash)),
        ChipKind::No => (palette.no, Some(palette.no_wash)),
    };
    let is_proposal = wash.is_none();
    let id = ui.scope_id().with(("chip", name, is_proposal));
    let body = Rect::from_min_max(rect.min, rect.max - vec2(if is_proposal { MARK + 4.0 } else { 0.0 }, 0.0));
    let main = ui.interact(body, id, Sense::click());
    let verb = if is_proposal { "Accept" } else { "Clear" };
    main.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{verb} {name}")));
    let painter = ui.painter();
    let radius = CornerRadius::same(RADIUS_PANE);
    match wash {
        Some(wash) => _ = painter.rect_filled(rect, radius, wash),
        None => dashed(painter, rect, color),
    }
    if main.hovered() || main.has_focus() {
        painter.rect_stroke(rect, radius, Stroke::new(1.0, color), StrokeKind::Inside);
    }
    let middle = rect.center().y;
    let mut left = rect.left() + PADDING;
    let shown_number = number(kind);
    if kind == ChipKind::Yes || (is_proposal && main.hovered()) {
        mark(painter, icons::CHECK, left, middle, color);
    }
    if is_proposal && !main.hovered() {
        // The tick's place stays empty, so that the word does not jump under the pointer.
        painter.circle_stroke(egui::pos2(left + 4.5, middle), 3.0, Stroke::new(1.0, color.gamma_multiply(0.6)));
    }
    if kind != ChipKind::No {
        left += MARK;
    }
    let number_room = shown_number.as_ref().map_or(0.0, |n| number_width(ui, n));
    let text_room = body.right() - left - number_room - if is_proposal { 0.0 } else { PADDING - 2.0 };
    let text = super::buttons::one_line(ui, name, semibold(12.0), color, text_room);
    let size = text.size();
    let painter = ui.painter();
    painter.galley(egui::pos2(left, middle - size.y / 2.0), text, color);
    if kind == ChipKind::No {
        painter.hline(left..=left + size.x, middle, Stroke::new(1.2, color));
    }
    if let Some(number) = shown_number {
        let dim = color.gamma_multiply(0.85);
        painter.text(egui::pos2(left + size.x + 5.0, middle), egui::Align2::LEFT_CENTER, number, regular(12.0), dim);
    }
    if is_proposal {
        let cross = Rect::from_min_max(egui::pos2(body.right(), rect.top()), rect.max);
        let no = ui.interact(cross, id.with("no"), Sense::click());
        no.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Reject {name}")));
        let no_color = if no.hovered() || no.has_focus() { palette.no } else { palette.dim };
        mark(ui.painter(), icons::X, cross.left() + 1.0, middle, no_color);
        if no.on_hover_text(format!("Not {name}")).clicked() {
            return Some(ChipClick::Reject);
        }
    }
    let hint = if is_proposal { format!("It is {name}") } else { format!("Take back {name}") };
    let is_clicked = main.on_hover_text(hint).clicked();
    is_clicked.then_some(if is_proposal { ChipClick::Accept } else { ChipClick::Clear })
}

fn marks(kind: ChipKind) -> f32 {
    match kind {
        ChipKind::Proposed(_) | ChipKind::Unsure(_) => 2.0 * MARK + 2.0,
        ChipKind::Yes => MARK,
        ChipKind::No => 0.0,
    }
}

fn number(kind: ChipKind) -> Option<String> {
    match kind {
        ChipKind::Proposed(p) | ChipKind::Unsure(p) => Some(format!("{:.0}", (100.0 * p).clamp(0.0, 99.0))),
        ChipKind::Yes | ChipKind::No => None,
    }
}

fn text_width(ui: &Ui, text: &str) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), semibold(12.0), Color32::WHITE).size().x
}

fn number_width(ui: &Ui, text: &str) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), regular(12.0), Color32::WHITE).size().x + 5.0
}

fn mark(painter: &egui::Painter, icon: &str, left: f32, middle: f32, color: Color32) {
    painter.text(egui::pos2(left - 1.0, middle), egui::Align2::LEFT_CENTER, icon, regular(11.0), color);
}

/// A dashed outline with round ends: the shape that says "proposed" without colour.
fn dashed(painter: &egui::Painter, rect: Rect, color: Color32) {
    let rect = rect.shrink(0.5);
    let radius = rect.height() / 2.0;
    let mut path = Vec::new();
    for (center, start) in
        [(egui::pos2(rect.right() - radius, rect.center().y), -90f32), (egui::pos2(rect.left() + radius, rect.center().y), 90.0)]
    {
        for step in 0..=12 {
            let angle = (start + 15.0 * step as f32).to_radians();
            path.push(center + radius * vec2(angle.cos(), angle.sin()));
        }
    }
    path.push(path[0]);
    painter.extend(Shape::dashed_line(&path, Stroke::new(1.0, color), 3.0, 2.5));
}
