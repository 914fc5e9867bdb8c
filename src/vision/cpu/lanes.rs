//! What the kernels ask of a processor: a handful of operations on a vector of f32, one implementation a level.

/// The operations of one instruction set.
///
/// A value of an implementation proves that the processor has the instructions: only [`super::Level`] makes one.
/// Everything is inlined into the one function of the level that is compiled for its instructions.
pub trait Lanes: Copy {
    /// A register of [`Lanes::COUNT`] numbers.
    type Vector: Copy;
    const COUNT: usize;
    /// Output rows that the matrix kernel holds in registers, two vectors a row.
    const ROWS: usize;

    fn splat(self, value: f32) -> Self::Vector;
    fn add(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn sub(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    fn mul(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b + c`, rounded once where the processor can.
    fn mul_add(self, a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// The greater; `b` where either is not a number, so that a wrong number in `b` is not hidden.
    fn max(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// # Safety
    /// [`Lanes::COUNT`] numbers can be read from there.
    unsafe fn load(self, from: *const f32) -> Self::Vector;
    /// # Safety
    /// [`Lanes::COUNT`] numbers can be written there.
    unsafe fn store(self, to: *mut f32, value: Self::Vector);
}

/// Four numbers in plain Rust, which every compiler turns into vector instructions of its target's baseline.
#[derive(Clone, Copy)]
pub struct Portable;

/// Elementwise, which the compiler sees through.
macro_rules! each {
    ($lane:ident => $value:expr) => {{
        let mut result = [0f32; Portable::COUNT];
        for $lane in 0..Portable::COUNT {
            result[$lane] = $value;
        }
        result
    }};
}

impl Lanes for Portable {
    type Vector = [f32; 4];
    const COUNT: usize = 4;
    const ROWS: usize = 6;

    #[inline(always)]
    fn splat(self, value: f32) -> [f32; 4] {
        [value; 4]
    }

    #[inline(always)]
    fn add(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each!(lane => a[lane] + b[lane])
    }

    #[inline(always)]
    fn sub(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each!(lane => a[lane] - b[lane])
    }

    #[inline(always)]
    fn mul(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each!(lane => a[lane] * b[lane])
    }

    #[inline(always)]
    fn mul_add(self, a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        // Not `f32::mul_add`: without the instruction that is a call into the C library for every number.
        each!(lane => a[lane] * b[lane] + c[lane])
    }

    #[inline(always)]
    fn max(self, a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        each!(lane => if a[lane] > b[lane] { a[lane] } else { b[lane] })
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> [f32; 4] {
        // SAFETY: the caller promises four numbers, and an array of f32 is aligned as one f32.
        unsafe { from.cast::<[f32; 4]>().read() }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, value: [f32; 4]) {
        // SAFETY: as for `load`.
        unsafe { to.cast::<[f32; 4]>().write(value) }
    }
}
