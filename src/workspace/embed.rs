//! The job that gives every photo its features, once, and its thumbnail where a window shows it.
//!
//! Decoding and the network overlap: a reader decodes the next batch on all cores while the network works on the one
//! before, with a bounded queue between them so that memory stays flat.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use image::RgbImage;
use rayon::prelude::*;

use super::Workspace;
use super::event::{Event, Outbox};
use super::jobs::{JobSummary, JobTask};
use super::model::Model;
use super::pictures::ThumbnailCache;
use crate::catalogue::{ImageId, ImageState, Listing};
use crate::failure::{Doing, Failure};
use crate::imaging::{self, ContentHash, THUMBNAIL_SIDE};
use crate::progress::Progress;
use crate::vision::{Backbone, Crop, FeatureStore};

/// Photos that go through the network together.
const BATCH: usize = 16;

/// Decoded batches that may wait for the network.
const QUEUE: usize = 2;

/// A photo that has no features yet.
pub(super) struct Due {
    pub image: ImageId,
    hash: ContentHash,
    path: PathBuf,
}

enum Decoded {
    Crop(ContentHash, Crop),
    Broken(ImageId, String),
    /// Gone or changed since it was recorded: the next scan says more.
    Elsewhere,
}

impl Workspace {
    /// Starts to look at the photos that have no features yet.
    pub(super) fn start_embedding_if_due(&mut self) {
        let Some(model) = self.model.clone() else { return };
        // A model on its way may be this one in another precision.
        if !self.wants_embedding || self.is_embedding || self.jobs.is_running(&JobTask::OpenModel) {
            return;
        }
        self.wants_embedding = false;
        let mut due = due(&self.listing, &model.store);
        if due.is_empty() || self.turn_to_eight_bits(due.len()) {
            return;
        }
        // The head can learn from these while the others are looked at.
        due.sort_by_key(|photo| self.labels.of(photo.image).is_empty());
        self.is_embedding = true;
        let (thumbnails, outbox) = (self.thumbnails.clone(), self.outbox.clone());
        self.jobs.start(JobTask::Embed, &self.outbox, move |progress: &Progress| {
            let grew = || {
                outbox.send(Event::FeaturesGrew);
            };
            embed(&due, &model, &thumbnails, progress, &outbox, &grew)
        });
    }

    pub(super) fn mark_broken(&mut self, image: ImageId, reason: String) {
        // On a read-only catalogue the mark lasts as long as the window; the next opening finds it again.
        if let Err(error) = self.catalogue.set_fault(image, &reason)
            && self.read_only_reason().is_none()
        {
            tracing::warn!("a broken photo could not be noted: {error}");
        }
        self.restate(image, |workspace| {
            if let Some(index) = workspace.index_of(image) {
                Arc::make_mut(&mut workspace.listing).images[index].state = ImageState::Broken(reason);
            }
        });
    }
}

/// The photos that can be read and have no features.
pub(super) fn due(listing: &Listing, store: &FeatureStore) -> Vec<Due> {
    listing
        .images
        .iter()
        .filter(|image| image.state == ImageState::Ok)
        .filter_map(|image| image.hash.map(|hash| (image, hash)))
        .filter(|(_, hash)| store.get(hash).is_none())
        .map(|(image, hash)| Due { image: image.id, hash, path: listing.path_of(image) })
        .collect()
}

/// Computes and keeps the features of all that are due, and calls `grew` after every batch. A photo that cannot be decoded
/// is told and passed over.
pub(super) fn embed(
    due: &[Due],
    model: &Model,
    thumbnails: &ThumbnailCache,
    progress: &Progress,
    outbox: &Outbox,
    grew: &dyn Fn(),
) -> Result<JobSummary, Failure> {
    // A job may have done something else before.
    progress.set_total(progress.snapshot().done + due.len() as u64);
    let backbone = &model.backbone;
    let mut disk_failure = None;
    let (mut num_done, mut broken) = (0, Vec::new());
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Vec<Decoded>>(QUEUE);
        scope.spawn(move || {
            for batch in due.chunks(BATCH) {
                let decoded = batch.par_iter().map(|photo| decode(photo, backbone, thumbnails)).collect();
                // The other side hangs up when it was cancelled or failed.
                if progress.is_cancelled() || sender.send(decoded).is_err() {
                    break;
                }
            }
        });
        for batch in receiver {
            if progress.is_cancelled() {
                break;
            }
            let count = batch.len() as u64;
            let (mut hashes, mut crops) = (Vec::new(), Vec::new());
            for decoded in batch {
                match decoded {
                    Decoded::Crop(hash, crop) => {
                        hashes.push(hash);
                        crops.push(crop);
                    }
                    Decoded::Broken(image, reason) => {
                        outbox.send(Event::Broken(image, reason.clone()));
                        broken.push((image, reason));
                    }
                    Decoded::Elsewhere => {}
                }
            }
            let features = backbone.features(&crops);
            let features =
                features.map_err(|error| Failure::new(Doing::LookingAtPhotos, &error).caused_by(error.cause()))?;
            num_done += features.len();
            if let Err(error) = model.store.insert(hashes.into_iter().zip(features).collect()) {
                disk_failure.get_or_insert(error);
            }
            progress.add(count);
            grew();
        }
        Ok::<(), Failure>(())
    })?;
    if let Some(error) = disk_failure {
        // The work is done and in memory; only the next start has to do it again.
        tracing::warn!("{error}; the photos are looked at again next time");
    }
    Ok(JobSummary::Embedded { photos: num_done, broken })
}

fn decode(photo: &Due, backbone: &Backbone, thumbnails: &ThumbnailCache) -> Decoded {
    let Ok(bytes) = std::fs::read(&photo.path) else { return Decoded::Elsewhere };
    if ContentHash::of(&bytes) != photo.hash {
        return Decoded::Elsewhere;
    }
    match backbone.decode(&bytes) {
        Ok(picture) => {
            if thumbnails.awaits(&photo.hash) {
                thumbnails.keep(&photo.hash, finer(&bytes, &picture).as_ref().unwrap_or(&picture));
            }
            Decoded::Crop(photo.hash, backbone.spec().preprocess.crop(&picture))
        }
        Err(error) => Decoded::Broken(photo.image, error.to_string()),
    }
}

/// What a thumbnail is made of, where the network sees less of the photo than a thumbnail shows.
fn finer(bytes: &[u8], picture: &RgbImage) -> Option<RgbImage> {
    let side = picture.width().max(picture.height());
    let is_reduced = || imaging::header(bytes).is_ok_and(|header| header.width.max(header.height) > side);
    if side >= THUMBNAIL_SIDE || !is_reduced() {
        return None;
    }
    imaging::decode_within(bytes, THUMBNAIL_SIDE).ok()
}
