//! The views of a run's photos at the frozen boundary, computed once and kept in the cache; where nothing is frozen,
//! whether the photos can be read.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use image::RgbImage;
use rayon::prelude::*;

use super::super::Model;
use super::plan::{Plan, PlannedPhoto};
use super::{room, vision_failure};
use crate::failure::Failure;
use crate::imaging::{self, ContentHash};
use crate::progress::Progress;
use crate::vision::spec::Preprocess;
use crate::vision::{ActivationLayout, ActivationStore, Crop, Unfreeze, VisionError};

/// Views that are decoded together.
const VIEWS_TOGETHER: usize = 32;

/// Batches of them that may wait for the network.
const QUEUE: usize = 2;

/// Views that are there or due.
pub(super) struct Views<'a> {
    model: &'a Model,
    unfreeze: Unfreeze,
    /// None where nothing is frozen.
    stores: Option<Stores>,
    /// Those that are learnt from, and those that are held out.
    due: [Vec<&'a PlannedPhoto>; 2],
}

/// The views of the photos that are learnt from, and the plain ones of those that are held out.
pub(super) struct Stores {
    pub training: ActivationStore,
    /// None where one file holds both.
    held_out: Option<ActivationStore>,
}

/// What came of computing what was due.
pub(super) struct Filled {
    /// The cache; none where nothing is frozen.
    pub stores: Option<Stores>,
    /// Photos that cannot be read.
    pub broken: HashSet<ContentHash>,
}

/// A photo's views, or none where it cannot be read.
type Decoded = (ContentHash, Option<Vec<Crop>>);

impl Stores {
    pub fn held_out(&mut self) -> &mut ActivationStore {
        self.held_out.as_mut().unwrap_or(&mut self.training)
    }
}

impl<'a> Views<'a> {
    /// Opens the cache, and makes room in it for what is due.
    pub fn new(plan: &'a Plan, model: &'a Model, folder: &Path) -> Result<Self, VisionError> {
        let unfreeze = plan.settings.unfreeze;
        if unfreeze == Unfreeze::All {
            let due = [&plan.training, &plan.held_out].map(|photos| photos.iter().collect());
            return Ok(Self { model, unfreeze, stores: None, due });
        }
        let layout = ActivationLayout::of(model.backbone.spec(), unfreeze);
        let path = |views: usize| ActivationStore::path(folder, &model.backbone, unfreeze, views);
        let paths = [path(plan.num_views), path(1)];
        let needed = ActivationStore::bytes_of(&layout, plan.num_views, plan.training.len())
            + ActivationStore::bytes_of(&layout, 1, plan.held_out.len());
        let budget = room::budget(plan.settings.cache_bytes, folder);
        room::make(folder, &paths, budget.saturating_sub(needed));
        let open = |path: &Path, views: usize| ActivationStore::open(path, layout.clone(), views);
        let training = open(&paths[0], plan.num_views)?;
        let held_out = if plan.num_views == 1 { None } else { Some(open(&paths[1], 1)?) };
        let mut stores = Stores { training, held_out };
        let is_due = |store: &ActivationStore, photos: &'a [PlannedPhoto]| -> Vec<&'a PlannedPhoto> {
            let mut seen = HashSet::new();
            photos.iter().filter(|photo| !store.has(&photo.hash) && seen.insert(photo.hash)).collect()
        };
        let mut due = [is_due(&stores.training, &plan.training), is_due(stores.held_out(), &plan.held_out)];
        if plan.num_views == 1 {
            let first: HashSet<ContentHash> = due[0].iter().map(|photo| photo.hash).collect();
            due[1].retain(|photo| !first.contains(&photo.hash));
        }
        let bytes_due = ActivationStore::bytes_of(&layout, plan.num_views, due[0].len())
            + ActivationStore::bytes_of(&layout, 1, due[1].len());
        let kept: HashSet<&PathBuf> = paths.iter().collect();
        let bytes_kept: u64 = kept.iter().filter_map(|path| Some(fs::metadata(path).ok()?.len())).sum();
        // With the headers of files that are empty.
        let at_most = budget.max(needed) + 2 * ActivationStore::bytes_of(&layout, 1, 0);
        if bytes_kept + bytes_due > at_most {
            // The rest are photos that this run has nothing to do with, of other catalogues or deleted ones.
            drop(stores);
            for path in kept {
                let failed = |source| VisionError::Activations { path: path.clone(), source };
                fs::remove_file(path).map_err(failed)?;
            }
            return Self::new(plan, model, folder);
        }
        room::check(bytes_due, folder)?;
        Ok(Self { model, unfreeze, stores: Some(stores), due })
    }

