//! What is to become of a training that is stopped, or that stands in the way of something else.

use egui::{Label, RichText, Ui};

use super::super::action::{Action, TrainAction};
use super::super::theme::Palette;
use super::super::widgets::{plain_button_ui, primary_button_ui};
use super::super::words::say;
use super::title_ui;
use crate::workspace::Stop;

/// Asks. `then` is what is done once the training is over.
pub fn stop_training_ui(ui: &mut Ui, palette: &Palette, then: Option<&Action>) -> Option<Action> {
    let title = match then {
        Some(Action::Quit) => say!("stop-closing"),
        Some(_) => say!("stop-leaving"),
        None => say!("stop-title"),
    };
    title_ui(ui, title);
    ui.add_space(4.0);
    let mut choices = Vec::new();
    if then.is_some() {
        choices.push((None, say!("stop-finish"), say!("stop-finish-what")));
    }
    choices.extend([
        (Some(Stop::Pause), say!("stop-pause"), say!("tune-pause-what")),
        (Some(Stop::KeepBest), say!("stop-keep"), say!("stop-keep-what")),
        (Some(Stop::Discard), say!("stop-discard"), say!("stop-discard-what")),
    ]);
    let mut action = None;
    for (stop, name, what) in choices {
        // Nothing is lost by a pause, and it holds nobody up.
        let clicked = if stop == Some(Stop::Pause) {
            primary_button_ui(ui, palette, name, None).clicked()
        } else {
            plain_button_ui(ui, palette, name, None).clicked()
        };
        ui.add(Label::new(RichText::new(what).size(12.0).color(palette.dim)).wrap());
        ui.add_space(6.0);
        if clicked {
            action = Some(match (then, stop) {
                (Some(then), stop) => Action::AfterTraining { stop, then: Box::new(then.clone()) },
                (None, Some(stop)) => Action::Train(TrainAction::Stop(stop)),
                (None, None) => Action::CloseDialog,
            });
        }
    }
    if plain_button_ui(ui, palette, say!("stop-go-on"), Some("Esc")).clicked() {
        action = Some(Action::CloseDialog);
    }
    action
}
