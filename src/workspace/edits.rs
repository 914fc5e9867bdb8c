//! What a person does: answers, tags, undo. Each is one step, on disk when the call returns.

use std::collections::{HashMap, HashSet};

use super::Workspace;
use super::products::ProductRule;
use crate::catalogue::{
    CatalogueError, Change, Deed, Group, GroupId, GroupKind, ImageId, Label, Step, TagId, Vocabulary, check_name,
    follow_filters,
};
use crate::failure::{Doing, Failure};
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

/// What products propose as a whole, worked out once each.
struct Pools {
    /// The photos that are meant; none where each photo is a product.
    meant: HashSet<ImageId>,
    known: HashMap<(u32, GroupId), Vec<(TagId, f32)>>,
}

impl Pools {
    fn new(rule: ProductRule, images: &[ImageId]) -> Self {
        let meant = if rule == ProductRule::Single { HashSet::new() } else { images.iter().copied().collect() };
        Self { meant, known: HashMap::new() }
    }
}

impl Workspace {
    /// Says the same of all these photos, as one step. What the model had proposed is kept with the label.
    ///
    /// # Errors
    /// Where the catalogue cannot be written; nothing has changed then.
    pub fn answer(&mut self, images: &[ImageId], tag: TagId, answer: Answer) -> Result<(), Failure> {
        let Some(tag) = self.vocabulary.tag(tag).cloned() else { return Ok(()) };
        let (name, photos) = (tag.name.clone(), images.len());
        let mut step = Step::of(match answer {
            Answer::Yes => Deed::Accept { tag: name, photos },
            Answer::No => Deed::Reject { tag: name, photos },
            Answer::Unknown => Deed::Clear { tag: name, photos },
        });
        for &image in images {
            let label = self.label_of(image, tag.group, tag.id, answer);
            step.set_label(&self.vocabulary, &self.labels, image, tag.id, label);
        }
        self.commit(step)
    }

    /// Decides a tag on many photos at once, as one step: it fits these, and does not fit those.
    ///
    /// # Errors
    /// As [`Workspace::answer`].
    pub fn settle_tag(&mut self, tag: TagId, fits: &[ImageId], fits_not: &[ImageId]) -> Result<(), Failure> {
        let Some(tag) = self.vocabulary.tag(tag).cloned() else { return Ok(()) };
        let mut step = Step::of(Deed::Accept { tag: tag.name.clone(), photos: fits.len() });
        for (images, answer) in [(fits, Answer::Yes), (fits_not, Answer::No)] {
            for &image in images {
                let label = self.label_of(image, tag.group, tag.id, answer);
                step.set_label(&self.vocabulary, &self.labels, image, tag.id, label);
            }
        }
        self.commit(step)
    }

    /// Accepts what is proposed for every group that is still open, for each of these photos, as one step. Shots of one
    /// product get what is proposed for all of them together. Photos without a head's proposal stay as they are. With
    /// `only`, other groups do as well.
    ///
    /// # Errors
    /// As [`Workspace::answer`].
    pub fn accept_proposals(&mut self, images: &[ImageId], only: Option<GroupId>) -> Result<(), Failure> {
        let mut step = Step::of(Deed::AcceptProposals { photos: 0 });
        let mut num_photos = 0;
        let mut pools = Pools::new(self.product_rule, images);
        let version = self.version_in_use();
        for &image in images {
            let before = step.changes.len();
            for group in self.vocabulary.groups.iter().filter(|group| only.is_none_or(|only| only == group.id)) {
                let proposed: Vec<(TagId, f32)> = match self.pooled_proposal(image, &mut pools, group) {
                    Some(pooled) => vec![pooled],
                    None => self.proposed(image, group.id).collect(),
                };
                for (tag, probability) in proposed {
                    let label = Some(Label::of_proposal(true, probability, version));
                    step.set_label(&self.vocabulary, &self.labels, image, tag, label);
                }
            }
            num_photos += usize::from(step.changes.len() > before);
        }
        step.deed = Deed::AcceptProposals { photos: num_photos };
        self.commit(step)
    }

    /// Rejects the likeliest proposal of the first group that is still open and has one, for each of these photos, as
    /// one step. Returns how many photos there was something to reject of.
    ///
    /// # Errors
    /// As [`Workspace::answer`].
    pub fn reject_proposals(&mut self, images: &[ImageId], only: Option<GroupId>) -> Result<usize, Failure> {
        let mut step = Step::of(Deed::RejectProposals { photos: 0 });
        let (mut rejected, version) = (None, self.version_in_use());
        let mut num_photos = 0;
        for &image in images {
            let likeliest = |group: GroupId| self.proposed(image, group).max_by(|a, b| a.1.total_cmp(&b.1));
            let mut asked = self.vocabulary.groups.iter().filter(|group| only.is_none_or(|only| only == group.id));
            if let Some((tag, p)) = asked.find_map(|group| likeliest(group.id)) {
                step.set_label(&self.vocabulary, &self.labels, image, tag, Some(Label::of_proposal(false, p, version)));
                rejected = Some(tag);
                num_photos += 1;
            }
        }
        step.deed = match (num_photos, rejected.and_then(|tag| self.vocabulary.tag(tag))) {
            (1, Some(tag)) => Deed::Reject { tag: tag.name.clone(), photos: 1 },
            _ => Deed::RejectProposals { photos: num_photos },
        };
        self.commit(step)?;
        Ok(num_photos)
    }

