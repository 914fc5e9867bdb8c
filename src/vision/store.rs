//! The feature cache: what the network said of a photo is computed once and kept beside the other caches.
//!
//! One append-only file for each backbone key. A record is the photo's content hash, the stage norms (f32), the
//! features (f16), and four bytes that check them, all little-endian. Records are appended whole under a file lock, so
//! that two programs can share the file; what a crash left half-written is cut off by the next writer. The file can be
//! deleted at any time.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use half::f16;

use super::feature::Feature;
use super::spec::Spec;
use super::{Backbone, VisionError};
use crate::imaging::ContentHash;

const MAGIC: &[u8; 8] = b"HANGTAGF";
const HEADER_BYTES: u64 = 16;
const HASH_BYTES: usize = 32;
const CHECK_BYTES: usize = 4;

/// All features of one backbone that were ever computed here, in memory and on disk.
pub struct FeatureStore {
    path: PathBuf,
    layout: Layout,
    known: RwLock<HashMap<ContentHash, Arc<Feature>>>,
}

#[derive(Clone, Copy)]
struct Layout {
    dim: usize,
    num_norms: usize,
}

impl FeatureStore {
    /// Opens the backbone's store in `folder`, which is made when there is something to keep. Where it cannot be read the
    /// log says so, and nothing is known yet.
    #[must_use]
    pub fn open(folder: &Path, backbone: &Backbone) -> Self {
        let path = folder.join(format!("{}.features", backbone.key()));
        let layout = Layout::of(backbone.spec());
        let known = load(&path, layout).unwrap_or_else(|source| {
            let error = VisionError::Store { path: path.clone(), source };
            tracing::warn!("{error}; photos are looked at again");
            HashMap::new()
        });
        Self { path, layout, known: RwLock::new(known) }
    }

    /// The features of the photo with that content, if they were computed before.
    #[must_use]
    pub fn get(&self, hash: &ContentHash) -> Option<Arc<Feature>> {
        self.read().get(hash).cloned()
    }

    /// How many photos are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether no photo is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps a batch: in memory always, on disk if it can be written.
    ///
    /// # Errors
    /// [`VisionError::Store`] where the disk did not take it; the features can be used all the same.
    pub fn insert(&self, batch: Vec<(ContentHash, Feature)>) -> Result<(), VisionError> {
        let mut records = Vec::with_capacity(batch.len() * self.layout.record_bytes());
        for (hash, feature) in &batch {
            write(hash, feature, &mut records);
        }
        self.known
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .extend(batch.into_iter().map(|(hash, feature)| (hash, Arc::new(feature))));
        self.append(&records).map_err(|source| VisionError::Store { path: self.path.clone(), source })
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, HashMap<ContentHash, Arc<Feature>>> {
        // A map of finished features is whole even if a thread died while it held the lock.
        self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn append(&self, records: &[u8]) -> std::io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&self.path)?;
        file.lock()?;
        let length = file.metadata()?.len();
        let is_ours = length >= HEADER_BYTES && {
            let mut header = [0; HEADER_BYTES as usize];
            file.read_exact(&mut header)?;
            header == self.layout.header()
        };
        let end = if is_ours {
            let whole = (length - HEADER_BYTES) / self.layout.record_bytes() as u64;
            HEADER_BYTES + whole * self.layout.record_bytes() as u64
        } else {
            file.rewind()?;
            file.write_all(&self.layout.header())?;
            HEADER_BYTES
        };
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        file.write_all(records)
    }
}

impl Layout {
    fn of(spec: &Spec) -> Self {
        Self { dim: spec.feature_dim(), num_norms: spec.features.len() }
    }

    fn record_bytes(self) -> usize {
        HASH_BYTES + 4 * self.num_norms + 2 * self.dim + CHECK_BYTES
    }

    fn header(self) -> [u8; HEADER_BYTES as usize] {
        let mut header = [0; HEADER_BYTES as usize];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&(self.dim as u32).to_le_bytes());
        header[12..].copy_from_slice(&(self.num_norms as u32).to_le_bytes());
        header
    }

    /// The photo and features of a record, or `None` where it is damaged.
    fn parse(self, record: &[u8]) -> Option<(ContentHash, Feature)> {
        let (content, sum) = record.split_at_checked(record.len() - CHECK_BYTES)?;
        if check(content) != sum {
            return None;
        }
        let (hash, rest) = content.split_first_chunk::<HASH_BYTES>()?;
        let (norms, values) = rest.split_at(4 * self.num_norms);
        let norms = norms.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        let values = values.as_chunks().0.iter().map(|&bytes| f16::from_le_bytes(bytes)).collect();
        Some((ContentHash(*hash), Feature::from_parts(values, norms)))
    }
}

/// Appends a record.
fn write(hash: &ContentHash, feature: &Feature, to: &mut Vec<u8>) {
    let start = to.len();
    to.extend_from_slice(&hash.0);
    feature.norms().iter().for_each(|norm| to.extend_from_slice(&norm.to_le_bytes()));
    feature.values().iter().for_each(|value| to.extend_from_slice(&value.to_le_bytes()));
    let check = check(&to[start..]);
    to.extend_from_slice(&check);
}

fn check(content: &[u8]) -> [u8; CHECK_BYTES] {
    let hash = blake3::hash(content);
    let [a, b, c, d, ..] = *hash.as_bytes();
    [a, b, c, d]
}

/// Reads what is whole; a file of another layout, or none at all, is an empty cache.
fn load(path: &Path, layout: Layout) -> std::io::Result<HashMap<ContentHash, Arc<Feature>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(HashMap::new()),
        Err(error) => return Err(error),
    };
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut header = [0; HEADER_BYTES as usize];
    if reader.read_exact(&mut header).is_err() || header != layout.header() {
        return Ok(HashMap::new());
    }
    let mut known = HashMap::new();
    let mut record = vec![0; layout.record_bytes()];
    while reader.read_exact(&mut record).is_ok() {
        if let Some((hash, feature)) = layout.parse(&record) {
            known.insert(hash, Arc::new(feature));
        }
    }
    Ok(known)
}
