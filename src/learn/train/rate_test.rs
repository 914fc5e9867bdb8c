//! Which learning rates suit: a few steps at ever higher ones, and what the loss did (Smith, *Cyclical Learning Rates for
//! Training Neural Networks*, 2017).

/// Steps of a test.
pub const NUM_STEPS: usize = 80;

/// The first and the last factor of the rates that were set.
const RANGE: (f32, f32) = (1e-2, 1e2);

/// How much of the mean loss so far is kept at each step.
const KEPT: f64 = 0.9;

/// The test ends where the mean loss is so many times the least one.
const TOO_HIGH: f64 = 4.0;

/// At the least loss the rates are on the verge of being too high; so many times lower they are safe.
const SAFE: f32 = 10.0;

/// A test under way.
#[derive(Default)]
pub struct RateTest {
    mean: f64,
    least: Option<(usize, f64)>,
    num_steps: usize,
}

impl RateTest {
    /// What to multiply the rates with at the next step; none once the test is over.
    pub fn factor(&self) -> Option<f32> {
        (self.num_steps < NUM_STEPS).then(|| factor(self.num_steps))
    }

    /// Takes in the loss of that step. It is no number where the step went wrong, which ends the test.
    pub fn note(&mut self, loss: f64) {
        self.mean = KEPT * self.mean + (1.0 - KEPT) * loss;
        // The mean starts at nothing, which makes the first ones too small.
        let mean = self.mean / (1.0 - KEPT.powi(self.num_steps as i32 + 1));
        let is_sound = mean.is_finite() && self.least.is_none_or(|(_, least)| mean <= TOO_HIGH * least);
        if is_sound && self.least.is_none_or(|(_, least)| mean < least) {
            self.least = Some((self.num_steps, mean));
        }
        self.num_steps = if is_sound { self.num_steps + 1 } else { NUM_STEPS };
    }

    /// What to multiply the rates that were set with; they stay as they are where the loss only rose.
    pub fn found(&self) -> f32 {
        match self.least {
            Some((step, _)) if step > 0 => factor(step) / SAFE,
            _ => 1.0,
        }
    }
}

fn factor(step: usize) -> f32 {
    let (low, high) = RANGE;
    low * (high / low).powf(step as f32 / (NUM_STEPS - 1) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The factor found where the loss of a step at a factor is as `loss` says.
    fn found(loss: impl Fn(f32) -> f64) -> f32 {
        let mut test = RateTest::default();
        while let Some(factor) = test.factor() {
            test.note(loss(factor));
        }
        test.found()
    }

    #[test]
    fn it_finds_rates_below_those_at_which_the_loss_explodes() {
        // Falls up to a factor of 20, then rises steeply; the mean follows some steps later.
        let factor = found(|factor| if factor < 20.0 { 2.0 - f64::from(factor) / 20.0 } else { f64::from(factor) });
        assert!((1.0..4.0).contains(&factor), "{factor}");
        let factor = found(|factor| if factor < 0.5 { 2.0 - f64::from(factor) } else { f64::NAN });
        assert!((0.02..0.06).contains(&factor), "{factor}");
    }

    #[test]
    fn rates_stay_where_every_step_makes_it_worse() {
        assert!((found(|factor| 1.0 + f64::from(factor)) - 1.0).abs() < f32::EPSILON);
    }
}
