//! The comparison itself: the network in eight bits beside the one in f32, on a catalogue's own photos.
//!
//! The network is calibrated on some of them. With many labels the heads of both precisions are compared by photos that were
//! held out, each of which counts once however many tags are known of it; with few, the features themselves.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use super::super::embed;
use super::super::event::Outbox;
use super::super::examples::examples;
use super::super::model::Model;
use super::super::pictures::ThumbnailCache;
use super::super::places::Places;
use super::{MIN_LABELLED, PairedAccuracy, PrecisionRecord, file_of};
use crate::catalogue::{Group, GroupId, ImageId, ImageRow, ImageState, LabelSource, Labels, Listing, Vocabulary};
use crate::failure::Failure;
use crate::imaging::{self, ContentHash};
use crate::learn::{Choice, Target, cross_validate, likeliest};
use crate::progress::Progress;
use crate::vision::{Backbone, Crop, DeviceChoice, Feature, FeatureStore, ModelSource};
use crate::whole_file;

/// Photos on which the ranges of activations are measured, at most.
pub(super) const CALIBRATED: usize = 128;

/// Other photos, whose features are compared where labels are few, at most.
const COMPARED: usize = 256;

/// Labelled photos that are enough to tell a point of accuracy; of more, an even choice is taken, first of those that judge.
const MAX_LABELLED: usize = 2000;

/// Fewer photos than this say nothing.
const FEWEST: usize = 16;

/// Photos that are timed together.
const BATCH: usize = 16;

/// What the job takes with it.
pub(super) struct Work {
    /// In f32, or in the eight bits that are in use.
    pub model: Arc<Model>,
    /// What was measured of these.
    pub measured: Option<PrecisionRecord>,
    pub source: ModelSource,
    pub device: Option<DeviceChoice>,
    pub listing: Arc<Listing>,
    pub vocabulary: Vocabulary,
    pub labels: Labels,
    pub choices: HashMap<GroupId, Choice>,
    pub places: Places,
    pub thumbnails: Arc<ThumbnailCache>,
    pub outbox: Outbox,
}

/// A photo as the catalogue has it, and what the cache knows it by.
type Photo<'a> = (&'a ImageRow, ContentHash);

/// The features of some photos.
type Features = HashMap<ImageId, Arc<Feature>>;

/// The same network in f32 and in eight bits, and how the latter was calibrated.
struct Both {
    exact: Arc<Model>,
    rounded: Arc<Model>,
    calibration: String,
    calibrated_on: usize,
}

/// The photos that have features.
pub(super) fn known<'a>(listing: &'a Listing, model: &Model) -> Vec<Photo<'a>> {
    (listing.images.iter())
        .filter(|image| image.state == ImageState::Ok)
        .filter_map(|image| Some((image, image.hash.filter(|hash| model.store.get(hash).is_some())?)))
        .collect()
}

/// Photos that somebody said something of; what a rule set is the model's own opinion.
pub(super) fn labelled(labels: &Labels) -> HashSet<ImageId> {
    labels.iter().filter(|(.., label)| label.source != LabelSource::Rule).map(|(image, ..)| image).collect()
}

impl Work {
    /// None if somebody cancelled.
    pub fn measure(&self, progress: &Progress) -> Result<Option<PrecisionRecord>, Failure> {
        let photos = known(&self.listing, &self.model);
        if photos.len() < FEWEST {
            return Err(refused(&format!("it takes {FEWEST} photos that can be read")));
        }
        // Others are left to compare; where there are few, half of all.
        let num_calibrated = (photos.len() - FEWEST).max(photos.len() / 2).min(CALIBRATED);
        let calibrating = evenly(&photos, num_calibrated);
        let Some(Both { exact, rounded, calibration, calibrated_on }) = self.both(&calibrating, progress)? else {
            return Ok(None);
        };
        let labelled = labelled(&self.labels);
        // By photos that the backbone was trained on no head is judged, but all learn from them.
        let (judging, teaching): (Vec<Photo<'_>>, Vec<Photo<'_>>) = (photos.iter().copied())
            .filter(|(image, _)| labelled.contains(&image.id))
            .partition(|(_, hash)| !self.model.has_seen(hash));
        let compared = if judging.len() >= MIN_LABELLED {
            let mut compared = evenly(&judging, MAX_LABELLED);
            compared.extend(evenly(&teaching, MAX_LABELLED - compared.len()));
            compared
        } else {
            let seen: HashSet<ImageId> = calibrating.iter().map(|(image, _)| image.id).collect();
            let others: Vec<Photo<'_>> =
                photos.iter().filter(|(image, _)| !seen.contains(&image.id)).copied().collect();
            evenly(&others, COMPARED)
        };
        let Some([of_exact, of_rounded]) = self.features([&exact, &rounded], &compared, progress)? else {
            return Ok(None);
        };
        let cosines: Vec<f64> = of_exact.iter().map(|(image, exact)| exact.cosine(&of_rounded[image])).collect();
        let seen: HashSet<ImageId> = teaching.iter().map(|(image, _)| image.id).collect();
        let Some(shares) = self.right_of_both([&of_exact, &of_rounded], &seen, progress) else { return Ok(None) };
        let backbones = [&exact.backbone, &rounded.backbone];
        let Some([f32, int8]) = self.images_per_second(backbones, &compared, progress)? else { return Ok(None) };
        let mut record = PrecisionRecord {
            is_int8: false,
            is_in_use: false,
            backbone: exact.backbone.key().to_owned(),
            engine: exact.backbone.engine(),
            calibration,
            calibrated_on,
            photos: cosines.len(),
            labelled: judging.len(),
            mean_cosine: cosines.iter().sum::<f64>() / cosines.len().max(1) as f64,
            accuracy: PairedAccuracy::of(&shares).filter(|accuracy| accuracy.photos >= MIN_LABELLED),
            images_per_second_f32: f32,
            images_per_second_int8: int8,
        };
        record.is_int8 = record.serves();
        Ok(Some(record))
    }

