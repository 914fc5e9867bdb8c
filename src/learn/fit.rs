//! A head from labels: regularised logistic regression on cached features.

use super::choose::Choice;
use super::head::Head;
use super::lbfgs::minimise;
use super::objective::Objective;
use super::problem::Problem;
use crate::progress::Progress;

/// Where the gradient counts as zero; scikit-learn's default on the same scale.
const TOLERANCE: f32 = 1e-4;

/// A warm start is near the optimum already, and the next label is about to come.
const MAX_ITERATIONS: usize = 500;

/// A fitted head and what it started from.
pub struct Fit {
    pub head: Head,
    pub num_rows: usize,
}

/// Fits a head to the problem at the chosen regularisation. `warm` is the head fitted before, which is used if it is
/// of the same shape: one more label then takes a few steps. The same problem and start always give the same head.
#[must_use]
pub fn fit(problem: &Problem<'_>, choice: &Choice, warm: Option<&Head>, progress: &Progress) -> Fit {
    let objective = Objective { problem, c: choice.c };
    let start = warm
        .map(Head::parameters)
        .filter(|parameters| parameters.len() == objective.num_parameters())
        .cloned()
        .unwrap_or_else(|| vec![0.0; objective.num_parameters()]);
    let parameters = minimise(&objective, start, TOLERANCE, MAX_ITERATIONS, progress);
    let head = Head::new(problem.dim(), problem.num_classes(), problem.is_one_of(), parameters, choice.temperature);
    Fit { head, num_rows: problem.rows().len() }
}
