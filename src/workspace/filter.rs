//! Which photos are shown, and in which order.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::Workspace;
use super::proposals::Proposals;
use super::query::{Facts, Place, Query};
use super::standing::{Standing, is_duplicate};
use crate::catalogue::{GroupId, GroupKind, ImageId, ImageRow, LabelSource, Labels, TagId, Timestamp, Vocabulary};

/// A set of photos that can be asked for by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Filter {
    #[default]
    All,
    ToReview,
    Unsure,
    Reviewed,
    Duplicates,
    Missing,
    Broken,
    Tag(TagId, Side),
}

/// Which photos of a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Side {
    /// Those that have it, and those for which it is proposed.
    #[default]
    Either,
    Yes,
    Proposed,
    No,
}

/// How photos are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Order {
    #[default]
    Name,
    /// Newest files first.
    Date,
    /// What the model knows least about first.
    LeastCertain,
    MostCertain,
    NewestDecision,
}

impl Order {
    pub const ALL: [Self; 5] = [Self::Name, Self::Date, Self::LeastCertain, Self::MostCertain, Self::NewestDecision];
}

/// Which photos are asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection<'a> {
    pub filter: Filter,
    pub query: Option<&'a Query>,
    pub order: Order,
    /// One photo stands for all shots of a product.
    pub stacks: bool,
    /// Only these.
    pub among: Option<&'a HashSet<ImageId>>,
}

/// A selection on its way, worked out a part at a time: [`Workspace::select_some`] goes on with it, and
/// [`Workspace::arrange`] ends it. It holds for one state of the workspace; once that has changed, begin anew.
#[derive(Clone, Debug, Default)]
pub struct PartialSelection {
    /// Photos looked at so far, from the first of the listing on.
    num_seen: usize,
    /// Those that passed.
    chosen: Vec<Ranked>,
}

/// What a photo is sorted by, then its position in the listing, in one number: sorting compares these without branches,
/// which takes half the time that pairs take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Ranked(u128);

impl Ranked {
    fn new(rank: i64, index: usize) -> Self {
        // Without its sign, the least number is 0.
        Self(u128::from(rank.cast_unsigned() ^ (1 << 63)) << 64 | index as u128)
    }

    /// The position in the listing.
    fn index(self) -> usize {
        self.0 as usize
    }
}

impl Workspace {
    /// Positions in the listing of the photos that are asked for, in order. Of a stacked product the first photo in
    /// order of path stands for all where the first of them in this order does, and is there if any of them passes.
    #[must_use]
    pub fn select(&self, asked: &Selection<'_>) -> Vec<usize> {
        let mut selection = PartialSelection::default();
        self.select_some(asked, &mut selection, self.listing.images.len());
        self.arrange(asked, selection)
    }

    /// Looks at the next `count` photos of the listing. Returns whether these were the last.
    ///
    /// On the caller's thread alone: while thumbnails keep the cores busy, waiting for others to help takes longer.
    pub fn select_some(&self, asked: &Selection<'_>, selection: &mut PartialSelection, count: usize) -> bool {
        let test = Test { vocabulary: &self.vocabulary, labels: &self.labels, proposals: &self.proposals, asked };
        let (images, standings) = (&self.listing.images, &self.standings);
        let rank = |index: usize| {
            let (image, standing) = (images.get(index)?, standings.at(index)?);
            test.passes(image, standing).then(|| Ranked::new(test.rank(image, standing), index))
        };
        let end = selection.num_seen.saturating_add(count).min(images.len());
        let start = selection.chosen.len();
        selection.chosen.extend((selection.num_seen..end).filter_map(rank));
        if asked.order != Order::Name {
            // Runs in order are quickly merged at the end.
            selection.chosen[start..].sort_unstable();
        }
        selection.num_seen = end;
        end == images.len()
    }

    /// The photos of a selection that is complete, in order and stacked as is asked for.
    #[must_use]
    pub fn arrange(&self, asked: &Selection<'_>, selection: PartialSelection) -> Vec<usize> {
        let mut chosen = selection.chosen;
        if asked.order != Order::Name {
            // A stable sort finds the runs that `select_some` left.
            chosen.sort();
        }
        let mut selected: Vec<usize> = chosen.into_iter().map(Ranked::index).collect();
        if asked.stacks {
            let mut seen = HashSet::new();
            selected.retain_mut(|index| {
                let is_new = self.products.product_of(*index).is_none_or(|product| seen.insert(product));
                *index = self.products.shots(*index).first().copied().unwrap_or(*index);
                is_new
            });
        }
        selected
    }

