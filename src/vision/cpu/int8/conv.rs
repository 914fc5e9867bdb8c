//! A convolution in whole numbers, over the same tables as the one in f32.

use std::ops::Range;
use std::sync::Arc;

use super::super::conv::{OUTSIDE, Split, part, split};
use super::super::lanes::Lanes;
use super::super::level::{Kernel, Level};
use super::super::memory::{On, Slot};
use super::tile::{Addend, Finish, IntTile, Out, Pair, Product, Quad};
use super::weights::{QUAD, Unit, WholeWeights};

/// A convolution in whole numbers at a size.
pub struct WholeConv {
    pub weights: Arc<WholeWeights>,
    pub input: Slot,
    pub output: Slot,
    /// Whether the output is rounded to codes, as all are that `ReLU` follows.
    pub gives_codes: bool,
    pub addend: Option<WholeAddend>,
    /// Where each tap of each output pixel begins within an image's input: `[pixel][tap]`.
    pub table: Vec<u32>,
}

/// What is added before `ReLU`.
#[derive(Clone, Copy)]
pub struct WholeAddend {
    pub slot: Slot,
    pub is_codes: bool,
    /// What one of its numbers is in codes of the output.
    pub factor: f32,
}

/// One task of such a convolution.
pub struct WholeTask<'a> {
    conv: &'a WholeConv,
    on: On,
    first_image: usize,
    tiles: Range<usize>,
    panels: Range<usize>,
}

impl WholeAddend {
    /// From the `at`th number on of a map.
    ///
    /// # Safety
    /// The map has so many numbers.
    #[inline(always)]
    pub unsafe fn at(self, map: *const f32, at: usize) -> Addend {
        // SAFETY: the caller's promise.
        unsafe {
            if self.is_codes {
                Addend::Codes(map.cast::<u8>().add(at), self.factor)
            } else {
                Addend::Floats(map.add(at), self.factor)
            }
        }
    }
}

impl WholeConv {
    /// Output pixels of an image.
    fn pixels(&self) -> usize {
        self.table.len() / self.weights.taps
    }

    fn tiles(&self, level: Level) -> usize {
        self.pixels().div_ceil(level.whole_rows())
    }

    /// How the step is cut into tasks.
    pub fn split(&self, images: usize, members: usize, level: Level) -> Split {
        let tiles = images * self.tiles(level);
        let bytes_of = |is_codes: bool| if is_codes { 1 } else { size_of::<f32>() };
        let addend = self.addend.map_or(0, |addend| bytes_of(addend.is_codes));
        // Panel after panel comes back to the same lines of the output, too.
        let output = self.weights.out * (bytes_of(self.gives_codes) + addend);
        let bytes_per_tile = (self.weights.taps * self.weights.steps * QUAD + output) * level.whole_rows();
        let are_weights_more = self.weights.len() > images * self.input.floats * size_of::<f32>();
        split(tiles, bytes_per_tile, self.weights.count, are_weights_more, members)
    }

    /// A task of the step, for a member to do.
    pub fn task(&self, split: Split, index: usize, images: Range<usize>, level: Level, on: On) -> WholeTask<'_> {
        let tiles = images.len() * self.tiles(level);
        WholeTask {
            conv: self,
            on,
            first_image: images.start,
            tiles: part(tiles, split.blocks, index / split.groups),
            panels: part(self.weights.count, split.groups, index % split.groups),
        }
    }
}

impl Kernel for WholeTask<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        match self.conv.weights.unit {
            Unit::Quad => self.by::<L, Quad, u8>(lanes),
            Unit::Pair => self.by::<L, Pair, i16>(lanes),
        }
    }
}

impl WholeTask<'_> {
    /// By products of `N`s.
    #[inline(always)]
    fn by<L: Lanes, P: Product, N>(&self, lanes: L) {
        let conv = self.conv;
        let weights = &*conv.weights;
        let pixels = conv.pixels();
        let tiles_per_image = pixels.div_ceil(L::WHOLE_ROWS);
        let (height, extra) = (pixels / tiles_per_image, pixels % tiles_per_image);
        for panel in self.panels.clone() {
            for tile in self.tiles.clone() {
                let image = self.first_image + tile / tiles_per_image;
                let tile = tile % tiles_per_image;
                let first = tile * height + tile.min(extra);
                let rows = height + usize::from(tile < extra);
                let at = first * weights.out + panel * weights.width;
                // SAFETY: the plan gave each buffer its room within the memory, the table's entries lie within the
                // input, and no two tasks of a step write the same rows and columns.
                unsafe {
                    let place = |slot: Slot| self.on.memory.at(slot.of(image, self.on.member));
                    let input = place(conv.input).cast::<N>().cast_const();
                    // The memory begins with zeros enough for any run.
                    let zeros = self.on.memory.at(0).cast::<N>().cast_const();
                    let out = if conv.gives_codes {
                        let addend = conv.addend.map_or(Addend::None, |addend| addend.at(place(addend.slot), at));
                        Out::Codes(place(conv.output).cast::<u8>().add(at), addend)
                    } else {
                        Out::Floats(place(conv.output).add(at))
                    };
                    let table = conv.table[first * weights.taps..(first + rows) * weights.taps].as_ptr();
                    IntTile {
                        panel: weights.panel(panel),
                        num_taps: weights.taps,
                        steps: weights.steps,
                        spilled: weights.spilled(panel),
                        factors: weights.factors(panel),
                        bias: weights.bias(panel),
                        finish: Finish { out, columns: weights.columns(panel) },
                        stride: weights.out,
                    }
                    .run::<L, P>(lanes, rows, |tap, row| {
                        match *table.add(row * weights.taps + tap) {
                            OUTSIDE => zeros.cast(),
                            place => input.add(place as usize).cast(),
                        }
                    });
                }
            }
        }
    }
}
