//! What heads say of labelled photos that they had not seen: the evidence for a promise.
//!
//! Evidence is worth something only if the photos held out are as hard as those that the promise is for. Photos of one
//! article, taken in one place, are not: with some of them learnt the others are easy. So it is looked at how sure the
//! head is of the photos still open, and photos that are alike are held out together, the stricter the harder the open
//! ones look, until those held out look no easier. Photos that the backbone was trained on are easier, whatever is held
//! out: heads learn from them here too, and are not judged by them.

use half::f16;

use super::choose::Choice;
use super::fit::fit;
use super::folds::deal_apart;
use super::head::Head;
use super::likeness::Rows;
use super::metrics::likeliest;
use super::precision::Answer;
use super::problem::{Problem, Target};
use crate::progress::Progress;

const NUM_FOLDS: usize = 5;

/// Photos more alike than this are held out together, from loose to strict; before the first every photo is on its own.
const LIKENESSES: [f32; 7] = [0.95, 0.9, 0.875, 0.85, 0.825, 0.8, 0.75];

/// Mean probabilities nearer than this differ by chance.
const SLACK: f64 = 0.01;

/// Labelled photos that are enough evidence for any promise; of more, an even choice is taken, first of those that judge;
/// the heads, with less to learn from, are a little worse than they could be.
const MAX_ROWS: usize = 4000;

/// Open photos that are enough to tell how hard they are.
const MAX_OPEN: usize = 1000;

/// The evidence of one group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeldOut {
    /// One for each photo of a `one of` group whose truth is known; one for each known class of each photo of another.
    pub answers: Vec<Answer>,
    /// How alike photos may at most be that were not held out together; none if that was not needed.
    pub likeness: Option<f32>,
}

/// What heads say of rows that they were not fitted to.
#[derive(Clone, Debug)]
pub struct CrossValidated {
    num_classes: usize,
    /// Which rows of the problem they are.
    pub rows: Vec<usize>,
    /// What is known of each row.
    pub targets: Vec<Target>,
    /// `[rows, classes]`, row-major.
    pub probabilities: Vec<f32>,
    /// Rows of one cluster are of one article, and were held out together.
    clusters: Vec<usize>,
    likeness: Option<f32>,
}

/// Answers for every unseen row of the problem by heads, fitted at that choice, that were not fitted to it. `open` are
/// the photos that the promise is to be for. `None` if somebody cancelled.
#[must_use]
pub fn hold_out(problem: &Problem<'_>, open: &[&[f16]], choice: &Choice, progress: &Progress) -> Option<HeldOut> {
    let validated = cross_validate(problem, open, choice, progress)?;
    Some(HeldOut { answers: answers_of(&validated), likeness: validated.likeness })
}

