//! The Train stage: what is learnt from on the left, what came of it on the right.

mod compare;
mod confusions;
mod curves;
mod lessons;
mod runs;
mod tune;
mod versions;

use egui::{CentralPanel, Frame, Margin, Panel, ScrollArea, Ui};

use super::super::action::Action;
use super::super::screen::Screen;
use super::super::textures::Textures;
use super::super::view::View;

/// From this width on the figures of a version and its mistakes stand side by side.
const SIDE_BY_SIDE: f32 = 900.0;

/// Draws the stage.
pub fn train_ui(ui: &mut Ui, view: &View<'_>, screen: &mut Screen, textures: &mut Textures) -> Option<Action> {
    let ground = |margin: Margin| Frame::new().fill(view.palette.background).inner_margin(margin);
    let narrow = Margin { left: 18, right: 9, top: 18, bottom: 0 };
    let wide = Margin { left: 9, right: 18, top: 18, bottom: 0 };
    let lessons = Panel::left("lessons").exact_size(345.0).resizable(false).show_separator_line(false);
    let mut action = lessons
        .frame(ground(narrow))
        .show(ui, |ui| {
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 18.0;
                let action = lessons::lessons_ui(ui, view, &mut screen.train);
                let action = tune::tune_ui(ui, view, &mut screen.train).or(action);
                let action = versions::keep_ui(ui, view).or(action);
                ui.add_space(18.0);
                action
            })
        })
        .inner
        .inner;
    CentralPanel::default().frame(ground(wide)).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 18.0;
            curves::curves_ui(ui, view, &screen.train.runs);
            action = versions::versions_ui(ui, view, &mut screen.train).or(action.take());
            let train = &mut screen.train;
            if ui.available_width() > SIDE_BY_SIDE && confusions::has_any(view, train) {
                ui.spacing_mut().item_spacing.x = 18.0;
                ui.columns(2, |columns| {
                    action = confusions::confusions_ui(&mut columns[0], view, train, textures).or(action.take());
                    action = compare::compare_ui(&mut columns[1], view, train).or(action.take());
                });
            } else {
                action = compare::compare_ui(ui, view, train).or(action.take());
                action = confusions::confusions_ui(ui, view, train, textures).or(action.take());
            }
            action = runs::runs_ui(ui, view, &mut screen.train).or(action.take());
            ui.add_space(18.0);
        });
    });
    action
}
