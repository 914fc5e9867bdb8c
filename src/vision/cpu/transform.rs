//! Winograd's minimal filtering (Lavin and Gray, *Fast Algorithms for Convolutional Neural Networks*, 2015): the lines
//! of the transforms, for 3×3 convolutions of stride 1, and weights that went through them.

use rayon::prelude::*;

use super::lanes::Lanes;
use super::memory::Memory;
use super::panels::Panels;

/// Columns of weights that are transformed together; every panel's width is a multiple.
pub(super) const COLUMNS: usize = 8;

/// The same weight of several output channels.
pub(super) type Columns = [f32; COLUMNS];

/// Which transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Two,
    Four,
}

/// Transformed weights: `[panel][point][input][column]`.
pub struct WinogradWeights {
    values: Memory,
    pub size: Size,
}

/// F(`OUT`×`OUT`, 3×3), on tiles of `IN` = `OUT` + 2 pixels a side. A two-dimensional transform is the same line
/// transform on all columns, then on all rows.
pub trait Transform<const IN: usize, const OUT: usize>: Copy + Send + Sync + 'static {
    /// What a kernel's line becomes: `IN` rows of three factors.
    const KERNEL: [[f32; 3]; IN];
    /// The same of an input's line: `IN` rows of whole factors.
    const INPUT: [[i32; IN]; IN];

    fn input<L: Lanes>(lanes: L, line: [L::Vector; IN]) -> [L::Vector; IN];
    fn input_words<L: Lanes>(lanes: L, line: [L::Words; IN]) -> [L::Words; IN];
    fn output<L: Lanes>(lanes: L, line: [L::Vector; IN]) -> [L::Vector; OUT];
}

/// F(4×4, 3×3): four times fewer multiplications.
#[derive(Clone, Copy)]
pub struct Four;

/// F(2×2, 3×3): 2.25 times fewer multiplications, and less than half as many weights as [`Four`].
#[derive(Clone, Copy)]
pub struct Two;

