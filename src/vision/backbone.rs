//! A network ready to turn photos into features, whichever it is and wherever it runs.

use std::path::Path;

use candle_core::{DType, Device};
use image::RgbImage;

use super::calibration::Calibration;
use super::cpu::{self, Engine, Level, Observed};
use super::device::DeviceChoice;
use super::feature::{self, Feature};
use super::folded::FoldedNet;
use super::preprocess::Crop;
use super::resnet::ResNet;
use super::source::{ModelSource, in_file};
use super::spec::{Architecture, Spec, Stage};
use super::weights::{Tensors, Weights};
use super::words::Words;
use super::{VisionError, WeightsError};
use crate::imaging::{self, ImagingError};
use crate::progress::Progress;

/// The `ResNet` up to the pooled features, with its preprocessing and the words it knows.
pub struct Backbone {
    runner: Runner,
    spec: Spec,
    words: Option<Words>,
    key: String,
    exact_key: String,
}

/// What a network runs on, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunsAs {
    /// The type of number that is multiplied: `f32`, `bf16`, `int8`.
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
    /// On processors, in f32.
    Engine(Engine),
    /// On processors, in whole numbers of eight bits.
    Quantised(Engine),
    /// On processors that multiply it, in bf16.
    Bf16(Engine),
    /// On graphics cards, and as the reference.
    Candle(ResNet, Device),
}

/// Makes something of a crop's pooled stages.
type OfStages<'a, T> = dyn Fn(&[&[f32]]) -> Result<T, VisionError> + 'a;

