//! The function that a fit makes small: mean loss over the rows plus an L2 penalty on the weights.
//!
//! With `C` as in LIBLINEAR and scikit-learn, the value is `mean loss + ‖W‖² / (2·C·n)`; the biases are not
//! penalised. A *no* in a `one of` group costs −log(1 − p).

use half::f16;
use half::slice::HalfFloatSliceExt;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};
use rayon::prelude::*;

use super::problem::{Problem, Target};

/// Rows that are widened to f32 together: enough that the gradient is not read and written too often, few enough that
/// they stay in the caches.
const BLOCK_ROWS: usize = 192;

/// Sums that run side by side. The number is fixed, so that the result does not depend on how many cores there are.
const NUM_LANES: usize = 8;

/// Weights `[dim, classes]` row-major, then one bias a class.
pub(super) type Parameters = Vec<f32>;

/// The objective of one problem at one strength of regularisation.
///
/// It is stated for features from which their mean is taken away: pooled features are never negative, so that their
/// mean is by far their longest part, and it would tie every weight to the bias. The optimum is the same, since the
/// bias is not penalised; [`Objective::centred`] and [`Objective::plain`] go from one form to the other.
pub(super) struct Objective<'p, 'a> {
    problem: &'p Problem<'a>,
    c: f64,
    mean: Vec<f32>,
}

struct Lane {
    loss: f64,
    gradient: Vec<f32>,
}

impl<'p, 'a> Objective<'p, 'a> {
    pub fn new(problem: &'p Problem<'a>, c: f64) -> Self {
        let mut sums = vec![0f64; problem.dim()];
        for row in problem.rows() {
            sums.iter_mut().zip(*row).for_each(|(sum, value)| *sum += f64::from(value.to_f32()));
        }
        let num_rows = problem.rows().len().max(1) as f64;
        Self { problem, c, mean: sums.into_iter().map(|sum| (sum / num_rows) as f32).collect() }
    }

    /// Parameters for plain features as those for centred ones: the bias takes in what the mean contributes.
    pub fn centred(&self, mut parameters: Parameters) -> Parameters {
        self.shift_biases(&mut parameters, 1.0);
        parameters
    }

    /// The reverse of [`Objective::centred`].
    pub fn plain(&self, mut parameters: Parameters) -> Parameters {
        self.shift_biases(&mut parameters, -1.0);
        parameters
    }

    fn shift_biases(&self, parameters: &mut [f32], sign: f32) {
        let classes = self.problem.num_classes();
        let (weights, biases) = parameters.split_at_mut(self.problem.dim() * classes);
        for (weights, mean) in weights.chunks_exact(classes).zip(&self.mean) {
            biases.iter_mut().zip(weights).for_each(|(bias, weight)| *bias += sign * mean * weight);
        }
    }

    pub fn num_parameters(&self) -> usize {
        (self.problem.dim() + 1) * self.problem.num_classes()
    }

    /// The value, and its gradient by the parameters written to `gradient`.
    pub fn evaluate(&self, parameters: &[f32], gradient: &mut [f32]) -> f64 {
        let (dim, classes) = (self.problem.dim(), self.problem.num_classes());
        let blocks: Vec<usize> = (0..self.problem.rows().len()).step_by(BLOCK_ROWS).collect();
        let lanes: Vec<Lane> = (0..NUM_LANES.min(blocks.len()))
            .into_par_iter()
            .map(|lane| {
                let mut sum = Lane { loss: 0.0, gradient: vec![0.0; parameters.len()] };
                let mut scratch = Scratch::new(dim, classes);
                for &start in blocks.iter().skip(lane).step_by(NUM_LANES) {
                    sum.loss += self.add_block(start, parameters, &mut scratch, &mut sum.gradient);
                }
                sum
            })
            .collect();
        let num_rows = self.problem.rows().len().max(1) as f64;
        let scale = (1.0 / num_rows) as f32;
        let penalty = 1.0 / (self.c * num_rows);
        let num_weights = dim * classes;
        gradient.par_iter_mut().enumerate().with_min_len(4096).for_each(|(index, out)| {
            let loss_part: f32 = lanes.iter().map(|lane| lane.gradient[index]).sum();
            let penalty_part = if index < num_weights { parameters[index] * penalty as f32 } else { 0.0 };
            *out = loss_part * scale + penalty_part;
        });
        let squares: f64 = parameters[..num_weights].iter().map(|&w| f64::from(w).powi(2)).sum();
        lanes.iter().map(|lane| lane.loss).sum::<f64>() / num_rows + 0.5 * penalty * squares
    }

