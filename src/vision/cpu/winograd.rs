//! Convolutions of 3×3 and stride 1 by Winograd's transforms: fewer multiplications, as a batch of matrix products.
//!
//! A task transforms its tiles into its own workspace, multiplies them point by point with the transformed weights,
//! and transforms the result back with bias, addend and `ReLU`; nothing but the output leaves it. All of that is in f32,
//! also where the maps are in bf16: that has too few digits for the transforms, and doubles less than they save.

use std::ops::Range;
use std::sync::Arc;

use half::bf16;

use super::conv::{Split, TASKS_PER_MEMBER, part};
use super::lanes::{Bf16Lanes, Lanes};
use super::level::{Bf16Kernel, Kernel};
use super::memory::{LINE, On, Slot};
use super::number::Number;
use super::panels::Panels;
use super::tile::Tile;
use super::transform::{Four, Size, Transform, Two, WinogradWeights};

/// Numbers that a task's tiles take before and after the product: they lie in the second cache, for the most part.
const WORKSPACE_FLOATS: usize = 192 * 1024;

/// Fewer tiles than this together, and the weights are read too often.
const MIN_TILES: usize = 32;

/// A 3×3 convolution of stride 1 at a size.
pub struct Winograd {
    pub weights: Arc<WinogradWeights>,
    /// The same weights as they are, which know the bias and the sizes.
    pub panels: Arc<Panels>,
    pub input: Slot,
    pub output: Slot,
    pub addend: Option<Slot>,
    pub has_relu: bool,
    pub height: usize,
    pub width: usize,
}

/// One task of such a convolution.
pub struct WinogradTask<'a> {
    conv: &'a Winograd,
    on: On,
    first_image: usize,
    tiles: Range<usize>,
    group: Range<usize>,
}

/// Numbers between two points of `tiles` tiles with so many channels. An odd number of cache lines: all points of a
/// tile would else fall into the same few places of the cache.
pub fn point_stride(tiles: usize, channels: usize) -> usize {
    (tiles * channels).next_multiple_of(2 * LINE) + LINE
}

/// Many tiles are cut into blocks; few tiles with many weights into groups of panels, each of which transforms the same
/// tiles again, which costs little.
pub fn split(tiles: usize, floats_per_tile: usize, panels: usize, members: usize) -> Split {
    let at_most = (WORKSPACE_FLOATS / floats_per_tile).max(MIN_TILES);
    let blocks = tiles.div_ceil(at_most);
    if members == 1 {
        return Split { blocks, groups: 1 };
    }
    let target = members * TASKS_PER_MEMBER;
    if blocks >= target {
        return Split { blocks: blocks.next_multiple_of(members).min(tiles), groups: 1 };
    }
    // Blocks of less than half the size are the worse choice.
    let blocks = (tiles / (at_most / 2)).clamp(blocks, target).max(1);
    Split { blocks, groups: members.div_ceil(blocks).min(panels) }
}

impl Winograd {
    fn tiles(&self) -> usize {
        self.weights.size.tiles(self.height, self.width)
    }

    /// Multiplications an image, but for those of the transforms.
    pub fn macs(&self) -> u64 {
        (self.weights.size.points() * self.tiles() * self.panels.depth * self.panels.out) as u64
    }

    /// How the step is cut into tasks.
    pub fn split(&self, images: usize, members: usize) -> Split {
        let channels = self.panels.depth + self.panels.count * self.panels.width;
        split(images * self.tiles(), self.weights.size.points() * channels, self.panels.count, members)
    }

    /// Numbers of workspace that a task of this split needs.
    pub fn workspace(&self, images: usize, split: Split) -> usize {
        let tiles = (images * self.tiles()).div_ceil(split.blocks);
        let columns = self.panels.count.div_ceil(split.groups) * self.panels.width;
        let points = self.weights.size.points();
        points * (point_stride(tiles, self.panels.depth) + point_stride(tiles, columns))
    }

    /// A task of the step, for a member to do.
    pub fn task(&self, split: Split, index: usize, images: Range<usize>, on: On) -> WinogradTask<'_> {
        WinogradTask {
            conv: self,
            on,
            first_image: images.start,
            tiles: part(images.len() * self.tiles(), split.blocks, index / split.groups),
            group: part(self.panels.count, split.groups, index % split.groups),
        }
    }
}

impl Kernel for WinogradTask<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        self.on_maps::<L, f32>(lanes);
    }
}

impl Bf16Kernel for WinogradTask<'_> {
    #[inline(always)]
    fn run_bf16<L: Bf16Lanes>(self, lanes: L) {
        self.on_maps::<L, bf16>(lanes);
    }
}

