//! Convolutions of 3×3 and stride 1 by Winograd's transforms in whole numbers.
//!
//! The input's transform has whole factors, so that of codes it is exact in 16 bits; transformed weights are rounded
//! to 16 bits, with a step for each channel and point that no sum of 32 bits can overflow. Products are numbers of f32
//! from there on.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::super::conv::{Split, part};
use super::super::lanes::Lanes;
use super::super::level::{Kernel, Level};
use super::super::memory::{Memory, On, Slot};
use super::super::tile::{MAX_COLUMNS, VECTORS};
use super::super::transform::{COLUMNS, Columns, Four, Size, Transform, Two, kernels};
use super::super::winograd;
use super::conv::WholeAddend;
use super::tile::{Addend, Finish, IntTile, Out, Pair};
use super::weights::{PAIR, Steps, step_of_pairs};
use crate::vision::folded::FoldedConv;

/// What is added to products: nothing, before they are transformed back.
static NO_BIAS: [f32; MAX_COLUMNS] = [0.0; MAX_COLUMNS];

/// Transformed weights: `[panel][point][pair][column][2]`, and what makes their sums numbers.
pub struct Pairs {
    pub size: Size,
    values: Memory,
    /// `[panel][point][column]`.
    factors: Memory,
    bias: Memory,
    count: usize,
    width: usize,
    input: usize,
}

/// A 3×3 convolution of stride 1 at a size.
pub struct PairWinograd {
    pub weights: Arc<Pairs>,
    pub input: Slot,
    /// In codes.
    pub output: Slot,
    pub addend: Option<WholeAddend>,
    pub height: usize,
    pub width: usize,
}

/// One task of such a convolution.
pub struct PairWinogradTask<'a> {
    conv: &'a PairWinograd,
    on: On,
    first_image: usize,
    tiles: Range<usize>,
    group: Range<usize>,
}

impl Pairs {
    /// Transforms, rounds and packs a convolution whose channels fill whole vectors and panels.
    pub fn pack(conv: &FoldedConv, level: Level, steps: &Steps<'_>, size: Size) -> Self {
        match size {
            Size::Two => Self::by::<Two, 4, 2>(conv, level, steps, size),
            Size::Four => Self::by::<Four, 6, 4>(conv, level, steps, size),
        }
    }

    fn by<T: Transform<IN, OUT>, const IN: usize, const OUT: usize>(
        conv: &FoldedConv,
        level: Level,
        steps: &Steps<'_>,
        size: Size,
    ) -> Self {
        let (width, input, points) = (level.columns(), conv.input, IN * IN);
        let count = conv.out / width;
        let input_step = steps.input_step(level);
        let greatest = greatest_inputs(&T::INPUT, level.max_code());
        let mut packed = Self {
            size,
            values: Memory::zeroed(count * points * (input / PAIR) * width),
            factors: Memory::zeroed(count * points * width),
            bias: Memory::zeroed(conv.out),
            count,
            width,
            input,
        };
        packed.bias.as_mut_slice().iter_mut().zip(&conv.bias).for_each(|(to, bias)| *to = bias / steps.output_step());
        let panels = packed.values.as_mut_slice().par_chunks_exact_mut(points * (input / PAIR) * width);
        let panels = panels.zip(packed.factors.as_mut_slice().par_chunks_exact_mut(points * width));
        panels.enumerate().for_each(|(panel, (values, factors))| {
            let values: &mut [i16] = bytemuck::cast_slice_mut(values);
            for first in (0..width).step_by(COLUMNS) {
                // `[input][point]` of a few columns.
                let transformed: Vec<[[Columns; IN]; IN]> = (0..input)
                    .map(|channel| {
                        let weight = |tap: usize, column: usize| {
                            conv.weight[((panel * width + first + column) * input + channel) * 9 + tap]
                        };
                        let taps = std::array::from_fn(|tap| std::array::from_fn(|column| weight(tap, column)));
                        kernels::<T, IN, OUT>(&taps)
                    })
                    .collect();
                for (point, &most) in greatest.iter().enumerate() {
                    for column in 0..COLUMNS {
                        let weights = transformed.iter().map(|points| points[point / IN][point % IN][column]);
                        let step = step_of_pairs(weights.clone(), most);
                        for (channel, weight) in weights.enumerate() {
                            let pair = (point * (input / PAIR) + channel / PAIR) * width + first + column;
                            values[pair * PAIR + channel % PAIR] = (weight / step).round_ties_even() as i16;
                        }
                        factors[point * width + first + column] = step * input_step / steps.output_step();
                    }
                }
            }
        });
        packed
    }

    fn panel(&self, point: usize, panel: usize) -> *const u8 {
        let step = (panel * self.size.points() + point) * (self.input / PAIR);
        self.values.as_slice()[step * self.width..].as_ptr().cast()
    }

