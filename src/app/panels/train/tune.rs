//! Fine-tuning: one button with sensible settings, all of which can be unfolded; while it runs, how far it is.

use egui::{CollapsingHeader, ComboBox, DragValue, Grid, Label, RichText, Role, Ui, WidgetInfo, vec2};

use super::super::super::action::{Action, TrainAction};
use super::super::super::names::{activate_name, duration, group_caption, percent, unfreeze_name};
use super::super::super::theme::Palette;
use super::super::super::train::TrainScreen;
use super::super::super::view::View;
use super::super::super::widgets::{bar_ui, card_ui, checkbox_ui, plain_button_ui, primary_button_ui};
use super::super::super::words::say;
use crate::learn::train::Ending;
use crate::progress::Snapshot;
use crate::vision::{PrecisionChoice, Unfreeze};
use crate::workspace::{
    Activate, EpochFigures, JobRow, JobState, JobTask, OfVersion, Stop, TrainSettings, TrainingOutcome,
};

/// Height of the one large button.
const LARGE: f32 = 38.0;

/// Bytes of memory that are worth a word.
const MUCH_MEMORY: u64 = 500_000_000;

/// Bytes in a gigabyte, as disks are sold.
const GIGABYTE: f64 = 1e9;

/// Draws the button, or the training that it started.
pub fn tune_ui(ui: &mut Ui, view: &View<'_>, train: &mut TrainScreen) -> Option<Action> {
    let is_running = |job: &&JobRow| job.task == JobTask::Train && job.state == JobState::Running;
    let running = view.workspace.jobs().iter().find(is_running);
    card_ui(ui, view.palette, say!("tune"), |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        match running {
            Some(job) => running_ui(ui, view, job, train),
            None => idle_ui(ui, view, train),
        }
    })
}

fn idle_ui(ui: &mut Ui, view: &View<'_>, train: &mut TrainScreen) -> Option<Action> {
    let palette = view.palette;
    let settings = &train.settings;
    let what = say!("tune-what", part = unfreeze_name(settings.unfreeze), count = train.lessons.num_photos());
    ui.add(Label::new(RichText::new(what).color(palette.dim)).wrap());
    if settings.unfreeze == Unfreeze::All {
        ui.add(Label::new(RichText::new(say!("tune-all-what")).color(palette.dim)).wrap());
    }
    let spec = view.workspace.model().map(|model| model.backbone.spec());
    let bytes = spec.map_or(0, |spec| settings.unfreeze.memory_bytes(spec, settings.recipe.batch));
    if bytes >= MUCH_MEMORY {
        let text = say!("tune-memory", size = format!("{:.1}", bytes as f64 / GIGABYTE));
        ui.add(Label::new(RichText::new(text).color(palette.dim)).wrap());
    }
    if let Some(seconds) = train.runs.seconds_for(settings.unfreeze, settings.recipe.epochs) {
        let text = say!("tune-takes", time = duration(seconds.ceil() as u64));
        ui.add(Label::new(RichText::new(text).color(palette.dim)).wrap());
    }
    if let Some(outcome) = train.runs.shown(view.workspace).and_then(|run| run.outcome) {
        outcome_ui(ui, palette, outcome, view.workspace.version_in_use());
    }
    let workspace = view.workspace;
    let is_ready =
        workspace.model().is_some() && !workspace.heads().groups.is_empty() && workspace.read_only_reason().is_none();
    let mut action = None;
    let start = || Action::Train(TrainAction::Start(Box::new(train.settings.clone())));
    ui.add_enabled_ui(is_ready, |ui| {
        // What was broken off last is the next thing to do; what was before that still waits.
        let waiting = train.runs.waiting();
        if let Some((run, true)) = waiting {
            if large_button_ui(ui, palette, &say!("tune-resume", run = run)) {
                action = Some(Action::Train(TrainAction::Resume(run)));
            }
            if plain_button_ui(ui, palette, say!("tune-anew"), None).clicked() {
                action = Some(start());
            }
        } else if large_button_ui(ui, palette, say!("tune-start")) {
            action = Some(start());
        }
        if let Some((run, false)) = waiting
            && plain_button_ui(ui, palette, &say!("tune-resume", run = run), None).clicked()
        {
            action = Some(Action::Train(TrainAction::Resume(run)));
        }
    });
    if workspace.heads().groups.is_empty() {
        ui.add(Label::new(RichText::new(say!("train-keep-nothing")).size(12.0).color(palette.dim)).wrap());
    }
    CollapsingHeader::new(RichText::new(say!("tune-expert")).color(palette.dim))
        .id_salt("expert settings")
        .show(ui, |ui| expert_ui(ui, view, &mut train.settings));
    action
}

