//! Writes `tf.train.Example` in streamed `TFRecord` shards, each with an index: what `tf.data` and NVIDIA's DALI read.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::json;

use super::data_set::DataSet;
use super::example::encode;
use super::folders::note_gone;
use super::mark::{begin, finish};
use super::photos::{Batch, for_each_batch};
use super::{LabelExportError, Report, Result, Written, writing};
use crate::export::place::NewFolder;
use crate::progress::Progress;
use crate::tfrecord::{OVERHEAD_BYTES, write_record};

/// A shard is closed once it is this large: TensorFlow's guide advises 100 to 200 MB.
const SHARD_BYTES: u64 = 128 << 20;

/// A file of records and, beside it, where each begins and how long it is (the lines of DALI's `tfrecord2idx`).
struct Shard {
    records: BufWriter<File>,
    index: BufWriter<File>,
    length: u64,
}

pub(super) fn export(data: &DataSet, out: &Path, progress: &Progress) -> Result<Option<Report>> {
    let folder = begin(out, "tfrecord", |_, files| files.clear())?;
    let (mut photos, num_gone) = data.labelled_photos();
    // In order of hash, which is as good as shuffled: in order of path a class would follow another, and training reads
    // only so far ahead.
    photos.sort_by_key(|image| image.hash);
    progress.set_total(photos.len() as u64);
    let mut faults = Vec::new();
    let (mut num_photos, mut num_shards) = (0, 0);
    let mut shard: Option<Shard> = None;
    for_each_batch(data, &photos, |batch: Batch<'_>| {
        let count = batch.len() as u64;
        for photo in batch {
            match photo {
                Ok(photo) => {
                    let to = if let Some(open) = &mut shard {
                        open
                    } else {
                        num_shards += 1;
                        shard.insert(Shard::begin(&folder, num_shards - 1).map_err(writing(out))?)
                    };
                    to.push(&encode(data, photo)).map_err(writing(out))?;
                    num_photos += 1;
                    if to.length >= SHARD_BYTES
                        && let Some(full) = shard.take()
                    {
                        full.finish().map_err(writing(out))?;
                    }
                }
                Err(fault) => faults.push(fault),
            }
        }
        progress.add(count);
        Ok::<bool, LabelExportError>(!progress.is_cancelled())
    })?;
    if progress.is_cancelled() {
        return Ok(None);
    }
    if let Some(last) = shard {
        last.finish().map_err(writing(out))?;
    }
    name_shards(&folder, num_shards).map_err(writing(out))?;
    fs::write(folder.path().join("labels.json"), labels_json(data)).map_err(writing(out))?;
    finish(folder, "tfrecord", BTreeMap::new(), out)?;
    note_gone(&mut faults, num_gone);
    Ok(Some(Report::new(Written::Shards { photos: num_photos, shards: num_shards }, faults)))
}

impl Shard {
    fn begin(folder: &NewFolder, number: usize) -> io::Result<Self> {
        let file = |ending| File::create(folder.path().join(unfinished(number, ending))).map(BufWriter::new);
        Ok(Self { records: file("tfrecord")?, index: file("index")?, length: 0 })
    }

    fn push(&mut self, example: &[u8]) -> io::Result<()> {
        write_record(&mut self.records, example)?;
        let length = example.len() as u64 + OVERHEAD_BYTES;
        writeln!(self.index, "{} {length}", self.length)?;
        self.length += length;
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        self.records.flush()?;
        self.index.flush()
    }
}

/// A shard's name while nobody knows how many there will be.
fn unfinished(number: usize, ending: &str) -> String {
    format!("{number}.{ending}")
}

/// Gives the shards the names that TensorFlow's tools expect.
fn name_shards(folder: &NewFolder, num_shards: usize) -> io::Result<()> {
    for number in 0..num_shards {
        for ending in ["tfrecord", "index"] {
            let name = format!("photos-{number:05}-of-{num_shards:05}.{ending}");
            fs::rename(folder.path().join(unfinished(number, ending)), folder.path().join(name))?;
        }
    }
    Ok(())
}

/// The groups with their tags in the order that the numbers in the examples go by.
fn labels_json(data: &DataSet) -> String {
    let groups: Vec<_> = data
        .vocabulary
        .groups
        .iter()
        .map(|group| {
            let tags: Vec<&str> = data.vocabulary.tags_of(group.id).map(|tag| tag.name.as_str()).collect();
            json!({"name": group.name, "kind": group.kind.as_str(), "tags": tags})
        })
        .collect();
    format!("{:#}\n", json!({ "groups": groups }))
}
