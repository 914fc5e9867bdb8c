//! What a person does: answers, tags, undo. Each is one step, on disk when the call returns.

use std::collections::HashMap;

use super::Workspace;
use crate::catalogue::{CatalogueError, Change, GroupId, GroupKind, ImageId, Label, Step, TagId, check_name};
use crate::failure::Failure;
use crate::learn::Choice;

/// The group that everyday words and the first tags of a person go into.
const FIRST_GROUP: &str = "category";

/// What a person says of a photo and a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// Takes back what was said.
    Unknown,
}

impl Workspace {
    /// Says the same of all these photos, as one step. What the model had proposed is kept with the label.
    ///
    /// # Errors
    /// Where the catalogue cannot be written; nothing has changed then.
    pub fn answer(&mut self, images: &[ImageId], tag: TagId, answer: Answer) -> Result<(), Failure> {
        let Some(tag) = self.vocabulary.tag(tag).cloned() else { return Ok(()) };
        let verb = match answer {
            Answer::Yes => "accept",
            Answer::No => "reject",
            Answer::Unknown => "clear",
        };
        let mut step = Step::named(format!("{verb} {} on {}", tag.name, photos(images.len())));
        for &image in images {
            let label = self.label_of(image, tag.group, tag.id, answer);
            step.set_label(&self.vocabulary, &self.labels, image, tag.id, label);
        }
        self.commit(step)
    }

    /// Accepts the likeliest proposal of every group that is still open, for each of these photos, as one step. Photos
    /// without a head's proposal stay as they are.
    ///
    /// # Errors
    /// As [`Workspace::answer`].
    pub fn accept_proposals(&mut self, images: &[ImageId]) -> Result<(), Failure> {
        let mut step = Step::named(String::new());
        let mut num_photos = 0;
        for &image in images {
            let before = step.changes.len();
            for group in &self.vocabulary.groups {
                if self.labels.is_decided(image, group.id, &self.vocabulary) {
                    continue;
                }
                let proposed: Vec<(TagId, f32)> = match group.kind {
                    GroupKind::OneOf => self.open_proposal(image, group.id).into_iter().collect(),
                    GroupKind::AnyOf => self
                        .proposals
                        .of(image, group.id)
                        .filter(|(tag, p)| *p >= 0.5 && self.labels.get(image, *tag).is_none())
                        .collect(),
                };
                for (tag, probability) in proposed {
                    let label = Some(Label::of_proposal(true, probability));
                    step.set_label(&self.vocabulary, &self.labels, image, tag, label);
                }
            }
            num_photos += usize::from(step.changes.len() > before);
        }
        step.words = format!("accept proposals on {}", photos(num_photos));
        self.commit(step)
    }

