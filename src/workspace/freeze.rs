//! Freezing the live head into a version: what it is worth is measured on photos held out, then it is kept as it is.
//!
//! A version is in f32. Where proposals come from eight bits, heads are fitted anew to the labelled photos' features in f32,
//! and where labels are too few for that, those of the version in use are in f32 already.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::embed;
use super::event::{Event, Outbox};
use super::examples::{Examples, examples};
use super::jobs::{JobSummary, JobTask};
use super::live_head::{GroupHead, Heads};
use super::pictures::ThumbnailCache;
use super::taught::taught_by;
use super::versions::{KEEPING, Measured, MeasuredOn, VersionRecord, keep_version, name_of, not_kept};
use super::{Model, Workspace};
use crate::catalogue::{Catalogue, CatalogueError, ImageId, Labels, Listing, Vocabulary, check_name};
use crate::failure::{Cause, Failure};
use crate::learn::{
    CrossValidated, Metrics, Prediction, Target, cross_validate, evaluate, evaluate_each, fit, likeliest,
};
use crate::progress::Progress;
use crate::vision::{DeviceChoice, Feature, ModelSource};

/// A group's head with what it is to be measured by.
struct ToMeasure {
    head: GroupHead,
    examples: Option<Examples>,
    open: Vec<Arc<Feature>>,
}

/// What the job takes along.
struct Freezing {
    name: Option<String>,
    model: Arc<Model>,
    source: ModelSource,
    vocabulary: Vocabulary,
    heads: Vec<ToMeasure>,
    taught_by: Option<String>,
    /// What heads are fitted to anew, where the model is not exact.
    again: Option<Again>,
    outbox: Outbox,
}

/// What it takes to see the labelled photos in f32.
struct Again {
    /// The heads of the version in use.
    version: Arc<Heads>,
    device: Option<DeviceChoice>,
    features: PathBuf,
    labels: Labels,
    listing: Arc<Listing>,
    thumbnails: Arc<ThumbnailCache>,
}

impl Workspace {
    /// Freezes the live head into the next version, in the background; its photos are held out first, to measure it.
    ///
    /// # Errors
    /// Where nothing was learnt yet, the name cannot be one, or the catalogue is read-only.
    pub fn freeze(&mut self, name: Option<&str>) -> Result<(), Failure> {
        let name = name.map(check_name).transpose().map_err(|error| not_kept(&error))?;
        if let Some(reason) = self.read_only_reason() {
            return Err(not_kept(&CatalogueError::ReadOnly(reason.to_owned())));
        }
        let Some(model) = self.model.clone().filter(|_| !self.heads.groups.is_empty()) else {
            return Err(Failure::new(KEEPING, &std::io::Error::other("nothing was learnt yet"))
                .caused_by(Some(Cause::NothingLearnt))
                .try_next("Give two tags of a group two photos each"));
        };
        let again = (!model.backbone.is_exact()).then(|| Again {
            version: self.in_use.as_ref().and_then(|version| version.heads_on(&model).ok()).unwrap_or_default(),
            device: self.device,
            features: self.places.features(),
            labels: self.labels.clone(),
            listing: self.listing.clone(),
            thumbnails: self.thumbnails.clone(),
        });
        // Heads that are fitted anew learn from what is known now, others may be a moment behind.
        let taught_by =
            if again.is_some() { Some(taught_by(&self.vocabulary, &self.labels)) } else { self.taught_by.clone() };
        let freezing = Freezing {
            name,
            model,
            source: self.model_source.clone(),
            vocabulary: self.vocabulary.clone(),
            heads: self.heads.groups.iter().map(|head| self.to_measure(head)).collect(),
            taught_by,
            again,
            outbox: self.outbox.clone(),
        };
        let catalogue = self.catalogue.reopen();
        self.jobs.start(JobTask::Freeze, &self.outbox, move |progress| {
            freezing.run(catalogue.map_err(|error| not_kept(&error))?, progress)
        });
        Ok(())
    }

    fn to_measure(&self, head: &GroupHead) -> ToMeasure {
        let feature_of = |image| self.feature_of(image);
        let group = self.vocabulary.group(head.group);
        let examples = group.and_then(|group| examples(group, &self.vocabulary, &self.labels, &feature_of));
        let examples = examples.map(|examples| examples.with_seen(|image| self.has_seen(image)));
        let open = self.open_images(head.group, None).filter_map(|image| self.feature_of(image.id)).collect();
        // A head of the version before, whose labels are gone, is not what these labels would measure.
        let examples = examples.filter(|examples| examples.tags == head.tags);
        ToMeasure { head: head.clone(), examples, open }
    }
}

