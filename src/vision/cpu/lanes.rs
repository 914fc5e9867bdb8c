//! What the kernels ask of a processor: a handful of operations on vectors, one implementation a level.

use half::bf16;

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

    /// A register of [`Lanes::COUNT`] sums of products of small whole numbers.
    type Sums: Copy;
    /// The largest code of an activation with which no sum of products can overflow on its way.
    const MAX_CODE: u8;
    /// As [`Lanes::ROWS`], of the kernel in whole numbers.
    const WHOLE_ROWS: usize;

    fn no_sums(self) -> Self::Sums;
    fn to_floats(self, sums: Self::Sums) -> Self::Vector;
    /// To each sum the products of a quad: four codes by four weights, codes being at most [`Lanes::MAX_CODE`] and
    /// weights −127 to 127.
    fn add_quads(self, codes: Self::Sums, weights: Self::Sums, sums: Self::Sums) -> Self::Sums;
    /// Whether [`Lanes::add_two_quads`] sums both in 16 bits on the way, for weights that went through
    /// [`super::int8::weights::spill`].
    const JOINS_QUADS: bool = false;
    /// As [`Lanes::add_quads`] of one and of another; only asked where they are joined.
    #[inline(always)]
    fn add_two_quads(self, codes: [Self::Sums; 2], weights: [Self::Sums; 2], sums: Self::Sums) -> Self::Sums {
        self.add_quads(codes[1], weights[1], self.add_quads(codes[0], weights[0], sums))
    }
    /// To each sum the products of a pair: two by two 16-bit numbers.
    fn add_pairs(self, values: Self::Sums, weights: Self::Sums, sums: Self::Sums) -> Self::Sums;
    /// The same four bytes in every lane.
    ///
    /// # Safety
    /// Four bytes can be read from there.
    unsafe fn splat_bytes(self, from: *const u8) -> Self::Sums;
    /// # Safety
    /// Four bytes for each of [`Lanes::COUNT`] lanes can be read from there.
    unsafe fn load_bytes(self, from: *const u8) -> Self::Sums;
    /// The greater of each two bytes.
    fn max_bytes(self, a: Self::Sums, b: Self::Sums) -> Self::Sums;
    /// # Safety
    /// Four bytes for each of [`Lanes::COUNT`] lanes can be written there.
    unsafe fn store_bytes(self, to: *mut u8, value: Self::Sums);
    /// # Safety
    /// [`Lanes::COUNT`] codes can be read from there.
    unsafe fn load_codes(self, from: *const u8) -> Self::Vector;

    /// A register of twice [`Lanes::COUNT`] 16-bit numbers.
    type Words: Copy;

    fn no_words(self) -> Self::Words;
    fn add_words(self, a: Self::Words, b: Self::Words) -> Self::Words;
    fn sub_words(self, a: Self::Words, b: Self::Words) -> Self::Words;
    fn quadruple_words(self, a: Self::Words) -> Self::Words;
    /// # Safety
    /// Twice [`Lanes::COUNT`] codes can be read from there.
    unsafe fn load_words(self, from: *const u8) -> Self::Words;
    /// # Safety
    /// Twice [`Lanes::COUNT`] numbers can be written there.
    unsafe fn store_words(self, to: *mut i16, value: Self::Words);

    /// Rounds to whole numbers, half to even, and stores them within 0 to [`Lanes::MAX_CODE`].
    ///
    /// # Safety
    /// Twice [`Lanes::COUNT`] codes can be written there.
    unsafe fn store_codes(self, to: *mut u8, values: [Self::Vector; 2]);
}

/// What kernels in bf16 ask as well: of processors that multiply it, and of plain Rust.
pub trait Bf16Lanes: Lanes {
    /// To each sum the products of a pair: two by two numbers of bf16.
    fn add_bf16_pairs(self, values: Self::Sums, weights: Self::Sums, sums: Self::Vector) -> Self::Vector;
    /// # Safety
    /// [`Lanes::COUNT`] numbers can be read from there.
    unsafe fn load_bf16(self, from: *const bf16) -> Self::Vector;
    /// Rounds half to even.
    ///
    /// # Safety
    /// [`Lanes::COUNT`] numbers can be written there.
    unsafe fn store_bf16(self, to: *mut bf16, value: Self::Vector);
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

    #[cfg(not(target_arch = "aarch64"))]
    #[inline(always)]
    fn mul_add(self, a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        // Not `f32::mul_add`: without the instruction that is a call into the C library for every number.
        each!(lane => a[lane] * b[lane] + c[lane])
    }