    /// The network in use, and the same in the other precision. None if somebody cancelled.
    fn both(&self, photos: &[Photo<'_>], progress: &Progress) -> Result<Option<Both>, Failure> {
        let features = self.places.features();
        if let Some(measured) = self.measured.as_ref().filter(|_| !self.model.backbone.is_exact()) {
            let exact = Arc::new(Model::open(&self.source, self.device, &features, None)?);
            let (calibration, calibrated_on) = (measured.calibration.clone(), measured.calibrated_on);
            return Ok(Some(Both { exact, rounded: self.model.clone(), calibration, calibrated_on }));
        }
        let exact = &self.model;
        progress.set_total(photos.len() as u64);
        let crops = self.crops(&exact.backbone, photos, progress);
        let calibration = exact.backbone.calibrate(&crops, progress);
        if progress.is_cancelled() {
            return Ok(None);
        }
        let calibration = calibration.ok_or_else(|| refused("this device has no other precision"))?;
        let path = file_of(&self.places.calibrations(), &calibration.hash());
        whole_file::write_shared(&path, &calibration.to_bytes()).map_err(|error| failed(&error).at(&path))?;
        let backbone = Backbone::quantised(&self.source, &calibration).map_err(|error| failed(&error))?;
        let store = FeatureStore::open(&features, &backbone);
        let rounded = Arc::new(Model { backbone, store, seen: exact.seen.clone() });
        let calibration = calibration.hash();
        Ok(Some(Both { exact: exact.clone(), rounded, calibration, calibrated_on: crops.len() }))
    }

    /// The features of those photos that both networks have seen, each by its own. None if somebody cancelled.
    fn features(
        &self,
        models: [&Model; 2],
        photos: &[Photo<'_>],
        progress: &Progress,
    ) -> Result<Option<[Features; 2]>, Failure> {
        let wanted: HashSet<ImageId> = photos.iter().map(|(image, _)| image.id).collect();
        for model in models {
            let mut due = embed::due(&self.listing, &model.store);
            due.retain(|photo| wanted.contains(&photo.image));
            embed::embed(&due, model, &self.thumbnails, progress, &self.outbox, &|| {})?;
            if progress.is_cancelled() {
                return Ok(None);
            }
        }
        let [mut of_exact, mut of_rounded] = [Features::new(), Features::new()];
        for (image, hash) in photos {
            // A photo that is gone since is on neither side.
            if let [Some(exact), Some(rounded)] = models.map(|model| model.store.get(hash)) {
                of_exact.insert(image.id, exact);
                of_rounded.insert(image.id, rounded);
            }
        }
        Ok(Some([of_exact, of_rounded]))
    }

    /// Those that can be decoded, as the backbone wants them.
    fn crops(&self, backbone: &Backbone, photos: &[Photo<'_>], progress: &Progress) -> Vec<Crop> {
        let crop = |(image, hash): &Photo<'_>| {
            let bytes = imaging::read(&self.listing.path_of(image)).ok().filter(|_| !progress.is_cancelled())?;
            let is_same = ContentHash::of(&bytes) == *hash;
            let (_permit, picture) = embed::picture(&bytes, image.num_pixels(), backbone).ok().filter(|_| is_same)?;
            Some(backbone.spec().preprocess.crop(&picture))
        };
        photos.par_iter().filter_map(crop).collect()
    }

    /// From files to features, by the best of a few batches that both take in turns: other work of the computer must not
    /// decide. None if somebody cancelled.
    fn images_per_second(
        &self,
        backbones: [&Backbone; 2],
        photos: &[Photo<'_>],
        progress: &Progress,
    ) -> Result<Option<[f64; 2]>, Failure> {
        const TIMES: usize = 5;
        let batch = &photos[..photos.len().min(BATCH)];
        let mut best = [f64::INFINITY; 2];
        for _ in 0..TIMES {
            for (backbone, best) in backbones.iter().zip(&mut best) {
                let started = Instant::now();
                backbone.features(&self.crops(backbone, batch, progress)).map_err(|error| failed(&error))?;
                *best = best.min(started.elapsed().as_secs_f64());
                if progress.is_cancelled() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(best.map(|seconds| batch.len() as f64 / seconds)))
    }

    /// How right the heads of both precisions are of each photo held out from them, f32 first: the mean over the groups in
    /// which something is known of it. `None` if somebody cancelled.
    fn right_of_both(
        &self,
        [exact, rounded]: [&Features; 2],
        seen: &HashSet<ImageId>,
        progress: &Progress,
    ) -> Option<Vec<[f64; 2]>> {
        let mut of_photos: BTreeMap<ImageId, Vec<[f64; 2]>> = BTreeMap::new();
        for group in &self.vocabulary.groups {
            let right = |features| self.right_shares(group, features, seen, progress);
            let (exact, rounded) = (right(exact)?, right(rounded)?);
            for ((image, exact), (_, rounded)) in exact.into_iter().zip(rounded) {
                of_photos.entry(image).or_default().push([exact, rounded]);
            }
        }
        let mean = |of_groups: Vec<[f64; 2]>| {
            [0, 1].map(|side| of_groups.iter().map(|pair| pair[side]).sum::<f64>() / of_groups.len() as f64)
        };
        Some(of_photos.into_values().map(mean).collect())
    }

    /// The share of right answers to each photo of which something is known in a group, by heads that had not seen it, nor
    /// had the backbone. `None` if somebody cancelled.
    fn right_shares(
        &self,
        group: &Group,
        features: &Features,
        seen: &HashSet<ImageId>,
        progress: &Progress,
    ) -> Option<Vec<(ImageId, f64)>> {
        let feature_of = |image| features.get(&image).cloned();
        let Some(examples) = examples(group, &self.vocabulary, &self.labels, &feature_of) else {
            return Some(Vec::new());
        };
        let examples = examples.with_seen(|image| seen.contains(&image));
        let choice = self.choices.get(&group.id).copied().unwrap_or_default();
        let validated = cross_validate(&examples.problem(), &[], &choice, progress)?;
        let said = validated.probabilities.chunks_exact(examples.tags.len().max(1));
        let judged = validated.rows.iter().zip(&validated.targets).zip(said);
        let share = |((row, target), said): ((&usize, &Target), &[f32])| {
            Some((examples.images[*row], share_right(target, said)?))
        };
        Some(judged.filter_map(share).collect())
    }
}

impl PairedAccuracy {
    /// From how right the answers to each photo are, f32 first, by the normal approximation of the mean difference.
    fn of(pairs: &[[f64; 2]]) -> Option<Self> {
        // Of the interval with both ends: stricter than the 1.64 that a bound from below alone would take.
        const DEVIATIONS: f64 = 1.96;
        let count = pairs.len() as f64;
        if pairs.len() < 2 {
            return None;
        }
        let mean = |of: &dyn Fn(&[f64; 2]) -> f64| pairs.iter().map(of).sum::<f64>() / count;
        let (f32, int8) = (mean(&|pair| pair[0]), mean(&|pair| pair[1]));
        let difference = int8 - f32;
        let variance = mean(&|pair| (pair[1] - pair[0] - difference).powi(2)) * count / (count - 1.0);
        let lower_bound = difference - DEVIATIONS * (variance / count).sqrt();
        Some(Self { photos: pairs.len(), f32, int8, lower_bound })
    }
}

/// The share of right answers among what is known of a photo. None where it only is not something: of that a wrong answer
/// would count and a right one not.
fn share_right(target: &Target, said: &[f32]) -> Option<f64> {
    match target {
        Target::Is(class) => Some(f64::from(likeliest(said) == Some(*class))),
        Target::IsNot(_) => None,
        Target::Each(known) => {
            let known = known.iter().zip(said).filter_map(|(fits, probability)| Some(((*fits)?, *probability)));
            let answers: Vec<bool> = known.map(|(fits, probability)| fits == (probability >= 0.5)).collect();
            let num_right = answers.iter().filter(|is_right| **is_right).count();
            (!answers.is_empty()).then(|| num_right as f64 / answers.len() as f64)
        }
    }
}

/// So many of them, or all, evenly over the catalogue: neighbours are often alike.
fn evenly<'a>(photos: &[Photo<'a>], count: usize) -> Vec<Photo<'a>> {
    let count = count.min(photos.len());
    (0..count).map(|at| photos[at * photos.len() / count]).collect()
}

fn failed(error: &dyn std::error::Error) -> Failure {
    Failure::new("comparing precisions", error)
}

fn refused(why: &str) -> Failure {
    failed(&std::io::Error::other(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::MAX_LOSS;
    use super::*;

    #[test]
    fn a_few_photos_that_turn_wrong_are_no_proof_of_being_as_good() {
        let pairs = |wrong: usize, righted: usize| -> Vec<[f64; 2]> {
            let pair = |at: usize| match at {
                at if at < wrong => [1.0, 0.0],
                at if at < wrong + righted => [0.0, 1.0],
                _ => [1.0, 1.0],
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
