//! A convolution with its norm as it is trained: the weights themselves, and the panels that are made of them at every
//! step.

use std::sync::Arc;

use half::bf16;

use super::super::conv::Geometry;
use super::super::lanes::{Bf16Lanes, Lanes};
use super::super::level::{Bf16Kernel, Kernel, Level};
use super::super::memory::Memory;
use super::super::number::Number;
use super::super::panels::Panels;
use super::super::tile::MAX_COLUMNS;
use crate::vision::normed::NormedConv;
use crate::vision::trained::turned;

/// Numbers that are trained, and the gradient by them.
pub struct Trained {
    pub values: Memory,
    pub gradient: Memory,
}

/// A convolution whose weights change. They are trained in f32; folded, they are what the products read, f32 or bf16.
pub struct Layer {
    pub name: String,
    pub norm: String,
    pub input: usize,
    pub out: usize,
    pub side: usize,
    pub stride: usize,
    /// `[tap, input, out]`: a row is what one number of the input does to all outputs.
    pub weight: Trained,
    pub scale: Trained,
    pub shift: Trained,
    pub mean: Vec<f32>,
    pub deviation: Vec<f32>,
    /// γ/σ, as of the last packing.
    factor: Memory,
    /// The folded weights for the way forward.
    pub forward: Arc<Panels>,
    /// The folded weights, turned, for the way back.
    pub phases: Vec<Phase>,
}

/// The pixels of the input whose row and column leave these remainders by the stride: all of them meet the same taps.
pub struct Phase {
    pub row: usize,
    pub column: usize,
    pub taps: Vec<usize>,
    pub panels: Arc<Panels>,
}

impl Trained {
    fn new(values: &[f32]) -> Self {
        let mut memory = Memory::zeroed(values.len());
        memory.as_mut_slice().copy_from_slice(values);
        Self { values: memory, gradient: Memory::zeroed(values.len()) }
    }
}

impl Layer {
    /// A convolution whose taps are pixels.
    pub fn new(conv: NormedConv, level: Level, is_bf16: bool) -> Self {
        let (taps, depth) = (conv.side * conv.side, conv.input);
        let phases = phases(conv.side, conv.stride)
            .map(|(row, column, taps)| {
                let panels = Arc::new(Panels::zeroed(conv.input, taps.len(), conv.out, level, is_bf16));
                Phase { row, column, taps, panels }
            })
            .collect();
        Self::with(conv, [taps, depth], phases, level, is_bf16)
    }

    /// The network's first convolution. Its taps are rows of the kernel, since pixels of three colours would be short
    /// runs; there is no way back beyond it.
    pub fn first(conv: NormedConv, level: Level, is_bf16: bool) -> Self {
        let run = [conv.side, conv.side * conv.input];
        Self::with(conv, run, Vec::new(), level, is_bf16)
    }

    /// Trained weights lie as `[tap, input, out]`, which is also the order of rows of the kernel.
    fn with(conv: NormedConv, [num_taps, depth]: [usize; 2], phases: Vec<Phase>, level: Level, is_bf16: bool) -> Self {
        let NormedConv { name, norm, weight, scale, shift, mean, deviation, out, input, side, stride } = conv;
        Self {
            weight: Trained::new(&turned(&weight, [out, input, side * side])),
            scale: Trained::new(&scale),
            shift: Trained::new(&shift),
            deviation: deviation.into_iter().map(|deviation| deviation as f32).collect(),
            factor: Memory::zeroed(out),
            forward: Arc::new(Panels::zeroed(out, num_taps, depth, level, is_bf16)),
            phases,
            name,
            norm,
            input,
            out,
            side,
            stride,
            mean,
        }
    }

    pub fn geometry(&self, height: usize, width: usize) -> Geometry {
        Geometry { side: self.side, stride: self.stride, padding: self.side / 2, channels: self.input, height, width }
    }
}

/// For each phase: row, column and the taps that reach it; phases that no tap reaches are left out.
fn phases(side: usize, stride: usize) -> impl Iterator<Item = (usize, usize, Vec<usize>)> {
    let padding = side / 2;
    let meets = move |phase: usize, tap: usize| (phase + padding + stride - tap % stride).is_multiple_of(stride);
    (0..stride * stride).filter_map(move |phase| {
        let (row, column) = (phase / stride, phase % stride);
        let taps: Vec<usize> =
            (0..side * side).filter(|tap| meets(row, tap / side) && meets(column, tap % side)).collect();
        (!taps.is_empty()).then_some((row, column, taps))
    })
}

/// Folds a panel of columns for the way forward, its bias with it.
pub struct PackForward<'a> {
    pub layer: &'a Layer,
    pub panel: usize,
}

/// Folds and turns a panel of a phase.
pub struct PackBackward<'a> {
    pub layer: &'a Layer,
    pub phase: &'a Phase,
    pub panel: usize,
}