/// What heads, fitted at that choice, say of every unseen row of the problem that they were not fitted to; of very many
/// rows, an even choice. `open` are the photos that the rows held out must be as hard as. `None` if somebody cancelled.
#[must_use]
pub fn cross_validate(
    problem: &Problem<'_>,
    open: &[&[f16]],
    choice: &Choice,
    progress: &Progress,
) -> Option<CrossValidated> {
    let taken = taken(problem);
    let problem = &problem.subset(|row| taken.binary_search(&row).is_ok());
    let unseen = problem.unseen();
    let open: Vec<&[f16]> = open.iter().step_by(open.len().div_ceil(MAX_OPEN).max(1)).copied().collect();
    let rounds = 1 + LIKENESSES.len().ilog2() as usize + 1;
    // Groups are held out one after the other, and count into the same task.
    progress.set_total(progress.snapshot().done + (1 + rounds * NUM_FOLDS) as u64);
    let sureness_of_open = sureness(&fit(problem, choice, None, progress).head, &open);
    progress.add(1);
    let rows = Rows::centred(problem.rows(), problem.dim());
    let round = |likeness: Option<f32>| -> Option<(f64, Vec<f32>, Vec<usize>)> {
        // Without one every row is a cluster of its own.
        let clusters: Vec<usize> =
            likeness.map_or_else(|| (0..problem.rows().len()).collect(), |least| rows.clusters(least));
        let folds = deal_apart(problem, &clusters, NUM_FOLDS);
        let probabilities = said_without(problem, &unseen, &folds, choice, progress)?;
        let sureness = mean_sureness(&probabilities, problem.num_classes(), problem.is_one_of());
        Some((sureness, probabilities, clusters))
    };
    let is_hard_enough = |sureness: f64| sureness_of_open.is_none_or(|of_open| sureness <= of_open + SLACK);
    let (sureness, mut probabilities, mut clusters) = round(None)?;
    let mut likeness = None;
    if !is_hard_enough(sureness) {
        // The loosest that is strict enough, or else the strictest.
        let (mut low, mut high) = (0, LIKENESSES.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            let (sureness, said, of_articles) = round(Some(LIKENESSES[middle]))?;
            let is_last = middle + 1 == LIKENESSES.len();
            if is_hard_enough(sureness) || is_last {
                (probabilities, clusters, likeness, high) = (said, of_articles, Some(LIKENESSES[middle]), middle);
            } else {
                low = middle + 1;
            }
        }
    }
    Some(CrossValidated {
        num_classes: problem.num_classes(),
        rows: unseen.iter().map(|&row| taken[row]).collect(),
        targets: unseen.iter().map(|&row| problem.targets()[row].clone()).collect(),
        probabilities,
        clusters: unseen.iter().map(|&row| clusters[row]).collect(),
        likeness,
    })
}

/// At most [`MAX_ROWS`] rows: an even choice of those that judge and, where there is room, of the others.
fn taken(problem: &Problem<'_>) -> Vec<usize> {
    let unseen = problem.unseen();
    let seen: Vec<usize> = (0..problem.rows().len()).filter(|row| unseen.binary_search(row).is_err()).collect();
    let mut taken = evenly(&unseen, MAX_ROWS);
    taken.extend(evenly(&seen, MAX_ROWS - taken.len()));
    taken.sort_unstable();
    taken
}

fn evenly(rows: &[usize], count: usize) -> Vec<usize> {
    rows.iter().copied().step_by(rows.len().div_ceil(count.max(1)).max(1)).take(count).collect()
}

/// What is said of each of these rows by the head that was fitted without its fold: `[rows, classes]`.
fn said_without(
    problem: &Problem<'_>,
    judged: &[usize],
    folds: &[usize],
    choice: &Choice,
    progress: &Progress,
) -> Option<Vec<f32>> {
    let classes = problem.num_classes();
    let mut all = vec![0f32; judged.len() * classes];
    for fold in 0..NUM_FOLDS {
        let held_out: Vec<usize> = (0..judged.len()).filter(|&place| folds[judged[place]] == fold).collect();
        if !held_out.is_empty() {
            let training = problem.subset(|row| folds[row] != fold);
            let head = fit(&training, choice, None, progress).head;
            let rows: Vec<&[f16]> = held_out.iter().map(|&place| problem.rows()[judged[place]]).collect();
            for (place, said) in held_out.iter().zip(head.probabilities(&rows).chunks_exact(classes)) {
                all[place * classes..(place + 1) * classes].copy_from_slice(said);
            }
        }
        if progress.is_cancelled() {
            return None;
        }
        progress.add(1);
    }
    Some(all)
}

/// How sure a head is of these photos on average; none where there are none.
fn sureness(head: &Head, rows: &[&[f16]]) -> Option<f64> {
    let of_rows = || mean_sureness(&head.probabilities(rows), head.num_classes(), head.is_one_of());
    (!rows.is_empty()).then(of_rows)
}

/// The mean probability of what is said: of the likeliest class, or of yes or no to each.
fn mean_sureness(probabilities: &[f32], num_classes: usize, is_one_of: bool) -> f64 {
    let values: Vec<f32> = if is_one_of {
        probabilities.chunks_exact(num_classes).map(|row| row.iter().copied().fold(0.0, f32::max)).collect()
    } else {
        probabilities.iter().map(|p| p.max(1.0 - p)).collect()
    };
    values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len().max(1) as f64
}

