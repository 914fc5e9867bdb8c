//! What a person does to tags, groups and saved filters. Each is one step that can be undone.

use std::collections::HashMap;

use super::Workspace;
use super::edits::failed;
use crate::catalogue::{
    CatalogueError, Change, Deed, Group, GroupId, GroupKind, ImageId, Label, SavedFilter, Step, Tag, TagId, check_name,
};
use crate::failure::Failure;

type Done = Result<(), Failure>;

impl Workspace {
    /// Gives a tag another name.
    ///
    /// # Errors
    /// Where the name cannot be one, another tag of the group has it (merge them instead), or nothing can be written.
    pub fn rename_tag(&mut self, tag: TagId, name: &str) -> Done {
        let Some(tag) = self.vocabulary.tag(tag).cloned() else { return Ok(()) };
        self.change_tag(tag.id, name, tag.colour, tag.key, &tag.description)
    }

    /// Sets a tag's colour, key and description. A key that another tag had moves over.
    ///
    /// # Errors
    /// Where nothing can be written.
    pub fn describe_tag(&mut self, tag: TagId, colour: Option<u8>, key: Option<char>, description: &str) -> Done {
        let Some(name) = self.vocabulary.tag(tag).map(|tag| tag.name.clone()) else { return Ok(()) };
        self.change_tag(tag, &name, colour, key, description)
    }

    /// Sets a tag's name, colour, key and description, as one step. A key that another tag had moves over.
    ///
    /// # Errors
    /// As [`Workspace::rename_tag`].
    pub fn change_tag(
        &mut self,
        tag: TagId,
        name: &str,
        colour: Option<u8>,
        key: Option<char>,
        description: &str,
    ) -> Done {
        let Some(tag) = self.vocabulary.tag(tag).cloned() else { return Ok(()) };
        let name = check_name(name).map_err(|error| failed(&error))?;
        self.check_free(tag.group, tag.id, &name)?;
        let mut step = Step::of(if name == tag.name {
            Deed::EditTag { tag: tag.name.clone() }
        } else {
            Deed::RenameTag { from: tag.name.clone(), to: name.clone() }
        });
        let mut vocabulary = self.vocabulary.clone();
        if key.is_some() {
            let holders: Vec<Tag> =
                vocabulary.tags.iter().filter(|other| other.key == key && other.id != tag.id).cloned().collect();
            holders.iter().for_each(|holder| step.edit_tag(&mut vocabulary, holder, |holder| holder.key = None));
        }
        step.edit_tag(&mut vocabulary, &tag, |tag| {
            (tag.name, tag.colour, tag.key) = (name, colour, key);
            description.trim().clone_into(&mut tag.description);
        });
        self.commit(step)
    }

    /// Takes a tag out of use, or back into it. Its labels stay.
    ///
    /// # Errors
    /// Where nothing can be written.
    pub fn retire_tag(&mut self, tag: TagId, is_retired: bool) -> Done {
        let Some(tag) = self.vocabulary.tag(tag).cloned() else { return Ok(()) };
        let name = tag.name.clone();
        let mut step =
            Step::of(if is_retired { Deed::RetireTag { tag: name } } else { Deed::RestoreTag { tag: name } });
        step.edit_tag(&mut self.vocabulary.clone(), &tag, |tag| tag.is_retired = is_retired);
        self.commit(step)
    }

    /// Removes a tag and everything said of it.
    ///
    /// # Errors
    /// Where nothing can be written.
    pub fn delete_tag(&mut self, tag: TagId) -> Done {
        let Some(tag) = self.vocabulary.tag(tag).cloned() else { return Ok(()) };
        let mut step = Step::of(Deed::DeleteTag { tag: tag.name.clone() });
        for (image, label) in self.labels_of_tag(tag.id) {
            step.changes.push(Change::Label { image, tag: tag.id, before: Some(label), after: None });
        }
        step.remove_tag(&mut self.vocabulary.clone(), &tag);
        self.commit(step)
    }

    /// Moves a tag within its group, by so many places.
    ///
    /// # Errors
    /// Where nothing can be written.
    pub fn shift_tag(&mut self, tag: TagId, by: isize) -> Done {
        let Some(group) = self.vocabulary.tag(tag).and_then(|tag| self.vocabulary.group(tag.group)).cloned() else {
            return Ok(());
        };
        let mut order: Vec<Tag> = self.vocabulary.tags_of(group.id).cloned().collect();
        let Some(from) = order.iter().position(|other| other.id == tag) else { return Ok(()) };
        let to = from.saturating_add_signed(by).min(order.len() - 1);
        let moved = order.remove(from);
        order.insert(to, moved);
        let mut step = Step::of(Deed::ReorderTags { group: group.name });
        let mut vocabulary = self.vocabulary.clone();
        for (place, tag) in order.iter().enumerate() {
            step.edit_tag(&mut vocabulary, tag, |tag| tag.position = place as i64 + 1);
        }
        self.commit(step)
    }