    /// What is proposed for a photo by all shots of its product together, if all of them are meant.
    fn pooled_proposal(&self, image: ImageId, pools: &mut Pools, group: &Group) -> Option<(TagId, f32)> {
        if pools.meant.is_empty() || group.kind != GroupKind::OneOf || self.proposed(image, group.id).next().is_none() {
            return None;
        }
        let index = self.index_of(image)?;
        let product = self.products.product_of(index)?;
        let pooled = pools.known.entry((product, group.id)).or_insert_with(|| {
            let shots = self.products.shots(index).iter().map(|&index| self.listing.images[index].id);
            let shots: Vec<ImageId> = shots.collect();
            let is_whole = shots.len() > 1 && shots.iter().all(|shot| pools.meant.contains(shot));
            if is_whole { self.pooled(&shots, group.id) } else { Vec::new() }
        });
        pooled.iter().find(|(tag, _)| self.labels.get(image, *tag).is_none()).copied()
    }

    /// Says yes to a tag by name for these photos, making the tag, and the group for a first tag, where needed.
    ///
    /// # Errors
    /// As [`Workspace::answer`], and for a name that cannot be one.
    pub fn answer_by_name(&mut self, images: &[ImageId], group: Option<GroupId>, name: &str) -> Result<(), Failure> {
        match self.group_for_new_tags(group).and_then(|group| self.vocabulary.group(group)).cloned() {
            Some(group) => self.answer_in_group(images, &group.name, group.kind, name),
            None => self.answer_in_group(images, FIRST_GROUP, GroupKind::OneOf, name),
        }
    }

