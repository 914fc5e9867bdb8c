//! The kernel in whole numbers: a few rows times a panel of weights, and what makes the sums an output.

use super::super::lanes::Lanes;
use super::super::tile::{MAX_COLUMNS, VECTORS};

/// Bytes that a row takes with it in one step of the sum.
pub const STEP_BYTES: usize = 4;

/// What a step of the sum multiplies.
pub trait Product {
    /// Whether two steps can be joined where that is faster.
    const JOINS: bool;
    fn add<L: Lanes>(lanes: L, values: L::Sums, weights: L::Sums, sums: L::Sums) -> L::Sums;
}

/// Four codes by four weights of eight bits.
pub struct Quad;

/// Two by two numbers of 16 bits.
pub struct Pair;

impl Product for Quad {
    const JOINS: bool = true;

    #[inline(always)]
    fn add<L: Lanes>(lanes: L, values: L::Sums, weights: L::Sums, sums: L::Sums) -> L::Sums {
        lanes.add_quads(values, weights, sums)
    }
}

impl Product for Pair {
    const JOINS: bool = false;

    #[inline(always)]
    fn add<L: Lanes>(lanes: L, values: L::Sums, weights: L::Sums, sums: L::Sums) -> L::Sums {
        lanes.add_pairs(values, weights, sums)
    }
}

/// Where the output goes.
#[derive(Clone, Copy)]
pub enum Out {
    /// Something is added, then rounded to codes, none of which is negative.
    Codes(*mut u8, Addend),
    Floats(*mut f32),
}

/// What is added before rounding, times a factor.
#[derive(Clone, Copy)]
pub enum Addend {
    None,
    Codes(*const u8, f32),
    Floats(*const f32, f32),
}

/// What becomes of a row of sums once they are numbers.
#[derive(Clone, Copy)]
pub struct Finish {
    pub out: Out,
    /// Columns of `out` that exist; the panel is padded.
    pub columns: usize,
}

/// Weights of a step that are too large to be summed together with the step before.
pub struct Spill {
    pub tap: usize,
    pub step: usize,
    /// `[column]` of four bytes.
    pub weights: [i8; STEP_BYTES * MAX_COLUMNS],
}

/// One tile's work: `out = factor · Σ values × weights + bias`, plus what is added.
pub struct IntTile<'a> {
    /// Weights `[taps, steps, columns]` of a panel, four bytes each.
    pub panel: *const u8,
    pub num_taps: usize,
    /// Steps of a tap.
    pub steps: usize,
    /// What the panel has apart.
    pub spilled: &'a [Spill],
    /// Of each column.
    pub factors: *const f32,
    pub bias: *const f32,
    pub finish: Finish,
    /// Numbers from one row of the output (and of the addend) to the next.
    pub stride: usize,
}

