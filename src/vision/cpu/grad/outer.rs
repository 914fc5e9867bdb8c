//! The gradient by a convolution's weights: the product of its input, turned, and the gradient by its output.
//!
//! Every weight's sum runs over all pixels of the batch within one task and in one order, so that the bits do not depend
//! on the number of threads.

use std::ops::Range;

use half::bf16;

use super::super::conv::{OUTSIDE, part};
use super::super::lanes::{Bf16Lanes, Lanes};
use super::super::level::{Bf16Kernel, Kernel, Level};
use super::super::memory::{LINE, Place, Slot};
use super::super::number::Number;
use super::super::tile::{MAX_COLUMNS, Tile};
use super::layer::Layer;

/// Steps, a pixel each or in bf16 two, whose products are added before the next rows: a panel of the gradient stays in
/// the first cache.
const STEPS_PER_BLOCK: usize = 256;

/// Channels of the input that a task works on: with their pixels they stay in the second cache.
const CHANNELS_PER_TASK: usize = 256;

/// Tasks a thread, so that one that is held up leaves its rest to others.
const TASKS_PER_MEMBER: usize = 4;

/// The gradient by the weights of a layer.
pub struct Outer {
    /// Which layer.
    pub layer: usize,
    pub input: Slot,
    /// By the output.
    pub gradient: Slot,
    /// Where each tap of each output pixel begins within an image's input: `[pixel][tap]`.
    pub table: Vec<u32>,
    /// Where the gradient lies in panels, `[panel][pixel of the batch][column]`; in bf16 two pixels side by side.
    pub packed: usize,
}

/// Lays a panel's columns of the gradient one after another, and adds them up: that is the gradient by the shift.
pub struct PackTask<'a> {
    pub outer: &'a Outer,
    pub layer: &'a Layer,
    pub memory: Place,
    pub images: usize,
    pub panel: usize,
}

/// The gradient by the weights between some channels of the input at one tap and all of the output.
pub struct OuterTask<'a> {
    outer: &'a Outer,
    layer: &'a Layer,
    memory: Place,
    workspace: usize,
    images: usize,
    tap: usize,
    channels: Range<usize>,
}

impl Outer {
    fn pixels(&self, layer: &Layer) -> usize {
        self.table.len() / layer.forward.taps
    }

    /// Numbers of workspace that a member needs.
    pub fn workspace(level: Level) -> usize {
        CHANNELS_PER_TASK.div_ceil(level.rows()) * tile_stride(STEPS_PER_BLOCK, level.rows())
    }

    /// Groups of channels: how many tasks there are for each tap.
    fn groups(layer: &Layer, members: usize, level: Level) -> usize {
        let tiles = layer.forward.depth.div_ceil(level.rows());
        let needed = layer.forward.depth.div_ceil(CHANNELS_PER_TASK / level.rows() * level.rows());
        let wanted = if members == 1 { 1 } else { (members * TASKS_PER_MEMBER).div_ceil(layer.forward.taps) };
        needed.max(wanted).min(tiles)
    }

    pub fn num_tasks(layer: &Layer, members: usize, level: Level) -> usize {
        layer.forward.taps * Self::groups(layer, members, level)
    }

    /// A task, for a member with its workspace.
    pub fn task<'a>(
        &'a self,
        layer: &'a Layer,
        (members, level): (usize, Level),
        (memory, workspace): (Place, usize),
        images: usize,
        index: usize,
    ) -> OuterTask<'a> {
        let groups = Self::groups(layer, members, level);
        let rows = level.rows();
        let tiles = part(layer.forward.depth.div_ceil(rows), groups, index % groups);
        let channels = tiles.start * rows..(tiles.end * rows).min(layer.forward.depth);
        OuterTask { outer: self, layer, memory, workspace, images, tap: index / groups, channels }
    }
}

/// Numbers of f32 between two tiles of so many steps. An odd number of cache lines: the tiles would else fall into the same
/// few places of the cache.
fn tile_stride(steps: usize, rows: usize) -> usize {
    (steps * rows).next_multiple_of(2 * LINE) + LINE
}

impl Kernel for PackTask<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, _lanes: L) {
        self.by::<L, f32>();
    }
}

impl Bf16Kernel for PackTask<'_> {
    #[inline(always)]
    fn run_bf16<L: Bf16Lanes>(self, _lanes: L) {
        self.by::<L, bf16>();
    }
}

impl PackTask<'_> {
    #[inline(always)]
    fn by<L: Lanes, N: Number<L>>(&self) {
        let panels = &*self.layer.forward;
        let (width, columns) = (panels.width, panels.columns(self.panel));
        let pixels = self.outer.pixels(self.layer);
        let num_pixels = self.images * pixels;
        let mut sums = [0f32; MAX_COLUMNS];
        // SAFETY: the plan gave both their room, and no other task writes this panel and these sums.
        unsafe {
            let floats = num_pixels.div_ceil(N::PER_STEP) * width;
            let to = self.memory.at(self.outer.packed + self.panel * floats).cast::<N>();
            let to = std::slice::from_raw_parts_mut(to, floats * N::PER_STEP);
            for (step, to) in to.chunks_exact_mut(width * N::PER_STEP).enumerate() {
                let first = step * N::PER_STEP;
                let count = N::PER_STEP.min(num_pixels - first);
                if count < N::PER_STEP {
                    // A batch of an odd number of pixels ends within a pair.
                    to.fill(N::of_f32(0.0));
                }
                for within in 0..count {
                    let (image, pixel) = ((first + within) / pixels, (first + within) % pixels);
                    let from = self.memory.at(self.outer.gradient.of(image, 0)).cast::<N>().cast_const();
                    let from = from.add(pixel * panels.out + self.panel * width);
                    let from = std::slice::from_raw_parts(from, columns);
                    for ((to, from), sum) in to.chunks_exact_mut(N::PER_STEP).zip(from).zip(&mut sums) {
                        to[within] = *from;
                        *sum += from.to_f32();
                    }
                }
                to[columns * N::PER_STEP..].fill(N::of_f32(0.0));
            }
            let shift = self.layer.shift.gradient.place().at(self.panel * width);
            std::slice::from_raw_parts_mut(shift, columns).copy_from_slice(&sums[..columns]);
        }
    }
}

