//! Hugging Face's `imagefolder`: the photos, and a `metadata.jsonl` with what is known of each.
//!
//! Photos are named by their content hash: a name such as `test_1.jpg` would make `datasets` put that photo into a split
//! of its own and drop all others (`huggingface/datasets`, `data_files.py`). The path they had is a column.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::data_set::DataSet;
use super::folders::{Link, note_gone, place};
use super::mark::{begin, finish};
use super::photos::{Batch, Loaded, for_each_batch};
use super::{LabelExportError, Report, Result, Written, writing};
use crate::catalogue::{GroupId, GroupKind, ImageRow};
use crate::progress::Progress;

/// The dataset card, whose head tells `datasets` where the data are.
const CARD: &str = "---
configs:
- config_name: default
  data_files:
  - split: train
    path:
    - metadata.jsonl
    - images/**
---

Photos with tags, exported by Hangtag. Each tag group is a column: the answer of a group of which one tag fits (null while
unknown), or the list of the tags that are known to fit. `labels` holds everything that was said, *no* included: what is in
neither is unknown. `hash` is the file's blake3.
";

/// Columns that a group of the same name must not take.
const COLUMNS: [&str; 7] = ["file_name", "image", "path", "hash", "width", "height", "labels"];

pub(super) fn export(data: &DataSet, link: Link, out: &Path, progress: &Progress) -> Result<Option<Report>> {
    let folder = begin(out, "imagefolder", |_, files| files.retain(|path| is_file_name(path)))?;
    let (photos, num_gone) = data.labelled_photos();
    let photos = typed_first(data, photos);
    progress.set_total(photos.len() as u64);
    let columns = columns(data);
    let mut faults = Vec::new();
    let failed = writing(out);
    let mut metadata = BufWriter::new(File::create(folder.path().join("metadata.jsonl")).map_err(&failed)?);
    let mut made = HashSet::new();
    let mut num_photos = 0;
    for_each_batch(data, &photos, |batch: Batch<'_>| {
        let count = batch.len() as u64;
        let (loaded, unusable): (Vec<_>, Vec<_>) = batch.into_iter().partition(std::result::Result::is_ok);
        faults.extend(unusable.into_iter().filter_map(std::result::Result::err));
        let loaded: Vec<(String, Loaded<'_>)> =
            loaded.into_iter().flatten().map(|photo| (file_name(photo.image), photo)).collect();
        for inner in loaded.iter().filter_map(|(name, _)| Some(name.rsplit_once('/')?.0)) {
            if made.insert(inner.to_owned()) {
                fs::create_dir_all(folder.path().join(inner)).map_err(writing(out))?;
            }
        }
        loaded
            .par_iter()
            .try_for_each(|(name, photo)| place(photo, link, &folder.path().join(name)))
            .map_err(writing(out))?;
        for (name, photo) in &loaded {
            let line = line(data, &columns, name, photo.image);
            serde_json::to_writer(&mut metadata, &line).map_err(std::io::Error::from).map_err(writing(out))?;
            metadata.write_all(b"\n").map_err(writing(out))?;
        }
        num_photos += loaded.len();
        progress.add(count);
        Ok::<bool, LabelExportError>(!progress.is_cancelled())
    })?;
    if progress.is_cancelled() {
        return Ok(None);
    }
    metadata.flush().map_err(&failed)?;
    fs::write(folder.path().join("README.md"), CARD).map_err(&failed)?;
    finish(folder, "imagefolder", BTreeMap::new(), out)?;
    note_gone(&mut faults, num_gone);
    Ok(Some(Report::new(Written::ImageFolder(num_photos), faults)))
}

/// The photos with some that fill each column in front. `datasets` reads the metadata 10 MB at a time and takes each
/// column's type from the first part; it gives up where a column that was empty so far turns out to hold something.
fn typed_first<'a>(data: &DataSet, photos: Vec<&'a ImageRow>) -> Vec<&'a ImageRow> {
    /// More than one, since a file may turn out to be unusable.
    const ENOUGH: usize = 8;
    let mut counts: HashMap<(&str, Option<GroupId>), usize> = HashMap::new();
    let (mut first, others): (Vec<_>, Vec<_>) = photos.into_iter().partition(|image| {
        let mut is_wanted = false;
        for (group, _, label) in data.answers(image) {
            let columns = [
                label.is_yes.then_some(("tags", Some(group.id))),
                label.probability.map(|_| ("probability", None)),
                label.version.map(|_| ("version", None)),
            ];
            for column in columns.into_iter().flatten() {
                let count = counts.entry(column).or_default();
                *count += 1;
                is_wanted |= *count <= ENOUGH;
            }
        }
        is_wanted
    });
    first.extend(others);
    first
}

/// Where a photo lies in the data set.
fn file_name(image: &ImageRow) -> String {
    let hash = image.hash.map(|hash| hash.to_string()).unwrap_or_default();
    let ending = image.name().rsplit_once('.').map_or("jpg", |(_, ending)| ending).to_lowercase();
    format!("images/{}/{hash}.{ending}", hash.get(..2).unwrap_or_default())
}

/// Whether a path looks as [`file_name`] has it.
fn is_file_name(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let ["images", beginning, name] = parts[..] else { return false };
    let is_hash = |hash: &str| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.split_once('.').is_some_and(|(hash, _)| is_hash(hash) && hash.get(..2) == Some(beginning))
}

/// The column of each group. One that ends as `file_name` would be taken for names of more photos.
fn columns(data: &DataSet) -> Vec<String> {
    let mut taken: Vec<String> = COLUMNS.map(str::to_owned).into();
    for group in &data.vocabulary.groups {
        let mut name = group.name.clone();
        while taken.contains(&name) || ["file_name", "file_names"].iter().any(|ending| name.ends_with(ending)) {
            name.push_str(" (tags)");
        }
        taken.push(name);
    }
    taken.split_off(COLUMNS.len())
}

fn line(data: &DataSet, columns: &[String], file_name: &str, image: &ImageRow) -> Value {
    let answers = data.answers(image);
    let mut line = Map::new();
    line.insert("file_name".into(), file_name.into());
    line.insert("path".into(), data.path_of(image).into());
    line.insert("hash".into(), image.hash.map(|hash| hash.to_string()).into());
    line.insert("width".into(), image.width.into());
    line.insert("height".into(), image.height.into());
    for (group, column) in data.vocabulary.groups.iter().zip(columns) {
        let mut yes =
            answers.iter().filter(|(of, _, label)| of.id == group.id && label.is_yes).map(|(_, tag, _)| &tag.name);
        let value = match group.kind {
            GroupKind::OneOf => json!(yes.next()),
            GroupKind::AnyOf => json!(yes.collect::<Vec<_>>()),
        };
        line.insert(column.clone(), value);
    }
    line.insert("labels".into(), json!(data.rows(image)));
    Value::Object(line)
}
