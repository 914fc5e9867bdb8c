//! What a person does to a catalogue, as steps that can be undone and redone, across restarts.

use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

use super::deed::Deed;
use super::filters::SavedFilter;
use super::images::ImageId;
use super::labels::{Label, Labels, Timestamp};
use super::tags::{Group, GroupId, GroupKind, Tag, TagId, Vocabulary};
use super::{Catalogue, CatalogueError, Result, number_after};

/// Steps further back than this can no longer be undone, so that the file does not grow for ever.
const MAX_STEPS: i64 = 2_000;

/// The settings that name the greatest numbers of the groups and tags that were removed. None is given again: backups,
/// versions and other settings may still name them.
const REMOVED_GROUP: &str = "last removed group";
const REMOVED_TAG: &str = "last removed tag";

/// One row before and after: `None` where there is no such row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Change {
    Label { image: ImageId, tag: TagId, before: Option<Label>, after: Option<Label> },
    Tag { before: Option<Tag>, after: Option<Tag> },
    Group { before: Option<Group>, after: Option<Group> },
    Filter { before: Option<SavedFilter>, after: Option<SavedFilter> },
}

/// What one action of a person did, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub deed: Deed,
    pub changes: Vec<Change>,
}

impl Change {
    fn inverse(&self) -> Self {
        match self.clone() {
            Self::Label { image, tag, before, after } => Self::Label { image, tag, before: after, after: before },
            Self::Tag { before, after } => Self::Tag { before: after, after: before },
            Self::Group { before, after } => Self::Group { before: after, after: before },
            Self::Filter { before, after } => Self::Filter { before: after, after: before },
        }
    }
}

impl Step {
    /// A step without changes yet.
    #[must_use]
    pub fn of(deed: Deed) -> Self {
        Self { deed, changes: Vec::new() }
    }

    /// Adds the group and gives its row, numbered after all of `vocabulary` and all that the catalogue ever had.
    ///
    /// # Errors
    /// Where the catalogue cannot be read.
    pub fn add_group(
        &mut self,
        catalogue: &Catalogue,
        vocabulary: &mut Vocabulary,
        name: &str,
        kind: GroupKind,
    ) -> Result<Group> {
        let id = catalogue.next_number(REMOVED_GROUP, vocabulary.groups.iter().map(|group| group.id.0))?;
        let position = vocabulary.groups.iter().map(|group| group.position).max().unwrap_or(0) + 1;
        let group = Group { id: GroupId(id), name: name.to_owned(), kind, position };
        self.push(vocabulary, Change::Group { before: None, after: Some(group.clone()) });
        Ok(group)
    }

    /// Adds the tag to a group and gives its row, numbered as [`Step::add_group`] does.
    ///
    /// # Errors
    /// Where the catalogue cannot be read.
    pub fn add_tag(
        &mut self,
        catalogue: &Catalogue,
        vocabulary: &mut Vocabulary,
        group: GroupId,
        name: &str,
    ) -> Result<Tag> {
        let id = catalogue.next_number(REMOVED_TAG, vocabulary.tags.iter().map(|tag| tag.id.0))?;
        let position = vocabulary.tags_of(group).map(|tag| tag.position).max().unwrap_or(0) + 1;
        let tag = Tag::new(TagId(id), group, name.to_owned(), position);
        self.push(vocabulary, Change::Tag { before: None, after: Some(tag.clone()) });
        Ok(tag)
    }

    /// Gives a tag another row; `edit` changes what it likes but the number.
    pub fn edit_tag(&mut self, vocabulary: &mut Vocabulary, tag: &Tag, edit: impl FnOnce(&mut Tag)) {
        let mut after = tag.clone();
        edit(&mut after);
        if after != *tag {
            self.push(vocabulary, Change::Tag { before: Some(tag.clone()), after: Some(after) });
        }
    }

    /// Gives a group another row; `edit` changes what it likes but the number.
    pub fn edit_group(&mut self, vocabulary: &mut Vocabulary, group: &Group, edit: impl FnOnce(&mut Group)) {
        let mut after = group.clone();
        edit(&mut after);
        if after != *group {
            self.push(vocabulary, Change::Group { before: Some(group.clone()), after: Some(after) });
        }
    }

    /// Removes a tag that has no labels left.
    pub fn remove_tag(&mut self, vocabulary: &mut Vocabulary, tag: &Tag) {
        self.push(vocabulary, Change::Tag { before: Some(tag.clone()), after: None });
    }

