//! What is to become of a run that is stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// What a person wants of a run that is stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Its best epoch so far becomes a version.
    KeepBest,
    /// Nothing becomes of it.
    Discard,
    /// It is gone on with later.
    Pause,
}

/// That wish, said on one thread and read on another. A run that is cancelled without a word keeps its best epoch.
#[derive(Clone, Debug, Default)]
pub(in crate::workspace) struct StopWish(Arc<AtomicU8>);

impl StopWish {
    pub fn set(&self, stop: Stop) {
        let number = match stop {
            Stop::KeepBest => 0,
            Stop::Discard => 1,
            Stop::Pause => 2,
        };
        self.0.store(number, Ordering::Relaxed);
    }

    pub fn get(&self) -> Stop {
        match self.0.load(Ordering::Relaxed) {
            1 => Stop::Discard,
            2 => Stop::Pause,
            _ => Stop::KeepBest,
        }
    }
}
