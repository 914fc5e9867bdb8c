//! Which photos two versions see differently.

use std::sync::Arc;

use super::event::Event;
use super::jobs::{JobSummary, JobTask};
use super::live_head::{GroupHead, Heads};
use super::{Model, Proposals, Workspace, embed};
use crate::catalogue::{GroupId, ImageId, ImageState, TagId};
use crate::failure::Failure;
use crate::vision::Feature;

/// Photos that are asked about together, so that memory stays flat over 100,000.
const CHUNK: usize = 4096;

/// From here on a tag of an `any of` group is said to fit.
const LIKELIER_THAN_NOT: f32 = 0.5;

/// What changes from one version to another.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionDiff {
    pub from: i64,
    pub to: i64,
    /// Photos that both were asked about.
    pub num_photos: usize,
    /// In order of path, then of group.
    pub changes: Vec<DiffRow>,
}

/// A photo and a group of which the versions say something else.
#[derive(Clone, Debug, PartialEq)]
pub struct DiffRow {
    pub image: ImageId,
    pub group: GroupId,
    /// The likeliest tag of a `one of` group; of an `any of` group all that are likelier than not.
    pub before: Vec<(TagId, f32)>,
    pub after: Vec<(TagId, f32)>,
}

/// One side of the comparison.
struct Side {
    model: Arc<Model>,
    heads: Heads,
}

impl Workspace {
    /// Finds out in the background which photos two versions see differently; [`Workspace::version_diff`] has the answer
    /// once it is done. Features that are missing under either backbone are computed first.
    ///
    /// # Errors
    /// Where there is no such version, or its backbone is gone.
    pub fn start_version_diff(&mut self, from: i64, to: i64) -> Result<(), Failure> {
        let asked = |number: i64| -> Result<_, Failure> {
            let key = self.version(number)?.record.features.clone();
            Ok((self.version_model(number)?, self.version_heads(number)?, key))
        };
        let asked = [asked(from)?, asked(to)?];
        let loaded = self.model.clone();
        let (device, features, listing) = (self.device, self.places.features(), self.listing.clone());
        let (thumbnails, outbox) = (self.thumbnails.clone(), self.outbox.clone());
        self.version_diff = None;
        self.jobs.start(JobTask::CompareVersions(from, to), &self.outbox, move |progress| {
            let mut models: Vec<Arc<Model>> = loaded.into_iter().collect();
            let mut sides = Vec::new();
            for (source, heads, key) in asked {
                let known = models.iter().find(|model| model.backbone.key() == key).cloned();
                let model = match known {
                    Some(model) => model,
                    None => Arc::new(Model::open(&source, device, &features)?),
                };
                if model.backbone.key() != key {
                    let other = std::io::Error::other("a backbone is not the one that its version was made with");
                    return Err(Failure::new("comparing versions", &other)
                        .try_next("Put the backbone back as it was, or compare other versions"));
                }
                let due = embed::due(&listing, &model.store);
                embed::embed(&due, &model, &thumbnails, progress, &outbox, &|| {})?;
                models.push(model.clone());
                sides.push(Side { model, heads });
            }
            let [before, after] = sides.as_slice() else { return Ok(JobSummary::Quiet) };
            let mut diff = VersionDiff { from, to, num_photos: 0, changes: Vec::new() };
            let readable: Vec<_> = listing.images.iter().filter(|image| image.state == ImageState::Ok).collect();
            for images in readable.chunks(CHUNK) {
                if progress.is_cancelled() {
                    return Ok(JobSummary::Quiet);
                }
                let both = images.iter().filter_map(|image| {
                    let hash = image.hash?;
                    Some((image.id, before.model.store.get(&hash)?, after.model.store.get(&hash)?))
                });
                diff.add(before, after, &both.collect::<Vec<_>>());
            }
            outbox.send(Event::VersionDiff(Box::new(diff)));
            Ok(JobSummary::Quiet)
        });
        Ok(())
    }

    /// What the last comparison found, once it is done.
    #[must_use]
    pub fn version_diff(&self) -> Option<&VersionDiff> {
        self.version_diff.as_ref()
    }
}

impl VersionDiff {
    fn add(&mut self, before: &Side, after: &Side, photos: &[(ImageId, Arc<Feature>, Arc<Feature>)]) {
        self.num_photos += photos.len();
        let old: Vec<_> = photos.iter().map(|(image, feature, _)| (*image, feature.clone())).collect();
        let new: Vec<_> = photos.iter().map(|(image, _, feature)| (*image, feature.clone())).collect();
        let (old, new) = (before.heads.propose(&old), after.heads.propose(&new));
        for (image, ..) in photos {
            for head in &before.heads.groups {
                if after.heads.of(head.group).is_none() {
                    continue;
                }
                let (before, after) = (said(&old, *image, head), said(&new, *image, head));
                if before.iter().map(|(tag, _)| tag).ne(after.iter().map(|(tag, _)| tag)) {
                    self.changes.push(DiffRow { image: *image, group: head.group, before, after });
                }
            }
        }
    }
}

/// What is said of a photo and a group, in order of tag.
fn said(proposals: &Proposals, image: ImageId, head: &GroupHead) -> Vec<(TagId, f32)> {
    if head.head.is_one_of() {
        return proposals.best(image, head.group).into_iter().collect();
    }
    let mut fitting: Vec<_> = proposals.of(image, head.group).filter(|(_, p)| *p >= LIKELIER_THAN_NOT).collect();
    fitting.sort_by_key(|(tag, _)| *tag);
    fitting
}
