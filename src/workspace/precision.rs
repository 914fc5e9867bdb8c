//! Which numbers the network multiplies for proposals: eight bits only where that was measured to be as good.
//!
//! The network is calibrated on some of the catalogue's own photos. With many labels the heads of both precisions are
//! compared by photos that were held out; with few, the features themselves. What a version, an export or a measured
//! figure says rests on f32 whatever is chosen here.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Workspace;
use super::event::Event;
use super::examples::examples;
use super::jobs::{JobSummary, JobTask};
use super::model::Model;
use crate::catalogue::{Group, ImageId, ImageState, Labels, Listing, Vocabulary};
use crate::failure::Failure;
use crate::imaging::{self, ContentHash};
use crate::learn::{Choice, Target, hold_out};
use crate::progress::Progress;
use crate::vision::{Backbone, Crop, Feature, ModelSource};

/// Photos on which the ranges of activations are measured.
const CALIBRATED: usize = 128;

/// Photos whose features are compared where labels are few; other ones, as far as there are others.
const COMPARED: usize = 256;

/// Fewer photos than this say nothing.
const FEWEST: usize = 16;

/// Labelled photos from which on accuracy is compared.
const MIN_LABELLED: usize = 500;

/// Mean cosine between the features of both precisions, at least, where accuracy cannot be compared.
const MIN_COSINE: f64 = 0.99;

/// By how much accuracy may be lower at most, with 95 % confidence.
const MAX_LOSS: f64 = 0.01;

/// Photos that go through the network together.
const BATCH: usize = 16;

/// What was measured of a catalogue's photos, and what follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrecisionRecord {
    /// Whether proposals come from eight bits.
    pub is_int8: bool,
    /// The backbone's key in f32.
    pub backbone: String,
    /// Which calibration.
    pub calibration: String,
    /// Photos that were compared.
    pub photos: usize,
    pub mean_cosine: f64,
    /// None where there are too few labels.
    pub accuracy: Option<PairedAccuracy>,
    pub images_per_second_f32: f64,
    pub images_per_second_int8: f64,
}

/// The accuracy of heads on photos that were held out from them, in both precisions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedAccuracy {
    pub labels: usize,
    pub f32: f64,
    pub int8: f64,
    /// Of int8 minus f32, with 95 % confidence.
    pub lower_bound: f64,
}

impl PrecisionRecord {
    fn is_as_good(&self) -> bool {
        self.accuracy.map_or(self.mean_cosine >= MIN_COSINE, |accuracy| accuracy.lower_bound > -MAX_LOSS)
    }

    fn is_faster(&self) -> bool {
        self.images_per_second_int8 > self.images_per_second_f32
    }
}

impl Workspace {
    /// Measures in the background whether eight bits are as good on this catalogue's photos, and remembers the answer,
    /// which holds from the next opening on. Nothing happens where the model is not read yet.
    pub fn start_calibration(&mut self) {
        let Some(model) = self.model.clone() else { return };
        let work = Work {
            model,
            source: self.model_source.clone(),
            listing: self.listing.clone(),
            vocabulary: self.vocabulary.clone(),
            labels: self.labels.clone(),
            choices: self.heads.groups.iter().map(|head| (head.group, head.choice)).collect(),
            folder: self.places.calibrations(),
        };
        let outbox = self.outbox.clone();
        self.jobs.start(JobTask::Calibrate, &self.outbox, move |progress| {
            let record = work.measure(progress)?;
            if let Some(record) = record {
                outbox.send(Event::Precision(record));
            }
            Ok(JobSummary::Quiet)
        });
    }

    /// What was measured last on this catalogue.
    #[must_use]
    pub fn precision_record(&self) -> Option<PrecisionRecord> {
        let record = self.catalogue.setting("precision").ok().flatten()?;
        serde_json::from_str(&record).ok()
    }

    pub(super) fn take_precision(&mut self, record: &PrecisionRecord) {
        let remembered = serde_json::to_string(record).map_err(|error| error.to_string());
        let remembered = remembered
            .and_then(|record| self.catalogue.set_setting("precision", &record).map_err(|error| error.to_string()));
        if let Err(error) = remembered {
            tracing::warn!("what was measured of the precisions is not remembered: {error}");
        }
    }

    /// The calibration that was chosen for this catalogue, if eight bits were, and for which backbone.
    pub(super) fn chosen_calibration(&self) -> Option<(PathBuf, String)> {
        // A version's heads stand on features in f32.
        let record = self.precision_record().filter(|record| record.is_int8 && self.in_use.is_none())?;
        Some((file_of(&self.places.calibrations(), &record.calibration), record.backbone))
    }
}