impl WinogradTask<'_> {
    #[inline(always)]
    fn on_maps<L: Lanes, N: Number<L>>(&self, lanes: L) {
        match self.conv.weights.size {
            Size::Two => self.by::<L, N, Two, 4, 2>(lanes),
            Size::Four => self.by::<L, N, Four, 6, 4>(lanes),
        }
    }

    #[inline(always)]
    fn by<L: Lanes, N: Number<L>, T: Transform<IN, OUT>, const IN: usize, const OUT: usize>(&self, lanes: L) {
        let before = point_stride(self.tiles.len(), self.conv.panels.depth);
        // SAFETY: the plan gave every member a workspace as large as `Winograd::workspace` says, and the rest of what
        // is touched are the buffers of input, addend and output; no two tasks write the same tiles and columns.
        unsafe {
            let begin = self.on.memory.at(self.on.workspace);
            let products = begin.add(IN * IN * before);
            for (index, tile) in self.tiles.clone().enumerate() {
                self.transform_input::<L, N, T, IN, OUT>(
                    lanes,
                    tile,
                    begin.add(index * self.conv.panels.depth),
                    before,
                );
            }
            self.multiply(lanes, begin, products);
            for (index, tile) in self.tiles.clone().enumerate() {
                self.transform_output::<L, N, T, IN, OUT>(lanes, tile, index, products);
            }
        }
    }

    /// The columns that the products of this task have.
    fn columns(&self) -> usize {
        self.group.len() * self.conv.panels.width
    }

    /// The image of a tile, and its first output row and column.
    fn place_of(&self, tile: usize, out: usize) -> (usize, usize, usize) {
        let tiles_per_row = self.conv.width.div_ceil(out);
        let (image, tile) = (tile / self.conv.tiles(), tile % self.conv.tiles());
        (self.first_image + image, tile / tiles_per_row * out, tile % tiles_per_row * out)
    }

    #[inline(always)]
    unsafe fn transform_input<L: Lanes, N: Number<L>, T: Transform<IN, OUT>, const IN: usize, const OUT: usize>(
        &self,
        lanes: L,
        tile: usize,
        to: *mut f32,
        point_stride: usize,
    ) {
        let conv = self.conv;
        let (image, top, left) = self.place_of(tile, OUT);
        let channels = conv.panels.depth;
        // SAFETY: as in `by`.
        unsafe {
            let input = self.on.memory.at(conv.input.of(image, self.on.member)).cast::<N>().cast_const();
            let zeros = self.on.memory.at(0).cast::<N>().cast_const();
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
            for channel in (0..channels).step_by(L::COUNT) {
                let mut lines = [[lanes.splat(0.0); IN]; IN];
                for column in 0..IN {
                    let line =
                        T::input(lanes, std::array::from_fn(|row| N::load(lanes, from[row][column].add(channel))));
                    for row in 0..IN {
                        lines[row][column] = line[row];
                    }
                }
                for (row, line) in lines.into_iter().enumerate() {
                    for (column, value) in T::input(lanes, line).into_iter().enumerate() {
                        lanes.store(to.add((row * IN + column) * point_stride + channel), value);
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn multiply<L: Lanes>(&self, lanes: L, from: *const f32, to: *mut f32) {
        let panels = &*self.conv.panels;
        let (depth, columns) = (panels.depth, self.columns());
        let num_tiles = self.tiles.len();
        let blocks = num_tiles.div_ceil(L::ROWS);
        let (stride_before, stride_after) = (point_stride(num_tiles, depth), point_stride(num_tiles, columns));
        for point in 0..self.conv.weights.size.points() {
            for (index, panel) in self.group.clone().enumerate() {
                let weights = self.conv.weights.panel(panels, point, panel);
                for block in 0..blocks {
                    let rows = part(num_tiles, blocks, block);
                    // SAFETY: as in `by`.
                    unsafe {
                        let from = from.add(point * stride_before + rows.start * depth);
                        Tile {
                            panel: weights,
                            num_taps: 1,
                            depth,
                            out: to.add(point * stride_after + rows.start * columns + index * panels.width),
                            stride: columns,
                            columns: panels.width,
                            bias: None,
                            addend: None,
                            floor: f32::NEG_INFINITY,
                        }
                        .run(lanes, rows.len(), |_, row| from.add(row * depth));
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn transform_output<L: Lanes, N: Number<L>, T: Transform<IN, OUT>, const IN: usize, const OUT: usize>(
        &self,
        lanes: L,
        tile: usize,
        index: usize,
        products: *const f32,
    ) {
        let conv = self.conv;
        let (image, top, left) = self.place_of(tile, OUT);
        let columns = self.columns();
        let stride = point_stride(self.tiles.len(), columns);
        let channels = conv.panels.out;
        let first_channel = self.group.start * conv.panels.width;
        let floor = lanes.splat(if conv.has_relu { 0.0 } else { f32::NEG_INFINITY });
        // SAFETY: as in `by`.
        unsafe {
            let place = |slot: Slot| self.on.memory.at(slot.of(image, self.on.member)).cast::<N>();
            let output = place(conv.output);
            let addend = conv.addend.map(|slot| place(slot).cast_const());
            for column in (0..columns).step_by(L::COUNT) {
                let from = products.add(index * columns + column);
                let mut lines = [[lanes.splat(0.0); IN]; OUT];
                for x in 0..IN {
                    let line = std::array::from_fn(|y| lanes.load(from.add((y * IN + x) * stride)));
                    for (line, value) in lines.iter_mut().zip(T::output(lanes, line)) {
                        line[x] = value;
                    }
                }
                let bias = lanes.load(conv.panels.bias(self.group.start).add(column));
                for (y, line) in lines.into_iter().enumerate().take(conv.height - top) {
                    for (x, value) in T::output(lanes, line).into_iter().enumerate().take(conv.width - left) {
                        let at = ((top + y) * conv.width + left + x) * channels + first_channel + column;
                        let mut value = lanes.add(value, bias);
                        if let Some(addend) = addend {
                            value = lanes.add(value, N::load(lanes, addend.add(at)));
                        }
                        N::store(lanes, output.add(at), lanes.max(floor, value));
                    }
                }
            }
        }
    }
}
