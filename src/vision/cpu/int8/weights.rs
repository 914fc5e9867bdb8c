//! A convolution's weights as whole numbers, in the order in which the kernel reads them.

use rayon::prelude::*;

use super::super::level::Level;
use super::super::memory::Memory;
use super::super::tile::MAX_COLUMNS;
use super::ranges::Range;
use super::tile::Spill;
use crate::vision::folded::FoldedConv;

/// Numbers whose products are summed at once.
pub const QUAD: usize = 4;

/// The largest weight; −128 is not used, so that its opposite exists.
const MAX_WEIGHT: f32 = 127.0;

/// What lies between codes and numbers around a convolution.
pub struct Steps<'a> {
    /// What is known of the input.
    pub input: &'a Range,
    /// What one code of the output stands for; none where the output is in f32.
    pub output: Option<f32>,
}

impl Steps<'_> {
    /// What one code of the input stands for.
    pub fn input_step(&self, level: Level) -> f32 {
        self.input.most / f32::from(level.max_code())
    }

    /// What one number of the output stands for.
    pub fn output_step(&self) -> f32 {
        self.output.unwrap_or(1.0)
    }
}

/// Numbers of 16 bits whose products are summed at once.
pub const PAIR: usize = 2;

/// The greatest input of the first convolution is this number: some fifty for each step of a pixel.
pub const GREATEST_INPUT: f32 = 8191.0;

/// What a step of the sum multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Four codes by four weights of eight bits.
    Quad,
    /// Two by two numbers of 16 bits.
    Pair,
}

/// Weights as `[panel][tap][step][column]`, four bytes each: a quad or a pair. The depth is filled up with zeros to
/// whole steps and the last panel to whole columns. And for each column the factor and the bias that make the sum an
/// output.
pub struct WholeWeights {
    pub unit: Unit,
    values: Memory,
    factors: Memory,
    bias: Memory,
    /// Of each panel.
    spilled: Vec<Vec<Spill>>,
    /// How many panels.
    pub count: usize,
    /// Columns of a panel.
    pub width: usize,
    pub taps: usize,
    /// Steps of a tap.
    pub steps: usize,
    pub out: usize,
}

impl WholeWeights {
    /// Rounds and packs a convolution of codes, its taps being pixels.
    pub fn quads(conv: &FoldedConv, level: Level, steps: &Steps<'_>) -> Self {
        let taps = conv.side * conv.side;
        let depth = conv.input.next_multiple_of(QUAD);
        let (input_step, output_step) = (steps.input_step(level), steps.output_step());
        Self::pack(conv, level, Unit::Quad, [taps, depth / QUAD], |weights, bias, put| {
            let greatest = weights.iter().fold(0f32, |greatest, weight| greatest.max(weight.abs()));
            let step = if greatest > 0.0 { greatest / MAX_WEIGHT } else { 1.0 };
            // Of what rounding adds to a weight, the output gets the input's mean share: taken off the bias (Nagel et
            // al., *Data-Free Quantization Through Weight Equalization and Bias Correction*, 2019).
            let mut shift = 0f64;
            for (at, &weight) in weights.iter().enumerate() {
                let (channel, tap) = (at / taps, at % taps);
                let rounded = (weight / step).round_ties_even();
                shift += f64::from(rounded * step - weight) * f64::from(steps.input.means[channel]);
                put(tap * depth + channel, rounded);
            }
            (step * input_step / output_step, (bias - shift as f32) / output_step)
        })
    }

    /// Rounds and packs the first convolution to 16 bits, its taps being the rows of its kernel; `greatest` is how
    /// large an input can be.
    pub fn stem(conv: &FoldedConv, level: Level, greatest: f32, output_step: f32) -> Self {
        let (side, colours) = (conv.side, conv.input);
        let depth = (side * colours).next_multiple_of(PAIR);
        Self::pack(conv, level, Unit::Pair, [side, depth / PAIR], |weights, bias, put| {
            let step = step_of_pairs(weights.iter().copied(), GREATEST_INPUT as i64);
            for (at, &weight) in weights.iter().enumerate() {
                let (colour, row, column) = (at / (side * side), at / side % side, at % side);
                put(row * depth + column * colours + colour, (weight / step).round_ties_even());
            }
            (step * greatest / GREATEST_INPUT / output_step, bias / output_step)
        })
    }

