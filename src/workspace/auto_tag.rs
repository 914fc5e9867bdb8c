//! Tags that are set by a rule: "apply what is at least 97 % right".
//!
//! A check holds labelled photos out, to see how often the head is right of photos that it has not seen; it runs as a
//! job. From what it found a plan for any precision is made at once, shown, and applied as one step that can be undone.
//! What a rule set is never evidence for the next one.

use std::collections::HashMap;
use std::sync::Arc;

use super::Workspace;
use super::event::Event;
use super::examples::examples;
use super::jobs::{JobSummary, JobTask};
use crate::catalogue::{
    Change, Deed, GroupId, GroupKind, ImageId, ImageRow, ImageState, Label, LabelSource, Step, TagId, Vocabulary,
};
use crate::failure::Failure;
use crate::learn::{Choice, HeldOut, Threshold, TooThin, hold_out, threshold_for};
use crate::vision::{Feature, SplitMix};

/// What looking at a photo and deciding one group takes by hand.
const SECS_PER_DECISION: f64 = 3.0;

/// What a check found of a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The classes of the answers.
    tags: Vec<TagId>,
    /// At which the heads were fitted; none where there was too little for a head.
    choice: Option<Choice>,
    held_out: HeldOut,
    /// Labelled photos that could not be held out, since the backbone was trained on them.
    num_seen: usize,
}

/// One tag that a plan would set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    pub image: ImageId,
    pub tag: TagId,
    pub probability: f32,
}

/// What a rule would do.
#[derive(Clone, Debug, PartialEq)]
pub struct AutoTagPlan {
    pub group: GroupId,
    /// The only tag that is set; none for all of a `one of` group.
    pub tag: Option<TagId>,
    /// What was asked for.
    pub precision: f64,
    /// From which probability on it holds, or that there are too few labels to say.
    pub threshold: Result<Threshold, TooThin>,
    /// Empty where it was refused.
    pub settings: Vec<Setting>,
    /// Photos that stay to be decided by hand.
    pub num_left: usize,
    /// Labels whose photos were held out to find this.
    pub num_labels: usize,
    /// Labelled photos of the group that do not count, since the model was trained on them.
    pub num_seen: usize,
}

/// What the checks found, as long as it is true.
#[derive(Default)]
pub(super) struct AutoTagChecks {
    found: HashMap<GroupId, Evidence>,
    /// Grows whenever evidence changes, so that a check that began before is not believed.
    generation: u64,
}

impl AutoTagChecks {
    pub fn take(&mut self, group: GroupId, generation: u64, evidence: Evidence) {
        if generation == self.generation {
            self.found.insert(group, evidence);
        }
    }

    /// Forgets what these changes make untrue.
    pub fn follow(&mut self, changes: &[Change], vocabulary: &Vocabulary) {
        let is_evidence = |label: &Option<Label>| label.as_ref().is_some_and(|l| l.source != LabelSource::Rule);
        for change in changes {
            match change {
                Change::Label { tag, before, after, .. } if is_evidence(before) || is_evidence(after) => {
                    self.generation += 1;
                    if let Some(tag) = vocabulary.tag(*tag) {
                        self.found.remove(&tag.group);
                    }
                }
                Change::Label { .. } | Change::Filter { .. } => {}
                Change::Tag { .. } | Change::Group { .. } => self.forget(),
            }
        }
    }

    pub fn forget(&mut self) {
        self.generation += 1;
        self.found.clear();
    }
}

impl AutoTagPlan {
    /// By how much less there is to do by hand.
    #[must_use]
    pub fn minutes_saved(&self) -> f64 {
        self.settings.len() as f64 * SECS_PER_DECISION / 60.0
    }

    /// Some of what would be set, drawn at random; the same ones for the same seed.
    #[must_use]
    pub fn sample(&self, count: usize, seed: u64) -> Vec<Setting> {
        let mut all = self.settings.clone();
        let mut random = SplitMix(seed);
        let count = count.min(all.len());
        for drawn in 0..count {
            let rest = (all.len() - drawn) as u64;
            all.swap(drawn, drawn + (random.number() % rest) as usize);
        }
        all.truncate(count);
        all
    }
}

impl Workspace {
    /// Finds out in the background how often the head of a group is right; [`Workspace::auto_tag_plan`] answers once it
    /// is done, until a label of the group changes.
    pub fn start_auto_tag_check(&mut self, group: GroupId) {
        let Some(group) = self.vocabulary.group(group).cloned() else { return };
        let feature_of = |image| self.feature_of(image);
        let examples = examples(&group, &self.vocabulary, &self.labels, &feature_of);
        let (Some(examples), Some(head)) = (examples, self.heads.of(group.id)) else {
            // Nothing was learnt yet, so that there is nothing to hold out: that is an answer too.
            self.auto_tag.found.insert(group.id, Evidence::default());
            return;
        };
        let examples = examples.with_seen(|image| self.has_seen(image));
        let open: Vec<Arc<Feature>> =
            self.open_images(group.id, None).filter_map(|image| self.feature_of(image.id)).collect();
        let (choice, generation, outbox) = (head.choice, self.auto_tag.generation, self.outbox.clone());
        self.jobs.start(JobTask::CheckAutoTag(group.name.clone()), &self.outbox, move |progress| {
            let open: Vec<&[half::f16]> = open.iter().map(|feature| feature.values()).collect();
            let Some(held_out) = hold_out(&examples.problem(), &open, &choice, progress) else {
                return Ok(JobSummary::Quiet);
            };
            let labels = held_out.answers.len();
            let num_seen = examples.seen.len();
            outbox.send(Event::AutoTag(
                group.id,
                generation,
                Evidence { tags: examples.tags, choice: Some(choice), held_out, num_seen },
            ));
            Ok(JobSummary::Checked { group: group.name, labels })
        });
    }

