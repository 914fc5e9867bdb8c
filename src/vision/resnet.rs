//! The `ResNet` family in candle: basic and bottleneck blocks of any width and depth, asked for every stage's output.
//!
//! This is how the network runs on graphics cards, and the reference for the processor's own engine.

use candle_core::{D, Device, Result, Tensor};

use super::folded::{FoldedConv, FoldedNet};
use super::spec::Architecture;
use super::weights::{Tensors, WeightsError};

/// The stages of every network of the family.
pub const NUM_STAGES: usize = 4;

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
        let FoldedNet { stem, stages } = FoldedNet::load(architecture, tensors)?;
        let conv = |conv: FoldedConv| Conv::new(conv, device);
        let mut loaded = Vec::with_capacity(NUM_STAGES);
        for blocks in stages {
            let mut residuals = Vec::with_capacity(blocks.len());
            for block in blocks {
                let convs = block.convs.into_iter().map(conv).collect::<std::result::Result<_, _>>()?;
                residuals.push(Residual { convs, shortcut: block.shortcut.map(conv).transpose()? });
            }
            loaded.push(residuals);
        }
        Ok(Self { stem: conv(stem)?, stages: loaded })
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
    fn new(conv: FoldedConv, device: &Device) -> std::result::Result<Self, WeightsError> {
        let FoldedConv { weight, bias, out, input, side, stride, .. } = conv;
        // The only way this fails is a device without memory for them.
        let on_device = |values: Vec<f32>, shape: &[usize]| {
            Tensor::from_vec(values, shape, device).map_err(|error| WeightsError::Header(error.to_string()))
        };
        Ok(Self {
            weight: on_device(weight, &[out, input, side, side])?,
            bias: on_device(bias, &[1, out, 1, 1])?,
            stride,
            padding: side / 2,
        })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.conv2d(&self.weight, self.padding, self.stride, 1, 1)?.broadcast_add(&self.bias)
    }
}

/// 3×3 maximum with stride 2 over an input padded by one. Repeating the edge is the same as padding with −∞ here:
/// a repeated value is always one that the window holds anyway.
fn max_pool_3x3(x: &Tensor) -> Result<Tensor> {
    x.pad_with_same(D::Minus1, 1, 1)?.pad_with_same(D::Minus2, 1, 1)?.max_pool2d_with_stride(3, 2)
}
