//! Eight numbers in a 256-bit register, with fused multiplication and addition.

use std::arch::x86_64::{
    __m256, __m256i, _mm_loadl_epi64, _mm_loadu_si128, _mm_storeu_si128, _mm256_add_epi16, _mm256_add_epi32,
    _mm256_add_ps, _mm256_castsi256_si128, _mm256_cvtepi32_ps, _mm256_cvtepu8_epi16, _mm256_cvtepu8_epi32,
    _mm256_cvtps_epi32, _mm256_dpbusd_avx_epi32, _mm256_dpwssd_avx_epi32, _mm256_fmadd_ps, _mm256_loadu_ps,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_max_epu8, _mm256_max_ps, _mm256_min_ps,
    _mm256_mul_ps, _mm256_packs_epi32, _mm256_packus_epi16, _mm256_permutevar8x32_epi32, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_setr_epi32, _mm256_setzero_si256, _mm256_slli_epi16, _mm256_storeu_ps,
    _mm256_storeu_si256, _mm256_sub_epi16, _mm256_sub_ps,
};

use super::lanes::Lanes;

/// AVX2 and FMA, and AVX-VNNI if so.
#[derive(Clone, Copy)]
pub struct Avx2<const VNNI: bool>(());

impl<const VNNI: bool> Avx2<VNNI> {
    /// # Safety
    /// The processor has AVX2 and FMA, and AVX-VNNI if so.
    #[inline(always)]
    pub unsafe fn new() -> Self {
        Self(())
    }
}

impl<const VNNI: bool> Lanes for Avx2<VNNI> {
    type Vector = __m256;
    const COUNT: usize = 8;
    const ROWS: usize = 6;

