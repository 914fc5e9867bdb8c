//! A pane of its own on the ground of a stage.

use egui::{Frame, Margin, RichText, Stroke, Ui, vec2};

use super::super::theme::{Palette, RADIUS_PANE, semibold};

/// Draws a pane over the whole width, under a title.
pub fn card_ui<R>(ui: &mut Ui, palette: &Palette, title: &str, content: impl FnOnce(&mut Ui) -> R) -> R {
    let frame = Frame::new()
        .fill(palette.panel)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(RADIUS_PANE)
        .inner_margin(Margin::same(18));
    frame
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
            ui.label(RichText::new(title).font(semibold(14.0)));
            ui.add_space(2.0);
            content(ui)
        })
        .inner
}
