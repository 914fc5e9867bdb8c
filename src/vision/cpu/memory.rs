//! Aligned memory that threads share, and the plan of who uses which part of it when.

use std::alloc::{Layout, handle_alloc_error};

#[cfg(not(test))]
use memmap2::MmapMut as Bytes;

#[cfg(test)]
use super::heap::{Bytes, pages};
#[cfg(not(test))]
use crate::vision::pages::pages;

/// A cache line, and the widest vector.
pub const ALIGNMENT_BYTES: usize = 64;
pub const LINE: usize = ALIGNMENT_BYTES / size_of::<f32>();

/// Zeroed numbers that begin on a cache line.
pub struct Memory(Bytes);

/// Where numbers lie, for kernels that divide the writing among themselves.
#[derive(Clone, Copy)]
pub struct Place(*mut f32);

// SAFETY: a `Place` is an address; reading or writing there is unsafe and carries the promise.
unsafe impl Send for Place {}
// SAFETY: see `Send`.
unsafe impl Sync for Place {}

impl Memory {
    pub fn zeroed(len: usize) -> Self {
        let map = pages(len * size_of::<f32>());
        // A plan is far smaller than the address space.
        Self(map.unwrap_or_else(|_| handle_alloc_error(Layout::array::<f32>(len).unwrap_or(Layout::new::<f32>()))))
    }

    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    pub fn as_slice(&self) -> &[f32] {
        bytemuck::cast_slice(&self.0)
    }

    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        bytemuck::cast_slice_mut(&mut self.0)
    }

    /// Leaves nothing from there on as it was: it is no number in f32 and bf16, and the greatest code. A kernel that reads it
    /// before it is written gives results that a test sees.
    #[cfg(test)]
    pub fn spoil(&mut self, from: usize) {
        self.as_mut_slice()[from..].fill(f32::from_bits(u32::MAX));
    }

    /// What is written through it while somebody holds a slice must not lie in the slice.
    pub fn place(&self) -> Place {
        Place(self.0.as_ptr().cast_mut().cast())
    }
}

impl Place {
    /// # Safety
    /// The memory has numbers there, or ends there.
    #[inline(always)]
    pub unsafe fn at(self, index: usize) -> *mut f32 {
        // SAFETY: the caller's promise.
        unsafe { self.0.add(index) }
    }

    /// # Safety
    /// The memory has so many numbers there, and nobody writes them while the slice is in use.
    #[inline(always)]
    pub unsafe fn slice<'a>(self, index: usize, len: usize) -> &'a [f32] {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts(self.at(index), len) }
    }

    /// Numbers of another type, from the `first` of those on that begin at `index`.
    ///
    /// # Safety
    /// The memory has so many of them there, any bits are such a number, it needs no wider alignment than f32, and nobody
    /// else touches them while the slice is in use.
    #[inline(always)]
    pub unsafe fn slice_mut<'a, T>(self, index: usize, first: usize, len: usize) -> &'a mut [T] {
        // SAFETY: the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.at(index).cast::<T>().add(first), len) }
    }
}

/// Where a task works: the memory, and for which member of the team.
#[derive(Clone, Copy)]
pub struct On {
    pub memory: Place,
    pub member: usize,
    /// Where the member's own workspace begins.
    pub workspace: usize,
}

/// A buffer in the plan, for as many images as go through together. Image `i` uses part `i % images`, so that a part
/// of the network may run a few images at a time and reuse what it needs.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub at: usize,
    /// Numbers an image.
    pub floats: usize,
    pub images: usize,
    /// Numbers from one member's own buffer to the next one's; 0 where all share one.
    pub by_member: usize,
}

impl Slot {
    /// Where an image's numbers begin, for a member of the team.
    #[inline(always)]
    pub fn of(self, image: usize, member: usize) -> usize {
        self.at + member * self.by_member + image % self.images * self.floats
    }
}

/// A buffer before it has a place: its size, and the first and last step that use it.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    pub floats: usize,
    pub first: usize,
    pub last: usize,
}

/// Gives each buffer a place from `begin` on, so that buffers in use at the same step do not overlap; and the end of
/// it all. The largest goes first, each to the lowest gap that fits.
pub fn arrange(lifetimes: &[Lifetime], begin: usize) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..lifetimes.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(lifetimes[index].floats));
    let mut places = vec![begin; lifetimes.len()];
    let mut placed: Vec<usize> = Vec::new();
    let mut end = begin;
    for index in order {
        let buffer = lifetimes[index];
        let size = buffer.floats.next_multiple_of(LINE);
        let mut at = begin;
        placed.sort_by_key(|&other| places[other]);
        for &other in &placed {
            let lives_together = lifetimes[other].first <= buffer.last && buffer.first <= lifetimes[other].last;
            if lives_together && at < places[other] + lifetimes[other].floats && places[other] < at + size {
                at = (places[other] + lifetimes[other].floats).next_multiple_of(LINE);
            }
        }
        places[index] = at;
        placed.push(index);
        end = end.max(at + size);
    }
    (places, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_in_use_together_do_not_overlap_and_others_share() {
        let life = |floats, first, last| Lifetime { floats, first, last };
        let lifetimes = [life(100, 0, 1), life(40, 1, 2), life(100, 2, 3), life(7, 0, 3), life(40, 3, 4)];
        let (places, end) = arrange(&lifetimes, 64);
        for (a, one) in lifetimes.iter().enumerate() {
            assert!(places[a] >= 64 && places[a] % LINE == 0);
            for (b, other) in lifetimes.iter().enumerate().skip(a + 1) {
                let together = one.first <= other.last && other.first <= one.last;
                let apart = places[a] + one.floats <= places[b] || places[b] + other.floats <= places[a];
                assert!(apart || !together, "{a} and {b}: {places:?}");
            }
        }
        assert!(end < 64 + 100 + 40 + 100, "nothing was reused: {end}");
    }
}
