//! From which probability on answers are right as often as a person asks.
//!
//! The promise is a lower bound: with a confidence of 95 % the true share of right answers is no smaller. Looking at
//! many thresholds and keeping the best would break it, so they are looked at in an order that is fixed beforehand,
//! from the surest answers downward, and the first that does not hold ends the search (fixed-sequence testing; Angelopoulos
//! et al., *Learn then Test*, 2021): then the chance that any promise is wrong is that of one test.

use std::collections::HashSet;

/// The chance that is taken of promising too much.
const RISK: f64 = 0.05;

/// The search begins where this many mistakes are still allowed: at fewer answers one unlucky mistake among the very
/// surest would end it.
const MISTAKES_AT_START: usize = 2;

/// Each look takes in so many times more answers than the one before.
const GROWTH: f64 = 1.1;

/// How far from the mean of a normal distribution one finds no more than [`RISK`].
const DEVIATIONS: f64 = 1.645;

/// More labels than this are asked of nobody.
const MAX_LABELS: usize = 1_000_000;

/// An answer to a photo whose truth is known, by a head that had not seen it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// The tag that was said, as a class of the head.
    pub class: usize,
    pub probability: f32,
    pub is_right: bool,
    /// Answers to photos of one article have the same number. They are right or wrong together, and count once.
    pub article: usize,
}

/// A threshold that keeps a promise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Answers at least as likely as this are given.
    pub probability: f32,
    /// The known answers from there on, on which the promise rests.
    pub num_answers: usize,
    /// How many of them are right.
    pub num_right: usize,
    /// How many articles they are of.
    pub num_articles: usize,
    /// What the share of right answers is at least.
    pub lower_bound: f64,
}

/// Why there is no threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooThin {
    /// Known answers there are.
    pub num_answers: usize,
    /// About how many more would do, if they turn out as those so far.
    pub more: usize,
}

impl Threshold {
    /// The share of right answers that was seen.
    #[must_use]
    pub fn precision(&self) -> f64 {
        self.num_right as f64 / self.num_answers.max(1) as f64
    }
}

/// The lowest threshold from which on at least `precision` of the answers are right.
///
/// # Errors
/// [`TooThin`] where the answers do not bear that out.
pub fn threshold_for(precision: f64, answers: &[Answer]) -> Result<Threshold, TooThin> {
    let mut surest: Vec<&Answer> = answers.iter().collect();
    surest.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let articles = articles_up_to(&surest);
    let num_articles_in_all = articles.last().copied().unwrap_or_default();
    let mut found = None;
    let mut look = least_answers(precision, MISTAKES_AT_START);
    while look <= num_articles_in_all {
        let probability = surest[articles.partition_point(|&count| count < look)].probability;
        // Answers of one probability stand or fall together.
        let num_answers = surest.partition_point(|answer| answer.probability >= probability);
        let num_right = surest[..num_answers].iter().filter(|answer| answer.is_right).count();
        let num_articles = articles[num_answers - 1];
        let num_wrong = ((num_answers - num_right) * num_articles).div_ceil(num_answers);
        if chance_of(num_wrong, num_articles, precision) > RISK {
            break;
        }
        let lower_bound = lower_bound(num_articles - num_wrong, num_articles);
        found = Some(Threshold { probability, num_answers, num_right, num_articles, lower_bound });
        look = next_look(num_articles, num_articles_in_all);
    }
    found.ok_or_else(|| TooThin { num_answers: surest.len(), more: labels_wanted(precision, &surest, &articles) })
}

/// For each answer, how many articles it and those before it are of.
fn articles_up_to(surest: &[&Answer]) -> Vec<usize> {
    let mut seen = HashSet::new();
    surest
        .iter()
        .map(|answer| {
            seen.insert(answer.article);
            seen.len()
        })
        .collect()
}