impl IntTile<'_> {
    /// Computes `rows` rows, where `values(tap, row)` says where a run begins.
    ///
    /// # Safety
    /// As [`super::super::tile::Tile::run`]; four bytes a step can be read at each run.
    #[inline(always)]
    pub unsafe fn run<L: Lanes, P: Product>(&self, lanes: L, rows: usize, values: impl Fn(usize, usize) -> *const u8) {
        // SAFETY: the promises are handed on; every arm computes as many rows as were asked for.
        unsafe {
            match rows {
                1 | 2 => self.rows::<L, P, 2>(lanes, rows, values),
                3 | 4 => self.rows::<L, P, 4>(lanes, rows, values),
                5 => self.rows::<L, P, 5>(lanes, rows, values),
                // Known when compiled: who has fewer registers has no code for these, nor for those below.
                _ if L::WHOLE_ROWS <= 5 => {}
                6 => self.rows::<L, P, 6>(lanes, rows, values),
                _ if L::WHOLE_ROWS <= 6 => {}
                7 | 8 => self.rows::<L, P, 8>(lanes, rows, values),
                9 | 10 => self.rows::<L, P, 10>(lanes, rows, values),
                _ => self.rows::<L, P, 12>(lanes, rows, values),
            }
        }
    }

    /// Computes `ROWS` rows, of which those from `rows` on repeat the last one and are not kept.
    #[inline(always)]
    unsafe fn rows<L: Lanes, P: Product, const ROWS: usize>(
        &self,
        lanes: L,
        rows: usize,
        values: impl Fn(usize, usize) -> *const u8,
    ) {
        let row_bytes = VECTORS * STEP_BYTES * L::COUNT;
        let mut sums = [[lanes.no_sums(); VECTORS]; ROWS];
        // SAFETY: all reads and writes below are those the caller promised.
        unsafe {
            let mut panel = self.panel;
            for tap in 0..self.num_taps {
                let mut from = [std::ptr::null(); ROWS];
                for (row, from) in from.iter_mut().enumerate() {
                    *from = values(tap, row.min(rows - 1));
                }
                let mut step = 0;
                while P::JOINS && L::JOINS_QUADS && step + 2 <= self.steps {
                    add_two_steps(lanes, &mut sums, &from, step, panel);
                    panel = panel.add(2 * row_bytes);
                    step += 2;
                }
                while step < self.steps {
                    add_step::<L, P, ROWS>(lanes, &mut sums, &from, step, panel);
                    panel = panel.add(row_bytes);
                    step += 1;
                }
            }
            for spill in self.spilled {
                let from = std::array::from_fn(|row| values(spill.tap, row.min(rows - 1)));
                add_step::<L, P, ROWS>(lanes, &mut sums, &from, spill.step, spill.weights.as_ptr().cast());
            }
            let factors = [lanes.load(self.factors), lanes.load(self.factors.add(L::COUNT))];
            let bias = [lanes.load(self.bias), lanes.load(self.bias.add(L::COUNT))];
            let mut values = [[lanes.splat(0.0); VECTORS]; ROWS];
            for row in 0..ROWS {
                for vector in 0..VECTORS {
                    let sum = lanes.to_floats(sums[row][vector]);
                    values[row][vector] = lanes.mul_add(sum, factors[vector], bias[vector]);
                }
            }
            self.finish.rows(lanes, 0, rows, self.stride, values);
        }
    }
}

impl Finish {
    /// Adds, rounds if so, and writes the first `rows` rows of a panel's numbers, `at` numbers from where the tile begins
    /// and `stride` numbers from one to the next.
    ///
    /// # Safety
    /// The columns that exist can be read and written there.
    #[expect(clippy::needless_range_loop, reason = "the compiler keeps what is indexed in registers")]
    #[inline(always)]
    pub unsafe fn rows<L: Lanes, const ROWS: usize>(
        self,
        lanes: L,
        at: usize,
        rows: usize,
        stride: usize,
        values: [[L::Vector; VECTORS]; ROWS],
    ) {
        // What to do is asked before the rows, so that the compiler unrolls them. (No closures: it may leave them outside of
        // the level's one function.)
        // SAFETY: the caller's promise.
        unsafe {
            if self.columns != VECTORS * L::COUNT {
                for row in 0..ROWS {
                    if row < rows {
                        self.narrow_row(lanes, at + row * stride, values[row]);
                    }
                }
                return;
            }
            match self.out {
                Out::Floats(to) => {
                    for row in 0..ROWS {
                        if row < rows {
                            let to = to.add(at + row * stride);
                            lanes.store(to, values[row][0]);
                            lanes.store(to.add(L::COUNT), values[row][1]);
                        }
                    }
                }
                Out::Codes(to, Addend::None) => {
                    for row in 0..ROWS {
                        if row < rows {
                            lanes.store_codes(to.add(at + row * stride), values[row]);
                        }
                    }
                }
                Out::Codes(to, Addend::Codes(from, factor)) => {
                    let factor = lanes.splat(factor);
                    for row in 0..ROWS {
                        if row < rows {
                            let at = at + row * stride;
                            let low = lanes.mul_add(lanes.load_codes(from.add(at)), factor, values[row][0]);
                            let high = lanes.load_codes(from.add(at + L::COUNT));
                            lanes.store_codes(to.add(at), [low, lanes.mul_add(high, factor, values[row][1])]);
                        }
                    }
                }
                Out::Codes(to, Addend::Floats(from, factor)) => {
                    let factor = lanes.splat(factor);
                    for row in 0..ROWS {
                        if row < rows {
                            let at = at + row * stride;
                            let low = lanes.mul_add(lanes.load(from.add(at)), factor, values[row][0]);
                            let high = lanes.load(from.add(at + L::COUNT));
                            lanes.store_codes(to.add(at), [low, lanes.mul_add(high, factor, values[row][1])]);
                        }
                    }
                }
            }
        }
    }