    #[inline(always)]
    fn splat(self, value: f32) -> __m256 {
        // SAFETY: `self` proves the instructions, here and below.
        unsafe { _mm256_set1_ps(value) }
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: see `splat`.
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: see `splat`.
        unsafe { _mm256_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: see `splat`.
        unsafe { _mm256_mul_ps(a, b) }
    }

    #[inline(always)]
    fn mul_add(self, a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: see `splat`.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn max(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: see `splat`.
        unsafe { _mm256_max_ps(a, b) }
    }

    #[inline(always)]
    unsafe fn load(self, from: *const f32) -> __m256 {
        // SAFETY: see `splat`; the caller promises eight numbers.
        unsafe { _mm256_loadu_ps(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32, value: __m256) {
        // SAFETY: see `splat`; the caller promises room for eight numbers.
        unsafe { _mm256_storeu_ps(to, value) }
    }

    type Sums = __m256i;
    // Without VNNI two products are summed in 16 bits: 2 · 127 · 127 fits, 2 · 255 · 127 does not.
    const MAX_CODE: u8 = if VNNI { 255 } else { 127 };
    // Without VNNI a product takes registers on its way to the sum: more rows would not leave it any.
    const WHOLE_ROWS: usize = if VNNI { 6 } else { 5 };

    #[inline(always)]
    fn no_sums(self) -> __m256i {
        // SAFETY: see `splat`.
        unsafe { _mm256_setzero_si256() }
    }

    #[inline(always)]
    fn to_floats(self, sums: __m256i) -> __m256 {
        // SAFETY: see `splat`.
        unsafe { _mm256_cvtepi32_ps(sums) }
    }

    #[inline(always)]
    fn add_quads(self, codes: __m256i, weights: __m256i, sums: __m256i) -> __m256i {
        // SAFETY: see `splat`; AVX-VNNI is there where it is used.
        unsafe {
            if VNNI {
                return _mm256_dpbusd_avx_epi32(sums, codes, weights);
            }
            let pairs = _mm256_maddubs_epi16(codes, weights);
            _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }

    const JOINS_QUADS: bool = !VNNI;

    #[inline(always)]
    fn add_two_quads(self, codes: [__m256i; 2], weights: [__m256i; 2], sums: __m256i) -> __m256i {
        // Three multiplications, of which the processor does two at once, instead of four. With VNNI nobody asks for them.
        // SAFETY: see `splat`.
        unsafe {
            let first = _mm256_maddubs_epi16(codes[0], weights[0]);
            let pairs = _mm256_add_epi16(first, _mm256_maddubs_epi16(codes[1], weights[1]));
            _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        }
    }

    #[inline(always)]
    fn add_pairs(self, values: __m256i, weights: __m256i, sums: __m256i) -> __m256i {
        // SAFETY: as for `add_quads`.
        unsafe {
            if VNNI {
                return _mm256_dpwssd_avx_epi32(sums, values, weights);
            }
            _mm256_add_epi32(sums, _mm256_madd_epi16(values, weights))
        }
    }

    #[inline(always)]
    unsafe fn splat_bytes(self, from: *const u8) -> __m256i {
        // SAFETY: see `splat`; the caller promises four bytes.
        unsafe { _mm256_set1_epi32(from.cast::<i32>().read_unaligned()) }
    }

    #[inline(always)]
    unsafe fn load_bytes(self, from: *const u8) -> __m256i {
        // SAFETY: see `splat`; the caller promises 32 bytes.
        unsafe { _mm256_loadu_si256(from.cast()) }
    }

    #[inline(always)]
    fn max_bytes(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: see `splat`.
        unsafe { _mm256_max_epu8(a, b) }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8, value: __m256i) {
        // SAFETY: see `splat`; the caller promises room for 32 bytes.
        unsafe { _mm256_storeu_si256(to.cast(), value) }
    }

    #[inline(always)]
    unsafe fn load_codes(self, from: *const u8) -> __m256 {
        // SAFETY: see `splat`; the caller promises eight bytes.
        unsafe { _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(from.cast()))) }
    }

    #[inline(always)]
    unsafe fn store_codes(self, to: *mut u8, values: [__m256; 2]) {
        // SAFETY: see `splat`; the caller promises room for sixteen bytes.
        unsafe {
            let most = _mm256_set1_ps(f32::from(Self::MAX_CODE));
            let [low, high] = values.map(|values| _mm256_cvtps_epi32(_mm256_min_ps(values, most)));
            // Packing clips what lies below zero; it takes each half of the registers apart.
            let words = _mm256_packs_epi32(low, high);
            let bytes = _mm256_packus_epi16(words, words);
            let in_order = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 0, 4, 1, 5));
            _mm_storeu_si128(to.cast(), _mm256_castsi256_si128(in_order));
        }
    }

    type Words = __m256i;

    #[inline(always)]
    fn no_words(self) -> __m256i {
        // SAFETY: see `splat`.
        unsafe { _mm256_setzero_si256() }
    }

    #[inline(always)]
    fn add_words(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: see `splat`.
        unsafe { _mm256_add_epi16(a, b) }
    }

    #[inline(always)]
    fn sub_words(self, a: __m256i, b: __m256i) -> __m256i {
        // SAFETY: see `splat`.
        unsafe { _mm256_sub_epi16(a, b) }
    }

    #[inline(always)]
    fn quadruple_words(self, a: __m256i) -> __m256i {
        // SAFETY: see `splat`.
        unsafe { _mm256_slli_epi16::<2>(a) }
    }

    #[inline(always)]
    unsafe fn load_words(self, from: *const u8) -> __m256i {
        // SAFETY: see `splat`; the caller promises 16 bytes.
        unsafe { _mm256_cvtepu8_epi16(_mm_loadu_si128(from.cast())) }
    }

    #[inline(always)]
    unsafe fn store_words(self, to: *mut i16, value: __m256i) {
        // SAFETY: see `splat`; the caller promises room for 16 numbers.
        unsafe { _mm256_storeu_si256(to.cast(), value) }
    }
}
