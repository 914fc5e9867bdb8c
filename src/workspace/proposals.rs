//! What the model says of photos: computed from cached features, never kept.

use std::collections::HashMap;

use crate::catalogue::{GroupId, ImageId, TagId};
use crate::vision::{Backbone, Feature};

/// An everyday word for a photo, before there are tags.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    pub name: String,
    pub probability: f32,
}

/// The heads' calibrated probabilities for every image that has features.
#[derive(Default)]
pub struct Proposals {
    row_of: HashMap<ImageId, usize>,
    groups: Vec<GroupProposals>,
}

pub(super) struct GroupProposals {
    pub group: GroupId,
    pub tags: Vec<TagId>,
    /// `[rows, tags]`, row-major.
    pub probabilities: Vec<f32>,
}

impl Proposals {
    pub(super) fn new(images: impl Iterator<Item = ImageId>, groups: Vec<GroupProposals>) -> Self {
        Self { row_of: images.enumerate().map(|(row, image)| (image, row)).collect(), groups }
    }

    /// Tags and probabilities of one group, in the head's order.
    pub fn of(&self, image: ImageId, group: GroupId) -> impl Iterator<Item = (TagId, f32)> {
        let row = self.row_of.get(&image).copied();
        let group = self.groups.iter().find(|known| known.group == group);
        row.zip(group).into_iter().flat_map(|(row, group)| {
            let start = row * group.tags.len();
            let probabilities = group.probabilities.get(start..start + group.tags.len()).unwrap_or_default();
            group.tags.iter().copied().zip(probabilities.iter().copied())
        })
    }

    /// The likeliest tag of a group.
    #[must_use]
    pub fn best(&self, image: ImageId, group: GroupId) -> Option<(TagId, f32)> {
        self.of(image, group).max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The `top` likeliest tags of a group, likeliest first.
    #[must_use]
    pub fn top(&self, image: ImageId, group: GroupId, top: usize) -> Vec<(TagId, f32)> {
        let mut all: Vec<(TagId, f32)> = self.of(image, group).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all.truncate(top);
        all
    }

    /// The probability of one tag.
    #[must_use]
    pub fn get(&self, image: ImageId, group: GroupId, tag: TagId) -> Option<f32> {
        self.of(image, group).find(|(known, _)| *known == tag).map(|(_, probability)| probability)
    }

    /// Whether the heads have seen the photo.
    #[must_use]
    pub fn knows(&self, image: ImageId) -> bool {
        self.row_of.contains_key(&image)
    }

    /// Whether any head has spoken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

/// The likeliest everyday words of each photo; empty for a backbone that knows none.
pub(super) fn word_guesses(backbone: &Backbone, features: &[&Feature], top: usize) -> Vec<Vec<Guess>> {
    let Some(words) = backbone.words() else { return vec![Vec::new(); features.len()] };
    let named = |(word, probability): (usize, f32)| Guess { name: words.names()[word].clone(), probability };
    words.propose(features, top).into_iter().map(|of_photo| of_photo.into_iter().map(named).collect()).collect()
}
