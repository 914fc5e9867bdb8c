//! A possible answer with its probability as a bar; a click on it is the answer.

use egui::{Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::super::theme::{Palette, RADIUS_ROW, regular, semibold};
use super::super::words::say;
use super::buttons::one_line;

/// What a row shows.
pub struct AnswerRow<'a> {
    /// The key that gives it.
    pub number: Option<usize>,
    pub name: &'a str,
    /// None before there is a head.
    pub probability: Option<f32>,
    pub is_likeliest: bool,
    pub is_said: bool,
    pub is_rejected: bool,
}

/// Draws the row over the whole width.
pub fn answer_ui(ui: &mut Ui, palette: &Palette, row: &AnswerRow<'_>) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, say!("answer-set", name = row.name)));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect.expand2(vec2(6.0, 0.0)), RADIUS_ROW, palette.fill);
    }
    let middle = rect.center().y;
    let font = if row.is_likeliest { semibold(13.0) } else { regular(13.0) };
    let color = match row {
        _ if row.is_rejected => palette.no,
        _ if row.is_said => palette.yes,
        _ => palette.text,
    };
    let name_width = if row.probability.is_some() { rect.width() * 0.42 } else { rect.width() };
    let mut left = rect.left();
    if let Some(number) = row.number {
        let key = Rect::from_min_size(pos2(left, middle - 9.0), egui::vec2(18.0, 18.0));
        ui.painter().rect_stroke(key, 4.0, Stroke::new(1.0, palette.line), egui::StrokeKind::Inside);
        ui.painter().text(key.center(), egui::Align2::CENTER_CENTER, number, regular(11.0), palette.dim);
        left += 26.0;
    }
    if row.is_said {
        let mark = super::super::icons::CHECK;
        ui.painter().text(pos2(left, middle), egui::Align2::LEFT_CENTER, mark, super::super::theme::icon(13.0), color);
        left += 17.0;
    }
    let name = one_line(ui, row.name, font, color, rect.left() + name_width - left - 6.0);
    let size = name.size();
    ui.painter().galley(pos2(left, middle - size.y / 2.0), name, color);
    if row.is_rejected {
        ui.painter().hline(left..=left + size.x, middle, Stroke::new(1.2, color));
    }
    if let Some(probability) = row.probability {
        let bar =
            Rect::from_min_max(pos2(rect.left() + name_width, middle - 3.0), pos2(rect.right() - 46.0, middle + 3.0));
        ui.painter().rect_filled(bar, 3.0, palette.fill);
        let mut filled = bar;
        filled.set_width((bar.width() * probability.clamp(0.0, 1.0)).max(3.0));
        ui.painter().rect_filled(filled, 3.0, palette.accent);
        let number = say!("percent", number = (100.0 * probability).round());
        let color = if row.is_likeliest { palette.text } else { palette.dim };
        ui.painter().text(pos2(rect.right(), middle), egui::Align2::RIGHT_CENTER, number, regular(12.5), color);
    }
    response.on_hover_text(say!("chip-is", name = row.name))
}