    /// Removes a group that has no tags left.
    pub fn remove_group(&mut self, vocabulary: &mut Vocabulary, group: &Group) {
        self.push(vocabulary, Change::Group { before: Some(group.clone()), after: None });
    }

    /// Sets or clears what is known of an image and a tag. A yes in a `one of` group takes back the yes to any other
    /// tag of that group.
    pub fn set_label(
        &mut self,
        vocabulary: &Vocabulary,
        labels: &Labels,
        image: ImageId,
        tag: TagId,
        label: Option<Label>,
    ) {
        let Some(group) = vocabulary.tag(tag).and_then(|tag| vocabulary.group(tag.group)) else { return };
        if group.kind == GroupKind::OneOf && label.as_ref().is_some_and(|label| label.is_yes) {
            for (other, known) in labels.of(image) {
                let is_rival = *other != tag && vocabulary.tag(*other).is_some_and(|other| other.group == group.id);
                if is_rival && known.is_yes {
                    self.changes.push(Change::Label { image, tag: *other, before: Some(known.clone()), after: None });
                }
            }
        }
        let before = labels.get(image, tag).cloned();
        if before != label {
            self.changes.push(Change::Label { image, tag, before, after: label });
        }
    }

    fn push(&mut self, vocabulary: &mut Vocabulary, change: Change) {
        vocabulary.apply(&change);
        self.changes.push(change);
    }

    fn inverse(&self) -> Self {
        Self { deed: self.deed.clone(), changes: self.changes.iter().rev().map(Change::inverse).collect() }
    }
}

impl Vocabulary {
    /// Brings this copy up to date with a change; one of labels or filters does not concern it.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Group { before, after } => {
                self.groups.retain(|group| before.as_ref().is_none_or(|before| before.id != group.id));
                self.groups.extend(after.clone());
                self.groups.sort_by_key(|group| (group.position, group.id));
            }
            Change::Tag { before, after } => {
                self.tags.retain(|tag| before.as_ref().is_none_or(|before| before.id != tag.id));
                self.tags.extend(after.clone());
                self.tags.sort_by_key(|tag| (tag.position, tag.id));
            }
            Change::Label { .. } | Change::Filter { .. } => {}
        }
    }
}

impl Catalogue {
    /// Does what the step says and remembers it for undo. It is on disk when this returns.
    ///
    /// # Errors
    /// Where the catalogue is read-only or the disk does not take it; nothing has changed then.
    pub fn perform(&mut self, step: &Step) -> Result<()> {
        let transaction = self.begin()?;
        // What was undone before a new step can no longer be redone.
        transaction.execute("DELETE FROM history WHERE is_undone", [])?;
        apply_all(&transaction, &step.changes)?;
        let changes = to_json(&step.changes)?;
        transaction.execute(
            "INSERT INTO history (at_ms, words, changes) VALUES (?1, ?2, ?3)",
            params![Timestamp::now().0, step.deed.to_stored(), changes],
        )?;
        transaction.execute("DELETE FROM history WHERE id <= (SELECT MAX(id) FROM history) - ?1", [MAX_STEPS])?;
        transaction.commit()?;
        Ok(())
    }

    /// Takes the newest step back and gives what was done for it, or `None` where there is nothing to undo.
    ///
    /// # Errors
    /// As [`Catalogue::perform`].
    pub fn undo(&mut self) -> Result<Option<Step>> {
        self.replay("SELECT id, words, changes FROM history WHERE NOT is_undone ORDER BY id DESC LIMIT 1", true)
    }

    /// Does the step again that was undone last, or gives `None` where there is none.
    ///
    /// # Errors
    /// As [`Catalogue::perform`].
    pub fn redo(&mut self) -> Result<Option<Step>> {
        self.replay("SELECT id, words, changes FROM history WHERE is_undone ORDER BY id LIMIT 1", false)
    }

