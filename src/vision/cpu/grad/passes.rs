//! What happens between the products: the first convolution's margin; on the way back `ReLU`'s mask, phases brought
//! together, the gradients of mean and maximum.

use super::super::lanes::Lanes;
use super::super::level::Kernel;
use super::super::memory::{Place, Slot};
use super::super::reduce::MaxPool;

/// Channels of a maximum that are done together.
const CHANNELS: usize = 16;

/// Leaves of a gradient by `ReLU`'s output what belongs to its input: nothing where the output is zero.
pub struct Mask {
    pub gradient: Slot,
    pub output: Slot,
}

/// Brings the gradients by the input's phases together, and adds what is there already.
pub struct Interleave {
    /// `[row][column]` of the stride; none where no tap reaches.
    pub phases: Vec<Option<Slot>>,
    pub output: Slot,
    pub addend: Option<Slot>,
    pub stride: usize,
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

/// The gradient by a map from the gradient by its mean.
pub struct Spread {
    pub mean: Slot,
    pub output: Slot,
    /// Whether it is added to what is there.
    pub is_added: bool,
    pub pixels: usize,
}

/// Lays pictures with a margin of zeros, which is there already.
pub struct Pad {
    pub input: Slot,
    pub output: Slot,
    pub padding: usize,
    /// Of the picture.
    pub width: usize,
    pub channels: usize,
}

/// The gradient by the input of a maximum: each window's goes to the first of its greatest numbers.
pub struct Unpool {
    pub pool: MaxPool,
    /// By the maximum's output.
    pub gradient: Slot,
    /// By its input.
    pub output: Slot,
}

/// A pass over one image.
pub struct PassTask<'a, P> {
    pub pass: &'a P,
    pub memory: Place,
    pub image: usize,
}

impl<P> PassTask<'_, P> {
    /// # Safety
    /// The plan gave the slot its room, and nobody writes there meanwhile.
    #[inline(always)]
    unsafe fn read(&self, slot: Slot) -> &[f32] {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts(self.memory.at(slot.of(self.image, 0)), slot.floats) }
    }

    /// # Safety
    /// The plan gave the slot its room, and nobody else uses this image's part meanwhile.
    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "the memory is shared; tasks write different images")]
    unsafe fn write(&self, slot: Slot) -> &mut [f32] {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.memory.at(slot.of(self.image, 0)), slot.floats) }
    }
}

impl Kernel for PassTask<'_, Mask> {
    #[inline(always)]
    fn run<L: Lanes>(self, _lanes: L) {
        // SAFETY: a gradient and an output never share a place, and each task has an image of its own.
        let (gradient, output) = unsafe { (self.write(self.pass.gradient), self.read(self.pass.output)) };
        for (gradient, output) in gradient.iter_mut().zip(output) {
            *gradient = if *output > 0.0 { *gradient } else { 0.0 };
        }
    }
}

impl Kernel for PassTask<'_, Interleave> {
    #[inline(always)]
    fn run<L: Lanes>(self, _lanes: L) {
        let Interleave { phases, output, addend, stride, height, width, channels } = self.pass;
        // What is added may be what lies in the output, which is then kept as it is.
        let is_kept = addend.is_some_and(|addend| addend.at == output.at);
        // SAFETY: each task has an image of its own, and phases never share a place with the output.
        let to = unsafe { self.write(*output) };
        if !is_kept {
            match addend {
                // SAFETY: as above; it lies elsewhere.
                Some(addend) => to.copy_from_slice(unsafe { self.read(*addend) }),
                None => to.fill(0.0),
            }
        }
        for (index, phase) in phases.iter().enumerate() {
            let Some(phase) = phase else { continue };
            let (first_row, first_column) = (index / stride, index % stride);
            // SAFETY: as above.
            let from = unsafe { self.read(*phase) };
            let places = (first_row..*height)
                .step_by(*stride)
                .flat_map(|row| (first_column..*width).step_by(*stride).map(move |column| row * width + column));
            for (from, place) in from.chunks_exact(*channels).zip(places) {
                let to = &mut to[place * channels..][..*channels];
                to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
            }
        }
    }
}

impl Kernel for PassTask<'_, Spread> {
    #[inline(always)]
    fn run<L: Lanes>(self, _lanes: L) {
        // SAFETY: each task has an image of its own, and the mean's gradient lies apart.
        let (to, mean) = unsafe { (self.write(self.pass.output), self.read(self.pass.mean)) };
        let factor = 1.0 / self.pass.pixels as f32;
        for pixel in to.chunks_exact_mut(mean.len()) {
            if self.pass.is_added {
                pixel.iter_mut().zip(mean).for_each(|(to, mean)| *to += mean * factor);
            } else {
                pixel.iter_mut().zip(mean).for_each(|(to, mean)| *to = mean * factor);
            }
        }
    }
}

impl Kernel for PassTask<'_, Pad> {
    #[inline(always)]
    fn run<L: Lanes>(self, _lanes: L) {
        let Pad { input, output, padding, width, channels } = *self.pass;
        // SAFETY: each task has an image of its own, and the two never share a place.
        let (from, to) = unsafe { (self.read(input), self.write(output)) };
        let rows = to.chunks_exact_mut((width + 2 * padding) * channels).skip(padding);
        for (from, to) in from.chunks_exact(width * channels).zip(rows) {
            to[padding * channels..][..from.len()].copy_from_slice(from);
        }
    }
}

impl Kernel for PassTask<'_, Unpool> {
    #[inline(always)]
    fn run<L: Lanes>(self, _lanes: L) {
        let Unpool { pool, gradient, output } = self.pass;
        // SAFETY: each task has an image of its own, and gradients never share a place with maps.
        let (values, greatest, gradient, to) =
            unsafe { (self.read(pool.input), self.read(pool.output), self.read(*gradient), self.write(*output)) };
        to.fill(0.0);
        let channels = pool.channels;
        let pixels = greatest.chunks_exact(channels).zip(gradient.chunks_exact(channels));
        for (index, (greatest, gradient)) in pixels.enumerate() {
            let window = pool.window(index);
            for (first, greatest) in (0..channels).step_by(CHANNELS).zip(greatest.chunks(CHANNELS)) {
                let mut rest = [0f32; CHANNELS];
                let rest = &mut rest[..greatest.len()];
                rest.copy_from_slice(&gradient[first..first + greatest.len()]);
                for place in window.places() {
                    let values = &values[place + first..][..greatest.len()];
                    let to = &mut to[place + first..][..greatest.len()];
                    for (((to, value), greatest), rest) in to.iter_mut().zip(values).zip(greatest).zip(&mut *rest) {
                        // Nothing is greater than the greatest.
                        let taken = if value >= greatest { *rest } else { 0.0 };
                        *to += taken;
                        *rest -= taken;
                    }
                }
            }
        }
    }
}
