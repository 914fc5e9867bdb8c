//! Which photos are shown, in which order, and how many there are of each sort.

use std::collections::HashMap;

use super::Workspace;
use crate::catalogue::{GroupKind, ImageRow, ImageState, TagId};

/// Below this the likeliest tag of a `one of` group is not to be relied on.
pub const UNSURE_BELOW: f32 = 0.6;

/// A set of photos that can be asked for by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Filter {
    #[default]
    All,
    ToReview,
    Unsure,
    Reviewed,
    Duplicates,
    Missing,
    Broken,
    /// Photos that have the tag, or for which it is proposed.
    Tag(TagId),
}

/// How photos are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Name,
    /// What the model knows least about first.
    LeastCertain,
    MostCertain,
}

/// How many photos each filter shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub all: usize,
    pub to_review: usize,
    pub unsure: usize,
    pub reviewed: usize,
    pub duplicates: usize,
    pub missing: usize,
    pub broken: usize,
    /// For each tag: photos that have it, and photos for which it is proposed.
    pub tags: HashMap<TagId, (usize, usize)>,
}

impl Workspace {
    /// Positions in the listing of the photos that pass the filter and whose path holds every word of `search`.
    #[must_use]
    pub fn select(&self, filter: Filter, search: &str, order: Order) -> Vec<usize> {
        let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
        let images = &self.listing().images;
        let mut chosen: Vec<usize> = (0..images.len())
            .filter(|&index| {
                let image = &images[index];
                self.passes(image, filter) && (words.is_empty() || has_words(image.path(), &words))
            })
            .collect();
        if order != Order::Name {
            let certainty: HashMap<usize, f32> =
                chosen.iter().map(|&index| (index, self.certainty(&images[index]))).collect();
            chosen.sort_by(|a, b| {
                let by_certainty = certainty[a].total_cmp(&certainty[b]);
                if order == Order::LeastCertain { by_certainty } else { by_certainty.reverse() }
            });
        }
        chosen
    }

    /// The counts of all filters, in one pass.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { all: self.listing().images.len(), ..Counts::default() };
        counts.tags = self.vocabulary().tags.iter().map(|tag| (tag.id, (0, 0))).collect();
        for image in &self.listing().images {
            match image.state {
                ImageState::Broken(_) => counts.broken += 1,
                ImageState::Missing => counts.missing += 1,
                ImageState::Ok if self.is_reviewed(image) => counts.reviewed += 1,
                ImageState::Ok => {
                    counts.to_review += 1;
                    counts.unsure += usize::from(self.is_unsure(image));
                }
            }
            counts.duplicates += usize::from(is_duplicate(image));
            for (tag, label) in self.labels().of(image.id) {
                if label.is_yes
                    && let Some((yes, _)) = counts.tags.get_mut(tag)
                {
                    *yes += 1;
                }
            }
            for tag in self.proposed(image) {
                if let Some((_, proposed)) = counts.tags.get_mut(&tag) {
                    *proposed += 1;
                }
            }
        }
        counts
    }

    /// Whether every group is decided.
    #[must_use]
    pub fn is_reviewed(&self, image: &ImageRow) -> bool {
        self.labels().is_reviewed(image.id, self.vocabulary())
    }

    fn passes(&self, image: &ImageRow, filter: Filter) -> bool {
        let is_ok = image.state == ImageState::Ok;
        match filter {
            Filter::All => true,
            Filter::ToReview => is_ok && !self.is_reviewed(image),
            Filter::Unsure => is_ok && !self.is_reviewed(image) && self.is_unsure(image),
            Filter::Reviewed => is_ok && self.is_reviewed(image),
            Filter::Duplicates => is_duplicate(image),
            Filter::Missing => image.state == ImageState::Missing,
            Filter::Broken => matches!(image.state, ImageState::Broken(_)),
            Filter::Tag(tag) => match self.labels().get(image.id, tag) {
                Some(label) => label.is_yes,
                None => self.proposed(image).contains(&tag),
            },
        }
    }

    /// The tags that are proposed for the groups still open.
    fn proposed(&self, image: &ImageRow) -> Vec<TagId> {
        if self.proposals().is_empty() {
            return Vec::new();
        }
        let mut proposed = Vec::new();
        for group in &self.vocabulary().groups {
            match group.kind {
                GroupKind::OneOf => proposed.extend(self.open_proposal(image.id, group.id).map(|(tag, _)| tag)),
                GroupKind::AnyOf => proposed.extend(
                    self.proposals()
                        .of(image.id, group.id)
                        .filter(|(tag, p)| *p >= 0.5 && self.labels().get(image.id, *tag).is_none())
                        .map(|(tag, _)| tag),
                ),
            }
        }
        proposed
    }

    fn is_unsure(&self, image: &ImageRow) -> bool {
        !self.proposals().is_empty() && self.certainty(image) < UNSURE_BELOW
    }

    /// The probability of the least certain group that is still open; 1 where nothing is.
    fn certainty(&self, image: &ImageRow) -> f32 {
        self.vocabulary()
            .groups
            .iter()
            .filter(|group| !self.labels().is_decided(image.id, group.id, self.vocabulary()))
            .filter_map(|group| match group.kind {
                GroupKind::OneOf => self.open_proposal(image.id, group.id).map(|(_, p)| p),
                GroupKind::AnyOf => self
                    .proposals()
                    .of(image.id, group.id)
                    .filter(|(tag, _)| self.labels().get(image.id, *tag).is_none())
                    .map(|(_, p)| p.max(1.0 - p))
                    .min_by(f32::total_cmp),
            })
            .fold(1.0, f32::min)
    }
}

fn is_duplicate(image: &ImageRow) -> bool {
    image.files.len() > 1 && image.state != ImageState::Missing
}

/// Whether the path holds every word, whatever the case; the words are in lower case already.
fn has_words(path: &str, words: &[String]) -> bool {
    // ASCII needs no new string, and most paths are.
    if path.is_ascii() {
        let bytes = path.as_bytes();
        return words
            .iter()
            .all(|word| bytes.windows(word.len().max(1)).any(|window| window.eq_ignore_ascii_case(word.as_bytes())));
    }
    let path = path.to_lowercase();
    words.iter().all(|word| path.contains(word))
}
