//! The matrix kernel: a few rows of activations times a panel of weights, held in registers until they are done.

use super::lanes::Lanes;
use super::number::Number;

/// Vectors of a row of the tile. With six rows that is twelve sums, two weights and one activation: fifteen of the
/// sixteen registers, and twelve multiplications for eight loads. With twelve rows it is 27 of 32.
pub const VECTORS: usize = 2;

/// The widest tile of any level, for the columns that do not fill a panel.
pub const MAX_COLUMNS: usize = 32;

/// One tile's work: `out = max(floor, bias + addend + Σ activations × weights)`.
pub struct Tile<O> {
    /// Weights `[taps, steps, columns]` of a panel, four bytes each, from the first tap and depth on.
    pub panel: *const f32,
    /// Runs of activations, each with its own place.
    pub num_taps: usize,
    /// Numbers in a run.
    pub depth: usize,
    pub out: *mut O,
    /// Numbers from one row of `out` (and of `addend`) to the next.
    pub stride: usize,
    /// Columns of `out` that exist; the panel is padded.
    pub columns: usize,
    pub bias: Option<*const f32>,
    /// What is added: a residual, or the sum so far. May be `out` itself.
    pub addend: Option<*const O>,
    pub floor: f32,
}

impl<O: Copy> Tile<O> {
    /// Computes `rows` rows, where `activations(tap, row)` says where a run begins.
    ///
    /// # Safety
    /// `rows` is 1 to [`Lanes::ROWS`]; `depth` numbers can be read at each run, a panel's worth at `panel` and `bias`,
    /// and `columns` numbers read or written at each row of `addend` and `out`; nobody else writes there meanwhile.
    #[inline(always)]
    pub unsafe fn run<L: Lanes, I: Number<L>>(
        &self,
        lanes: L,
        rows: usize,
        activations: impl Fn(usize, usize) -> *const I,
    ) where
        O: Number<L>,
    {
        // SAFETY: the promises are handed on; every arm computes as many rows as were asked for.
        unsafe {
            match rows {
                1 | 2 => self.rows::<L, I, 2>(lanes, rows, activations),
                3 | 4 => self.rows::<L, I, 4>(lanes, rows, activations),
                5 => self.rows::<L, I, 5>(lanes, rows, activations),
                6 => self.rows::<L, I, 6>(lanes, rows, activations),
                // Known when compiled: who has fewer registers has no code for these.
                _ if L::ROWS <= 6 => {}
                7 | 8 => self.rows::<L, I, 8>(lanes, rows, activations),
                9 | 10 => self.rows::<L, I, 10>(lanes, rows, activations),
                _ => self.rows::<L, I, 12>(lanes, rows, activations),
            }
        }
    }

    /// Computes `ROWS` rows, of which those from `rows` on repeat the last one and are not kept.
    #[inline(always)]
    unsafe fn rows<L: Lanes, I: Number<L>, const ROWS: usize>(
        &self,
        lanes: L,
        rows: usize,
        activations: impl Fn(usize, usize) -> *const I,
    ) where
        O: Number<L>,
    {
        let width = VECTORS * L::COUNT;
        let mut sums = [[lanes.splat(0.0); VECTORS]; ROWS];
        // SAFETY: all reads and writes below are those the caller promised.
        unsafe {
            let mut weights = self.panel;
            for tap in 0..self.num_taps {
                let mut from = [std::ptr::null(); ROWS];
                for (row, from) in from.iter_mut().enumerate() {
                    *from = activations(tap, row.min(rows - 1));
                }
                let mut at = 0;
                while at + 4 * I::PER_STEP <= self.depth {
                    for step in 0..4 {
                        let weights = weights.add(step * width);
                        accumulate::<L, I, ROWS, false>(lanes, &mut sums, &from, at + step * I::PER_STEP, weights);
                    }
                    weights = weights.add(4 * width);
                    at += 4 * I::PER_STEP;
                }
                while at + I::PER_STEP <= self.depth {
                    accumulate::<L, I, ROWS, false>(lanes, &mut sums, &from, at, weights);
                    weights = weights.add(width);
                    at += I::PER_STEP;
                }
                if at < self.depth {
                    accumulate::<L, I, ROWS, true>(lanes, &mut sums, &from, at, weights);
                    weights = weights.add(width);
                }
            }
            if let Some(bias) = self.bias {
                let bias = [lanes.load(bias), lanes.load(bias.add(L::COUNT))];
                for sums in &mut sums {
                    for vector in 0..VECTORS {
                        sums[vector] = lanes.add(sums[vector], bias[vector]);
                    }
                }
            }
            if self.columns == width {
                self.finish(lanes, rows, &mut sums);
            } else {
                self.finish_narrow(lanes, rows, &sums);
            }
        }
    }

