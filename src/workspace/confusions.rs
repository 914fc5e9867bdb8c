//! Which tags are taken for which: labelled photos, each asked of a head that had not seen it nor one much like it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::event::Event;
use super::examples::examples;
use super::jobs::{JobSummary, JobTask};
use super::train::{Answer, AnswerOfTag, read_answers};
use super::{Version, Workspace};
use crate::catalogue::{GroupId, ImageId, TagId};
use crate::imaging::ContentHash;
use crate::learn::{Target, cross_validate, likeliest};
use crate::vision::Feature;

/// What was said of labelled photos in a group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Confusions {
    /// What can be said: that one of the tags fits, in the order of the group; in an `any of` group of each tag that it
    /// fits, and then that it does not.
    pub answers: Vec<(TagId, bool)>,
    pub num_photos: usize,
    /// Photos among them that are not in the catalogue, so that they are counted only.
    pub num_outside: usize,
    /// The photos of which one answer is true and another was given, or the same, by place in `answers`.
    cells: BTreeMap<(usize, usize), Cell>,
    mistakes: Vec<Mistake>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Cell {
    count: usize,
    /// Those in the catalogue that were said with most certainty first.
    images: Vec<ImageId>,
}

/// A photo that was taken for something else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mistake {
    pub image: ImageId,
    /// By place in the answers.
    pub truth: usize,
    pub said: usize,
    pub probability: f32,
}

/// What is true of a photo, and what was said of it.
struct Judged {
    /// None for a photo that is not in the catalogue.
    image: Option<ImageId>,
    truth: usize,
    said: usize,
    probability: f32,
}

impl Judged {
    /// Whether a tag of an `any of` group fits, said with the probability that it does.
    fn of_tag(image: Option<ImageId>, tag: usize, fits: bool, probability: f32) -> Self {
        let is_said = probability >= 0.5;
        let place = |fits: bool| 2 * tag + usize::from(!fits);
        let probability = if is_said { probability } else { 1.0 - probability };
        Self { image, truth: place(fits), said: place(is_said), probability }
    }
}

impl Confusions {
    fn new(tags: &[TagId], is_one_of: bool, [num_photos, num_outside]: [usize; 2], mut judged: Vec<Judged>) -> Self {
        let answers = if is_one_of {
            tags.iter().map(|tag| (*tag, true)).collect()
        } else {
            tags.iter().flat_map(|tag| [(*tag, true), (*tag, false)]).collect()
        };
        judged.sort_by(|a, b| b.probability.total_cmp(&a.probability).then(a.image.cmp(&b.image)));
        let mut cells: BTreeMap<_, Cell> = BTreeMap::new();
        let mut mistakes = Vec::new();
        for &Judged { image, truth, said, probability } in &judged {
            let cell = cells.entry((truth, said)).or_default();
            cell.count += 1;
            cell.images.extend(image);
            mistakes.extend(image.filter(|_| truth != said).map(|image| Mistake { image, truth, said, probability }));
        }
        Self { answers, num_photos, num_outside, cells, mistakes }
    }

    /// How many photos there are of which the first answer is true and the second was given, by place in `answers`.
    #[must_use]
    pub fn count(&self, truth: usize, said: usize) -> usize {
        self.cells.get(&(truth, said)).map_or(0, |cell| cell.count)
    }

    /// Those of them that are in the catalogue.
    #[must_use]
    pub fn images(&self, truth: usize, said: usize) -> &[ImageId] {
        self.cells.get(&(truth, said)).map_or(&[], |cell| cell.images.as_slice())
    }

    /// Pairs of different answers, most often mistaken first.
    #[must_use]
    pub fn worst(&self) -> Vec<(usize, usize)> {
        let mut pairs: Vec<_> = self.cells.iter().filter(|((truth, said), _)| truth != said).collect();
        pairs.sort_by_key(|(pair, cell)| (std::cmp::Reverse(cell.count), **pair));
        pairs.into_iter().map(|(pair, _)| *pair).collect()
    }

