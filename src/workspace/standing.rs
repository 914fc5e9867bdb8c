//! How each photo stands: whether it is reviewed, what is proposed for it, and how sure the model is.
//!
//! Worked out for all photos at once, so that a filter over 100,000 of them looks at one line each. A refit brings a
//! new table, made on the live head's thread; a label changes the lines of its photos only.

use super::Workspace;
use super::proposals::Proposals;
use super::query::Place;
use crate::catalogue::{
    GroupId, GroupKind, ImageId, ImageRow, ImageState, Label, Labels, Listing, TagId, Timestamp, Vocabulary,
};

/// Below this the likeliest tag of a `one of` group is not to be relied on.
pub const UNSURE_BELOW: f32 = 0.6;

/// From here on a tag of an `any of` group is proposed.
const LIKELIER_THAN_NOT: f32 = 0.5;

/// How one photo stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Where it is counted; noted here so that most filters need not look at the photo's own row.
    pub place: Place,
    /// Every group is decided.
    pub is_reviewed: bool,
    /// The probability of the least certain group that is still open; none where nothing is open or proposed.
    pub certainty: Option<f32>,
    /// What is proposed for the groups that are still open.
    pub proposed: Box<[(TagId, f32)]>,
    /// When the newest label was made.
    pub decided: Option<Timestamp>,
}

/// How many photos of each sort there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub all: usize,
    pub to_review: usize,
    pub unsure: usize,
    pub reviewed: usize,
    pub duplicates: usize,
    pub missing: usize,
    pub broken: usize,
    /// Photos that each tag is proposed for, by the tag's number: numbers are small, and a table is quick.
    proposed: Vec<usize>,
}

/// How all photos of a listing stand, in its order, with the counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standings {
    rows: Vec<Standing>,
    counts: Counts,
}

impl Counts {
    /// How many photos a tag is proposed for.
    #[must_use]
    pub fn proposed(&self, tag: TagId) -> usize {
        usize::try_from(tag.0).ok().and_then(|number| self.proposed.get(number)).copied().unwrap_or(0)
    }
}

impl Standing {
    /// Whether the model is not to be relied on for a photo that is still open.
    #[must_use]
    pub fn is_unsure(&self) -> bool {
        !self.is_reviewed && self.certainty.is_some_and(|certainty| certainty < UNSURE_BELOW)
    }

    /// The probability at which a tag is proposed, if it is.
    #[must_use]
    pub fn proposed(&self, tag: TagId) -> Option<f32> {
        self.proposed.iter().find(|(known, _)| *known == tag).map(|(_, probability)| *probability)
    }
}

impl Standings {
    /// Counts the lines that [`stand_all`] worked out for this listing.
    pub(super) fn new(mut rows: Vec<Standing>, listing: &Listing) -> Self {
        let mut standings = Self { rows: Vec::new(), counts: Counts { all: rows.len(), ..Counts::default() } };
        for (image, standing) in listing.images.iter().zip(&mut rows) {
            standing.place = place_of(image, standing);
            standings.count(standing, true);
            standings.counts.duplicates += usize::from(is_duplicate(image));
        }
        standings.rows = rows;
        standings
    }

    /// How the photo at a position of the listing stands.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<&Standing> {
        self.rows.get(index)
    }

    /// The counts of all photos.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn count(&mut self, standing: &Standing, adds: bool) {
        let counts = &mut self.counts;
        let step = |count: &mut usize| *count = if adds { *count + 1 } else { count.saturating_sub(1) };
        match standing.place {
            Place::Broken => step(&mut counts.broken),
            Place::Missing => step(&mut counts.missing),
            Place::Reviewed => step(&mut counts.reviewed),
            Place::ToReview => {
                step(&mut counts.to_review);
                if standing.is_unsure() {
                    step(&mut counts.unsure);
                }
            }
        }
        for (tag, _) in &standing.proposed {
            let Ok(number) = usize::try_from(tag.0) else { continue };
            if counts.proposed.len() <= number {
                counts.proposed.resize(number + 1, 0);
            }
            step(&mut counts.proposed[number]);
        }
    }
}

fn place_of(image: &ImageRow, standing: &Standing) -> Place {
    match image.state {
        ImageState::Broken(_) => Place::Broken,
        ImageState::Missing => Place::Missing,
        ImageState::Ok if standing.is_reviewed => Place::Reviewed,
        ImageState::Ok => Place::ToReview,
    }
}

/// Whether more than one file holds the photo.
pub(super) fn is_duplicate(image: &ImageRow) -> bool {
    image.files.len() > 1 && image.state != ImageState::Missing
}

