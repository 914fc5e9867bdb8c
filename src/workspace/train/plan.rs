//! What a run learns from and how, written down before it begins.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::evaluation::SAY_WHAT_FITS;
use super::super::examples::{Examples, examples};
use super::super::labelling::LabelsFrom;
use super::super::taught::taught_by;
use super::super::{Model, Workspace};
use super::{failure, room};
use crate::catalogue::{GroupId, ImageId, ImageRow, ImageState, Listing, SplitSide, TagId};
use crate::failure::Failure;
use crate::imaging::ContentHash;
use crate::learn::Target;
use crate::learn::train::{GroupShape, Settings};
use crate::vision::{ActivationLayout, ActivationStore, TrainOn, Unfreeze};

/// Views of a photo that are worth their room: the plain one and augmented ones.
const MAX_VIEWS: usize = 8;

/// Where nothing is frozen no view is kept: each time that a photo is shown, another of so many.
const FRESH_VIEWS: usize = 1 << 31;

/// What can be set of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainSettings {
    /// The tag group; all that have labels enough if none is named.
    pub group: Option<GroupId>,
    pub unfreeze: Unfreeze,
    pub recipe: Settings,
    /// Bytes that the cache of activations may take on disk. It is read through the system's own cache, so that it takes
    /// as much memory as there is to spare, and none that something else needs.
    pub cache_bytes: u64,
    /// A checkpoint is written after every epoch, and within one after so many minutes.
    pub checkpoint_minutes: f64,
    pub activate: Activate,
    /// Where the stages are trained, and in which type.
    #[serde(default)]
    pub on: TrainOn,
}

/// When the new version is put to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activate {
    /// If it is better than the live head on the same held-out photos.
    #[default]
    Auto,
    Always,
    Never,
}

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            group: None,
            unfreeze: Unfreeze::default(),
            recipe: Settings::default(),
            cache_bytes: 6 << 30,
            checkpoint_minutes: 5.0,
            activate: Activate::default(),
            on: TrainOn::default(),
        }
    }
}