/// What was said of the rows whose truth is known; rows of one cluster are of one article.
fn answers_of(validated: &CrossValidated) -> Vec<Answer> {
    let mut answers = Vec::new();
    let rows = validated.probabilities.chunks_exact(validated.num_classes).zip(&validated.clusters);
    for (target, (row, &article)) in validated.targets.iter().zip(rows) {
        let said = likeliest(row).unwrap_or_default();
        let answer = |is_right| Answer { class: said, probability: row[said], is_right, article };
        match target {
            Target::Is(class) => answers.push(answer(*class == said)),
            // Known to be wrong, or not known at all: only the former says something.
            Target::IsNot(classes) => answers.extend(classes.contains(&said).then(|| answer(false))),
            Target::Each(known) => {
                let known = known.iter().enumerate().filter_map(|(class, known)| Some((class, (*known)?)));
                answers.extend(known.map(|(class, is_right)| Answer {
                    class,
                    probability: row[class],
                    is_right,
                    article,
                }));
            }
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIM: usize = 6;

    /// Twelve articles of two classes, taken five times each: photos of one article are all but the same, and what
    /// the articles of a class share is faint beside that.
    fn articles() -> Vec<([f16; DIM], usize)> {
        let mut state = 3u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
        };
        let mut photos = Vec::new();
        for article in 0..12 {
            let own: [f32; DIM] = std::array::from_fn(|_| next());
            for _ in 0..5 {
                photos.push((own.map(|value| f16::from_f32(value + 0.02 * next())), article % 2));
            }
        }
        photos
    }

    fn held_out(open: &[&[f16]], progress: &Progress) -> Option<HeldOut> {
        held_out_with_seen(0, open, progress)
    }

    /// Where the backbone was trained on the first few photos.
    fn held_out_with_seen(num_seen: usize, open: &[&[f16]], progress: &Progress) -> Option<HeldOut> {
        let photos = articles();
        let mut problem = Problem::new(DIM, 2, true);
        for (index, (photo, class)) in photos.iter().enumerate() {
            let target = Target::Is(*class);
            if index < num_seen { problem.push_seen(photo, target) } else { problem.push(photo, target) }
        }
        hold_out(&problem, open, &Choice::default(), progress)
    }

    fn share_right(held_out: &HeldOut) -> f64 {
        held_out.answers.iter().filter(|answer| answer.is_right).count() as f64 / held_out.answers.len() as f64
    }

    #[test]
    fn photos_of_one_article_are_held_out_together_where_the_open_ones_are_others() {
        let photos = articles();
        let of_the_same: Vec<&[f16]> = photos.iter().map(|(photo, _)| photo.as_slice()).collect();
        let same = held_out(&of_the_same, &Progress::default()).expect("nobody cancelled");
        assert_eq!((same.answers.len(), same.likeness), (60, None), "the open photos are as easy");
        // Nothing like any article: the head cannot be sure.
        let nothing = [f16::ZERO; DIM];
        let others = held_out(&[&nothing], &Progress::default()).expect("nobody cancelled");
        assert!(others.likeness.is_some());
        assert!(share_right(&same) > 0.9 && share_right(&others) < 0.8, "{same:?} {others:?}");
    }

    #[test]
    fn photos_that_the_backbone_was_trained_on_are_no_evidence() {
        let num_answers = |num_seen: usize| {
            let held_out = held_out_with_seen(num_seen, &[], &Progress::default()).expect("nobody cancelled");
            held_out.answers.len()
        };
        assert_eq!((num_answers(0), num_answers(45), num_answers(60)), (60, 15, 0));
        // What is left is judged by heads that have learnt from the others: from one photo of one class they could not.
        let held_out = held_out_with_seen(58, &[], &Progress::default()).expect("nobody cancelled");
        assert!(held_out.answers.len() == 2 && share_right(&held_out) > 0.9, "{held_out:?}");
    }

    #[test]
    fn cancelling_gives_nothing() {
        let progress = Progress::default();
        progress.cancel();
        assert_eq!(held_out(&[], &progress), None);
    }
}