    fn factors(&self, point: usize, panel: usize) -> *const f32 {
        self.factors.as_slice()[(panel * self.size.points() + point) * self.width..].as_ptr()
    }

    fn columns(&self) -> usize {
        self.count * self.width
    }
}

/// The greatest number that each point of a transformed tile of codes can have, below zero or above.
pub fn greatest_inputs<const IN: usize>(rows: &[[i32; IN]; IN], max_code: u8) -> Vec<i64> {
    let signed = |sign: i32| rows.map(|row| row.into_iter().map(|factor| (factor * sign).max(0)).sum::<i32>());
    let (above, below) = (signed(1), signed(-1));
    let of_point = |(y, x): (usize, usize)| {
        let highest = above[y] * above[x] + below[y] * below[x];
        let lowest = above[y] * below[x] + below[y] * above[x];
        i64::from(highest.max(lowest)) * i64::from(max_code)
    };
    (0..IN * IN).map(|point| of_point((point / IN, point % IN))).collect()
}

impl PairWinograd {
    fn tiles(&self) -> usize {
        self.weights.size.tiles(self.height, self.width)
    }

    /// Multiplications an image, but for those of the transforms.
    pub fn macs(&self) -> u64 {
        (self.weights.size.points() * self.tiles() * self.weights.input * self.weights.columns()) as u64
    }

    /// As the convolution in f32 is cut.
    pub fn split(&self, images: usize, members: usize) -> Split {
        // An input number takes half of a product's place.
        let channels = self.weights.input / 2 + self.weights.columns();
        winograd::split(images * self.tiles(), self.weights.size.points() * channels, self.weights.count, members)
    }

    /// Floats of workspace that a task of this split needs.
    pub fn workspace(&self, images: usize, split: Split) -> usize {
        let tiles = (images * self.tiles()).div_ceil(split.blocks);
        let columns = self.weights.count.div_ceil(split.groups) * self.weights.width;
        let points = self.weights.size.points();
        points * (input_stride(tiles, self.weights.input) + winograd::point_stride(tiles, columns))
    }

    /// A task of the step, for a member to do.
    pub fn task(&self, split: Split, index: usize, images: Range<usize>, on: On) -> PairWinogradTask<'_> {
        PairWinogradTask {
            conv: self,
            on,
            first_image: images.start,
            tiles: part(images.len() * self.tiles(), split.blocks, index / split.groups),
            group: part(self.weights.count, split.groups, index % split.groups),
        }
    }
}

/// Floats between two points of the transformed input.
fn input_stride(tiles: usize, channels: usize) -> usize {
    winograd::point_stride(tiles, channels / 2)
}

impl Kernel for PairWinogradTask<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        match self.conv.weights.size {
            Size::Two => self.by::<L, Two, 4, 2>(lanes),
            Size::Four => self.by::<L, Four, 6, 4>(lanes),
        }
    }
}

