//! The cache of activations: a file of views that training reads again and again.
//!
//! A record is a photo's content hash and its views, each with its map (f16), the pooled numbers (f32) and eight bytes
//! that check them, all little-endian. Records are appended as they are computed, so that whoever was interrupted goes
//! on; when the file is opened each record is checked, and from the first damaged one on everything is made again. Views
//! are read from where they lie, so that a file larger than memory will do. It can be deleted at any time.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use half::f16;
use rayon::prelude::*;

use super::VisionError;
use super::activation::{Activation, ActivationLayout, Unfreeze};
use super::backbone::Backbone;
use crate::imaging::ContentHash;

/// Changes with what a view is: other ways of making views must not be mixed with these.
const MAGIC: &[u8; 8] = b"HANGTAG1";
const HEADER_BYTES: usize = 32;
const HASH_BYTES: usize = 32;
const CHECK_BYTES: usize = 8;

/// Records that are checked together when a file is opened.
const BYTES_AT_ONCE: usize = 64 << 20;

/// Views of photos at the frozen boundary of one backbone, on disk.
pub struct ActivationStore {
    path: PathBuf,
    file: File,
    layout: ActivationLayout,
    num_views: usize,
    /// The number of each photo's record.
    records: HashMap<ContentHash, u64>,
    bytes: Vec<u8>,
}

impl ActivationStore {
    /// Where the views of a backbone lie in `folder`: `num_views` a photo, the plain one first.
    #[must_use]
    pub fn path(folder: &Path, backbone: &Backbone, unfreeze: Unfreeze, num_views: usize) -> PathBuf {
        folder.join(format!("{}-{unfreeze}-{num_views}.activations", backbone.key()))
    }

    /// Bytes that so many photos take.
    #[must_use]
    pub fn bytes_of(layout: &ActivationLayout, num_views: usize, num_photos: usize) -> u64 {
        HEADER_BYTES as u64 + (num_photos * record_bytes(layout, num_views)) as u64
    }

    /// Opens the file, or begins it. A file of another layout begins anew.
    ///
    /// # Errors
    /// [`VisionError::Activations`] where it cannot be read or written, or another program writes it.
    pub fn open(path: &Path, layout: ActivationLayout, num_views: usize) -> Result<Self, VisionError> {
        let opened = || -> io::Result<Self> {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
            file.try_lock().map_err(|_| io::Error::other("another Hangtag trains on it; wait until it is done"))?;
            let mut store =
                Self { path: path.to_owned(), file, layout, num_views, records: HashMap::new(), bytes: Vec::new() };
            store.read_records()?;
            Ok(store)
        };
        opened().map_err(|source| VisionError::Activations { path: path.to_owned(), source })
    }

    /// Whether a photo's views are there.
    #[must_use]
    pub fn has(&self, hash: &ContentHash) -> bool {
        self.records.contains_key(hash)
    }

    /// Views of a photo.
    #[must_use]
    pub fn num_views(&self) -> usize {
        self.num_views
    }

    /// Appends photos, each with all its views.
    ///
    /// # Errors
    /// [`VisionError::Activations`], for instance where the disk is full; what was there before stays.
    pub fn append(&mut self, photos: &[(ContentHash, Vec<Activation>)]) -> Result<(), VisionError> {
        let mut bytes = Vec::with_capacity(photos.len() * record_bytes(&self.layout, self.num_views));
        for (hash, views) in photos {
            debug_assert_eq!(views.len(), self.num_views);
            bytes.extend_from_slice(&hash.0);
            for view in views {
                let start = bytes.len();
                bytes.extend_from_slice(&little_endian(&view.map));
                view.pooled.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
                let check = check(&bytes[start..]);
                bytes.extend_from_slice(&check);
            }
        }
        let end = self.end();
        let written = self.file.seek(SeekFrom::Start(end)).and_then(|_| self.file.write_all(&bytes));
        written.map_err(|source| {
            // Half a record would be found damaged by the next opening in any case.
            let _ = self.file.set_len(end);
            VisionError::Activations { path: self.path.clone(), source }
        })?;
        for (hash, _) in photos {
            let number = self.records.len() as u64;
            self.records.insert(*hash, number);
        }
        Ok(())
    }

