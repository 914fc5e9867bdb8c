//! Weights in the order in which the matrix kernel reads them: panel by panel, packed once.

use super::level::Level;
use rayon::prelude::*;

use super::memory::{Memory, Place};
use crate::vision::folded::FoldedConv;

/// The weights of a convolution as `[panel][tap][depth][column]`, the last panel padded with zeros, and its bias.
///
/// A tap is a run of numbers that lie side by side in the activations. For the first convolution, whose input is
/// padded in memory, that is a row of the kernel; for all others a pixel.
pub struct Panels {
    values: Memory,
    bias: Memory,
    /// How many panels.
    pub count: usize,
    /// Columns of a panel.
    pub width: usize,
    pub taps: usize,
    pub depth: usize,
    pub out: usize,
}

impl Panels {
    /// Packs a convolution, its taps being pixels.
    pub fn pack(conv: &FoldedConv, level: Level) -> Self {
        let (side, input) = (conv.side, conv.input);
        Self::pack_by(conv, level, side * side, input, |tap, depth| depth * side * side + tap)
    }

    /// Packs a convolution whose taps are the rows of its kernel.
    pub fn pack_rows(conv: &FoldedConv, level: Level) -> Self {
        let (side, input) = (conv.side, conv.input);
        Self::pack_by(conv, level, side, side * input, |tap, depth| {
            let (column, channel) = (depth / input, depth % input);
            (channel * side + tap) * side + column
        })
    }

    /// `index_of(tap, depth)` finds a weight among those of one output channel.
    fn pack_by(
        conv: &FoldedConv,
        level: Level,
        taps: usize,
        depth: usize,
        index_of: impl Fn(usize, usize) -> usize + Sync,
    ) -> Self {
        let mut panels = Self::zeroed(conv.out, taps, depth, level);
        let (width, per_output) = (panels.width, taps * depth);
        let of_panels = panels.values.as_mut_slice().par_chunks_exact_mut(per_output * width);
        of_panels.enumerate().for_each(|(panel, values)| {
            let columns = width.min(conv.out - panel * width);
            let weights = &conv.weight[panel * width * per_output..];
            for (step, values) in values.chunks_exact_mut(width).enumerate() {
                let index = index_of(step / depth, step % depth);
                for (column, value) in values.iter_mut().enumerate().take(columns) {
                    *value = weights[column * per_output + index];
                }
            }
        });
        panels.bias.as_mut_slice()[..conv.out].copy_from_slice(&conv.bias);
        panels
    }

    /// Panels that are to be filled.
    pub fn zeroed(out: usize, taps: usize, depth: usize, level: Level) -> Self {
        let width = level.columns();
        let count = out.div_ceil(width);
        let (values, bias) = (Memory::zeroed(count * taps * depth * width), Memory::zeroed(count * width));
        Self { values, bias, count, width, taps, depth, out }
    }

    /// Where all values and all biases lie, for kernels that fill them while nobody reads.
    pub fn places(&self) -> (Place, Place) {
        (self.values.place(), self.bias.place())
    }

    /// All weights of a panel: `[tap][depth][column]`.
    pub fn weights(&self, panel: usize) -> &[f32] {
        let len = self.taps * self.depth * self.width;
        &self.values.as_slice()[panel * len..(panel + 1) * len]
    }

    /// Numbers of all panels.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The weights of a panel from a tap and depth on.
    pub fn panel(&self, panel: usize, tap: usize, depth: usize) -> *const f32 {
        let step = (panel * self.taps + tap) * self.depth + depth;
        self.values.as_slice()[step * self.width..].as_ptr()
    }

    /// The bias of a panel's columns.
    pub fn bias(&self, panel: usize) -> *const f32 {
        self.bias.as_slice()[panel * self.width..].as_ptr()
    }

    /// Output channels of a panel.
    pub fn columns(&self, panel: usize) -> usize {
        self.width.min(self.out - panel * self.width)
    }
}