/// The one large button. Returns whether it was clicked.
fn large_button_ui(ui: &mut Ui, palette: &Palette, text: &str) -> bool {
    ui.allocate_ui(vec2(ui.available_width(), LARGE), |ui| {
        ui.centered_and_justified(|ui| primary_button_ui(ui, palette, text, None)).inner
    })
    .inner
    .clicked()
}

/// What the last training came to.
fn outcome_ui(ui: &mut Ui, palette: &Palette, outcome: &TrainingOutcome, in_use: Option<i64>) {
    let text = say!(
        "tune-outcome",
        version = outcome.version,
        accuracy = percent(outcome.accuracy),
        live = percent(outcome.live_accuracy)
    );
    ui.add(Label::new(text).wrap());
    if outcome.chose_best {
        ui.add(Label::new(RichText::new(say!("tune-outcome-chose")).size(12.0).color(palette.dim)).wrap());
    }
    if let Some(OfVersion { accuracy, .. }) = outcome.refitted {
        ui.add(Label::new(say!("tune-outcome-refitted", accuracy = percent(accuracy))).wrap());
    }
    if let Some(OfVersion { version, accuracy, .. }) = outcome.in_use {
        let accuracy = percent(accuracy);
        let text = match outcome.beside_in_use.map(|own| percent(own.accuracy)) {
            None => say!("tune-outcome-in-use", version = version, accuracy = accuracy),
            Some(own) => say!("tune-outcome-beside-in-use", version = version, accuracy = accuracy, own = own),
        };
        ui.add(Label::new(text).wrap());
    }
    if let Some(version) = outcome.not_compared {
        ui.add(Label::new(say!("tune-outcome-not-compared", version = version)).wrap());
    }
    let why = match outcome.ended {
        None | Some(Ending::Finished) => None,
        Some(Ending::Settled) => Some(say!("tune-settled").to_owned()),
        Some(Ending::Cancelled) => Some(say!("tune-cancelled").to_owned()),
        Some(Ending::Diverged { epoch }) => Some(say!("tune-diverged", epoch = epoch)),
    };
    if let Some(why) = why {
        ui.add(Label::new(RichText::new(why).color(palette.dim)).wrap());
    }
    let (words, color) = match (outcome.is_better, in_use == Some(outcome.version)) {
        (true, true) => (say!("tune-better-used"), palette.yes),
        (true, false) => (say!("tune-better"), palette.yes),
        (false, true) => (say!("tune-worse-used"), palette.unsure),
        (false, false) => (say!("tune-worse"), palette.unsure),
    };
    ui.add(Label::new(RichText::new(words).color(color)).wrap());
}

