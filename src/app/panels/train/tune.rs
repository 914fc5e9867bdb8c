//! Fine-tuning: one button with sensible settings, all of which can be unfolded; while it runs, how far it is.

use egui::{CollapsingHeader, ComboBox, DragValue, Grid, Label, RichText, Ui, WidgetInfo, vec2};

use super::super::super::action::{Action, TrainAction};
use super::super::super::names::{duration, unfreeze_name};
use super::super::super::train::TrainScreen;
use super::super::super::view::View;
use super::super::super::widgets::{bar_ui, card_ui, plain_button_ui, primary_button_ui};
use super::super::super::words::say;
use crate::catalogue::RunState;
use crate::vision::Unfreeze;
use crate::workspace::{Activate, JobRow, JobState, JobTask, TrainSettings};

/// Height of the one large button.
const LARGE: f32 = 38.0;

/// Draws the button, or the training that it started.
pub fn tune_ui(ui: &mut Ui, view: &View<'_>, train: &mut TrainScreen) -> Option<Action> {
    let running = view
        .workspace
        .jobs()
        .iter()
        .find(|job| job.task == JobTask::Train && job.state == JobState::Running);
    card_ui(ui, view.palette, say!("tune"), |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        match running {
            Some(job) => running_ui(ui, view, job, &train.settings),
            None => idle_ui(ui, view, train),
        }
    })
}

fn idle_ui(ui: &mut Ui, view: &View<'_>, train: &mut TrainScreen) -> Option<Action> {
    let palette = view.palette;
    let what = say!(
        "tune-what",
        part = unfreeze_name(train.settings.unfreeze),
        count = train.lessons.num_photos()
    );
    ui.add(Label::new(RichText::new(what).color(palette.dim)).wrap());
    outcome_ui(ui, view);
    let workspace = view.workspace;
    let is_ready = workspace.model().is_some()
        && !workspace.heads().groups.is_empty()
        && workspace.read_only_reason().is_none();
    let mut action = None;
    ui.add_enabled_ui(is_ready, |ui| {
        ui.spacing_mut().interact_size = vec2(ui.available_width(), LARGE);
        let button = ui.allocate_ui(vec2(ui.available_width(), LARGE), |ui| {
            ui.centered_and_justified(|ui| primary_button_ui(ui, palette, say!("tune-start"), None))
                .inner
        });
        if button.inner.clicked() {
            action = Some(Action::Train(TrainAction::Start(Box::new(
                train.settings.clone(),
            ))));
        }
    });
    // What was cut off goes on where it was.
    let is_cut_off = |state| matches!(state, RunState::Interrupted | RunState::Failed);
    let cut_off = train.runs.all.iter().rev().find(|run| is_cut_off(run.row.state));
    if let Some(run) = cut_off.filter(|_| is_ready)
        && plain_button_ui(ui, palette, &say!("tune-resume", run = run.row.number), None).clicked()
    {
        action = Some(Action::Train(TrainAction::Resume(run.row.number)));
    }
    CollapsingHeader::new(RichText::new(say!("tune-expert")).color(palette.dim))
        .id_salt("expert settings")
        .show(ui, |ui| expert_ui(ui, &mut train.settings));
    action
}

/// What the last training of this session came to.
fn outcome_ui(ui: &mut Ui, view: &View<'_>) {
    let Some(outcome) = view
        .workspace
        .training()
        .and_then(|training| training.outcome.as_ref())
    else {
        return;
    };
    let palette = view.palette;
    let percent = |share: f64| (1000.0 * share).round() / 10.0;
    let text = say!(
        "tune-outcome",
        version = outcome.version,
        accuracy = percent(outcome.accuracy),
        live = percent(outcome.live_accuracy)
    );
    let (words, color) = match (outcome.is_better, outcome.activated) {
        (true, true) => (say!("tune-better-used"), palette.yes),
        (true, false) => (say!("tune-better"), palette.yes),
        (false, true) => (say!("tune-worse-used"), palette.unsure),
        (false, false) => (say!("tune-worse"), palette.unsure),
    };
    ui.add(Label::new(text).wrap());
    ui.add(Label::new(RichText::new(words).color(color)).wrap());
}

