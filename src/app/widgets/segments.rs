//! A few choices side by side, one of which is in force.

use egui::{Button, Frame, Margin, RichText, Role, Stroke, Ui, WidgetInfo};

use super::super::theme::{Palette, RADIUS_BUTTON, RADIUS_ROW, regular, semibold};

/// Draws the choices in a row and gives the one that was clicked.
pub fn segments_ui<T: Copy + PartialEq>(ui: &mut Ui, palette: &Palette, choices: &[(T, &str)], chosen: T) -> Option<T> {
    let mut clicked = None;
    let frame = Frame::new().fill(palette.fill).corner_radius(RADIUS_BUTTON).inner_margin(Margin::same(2));
    let row = |ui: &mut Ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        ui.spacing_mut().interact_size.y = 26.0;
        for (choice, name) in choices {
            let is_chosen = *choice == chosen;
            let text = RichText::new(*name);
            let text = if is_chosen {
                text.font(semibold(13.0)).color(palette.text)
            } else {
                text.font(regular(13.0)).color(palette.dim)
            };
            let fill = if is_chosen { palette.panel } else { palette.fill };
            let button = Button::new(text).fill(fill).stroke(Stroke::NONE).corner_radius(RADIUS_ROW);
            let response = ui.add(button);
            response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_chosen, *name));
            if response.clicked() && !is_chosen {
                clicked = Some(*choice);
            }
        }
    };
    frame.show(ui, |ui| ui.horizontal(row));
    clicked
}
