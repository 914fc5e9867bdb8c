//! The job that exports a model: what it learnt, the photos that it is checked with, and the app's own answers to them.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use super::jobs::{JobSummary, JobTask};
use super::model::Model;
use super::{Heads, Workspace};
use crate::catalogue::{ImageId, ImageState, LabelSource, Labels, Listing, TagId, Timestamp, Vocabulary};
use crate::export::{self, About, AboutGroup, AboutTag, ExportError, Format, Head, Parity, ParityPhoto, Precision};
use crate::failure::Failure;
use crate::imaging::{self, ContentHash};
use crate::learn;
use crate::progress::Progress;
use crate::vision::{Crop, ModelSource};

/// Photos that a written model is checked with.
const CHECKED: usize = 200;

/// Of them those whose truth is known, where there are enough.
const CHECKED_WITH_TRUTH: usize = 150;

/// Photos that int8 is fitted to.
const CALIBRATING: usize = 256;

/// Photos whose files go along, and how large one of them may be.
const FILES: usize = 24;
const MAX_FILE_BYTES: u64 = 8_000_000;

/// Headers that are looked at, to have every kind of photo in the check.
const LOOKED_AT: usize = 2000;
const EACH_KIND: usize = 3;

/// A head with its group and tags as they are called now.
struct Named {
    group: String,
    tags: Vec<(TagId, String)>,
    head: learn::Head,
    num_photos: usize,
}

/// A photo that may be used for the check.
struct Candidate {
    image: ImageId,
    hash: ContentHash,
    path: PathBuf,
    name: String,
    /// For each head, the tag that is known to fit.
    truths: Vec<Option<usize>>,
}

/// A candidate that could be read.
struct Read {
    candidate: usize,
    crop: Crop,
    kind: Kind,
    num_bytes: u64,
}

/// What may make a decoder see something else: ending, EXIF orientation, whether it is plain.
type Kind = (String, u8, bool);

/// Everything that the job takes along.
struct Export {
    request: export::Request,
    source: ModelSource,
    model: Arc<Model>,
    heads: Vec<Named>,
    about: About,
    candidates: Vec<Candidate>,
}

impl Workspace {
    /// Writes the model in the background, checked against the app's own answers.
    ///
    /// # Errors
    /// Where nothing was learnt yet, or the model is not read.
    pub fn start_export(&mut self, request: export::Request) -> Result<(), Failure> {
        let failed = |error: &ExportError| Failure::new("exporting the model", error);
        let Some(model) = self.model.clone() else {
            return Err(self.model_failure.clone().unwrap_or_else(|| failed(&ExportError::NothingLearnt)));
        };
        let heads = named(&self.heads, &self.vocabulary);
        if heads.is_empty() {
            return Err(failed(&ExportError::NothingLearnt)
                .try_next("Give two tags of a group two photos each, and export again"));
        }
        let about = About {
            name: self.name(),
            version: 1,
            created: Timestamp::now().to_string(),
            groups: heads.iter().map(|head| about_group(head, &self.labels)).collect(),
        };
        let candidates = candidates(&self.listing, &self.labels, &heads);
        let task = JobTask::Export(request.format.name().to_owned());
        let export = Export { request, source: self.model_source.clone(), model, heads, about, candidates };
        self.jobs.start(task, &self.outbox, move |progress| {
            let out = export.request.out.clone();
            export.run(progress).map(JobSummary::Exported).map_err(|error| {
                let failure = Failure::new("exporting the model", &error);
                match error {
                    ExportError::Differs(_) => {
                        failure.try_next("Nothing was written; an int8 model is kept all the same with --insist")
                    }
                    ExportError::Write { .. } | ExportError::Place(_) => failure
                        .at(&out)
                        .try_next("What was there before is as it was: make room, or choose another folder"),
                    _ => failure,
                }
            })
        });
        Ok(())
    }
}

