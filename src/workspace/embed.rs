//! The job that gives every photo its features and its thumbnail, once.
//!
//! Decoding and the network overlap: a reader decodes the next batch on all cores while the network works on the one
//! before, with a bounded queue between them so that memory stays flat.

use std::path::PathBuf;
use std::sync::mpsc::sync_channel;

use rayon::prelude::*;

use super::event::{Event, Outbox};
use super::jobs::JobSummary;
use super::model::Model;
use super::pictures::ThumbnailCache;
use crate::catalogue::{ImageId, ImageState, Listing};
use crate::failure::Failure;
use crate::imaging::{self, ContentHash};
use crate::progress::Progress;
use crate::vision::spec::Preprocess;
use crate::vision::{Crop, FeatureStore};

/// Photos that go through the network together.
const BATCH: usize = 16;

/// Decoded batches that may wait for the network.
const QUEUE: usize = 2;

/// A photo that has no features yet.
pub(super) struct Due {
    image: ImageId,
    hash: ContentHash,
    path: PathBuf,
}

enum Decoded {
    Crop(ContentHash, Crop),
    Broken(ImageId, String),
    /// Gone or changed since it was recorded: the next scan says more.
    Elsewhere,
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
    progress.set_total(due.len() as u64);
    let preprocess = &model.backbone.spec().preprocess;
    let mut disk_failure = None;
    let (mut num_done, mut broken) = (0, Vec::new());
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Vec<Decoded>>(QUEUE);
        scope.spawn(move || {
            for batch in due.chunks(BATCH) {
                let decoded = batch.par_iter().map(|photo| decode(photo, preprocess, thumbnails)).collect();
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
            let features = model.backbone.features(&crops).map_err(|e| Failure::new("looking at photos", &e))?;
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

fn decode(photo: &Due, preprocess: &Preprocess, thumbnails: &ThumbnailCache) -> Decoded {
    let Ok(bytes) = std::fs::read(&photo.path) else { return Decoded::Elsewhere };
    if ContentHash::of(&bytes) != photo.hash {
        return Decoded::Elsewhere;
    }
    match imaging::decode(&bytes) {
        Ok(picture) => {
            thumbnails.keep(&photo.hash, &picture);
            Decoded::Crop(photo.hash, preprocess.crop(&picture))
        }
        Err(error) => Decoded::Broken(photo.image, error.to_string()),
    }
}
