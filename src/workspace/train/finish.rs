//! The end of a run: the new version is measured beside the live head, kept, and put to use if it is better.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use super::super::live_head::GroupHead;
use super::super::versions::{Measured, MeasuredOn, VersionRecord, keep_version};
use super::super::{DataFolder, Model};
use super::answers::{self, Answer, AnswerOfTag, Answers};
use super::network::Network;
use super::plan::{Activate, Plan, PlannedGroup, PlannedPhoto};
use super::run_folder::{EpochFigures, RunFolder};
use super::tensorboard::{Confusion, EventFile, Projection};
use super::views::read;
use super::{DOING, OfVersion, Predecessor, TrainingOutcome, vision_failure};
use crate::catalogue::{Catalogue, TagId, Vocabulary};
use crate::failure::Failure;
use crate::imaging::{self, ContentHash, Filter};
use crate::learn::train::Ending;
use crate::learn::{
    Choice, Head, Metrics, Overall, Prediction, Problem, Target, choose, evaluate, evaluate_each, fit, likeliest,
    probabilities_apart,
};
use crate::progress::Progress;
use crate::vision::{Crop, DeviceChoice, Feature, ModelSource, Unfreeze};

/// Photos whose features are computed together.
const BATCH: usize = 16;

const ALL_BUT_DONE: &str = "Make room and resume the run: all epochs are kept, so that it is done in a moment";

/// What is said of rows of features, of which that much is known.
type Said<'a> = dyn Fn(&[&[half::f16]], &[Option<&Target>]) -> Vec<f32> + 'a;

/// What the recipe gave.
pub(super) struct Finished<'a> {
    pub run: i64,
    pub ending: Ending,
    /// Who cancels it does not ask for another model.
    pub progress: &'a Progress,
    pub best: EpochFigures,
    pub heads: Vec<Head>,
    pub plan: &'a Plan,
    pub vocabulary: &'a Vocabulary,
    pub data: &'a DataFolder,
    /// Where features are cached.
    pub features: &'a Path,
    pub in_use: Option<&'a Predecessor>,
    /// The model that it began with.
    pub model: &'a Arc<Model>,
    pub source: &'a ModelSource,
}

/// Heads fitted to a model's features as they are, on the photos that a run learns from: where it begins, and what it has
/// to beat; and on the new backbone what will propose. The regularisation is that of `live`.
pub(super) fn fit_live_heads(
    plan: &Plan,
    model: &Model,
    live: &[GroupHead],
    progress: &Progress,
) -> Result<Vec<Option<GroupHead>>, Failure> {
    let features = features_of(model, &plan.training, progress)?;
    let fitted = plan.groups.iter().enumerate().map(|(index, group)| {
        let mut problem = Problem::new(model.backbone.spec().feature_dim(), group.tags.len(), group.is_one_of);
        for (photo, feature) in plan.training.iter().zip(&features) {
            if let (Some(target), Some(feature)) = (&photo.targets[index], feature) {
                problem.push(feature.values(), target.clone());
            }
        }
        let known = live.iter().find(|head| head.group == group.group).map(|head| head.choice);
        let choice = known.or_else(|| choose(&problem, progress)).unwrap_or_default();
        (!problem.rows().is_empty()).then(|| GroupHead {
            group: group.group,
            tags: group.tags.clone(),
            head: fit(&problem, &choice, None, progress).head,
            num_photos: problem.rows().len(),
            choice,
        })
    });
    Ok(fitted.collect())
}

