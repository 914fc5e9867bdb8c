//! The kernels in whole numbers at every level against plain loops, up to the greatest numbers there can be.

use std::marker::PhantomData;

use super::super::lanes::Lanes;
use super::super::level::{Kernel, Level};
use super::super::tile::{MAX_COLUMNS, VECTORS};
use super::super::transform::{Four, Transform, Two};
use super::tile::{Finish, IntTile, Out, Pair, Product, Quad, STEP_BYTES, Spill};
use super::weights::{spill, step_of_pairs};
use super::winograd::greatest_inputs;
use crate::vision::made_up::numbers;

const STEPS: usize = 7;

/// Every height of tile on rows of these values and one panel of these weights.
struct Tiles<'a, P: Product> {
    rows: &'a [[u8; STEP_BYTES * STEPS]],
    panel: &'a [u8],
    spilled: &'a [Spill],
    sums: &'a mut Vec<Vec<f32>>,
    product: PhantomData<P>,
}

impl<P: Product> Kernel for Tiles<'_, P> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let columns = VECTORS * L::COUNT;
        let (factors, bias) = ([1f32; MAX_COLUMNS], [0f32; MAX_COLUMNS]);
        for height in 1..=L::WHOLE_ROWS {
            let mut out = vec![0f32; height * columns];
            let tile = IntTile {
                panel: self.panel.as_ptr(),
                num_taps: 1,
                steps: STEPS,
                spilled: self.spilled,
                factors: factors.as_ptr(),
                bias: bias.as_ptr(),
                finish: Finish { out: Out::Floats(out.as_mut_ptr()), columns },
                stride: columns,
            };
            // SAFETY: rows, panel and output have as many numbers as the tile says.
            unsafe { tile.run::<L, P>(lanes, height, |_, row| self.rows[row].as_ptr()) };
            self.sums.push(out);
        }
    }
}

/// Holds the kernel at every level against a plain loop; `bytes_of_row` and `weight` say the bytes.
fn check<P: Product>(
    bytes_of_row: impl Fn(Level, usize) -> u8,
    weight: impl Fn(usize) -> u8,
    plain: impl Fn(&[u8], &[u8]) -> i64,
) {
    for level in Level::all() {
        let rows: Vec<[u8; STEP_BYTES * STEPS]> =
            (0..12).map(|row| std::array::from_fn(|at| bytes_of_row(level, STEP_BYTES * STEPS * row + at))).collect();
        let panel: Vec<u8> = (0..STEPS * level.columns() * STEP_BYTES).map(&weight).collect();
        let mut kept = panel.clone();
        let spilled = if P::JOINS && level.joins_quads() {
            spill(bytemuck::cast_slice_mut(&mut kept), STEPS, level)
        } else {
            Vec::new()
        };
        let mut sums = Vec::new();
        level.run_whole(Tiles::<P> {
            rows: &rows,
            panel: &kept,
            spilled: &spilled,
            sums: &mut sums,
            product: PhantomData,
        });
        assert!(!sums.is_empty());
        for (at, sum) in sums.iter().flat_map(|sums| sums.iter().enumerate()) {
            let (row, column) = (at / level.columns(), at % level.columns());
            let of_step = |step: usize| {
                let weights = &panel[(step * level.columns() + column) * STEP_BYTES..][..STEP_BYTES];
                plain(&rows[row][STEP_BYTES * step..][..STEP_BYTES], weights)
            };
            let expected: i64 = (0..STEPS).map(of_step).sum();
            // The sum is exact, then rounded once to a number of f32: a whole one too.
            assert_eq!(*sum as i64, expected as f32 as i64, "{level}: row {row}, column {column}");
        }
    }
}

fn quad(codes: &[u8], weights: &[u8]) -> i64 {
    codes.iter().zip(weights).map(|(&code, &weight)| i64::from(code) * i64::from(weight.cast_signed())).sum()
}

fn pair(values: &[u8], weights: &[u8]) -> i64 {
    let word = |bytes: &[u8]| i64::from(i16::from_ne_bytes([bytes[0], bytes[1]]));
    (0..2).map(|at| word(&values[2 * at..]) * word(&weights[2 * at..])).sum()
}

#[test]
fn quads_of_any_codes_are_summed_exactly() {
    let code = |level: Level, at: usize| (at * 97 % (usize::from(level.max_code()) + 1)) as u8;
    let weight = |at: usize| ((at * 59 % 255) as i16 - 127) as i8;
    check::<Quad>(code, |at| weight(at).cast_unsigned(), quad);
}

#[test]
fn the_greatest_codes_and_weights_clip_nothing_on_their_way() {
    for weight in [127i8, -127] {
        check::<Quad>(|level, _| level.max_code(), |_| weight.cast_unsigned(), quad);
    }
}

#[test]
fn steps_that_just_fit_16_bits_together_and_those_that_just_do_not_are_summed_exactly() {
    for sign in [1i8, -1] {
        // Two neighbours of two steps come to some number from 255 to 261: at all levels to 258, and 258 · 127 is 32,766,
        // the last that fits; and to 259.
        let weight = |at: usize| sign * if at.is_multiple_of(2) { 127 } else { (at / 2 % 5) as i8 };
        check::<Quad>(|level, _| level.max_code(), |at| weight(at).cast_unsigned(), quad);
    }
}