    /// The last panel of a width that no panel divides: by way of a row that has all columns.
    #[inline(always)]
    unsafe fn narrow_row<L: Lanes>(self, lanes: L, at: usize, [low, high]: [L::Vector; VECTORS]) {
        let mut numbers = [0f32; MAX_COLUMNS];
        // SAFETY: as promised to `rows`; only columns that exist are touched.
        unsafe {
            lanes.store(numbers.as_mut_ptr(), low);
            lanes.store(numbers.as_mut_ptr().add(L::COUNT), high);
            for (column, &number) in numbers.iter().enumerate().take(self.columns) {
                let at = at + column;
                match self.out {
                    Out::Floats(to) => *to.add(at) = number,
                    Out::Codes(to, addend) => {
                        let number = match addend {
                            Addend::None => number,
                            Addend::Codes(from, factor) => number + f32::from(*from.add(at)) * factor,
                            Addend::Floats(from, factor) => number + *from.add(at) * factor,
                        };
                        // Conversion clips what lies below zero.
                        *to.add(at) = number.round_ties_even().min(f32::from(L::MAX_CODE)) as u8;
                    }
                }
            }
        }
    }
}

/// Adds a step of each row times a row of the panel.
#[inline(always)]
unsafe fn add_step<L: Lanes, P: Product, const ROWS: usize>(
    lanes: L,
    sums: &mut [[L::Sums; VECTORS]; ROWS],
    from: &[*const u8; ROWS],
    step: usize,
    panel: *const u8,
) {
    // SAFETY: `step` is below their number, of which the caller of `IntTile::run` promised that they can be read.
    unsafe {
        let weights = [lanes.load_bytes(panel), lanes.load_bytes(panel.add(STEP_BYTES * L::COUNT))];
        for row in 0..ROWS {
            let values = lanes.splat_bytes(from[row].add(STEP_BYTES * step));
            for vector in 0..VECTORS {
                sums[row][vector] = P::add(lanes, values, weights[vector], sums[row][vector]);
            }
        }
    }
}

/// Adds two steps of each row times two rows of the panel.
#[inline(always)]
unsafe fn add_two_steps<L: Lanes, const ROWS: usize>(
    lanes: L,
    sums: &mut [[L::Sums; VECTORS]; ROWS],
    from: &[*const u8; ROWS],
    step: usize,
    panel: *const u8,
) {
    // SAFETY: as for `add_step`, of the step after as well.
    unsafe {
        let mut weights = [[lanes.no_sums(); 2]; VECTORS];
        for (vector, weights) in weights.iter_mut().enumerate() {
            let first = panel.add(STEP_BYTES * L::COUNT * vector);
            *weights = [lanes.load_bytes(first), lanes.load_bytes(first.add(STEP_BYTES * L::COUNT * VECTORS))];
        }
        for row in 0..ROWS {
            let first = from[row].add(STEP_BYTES * step);
            let values = [lanes.splat_bytes(first), lanes.splat_bytes(first.add(STEP_BYTES))];
            for vector in 0..VECTORS {
                sums[row][vector] = lanes.add_two_quads(values, weights[vector], sums[row][vector]);
            }
        }
    }
}
