//! A vocabulary and photos of which everything is set by hand, for the tests of this room.

mod laws;
mod lines;

use super::{Facts, Place, Query};
use crate::catalogue::{Group, GroupId, GroupKind, LabelSource, Tag, TagId, Timestamp, Vocabulary};

/// Two groups with a tag of the same name, a tag with a blank, and one that is called as a value is.
pub(super) fn vocabulary() -> Vocabulary {
    let groups = [("category", GroupKind::OneOf), ("colour", GroupKind::OneOf), ("trim", GroupKind::AnyOf)];
    let tags = [
        (1, "dress"),
        (1, "hat"),
        (2, "red"),
        (3, "red"),
        (3, "long sleeve"),
        (3, "连衣裙"),
        (2, "any"),
        (3, "a/b=\"c\\"),
    ];
    Vocabulary {
        groups: (1..)
            .zip(groups)
            .map(|(id, (name, kind))| Group { id: GroupId(id), name: name.into(), kind, position: id })
            .collect(),
        tags: (1..).zip(tags).map(|(id, (group, name))| Tag::new(TagId(id), GroupId(group), name.into(), id)).collect(),
    }
}

/// A photo of which everything is set by hand.
#[derive(Clone, Debug)]
struct Photo {
    path: String,
    labels: Vec<(TagId, bool)>,
    proposed: Vec<TagId>,
    decided: Vec<GroupId>,
    score: Option<f32>,
    place: Place,
    is_unsure: bool,
    is_duplicate: bool,
    by: Vec<LabelSource>,
    size: Option<(u32, u32)>,
    modified: Option<Timestamp>,
}

impl Default for Photo {
    fn default() -> Self {
        Self {
            path: "photos/Summer dresses/IMG_0001.JPG".into(),
            labels: Vec::new(),
            proposed: Vec::new(),
            decided: Vec::new(),
            score: None,
            place: Place::ToReview,
            is_unsure: false,
            is_duplicate: false,
            by: Vec::new(),
            size: None,
            modified: None,
        }
    }
}

impl Facts for Photo {
    fn path(&self) -> &str {
        &self.path
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    fn label(&self, tag: TagId) -> Option<bool> {
        self.labels.iter().find(|(known, _)| *known == tag).map(|(_, is_yes)| *is_yes)
    }

    fn is_proposed(&self, tag: TagId) -> bool {
        self.proposed.contains(&tag)
    }

    fn is_decided(&self, group: GroupId) -> bool {
        self.decided.contains(&group)
    }

    fn score(&self) -> Option<f32> {
        self.score
    }

    fn place(&self) -> Place {
        self.place
    }

    fn is_unsure(&self) -> bool {
        self.is_unsure
    }

    fn is_duplicate(&self) -> bool {
        self.is_duplicate
    }

    fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    fn has_proposal(&self) -> bool {
        !self.proposed.is_empty()
    }

    fn has_label_from(&self, source: LabelSource) -> bool {
        self.by.contains(&source)
    }

    fn size(&self) -> Option<(u32, u32)> {
        self.size
    }

    fn modified(&self) -> Option<Timestamp> {
        self.modified
    }
}

fn asks_for(line: &str, photo: &Photo) -> bool {
    Query::parse(line, &vocabulary()).unwrap_or_else(|error| panic!("{line}: {error}")).matches(photo)
}
