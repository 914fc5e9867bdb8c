//! The passes that are no convolutions: the maximum after the first one, and the mean over a map.

use std::ops::Range;

use half::bf16;

use super::lanes::{Bf16Lanes, Lanes};
use super::level::{Bf16Kernel, Kernel};
use super::memory::{On, Slot};
use super::number::Number;

/// 3×3 maximum with stride 2 over an input padded by one.
#[derive(Clone, Copy)]
pub struct MaxPool {
    pub input: Slot,
    pub output: Slot,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    /// Whether both are in codes, the greatest of which stands for the greatest number.
    pub is_codes: bool,
}

/// One row of the output of one image.
pub struct MaxPoolTask<'a> {
    pub pool: &'a MaxPool,
    pub on: On,
    pub image: usize,
    pub row: usize,
}

/// The mean over height and width.
pub struct Mean {
    pub input: Slot,
    pub output: Slot,
    pub channels: usize,
    pub pixels: usize,
    /// What a code stands for, where the input is in codes.
    pub step: Option<f32>,
}

/// The channels of one image.
pub struct MeanTask<'a> {
    pub mean: &'a Mean,
    pub on: On,
    pub image: usize,
}

/// Height or width after [`MaxPool`].
pub fn halved(size: usize) -> usize {
    size.div_ceil(2)
}

/// Whole vectors of a number of channels, and what remains.
fn vectors<L: Lanes>(channels: usize) -> (impl Iterator<Item = usize>, Range<usize>) {
    let whole = channels / L::COUNT * L::COUNT;
    ((0..whole).step_by(L::COUNT), whole..channels)
}

impl MaxPool {
    /// What the output's pixel of that index is the maximum of.
    #[inline(always)]
    pub fn window(&self, index: usize) -> Window {
        let Self { channels, height, width, .. } = *self;
        let (row, column) = (index / halved(width), index % halved(width));
        let (first_row, first_column) = ((2 * row).saturating_sub(1), (2 * column).saturating_sub(1));
        Window {
            first: (first_row * width + first_column) * channels,
            size: [(2 * row + 2).min(height) - first_row, (2 * column + 2).min(width) - first_column],
            strides: [width * channels, channels],
        }
    }
}

impl Kernel for MaxPoolTask<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let channels = self.pool.channels;
        for (window, at) in self.windows() {
            // SAFETY: the plan gave both maps their room, and no other task writes this row.
            unsafe {
                let (from, to) = self.maps();
                if self.pool.is_codes {
                    window.greatest_codes(lanes, from.cast(), to.cast::<u8>().add(at), channels);
                } else {
                    window.greatest::<L, f32>(lanes, from, to.add(at), channels);
                }
            }
        }
    }
}

impl Bf16Kernel for MaxPoolTask<'_> {
    #[inline(always)]
    fn run_bf16<L: Bf16Lanes>(self, lanes: L) {
        for (window, at) in self.windows() {
            // SAFETY: as in `run`.
            unsafe {
                let (from, to) = self.maps();
                window.greatest::<L, bf16>(lanes, from.cast(), to.cast::<bf16>().add(at), self.pool.channels);
            }
        }
    }
}

impl MaxPoolTask<'_> {
    /// What each pixel of the row is the maximum of, and where in the output it begins.
    #[inline(always)]
    fn windows(&self) -> impl Iterator<Item = (Window, usize)> {
        let (pool, out_width) = (self.pool, halved(self.pool.width));
        let pixels = self.row * out_width..(self.row + 1) * out_width;
        pixels.map(move |index| (pool.window(index), index * pool.channels))
    }

    /// Where the image's input and output begin.
    ///
    /// # Safety
    /// The plan gave them their room.
    #[inline(always)]
    unsafe fn maps(&self) -> (*const f32, *mut f32) {
        let place = |slot: Slot| slot.of(self.image, self.on.member);
        // SAFETY: the caller's promise.
        unsafe { (self.on.memory.at(place(self.pool.input)).cast_const(), self.on.memory.at(place(self.pool.output))) }
    }
}

/// Some rows and columns of a map.
pub struct Window {
    first: usize,
    size: [usize; 2],
    strides: [usize; 2],
}

impl Window {
    /// Where each pixel begins, row by row.
    #[inline(always)]
    pub fn places(&self) -> impl Iterator<Item = usize> {
        let ([rows, columns], [row, column], first) = (self.size, self.strides, self.first);
        (0..rows * columns).map(move |index| first + index / columns * row + index % columns * column)
    }

