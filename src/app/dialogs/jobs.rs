//! The jobs that run and those that ended, with what could not be done.

use egui::{RichText, Ui};

use super::super::action::Action;
use super::super::exported::passed_over_words;
use super::super::failures::{failure_words, fault_words};
use super::super::names::{summary_words, task_name};
use super::super::view::View;
use super::super::widgets::{bar_ui, link_ui, plain_button_ui};
use super::super::words::say;
use super::{list_area, title_ui};
use crate::workspace::{JobRow, JobState, JobSummary};

/// Lines on files that failed, a job; thousands would be read by nobody.
const MAX_LINES: usize = 100;

/// Lists the jobs, newest first.
pub fn jobs_ui(ui: &mut Ui, view: &View<'_>) -> Option<Action> {
    title_ui(ui, say!("jobs"));
    let mut action = None;
    list_area(ui).auto_shrink([false, true]).show(ui, |ui| {
        let mut has_any = false;
        for job in view.workspace.jobs().iter().filter(|job| job.is_visible()) {
            has_any = true;
            ui.push_id(job.id, |ui| action = job_ui(ui, view, job).or(action.take()));
            ui.separator();
        }
        if !has_any {
            ui.label(RichText::new(say!("jobs-none")).color(view.palette.dim));
        }
    });
    let close = plain_button_ui(ui, view.palette, say!("close"), Some("Esc")).clicked();
    action.or(close.then_some(Action::CloseDialog))
}

fn job_ui(ui: &mut Ui, view: &View<'_>, job: &JobRow) -> Option<Action> {
    let palette = view.palette;
    let mut action = None;
    ui.horizontal(|ui| {
        ui.label(task_name(&job.task));
        match &job.state {
            JobState::Running => {
                if let Some(share) = job.progress.snapshot().fraction() {
                    bar_ui(ui, palette, 140.0, share);
                }
                if link_ui(ui, palette, say!("cancel")).clicked() {
                    action = Some(Action::Cancel(job.id));
                }
            }
            JobState::Done(summary) => _ = ui.label(RichText::new(summary_words(summary)).color(palette.dim)),
            JobState::Cancelled => _ = ui.label(RichText::new(say!("job-was-cancelled")).color(palette.unsure)),
            JobState::Failed(failure) => _ = ui.label(RichText::new(failure_words(failure)).color(palette.no)),
        }
    });
    let lines = match &job.state {
        JobState::Done(summary) => faults(view, summary),
        _ => Vec::new(),
    };
    for line in lines.iter().take(MAX_LINES) {
        ui.label(RichText::new(line).size(12.0).color(palette.dim));
    }
    if lines.len() > MAX_LINES {
        ui.label(RichText::new(say!("jobs-more", count = lines.len() - MAX_LINES)).size(12.0).color(palette.dim));
    }
    action
}

/// The files that failed, a line each.
fn faults(view: &View<'_>, summary: &JobSummary) -> Vec<String> {
    match summary {
        JobSummary::Imported { report, .. } => {
            let warnings = report.broken.iter().chain(&report.warnings);
            warnings.map(|warning| format!("{}: {}", warning.path.display(), fault_words(&warning.reason))).collect()
        }
        JobSummary::Embedded { broken, .. } => broken
            .iter()
            .map(|(image, reason)| (view.image(*image).map_or("", |image| image.path()), fault_words(reason)))
            .map(|(path, reason)| format!("{path}: {reason}"))
            .collect(),
        JobSummary::ExportedLabels { report, .. } => report.faults.iter().map(passed_over_words).collect(),
        JobSummary::Checked { .. }
        | JobSummary::Frozen(_)
        | JobSummary::Activated(_)
        | JobSummary::Exported(_)
        | JobSummary::Trained { .. }
        | JobSummary::Paused { .. }
        | JobSummary::Published { .. }
        | JobSummary::Quiet => Vec::new(),
    }
}