impl Export {
    fn run(self, progress: &Progress) -> Result<export::Report, ExportError> {
        let is_int8 = self.request.precision == Precision::Int8;
        let num_runs = if self.request.format == Format::Onnx { 2 } else { 0 };
        let chosen = choose(&self.candidates, progress);
        let calibrating = if is_int8 { self.candidates.len().min(CALIBRATING) } else { 0 };
        progress.set_total((chosen.len() * (1 + num_runs) + 2 * calibrating) as u64);
        let parity = self.parity(&chosen, progress)?;
        let calibration = if is_int8 { self.calibration(progress) } else { Vec::new() };
        let heads = self.heads.iter().map(|head| {
            let tags = head.tags.iter().map(|(_, name)| name.clone()).collect();
            Head::new(&head.group, tags, &head.head)
        });
        let model = export::Model::open(&self.source, heads.collect(), self.about)?;
        export::write(&self.request, &model, &parity, &calibration, progress)
    }

    /// The app's own answers to the chosen photos, each read as any photo is.
    fn parity(&self, chosen: &[usize], progress: &Progress) -> Result<Parity, ExportError> {
        let mut parity = Parity::default();
        let mut kinds: HashMap<Kind, usize> = HashMap::new();
        // A batch at a time, so that a cancel is heard.
        for chosen in chosen.chunks(16) {
            if progress.is_cancelled() {
                return Err(ExportError::Cancelled);
            }
            let read: Vec<Read> = chosen.par_iter().filter_map(|&candidate| self.read(candidate)).collect();
            let (facts, crops): (Vec<_>, Vec<_>) =
                read.into_iter().map(|read| ((read.candidate, read.kind, read.num_bytes), read.crop)).unzip();
            for features in self.model.backbone.embeddings(&crops)? {
                parity.expected.push(self.heads.iter().flat_map(|head| head.head.answer(&features)).collect());
            }
            for ((candidate, kind, num_bytes), crop) in facts.into_iter().zip(crops) {
                let is_plain = kind.2;
                let Candidate { path, name, truths, .. } = &self.candidates[candidate];
                let seen = kinds.entry(kind).or_default();
                *seen += 1;
                if *seen <= 2 * EACH_KIND && parity.photos.len() < FILES && num_bytes <= MAX_FILE_BYTES {
                    parity.photos.push(ParityPhoto { path: path.clone(), image: parity.crops.len(), is_plain });
                }
                parity.num_held_out += usize::from(truths.iter().all(Option::is_none));
                parity.truths.push(truths.clone());
                parity.names.push(name.clone());
                parity.crops.push(crop);
            }
            progress.add(chosen.len() as u64);
        }
        Ok(parity)
    }

    /// Other photos than those of the check come first.
    fn calibration(&self, progress: &Progress) -> Vec<Crop> {
        let from_the_end: Vec<usize> = (0..self.candidates.len()).rev().take(CALIBRATING).collect();
        let crops = from_the_end.par_iter().filter_map(|&candidate| {
            progress.add(1);
            if progress.is_cancelled() { None } else { self.read(candidate).map(|read| read.crop) }
        });
        crops.collect()
    }

    /// None for a photo that is gone, changed or broken: the next import says more of it.
    fn read(&self, candidate: usize) -> Option<Read> {
        let photo = &self.candidates[candidate];
        let bytes = std::fs::read(&photo.path).ok()?;
        if ContentHash::of(&bytes) != photo.hash {
            return None;
        }
        let picture = imaging::decode(&bytes).ok()?;
        let crop = self.model.backbone.spec().preprocess.crop(&picture);
        Some(Read { candidate, crop, kind: kind_of(photo, &bytes)?, num_bytes: bytes.len() as u64 })
    }
}

fn kind_of(photo: &Candidate, bytes: &[u8]) -> Option<Kind> {
    let ending = photo.path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let header = imaging::header(bytes).ok()?;
    Some((ending.unwrap_or_default(), header.orientation, imaging::is_plain(bytes)))
}

