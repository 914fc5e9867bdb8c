//! How good a head is on photos whose truth is known.

use serde::{Deserialize, Serialize};

/// Probabilities are compared with outcomes in this many equal bins.
const CALIBRATION_BINS: usize = 15;

/// One photo of a `one of` group: what is true and what was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction<'a> {
    pub truth: &'a str,
    /// None where the head had nothing to say.
    pub said: Option<&'a str>,
    pub probability: f32,
}

/// Figures over a set of photos.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    pub images: usize,
    /// Photos that could not be judged: no truth given, or not readable.
    pub skipped: usize,
    pub accuracy: f64,
    /// Mean of the F1 of all tags that are true or were said of any photo.
    pub macro_f1: f64,
    /// Mean distance between probability and outcome (Naeini et al., 2015), weighed by how many fall into each bin.
    pub expected_calibration_error: f64,
    /// The same before logits are divided by the temperature; none where nobody asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration_error_before: Option<f64>,
    /// Mean over the tags of an `any of` group of the area below precision by recall; none for a `one of` group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_average_precision: Option<f64>,
    pub per_tag: Vec<TagMetrics>,
}

/// The figures of several tag groups as one: in accuracy a group counts by the photos that judge it, in macro F1 all groups
/// count alike.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overall {
    pub accuracy: f64,
    pub macro_f1: f64,
    photos: usize,
    groups: usize,
}

/// Figures of one tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TagMetrics {
    pub tag: String,
    /// 0 where it was said of no photo, as in scikit-learn.
    pub precision: f64,
    /// 0 where it is true of no photo: a person is shown [`TagMetrics::defined_recall`].
    pub recall: f64,
    /// Photos of which it is true.
    pub support: usize,
}

/// The class with the greatest probability or logit (argmax), of equal ones the last; none where there is no class.
#[must_use]
pub fn likeliest(row: &[f32]) -> Option<usize> {
    (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]))
}

/// The figures for these predictions; `skipped` is passed through.
#[must_use]
pub fn evaluate(predictions: &[Prediction<'_>], skipped: usize) -> Metrics {
    let count = |keep: &dyn Fn(&Prediction<'_>) -> bool| predictions.iter().filter(|p| keep(p)).count();
    let right = count(&|p| p.said == Some(p.truth));
    let mut tags: Vec<&str> = predictions.iter().flat_map(|p| [Some(p.truth), p.said]).flatten().collect();
    tags.sort_unstable();
    tags.dedup();
    let per_tag: Vec<TagMetrics> = tags
        .into_iter()
        .map(|tag| {
            let hits = count(&|p| p.truth == tag && p.said == Some(tag));
            let support = count(&|p| p.truth == tag);
            TagMetrics {
                tag: tag.to_owned(),
                precision: ratio(hits, count(&|p| p.said == Some(tag))),
                recall: ratio(hits, support),
                support,
            }
        })
        .collect();
    let said = predictions.iter().filter(|prediction| prediction.said.is_some());
    Metrics {
        images: predictions.len(),
        skipped,
        accuracy: ratio(right, predictions.len()),
        macro_f1: mean(per_tag.iter().map(TagMetrics::f1)),
        expected_calibration_error: calibration_error(said.map(|p| (p.probability, p.said == Some(p.truth)))),
        calibration_error_before: None,
        mean_average_precision: None,
        per_tag,
    }
}

/// The figures of an `any of` group, from what is known of each photo and tag and the probabilities `[photos, tags]`. Each
/// known tag of a photo is a decision of its own, yes from 0.5 on; accuracy is the share of right decisions.
#[must_use]
pub fn evaluate_each(tags: &[&str], truths: &[Vec<Option<bool>>], probabilities: &[f32], skipped: usize) -> Metrics {
    let rows = || truths.iter().zip(probabilities.chunks_exact(tags.len().max(1)));
    let known = || rows().flat_map(|(truth, said)| truth.iter().zip(said).filter_map(|(t, p)| Some(((*t)?, *p))));
    let right = known().filter(|(truth, probability)| *truth == is_yes(*probability)).count();
    let mut per_tag = Vec::new();
    let mut average_precisions = Vec::new();
    for (class, tag) in tags.iter().enumerate() {
        let of_tag = || rows().filter_map(move |(truth, said)| Some((truth[class]?, said[class])));
        let hits = of_tag().filter(|(truth, p)| *truth && is_yes(*p)).count();
        let support = of_tag().filter(|(truth, _)| *truth).count();
        let num_said = of_tag().filter(|(_, p)| is_yes(*p)).count();
        average_precisions.extend(average_precision(of_tag().collect()));
        if support > 0 || num_said > 0 {
            let (precision, recall) = (ratio(hits, num_said), ratio(hits, support));
            per_tag.push(TagMetrics { tag: (*tag).to_owned(), precision, recall, support });
        }
    }
    per_tag.sort_by(|a, b| a.tag.cmp(&b.tag));
    Metrics {
        images: truths.len(),
        skipped,
        accuracy: ratio(right, known().count()),
        macro_f1: mean(per_tag.iter().map(TagMetrics::f1)),
        expected_calibration_error: calibration_error(known().map(|(truth, p)| (p, truth))),
        calibration_error_before: None,
        mean_average_precision: Some(mean(average_precisions.into_iter())),
        per_tag,
    }
}

fn is_yes(probability: f32) -> bool {
    probability >= 0.5
}

/// The mean of the precision at each photo of which the tag is true, likeliest first; photos that are as likely count
/// as one step, as in scikit-learn. None where it is true of no photo.
fn average_precision(mut answers: Vec<(bool, f32)>) -> Option<f64> {
    let num_true = answers.iter().filter(|(truth, _)| *truth).count();
    answers.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (mut seen, mut hits, mut sum) = (0, 0, 0.0);
    for step in answers.chunk_by(|a, b| a.1.total_cmp(&b.1).is_eq()) {
        let new = step.iter().filter(|(truth, _)| *truth).count();
        (seen, hits) = (seen + step.len(), hits + new);
        sum += new as f64 * ratio(hits, seen);
    }
    (num_true > 0).then(|| sum / num_true as f64)
}

pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0usize, 0.0), |(count, sum), value| (count + 1, sum + value));
    sum / count.max(1) as f64
}