    /// Makes two tags one: what was said of `from` is said of `into` where nothing was said of that, then `from` goes.
    ///
    /// # Errors
    /// Where nothing can be written.
    pub fn merge_tags(&mut self, from: TagId, into: TagId) -> Done {
        let (Some(from), Some(into)) = (self.vocabulary.tag(from).cloned(), self.vocabulary.tag(into).cloned()) else {
            return Ok(());
        };
        if from.id == into.id {
            return Ok(());
        }
        let mut step = Step::of(Deed::MergeTag { from: from.name.clone(), into: into.name.clone() });
        for (image, label) in self.labels_of_tag(from.id) {
            step.changes.push(Change::Label { image, tag: from.id, before: Some(label.clone()), after: None });
            let is_one_of = self.kind_of(into.group) == Some(GroupKind::OneOf);
            let answer = self.labels.answer(image, into.group, &self.vocabulary);
            let is_answered = is_one_of && answer.is_some_and(|tag| tag != from.id);
            // What was said of one name of a thing holds for the other; an answer that was given stays.
            let has_place = self.labels.get(image, into.id).is_none_or(|known| label.is_yes && !known.is_yes);
            if has_place && !is_answered {
                let before = self.labels.get(image, into.id).cloned();
                step.changes.push(Change::Label { image, tag: into.id, before, after: Some(label) });
            }
        }
        step.remove_tag(&mut self.vocabulary.clone(), &from);
        self.commit(step)
    }

    /// Makes a new tag beside `tag` and gives it the yes of these photos.
    ///
    /// # Errors
    /// As [`Workspace::rename_tag`].
    pub fn split_tag(&mut self, tag: TagId, images: &[ImageId], name: &str) -> Done {
        let Some(tag) = self.vocabulary.tag(tag).cloned() else { return Ok(()) };
        let name = check_name(name).map_err(|error| failed(&error))?;
        if self.vocabulary.tag_named(tag.group, &name).is_some() {
            return Err(failed(&CatalogueError::TakenName(name)));
        }
        let images = self.with_other_shots(images);
        let mut step = Step::of(Deed::SplitTag { from: tag.name.clone(), to: name.clone(), photos: images.len() });
        let mut vocabulary = self.vocabulary.clone();
        let new = step.add_tag(&self.catalogue, &mut vocabulary, tag.group, &name).map_err(|error| failed(&error))?.id;
        let is_one_of = self.kind_of(tag.group) == Some(GroupKind::OneOf);
        for &image in &images {
            let before = self.labels.get(image, tag.id).cloned();
            let is_yes = before.as_ref().is_some_and(|label| label.is_yes);
            let label = before.clone().filter(|_| is_yes).unwrap_or_else(|| Label::by_person(true));
            // In a `one of` group the yes to the new tag takes the old one back by itself.
            if before.is_some() && !(is_one_of && is_yes) {
                step.changes.push(Change::Label { image, tag: tag.id, before, after: None });
            }
            step.set_label(&vocabulary, &self.labels, image, new, Some(label));
        }
        self.commit(step)
    }

    /// Moves a tag, with its labels, to another group. Where that is a `one of` group and a photo has an answer there
    /// already, the answer stays and the moved yes goes.
    ///
    /// # Errors
    /// As [`Workspace::rename_tag`].
    pub fn move_tag(&mut self, tag: TagId, to: GroupId) -> Done {
        let (Some(tag), Some(group)) = (self.vocabulary.tag(tag).cloned(), self.vocabulary.group(to).cloned()) else {
            return Ok(());
        };
        self.check_free(to, tag.id, &tag.name)?;
        let mut step = Step::of(Deed::MoveTag { tag: tag.name.clone(), group: group.name.clone() });
        for (image, label) in self.labels_without_place(tag.id, &group) {
            step.changes.push(Change::Label { image, tag: tag.id, before: Some(label), after: None });
        }
        let last = self.vocabulary.tags_of(to).map(|tag| tag.position).max().unwrap_or(0);
        step.edit_tag(&mut self.vocabulary.clone(), &tag, |tag| (tag.group, tag.position) = (to, last + 1));
        self.commit(step)
    }