    /// Adds one block's gradient to the lane's and gives its loss.
    fn add_block(&self, start: usize, parameters: &[f32], scratch: &mut Scratch, gradient: &mut [f32]) -> f64 {
        let (dim, classes) = (self.problem.dim(), self.problem.num_classes());
        let end = (start + BLOCK_ROWS).min(self.problem.rows().len());
        let rows = end - start;
        widen(&self.problem.rows()[start..end], &mut scratch.features);
        for row in scratch.features[..rows * dim].chunks_exact_mut(dim) {
            row.iter_mut().zip(&self.mean).for_each(|(value, mean)| *value -= mean);
        }
        logits_of(&scratch.features[..rows * dim], parameters, dim, &mut scratch.logits[..rows * classes]);
        let mut loss = 0.0;
        let residuals = &mut scratch.logits[..rows * classes];
        for (row, target) in residuals.chunks_exact_mut(classes).zip(&self.problem.targets()[start..end]) {
            loss += loss_and_residual(row, target);
        }
        add_gradient(&scratch.features[..rows * dim], residuals, gradient, dim, classes);
        loss
    }
}

/// The logits `[rows, classes]` of any number of rows.
pub(super) fn logits(rows: &[&[f16]], parameters: &[f32], dim: usize) -> Vec<f32> {
    let classes = parameters.len() / (dim + 1);
    let mut all = vec![0f32; rows.len() * classes];
    all.par_chunks_mut((BLOCK_ROWS * classes).max(1)).zip(rows.par_chunks(BLOCK_ROWS)).for_each(|(out, rows)| {
        let mut features = vec![0f32; rows.len() * dim];
        widen(rows, &mut features);
        logits_of(&features, parameters, dim, out);
    });
    all
}

struct Scratch {
    features: Vec<f32>,
    logits: Vec<f32>,
}

impl Scratch {
    fn new(dim: usize, classes: usize) -> Self {
        Self { features: vec![0.0; BLOCK_ROWS * dim], logits: vec![0.0; BLOCK_ROWS * classes] }
    }
}

fn widen(rows: &[&[f16]], features: &mut [f32]) {
    let Some(dim) = rows.first().map(|row| row.len()) else { return };
    for (row, out) in rows.iter().zip(features.chunks_exact_mut(dim)) {
        row.convert_to_f32_slice(out);
    }
}

/// Adds the gradient by the parameters of a linear layer: `featuresᵀ · residuals`, and the residuals' sums.
pub(super) fn add_gradient(features: &[f32], residuals: &[f32], gradient: &mut [f32], dim: usize, classes: usize) {
    let rows = features.len() / dim.max(1);
    let (weights, biases) = gradient.split_at_mut(dim * classes);
    for row in residuals.chunks_exact(classes) {
        biases.iter_mut().zip(row).for_each(|(bias, residual)| *bias += residual);
    }
    let mut weights = matrix_mut(weights, dim, classes);
    general_mat_mul(1.0, &matrix(features, rows, dim).t(), &matrix(residuals, rows, classes), 1.0, &mut weights);
}

/// Adds the gradient by the features of a linear layer: `residuals · weightsᵀ`.
pub(super) fn add_feature_gradient(residuals: &[f32], parameters: &[f32], gradient: &mut [f32], dim: usize) {
    let classes = parameters.len() / (dim + 1);
    let rows = gradient.len() / dim.max(1);
    let weights = matrix(&parameters[..dim * classes], dim, classes);
    let mut gradient = matrix_mut(gradient, rows, dim);
    general_mat_mul(1.0, &matrix(residuals, rows, classes), &weights.t(), 1.0, &mut gradient);
}

/// The logits `[rows, classes]` of rows of features.
pub(super) fn logits_of(features: &[f32], parameters: &[f32], dim: usize, out: &mut [f32]) {
    let classes = parameters.len() / (dim + 1);
    let rows = out.len() / classes.max(1);
    let (weights, biases) = parameters.split_at(dim * classes);
    out.chunks_exact_mut(classes).for_each(|row| row.copy_from_slice(biases));
    let mut out = matrix_mut(out, rows, classes);
    general_mat_mul(1.0, &matrix(features, rows, dim), &matrix(weights, dim, classes), 1.0, &mut out);
}

fn matrix(values: &[f32], rows: usize, columns: usize) -> ArrayView2<'_, f32> {
    // The callers cut their slices to rows × columns.
    ArrayView2::from_shape((rows, columns), values).expect("a matrix has rows × columns values")
}

