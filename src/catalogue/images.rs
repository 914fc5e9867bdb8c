//! Images and the files that hold them, as rows.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::path::PathBuf;

use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};

use super::inside::{below, leads_below};
use super::labels::Timestamp;
use super::scan::Found;
use super::{Catalogue, Result};
use crate::imaging::{ContentHash, Header};

/// Why a photo cannot be read of which the catalogue names no place below its root.
const LEADS_OUT: &str = "its path leads out of the folder of photos and is not followed; read the folder again";

/// An image's number in its catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ImageId(pub i64);

/// Whether an image can be worked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageState {
    Ok,
    /// No file holds it any more; its labels are kept.
    Missing,
    /// With the reason.
    Broken(String),
}

/// A file that holds an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Index into [`Listing::roots`].
    pub root: usize,
    /// Relative to the root, with `/` between the parts.
    pub path: String,
    /// When the file was changed last; 1970 where it is only known that it lay there once.
    pub modified: Timestamp,
}

/// A photo by content, with the files that hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRow {
    pub id: ImageId,
    /// None for a file that could not be read.
    pub hash: Option<ContentHash>,
    pub width: u32,
    pub height: u32,
    pub state: ImageState,
    /// The image that lay at the same path before its file was changed, or before it could be read.
    pub replaces: Option<ImageId>,
    /// Present files, or where it was last seen if there is none; at least one, in order of path.
    pub files: Vec<FileRow>,
}

/// All images of a catalogue, in order of path. Of those that share one, that which lies there, or lay there last, comes
/// first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub roots: Vec<PathBuf>,
    pub images: Vec<ImageRow>,
}

impl ImageRow {
    #[must_use]
    pub fn num_pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// The file's own name.
    #[must_use]
    pub fn name(&self) -> &str {
        let path = self.files.first().map_or("", |file| file.path.as_str());
        path.rsplit('/').next().unwrap_or(path)
    }

    /// The path that stands for the image, relative to its root.
    #[must_use]
    pub fn path(&self) -> &str {
        self.files.first().map_or("", |file| file.path.as_str())
    }
}

impl Listing {
    /// The images that their paths mean: not those that are gone from where another one lies, or lay after them.
    pub fn by_path(&self) -> impl Iterator<Item = &ImageRow> {
        let mut taken = HashSet::new();
        self.images.iter().filter(move |image| {
            let before = taken.len();
            taken.extend(image.files.iter().map(|file| (file.root, file.path.as_str())));
            taken.len() > before || image.state != ImageState::Missing
        })
    }

    /// Where the image's first file lies, as [`Listing::absolute`] has it.
    #[must_use]
    pub fn path_of(&self, image: &ImageRow) -> PathBuf {
        image.files.first().map_or_else(PathBuf::new, |file| self.absolute(file))
    }

    /// Where a file lies; none where its path leads out of its root, as a stranger's catalogue may have it.
    #[must_use]
    pub fn place(&self, file: &FileRow) -> Option<PathBuf> {
        below(self.roots.get(file.root)?, &file.path)
    }

    /// Where a file lies; the empty path, at which nothing can be read, for one that has no place.
    #[must_use]
    pub fn absolute(&self, file: &FileRow) -> PathBuf {
        self.place(file).unwrap_or_default()
    }

    /// How a file is named in tables: relative while there is one root, else in full.
    #[must_use]
    pub fn display_path(&self, file: &FileRow) -> String {
        let place = self.place(file).filter(|_| self.roots.len() != 1);
        place.map_or_else(|| file.path.clone(), |place| place.display().to_string())
    }
}

/// A file as the catalogue knows it.
pub(super) struct KnownFile {
    pub id: i64,
    pub size: i64,
    pub mtime_ns: i64,
    pub image: ImageId,
    pub is_present: bool,
    /// Whether its content was ever read. Until then its image is a stand-in.
    pub has_hash: bool,
    /// Whether its image could not be used.
    pub has_fault: bool,
}

/// What was read of a file during an import.
pub(super) struct Reading {
    pub hash: Option<ContentHash>,
    /// Or why it cannot be used: what could not be before was looked at to its last pixel.
    pub header: std::result::Result<Header, String>,
}

