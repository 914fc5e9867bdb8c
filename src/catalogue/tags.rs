//! Tag groups and tags: the questions and their answers.

use std::str::FromStr;

use rusqlite::Row;
use serde::{Deserialize, Serialize};

use super::{Catalogue, CatalogueError, Result};

/// Names are shown in one line; longer ones are a slip of the clipboard.
pub const MAX_NAME_CHARS: usize = 100;

/// A tag group's number in its catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GroupId(pub i64);

/// A tag's number in its catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TagId(pub i64);

/// How many answers a question has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GroupKind {
    /// Exactly one tag fits: category: dress / hat / shoes.
    #[serde(rename = "one of")]
    OneOf,
    /// Each tag fits or does not: floral, striped, cotton.
    #[serde(rename = "any of")]
    AnyOf,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub id: GroupId,
    pub name: String,
    pub kind: GroupKind,
    pub position: i64,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    pub id: TagId,
    pub group: GroupId,
    pub name: String,
    pub position: i64,
    /// Index into the window's colours for tags; none for the one that its place gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<u8>,
    /// The key that answers with it, beside its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<char>,
    /// What it means, for whoever tags.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// A retired tag keeps its labels but is neither offered nor learnt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_retired: bool,
}

/// All groups and tags of a catalogue, each in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    pub groups: Vec<Group>,
    pub tags: Vec<Tag>,
}

impl GroupKind {
    /// As it is written in files and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneOf => "one of",
            Self::AnyOf => "any of",
        }
    }
}

impl FromStr for GroupKind {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "one of" => Ok(Self::OneOf),
            "any of" => Ok(Self::AnyOf),
            other => Err(format!("`{other}` is neither `one of` nor `any of`")),
        }
    }
}

impl Tag {
    /// A tag with nothing but a name.
    #[must_use]
    pub fn new(id: TagId, group: GroupId, name: String, position: i64) -> Self {
        Self { id, group, name, position, colour: None, key: None, description: String::new(), is_retired: false }
    }
}

impl Vocabulary {
    /// The group of that name.
    #[must_use]
    pub fn group_named(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The group of that number.
    #[must_use]
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// The tag of that number.
    #[must_use]
    pub fn tag(&self, id: TagId) -> Option<&Tag> {
        self.tags.iter().find(|tag| tag.id == id)
    }

    /// The tag of that name in a group.
    #[must_use]
    pub fn tag_named(&self, group: GroupId, name: &str) -> Option<&Tag> {
        self.tags_of(group).find(|tag| tag.name == name)
    }

    /// The tags of a group, in order, retired ones included.
    pub fn tags_of(&self, group: GroupId) -> impl Iterator<Item = &Tag> {
        self.tags.iter().filter(move |tag| tag.group == group)
    }

    /// The tags of a group that are in use, in order.
    pub fn open_tags_of(&self, group: GroupId) -> impl Iterator<Item = &Tag> {
        self.tags_of(group).filter(|tag| !tag.is_retired)
    }

    /// A tag of another name that may well mean the same: it differs by case, an ending, or a slip of the finger.
    #[must_use]
    pub fn similar_tag(&self, name: &str) -> Option<&Tag> {
        let (lower, plain) = (name.to_lowercase(), stem(name));
        let is_slip = |other: &str| lower.chars().count() > 4 && strsim::damerau_levenshtein(other, &lower) == 1;
        let is_similar = |tag: &&Tag| {
            tag.name != name && !plain.is_empty() && (stem(&tag.name) == plain || is_slip(&tag.name.to_lowercase()))
        };
        self.tags.iter().find(is_similar)
    }
}

/// What remains of a name without case, blanks, hyphens and the endings of the English plural.
fn stem(name: &str) -> String {
    let name: String = name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    for (ending, singular) in [("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"), ("s", "")] {
        if let Some(rest) = name.strip_suffix(ending)
            && rest.chars().count() > 1
            && !rest.ends_with('s')
        {
            return format!("{rest}{singular}");
        }
    }
    name
}

/// The name as it is stored, on one line: trimmed, with a blank where a line or a cell ended, and without other control
/// characters.
///
/// # Errors
/// [`CatalogueError::EmptyName`] or [`CatalogueError::LongName`].
pub fn check_name(name: &str) -> Result<String> {
    let is_break = |c: char| c.is_whitespace() && (c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
    let shown: String = name.chars().filter(|&c| is_break(c) || !c.is_control()).collect();
    let parts: Vec<&str> = shown.split(is_break).map(str::trim).filter(|part| !part.is_empty()).collect();
    let name = parts.join(" ");
    if name.is_empty() {
        return Err(CatalogueError::EmptyName);
    }
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(CatalogueError::LongName);
    }
    Ok(name)
}

impl Catalogue {
    /// All groups and tags.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn vocabulary(&self) -> Result<Vocabulary> {
        let mut groups =
            self.connection.prepare_cached("SELECT id, name, kind, position FROM tag_groups ORDER BY position, id")?;
        let mut tags = self.connection.prepare_cached(
            "SELECT id, group_id, name, position, colour, key, description, is_retired FROM tags ORDER BY position, id",
        )?;
        Ok(Vocabulary {
            groups: groups.query_map([], group_of_row)?.collect::<rusqlite::Result<_>>()?,
            tags: tags.query_map([], tag_of_row)?.collect::<rusqlite::Result<_>>()?,
        })
    }
}