impl Finished<'_> {
    /// Measures what the recipe gave, keeps it as a version, and says whether it is to be used.
    pub fn keep(
        &self,
        network: &Network,
        baseline: &[Option<GroupHead>],
        (folder, events): (&RunFolder, &mut EventFile),
        catalogue: &mut Catalogue,
    ) -> Result<TrainingOutcome, Failure> {
        let plan = self.plan;
        let (model, source) = self.backbone(network)?;
        let measured = plan.measured();
        // What was learnt is measured though it was cancelled.
        let never = Progress::default();
        let (mut ours, mut live) = (features_of(&model, measured, &never)?, features_of(self.model, measured, &never)?);
        // A photo that has gone meanwhile may be known to the cache of one of them: all are compared on the same photos.
        for (ours, live) in ours.iter_mut().zip(&mut live).filter(|(ours, live)| ours.is_none() || live.is_none()) {
            (*ours, *live) = (None, None);
        }
        let mut heads = Vec::new();
        let mut by_group = HashMap::new();
        let (mut total, mut live_total) = (Overall::default(), Overall::default());
        for (index, (group, head)) in plan.groups.iter().zip(self.heads.iter()).enumerate() {
            let uncalibrated = head.uncalibrated();
            let before = self.metrics(index, group, &ours, &|rows, _| uncalibrated.probabilities(rows));
            let mut metrics = self.metrics(index, group, &ours, &|rows, _| head.probabilities(rows));
            metrics.calibration_error_before = Some(before.expected_calibration_error);
            if plan.test.is_empty() {
                // The temperature was found by these very photos.
                let apart = self.metrics(index, group, &ours, &|rows, known| probabilities_apart(head, rows, known));
                metrics.expected_calibration_error = apart.expected_calibration_error;
            }
            let fitted = baseline[index].as_ref();
            if let Some(fitted) = fitted {
                live_total.add(&self.metrics(index, group, &live, &|rows, _| fitted.head.probabilities(rows)));
            }
            total.add(&metrics);
            let choice = Choice {
                temperature: head.temperature(),
                held_out_accuracy: (metrics.images > 0).then_some(metrics.accuracy as f32),
                ..fitted.map_or_else(Choice::default, |fitted| fitted.choice)
            };
            if metrics.images > 0 {
                by_group.insert(group.group, Measured { on: MeasuredOn::HeldOut, metrics });
            }
            heads.push(GroupHead {
                group: group.group,
                tags: group.tags.clone(),
                head: head.clone(),
                num_photos: plan.training.iter().filter(|photo| photo.targets[index].is_some()).count(),
                choice,
            });
        }
        let taught_by = plan.taught_by.clone();
        let record = VersionRecord::of(&model, self.vocabulary, &heads, by_group, Some(self.run), taught_by);
        let version = keep_version(catalogue, None, &source, &record, &heads)?;
        let (in_use, beside_in_use) = self.compared(version, &heads, &ours, &live).unzip();
        let mut outcome = TrainingOutcome {
            ended: Some(self.ending),
            best: self.best.clone(),
            version,
            chose_best: plan.test.is_empty(),
            accuracy: total.accuracy,
            macro_f1: total.macro_f1,
            live_accuracy: live_total.accuracy,
            live_macro_f1: live_total.macro_f1,
            in_use,
            beside_in_use: beside_in_use.flatten(),
            not_compared: self.in_use.filter(|_| in_use.is_none()).map(|before| before.version),
            ..TrainingOutcome::default()
        };
        let wish = plan.settings.activate;
        if outcome.beats_what_was() || wish == Activate::Always {
            outcome.refitted = self.refitted(version, &model, &heads, &ours)?;
        }
        outcome.decide(wish, self.progress.is_cancelled());
        folder
            .keep_outcome(&outcome)
            .and_then(|()| self.show(&ours, folder.path(), events))
            .map_err(|error| Failure::new(DOING, &error).at(folder.path()).try_next(ALL_BUT_DONE))?;
        Ok(outcome)
    }

    /// How good the version in use is on the photos that it has not learnt from either, and where those are not all, how
    /// good the new version is on the same; none where no such photo judges, or it does not know all groups.
    fn compared(
        &self,
        version: i64,
        heads: &[GroupHead],
        ours: &[Option<Arc<Feature>>],
        live: &[Option<Arc<Feature>>],
    ) -> Option<(OfVersion, Option<OfVersion>)> {
        let before = self.in_use?;
        let is_new: Vec<bool> =
            self.plan.measured().iter().map(|photo| !before.learnt_from.contains(&photo.hash)).collect();
        let of_new = |features: &[Option<Arc<Feature>>]| -> Vec<Option<Arc<Feature>>> {
            features.iter().zip(&is_new).map(|(feature, is_new)| feature.clone().filter(|_| *is_new)).collect()
        };
        let known = self.plan.groups.iter().map(|group| before.heads.of(group.group)).collect::<Option<Vec<_>>>()?;
        let total = self.total(known, &of_new(live));
        let own = || OfVersion::of(version, &self.total(heads, &of_new(ours)));
        total.is_of_any().then(|| (OfVersion::of(before.version, &total), is_new.contains(&false).then(own)))
    }

    /// How good the live head is on the new version's backbone: from the moment that the version is in use it proposes,
    /// fitted anew to the labels. None if somebody cancelled.
    fn refitted(
        &self,
        version: i64,
        model: &Model,
        heads: &[GroupHead],
        features: &[Option<Arc<Feature>>],
    ) -> Result<Option<OfVersion>, Failure> {
        let refitted = fit_live_heads(self.plan, model, heads, self.progress)?;
        // Without photos to be fitted to, the version's own head goes on speaking.
        let speaking = refitted.iter().zip(heads).map(|(refitted, own)| refitted.as_ref().unwrap_or(own));
        Ok((!self.progress.is_cancelled()).then(|| OfVersion::of(version, &self.total(speaking, features))))
    }

    /// The figures of all groups as one, where these are their heads.
    fn total<'h>(&self, heads: impl IntoIterator<Item = &'h GroupHead>, features: &[Option<Arc<Feature>>]) -> Overall {
        let mut total = Overall::default();
        for (index, (group, head)) in self.plan.groups.iter().zip(heads).enumerate() {
            total.add(&self.metrics(index, group, features, &|rows, _| said_by(head, &group.tags, rows)));
        }
        total
    }

    /// Writes down what the new version says of the photos it was measured on, and shows it in `TensorBoard`.
    fn show(&self, features: &[Option<Arc<Feature>>], folder: &Path, events: &mut EventFile) -> io::Result<()> {
        let photos = self.plan.measured();
        let mut kept = Vec::new();
        for (index, (group, head)) in self.plan.groups.iter().zip(&self.heads).enumerate() {
            if !group.is_one_of {
                kept.push(self.answers_of_tags(index, group, head, features));
                continue;
            }
            let judged: Vec<(ContentHash, usize, &[half::f16])> = photos
                .iter()
                .zip(features)
                .filter_map(|(photo, feature)| match (&photo.targets[index], feature) {
                    (Some(Target::Is(class)), Some(feature)) => Some((photo.hash, *class, feature.values())),
                    _ => None,
                })
                .collect();
            let rows: Vec<&[half::f16]> = judged.iter().map(|(.., row)| *row).collect();
            let probabilities = head.probabilities(&rows);
            let said: Vec<(usize, f32)> = probabilities
                .chunks_exact(group.tags.len().max(1))
                .map(|row| {
                    let said = likeliest(row).unwrap_or_default();
                    (said, row[said])
                })
                .collect();
            let answer = |(&(photo, truth, _), &(said, probability)): (&(ContentHash, usize, _), &(usize, f32))| {
                Answer { photo, truth: group.tags[truth], said: group.tags[said], probability }
            };
            let photos = judged.iter().zip(&said).map(answer).collect();
            kept.push(Answers { group: group.group, tags: group.tags.clone(), photos, each: Vec::new() });
            let pairs = judged.iter().zip(&said).map(|((_, truth, _), (said, _))| (*truth, *said));
            let confusion = Confusion::count(group.tags.len(), pairs);
            let (size, picture) = confusion.picture()?;
            let name = self.vocabulary.group(group.group).map_or("", |group| group.name.as_str());
            events.picture(self.best.epoch, &format!("confusion/{name}"), size, picture)?;
            let legend = confusion.legend(&self.names_of(group));
            events.text(self.best.epoch, &format!("tags of confusion/{name}"), legend)?;
        }
        answers::write(folder, &kept)?;
        self.projection(features).write(folder)?;
        events.end()
    }

    /// What is said of each known tag of an `any of` group.
    fn answers_of_tags(
        &self,
        index: usize,
        group: &PlannedGroup,
        head: &Head,
        features: &[Option<Arc<Feature>>],
    ) -> Answers {
        let mut each = Vec::new();
        for (photo, feature) in self.plan.measured().iter().zip(features) {
            let (Some(Target::Each(known)), Some(feature)) = (&photo.targets[index], feature) else { continue };
            let probabilities = head.probabilities(&[feature.values()]);
            for ((tag, fits), probability) in group.tags.iter().zip(known).zip(probabilities) {
                each.extend(fits.map(|fits| AnswerOfTag { photo: photo.hash, tag: *tag, fits, probability }));
            }
        }
        Answers { group: group.group, tags: group.tags.clone(), photos: Vec::new(), each }
    }

    /// The photos as they lie among each other.
    fn projection(&self, features: &[Option<Arc<Feature>>]) -> Projection {
        let photos: Vec<(&PlannedPhoto, &Feature)> = self
            .plan
            .measured()
            .iter()
            .zip(features)
            .filter_map(|(photo, feature)| Some((photo, &**feature.as_ref()?)))
            .take(Projection::MAX_PHOTOS)
            .collect();
        let thumbnail = |photo: &PlannedPhoto| {
            let picture = read(photo).unwrap_or_default();
            imaging::resize(&picture, Projection::SIDE, Projection::SIDE, Filter::Bilinear)
        };
        Projection {
            features: photos.iter().map(|(_, feature)| feature.values().iter().map(|v| v.to_f32()).collect()).collect(),
            tags: photos.iter().map(|(photo, _)| self.tags_of(photo)).collect(),
            thumbnails: photos.par_iter().map(|(photo, _)| thumbnail(photo)).collect(),
        }
    }

    /// What is known to be true of a photo.
    fn tags_of(&self, photo: &PlannedPhoto) -> String {
        let name = |group: usize, class: usize| {
            let tag = self.vocabulary.tag(self.plan.groups[group].tags[class]);
            tag.map_or_else(String::new, |tag| tag.name.clone())
        };
        let known = photo.targets.iter().enumerate().flat_map(|(group, target)| match target {
            Some(Target::Is(class)) => vec![name(group, *class)],
            Some(Target::Each(known)) => {
                (0..known.len()).filter(|&class| known[class] == Some(true)).map(|class| name(group, class)).collect()
            }
            _ => Vec::new(),
        });
        let unlearnt = photo.unlearnt.iter().map(|(_, tag)| tag.clone());
        known.chain(unlearnt).collect::<Vec<_>>().join(", ")
    }

    /// The model of the new version: the one it began with, where no stage was trained.
    fn backbone(&self, network: &Network) -> Result<(Arc<Model>, ModelSource), Failure> {
        if self.plan.settings.unfreeze == Unfreeze::Head {
            return Ok((self.model.clone(), self.source.clone()));
        }
        let name = format!("{}, run {}", self.model.backbone.spec().name, self.run);
        let (weights, spec) = network.tail.to_model(&name).map_err(|error| vision_failure(&error))?;
        let mut seen: BTreeSet<ContentHash> = self.plan.training.iter().map(|photo| photo.hash).collect();
        seen.extend(&self.model.seen);
        let source = self.data.keep_backbone(&weights, &spec, self.source.notice().as_deref(), &seen)?;
        Ok((Arc::new(Model::open(&source, Some(DeviceChoice::Cpu), self.features, None)?), source))
    }

    /// The names of a group's tags. One that was deleted since the run was begun is still another than any other.
    fn names_of(&self, group: &PlannedGroup) -> Vec<String> {
        let name = |tag: &TagId| self.vocabulary.tag(*tag).map_or_else(|| tag.0.to_string(), |tag| tag.name.clone());
        group.tags.iter().map(name).collect()
    }

    /// The figures of a group, where `said` gives the probabilities `[photos, tags]` of some features.
    fn metrics(
        &self,
        index: usize,
        group: &PlannedGroup,
        features: &[Option<Arc<Feature>>],
        said: &Said<'_>,
    ) -> Metrics {
        let photos = self.plan.measured();
        let known: Vec<(&PlannedPhoto, &Feature)> =
            photos.iter().zip(features).filter_map(|(photo, feature)| Some((photo, &**feature.as_ref()?))).collect();
        let names = self.names_of(group);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if group.is_one_of {
            let truth_of = |photo: &PlannedPhoto| -> Option<String> {
                match &photo.targets[index] {
                    Some(Target::Is(class)) => Some(names[*class].to_owned()),
                    Some(_) => None,
                    None => photo.unlearnt.iter().find(|(group, _)| *group == index).map(|(_, tag)| tag.clone()),
                }
            };
            let judged: Vec<(String, &PlannedPhoto, &Feature)> =
                known.iter().filter_map(|(photo, feature)| Some((truth_of(photo)?, *photo, *feature))).collect();
            let rows: Vec<&[half::f16]> = judged.iter().map(|(.., feature)| feature.values()).collect();
            let targets: Vec<Option<&Target>> =
                judged.iter().map(|(_, photo, _)| photo.targets[index].as_ref()).collect();
            let probabilities = said(&rows, &targets);
            let predictions: Vec<Prediction<'_>> = judged
                .iter()
                .zip(probabilities.chunks_exact(names.len().max(1)))
                .map(|((truth, ..), row)| {
                    let best = likeliest(row);
                    Prediction {
                        truth,
                        said: best.map(|class| names[class]),
                        probability: best.map_or(0.0, |class| row[class]),
                    }
                })
                .collect();
            return evaluate(&predictions, photos.len() - judged.len());
        }
        let (mut truths, mut targets, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (photo, feature) in known {
            let target = photo.targets[index].as_ref();
            let Some(Target::Each(truth)) = target else { continue };
            truths.push(truth.clone());
            targets.push(target);
            rows.push(feature.values());
        }
        evaluate_each(&names, &truths, &said(&rows, &targets), photos.len() - truths.len())
    }
}

