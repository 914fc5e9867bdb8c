//! The network with its weights packed for a level, before any image size is known.

use std::sync::{Arc, OnceLock};

use super::int8::ranges::{Range, Ranges};
use super::int8::weights::{GREATEST_INPUT, Steps, WholeWeights};
use super::int8::winograd::Pairs;
use super::level::Level;
use super::panels::Panels;
use super::transform::{Size, WinogradWeights};
use crate::vision::folded::{FoldedBlock, FoldedConv, FoldedNet};

/// The step that writes the first map which is kept in codes.
pub const MAX_POOL: &str = "maxpool";

/// The ranges are another network's: this map is not among them, or has other channels.
#[derive(Debug, thiserror::Error)]
#[error("the ranges of activations were measured on another network: they do not fit `{0}`")]
pub struct UnknownRange(String);

/// All convolutions, packed once.
pub struct Network {
    pub stem: Layer,
    /// Whole numbers to one unit of the input; none where it is in f32.
    pub input_scale: Option<f32>,
    /// Whether all maps are in bf16 but the input.
    pub is_bf16: bool,
    pub stages: Vec<Vec<Block>>,
}

/// `ReLU(convs(x) + shortcut(x))`.
pub struct Block {
    pub convs: Vec<Layer>,
    pub shortcut: Option<Layer>,
}

/// A convolution of any size of input.
pub struct Layer {
    pub name: String,
    pub weights: Weights,
    pub side: usize,
    pub stride: usize,
    pub input: usize,
    pub out: usize,
    /// What a code of the output stands for; none where it is not in codes.
    pub step: Option<f32>,
}

/// A layer's weights.
pub enum Weights {
    Floats(Floats),
    Whole(Whole),
}

/// Weights in f32, or bf16 where no transform is asked for.
pub struct Floats {
    pub panels: Arc<Panels>,
    /// Transformed when a plan first asks for them; `Two`, then `Four`.
    transformed: [OnceLock<Arc<WinogradWeights>>; 2],
}

/// Weights in whole numbers.
pub struct Whole {
    pub packed: Arc<WholeWeights>,
    /// Of what Winograd's convolution can do, the plain weights, the range of the input and the step of the output.
    plain: Option<(FoldedConv, Range, f32)>,
    /// Transformed when a plan first asks for them; `Two`, then `Four`.
    transformed: [OnceLock<Arc<Pairs>>; 2],
}

impl Network {
    /// Packs the weights, giving up the plain ones as it goes.
    pub fn pack(net: FoldedNet, level: Level) -> Self {
        Self::pack_each(net, level, |conv| Layer::floats(Panels::pack(&conv, level), conv))
    }

    /// Packs the weights for maps in bf16. So are they themselves, but those of the first convolution and those that
    /// Winograd's can do.
    ///
    /// # Panics
    /// Where the level has no kernels for it.
    pub fn pack_bf16(net: FoldedNet, level: Level) -> Self {
        assert!(level.has_bf16(), "{level} has no kernels for bf16");
        let pack = |conv: FoldedConv| {
            let fits = fits_winograd([conv.side, conv.stride, conv.input, conv.out], level);
            let pack = if fits { Panels::pack } else { Panels::pack_bf16 };
            Layer::floats(pack(&conv, level), conv)
        };
        Self { is_bf16: true, ..Self::pack_each(net, level, pack) }
    }

    fn pack_each(net: FoldedNet, level: Level, pack: impl Fn(FoldedConv) -> Layer) -> Self {
        let pack = &pack;
        let block = |block: FoldedBlock| Block {
            convs: block.convs.into_iter().map(pack).collect(),
            shortcut: block.shortcut.map(pack),
        };
        let stages = net.stages.into_iter().map(|blocks| blocks.into_iter().map(block).collect()).collect();
        let stem = Layer::floats(Panels::pack_rows(&net.stem, level), net.stem);
        Self { stem, input_scale: None, is_bf16: false, stages }
    }

