//! Watches a recipe at work: writes each epoch down, tells the workspace, and keeps checkpoints.

use std::time::{Duration, Instant};

use super::super::event::{Event, Outbox};
use super::super::peak_rss_mb;
use super::run_folder::{EpochFigures, RunFolder};
use super::tensorboard::EventFile;
use crate::learn::train::{BodyError, EpochReport, State, Watch};

const TRAIN_LOSS: &str = "loss/train";
const VALIDATION_LOSS: &str = "loss/validation";
const ACCURACY: &str = "accuracy/validation";
const MACRO_F1: &str = "macro F1/validation";

/// The curves by which runs are compared.
pub(super) const METRICS: [&str; 3] = [VALIDATION_LOSS, ACCURACY, MACRO_F1];

pub(super) struct RunWatch<'a> {
    pub folder: &'a mut RunFolder,
    pub events: &'a mut EventFile,
    pub outbox: &'a Outbox,
    /// Between two checkpoints within an epoch.
    pub between_checkpoints: Duration,
    pub kept_at: Instant,
    pub started: Instant,
    /// Seconds that were spent on judging since the start.
    pub judging_seconds: f64,
    /// Seconds that the run took to the checkpoint that it was resumed from.
    pub seconds_before: f64,
}

impl RunWatch<'_> {
    /// Seconds that the run took so far, the cache included, without judging.
    fn total_seconds(&self) -> f64 {
        self.seconds_before + self.started.elapsed().as_secs_f64() - self.judging_seconds
    }
}

impl Watch for RunWatch<'_> {
    fn epoch(&mut self, report: &EpochReport, parameters: &[(&str, &[f32])]) -> Result<(), BodyError> {
        self.judging_seconds += report.judging_seconds;
        let figures = EpochFigures {
            epoch: report.epoch,
            train_loss: report.train_loss,
            validation_loss: report.verdict.loss,
            accuracy: report.verdict.accuracy,
            macro_f1: report.verdict.macro_f1,
            seconds: report.seconds,
            total_seconds: self.total_seconds(),
            images_per_second: report.photos as f64 / report.seconds.max(1e-9),
            peak_rss_mb: peak_rss_mb(),
            skipped_steps: report.num_skipped,
        };
        self.folder.add(figures.clone())?;
        let curves = [
            (TRAIN_LOSS, report.train_loss),
            (VALIDATION_LOSS, report.verdict.loss),
            (ACCURACY, report.verdict.accuracy),
            (MACRO_F1, report.verdict.macro_f1),
            ("rate/head", f64::from(report.rates.0)),
            ("rate/body", f64::from(report.rates.1)),
            ("gradient norm", report.gradient_norm),
            ("images per second", figures.images_per_second),
            ("skipped steps", report.num_skipped as f64),
        ];
        self.events.scalars(report.epoch, &curves)?;
        self.events.histograms(report.epoch, parameters)?;
        self.outbox.send(Event::Epoch(Box::new(figures)));
        Ok(())
    }

    fn is_due(&mut self) -> bool {
        self.kept_at.elapsed() >= self.between_checkpoints
    }

    fn keep(&mut self, state: &State) -> Result<(), BodyError> {
        self.kept_at = Instant::now();
        self.folder.keep(state, self.total_seconds())?;
        Ok(())
    }
}
