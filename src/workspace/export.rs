//! The job that exports a model: what it learnt, the photos that it is checked with, and the app's own answers to them.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::data_folder::seen_by;
use super::jobs::{JobSummary, JobTask};
use super::taught::taught_by;
use super::{GroupRecord, Heads, Model, Version, VersionRecord, Workspace};
use crate::catalogue::{GroupId, ImageId, ImageRow, ImageState, LabelSource, Labels, Listing, TagId, Vocabulary};
use crate::export::{self, About, AboutGroup, AboutTag, ExportError, Format, Head, Parity, ParityPhoto, Precision};
use crate::failure::{Doing, Failure};
use crate::imaging::{self, ContentHash, Header};
use crate::learn::{self, TagMetrics};
use crate::progress::Progress;
use crate::vision::spec::Preprocess;
use crate::vision::{Backbone, Crop, DeviceChoice, ModelSource};

/// Photos that a written model is checked with.
const CHECKED: usize = 200;

/// Photos that int8 is fitted to.
const CALIBRATING: usize = 256;

/// Photos whose files go along, and how large one of them may be.
const FILES: usize = 24;
const MAX_FILE_BYTES: u64 = 8_000_000;

/// Headers that are looked at, to have every kind of photo in the check.
const LOOKED_AT: usize = 2000;
const EACH_KIND: usize = 3;

/// In so many bytes a file nearly always says of what kind it is.
const HEADER_BYTES: u64 = 1 << 18;

/// A head with its group and tags as they are called now.
struct Named {
    id: GroupId,
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
    /// Whether neither the heads nor the backbone learnt from it.
    is_held_out: bool,
}

/// A candidate that could be read.
struct Read {
    candidate: usize,
    crop: Crop,
    kind: Kind,
    num_bytes: u64,
}

/// What may make another program see something else in a photo.
#[derive(PartialEq, Eq, Hash)]
struct Kind {
    ending: String,
    /// EXIF's.
    orientation: u8,
    /// Whether every decoder sees the same in it.
    is_plain: bool,
    /// By its number of pixels, in steps of sixteen times as many.
    size: u32,
    /// Whether one side is at least twice the other.
    is_wide: bool,
    is_tall: bool,
}

/// Everything that the job takes along.
pub(super) struct Export {
    request: export::Request,
    source: ModelSource,
    /// The model in use, if it is the version's.
    in_use: Option<Arc<Model>>,
    heads: Vec<Named>,
    about: About,
    candidates: Vec<Candidate>,
}

impl Workspace {
    /// The version that holds what is known now, if one does: that in use, or else the newest that the live head was
    /// frozen as, since a trained one that was not put to use is not what is known. After a new answer or one that was
    /// taken back, a change of tags, or with another model, none does, and the live head has to be frozen first.
    #[must_use]
    pub fn version_to_export(&self) -> Option<i64> {
        let taught_by = taught_by(&self.vocabulary, &self.labels);
        let is_of_this_model = |version: &Version| {
            self.model.as_ref().is_none_or(|model| model.backbone.exact_key() == version.record.features)
        };
        let holds_what_is_known = |version: &Version| {
            let VersionRecord { run, taught_by: then, .. } = &version.record;
            then.as_ref() == Some(&taught_by) && (run.is_some() || self.is_as_live(version))
        };
        let in_use = self.version_in_use();
        let in_use = self.versions.iter().filter(|version| Some(version.number) == in_use);
        let frozen = self.versions.iter().rev().filter(|version| version.record.run.is_none());
        let holder = in_use.chain(frozen).find(|version| is_of_this_model(version) && holds_what_is_known(version));
        holder.map(|version| version.number)
    }

    /// Whether the live head has learnt from as many photos: features may have come since.
    fn is_as_live(&self, version: &Version) -> bool {
        let is_as_live =
            |record: &GroupRecord| self.heads.of(record.group).is_some_and(|head| head.num_photos == record.num_photos);
        let records = &version.record.groups;
        records.len() == self.heads.groups.len() && records.iter().all(is_as_live)
    }

