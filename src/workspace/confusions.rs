//! Which tags the head takes for which: labelled photos, each asked of a head that had not seen it nor one much like it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Workspace;
use super::event::Event;
use super::examples::examples;
use super::jobs::{JobSummary, JobTask};
use crate::catalogue::{GroupId, GroupKind, ImageId, TagId};
use crate::learn::{Target, cross_validate};
use crate::vision::Feature;

/// What the head of a `one of` group said of the labelled photos.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Confusions {
    /// In the order of the group.
    pub tags: Vec<TagId>,
    pub num_photos: usize,
    /// The photos that have one tag and were said to have another, or the same; by place in `tags`.
    cells: BTreeMap<(usize, usize), Vec<ImageId>>,
}

impl Confusions {
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
            let mut found = Confusions { tags: examples.tags.clone(), ..Confusions::default() };
            let said = validated.probabilities.chunks_exact(examples.tags.len().max(1));
            for ((target, row), probabilities) in validated.targets.iter().zip(&validated.rows).zip(said) {
                let Target::Is(truth) = target else { continue };
                let likeliest = (0..probabilities.len()).max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
                if let Some(said) = likeliest {
                    found.cells.entry((*truth, said)).or_default().push(examples.images[*row]);
                    found.num_photos += 1;
                }
            }
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
}
