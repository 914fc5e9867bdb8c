//! A share as a filled bar.

use egui::{Sense, Ui, vec2};

use super::super::theme::Palette;

/// A bar `width` wide, filled by `share` of it.
pub fn bar_ui(ui: &mut Ui, palette: &Palette, width: f32, share: f32) {
    let (rect, _) = ui.allocate_exact_size(vec2(width, 6.0), Sense::hover());
    ui.painter().rect_filled(rect, 3.0, palette.fill);
    let mut filled = rect;
    filled.set_width((rect.width() * share.clamp(0.0, 1.0)).max(3.0));
    ui.painter().rect_filled(filled, 3.0, palette.accent);
}