fn group_of_row(row: &Row<'_>) -> rusqlite::Result<Group> {
    let kind: String = row.get(2)?;
    let kind = kind.parse().map_err(|reason: String| {
        rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, reason.into())
    })?;
    Ok(Group { id: GroupId(row.get(0)?), name: row.get(1)?, kind, position: row.get(3)? })
}

fn tag_of_row(row: &Row<'_>) -> rusqlite::Result<Tag> {
    Ok(Tag {
        id: TagId(row.get(0)?),
        group: GroupId(row.get(1)?),
        name: row.get(2)?,
        position: row.get(3)?,
        colour: row.get(4)?,
        key: row.get::<_, Option<String>>(5)?.and_then(|key| key.chars().next()),
        description: row.get(6)?,
        is_retired: row.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line() {
        for (given, kept) in [
            ("two\nlines", "two lines"),
            ("two \r\n\t lines\n", "two lines"),
            ("two\u{2028}lines\u{85}", "two lines"),
            ("\u{7}\nbell\u{7} \u{0}", "bell"),
            ("two  blanks", "two  blanks"),
            ("红色\u{3000}连衣裙", "红色\u{3000}连衣裙"),
        ] {
            assert_eq!(check_name(given).unwrap(), kept, "{given:?}");
        }
        assert!(matches!(check_name("\r\n\t\u{0}"), Err(CatalogueError::EmptyName)));
    }

    #[test]
    fn near_synonyms_are_found_and_others_are_not() {
        let tag = |id, name: &str| Tag::new(TagId(id), GroupId(1), name.into(), id);
        let tags = vec![tag(1, "dress"), tag(2, "T-shirt"), tag(3, "red"), tag(4, "鞋子"), tag(5, "berry")];
        let vocabulary = Vocabulary { groups: Vec::new(), tags };
        let similar = |name: &str| vocabulary.similar_tag(name).map(|tag| tag.name.as_str());
        for (name, expected) in [
            ("Dresses", Some("dress")),
            ("Dress", Some("dress")),
            ("tshirt", Some("T-shirt")),
            ("t shirts", Some("T-shirt")),
            ("berries", Some("berry")),
            ("drses", Some("dress")),
            ("rod", None),
            ("dress", None),
            ("鞋", None),
            ("", None),
        ] {
            assert_eq!(similar(name), expected, "{name}");
        }
    }
}
