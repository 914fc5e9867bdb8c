//! A tag on a photo: proposed (dashed), said (filled with a tick), or rejected (struck through).

use egui::{
    Color32, CornerRadius, Painter, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::super::icons;
use super::super::theme::{Palette, RADIUS_PANE, icon, regular, semibold};
use super::super::words::say;
use super::buttons::one_line;

const HEIGHT: f32 = 24.0;
const PADDING: f32 = 9.0;
/// Room for a tick or a cross.
const MARK: f32 = 15.0;
/// Between a word and its number.
const NUMBER_GAP: f32 = 5.0;

/// What is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ChipKind {
    /// What the model says, with its probability.
    Proposed(f32),
    /// As `Proposed`, but not to be relied on.
    Unsure(f32),
    /// An everyday word, which can be accepted and needs no rejecting.
    Word(f32),
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

impl ChipKind {
    fn is_proposal(self) -> bool {
        !matches!(self, Self::Yes | Self::No)
    }

    fn can_be_rejected(self) -> bool {
        matches!(self, Self::Proposed(_) | Self::Unsure(_))
    }

    fn number(self) -> Option<String> {
        match self {
            // A proposal is never certain, whatever rounding says; a tag without a number has no head yet.
            Self::Proposed(p) | Self::Unsure(p) | Self::Word(p) if p > 0.0 => {
                Some(format!("{:.0}", (100.0 * p).clamp(1.0, 99.0)))
            }
            _ => None,
        }
    }

    fn has_tick(self, is_active: bool) -> bool {
        self == Self::Yes || (is_active && self.is_proposal())
    }

    fn has_cross(self, is_active: bool) -> bool {
        is_active && self.can_be_rejected()
    }
}

/// How wide a chip is. An active one has marks to click.
pub fn chip_width(ui: &Ui, name: &str, kind: ChipKind, is_active: bool) -> f32 {
    let text = ui.painter().layout_no_wrap(name.to_owned(), semibold(12.0), Color32::WHITE).size().x;
    let number = kind.number().map_or(0.0, |number| number_width(ui, &number));
    let num_marks = u8::from(kind.has_tick(is_active)) + u8::from(kind.has_cross(is_active));
    text + number + MARK * f32::from(num_marks) + 2.0 * PADDING
}

/// Draws a chip at `at`, at most `room` wide, and says what was clicked.
pub fn chip_ui(
    ui: &mut Ui,
    palette: &Palette,
    at: Pos2,
    room: f32,
    name: &str,
    kind: ChipKind,
    is_active: bool,
) -> Option<ChipClick> {
    let rect = Rect::from_min_size(at, vec2(chip_width(ui, name, kind, is_active).min(room), HEIGHT));
    let (color, wash) = match kind {
        ChipKind::Proposed(_) => (palette.accent, None),
        ChipKind::Unsure(_) => (palette.unsure, None),
        ChipKind::Word(_) => (palette.dim, None),
        ChipKind::Yes => (palette.yes, Some(palette.yes_wash)),
        ChipKind::No => (palette.no, Some(palette.no_wash)),
    };
    let cross_width = if kind.has_cross(is_active) { MARK + PADDING } else { 0.0 };
    let id = ui.scope_id().with(("chip", name, kind.is_proposal()));
    let body = Rect::from_min_max(rect.min, rect.max - vec2(cross_width, 0.0));
    let main = ui.interact(body, id, Sense::click());
    main.widget_info(|| {
        let label = if kind.is_proposal() { say!("chip-accept", name = name) } else { say!("chip-clear", name = name) };
        WidgetInfo::labeled(Role::Button, true, label)
    });
    let radius = CornerRadius::same(RADIUS_PANE);
    match wash {
        Some(wash) => _ = ui.painter().rect_filled(rect, radius, wash),
        None => dashed(ui.painter(), rect, color),
    }
    if main.hovered() || main.has_focus() {
        ui.painter().rect_stroke(rect, radius, Stroke::new(1.0, color), StrokeKind::Inside);
    }
    let middle = rect.center().y;
    let mut left = rect.left() + PADDING;
    if kind.has_tick(is_active) {
        mark(ui.painter(), icons::CHECK, left, middle, color);
        left += MARK;
    }
    let number = kind.number();
    let number_room = number.as_ref().map_or(0.0, |number| number_width(ui, number));
    // One point more than measured, since rounding must not cut a word that fits.
    let end = if cross_width > 0.0 { body.right() } else { body.right() - PADDING };
    let text = one_line(ui, name, semibold(12.0), color, end - left - number_room + 1.0);
    let size = text.size();
    ui.painter().galley(pos2(left, middle - size.y / 2.0), text, color);
    if kind == ChipKind::No {
        ui.painter().hline(left..=left + size.x, middle, Stroke::new(1.2, color));
    }
    if let Some(number) = number {
        let at = pos2(left + size.x + NUMBER_GAP, middle);
        ui.painter().text(at, egui::Align2::LEFT_CENTER, number, regular(12.0), color);
    }
    if kind.has_cross(is_active) {
        let cross = Rect::from_min_max(pos2(body.right(), rect.top()), rect.max);
        let no = ui.interact(cross, id.with("no"), Sense::click());
        no.widget_info(|| WidgetInfo::labeled(Role::Button, true, say!("chip-reject", name = name)));
        let no_color = if no.hovered() || no.has_focus() { palette.no } else { color };
        mark(ui.painter(), icons::X, cross.left() + 4.0, middle, no_color);
        if no.on_hover_text(say!("chip-is-not", name = name)).clicked() {
            return Some(ChipClick::Reject);
        }
    }
    let hint = if kind.is_proposal() { say!("chip-is", name = name) } else { say!("chip-take-back", name = name) };
    let is_clicked = main.on_hover_text(hint).clicked();
    is_clicked.then_some(if kind.is_proposal() { ChipClick::Accept } else { ChipClick::Clear })
}

fn number_width(ui: &Ui, number: &str) -> f32 {
    ui.painter().layout_no_wrap(number.to_owned(), regular(12.0), Color32::WHITE).size().x + NUMBER_GAP
}

fn mark(painter: &Painter, glyph: &str, left: f32, middle: f32, color: Color32) {
    painter.text(pos2(left - 1.0, middle), egui::Align2::LEFT_CENTER, glyph, icon(12.0), color);
}

/// A dashed outline with round ends: the shape that says "proposed" without colour.
fn dashed(painter: &Painter, rect: Rect, color: Color32) {
    let rect = rect.shrink(0.5);
    let radius = rect.height() / 2.0;
    let middle = rect.center().y;
    let ends = [(pos2(rect.right() - radius, middle), -90f32), (pos2(rect.left() + radius, middle), 90.0)];
    let mut path = Vec::new();
    for (center, start) in ends {
        for step in 0..=12u8 {
            let angle = (start + 15.0 * f32::from(step)).to_radians();
            path.push(center + radius * vec2(angle.cos(), angle.sin()));
        }
    }
    path.push(path[0]);
    painter.extend(Shape::dashed_line(&path, Stroke::new(1.0, color), 3.0, 2.5));
}