    /// Whether a version that is made now could be written so: for whoever has to make one first, since that lasts.
    ///
    /// # Errors
    /// As [`Workspace::start_export`], as far as the request is at fault; where the catalogue cannot be read.
    pub fn check_export(&self, request: &export::Request) -> Result<(), Failure> {
        let next = self.catalogue.next_version_number();
        check(request, next.map_err(|error| Failure::new(EXPORTING, &error).caused_by(error.cause()))?)
    }

    /// Writes a version in the background, checked against the app's own answers.
    ///
    /// # Errors
    /// Where there is no such version, it is damaged, or its backbone is gone; where the format is not written like that,
    /// or the place holds something else or cannot be written.
    pub fn start_export(&mut self, version: i64, request: export::Request) -> Result<(), Failure> {
        let task = JobTask::Export(request.format.name().to_owned());
        let out = request.out.clone();
        let export = self.export_of(version, request)?;
        self.jobs.start(task, &self.outbox, move |progress| {
            export.run(progress).map(JobSummary::Exported).map_err(|error| failed(&error, &out))
        });
        Ok(())
    }

    /// What the job that exports a version takes along.
    pub(super) fn export_of(&self, version: i64, request: export::Request) -> Result<Export, Failure> {
        let heads = named(&self.version_heads(version)?, &self.vocabulary);
        if heads.is_empty() {
            return Err(failed(&ExportError::NothingLearnt, &request.out)
                .try_next("Give two tags of a group two photos each, and export again"));
        }
        check(&request, version)?;
        let source = self.version_model(version)?;
        let version = self.version(version)?;
        let about = about(version, &heads, &self.labels, &self.name());
        let in_use = self.model.clone().filter(|model| model.backbone.key() == version.record.features);
        let seen = seen_by(&source)?;
        // A run's plan names what it learnt from, and backbones say so themselves. A frozen live head has learnt from
        // every labelled photo, and so may a run whose plan is gone.
        let learnt = version.record.run.and_then(|run| self.learnt_from(run));
        let is_held_out = |image: &ImageRow| {
            let is_apart = match &learnt {
                Some(learnt) => image.hash.is_some_and(|hash| !learnt.contains(&hash)),
                None => self.labels.of(image.id).iter().all(|(_, label)| label.source == LabelSource::Rule),
            };
            is_apart && !image.hash.is_some_and(|hash| seen.contains(&hash))
        };
        let candidates = candidates(&self.listing, &self.labels, &heads, &is_held_out);
        Ok(Export { request, source, in_use, heads, about, candidates })
    }
}

const EXPORTING: Doing = Doing::ExportingModel;

/// Where a disk is full or cannot be written, at exports of every kind.
pub(super) const ELSEWHERE: &str = "What was there before is as it was: make room, or choose another folder";

fn check(request: &export::Request, version: i64) -> Result<(), Failure> {
    request.check(version as u64).map_err(|error| failed(&error, &request.out))
}

/// Why nothing was written to `out`, and what to do.
pub(super) fn failed(error: &ExportError, out: &Path) -> Failure {
    let failure = Failure::new(EXPORTING, error).caused_by(error.cause());
    match error {
        ExportError::Differs(_) => {
            failure.try_next("Nothing was written; an int8 model is kept all the same with --insist")
        }
        ExportError::Write { .. } | ExportError::Place(_) => failure.at(out).try_next(ELSEWHERE),
        ExportError::WithinExport(above) => failure.at(above),
        _ => failure,
    }
}

impl Export {
    pub(super) fn run(self, progress: &Progress) -> Result<export::Report, ExportError> {
        let is_int8 = self.request.precision == Precision::Int8;
        let num_runs = if self.request.format == Format::Onnx { 2 } else { 0 };
        let chosen = choose(&self.candidates, progress);
        let calibrating = if is_int8 { self.candidates.len().min(CALIBRATING) } else { 0 };
        progress.set_total((chosen.len() * (1 + num_runs) + 2 * calibrating) as u64);
        let (parity, calibration) = {
            let opened;
            let backbone = if let Some(model) = &self.in_use {
                &model.backbone
            } else {
                opened = Backbone::open(&self.source, DeviceChoice::Cpu)?;
                &opened
            };
            let parity = self.parity(&chosen, backbone, progress)?;
            let preprocess = &backbone.spec().preprocess;
            (parity, if is_int8 { self.calibration(&chosen, preprocess, progress) } else { Vec::new() })
        };
        let heads = self.heads.iter().map(|head| {
            let tags = head.tags.iter().map(|(_, name)| name.clone()).collect();
            Head::new(&head.group, tags, &head.head)
        });
        let model = export::Model::open(&self.source, heads.collect(), self.about)?;
        export::write(&self.request, model, &parity, &calibration, progress)
    }