    /// Views that are to be computed.
    pub fn num_due(&self) -> usize {
        let num_views = self.stores.as_ref().map_or(1, |stores| stores.training.num_views());
        self.due[0].len() * num_views + self.due[1].len()
    }

    /// Computes what is due; nothing where it was cancelled.
    pub fn fill(mut self, progress: &Progress) -> Result<Option<Filled>, Failure> {
        let mut broken = HashSet::new();
        for (photos, is_training) in self.due.iter().zip([true, false]) {
            let filled = match &mut self.stores {
                None => Ok(look_through(photos, &mut broken, progress)),
                Some(stores) => {
                    let store = if is_training { &mut stores.training } else { stores.held_out() };
                    fill(store, photos, self.model, self.unfreeze, &mut broken, progress)
                }
            };
            if !filled.map_err(|error| vision_failure(&error))? {
                return Ok(None);
            }
        }
        Ok(Some(Filled { stores: self.stores, broken }))
    }
}

/// Computes photos' views and appends them; false where it was cancelled.
fn fill(
    store: &mut ActivationStore,
    photos: &[&PlannedPhoto],
    model: &Model,
    unfreeze: Unfreeze,
    broken: &mut HashSet<ContentHash>,
    progress: &Progress,
) -> Result<bool, VisionError> {
    let preprocess = &model.backbone.spec().preprocess;
    let num_views = store.num_views();
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Vec<Decoded>>(QUEUE);
        scope.spawn(move || {
            for batch in photos.chunks((VIEWS_TOGETHER / num_views).max(1)) {
                let decoded = batch.par_iter().map(|photo| (photo.hash, decode(photo, preprocess, num_views)));
                // The other side hangs up when it was cancelled or failed.
                if progress.is_cancelled() || sender.send(decoded.collect()).is_err() {
                    break;
                }
            }
        });
        for batch in receiver {
            let count = batch.len();
            let (mut hashes, mut crops) = (Vec::new(), Vec::new());
            for (hash, views) in batch {
                match views {
                    Some(views) => {
                        hashes.push(hash);
                        crops.extend(views);
                    }
                    None => {
                        broken.insert(hash);
                    }
                }
            }
            let mut activations = model.backbone.activations(&crops, unfreeze)?.into_iter();
            let records: Vec<_> =
                hashes.into_iter().map(|hash| (hash, activations.by_ref().take(num_views).collect())).collect();
            store.append(&records)?;
            progress.add((count * num_views) as u64);
        }
        Ok(!progress.is_cancelled())
    })
}

/// Finds the photos that cannot be read; false where it was cancelled.
fn look_through(photos: &[&PlannedPhoto], broken: &mut HashSet<ContentHash>, progress: &Progress) -> bool {
    for batch in photos.chunks(VIEWS_TOGETHER) {
        broken.par_extend(batch.par_iter().filter(|photo| read(photo).is_none()).map(|photo| photo.hash));
        progress.add(batch.len() as u64);
        if progress.is_cancelled() {
            return false;
        }
    }
    true
}

/// A photo as the plan knows it, or none where it is gone, has changed or is damaged.
pub(super) fn read(photo: &PlannedPhoto) -> Option<RgbImage> {
    let bytes = imaging::read(&photo.path).ok().filter(|bytes| ContentHash::of(bytes) == photo.hash)?;
    imaging::decode(&bytes).ok()
}

fn decode(photo: &PlannedPhoto, preprocess: &Preprocess, num_views: usize) -> Option<Vec<Crop>> {
    let picture = read(photo)?;
    let plain = preprocess.crop(&picture);
    let smaller = preprocess.for_views(&picture);
    let others = (1..num_views).map(|number| preprocess.view(&smaller, &photo.hash, number as u64));
    Some(std::iter::once(plain).chain(others).collect())
}