    /// What a rule would do for a group, or for one of its tags; an `any of` group is asked tag by tag. `None` until the
    /// group was checked, and where there is no such tag.
    #[must_use]
    pub fn auto_tag_plan(&self, group: GroupId, tag: Option<TagId>, precision: f64) -> Option<AutoTagPlan> {
        let kind = self.vocabulary.group(group)?.kind;
        let is_askable = match tag {
            Some(tag) => self.vocabulary.tag(tag)?.group == group,
            None => kind == GroupKind::OneOf,
        };
        // Probabilities of a head that is fitted or calibrated otherwise mean something else.
        let choice = self.heads.of(group).map(|head| head.choice);
        let evidence = self.auto_tag.found.get(&group).filter(|found| is_askable && found.choice == choice)?;
        let mut answers = evidence.held_out.answers.clone();
        if let Some(tag) = tag {
            answers.retain(|answer| evidence.tags.get(answer.class) == Some(&tag));
        }
        let threshold = threshold_for(precision, &answers);
        let (mut settings, mut num_open) = (Vec::new(), 0);
        for image in self.open_images(group, tag) {
            num_open += 1;
            let said = match (kind, tag) {
                (GroupKind::AnyOf, Some(tag)) => self.proposals.get(image.id, group, tag).map(|p| (tag, p)),
                _ => self.proposals.best(image.id, group),
            };
            let Some((said, probability)) = said else { continue };
            // Where a person rejected the likeliest, what comes after it is left to them as well.
            let is_open = tag.is_none_or(|tag| tag == said) && self.labels.get(image.id, said).is_none();
            if is_open && threshold.is_ok_and(|threshold| probability >= threshold.probability) {
                settings.push(Setting { image: image.id, tag: said, probability });
            }
        }
        let num_left = num_open - settings.len();
        let (num_labels, num_seen) = (answers.len(), evidence.num_seen);
        Some(AutoTagPlan { group, tag, precision, threshold, settings, num_left, num_labels, num_seen })
    }

    /// Sets what the plans say, as one step; a photo that was decided meanwhile stays as it is. Gives how many tags were
    /// set.
    ///
    /// # Errors
    /// Where the catalogue cannot be written; nothing has changed then.
    pub fn apply_plans(&mut self, plans: &[AutoTagPlan]) -> Result<usize, Failure> {
        let mut step = Step::of(Deed::AutoTag { what: String::new(), photos: 0 });
        let mut names: Vec<&str> = Vec::new();
        for plan in plans {
            let group = || self.vocabulary.group(plan.group).map(|group| group.name.as_str());
            let tag = plan.tag.and_then(|tag| self.vocabulary.tag(tag)).map(|tag| tag.name.as_str());
            names.extend(tag.or_else(group));
            for setting in &plan.settings {
                let is_decided = self.labels.get(setting.image, setting.tag).is_some()
                    || self.labels.is_decided(setting.image, plan.group, &self.vocabulary);
                if !is_decided {
                    let label = Some(Label::by_rule(setting.probability, self.version_in_use()));
                    step.set_label(&self.vocabulary, &self.labels, setting.image, setting.tag, label);
                }
            }
        }
        let num_set = step.changes.len();
        step.deed = Deed::AutoTag { what: names.join(", "), photos: num_set };
        self.commit(step)?;
        Ok(num_set)
    }

    /// Photos that can be used and of which the group, or the tag, is not decided.
    pub(super) fn open_images(&self, group: GroupId, tag: Option<TagId>) -> impl Iterator<Item = &ImageRow> {
        self.listing.images.iter().filter(move |image| {
            image.state == ImageState::Ok
                && !self.labels.is_decided(image.id, group, &self.vocabulary)
                && tag.is_none_or(|tag| self.labels.get(image.id, tag).is_none())
        })
    }

    pub(super) fn feature_of(&self, image: ImageId) -> Option<Arc<Feature>> {
        let hash = self.listing.images[self.index_of(image)?].hash?;
        self.model.as_ref()?.store.get(&hash)
    }

    /// Whether the backbone in use was trained on a photo.
    pub(super) fn has_seen(&self, image: ImageId) -> bool {
        let hash = self.index_of(image).and_then(|index| self.listing.images[index].hash);
        self.model.as_ref().zip(hash).is_some_and(|(model, hash)| model.has_seen(&hash))
    }
}
