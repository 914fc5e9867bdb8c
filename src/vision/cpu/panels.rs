//! Weights in the order in which the matrix kernel reads them: panel by panel, packed once.

use bytemuck::Pod;
use half::bf16;
use rayon::prelude::*;

use super::level::Level;
use super::memory::{Memory, Place};
use crate::vision::folded::FoldedConv;

/// The weights of a convolution as `[panel][tap][step][column]`, the last panel padded with zeros, and its bias. A step
/// has four bytes: a number of the depth in f32, or two in bf16.
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
    pub is_bf16: bool,
}

impl Panels {
    /// Packs a convolution, its taps being pixels.
    pub fn pack(conv: &FoldedConv, level: Level) -> Self {
        let (side, input) = (conv.side, conv.input);
        Self::pack_by(conv, level, side * side, input, |tap, depth| depth * side * side + tap, |weight| weight)
    }

    /// The same, rounded to bf16.
    pub fn pack_bf16(conv: &FoldedConv, level: Level) -> Self {
        let (side, input) = (conv.side, conv.input);
        Self::pack_by(conv, level, side * side, input, |tap, depth| depth * side * side + tap, bf16::from_f32)
    }

    /// Packs a convolution whose taps are the rows of its kernel.
    pub fn pack_rows(conv: &FoldedConv, level: Level) -> Self {
        let (side, input) = (conv.side, conv.input);
        let index_of = |tap, depth| {
            let (column, channel) = (depth / input, depth % input);
            (channel * side + tap) * side + column
        };
        Self::pack_by(conv, level, side, side * input, index_of, |weight| weight)
    }

    /// `index_of(tap, depth)` finds a weight among those of one output channel; `rounded` makes it what is kept.
    fn pack_by<N: Pod>(
        conv: &FoldedConv,
        level: Level,
        taps: usize,
        depth: usize,
        index_of: impl Fn(usize, usize) -> usize + Sync,
        rounded: impl Fn(f32) -> N + Sync,
    ) -> Self {
        let per_step = 4 / size_of::<N>();
        let mut panels = Self::zeroed(conv.out, taps, depth, level, size_of::<N>() == size_of::<bf16>());
        let (width, steps, per_output) = (panels.width, panels.steps(), taps * depth);
        let of_panels = panels.values.as_mut_slice().par_chunks_exact_mut(taps * steps * width);
        of_panels.enumerate().for_each(|(panel, values)| {
            let columns = width.min(conv.out - panel * width);
            let weights = &conv.weight[panel * width * per_output..];
            let values: &mut [N] = bytemuck::cast_slice_mut(values);
            for (step, values) in values.chunks_exact_mut(width * per_step).enumerate() {
                let (tap, first) = (step / steps, step % steps * per_step);
                for within in 0..per_step.min(depth - first) {
                    let index = index_of(tap, first + within);
                    for column in 0..columns {
                        values[column * per_step + within] = rounded(weights[column * per_output + index]);
                    }
                }
            }
        });
        panels.bias.as_mut_slice()[..conv.out].copy_from_slice(&conv.bias);
        panels
    }

    /// Panels that are to be filled, in f32 or bf16.
    pub fn zeroed(out: usize, taps: usize, depth: usize, level: Level, is_bf16: bool) -> Self {
        let width = level.columns();
        let count = out.div_ceil(width);
        let (values, bias) =
            (Memory::zeroed(count * taps * steps(depth, is_bf16) * width), Memory::zeroed(count * width));
        Self { values, bias, count, width, taps, depth, out, is_bf16 }
    }

    /// Where all values and all biases lie, for kernels that fill them while nobody reads.
    pub fn places(&self) -> (Place, Place) {
        (self.values.place(), self.bias.place())
    }

    /// All weights of a panel in f32: `[tap][depth][column]`.
    pub fn weights(&self, panel: usize) -> &[f32] {
        let len = self.taps * self.depth * self.width;
        &self.values.as_slice()[panel * len..(panel + 1) * len]
    }

    /// Steps of a tap.
    pub fn steps(&self) -> usize {
        steps(self.depth, self.is_bf16)
    }

    /// All panels, in numbers of f32.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// The weights of a panel from a tap and step on.
    pub fn panel(&self, panel: usize, tap: usize, step: usize) -> *const f32 {
        let step = (panel * self.taps + tap) * self.steps() + step;
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

/// Steps of so many numbers.
pub fn steps(numbers: usize, is_bf16: bool) -> usize {
    if is_bf16 { numbers.div_ceil(2) } else { numbers }
}
