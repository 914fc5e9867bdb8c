//! Which numbers the network multiplies for proposals: eight bits only where that was measured to be as good and quicker.
//!
//! The measurement is a job like any other. In the window it starts by itself once enough photos were looked at and nothing
//! else is to be done, and again when there are labels enough to compare accuracy; it is remembered with the catalogue.
//! What a version, an export or a measured figure says rests on f32 whatever is chosen here: while a version is in use, the
//! live head that begins at its heads is what proposes, and what is fitted to features in eight bits.

mod measure;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Workspace;
use super::event::Event;
use super::jobs::{JobSummary, JobTask};
use super::model::{EightBits, Model};
use crate::catalogue::ImageState;
use crate::failure::Failure;

use measure::Work;

/// Photos with features from which on a comparison says enough to be made by itself: half of them are held against
/// what was calibrated on the other half.
const ENOUGH: usize = 2 * measure::CALIBRATED;

/// Labelled photos from which on accuracy is compared, not counting those that the backbone was trained on.
const MIN_LABELLED: usize = 500;

/// Mean cosine between the features of both precisions, at least, where accuracy cannot be compared.
const MIN_COSINE: f64 = 0.99;

/// By how much accuracy may be lower at most, with 95 % confidence.
const MAX_LOSS: f64 = 0.01;

/// How long nothing may have happened before a comparison starts by itself.
const QUIET: Duration = Duration::from_secs(5);

/// The setting of a catalogue that keeps what was measured.
const SETTING: &str = "precision";

/// What was measured of a catalogue's photos, and what follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrecisionRecord {
    /// Whether eight bits are as good, and quicker.
    pub is_int8: bool,
    /// Whether proposals come from them.
    pub is_in_use: bool,
    /// The backbone's key in f32.
    pub backbone: String,
    /// What computed it, as [`Backbone::engine`](crate::vision::Backbone::engine) names it.
    pub engine: String,
    /// Which calibration.
    pub calibration: String,
    /// Photos on which it was measured.
    pub calibrated_on: usize,
    /// Photos that were compared.
    pub photos: usize,
    /// Photos of which a person had said something by then, without those that the backbone was trained on.
    pub labelled: usize,
    pub mean_cosine: f64,
    /// None where there are too few labels.
    pub accuracy: Option<PairedAccuracy>,
    /// From files to features, decoding included.
    pub images_per_second_f32: f64,
    pub images_per_second_int8: f64,
}

/// The accuracy of heads on photos that were held out from them, in both precisions: of each photo the share of right
/// answers counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedAccuracy {
    pub photos: usize,
    pub f32: f64,
    pub int8: f64,
    /// Of int8 minus f32, with 95 % confidence.
    pub lower_bound: f64,
}

/// Decides when a comparison starts by itself.
pub(super) struct PrecisionWatch {
    is_on: bool,
    quiet_since: Instant,
    /// The workspace as it was when it was last asked whether a comparison is due.
    asked_at: Option<u64>,
    /// Whether one was started since the model was opened, and whether it was one of accuracy.
    started: Option<bool>,
}

impl PrecisionRecord {
    /// Whether eight bits give as good features, or answers.
    #[must_use]
    pub fn is_as_good(&self) -> bool {
        self.accuracy.map_or(self.mean_cosine >= MIN_COSINE, |accuracy| accuracy.lower_bound > -MAX_LOSS)
    }

    /// Whether they do so, and sooner.
    fn serves(&self) -> bool {
        self.is_as_good() && self.images_per_second_int8 > self.images_per_second_f32
    }

    /// Whether this was measured of a model as it runs here.
    fn is_of(&self, model: &Model) -> bool {
        self.backbone == model.backbone.exact_key() && self.engine == model.backbone.engine()
    }

    /// Whether all photos are looked at sooner in eight bits than those that are due in f32.
    fn saves_time(&self, num_photos: usize, num_due: usize) -> bool {
        num_photos as f64 / self.images_per_second_int8 < num_due as f64 / self.images_per_second_f32
    }
}

impl PrecisionWatch {
    pub fn new(is_on: bool) -> Self {
        Self { is_on, quiet_since: Instant::now(), asked_at: None, started: None }
    }

    /// Another model is in use, of which nothing was measured yet.
    pub fn begin_anew(&mut self) {
        (self.asked_at, self.started) = (None, None);
    }
}