/// Turns the gradient by a panel's folded weights into those by weights, scale and shift. The gradient by the shift is
/// there already.
pub struct Unfold<'a> {
    pub layer: &'a Layer,
    pub panel: usize,
}

impl Kernel for PackForward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, _lanes: L) {
        self.by::<L, f32>();
    }
}

impl Bf16Kernel for PackForward<'_> {
    #[inline(always)]
    fn run_bf16<L: Bf16Lanes>(self, _lanes: L) {
        self.by::<L, bf16>();
    }
}

impl PackForward<'_> {
    #[inline(always)]
    fn by<L: Lanes, N: Number<L>>(&self) {
        let Layer { forward, factor, scale, shift, weight, mean, deviation, out, .. } = self.layer;
        let (width, columns) = (forward.width, forward.columns(self.panel));
        let first = self.panel * width;
        let (values, biases) = forward.places();
        let (depth, steps) = (forward.depth, forward.steps());
        let floats = forward.taps * steps * width;
        let weights = weight.values.as_slice();
        // SAFETY: no other task writes this panel's weights, biases and factors, and nobody reads them meanwhile.
        unsafe {
            let factors = std::slice::from_raw_parts_mut(factor.place().at(first), columns);
            let biases = std::slice::from_raw_parts_mut(biases.at(first), columns);
            for (column, (factor, bias)) in factors.iter_mut().zip(biases).enumerate() {
                let channel = first + column;
                *factor = scale.values.as_slice()[channel] / deviation[channel];
                *bias = shift.values.as_slice()[channel] - mean[channel] * *factor;
            }
            let to = values.at(self.panel * floats).cast::<N>();
            let to = std::slice::from_raw_parts_mut(to, floats * N::PER_STEP);
            for (step, to) in to.chunks_exact_mut(width * N::PER_STEP).enumerate() {
                let (tap, begin) = (step / steps, step % steps * N::PER_STEP);
                for within in 0..N::PER_STEP.min(depth - begin) {
                    let from = &weights[(tap * depth + begin + within) * out + first..][..columns];
                    for ((to, weight), factor) in to.chunks_exact_mut(N::PER_STEP).zip(from).zip(&*factors) {
                        to[within] = N::of_f32(weight * factor);
                    }
                }
            }
        }
    }
}

impl Kernel for PackBackward<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, _lanes: L) {
        self.by::<L, f32>();
    }
}

impl Bf16Kernel for PackBackward<'_> {
    #[inline(always)]
    fn run_bf16<L: Bf16Lanes>(self, _lanes: L) {
        self.by::<L, bf16>();
    }
}

impl PackBackward<'_> {
    #[inline(always)]
    fn by<L: Lanes, N: Number<L>>(&self) {
        let Layer { input, out, factor, weight, .. } = self.layer;
        let panels = &*self.phase.panels;
        let (width, columns) = (panels.width, panels.columns(self.panel));
        let floats = panels.steps() * width;
        let (factors, weights) = (factor.as_slice(), weight.values.as_slice());
        for (index, tap) in self.phase.taps.iter().enumerate() {
            let first = (self.panel * panels.taps + index) * floats;
            // SAFETY: no other task writes this panel, and nobody reads it meanwhile.
            let to = unsafe {
                let to = panels.places().0.at(first).cast::<N>();
                std::slice::from_raw_parts_mut(to, floats * N::PER_STEP)
            };
            for column in 0..columns {
                let row = &weights[(tap * input + self.panel * width + column) * out..][..*out];
                for (channel, (weight, factor)) in row.iter().zip(factors).enumerate() {
                    let (step, within) = (channel / N::PER_STEP, channel % N::PER_STEP);
                    to[(step * width + column) * N::PER_STEP + within] = N::of_f32(weight * factor);
                }
            }
        }
    }
}

impl Kernel for Unfold<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, _lanes: L) {
        let Layer { forward, factor, scale, shift, weight, mean, deviation, out, .. } = self.layer;
        let columns = forward.columns(self.panel);
        let first = self.panel * forward.width;
        let factors = &factor.as_slice()[first..first + columns];
        let weights = weight.values.as_slice();
        let mut products = [0f32; MAX_COLUMNS];
        for row in 0..forward.taps * forward.depth {
            let at = row * out + first;
            // SAFETY: no other task touches these columns of the gradient.
            let gradient = unsafe { std::slice::from_raw_parts_mut(weight.gradient.place().at(at), columns) };
            let of_row = gradient.iter_mut().zip(&weights[at..at + columns]);
            for (((gradient, weight), factor), product) in of_row.zip(factors).zip(&mut products) {
                *product += *gradient * weight;
                *gradient *= factor;
            }
        }
        for (column, product) in products.into_iter().enumerate().take(columns) {
            let channel = first + column;
            let sum = shift.gradient.as_slice()[channel];
            // SAFETY: no other task touches this channel.
            unsafe {
                *scale.gradient.place().at(channel) = (product - mean[channel] * sum) / deviation[channel];
            }
        }
    }
}
