//! The `ResNet` family as plain numbers: its convolutions with batch norm folded in, block by block.
//!
//! `y = γ(Wx − μ)/σ + β` is the convolution `(γ/σ)W` with the bias `β − γμ/σ`, so that nothing but convolutions,
//! additions and `ReLU` is left. Every way of running the network is built from this.

use super::spec::{Architecture, Block, StrideIn};
use super::weights::{Tensors, WeightsError};

/// What the published weights were trained with.
const NORM_EPSILON: f64 = 1e-5;

/// A network without its classification layer.
pub struct FoldedNet {
    /// 7×7, stride 2; `ReLU` and a 3×3 maximum with stride 2 follow it.
    pub stem: FoldedConv,
    /// The blocks of each stage.
    pub stages: Vec<Vec<FoldedBlock>>,
}

/// `ReLU(convs(x) + shortcut(x))`.
pub struct FoldedBlock {
    /// Two or three convolutions, `ReLU` between them.
    pub convs: Vec<FoldedConv>,
    /// What brings the input to the output's shape, where they differ.
    pub shortcut: Option<FoldedConv>,
}

/// A square convolution whose padding keeps the size at stride 1.
pub struct FoldedConv {
    /// torchvision's name.
    pub name: String,
    /// `[out, input, side, side]`.
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
    pub out: usize,
    pub input: usize,
    pub side: usize,
    pub stride: usize,
}

impl FoldedNet {
    /// Reads tensors with torchvision's names.
    ///
    /// # Errors
    /// [`WeightsError`] where a tensor is missing, of another shape, or not finite.
    pub fn load(architecture: &Architecture, tensors: &Tensors<'_>) -> Result<Self, WeightsError> {
        let stem = FoldedConv::load(tensors, "conv1", "bn1", [architecture.stem, 3], 7, 2)?;
        let mut stages = Vec::with_capacity(architecture.layers.len());
        let mut channels = architecture.stem;
        for (index, &depth) in architecture.layers.iter().enumerate() {
            let inner = architecture.width << index;
            let mut blocks = Vec::with_capacity(depth);
            for position in 0..depth {
                let prefix = format!("layer{}.{position}", index + 1);
                let stride = if index > 0 && position == 0 { 2 } else { 1 };
                blocks.push(FoldedBlock::load(tensors, &prefix, architecture, channels, inner, stride)?);
                channels = inner * architecture.block.expansion();
            }
            stages.push(blocks);
        }
        Ok(Self { stem, stages })
    }
}

impl FoldedBlock {
    fn load(
        tensors: &Tensors<'_>,
        prefix: &str,
        architecture: &Architecture,
        channels: usize,
        inner: usize,
        stride: usize,
    ) -> Result<Self, WeightsError> {
        let outer = inner * architecture.block.expansion();
        let conv = |index: usize, shape: [usize; 2], side: usize, stride: usize| {
            let (name, norm) = (format!("{prefix}.conv{index}"), format!("{prefix}.bn{index}"));
            FoldedConv::load(tensors, &name, &norm, shape, side, stride)
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
            Some(FoldedConv::load(tensors, &name, &norm, [outer, channels], 1, stride)?)
        } else {
            None
        };
        Ok(Self { convs, shortcut })
    }
}

impl FoldedConv {
    fn load(
        tensors: &Tensors<'_>,
        name: &str,
        norm: &str,
        [out, input]: [usize; 2],
        side: usize,
        stride: usize,
    ) -> Result<Self, WeightsError> {
        let mut weight = tensors.f32(&format!("{name}.weight"), &[out, input, side, side])?;
        let of_norm = |part: &str| tensors.f32(&format!("{norm}.{part}"), &[out]);
        let (scale, shift) = (of_norm("weight")?, of_norm("bias")?);
        let (mean, variance) = (of_norm("running_mean")?, of_norm("running_var")?);
        let mut bias = Vec::with_capacity(out);
        let per_channel = input * side * side;
        for channel in 0..out {
            let deviation = (f64::from(variance[channel]) + NORM_EPSILON).sqrt();
            // A variance below zero has no square root, and all that follows would be no number.
            if !deviation.is_normal() {
                return Err(WeightsError::NotFinite(format!("{norm}.running_var")));
            }
            let factor = f64::from(scale[channel]) / deviation;
            for value in &mut weight[channel * per_channel..(channel + 1) * per_channel] {
                *value = (f64::from(*value) * factor) as f32;
            }
            bias.push((f64::from(shift[channel]) - f64::from(mean[channel]) * factor) as f32);
        }
        Ok(Self { name: name.to_owned(), weight, bias, out, input, side, stride })
    }
}