    /// The app's own answers to the chosen photos, each read as any photo is.
    fn parity(&self, chosen: &[usize], backbone: &Backbone, progress: &Progress) -> Result<Parity, ExportError> {
        let preprocess = &backbone.spec().preprocess;
        let mut parity = Parity::default();
        let mut kinds: HashMap<Kind, usize> = HashMap::new();
        // A batch at a time, so that a cancel is heard.
        for chosen in chosen.chunks(16) {
            if progress.is_cancelled() {
                return Err(ExportError::Cancelled);
            }
            let read: Vec<Read> = chosen.par_iter().filter_map(|&candidate| self.read(candidate, preprocess)).collect();
            let (facts, crops): (Vec<_>, Vec<_>) =
                read.into_iter().map(|read| ((read.candidate, read.kind, read.num_bytes), read.crop)).unzip();
            for features in backbone.embeddings(&crops)? {
                parity.expected.push(self.heads.iter().flat_map(|head| head.head.answer(&features)).collect());
            }
            for ((candidate, kind, num_bytes), crop) in facts.into_iter().zip(crops) {
                let is_plain = kind.is_plain;
                let Candidate { hash, path, name, truths, is_held_out, .. } = &self.candidates[candidate];
                let seen = kinds.entry(kind).or_default();
                *seen += 1;
                if *seen <= 2 * EACH_KIND && parity.photos.len() < FILES && num_bytes <= MAX_FILE_BYTES {
                    let (path, image) = (path.clone(), parity.crops.len());
                    parity.photos.push(ParityPhoto { path, hash: *hash, image, is_plain });
                }
                parity.is_held_out.push(*is_held_out);
                parity.truths.push(truths.clone());
                parity.names.push(name.clone());
                parity.crops.push(crop);
            }
            progress.add(chosen.len() as u64);
        }
        Ok(parity)
    }

    /// Other photos than those of the check come first.
    fn calibration(&self, chosen: &[usize], preprocess: &Preprocess, progress: &Progress) -> Vec<Crop> {
        let checked: HashSet<usize> = chosen.iter().copied().collect();
        let others = (0..self.candidates.len()).filter(|index| !checked.contains(index));
        let taken: Vec<usize> = others.chain(chosen.iter().copied()).take(CALIBRATING).collect();
        let crops = taken.par_iter().filter_map(|&candidate| {
            progress.add(1);
            if progress.is_cancelled() { None } else { self.read(candidate, preprocess).map(|read| read.crop) }
        });
        crops.collect()
    }

    /// None for a photo that is gone, changed or broken: the next import says more of it.
    fn read(&self, candidate: usize, preprocess: &Preprocess) -> Option<Read> {
        let photo = &self.candidates[candidate];
        let bytes = imaging::read(&photo.path).ok()?;
        if ContentHash::of(&bytes) != photo.hash {
            return None;
        }
        let picture = imaging::decode(&bytes).ok()?;
        let crop = preprocess.crop(&picture);
        Some(Read { candidate, crop, kind: kind_of(photo, &bytes)?, num_bytes: bytes.len() as u64 })
    }
}

fn kind_of(photo: &Candidate, bytes: &[u8]) -> Option<Kind> {
    let ending = photo.path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let Header { width, height, orientation } = imaging::header(bytes).ok()?;
    Some(Kind {
        ending: ending.unwrap_or_default(),
        orientation,
        is_plain: imaging::is_plain(bytes),
        size: (u64::from(width) * u64::from(height)).checked_ilog2().unwrap_or(0) / 4,
        is_wide: width >= 2 * height,
        is_tall: height >= 2 * width,
    })
}

