//! Which rows are held out when: folds in which every class is spread evenly.

use super::problem::{Problem, Target};

/// The fold of each row. Rows of one class are dealt out in turn, in their order, so that the same problem always
/// gives the same folds and one more row moves no other.
pub(super) fn deal(problem: &Problem<'_>, num_folds: usize) -> Vec<usize> {
    let mut dealt = vec![0usize; problem.num_classes() + 1];
    classes(problem)
        .map(|class| {
            dealt[class] += 1;
            // Each class starts at another fold, else the small classes would all fall into the first.
            (dealt[class] + class) % num_folds
        })
        .collect()
}

/// The fold of each row, where rows of one cluster are in the same: the largest cluster first, each to the fold that
/// has the fewest rows of its classes.
pub(super) fn deal_apart(problem: &Problem<'_>, clusters: &[usize], num_folds: usize) -> Vec<usize> {
    let classes: Vec<usize> = classes(problem).collect();
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); clusters.len()];
    clusters.iter().enumerate().for_each(|(row, &cluster)| members[cluster].push(row));
    members.retain(|rows| !rows.is_empty());
    // The sort is stable, so that the same rows are always dealt the same.
    members.sort_by_key(|rows| std::cmp::Reverse(rows.len()));
    let mut dealt = vec![vec![0usize; num_folds]; problem.num_classes() + 1];
    let mut folds = vec![0; clusters.len()];
    for rows in members {
        let load = |fold: usize| rows.iter().map(|&row| dealt[classes[row]][fold]).sum::<usize>();
        // As above, each class starts at another fold.
        let turn = |fold: usize| (fold + num_folds - classes[rows[0]] % num_folds) % num_folds;
        let fold = (0..num_folds).min_by_key(|&fold| (load(fold), turn(fold))).unwrap_or_default();
        for row in rows {
            folds[row] = fold;
            dealt[classes[row]][fold] += 1;
        }
    }
    folds
}

/// The class of each row by which it is dealt.
fn classes(problem: &Problem<'_>) -> impl Iterator<Item = usize> {
    problem.targets().iter().map(|target| match target {
        Target::Is(class) => *class,
        Target::IsNot(_) => problem.num_classes(),
        // The first tag that fits stands for the row.
        Target::Each(known) => known.iter().position(|k| *k == Some(true)).unwrap_or(problem.num_classes()),
    })
}
