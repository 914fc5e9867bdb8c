//! The passes that are no convolutions: the maximum after the first one, and the mean over a map.

use std::ops::Range;

use super::lanes::Lanes;
use super::level::Kernel;
use super::memory::{On, Slot};

/// 3×3 maximum with stride 2 over an input padded by one.
pub struct MaxPool {
    pub input: Slot,
    pub output: Slot,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
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

impl Kernel for MaxPoolTask<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let MaxPool { input, output, channels, height, width } = *self.pool;
        let rows = (2 * self.row).saturating_sub(1)..(2 * self.row + 2).min(height);
        for x in 0..halved(width) {
            let columns = (2 * x).saturating_sub(1)..(2 * x + 2).min(width);
            // SAFETY: the plan gave both maps their room, and no other task writes this row.
            unsafe {
                let from = self.on.memory.at(input.of(self.image, self.on.member)).cast_const();
                let to = self
                    .on
                    .memory
                    .at(output.of(self.image, self.on.member) + (self.row * halved(width) + x) * channels);
                let places =
                    rows.clone().flat_map(|y| columns.clone().map(move |x| from.add((y * width + x) * channels)));
                let (vectors, rest) = vectors::<L>(channels);
                for channel in vectors {
                    let mut greatest = lanes.splat(f32::NEG_INFINITY);
                    for place in places.clone() {
                        greatest = lanes.max(greatest, lanes.load(place.add(channel)));
                    }
                    lanes.store(to.add(channel), greatest);
                }
                for channel in rest {
                    let of_place = |place: *const f32| *place.add(channel);
                    *to.add(channel) = places.clone().map(of_place).fold(f32::NEG_INFINITY, f32::max);
                }
            }
        }
    }
}

impl Kernel for MeanTask<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Mean { input, output, channels, pixels } = *self.mean;
        let factor = 1.0 / pixels as f32;
        // SAFETY: the plan gave both their room, and no other task writes this image's means.
        unsafe {
            let from = self.on.memory.at(input.of(self.image, self.on.member)).cast_const();
            let to = self.on.memory.at(output.of(self.image, self.on.member));
            let (vectors, rest) = vectors::<L>(channels);
            for channel in vectors {
                let mut sum = lanes.splat(0.0);
                for pixel in 0..pixels {
                    sum = lanes.add(sum, lanes.load(from.add(pixel * channels + channel)));
                }
                lanes.store(to.add(channel), lanes.mul(sum, lanes.splat(factor)));
            }
            for channel in rest {
                let sum: f32 = (0..pixels).map(|pixel| *from.add(pixel * channels + channel)).sum();
                *to.add(channel) = sum * factor;
            }
        }
    }
}
