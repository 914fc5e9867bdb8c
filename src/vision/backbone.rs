//! A network ready to turn photos into features, whichever it is and wherever it runs.

use std::path::Path;

use candle_core::{DType, Device};

use super::cpu::{self, Engine, Level};
use super::device::DeviceChoice;
use super::feature::Feature;
use super::folded::FoldedNet;
use super::preprocess::Crop;
use super::resnet::ResNet;
use super::source::{ModelSource, in_file};
use super::spec::{Architecture, Spec, Stage};
use super::weights::{Tensors, Weights};
use super::words::Words;
use super::{VisionError, WeightsError};

/// The `ResNet` up to the pooled features, with its preprocessing and the words it knows.
pub struct Backbone {
    runner: Runner,
    spec: Spec,
    words: Option<Words>,
    key: String,
}

/// What a network runs on, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunsAs {
    /// The type of number that is multiplied: `f32`.
    pub precision: &'static str,
    pub on: RunsOn,
    /// The instructions of the processor that are used, or the library.
    pub by: Option<String>,
}

/// A sort of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunsOn {
    Cpu,
    Cuda,
    Metal,
}

/// What computes the network.
enum Runner {
    /// On processors.
    Engine(Engine),
    /// On graphics cards, and as the reference.
    Candle(ResNet, Device),
}

/// Images that go through the engine together.
const BATCH: usize = 16;

impl Backbone {
    /// Reads and plans the model.
    ///
    /// # Errors
    /// [`VisionError`] where files are missing or do not fit together, or the device cannot be used.
    pub fn open(source: &ModelSource, device: DeviceChoice) -> Result<Self, VisionError> {
        Self::open_with(source, |architecture, tensors, path| match device.open()? {
            Device::Cpu => {
                let level = Level::from_env().map_err(VisionError::Device)?;
                let net = FoldedNet::load(architecture, tensors).map_err(in_file(path))?;
                Ok(Runner::Engine(Engine::new(net, level, rayon::current_num_threads())))
            }
            device => candle(architecture, tensors, path, device),
        })
    }

    /// The same computed by candle on the processor: slow, and what the engine is held against.
    ///
    /// # Errors
    /// As [`Backbone::open`].
    pub fn open_reference(source: &ModelSource) -> Result<Self, VisionError> {
        Self::open_with(source, |architecture, tensors, path| candle(architecture, tensors, path, Device::Cpu))
    }

