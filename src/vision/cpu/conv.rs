//! A convolution as a matrix product, with a table of where each output pixel finds its input instead of copies of it
//! (Dukhan, *The Indirect Convolution Algorithm*, 2019).

use std::ops::Range;
use std::sync::Arc;

use half::bf16;

use super::lanes::{Bf16Lanes, Lanes};
use super::level::{Bf16Kernel, Kernel, Level};
use super::memory::{On, Slot};
use super::number::Number;
use super::panels::Panels;
use super::tile::Tile;

/// Marks a tap that lies outside the picture.
pub(super) const OUTSIDE: u32 = u32::MAX;

/// Steps of the sum that are done before the next rows: what a panel holds of them stays in the first cache.
const STEPS_PER_BLOCK: usize = 512;

/// Bytes of activations that one task works on with one panel after another: they stay in the second cache.
const BYTES_PER_BLOCK: usize = 192 * 1024;

/// Tasks a thread, so that one that is held up leaves its rest to others.
pub(super) const TASKS_PER_MEMBER: usize = 4;

/// A convolution at a size.
pub struct Conv {
    pub weights: Arc<Panels>,
    pub input: Slot,
    pub output: Slot,
    /// What is added before `ReLU`.
    pub addend: Option<Slot>,
    pub has_relu: bool,
    /// Where each tap of each output pixel begins within an image's input: `[pixel][tap]`.
    pub table: Vec<u32>,
}

/// The sizes of a square convolution.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    pub side: usize,
    pub stride: usize,
    pub padding: usize,
    pub channels: usize,
    /// Of the input.
    pub height: usize,
    pub width: usize,
}

/// How a step is cut into tasks: blocks of tiles times groups of panels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    pub blocks: usize,
    pub groups: usize,
}

/// One task of a convolution.
pub struct ConvTask<'a> {
    conv: &'a Conv,
    on: On,
    first_image: usize,
    tiles: Range<usize>,
    panels: Range<usize>,
}

impl Geometry {
    /// Height and width of the output.
    pub fn output(&self) -> (usize, usize) {
        let size = |input: usize| (input + 2 * self.padding - self.side) / self.stride + 1;
        (size(self.height), size(self.width))
    }

    /// The table whose taps are pixels.
    pub fn pixels(&self) -> Vec<u32> {
        let (height, width) = self.output();
        let mut table = Vec::with_capacity(height * width * self.side * self.side);
        let inside = |at: usize, tap: usize, limit: usize| {
            (at * self.stride + tap).checked_sub(self.padding).filter(|&at| at < limit)
        };
        for y in 0..height {
            for x in 0..width {
                for tap in 0..self.side * self.side {
                    let place = inside(y, tap / self.side, self.height).zip(inside(x, tap % self.side, self.width));
                    table.push(place.map_or(OUTSIDE, |(y, x)| ((y * self.width + x) * self.channels) as u32));
                }
            }
        }
        table
    }

    /// The table whose taps are rows of the kernel, for an input that holds its padding.
    pub fn rows(&self) -> Vec<u32> {
        let (height, width) = self.output();
        let padded_width = self.width + 2 * self.padding;
        let place =
            |y: usize, x: usize, tap: usize| ((y * self.stride + tap) * padded_width + x * self.stride) * self.channels;
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (y, x)));
        pixels.flat_map(|(y, x)| (0..self.side).map(move |tap| place(y, x, tap) as u32)).collect()
    }
}

/// Cuts a convolution: many pixels into blocks of tiles, many weights into groups of panels, so that each thread reads a
/// part of them only.
pub fn split(tiles: usize, bytes_per_tile: usize, panels: usize, are_weights_more: bool, members: usize) -> Split {
    let target = if members == 1 { 1 } else { members * TASKS_PER_MEMBER };
    let tiles_per_block = (BYTES_PER_BLOCK / bytes_per_tile).max(4);
    let needed = tiles.div_ceil(tiles_per_block);
    if are_weights_more {
        let groups = target.min(panels);
        Split { blocks: needed.max(target.div_ceil(groups)).min(tiles), groups }
    } else {
        let blocks = needed.max(target).min(tiles.div_ceil(2));
        Split { blocks, groups: target.div_ceil(blocks).min(panels) }
    }
}

/// A range cut into parts of nearly the same length.
pub fn part(len: usize, parts: usize, index: usize) -> Range<usize> {
    len * index / parts..len * (index + 1) / parts
}

impl Conv {
    /// Output pixels of an image.
    fn pixels(&self) -> usize {
        self.table.len() / self.weights.taps
    }

    /// Tiles of an image: as few as there can be, all of nearly the same height.
    fn tiles(&self, level: Level) -> usize {
        self.pixels().div_ceil(level.rows())
    }

    /// How the step is cut into tasks.
    pub fn split(&self, images: usize, members: usize, level: Level) -> Split {
        let tiles = images * self.tiles(level);
        let steps = self.weights.taps * self.weights.steps();
        let steps = if self.weights.is_bf16 { steps } else { steps.min(STEPS_PER_BLOCK) };
        let bytes_per_tile = steps * level.rows() * size_of::<f32>();
        let are_weights_more = self.weights.len() > images * self.input.floats;
        split(tiles, bytes_per_tile, self.weights.count, are_weights_more, members)
    }

