//! The last stages of a backbone while they are trained: activations in, features out, and the way back.

use candle_core::Device;
use half::slice::HalfFloatSliceExt;

use super::VisionError;
use super::activation::{Activation, ActivationLayout, Unfreeze};
use super::cpu::{self, Level};
use super::normed::NormedTail;
use super::precision::{TrainOn, TrainPrecision};
use super::source::{ModelSource, in_file};
use super::spec::{Preprocess, Spec};
use super::tensors::TensorTail;
use super::trained::TrainedStages;
use super::weights::{TensorToWrite, Weights};

/// What follows the frozen boundary, up to the features.
pub struct TrainableTail {
    weights: Weights,
    spec: Spec,
    layout: ActivationLayout,
    /// None where the head alone is trained.
    stages: Option<Box<dyn TrainedStages>>,
    device: &'static str,
    precision: TrainPrecision,
    parts: Vec<Part>,
    /// The means of the frozen stages, `[image, layout.pooled]`.
    pooled: Vec<f32>,
    /// `[image, dim]`.
    features: Vec<f32>,
    /// The length of each part before scaling, `[image, part]`.
    norms: Vec<f32>,
    scratch: Vec<f32>,
}

/// A stage's part of the features.
struct Part {
    from: PartOf,
    channels: usize,
}

#[derive(Clone, Copy)]
enum PartOf {
    /// From there in the frozen stages' means.
    Frozen(usize),
    /// The so manieth of the trained stages that are features.
    Trained(usize),
}

impl TrainableTail {
    /// Reads the stages that are to be trained, for batches of up to `images` images. The processor's own engine trains
    /// them, or on a graphics card candle.
    ///
    /// # Errors
    /// [`VisionError`] where the model cannot be read, its features end before what is to be trained, or the device
    /// cannot be used.
    pub fn open(source: &ModelSource, unfreeze: Unfreeze, images: usize, on: TrainOn) -> Result<Self, VisionError> {
        let (device, precision) = on.open()?;
        let (weights, spec, path) = source.read()?;
        let first = unfreeze.first_stage();
        let (mut frozen, mut trained) = (0, Vec::new());
        let mut parts = Vec::new();
        for &stage in &spec.features {
            let channels = spec.architecture.channels(stage);
            let from = if stage.index() < first {
                frozen += channels;
                PartOf::Frozen(frozen - channels)
            } else {
                trained.push(stage.index() - first);
                PartOf::Trained(trained.len() - 1)
            };
            parts.push(Part { from, channels });
        }
        let layout = ActivationLayout::of(&spec, unfreeze);
        let stages = if unfreeze == Unfreeze::Head {
            None
        } else {
            let reason = "its features do not come from what is to be trained; train the head alone";
            let last =
                *trained.last().ok_or_else(|| VisionError::Spec { path: path.clone(), reason: reason.into() })?;
            let tensors = weights.tensors().map_err(in_file(&path))?;
            let stages =
                NormedTail::load(&spec.architecture, &tensors, first..=first + last).map_err(in_file(&path))?;
            let stages: Box<dyn TrainedStages> = if device.is_cpu() {
                let level = Level::from_env().map_err(VisionError::Device)?;
                let threads = rayon::current_num_threads();
                let is_bf16 = precision == TrainPrecision::Bf16;
                Box::new(cpu::Tail::new(stages, layout.map, &trained, images, level, is_bf16, threads))
            } else {
                Box::new(TensorTail::new(stages, layout.map, &trained, images, &device, precision.dtype())?)
            };
            Some(stages)
        };
        // The head's own products are in f32.
        let precision = if stages.is_some() { precision } else { TrainPrecision::F32 };
        let pooled = vec![0.0; images * layout.pooled];
        let (features, norms) = (Vec::new(), Vec::new());
        let scratch = Vec::new();
        let device = match device {
            Device::Cpu => "cpu",
            Device::Cuda(_) => "cuda",
            Device::Metal(_) => "metal",
        };
        Ok(Self { weights, spec, layout, stages, device, precision, parts, pooled, features, norms, scratch })
    }

    /// How photos are prepared for the network.
    #[must_use]
    pub fn preprocess(&self) -> &Preprocess {
        &self.spec.preprocess
    }

