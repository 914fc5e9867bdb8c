//! How near a written model comes to the app's own answers.

use serde::{Deserialize, Serialize};

use super::parity::Parity;
use super::{LabelsFile, Precision};

/// Of so many decisions an int8 model must make the app's.
const LEAST_AGREEMENT: f64 = 0.97;

/// By so much int8 may be less often right.
const MOST_LOST: f64 = 0.02;

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Judgement {
    pub images: usize,
    pub largest_difference: f32,
    /// The photo and the tag where it was.
    pub where_largest: String,
    /// Decisions that are the app's: the likeliest tag of a `one of` group, yes or no to each other tag.
    pub agreement: Share,
    /// How often the app is right where the truth is known, and how often the written model.
    pub accuracy_app: Share,
    pub accuracy: Share,
}

/// A share of a count, with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Share {
    pub count: usize,
    pub of: usize,
    pub share: f64,
    pub low: f64,
    pub high: f64,
}

impl Share {
    /// Wilson's interval, which stays within 0 and 1.
    #[must_use]
    pub fn new(count: usize, of: usize) -> Self {
        if of == 0 {
            return Self::default();
        }
        let (n, share, z) = (of as f64, count as f64 / of as f64, 1.96f64);
        let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
        Self { count, of, share, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [share, low, high] = [self.share, self.low, self.high].map(|part| 100.0 * part);
        write!(f, "{share:.1} % ({low:.1} to {high:.1}, {} of {})", self.count, self.of)
    }
}

impl Judgement {
    /// Compares what was found for each photo of the set with what the app says.
    #[must_use]
    pub fn of(parity: &Parity, labels: &LabelsFile, found: &[Vec<f32>]) -> Self {
        let names = labels.names();
        let (mut largest, mut at) = (0f32, (0, 0));
        let (mut same, mut decisions) = (0, 0);
        let (mut right_app, mut right, mut known) = (0, 0, 0);
        for (image, (expected, found)) in parity.expected.iter().zip(found).enumerate() {
            for (tag, (a, b)) in expected.iter().zip(found).enumerate() {
                // What is no number is as far away as can be.
                let difference = if b.is_finite() { (a - b).abs() } else { f32::INFINITY };
                if difference > largest {
                    (largest, at) = (difference, (image, tag));
                }
            }
            for (index, group) in labels.groups.iter().enumerate() {
                let tags = group.first..group.first + group.tags.len();
                let (app, other) = (&expected[tags.clone()], &found[tags]);
                if group.kind == "one of" {
                    decisions += 1;
                    same += usize::from(top(app) == top(other));
                    if let Some(truth) = parity.truths[image][index] {
                        known += 1;
                        right_app += usize::from(top(app) == Some(truth));
                        right += usize::from(top(other) == Some(truth));
                    }
                } else {
                    decisions += app.len();
                    same += app.iter().zip(other).filter(|(a, b)| (**a >= 0.5) == (**b >= 0.5)).count();
                }
            }
        }
        Self {
            images: found.len(),
            largest_difference: largest,
            where_largest: format!(
                "photo {}, tag {}",
                parity.names.get(at.0).map_or("", String::as_str),
                names.get(at.1).map_or("", String::as_str)
            ),
            agreement: Share::new(same, decisions),
            accuracy_app: Share::new(right_app, known),
            accuracy: Share::new(right, known),
        }
    }

    /// What is beyond the bounds, in words.
    #[must_use]
    pub fn fault(&self, precision: Precision) -> Option<String> {
        if let Some(bound) = precision.bound() {
            // Not `>`, which no comparison with what is no number fulfils.
            let is_within = self.largest_difference <= bound;
            return (!is_within).then(|| {
                format!(
                    "a probability differs by {:.1e}, more than {bound:.0e} ({})",
                    self.largest_difference, self.where_largest
                )
            });
        }
        if self.agreement.share < LEAST_AGREEMENT {
            return Some(format!("it decides as the app in {} of cases, less than 97 %", self.agreement));
        }
        (self.accuracy.of > 0 && self.accuracy.high < self.accuracy_app.share - MOST_LOST).then(|| {
            format!("it is right of {}, the app of {}: more than 2 points less", self.accuracy, self.accuracy_app)
        })
    }
}

fn top(values: &[f32]) -> Option<usize> {
    (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b]).then(b.cmp(&a)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilson_s() {
        let share = Share::new(97, 100);
        assert!((share.low - 0.9155).abs() < 1e-3 && (share.high - 0.9897).abs() < 1e-3, "{share:?}");
        assert_eq!(Share::new(0, 0), Share::default());
        assert!(Share::new(5, 5).high > 0.999 && Share::new(5, 5).low < 0.6);
    }
}
