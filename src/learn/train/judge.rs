//! What a network says of the photos that are held out.

use super::super::calibrate::temperature;
use super::super::metrics::likeliest;
use super::super::objective::loss_and_residual;
use super::super::problem::Target;
use super::heads::GroupShape;

/// The figures of an epoch.
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
    /// Answers that must be wrong, since the truth is a tag that is not learnt.
    pub num_unlearnt: usize,
}

#[derive(Clone, Default)]
struct Counts {
    hits: usize,
    said: usize,
    true_: usize,
}

impl HeldOutLogits<'_> {
    pub fn judge(&self) -> Verdict {
        let (mut loss, mut right, mut judged) = (0.0, 0, self.num_unlearnt);
        let mut f1s = Vec::new();
        for (group, shape) in self.groups.iter().enumerate() {
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
                        judged += 1;
                    }
                    Target::IsNot(_) => {}
                    Target::Each(known) => {
                        for ((count, logit), is_yes) in counts.iter_mut().zip(row).zip(known) {
                            let Some(is_yes) = is_yes else { continue };
                            let is_said = *logit > 0.0;
                            count.said += usize::from(is_said);
                            count.true_ += usize::from(*is_yes);
                            count.hits += usize::from(is_said && *is_yes);
                            right += usize::from(is_said == *is_yes);
                            judged += 1;
                        }
                    }
                }
            }
            let seen = counts.iter().filter(|count| count.said + count.true_ > 0);
            f1s.extend(seen.map(|count| 2.0 * count.hits as f64 / (count.said + count.true_) as f64));
        }
        Verdict {
            loss: loss / self.targets.len().max(1) as f64,
            accuracy: f64::from(right as u32) / judged.max(1) as f64,
            macro_f1: f1s.iter().sum::<f64>() / f1s.len().max(1) as f64,
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
