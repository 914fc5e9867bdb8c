//! What leaves the catalogue: the model in the formats that serving stacks run, each checked against the app's own
//! answers; tags and data sets ([`labels`]); and what a server needs beside the model ([`serving`], [`publish`]).
//!
//! A [`Graph`] says in a few plain operations what is computed; each format is one writer of it. [`write()`] lays out a
//! whole export: the model, its labels and preprocessing, a card for people, and a set of photos with the app's own
//! answers, which `verify.py` holds any real runtime against.
//!
//! This room knows networks, heads and files. It must not know the workspace: which version is exported, and of which
//! photos the answers are, it is told.

mod bundle;
mod card;
mod check;
mod coreml;
mod earlier;
mod graph;
mod judge;
pub mod labels;
mod model;
mod onnx;
mod parity;
pub mod place;
mod protobuf;
pub mod publish;
mod ranges;
mod run;
mod saved_model;
pub mod serving;
mod tflite;
mod verified;
mod weights;
mod write;

pub use bundle::{is_bundle, read_heads};
pub use graph::{Edge, EdgeId, Graph, Node, Op};
pub use judge::{Judgement, Share, which_photos};
pub use model::{About, AboutGroup, AboutTag, Head, LabelsFile, LabelsGroup, Model};
pub use parity::{Parity, ParityPhoto};
pub use ranges::{Ranges, Steps, calibrate};
pub use run::run;
pub use verified::{Accuracy, Agreement, Checksums, Verified};
pub use write::{Manifest, Report, Request, Verdict, write, write_model};

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::failure::Cause;
use crate::vision::VisionError;

/// What a model can be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A folder that Hangtag and plain PyTorch read.
    Bundle,
    Onnx,
    /// A version's folder for TensorFlow.
    SavedModel,
    /// TensorFlow Lite, also called `LiteRT`.
    TfLite,
    CoreMl,
}

/// How exactly a model's numbers are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    #[default]
    F32,
    F16,
    Int8,
}

/// The same with what int8 needs to know.
pub enum Numbers {
    F32,
    F16,
    I8(Ranges),
}

/// Why a model was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the catalogue has learnt nothing yet: label two photos each of two tags first")]
    NothingLearnt,
    #[error("the heads were not fitted on this backbone's features; choose the version's own backbone")]
    OtherBackbone,
    #[error("{format} is not written in {precision}; use {offered}")]
    NoSuchPrecision { format: Format, precision: Precision, offered: String },
    #[error(transparent)]
    Place(#[from] place::PlaceError),
    #[error("{path} cannot be written: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("there is no serving kit for {0}; export savedmodel for TensorFlow Serving, or onnx for Triton")]
    NoServer(Format),
    #[error("{0} holds an export, which another one within it would keep from being replaced; name a folder beside it")]
    WithinExport(PathBuf),
    #[error("no photo of the catalogue can be read, so there is nothing to check the export with")]
    NoPhotos,
    #[error("the written file cannot be run: {0}")]
    Run(String),
    #[error("the written file does not give the app's answers: {0}")]
    Differs(String),
    #[error("it was cancelled")]
    Cancelled,
    #[error(transparent)]
    Vision(#[from] VisionError),
    #[error("the network could not be computed: {0}")]
    Compute(#[from] candle_core::Error),
}

impl ExportError {
    /// The same for whoever has words of their own for it; none for what is rare or only commands can ask for.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::NothingLearnt => Some(Cause::NothingLearnt),
            Self::OtherBackbone => Some(Cause::OtherBackbone),
            Self::Place(error) => Some(error.cause()),
            Self::Write { source, .. } => Some(Cause::of_writing(source)),
            Self::WithinExport(_) => Some(Cause::WithinExport),
            Self::NoPhotos => Some(Cause::NoPhotos),
            Self::Run(fault) => Some(Cause::NotRunnable(fault.clone())),
            Self::Differs(fault) => Some(Cause::Differs(fault.clone())),
            Self::Vision(error) => error.cause(),
            Self::Compute(error) => Some(Cause::NotComputed(error.to_string())),
            // Of a job that was cancelled no failure is told.
            Self::NoSuchPrecision { .. } | Self::NoServer(_) | Self::Cancelled => None,
        }
    }

    /// What happened to a file or folder.
    fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::Write { path: path.to_owned(), source }
    }
}

impl Format {
    pub const ALL: [Self; 5] = [Self::Bundle, Self::Onnx, Self::SavedModel, Self::TfLite, Self::CoreMl];

    /// As commands and files name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::Onnx => "onnx",
            Self::SavedModel => "savedmodel",
            Self::TfLite => "tflite",
            Self::CoreMl => "coreml",
        }
    }

    /// The precisions that it is written in.
    #[must_use]
    pub fn precisions(self) -> &'static [Precision] {
        match self {
            Self::Bundle | Self::SavedModel => &[Precision::F32],
            Self::CoreMl => &[Precision::F32, Precision::F16],
            Self::Onnx | Self::TfLite => &[Precision::F32, Precision::F16, Precision::Int8],
        }
    }
}

impl Precision {
    /// As commands and files name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Int8 => "int8",
        }
    }

    /// By how much a probability may differ from the app's on the very same input; none for int8, which is judged by
    /// its decisions.
    #[must_use]
    pub fn bound(self) -> Option<f32> {
        match self {
            Self::F32 => Some(1e-4),
            Self::F16 => Some(2e-3),
            Self::Int8 => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| format!("`{text}` is no format of a model: use bundle, onnx, savedmodel, tflite or coreml"))
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::F32, Self::F16, Self::Int8]
            .into_iter()
            .find(|precision| precision.name() == text)
            .ok_or_else(|| format!("`{text}` is no precision: use f32, f16 or int8"))
    }
}
