//! The temperature that makes held-out probabilities honest.

use super::objective::loss_and_residual;
use super::problem::Target;

/// Beyond these a few odd rows, not the data, would decide.
const COLDEST: f32 = 0.2;
const HOTTEST: f32 = 5.0;

/// The mean loss of held-out logits `[rows, classes]` divided by a temperature.
pub(super) fn loss_at(logits: &[f32], targets: &[&Target], num_classes: usize, temperature: f32) -> f64 {
    let mut scaled = vec![0f32; num_classes];
    let mut total = 0.0;
    for (row, target) in logits.chunks_exact(num_classes).zip(targets) {
        scaled.iter_mut().zip(row).for_each(|(out, logit)| *out = logit / temperature);
        total += loss_and_residual(&mut scaled, target);
    }
    total / targets.len().max(1) as f64
}

/// How many rows weigh as much as the belief that a head is calibrated as it is: a dozen labels, all of them right,
/// must not make it certain of everything.
const PRIOR_ROWS: f64 = 20.0;

/// The temperature with the least held-out loss, by golden-section search on its logarithm, where the loss has one
/// valley. With few rows it stays near 1.
pub(super) fn temperature(logits: &[f32], targets: &[&Target], num_classes: usize) -> f32 {
    if targets.is_empty() {
        return 1.0;
    }
    let prior = PRIOR_ROWS / targets.len() as f64;
    let loss = |log: f32| loss_at(logits, targets, num_classes, log.exp()) + prior * f64::from(log).powi(2);
    let golden = (5f32.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (COLDEST.ln(), HOTTEST.ln());
    for _ in 0..24 {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if loss(left) < loss(right) {
            high = right;
        } else {
            low = left;
        }
    }
    (0.5 * (low + high)).exp()
}
