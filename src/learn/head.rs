//! The linear layer from features to tags, with its calibration.

use half::f16;

use super::objective::{Parameters, logits, softmax};

/// A fitted head for one tag group.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    dim: usize,
    num_classes: usize,
    is_one_of: bool,
    /// Weights `[dim, classes]`, then biases.
    parameters: Parameters,
    /// By which logits are divided before they become probabilities (Guo et al., *On Calibration of Modern Neural
    /// Networks*, 2017).
    temperature: f32,
}

impl Head {
    pub(super) fn new(
        dim: usize,
        num_classes: usize,
        is_one_of: bool,
        parameters: Parameters,
        temperature: f32,
    ) -> Self {
        Self { dim, num_classes, is_one_of, parameters, temperature }
    }

    /// Classes.
    #[must_use]
    pub fn num_classes(&self) -> usize {
        self.num_classes
    }

    /// Whether the classes exclude each other.
    #[must_use]
    pub fn is_one_of(&self) -> bool {
        self.is_one_of
    }

    pub(super) fn temperature(&self) -> f32 {
        self.temperature
    }

    pub(super) fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// Calibrated probabilities `[rows, classes]`, row-major: of each row they sum to one in a `one of` group.
    #[must_use]
    pub fn probabilities(&self, rows: &[&[f16]]) -> Vec<f32> {
        let mut values = logits(rows, &self.parameters, self.dim);
        calibrated(&mut values, self.num_classes, self.is_one_of, self.temperature);
        values
    }
}

/// Logits to calibrated probabilities, in place.
pub(super) fn calibrated(logits: &mut [f32], num_classes: usize, is_one_of: bool, temperature: f32) {
    for row in logits.chunks_exact_mut(num_classes.max(1)) {
        row.iter_mut().for_each(|logit| *logit /= temperature);
        if is_one_of {
            softmax(row);
        } else {
            row.iter_mut().for_each(|logit| *logit = 1.0 / (1.0 + (-*logit).exp()));
        }
    }
}
