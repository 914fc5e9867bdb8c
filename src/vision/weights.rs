//! Named tensors out of a safetensors file, checked before use.
//!
//! Only safetensors is read, never a pickle: a weights file from a stranger can hold wrong numbers, not code.

use std::io::Read;
use std::path::Path;

use half::{bf16, f16};
use memmap2::MmapMut;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::pages::pages;
use super::{VisionError, random};
use crate::imaging;

/// Why a weights file does not fit.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("the weights file is damaged or no safetensors file ({0}); get it again from where it came")]
    Header(String),
    #[error("the weights lack the tensor `{0}`; the file and its spec.json do not belong together")]
    Missing(String),
    #[error(
        "the tensor `{name}` has the shape {found:?}, but the spec asks for {expected:?}; \
         the file and its spec.json do not belong together"
    )]
    Shape { name: String, found: Vec<usize>, expected: Vec<usize> },
    #[error("the tensor `{name}` is of the type {dtype:?}; f32, f16 and bf16 are read")]
    Type { name: String, dtype: Dtype },
    #[error("the tensor `{0}` holds numbers that are not finite")]
    NotFinite(String),
}

/// The bytes of a weights file and their hash.
pub struct Weights {
    source: Source,
    hash: blake3::Hash,
}

enum Source {
    Embedded(&'static [u8]),
    File(MmapMut),
    Random,
}

/// A weights file whose header was read, ready to give tensors.
pub struct Tensors<'a>(Option<SafeTensors<'a>>);

impl Weights {
    /// Weights that are part of the program.
    #[must_use]
    pub fn embedded(bytes: &'static [u8]) -> Self {
        Self { source: Source::Embedded(bytes), hash: blake3::hash(bytes) }
    }

    /// Weights from a file.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn read(path: &Path) -> std::io::Result<Self> {
        let (mut file, size) = imaging::open(path)?;
        // Read, not mapped: a file that somebody cuts short meanwhile must not take the program with it.
        let mut bytes = pages(usize::try_from(size).map_err(std::io::Error::other)?)?;
        file.read_exact(&mut bytes)?;
        let hash = blake3::Hasher::new().update_rayon(&bytes).finalize();
        Ok(Self { source: Source::File(bytes), hash })
    }

    /// Weights that were made up: every tensor asked for is there, the same numbers every time. They say how fast a
    /// network is, and nothing else.
    #[must_use]
    pub fn random() -> Self {
        Self { source: Source::Random, hash: blake3::hash(b"random weights") }
    }

    /// Which weights these are.
    #[must_use]
    pub fn hash(&self) -> blake3::Hash {
        self.hash
    }

    /// None of weights that were made up.
    pub(super) fn bytes(&self) -> Option<&[u8]> {
        match &self.source {
            Source::Embedded(bytes) => Some(bytes),
            Source::File(bytes) => Some(bytes),
            Source::Random => None,
        }
    }

    /// Reads the header.
    ///
    /// # Errors
    /// [`WeightsError::Header`] for a file cut short, offsets that lie outside, or no safetensors at all.
    pub fn tensors(&self) -> Result<Tensors<'_>, WeightsError> {
        let read = |bytes| SafeTensors::deserialize(bytes).map_err(|error| WeightsError::Header(error.to_string()));
        Ok(Tensors(self.bytes().map(read).transpose()?))
    }
}

/// A tensor of f32 that goes into a weights file.
pub struct TensorToWrite {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

impl Weights {
    /// A file like this one, in which `changed` stand in place of the tensors of the same names and `dropped` are left
    /// out; the others are as they were.
    ///
    /// # Errors
    /// [`VisionError::Write`] for weights that were made up, which are no file, and tensors of another shape than size.
    pub(super) fn with_changed(&self, changed: &[TensorToWrite], dropped: &[&str]) -> Result<Vec<u8>, VisionError> {
        let failed = |reason: &dyn std::fmt::Display| VisionError::Write(reason.to_string());
        let bytes = self.bytes().ok_or_else(|| failed(&"they were made up, to measure speed only"))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| failed(&error))?;
        let is_kept = |name: &str| !dropped.contains(&name) && changed.iter().all(|tensor| tensor.name != name);
        let mut views: Vec<(&str, TensorView<'_>)> = tensors.iter().filter(|(name, _)| is_kept(name)).collect();
        for TensorToWrite { name, shape, values } in changed {
            // The numbers of every machine that Hangtag runs on lie in memory as safetensors wants them.
            let view = TensorView::new(Dtype::F32, shape.clone(), bytemuck::cast_slice(values));
            views.push((name, view.map_err(|error| failed(&error))?));
        }
        safetensors::serialize(views, None).map_err(|error| failed(&error))
    }
}

impl Tensors<'_> {
    /// The tensor of that name as f32, row-major, if it has exactly that shape.
    ///
    /// # Errors
    /// [`WeightsError`] where it is missing, of another shape or type, or not finite.
    pub fn f32(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, WeightsError> {
        let Some(tensors) = &self.0 else { return Ok(random::tensor(name, shape)) };
        let view = tensors.tensor(name).map_err(|_| WeightsError::Missing(name.to_owned()))?;
        if view.shape() != shape {
            return Err(WeightsError::Shape {
                name: name.to_owned(),
                found: view.shape().to_vec(),
                expected: shape.to_vec(),
            });
        }
        let data = view.data();
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => data.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect(),
            Dtype::F16 => data.as_chunks().0.iter().map(|&b| f16::from_le_bytes(b).to_f32()).collect(),
            Dtype::BF16 => data.as_chunks().0.iter().map(|&b| bf16::from_le_bytes(b).to_f32()).collect(),
            dtype => return Err(WeightsError::Type { name: name.to_owned(), dtype }),
        };
        if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            Err(WeightsError::NotFinite(name.to_owned()))
        }
    }

    /// Every tensor as it lies in the file, by name; none of weights that were made up.
    #[must_use]
    pub fn views(&self) -> Vec<(String, TensorView<'_>)> {
        self.0.as_ref().map(SafeTensors::tensors).unwrap_or_default()
    }

    /// Whether there is a tensor of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|tensors| tensors.tensor(name).is_ok())
    }
}