impl Catalogue {
    /// All images with their files.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn listing(&self) -> Result<Listing> {
        let mut roots = Vec::new();
        let mut root_ids = Vec::new();
        let mut statement = self.connection.prepare("SELECT id, path FROM roots ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            root_ids.push(row.get::<_, i64>(0)?);
            roots.push(PathBuf::from(row.get::<_, String>(1)?));
        }
        let index_of = |root_id: i64| root_ids.iter().position(|&id| id == root_id).unwrap_or(0);
        let mut files: std::collections::HashMap<i64, (bool, Vec<FileRow>)> = std::collections::HashMap::new();
        let mut statement =
            self.connection.prepare("SELECT image_id, root_id, path, is_present, mtime_ns FROM files")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let root = index_of(row.get(1)?);
            let is_present: bool = row.get(3)?;
            let (has_present, of_image) = files.entry(row.get(0)?).or_default();
            // A place where the photo no longer lies is only worth naming while there is no better one.
            if is_present && !*has_present {
                of_image.clear();
            }
            if is_present || !*has_present {
                let modified = Timestamp(row.get::<_, i64>(4)? / 1_000_000);
                of_image.push(FileRow { root, path: row.get(2)?, modified });
            }
            *has_present |= is_present;
        }
        let mut images = Vec::new();
        // A stand-in whose file turned out to hold a known image is not shown unless something was said of it. Its row
        // stays: steps of the history may name it.
        let mut statement = self.connection.prepare(
            "SELECT id, hash, width, height, fault, replaces, last_path FROM images WHERE hash IS NOT NULL
             OR EXISTS (SELECT 1 FROM files WHERE image_id = images.id)
             OR EXISTS (SELECT 1 FROM labels WHERE image_id = images.id)",
        )?;
        // Where an image lay that no row of a file names any more, another one does, mostly that which replaced it.
        let mut last_root = self.connection.prepare(
            "SELECT f.root_id FROM files f JOIN images i ON i.id = f.image_id
             WHERE f.root_id IN (SELECT id FROM roots) AND f.path = ?1 ORDER BY i.replaces IS ?2 DESC LIMIT 1",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            let (has_present, mut files) = files.remove(&id).unwrap_or_default();
            files.sort_by(|a, b| (a.root, &a.path).cmp(&(b.root, &b.path)));
            let is_within = files.iter().any(|file| leads_below(&file.path));
            if is_within && files.len() > 1 {
                files.retain(|file| leads_below(&file.path));
            }
            if files.is_empty() {
                let path: String = row.get(6)?;
                let root = last_root.query_row(params![path, id], |row| row.get::<_, i64>(0)).optional()?;
                files.push(FileRow { root: root.map_or(0, index_of), path, modified: Timestamp(0) });
            }
            let fault: Option<String> = row.get(4)?;
            let state = match fault {
                _ if !has_present => ImageState::Missing,
                Some(reason) => ImageState::Broken(reason),
                None if !is_within => ImageState::Broken(LEADS_OUT.to_owned()),
                None => ImageState::Ok,
            };
            images.push(ImageRow {
                id: ImageId(id),
                hash: row.get::<_, Option<[u8; 32]>>(1)?.map(ContentHash),
                width: row.get(2)?,
                height: row.get(3)?,
                state,
                replaces: row.get::<_, Option<i64>>(5)?.map(ImageId),
                files,
            });
        }
        images.sort_by(|a, b| {
            let root = |image: &ImageRow| image.files.first().map_or(0, |file| file.root);
            let modified = |image: &ImageRow| Reverse(image.files.first().map(|file| file.modified));
            let age = |image: &ImageRow| (image.state == ImageState::Missing, modified(image), image.id);
            (root(a), a.path(), age(a)).cmp(&(root(b), b.path(), age(b)))
        });
        Ok(Listing { roots, images })
    }

    /// Records that an image cannot be used although its header could be read.
    ///
    /// # Errors
    /// Where the catalogue cannot be written.
    pub fn set_fault(&self, image: ImageId, reason: &str) -> Result<()> {
        self.check_writable()?;
        self.connection.execute("UPDATE images SET fault = ?2 WHERE id = ?1", params![image.0, reason])?;
        Ok(())
    }
}

/// What a file turned out to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recorded {
    /// A content that was not known.
    New,
    /// A new file of a known content that another file holds as well.
    Duplicate(ImageId),
    /// A new file of a known content that no other file holds any more.
    Back,
    /// Another content than before.
    Changed,
    /// The content it had.
    Same,
}