impl Size {
    /// Output pixels of a tile's side.
    pub fn out(self) -> usize {
        match self {
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Points of a tile: products that are summed separately.
    pub fn points(self) -> usize {
        (self.out() + 2) * (self.out() + 2)
    }

    /// Tiles that cover a map.
    pub fn tiles(self, height: usize, width: usize) -> usize {
        height.div_ceil(self.out()) * width.div_ceil(self.out())
    }
}

impl WinogradWeights {
    /// Transforms packed 3×3 weights.
    pub fn transform(panels: &Panels, size: Size) -> Self {
        match size {
            Size::Two => Self::by::<Two, 4, 2>(panels, size),
            Size::Four => Self::by::<Four, 6, 4>(panels, size),
        }
    }

    fn by<T: Transform<IN, OUT>, const IN: usize, const OUT: usize>(panels: &Panels, size: Size) -> Self {
        let (width, depth) = (panels.width, panels.depth);
        let per_point = depth * width;
        let mut values = Memory::zeroed(panels.count * IN * IN * per_point);
        let of_panels = values.as_mut_slice().par_chunks_exact_mut(IN * IN * per_point);
        of_panels.enumerate().for_each(|(panel, values)| {
            let weights = panels.weights(panel);
            for at in (0..per_point).step_by(COLUMNS) {
                let mut taps = [[0f32; COLUMNS]; 9];
                for (tap, columns) in taps.iter_mut().enumerate() {
                    columns.copy_from_slice(&weights[tap * per_point + at..][..COLUMNS]);
                }
                for (point, columns) in kernels::<T, IN, OUT>(&taps).iter().flatten().enumerate() {
                    values[point * per_point + at..][..COLUMNS].copy_from_slice(columns);
                }
            }
        });
        Self { values, size }
    }

    /// The weights of a point and panel.
    pub fn panel(&self, panels: &Panels, point: usize, panel: usize) -> *const f32 {
        let step = (panel * self.size.points() + point) * panels.depth;
        self.values.as_slice()[step * panels.width..].as_ptr()
    }
}

impl Transform<6, 4> for Four {
    const KERNEL: [[f32; 3]; 6] = [
        [1.0 / 4.0, 0.0, 0.0],
        [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
        [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
        [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
        [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
        [0.0, 0.0, 1.0],
    ];
    const INPUT: [[i32; 6]; 6] = [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ];

    #[inline(always)]
    fn input_words<L: Lanes>(lanes: L, [a, b, c, d, e, f]: [L::Words; 6]) -> [L::Words; 6] {
        let (add, sub) = (|a, b| lanes.add_words(a, b), |a, b| lanes.sub_words(a, b));
        let even = sub(e, lanes.quadruple_words(c));
        let odd = sub(d, lanes.quadruple_words(b));
        let outer = sub(e, c);
        let inner = sub(d, b);
        let inner = add(inner, inner);
        [
            add(lanes.quadruple_words(sub(a, c)), outer),
            add(even, odd),
            sub(even, odd),
            add(outer, inner),
            sub(outer, inner),
            add(lanes.quadruple_words(sub(b, d)), sub(f, d)),
        ]
    }

    #[inline(always)]
    fn input<L: Lanes>(lanes: L, [a, b, c, d, e, f]: [L::Vector; 6]) -> [L::Vector; 6] {
        let [two, four, minus_four, minus_five] = [2.0, 4.0, -4.0, -5.0].map(|value| lanes.splat(value));
        let minus_two = lanes.splat(-2.0);
        let even = lanes.mul_add(minus_four, c, e);
        let odd = lanes.mul_add(minus_four, b, d);
        let outer = lanes.sub(e, c);
        let inner = lanes.sub(d, b);
        [
            lanes.mul_add(four, a, lanes.mul_add(minus_five, c, e)),
            lanes.add(even, odd),
            lanes.sub(even, odd),
            lanes.mul_add(two, inner, outer),
            lanes.mul_add(minus_two, inner, outer),
            lanes.mul_add(four, b, lanes.mul_add(minus_five, d, f)),
        ]
    }

    #[inline(always)]
    fn output<L: Lanes>(lanes: L, [a, b, c, d, e, f]: [L::Vector; 6]) -> [L::Vector; 4] {
        let [two, four, eight] = [2.0, 4.0, 8.0].map(|value| lanes.splat(value));
        let (near_sum, near_difference) = (lanes.add(b, c), lanes.sub(b, c));
        let (far_sum, far_difference) = (lanes.add(d, e), lanes.sub(d, e));
        [
            lanes.add(lanes.add(a, near_sum), far_sum),
            lanes.mul_add(two, far_difference, near_difference),
            lanes.mul_add(four, far_sum, near_sum),
            lanes.add(lanes.mul_add(eight, far_difference, near_difference), f),
        ]
    }
}

impl Transform<4, 2> for Two {
    const KERNEL: [[f32; 3]; 4] = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];
    const INPUT: [[i32; 4]; 4] = [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]];

    #[inline(always)]
    fn input_words<L: Lanes>(lanes: L, [a, b, c, d]: [L::Words; 4]) -> [L::Words; 4] {
        [lanes.sub_words(a, c), lanes.add_words(b, c), lanes.sub_words(c, b), lanes.sub_words(b, d)]
    }

    #[inline(always)]
    fn input<L: Lanes>(lanes: L, [a, b, c, d]: [L::Vector; 4]) -> [L::Vector; 4] {
        [lanes.sub(a, c), lanes.add(b, c), lanes.sub(c, b), lanes.sub(b, d)]
    }

    #[inline(always)]
    fn output<L: Lanes>(lanes: L, [a, b, c, d]: [L::Vector; 4]) -> [L::Vector; 2] {
        [lanes.add(lanes.add(a, b), c), lanes.sub(lanes.sub(b, c), d)]
    }
}

/// 3×3 kernels (row-major) in the transformed domain: `IN` × `IN` numbers each.
pub(super) fn kernels<T: Transform<IN, OUT>, const IN: usize, const OUT: usize>(
    taps: &[Columns; 9],
) -> [[Columns; IN]; IN] {
    let lines: [[Columns; 3]; IN] =
        T::KERNEL.map(|factors| std::array::from_fn(|column| weigh(factors, [0, 3, 6].map(|row| taps[row + column]))));
    lines.map(|line| T::KERNEL.map(|factors| weigh(factors, line)))
}

fn weigh(factors: [f32; 3], values: [Columns; 3]) -> Columns {
    std::array::from_fn(|column| {
        factors[0] * values[0][column] + factors[1] * values[1][column] + factors[2] * values[2][column]
    })
}
