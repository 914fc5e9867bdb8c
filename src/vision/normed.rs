//! The `ResNet` family as it is trained and published: convolutions, each with the batch norm that follows it.

use std::ops::RangeInclusive;

use rayon::prelude::*;

use super::spec::{Architecture, Block, StrideIn};
use super::weights::{Tensors, WeightsError};

/// What the published weights were trained with.
const NORM_EPSILON: f64 = 1e-5;

/// The last stages of a network.
pub struct NormedTail {
    /// What comes before the first stage, where that is among them: 7×7, stride 2; `ReLU` and a 3×3 maximum with stride
    /// 2 follow it.
    pub stem: Option<NormedConv>,
    /// The blocks of each stage.
    pub stages: Vec<Vec<NormedBlock>>,
}

/// `ReLU(convs(x) + shortcut(x))`.
pub struct NormedBlock {
    /// Two or three convolutions, `ReLU` between them.
    pub convs: Vec<NormedConv>,
    /// What brings the input to the output's shape, where they differ.
    pub shortcut: Option<NormedConv>,
}

/// A square convolution whose padding keeps the size at stride 1, and its norm `γ(x − μ)/σ + β`.
pub struct NormedConv {
    /// torchvision's name, and that of the norm.
    pub name: String,
    pub norm: String,
    /// `[out, input, side, side]`.
    pub weight: Vec<f32>,
    /// γ and β.
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
    /// μ and σ, which are what they were when the weights were published.
    pub mean: Vec<f32>,
    pub deviation: Vec<f64>,
    pub out: usize,
    pub input: usize,
    pub side: usize,
    pub stride: usize,
}

impl NormedTail {
    /// Reads some stages (from 0) from tensors with torchvision's names, and what comes before the first one.
    ///
    /// # Errors
    /// [`WeightsError`] where a tensor is missing, of another shape, or not finite.
    pub fn load(
        architecture: &Architecture,
        tensors: &Tensors<'_>,
        stages: RangeInclusive<usize>,
    ) -> Result<Self, WeightsError> {
        let stem = (*stages.start() == 0).then(|| NormedConv::load_stem(architecture, tensors)).transpose()?;
        let stages = stages.map(|stage| NormedBlock::load_stage(architecture, tensors, stage));
        Ok(Self { stem, stages: stages.collect::<Result<_, _>>()? })
    }
}

impl NormedBlock {
    /// Reads the blocks of a stage (from 0) from tensors with torchvision's names.
    ///
    /// # Errors
    /// [`WeightsError`] where a tensor is missing, of another shape, or not finite.
    pub fn load_stage(
        architecture: &Architecture,
        tensors: &Tensors<'_>,
        stage: usize,
    ) -> Result<Vec<Self>, WeightsError> {
        let inner = architecture.width << stage;
        let outer = inner * architecture.block.expansion();
        let before = if stage == 0 { architecture.stem } else { outer / 2 };
        (0..architecture.layers[stage])
            .into_par_iter()
            .map(|position| {
                let prefix = format!("layer{}.{position}", stage + 1);
                let stride = if stage > 0 && position == 0 { 2 } else { 1 };
                let channels = if position == 0 { before } else { outer };
                Self::load(tensors, &prefix, architecture, [channels, inner, outer], stride)
            })
            .collect()
    }

    fn load(
        tensors: &Tensors<'_>,
        prefix: &str,
        architecture: &Architecture,
        [channels, inner, outer]: [usize; 3],
        stride: usize,
    ) -> Result<Self, WeightsError> {
        let conv = |index: usize, shape: [usize; 2], side: usize, stride: usize| {
            let (name, norm) = (format!("{prefix}.conv{index}"), format!("{prefix}.bn{index}"));
            NormedConv::load(tensors, &name, &norm, shape, side, stride)
        };
        let convs = match architecture.block {
            Block::Basic => vec![conv(1, [inner, channels], 3, stride)?, conv(2, [inner, inner], 3, 1)?],
            Block::Bottleneck => {
                let (first, second) = match architecture.stride_in {
                    StrideIn::Conv1 => (stride, 1),
                    StrideIn::Conv2 => (1, stride),
                };
                vec![
                    conv(1, [inner, channels], 1, first)?,
                    conv(2, [inner, inner], 3, second)?,
                    conv(3, [outer, inner], 1, 1)?,
                ]
            }
        };
        let shortcut = if stride != 1 || channels != outer {
            let (name, norm) = (format!("{prefix}.downsample.0"), format!("{prefix}.downsample.1"));
            Some(NormedConv::load(tensors, &name, &norm, [outer, channels], 1, stride)?)
        } else {
            None
        };
        Ok(Self { convs, shortcut })
    }
}

impl NormedConv {
    /// Reads the first convolution and its norm.
    ///
    /// # Errors
    /// [`WeightsError`] where a tensor is missing, of another shape, or not finite.
    pub fn load_stem(architecture: &Architecture, tensors: &Tensors<'_>) -> Result<Self, WeightsError> {
        Self::load(tensors, "conv1", "bn1", [architecture.stem, 3], 7, 2)
    }

    /// Reads a convolution `[out, input, side, side]` and its norm.
    ///
    /// # Errors
    /// [`WeightsError`] where a tensor is missing, of another shape, or not finite.
    pub fn load(
        tensors: &Tensors<'_>,
        name: &str,
        norm: &str,
        [out, input]: [usize; 2],
        side: usize,
        stride: usize,
    ) -> Result<Self, WeightsError> {
        // The convolution first: of a spec for another network, it is the one to name.
        let weight = tensors.f32(&format!("{name}.weight"), &[out, input, side, side])?;
        let of_norm = |part: &str| tensors.f32(&format!("{norm}.{part}"), &[out]);
        let deviation: Vec<f64> =
            of_norm("running_var")?.into_iter().map(|variance| (f64::from(variance) + NORM_EPSILON).sqrt()).collect();
        // A variance below zero has no square root, and all that follows would be no number.
        if !deviation.iter().all(|deviation| deviation.is_normal()) {
            return Err(WeightsError::NotFinite(format!("{norm}.running_var")));
        }
        Ok(Self {
            name: name.to_owned(),
            norm: norm.to_owned(),
            weight,
            scale: of_norm("weight")?,
            shift: of_norm("bias")?,
            mean: of_norm("running_mean")?,
            deviation,
            out,
            input,
            side,
            stride,
        })
    }
}
