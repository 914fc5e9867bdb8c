//! A query asked of one photo.

use super::bounds::is_within;
use super::resolve::{Clause, Test};
use super::word_list::{Has, Is, TagState};
use crate::catalogue::{GroupId, LabelSource, TagId, Timestamp};

/// What can be asked of a photo. Each is asked only where the query depends on it.
pub trait Facts {
    /// Relative to its root, with `/` between the parts.
    fn path(&self) -> &str;
    /// The file's own name.
    fn name(&self) -> &str;
    /// What somebody said of the tag.
    fn label(&self, tag: TagId) -> Option<bool>;
    /// Whether the tag is proposed for it; asked only where nobody said anything.
    fn is_proposed(&self, tag: TagId) -> bool;
    /// Whether nothing of the group is left to decide.
    fn is_decided(&self, group: GroupId) -> bool;
    /// The probability of the least certain proposal for an open group; none without one.
    fn score(&self) -> Option<f32>;
    fn place(&self) -> Place;
    /// Whether the model is unsure of it.
    fn is_unsure(&self) -> bool;
    /// Whether several files hold it.
    fn is_duplicate(&self) -> bool;
    /// Whether anything was said of it, yes or no.
    fn has_labels(&self) -> bool;
    /// Whether anything is proposed for it.
    fn has_proposal(&self) -> bool;
    /// Whether any of its labels is from there.
    fn has_label_from(&self, source: LabelSource) -> bool;
    /// Width and height in pixels, if they are known.
    fn size(&self) -> Option<(u32, u32)>;
    /// When its file was changed last, if that is known.
    fn modified(&self) -> Option<Timestamp>;
}

/// Where a photo stands: in one of these places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    ToReview,
    /// Every group is decided.
    Reviewed,
    /// It cannot be read.
    Broken,
    /// No file holds it any more.
    Missing,
}

impl Clause {
    pub(super) fn matches(&self, facts: &impl Facts) -> bool {
        match self {
            Self::Any(clauses) => clauses.iter().any(|clause| clause.matches(facts)),
            Self::All(clauses) => clauses.iter().all(|clause| clause.matches(facts)),
            Self::Not(clause) => !clause.matches(facts),
            Self::Test(test) => test.matches(facts),
        }
    }
}

impl Test {
    fn matches(&self, facts: &impl Facts) -> bool {
        match self {
            Self::Path(pattern) => pattern.matches(facts.path()),
            Self::Name(pattern) => pattern.matches(facts.name()),
            Self::Folder(pattern) => pattern.matches(facts.path().rsplit_once('/').map_or("", |(folder, _)| folder)),
            Self::Tag(tags, state) => tags.iter().any(|&(group, tag)| is_in(facts, group, tag, *state)),
            Self::Group { group, is_decided } => facts.is_decided(*group) == *is_decided,
            Self::Score(bounds) => is_within(facts.score(), bounds),
            Self::Width(bounds) => is_within(facts.size().map(|(width, _)| width), bounds),
            Self::Height(bounds) => is_within(facts.size().map(|(_, height)| height), bounds),
            Self::Date(bounds) => is_within(facts.modified(), bounds),
            Self::Has(Has::Labels) => facts.has_labels(),
            Self::Has(Has::NoLabels) => !facts.has_labels(),
            Self::Has(Has::Proposal) => facts.has_proposal(),
            Self::By(source) => facts.has_label_from(*source),
            Self::Is(Is::Reviewed) => facts.place() == Place::Reviewed,
            Self::Is(Is::ToReview) => facts.place() == Place::ToReview,
            Self::Is(Is::Unsure) => facts.place() == Place::ToReview && facts.is_unsure(),
            Self::Is(Is::Broken) => facts.place() == Place::Broken,
            Self::Is(Is::Missing) => facts.place() == Place::Missing,
            Self::Is(Is::Duplicate) => facts.is_duplicate(),
        }
    }
}

fn is_in(facts: &impl Facts, group: GroupId, tag: TagId, state: TagState) -> bool {
    match (state, facts.label(tag)) {
        (TagState::Fits | TagState::Yes, Some(is_yes)) => is_yes,
        (TagState::No, Some(is_yes)) => !is_yes,
        (TagState::Fits | TagState::Proposed, None) => facts.is_proposed(tag),
        // Where a `one of` group has its answer, that this tag was never asked about is nothing left open.
        (TagState::Unknown, None) => !facts.is_decided(group) && !facts.is_proposed(tag),
        (TagState::Proposed | TagState::Unknown, Some(_)) | (TagState::Yes | TagState::No, None) => false,
    }
}
