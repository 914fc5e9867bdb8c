//! The words that a line knows: its keys, and what `tag:x=`, `has:`, `is:` and `by:` can be.

use crate::catalogue::LabelSource;

/// What stands before a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Tag,
    Group,
    Is,
    Has,
    By,
    Score,
    Name,
    Folder,
    Date,
    Width,
    Height,
}

/// What is known of a photo and a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagState {
    /// A yes, or a proposal that nobody answered; what a plain `tag:x` asks for.
    Fits,
    Yes,
    No,
    /// Proposed, and nobody answered.
    Proposed,
    /// No answer and no proposal, while its group is still open.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    Reviewed,
    ToReview,
    Unsure,
    Broken,
    Missing,
    Duplicate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Has {
    Labels,
    NoLabels,
    Proposal,
}

/// Words and what they mean, in the order in which they are offered.
pub(super) type WordList<T> = &'static [(&'static str, T)];

pub(super) const KEYS: WordList<Key> = &[
    ("tag", Key::Tag),
    ("group", Key::Group),
    ("is", Key::Is),
    ("has", Key::Has),
    ("by", Key::By),
    ("score", Key::Score),
    ("name", Key::Name),
    ("folder", Key::Folder),
    ("date", Key::Date),
    ("width", Key::Width),
    ("height", Key::Height),
];

pub(super) const TAG_STATES: WordList<TagState> =
    &[("yes", TagState::Yes), ("no", TagState::No), ("proposed", TagState::Proposed), ("?", TagState::Unknown)];

/// What a group can be besides one of its tags, and whether it is decided then.
pub(super) const GROUP_STATES: WordList<bool> = &[("?", false), ("any", true)];

pub(super) const IS: WordList<Is> = &[
    ("reviewed", Is::Reviewed),
    ("to-review", Is::ToReview),
    ("unsure", Is::Unsure),
    ("broken", Is::Broken),
    ("missing", Is::Missing),
    ("duplicate", Is::Duplicate),
];

pub(super) const HAS: WordList<Has> =
    &[("labels", Has::Labels), ("no-labels", Has::NoLabels), ("proposal", Has::Proposal)];

pub(super) const BY: WordList<LabelSource> = &[
    ("person", LabelSource::Person),
    ("proposal", LabelSource::Proposal),
    ("rule", LabelSource::Rule),
    ("import", LabelSource::Import),
];

/// What a word means, whatever the case.
pub(super) fn meaning<T: Copy>(words: WordList<T>, word: &str) -> Option<T> {
    words.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|(_, meaning)| *meaning)
}

/// The words alone.
pub(super) fn words<T>(words: WordList<T>) -> impl Iterator<Item = &'static str> {
    words.iter().map(|(word, _)| *word)
}
