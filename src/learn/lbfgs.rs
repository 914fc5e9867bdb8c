//! Limited-memory BFGS with an Armijo–Wolfe line search (Nocedal & Wright, *Numerical Optimization*, ch. 7 and 3).

use std::collections::VecDeque;

use super::objective::{Objective, Parameters};
use crate::progress::Progress;

const MEMORY: usize = 12;
const SUFFICIENT_DECREASE: f64 = 1e-4;
const CURVATURE: f64 = 0.9;
const MAX_LINE_STEPS: usize = 20;

/// What the last steps told of the objective's curvature. A refit after one more label starts from the last one's: the
/// function is nearly the same, and its first step is then nearly Newton's.
#[derive(Clone, Debug, Default)]
pub struct Curvature(VecDeque<Pair>);

#[derive(Clone, Debug)]
struct Pair {
    step: Vec<f32>,
    change: Vec<f32>,
    /// 1 / ⟨step, change⟩.
    rho: f64,
}

/// Makes the objective small, starting at `start`, until the largest entry of the gradient is below `tolerance`, or
/// `max_iterations` were made, or somebody cancelled. Tells whether there is nothing left to gain.
pub(super) fn minimise(
    objective: &Objective<'_, '_>,
    start: Parameters,
    curvature: &mut Curvature,
    tolerance: f32,
    max_iterations: usize,
    progress: &Progress,
) -> (Parameters, bool) {
    let mut x = objective.centred(start);
    let mut gradient = vec![0f32; x.len()];
    let mut value = objective.evaluate(&x, &mut gradient);
    let pairs = &mut curvature.0;
    pairs.retain(|pair| pair.step.len() == x.len());
    for _ in 0..max_iterations {
        if largest(&gradient) < tolerance {
            return (objective.plain(x), true);
        }
        if progress.is_cancelled() {
            break;
        }
        let mut direction = descent(&gradient, pairs);
        let mut slope = dot(&gradient, &direction);
        if slope >= 0.0 {
            // Rounding has spoilt the curvature; start again from steepest descent.
            pairs.clear();
            direction = gradient.iter().map(|g| -g).collect();
            slope = dot(&gradient, &direction);
        }
        let first = if pairs.is_empty() { (1.0 / dot(&gradient, &gradient).sqrt()).min(1.0) } else { 1.0 };
        let Some((next, next_gradient, next_value)) = line_search(objective, &x, value, slope, &direction, first)
        else {
            return (objective.plain(x), true);
        };
        let step = difference(&next, &x);
        let change = difference(&next_gradient, &gradient);
        let product = dot(&step, &change);
        if product > 1e-12 {
            if pairs.len() == MEMORY {
                pairs.pop_front();
            }
            pairs.push_back(Pair { step, change, rho: 1.0 / product });
        }
        let gain = value - next_value;
        (x, gradient, value) = (next, next_gradient, next_value);
        if gain.abs() < 1e-9 * value.abs().max(1e-9) {
            return (objective.plain(x), true);
        }
    }
    (objective.plain(x), false)
}

/// The two-loop recursion: minus the approximate inverse Hessian times the gradient.
fn descent(gradient: &[f32], pairs: &VecDeque<Pair>) -> Vec<f32> {
    let mut q: Vec<f32> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(pairs.len());
    for pair in pairs.iter().rev() {
        let alpha = pair.rho * dot(&pair.step, &q);
        add_scaled(&mut q, -alpha, &pair.change);
        alphas.push(alpha);
    }
    if let Some(newest) = pairs.back() {
        let scale = (1.0 / (newest.rho * dot(&newest.change, &newest.change))) as f32;
        q.iter_mut().for_each(|value| *value *= scale);
    }
    for (pair, alpha) in pairs.iter().zip(alphas.iter().rev()) {
        let beta = pair.rho * dot(&pair.change, &q);
        add_scaled(&mut q, alpha - beta, &pair.step);
    }
    q
}

/// A step length that satisfies the weak Wolfe conditions, by bisection; `None` where the value no longer falls.
fn line_search(
    objective: &Objective<'_, '_>,
    x: &[f32],
    value: f64,
    slope: f64,
    direction: &[f32],
    first: f64,
) -> Option<(Vec<f32>, Vec<f32>, f64)> {
    let (mut low, mut high, mut length) = (0.0, f64::INFINITY, first);
    let mut best = None;
    for _ in 0..MAX_LINE_STEPS {
        let mut next = x.to_vec();
        add_scaled(&mut next, length, direction);
        let mut gradient = vec![0f32; x.len()];
        let next_value = objective.evaluate(&next, &mut gradient);
        if next_value > value + SUFFICIENT_DECREASE * length * slope || !next_value.is_finite() {
            high = length;
        } else if dot(&gradient, direction) < CURVATURE * slope {
            low = length;
            best = Some((next, gradient, next_value));
        } else {
            return Some((next, gradient, next_value));
        }
        length = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * length };
    }
    best
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    // Sums of 16 in f32, added up in f64: exact enough, and open to vector registers.
    let (a_chunks, a_rest) = a.as_chunks::<16>();
    let (b_chunks, b_rest) = b.as_chunks::<16>();
    let mut total = 0f64;
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        let mut sum = 0f32;
        for lane in 0..16 {
            sum += x[lane] * y[lane];
        }
        total += f64::from(sum);
    }
    total + a_rest.iter().zip(b_rest).map(|(x, y)| f64::from(x * y)).sum::<f64>()
}

fn add_scaled(to: &mut [f32], scale: f64, from: &[f32]) {
    let scale = scale as f32;
    to.iter_mut().zip(from).for_each(|(to, from)| *to += scale * from);
}

fn difference(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |largest, value| value.abs().max(largest))
}
