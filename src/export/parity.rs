//! Photos with the app's own answers, by which a written model is checked here and by `verify.py` anywhere.
//!
//! `parity/images.npy` holds the prescribed input, RGB bytes `[photos, side, side, 3]`; `expected.npy` the app's
//! probabilities `[photos, tags]`; `photos/` some of the files themselves; `parity.json` what belongs to what.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ExportError;
use crate::imaging::{self, ContentHash};
use crate::vision::Crop;

/// What the app says of some photos.
#[derive(Default)]
pub struct Parity {
    pub crops: Vec<Crop>,
    /// Probabilities in the order of `labels.json`.
    pub expected: Vec<Vec<f32>>,
    /// For each photo and group, the tag that is known to fit, by its place in the group.
    pub truths: Vec<Vec<Option<usize>>>,
    /// What each photo is called.
    pub names: Vec<String>,
    /// Photos whose files go along.
    pub photos: Vec<ParityPhoto>,
    /// Whether each photo taught the model nothing.
    pub is_held_out: Vec<bool>,
}

/// A photo whose file goes along.
pub struct ParityPhoto {
    pub path: PathBuf,
    /// What was in it when the app answered.
    pub hash: ContentHash,
    /// Which of the set it is.
    pub image: usize,
    /// Whether every decoder sees the same in it: RGB, upright, not transparent, JPEG or PNG.
    pub is_plain: bool,
}

/// `parity.json`.
#[derive(Deserialize, Serialize)]
struct ParityFile {
    images: usize,
    held_out: Vec<bool>,
    names: Vec<String>,
    truths: Vec<Vec<Option<usize>>>,
    photos: Vec<PhotoLine>,
}

#[derive(Deserialize, Serialize)]
struct PhotoLine {
    file: String,
    image: usize,
    plain: bool,
}

impl Parity {
    /// How many of the photos taught the model nothing.
    #[must_use]
    pub fn num_held_out(&self) -> usize {
        self.is_held_out.iter().filter(|is_held_out| **is_held_out).count()
    }

    /// Writes the set into a folder. The file of a photo that has changed since the app answered does not go along.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), ExportError> {
        let photos = folder.join("photos");
        fs::create_dir_all(&photos).map_err(ExportError::at(&photos))?;
        let side = self.crops.first().map_or(0, |crop| crop.0.width() as usize);
        write_npy(&folder.join("images.npy"), "|u1", &[self.crops.len(), side, side, 3], |to| {
            self.crops.iter().try_for_each(|crop| to.write_all(crop.0.as_raw()))
        })?;
        let num_tags = self.expected.first().map_or(0, Vec::len);
        write_npy(&folder.join("expected.npy"), "<f4", &[self.expected.len(), num_tags], |to| {
            self.expected.iter().flatten().try_for_each(|value| to.write_all(&value.to_le_bytes()))
        })?;
        let mut lines = Vec::new();
        for photo in &self.photos {
            let read = imaging::read(&photo.path).ok().filter(|bytes| ContentHash::of(bytes) == photo.hash);
            let Some(bytes) = read else { continue };
            let ending = photo.path.extension().map_or_else(|| "jpg".into(), std::ffi::OsStr::to_ascii_lowercase);
            let name = format!("{:03}.{}", lines.len(), ending.to_string_lossy());
            let to = photos.join(&name);
            fs::write(&to, bytes).map_err(ExportError::at(&to))?;
            lines.push(PhotoLine { file: format!("photos/{name}"), image: photo.image, plain: photo.is_plain });
        }
        let file = ParityFile {
            images: self.crops.len(),
            held_out: self.is_held_out.clone(),
            names: self.names.clone(),
            truths: self.truths.clone(),
            photos: lines,
        };
        super::write::write_json(&folder.join("parity.json"), &file)
    }
}

/// `NumPy`'s own format, version 1.0: a magic, a description padded to 64 bytes, and the numbers.
fn write_npy(
    path: &Path,
    kind: &str,
    shape: &[usize],
    numbers: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), ExportError> {
    let write = || {
        let mut to = BufWriter::new(File::create(path)?);
        let shape = shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
        while (10 + header.len() + 1) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        to.write_all(b"\x93NUMPY\x01\x00")?;
        to.write_all(&(header.len() as u16).to_le_bytes())?;
        to.write_all(header.as_bytes())?;
        numbers(&mut to)?;
        to.flush()
    };
    write().map_err(ExportError::at(path))
}
