//! A network ready to turn photos into features, whichever it is and wherever it runs.

use std::path::Path;

use candle_core::{DType, Device};

use super::cpu::{self, Engine, Level};
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

/// The `ResNet` up to the pooled features, with its preprocessing and the words it knows.
pub struct Backbone {
    runner: Runner,
    spec: Spec,
    words: Option<Words>,
    key: String,
}

/// What computes the network.
enum Runner {
    /// On processors.
    Engine(Engine),
    /// On graphics cards, and as the reference.
    Candle(ResNet, Device),
}

/// Makes something of a crop's pooled stages.
type OfStages<'a, T> = &'a dyn Fn(&[&[f32]]) -> Result<T, VisionError>;

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

    /// In words for a person: "f32 on CPU, AVX2".
    #[must_use]
    pub fn runs_as(&self) -> String {
        match &self.runner {
            Runner::Engine(engine) => format!("f32 on CPU, {}", engine.level()),
            Runner::Candle(_, Device::Cpu) => "f32 on CPU, candle".to_owned(),
            Runner::Candle(_, Device::Cuda(_)) => "f32 on CUDA".to_owned(),
            Runner::Candle(_, Device::Metal(_)) => "f32 on Metal".to_owned(),
        }
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
            Runner::Engine(engine) => {
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

    fn by_engine<T>(&self, engine: &Engine, crops: &[Crop], of: OfStages<'_, T>) -> Result<Vec<T>, VisionError> {
        let fill_row = |image: usize, row: usize, to: &mut [f32]| self.spec.preprocess.row(&crops[image], row, to);
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
        of: OfStages<'_, T>,
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