    /// Reads a view of a photo into `activation`; the plain view is number 0.
    ///
    /// # Errors
    /// [`VisionError::Activations`] where it is not there or cannot be read.
    pub fn read(&mut self, hash: &ContentHash, view: usize, activation: &mut Activation) -> Result<(), VisionError> {
        let failed = |path: &Path, source: io::Error| VisionError::Activations { path: path.to_owned(), source };
        let Some(record) = self.records.get(hash).filter(|_| view < self.num_views) else {
            return Err(failed(&self.path, io::Error::other("a photo's activations are missing; train again")));
        };
        let view_bytes = self.layout.bytes() + CHECK_BYTES;
        let at = HEADER_BYTES + HASH_BYTES + view * view_bytes;
        let at = at as u64 + record * record_bytes(&self.layout, self.num_views) as u64;
        self.bytes.resize(self.layout.bytes(), 0);
        let read = self.file.seek(SeekFrom::Start(at)).and_then(|_| self.file.read_exact(&mut self.bytes));
        read.map_err(|source| failed(&self.path, source))?;
        let (map, pooled) = self.bytes.split_at(2 * self.layout.map_len());
        activation.map.clear();
        activation.map.extend(map.as_chunks().0.iter().map(|&bytes| f16::from_le_bytes(bytes)));
        activation.pooled.clear();
        activation.pooled.extend(pooled.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)));
        Ok(())
    }

    fn end(&self) -> u64 {
        Self::bytes_of(&self.layout, self.num_views, self.records.len())
    }

    fn header(&self) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[..8].copy_from_slice(MAGIC);
        let [height, width, channels] = self.layout.map;
        let sizes = [height, width, channels, self.layout.pooled, self.num_views];
        for (to, size) in header[8..].as_chunks_mut::<4>().0.iter_mut().zip(sizes) {
            *to = (size as u32).to_le_bytes();
        }
        header
    }

    /// Finds the whole records, and cuts off what follows the last of them.
    fn read_records(&mut self) -> io::Result<()> {
        let expected = self.header();
        let mut header = [0; HEADER_BYTES];
        if self.file.read_exact(&mut header).is_err() || header != expected {
            self.file.set_len(0)?;
            self.file.rewind()?;
            return self.file.write_all(&expected);
        }
        let record_bytes = record_bytes(&self.layout, self.num_views);
        let num_together = (BYTES_AT_ONCE / record_bytes).max(1);
        let mut bytes = vec![0; num_together * record_bytes];
        loop {
            let length = read_up_to(&mut self.file, &mut bytes)?;
            let whole = &bytes[..length / record_bytes * record_bytes];
            let hashes: Vec<Option<ContentHash>> =
                whole.par_chunks_exact(record_bytes).map(|record| self.layout.hash_of(record)).collect();
            let num_found = hashes.len();
            for hash in hashes {
                let Some(hash) = hash else { return self.file.set_len(self.end()) };
                let number = self.records.len() as u64;
                self.records.insert(hash, number);
            }
            if num_found < num_together {
                return self.file.set_len(self.end());
            }
        }
    }
}

impl ActivationLayout {
    /// The photo of a record, or none where it is damaged.
    fn hash_of(&self, record: &[u8]) -> Option<ContentHash> {
        let (hash, views) = record.split_first_chunk::<HASH_BYTES>()?;
        let is_whole = views.chunks(self.bytes() + CHECK_BYTES).all(|view| {
            let (content, sum) = view.split_at(self.bytes());
            check(content) == sum
        });
        is_whole.then_some(ContentHash(*hash))
    }
}

fn record_bytes(layout: &ActivationLayout, num_views: usize) -> usize {
    HASH_BYTES + num_views * (layout.bytes() + CHECK_BYTES)
}

fn check(content: &[u8]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&blake3::hash(content).as_bytes()[..CHECK_BYTES]);
    check
}

fn little_endian(values: &[f16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Reads until the buffer is full or the file ends.
fn read_up_to(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match file.read(&mut buffer[length..])? {
            0 => break,
            count => length += count,
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: ActivationLayout = ActivationLayout { map: [2, 1, 3], pooled: 2 };

    fn photo(number: u8) -> (ContentHash, Vec<Activation>) {
        let view = |view: u8| Activation {
            map: (0..6).map(|at| f16::from_f32(f32::from(number) + f32::from(at * 10 + view))).collect(),
            pooled: vec![f32::from(number), f32::from(view)],
        };
        (ContentHash([number; 32]), vec![view(0), view(1)])
    }

    #[test]
    fn what_is_whole_is_found_again_and_the_rest_is_cut_off() {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        let path = folder.path().join("deep/some.activations");
        let open = || ActivationStore::open(&path, LAYOUT, 2).expect("it can be opened");
        let photos: Vec<_> = (1..=3).map(photo).collect();
        open().append(&photos).expect("there is room");
        let check_first = |count: u8| {
            let mut store = open();
            assert!((1..=3).all(|number| store.has(&photo(number).0) == (number <= count)));
            for (hash, views) in photos.iter().take(usize::from(count)) {
                for (number, view) in views.iter().enumerate() {
                    let mut read = Activation::default();
                    store.read(hash, number, &mut read).expect("it is there");
                    assert_eq!(read, *view);
                }
            }
            assert!(store.read(&photo(9).0, 0, &mut Activation::default()).is_err());
        };
        check_first(3);
        let length = fs::metadata(&path).expect("it is there").len();
        assert_eq!(length, ActivationStore::bytes_of(&LAYOUT, 2, 3));
        // Cut short in the last record, then damaged in the second.
        let file = OpenOptions::new().write(true).open(&path).expect("it is there");
        file.set_len(length - 5).expect("it can be cut");
        check_first(2);
        let mut bytes = fs::read(&path).expect("it is there");
        let record = record_bytes(&LAYOUT, 2);
        bytes[HEADER_BYTES + record + HASH_BYTES + 3] ^= 1;
        fs::write(&path, bytes).expect("it can be written");
        check_first(1);
        open().append(&photos[1..]).expect("there is room");
        check_first(3);
        // Another layout begins anew.
        let other = ActivationLayout { map: [1, 1, 3], pooled: 2 };
        assert!(!ActivationStore::open(&path, other, 2).expect("it can be opened").has(&photo(1).0));
    }
}
