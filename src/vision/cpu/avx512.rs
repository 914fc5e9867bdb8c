//! Sixteen numbers in a 512-bit register, and twice as many registers as AVX2 has.

use std::arch::x86_64::{
    __m256bh, __m256i, __m512, __m512bh, __m512i, _mm_loadu_si128, _mm_storeu_si128, _mm256_loadu_si256,
    _mm256_storeu_si256, _mm512_add_epi16, _mm512_add_epi32, _mm512_add_ps, _mm512_castsi512_ps, _mm512_cvtepi32_ps,
    _mm512_cvtepu8_epi16, _mm512_cvtepu8_epi32, _mm512_cvtepu16_epi32, _mm512_cvtneps_pbh, _mm512_cvtps_epi32,
    _mm512_cvtusepi32_epi8, _mm512_dpbf16_ps, _mm512_dpbusd_epi32, _mm512_dpwssd_epi32, _mm512_fmadd_ps,
    _mm512_loadu_ps, _mm512_loadu_si512, _mm512_madd_epi16, _mm512_maddubs_epi16, _mm512_max_epi32, _mm512_max_epu8,
    _mm512_max_ps, _mm512_min_ps, _mm512_mul_ps, _mm512_set1_epi16, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setzero_si512, _mm512_slli_epi16, _mm512_slli_epi32, _mm512_storeu_ps, _mm512_storeu_si512,
    _mm512_sub_epi16, _mm512_sub_ps,
};

use half::bf16;

use super::lanes::{Bf16Lanes, Lanes};

/// AVX-512F and BW, and AVX-512-VNNI or AVX-512-BF16 if so.
#[derive(Clone, Copy)]
pub struct Avx512<const VNNI: bool, const BF16: bool>(());

impl<const VNNI: bool, const BF16: bool> Avx512<VNNI, BF16> {
    /// # Safety
    /// The processor has AVX-512F and BW, and AVX-512-VNNI or AVX-512-BF16 if so.
    #[inline(always)]
    pub unsafe fn new() -> Self {
        Self(())
    }
}

impl<const VNNI: bool, const BF16: bool> Lanes for Avx512<VNNI, BF16> {
    type Vector = __m512;
    const COUNT: usize = 16;
    const ROWS: usize = 12;

    #[inline(always)]
    fn splat(self, value: f32) -> __m512 {
        // SAFETY: `self` proves the instructions, here and below.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: see `splat`.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: see `splat`.
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: see `splat`.
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: see `splat`.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: see `splat`.
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m512 {
        // SAFETY: see `splat`; the caller promises sixteen numbers.
        unsafe { _mm512_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, value: __m512) {
        // SAFETY: see `splat`; the caller promises room for sixteen numbers.
        unsafe { _mm512_storeu_ps(to, value) }
    }

    type Sums = __m512i;
    // As for AVX2.
    const MAX_CODE: u8 = if VNNI { 255 } else { 127 };
    const WHOLE_ROWS: usize = 12;

    #[inline(always)]
    fn no_sums(self) -> __m512i {
        // SAFETY: see `splat`.
        unsafe { _mm512_setzero_si512() }
    }

    #[inline(always)]
    fn to_floats(self, sums: __m512i) -> __m512 {
        // SAFETY: see `splat`.
        unsafe { _mm512_cvtepi32_ps(sums) }
    }

    #[inline(always)]
    fn add_quads(self, codes: __m512i, weights: __m512i, sums: __m512i) -> __m512i {
        // SAFETY: see `splat`; VNNI is there where it is used.
        unsafe {
            if VNNI {
                return _mm512_dpbusd_epi32(sums, codes, weights);
            }
            let pairs = _mm512_maddubs_epi16(codes, weights);
            _mm512_add_epi32(sums, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)))
        }
    }

    const JOINS_QUADS: bool = !VNNI;