    #[inline(always)]
    unsafe fn finish<L: Lanes, const ROWS: usize>(&self, lanes: L, rows: usize, sums: &mut [[L::Vector; VECTORS]; ROWS])
    where
        O: Number<L>,
    {
        let floor = lanes.splat(self.floor);
        // SAFETY: as promised to `run`, and all columns exist.
        unsafe {
            if let Some(addend) = self.addend {
                for (row, sums) in sums.iter_mut().enumerate() {
                    let row = row.min(rows - 1);
                    for (vector, sum) in sums.iter_mut().enumerate() {
                        *sum = lanes.add(*sum, O::load(lanes, addend.add(row * self.stride + vector * L::COUNT)));
                    }
                }
            }
            for (row, sums) in sums.iter().enumerate() {
                if row >= rows {
                    continue;
                }
                for (vector, sum) in sums.iter().enumerate() {
                    O::store(lanes, self.out.add(row * self.stride + vector * L::COUNT), lanes.max(floor, *sum));
                }
            }
        }
    }

    /// The last panel of a width that no panel divides: by way of a row that has all columns.
    #[inline(always)]
    unsafe fn finish_narrow<L: Lanes, const ROWS: usize>(
        &self,
        lanes: L,
        rows: usize,
        sums: &[[L::Vector; VECTORS]; ROWS],
    ) where
        O: Number<L>,
    {
        let mut row_of_sums = [0f32; MAX_COLUMNS];
        // SAFETY: as promised to `run`; only columns that exist are touched.
        unsafe {
            for (row, sums) in sums.iter().enumerate().take(rows) {
                for (vector, sum) in sums.iter().enumerate() {
                    lanes.store(row_of_sums.as_mut_ptr().add(vector * L::COUNT), *sum);
                }
                for (column, sum) in row_of_sums.iter().enumerate().take(self.columns) {
                    let at = row * self.stride + column;
                    let sum = self.addend.map_or(*sum, |addend| *sum + (*addend.add(at)).to_f32());
                    *self.out.add(at) = O::of_f32(if self.floor > sum { self.floor } else { sum });
                }
            }
        }
    }
}

/// Adds a step of each row times one row of the panel; of the last step there may be one number only.
#[inline(always)]
unsafe fn accumulate<L: Lanes, I: Number<L>, const ROWS: usize, const IS_ONE: bool>(
    lanes: L,
    sums: &mut [[L::Vector; VECTORS]; ROWS],
    from: &[*const I; ROWS],
    at: usize,
    weights: *const f32,
) {
    // SAFETY: `at` is a step before the depth, of which the caller of `Tile::run` promised that it can be read.
    unsafe {
        let weights = [I::weights(lanes, weights), I::weights(lanes, weights.add(L::COUNT))];
        for row in 0..ROWS {
            let from = from[row].add(at);
            let activations = if IS_ONE { I::last_activation(lanes, *from) } else { I::activations(lanes, from) };
            for vector in 0..VECTORS {
                sums[row][vector] = I::add_products(lanes, activations, weights[vector], sums[row][vector]);
            }
        }
    }
}