fn file_of(folder: &Path, calibration: &str) -> PathBuf {
    folder.join(format!("{calibration}.safetensors"))
}

/// What the job takes with it.
struct Work {
    model: Arc<Model>,
    source: ModelSource,
    listing: Arc<Listing>,
    vocabulary: Vocabulary,
    labels: Labels,
    choices: HashMap<crate::catalogue::GroupId, Choice>,
    folder: PathBuf,
}

impl Work {
    /// None if somebody cancelled.
    fn measure(&self, progress: &Progress) -> Result<Option<PrecisionRecord>, Failure> {
        let failed = |error: &dyn std::error::Error| Failure::new("comparing precisions", error);
        let refused = |why: &str| failed(&std::io::Error::other(why.to_owned()));
        let exact = &self.model.backbone;
        let photos: Vec<(ImageId, ContentHash)> = (self.listing.images.iter())
            .filter(|image| image.state == ImageState::Ok)
            .filter_map(|image| Some((image.id, image.hash.filter(|hash| self.model.store.get(hash).is_some())?)))
            .collect();
        if photos.len() < FEWEST {
            return Err(refused(&format!("it takes {FEWEST} photos that can be read")));
        }
        // Evenly over the catalogue: neighbours are often alike.
        let some = |count: usize, shift: usize| -> Vec<(ImageId, ContentHash)> {
            let every = photos.len().div_ceil(count).max(1);
            photos.iter().skip(shift % every).step_by(every).copied().collect()
        };
        let crops = self.crops(&some(CALIBRATED, 0), progress);
        let calibration = exact.calibrate(&crops).ok_or_else(|| refused("this device has no other precision"))?;
        let rounded = Backbone::quantised(&self.source, &calibration).map_err(|error| failed(&error))?;

        let labelled = self.labelled(&photos);
        let compared = if labelled.len() >= MIN_LABELLED { labelled } else { some(COMPARED, 1) };
        progress.set_total(compared.len() as u64);
        let mut features: HashMap<ImageId, Arc<Feature>> = HashMap::new();
        for batch in compared.chunks(BATCH) {
            let crops = self.crops(batch, progress);
            if progress.is_cancelled() {
                return Ok(None);
            }
            // A photo that is gone since is in neither side of the comparison.
            if crops.len() == batch.len() {
                let of_batch = rounded.features(&crops).map_err(|error| failed(&error))?;
                features.extend(batch.iter().map(|(image, _)| *image).zip(of_batch.into_iter().map(Arc::new)));
            }
            progress.add(batch.len() as u64);
        }
        let exact_features: HashMap<ImageId, Arc<Feature>> = compared
            .iter()
            .filter(|(image, _)| features.contains_key(image))
            .filter_map(|(image, hash)| Some((*image, self.model.store.get(hash)?)))
            .collect();
        let cosines: Vec<f64> = exact_features.iter().map(|(image, exact)| cosine(exact, &features[image])).collect();
        let Some(answers) = self.answers_of_both(&exact_features, &features, progress) else { return Ok(None) };
        let mut record = PrecisionRecord {
            is_int8: false,
            backbone: exact.key().to_owned(),
            calibration: calibration.hash(),
            photos: cosines.len(),
            mean_cosine: cosines.iter().sum::<f64>() / cosines.len().max(1) as f64,
            accuracy: PairedAccuracy::of(&answers).filter(|accuracy| accuracy.labels >= MIN_LABELLED),
            images_per_second_f32: images_per_second(exact, &crops).map_err(|error| failed(&error))?,
            images_per_second_int8: images_per_second(&rounded, &crops).map_err(|error| failed(&error))?,
        };
        record.is_int8 = record.is_as_good() && record.is_faster();
        let path = file_of(&self.folder, &record.calibration);
        write(&path, &calibration.to_bytes()).map_err(|error| failed(&error).at(&path))?;
        Ok(Some(record))
    }

    /// Those that can be decoded.
    fn crops(&self, photos: &[(ImageId, ContentHash)], progress: &Progress) -> Vec<Crop> {
        let preprocess = &self.model.backbone.spec().preprocess;
        let crop = |(image, hash): &(ImageId, ContentHash)| {
            let row = self.listing.images.iter().find(|row| row.id == *image)?;
            let bytes = std::fs::read(self.listing.path_of(row)).ok().filter(|_| !progress.is_cancelled())?;
            let is_same = ContentHash::of(&bytes) == *hash;
            imaging::decode(&bytes).ok().filter(|_| is_same).map(|picture| preprocess.crop(&picture))
        };
        photos.par_iter().filter_map(crop).collect()
    }