impl PairWinogradTask<'_> {
    #[inline(always)]
    fn by<L: Lanes, T: Transform<IN, OUT>, const IN: usize, const OUT: usize>(&self, lanes: L) {
        let before = input_stride(self.tiles.len(), self.conv.weights.input);
        // SAFETY: the plan gave every member a workspace as large as `PairWinograd::workspace` says, and the rest of
        // what is touched are the buffers of input, addend and output; no two tasks write the same tiles and columns.
        unsafe {
            let begin = self.on.memory.at(self.on.workspace);
            let products = begin.add(IN * IN * before);
            let inputs = begin.cast::<i16>();
            for (index, tile) in self.tiles.clone().enumerate() {
                let to = inputs.add(index * self.conv.weights.input);
                self.transform_input::<L, T, IN, OUT>(lanes, tile, to, 2 * before);
            }
            self.multiply(lanes, inputs, 2 * before, products);
            for (index, tile) in self.tiles.clone().enumerate() {
                self.transform_output::<L, T, IN, OUT>(lanes, tile, index, products);
            }
        }
    }

    /// The columns that the products of this task have.
    fn columns(&self) -> usize {
        self.group.len() * self.conv.weights.width
    }

    /// The image of a tile, and its first output row and column.
    fn place_of(&self, tile: usize, out: usize) -> (usize, usize, usize) {
        let tiles_per_row = self.conv.width.div_ceil(out);
        let (image, tile) = (tile / self.conv.tiles(), tile % self.conv.tiles());
        (self.first_image + image, tile / tiles_per_row * out, tile % tiles_per_row * out)
    }

    #[inline(always)]
    unsafe fn transform_input<L: Lanes, T: Transform<IN, OUT>, const IN: usize, const OUT: usize>(
        &self,
        lanes: L,
        tile: usize,
        to: *mut i16,
        point_stride: usize,
    ) {
        let conv = self.conv;
        let (image, top, left) = self.place_of(tile, OUT);
        let channels = conv.weights.input;
        // SAFETY: as in `by`.
        unsafe {
            let input = self.on.memory.at(conv.input.of(image, self.on.member)).cast::<u8>().cast_const();
            let zeros = self.on.memory.at(0).cast::<u8>().cast_const();
            let mut from = [[zeros; IN]; IN];
            for (row, from) in from.iter_mut().enumerate() {
                for (column, from) in from.iter_mut().enumerate() {
                    // Below zero wraps to a number beyond any picture.
                    let (y, x) = ((top + row).wrapping_sub(1), (left + column).wrapping_sub(1));
                    if y < conv.height && x < conv.width {
                        *from = input.add((y * conv.width + x) * channels);
                    }
                }
            }
            for channel in (0..channels).step_by(2 * L::COUNT) {
                let mut lines = [[lanes.no_words(); IN]; IN];
                for column in 0..IN {
                    let mut line = [lanes.no_words(); IN];
                    for row in 0..IN {
                        line[row] = lanes.load_words(from[row][column].add(channel));
                    }
                    let line = T::input_words(lanes, line);
                    for row in 0..IN {
                        lines[row][column] = line[row];
                    }
                }
                for (row, line) in lines.into_iter().enumerate() {
                    for (column, value) in T::input_words(lanes, line).into_iter().enumerate() {
                        lanes.store_words(to.add((row * IN + column) * point_stride + channel), value);
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn multiply<L: Lanes>(&self, lanes: L, from: *const i16, stride_before: usize, to: *mut f32) {
        let weights = &*self.conv.weights;
        let columns = self.columns();
        let num_tiles = self.tiles.len();
        let blocks = num_tiles.div_ceil(L::WHOLE_ROWS);
        let stride_after = winograd::point_stride(num_tiles, columns);
        for point in 0..weights.size.points() {
            for (index, panel) in self.group.clone().enumerate() {
                for block in 0..blocks {
                    let rows = part(num_tiles, blocks, block);
                    // SAFETY: as in `by`.
                    unsafe {
                        let from = from.add(point * stride_before + rows.start * weights.input);
                        let out = to.add(point * stride_after + rows.start * columns + index * weights.width);
                        IntTile {
                            panel: weights.panel(point, panel),
                            num_taps: 1,
                            steps: weights.input / PAIR,
                            spilled: &[],
                            factors: weights.factors(point, panel),
                            bias: NO_BIAS.as_ptr(),
                            finish: Finish { out: Out::Floats(out), columns: weights.width },
                            stride: columns,
                        }
                        .run::<L, Pair>(lanes, rows.len(), |_, row| from.add(row * weights.input).cast());
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn transform_output<L: Lanes, T: Transform<IN, OUT>, const IN: usize, const OUT: usize>(
        &self,
        lanes: L,
        tile: usize,
        index: usize,
        products: *const f32,
    ) {
        let conv = self.conv;
        let (image, top, left) = self.place_of(tile, OUT);
        let columns = self.columns();
        let stride = winograd::point_stride(self.tiles.len(), columns);
        let channels = conv.weights.columns();
        let first_channel = self.group.start * conv.weights.width;
        // SAFETY: as in `by`.
        unsafe {
            let output = self.on.memory.at(conv.output.of(image, self.on.member)).cast::<u8>();
            let addend = conv
                .addend
                .map_or(Addend::None, |addend| addend.at(self.on.memory.at(addend.slot.of(image, self.on.member)), 0));
            let finish = Finish { out: Out::Codes(output, addend), columns: VECTORS * L::COUNT };
            for column in (0..columns).step_by(VECTORS * L::COUNT) {
                // `[row][column][vector]`.
                let mut tile = [[[lanes.splat(0.0); VECTORS]; OUT]; OUT];
                for vector in 0..VECTORS {
                    let column = column + vector * L::COUNT;
                    let from = products.add(index * columns + column);
                    let bias = lanes.load(conv.weights.bias.as_slice()[first_channel + column..].as_ptr());
                    let mut lines = [[lanes.splat(0.0); IN]; OUT];
                    for x in 0..IN {
                        let mut line = [lanes.splat(0.0); IN];
                        for (y, value) in line.iter_mut().enumerate() {
                            *value = lanes.load(from.add((y * IN + x) * stride));
                        }
                        for (line, value) in lines.iter_mut().zip(T::output(lanes, line)) {
                            line[x] = value;
                        }
                    }
                    for (to, line) in tile.iter_mut().zip(lines) {
                        for (to, value) in to.iter_mut().zip(T::output(lanes, line)) {
                            to[vector] = lanes.add(value, bias);
                        }
                    }
                }
                for (y, line) in tile.into_iter().enumerate().take(conv.height - top) {
                    let at = ((top + y) * conv.width + left) * channels + first_channel + column;
                    finish.rows(lanes, at, conv.width - left, channels, line);
                }
            }
        }
    }
}
