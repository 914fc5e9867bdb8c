//! The network with its weights packed for a level, before any image size is known.

use std::sync::{Arc, OnceLock};

use super::level::Level;
use super::panels::Panels;
use super::transform::{Size, WinogradWeights};
use crate::vision::folded::{FoldedConv, FoldedNet};

/// All convolutions, packed once.
pub struct Network {
    pub stem: Layer,
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
    pub panels: Arc<Panels>,
    pub side: usize,
    pub stride: usize,
    pub input: usize,
    /// Transformed when a plan first asks for them; `Two`, then `Four`.
    transformed: [OnceLock<Arc<WinogradWeights>>; 2],
}

impl Network {
    /// Packs the weights, giving up the plain ones as it goes.
    pub fn pack(net: FoldedNet, level: Level) -> Self {
        let stem_panels = Panels::pack_rows(&net.stem, level);
        let stem = Layer::new(net.stem, stem_panels);
        let pack = |conv: FoldedConv| {
            let panels = Panels::pack(&conv, level);
            Layer::new(conv, panels)
        };
        let block = |block: crate::vision::folded::FoldedBlock| Block {
            convs: block.convs.into_iter().map(pack).collect(),
            shortcut: block.shortcut.map(pack),
        };
        let stages = net.stages.into_iter().map(|blocks| blocks.into_iter().map(block).collect()).collect();
        Self { stem, stages }
    }

    /// The longest run of any tap.
    pub fn longest_run(&self) -> usize {
        let blocks = self.stages.iter().flatten();
        let layers = blocks.flat_map(|block| block.convs.iter().chain(&block.shortcut));
        layers.chain([&self.stem]).map(|layer| layer.panels.depth).max().unwrap_or(0)
    }
}

impl Layer {
    fn new(conv: FoldedConv, panels: Panels) -> Self {
        Self {
            name: conv.name,
            panels: Arc::new(panels),
            side: conv.side,
            stride: conv.stride,
            input: conv.input,
            transformed: Default::default(),
        }
    }

    /// The weights for Winograd's convolution.
    pub fn transformed(&self, size: Size) -> Arc<WinogradWeights> {
        let cell = match size {
            Size::Two => &self.transformed[0],
            Size::Four => &self.transformed[1],
        };
        Arc::clone(cell.get_or_init(|| Arc::new(WinogradWeights::transform(&self.panels, size))))
    }
}
