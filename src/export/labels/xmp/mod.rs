//! XMP sidecars with the tags of each photo, merged into those that are there; the photos are only read.
//!
//! A sidecar lies beside its photo where `out` is a folder above it, else below `out` in the same order. It is called
//! `PHOTO.xmp`, which Adobe's programs and digiKam read; one that is called `PHOTO.jpg.xmp`, as digiKam and darktable do
//! it, is gone on with. Two photos that differ by their ending only get the second form, so that neither has the other's
//! tags.

mod packet;

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::data_set::{DataSet, Known};
use super::keywords::Keywords;
use super::names::Names;
use super::{Fault, LabelExportError, Reason, Report, Result, Written};
use crate::catalogue::{FileRow, ImageState, Listing, below};
use crate::export::place::{NewFile, PlaceError};
use crate::imaging;
use crate::progress::Progress;

use packet::{EMPTY, KEYWORDS, merged, with_keywords_of};

/// A sidecar to be written.
struct Due {
    /// Position of the photo in the listing.
    photo: usize,
    file: PathBuf,
    place: PathBuf,
    /// What it goes on from.
    before: Option<PathBuf>,
}

/// Where sidecars go.
struct Target<'a> {
    out: &'a Path,
    real_out: PathBuf,
    /// What each root is called below it, if there are several.
    root_names: Vec<String>,
}

pub(super) fn export(data: &DataSet, out: &Path, progress: &Progress) -> Result<Option<Report>> {
    if out.is_file() {
        return Err(PlaceError::IsFile(out.to_owned()).into());
    }
    let (due, mut passed_over) = sidecars(data, &Target::of(&data.listing, out));
    progress.set_total(due.len() as u64);
    let num_written = AtomicUsize::new(0);
    let faults: Vec<Fault> = due
        .par_iter()
        .map(|due| {
            let written = if progress.is_cancelled() { Ok(false) } else { write(data, due) };
            progress.add(1);
            match written {
                Ok(is_new) => {
                    num_written.fetch_add(usize::from(is_new), Ordering::Relaxed);
                    Ok(None)
                }
                Err(SidecarError::Unusable(reason)) => {
                    let what = due.before.as_ref().unwrap_or(&due.place).display().to_string();
                    Ok(Some(Fault::One { what, reason }))
                }
                Err(SidecarError::Place(error)) => Err(LabelExportError::from(error)),
            }
        })
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    if progress.is_cancelled() {
        return Ok(None);
    }
    let num_written = num_written.into_inner();
    let written = Written::Sidecars { written: num_written, as_they_were: due.len() - num_written - faults.len() };
    passed_over.extend(faults);
    Ok(Some(Report::new(written, passed_over)))
}

/// Why a sidecar is not there.
enum SidecarError {
    /// Only this one.
    Unusable(Reason),
    /// The disk, which the next one needs as well.
    Place(PlaceError),
}

impl<'a> Target<'a> {
    fn of(listing: &Listing, out: &'a Path) -> Self {
        let real_out = dunce::canonicalize(out).unwrap_or_else(|_| out.to_owned());
        let mut names = Names::default();
        let name_of = |root: &PathBuf| root.file_name().unwrap_or(root.as_os_str()).to_string_lossy().into_owned();
        let root_names = listing.roots.iter().map(|root| names.give(&name_of(root))).collect();
        Self { out, real_out, root_names }
    }

    /// Where a photo lies, and by which path its sidecar is named; none for a path that leads out of its folder.
    fn places(&self, listing: &Listing, file: &FileRow) -> Option<(PathBuf, PathBuf)> {
        let beside = listing.place(file)?;
        let is_name = |part| matches!(part, Component::Normal(_));
        let target = if beside.strip_prefix(&self.real_out).is_ok_and(|rest| rest.components().all(is_name)) {
            beside.clone()
        } else if self.root_names.len() == 1 {
            below(self.out, &file.path)?
        } else {
            below(&self.out.join(self.root_names.get(file.root)?), &file.path)?
        };
        Some((beside, target))
    }
}

