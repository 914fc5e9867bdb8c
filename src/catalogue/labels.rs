//! What is known of images: yes or no to a tag, from whom, since when.

use std::collections::HashMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::images::ImageId;
use super::tags::{GroupId, GroupKind, TagId, Vocabulary};
use super::{Catalogue, Result};

/// A moment, in milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LabelSource {
    /// A person, on their own.
    Person,
    /// A person who accepted or rejected what the model proposed.
    Proposal,
    /// A file or folder names.
    Import,
    /// The model, by a rule of precision that a person set: its own opinion, never evidence for it.
    Rule,
}

/// One answer. No label at all means unknown, never no.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    pub is_yes: bool,
    pub source: LabelSource,
    pub at: Timestamp,
    /// What the proposal said that was accepted or rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f32>,
    /// The model version that was in use when it was proposed; none where the live head stood alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// All labels of a catalogue, by image.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    by_image: HashMap<ImageId, Vec<(TagId, Label)>>,
    /// How often each tag was said and denied.
    counts: HashMap<TagId, (usize, usize)>,
    digest: u128,
}

impl Timestamp {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_millisecond())
    }
}

impl std::fmt::Display for Timestamp {
    /// RFC 3339 in UTC.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => f.write_str("unknown"),
        }
    }
}

impl FromStr for Timestamp {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        text.parse::<jiff::Timestamp>()
            .map(|time| Self(time.as_millisecond()))
            .map_err(|_| format!("`{text}` is no time of the form 2026-01-31T12:00:00Z"))
    }
}

impl LabelSource {
    /// As it is stored and exported.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Proposal => "proposal",
            Self::Import => "import",
            Self::Rule => "rule",
        }
    }
}

impl FromStr for LabelSource {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "person" => Ok(Self::Person),
            "proposal" => Ok(Self::Proposal),
            "import" => Ok(Self::Import),
            "rule" => Ok(Self::Rule),
            other => Err(format!("`{other}` is no source: use person, proposal, import or rule")),
        }
    }
}

impl Label {
    /// A label made now by a person on their own.
    #[must_use]
    pub fn by_person(is_yes: bool) -> Self {
        Self { is_yes, source: LabelSource::Person, at: Timestamp::now(), probability: None, version: None }
    }

    /// A label made now by a person who answered a proposal of that probability, made with that version in use.
    #[must_use]
    pub fn of_proposal(is_yes: bool, probability: f32, version: Option<i64>) -> Self {
        Self { source: LabelSource::Proposal, probability: Some(probability), version, ..Self::by_person(is_yes) }
    }

    /// A yes made now by a rule that a person set, to a proposal of that probability, made with that version in use.
    #[must_use]
    pub fn by_rule(probability: f32, version: Option<i64>) -> Self {
        Self { source: LabelSource::Rule, ..Self::of_proposal(true, probability, version) }
    }
}

impl Labels {
    /// The labels of an image, oldest tag first.
    #[must_use]
    pub fn of(&self, image: ImageId) -> &[(TagId, Label)] {
        self.by_image.get(&image).map_or(&[], Vec::as_slice)
    }

    /// What is known of an image and a tag.
    #[must_use]
    pub fn get(&self, image: ImageId, tag: TagId) -> Option<&Label> {
        self.of(image).iter().find(|(known, _)| *known == tag).map(|(_, label)| label)
    }

    /// The tag of a `one of` group that is known to fit.
    #[must_use]
    pub fn answer(&self, image: ImageId, group: GroupId, vocabulary: &Vocabulary) -> Option<TagId> {
        self.of(image)
            .iter()
            .find(|(tag, label)| label.is_yes && vocabulary.tag(*tag).is_some_and(|tag| tag.group == group))
            .map(|(tag, _)| *tag)
    }

    /// Whether nothing of the group is left to decide: an answer, or a no to every tag.
    #[must_use]
    pub fn is_decided(&self, image: ImageId, group: GroupId, vocabulary: &Vocabulary) -> bool {
        let Some(kind) = vocabulary.group(group).map(|group| group.kind) else { return true };
        let mut tags = vocabulary.open_tags_of(group).peekable();
        if tags.peek().is_none() {
            return true;
        }
        (kind == GroupKind::OneOf && self.answer(image, group, vocabulary).is_some())
            || tags.all(|tag| self.get(image, tag.id).is_some())
    }

