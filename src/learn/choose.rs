//! How strongly to regularise, and how to calibrate: by cross-validation on the labels there are.

use super::calibrate::{loss_at, temperature};
use super::folds::deal;
use super::lbfgs::{Curvature, minimise};
use super::metrics::likeliest;
use super::objective::{Objective, logits};
use super::problem::{Problem, Target};
use crate::progress::Progress;

/// Inverse strengths that are tried, from strong to weak; each fit starts from the one before.
const CANDIDATES: [f64; 6] = [3.0, 10.0, 30.0, 100.0, 300.0, 1000.0];

const NUM_FOLDS: usize = 4;

/// As tight as where the losses of the candidates still differ: each fit starts from the one before, and would stop
/// where that one stood if it were looser.
const TOLERANCE: f32 = 3e-5;

/// A stronger regularisation stands first and is kept unless a weaker one has a held-out loss lower by more than this:
/// nearer ones differ by chance.
const CLEARLY_BETTER: f64 = 0.99;
const MAX_ITERATIONS: usize = 200;

/// What cross-validation chose.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Choice {
    /// Inverse strength of the L2 penalty, as in LIBLINEAR and scikit-learn.
    pub c: f64,
    /// Calibration of the logits.
    pub temperature: f32,
    /// Held-out share of right answers, of the rows whose answer is known; `None` before any was held out.
    pub held_out_accuracy: Option<f32>,
}

impl Default for Choice {
    /// For the first handful of labels, too few to hold any out: what is best on most photo collections.
    fn default() -> Self {
        Self { c: 100.0, temperature: 1.0, held_out_accuracy: None }
    }
}

/// Chooses the strength with the least held-out loss after calibration, or `None` where there is too little to hold
/// out or somebody cancelled. Rows that the backbone has seen are learnt from, and none of them judges.
#[must_use]
pub fn choose(problem: &Problem<'_>, progress: &Progress) -> Option<Choice> {
    let unseen = problem.unseen();
    if !has_enough(problem, &unseen) {
        return None;
    }
    let folds = deal(problem, NUM_FOLDS);
    let classes = problem.num_classes();
    let mut held_out: Vec<Vec<f32>> = vec![Vec::new(); CANDIDATES.len()];
    let mut targets: Vec<&Target> = Vec::new();
    for fold in 0..NUM_FOLDS {
        let training = problem.subset(|row| folds[row] != fold);
        let validation: Vec<usize> = unseen.iter().copied().filter(|&row| folds[row] == fold).collect();
        let rows: Vec<&[half::f16]> = validation.iter().map(|&row| problem.rows()[row]).collect();
        targets.extend(validation.iter().map(|&row| &problem.targets()[row]));
        let mut parameters = vec![0.0; (problem.dim() + 1) * classes];
        let mut curvature = Curvature::default();
        for (candidate, &c) in CANDIDATES.iter().enumerate() {
            let objective = Objective::new(&training, c);
            (parameters, _) = minimise(&objective, parameters, &mut curvature, TOLERANCE, MAX_ITERATIONS, progress);
            if progress.is_cancelled() {
                return None;
            }
            held_out[candidate].extend(logits(&rows, &parameters, problem.dim()));
        }
    }
    let mut best: Option<(f64, Choice)> = None;
    for (logits, &c) in held_out.iter().zip(&CANDIDATES) {
        let temperature = temperature(logits, &targets, classes);
        let loss = loss_at(logits, &targets, classes, temperature);
        let choice = Choice { c, temperature, held_out_accuracy: Some(accuracy(logits, &targets, classes)) };
        if best.as_ref().is_none_or(|(least, _)| loss < least * CLEARLY_BETTER) {
            best = Some((loss, choice));
        }
    }
    best.map(|(_, choice)| choice)
}

/// Two classes with as many rows as there are folds are the least that says anything.
fn has_enough(problem: &Problem<'_>, unseen: &[usize]) -> bool {
    let mut counts = vec![0usize; problem.num_classes()];
    let mut opposite = vec![0usize; problem.num_classes()];
    for target in unseen.iter().map(|&row| &problem.targets()[row]) {
        match target {
            Target::Is(class) => counts[*class] += 1,
            Target::IsNot(_) => {}
            Target::Each(known) => {
                for (class, known) in known.iter().enumerate() {
                    counts[class] += usize::from(*known == Some(true));
                    opposite[class] += usize::from(*known == Some(false));
                }
            }
        }
    }
    if problem.is_one_of() {
        counts.iter().filter(|&&count| count >= NUM_FOLDS).count() >= 2
    } else {
        counts.iter().zip(&opposite).any(|(&yes, &no)| yes >= NUM_FOLDS && no >= NUM_FOLDS)
    }
}

fn accuracy(logits: &[f32], targets: &[&Target], num_classes: usize) -> f32 {
    let (mut right, mut known) = (0usize, 0usize);
    for (row, target) in logits.chunks_exact(num_classes).zip(targets) {
        match target {
            Target::Is(class) => {
                let said = likeliest(row);
                right += usize::from(said == Some(*class));
                known += 1;
            }
            Target::IsNot(_) => {}
            Target::Each(each) => {
                for (logit, is_yes) in row.iter().zip(each).filter_map(|(l, known)| known.map(|known| (l, known))) {
                    right += usize::from((*logit > 0.0) == is_yes);
                    known += 1;
                }
            }
        }
    }
    right as f32 / known.max(1) as f32
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;

    const LEFT: &[f16] = &[f16::NEG_ONE];
    const RIGHT: &[f16] = &[f16::ONE];

    /// Six hundred rows that the side tells right, and then two hundred of which two in five are on the wrong one.
    fn problem(push_easy: fn(&mut Problem<'static>, &'static [f16], Target)) -> Problem<'static> {
        let mut problem = Problem::new(1, 2, true);
        for row in 0..800 {
            let (side, class) = if row % 2 == 0 { (LEFT, 0) } else { (RIGHT, 1) };
            match row {
                0..600 => push_easy(&mut problem, side, Target::Is(class)),
                _ if row % 5 < 2 => problem.push(side, Target::Is(1 - class)),
                _ => problem.push(side, Target::Is(class)),
            }
        }
        problem
    }

    #[test]
    fn rows_that_the_backbone_has_seen_teach_and_do_not_judge() {
        let choose = |problem: &Problem<'_>| choose(problem, &Progress::default());
        let all = choose(&problem(Problem::push)).expect("all of them judge");
        assert!((all.temperature - 1.0).abs() < 0.1, "the head is as sure as it is right: {all:?}");
        assert!(all.held_out_accuracy.is_some_and(|accuracy| (accuracy - 0.9).abs() < 1e-3), "{all:?}");
        let unseen = choose(&problem(Problem::push_seen)).expect("two hundred judge");
        assert!(unseen.temperature > 1.5, "of these alone it is too sure: {unseen:?}");
        assert!(unseen.held_out_accuracy.is_some_and(|accuracy| (accuracy - 0.6).abs() < 1e-3), "{unseen:?}");
        let of_unseen = |count: usize| choose(&problem(Problem::push_seen).subset(|row| row < 600 + count));
        assert_eq!(of_unseen(6), None, "six are too few, however many were seen");
        assert!(of_unseen(20).is_some());
    }
}
