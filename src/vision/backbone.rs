//! A network ready to turn photos into features, whichever it is and wherever it runs.

use candle_core::{DType, Device};

use super::device::DeviceChoice;
use super::feature::Feature;
use super::preprocess::Crop;
use super::resnet::ResNet;
use super::source::{ModelSource, in_file};
use super::spec::{Spec, Stage};
use super::weights::{Tensors, Weights};
use super::words::Words;
use super::{VisionError, WeightsError};

/// The `ResNet` up to the pooled features, with its preprocessing and the words it knows.
pub struct Backbone {
    net: ResNet,
    spec: Spec,
    words: Option<Words>,
    device: Device,
    key: String,
}

impl Backbone {
    /// Reads and plans the model.
    ///
    /// # Errors
    /// [`VisionError`] where files are missing or do not fit together, or the device cannot be used.
    pub fn open(source: &ModelSource, device: DeviceChoice) -> Result<Self, VisionError> {
        let (weights, spec, path) = source.read()?;
        let device = device.open()?;
        let tensors = weights.tensors().map_err(in_file(&path))?;
        let net = ResNet::load(&spec.architecture, &tensors, &device).map_err(in_file(&path))?;
        let words = load_words(&spec, &tensors).map_err(in_file(&path))?;
        let key = feature_key(&weights, &spec);
        Ok(Self { net, spec, words, device, key })
    }

    /// What the model says of itself.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The everyday words it knows, if it has any.
    #[must_use]
    pub fn words(&self) -> Option<&Words> {
        self.words.as_ref()
    }

    /// Names everything that a feature depends on beside the photo: weights, preprocessing, stages, decoding,
    /// precision. Features of different keys are never mixed.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// In words for a person: "f32 on CPU".
    #[must_use]
    pub fn runs_as(&self) -> String {
        let device = match &self.device {
            Device::Cpu => "CPU",
            Device::Cuda(_) => "CUDA",
            Device::Metal(_) => "Metal",
        };
        format!("f32 on {device}")
    }

    /// The features of a batch of crops, in order.
    ///
    /// # Errors
    /// [`VisionError::Compute`], for instance where the device is out of memory.
    pub fn features(&self, crops: &[Crop]) -> Result<Vec<Feature>, VisionError> {
        if crops.is_empty() {
            return Ok(Vec::new());
        }
        let images = self.spec.preprocess.tensor(crops, &self.device)?;
        let pooled = self.net.pooled(&images)?;
        let stages: Vec<Vec<Vec<f32>>> = self
            .spec
            .features
            .iter()
            .map(|stage| pooled[stage.index()].to_dtype(DType::F32)?.to_vec2())
            .collect::<candle_core::Result<_>>()?;
        if stages.iter().flatten().flatten().any(|value| !value.is_finite()) {
            return Err(VisionError::NotFinite);
        }
        Ok((0..crops.len())
            .map(|image| {
                let of_image: Vec<&[f32]> = stages.iter().map(|stage| stage[image].as_slice()).collect();
                Feature::from_pooled(&of_image)
            })
            .collect())
    }
}

/// Words need the pooled output of the last stage among the features, and names.
fn load_words(spec: &Spec, tensors: &Tensors<'_>) -> Result<Option<Words>, WeightsError> {
    if spec.classes.is_empty() || spec.features.last() != Some(&Stage::Layer4) || !tensors.has("fc.weight") {
        return Ok(None);
    }
    Words::load(&spec.classes, spec.architecture.channels(Stage::Layer4), tensors).map(Some)
}

fn feature_key(weights: &Weights, spec: &Spec) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(weights.hash().as_bytes());
    let described = (&spec.architecture, &spec.features, &spec.preprocess);
    // These are plain structs of numbers and names, which JSON always holds.
    hasher.update(&serde_json::to_vec(&described).expect("a spec is plain data"));
    hasher.update(b"full decode, f32");
    hasher.finalize().to_hex()[..24].to_owned()
}
