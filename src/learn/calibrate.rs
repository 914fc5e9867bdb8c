//! The temperature that makes held-out probabilities honest.

use half::f16;

use super::head::Head;
use super::objective::{logits, loss_and_residual};
use super::problem::Target;

/// Beyond these a few odd rows, not the data, would decide.
const COLDEST: f32 = 0.2;
const HOTTEST: f32 = 5.0;

/// The mean loss of held-out logits `[rows, classes]` divided by a temperature.
pub(super) fn loss_at(logits: &[f32], targets: &[&Target], num_classes: usize, temperature: f32) -> f64 {
    let mut scaled = vec![0f32; num_classes];
    let mut total = 0.0;
    for (row, target) in logits.chunks_exact(num_classes).zip(targets) {
        scaled.iter_mut().zip(row).for_each(|(out, logit)| *out = logit / temperature);
        total += loss_and_residual(&mut scaled, target);
    }
    total / targets.len().max(1) as f64
}

/// How many rows weigh as much as the belief that a head is calibrated as it is: a dozen labels, all of them right,
/// must not make it certain of everything.
const PRIOR_ROWS: f64 = 20.0;

/// The temperature with the least held-out loss, by golden-section search on its logarithm, where the loss has one
/// valley. With few rows it stays near 1.
pub(super) fn temperature(logits: &[f32], targets: &[&Target], num_classes: usize) -> f32 {
    if targets.is_empty() {
        return 1.0;
    }
    let prior = PRIOR_ROWS / targets.len() as f64;
    let loss = |log: f32| loss_at(logits, targets, num_classes, log.exp()) + prior * f64::from(log).powi(2);
    let golden = (5f32.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (COLDEST.ln(), HOTTEST.ln());
    for _ in 0..24 {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if loss(left) < loss(right) {
            high = right;
        } else {
            low = left;
        }
    }
    (0.5 * (low + high)).exp()
}

/// Parts of the rows that are judged by the temperature of the others.
const NUM_PARTS: usize = 5;

/// The probabilities `[rows, classes]` of rows by which the head itself was calibrated: of each with the temperature that
/// rows of other parts ask for, so that these rows can tell how honest it is. A row without a target asks for nothing.
#[must_use]
pub fn probabilities_apart(head: &Head, rows: &[&[f16]], targets: &[Option<&Target>]) -> Vec<f32> {
    let classes = head.num_classes().max(1);
    let logits = logits(rows, head.parameters(), head.dim());
    let heads: Vec<Head> = (0..NUM_PARTS)
        .map(|part| {
            let others = logits.chunks_exact(classes).zip(targets).enumerate();
            let (others, known): (Vec<&[f32]>, Vec<&Target>) = others
                .filter(|(row, _)| row % NUM_PARTS != part)
                .filter_map(|(_, (logits, target))| Some((logits, (*target)?)))
                .unzip();
            head.at_temperature(temperature(&others.concat(), &known, classes))
        })
        .collect();
    rows.iter().enumerate().flat_map(|(row, values)| heads[row % NUM_PARTS].probabilities(&[*values])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_no_say_in_how_sure_the_head_is_of_it() {
        let head = Head::from_parts(&[1.0, -1.0], &[0.0, 0.0], true, 3.0).expect("one feature, two classes");
        let values: Vec<[f16; 1]> = (0..200_u8).map(|row| [f16::from_f32(f32::from(row % 9) - 4.0)]).collect();
        let rows: Vec<&[f16]> = values.iter().map(<[f16; 1]>::as_slice).collect();
        let right: Vec<Target> = values.iter().map(|value| Target::Is(usize::from(value[0] < f16::ZERO))).collect();
        let said = |targets: &[Target]| {
            let targets: Vec<Option<&Target>> = targets.iter().map(Some).collect();
            probabilities_apart(&head, &rows, &targets)
        };
        let of_part = |said: &[f32], part: usize| -> Vec<f32> {
            said.chunks_exact(2).skip(part).step_by(NUM_PARTS).map(|row| row[0]).collect()
        };
        // All of the first part are mistaken: only the others hear of it, and are less sure.
        let mut mistaken = right.clone();
        for target in mistaken.iter_mut().step_by(NUM_PARTS) {
            *target = Target::Is(usize::from(*target == Target::Is(0)));
        }
        let (before, after) = (said(&right), said(&mistaken));
        assert_eq!(of_part(&before, 0), of_part(&after, 0));
        let sureness = |said: &[f32]| of_part(said, 1).iter().map(|p| (p - 0.5).abs()).sum::<f32>();
        assert!(sureness(&after) < 0.9 * sureness(&before), "{} {}", sureness(&after), sureness(&before));
    }
}