impl Workspace {
    /// Measures in the background whether eight bits are as good on this catalogue's photos and quicker here, and
    /// remembers the answer. Nothing happens where the model is not read yet.
    pub fn start_calibration(&mut self) {
        let Some(model) = self.model.clone() else { return };
        self.precision_watch.started = Some(self.num_labelled() >= MIN_LABELLED);
        let work = Work {
            model,
            measured: self.precision_record(),
            source: self.model_source.clone(),
            device: self.device,
            listing: self.listing.clone(),
            vocabulary: self.vocabulary.clone(),
            labels: self.labels.clone(),
            choices: self.heads.groups.iter().map(|head| (head.group, head.choice)).collect(),
            places: self.places.clone(),
            thumbnails: self.thumbnails.clone(),
            outbox: self.outbox.clone(),
        };
        let outbox = self.outbox.clone();
        self.jobs.start(JobTask::Calibrate, &self.outbox, move |progress| {
            if let Some(record) = work.measure(progress)? {
                outbox.send(Event::Precision(record));
            }
            Ok(JobSummary::Quiet)
        });
    }

    /// What was measured last on this catalogue; once a model is read, only if it was of that, as it runs here.
    #[must_use]
    pub fn precision_record(&self) -> Option<PrecisionRecord> {
        self.remembered_precision().filter(|record| self.model.as_ref().is_none_or(|model| record.is_of(model)))
    }

    fn remembered_precision(&self) -> Option<PrecisionRecord> {
        let record = self.catalogue.setting(SETTING).ok().flatten()?;
        serde_json::from_str(&record).ok()
    }

    /// How long until [`Workspace::poll`] may find that precisions are to be compared, if nothing happens; none where
    /// there is nothing to wait for.
    #[must_use]
    pub fn compares_precisions_in(&self) -> Option<Duration> {
        let watch = &self.precision_watch;
        let waits = watch.is_on && watch.asked_at != Some(self.revision) && self.is_idle();
        waits.then(|| QUIET.saturating_sub(watch.quiet_since.elapsed()))
    }

    /// Starts a comparison where nothing has happened for a while and none was made of what runs here.
    pub(super) fn start_calibration_if_due(&mut self, has_changed: bool) {
        if has_changed || !self.is_idle() {
            self.precision_watch.quiet_since = Instant::now();
        }
        if self.compares_precisions_in() == Some(Duration::ZERO) {
            self.precision_watch.asked_at = Some(self.revision);
            if self.is_calibration_due() {
                self.start_calibration();
            }
        }
    }

    fn is_calibration_due(&self) -> bool {
        let Some(model) = self.model.as_ref().filter(|model| model.backbone.is_on_processor()) else { return false };
        // Nothing would follow from it.
        if self.stays_exact() {
            return false;
        }
        let has_enough_labels = self.num_labelled() >= MIN_LABELLED;
        // What somebody cancelled, or what failed, is not tried again until there is more to go by.
        let is_tried = self.precision_watch.started.is_some_and(|by_accuracy| by_accuracy || !has_enough_labels);
        let is_up_to_date = |record: PrecisionRecord| record.labelled >= MIN_LABELLED || !has_enough_labels;
        let is_measured = || self.precision_record().is_some_and(is_up_to_date);
        !is_tried && !is_measured() && measure::known(&self.listing, model).len() >= ENOUGH
    }

    /// Whether proposals come from f32 whatever was measured: they are to be official, or nothing can be remembered.
    fn stays_exact(&self) -> bool {
        self.is_official || self.read_only_reason().is_some()
    }

    /// Labelled photos by which heads can be judged.
    fn num_labelled(&self) -> usize {
        measure::labelled(&self.labels).into_iter().filter(|image| !self.has_seen(*image)).count()
    }

    pub(super) fn take_precision(&mut self, mut record: PrecisionRecord) {
        record.is_in_use = record.is_int8 && self.model.as_ref().is_some_and(|model| !model.backbone.is_exact());
        self.remember_precision(Some(&record));
    }

    /// The eight bits that this catalogue's proposals come from, if they do.
    pub(super) fn eight_bits_in_use(&self) -> Option<EightBits> {
        let record = self.precision_record().filter(|record| record.is_in_use)?;
        Some(self.eight_bits(record))
    }

    fn eight_bits(&self, record: PrecisionRecord) -> EightBits {
        let calibration = file_of(&self.places.calibrations(), &record.calibration);
        EightBits { backbone: record.backbone, engine: record.engine, calibration }
    }

