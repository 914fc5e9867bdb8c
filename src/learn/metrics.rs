//! How good a head is on photos whose truth is known.

use serde::Serialize;

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
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metrics {
    pub images: usize,
    /// Photos that could not be judged: no truth given, or not readable.
    pub skipped: usize,
    pub accuracy: f64,
    /// Mean of the F1 of all tags that are true or were said of any photo.
    pub macro_f1: f64,
    /// Mean distance between probability and outcome (Naeini et al., 2015), weighed by how many fall into each bin.
    pub expected_calibration_error: f64,
    pub per_tag: Vec<TagMetrics>,
}

/// Figures of one tag.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TagMetrics {
    pub tag: String,
    pub precision: f64,
    pub recall: f64,
    /// Photos of which it is true.
    pub support: usize,
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
    let f1s: Vec<f64> = per_tag.iter().map(TagMetrics::f1).collect();
    Metrics {
        images: predictions.len(),
        skipped,
        accuracy: ratio(right, predictions.len()),
        macro_f1: f1s.iter().sum::<f64>() / f1s.len().max(1) as f64,
        expected_calibration_error: calibration_error(predictions),
        per_tag,
    }
}

impl TagMetrics {
    fn f1(&self) -> f64 {
        let sum = self.precision + self.recall;
        if sum > 0.0 { 2.0 * self.precision * self.recall / sum } else { 0.0 }
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn calibration_error(predictions: &[Prediction<'_>]) -> f64 {
    let mut bins = [(0usize, 0f64, 0usize); CALIBRATION_BINS];
    for prediction in predictions.iter().filter(|prediction| prediction.said.is_some()) {
        let index = ((prediction.probability * CALIBRATION_BINS as f32) as usize).min(CALIBRATION_BINS - 1);
        let (count, sum, right) = &mut bins[index];
        *count += 1;
        *sum += f64::from(prediction.probability);
        *right += usize::from(prediction.said == Some(prediction.truth));
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
}
