//! What a weights file does not say of itself: the network's shape, how photos are prepared for it, its words.

use serde::{Deserialize, Serialize};

pub use crate::imaging::Filter as Interpolation;

/// The description that lies beside a weights file as `spec.json` and travels with every export.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Spec {
    pub name: String,
    #[serde(default = "first_version")]
    pub version: u32,
    pub architecture: Architecture,
    /// The stages whose pooled outputs, each scaled to unit length and joined, are a photo's features.
    #[serde(default = "last_stage")]
    pub features: Vec<Stage>,
    pub preprocess: Preprocess,
    /// The words of the classification layer, in the order of its rows; empty where there are none.
    #[serde(default)]
    pub classes: Vec<String>,
    #[serde(default)]
    pub licence: String,
}

fn first_version() -> u32 {
    1
}

fn last_stage() -> Vec<Stage> {
    vec![Stage::Layer4]
}

/// A member of the `ResNet` family (He et al., *Deep Residual Learning*, 2015).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Architecture {
    pub block: Block,
    /// Channels after the first convolution.
    pub stem: usize,
    /// Channels inside the blocks of the first stage; each later stage has twice as many.
    pub width: usize,
    /// Blocks in each of the four stages.
    pub layers: [usize; 4],
    #[serde(default)]
    pub stride_in: StrideIn,
    pub num_classes: usize,
}

/// What a stage is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// Two 3×3 convolutions.
    Basic,
    /// 1×1, 3×3, 1×1, the last four times as wide.
    Bottleneck,
}

/// Which convolution of a stage's first block halves the size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StrideIn {
    /// The first 1×1, as in the paper (v1).
    Conv1,
    /// The 3×3, as in torchvision (v1.5).
    #[default]
    Conv2,
}

/// One of the four stages, by torchvision's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    Layer1,
    Layer2,
    Layer3,
    Layer4,
}

/// How a photo becomes the network's input: short side to `resize`, centre crop, scaled to 0..1, normalised.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Preprocess {
    /// Length of the short side after resizing, in pixels.
    pub resize: u32,
    /// Side of the square that is cut from the middle, in pixels.
    pub crop: u32,
    pub interpolation: Interpolation,
    /// Of each channel, red first, in units of 0..1.
    pub mean: [f32; 3],
    pub std: [f32; 3],
}

impl Block {
    /// Output channels of a block for each inner channel.
    #[must_use]
    pub fn expansion(self) -> usize {
        match self {
            Self::Basic => 1,
            Self::Bottleneck => 4,
        }
    }
}

impl Architecture {
    /// Weights of the network without its classification layer, the norms folded into the convolutions.
    #[must_use]
    pub fn num_weights(&self) -> usize {
        let convolution = |side: usize, from: usize, to: usize| side * side * from * to + to;
        let mut sum = convolution(7, 3, self.stem);
        let mut input = self.stem;
        for (stage, &num_blocks) in self.layers.iter().enumerate() {
            let inner = self.width << stage;
            let output = inner * self.block.expansion();
            for block in 0..num_blocks {
                sum += match self.block {
                    Block::Basic => convolution(3, input, inner) + convolution(3, inner, inner),
                    Block::Bottleneck => {
                        convolution(1, input, inner) + convolution(3, inner, inner) + convolution(1, inner, output)
                    }
                };
                if block == 0 && (stage > 0 || input != output) {
                    sum += convolution(1, input, output);
                }
                input = output;
            }
        }
        sum
    }
}

impl Stage {
    /// Position among the four stages, from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

impl Architecture {
    /// Output channels of a stage; of a version's record, which anybody may have written, any number.
    #[must_use]
    pub fn channels(&self, stage: Stage) -> usize {
        (self.width << stage.index()).saturating_mul(self.block.expansion())
    }
}

impl Spec {
    /// Length of a photo's features.
    #[must_use]
    pub fn feature_dim(&self) -> usize {
        self.features.iter().fold(0, |sum, &stage| sum.saturating_add(self.architecture.channels(stage)))
    }

    /// Reads `spec.json` and refuses what no network or preprocessing can be built from.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(json: &str) -> Result<Self, String> {
        let spec: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        spec.check()?;
        Ok(spec)
    }

    /// Whether sizes are such that work stays within reason; a spec may come from anywhere.
    fn check(&self) -> Result<(), String> {
        let a = &self.architecture;
        let p = &self.preprocess;
        let in_range = |name: &str, value: usize, low: usize, high: usize| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(format!("`{name}` is {value}, which is not within {low} to {high}"))
            }
        };
        in_range("architecture.stem", a.stem, 1, 1024)?;
        in_range("architecture.width", a.width, 1, 1024)?;
        in_range("architecture.num_classes", a.num_classes, 0, 100_000)?;
        for depth in a.layers {
            in_range("architecture.layers", depth, 1, 200)?;
        }
        in_range("preprocess.crop", p.crop as usize, 32, 2048)?;
        in_range("preprocess.resize", p.resize as usize, p.crop as usize, 4096)?;
        // A photo's first maps, of f32, then take 256 MB each at most.
        let largest = (p.crop as usize).pow(2) * a.stem.max(a.channels(Stage::Layer1) / 4);
        in_range("preprocess.crop² × channels", largest, 1, 1 << 28)?;
        in_range("features", self.features.len(), 1, 4)?;
        if !self.classes.is_empty() && self.classes.len() != a.num_classes {
            return Err(format!("there are {} `classes` but `num_classes` is {}", self.classes.len(), a.num_classes));
        }
        if p.std.iter().any(|&value| !value.is_finite() || value <= 0.0) || p.mean.iter().any(|v| !v.is_finite()) {
            return Err("`preprocess.mean` must be finite and `preprocess.std` positive".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resnet_50_has_as_many_weights_as_torchvision_says() {
        let resnet_50 = Architecture {
            block: Block::Bottleneck,
            stem: 64,
            width: 64,
            layers: [3, 4, 6, 3],
            stride_in: StrideIn::Conv2,
            num_classes: 1000,
        };
        // 25,557,032 with a layer of 1,000 classes, and two numbers for each of 26,560 channels where folding leaves one.
        assert_eq!(resnet_50.num_weights(), 25_557_032 - 2_049_000 - 26_560);
    }
}