impl Freezing {
    fn run(mut self, mut catalogue: Catalogue, progress: &Progress) -> Result<JobSummary, Failure> {
        if let Some(again) = self.again.take() {
            self.fit_in_f32(&again, progress)?;
        }
        let mut measured = HashMap::new();
        for group in &self.heads {
            let metrics = group.metrics(&self.vocabulary, progress);
            measured.extend(
                metrics.map(|metrics| (group.head.group, Measured { on: MeasuredOn::CrossValidation, metrics })),
            );
        }
        if progress.is_cancelled() {
            return Ok(JobSummary::Quiet);
        }
        let heads: Vec<GroupHead> = self.heads.into_iter().map(|group| group.head).collect();
        let record = VersionRecord::of(&self.model, &self.vocabulary, &heads, measured, None, self.taught_by);
        let number = keep_version(&mut catalogue, self.name.as_deref(), &self.source, &record, &heads)?;
        self.outbox.send(Event::Versions);
        Ok(JobSummary::Frozen(number))
    }

    /// Puts heads on the features in f32 in the place of those in eight bits, with the same regularisation.
    fn fit_in_f32(&mut self, again: &Again, progress: &Progress) -> Result<(), Failure> {
        let model = Model::open(&self.source, again.device, &again.features, None)?;
        let labelled: HashSet<ImageId> = again.labels.iter().map(|(image, ..)| image).collect();
        let mut due = embed::due(&again.listing, &model.store);
        due.retain(|photo| labelled.contains(&photo.image));
        embed::embed(&due, &model, &again.thumbnails, progress, &self.outbox, &|| {})?;
        let hash_of: HashMap<ImageId, _> =
            again.listing.images.iter().filter_map(|image| Some((image.id, image.hash?))).collect();
        let feature_of = |image| hash_of.get(&image).and_then(|hash| model.store.get(hash));
        let fitted = |known: &GroupHead| {
            let group = self.vocabulary.group(known.group)?;
            let is_seen = |image: ImageId| hash_of.get(&image).is_some_and(|hash| model.has_seen(hash));
            let Some(examples) = examples(group, &self.vocabulary, &again.labels, &feature_of) else {
                let head = again.version.of(group.id)?.of_vocabulary(&self.vocabulary)?;
                return Some(ToMeasure { head, examples: None, open: Vec::new() });
            };
            let examples = examples.with_seen(is_seen);
            let head = GroupHead {
                tags: examples.tags.clone(),
                head: fit(&examples.problem(), &known.choice, None, progress).head,
                num_photos: examples.rows.len(),
                ..known.clone()
            };
            Some(ToMeasure { head, examples: Some(examples), open: Vec::new() })
        };
        self.heads = self.heads.iter().filter_map(|group| fitted(&group.head)).collect();
        self.model = Arc::new(model);
        Ok(())
    }
}

impl ToMeasure {
    /// None where there is nothing to hold out that the backbone has not seen, or somebody cancelled.
    fn metrics(&self, vocabulary: &Vocabulary, progress: &Progress) -> Option<Metrics> {
        let problem = self.examples.as_ref()?.problem();
        let open: Vec<&[half::f16]> = self.open.iter().map(|feature| feature.values()).collect();
        let validated = cross_validate(&problem, &open, &self.head.choice, progress)?;
        let names: Vec<&str> = self.head.tags.iter().map(|tag| name_of(vocabulary, *tag)).collect();
        Some(metrics_of(&validated, &names)).filter(|metrics| metrics.images > 0)
    }
}

/// The figures of what heads said of photos that neither they nor the backbone had seen.
fn metrics_of(validated: &CrossValidated, names: &[&str]) -> Metrics {
    let (mut predictions, mut truths) = (Vec::new(), Vec::new());
    let mut num_skipped = 0;
    for (target, row) in validated.targets.iter().zip(validated.probabilities.chunks_exact(names.len().max(1))) {
        match target {
            Target::Is(class) => {
                let best = likeliest(row).unwrap_or_default();
                predictions.push(Prediction { truth: names[*class], said: Some(names[best]), probability: row[best] });
            }
            // What it is not says too little to count as right or wrong.
            Target::IsNot(_) => num_skipped += 1,
            Target::Each(known) => truths.push(known.clone()),
        }
    }
    if truths.is_empty() {
        evaluate(&predictions, num_skipped)
    } else {
        evaluate_each(names, &truths, &validated.probabilities, num_skipped)
    }
}