    /// Photos of which a person said something.
    fn labelled(&self, photos: &[(ImageId, ContentHash)]) -> Vec<(ImageId, ContentHash)> {
        let labelled: std::collections::HashSet<ImageId> = self.labels.iter().map(|(image, ..)| image).collect();
        photos.iter().filter(|(image, _)| labelled.contains(image)).copied().collect()
    }

    /// Answers of both precisions' heads on photos held out from them, f32 first. `None` if somebody cancelled.
    fn answers_of_both(
        &self,
        exact: &HashMap<ImageId, Arc<Feature>>,
        rounded: &HashMap<ImageId, Arc<Feature>>,
        progress: &Progress,
    ) -> Option<Vec<(bool, bool)>> {
        let mut pairs = Vec::new();
        for group in &self.vocabulary.groups {
            let right = |features| self.answers(group, features, progress);
            let (exact, rounded) = (right(exact)?, right(rounded)?);
            pairs.extend(exact.into_iter().zip(rounded));
        }
        Some(pairs)
    }

    /// Whether each known answer of a group is given by heads that had not seen it. `None` if somebody cancelled.
    fn answers(
        &self,
        group: &Group,
        features: &HashMap<ImageId, Arc<Feature>>,
        progress: &Progress,
    ) -> Option<Vec<bool>> {
        let feature_of = |image| features.get(&image).cloned();
        let Some(examples) = examples(group, &self.vocabulary, &self.labels, &feature_of) else {
            return Some(Vec::new());
        };
        let problem = examples.problem();
        // Of a photo that only is not something, a wrong answer would count and a right one not.
        let problem = problem.subset(|row| !matches!(problem.targets()[row], Target::IsNot(_)));
        let choice = self.choices.get(&group.id).copied().unwrap_or_default();
        let held_out = hold_out(&problem, &[], &choice, progress)?;
        let is_right = |answer: &crate::learn::Answer| {
            if problem.is_one_of() { answer.is_right } else { answer.is_right == (answer.probability >= 0.5) }
        };
        Some(held_out.answers.iter().map(is_right).collect())
    }
}

impl PairedAccuracy {
    /// From pairs of answers, f32 first, by the normal approximation of the mean difference.
    fn of(pairs: &[(bool, bool)]) -> Option<Self> {
        const DEVIATIONS: f64 = 1.96;
        let count = pairs.len() as f64;
        if pairs.len() < 2 {
            return None;
        }
        let share = |of: &dyn Fn(&(bool, bool)) -> bool| pairs.iter().filter(|pair| of(pair)).count() as f64 / count;
        let (f32, int8) = (share(&|pair| pair.0), share(&|pair| pair.1));
        let mean = int8 - f32;
        let differing = share(&|pair| pair.0 != pair.1);
        let variance = (differing - mean * mean).max(0.0) * count / (count - 1.0);
        let lower_bound = mean - DEVIATIONS * (variance / count).sqrt();
        Some(Self { labels: pairs.len(), f32, int8, lower_bound })
    }
}

fn cosine(a: &Feature, b: &Feature) -> f64 {
    let dot = |a: &Feature, b: &Feature| -> f64 {
        a.values().iter().zip(b.values()).map(|(a, b)| f64::from(a.to_f32()) * f64::from(b.to_f32())).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f64::MIN_POSITIVE)
}

/// By the best of a few batches: other work of the program must not decide.
fn images_per_second(backbone: &Backbone, crops: &[Crop]) -> Result<f64, crate::vision::VisionError> {
    const TIMES: usize = 5;
    let batch = &crops[..crops.len().min(BATCH)];
    let mut best = f64::INFINITY;
    for _ in 0..TIMES {
        let started = Instant::now();
        backbone.features(batch)?;
        best = best.min(started.elapsed().as_secs_f64());
    }
    Ok(batch.len() as f64 / best)
}

/// Writes a file whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let partial = path.with_extension("part");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&partial, bytes)?;
    std::fs::rename(&partial, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_photos_that_turn_wrong_are_no_proof_of_being_as_good() {
        let pairs = |wrong: usize, righted: usize| -> Vec<(bool, bool)> {
            let pair = |at: usize| match at {
                at if at < wrong => (true, false),
                at if at < wrong + righted => (false, true),
                _ => (true, true),
            };
            (0..1000).map(pair).collect()
        };
        let bound = |wrong, righted| PairedAccuracy::of(&pairs(wrong, righted)).map(|accuracy| accuracy.lower_bound);
        assert!(bound(0, 0).is_some_and(|bound| bound == 0.0));
        assert!(bound(4, 3).is_some_and(|bound| bound > -MAX_LOSS));
        assert!(bound(12, 2).is_some_and(|bound| bound < -MAX_LOSS));
        assert_eq!(PairedAccuracy::of(&[]), None);
    }
}