/// The heads under the names that groups and tags have now.
fn named(heads: &Heads, vocabulary: &Vocabulary) -> Vec<Named> {
    let name = |tag: &TagId| vocabulary.tag(*tag).map(|known| (*tag, known.name.clone()));
    let of_group = |head: &super::GroupHead| {
        let tags: Option<Vec<_>> = head.tags.iter().map(name).collect();
        Some(Named {
            id: head.group,
            group: vocabulary.group(head.group)?.name.clone(),
            tags: tags?,
            head: head.head.clone(),
            num_photos: head.num_photos,
        })
    };
    heads.groups.iter().filter_map(of_group).collect()
}

fn about(version: &Version, heads: &[Named], labels: &Labels, catalogue: &str) -> About {
    let mut counts: HashMap<TagId, usize> = HashMap::new();
    for (_, tag, _) in labels.iter().filter(|(_, _, label)| label.is_yes && label.source != LabelSource::Rule) {
        *counts.entry(tag).or_default() += 1;
    }
    let groups = heads.iter().map(|head| {
        let record = version.record.groups.iter().find(|record| record.group == head.id);
        let metrics = record.and_then(|record| record.measured.as_ref()).map(|measured| &measured.metrics);
        let per_tag = head.tags.iter().map(|(tag, name)| {
            // Its figures stand under the name that it had then.
            let then = record.and_then(|record| record.tags.iter().find(|(known, _)| known == tag));
            let figures = then.zip(metrics).and_then(|((_, then), m)| m.per_tag.iter().find(|row| row.tag == *then));
            AboutTag {
                tag: name.clone(),
                photos: counts.get(tag).copied().unwrap_or(0),
                precision: figures.map(|row| row.precision),
                recall: figures.and_then(TagMetrics::defined_recall),
            }
        });
        AboutGroup {
            group: head.group.clone(),
            photos: head.num_photos,
            temperature: head.head.temperature(),
            accuracy: metrics.map(|metrics| metrics.accuracy),
            macro_f1: metrics.map(|metrics| metrics.macro_f1),
            calibration_error: metrics.map(|metrics| metrics.expected_calibration_error),
            per_tag: per_tag.collect(),
        }
    });
    let name = version.own_name().unwrap_or(catalogue).to_owned();
    let (catalogue, created) = (catalogue.to_owned(), version.created_at.to_string());
    About { name, catalogue, version: version.number as u64, created, groups: groups.collect() }
}

/// Every photo that can be read, in an order that says nothing of them and is always the same.
fn candidates(
    listing: &Listing,
    labels: &Labels,
    heads: &[Named],
    is_held_out: &dyn Fn(&ImageRow) -> bool,
) -> Vec<Candidate> {
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
                is_held_out: is_held_out(image),
            })
        })
        .collect();
    all.sort_by_key(|candidate| (candidate.hash, candidate.image));
    all
}

/// Which candidates are checked: some of every kind of file first, then any. What taught the model nothing comes before what
/// taught it, and what is known before what is not.
fn choose(candidates: &[Candidate], progress: &Progress) -> Vec<usize> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    // The sort is stable, so that what is alike keeps its order.
    order.sort_by_key(|&index| {
        let photo = &candidates[index];
        (!photo.is_held_out, photo.truths.iter().all(Option::is_none))
    });
    let looked_at = order.par_iter().take(LOOKED_AT);
    let kinds: Vec<Option<Kind>> = looked_at
        .map(|&index| {
            if progress.is_cancelled() {
                return None;
            }
            let photo = &candidates[index];
            kind_of(photo, &imaging::read_start(&photo.path, HEADER_BYTES).ok()?)
        })
        .collect();
    let mut seen: HashMap<Kind, usize> = HashMap::new();
    let mut chosen: Vec<usize> = Vec::new();
    for (&index, kind) in order.iter().zip(kinds) {
        let Some(kind) = kind else { continue };
        let count = seen.entry(kind).or_default();
        *count += 1;
        if *count <= EACH_KIND {
            chosen.push(index);
        }
    }
    let mut taken: HashSet<usize> = chosen.iter().copied().collect();
    chosen.extend(order.into_iter().filter(|&index| taken.insert(index)));
    chosen.truncate(CHECKED);
    chosen
}
