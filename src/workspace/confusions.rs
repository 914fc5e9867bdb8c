//! Which tags are taken for which: labelled photos, each asked of a head that had not seen it nor one much like it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::event::Event;
use super::examples::examples;
use super::jobs::{JobSummary, JobTask};
use super::train::read_answers;
use super::{Version, Workspace};
use crate::catalogue::{GroupId, GroupKind, ImageId, TagId};
use crate::imaging::ContentHash;
use crate::learn::{Target, cross_validate};
use crate::vision::Feature;

/// What was said of labelled photos in a `one of` group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Confusions {
    /// In the order of the group.
    pub tags: Vec<TagId>,
    pub num_photos: usize,
    /// The photos that have one tag and were said to have another, or the same, by place in `tags`; those that were said
    /// with most certainty first.
    cells: BTreeMap<(usize, usize), Vec<ImageId>>,
    mistakes: Vec<Mistake>,
}

/// A photo that was taken for something else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mistake {
    pub image: ImageId,
    /// By place in the tags.
    pub truth: usize,
    pub said: usize,
    pub probability: f32,
}

impl Confusions {
    fn new(tags: Vec<TagId>, mut answers: Vec<Mistake>) -> Self {
        answers.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.image.cmp(&b.image)));
        let mut cells: BTreeMap<_, Vec<ImageId>> = BTreeMap::new();
        for answer in &answers {
            cells.entry((answer.truth, answer.said)).or_default().push(answer.image);
        }
        let num_photos = answers.len();
        answers.retain(|answer| answer.truth != answer.said);
        Self { tags, num_photos, cells, mistakes: answers }
    }

    /// The photos that have the first tag and were said to have the second, by place in `tags`.
    #[must_use]
    pub fn images(&self, truth: usize, said: usize) -> &[ImageId] {
        self.cells.get(&(truth, said)).map_or(&[], Vec::as_slice)
    }

    /// Pairs of different tags, most often mistaken first.
    #[must_use]
    pub fn worst(&self) -> Vec<(usize, usize)> {
        let mut pairs: Vec<_> = self.cells.iter().filter(|((truth, said), _)| truth != said).collect();
        pairs.sort_by_key(|(pair, images)| (std::cmp::Reverse(images.len()), **pair));
        pairs.into_iter().map(|(pair, _)| *pair).collect()
    }

    /// All photos that were taken for something else, the most certain mistakes first.
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }
}

impl Workspace {
    /// Finds out in the background what the head of a `one of` group takes for what; [`Workspace::confusions`] answers
    /// once it is done.
    pub fn start_confusions(&mut self, group: GroupId) {
        let Some(group) = self.vocabulary.group(group).filter(|group| group.kind == GroupKind::OneOf).cloned() else {
            return;
        };
        let examples = examples(&group, &self.vocabulary, &self.labels, &|image| self.feature_of(image));
        let (Some(examples), Some(head)) = (examples, self.heads.of(group.id)) else { return };
        let open: Vec<Arc<Feature>> =
            self.open_images(group.id, None).filter_map(|image| self.feature_of(image.id)).collect();
        let (choice, outbox) = (head.choice, self.outbox.clone());
        self.jobs.start(JobTask::FindConfusions(group.name.clone()), &self.outbox, move |progress| {
            let open: Vec<&[half::f16]> = open.iter().map(|feature| feature.values()).collect();
            let Some(validated) = cross_validate(&examples.problem(), &open, &choice, progress) else {
                return Ok(JobSummary::Quiet);
            };
            let said = validated.probabilities.chunks_exact(examples.tags.len().max(1));
            let answer = |((target, row), probabilities): ((&Target, &usize), &[f32])| {
                let Target::Is(truth) = target else { return None };
                let said = (0..probabilities.len()).max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]))?;
                Some(Mistake { image: examples.images[*row], truth: *truth, said, probability: probabilities[said] })
            };
            let answers = validated.targets.iter().zip(&validated.rows).zip(said).filter_map(answer).collect();
            let found = Confusions::new(examples.tags.clone(), answers);
            let labels = found.num_photos;
            outbox.send(Event::Confusions(group.id, found));
            Ok(JobSummary::Checked { group: group.name, labels })
        });
    }

    /// What the last check of a group found.
    #[must_use]
    pub fn confusions(&self, group: GroupId) -> Option<&Confusions> {
        self.confusions.get(&group)
    }

    /// What a version that a run became took for what, of the photos that the run learnt nothing from; none for a version
    /// that was kept as it was learnt, or was measured on photos that are not in the catalogue. A photo that was given another tag since is held against that one.
    #[must_use]
    pub fn confusions_of(&self, version: &Version, group: GroupId) -> Option<Confusions> {
        let run = self.runs().ok()?.into_iter().find(|run| Some(run.number) == version.record.run)?;
        let answers = read_answers(&self.data_folder().join(&run.folder));
        let answers = answers.into_iter().find(|answers| answers.group == group)?;
        let images: HashMap<ContentHash, ImageId> =
            self.listing.images.iter().filter_map(|image| Some((image.hash?, image.id))).collect();
        let place = |tag: TagId| answers.tags.iter().position(|known| *known == tag);
        let answer = |answer: &super::train::Answer| {
            let image = *images.get(&answer.photo)?;
            let truth = self.labels.answer(image, group, &self.vocabulary).unwrap_or(answer.truth);
            Some(Mistake { image, truth: place(truth)?, said: place(answer.said)?, probability: answer.probability })
        };
        let known: Vec<Mistake> = answers.photos.iter().filter_map(answer).collect();
        (!known.is_empty()).then(|| Confusions::new(answers.tags.clone(), known))
    }
}