    /// Packs the weights in whole numbers, for activations of the given ranges.
    ///
    /// # Errors
    /// [`UnknownRange`] where the ranges are of another network.
    pub fn quantise(net: FoldedNet, level: Level, ranges: &Ranges) -> Result<Self, UnknownRange> {
        if !(ranges.input > 0.0 && ranges.input.is_finite()) {
            return Err(UnknownRange("input".to_owned()));
        }
        let range_of = |name: &str, channels: usize| -> Result<&Range, UnknownRange> {
            let range = ranges.maps.get(name).filter(|range| range.means.len() == channels && range.most > 0.0);
            range.ok_or_else(|| UnknownRange(name.to_owned()))
        };
        let step = |range: &Range| range.most / f32::from(level.max_code());
        let mut map = range_of(MAX_POOL, net.stem.out)?;
        let output_step = step(map);
        let stem_weights = WholeWeights::stem(&net.stem, level, ranges.input, output_step);
        let mut stages = Vec::with_capacity(net.stages.len());
        for blocks in net.stages {
            let mut packed = Vec::with_capacity(blocks.len());
            for block in blocks {
                let shortcut =
                    block.shortcut.map(|conv| Layer::codes(conv, level, &Steps { input: map, output: None }));
                let mut convs = Vec::with_capacity(block.convs.len());
                for conv in block.convs {
                    let output = range_of(&conv.name, conv.out)?;
                    let steps = Steps { input: map, output: Some(step(output)) };
                    convs.push(Layer::codes(conv, level, &steps));
                    map = output;
                }
                packed.push(Block { convs, shortcut });
            }
            stages.push(packed);
        }
        let stem = Layer::whole(net.stem, stem_weights, None, Some(output_step));
        Ok(Self { stem, input_scale: Some(GREATEST_INPUT / ranges.input), is_bf16: false, stages })
    }

    /// Numbers of f32 that the longest run of any tap takes.
    pub fn longest_run(&self) -> usize {
        let blocks = self.stages.iter().flatten();
        let layers = blocks.flat_map(|block| block.convs.iter().chain(&block.shortcut));
        layers.map(|layer| layer.input).chain([self.stem.side * self.stem.input]).max().unwrap_or(0)
    }
}

impl Block {
    /// Output channels.
    pub fn channels(&self) -> usize {
        self.convs.last().map_or(0, |conv| conv.out)
    }
}

impl Layer {
    fn floats(panels: Panels, conv: FoldedConv) -> Self {
        let floats = Floats { panels: Arc::new(panels), transformed: Default::default() };
        let FoldedConv { name, side, stride, input, out, .. } = conv;
        Self { name, weights: Weights::Floats(floats), side, stride, input, out, step: None }
    }

    fn codes(conv: FoldedConv, level: Level, steps: &Steps<'_>) -> Self {
        let packed = WholeWeights::quads(&conv, level, steps);
        let fits = fits_winograd([conv.side, conv.stride, conv.input, conv.out], level);
        // A vector takes twice as many numbers of 16 bits.
        let can_transform = fits && conv.input.is_multiple_of(2 * level.lanes());
        Self::whole(conv, packed, can_transform.then(|| steps.input.clone()), steps.output)
    }

    /// `input` is known of what Winograd's convolution can do.
    fn whole(conv: FoldedConv, packed: WholeWeights, input: Option<Range>, step: Option<f32>) -> Self {
        let name = conv.name.clone();
        let FoldedConv { side, stride, input: channels, out, .. } = conv;
        let plain = input.zip(step).map(|(range, step)| (conv, range, step));
        let whole = Whole { packed: Arc::new(packed), plain, transformed: Default::default() };
        Self { name, weights: Weights::Whole(whole), side, stride, input: channels, out, step }
    }
}

impl Whole {
    /// Whether Winograd's convolution can do it.
    pub fn can_transform(&self) -> bool {
        self.plain.is_some()
    }

    /// The weights for Winograd's convolution, where it can do it.
    pub fn transformed(&self, level: Level, size: Size) -> Option<Arc<Pairs>> {
        let (conv, input, step) = self.plain.as_ref()?;
        let steps = Steps { input, output: Some(*step) };
        let pairs = self.transformed[cell_of(size)].get_or_init(|| Arc::new(Pairs::pack(conv, level, &steps, size)));
        Some(Arc::clone(pairs))
    }
}

/// Whether Winograd's convolution in f32 can do one of this side and stride, with so many channels.
pub fn fits_winograd([side, stride, input, out]: [usize; 4], level: Level) -> bool {
    side == 3 && stride == 1 && input.is_multiple_of(level.lanes()) && out.is_multiple_of(level.columns())
}

fn cell_of(size: Size) -> usize {
    match size {
        Size::Two => 0,
        Size::Four => 1,
    }
}

impl Floats {
    /// The weights for Winograd's convolution.
    pub fn transformed(&self, size: Size) -> Arc<WinogradWeights> {
        let cell = &self.transformed[cell_of(size)];
        Arc::clone(cell.get_or_init(|| Arc::new(WinogradWeights::transform(&self.panels, size))))
    }
}