/// How each photo of a listing stands.
pub(super) fn stand_all(
    listing: &Listing,
    vocabulary: &Vocabulary,
    labels: &Labels,
    proposals: &Proposals,
) -> Vec<Standing> {
    listing.images.iter().map(|image| stand(image.id, vocabulary, labels, proposals)).collect()
}

/// How a photo stands by its labels and by what the heads say of it.
fn stand(image: ImageId, vocabulary: &Vocabulary, labels: &Labels, proposals: &Proposals) -> Standing {
    let known = labels.of(image);
    let mut standing = Standing {
        is_reviewed: labels.is_reviewed(image, vocabulary),
        decided: known.iter().map(|(_, label)| label.at).max(),
        ..Standing::default()
    };
    if proposals.is_empty() || standing.is_reviewed {
        return standing;
    }
    let mut proposed = Vec::new();
    for group in &vocabulary.groups {
        if !known.is_empty() && labels.is_decided(image, group.id, vocabulary) {
            continue;
        }
        let certainty = match group.kind {
            GroupKind::OneOf => {
                let best = likeliest_open(proposals, known, image, group.id);
                proposed.extend(best);
                best.map(|(_, probability)| probability)
            }
            GroupKind::AnyOf => {
                let mut least: Option<f32> = None;
                for (tag, p) in open_tags(proposals, known, image, group.id) {
                    if p >= LIKELIER_THAN_NOT {
                        proposed.push((tag, p));
                    }
                    least = Some(least.map_or(p.max(1.0 - p), |least| least.min(p.max(1.0 - p))));
                }
                least
            }
        };
        if let Some(certainty) = certainty {
            standing.certainty = Some(standing.certainty.map_or(certainty, |least| least.min(certainty)));
        }
    }
    standing.proposed = proposed.into_boxed_slice();
    standing
}

/// Tags of a group of which nobody has said anything, with their probabilities.
fn open_tags<'a>(
    proposals: &'a Proposals,
    known: &'a [(TagId, Label)],
    image: ImageId,
    group: GroupId,
) -> impl Iterator<Item = (TagId, f32)> + 'a {
    proposals.of(image, group).filter(|(tag, _)| known.iter().all(|(said, _)| said != tag))
}

fn likeliest_open(
    proposals: &Proposals,
    known: &[(TagId, Label)],
    image: ImageId,
    group: GroupId,
) -> Option<(TagId, f32)> {
    open_tags(proposals, known, image, group).max_by(|a, b| a.1.total_cmp(&b.1))
}

impl Workspace {
    /// How all photos stand.
    #[must_use]
    pub fn standings(&self) -> &Standings {
        &self.standings
    }

    /// How one photo stands.
    #[must_use]
    pub fn standing(&self, image: ImageId) -> Option<&Standing> {
        self.index_of(image).and_then(|index| self.standings.at(index))
    }

    /// The tags that are proposed for a group of a photo while it is open: the likeliest that nobody has rejected of a
    /// `one of` group, and all that are likelier than not of an `any of` group.
    pub fn proposed(&self, image: ImageId, group: GroupId) -> impl Iterator<Item = (TagId, f32)> {
        let proposed = self.standing(image).map_or(&[][..], |standing| &standing.proposed);
        let is_of_group = move |tag: TagId| self.vocabulary().tag(tag).is_some_and(|tag| tag.group == group);
        proposed.iter().copied().filter(move |(tag, _)| is_of_group(*tag))
    }

    /// Works out the whole table on this thread.
    pub(super) fn restand_all(&mut self) {
        let rows = stand_all(&self.listing, &self.vocabulary, &self.labels, &self.proposals);
        self.standings = Standings::new(rows, &self.listing);
    }

    /// Takes over a table that the live head's thread worked out, and works out again the lines of photos that were
    /// labelled meanwhile.
    pub(super) fn take_standings(&mut self, rows: Vec<Standing>, generation: u64) {
        match self.unseen.since(generation) {
            Some(images) => {
                self.standings = Standings::new(rows, &self.listing);
                self.restand(images);
            }
            None => self.restand_all(),
        }
    }

    /// Works out the lines of these photos.
    pub(super) fn restand(&mut self, images: impl IntoIterator<Item = ImageId>) {
        for image in images {
            self.restate(image, |_| {});
        }
    }

    /// Changes a photo's row of the listing and works out its line anew.
    pub(super) fn restate(&mut self, image: ImageId, change: impl FnOnce(&mut Workspace)) {
        let Some(index) = self.index_of(image) else { return };
        let Some(before) = self.standings.rows.get_mut(index).map(std::mem::take) else { return };
        self.standings.count(&before, false);
        change(self);
        let mut standing = stand(image, &self.vocabulary, &self.labels, &self.proposals);
        standing.place = place_of(&self.listing.images[index], &standing);
        self.standings.count(&standing, true);
        self.standings.rows[index] = standing;
    }
}
