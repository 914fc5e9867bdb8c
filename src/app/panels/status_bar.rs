//! The bar along the bottom: what is running, what happened, and whether everything is saved.

use egui::{Align, Frame, Layout, Margin, Panel, RichText, Ui};

use super::super::action::Action;
use super::super::failures::{failure_words, read_only_words};
use super::super::names::{duration, precision_words, runs_as, summary_words, task_name};
use super::super::screen::Screen;
use super::super::view::View;
use super::super::widgets::{bar_ui, link_ui};
use super::super::words::say;
use crate::workspace::{JobRow, JobState, JobTask, Stop};

/// Draws the bar, with a notice above it if there is one.
pub fn status_bar_ui(ui: &mut Ui, view: &View<'_>, screen: &Screen) -> Option<Action> {
    let palette = view.palette;
    let mut action = None;
    let frame = Frame::new().fill(palette.panel).inner_margin(Margin::symmetric(16, 4));
    Panel::bottom("status bar").exact_size(30.0).frame(frame).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            // A link as high as a button would push the bar down.
            ui.spacing_mut().interact_size.y = 20.0;
            let running = view.workspace.jobs().iter().find(|job| job.state == JobState::Running && job.is_visible());
            match running {
                Some(job) => action = job_ui(ui, view, job),
                None => last_ui(ui, view),
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| saved_ui(ui, view));
        });
    });
    if let Some(notice) = &screen.notice {
        let (color, wash) =
            if notice.is_problem { (palette.no, palette.no_wash) } else { (palette.text, palette.fill) };
        let frame = Frame::new().fill(wash).inner_margin(Margin::symmetric(16, 6));
        Panel::bottom("notice").frame(frame).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if link_ui(ui, palette, say!("dismiss")).clicked() {
                        action = Some(Action::DismissNotice);
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        ui.label(RichText::new(&notice.text).color(color));
                    });
                });
            });
        });
    }
    action
}

fn job_ui(ui: &mut Ui, view: &View<'_>, job: &JobRow) -> Option<Action> {
    let palette = view.palette;
    let snapshot = job.progress.snapshot();
    let dim = |text: String| RichText::new(text).size(12.0).color(palette.dim);
    // The counters move between events; twice a second is often enough to look at them.
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(500));
    if job.progress.is_cancelled() {
        let is_pause = job.task == JobTask::Train && view.workspace.stop_wish() == Stop::Pause;
        let text =
            if is_pause { say!("tune-pausing").to_owned() } else { say!("job-stopping", title = task_name(&job.task)) };
        ui.label(dim(text));
        return None;
    }
    match snapshot.fraction() {
        // Each photo is looked at more than once, so that the numbers would say nothing.
        Some(share) if job.task == JobTask::Calibrate => {
            ui.label(dim(say!("job-started", title = task_name(&job.task))));
            bar_ui(ui, palette, 140.0, share);
        }
        Some(share) => {
            ui.label(dim(say!(
                "job-progress",
                title = task_name(&job.task),
                done = snapshot.done,
                total = snapshot.total
            )));
            bar_ui(ui, palette, 140.0, share);
            let rate = snapshot.rate_per_sec().round();
            ui.label(dim(match snapshot.remaining() {
                Some(left) => say!("job-rate-left", rate = rate, left = duration(left.as_secs())),
                None => say!("job-rate", rate = rate),
            }));
        }
        None => _ = ui.label(dim(say!("job-started", title = task_name(&job.task)))),
    }
    link_ui(ui, palette, say!("cancel")).clicked().then_some(Action::Cancel(job.id))
}

/// How the last job ended.
fn last_ui(ui: &mut Ui, view: &View<'_>) {
    let palette = view.palette;
    let Some(job) = view.workspace.jobs().iter().find(|job| job.is_visible()) else { return };
    let (text, color) = match &job.state {
        JobState::Done(summary) => (summary_words(summary), palette.dim),
        JobState::Cancelled => (say!("job-cancelled", title = task_name(&job.task)), palette.dim),
        JobState::Failed(failure) => (failure_words(failure), palette.no),
        JobState::Running => return,
    };
    ui.label(RichText::new(text).size(12.0).color(color));
}

fn saved_ui(ui: &mut Ui, view: &View<'_>) {
    let palette = view.palette;
    let dim = |text: String| RichText::new(text).size(12.0).color(palette.dim);
    match view.workspace.read_only_reason() {
        Some(reason) => {
            ui.label(RichText::new(say!("reading-only")).size(12.0).color(palette.unsure))
                .on_hover_text(read_only_words(reason));
        }
        None => _ = ui.label(dim(say!("saved").to_owned())),
    }
    ui.add_space(8.0);
    match (view.workspace.model(), view.workspace.model_failure()) {
        (Some(model), _) => {
            let name = view.workspace.model_source().to_string();
            ui.label(dim(say!("model", name = name))).on_hover_ui(|ui| {
                ui.label(runs_as(&model.backbone));
                if model.backbone.is_on_processor() {
                    ui.label(precision_words(view.workspace.precision_record().as_ref()));
                }
            });
        }
        (None, Some(failure)) => {
            ui.label(RichText::new(say!("model-none")).size(12.0).color(palette.no))
                .on_hover_text(failure_words(failure));
        }
        (None, None) => _ = ui.label(dim(say!("model-reading").to_owned())),
    }
}
