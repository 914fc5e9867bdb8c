//! Pixels to features: the `ResNet` family, its weights and where they come from, preprocessing, device, feature cache.
//!
//! This room turns photos into numbers. It must not know what a catalogue or a tag is: a photo is known to it by its
//! content hash alone, and what a person calls the photo is learnt elsewhere, from the features made here.
//!
//! Start reading at [`Backbone`]: it hides which network runs on which device.

pub mod cpu;
pub mod hub;
pub mod registry;
pub mod spec;

mod activation;
mod activation_store;
mod augment;
mod backbone;
mod calibration;
mod device;
mod feature;
mod folded;
mod footprint;
#[cfg(test)]
mod made_up;
mod normed;
mod pages;
mod precision;
mod preprocess;
mod random;
mod resnet;
mod source;
mod store;
mod tail;
mod tensors;
mod trained;
mod weights;
mod words;

pub use activation::{Activation, ActivationLayout, Unfreeze};
pub use activation_store::ActivationStore;
pub use backbone::{Backbone, RunsAs, RunsOn};
pub use calibration::Calibration;
pub use device::DeviceChoice;
pub use feature::Feature;
pub use folded::{FoldedBlock, FoldedConv, FoldedNet};
pub use normed::{NormedBlock, NormedConv, NormedTail};
pub use precision::{PrecisionChoice, TrainOn, TrainPrecision};
pub use preprocess::Crop;
pub use random::SplitMix;
pub use resnet::{NUM_STAGES, ResNet};
pub use source::ModelSource;
pub use store::FeatureStore;
pub use tail::TrainableTail;
pub use weights::{Weights, WeightsError};
pub use words::Words;

use std::path::PathBuf;

use crate::failure::Cause;

/// Why a model cannot be opened or run.
#[derive(Debug, thiserror::Error)]
pub enum VisionError {
    #[error("{path}: {source}")]
    Weights { path: PathBuf, source: WeightsError },
    #[error("{path} cannot be read: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} is not a model description: {reason}")]
    Spec { path: PathBuf, reason: String },
    #[error(
        "no model is called `{0}`: name one of `hangtag models list`, or a folder with weights.safetensors and spec.json"
    )]
    UnknownModel(String),
    #[error("the model `{id}` is not on this computer yet: `hangtag models get {id}` fetches it once ({size_mb} MB)")]
    NotFetched { id: String, size_mb: u64 },
    #[error(
        "the weights of `{id}` are damaged or were replaced since they were fetched: `hangtag models get {id}` fetches \
         them again ({path})"
    )]
    Replaced { id: String, path: PathBuf },
    #[error("{0}")]
    Device(String),
    #[error("{0}; measure it again with `hangtag models calibrate`")]
    Calibration(#[from] cpu::UnknownRange),
    #[error("the network could not be computed: {0}")]
    Compute(#[from] candle_core::Error),
    #[error("the network gives numbers that are not finite; its weights are damaged, or not of this network")]
    NotFinite,
    #[error("the feature cache {path} cannot be used: {source}")]
    Store { path: PathBuf, source: std::io::Error },
    #[error("the cache of activations {path} cannot be used: {source}")]
    Activations { path: PathBuf, source: std::io::Error },
    #[error("the network's weights cannot be written: {0}")]
    Write(String),
    #[error("about {gigabytes:.1} GB of memory are needed, and the system does not give so much")]
    Memory { gigabytes: f64 },
}

impl VisionError {
    /// The same for whoever has words of their own for it; none for what is rare.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::Weights { .. } | Self::Read { .. } | Self::Spec { .. } | Self::NotFinite => {
                Some(Cause::ModelUnusable(self.to_string()))
            }
            Self::UnknownModel(name) => Some(Cause::UnknownModel(name.clone())),
            Self::NotFetched { id, size_mb } => Some(Cause::ModelNotFetched(id.clone(), *size_mb)),
            Self::Replaced { id, .. } => Some(Cause::ModelReplaced(id.clone())),
            Self::Compute(error) => Some(Cause::NotComputed(error.to_string())),
            Self::Device(_)
            | Self::Calibration(_)
            | Self::Store { .. }
            | Self::Activations { .. }
            | Self::Write(_)
            | Self::Memory { .. } => None,
        }
    }
}
