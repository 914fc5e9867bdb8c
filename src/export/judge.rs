//! How near a written model comes to the app's own answers.

use serde::{Deserialize, Serialize};

use super::parity::Parity;
use super::{LabelsFile, LabelsGroup, Precision};

/// Of so many decisions an int8 model must make the app's.
const LEAST_AGREEMENT: f64 = 0.97;

/// By so much int8 may be less often right.
const MOST_LOST: f64 = 0.02;

/// So many photos that taught the model nothing are enough to judge it by them alone: of the others it is surer than of
/// any that it will meet.
const ENOUGH_HELD_OUT: usize = 50;

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Judgement {
    /// Photos whose probabilities were compared.
    #[serde(default)]
    pub compared: usize,
    pub largest_difference: f32,
    /// The photo and the tag where it was.
    pub where_largest: String,
    /// Photos whose decisions were counted.
    pub images: usize,
    /// Whether these are photos alone that taught the model nothing.
    #[serde(default)]
    pub is_held_out: bool,
    /// Decisions that are the app's, in the group where they are so least often: the likeliest tag of a `one of` group,
    /// yes or no to each tag of another. Counted together, the many tags that plainly do not fit would hide the rest.
    pub agreement: Share,
    /// That group.
    #[serde(default)]
    pub worst_group: String,
    /// How often the app is right where the truth is known, and how often the written model. Of none where no photo with
    /// a known truth may judge.
    pub accuracy_app: Share,
    pub accuracy: Share,
    /// Whether that is of photos alone that taught the model nothing.
    #[serde(default)]
    pub is_accuracy_held_out: bool,
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

/// Which photos may judge.
#[derive(Clone, Copy)]
struct Judges {
    /// For decisions only those that taught the model nothing: there are enough, or no others.
    are_held_out: bool,
    /// For the truth only those: so it is for decisions, or some are known.
    know_held_out: bool,
}

/// What was decided in one group.
#[derive(Default)]
struct Decisions {
    made: usize,
    /// Of them the app's.
    same: usize,
    /// Photos whose truth is known; of them those of which the app is right, and the written model.
    known: usize,
    right_app: usize,
    right: usize,
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
        let (largest_difference, (image, tag)) = furthest(&parity.expected, found);
        let name_of = |names: &[String], index: usize| names.get(index).cloned().unwrap_or_default();
        let judges = Judges::of(parity);
        let groups = labels.groups.iter().enumerate();
        let groups: Vec<Decisions> =
            groups.map(|(index, group)| Decisions::of(parity, judges, found, group, index)).collect();
        let total = |count: fn(&Decisions) -> usize| groups.iter().map(count).sum::<usize>();
        let known = total(|group| group.known);
        let (agreement, worst_group) = worst(&groups, labels);
        Self {
            compared: found.len(),
            largest_difference,
            where_largest: format!("photo {}, tag {}", name_of(&parity.names, image), name_of(&labels.names(), tag)),
            images: if judges.are_held_out { parity.num_held_out() } else { found.len() },
            is_held_out: judges.are_held_out,
            agreement,
            worst_group,
            accuracy_app: Share::new(total(|group| group.right_app), known),
            accuracy: Share::new(total(|group| group.right), known),
            is_accuracy_held_out: judges.know_held_out,
        }
    }

    /// What is beyond the bounds, in words.
    #[must_use]
    pub fn fault(&self, precision: Precision) -> Option<String> {
        if !self.largest_difference.is_finite() {
            return Some(format!("a probability is no number ({})", self.where_largest));
        }
        if let Some(bound) = precision.bound() {
            return (self.largest_difference > bound).then(|| {
                format!(
                    "a probability differs by {:.1e}, more than {bound:.0e} ({})",
                    self.largest_difference, self.where_largest
                )
            });
        }
        if self.agreement.share < LEAST_AGREEMENT {
            let Self { images, agreement, worst_group, .. } = self;
            return Some(format!(
                "in the group {worst_group} it decides as the app in {agreement} of cases, less than 97 %, on {images} {}",
                which_photos(self.is_held_out)
            ));
        }
        (self.accuracy.of > 0 && self.accuracy.high < self.accuracy_app.share - MOST_LOST).then(|| {
            let Self { accuracy, accuracy_app, .. } = self;
            let which = which_photos(self.is_accuracy_held_out);
            format!("it is right of {accuracy}, the app of {accuracy_app}: more than 2 points less, on {which}")
        })
    }
}

impl Judges {
    fn of(parity: &Parity) -> Self {
        let num_held_out = parity.num_held_out();
        let are_held_out = num_held_out >= ENOUGH_HELD_OUT || num_held_out == parity.is_held_out.len();
        let is_known = |truths: &[Option<usize>]| truths.iter().any(Option::is_some);
        let mut photos = parity.is_held_out.iter().zip(&parity.truths);
        let know_held_out = are_held_out || photos.any(|(is_held_out, truths)| *is_held_out && is_known(truths));
        Self { are_held_out, know_held_out }
    }
}