    /// What the stages are trained on: `cpu`, `cuda` or `metal`.
    #[must_use]
    pub fn device(&self) -> &'static str {
        self.device
    }

    /// What the products read.
    #[must_use]
    pub fn precision(&self) -> TrainPrecision {
        self.precision
    }

    /// Features an image.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.spec.feature_dim()
    }

    /// The sizes of the activations that it takes.
    #[must_use]
    pub fn layout(&self) -> &ActivationLayout {
        &self.layout
    }

    /// Takes an image of the next batch: a sum of activations, each with its weight. (Mixing them is *manifold mixup*:
    /// Verma et al., 2019.)
    pub fn put(&mut self, image: usize, parts: &[(&Activation, f32)]) {
        let pooled = &mut self.pooled[image * self.layout.pooled..][..self.layout.pooled];
        pooled.fill(0.0);
        for (activation, weight) in parts {
            pooled.iter_mut().zip(&activation.pooled).for_each(|(to, from)| *to += weight * from);
        }
        let Some(stages) = &mut self.stages else { return };
        let map = stages.input(image);
        if let [(activation, 1.0)] = parts {
            activation.map.convert_to_f32_slice(map);
        } else {
            map.fill(0.0);
            self.scratch.resize(map.len(), 0.0);
            for (activation, weight) in parts {
                activation.map.convert_to_f32_slice(&mut self.scratch);
                map.iter_mut().zip(&self.scratch).for_each(|(to, from)| *to += weight * from);
            }
        }
    }

    /// The features `[images, dim]` of the first `images` that were put, each stage's scaled to unit length.
    ///
    /// # Errors
    /// [`VisionError::Compute`] where a graphics card cannot, for instance for want of memory.
    pub fn features(&mut self, images: usize) -> Result<&[f32], VisionError> {
        if let Some(stages) = &mut self.stages {
            stages.forward(images)?;
        }
        self.features.clear();
        self.norms.clear();
        for image in 0..images {
            for part in &self.parts {
                let pooled = match (part.from, &self.stages) {
                    (PartOf::Trained(index), Some(stages)) => stages.pooled(index, image),
                    (PartOf::Trained(_), None) => &[],
                    (PartOf::Frozen(at), _) => &self.pooled[image * self.layout.pooled + at..][..part.channels],
                };
                let norm = pooled.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt() as f32;
                self.features.extend(pooled.iter().map(|value| value / norm.max(f32::MIN_POSITIVE)));
                self.norms.push(norm);
            }
        }
        Ok(&self.features)
    }

    /// Goes back from the loss's gradient `[images, dim]` by what [`TrainableTail::features`] gave last.
    ///
    /// # Errors
    /// As there.
    pub fn backward(&mut self, gradient: &[f32]) -> Result<(), VisionError> {
        let dim = self.dim();
        let Some(stages) = &mut self.stages else { return Ok(()) };
        let images = gradient.len() / dim;
        for image in 0..images {
            let mut at = image * dim;
            for (number, part) in self.parts.iter().enumerate() {
                let range = at..at + part.channels;
                at = range.end;
                let PartOf::Trained(index) = part.from else { continue };
                let (feature, gradient) = (&self.features[range.clone()], &gradient[range]);
                let norm = self.norms[image * self.parts.len() + number];
                // What lies along the feature itself only changes its length, which is scaled away.
                let along: f32 = feature.iter().zip(gradient).map(|(feature, gradient)| feature * gradient).sum();
                let factor = if norm > f32::MIN_POSITIVE { 1.0 / norm } else { 0.0 };
                let to = stages.pooled_gradient(index, image);
                for ((to, feature), gradient) in to.iter_mut().zip(feature).zip(gradient) {
                    *to = (gradient - along * feature) * factor;
                }
            }
        }
        stages.backward(images)
    }

    /// Everything that is trained, in a fixed order.
    pub fn parameters(&mut self) -> Vec<cpu::Parameter<'_>> {
        self.stages.as_mut().map(|stages| stages.parameters()).unwrap_or_default()
    }

    /// The backbone with the stages as they are now: a weights file and its description, which are a model like another.
    /// Its everyday words are left out, since they fit the stages as they were.
    ///
    /// # Errors
    /// [`VisionError::Write`] where the weights were made up.
    pub fn to_model(&self, name: &str) -> Result<(Vec<u8>, Spec), VisionError> {
        let trained = self.stages.as_ref().map(|stages| stages.published()).unwrap_or_default();
        let trained: Vec<TensorToWrite> =
            trained.into_iter().map(|(name, shape, values)| TensorToWrite { name, shape, values }).collect();
        let mut spec = Spec { name: name.to_owned(), classes: Vec::new(), ..self.spec.clone() };
        spec.architecture.num_classes = 0;
        Ok((self.weights.with_changed(&trained, &["fc.weight", "fc.bias"])?, spec))
    }
}