fn running_ui(ui: &mut Ui, view: &View<'_>, job: &JobRow, train: &TrainScreen) -> Option<Action> {
    let palette = view.palette;
    let snapshot = job.progress.snapshot();
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(500));
    let training = view.workspace.training();
    let epochs = training.map_or(&[][..], |training| training.epochs.as_slice());
    // A run that is gone on with has settings of its own.
    let settings = training.and_then(|training| train.runs.find(training.run)?.settings.as_ref());
    let num_epochs = settings.unwrap_or(&train.settings).recipe.epochs;
    let is_stopping = job.progress.is_cancelled();
    let text = match epochs.last() {
        _ if is_stopping && view.workspace.stop_wish() == Stop::Pause => say!("tune-pausing").to_owned(),
        _ if is_stopping => say!("tune-stopping").to_owned(),
        Some(epoch) if epoch.epoch >= num_epochs => say!("tune-measuring").to_owned(),
        Some(epoch) => {
            say!("tune-epoch", epoch = epoch.epoch + 1, epochs = num_epochs, rate = epoch.images_per_second.round())
        }
        None => say!("tune-preparing").to_owned(),
    };
    ui.label(text);
    let num_skipped: usize = epochs.iter().map(|epoch| epoch.skipped_steps).sum();
    if num_skipped > 0 {
        ui.label(RichText::new(say!("tune-skipped", count = num_skipped)).size(12.0).color(palette.dim));
    }
    bar_ui(ui, palette, ui.available_width(), snapshot.fraction().unwrap_or(0.0));
    if let Some(seconds) = seconds_left(&snapshot, epochs.last()).filter(|_| !is_stopping) {
        let text = say!("tune-left", left = duration(seconds.ceil() as u64));
        ui.label(RichText::new(text).size(12.0).color(palette.dim));
    }
    let mut action = None;
    ui.add_enabled_ui(!is_stopping, |ui| {
        ui.horizontal(|ui| {
            let pause = plain_button_ui(ui, palette, say!("tune-pause"), None).on_hover_text(say!("tune-pause-what"));
            if pause.clicked() {
                action = Some(Action::Train(TrainAction::Stop(Stop::Pause)));
            }
            if plain_button_ui(ui, palette, say!("tune-stop"), None).clicked() {
                action = Some(Action::Train(TrainAction::AskToStop));
            }
        });
    });
    ui.add(Label::new(RichText::new(say!("tune-meanwhile")).size(12.0).color(palette.dim)).wrap());
    action
}

/// How long the rest takes at most, since it may end sooner. The first part, in which views of the photos are prepared,
/// goes at another speed than the epochs do.
fn seconds_left(snapshot: &Snapshot, last: Option<&EpochFigures>) -> Option<f64> {
    match last {
        Some(epoch) => Some(snapshot.total.saturating_sub(snapshot.done) as f64 / epoch.images_per_second.max(1e-3)),
        None => snapshot.remaining().map(|left| left.as_secs_f64()),
    }
}

/// All settings, for whoever knows them.
fn expert_ui(ui: &mut Ui, view: &View<'_>, settings: &mut TrainSettings) {
    group_ui(ui, view, settings);
    let parts = [Unfreeze::Head, Unfreeze::Layer4, Unfreeze::Layer3, Unfreeze::All];
    let parts = parts.map(|part| (part, unfreeze_name(part)));
    choice_ui(ui, say!("tune-unfreeze"), &mut settings.unfreeze, &parts);
    let precisions = [
        (PrecisionChoice::Auto, say!("tune-precision-auto")),
        (PrecisionChoice::F32, "f32"),
        (PrecisionChoice::Bf16, "bf16"),
        (PrecisionChoice::F16, "f16"),
    ];
    choice_ui(ui, say!("tune-precision"), &mut settings.on.precision, &precisions);
    let moments = [Activate::Auto, Activate::Always, Activate::Never];
    let moments = moments.map(|moment| (moment, activate_name(moment)));
    choice_ui(ui, say!("tune-activate"), &mut settings.activate, &moments);
    let tests_rates = &mut settings.recipe.tests_rates;
    checkbox_ui(ui, view.palette, tests_rates, say!("tune-test-rates")).on_hover_text(say!("tune-test-rates-what"));
    Grid::new("recipe").num_columns(2).spacing([12.0, 8.0]).show(ui, |ui| numbers_ui(ui, settings));
    if plain_button_ui(ui, view.palette, say!("tune-reset"), None).clicked() {
        *settings = TrainSettings::default();
    }
}