    /// Answers that were mistaken for others or others for them, most often first, by place in `answers`.
    #[must_use]
    pub fn most_mistaken(&self) -> Vec<usize> {
        let mut counts = vec![0; self.answers.len()];
        for ((truth, said), cell) in self.cells.iter().filter(|((truth, said), _)| truth != said) {
            counts[*truth] += cell.count;
            counts[*said] += cell.count;
        }
        let mut places: Vec<usize> = (0..counts.len()).filter(|&place| counts[place] > 0).collect();
        places.sort_by_key(|&place| std::cmp::Reverse(counts[place]));
        places
    }

    /// All photos of the catalogue that were taken for something else, the most certain mistakes first.
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }
}

impl Workspace {
    /// Finds out in the background what the head of a group takes for what; [`Workspace::confusions`] answers once it is
    /// done.
    pub fn start_confusions(&mut self, group: GroupId) {
        let Some(group) = self.vocabulary.group(group).cloned() else { return };
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
            let judge = |((target, row), probabilities): ((&Target, &usize), &[f32])| -> Vec<Judged> {
                let image = Some(examples.images[*row]);
                match target {
                    Target::Is(truth) => {
                        let said = likeliest(probabilities);
                        let judged =
                            |said: usize| Judged { image, truth: *truth, said, probability: probabilities[said] };
                        said.map(judged).into_iter().collect()
                    }
                    Target::IsNot(_) => Vec::new(),
                    Target::Each(known) => {
                        let known = known.iter().zip(probabilities).enumerate();
                        known.filter_map(|(tag, (fits, p))| Some(Judged::of_tag(image, tag, (*fits)?, *p))).collect()
                    }
                }
            };
            let judged: Vec<Vec<Judged>> = validated
                .targets
                .iter()
                .zip(&validated.rows)
                .zip(said)
                .map(judge)
                .filter(|of| !of.is_empty())
                .collect();
            let (num_photos, judged) = (judged.len(), judged.into_iter().flatten().collect());
            let found = Confusions::new(&examples.tags, examples.is_one_of, [num_photos, 0], judged);
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
    /// that was kept as it was learnt. A photo that was given another tag since is held against that one; photos that are
    /// not in the catalogue, such as those of a folder by which a run was judged, are held against what was true then.
    #[must_use]
    pub fn confusions_of(&self, version: &Version, group: GroupId) -> Option<Confusions> {
        let run = self.runs().ok()?.into_iter().find(|run| Some(run.number) == version.record.run)?;
        let answers = read_answers(&self.data_folder().join(&run.folder).ok()?);
        let answers = answers.into_iter().find(|answers| answers.group == group)?;
        let images: HashMap<ContentHash, ImageId> =
            self.listing.images.iter().filter_map(|image| Some((image.hash?, image.id))).collect();
        let place = |tag: TagId| answers.tags.iter().position(|known| *known == tag);
        let judge_one = |answer: &Answer| {
            let image = images.get(&answer.photo).copied();
            let truth = image.and_then(|image| self.labels.answer(image, group, &self.vocabulary));
            let (truth, said) = (place(truth.unwrap_or(answer.truth))?, place(answer.said)?);
            Some(Judged { image, truth, said, probability: answer.probability })
        };
        let judge_each = |answer: &AnswerOfTag| {
            let image = images.get(&answer.photo).copied();
            let label = image.and_then(|image| self.labels.get(image, answer.tag));
            let fits = label.map_or(answer.fits, |label| label.is_yes);
            Some(Judged::of_tag(image, place(answer.tag)?, fits, answer.probability))
        };
        let one = answers.photos.iter().filter_map(|answer| Some((answer.photo, judge_one(answer)?)));
        let each = answers.each.iter().filter_map(|answer| Some((answer.photo, judge_each(answer)?)));
        let (photos, judged): (HashSet<ContentHash>, Vec<Judged>) = one.chain(each).unzip();
        let num_outside = photos.iter().filter(|photo| !images.contains_key(photo)).count();
        let is_one_of = answers.each.is_empty();
        let found = || Confusions::new(&answers.tags, is_one_of, [photos.len(), num_outside], judged);
        (!photos.is_empty()).then(found)
    }
}
