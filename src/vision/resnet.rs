//! The `ResNet` family in candle: basic and bottleneck blocks of any width and depth, asked for every stage's output.
//!
//! Batch norm is folded into the convolution before it as the weights are read: `y = γ(Wx − μ)/σ + β` is the
//! convolution `(γ/σ)W` with the bias `β − γμ/σ`, so that nothing but convolutions, additions and `ReLU` is left.

use candle_core::{D, Device, Result, Tensor};

use super::spec::{Architecture, Block, StrideIn};
use super::weights::{Tensors, WeightsError};

/// The stages of every network of the family.
pub const NUM_STAGES: usize = 4;

/// What the published weights were trained with.
const NORM_EPSILON: f64 = 1e-5;

/// A network without its classification layer.
pub struct ResNet {
    stem: Conv,
    stages: Vec<Vec<Residual>>,
}

struct Residual {
    /// Two or three convolutions, `ReLU` between them.
    convs: Vec<Conv>,
    /// What brings the input to the output's shape, where they differ.
    shortcut: Option<Conv>,
}

struct Conv {
    /// `[out, in, height, width]`, batch norm folded in.
    weight: Tensor,
    /// `[1, out, 1, 1]`.
    bias: Tensor,
    stride: usize,
    padding: usize,
}

impl ResNet {
    /// Builds the network from tensors with torchvision's names.
    ///
    /// # Errors
    /// [`WeightsError`] where a tensor is missing, of another shape, or not finite.
    pub fn load(
        architecture: &Architecture,
        tensors: &Tensors<'_>,
        device: &Device,
    ) -> std::result::Result<Self, WeightsError> {
        let loader = Loader { tensors, device };
        let stem = loader.conv("conv1", "bn1", [architecture.stem, 3], 7, 2)?;
        let mut stages = Vec::with_capacity(NUM_STAGES);
        let mut channels = architecture.stem;
        for (index, &depth) in architecture.layers.iter().enumerate() {
            let inner = architecture.width << index;
            let outer = inner * architecture.block.expansion();
            let mut blocks = Vec::with_capacity(depth);
            for position in 0..depth {
                let prefix = format!("layer{}.{position}", index + 1);
                let stride = if index > 0 && position == 0 { 2 } else { 1 };
                blocks.push(loader.residual(&prefix, architecture, channels, inner, stride)?);
                channels = outer;
            }
            stages.push(blocks);
        }
        Ok(Self { stem, stages })
    }

    /// The mean over height and width of each stage's output, for images `[batch, 3, height, width]`: four tensors
    /// `[batch, channels]`.
    ///
    /// # Errors
    /// Where candle cannot compute, such as a device out of memory.
    ///
    /// # Panics
    /// Never: there is one list of blocks for each of the four stages.
    pub fn pooled(&self, images: &Tensor) -> Result<[Tensor; NUM_STAGES]> {
        let mut x = max_pool_3x3(&self.stem.forward(images)?.relu()?)?;
        let mut pooled = Vec::with_capacity(NUM_STAGES);
        for blocks in &self.stages {
            for block in blocks {
                x = block.forward(&x)?;
            }
            pooled.push(x.flatten_from(2)?.mean(D::Minus1)?);
        }
        Ok(pooled.try_into().expect("a ResNet has four stages"))
    }
}

impl Residual {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let shortcut = match &self.shortcut {
            Some(conv) => conv.forward(x)?,
            None => x.clone(),
        };
        let mut y = x.clone();
        for (index, conv) in self.convs.iter().enumerate() {
            y = if index == 0 { conv.forward(&y)? } else { conv.forward(&y.relu()?)? };
        }
        (y + shortcut)?.relu()
    }
}

impl Conv {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.conv2d(&self.weight, self.padding, self.stride, 1, 1)?.broadcast_add(&self.bias)
    }
}

/// 3×3 maximum with stride 2 over an input padded by one. Repeating the edge is the same as padding with −∞ here:
/// a repeated value is always one that the window holds anyway.
fn max_pool_3x3(x: &Tensor) -> Result<Tensor> {
    x.pad_with_same(D::Minus1, 1, 1)?.pad_with_same(D::Minus2, 1, 1)?.max_pool2d_with_stride(3, 2)
}

struct Loader<'a> {
    tensors: &'a Tensors<'a>,
    device: &'a Device,
}

impl Loader<'_> {
    fn residual(
        &self,
        prefix: &str,
        architecture: &Architecture,
        channels: usize,
        inner: usize,
        stride: usize,
    ) -> std::result::Result<Residual, WeightsError> {
        let outer = inner * architecture.block.expansion();
        let conv = |index: usize, shape: [usize; 2], side: usize, stride: usize| {
            self.conv(&format!("{prefix}.conv{index}"), &format!("{prefix}.bn{index}"), shape, side, stride)
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
            Some(self.conv(&name, &norm, [outer, channels], 1, stride)?)
        } else {
            None
        };
        Ok(Residual { convs, shortcut })
    }

    /// A square convolution with the batch norm after it folded in; the padding keeps the size at stride 1.
    fn conv(
        &self,
        name: &str,
        norm: &str,
        [out, input]: [usize; 2],
        side: usize,
        stride: usize,
    ) -> std::result::Result<Conv, WeightsError> {
        let shape = [out, input, side, side];
        let mut weight = self.tensors.f32(&format!("{name}.weight"), &shape)?;
        let of_norm = |part: &str| self.tensors.f32(&format!("{norm}.{part}"), &[out]);
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
        // The only way these two fail is a device without memory for them, or a wrong count, which `f32` checked.
        let on_device = |values: Vec<f32>, shape: &[usize]| {
            Tensor::from_vec(values, shape, self.device).map_err(|error| WeightsError::Header(error.to_string()))
        };
        Ok(Conv {
            weight: on_device(weight, &shape)?,
            bias: on_device(bias, &[1, out, 1, 1])?,
            stride,
            padding: side / 2,
        })
    }
}