    /// Says yes to a tag by name for these photos; the tag, and the group by name, are made where there are none.
    ///
    /// # Errors
    /// As [`Workspace::answer`], and for a name that cannot be one.
    pub fn answer_in_group(
        &mut self,
        images: &[ImageId],
        group: &str,
        kind: GroupKind,
        name: &str,
    ) -> Result<(), Failure> {
        let (group, name) = (check_name(group).map_err(|e| failed(&e))?, check_name(name).map_err(|e| failed(&e))?);
        let mut vocabulary = self.vocabulary.clone();
        let mut step = Step::of(match images.len() {
            0 => Deed::AddTag { tag: name.clone() },
            photos => Deed::Set { tag: name.clone(), photos },
        });
        let (group, tag) =
            self.group_and_tag(&mut step, &mut vocabulary, &group, kind, &name).map_err(|e| failed(&e))?;
        for &image in images {
            let guess = self.word_guesses.get(&image).into_iter().flatten().find(|guess| guess.name == name);
            let label = match guess.filter(|_| self.proposals.get(image, group, tag).is_none()) {
                Some(guess) => Some(Label::of_proposal(true, guess.probability, None)),
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
        let mut step = Step::of(Deed::Set { tag: tag.clone(), photos: 1 });
        let known = vocabulary.group_named(&group).and_then(|group| vocabulary.tag_named(group.id, &tag));
        if answer == Answer::Unknown && known.is_none() {
            return Ok(());
        }
        let (group, tag) =
            self.group_and_tag(&mut step, &mut vocabulary, &group, GroupKind::OneOf, &tag).map_err(|e| failed(&e))?;
        let label = self.label_of(image, group, tag, answer);
        step.set_label(&vocabulary, &self.labels, image, tag, label);
        self.commit(step)
    }

    /// The group and the tag of these names; the step makes what there is not.
    fn group_and_tag(
        &self,
        step: &mut Step,
        vocabulary: &mut Vocabulary,
        group: &str,
        kind: GroupKind,
        tag: &str,
    ) -> Result<(GroupId, TagId), CatalogueError> {
        let group = match vocabulary.group_named(group) {
            Some(known) => known.id,
            None => step.add_group(&self.catalogue, vocabulary, group, kind)?.id,
        };
        let tag = match vocabulary.tag_named(group, tag) {
            Some(known) => known.id,
            None => step.add_tag(&self.catalogue, vocabulary, group, tag)?.id,
        };
        Ok((group, tag))
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
        let mut step = Step::of(Deed::AddGroup { group: name.clone() });
        let added = step.add_group(&self.catalogue, &mut self.vocabulary.clone(), &name, kind);
        let group = added.map_err(|error| failed(&error))?.id;
        self.commit(step)?;
        Ok(group)
    }

    /// Marks photos as reviewed: what is still unknown of `any of` groups becomes *no*.
    ///
    /// # Errors
    /// As [`Workspace::answer`].
    pub fn mark_reviewed(&mut self, images: &[ImageId]) -> Result<(), Failure> {
        let mut step = Step::of(Deed::MarkReviewed { photos: images.len() });
        for &image in images {
            for group in self.vocabulary.groups.iter().filter(|group| group.kind == GroupKind::AnyOf) {
                for tag in self.vocabulary.open_tags_of(group.id) {
                    if self.labels.get(image, tag.id).is_none() {
                        let no = Some(Label::by_person(false));
                        step.set_label(&self.vocabulary, &self.labels, image, tag.id, no);
                    }
                }
            }
        }
        self.commit(step)
    }

    /// Takes the newest step back and says what it was.
    ///
    /// # Errors
    /// Where the catalogue cannot be written.
    pub fn undo(&mut self) -> Result<Option<Deed>, Failure> {
        let step = self.catalogue.undo().map_err(|error| failed(&error))?;
        Ok(self.follow(step))
    }

    /// Does the step again that was undone last and says what it was.
    ///
    /// # Errors
    /// Where the catalogue cannot be written.
    pub fn redo(&mut self) -> Result<Option<Deed>, Failure> {
        let step = self.catalogue.redo().map_err(|error| failed(&error))?;
        Ok(self.follow(step))
    }

    /// What undo and redo would take back and do again now.
    #[must_use]
    pub fn next_in_history(&self) -> (Option<&Deed>, Option<&Deed>) {
        (self.next_in_history.0.as_ref(), self.next_in_history.1.as_ref())
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
        Some(
            probability
                .map_or_else(|| Label::by_person(is_yes), |p| Label::of_proposal(is_yes, p, self.version_in_use())),
        )
    }

    fn group_for_new_tags(&self, asked: Option<GroupId>) -> Option<GroupId> {
        let is_known = |id: &GroupId| self.vocabulary.group(*id).is_some();
        asked.filter(is_known).or_else(|| self.vocabulary.groups.first().map(|group| group.id))
    }

    /// Puts a step on disk, then into the copies in memory. One without changes is nothing to undo.
    pub(super) fn commit(&mut self, step: Step) -> Result<(), Failure> {
        if step.changes.is_empty() {
            return Ok(());
        }
        self.catalogue.perform(&step).map_err(|error| failed(&error))?;
        self.follow(Some(step));
        Ok(())
    }

    /// Brings the copies in memory up to date with a step that is on disk.
    fn follow(&mut self, step: Option<Step>) -> Option<Deed> {
        let step = step?;
        self.revision += 1;
        let mut changed = Vec::new();
        let mut is_about_tags = false;
        for change in &step.changes {
            self.vocabulary.apply(change);
            follow_filters(&mut self.saved_filters, change);
            match change {
                Change::Label { image, tag, after, .. } => {
                    self.labels.set(*image, *tag, after.clone());
                    changed.push(*image);
                }
                Change::Tag { .. } | Change::Group { .. } => is_about_tags = true,
                Change::Filter { .. } => {}
            }
        }
        self.auto_tag.follow(&step.changes, &self.vocabulary);
        self.live_head.changes(step.changes);
        if is_about_tags {
            self.restand_all();
            self.sort_products();
            self.unseen.all(self.live_head.generation());
        } else {
            self.restand(changed.iter().copied());
            self.unseen.photos(self.live_head.generation(), changed);
        }
        self.next_in_history = self.catalogue.next_in_history().unwrap_or_default();
        Some(step.deed)
    }

    pub(super) fn reload_labels(&mut self) {
        self.revision += 1;
        let read = self.catalogue.vocabulary().and_then(|vocabulary| Ok((vocabulary, self.catalogue.labels()?)));
        match read {
            Ok((vocabulary, labels)) => {
                (self.vocabulary, self.labels) = (vocabulary, labels);
                self.live_head.replace(&self.vocabulary, &self.labels, &self.listing);
                self.auto_tag.forget();
                self.unseen.all(self.live_head.generation());
                self.restand_all();
                self.sort_products();
                self.next_in_history = self.catalogue.next_in_history().unwrap_or_default();
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

    /// Forgets what was chosen for every group but those named, for which this was.
    pub(super) fn replace_choices(&mut self, choices: &HashMap<GroupId, (Choice, usize)>) {
        for group in self.vocabulary.groups.clone() {
            match choices.get(&group.id) {
                Some(choice) => self.remember_choice(group.id, choice),
                None => {
                    if let Err(error) = self.catalogue.clear_setting(&choice_setting(group.id)) {
                        tracing::debug!("a choice was not forgotten: {error}");
                    }
                }
            }
        }
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

pub(super) fn failed(error: &CatalogueError) -> Failure {
    Failure::new(Doing::Saving, error).caused_by(error.cause())
}
