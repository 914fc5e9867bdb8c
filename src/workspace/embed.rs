//! The job that gives every photo its features, once, and its thumbnail where a window shows it.
//!
//! Decoding and the network overlap: a reader decodes the next batch on all cores while the network works on the one
//! before, with a bounded queue between them so that memory stays flat. Photos in full share a budget, until only their
//! crops are left.

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
use crate::imaging::{self, ContentHash, ImagingError, MAX_PIXELS, Permit, PixelBudget, THUMBNAIL_SIDE};
use crate::progress::Progress;
use crate::vision::{Backbone, Crop, FeatureStore};

/// Photos that go through the network together.
const BATCH: usize = 16;

/// Decoded batches that may wait for the network.
const QUEUE: usize = 2;

/// Of photos in full: the largest one takes all of it, 300 MB as RGB; eight of 12 million pixels do not wait.
static BUDGET: PixelBudget = PixelBudget::new(MAX_PIXELS);

/// A photo that has no features yet.
pub(super) struct Due {
    pub image: ImageId,
    hash: ContentHash,
    num_pixels: u64,
    path: PathBuf,
}

enum Decoded {
    Crop(ContentHash, Crop),
    Broken(ImageId, String),
    /// Gone, changed or no file any more since it was recorded: the next scan says more.
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
        .map(|(image, hash)| Due {
            image: image.id,
            hash,
            num_pixels: image.num_pixels(),
            path: listing.path_of(image),
        })
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
    let Ok(bytes) = imaging::read(&photo.path) else { return Decoded::Elsewhere };
    if ContentHash::of(&bytes) != photo.hash {
        return Decoded::Elsewhere;
    }
    match picture(&bytes, photo.num_pixels, backbone) {
        Ok((_permit, picture)) => {
            if thumbnails.awaits(&photo.hash) {
                thumbnails.keep(&photo.hash, finer(&bytes, &picture).as_ref().unwrap_or(&picture));
            }
            Decoded::Crop(photo.hash, backbone.spec().preprocess.crop(&picture))
        }
        Err(error) => Decoded::Broken(photo.image, error.to_string()),
    }
}

/// A photo as its features are computed from it, once there is room for it; the permit is to live as long as the picture.
pub(super) fn picture(
    bytes: &[u8],
    num_pixels: u64,
    backbone: &Backbone,
) -> Result<(Permit<'static>, RgbImage), ImagingError> {
    // A JPEG that is decoded no finer than is needed is hardly ever there in full: those in CMYK and broken ones are.
    let is_reduced = !backbone.is_exact() && imaging::format_name(bytes) == Some("jpeg");
    let permit = BUDGET.take(if is_reduced { 0 } else { num_pixels });
    Ok((permit, backbone.decode(bytes)?))
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::vision::{DeviceChoice, ModelSource};

    #[test]
    fn a_photo_that_is_decoded_in_full_waits_until_there_is_room_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.png");
        RgbImage::new(30, 20).save(&path).unwrap();
        let hash = ContentHash::of(&std::fs::read(&path).unwrap());
        let photo = Due { image: ImageId(1), hash, num_pixels: 600, path };
        let backbone = Backbone::open(&ModelSource::Starter, DeviceChoice::Cpu).unwrap();
        let thumbnails = ThumbnailCache::new(folder.path().join("thumbnails"), 0, false);
        let is_decoded = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let all = BUDGET.take(MAX_PIXELS);
            scope.spawn(|| {
                assert!(matches!(decode(&photo, &backbone, &thumbnails), Decoded::Crop(..)));
                is_decoded.store(true, Ordering::SeqCst);
            });
            std::thread::sleep(Duration::from_millis(200));
            assert!(!is_decoded.load(Ordering::SeqCst), "all of it is taken");
            drop(all);
        });
        assert!(is_decoded.into_inner());
    }
}
