//! The `ResNet` family as plain numbers: its convolutions with batch norm folded in, block by block.
//!
//! `y = γ(Wx − μ)/σ + β` is the convolution `(γ/σ)W` with the bias `β − γμ/σ`, so that nothing but convolutions,
//! additions and `ReLU` is left. Every way of running the network is built from this.

use rayon::prelude::*;

use super::normed::{NormedBlock, NormedConv};
use super::spec::Architecture;
use super::weights::{Tensors, WeightsError};

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
        let stem = NormedConv::load_stem(architecture, tensors)?.fold();
        let stages = (0..architecture.layers.len())
            .map(|stage| {
                let blocks = NormedBlock::load_stage(architecture, tensors, stage)?;
                Ok(blocks.into_par_iter().map(NormedBlock::fold).collect())
            })
            .collect::<Result<_, WeightsError>>()?;
        Ok(Self { stem, stages })
    }
}

impl NormedBlock {
    /// The block with its norms folded in.
    #[must_use]
    pub fn fold(self) -> FoldedBlock {
        FoldedBlock {
            convs: self.convs.into_iter().map(NormedConv::fold).collect(),
            shortcut: self.shortcut.map(NormedConv::fold),
        }
    }
}

impl NormedConv {
    /// The convolution with its norm folded in.
    #[must_use]
    pub fn fold(self) -> FoldedConv {
        let Self { name, mut weight, out, input, side, stride, .. } = self;
        let mut bias = Vec::with_capacity(out);
        let per_channel = input * side * side;
        for channel in 0..out {
            let factor = f64::from(self.scale[channel]) / self.deviation[channel];
            for value in &mut weight[channel * per_channel..(channel + 1) * per_channel] {
                *value = (f64::from(*value) * factor) as f32;
            }
            bias.push((f64::from(self.shift[channel]) - f64::from(self.mean[channel]) * factor) as f32);
        }
        FoldedConv { name, weight, bias, out, input, side, stride }
    }
}
