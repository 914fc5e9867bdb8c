//! How many pixels may be in memory together, on however many threads photos are decoded: a counting semaphore.

use std::sync::{Condvar, Mutex, PoisonError};

/// Pixels that are shared out. Who finds too few left waits.
pub struct PixelBudget {
    all: u64,
    left: Mutex<u64>,
    given_back: Condvar,
}

/// The pixels of a picture; dropped together with it, they are another one's.
#[must_use = "dropped at once, it holds nobody up"]
pub struct Permit<'a> {
    budget: &'a PixelBudget,
    pixels: u64,
}

impl PixelBudget {
    #[must_use]
    pub const fn new(all: u64) -> Self {
        Self { all, left: Mutex::new(all), given_back: Condvar::new() }
    }

    /// Waits until so many are left; for a picture with more than there are, until all are. Who has a permit must wait for
    /// no other one, and for no work of rayon's, which may wait for one.
    pub fn take(&self, pixels: u64) -> Permit<'_> {
        let pixels = pixels.min(self.all);
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = self.given_back.wait_while(left, |left| *left < pixels).unwrap_or_else(PoisonError::into_inner);
        *left -= pixels;
        Permit { budget: self, pixels }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.budget.left.lock().unwrap_or_else(PoisonError::into_inner) += self.pixels;
        self.budget.given_back.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread::sleep;
    use std::time::Duration;

    use super::*;

    #[test]
    fn never_more_are_in_use_than_there_are_and_the_largest_picture_gets_its_turn() {
        let (budget, in_use, most) = (PixelBudget::new(100), AtomicU64::new(0), AtomicU64::new(0));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(8).build().unwrap();
        pool.scope(|scope| {
            for pixels in [60, 30, 100, 7, 45, 1000, 0, 60].repeat(10) {
                let (budget, in_use, most) = (&budget, &in_use, &most);
                scope.spawn(move |_| {
                    let _permit = budget.take(pixels);
                    let pixels = pixels.min(100);
                    most.fetch_max(in_use.fetch_add(pixels, Ordering::SeqCst) + pixels, Ordering::SeqCst);
                    sleep(Duration::from_millis(1));
                    in_use.fetch_sub(pixels, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.into_inner(), 100);
    }
}