/// Images that go through the engine together.
pub(super) const BATCH: usize = 16;

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

    /// The same on the processor in whole numbers of eight bits, on photos that are decoded no finer than is needed:
    /// faster, and what is proposed rests on it only where that was measured to be as good. Its features are never mixed
    /// with others.
    ///
    /// # Errors
    /// As [`Backbone::open`]; [`VisionError::Calibration`] where the calibration is of another network.
    pub fn quantised(source: &ModelSource, calibration: &Calibration) -> Result<Self, VisionError> {
        let level = Level::from_env().map_err(VisionError::Device)?;
        let mut backbone = Self::open_with(source, |architecture, tensors, path| {
            let net = FoldedNet::load(architecture, tensors).map_err(in_file(path))?;
            let engine = Engine::quantised(net, level, rayon::current_num_threads(), &calibration.ranges)?;
            Ok(Runner::Quantised(engine))
        })?;
        let described =
            format!("{} reduced decode 3, int8 {} {}", backbone.exact_key, level.max_code(), calibration.hash());
        backbone.key = short_hash(described.as_bytes());
        Ok(backbone)
    }

    /// The same on the processor in bf16; nothing where its instructions have none.
    ///
    /// # Errors
    /// As [`Backbone::open`].
    pub fn bf16(source: &ModelSource) -> Result<Option<Self>, VisionError> {
        let level = Level::from_env().map_err(VisionError::Device)?;
        if !level.has_bf16() {
            return Ok(None);
        }
        let mut backbone = Self::open_with(source, |architecture, tensors, path| {
            let net = FoldedNet::load(architecture, tensors).map_err(in_file(path))?;
            Ok(Runner::Bf16(Engine::bf16(net, level, rayon::current_num_threads())))
        })?;
        backbone.key = short_hash(format!("{} bf16", backbone.exact_key).as_bytes());
        Ok(Some(backbone))
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
        Ok(Self { runner, spec, words, exact_key: key.clone(), key })
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

    /// The key of the same network in f32 on photos decoded in full.
    #[must_use]
    pub fn exact_key(&self) -> &str {
        &self.exact_key
    }

    /// Whether it computes in f32 on photos decoded in full, so that what rests on it can be official.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !matches!(self.runner, Runner::Quantised(_) | Runner::Bf16(_))
    }

    /// A photo as its features are computed from it: decoded in full, or, in eight bits, no finer than is needed.
    ///
    /// # Errors
    /// As [`imaging::decode`].
    pub fn decode(&self, photo: &[u8]) -> Result<RgbImage, ImagingError> {
        match self.runner {
            Runner::Quantised(_) => self.spec.preprocess.decode_reduced(photo),
            Runner::Engine(_) | Runner::Bf16(_) | Runner::Candle(..) => imaging::decode(photo),
        }
    }

    /// On what it runs, and with which numbers.
    #[must_use]
    pub fn runs_as(&self) -> RunsAs {
        let (on, by) = match &self.runner {
            Runner::Engine(engine) | Runner::Quantised(engine) | Runner::Bf16(engine) => {
                (RunsOn::Cpu, Some(engine.level().to_string()))
            }
            Runner::Candle(_, Device::Cpu) => (RunsOn::Cpu, Some("candle".to_owned())),
            Runner::Candle(_, Device::Cuda(_)) => (RunsOn::Cuda, None),
            Runner::Candle(_, Device::Metal(_)) => (RunsOn::Metal, None),
        };
        RunsAs { precision: self.precision(), on, by }
    }

    /// Whether the processor's own engine runs it.
    #[must_use]
    pub fn is_on_processor(&self) -> bool {
        self.by_which_engine().is_some()
    }

    /// What numbers it multiplies, as figures name it: `f32`, `bf16`, `int8`.
    #[must_use]
    pub fn precision(&self) -> &'static str {
        match self.runner {
            Runner::Engine(_) | Runner::Candle(..) => "f32",
            Runner::Quantised(_) => "int8",
            Runner::Bf16(_) => "bf16",
        }
    }

    /// What [`Backbone::quantised`] needs, measured on these photos, each counted as it is done; nothing where candle runs
    /// the network, and where somebody cancelled.
    #[must_use]
    pub fn calibrate(&self, crops: &[Crop], progress: &Progress) -> Option<Calibration> {
        let engine = self.processor()?;
        let preprocess = &self.spec.preprocess;
        let mut observed = Observed::new(preprocess.greatest());
        let side = preprocess.crop as usize;
        let normalised = preprocess.normalised();
        for crop in crops {
            if progress.is_cancelled() {
                return None;
            }
            engine.observe([side, side], &|_, row, to: &mut [f32]| normalised.row(crop, row, to), &mut observed);
            progress.add(1);
        }
        Some(Calibration { ranges: observed.ranges(engine.level().max_code()) })
    }

    fn by_which_engine(&self) -> Option<&Engine> {
        match &self.runner {
            Runner::Engine(engine) | Runner::Quantised(engine) | Runner::Bf16(engine) => Some(engine),
            Runner::Candle(..) => None,
        }
    }

    /// The processor's own engine, if that runs it in f32.
    pub(super) fn processor(&self) -> Option<&Engine> {
        match &self.runner {
            Runner::Engine(engine) => Some(engine),
            Runner::Quantised(_) | Runner::Bf16(_) | Runner::Candle(..) => None,
        }
    }

    /// As figures name it: `hangtag-avx2`, `candle`, `candle-cuda`.
    #[must_use]
    pub fn engine(&self) -> String {
        match &self.runner {
            Runner::Engine(engine) | Runner::Quantised(engine) | Runner::Bf16(engine) => {
                format!("hangtag-{}", engine.level().name())
            }
            Runner::Candle(_, Device::Cpu) => "candle".to_owned(),
            Runner::Candle(_, Device::Cuda(_)) => "candle-cuda".to_owned(),
            Runner::Candle(_, Device::Metal(_)) => "candle-metal".to_owned(),
        }
    }

    /// The features of a batch of crops, in order.
    ///
    /// # Errors
    /// [`VisionError::Compute`], for instance where the device is out of memory.
    pub fn features(&self, crops: &[Crop]) -> Result<Vec<Feature>, VisionError> {
        self.each_pooled(crops, &Feature::from_pooled)
    }

    /// The same numbers before they are rounded to what is kept: what an official answer is made of.
    ///
    /// # Errors
    /// As [`Backbone::features`].
    pub fn embeddings(&self, crops: &[Crop]) -> Result<Vec<Vec<f32>>, VisionError> {
        self.each_pooled(crops, &feature::joined)
    }

    /// Hands each crop's pooled stages, in order, to `of`.
    fn each_pooled<T>(&self, crops: &[Crop], of: &dyn Fn(&[&[f32]]) -> T) -> Result<Vec<T>, VisionError> {
        let checked = |stages: &[&[f32]]| {
            let is_finite = stages.iter().copied().flatten().all(|value| value.is_finite());
            if is_finite { Ok(of(stages)) } else { Err(VisionError::NotFinite) }
        };
        match &self.runner {
            Runner::Engine(engine) | Runner::Quantised(engine) | Runner::Bf16(engine) => {
                let mut found = Vec::with_capacity(crops.len());
                for crops in crops.chunks(BATCH) {
                    found.extend(self.by_engine(engine, crops, &checked)?);
                }
                Ok(found)
            }
            Runner::Candle(..) if crops.is_empty() => Ok(Vec::new()),
            Runner::Candle(net, device) => self.by_candle(net, device, crops, &checked),
        }
    }

    /// How long each step of the engine takes on `images` grey images, at best of `times`, beside what it would be at
    /// the processor's peak; nothing where candle runs.
    #[must_use]
    pub fn time_steps(&self, images: usize, times: usize) -> Vec<cpu::StepTime> {
        let engine = self.by_which_engine();
        engine.map_or_else(Vec::new, |engine| engine.time_steps(self.shape(images), &self.wanted(), times))
    }

    fn shape(&self, images: usize) -> cpu::Shape {
        let side = self.spec.preprocess.crop as usize;
        cpu::Shape { images, height: side, width: side }
    }

    fn wanted(&self) -> cpu::Wanted {
        cpu::Wanted { pooled: self.spec.features.iter().map(|stage| stage.index()).collect(), map: None }
    }

    fn by_engine<T>(&self, engine: &Engine, crops: &[Crop], of: &OfStages<'_, T>) -> Result<Vec<T>, VisionError> {
        let normalised = self.spec.preprocess.normalised();
        let fill_row = |image: usize, row: usize, to: &mut [f32]| normalised.row(&crops[image], row, to);
        engine.run(self.shape(crops.len()), &self.wanted(), &fill_row, |outputs| {
            (0..crops.len())
                .map(|image| {
                    let stages: Vec<&[f32]> =
                        (0..self.spec.features.len()).map(|index| outputs.pooled(index, image)).collect();
                    of(&stages)
                })
                .collect()
        })
    }

    fn by_candle<T>(
        &self,
        net: &ResNet,
        device: &Device,
        crops: &[Crop],
        of: &OfStages<'_, T>,
    ) -> Result<Vec<T>, VisionError> {
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
                of(&of_image)
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

/// Enough of a hash to tell any two apart.
pub(super) fn short_hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..24].to_owned()
}