    /// Whether every group is decided; with no tags yet nothing is.
    #[must_use]
    pub fn is_reviewed(&self, image: ImageId, vocabulary: &Vocabulary) -> bool {
        // Most images have no label at all, and answering for those must cost nothing.
        !self.of(image).is_empty() && vocabulary.groups.iter().all(|g| self.is_decided(image, g.id, vocabulary))
    }

    /// How many labels there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_image.values().map(Vec::len).sum()
    }

    /// Whether nothing is known of any image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_image.is_empty()
    }

    /// All (image, tag, label).
    pub fn iter(&self) -> impl Iterator<Item = (ImageId, TagId, &Label)> {
        self.by_image.iter().flat_map(|(image, labels)| labels.iter().map(move |(tag, label)| (*image, *tag, label)))
    }

    /// On how many photos a tag is known to fit, and known not to.
    #[must_use]
    pub fn counts(&self, tag: TagId) -> (usize, usize) {
        self.counts.get(&tag).copied().unwrap_or_default()
    }

    /// A digest of every yes and no but those that a rule set, whoever said them and when. It is a sum, so that the order
    /// in which they were said does not count, and is kept up to date label by label.
    #[must_use]
    pub fn digest(&self) -> u128 {
        self.digest
    }

    /// Sets or clears one label in this copy.
    pub fn set(&mut self, image: ImageId, tag: TagId, label: Option<Label>) {
        let of_image = self.by_image.entry(image).or_default();
        let position = of_image.iter().position(|(known, _)| *known == tag);
        let after = label.as_ref().map(|label| label.is_yes);
        let share_of = |label: &Label| share_of_digest(image, tag, label);
        self.digest = self.digest.wrapping_add(label.as_ref().map_or(0, share_of));
        let before = match (position, label) {
            (Some(index), Some(label)) => Some(std::mem::replace(&mut of_image[index].1, label)),
            (Some(index), None) => Some(of_image.remove(index).1),
            (None, Some(label)) => {
                of_image.push((tag, label));
                None
            }
            (None, None) => None,
        };
        if of_image.is_empty() {
            self.by_image.remove(&image);
        }
        let (yes, no) = self.counts.entry(tag).or_default();
        if let Some(label) = before {
            self.digest = self.digest.wrapping_sub(share_of(&label));
            *(if label.is_yes { &mut *yes } else { &mut *no }) -= 1;
        }
        if let Some(is_yes) = after {
            *(if is_yes { yes } else { no }) += 1;
        }
    }
}

/// What a label adds to the digest of all.
fn share_of_digest(image: ImageId, tag: TagId, label: &Label) -> u128 {
    if label.source == LabelSource::Rule {
        return 0;
    }
    let said = [image.0, tag.0, i64::from(label.is_yes)].map(i64::to_le_bytes);
    let hash = blake3::hash(said.as_flattened());
    u128::from_le_bytes(std::array::from_fn(|index| hash.as_bytes()[index]))
}

impl Catalogue {
    /// All labels.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn labels(&self) -> Result<Labels> {
        let mut statement = self.connection.prepare_cached(
            "SELECT image_id, tag_id, is_yes, source, at_ms, probability, version FROM labels ORDER BY image_id, tag_id",
        )?;
        let mut rows = statement.query([])?;
        let mut labels = Labels::default();
        while let Some(row) = rows.next()? {
            let source: String = row.get(3)?;
            let label = Label {
                is_yes: row.get(2)?,
                // A source that a later version invented is still a label; it counts as imported here.
                source: source.parse().unwrap_or(LabelSource::Import),
                at: Timestamp(row.get(4)?),
                probability: row.get(5)?,
                version: row.get(6)?,
            };
            labels.set(ImageId(row.get(0)?), TagId(row.get(1)?), Some(label));
        }
        Ok(labels)
    }
}
