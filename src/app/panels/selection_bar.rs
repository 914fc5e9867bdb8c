//! What can be done with several photos at once, floating over the grid while they are selected.

use egui::{Align2, Area, Context, Frame, Id, Margin, Order, RichText, Stroke, vec2};

use super::super::action::Action;
use super::super::command::key_of;
use super::super::screen::Screen;
use super::super::theme::{RADIUS_PANE, semibold};
use super::super::view::View;
use super::super::widgets::plain_button_ui;
use super::super::words::say;

/// Draws the bar while more than one photo is selected.
pub fn selection_bar_ui(context: &Context, view: &View<'_>, screen: &Screen) -> Option<Action> {
    let count = screen.selection.len();
    // With one tag at a time, what is selected is marked as wrong, and the line above the photos says what comes next.
    if count < 2 || screen.dialog.is_some() || screen.marks_wrong() {
        return None;
    }
    let palette = view.palette;
    Area::new(Id::unique("selection bar"))
        .order(Order::Middle)
        .anchor(Align2::CENTER_BOTTOM, vec2(-60.0, -56.0))
        .show(context, |ui| {
            Frame::new()
                .fill(palette.panel)
                .stroke(Stroke::new(1.0, palette.line))
                .corner_radius(RADIUS_PANE)
                .shadow(ui.visuals().popup_shadow)
                .inner_margin(Margin::symmetric(14, 8))
                .show(ui, |ui| {
                    ui.horizontal(|ui| {
                        let mut action = None;
                        ui.label(RichText::new(say!("num-selected", count = count)).font(semibold(13.0)));
                        for (text, done) in [
                            (say!("selection-set-tag"), Action::AskForTag),
                            (say!("accept"), Action::Accept),
                            (say!("reject"), Action::Reject),
                            (say!("mark-reviewed"), Action::MarkReviewed),
                            (say!("selection-clear"), Action::ClearSelection),
                        ] {
                            if done == Action::MarkReviewed && !view.has_any_of() {
                                continue;
                            }
                            let key = key_of(ui.ctx(), &done);
                            if plain_button_ui(ui, palette, text, key.as_deref()).clicked() {
                                action = Some(done);
                            }
                        }
                        action
                    })
                    .inner
                })
                .inner
        })
        .inner
}
