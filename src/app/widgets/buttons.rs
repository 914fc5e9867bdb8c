//! Buttons, links and rows in the window's own look.

use egui::{Button, Frame, Margin, Response, RichText, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use super::super::theme::{Palette, RADIUS_ROW, icon, regular, semibold};

/// Between the edges of a row and what stands in it.
pub const ROW_INSET: f32 = 8.0;

/// The one thing to do next.
pub fn primary_button_ui(ui: &mut Ui, palette: &Palette, text: &str, key: Option<&str>) -> Response {
    // What stands on the accent cannot be read once both have faded.
    let (color, fill) =
        if ui.is_enabled() { (palette.on_accent, palette.accent) } else { (palette.text, palette.fill) };
    let mut job = egui::text::LayoutJob::default();
    job.append(text, 0.0, egui::TextFormat::simple(semibold(13.0), color));
    if let Some(key) = key {
        job.append(key, 10.0, egui::TextFormat::simple(regular(11.0), color));
    }
    named(ui.add(Button::new(job).fill(fill).stroke(Stroke::NONE)), text)
}

/// One of several things to do.
pub fn plain_button_ui(ui: &mut Ui, palette: &Palette, text: &str, key: Option<&str>) -> Response {
    let mut job = egui::text::LayoutJob::default();
    job.append(text, 0.0, egui::TextFormat::simple(regular(13.0), palette.text));
    if let Some(key) = key {
        job.append(key, 10.0, egui::TextFormat::simple(regular(11.0), palette.dim));
    }
    named(ui.add(Button::new(job)), text)
}

/// How wide a plain button without a key is.
pub fn plain_button_width(ui: &Ui, text: &str) -> f32 {
    let text = ui.painter().layout_no_wrap(text.to_owned(), regular(13.0), egui::Color32::WHITE);
    text.size().x + 2.0 * ui.spacing().button_padding.x
}

/// An icon that can be clicked, with the name that a pointer or a screen reader is told.
pub fn icon_button_ui(ui: &mut Ui, palette: &Palette, glyph: &str, name: &str, hint: &str) -> Response {
    let button = Button::new(RichText::new(glyph).font(icon(16.0)).color(palette.text)).min_size(vec2(34.0, 30.0));
    named(ui.add(button), name).on_hover_text(hint).on_disabled_hover_text(hint)
}

/// A word that can be clicked.
pub fn link_ui(ui: &mut Ui, palette: &Palette, text: &str) -> Response {
    let button = Button::new(RichText::new(text).color(palette.accent)).frame(false);
    named(ui.add(button), text)
}

/// Something that is so or not, in a frame that is seen on every ground.
pub fn checkbox_ui(ui: &mut Ui, palette: &Palette, is_so: &mut bool, text: &str) -> Response {
    ui.scope(|ui| {
        let inactive = &mut ui.visuals_mut().widgets.inactive;
        (inactive.bg_fill, inactive.bg_stroke) = (palette.panel, Stroke::new(1.0, palette.dim));
        ui.checkbox(is_so, text)
    })
    .inner
}

/// The name by which a screen reader and a test know a control.
fn named(response: Response, name: &str) -> Response {
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    response
}

/// A key in a small frame.
pub fn key_hint_ui(ui: &mut Ui, palette: &Palette, key: &str) {
    Frame::new()
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(4)
        .inner_margin(Margin::symmetric(6, 2))
        .show(ui, |ui| ui.label(RichText::new(key).size(11.0).color(palette.dim)));
}

/// A row of a list: a name on the left, a number on the right, chosen or not.
pub fn row_ui(
    ui: &mut Ui,
    palette: &Palette,
    dot: Option<egui::Color32>,
    name: &str,
    number: &str,
    is_chosen: bool,
) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_chosen, format!("{name} {number}")));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let ground = if is_chosen {
        Some(palette.accent_wash)
    } else if response.hovered() || response.has_focus() {
        Some(palette.fill)
    } else {
        None
    };
    if let Some(ground) = ground {
        ui.painter().rect_filled(rect, RADIUS_ROW, ground);
    }
    let (color, font) = if is_chosen { (palette.accent, semibold(13.0)) } else { (palette.text, regular(13.0)) };
    let number_color = if is_chosen { palette.accent } else { palette.dim };
    let number = ui.painter().layout_no_wrap(number.to_owned(), regular(12.0), number_color);
    let mut left = rect.left() + ROW_INSET;
    if let Some(dot) = dot {
        ui.painter().circle_filled(egui::pos2(left + 4.0, rect.center().y), 4.0, dot);
        left += 17.0;
    }
    let room = rect.right() - left - number.size().x - 2.0 * ROW_INSET;
    let name = one_line(ui, name, font, color, room);
    let top = |height: f32| rect.center().y - height / 2.0;
    let number_at = egui::pos2(rect.right() - ROW_INSET - number.size().x, top(number.size().y));
    ui.painter().galley(number_at, number, number_color);
    ui.painter().galley(egui::pos2(left, top(name.size().y)), name, color);
    response
}

/// Text in one line, ending in … where there is no room.
pub fn one_line(
    ui: &Ui,
    text: &str,
    font: egui::FontId,
    color: egui::Color32,
    width: f32,
) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(10.0));
    ui.painter().layout_job(job)
}