    /// `of_channel` is given an output channel's weights and bias, puts each rounded weight at its place in
    /// `[tap][depth]`, and gives the channel's factor and bias.
    fn pack(
        conv: &FoldedConv,
        level: Level,
        unit: Unit,
        [taps, steps]: [usize; 2],
        of_channel: impl Fn(&[f32], f32, &mut dyn FnMut(usize, f32)) -> (f32, f32) + Sync,
    ) -> Self {
        let width = level.columns();
        let count = conv.out.div_ceil(width);
        let per_output = conv.input * conv.side * conv.side;
        let mut packed = Self {
            unit,
            values: Memory::zeroed(count * taps * steps * width),
            factors: Memory::zeroed(count * width),
            bias: Memory::zeroed(count * width),
            spilled: Vec::new(),
            count,
            width,
            taps,
            steps,
            out: conv.out,
        };
        let panels = packed.values.as_mut_slice().par_chunks_exact_mut(taps * steps * width);
        let panels = panels.zip(packed.factors.as_mut_slice().par_chunks_exact_mut(width));
        let panels = panels.zip(packed.bias.as_mut_slice().par_chunks_exact_mut(width));
        let spilled = panels.enumerate().map(|(panel, ((values, factors), bias))| {
            for column in 0..width.min(conv.out - panel * width) {
                let channel = panel * width + column;
                let weights = &conv.weight[channel * per_output..(channel + 1) * per_output];
                let mut put = |at: usize, weight: f32| match unit {
                    Unit::Quad => {
                        let values: &mut [i8] = bytemuck::cast_slice_mut(values);
                        values[(at / QUAD * width + column) * QUAD + at % QUAD] = weight as i8;
                    }
                    Unit::Pair => {
                        let values: &mut [i16] = bytemuck::cast_slice_mut(values);
                        values[(at / PAIR * width + column) * PAIR + at % PAIR] = weight as i16;
                    }
                };
                (factors[column], bias[column]) = of_channel(weights, conv.bias[channel], &mut put);
            }
            if unit == Unit::Quad && level.joins_quads() {
                spill(bytemuck::cast_slice_mut(values), steps, level)
            } else {
                Vec::new()
            }
        });
        packed.spilled = spilled.collect();
        packed
    }

    /// Bytes of all panels.
    pub fn len(&self) -> usize {
        self.values.len() * size_of::<f32>()
    }

    /// The weights of a panel.
    pub fn panel(&self, panel: usize) -> *const u8 {
        self.values.as_slice()[panel * self.taps * self.steps * self.width..].as_ptr().cast()
    }

    /// What a panel has apart.
    pub fn spilled(&self, panel: usize) -> &[Spill] {
        &self.spilled[panel]
    }

    /// The factors of a panel's columns.
    pub fn factors(&self, panel: usize) -> *const f32 {
        self.factors.as_slice()[panel * self.width..].as_ptr()
    }

    /// The bias of a panel's columns.
    pub fn bias(&self, panel: usize) -> *const f32 {
        self.bias.as_slice()[panel * self.width..].as_ptr()
    }

    /// Output channels of a panel.
    pub fn columns(&self, panel: usize) -> usize {
        self.width.min(self.out - panel * self.width)
    }
}

/// Takes those weights out of a panel, `[tap][step][column][4]`, that are too large for the kernel to sum two steps in 16
/// bits. In the starter that is one step in a hundred: most weights are much smaller than a channel's largest.
pub fn spill(panel: &mut [i8], steps: usize, level: Level) -> Vec<Spill> {
    let most = i32::from(i16::MAX) / i32::from(level.max_code());
    let bytes = QUAD * level.columns();
    let mut spilled = Vec::new();
    for (tap, panel) in panel.chunks_exact_mut(steps * bytes).enumerate() {
        for (two, panel) in panel.chunks_exact_mut(2 * bytes).enumerate() {
            let (first, second) = panel.split_at_mut(bytes);
            let mut weights = [0; QUAD * MAX_COLUMNS];
            // Two neighbours of each step are what is summed.
            for at in (0..bytes).step_by(2) {
                let summed = first[at..at + 2].iter().chain(&second[at..at + 2]).map(|&weight| i32::from(weight));
                let (above, below) =
                    summed.fold((0, 0), |(above, below), weight| (above + weight.max(0), below - weight.min(0)));
                if above.max(below) > most {
                    weights[at..at + 2].swap_with_slice(&mut second[at..at + 2]);
                }
            }
            if weights.iter().any(|&weight| weight != 0) {
                spilled.push(Spill { tap, step: 2 * two + 1, weights });
            }
        }
    }
    spilled
}

/// The smallest step with which a channel's weights fit 16 bits and no sum of pairs overflows 32, whatever the input.
pub fn step_of_pairs(weights: impl Iterator<Item = f32> + Clone, greatest_input: i64) -> f32 {
    let largest = weights.clone().fold(0f32, |largest, weight| largest.max(weight.abs()));
    if largest == 0.0 {
        return 1.0;
    }
    let (count, sum) = weights.fold((0i64, 0f64), |(count, sum), weight| (count + 1, sum + f64::from(weight.abs())));
    // Rounding adds half to a weight at most; f32 rounds the step itself.
    let room = (i64::from(i32::MAX) - greatest_input * count) as f64 * 0.999;
    (largest / f32::from(i16::MAX - 1)).max((sum * greatest_input as f64 / room) as f32)
}
