//! What a network says of the photos that are held out.

use super::super::calibrate::temperature;
use super::super::metrics::{Overall, likeliest, mean, ratio};
use super::super::objective::loss_and_residual;
use super::super::problem::Target;
use super::heads::GroupShape;

/// The figures of an epoch; where there are several groups, accuracy and macro F1 are those of [`Overall`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Verdict {
    /// Mean over photos, without smoothing.
    pub loss: f64,
    /// Share of right answers of those whose truth is known.
    pub accuracy: f64,
    /// Mean of the F1 of all tags that are true or were said of any photo.
    pub macro_f1: f64,
}

impl Verdict {
    /// Whether these figures are better: by macro F1, and where that is the same by the loss.
    pub fn is_better_than(&self, other: &Self) -> bool {
        (self.macro_f1, -self.loss) > (other.macro_f1, -other.loss)
    }
}

/// The logits of all held-out photos: `[photo, class]` for each group.
pub struct HeldOutLogits<'a> {
    pub groups: &'a [GroupShape],
    pub logits: &'a [Vec<f32>],
    pub targets: &'a [Vec<Option<Target>>],
    /// Answers of each group that must be wrong, since the truth is a tag that is not learnt.
    pub num_unlearnt: &'a [usize],
}

#[derive(Clone, Default)]
struct Counts {
    hits: usize,
    said: usize,
    true_: usize,
}

impl HeldOutLogits<'_> {
    pub fn judge(&self) -> Verdict {
        let mut loss = 0.0;
        let mut overall = Overall::default();
        for (group, shape) in self.groups.iter().enumerate() {
            let num_unlearnt = self.num_unlearnt[group];
            let (mut photos, mut answers, mut right) = (num_unlearnt, num_unlearnt, 0);
            let mut counts = vec![Counts::default(); shape.num_classes];
            for (row, target) in self.rows(group) {
                loss += loss_and_residual(&mut row.to_vec(), target);
                match target {
                    Target::Is(class) => {
                        let said = likeliest(row).unwrap_or_default();
                        counts[said].said += 1;
                        counts[*class].true_ += 1;
                        counts[said].hits += usize::from(said == *class);
                        right += usize::from(said == *class);
                        answers += 1;
                        photos += 1;
                    }
                    Target::IsNot(_) => {}
                    Target::Each(known) => {
                        photos += 1;
                        for ((count, logit), is_yes) in counts.iter_mut().zip(row).zip(known) {
                            let Some(is_yes) = is_yes else { continue };
                            let is_said = *logit >= 0.0;
                            count.said += usize::from(is_said);
                            count.true_ += usize::from(*is_yes);
                            count.hits += usize::from(is_said && *is_yes);
                            right += usize::from(is_said == *is_yes);
                            answers += 1;
                        }
                    }
                }
            }
            let seen = counts.iter().filter(|count| count.said + count.true_ > 0);
            let f1s = seen.map(|count| 2.0 * count.hits as f64 / (count.said + count.true_) as f64);
            overall.add_group(photos, ratio(right, answers), mean(f1s));
        }
        Verdict {
            loss: loss / self.targets.len().max(1) as f64,
            accuracy: overall.accuracy,
            macro_f1: overall.macro_f1,
        }
    }

    /// The temperature of each group.
    pub fn temperatures(&self) -> Vec<f32> {
        (0..self.groups.len())
            .map(|group| {
                let rows: Vec<(&[f32], &Target)> = self.rows(group).collect();
                let logits: Vec<f32> = rows.iter().flat_map(|(row, _)| row.iter().copied()).collect();
                let targets: Vec<&Target> = rows.iter().map(|(_, target)| *target).collect();
                temperature(&logits, &targets, self.groups[group].num_classes)
            })
            .collect()
    }

    /// What was said of each photo of which something is known in a group.
    fn rows(&self, group: usize) -> impl Iterator<Item = (&[f32], &Target)> {
        let rows = self.logits[group].chunks_exact(self.groups[group].num_classes.max(1));
        rows.zip(self.targets).filter_map(move |(row, targets)| Some((row, targets[group].as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{Prediction, evaluate, evaluate_each};
    use super::*;

    const GROUPS: [GroupShape; 2] =
        [GroupShape { num_classes: 3, is_one_of: true }, GroupShape { num_classes: 2, is_one_of: false }];

    #[test]
    fn an_epoch_is_judged_as_what_comes_of_a_training_is() {
        let each = [vec![Some(true), Some(false)], vec![Some(true), Some(true)]];
        let targets = [
            vec![Some(Target::Is(0)), Some(Target::Each(each[0].clone()))],
            vec![Some(Target::Is(1)), None],
            vec![Some(Target::Is(1)), None],
            vec![None, Some(Target::Each(each[1].clone()))],
        ];
        // Said are `a`, `c` and `b`; and `d` and at even odds `e`, then `d` alone.
        let logits = [
            vec![2.0, 0.0, 1.0, 0.0, 0.0, 3.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0],
            vec![1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, -2.0],
        ];
        let judge = |groups: &[GroupShape], num_unlearnt: &[usize]| {
            let verdict = HeldOutLogits { groups, logits: &logits, targets: &targets, num_unlearnt }.judge();
            (verdict.accuracy, verdict.macro_f1)
        };

        let said = |truth, said| Prediction { truth, said: Some(said), probability: 1.0 };
        let mut overall = Overall::default();
        overall.add(&evaluate(&[said("a", "a"), said("b", "c"), said("b", "b")], 1));
        overall.add(&evaluate_each(&["d", "e"], &each, &[0.73, 0.5, 0.88, 0.12], 2));
        let (accuracy, macro_f1) = judge(&GROUPS, &[0, 0]);
        assert!((accuracy - overall.accuracy).abs() < 1e-12, "{accuracy} and {overall:?}");
        assert!((macro_f1 - overall.macro_f1).abs() < 1e-12, "{macro_f1} and {overall:?}");
        // Two of the first group's three photos, and half of what is known of the second group's two.
        assert!((accuracy - 3.0 / 5.0).abs() < 1e-12, "{accuracy}");

        let alone = judge(&GROUPS[..1], &[0]);
        assert_eq!(alone, (2.0 / 3.0, (1.0 + 2.0 / 3.0) / 3.0), "to the last bit");
        assert_eq!(judge(&GROUPS[..1], &[1]), (2.0 / 4.0, alone.1), "what cannot be right");
    }
}