    /// The instruction belongs to every such processor's baseline.
    #[cfg(target_arch = "aarch64")]
    #[inline(always)]
    fn mul_add(self, a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        each!(lane => a[lane].mul_add(b[lane], c[lane]))
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

    type Sums = [i32; 4];
    const MAX_CODE: u8 = 255;
    const WHOLE_ROWS: usize = 4;

    #[inline(always)]
    fn no_sums(self) -> [i32; 4] {
        [0; 4]
    }

    #[inline(always)]
    fn to_floats(self, sums: [i32; 4]) -> [f32; 4] {
        each!(lane => sums[lane] as f32)
    }

    #[inline(always)]
    fn add_quads(self, codes: [i32; 4], weights: [i32; 4], mut sums: [i32; 4]) -> [i32; 4] {
        for lane in 0..4 {
            let (codes, weights) = (codes[lane].to_ne_bytes(), weights[lane].to_ne_bytes());
            for (code, weight) in codes.into_iter().zip(weights) {
                sums[lane] += i32::from(code) * i32::from(weight.cast_signed());
            }
        }
        sums
    }

    #[inline(always)]
    fn add_pairs(self, values: [i32; 4], weights: [i32; 4], mut sums: [i32; 4]) -> [i32; 4] {
        for lane in 0..4 {
            let [a, b, c, d] = values[lane].to_ne_bytes();
            let [e, f, g, h] = weights[lane].to_ne_bytes();
            sums[lane] += i32::from(i16::from_ne_bytes([a, b])) * i32::from(i16::from_ne_bytes([e, f]))
                + i32::from(i16::from_ne_bytes([c, d])) * i32::from(i16::from_ne_bytes([g, h]));
        }
        sums
    }

    #[inline(always)]
    unsafe fn splat_bytes(self, from: *const u8) -> [i32; 4] {
        // SAFETY: the caller promises four bytes.
        [unsafe { from.cast::<i32>().read_unaligned() }; 4]
    }

    #[inline(always)]
    unsafe fn load_bytes(self, from: *const u8) -> [i32; 4] {
        // SAFETY: the caller promises four bytes for each of four lanes.
        unsafe { from.cast::<[i32; 4]>().read_unaligned() }
    }

    #[inline(always)]
    fn max_bytes(self, a: [i32; 4], b: [i32; 4]) -> [i32; 4] {
        let (a, b) = (a.map(i32::to_ne_bytes), b.map(i32::to_ne_bytes));
        std::array::from_fn(|lane| i32::from_ne_bytes(std::array::from_fn(|byte| a[lane][byte].max(b[lane][byte]))))
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8, value: [i32; 4]) {
        // SAFETY: the caller promises room for four bytes for each of four lanes.
        unsafe { to.cast::<[i32; 4]>().write_unaligned(value) }
    }

    #[inline(always)]
    unsafe fn load_codes(self, from: *const u8) -> [f32; 4] {
        // SAFETY: the caller promises four codes.
        let codes = unsafe { from.cast::<[u8; 4]>().read() };
        each!(lane => f32::from(codes[lane]))
    }

    #[inline(always)]
    unsafe fn store_codes(self, to: *mut u8, values: [[f32; 4]; 2]) {
        // Conversion clips what lies outside 0 to 255.
        let codes = values.map(|values| values.map(|value| value.round_ties_even() as u8));
        // SAFETY: the caller promises room for eight codes.
        unsafe { to.cast::<[[u8; 4]; 2]>().write(codes) }
    }

    type Words = [i16; 8];

    #[inline(always)]
    fn no_words(self) -> [i16; 8] {
        [0; 8]
    }

    #[inline(always)]
    fn add_words(self, a: [i16; 8], b: [i16; 8]) -> [i16; 8] {
        std::array::from_fn(|lane| a[lane].wrapping_add(b[lane]))
    }

    #[inline(always)]
    fn sub_words(self, a: [i16; 8], b: [i16; 8]) -> [i16; 8] {
        std::array::from_fn(|lane| a[lane].wrapping_sub(b[lane]))
    }

    #[inline(always)]
    fn quadruple_words(self, a: [i16; 8]) -> [i16; 8] {
        a.map(|value| value << 2)
    }

    #[inline(always)]
    unsafe fn load_words(self, from: *const u8) -> [i16; 8] {
        // SAFETY: the caller promises eight codes.
        unsafe { from.cast::<[u8; 8]>().read() }.map(i16::from)
    }

    #[inline(always)]
    unsafe fn store_words(self, to: *mut i16, value: [i16; 8]) {
        // SAFETY: the caller promises room for eight numbers.
        unsafe { to.cast::<[i16; 8]>().write(value) }
    }
}

impl Bf16Lanes for Portable {
    #[inline(always)]
    fn add_bf16_pairs(self, values: [i32; 4], weights: [i32; 4], sums: [f32; 4]) -> [f32; 4] {
        // A pair's first number lies in its first two bytes.
        let pair = |pair: i32| {
            let [a, b, c, d] = pair.to_ne_bytes();
            [[a, b], [c, d]].map(|bytes| bf16::from_ne_bytes(bytes).to_f32())
        };
        each!(lane => {
            let (values, weights) = (pair(values[lane]), pair(weights[lane]));
            sums[lane] + values[0] * weights[0] + values[1] * weights[1]
        })
    }

    #[inline(always)]
    unsafe fn load_bf16(self, from: *const bf16) -> [f32; 4] {
        // SAFETY: the caller promises four numbers.
        unsafe { from.cast::<[bf16; 4]>().read() }.map(bf16::to_f32)
    }

    #[inline(always)]
    unsafe fn store_bf16(self, to: *mut bf16, value: [f32; 4]) {
        // SAFETY: the caller promises room for four numbers.
        unsafe { to.cast::<[bf16; 4]>().write(value.map(bf16::from_f32)) }
    }
}
