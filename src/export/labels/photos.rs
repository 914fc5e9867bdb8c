//! Photo files read ahead on all cores, checked against their content hash, a bounded amount at a time.

use std::path::PathBuf;

use rayon::prelude::*;

use super::data_set::DataSet;
use super::{Fault, Reason};
use crate::catalogue::ImageRow;
use crate::imaging::{self, ContentHash};

/// Photos read at once.
const BATCH_PHOTOS: usize = 256;

/// Bytes read at once: with the batch that is being written this is what an export holds in memory.
const BATCH_BYTES: u64 = 32 << 20;

/// A photo with the bytes of its file.
pub(super) struct Loaded<'a> {
    pub image: &'a ImageRow,
    pub path: PathBuf,
    pub bytes: Vec<u8>,
}

/// A batch of photos, in order; those that cannot be used say why.
pub(super) type Batch<'a> = Vec<Result<Loaded<'a>, Fault>>;

/// Reads photos batch by batch; the next is read while `take` works on the one before. Ends early where `take` fails or
/// says false.
pub(super) fn for_each_batch<'a, E: Send>(
    data: &'a DataSet,
    photos: &[&'a ImageRow],
    mut take: impl FnMut(Batch<'a>) -> Result<bool, E> + Send,
) -> Result<(), E> {
    let mut rest = photos;
    let mut ready = read_batch(data, &mut rest);
    while !ready.is_empty() {
        let (taken, next) = rayon::join(|| take(ready), || read_batch(data, &mut rest));
        if !taken? {
            return Ok(());
        }
        ready = next;
    }
    Ok(())
}

fn read_batch<'a>(data: &'a DataSet, rest: &mut &[&'a ImageRow]) -> Batch<'a> {
    let mut num_bytes = 0;
    let mut paths = Vec::new();
    for image in rest.iter().take(BATCH_PHOTOS) {
        let path = data.listing.path_of(image);
        num_bytes += std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
        // One photo that is larger than the bound goes by itself.
        if !paths.is_empty() && num_bytes > BATCH_BYTES {
            break;
        }
        paths.push((*image, path));
    }
    *rest = &rest[paths.len()..];
    paths.into_par_iter().map(|(image, path)| load(data, image, path)).collect()
}

/// The file's bytes, if they are those that were labelled.
fn load<'a>(data: &DataSet, image: &'a ImageRow, path: PathBuf) -> Result<Loaded<'a>, Fault> {
    let fault = |reason| Fault::One { what: data.path_of(image), reason };
    let bytes = imaging::read(&path).map_err(|error| fault(Reason::Unreadable(error.to_string())))?;
    if image.hash != Some(ContentHash::of(&bytes)) {
        return Err(fault(Reason::Changed));
    }
    Ok(Loaded { image, path, bytes })
}