/// What a head says of each of these tags, some of which it may not know.
fn said_by(head: &GroupHead, tags: &[TagId], rows: &[&[half::f16]]) -> Vec<f32> {
    let places: Vec<Option<usize>> = tags.iter().map(|tag| head.tags.iter().position(|known| known == tag)).collect();
    let said = head.head.probabilities(rows);
    let rows = said.chunks_exact(head.tags.len().max(1));
    rows.flat_map(|row| places.iter().map(|place| place.map_or(0.0, |place| row[place]))).collect()
}

/// The features of photos, computed where they are not known; none for those that cannot be read, and for the rest once
/// somebody cancels.
fn features_of(
    model: &Model,
    photos: &[PlannedPhoto],
    progress: &Progress,
) -> Result<Vec<Option<Arc<Feature>>>, Failure> {
    let due: Vec<&PlannedPhoto> = photos.iter().filter(|photo| model.store.get(&photo.hash).is_none()).collect();
    for batch in due.chunks(BATCH).take_while(|_| !progress.is_cancelled()) {
        let decoded: Vec<Option<(ContentHash, Crop)>> = batch
            .par_iter()
            .map(|photo| Some((photo.hash, model.backbone.spec().preprocess.crop(&read(photo)?))))
            .collect();
        let (hashes, crops): (Vec<ContentHash>, Vec<Crop>) = decoded.into_iter().flatten().unzip();
        let features = model.backbone.features(&crops).map_err(|error| vision_failure(&error))?;
        if let Err(error) = model.store.insert(hashes.into_iter().zip(features).collect()) {
            // They are in memory; only the next start has to compute them again.
            tracing::warn!("{error}");
        }
    }
    Ok(photos.iter().map(|photo| model.store.get(&photo.hash)).collect())
}