    fn open_with(
        source: &ModelSource,
        load: impl FnOnce(&Architecture, &Tensors<'_>, &Path) -> Result<Runner, VisionError>,
    ) -> Result<Self, VisionError> {
        let (weights, spec, path) = source.read()?;
        let tensors = weights.tensors().map_err(in_file(&path))?;
        let runner = load(&spec.architecture, &tensors, &path)?;
        let words = load_words(&spec, &tensors).map_err(in_file(&path))?;
        let key = feature_key(&weights, &spec);
        Ok(Self { runner, spec, words, key })
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

    /// On what it runs, and with which numbers.
    #[must_use]
    pub fn runs_as(&self) -> RunsAs {
        let (on, by) = match &self.runner {
            Runner::Engine(engine) => (RunsOn::Cpu, Some(engine.level().to_string())),
            Runner::Candle(_, Device::Cpu) => (RunsOn::Cpu, Some("candle".to_owned())),
            Runner::Candle(_, Device::Cuda(_)) => (RunsOn::Cuda, None),
            Runner::Candle(_, Device::Metal(_)) => (RunsOn::Metal, None),
        };
        RunsAs { precision: "f32", on, by }
    }

    /// Whether the processor's own engine runs it.
    #[must_use]
    pub fn is_on_processor(&self) -> bool {
        matches!(self.runner, Runner::Engine(_))
    }

    /// As figures name it: `hangtag-avx2`, `candle`.
    #[must_use]
    pub fn engine(&self) -> String {
        match &self.runner {
            Runner::Engine(engine) => format!("hangtag-{}", engine.level().name()),
            Runner::Candle(..) => "candle".to_owned(),
        }
    }

    /// The features of a batch of crops, in order.
    ///
    /// # Errors
    /// [`VisionError::Compute`], for instance where the device is out of memory.
    pub fn features(&self, crops: &[Crop]) -> Result<Vec<Feature>, VisionError> {
        match &self.runner {
            Runner::Engine(engine) => {
                let mut features = Vec::with_capacity(crops.len());
                for crops in crops.chunks(BATCH) {
                    features.extend(self.by_engine(engine, crops)?);
                }
                Ok(features)
            }
            Runner::Candle(..) if crops.is_empty() => Ok(Vec::new()),
            Runner::Candle(net, device) => self.by_candle(net, device, crops),
        }
    }

    /// How long each step of the engine takes on `images` grey images, at best of `times`; nothing where candle runs.
    #[must_use]
    pub fn time_steps(&self, images: usize, times: usize) -> Vec<cpu::StepTime> {
        match &self.runner {
            Runner::Engine(engine) => engine.time_steps(self.shape(images), &self.wanted(), times),
            Runner::Candle(..) => Vec::new(),
        }
    }

    /// Multiplications a second that the engine's cores do at best, as [`Level::peak_macs_per_second`] measures one.
    #[must_use]
    pub fn peak_macs_per_second(&self) -> Option<f64> {
        match &self.runner {
            Runner::Engine(engine) => Some(engine.level().peak_macs_per_second() * engine.num_threads() as f64),
            Runner::Candle(..) => None,
        }
    }

    fn shape(&self, images: usize) -> cpu::Shape {
        let side = self.spec.preprocess.crop as usize;
        cpu::Shape { images, height: side, width: side }
    }

    fn wanted(&self) -> cpu::Wanted {
        cpu::Wanted { pooled: self.spec.features.iter().map(|stage| stage.index()).collect(), map: None }
    }

    fn by_engine(&self, engine: &Engine, crops: &[Crop]) -> Result<Vec<Feature>, VisionError> {
        let fill_row = |image: usize, row: usize, to: &mut [f32]| self.spec.preprocess.row(&crops[image], row, to);
        engine.run(self.shape(crops.len()), &self.wanted(), &fill_row, |outputs| {
            (0..crops.len())
                .map(|image| {
                    let stages: Vec<&[f32]> =
                        (0..self.spec.features.len()).map(|index| outputs.pooled(index, image)).collect();
                    feature(&stages)
                })
                .collect()
        })
    }

    fn by_candle(&self, net: &ResNet, device: &Device, crops: &[Crop]) -> Result<Vec<Feature>, VisionError> {
        let images = self.spec.preprocess.tensor(crops, device)?;
        let pooled = net.pooled(&images)?;
        let stages: Vec<Vec<Vec<f32>>> = self
            .spec
            .features
            .iter()
            .map(|stage| pooled[stage.index()].to_dtype(DType::F32)?.to_vec2())
            .collect::<candle_core::Result<_>>()?;
        (0..crops.len())
            .map(|image| {
                let of_image: Vec<&[f32]> = stages.iter().map(|stage| stage[image].as_slice()).collect();
                feature(&of_image)
            })
            .collect()
    }
}

fn candle(
    architecture: &Architecture,
    tensors: &Tensors<'_>,
    path: &Path,
    device: Device,
) -> Result<Runner, VisionError> {
    let net = ResNet::load(architecture, tensors, &device).map_err(in_file(path))?;
    Ok(Runner::Candle(net, device))
}

fn feature(stages: &[&[f32]]) -> Result<Feature, VisionError> {
    if stages.iter().copied().flatten().all(|value| value.is_finite()) {
        Ok(Feature::from_pooled(stages))
    } else {
        Err(VisionError::NotFinite)
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