fn matrix_mut(values: &mut [f32], rows: usize, columns: usize) -> ArrayViewMut2<'_, f32> {
    ArrayViewMut2::from_shape((rows, columns), values).expect("a matrix has rows × columns values")
}

/// Turns a row of logits into the derivative of the row's loss by them, and gives the loss.
pub(super) fn loss_and_residual(row: &mut [f32], target: &Target) -> f64 {
    match target {
        Target::Is(class) => {
            let (highest, log_sum) = softmax(row);
            // softmax() left probabilities, of which the logarithm is known to be logit − log_sum.
            let logit = f64::from(row[*class].max(f32::MIN_POSITIVE)).ln() + log_sum + f64::from(highest);
            row[*class] -= 1.0;
            log_sum + f64::from(highest) - logit
        }
        Target::IsNot(classes) => {
            softmax(row);
            let probabilities = row.to_vec();
            row.fill(0.0);
            let mut loss = 0.0;
            for &class in classes {
                let others: f32 = probabilities.iter().enumerate().filter(|(j, _)| *j != class).map(|(_, p)| p).sum();
                let others = others.max(1e-6);
                loss -= f64::from(others).ln();
                for (j, out) in row.iter_mut().enumerate() {
                    let p = probabilities[class];
                    *out += if j == class { p } else { -p * probabilities[j] / others };
                }
            }
            loss
        }
        Target::Each(known) => {
            let mut loss = 0.0;
            for (logit, known) in row.iter_mut().zip(known) {
                let Some(is_yes) = known else {
                    *logit = 0.0;
                    continue;
                };
                let z = if *is_yes { f64::from(*logit) } else { -f64::from(*logit) };
                // log(1 + e^−z) without overflow.
                loss += if z > 0.0 { (-z).exp().ln_1p() } else { z.exp().ln_1p() - z };
                let wrong = 1.0 / (1.0 + z.exp());
                *logit = if *is_yes { -wrong as f32 } else { wrong as f32 };
            }
            loss
        }
    }
}

/// Logits to probabilities in place; gives the highest logit and the log of the sum of exponentials above it.
pub(super) fn softmax(row: &mut [f32]) -> (f32, f64) {
    let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0f32;
    for value in row.iter_mut() {
        *value = (*value - highest).exp();
        sum += *value;
    }
    row.iter_mut().for_each(|value| *value /= sum);
    (highest, f64::from(sum).ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in −1..1 that are the same everywhere.
    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 40) as f32 / (1u64 << 23) as f32) - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    /// The gradient against central differences of the value, entry by entry.
    fn check_gradient(is_one_of: bool, target: impl Fn(usize) -> Target) {
        let (dim, classes, rows) = (5, 3, 2 * BLOCK_ROWS + 7);
        let features: Vec<Vec<f16>> =
            (0..rows as u64).map(|row| numbers(dim, row + 1).into_iter().map(f16::from_f32).collect()).collect();
        let mut problem = Problem::new(dim, classes, is_one_of);
        features.iter().enumerate().for_each(|(row, feature)| problem.push(feature, target(row)));
        let objective = Objective::new(&problem, 0.7);
        let parameters = numbers(objective.num_parameters(), 99);
        let mut gradient = vec![0.0; parameters.len()];
        objective.evaluate(&parameters, &mut gradient);
        let mut scratch = vec![0.0; parameters.len()];
        for index in 0..parameters.len() {
            let step = 1e-2;
            let mut value_at = |offset: f32| {
                let mut moved = parameters.clone();
                moved[index] += offset;
                objective.evaluate(&moved, &mut scratch)
            };
            let expected = (value_at(step) - value_at(-step)) / (2.0 * f64::from(step));
            let error = (f64::from(gradient[index]) - expected).abs();
            assert!(error < 1e-3, "entry {index}: {} against {expected}", gradient[index]);
        }
    }

    #[test]
    fn the_gradient_of_known_classes_is_right() {
        check_gradient(true, |row| Target::Is(row % 3));
    }

    #[test]
    fn the_gradient_of_rejected_classes_is_right() {
        check_gradient(true, |row| match row % 4 {
            0 => Target::Is(1),
            1 => Target::IsNot(vec![0]),
            2 => Target::IsNot(vec![2]),
            _ => Target::IsNot(vec![0, 2]),
        });
    }

    #[test]
    fn the_gradient_of_independent_classes_is_right_with_unknowns() {
        check_gradient(false, |row| {
            Target::Each(vec![Some(row % 2 == 0), None, (row % 3 > 0).then_some(row % 5 == 1)])
        });
    }
}