impl Overall {
    /// Takes in a group that was evaluated.
    pub fn add(&mut self, group: &Metrics) {
        self.add_group(group.images, group.accuracy, group.macro_f1);
    }

    /// Whether any photo judges.
    #[must_use]
    pub fn is_of_any(&self) -> bool {
        self.photos > 0
    }

    /// Takes in a group's figures; without a photo that judges it, it has no part in them. Those of a single group stay as
    /// they are, to the last bit.
    pub(super) fn add_group(&mut self, photos: usize, accuracy: f64, macro_f1: f64) {
        if photos == 0 {
            return;
        }
        self.photos += photos;
        self.groups += 1;
        self.accuracy += (accuracy - self.accuracy) * ratio(photos, self.photos);
        self.macro_f1 += (macro_f1 - self.macro_f1) * ratio(1, self.groups);
    }
}

impl TagMetrics {
    /// The recall; none where the tag is true of no photo, so that there is nothing of which a share could be found.
    #[must_use]
    pub fn defined_recall(&self) -> Option<f64> {
        (self.support > 0).then_some(self.recall)
    }

    /// The harmonic mean of precision and recall.
    #[must_use]
    pub fn f1(&self) -> f64 {
        let sum = self.precision + self.recall;
        if sum > 0.0 { 2.0 * self.precision * self.recall / sum } else { 0.0 }
    }
}

pub(super) fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn calibration_error(answers: impl Iterator<Item = (f32, bool)>) -> f64 {
    let mut bins = [(0usize, 0f64, 0usize); CALIBRATION_BINS];
    for (probability, is_right) in answers {
        let index = ((probability * CALIBRATION_BINS as f32) as usize).min(CALIBRATION_BINS - 1);
        let (count, sum, right) = &mut bins[index];
        *count += 1;
        *sum += f64::from(probability);
        *right += usize::from(is_right);
    }
    let total: usize = bins.iter().map(|(count, ..)| count).sum();
    bins.iter().map(|(_, sum, right)| (sum - *right as f64).abs()).sum::<f64>() / total.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(truth: &'static str, said: Option<&'static str>, probability: f32) -> Prediction<'static> {
        Prediction { truth, said, probability }
    }

    #[test]
    fn figures_of_a_small_table() {
        let metrics = evaluate(
            &[said("a", Some("a"), 1.0), said("a", Some("b"), 1.0), said("b", Some("b"), 1.0), said("c", None, 0.0)],
            2,
        );
        assert_eq!((metrics.images, metrics.skipped, metrics.accuracy), (4, 2, 0.5));
        let a = &metrics.per_tag[0];
        assert_eq!((a.tag.as_str(), a.precision, a.recall, a.support), ("a", 1.0, 0.5, 2));
        // F1: a 2/3, b 2/3, c 0.
        assert!((metrics.macro_f1 - 4.0 / 9.0).abs() < 1e-12);
        // Three answers said 100 %, two were right.
        assert!((metrics.expected_calibration_error - 1.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn figures_of_tags_that_do_not_exclude_each_other() {
        let truths = [vec![Some(true), Some(false)], vec![Some(false), None], vec![Some(true), Some(false)]];
        let metrics = evaluate_each(&["b", "a"], &truths, &[0.9, 0.2, 0.8, 0.9, 0.4, 0.1], 1);
        // Five are known: of `b` one of three is right, of `a` both.
        assert_eq!((metrics.images, metrics.skipped, metrics.accuracy), (3, 1, 0.6));
        // Nobody said `a` and it is true of nothing that is known, so that only `b` is counted.
        assert_eq!(metrics.per_tag.len(), 1);
        let b = &metrics.per_tag[0];
        assert_eq!((b.tag.as_str(), b.precision, b.recall, b.support), ("b", 0.5, 0.5, 2));
        // scikit-learn's average_precision_score of 1, 0, 1 at 0.9, 0.8, 0.4.
        assert!((metrics.mean_average_precision.expect("`b` is true of two") - 5.0 / 6.0).abs() < 1e-9);
        // As likely as each other: one step.
        let tied = evaluate_each(&["b"], &[vec![Some(true)], vec![Some(false)]], &[0.5, 0.5], 0);
        assert_eq!(tied.mean_average_precision, Some(0.5));
    }
}