fn numbers_ui(ui: &mut Ui, settings: &mut TrainSettings) {
    let recipe = &mut settings.recipe;
    for (words, value, range) in [
        (say!("tune-epochs"), &mut recipe.epochs, 1..=10_000),
        (say!("tune-batch"), &mut recipe.batch, 1..=512),
        (say!("tune-patience"), &mut recipe.patience, 1..=10_000),
    ] {
        number_ui(ui, words, DragValue::new(value).range(range));
    }
    for (words, value, range, speed) in [
        (say!("tune-head-rate"), &mut recipe.head_rate, 0.0..=1.0, 1e-4),
        (say!("tune-body-rate"), &mut recipe.body_rate, 0.0..=0.1, 1e-5),
        (say!("tune-warm-up"), &mut recipe.warm_up, 0.0..=1.0, 1e-2),
        (say!("tune-decay"), &mut recipe.weight_decay, 0.0..=1.0, 1e-3),
        (say!("tune-smoothing"), &mut recipe.label_smoothing, 0.0..=0.9, 1e-2),
        (say!("tune-mixup"), &mut recipe.mixup, 0.0..=2.0, 1e-2),
        (say!("tune-averaging"), &mut recipe.averaging, 0.0..=0.9999, 1e-3),
        (say!("tune-rare"), &mut recipe.rare_below, 0.0..=1.0, 1e-2),
        (say!("tune-gradient"), &mut recipe.max_gradient_norm, 0.0..=1000.0, 1e-1),
    ] {
        number_ui(ui, words, DragValue::new(value).range(range).speed(speed).max_decimals(6));
    }
    number_ui(ui, say!("tune-seed"), DragValue::new(&mut recipe.seed));
    let mut gigabytes = settings.cache_bytes as f64 / GIGABYTE;
    number_ui(ui, say!("tune-cache"), DragValue::new(&mut gigabytes).range(0.0..=1000.0).max_decimals(1));
    settings.cache_bytes = (gigabytes * GIGABYTE) as u64;
    let minutes = DragValue::new(&mut settings.checkpoint_minutes).range(0.0..=1440.0).max_decimals(1);
    number_ui(ui, say!("tune-checkpoint"), minutes);
}

/// Which group is learnt, where there are several.
fn group_ui(ui: &mut Ui, view: &View<'_>, settings: &mut TrainSettings) {
    let groups = &view.workspace.vocabulary().groups;
    if groups.len() > 1 {
        let captions: Vec<String> = groups.iter().map(|group| group_caption(&group.name, group.kind)).collect();
        let mut choices = vec![(None, say!("tune-all-groups"))];
        choices.extend(groups.iter().zip(&captions).map(|(group, caption)| (Some(group.id), caption.as_str())));
        choice_ui(ui, say!("tune-group"), &mut settings.group, &choices);
    }
}

/// A choice with its name above it: some are long, and the column is narrow.
fn choice_ui<T: Copy + PartialEq>(ui: &mut Ui, words: &'static str, value: &mut T, choices: &[(T, &str)]) {
    ui.label(words);
    let chosen = choices.iter().find(|(choice, _)| choice == value).map_or("", |(_, name)| name);
    let combo =
        ComboBox::from_id_salt(words).width(ui.available_width()).truncate().selected_text(chosen).show_ui(ui, |ui| {
            for (choice, name) in choices {
                ui.selectable_value(value, *choice, *name);
            }
        });
    combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, words));
}

fn number_ui(ui: &mut Ui, words: &'static str, value: DragValue<'_>) {
    ui.label(words);
    ui.add(value).widget_info(|| WidgetInfo::labeled(Role::SpinButton, true, words));
    ui.end_row();
}
