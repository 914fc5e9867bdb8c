//! Memory as tests have it: from the heap, of which valgrind knows where each piece ends. Of whole pages it does not.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::io;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;
use std::slice;

use super::memory::ALIGNMENT_BYTES;

/// Zeroed bytes that begin on a cache line.
pub struct Bytes {
    first: NonNull<u8>,
    len: usize,
    layout: Layout,
}

// SAFETY: the bytes are its own, as a vector's are.
unsafe impl Send for Bytes {}
// SAFETY: see `Send`.
unsafe impl Sync for Bytes {}

/// As [`crate::vision::pages::pages`].
pub fn pages(len: usize) -> io::Result<Bytes> {
    // The heap has no pieces of nothing.
    let layout = Layout::from_size_align(len.max(1), ALIGNMENT_BYTES).map_err(io::Error::other)?;
    // SAFETY: the layout has a size.
    let first = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(io::ErrorKind::OutOfMemory)?;
    Ok(Bytes { first, len, layout })
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: there are so many, and they are borrowed as this is.
        unsafe { slice::from_raw_parts(self.first.as_ptr(), self.len) }
    }
}

impl DerefMut for Bytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: see `deref`.
        unsafe { slice::from_raw_parts_mut(self.first.as_ptr(), self.len) }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        // SAFETY: they came from the heap by this layout, and nobody has them any more.
        unsafe { dealloc(self.first.as_ptr(), self.layout) }
    }
}