#[test]
fn the_greatest_weights_of_both_signs_are_summed_exactly_whichever_codes_are_nothing() {
    let (codes, weights) = (numbers(12 * STEP_BYTES * STEPS, 1), numbers(STEPS * MAX_COLUMNS * STEP_BYTES, 2));
    let code = |level: Level, at: usize| if codes[at] > 0.0 { level.max_code() } else { 0 };
    let weight = |at: usize| if weights[at] > 0.0 { 127i8 } else { -127 };
    check::<Quad>(code, |at| weight(at).cast_unsigned(), quad);
}

#[test]
fn pairs_of_either_sign_are_summed_exactly() {
    // With high bytes as small as these, sums stay exact in f32.
    let high = |at: usize| [3i8, -4, 1, -1, -2][at / 2 % 5].cast_unsigned();
    let byte = |at: usize| if at.is_multiple_of(2) { (at * 83 % 256) as u8 } else { high(at) };
    check::<Pair>(|_, at| byte(at), byte, pair);
}

#[test]
fn pairs_whose_sum_just_fits_32_bits_overflow_nowhere() {
    // Fourteen products of 153,382,327 come to 2,147,352,578, of 2,147,483,647.
    for (value, weight) in [(i16::MAX, 4681i16), (i16::MAX, -4681), (-i16::MAX, 4681), (-i16::MAX, -4681)] {
        check::<Pair>(|_, at| value.to_ne_bytes()[at % 2], |at| weight.to_ne_bytes()[at % 2], pair);
    }
}

/// The points of a tile of codes, as a task of Winograd's convolution transforms it.
struct Points<'a, T, const IN: usize, const OUT: usize> {
    codes: &'a [[u8; IN]; IN],
    found: &'a mut Vec<i64>,
    transform: PhantomData<T>,
}

impl<T: Transform<IN, OUT>, const IN: usize, const OUT: usize> Kernel for Points<'_, T, IN, OUT> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let load = |code: u8| {
            // All lanes do the same.
            let codes = [code; MAX_COLUMNS];
            // SAFETY: no level has wider registers.
            unsafe { lanes.load_words(codes.as_ptr()) }
        };
        // Of all lines one way, turned, so that the other way is the same again.
        let transform = |tile: [[L::Words; IN]; IN]| -> [[L::Words; IN]; IN] {
            let lines = tile.map(|line| T::input_words(lanes, line));
            std::array::from_fn(|x| std::array::from_fn(|y| lines[y][x]))
        };
        let tile = self.codes.map(|row| row.map(load));
        for words in transform(transform(tile)).into_iter().flatten() {
            let mut numbers = [0i16; MAX_COLUMNS];
            // SAFETY: see above.
            unsafe { lanes.store_words(numbers.as_mut_ptr(), words) };
            assert!(numbers[..2 * L::COUNT].iter().all(|number| *number == numbers[0]));
            self.found.push(i64::from(numbers[0]));
        }
    }
}

/// Holds the transform of the codes that give each point its greatest number, above zero and below, against the table of
/// factors, and the greatest numbers against it.
fn check_inputs<T: Transform<IN, OUT>, const IN: usize, const OUT: usize>() {
    let factor = |point: usize, y: usize, x: usize| i64::from(T::INPUT[point / IN][y] * T::INPUT[point % IN][x]);
    for level in Level::all() {
        let max_code = level.max_code();
        for (point, most) in greatest_inputs(&T::INPUT, max_code).into_iter().enumerate() {
            let reached = [1i64, -1].map(|sign| {
                let code = |y: usize, x: usize| if sign * factor(point, y, x) > 0 { max_code } else { 0 };
                let codes: [[u8; IN]; IN] = std::array::from_fn(|y| std::array::from_fn(|x| code(y, x)));
                let mut points = Vec::new();
                level.run_whole(Points::<T, IN, OUT> { codes: &codes, found: &mut points, transform: PhantomData });
                let plain = |point: usize| -> i64 {
                    let term = |y: usize, x: usize| factor(point, y, x) * i64::from(codes[y][x]);
                    (0..IN * IN).map(|at| term(at / IN, at % IN)).sum()
                };
                let expected: Vec<i64> = (0..IN * IN).map(plain).collect();
                assert_eq!(points, expected, "{level}: the greatest of point {point}");
                points[point].abs()
            });
            assert_eq!(reached[0].max(reached[1]), most, "{level}: point {point}");
        }
    }
}

#[test]
fn inputs_of_the_greatest_codes_are_transformed_exactly() {
    check_inputs::<Two, 4, 2>();
    check_inputs::<Four, 6, 4>();
}

#[test]
fn no_sum_can_overflow_and_no_input_leaves_16_bits() {
    for max_code in [127, 255] {
        for most in greatest_inputs(&Four::INPUT, max_code).into_iter().chain(greatest_inputs(&Two::INPUT, max_code)) {
            assert!(most <= i64::from(i16::MAX));
            for weights in [vec![1.0f32; 2048], vec![1e-3, 1.0, -0.25], (1..513).map(|n| n as f32).collect()] {
                let step = step_of_pairs(weights.iter().copied(), most);
                let rounded: Vec<i64> = weights.iter().map(|weight| (weight / step).round() as i64).collect();
                assert!(rounded.iter().all(|weight| weight.abs() <= i64::from(i16::MAX)));
                let sum: i64 = rounded.iter().map(|weight| weight.abs() * most).sum();
                assert!(sum <= i64::from(i32::MAX), "{sum}");
                let precision = rounded.iter().max().copied().unwrap_or(0);
                assert!(precision >= 40, "too little is left of the weights: {precision}");
            }
        }
    }
}