    /// The greatest number of each channel.
    ///
    /// # Safety
    /// The window lies in the map at `from`, and `channels` numbers can be written.
    #[inline(always)]
    unsafe fn greatest<L: Lanes, N: Number<L>>(&self, lanes: L, from: *const N, to: *mut N, channels: usize) {
        let (vectors, rest) = vectors::<L>(channels);
        // SAFETY: the caller's promise.
        unsafe {
            for channel in vectors {
                let mut greatest = lanes.splat(f32::NEG_INFINITY);
                for place in self.places() {
                    greatest = lanes.max(greatest, N::load(lanes, from.add(place + channel)));
                }
                N::store(lanes, to.add(channel), greatest);
            }
            for channel in rest {
                let of_place = |place: usize| (*from.add(place + channel)).to_f32();
                *to.add(channel) = N::of_f32(self.places().map(of_place).fold(f32::NEG_INFINITY, f32::max));
            }
        }
    }

    /// As [`Window::greatest`], of codes.
    ///
    /// # Safety
    /// As there.
    #[inline(always)]
    unsafe fn greatest_codes<L: Lanes>(&self, lanes: L, from: *const u8, to: *mut u8, channels: usize) {
        let whole = channels / (4 * L::COUNT) * (4 * L::COUNT);
        // SAFETY: the caller's promise.
        unsafe {
            for channel in (0..whole).step_by(4 * L::COUNT) {
                let mut greatest = lanes.load_bytes(from.add(self.first + channel));
                for place in self.places() {
                    greatest = lanes.max_bytes(greatest, lanes.load_bytes(from.add(place + channel)));
                }
                lanes.store_bytes(to.add(channel), greatest);
            }
            for channel in whole..channels {
                let of_place = |place: usize| *from.add(place + channel);
                *to.add(channel) = self.places().map(of_place).fold(0, u8::max);
            }
        }
    }
}

impl Kernel for MeanTask<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Mean { input, output, step, .. } = *self.mean;
        // SAFETY: the plan gave both their room, and no other task writes this image's means.
        unsafe {
            let from = self.on.memory.at(input.of(self.image, self.on.member)).cast_const();
            let to = self.on.memory.at(output.of(self.image, self.on.member));
            if let Some(step) = step {
                let from = from.cast::<u8>();
                self.mean_of(lanes, step, to, |at| lanes.load_codes(from.add(at)), |at| f32::from(*from.add(at)));
            } else {
                self.mean_of(lanes, 1.0, to, |at| lanes.load(from.add(at)), |at| *from.add(at));
            }
        }
    }
}

impl Bf16Kernel for MeanTask<'_> {
    #[inline(always)]
    fn run_bf16<L: Bf16Lanes>(self, lanes: L) {
        let Mean { input, output, .. } = *self.mean;
        // SAFETY: as in `run`.
        unsafe {
            let from = self.on.memory.at(input.of(self.image, self.on.member)).cast::<bf16>().cast_const();
            let to = self.on.memory.at(output.of(self.image, self.on.member));
            self.mean_of(lanes, 1.0, to, |at| lanes.load_bf16(from.add(at)), |at| (*from.add(at)).to_f32());
        }
    }
}

impl MeanTask<'_> {
    /// The means of numbers that are read by the vector or one by one, times `step`.
    ///
    /// # Safety
    /// The channels' numbers can be written to `to`, and read by whoever reads.
    #[inline(always)]
    unsafe fn mean_of<L: Lanes>(
        &self,
        lanes: L,
        step: f32,
        to: *mut f32,
        vector: impl Fn(usize) -> L::Vector,
        one: impl Fn(usize) -> f32,
    ) {
        let Mean { channels, pixels, .. } = *self.mean;
        let factor = step / pixels as f32;
        let (vectors, rest) = vectors::<L>(channels);
        for channel in vectors {
            let mut sum = lanes.splat(0.0);
            for pixel in 0..pixels {
                sum = lanes.add(sum, vector(pixel * channels + channel));
            }
            // SAFETY: the caller's promise.
            unsafe { lanes.store(to.add(channel), lanes.mul(sum, lanes.splat(factor))) };
        }
        for channel in rest {
            let sum: f32 = (0..pixels).map(|pixel| one(pixel * channels + channel)).sum();
            // SAFETY: the caller's promise.
            unsafe { *to.add(channel) = sum * factor };
        }
    }
}