    /// What the steps were that undo and redo would handle now.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn next_in_history(&self) -> Result<(Option<Deed>, Option<Deed>)> {
        let one = |sql: &str| -> Result<Option<Deed>> {
            let words: Option<String> = self.connection.query_row(sql, [], |row| row.get(0)).optional()?;
            Ok(words.map(|words| Deed::of_stored(&words)))
        };
        Ok((
            one("SELECT words FROM history WHERE NOT is_undone ORDER BY id DESC LIMIT 1")?,
            one("SELECT words FROM history WHERE is_undone ORDER BY id LIMIT 1")?,
        ))
    }

    /// One more than the greatest of these numbers and of that in a setting.
    fn next_number(&self, removed: &str, living: impl Iterator<Item = i64>) -> Result<i64> {
        let removed = self.setting(removed)?.and_then(|number| number.parse::<i64>().ok());
        let last = living.chain(removed).max().unwrap_or(0);
        number_after(last, "tag or group")
    }

    fn replay(&mut self, select: &str, is_undo: bool) -> Result<Option<Step>> {
        let transaction = self.begin()?;
        let row: Option<(i64, String, String)> =
            transaction.query_row(select, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
        let Some((id, words, changes)) = row else { return Ok(None) };
        let recorded = Step { deed: Deed::of_stored(&words), changes: from_json(&changes)? };
        let step = if is_undo { recorded.inverse() } else { recorded };
        apply_all(&transaction, &step.changes)?;
        transaction.execute("UPDATE history SET is_undone = ?2 WHERE id = ?1", params![id, is_undo])?;
        transaction.commit()?;
        Ok(Some(step))
    }
}

fn apply_all(transaction: &Transaction<'_>, changes: &[Change]) -> Result<()> {
    let mut set_label = transaction.prepare_cached(
        "INSERT OR REPLACE INTO labels (image_id, tag_id, is_yes, source, at_ms, probability, version)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut clear_label = transaction.prepare_cached("DELETE FROM labels WHERE image_id = ?1 AND tag_id = ?2")?;
    for change in changes {
        match change {
            Change::Label { image, tag, after: Some(label), .. } => {
                let source = label.source.as_str();
                set_label.execute(params![
                    image.0,
                    tag.0,
                    label.is_yes,
                    source,
                    label.at.0,
                    label.probability,
                    label.version
                ])?;
            }
            Change::Label { image, tag, after: None, .. } => {
                clear_label.execute([image.0, tag.0])?;
            }
            Change::Tag { after: Some(tag), .. } => {
                transaction.execute(
                    "INSERT INTO tags (id, group_id, name, position, colour, key, description, is_retired)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                     ON CONFLICT (id) DO UPDATE SET group_id = ?2, name = ?3, position = ?4, colour = ?5, key = ?6,
                     description = ?7, is_retired = ?8",
                    params![
                        tag.id.0,
                        tag.group.0,
                        tag.name,
                        tag.position,
                        tag.colour,
                        tag.key.map(String::from),
                        tag.description,
                        tag.is_retired
                    ],
                )?;
            }
            Change::Tag { before: Some(tag), after: None } => {
                transaction.execute("DELETE FROM tags WHERE id = ?1", [tag.id.0])?;
                note_removed(transaction, REMOVED_TAG, tag.id.0)?;
            }
            Change::Group { after: Some(group), .. } => {
                transaction.execute(
                    "INSERT INTO tag_groups (id, name, kind, position) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (id) DO UPDATE SET name = ?2, kind = ?3, position = ?4",
                    params![group.id.0, group.name, group.kind.as_str(), group.position],
                )?;
            }
            Change::Group { before: Some(group), after: None } => {
                transaction.execute("DELETE FROM tag_groups WHERE id = ?1", [group.id.0])?;
                note_removed(transaction, REMOVED_GROUP, group.id.0)?;
            }
            Change::Filter { after: Some(filter), .. } => {
                transaction.execute(
                    "INSERT INTO saved_filters (id, name, query) VALUES (?1, ?2, ?3)
                     ON CONFLICT (id) DO UPDATE SET name = ?2, query = ?3",
                    params![filter.id, filter.name, filter.query],
                )?;
            }
            Change::Filter { before: Some(filter), after: None } => {
                transaction.execute("DELETE FROM saved_filters WHERE id = ?1", [filter.id])?;
            }
            Change::Tag { before: None, after: None }
            | Change::Group { before: None, after: None }
            | Change::Filter { before: None, after: None } => {}
        }
    }
    Ok(())
}

fn note_removed(transaction: &Transaction<'_>, setting: &str, number: i64) -> Result<()> {
    transaction.execute(
        "INSERT INTO settings (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = MAX(CAST(value AS INTEGER), ?2)",
        params![setting, number],
    )?;
    Ok(())
}

fn to_json(changes: &[Change]) -> Result<String> {
    serde_json::to_string(changes).map_err(history_damaged)
}

fn from_json(changes: &str) -> Result<Vec<Change>> {
    serde_json::from_str(changes).map_err(history_damaged)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn history_damaged(error: serde_json::Error) -> CatalogueError {
    CatalogueError::Refused(format!("the history holds a step that cannot be read ({error}); nothing was changed"))
}
