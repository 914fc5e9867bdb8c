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

    /// A head from its parts: weights `[classes, features]` row-major, one bias a class, and the calibration. `None`
    /// where they do not fit together or are not finite.
    #[must_use]
    pub fn from_parts(weights: &[f32], biases: &[f32], is_one_of: bool, temperature: f32) -> Option<Self> {
        let num_classes = biases.len();
        let dim = weights.len().checked_div(num_classes)?;
        let is_finite = weights.iter().chain(biases).all(|value| value.is_finite());
        if dim == 0
            || dim * num_classes != weights.len()
            || !is_finite
            || !temperature.is_finite()
            || temperature <= 0.0
        {
            return None;
        }
        let mut parameters = transposed(weights, num_classes, dim);
        parameters.extend_from_slice(biases);
        Some(Self::new(dim, num_classes, is_one_of, parameters, temperature))
    }

    /// Features a row.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Weights `[classes, features]`, row-major.
    #[must_use]
    pub fn weights(&self) -> Vec<f32> {
        transposed(&self.parameters[..self.dim * self.num_classes], self.dim, self.num_classes)
    }

    /// One bias a class.
    #[must_use]
    pub fn biases(&self) -> &[f32] {
        &self.parameters[self.dim * self.num_classes..]
    }

    /// By which logits are divided before they become probabilities.
    #[must_use]
    pub fn temperature(&self) -> f32 {
        self.temperature
    }

    /// The head whose logits become probabilities as they are.
    #[must_use]
    pub fn uncalibrated(&self) -> Self {
        self.at_temperature(1.0)
    }

    /// The same head, calibrated otherwise.
    pub(super) fn at_temperature(&self, temperature: f32) -> Self {
        Self { temperature, ..self.clone() }
    }

    /// The head of only these classes, in that order; where they exclude each other, what the others had is shared out
    /// among them.
    #[must_use]
    pub fn of_classes(&self, classes: &[usize]) -> Self {
        let rows = self.parameters.chunks_exact(self.num_classes);
        let parameters = rows.flat_map(|row| classes.iter().map(|&class| row[class])).collect();
        Self::new(self.dim, classes.len(), self.is_one_of, parameters, self.temperature)
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

    pub(super) fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The official answer for one photo: calibrated probabilities of features that were not rounded.
    #[must_use]
    pub fn answer(&self, features: &[f32]) -> Vec<f32> {
        let mut values = self.biases().to_vec();
        for (feature, row) in features.iter().zip(self.parameters.chunks_exact(self.num_classes)) {
            values.iter_mut().zip(row).for_each(|(value, weight)| *value += feature * weight);
        }
        calibrated(&mut values, self.num_classes, self.is_one_of, self.temperature);
        values
    }

    /// Calibrated probabilities `[rows, classes]`, row-major: of each row they sum to one in a `one of` group.
    #[must_use]
    pub fn probabilities(&self, rows: &[&[f16]]) -> Vec<f32> {
        let mut values = logits(rows, &self.parameters, self.dim);
        calibrated(&mut values, self.num_classes, self.is_one_of, self.temperature);
        values
    }
}

/// A matrix `[rows, columns]` as one of `[columns, rows]`, both row-major.
fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|column| (0..rows).map(move |row| values[row * columns + column])).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_comes_back_from_its_parts() {
        let (weights, biases) = ([1.0, 2.0, 3.0, -1.0, -2.0, -3.0, 0.5, 0.25, 0.0], [0.1, 0.2, 0.3]);
        let head = Head::from_parts(&weights, &biases, true, 2.0).expect("they fit together");
        assert_eq!((head.dim(), head.num_classes(), head.temperature()), (3, 3, 2.0));
        assert_eq!((head.weights().as_slice(), head.biases()), (weights.as_slice(), biases.as_slice()));
        assert_eq!(Head::from_parts(&head.weights(), head.biases(), true, 2.0), Some(head.clone()));

        let row = [1.0, 0.5, -0.5].map(f16::from_f32);
        let all = head.probabilities(&[&row]);
        let two = head.of_classes(&[2, 0]).probabilities(&[&row]);
        assert!((two[0] / two[1] - all[2] / all[0]).abs() < 1e-5 && (two[0] + two[1] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn parts_that_do_not_fit_are_no_head() {
        assert_eq!(Head::from_parts(&[1.0; 5], &[0.0; 2], true, 1.0), None);
        assert_eq!(Head::from_parts(&[], &[0.0; 2], true, 1.0), None);
        assert_eq!(Head::from_parts(&[1.0; 4], &[], true, 1.0), None);
        assert_eq!(Head::from_parts(&[1.0, f32::NAN], &[0.0], true, 1.0), None);
        assert_eq!(Head::from_parts(&[1.0; 2], &[0.0], true, 0.0), None);
    }
}