/// The sidecars of all labelled photos that are there, and the photos that can have none.
fn sidecars(data: &DataSet, to: &Target<'_>) -> (Vec<Due>, Vec<Fault>) {
    let shared = shared_stems(data);
    let (mut due, mut passed_over) = (Vec::new(), Vec::new());
    for (photo, image) in data.listing.images.iter().enumerate() {
        if image.state == ImageState::Missing || data.labels.of(image.id).is_empty() {
            continue;
        }
        for file in &image.files {
            let Some((beside, target)) = to.places(&data.listing, file) else {
                passed_over.push(Fault::One { what: data.listing.display_path(file), reason: Reason::Outside });
                continue;
            };
            let [short, long] = forms(&target);
            let [short_beside, long_beside] = forms(&beside);
            let short_before = [&short, &short_beside].into_iter().find(|path| path.is_file()).cloned();
            let long_before = [&long, &long_beside].into_iter().find(|path| path.is_file()).cloned();
            let is_shared = shared.contains(&stem_key(file));
            if is_shared || long_before.is_some() {
                due.push(Due { photo, file: beside.clone(), place: long, before: long_before.clone() });
            }
            if !is_shared && (short_before.is_some() || long_before.is_none()) {
                due.push(Due { photo, file: beside, place: short, before: short_before });
            }
        }
    }
    (due, passed_over)
}

/// The two ways of naming a photo's sidecar.
fn forms(photo: &Path) -> [PathBuf; 2] {
    let mut long = photo.as_os_str().to_owned();
    long.push(".xmp");
    [photo.with_extension("xmp"), long.into()]
}

/// The stems that several photos have, which differ by their ending only.
fn shared_stems(data: &DataSet) -> HashSet<(usize, String)> {
    let mut counts: HashMap<(usize, String), usize> = HashMap::new();
    for file in data.listing.by_path().flat_map(|image| &image.files) {
        *counts.entry(stem_key(file)).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(key, _)| key).collect()
}

/// Where a file lies, without its ending and without regard to case, to which some systems are blind.
fn stem_key(file: &FileRow) -> (usize, String) {
    (file.root, Path::new(&file.path).with_extension("").to_string_lossy().to_lowercase())
}

/// Writes one sidecar, unless it says all that already. Returns whether it is another now.
fn write(data: &DataSet, due: &Due) -> std::result::Result<bool, SidecarError> {
    let unusable = |error: io::Error| SidecarError::Unusable(Reason::Unreadable(error.to_string()));
    let before = if let Some(path) = &due.before {
        let bytes = imaging::read(path).map_err(unusable)?;
        String::from_utf8(bytes).map_err(|_| SidecarError::Unusable(Reason::NotUtf8))?
    } else {
        let within = imaging::read(&due.file).ok().and_then(|bytes| imaging::xmp_packet(&bytes));
        within.and_then(|packet| with_keywords_of(&packet)).unwrap_or_else(|| EMPTY.to_owned())
    };
    let keywords = keywords(&data.known(&[due.photo]));
    let Some(after) = merged(&before, &keywords).map_err(SidecarError::Unusable)? else {
        return Ok(false);
    };
    let mut file = NewFile::create(&due.place).map_err(SidecarError::Place)?;
    let written = file.write_all(after.as_bytes());
    written.map_err(|source| SidecarError::Place(PlaceError::Write { path: due.place.clone(), source }))?;
    file.keep().map_err(SidecarError::Place)?;
    Ok(true)
}

/// What each property is to say of a photo. Lightroom parts the levels of a keyword by `|`, digiKam by `/`; where a name
/// holds that itself, it is written as digiKam does on reading Lightroom's: `/` as `\`, and `|` as `/`.
fn keywords(known: &Known<'_>) -> [Keywords; KEYWORDS.len()] {
    let mut of = [Keywords::default(), Keywords::default(), Keywords::default()];
    let paths = |group: &str, tag: &str| {
        [
            tag.to_owned(),
            format!("{}|{}", group.replace('|', "/"), tag.replace('|', "/")),
            format!("{}/{}", group.replace('/', "\\"), tag.replace('/', "\\")),
        ]
    };
    for (group, tag) in &known.yes {
        for (keywords, path) in of.iter_mut().zip(paths(&group.name, &tag.name)) {
            keywords.add(path);
        }
    }
    for (group, tag) in &known.no {
        for (keywords, path) in of.iter_mut().zip(paths(&group.name, &tag.name)) {
            keywords.drop.push(path);
        }
    }
    of
}
