//! What comes out of the stages that are not trained: computed once for a view of a photo, and what training works on.

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::VisionError;
use super::backbone::Backbone;
use super::cpu::{Outputs, Shape, Wanted};
use super::preprocess::Crop;
use super::resnet::NUM_STAGES;
use super::spec::{Preprocess, Spec, Stage};

/// Numbers of a pixel of a picture.
const COLOURS: usize = 3;

/// How much of the network is trained, beside the head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unfreeze {
    /// Nothing.
    Head,
    #[default]
    Layer4,
    /// The last two stages.
    Layer3,
    /// Everything.
    All,
}

/// The sizes of an [`Activation`] of a backbone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivationLayout {
    /// Height, width and channels of what the first trained stage gets; nothing where no stage is trained.
    pub map: [usize; 3],
    /// Numbers of the means of those frozen stages that are features.
    pub pooled: usize,
}

/// A view of a photo at the frozen boundary; where nothing is frozen, that is the normalised picture itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Activation {
    /// What the first trained stage gets, channels last. As f16: it keeps eleven bits, of which training, with its noise,
    /// sees no difference, and half of the room is saved.
    pub map: Vec<f16>,
    /// The means over height and width of those frozen stages that are features, joined.
    pub pooled: Vec<f32>,
}

impl Unfreeze {
    /// The first stage (from 0) that is trained.
    #[must_use]
    pub fn first_stage(self) -> usize {
        match self {
            Self::Head => NUM_STAGES,
            Self::Layer4 => 3,
            Self::Layer3 => 2,
            Self::All => 0,
        }
    }

    /// The feature stages that are not trained.
    pub(super) fn frozen(self, spec: &Spec) -> impl Iterator<Item = Stage> {
        spec.features.iter().copied().filter(move |stage| stage.index() < self.first_stage())
    }

    fn wanted(self, spec: &Spec) -> Wanted {
        Wanted {
            pooled: self.frozen(spec).map(Stage::index).collect(),
            map: if self == Self::Head { None } else { self.first_stage().checked_sub(1) },
        }
    }
}

impl std::fmt::Display for Unfreeze {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Head => "head",
            Self::Layer4 => "layer4",
            Self::Layer3 => "layer3",
            Self::All => "all",
        })
    }
}

impl ActivationLayout {
    /// The sizes for a backbone of that spec.
    #[must_use]
    pub fn of(spec: &Spec, unfreeze: Unfreeze) -> Self {
        if unfreeze == Unfreeze::All {
            let side = spec.preprocess.crop as usize;
            return Self { map: [side, side, COLOURS], pooled: 0 };
        }
        let pooled = unfreeze.frozen(spec).map(|stage| spec.architecture.channels(stage)).sum();
        let Some(stage) = unfreeze.wanted(spec).map else { return Self { map: [0; 3], pooled } };
        // The first convolution, the maximum, and each stage but the first halve the size, rounding up.
        let side = (0..stage + 2).fold(spec.preprocess.crop as usize, |side, _| side.div_ceil(2));
        let channels = (spec.architecture.width << stage) * spec.architecture.block.expansion();
        Self { map: [side, side, channels], pooled }
    }

    /// Numbers of the map.
    #[must_use]
    pub fn map_len(&self) -> usize {
        self.map.iter().product()
    }

    /// Bytes of an activation.
    #[must_use]
    pub fn bytes(&self) -> usize {
        2 * self.map_len() + 4 * self.pooled
    }
}

impl Activation {
    /// A picture as the first convolution gets it.
    #[must_use]
    pub fn of_picture(crop: &Crop, preprocess: &Preprocess) -> Self {
        let side = preprocess.crop as usize;
        let normalised = preprocess.normalised();
        let mut values = vec![0f32; side * side * COLOURS];
        for (row, to) in values.chunks_exact_mut(side * COLOURS).enumerate() {
            normalised.row(crop, row, to);
        }
        let mut map = vec![f16::ZERO; values.len()];
        map.convert_from_f32_slice(&values);
        Self { map, pooled: Vec::new() }
    }
}

impl Backbone {
    /// What comes out of the frozen stages for a batch of crops, in order.
    ///
    /// # Errors
    /// [`VisionError::Device`] where the network does not run on the processor in f32, whatever trains the other stages; and
    /// where it gives no numbers.
    pub fn activations(&self, crops: &[Crop], unfreeze: Unfreeze) -> Result<Vec<Activation>, VisionError> {
        if unfreeze == Unfreeze::All {
            return Ok(crops.iter().map(|crop| Activation::of_picture(crop, &self.spec().preprocess)).collect());
        }
        let engine = self.processor().ok_or_else(|| {
            VisionError::Device("frozen stages run on the processor, in f32: set HANGTAG_DEVICE=cpu".into())
        })?;
        let wanted = unfreeze.wanted(self.spec());
        let side = self.spec().preprocess.crop as usize;
        let normalised = self.spec().preprocess.normalised();
        let mut activations = Vec::with_capacity(crops.len());
        for crops in crops.chunks(super::backbone::BATCH) {
            let fill_row = |image: usize, row: usize, to: &mut [f32]| {
                normalised.row(&crops[image], row, to);
            };
            let shape = Shape { images: crops.len(), height: side, width: side };
            engine.run(shape, &wanted, &fill_row, |outputs| {
                for image in 0..crops.len() {
                    activations.push(activation(outputs, image, wanted.pooled.len())?);
                }
                Ok::<(), VisionError>(())
            })?;
        }
        Ok(activations)
    }
}

fn activation(outputs: &Outputs<'_>, image: usize, num_pooled: usize) -> Result<Activation, VisionError> {
    let values = outputs.map(image).map_or(&[][..], |(values, _)| values);
    let mut map = vec![f16::ZERO; values.len()];
    map.convert_from_f32_slice(values);
    let pooled: Vec<f32> = (0..num_pooled).flat_map(|index| outputs.pooled(index, image)).copied().collect();
    // What is beyond f16's range becomes infinite.
    if map.iter().all(|value| value.is_finite()) && pooled.iter().all(|value| value.is_finite()) {
        Ok(Activation { map, pooled })
    } else {
        Err(VisionError::NotFinite)
    }
}