impl Decisions {
    fn of(parity: &Parity, judges: Judges, found: &[Vec<f32>], group: &LabelsGroup, index: usize) -> Self {
        let tags = group.first..group.first + group.tags.len();
        let mut all = Self::default();
        for (image, (expected, found)) in parity.expected.iter().zip(found).enumerate() {
            let (app, other) = (&expected[tags.clone()], &found[tags.clone()]);
            let is_held_out = parity.is_held_out[image];
            if is_held_out || !judges.are_held_out {
                all.add(app, other, group.kind == "one of");
            }
            if is_held_out || !judges.know_held_out {
                all.add_truth(app, other, parity.truths[image][index]);
            }
        }
        all
    }

    fn add(&mut self, app: &[f32], other: &[f32], is_one_of: bool) {
        if is_one_of {
            self.made += 1;
            self.same += usize::from(top(app) == top(other));
        } else {
            self.made += app.len();
            self.same += app.iter().zip(other).filter(|(a, b)| (**a >= 0.5) == (**b >= 0.5)).count();
        }
    }

    fn add_truth(&mut self, app: &[f32], other: &[f32], truth: Option<usize>) {
        if truth.is_some() {
            self.known += 1;
            self.right_app += usize::from(top(app) == truth);
            self.right += usize::from(top(other) == truth);
        }
    }
}

/// Which photos a figure is of, in words.
#[must_use]
pub fn which_photos(is_held_out: bool) -> &'static str {
    if is_held_out { "photos that taught it nothing" } else { "photos of which some or all taught it" }
}

/// The largest difference of two probabilities, with its photo and tag.
fn furthest(expected: &[Vec<f32>], found: &[Vec<f32>]) -> (f32, (usize, usize)) {
    let (mut largest, mut at) = (0f32, (0, 0));
    for (image, (expected, found)) in expected.iter().zip(found).enumerate() {
        for (tag, (a, b)) in expected.iter().zip(found).enumerate() {
            let difference = (a - b).abs();
            // What is no number is as far away as can be.
            let difference = if difference.is_finite() { difference } else { f32::INFINITY };
            if difference > largest {
                (largest, at) = (difference, (image, tag));
            }
        }
    }
    (largest, at)
}

/// The agreement in the group where it is least, and that group; of equal ones the one that fewer decisions tell of.
fn worst(groups: &[Decisions], labels: &LabelsFile) -> (Share, String) {
    let agreements = groups.iter().map(|group| Share::new(group.same, group.made)).zip(&labels.groups);
    let worst = agreements.min_by(|(a, _), (b, _)| a.share.total_cmp(&b.share).then(a.low.total_cmp(&b.low)));
    worst.map(|(agreement, group)| (agreement, group.name.clone())).unwrap_or_default()
}

