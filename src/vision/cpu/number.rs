//! The types of which maps consist, and how the matrix kernel multiplies them: f32, and bf16 for processors that
//! multiply its pairs.
//!
//! A step of the sum takes four bytes of a row with it, whatever the type: one number of f32, or two of bf16.

use half::bf16;

use super::lanes::{Bf16Lanes, Lanes};

/// A type of number in memory; sums are in f32.
pub trait Number<L: Lanes>: Copy {
    /// Numbers of a run that a step of the sum takes.
    const PER_STEP: usize = 4 / size_of::<Self>();
    /// A register of what is multiplied.
    type Factors: Copy;

    /// The weights of a step.
    ///
    /// # Safety
    /// Four bytes for each lane can be read from there.
    unsafe fn weights(lanes: L, from: *const f32) -> Self::Factors;
    /// A step of a run, the same in every lane.
    ///
    /// # Safety
    /// [`Number::PER_STEP`] numbers can be read from there.
    unsafe fn activations(lanes: L, from: *const Self) -> Self::Factors;
    /// A step that has one number only.
    fn last_activation(lanes: L, value: Self) -> Self::Factors;
    fn add_products(lanes: L, activations: Self::Factors, weights: Self::Factors, sums: L::Vector) -> L::Vector;

    /// # Safety
    /// [`Lanes::COUNT`] numbers can be read from there.
    unsafe fn load(lanes: L, from: *const Self) -> L::Vector;
    /// Rounds half to even.
    ///
    /// # Safety
    /// [`Lanes::COUNT`] numbers can be written there.
    unsafe fn store(lanes: L, to: *mut Self, value: L::Vector);
    fn to_f32(self) -> f32;
    fn of_f32(value: f32) -> Self;
}

impl<L: Lanes> Number<L> for f32 {
    type Factors = L::Vector;

    #[inline(always)]
    unsafe fn weights(lanes: L, from: *const f32) -> L::Vector {
        // SAFETY: the caller's promise, here and below.
        unsafe { lanes.load(from) }
    }

    #[inline(always)]
    unsafe fn activations(lanes: L, from: *const f32) -> L::Vector {
        // SAFETY: see `weights`.
        lanes.splat(unsafe { *from })
    }

    #[inline(always)]
    fn last_activation(lanes: L, value: f32) -> L::Vector {
        lanes.splat(value)
    }

    #[inline(always)]
    fn add_products(lanes: L, activations: L::Vector, weights: L::Vector, sums: L::Vector) -> L::Vector {
        lanes.mul_add(activations, weights, sums)
    }

    #[inline(always)]
    unsafe fn load(lanes: L, from: *const f32) -> L::Vector {
        // SAFETY: see `weights`.
        unsafe { lanes.load(from) }
    }

    #[inline(always)]
    unsafe fn store(lanes: L, to: *mut f32, value: L::Vector) {
        // SAFETY: see `weights`.
        unsafe { lanes.store(to, value) }
    }

    #[inline(always)]
    fn to_f32(self) -> f32 {
        self
    }

    #[inline(always)]
    fn of_f32(value: f32) -> f32 {
        value
    }
}

impl<L: Bf16Lanes> Number<L> for bf16 {
    type Factors = L::Sums;

    #[inline(always)]
    unsafe fn weights(lanes: L, from: *const f32) -> L::Sums {
        // SAFETY: the caller's promise, here and below.
        unsafe { lanes.load_bytes(from.cast()) }
    }

    #[inline(always)]
    unsafe fn activations(lanes: L, from: *const bf16) -> L::Sums {
        // SAFETY: see `weights`.
        unsafe { lanes.splat_bytes(from.cast()) }
    }

    #[inline(always)]
    fn last_activation(lanes: L, value: bf16) -> L::Sums {
        // What lies behind a run may be no number at all, which not even a weight of zero would take away.
        let pair = [value, bf16::ZERO];
        // SAFETY: a pair has four bytes.
        unsafe { lanes.splat_bytes(pair.as_ptr().cast()) }
    }

    #[inline(always)]
    fn add_products(lanes: L, activations: L::Sums, weights: L::Sums, sums: L::Vector) -> L::Vector {
        lanes.add_bf16_pairs(activations, weights, sums)
    }

    #[inline(always)]
    unsafe fn load(lanes: L, from: *const bf16) -> L::Vector {
        // SAFETY: see `weights`.
        unsafe { lanes.load_bf16(from) }
    }

    #[inline(always)]
    unsafe fn store(lanes: L, to: *mut bf16, value: L::Vector) {
        // SAFETY: see `weights`.
        unsafe { lanes.store_bf16(to, value) }
    }

    #[inline(always)]
    fn to_f32(self) -> f32 {
        bf16::to_f32(self)
    }

    #[inline(always)]
    fn of_f32(value: f32) -> bf16 {
        bf16::from_f32(value)
    }
}
