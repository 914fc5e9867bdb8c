//! What happens between the products, on maps in f32 or bf16: what comes in laid as a map; on the way back `ReLU`'s mask,
//! phases brought together, the gradients of mean and maximum.

use half::bf16;

use super::super::lanes::{Bf16Lanes, Lanes};
use super::super::level::{Bf16Kernel, Kernel};
use super::super::memory::{Place, Slot};
use super::super::number::Number;
use super::super::reduce::{MaxPool, halved};

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
    /// In f32.
    pub mean: Slot,
    pub output: Slot,
    /// Whether it is added to what is there.
    pub is_added: bool,
    pub pixels: usize,
}

/// Lays pictures with a margin of zeros, which is there already.
pub struct Pad {
    /// In f32.
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

/// What is done to each image apart, on maps of either type. A map of an odd number of numbers in bf16 ends within a
/// pair, whose second is nothing.
pub trait Pass: Sized {
    fn on_image<L: Lanes, N: Number<L>>(task: &PassTask<'_, Self>);
}

/// A pass over one image.
pub struct PassTask<'a, P> {
    pub pass: &'a P,
    pub memory: Place,
    pub image: usize,
}

impl<P: Pass> Kernel for PassTask<'_, P> {
    #[inline(always)]
    fn run<L: Lanes>(self, _lanes: L) {
        P::on_image::<L, f32>(&self);
    }
}

impl<P: Pass> Bf16Kernel for PassTask<'_, P> {
    #[inline(always)]
    fn run_bf16<L: Bf16Lanes>(self, _lanes: L) {
        P::on_image::<L, bf16>(&self);
    }
}

impl<P> PassTask<'_, P> {
    /// # Safety
    /// The plan gave the slot its room, its numbers are of this type, and nobody writes there meanwhile.
    #[inline(always)]
    unsafe fn read<N>(&self, slot: Slot) -> &[N] {
        let count = slot.floats * (size_of::<f32>() / size_of::<N>());
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts(self.memory.at(slot.of(self.image, 0)).cast::<N>(), count) }
    }

    /// # Safety
    /// The plan gave the slot its room, its numbers are of this type, and nobody else uses this image's part meanwhile.
    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "the memory is shared; tasks write different images")]
    unsafe fn write<N>(&self, slot: Slot) -> &mut [N] {
        let count = slot.floats * (size_of::<f32>() / size_of::<N>());
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.memory.at(slot.of(self.image, 0)).cast::<N>(), count) }
    }
}

impl Pass for Mask {
    #[inline(always)]
    fn on_image<L: Lanes, N: Number<L>>(task: &PassTask<'_, Self>) {
        let Self { gradient, output } = *task.pass;
        // SAFETY: a gradient and an output never share a place, and each task has an image of its own.
        let (gradient, output) = unsafe { (task.write::<N>(gradient), task.read::<N>(output)) };
        for (gradient, output) in gradient.iter_mut().zip(output) {
            *gradient = if output.to_f32() > 0.0 { *gradient } else { N::of_f32(0.0) };
        }
    }
}

impl Pass for Interleave {
    #[inline(always)]
    fn on_image<L: Lanes, N: Number<L>>(task: &PassTask<'_, Self>) {
        let Self { phases, output, addend, stride, height, width, channels } = task.pass;
        // What is added may be what lies in the output, which is then kept as it is.
        let is_kept = addend.is_some_and(|addend| addend.at == output.at);
        // SAFETY: each task has an image of its own, and phases never share a place with the output.
        let to = unsafe { task.write::<N>(*output) };
        if !is_kept {
            match addend {
                // SAFETY: as above; it lies elsewhere.
                Some(addend) => to.copy_from_slice(unsafe { task.read(*addend) }),
                None => to.fill(N::of_f32(0.0)),
            }
        }
        for (index, phase) in phases.iter().enumerate() {
            let Some(phase) = phase else { continue };
            let (first_row, first_column) = (index / stride, index % stride);
            // SAFETY: as above.
            let from = unsafe { task.read::<N>(*phase) };
            let places = (first_row..*height)
                .step_by(*stride)
                .flat_map(|row| (first_column..*width).step_by(*stride).map(move |column| row * width + column));
            for (from, place) in from.chunks_exact(*channels).zip(places) {
                let to = &mut to[place * channels..][..*channels];
                for (to, from) in to.iter_mut().zip(from) {
                    *to = N::of_f32(to.to_f32() + from.to_f32());
                }
            }
        }
    }
}

impl Pass for Spread {
    #[inline(always)]
    fn on_image<L: Lanes, N: Number<L>>(task: &PassTask<'_, Self>) {
        let Self { mean, output, is_added, pixels } = *task.pass;
        // SAFETY: each task has an image of its own, and the mean's gradient lies apart.
        let (to, mean) = unsafe { (task.write::<N>(output), task.read::<f32>(mean)) };
        let factor = 1.0 / pixels as f32;
        for pixel in to.chunks_exact_mut(mean.len()) {
            for (to, mean) in pixel.iter_mut().zip(mean) {
                let before = if is_added { to.to_f32() } else { 0.0 };
                *to = N::of_f32(before + mean * factor);
            }
        }
    }
}

impl Pass for Pad {
    #[inline(always)]
    fn on_image<L: Lanes, N: Number<L>>(task: &PassTask<'_, Self>) {
        let Self { input, output, padding, width, channels } = *task.pass;
        // SAFETY: each task has an image of its own, and the two never share a place.
        let (from, to) = unsafe { (task.read::<f32>(input), task.write::<N>(output)) };
        let rows = to.chunks_exact_mut((width + 2 * padding) * channels).skip(padding);
        for (from, to) in from.chunks_exact(width * channels).zip(rows) {
            let to = &mut to[padding * channels..][..from.len()];
            to.iter_mut().zip(from).for_each(|(to, from)| *to = N::of_f32(*from));
        }
    }
}

impl Pass for Unpool {
    #[inline(always)]
    fn on_image<L: Lanes, N: Number<L>>(task: &PassTask<'_, Self>) {
        let Self { pool, gradient, output } = *task.pass;
        // SAFETY: each task has an image of its own, and gradients never share a place with maps.
        let (values, greatest, gradient, to) = unsafe {
            let (values, greatest) = (task.read::<N>(pool.input), task.read::<N>(pool.output));
            (values, greatest, task.read::<N>(gradient), task.write::<N>(output))
        };
        to.fill(N::of_f32(0.0));
        let channels = pool.channels;
        let pixels = greatest.chunks_exact(channels).zip(gradient.chunks_exact(channels));
        for (index, (greatest, gradient)) in pixels.take(halved(pool.height) * halved(pool.width)).enumerate() {
            let window = pool.window(index);
            for (first, greatest) in (0..channels).step_by(CHANNELS).zip(greatest.chunks(CHANNELS)) {
                let mut rest = [0f32; CHANNELS];
                let rest = &mut rest[..greatest.len()];
                for (rest, gradient) in rest.iter_mut().zip(&gradient[first..]) {
                    *rest = gradient.to_f32();
                }
                for place in window.places() {
                    let values = &values[place + first..][..greatest.len()];
                    let to = &mut to[place + first..][..greatest.len()];
                    for (((to, value), greatest), rest) in to.iter_mut().zip(values).zip(greatest).zip(&mut *rest) {
                        // Nothing is greater than the greatest.
                        let taken = if value.to_f32() >= greatest.to_f32() { *rest } else { 0.0 };
                        *to = N::of_f32(to.to_f32() + taken);
                        *rest -= taken;
                    }
                }
            }
        }
    }
}
