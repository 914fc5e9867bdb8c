//! What a step of the history was, told apart from the words for it, which each language has its own.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What one action of a person did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "deed")]
pub enum Deed {
    Accept {
        tag: String,
        photos: usize,
    },
    Reject {
        tag: String,
        photos: usize,
    },
    Clear {
        tag: String,
        photos: usize,
    },
    /// A tag by name, made if it was not there.
    Set {
        tag: String,
        photos: usize,
    },
    AcceptProposals {
        photos: usize,
    },
    RejectProposals {
        photos: usize,
    },
    MarkReviewed {
        photos: usize,
    },
    /// A rule that the person set was applied to a tag or a whole group.
    AutoTag {
        what: String,
        photos: usize,
    },
    /// From a file, or from folder names where there is none.
    ImportLabels {
        file: Option<String>,
    },
    /// The labels of a photo that was changed, taken over by the new one.
    TakeOver {
        photos: usize,
    },
    AddTag {
        tag: String,
    },
    EditTag {
        tag: String,
    },
    RenameTag {
        from: String,
        to: String,
    },
    MergeTag {
        from: String,
        into: String,
    },
    SplitTag {
        from: String,
        to: String,
        photos: usize,
    },
    RetireTag {
        tag: String,
    },
    RestoreTag {
        tag: String,
    },
    DeleteTag {
        tag: String,
    },
    MoveTag {
        tag: String,
        group: String,
    },
    ReorderTags {
        group: String,
    },
    AddGroup {
        group: String,
    },
    RenameGroup {
        from: String,
        to: String,
    },
    ChangeKind {
        group: String,
        kind: super::GroupKind,
    },
    DeleteGroup {
        group: String,
    },
    SaveFilter {
        name: String,
    },
    RenameFilter {
        from: String,
        to: String,
    },
    DeleteFilter {
        name: String,
    },
    /// A step that an older Hangtag wrote, in its words.
    #[serde(skip)]
    Told(String),
}

impl Deed {
    /// How many photos it was about, where it was about photos.
    #[must_use]
    pub fn num_photos(&self) -> usize {
        match self {
            Self::Accept { photos, .. }
            | Self::Reject { photos, .. }
            | Self::Clear { photos, .. }
            | Self::Set { photos, .. }
            | Self::AcceptProposals { photos }
            | Self::RejectProposals { photos }
            | Self::MarkReviewed { photos }
            | Self::AutoTag { photos, .. }
            | Self::TakeOver { photos }
            | Self::SplitTag { photos, .. } => *photos,
            _ => 0,
        }
    }

    /// As it is stored.
    pub(super) fn to_stored(&self) -> String {
        match self {
            Self::Told(words) => words.clone(),
            // A plain enum of strings and numbers always becomes JSON; were it not so, words are stored.
            deed => serde_json::to_string(deed).unwrap_or_else(|_| deed.to_string()),
        }
    }

    pub(super) fn of_stored(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_else(|_| Self::Told(text.to_owned()))
    }
}

impl fmt::Display for Deed {
    /// In English, for commands and logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accept { tag, photos } => write!(f, "accept {tag} on {}", Photos(*photos)),
            Self::Reject { tag, photos } => write!(f, "reject {tag} on {}", Photos(*photos)),
            Self::Clear { tag, photos } => write!(f, "clear {tag} on {}", Photos(*photos)),
            Self::Set { tag, photos } => write!(f, "set {tag} on {}", Photos(*photos)),
            Self::AcceptProposals { photos } => write!(f, "accept proposals on {}", Photos(*photos)),
            Self::RejectProposals { photos } => write!(f, "reject proposals on {}", Photos(*photos)),
            Self::MarkReviewed { photos } => write!(f, "mark {} reviewed", Photos(*photos)),
            Self::AutoTag { what, photos } => write!(f, "auto-tag {what} on {}", Photos(*photos)),
            Self::ImportLabels { file: Some(file) } => write!(f, "import labels from {file}"),
            Self::ImportLabels { file: None } => write!(f, "import labels from folder names"),
            Self::TakeOver { photos } => write!(f, "take over the labels of {}", Photos(*photos)),
            Self::AddTag { tag } => write!(f, "new tag {tag}"),
            Self::EditTag { tag } => write!(f, "edit {tag}"),
            Self::RenameTag { from, to } | Self::RenameGroup { from, to } | Self::RenameFilter { from, to } => {
                write!(f, "rename {from} to {to}")
            }
            Self::MergeTag { from, into } => write!(f, "merge {from} into {into}"),
            Self::SplitTag { from, to, photos } => write!(f, "split {to} from {from} on {}", Photos(*photos)),
            Self::RetireTag { tag } => write!(f, "retire {tag}"),
            Self::RestoreTag { tag } => write!(f, "restore {tag}"),
            Self::DeleteTag { tag } => write!(f, "delete {tag}"),
            Self::MoveTag { tag, group } => write!(f, "move {tag} to {group}"),
            Self::ReorderTags { group } => write!(f, "reorder {group}"),
            Self::AddGroup { group } => write!(f, "new group {group}"),
            Self::ChangeKind { group, kind } => write!(f, "make {group} `{}`", kind.as_str()),
            Self::DeleteGroup { group } => write!(f, "delete the group {group}"),
            Self::SaveFilter { name } => write!(f, "save the filter {name}"),
            Self::DeleteFilter { name } => write!(f, "delete the filter {name}"),
            Self::Told(words) => f.write_str(words),
        }
    }
}

struct Photos(usize);

impl fmt::Display for Photos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 1 { f.write_str("1 photo") } else { write!(f, "{} photos", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_deeds_come_back_and_old_words_stay() {
        let deed = Deed::SplitTag { from: "鞋".into(), to: "boots".into(), photos: 3 };
        assert_eq!(Deed::of_stored(&deed.to_stored()), deed);
        assert_eq!(Deed::of_stored("accept dress on 2 photos"), Deed::Told("accept dress on 2 photos".into()));
        assert_eq!(Deed::Told("accept dress on 2 photos".into()).to_stored(), "accept dress on 2 photos");
    }
}