/// The exact lower 95 % bound of a share of which `num_right` of `num_answers` were seen (Clopper and Pearson, 1934).
#[must_use]
pub fn lower_bound(num_right: usize, num_answers: usize) -> f64 {
    let num_wrong = num_answers.saturating_sub(num_right);
    if num_right == 0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if chance_of(num_wrong, num_answers, middle) <= RISK {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The chance of at most `num_wrong` wrong answers where each is right with `precision`: summed from logarithms, since
/// the terms themselves may be too small for a number.
fn chance_of(num_wrong: usize, num_answers: usize, precision: f64) -> f64 {
    if num_wrong >= num_answers || precision <= 0.0 {
        return 1.0;
    }
    let (right, wrong) = (precision.ln(), (-precision).ln_1p());
    let mut log_ways = 0.0;
    let mut chance = 0.0;
    for mistakes in 0..=num_wrong {
        chance += (log_ways + mistakes as f64 * wrong + (num_answers - mistakes) as f64 * right).exp();
        log_ways += ((num_answers - mistakes) as f64 / (mistakes + 1) as f64).ln();
    }
    chance.min(1.0)
}

/// The least answers of which that many may be wrong.
fn least_answers(precision: f64, num_wrong: usize) -> usize {
    let (mut low, mut high) = (num_wrong, MAX_LABELS);
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if chance_of(num_wrong, middle, precision) <= RISK {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

fn next_look(num_answers: usize, of: usize) -> usize {
    let grown = ((num_answers as f64 * GROWTH).ceil() as usize).max(num_answers + 1);
    // The last look takes in all.
    if num_answers < of { grown.min(of) } else { of + 1 }
}

/// How many more labels a threshold would take, if the part of answers that are sure, and their mistakes, stay as they
/// are. Where even the surest are wrong too often, new labels must turn out right to mend that.
fn labels_wanted(precision: f64, surest: &[&Answer], articles: &[usize]) -> usize {
    let at_start = least_answers(precision, MISTAKES_AT_START);
    let mut least: Option<f64> = None;
    let mut num_wrong = 0;
    for (index, answer) in surest.iter().enumerate() {
        num_wrong += usize::from(!answer.is_right);
        let (seen, of_articles) = ((index + 1) as f64, articles[index] as f64);
        // Half a mistake more than was seen: a few right answers do not mean that none will be wrong.
        let share_wrong = (num_wrong as f64 * of_articles / seen + 0.5) / (of_articles + 1.0);
        let margin = 1.0 - precision - share_wrong;
        if margin > 0.0 {
            // The normal approximation of the bound is near enough for a hint.
            let wanted = (DEVIATIONS / margin).powi(2) * precision * (1.0 - precision);
            let wanted = wanted.max(at_start as f64) * surest.len() as f64 / of_articles;
            least = Some(least.map_or(wanted, |least| least.min(wanted)));
        }
    }
    let wanted = least.map_or_else(
        || {
            let num_wrong = surest.iter().take(at_start).filter(|answer| !answer.is_right).count();
            least_answers(precision, MISTAKES_AT_START + num_wrong)
        },
        |least| least.ceil() as usize,
    );
    wanted.saturating_sub(surest.len()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN_BOUNDS: [(usize, usize, f64); 6] = [
        (99, 99, 0.970_193_326),
        (10, 10, 0.741_134_449),
        (95, 100, 0.897_746_622),
        (1, 2, 0.025_320_566),
        (970, 1000, 0.959_527_763),
        (3990, 4000, 0.995_763_136),
    ];

    /// Answers from sure to unsure, of which these are wrong.
    fn answers(count: usize, wrong: &[usize]) -> Vec<Answer> {
        let answer = |index: usize| Answer {
            class: 0,
            probability: 1.0 - index as f32 / count as f32,
            is_right: !wrong.contains(&index),
            article: index,
        };
        (0..count).map(answer).collect()
    }

    #[test]
    fn the_bound_is_the_exact_one() {
        // By scipy.stats.beta.ppf(0.05, right, wrong + 1).
        for (num_right, num_answers, expected) in KNOWN_BOUNDS {
            let bound = lower_bound(num_right, num_answers);
            assert!((bound - expected).abs() < 1e-6, "{num_right} of {num_answers}: {bound} against {expected}");
        }
        assert_eq!((lower_bound(0, 10), lower_bound(0, 0)), (0.0, 0.0));
    }

    #[test]
    fn thin_evidence_is_refused_with_a_number_that_would_do() {
        let refused = threshold_for(0.97, &answers(50, &[])).expect_err("fifty right answers do not prove 97 %");
        assert_eq!(refused.num_answers, 50);
        let enough = answers(50 + refused.more, &[]);
        assert!(threshold_for(0.97, &enough).is_ok(), "{refused:?}");
        assert_eq!(
            threshold_for(0.97, &[]).expect_err("there is nothing").more,
            least_answers(0.97, MISTAKES_AT_START)
        );
        // Every fifth is wrong, the surest among them.
        let wrong: Vec<usize> = (0..300).step_by(5).collect();
        assert!(threshold_for(0.9, &answers(300, &wrong)).is_err_and(|refused| refused.more > 0));
    }

    #[test]
    fn the_threshold_goes_as_low_as_the_answers_bear() {
        // A thousand answers, of which the last five hundred are mostly wrong.
        let wrong: Vec<usize> = (500..1000).filter(|index| index % 3 > 0).collect();
        let threshold = threshold_for(0.95, &answers(1000, &wrong)).expect("five hundred are right");
        assert!((450..560).contains(&threshold.num_answers), "{threshold:?}");
        assert!(threshold.lower_bound >= 0.95 && threshold.precision() >= threshold.lower_bound);
        let lower = threshold_for(0.8, &answers(1000, &wrong)).expect("less is asked");
        assert!(lower.probability < threshold.probability);
        let all = threshold_for(0.97, &answers(400, &[])).expect("all are right");
        assert_eq!((all.num_answers, all.num_right), (400, 400));
    }

    #[test]
    fn answers_of_one_probability_stand_or_fall_together() {
        let same: Vec<Answer> = (0..400)
            .map(|index| Answer { class: 0, probability: 0.9, is_right: index < 300, article: index })
            .collect();
        assert!(threshold_for(0.95, &same).is_err(), "a quarter of them is wrong");
    }

    #[test]
    fn photos_of_one_article_count_once() {
        let ten_times = |count: usize| -> Vec<Answer> {
            let articles = answers(count, &[]).into_iter().enumerate();
            articles.map(|(index, answer)| Answer { article: index / 10, ..answer }).collect()
        };
        let refused = threshold_for(0.97, &ten_times(400)).expect_err("forty articles are few");
        let enough = threshold_for(0.97, &ten_times(400 + refused.more + 10)).expect("about so many were asked for");
        assert!(enough.num_answers > 9 * enough.num_articles);
    }

    /// The promise is broken no more often than one in twenty times, wherever the truth lies.
    #[test]
    fn a_promise_is_rarely_broken() {
        let mut state = 7u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let mut num_broken = 0;
        for _ in 0..400 {
            // The chance of being right falls from 1 to 0.7, so that the first half is right in 92.5 % of cases.
            let drawn: Vec<Answer> = (0..600)
                .map(|article| {
                    let sure = next();
                    Answer { class: 0, probability: sure as f32, is_right: next() < 0.7 + 0.3 * sure, article }
                })
                .collect();
            let Ok(threshold) = threshold_for(0.95, &drawn) else { continue };
            let truth = 0.7 + 0.3 * f64::midpoint(1.0, f64::from(threshold.probability));
            num_broken += usize::from(truth < 0.95);
        }
        assert!(num_broken <= 30, "{num_broken} of 400");
    }
}
