//! A head from labels: regularised logistic regression on cached features.

use super::choose::Choice;
use super::head::Head;
use super::lbfgs::{Curvature, minimise};
use super::objective::Objective;
use super::problem::Problem;
use crate::progress::Progress;

/// Where the gradient counts as zero: half of scikit-learn's default on the same scale.
const TOLERANCE: f32 = 5e-5;

/// From nothing some hundred do; more only where the labels contradict each other.
const MAX_ITERATIONS: usize = 500;

/// A warm start is near the optimum already, and whoever gave the label waits: what these few steps leave undone is
/// done by the next call.
const MAX_WARM_ITERATIONS: usize = 4;

/// A fitted head, with what makes the next fit of nearly the same problem quick.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The head.
    pub head: Head,
    /// Whether another call with the same problem would change nothing.
    pub is_settled: bool,
    curvature: Curvature,
}

impl Fitted {
    /// A head that was fitted elsewhere, to start from.
    #[must_use]
    pub fn of_head(head: Head) -> Self {
        Self { head, is_settled: false, curvature: Curvature::default() }
    }
}

/// Fits a head to the problem at the chosen regularisation. `warm` is the one fitted before, which is used if it is of
/// the same shape: a few steps are made from there, and the next call goes on until nothing is left to gain. The same
/// problem and start always give the same head.
#[must_use]
pub fn fit(problem: &Problem<'_>, choice: &Choice, warm: Option<&Fitted>, progress: &Progress) -> Fitted {
    let objective = Objective::new(problem, choice.c);
    let warm = warm.filter(|warm| warm.head.parameters().len() == objective.num_parameters());
    let (start, mut curvature, max_iterations) = match warm {
        Some(warm) => (warm.head.parameters().clone(), warm.curvature.clone(), MAX_WARM_ITERATIONS),
        None => (vec![0.0; objective.num_parameters()], Curvature::default(), MAX_ITERATIONS),
    };
    let (parameters, is_settled) = minimise(&objective, start, &mut curvature, TOLERANCE, max_iterations, progress);
    let head = Head::new(problem.dim(), problem.num_classes(), problem.is_one_of(), parameters, choice.temperature);
    // What even a cold start's steps could not settle is taken as it is.
    Fitted { head, is_settled: is_settled || warm.is_none(), curvature }
}