/// A run before it begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Plan {
    pub settings: TrainSettings,
    /// The model that it begins with, as settings name it.
    pub model: String,
    pub groups: Vec<PlannedGroup>,
    /// Views of each photo that is learnt from, among which one is drawn whenever it is shown.
    pub num_views: usize,
    pub training: Vec<PlannedPhoto>,
    /// By these the best epoch is chosen.
    pub held_out: Vec<PlannedPhoto>,
    /// By these it is measured; where there are none, by those held out.
    pub test: Vec<PlannedPhoto>,
    /// A digest of what was known when it was written down; older plans do not say.
    #[serde(default)]
    pub taught_by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PlannedGroup {
    pub group: GroupId,
    pub is_one_of: bool,
    pub tags: Vec<TagId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct PlannedPhoto {
    pub hash: ContentHash,
    pub path: PathBuf,
    /// What is known of it in each group.
    pub targets: Vec<Option<Target>>,
    /// Groups in which the truth is a tag that is not learnt, and that tag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlearnt: Vec<(usize, String)>,
}

impl Plan {
    pub fn shapes(&self) -> Vec<GroupShape> {
        let shape = |group: &PlannedGroup| GroupShape { num_classes: group.tags.len(), is_one_of: group.is_one_of };
        self.groups.iter().map(shape).collect()
    }

    pub fn training_targets(&self) -> Vec<Vec<Option<Target>>> {
        self.training.iter().map(|photo| photo.targets.clone()).collect()
    }

    pub fn held_out_targets(&self) -> Vec<Vec<Option<Target>>> {
        self.held_out.iter().map(|photo| photo.targets.clone()).collect()
    }

    /// Held-out photos of each `one of` group whose truth is a tag that is not learnt.
    pub fn num_unlearnt(&self) -> Vec<usize> {
        let count = |(index, group): (usize, &PlannedGroup)| {
            let is_unlearnt = |photo: &&PlannedPhoto| {
                group.is_one_of && photo.targets[index].is_none() && photo.unlearnt.iter().any(|(of, _)| *of == index)
            };
            self.held_out.iter().filter(is_unlearnt).count()
        };
        self.groups.iter().enumerate().map(count).collect()
    }

    /// The photos by which the new version is measured.
    pub fn measured(&self) -> &[PlannedPhoto] {
        if self.test.is_empty() { &self.held_out } else { &self.test }
    }

    /// Goes on without photos that cannot be read.
    pub fn leave_out(&mut self, broken: &HashSet<ContentHash>) {
        for photos in [&mut self.training, &mut self.held_out, &mut self.test] {
            photos.retain(|photo| !broken.contains(&photo.hash));
        }
    }

    /// Takes the places of photos from the catalogue, which knows them by their content: they may have been moved, and
    /// a stranger's plan may name any. Only those to judge by may lie elsewhere, in a folder that was named with the run.
    pub fn find_photos(&mut self, listing: &Listing) {
        let images: HashMap<ContentHash, &ImageRow> =
            listing.images.iter().filter_map(|image| Some((image.hash?, image))).collect();
        let place = |photo: &PlannedPhoto| Some(listing.path_of(images.get(&photo.hash)?));
        for photo in self.training.iter_mut().chain(&mut self.test) {
            photo.path = place(photo).unwrap_or_default();
        }
        for photo in &mut self.held_out {
            if let Some(place) = place(photo) {
                photo.path = place;
            }
        }
    }

    /// Bytes that so many views of each photo that is learnt from take, and the plain one of those that are held out.
    fn cache_bytes(&self, layout: &ActivationLayout, num_views: usize) -> u64 {
        ActivationStore::bytes_of(layout, num_views, self.training.len())
            + ActivationStore::bytes_of(layout, 1, self.held_out.len())
    }

    /// As many views as the cache in that folder has room for.
    ///
    /// # Errors
    /// Where there is none for a single one.
    pub fn views_that_fit(&self, layout: &ActivationLayout, folder: &Path) -> Result<usize, Failure> {
        if self.settings.unfreeze == Unfreeze::All {
            return Ok(FRESH_VIEWS);
        }
        let budget = room::budget(self.settings.cache_bytes, folder);
        let fits = |views: &usize| self.cache_bytes(layout, *views) <= budget;
        (1..=MAX_VIEWS).rev().find(fits).ok_or_else(|| {
            let needed = room::in_gigabytes(self.cache_bytes(layout, 1));
            let photos = self.training.len() + self.held_out.len();
            let has = room::in_gigabytes(budget);
            let (place, advice) = if budget < self.settings.cache_bytes {
                ("the disk of the cache", "Make room there")
            } else {
                ("the budget of the cache", "Set a larger budget, with `--cache-gb` or in the expert settings")
            };
            failure(format!("what is computed of {photos} photos once takes {needed}, and {place} has room for {has}"))
                .try_next(format!("{advice}, or train the heads alone, which takes far less"))
                .at(folder)
        })
    }
}

impl Workspace {
    /// Writes down what a run with these settings would learn from.
    pub(super) fn plan_training(
        &mut self,
        settings: TrainSettings,
        model: &Model,
        held_out: Option<(&Self, &LabelsFrom)>,
    ) -> Result<Plan, Failure> {
        let sides = if held_out.is_none() { self.draw_splits()? } else { HashMap::new() };
        let side_of = |image: ImageId| sides.get(&image).copied().unwrap_or(SplitSide::Train);
        let (mut groups, mut targets) = (Vec::new(), BTreeMap::new());
        for (group, examples) in self.groups_to_train(settings.group) {
            let index = groups.len();
            for (image, (_, target)) in examples.images.into_iter().zip(examples.rows) {
                targets.entry(image).or_insert_with(Vec::new).push((index, target));
            }
            groups.push(PlannedGroup { group, is_one_of: examples.is_one_of, tags: examples.tags });
        }
        if groups.is_empty() {
            return Err(failure("there are too few labels to learn from")
                .try_next("Give two tags of a group at least two photos each, better fifty"));
        }
        let num_groups = groups.len();
        let mut plan = Plan {
            settings,
            model: self.data_folder().name_of(&self.model_source),
            groups,
            num_views: 1,
            training: Vec::new(),
            held_out: Vec::new(),
            test: Vec::new(),
            taught_by: Some(taught_by(&self.vocabulary, &self.labels)),
        };
        for (image, known) in targets {
            let Some(row) = self.index_of(image).map(|index| &self.listing.images[index]) else { continue };
            let Some(hash) = row.hash.filter(|_| row.state == ImageState::Ok) else { continue };
            let mut photo = PlannedPhoto {
                hash,
                path: self.listing.path_of(row),
                targets: vec![None; num_groups],
                unlearnt: Vec::new(),
            };
            known.into_iter().for_each(|(group, target)| photo.targets[group] = Some(target));
            // What the backbone has seen, in a run that held other photos out, cannot judge it any more.
            let side = if model.has_seen(&hash) { SplitSide::Train } else { side_of(image) };
            match side {
                SplitSide::Train => plan.training.push(photo),
                SplitSide::Validation => plan.held_out.push(photo),
                SplitSide::Test => plan.test.push(photo),
            }
        }
        if let Some((photos, truth)) = held_out {
            plan.held_out = self.held_out_photos(&plan, model, photos, truth)?;
        }
        if plan.training.is_empty() || plan.held_out.is_empty() {
            let few = plan.training.len() + plan.held_out.len() + plan.test.len();
            return Err(failure(format!("{few} labelled photos are too few to learn from some and judge by others"))
                .try_next("Label photos of more articles of each tag: all shots of one stay together"));
        }
        let layout = ActivationLayout::of(model.backbone.spec(), plan.settings.unfreeze);
        plan.num_views = plan.views_that_fit(&layout, &self.places.activations())?;
        Ok(plan)
    }

    /// The groups that have labels enough.
    fn groups_to_train(&self, wanted: Option<GroupId>) -> Vec<(GroupId, Examples)> {
        let feature_of = |image| self.feature_of(image);
        let groups = self.vocabulary.groups.iter().filter(|group| wanted.is_none_or(|wanted| wanted == group.id));
        groups
            .filter_map(|group| Some((group.id, examples(group, &self.vocabulary, &self.labels, &feature_of)?)))
            .collect()
    }

    /// The photos of another workspace that can be read, whose truth is known, and from which neither the run nor the
    /// backbone that it begins with has learnt.
    fn held_out_photos(
        &self,
        plan: &Plan,
        model: &Model,
        photos: &Self,
        truth: &LabelsFrom,
    ) -> Result<Vec<PlannedPhoto>, Failure> {
        let groups = &plan.groups;
        let mut found: BTreeMap<ImageId, PlannedPhoto> = BTreeMap::new();
        for (index, group) in groups.iter().enumerate() {
            let statements = photos.truths(truth, group.group, &self.vocabulary)?;
            let is_complete = statements.iter().all(|statement| statement.label.is_yes);
            for statement in statements {
                let Some(row) = photos.index_of(statement.image).map(|index| &photos.listing.images[index]) else {
                    continue;
                };
                let Some(hash) = row.hash.filter(|_| row.state == ImageState::Ok) else { continue };
                let photo = found.entry(statement.image).or_insert_with(|| PlannedPhoto {
                    hash,
                    path: photos.listing.path_of(row),
                    targets: vec![None; groups.len()],
                    unlearnt: Vec::new(),
                });
                let tag = self.vocabulary.tag_named(group.group, &statement.tag).map(|tag| tag.id);
                let class = tag.and_then(|tag| group.tags.iter().position(|known| *known == tag));
                match class {
                    Some(class) => photo.learn(index, group, class, statement.label.is_yes, is_complete),
                    None if statement.label.is_yes => photo.unlearnt.push((index, statement.tag)),
                    None => {}
                }
            }
        }
        let learnt: HashSet<ContentHash> = plan.training.iter().map(|photo| photo.hash).collect();
        let is_known = |photo: &PlannedPhoto| photo.targets.iter().any(Option::is_some) || !photo.unlearnt.is_empty();
        let is_learnt = |photo: &PlannedPhoto| learnt.contains(&photo.hash) || model.has_seen(&photo.hash);
        let (seen, unseen): (Vec<_>, Vec<_>) = found.into_values().filter(is_known).partition(is_learnt);
        let (num_seen, num_all) = (seen.len(), seen.len() + unseen.len());
        let folder = photos.listing.roots.first().cloned().unwrap_or_default();
        let refused = |reason: String, advice: &str| Err(failure(reason).at(&folder).try_next(advice));
        if num_all == 0 {
            return refused("no photo to judge by has a tag of the groups that are learnt".to_owned(), SAY_WHAT_FITS);
        }
        if unseen.is_empty() {
            return refused(
                format!("all {num_all} labelled photos to judge by were learnt from"),
                "Name a folder of other photos; without `--validation` some of the catalogue's are held out",
            );
        }
        if num_seen > 0 {
            let folder = folder.display();
            tracing::warn!("photos that were learnt from do not judge: {num_seen} of {num_all} in {folder}");
        }
        Ok(unseen)
    }
}

impl PlannedPhoto {
    /// Takes in what is said of it: that a class fits or not.
    fn learn(&mut self, index: usize, group: &PlannedGroup, class: usize, is_yes: bool, is_complete: bool) {
        if group.is_one_of {
            if is_yes {
                // The last word counts, as in an evaluation.
                self.targets[index] = Some(Target::Is(class));
                self.unlearnt.retain(|(group, _)| *group != index);
            }
            return;
        }
        let unknown = || Target::Each(vec![is_complete.then_some(false); group.tags.len()]);
        if let Target::Each(known) = self.targets[index].get_or_insert_with(unknown) {
            known[class] = Some(is_yes);
        }
    }
}