fn top(values: &[f32]) -> Option<usize> {
    (0..values.len()).max_by(|&a, &b| values[a].total_cmp(&values[b]).then(b.cmp(&a)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the app says of photos with two groups: it finds a hat in each, rightly, and a number of prints in none.
    fn set(num_photos: usize, num_prints: usize) -> (Parity, LabelsFile) {
        let mut expected = vec![0.9, 0.1];
        expected.resize(2 + num_prints, 0.0);
        let parity = Parity {
            expected: vec![expected; num_photos],
            truths: vec![vec![Some(0), None]; num_photos],
            is_held_out: vec![true; num_photos],
            names: (0..num_photos).map(|number| format!("{number}.jpg")).collect(),
            ..Parity::default()
        };
        let group = |name: &str, kind: &str, first: usize, tags: Vec<String>| LabelsGroup {
            name: name.into(),
            kind: kind.into(),
            first,
            tags,
        };
        let prints = (0..num_prints).map(|number| format!("print {number}")).collect();
        let kinds = group("kind", "one of", 0, vec!["hat".into(), "shoe".into()]);
        let groups = vec![kinds, group("print", "any of", 2, prints)];
        (parity, LabelsFile { model: "shop".into(), version: 1, groups })
    }

    /// The judgement on a model that takes the first of the hats for shoes, and is the app's equal but for that.
    fn with_mistakes(num_photos: usize, num_prints: usize, num_mistakes: usize) -> Judgement {
        let (parity, labels) = set(num_photos, num_prints);
        let mut found = parity.expected.clone();
        found.iter_mut().take(num_mistakes).for_each(|photo| photo.swap(0, 1));
        Judgement::of(&parity, &labels, &found)
    }

    #[test]
    fn the_interval_is_wilson_s() {
        let share = Share::new(97, 100);
        assert!((share.low - 0.9155).abs() < 1e-3 && (share.high - 0.9897).abs() < 1e-3, "{share:?}");
        assert_eq!(Share::new(0, 0), Share::default());
        assert!(Share::new(5, 5).high > 0.999 && Share::new(5, 5).low < 0.6);
    }

    #[test]
    fn a_probability_beyond_its_bound_is_named_by_photo_and_tag() {
        let (parity, labels) = set(8, 3);
        let judge = |value: f32| {
            let mut found = parity.expected.clone();
            found[5][3] = value;
            Judgement::of(&parity, &labels, &found)
        };
        assert_eq!(judge(0.9e-4).fault(Precision::F32), None);
        let judgement = judge(1.1e-4);
        assert_eq!(judgement.where_largest, "photo 5.jpg, tag print=print 1");
        let fault = judgement.fault(Precision::F32).unwrap();
        assert!(fault.contains("1.1e-4, more than 1e-4") && fault.contains("photo 5.jpg"), "{fault}");
        assert_eq!(judgement.fault(Precision::F16), None);
        assert!(judge(2.1e-3).fault(Precision::F16).is_some());
        // Eight bits are judged by what they decide, but they must be numbers.
        assert_eq!(judge(0.3).fault(Precision::Int8), None);
        for value in [f32::NAN, f32::INFINITY] {
            for precision in [Precision::F32, Precision::F16, Precision::Int8] {
                let fault = judge(value).fault(precision).unwrap();
                assert!(fault.contains("no number") && fault.contains("photo 5.jpg, tag print=print 1"), "{fault}");
            }
        }
    }

    #[test]
    fn int8_must_decide_as_the_app_in_each_group() {
        let judgement = with_mistakes(100, 3, 3);
        assert_eq!((judgement.agreement.count, judgement.agreement.of), (97, 100));
        assert_eq!(judgement.fault(Precision::Int8), None);
        // Two hundred prints that both see nowhere make up for nothing.
        for num_prints in [1, 200] {
            let judgement = with_mistakes(100, num_prints, 4);
            assert_eq!((judgement.agreement.count, judgement.agreement.of), (96, 100));
            assert_eq!(judgement.worst_group, "kind");
            let fault = judgement.fault(Precision::Int8).unwrap();
            assert!(fault.contains("group kind") && fault.contains("96.0 %") && fault.contains("97 %"), "{fault}");
        }
        // A group of which any number fits is judged like another.
        let (parity, labels) = set(100, 2);
        let mut found = parity.expected.clone();
        found.iter_mut().take(10).for_each(|photo| photo[2] = 0.5);
        let judgement = Judgement::of(&parity, &labels, &found);
        assert_eq!((judgement.agreement.count, judgement.agreement.of), (190, 200));
        assert!(judgement.fault(Precision::Int8).unwrap().contains("group print"));
    }

    #[test]
    fn photos_that_taught_the_model_judge_only_where_there_are_too_few_others() {
        let (mut parity, labels) = set(100, 1);
        let mut found = parity.expected.clone();
        found.iter_mut().take(2).for_each(|photo| photo.swap(0, 1));
        let mut judge = |num_held_out: usize| {
            parity.is_held_out = (0..100).map(|photo| photo < num_held_out).collect();
            Judgement::of(&parity, &labels, &found)
        };
        let judgement = judge(50);
        assert_eq!((judgement.images, judgement.agreement.of, judgement.accuracy.of), (50, 50, 50));
        let fault = judgement.fault(Precision::Int8).unwrap();
        assert!(fault.contains("96.0 %") && fault.contains("on 50 photos that taught it nothing"), "{fault}");
        // Of all photos, both mistakes are but 2 %.
        let judgement = judge(49);
        assert_eq!((judgement.images, judgement.agreement.of, judgement.accuracy.of), (100, 100, 49));
        assert_eq!((judgement.is_held_out, judgement.is_accuracy_held_out), (false, true));
        assert_eq!(judgement.fault(Precision::Int8), None);
        let judgement = judge(0);
        assert_eq!((judgement.accuracy.of, judgement.is_accuracy_held_out), (100, false));
        // Nothing is known of those that may judge.
        parity.is_held_out = (0..100).map(|photo| photo < 50).collect();
        parity.truths[..50].fill(vec![None, None]);
        let judgement = Judgement::of(&parity, &labels, &found);
        assert_eq!((judgement.agreement.of, judgement.accuracy.of, judgement.compared), (50, 0, 100));
        // Few are enough where there are no others.
        let (parity, labels) = set(8, 1);
        let judgement = Judgement::of(&parity, &labels, &parity.expected);
        assert_eq!((judgement.images, judgement.is_held_out, judgement.is_accuracy_held_out), (8, true, true));
    }

    #[test]
    fn int8_must_be_right_nearly_as_often() {
        // Within 97 % of the app's decisions, 2.9 points less often right: of so many photos that is no accident.
        let judgement = with_mistakes(3000, 1, 87);
        assert_eq!((judgement.accuracy_app.count, judgement.accuracy.count), (3000, 2913));
        let fault = judgement.fault(Precision::Int8).unwrap();
        assert!(fault.contains("97.1 %") && fault.contains("more than 2 points less"), "{fault}");
        // Of a hundred it may be an accident.
        assert_eq!(with_mistakes(100, 1, 3).fault(Precision::Int8), None);
        // Where no truth is known, nothing is said of it.
        let (mut parity, labels) = set(3000, 1);
        let mut found = parity.expected.clone();
        found.iter_mut().take(87).for_each(|photo| photo.swap(0, 1));
        parity.truths = vec![vec![None, None]; 3000];
        let judgement = Judgement::of(&parity, &labels, &found);
        assert_eq!((judgement.accuracy.of, judgement.fault(Precision::Int8)), (0, None));
    }
}