    /// Photos in sections by their tag in a `one of` group, said or proposed: what `select` gave, sorted by section
    /// and within each as it was. Photos without any come last.
    #[must_use]
    pub fn by_tag(&self, selected: &[usize]) -> Vec<(Option<TagId>, Vec<usize>)> {
        let Some(group) = self.vocabulary().groups.iter().find(|group| group.kind == GroupKind::OneOf) else {
            return vec![(None, selected.to_vec())];
        };
        let mut sections: Vec<(Option<TagId>, Vec<usize>)> =
            self.vocabulary().tags_of(group.id).map(|tag| (Some(tag.id), Vec::new())).collect();
        sections.push((None, Vec::new()));
        let place_of: std::collections::HashMap<Option<TagId>, usize> =
            sections.iter().enumerate().map(|(place, (tag, _))| (*tag, place)).collect();
        for &index in selected {
            let Some(image) = self.listing().images.get(index) else { continue };
            let said = self.labels().answer(image.id, group.id, self.vocabulary());
            let tag = said.or_else(|| self.proposed(image.id, group.id).next().map(|(tag, _)| tag));
            let place = place_of.get(&tag).copied().unwrap_or(sections.len() - 1);
            sections[place].1.push(index);
        }
        sections.retain(|(_, photos)| !photos.is_empty());
        sections
    }
}

/// What photos are held against.
struct Test<'a> {
    vocabulary: &'a Vocabulary,
    labels: &'a Labels,
    proposals: &'a Proposals,
    asked: &'a Selection<'a>,
}

impl Test<'_> {
    /// What photos are sorted by, least first.
    fn rank(&self, image: &ImageRow, standing: &Standing) -> i64 {
        // Photos of which the model says nothing come last, whether the least or the most certain come first.
        let by_certainty = |certainty: Option<f32>, sign: f32| {
            certainty.map_or(i64::MAX, |certainty| (f64::from(sign * certainty) * 1e9) as i64)
        };
        let certainty = || match self.asked.filter {
            // With one tag at a time, it is that tag that is more or less certain.
            Filter::Tag(tag, _) => self.proposals.get(image.id, self.vocabulary.tag(tag)?.group, tag),
            _ => standing.certainty,
        };
        match self.asked.order {
            Order::Name => 0,
            Order::Date => -image.files.first().map_or(0, |file| file.modified.0),
            Order::LeastCertain => by_certainty(certainty(), 1.0),
            Order::MostCertain => by_certainty(certainty(), -1.0),
            Order::NewestDecision => standing.decided.map_or(i64::MAX, |decided| -decided.0),
        }
    }

    fn passes(&self, image: &ImageRow, standing: &Standing) -> bool {
        let passes_filter = match self.asked.filter {
            Filter::All => true,
            Filter::ToReview => standing.place == Place::ToReview,
            Filter::Unsure => standing.place == Place::ToReview && standing.is_unsure(),
            Filter::Reviewed => standing.place == Place::Reviewed,
            Filter::Duplicates => is_duplicate(image),
            Filter::Missing => standing.place == Place::Missing,
            Filter::Broken => standing.place == Place::Broken,
            Filter::Tag(tag, side) => {
                let said = self.labels.get(image.id, tag).map(|label| label.is_yes);
                let is_proposed = || standing.proposed(tag).is_some();
                match side {
                    Side::Either => said.unwrap_or_else(is_proposed),
                    Side::Yes => said == Some(true),
                    Side::No => said == Some(false),
                    Side::Proposed => said.is_none() && is_proposed(),
                }
            }
        };
        let is_among = || self.asked.among.is_none_or(|among| among.contains(&image.id));
        let facts = PhotoFacts { vocabulary: self.vocabulary, labels: self.labels, image, standing };
        passes_filter && is_among() && self.asked.query.is_none_or(|query| query.matches(&facts))
    }
}

/// A photo as the query line asks for it.
struct PhotoFacts<'a> {
    vocabulary: &'a Vocabulary,
    labels: &'a Labels,
    image: &'a ImageRow,
    standing: &'a Standing,
}

impl Facts for PhotoFacts<'_> {
    fn path(&self) -> &str {
        self.image.path()
    }

    fn name(&self) -> &str {
        self.image.name()
    }

    fn label(&self, tag: TagId) -> Option<bool> {
        self.labels.get(self.image.id, tag).map(|label| label.is_yes)
    }

    fn is_proposed(&self, tag: TagId) -> bool {
        self.standing.proposed(tag).is_some()
    }

    fn is_decided(&self, group: GroupId) -> bool {
        self.labels.is_decided(self.image.id, group, self.vocabulary)
    }

    fn score(&self) -> Option<f32> {
        self.standing.certainty
    }

    fn place(&self) -> Place {
        self.standing.place
    }

    fn is_unsure(&self) -> bool {
        self.standing.is_unsure()
    }

    fn is_duplicate(&self) -> bool {
        is_duplicate(self.image)
    }

    fn has_labels(&self) -> bool {
        !self.labels.of(self.image.id).is_empty()
    }

    fn has_proposal(&self) -> bool {
        !self.standing.proposed.is_empty()
    }

    fn has_label_from(&self, source: LabelSource) -> bool {
        self.labels.of(self.image.id).iter().any(|(_, label)| label.source == source)
    }

    fn size(&self) -> Option<(u32, u32)> {
        (self.image.width > 0).then_some((self.image.width, self.image.height))
    }

    fn modified(&self) -> Option<Timestamp> {
        self.image.files.first().map(|file| file.modified).filter(|modified| modified.0 != 0)
    }
}
