//! Which rows are held out when: folds in which every class is spread evenly.

use super::problem::{Problem, Target};

/// The fold of each row. Rows of one class are dealt out in turn, in their order, so that the same problem always
/// gives the same folds and one more row moves no other.
pub(super) fn deal(problem: &Problem<'_>, num_folds: usize) -> Vec<usize> {
    let mut dealt = vec![0usize; problem.num_classes() + 1];
    problem
        .targets()
        .iter()
        .map(|target| {
            let class = match target {
                Target::Is(class) => *class,
                Target::IsNot(_) => problem.num_classes(),
                // The first tag that fits stands for the row.
                Target::Each(known) => known.iter().position(|k| *k == Some(true)).unwrap_or(problem.num_classes()),
            };
            dealt[class] += 1;
            // Each class starts at another fold, else the small classes would all fall into the first.
            (dealt[class] + class) % num_folds
        })
        .collect()
}