/// The heads under the names that groups and tags have now.
fn named(heads: &Heads, vocabulary: &Vocabulary) -> Vec<Named> {
    let name = |tag: &TagId| vocabulary.tag(*tag).map(|known| (*tag, known.name.clone()));
    let of_group = |head: &super::GroupHead| {
        let tags: Option<Vec<_>> = head.tags.iter().map(name).collect();
        Some(Named {
            group: vocabulary.group(head.group)?.name.clone(),
            tags: tags?,
            head: head.head.clone(),
            num_photos: head.num_photos,
        })
    };
    heads.groups.iter().filter_map(of_group).collect()
}

fn about_group(head: &Named, labels: &Labels) -> AboutGroup {
    let mut counts: HashMap<TagId, usize> = HashMap::new();
    for (_, tag, _) in labels.iter().filter(|(_, _, label)| label.is_yes && label.source != LabelSource::Rule) {
        *counts.entry(tag).or_default() += 1;
    }
    let about_tag = |(tag, name): &(TagId, String)| AboutTag {
        tag: name.clone(),
        photos: counts.get(tag).copied().unwrap_or(0),
        precision: None,
        recall: None,
    };
    AboutGroup {
        group: head.group.clone(),
        photos: head.num_photos,
        temperature: head.head.temperature(),
        accuracy: None,
        per_tag: head.tags.iter().map(about_tag).collect(),
    }
}

/// Every photo that can be read, in an order that says nothing of them and is always the same.
fn candidates(listing: &Listing, labels: &Labels, heads: &[Named]) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = listing
        .images
        .iter()
        .filter(|image| image.state == ImageState::Ok)
        .filter_map(|image| {
            let known: HashSet<TagId> = labels
                .of(image.id)
                .iter()
                .filter(|(_, label)| label.is_yes && label.source != LabelSource::Rule)
                .map(|(tag, _)| *tag)
                .collect();
            let truth = |head: &Named| head.tags.iter().position(|(tag, _)| known.contains(tag));
            Some(Candidate {
                image: image.id,
                hash: image.hash?,
                path: listing.path_of(image),
                name: image.path().to_owned(),
                truths: heads.iter().map(|head| truth(head).filter(|_| head.head.is_one_of())).collect(),
            })
        })
        .collect();
    all.sort_by_key(|candidate| (candidate.hash, candidate.image));
    all
}

/// Which candidates are checked: some of every kind of file first, then those whose truth is known, then others.
fn choose(candidates: &[Candidate], progress: &Progress) -> Vec<usize> {
    let kinds: Vec<Option<Kind>> = candidates
        .par_iter()
        .take(LOOKED_AT)
        .map(|photo| {
            if progress.is_cancelled() {
                return None;
            }
            kind_of(photo, &std::fs::read(&photo.path).ok()?)
        })
        .collect();
    let mut seen: HashMap<Kind, usize> = HashMap::new();
    let mut chosen: Vec<usize> = Vec::new();
    for (index, kind) in kinds.into_iter().enumerate() {
        let Some(kind) = kind else { continue };
        let count = seen.entry(kind).or_default();
        *count += 1;
        if *count <= EACH_KIND {
            chosen.push(index);
        }
    }
    chosen.truncate(CHECKED);
    let is_known = |index: &usize| candidates[*index].truths.iter().any(Option::is_some);
    let mut taken: HashSet<usize> = chosen.iter().copied().collect();
    let known: Vec<usize> = (0..candidates.len()).filter(is_known).collect();
    let unknown: Vec<usize> = (0..candidates.len()).filter(|index| !is_known(index)).collect();
    let with_truth = known.iter().take(CHECKED_WITH_TRUTH).chain(&unknown).chain(known.iter().skip(CHECKED_WITH_TRUTH));
    for &index in with_truth {
        if chosen.len() < CHECKED && taken.insert(index) {
            chosen.push(index);
        }
    }
    chosen
}
