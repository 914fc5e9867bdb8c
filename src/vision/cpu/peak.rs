//! How many multiplications a core can do at best: loops that touch nothing but registers.

use std::hint::black_box;
use std::time::Instant;

use half::bf16;

use super::lanes::{Bf16Lanes, Lanes};
use super::level::{Bf16Kernel, Kernel, Level};

/// Sums that do not wait for each other: enough to hide how long one takes.
const NUM_SUMS: usize = 12;

/// Rounds of a measurement: a few milliseconds, so that some fall between other programs' turns.
const NUM_ROUNDS: usize = 1 << 18;

const NUM_MEASUREMENTS: usize = 40;

/// What a step multiplies: each kind takes other instructions, and has a peak of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operands {
    F32,
    /// Two by two numbers of bf16.
    Bf16,
    /// Four codes by four weights of eight bits.
    Quads,
    /// Two by two numbers of 16 bits.
    Pairs,
}

impl Operands {
    /// As figures name their type of number.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Quads => "int8",
            Self::Pairs => "int16",
        }
    }
}

struct Floats;

struct Whole<const ARE_PAIRS: bool>;

impl Level {
    /// Multiplications (with addition) a second on one core, at best of several measurements.
    pub(super) fn peak_macs_per_second(self, operands: Operands) -> f64 {
        let mut best = 0f64;
        for _ in 0..NUM_MEASUREMENTS {
            let started = Instant::now();
            let macs_per_lane = match operands {
                Operands::Bf16 if self.multiplies_bf16() => {
                    self.run_bf16(Floats);
                    2
                }
                // Plain Rust multiplies bf16 as f32.
                Operands::F32 | Operands::Bf16 => {
                    self.run(Floats);
                    1
                }
                Operands::Quads => {
                    self.run_whole(Whole::<false>);
                    if self.joins_quads() { 8 } else { 4 }
                }
                Operands::Pairs => {
                    self.run_whole(Whole::<true>);
                    2
                }
            };
            let seconds = started.elapsed().as_secs_f64();
            best = best.max((NUM_ROUNDS * NUM_SUMS * self.lanes() * macs_per_lane) as f64 / seconds);
        }
        best
    }
}

impl Kernel for Floats {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let factor = lanes.splat(black_box(0.999));
        let addend = lanes.splat(black_box(1e-3));
        let mut sums = [addend; NUM_SUMS];
        for _ in 0..NUM_ROUNDS {
            for sum in &mut sums {
                *sum = lanes.mul_add(*sum, factor, addend);
            }
        }
        // One by one: the array itself would have to lie in memory.
        for sum in sums {
            black_box(sum);
        }
    }
}

impl Bf16Kernel for Floats {
    #[inline(always)]
    fn run_bf16<L: Bf16Lanes>(self, lanes: L) {
        // SAFETY: a pair has four bytes.
        let ones = unsafe { lanes.splat_bytes(black_box(&[bf16::ONE; 2]).as_ptr().cast()) };
        let mut sums = [lanes.splat(0.0); NUM_SUMS];
        for _ in 0..NUM_ROUNDS {
            for sum in &mut sums {
                *sum = lanes.add_bf16_pairs(ones, ones, *sum);
            }
        }
        for sum in sums {
            black_box(sum);
        }
    }
}

impl<const ARE_PAIRS: bool> Kernel for Whole<ARE_PAIRS> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        // One as a quad and as a pair: with it no sum comes near an overflow.
        // SAFETY: these are four bytes.
        let one = unsafe { lanes.splat_bytes(black_box(&[1u8, 0, 0, 0]).as_ptr()) };
        let mut sums = [one; NUM_SUMS];
        for _ in 0..NUM_ROUNDS {
            for sum in &mut sums {
                // The sum is a factor too, or the compiler would take the product out of the loop. Of two products it
                // is once the left and once the right factor, or the compiler would do with one.
                *sum = if ARE_PAIRS {
                    lanes.add_pairs(*sum, one, *sum)
                } else if L::JOINS_QUADS {
                    lanes.add_two_quads([*sum, one], [one, *sum], *sum)
                } else {
                    lanes.add_quads(*sum, one, *sum)
                };
            }
        }
        for sum in sums {
            black_box(sum);
        }
    }
}