/// Records a file that is new, changed or back, with the image it holds.
pub(super) fn record(
    transaction: &Transaction<'_>,
    root_id: i64,
    found: &Found,
    known: Option<&KnownFile>,
    reading: &Reading,
) -> Result<Recorded> {
    let by_hash = match reading.hash {
        Some(hash) => transaction
            .prepare_cached("SELECT id FROM images WHERE hash = ?1")?
            .query_row([hash.0], |row| row.get::<_, i64>(0))
            .optional()?,
        // What cannot be read stays the image it was.
        None => known.map(|file| file.image.0),
    };
    let was_known = by_hash.is_some();
    let image = match by_hash {
        Some(image) => {
            if reading.hash.is_some() && known.is_some_and(|file| file.has_fault) {
                look_again(transaction, image, reading)?;
            }
            image
        }
        None => keep_image(transaction, found, known, reading)?,
    };
    let is_elsewhere: bool = transaction
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM files WHERE image_id = ?1 AND is_present)")?
        .query_row([image], |row| row.get(0))?;
    match known {
        None => transaction
            .prepare_cached("INSERT INTO files (root_id, path, size, mtime_ns, image_id) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![root_id, found.path, found.size, found.mtime_ns, image])?,
        Some(file) => {
            if file.image.0 != image {
                leave(transaction, file, image, &found.path)?;
            }
            // What could not be read is no more known than before, and is to be read by the next import.
            let (size, mtime_ns) =
                if reading.hash.is_some() { (found.size, found.mtime_ns) } else { (file.size, file.mtime_ns) };
            transaction
                .prepare_cached(
                    "UPDATE files SET size = ?2, mtime_ns = ?3, image_id = ?4, is_present = 1 WHERE id = ?1",
                )?
                .execute(params![file.id, size, mtime_ns, image])?
        }
    };
    Ok(match known {
        None if was_known && is_elsewhere => Recorded::Duplicate(ImageId(image)),
        None if was_known => Recorded::Back,
        None => Recorded::New,
        // What could be read only now is new, though its file was known.
        Some(file) if !file.has_hash && reading.hash.is_some() => Recorded::New,
        Some(file) if file.image.0 == image => Recorded::Same,
        Some(_) => Recorded::Changed,
    })
}

/// Adds what was read as a new image, or gives it to the stand-in for a file that could not be read until now, which
/// keeps its number, and with it what was said of it.
fn keep_image(
    transaction: &Transaction<'_>,
    found: &Found,
    known: Option<&KnownFile>,
    reading: &Reading,
) -> Result<i64> {
    let (header, fault) = match &reading.header {
        Ok(header) => (Some(header), None),
        Err(reason) => (None, Some(reason)),
    };
    let stand_in = known.filter(|file| !file.has_hash).map(|file| file.image.0);
    transaction
        .prepare_cached(
            // Where nothing was said of the image before, but of the one before that, that one has something to offer.
            "INSERT INTO images (id, hash, width, height, orientation, fault, last_path, replaces)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, (
                 SELECT IIF(EXISTS (SELECT 1 FROM labels WHERE image_id = old.replaces)
                     AND NOT EXISTS (SELECT 1 FROM labels WHERE image_id = old.id), old.replaces, old.id)
                 FROM images old WHERE old.id = ?8))
             ON CONFLICT (id) DO UPDATE SET hash = ?2, width = ?3, height = ?4, orientation = ?5, fault = ?6",
        )?
        .execute(params![
            stand_in,
            reading.hash.map(|hash| hash.0),
            header.map_or(0, |header| header.width),
            header.map_or(0, |header| header.height),
            header.map_or(1, |header| header.orientation),
            fault,
            found.path,
            known.map(|file| file.image.0),
        ])?;
    Ok(stand_in.unwrap_or_else(|| transaction.last_insert_rowid()))
}

/// Records whether a known image can be used by now: by another Hangtag perhaps than the one that could not.
fn look_again(transaction: &Transaction<'_>, image: i64, reading: &Reading) -> Result<()> {
    match &reading.header {
        Ok(Header { width, height, orientation }) => transaction
            .prepare_cached("UPDATE images SET width = ?2, height = ?3, orientation = ?4, fault = NULL WHERE id = ?1")?
            .execute(params![image, width, height, orientation])?,
        Err(reason) => {
            transaction.prepare_cached("UPDATE images SET fault = ?2 WHERE id = ?1")?.execute(params![image, reason])?
        }
    };
    Ok(())
}

/// The image that a changed file held stays, known by the place where it was last seen. What was said of a stand-in is
/// offered to the image that its file turned out to hold.
fn leave(transaction: &Transaction<'_>, file: &KnownFile, image: i64, path: &str) -> Result<()> {
    transaction.execute("UPDATE images SET last_path = ?2 WHERE id = ?1", params![file.image.0, path])?;
    if !file.has_hash {
        transaction
            .execute("UPDATE images SET replaces = ?2 WHERE id = ?1 AND replaces IS NULL", [image, file.image.0])?;
    }
    Ok(())
}