fn running_ui(
    ui: &mut Ui,
    view: &View<'_>,
    job: &JobRow,
    settings: &TrainSettings,
) -> Option<Action> {
    let palette = view.palette;
    let snapshot = job.progress.snapshot();
    ui.ctx()
        .request_repaint_after(std::time::Duration::from_millis(500));
    let epochs = view
        .workspace
        .training()
        .map_or(&[][..], |training| training.epochs.as_slice());
    let text = match epochs.last() {
        Some(epoch) => say!(
            "tune-epoch",
            epoch = epoch.epoch + 1,
            epochs = settings.recipe.epochs.max(epoch.epoch + 1),
            rate = epoch.images_per_second.round()
        ),
        None => say!("tune-preparing").to_owned(),
    };
    ui.label(text);
    bar_ui(
        ui,
        palette,
        ui.available_width(),
        snapshot.fraction().unwrap_or(0.0),
    );
    if let Some(left) = snapshot.remaining() {
        let text = say!("tune-left", left = duration(left.as_secs()));
        ui.label(RichText::new(text).size(12.0).color(palette.dim));
    }
    let stop =
        plain_button_ui(ui, palette, say!("tune-stop"), None).on_hover_text(say!("tune-stop-what"));
    ui.add(
        Label::new(
            RichText::new(say!("tune-meanwhile"))
                .size(12.0)
                .color(palette.dim),
        )
        .wrap(),
    );
    stop.clicked().then_some(Action::Cancel(job.id))
}

/// All settings, for whoever knows them.
fn expert_ui(ui: &mut Ui, settings: &mut TrainSettings) {
    Grid::new("recipe")
        .num_columns(2)
        .spacing([16.0, 8.0])
        .show(ui, |ui| {
            ui.label(say!("tune-unfreeze"));
            let combo = ComboBox::from_id_salt("unfreeze")
                .selected_text(unfreeze_name(settings.unfreeze))
                .show_ui(ui, |ui| {
                    for unfreeze in [Unfreeze::Head, Unfreeze::Layer4, Unfreeze::Layer3] {
                        ui.selectable_value(
                            &mut settings.unfreeze,
                            unfreeze,
                            unfreeze_name(unfreeze),
                        );
                    }
                });
            combo.response.widget_info(|| {
                WidgetInfo::labeled(egui::Role::ComboBox, true, say!("tune-unfreeze"))
            });
            ui.end_row();
            let recipe = &mut settings.recipe;
            for (words, value, range) in [
                (say!("tune-epochs"), &mut recipe.epochs, 1..=500),
                (say!("tune-batch"), &mut recipe.batch, 1..=512),
                (say!("tune-patience"), &mut recipe.patience, 1..=500),
            ] {
                ui.label(words);
                named(&ui.add(DragValue::new(value).range(range)), words);
                ui.end_row();
            }
            for (words, value, range, speed) in [
                (
                    say!("tune-head-rate"),
                    &mut recipe.head_rate,
                    0.0..=1.0,
                    1e-4,
                ),
                (
                    say!("tune-body-rate"),
                    &mut recipe.body_rate,
                    0.0..=0.1,
                    1e-5,
                ),
                (
                    say!("tune-decay"),
                    &mut recipe.weight_decay,
                    0.0..=1.0,
                    1e-3,
                ),
                (
                    say!("tune-smoothing"),
                    &mut recipe.label_smoothing,
                    0.0..=0.9,
                    1e-2,
                ),
                (say!("tune-mixup"), &mut recipe.mixup, 0.0..=2.0, 1e-2),
            ] {
                ui.label(words);
                named(
                    &ui.add(
                        DragValue::new(value)
                            .range(range)
                            .speed(speed)
                            .max_decimals(6),
                    ),
                    words,
                );
                ui.end_row();
            }
            ui.label(say!("tune-seed"));
            named(&ui.add(DragValue::new(&mut recipe.seed)), say!("tune-seed"));
            ui.end_row();
            ui.label(say!("tune-activate"));
            let name = |activate| match activate {
                Activate::Auto => say!("tune-activate-auto"),
                Activate::Always => say!("tune-activate-always"),
                Activate::Never => say!("tune-activate-never"),
            };
            let combo = ComboBox::from_id_salt("activate")
                .selected_text(name(settings.activate))
                .show_ui(ui, |ui| {
                    for activate in [Activate::Auto, Activate::Always, Activate::Never] {
                        ui.selectable_value(&mut settings.activate, activate, name(activate));
                    }
                });
            combo.response.widget_info(|| {
                WidgetInfo::labeled(egui::Role::ComboBox, true, say!("tune-activate"))
            });
            ui.end_row();
        });
    if plain_button_ui(
        ui,
        super::super::super::theme::Palette::of(ui.ctx()),
        say!("tune-reset"),
        None,
    )
    .clicked()
    {
        *settings = TrainSettings::default();
    }
}

fn named(response: &egui::Response, name: &str) {
    response.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, name));
}