    /// A task of the step, for a member to do.
    pub fn task(&self, split: Split, index: usize, images: Range<usize>, level: Level, on: On) -> ConvTask<'_> {
        let tiles = images.len() * self.tiles(level);
        ConvTask {
            conv: self,
            on,
            first_image: images.start,
            tiles: part(tiles, split.blocks, index / split.groups),
            panels: part(self.weights.count, split.groups, index % split.groups),
        }
    }
}

impl Kernel for ConvTask<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        self.by::<L, f32, f32>(lanes);
    }
}

impl Bf16Kernel for ConvTask<'_> {
    #[inline(always)]
    fn run_bf16<L: Bf16Lanes>(self, lanes: L) {
        if self.conv.weights.is_bf16 {
            self.by::<L, bf16, bf16>(lanes);
        } else {
            self.by::<L, f32, bf16>(lanes);
        }
    }
}

impl ConvTask<'_> {
    /// From a map of one type to one of another.
    #[inline(always)]
    fn by<L: Lanes, I: Number<L>, O: Number<L>>(&self, lanes: L) {
        let conv = self.conv;
        let weights = &*conv.weights;
        let pixels = conv.pixels();
        let tiles_per_image = pixels.div_ceil(L::ROWS);
        let (height, extra) = (pixels / tiles_per_image, pixels % tiles_per_image);
        // Between blocks the output holds the sums, which must not be rounded there.
        let most = if size_of::<O>() == size_of::<f32>() { STEPS_PER_BLOCK } else { usize::MAX };
        let blocks = Blocks::of(weights.taps, weights.depth, most);
        for block in 0..blocks.count {
            let (taps, depths) = blocks.get(block);
            let is_first = block == 0;
            let is_last = block + 1 == blocks.count;
            for panel in self.panels.clone() {
                let column = panel * weights.width;
                for tile in self.tiles.clone() {
                    let image = self.first_image + tile / tiles_per_image;
                    let tile = tile % tiles_per_image;
                    let first = tile * height + tile.min(extra);
                    let rows = height + usize::from(tile < extra);
                    let at = first * weights.out + column;
                    // SAFETY: the plan gave each buffer its room within the memory, the table's entries lie within
                    // the input, and no two tasks of a step write the same rows and columns.
                    unsafe {
                        let place = |slot: Slot| self.on.memory.at(slot.of(image, self.on.member));
                        let input = place(conv.input).cast::<I>().cast_const().add(depths.start);
                        // The memory begins with zeros enough for any run.
                        let zeros = self.on.memory.at(0).cast::<I>().cast_const();
                        let out = place(conv.output).cast::<O>().add(at);
                        let addend = if is_first {
                            conv.addend.map(|slot| place(slot).cast::<O>().cast_const().add(at))
                        } else {
                            Some(out.cast_const())
                        };
                        let table = conv.table[first * weights.taps..(first + rows) * weights.taps].as_ptr();
                        Tile {
                            panel: weights.panel(panel, taps.start, depths.start / I::PER_STEP),
                            num_taps: taps.len(),
                            depth: depths.len(),
                            out,
                            stride: weights.out,
                            columns: weights.columns(panel),
                            bias: is_first.then(|| weights.bias(panel)),
                            addend,
                            floor: if is_last && conv.has_relu { 0.0 } else { f32::NEG_INFINITY },
                        }
                        .run(lanes, rows, |tap, row| {
                            match *table.add(row * weights.taps + taps.start + tap) {
                                OUTSIDE => zeros,
                                place => input.add(place as usize),
                            }
                        });
                    }
                }
            }
        }
    }
}

/// The steps of a sum in blocks: several whole taps, or parts of one.
struct Blocks {
    taps: usize,
    depth: usize,
    taps_per_block: usize,
    parts_per_tap: usize,
    count: usize,
}

impl Blocks {
    /// Of `most` steps, or nearly.
    fn of(taps: usize, depth: usize, most: usize) -> Self {
        let parts_per_tap = depth.div_ceil(most);
        let taps_per_block = (most / depth).clamp(1, taps);
        let count = if parts_per_tap > 1 { taps * parts_per_tap } else { taps.div_ceil(taps_per_block) };
        Self { taps, depth, taps_per_block, parts_per_tap, count }
    }

    /// The taps and the part of their depth in a block. Weights of several taps follow each other only where all of
    /// the depth is taken.
    fn get(&self, block: usize) -> (Range<usize>, Range<usize>) {
        if self.parts_per_tap > 1 {
            let tap = block / self.parts_per_tap;
            (tap..tap + 1, part(self.depth, self.parts_per_tap, block % self.parts_per_tap))
        } else {
            let begin = block * self.taps_per_block;
            (begin..(begin + self.taps_per_block).min(self.taps), 0..self.depth)
        }
    }
}
