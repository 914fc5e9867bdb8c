//! JSON Lines (<https://jsonlines.org>): a line a product, with its photos and all that is known of each.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::data_set::{DataSet, LabelRow};
use super::{Report, Result, Written, writing};
use crate::export::place::NewFile;
use crate::progress::Progress;

#[derive(Serialize)]
struct Line<'a> {
    product: &'a str,
    /// The tags that fit, by group; every group is there, so that all lines have the same columns.
    tags: BTreeMap<&'a str, Vec<&'a str>>,
    /// The `one of` groups of which the photos say different things; their tags are left empty.
    conflicts: Vec<&'a str>,
    photos: Vec<Photo<'a>>,
}

#[derive(Serialize)]
struct Photo<'a> {
    path: String,
    /// blake3 of the file; null where it could not be read.
    hash: Option<String>,
    width: u32,
    height: u32,
    labels: Vec<LabelRow<'a>>,
}

pub(super) fn export(data: &DataSet, out: &Path, progress: &Progress) -> Result<Option<Report>> {
    let mut file = NewFile::create(out)?;
    progress.set_total(data.labelled_products().count() as u64);
    let (mut num_lines, mut num_photos) = (0, 0);
    for product in data.labelled_products() {
        if progress.is_cancelled() {
            return Ok(None);
        }
        let known = data.known(&product.photos);
        let mut tags: BTreeMap<&str, Vec<&str>> =
            data.vocabulary.groups.iter().map(|group| (group.name.as_str(), Vec::new())).collect();
        for (group, tag) in &known.yes {
            tags.entry(&group.name).or_default().push(&tag.name);
        }
        let photos: Vec<Photo<'_>> = product.photos.iter().map(|&photo| photo_line(data, photo)).collect();
        num_lines += 1;
        num_photos += photos.len();
        let conflicts = known.conflicts.iter().map(|group| group.name.as_str()).collect();
        let line = Line { product: &product.name, tags, conflicts, photos };
        serde_json::to_writer(&mut file, &line).map_err(std::io::Error::from).map_err(writing(out))?;
        file.write_all(b"\n").map_err(writing(out))?;
        progress.add(1);
    }
    file.keep()?;
    Ok(Some(Report::new(Written::Lines { lines: num_lines, photos: num_photos }, Vec::new())))
}

fn photo_line(data: &DataSet, photo: usize) -> Photo<'_> {
    let image = &data.listing.images[photo];
    Photo {
        path: data.path_of(image),
        hash: image.hash.map(|hash| hash.to_string()),
        width: image.width,
        height: image.height,
        labels: data.rows(image),
    }
}