    /// The likeliest tag of a `one of` group that nobody has rejected, while the group is open.
    #[must_use]
    pub fn open_proposal(&self, image: ImageId, group: GroupId) -> Option<(TagId, f32)> {
        if self.labels.answer(image, group, &self.vocabulary).is_some() {
            return None;
        }
        self.proposals
            .of(image, group)
            .filter(|(tag, _)| self.labels.get(image, *tag).is_none())
            .max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Says yes to a tag by name for these photos, making the tag, and the group for a first tag, where needed.
    ///
    /// # Errors
    /// As [`Workspace::answer`], and for a name that cannot be one.
    pub fn answer_by_name(&mut self, images: &[ImageId], group: Option<GroupId>, name: &str) -> Result<(), Failure> {
        let name = check_name(name).map_err(|error| failed(&error))?;
        let mut vocabulary = self.vocabulary.clone();
        let mut step = Step::named(format!("set {name} on {}", photos(images.len())));
        let group = self
            .group_for_new_tags(group)
            .unwrap_or_else(|| step.add_group(&mut vocabulary, FIRST_GROUP, GroupKind::OneOf).id);
        let known = vocabulary.tag_named(group, &name).map(|tag| tag.id);
        let tag = known.unwrap_or_else(|| step.add_tag(&mut vocabulary, group, &name).id);
        for &image in images {
            let guess = self.word_guesses.get(&image).into_iter().flatten().find(|guess| guess.name == name);
            let label = match guess.filter(|_| self.proposals.get(image, group, tag).is_none()) {
                Some(guess) => Some(Label::of_proposal(true, guess.probability)),
                None => self.label_of(image, group, tag, Answer::Yes),
            };
            step.set_label(&vocabulary, &self.labels, image, tag, label);
        }
        self.commit(step)
    }

    /// Says of one photo that a tag, by the names of its group and itself, fits or does not. Both are made where they
    /// are missing, unless there is nothing to take back.
    ///
    /// # Errors
    /// As [`Workspace::answer_by_name`].
    pub fn answer_in(&mut self, image: ImageId, group: &str, tag: &str, answer: Answer) -> Result<(), Failure> {
        let (group, tag) = (check_name(group).map_err(|e| failed(&e))?, check_name(tag).map_err(|e| failed(&e))?);
        let mut vocabulary = self.vocabulary.clone();
        let mut step = Step::named(format!("set {tag} on 1 photo"));
        let known = vocabulary.group_named(&group).map(|group| group.id);
        let known_tag = known.and_then(|group| vocabulary.tag_named(group, &tag)).map(|tag| tag.id);
        if answer == Answer::Unknown && known_tag.is_none() {
            return Ok(());
        }
        let group = known.unwrap_or_else(|| step.add_group(&mut vocabulary, &group, GroupKind::OneOf).id);
        let tag = known_tag.unwrap_or_else(|| step.add_tag(&mut vocabulary, group, &tag).id);
        let label = self.label_of(image, group, tag, answer);
        step.set_label(&vocabulary, &self.labels, image, tag, label);
        self.commit(step)
    }

    /// Makes a tag, in the given group or the first.
    ///
    /// # Errors
    /// As [`Workspace::answer_by_name`].
    pub fn add_tag(&mut self, group: Option<GroupId>, name: &str) -> Result<(), Failure> {
        self.answer_by_name(&[], group, name)
    }

    /// Makes a group, or gives the one of that name.
    ///
    /// # Errors
    /// As [`Workspace::answer_by_name`].
    pub fn add_group(&mut self, name: &str, kind: GroupKind) -> Result<GroupId, Failure> {
        let name = check_name(name).map_err(|error| failed(&error))?;
        if let Some(group) = self.vocabulary.group_named(&name) {
            return Ok(group.id);
        }
        let mut step = Step::named(format!("new group {name}"));
        let group = step.add_group(&mut self.vocabulary.clone(), &name, kind).id;
        self.commit(step)?;
        Ok(group)
    }

    /// Marks photos as reviewed: what is still unknown of `any of` groups becomes *no*.
    ///
    /// # Errors
    /// As [`Workspace::answer`].
    pub fn mark_reviewed(&mut self, images: &[ImageId]) -> Result<(), Failure> {
        let mut step = Step::named(format!("mark {} reviewed", photos(images.len())));
        for &image in images {
            for group in self.vocabulary.groups.iter().filter(|group| group.kind == GroupKind::AnyOf) {
                for tag in self.vocabulary.tags_of(group.id) {
                    if self.labels.get(image, tag.id).is_none() {
                        let no = Some(Label::by_person(false));
                        step.set_label(&self.vocabulary, &self.labels, image, tag.id, no);
                    }
                }
            }
        }
        self.commit(step)
    }

    /// Takes the newest step back; gives its words.
    ///
    /// # Errors
    /// Where the catalogue cannot be written.
    pub fn undo(&mut self) -> Result<Option<String>, Failure> {
        let step = self.catalogue.undo().map_err(|error| failed(&error))?;
        Ok(self.follow(step))
    }

    /// Does the step again that was undone last; gives its words.
    ///
    /// # Errors
    /// Where the catalogue cannot be written.
    pub fn redo(&mut self) -> Result<Option<String>, Failure> {
        let step = self.catalogue.redo().map_err(|error| failed(&error))?;
        Ok(self.follow(step))
    }

    /// The words of what undo and redo would do now.
    #[must_use]
    pub fn history_words(&self) -> (Option<&str>, Option<&str>) {
        (self.history_words.0.as_deref(), self.history_words.1.as_deref())
    }

    fn label_of(&self, image: ImageId, group: GroupId, tag: TagId, answer: Answer) -> Option<Label> {
        let is_yes = match answer {
            Answer::Yes => true,
            Answer::No => false,
            Answer::Unknown => return None,
        };
        // An answer is one to a proposal if this very tag was the likeliest, or likelier than not.
        let probability = self.proposals.get(image, group, tag).filter(|probability| {
            *probability >= 0.5 || self.proposals.best(image, group).is_some_and(|(best, _)| best == tag)
        });
        Some(probability.map_or_else(|| Label::by_person(is_yes), |p| Label::of_proposal(is_yes, p)))
    }

    fn group_for_new_tags(&self, asked: Option<GroupId>) -> Option<GroupId> {
        let is_known = |id: &GroupId| self.vocabulary.group(*id).is_some();
        asked.filter(is_known).or_else(|| self.vocabulary.groups.first().map(|group| group.id))
    }

    pub(super) fn commit(&mut self, step: Step) -> Result<(), Failure> {
        if step.changes.is_empty() {
            return Ok(());
        }
        self.catalogue.perform(&step).map_err(|error| failed(&error))?;
        self.follow(Some(step));
        Ok(())
    }

    /// Brings the copies in memory up to date with a step that is on disk.
    fn follow(&mut self, step: Option<Step>) -> Option<String> {
        let step = step?;
        self.revision += 1;
        for change in &step.changes {
            self.vocabulary.apply(change);
            if let Change::Label { image, tag, after, .. } = change {
                self.labels.set(*image, *tag, after.clone());
            }
        }
        self.live_head.changes(&step.changes);
        self.auto_tag.follow(&step.changes, &self.vocabulary);
        self.history_words = self.catalogue.history_words().unwrap_or_default();
        Some(step.words)
    }

    pub(super) fn reload_labels(&mut self) {
        self.revision += 1;
        let read = self.catalogue.vocabulary().and_then(|vocabulary| Ok((vocabulary, self.catalogue.labels()?)));
        match read {
            Ok((vocabulary, labels)) => {
                (self.vocabulary, self.labels) = (vocabulary, labels);
                self.live_head.replace(&self.vocabulary, &self.labels, &self.listing);
                self.auto_tag.forget();
                self.history_words = self.catalogue.history_words().unwrap_or_default();
            }
            Err(error) => tracing::error!("the labels could not be read again: {error}"),
        }
    }

    /// What cross-validation chose for each group when this catalogue was open last.
    pub(super) fn remembered_choices(&self) -> HashMap<GroupId, (Choice, usize)> {
        let remembered = |group: GroupId| -> Option<(Choice, usize)> {
            let json = self.catalogue.setting(&choice_setting(group)).ok()??;
            serde_json::from_str(&json).ok()
        };
        self.vocabulary.groups.iter().filter_map(|group| Some((group.id, remembered(group.id)?))).collect()
    }

    pub(super) fn remember_choice(&mut self, group: GroupId, choice: &(Choice, usize)) {
        let Ok(json) = serde_json::to_string(choice) else { return };
        // It is only a saving of time at the next start; a catalogue that is read-only does without.
        if let Err(error) = self.catalogue.set_setting(&choice_setting(group), &json) {
            tracing::debug!("a choice was not remembered: {error}");
        }
    }
}

fn choice_setting(group: GroupId) -> String {
    format!("live head of group {}", group.0)
}

pub(super) fn photos(count: usize) -> String {
    if count == 1 { "1 photo".into() } else { format!("{count} photos") }
}

fn failed(error: &CatalogueError) -> Failure {
    Failure::new("saving this", error)
}
