//! How far a long task is, and whether it should stop.
//!
//! A worker counts into a [`Progress`], whoever watches reads a [`Snapshot`] a few times a second. Nothing here blocks,
//! so counting costs a worker next to nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A shared counter with a cancel switch; clones count into the same task.
#[derive(Clone, Debug)]
pub struct Progress(Arc<Counters>);

#[derive(Debug)]
struct Counters {
    done: AtomicU64,
    total: AtomicU64,
    is_cancelled: AtomicBool,
    started: Instant,
}

/// What a [`Progress`] said at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Snapshot {
    pub done: u64,
    /// Zero while the amount of work is not known yet.
    pub total: u64,
    pub elapsed: Duration,
}

impl Default for Progress {
    fn default() -> Self {
        Self(Arc::new(Counters {
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
            is_cancelled: AtomicBool::new(false),
            started: Instant::now(),
        }))
    }
}

impl Progress {
    /// Counts `amount` more as done.
    pub fn add(&self, amount: u64) {
        self.0.done.fetch_add(amount, Ordering::Relaxed);
    }

    /// Says how much there is to do, in the unit that [`Progress::add`] counts.
    pub fn set_total(&self, total: u64) {
        self.0.total.store(total, Ordering::Relaxed);
    }

    /// Asks the task to stop at its next check.
    pub fn cancel(&self) {
        self.0.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked the task to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::Relaxed)
    }

    /// The counters as they are now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            done: self.0.done.load(Ordering::Relaxed),
            total: self.0.total.load(Ordering::Relaxed),
            elapsed: self.0.started.elapsed(),
        }
    }
}

impl Snapshot {
    /// The part that is done, from 0 to 1, or `None` while the total is unknown.
    #[must_use]
    pub fn fraction(&self) -> Option<f32> {
        (self.total > 0).then(|| (self.done as f32 / self.total as f32).min(1.0))
    }

    /// Units per second since the start.
    #[must_use]
    pub fn rate_per_sec(&self) -> f64 {
        self.done as f64 / self.elapsed.as_secs_f64().max(1e-3)
    }

    /// How long the rest takes at the rate so far, or `None` before there is one.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        (self.total > 0 && self.done > 0)
            .then(|| Duration::from_secs_f64(self.total.saturating_sub(self.done) as f64 / self.rate_per_sec()))
    }
}