    /// How many labels a move to another group would take away.
    #[must_use]
    pub fn labels_lost_by_move(&self, tag: TagId, to: GroupId) -> usize {
        self.vocabulary.group(to).map_or(0, |group| self.labels_without_place(tag, group).len())
    }

    /// Gives a group another name.
    ///
    /// # Errors
    /// As [`Workspace::rename_tag`].
    pub fn rename_group(&mut self, group: GroupId, name: &str) -> Done {
        let Some(kind) = self.kind_of(group) else { return Ok(()) };
        self.change_group(group, name, kind)
    }

    /// How many labels a change of kind would take away: the older ones where a photo has more than one yes.
    #[must_use]
    pub fn labels_lost_by_kind(&self, group: GroupId, kind: GroupKind) -> usize {
        if kind == GroupKind::OneOf { self.surplus_yes(group).len() } else { 0 }
    }

    /// Makes a group `one of` or `any of`. To become `one of`, a photo keeps the newest yes of several.
    ///
    /// # Errors
    /// Where nothing can be written.
    pub fn change_kind(&mut self, group: GroupId, kind: GroupKind) -> Done {
        let Some(name) = self.vocabulary.group(group).map(|group| group.name.clone()) else { return Ok(()) };
        self.change_group(group, &name, kind)
    }

    /// Sets a group's name and kind, as one step.
    ///
    /// # Errors
    /// As [`Workspace::rename_tag`].
    pub fn change_group(&mut self, group: GroupId, name: &str, kind: GroupKind) -> Done {
        let Some(group) = self.vocabulary.group(group).cloned() else { return Ok(()) };
        let name = check_name(name).map_err(|error| failed(&error))?;
        if self.vocabulary.group_named(&name).is_some_and(|other| other.id != group.id) {
            return Err(failed(&CatalogueError::TakenName(name)));
        }
        let mut step = Step::of(if kind == group.kind {
            Deed::RenameGroup { from: group.name.clone(), to: name.clone() }
        } else {
            Deed::ChangeKind { group: name.clone(), kind }
        });
        if kind == GroupKind::OneOf && kind != group.kind {
            for (image, tag, label) in self.surplus_yes(group.id) {
                step.changes.push(Change::Label { image, tag, before: Some(label), after: None });
            }
        }
        step.edit_group(&mut self.vocabulary.clone(), &group, |group| (group.name, group.kind) = (name, kind));
        self.commit(step)
    }

    /// Removes a group with its tags and everything said of them.
    ///
    /// # Errors
    /// Where nothing can be written.
    pub fn delete_group(&mut self, group: GroupId) -> Done {
        let Some(group) = self.vocabulary.group(group).cloned() else { return Ok(()) };
        let mut step = Step::of(Deed::DeleteGroup { group: group.name.clone() });
        let tags: Vec<Tag> = self.vocabulary.tags_of(group.id).cloned().collect();
        let mut vocabulary = self.vocabulary.clone();
        for tag in &tags {
            for (image, label) in self.labels_of_tag(tag.id) {
                step.changes.push(Change::Label { image, tag: tag.id, before: Some(label), after: None });
            }
            step.remove_tag(&mut vocabulary, tag);
        }
        step.remove_group(&mut vocabulary, &group);
        self.commit(step)
    }

    /// How many photos a tag has a label on.
    #[must_use]
    pub fn num_labels_of(&self, tag: TagId) -> usize {
        let (yes, no) = self.labels.counts(tag);
        yes + no
    }

    /// Queries that a person gave a name, by name.
    #[must_use]
    pub fn saved_filters(&self) -> &[SavedFilter] {
        &self.saved_filters
    }

    /// Keeps a query under a name, in place of the one that had it.
    ///
    /// # Errors
    /// Where the name cannot be one, or nothing can be written.
    pub fn save_filter(&mut self, name: &str, query: &str) -> Done {
        let name = check_name(name).map_err(|error| failed(&error))?;
        let before = self.saved_filters.iter().find(|filter| filter.name == name).cloned();
        let next = self.saved_filters.iter().map(|filter| filter.id).max().unwrap_or(0) + 1;
        let id = before.as_ref().map_or(next, |before| before.id);
        let after = Some(SavedFilter { id, name: name.clone(), query: query.trim().to_owned() });
        let mut step = Step::of(Deed::SaveFilter { name });
        step.changes.push(Change::Filter { before, after });
        self.commit(step)
    }

