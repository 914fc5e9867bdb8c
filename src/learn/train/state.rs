//! Where a training stands: all that a later run needs to go on as if nothing had been.

use super::adam::Moments;
use super::judge::Verdict;
use super::loss_scale::LossScale;

/// A training between two steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The epoch under way, from 0.
    pub epoch: usize,
    /// Steps made in all.
    pub step: u64,
    /// What the rates that were set are multiplied with.
    pub rate_factor: f32,
    /// The losses of the epoch's steps so far, added up.
    pub loss_sum: f64,
    /// Epochs since the best one.
    pub epochs_since_best: usize,
    /// The names of all parameters, in order.
    pub names: Vec<String>,
    pub weights: Vec<Vec<f32>>,
    pub moments: Moments,
    /// The averages of the weights; empty where none are taken.
    pub averages: Vec<Vec<f32>>,
    pub best: Option<Best>,
    /// By how much gradients are made larger; none where they are not.
    pub loss_scale: Option<LossScale>,
    /// Steps of the epoch that were skipped, since gradients were too large.
    pub num_skipped: usize,
}

/// The best epoch so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// From 0.
    pub epoch: usize,
    pub verdict: Verdict,
    pub weights: Vec<Vec<f32>>,
}
