//! The heap as tests have it: it counts what threads take that somebody watches.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    static IS_WATCHED: Cell<bool> = const { Cell::new(false) };
}

/// Pieces that watched threads took.
static COUNT: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static HEAP: Watched = Watched;

struct Watched;

/// Whether what this thread takes from now on counts.
pub fn watch(is_watched: bool) {
    IS_WATCHED.set(is_watched);
}

/// Pieces that watched threads have taken so far.
pub fn count() -> usize {
    COUNT.load(Ordering::Relaxed)
}

fn take() {
    if IS_WATCHED.get() {
        COUNT.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: all is done by the system's heap; counting takes nothing from this one.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take();
        // SAFETY: the caller's promise, here and below.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        take();
        // SAFETY: see above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        take();
        // SAFETY: see above.
        unsafe { System.realloc(piece, layout, new_size) }
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        // SAFETY: see above.
        unsafe { System.dealloc(piece, layout) }
    }
}