    /// Turns to eight bits where they were measured to serve and finish sooner with all photos than f32 with those that
    /// are due; says whether it does. Nothing is mixed: every photo's features are computed anew.
    pub(super) fn turn_to_eight_bits(&mut self, num_due: usize) -> bool {
        let num_photos = self.listing.images.iter().filter(|image| image.state == ImageState::Ok).count();
        let is_exact = self.model.as_ref().is_some_and(|model| model.backbone.is_exact());
        if !is_exact || self.stays_exact() {
            return false;
        }
        let is_quicker = |record: &PrecisionRecord| record.is_int8 && record.saves_time(num_photos, num_due);
        let Some(record) = self.precision_record().filter(is_quicker) else { return false };
        let eight_bits = self.eight_bits(record);
        let (source, device, features) = (self.model_source.clone(), self.device, self.places.features());
        let outbox = self.outbox.clone();
        self.jobs.start(JobTask::OpenModel, &self.outbox, move |_| {
            let model = Model::open(&source, device, &features, Some(eight_bits));
            outbox.send(Event::EightBits(model.map(Arc::new)));
            Ok(JobSummary::Quiet)
        });
        true
    }

    pub(super) fn take_eight_bits(&mut self, model: Result<Arc<Model>, Failure>) {
        self.wants_embedding = true;
        match model {
            Ok(model) if !model.backbone.is_exact() => {
                let is_of = |now: &Arc<Model>| now.backbone.key() == model.backbone.exact_key();
                // Another backbone that was put to use meanwhile stays.
                if self.model.as_ref().is_some_and(is_of) {
                    self.take_model_in_use(model);
                }
            }
            // The calibration is gone with the caches, or the model is: f32 stays, until another comparison.
            _ => self.remember_precision(None),
        }
    }

    /// Goes back from eight bits to f32 in the background, as soon as all photos have features in it.
    ///
    /// # Errors
    /// Where the catalogue cannot be written.
    pub fn use_full_precision(&mut self) -> Result<(), Failure> {
        self.put_to_use_in_f32(self.model_source.clone(), self.in_use.clone())
    }

    /// Notes whether proposals come from eight bits now.
    pub(super) fn note_precision_in_use(&mut self, model: &Model) {
        self.precision_watch.begin_anew();
        let is_in_use = !model.backbone.is_exact();
        let is_news =
            |record: &PrecisionRecord| record.backbone == model.backbone.exact_key() && record.is_in_use != is_in_use;
        if self.stays_exact() {
            return;
        }
        // Of whatever ran when it was measured: that may be another level than now.
        if let Some(record) = self.remembered_precision().filter(is_news) {
            self.remember_precision(Some(&PrecisionRecord { is_in_use, ..record }));
        }
    }

    fn remember_precision(&mut self, record: Option<&PrecisionRecord>) {
        let text = record.map(serde_json::to_string).transpose().map_err(|error| error.to_string());
        let remembered = text.and_then(|text| {
            self.catalogue.set_setting(SETTING, &text.unwrap_or_default()).map_err(|error| error.to_string())
        });
        if let Err(error) = remembered {
            tracing::warn!("what was measured of the precisions is not remembered: {error}");
        }
    }
}

fn file_of(folder: &Path, calibration: &str) -> PathBuf {
    folder.join(format!("{calibration}.safetensors"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As measured at ten photos a second in f32.
    fn record(mean_cosine: f64, lower_bound: Option<f64>, images_per_second_int8: f64) -> PrecisionRecord {
        PrecisionRecord {
            is_int8: false,
            is_in_use: false,
            backbone: String::new(),
            engine: String::new(),
            calibration: String::new(),
            calibrated_on: measure::CALIBRATED,
            photos: 500,
            labelled: 500,
            mean_cosine,
            accuracy: lower_bound.map(|lower_bound| PairedAccuracy { photos: 500, f32: 0.9, int8: 0.9, lower_bound }),
            images_per_second_f32: 10.0,
            images_per_second_int8,
        }
    }

    #[test]
    fn eight_bits_serve_where_they_are_surely_as_good_and_faster() {
        assert!(record(0.99, None, 11.0).serves() && !record(0.9899, None, 11.0).serves());
        assert!(record(0.5, Some(-0.0099), 11.0).serves(), "accuracy counts where it is known");
        assert!(!record(1.0, Some(-0.01), 11.0).serves());
        assert!(!record(1.0, None, 10.0).serves() && !record(1.0, Some(0.0), 9.0).serves(), "it saves no time");
    }
}