impl Kernel for OuterTask<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        self.by::<L, f32>(lanes);
    }
}

impl Bf16Kernel for OuterTask<'_> {
    #[inline(always)]
    fn run_bf16<L: Bf16Lanes>(self, lanes: L) {
        self.by::<L, bf16>(lanes);
    }
}

impl OuterTask<'_> {
    /// Lays the channels of some pixels in tiles of as many rows as the matrix kernel has: `[tile][pixel][row]`, or in
    /// bf16 `[tile][two pixels][row][pixel]`.
    #[inline(always)]
    unsafe fn gather<L: Lanes, N: Number<L>>(&self, steps: Range<usize>, stride: usize) {
        let taps = self.layer.forward.taps;
        let pixels = self.outer.pixels(self.layer);
        let num_pixels = self.images * pixels;
        let whole = self.channels.len() / L::ROWS;
        let rest = self.channels.len() % L::ROWS;
        // SAFETY: the plan gave the input and every member's workspace their room, the table's entries lie within the
        // input, and memory begins with zeros enough for any run.
        unsafe {
            let zeros = self.memory.at(0).cast::<N>().cast_const();
            for (index, step) in steps.enumerate() {
                // What lies beyond the batch is zero, as is what lies outside the picture.
                let mut from = [zeros; 2];
                let first = step * N::PER_STEP;
                for (within, from) in from[..N::PER_STEP.min(num_pixels - first)].iter_mut().enumerate() {
                    let (image, pixel) = ((first + within) / pixels, (first + within) % pixels);
                    let place = self.outer.table[pixel * taps + self.tap];
                    if place != OUTSIDE {
                        let input = self.memory.at(self.outer.input.of(image, 0)).cast::<N>().cast_const();
                        *from = input.add(place as usize + self.channels.start);
                    }
                }
                let to = self.memory.at(self.workspace + index * L::ROWS);
                for tile in 0..whole {
                    interleave(from.map(|from| from.add(tile * L::ROWS)), to.add(tile * stride), L::ROWS);
                }
                if rest > 0 {
                    interleave(from.map(|from| from.add(whole * L::ROWS)), to.add(whole * stride), rest);
                }
            }
        }
    }

    #[inline(always)]
    fn by<L: Lanes, N: Number<L>>(&self, lanes: L) {
        let panels = &*self.layer.forward;
        let steps = (self.images * self.outer.pixels(self.layer)).div_ceil(N::PER_STEP);
        let num_tiles = self.channels.len().div_ceil(L::ROWS);
        for first in (0..steps).step_by(STEPS_PER_BLOCK) {
            let count = STEPS_PER_BLOCK.min(steps - first);
            let stride = tile_stride(count, L::ROWS);
            // SAFETY: as for `gather`; no two tasks write the gradient by the same tap's and channels' weights.
            unsafe {
                self.gather::<L, N>(first..first + count, stride);
                for panel in 0..panels.count {
                    let of_panel = self.outer.packed + (panel * steps + first) * panels.width;
                    for tile in 0..num_tiles {
                        let channel = self.channels.start + tile * L::ROWS;
                        let rows = L::ROWS.min(self.channels.end - channel);
                        let at = (self.tap * panels.depth + channel) * panels.out + panel * panels.width;
                        let out = self.layer.weight.gradient.place().at(at);
                        let from = self.memory.at(self.workspace + tile * stride).cast::<N>().cast_const();
                        Tile {
                            panel: self.memory.at(of_panel).cast_const(),
                            num_taps: count,
                            depth: N::PER_STEP,
                            out,
                            stride: panels.out,
                            columns: panels.columns(panel),
                            bias: None,
                            addend: (first > 0).then_some(out.cast_const()),
                            floor: f32::NEG_INFINITY,
                        }
                        .run(lanes, rows, |step, row| from.add((step * L::ROWS + row) * N::PER_STEP));
                    }
                }
            }
        }
    }
}

/// Lays the numbers of a step's pixels side by side, channel by channel.
///
/// # Safety
/// So many numbers can be read of each pixel of the step, and four bytes for each of them written to `to`.
#[inline(always)]
unsafe fn interleave<N: Copy>(from: [*const N; 2], to: *mut f32, count: usize) {
    let to = to.cast::<N>();
    // SAFETY: the caller's promise.
    unsafe {
        if size_of::<N>() == size_of::<f32>() {
            std::ptr::copy_nonoverlapping(from[0], to, count);
            return;
        }
        for row in 0..count {
            for (within, from) in from.iter().enumerate() {
                *to.add(2 * row + within) = *from.add(row);
            }
        }
    }
}
