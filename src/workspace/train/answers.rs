//! What a run's version said of the photos that it was measured on, kept in the run's folder.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::catalogue::{GroupId, TagId};
use crate::imaging::{self, ContentHash};
use crate::whole_file;

const NAME: &str = "answers.json";

/// The answers to the question of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::workspace) struct Answers {
    pub group: GroupId,
    /// The tags that it could say.
    pub tags: Vec<TagId>,
    /// Of a `one of` group.
    pub photos: Vec<Answer>,
    /// Of an `any of` group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub each: Vec<AnswerOfTag>,
}

/// What was said of one photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::workspace) struct Answer {
    pub photo: ContentHash,
    pub truth: TagId,
    pub said: TagId,
    pub probability: f32,
}

/// Whether a tag of an `any of` group fits a photo, and with which probability it was said to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::workspace) struct AnswerOfTag {
    pub photo: ContentHash,
    pub tag: TagId,
    pub fits: bool,
    pub probability: f32,
}

pub(super) fn write(folder: &Path, answers: &[Answers]) -> io::Result<()> {
    whole_file::write(&folder.join(NAME), &serde_json::to_vec(answers)?)
}

/// The answers of a run; none where it kept none.
pub(in crate::workspace) fn read(folder: &Path) -> Vec<Answers> {
    imaging::read(&folder.join(NAME)).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}
