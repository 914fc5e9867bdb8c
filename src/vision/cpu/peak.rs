//! How many multiplications a core can do at best: a loop that touches nothing but registers.

use std::time::Instant;

use super::lanes::Lanes;
use super::level::{Kernel, Level};

/// Sums that do not wait for each other: enough to hide how long one takes.
const NUM_SUMS: usize = 12;

/// Rounds of a measurement: a few milliseconds, so that some fall between other programs' turns.
const NUM_ROUNDS: usize = 1 << 20;

struct Registers<'a> {
    result: &'a mut f32,
}

impl Level {
    /// Multiplications (with addition) of f32 a second on one core, at best of several measurements.
    #[must_use]
    pub fn peak_macs_per_second(self) -> f64 {
        let mut best = 0f64;
        for _ in 0..20 {
            let mut result = 0.0;
            let started = Instant::now();
            self.run(Registers { result: &mut result });
            let seconds = started.elapsed().as_secs_f64();
            std::hint::black_box(result);
            best = best.max((NUM_ROUNDS * NUM_SUMS * self.lanes()) as f64 / seconds);
        }
        best
    }
}

impl Kernel for Registers<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let factor = lanes.splat(std::hint::black_box(0.999));
        let addend = lanes.splat(std::hint::black_box(1e-3));
        let mut sums = [addend; NUM_SUMS];
        for _ in 0..NUM_ROUNDS {
            for sum in &mut sums {
                *sum = lanes.mul_add(*sum, factor, addend);
            }
        }
        let total = sums.into_iter().reduce(|a, b| lanes.add(a, b)).unwrap_or(addend);
        let mut numbers = [0f32; 16];
        // SAFETY: no level has more lanes than that.
        unsafe { lanes.store(numbers.as_mut_ptr(), total) };
        *self.result = numbers.iter().sum();
    }
}