    #[inline(always)]
    fn add_two_quads(self, codes: [__m512i; 2], weights: [__m512i; 2], sums: __m512i) -> __m512i {
        // As for AVX2.
        // SAFETY: see `splat`.
        unsafe {
            let first = _mm512_maddubs_epi16(codes[0], weights[0]);
            let pairs = _mm512_add_epi16(first, _mm512_maddubs_epi16(codes[1], weights[1]));
            _mm512_add_epi32(sums, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)))
        }
    }

    #[inline(always)]
    fn add_pairs(self, values: __m512i, weights: __m512i, sums: __m512i) -> __m512i {
        // SAFETY: as for `add_quads`.
        unsafe {
            if VNNI {
                return _mm512_dpwssd_epi32(sums, values, weights);
            }
            _mm512_add_epi32(sums, _mm512_madd_epi16(values, weights))
        }
    }

    #[inline(always)]
    unsafe fn splat_bytes(self, from: *const u8) -> __m512i {
        // SAFETY: see `splat`; the caller promises four bytes.
        unsafe { _mm512_set1_epi32(from.cast::<i32>().read_unaligned()) }
    }

    #[inline(always)]
    unsafe fn load_bytes(self, from: *const u8) -> __m512i {
        // SAFETY: see `splat`; the caller promises 64 bytes.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }

    #[inline(always)]
    fn max_bytes(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: see `splat`.
        unsafe { _mm512_max_epu8(a, b) }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8, value: __m512i) {
        // SAFETY: see `splat`; the caller promises room for 64 bytes.
        unsafe { _mm512_storeu_si512(to.cast(), value) }
    }

    #[inline(always)]
    unsafe fn load_codes(self, from: *const u8) -> __m512 {
        // SAFETY: see `splat`; the caller promises sixteen bytes.
        unsafe { _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(from.cast()))) }
    }

    #[inline(always)]
    unsafe fn store_codes(self, to: *mut u8, values: [__m512; 2]) {
        // SAFETY: see `splat`; the caller promises room for 32 bytes.
        unsafe {
            let most = _mm512_set1_ps(f32::from(Self::MAX_CODE));
            for (index, values) in values.into_iter().enumerate() {
                let whole = _mm512_cvtps_epi32(_mm512_min_ps(values, most));
                let bytes = _mm512_cvtusepi32_epi8(_mm512_max_epi32(whole, _mm512_setzero_si512()));
                _mm_storeu_si128(to.add(16 * index).cast(), bytes);
            }
        }
    }

    type Words = __m512i;

    #[inline(always)]
    fn no_words(self) -> __m512i {
        // SAFETY: see `splat`.
        unsafe { _mm512_setzero_si512() }
    }

    #[inline(always)]
    fn add_words(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: see `splat`.
        unsafe { _mm512_add_epi16(a, b) }
    }

    #[inline(always)]
    fn sub_words(self, a: __m512i, b: __m512i) -> __m512i {
        // SAFETY: see `splat`.
        unsafe { _mm512_sub_epi16(a, b) }
    }

    #[inline(always)]
    fn quadruple_words(self, a: __m512i) -> __m512i {
        // SAFETY: see `splat`.
        unsafe { _mm512_slli_epi16::<2>(a) }
    }

    #[inline(always)]
    unsafe fn load_words(self, from: *const u8) -> __m512i {
        // SAFETY: see `splat`; the caller promises 32 bytes.
        unsafe { _mm512_cvtepu8_epi16(_mm256_loadu_si256(from.cast())) }
    }

    #[inline(always)]
    unsafe fn store_words(self, to: *mut i16, value: __m512i) {
        // SAFETY: see `splat`; the caller promises room for 32 numbers.
        unsafe { _mm512_storeu_si512(to.cast(), value) }
    }
}

impl<const VNNI: bool> Bf16Lanes for Avx512<VNNI, true> {
    #[inline(always)]
    fn add_bf16_pairs(self, values: __m512i, weights: __m512i, sums: __m512) -> __m512 {
        // SAFETY: see `splat`; all three have 512 bits, of which any are numbers of bf16.
        unsafe {
            let [values, weights] = [values, weights].map(|pairs| std::mem::transmute::<__m512i, __m512bh>(pairs));
            _mm512_dpbf16_ps(sums, values, weights)
        }
    }

    #[inline(always)]
    unsafe fn load_bf16(self, from: *const bf16) -> __m512 {
        // SAFETY: see `splat`; the caller promises sixteen numbers. They are the upper halves of numbers of f32.
        unsafe {
            let upper = _mm512_cvtepu16_epi32(_mm256_loadu_si256(from.cast()));
            _mm512_castsi512_ps(_mm512_slli_epi32::<16>(upper))
        }
    }

    #[inline(always)]
    unsafe fn store_bf16(self, to: *mut bf16, value: __m512) {
        // SAFETY: see `splat`; the caller promises room for sixteen numbers, and both types have 256 bits.
        unsafe {
            let rounded = std::mem::transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(value));
            _mm256_storeu_si256(to.cast(), rounded);
        }
    }
}