    /// Gives a saved query another name.
    ///
    /// # Errors
    /// Where the name cannot be one or another filter has it, or nothing can be written.
    pub fn rename_filter(&mut self, id: i64, name: &str) -> Done {
        let Some(filter) = self.saved_filters.iter().find(|filter| filter.id == id).cloned() else { return Ok(()) };
        let name = check_name(name).map_err(|error| failed(&error))?;
        if self.saved_filters.iter().any(|other| other.id != id && other.name == name) {
            return Err(failed(&CatalogueError::TakenName(name)));
        }
        let mut step = Step::of(Deed::RenameFilter { from: filter.name.clone(), to: name.clone() });
        if name != filter.name {
            let after = Some(SavedFilter { name, ..filter.clone() });
            step.changes.push(Change::Filter { before: Some(filter), after });
        }
        self.commit(step)
    }

    /// Forgets a saved query.
    ///
    /// # Errors
    /// Where nothing can be written.
    pub fn delete_filter(&mut self, id: i64) -> Done {
        let Some(filter) = self.saved_filters.iter().find(|filter| filter.id == id).cloned() else { return Ok(()) };
        let mut step = Step::of(Deed::DeleteFilter { name: filter.name.clone() });
        step.changes.push(Change::Filter { before: Some(filter), after: None });
        self.commit(step)
    }

    /// Gives changed photos the labels of the photos that lay at their paths before, where nothing is said of them yet.
    ///
    /// # Errors
    /// Where nothing can be written.
    pub fn take_over_labels(&mut self, images: &[ImageId]) -> Done {
        let mut step = Step::of(Deed::TakeOver { photos: images.len() });
        for &image in images {
            let replaced = self.index_of(image).and_then(|index| self.listing.images[index].replaces);
            let Some(replaced) = replaced.filter(|_| self.labels.of(image).is_empty()) else { continue };
            for (tag, label) in self.labels.of(replaced) {
                let after = Some(label.clone());
                step.changes.push(Change::Label { image, tag: *tag, before: None, after });
            }
        }
        self.commit(step)
    }

    /// The labels of a tag that a group has no place for: the yes where its one answer is given.
    fn labels_without_place(&self, tag: TagId, group: &Group) -> Vec<(ImageId, Label)> {
        if group.kind != GroupKind::OneOf {
            return Vec::new();
        }
        let mut labels = self.labels_of_tag(tag);
        labels
            .retain(|(image, label)| label.is_yes && self.labels.answer(*image, group.id, &self.vocabulary).is_some());
        labels
    }

    fn kind_of(&self, group: GroupId) -> Option<GroupKind> {
        self.vocabulary.group(group).map(|group: &Group| group.kind)
    }

    /// The labels of a tag, in order of image, so that the same edit always makes the same step.
    fn labels_of_tag(&self, tag: TagId) -> Vec<(ImageId, Label)> {
        let of_tag = self.labels.iter().filter(|(_, known, _)| *known == tag);
        let mut labels: Vec<(ImageId, Label)> = of_tag.map(|(image, _, label)| (image, label.clone())).collect();
        labels.sort_by_key(|(image, _)| *image);
        labels
    }

    /// Every yes of a group but the newest of each photo.
    fn surplus_yes(&self, group: GroupId) -> Vec<(ImageId, TagId, Label)> {
        let tags: HashMap<TagId, i64> = self.vocabulary.tags_of(group).map(|tag| (tag.id, tag.position)).collect();
        let mut surplus = Vec::new();
        let of_group = self.labels.iter().filter(|(_, tag, label)| label.is_yes && tags.contains_key(tag));
        let mut by_image: HashMap<ImageId, Vec<(TagId, &Label)>> = HashMap::new();
        of_group.for_each(|(image, tag, label)| by_image.entry(image).or_default().push((tag, label)));
        for (image, mut yes) in by_image {
            yes.sort_by_key(|(tag, label)| (std::cmp::Reverse(label.at), tags[tag]));
            surplus.extend(yes.into_iter().skip(1).map(|(tag, label)| (image, tag, label.clone())));
        }
        surplus.sort_by_key(|(image, tag, _)| (*image, *tag));
        surplus
    }

    fn check_free(&self, group: GroupId, tag: TagId, name: &str) -> Done {
        match self.vocabulary.tag_named(group, name) {
            Some(other) if other.id != tag => Err(failed(&CatalogueError::TakenName(name.to_owned()))),
            _ => Ok(()),
        }
    }
}
