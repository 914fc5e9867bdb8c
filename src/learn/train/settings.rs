//! What can be set of a training; the defaults work without tuning.

use serde::{Deserialize, Serialize};

/// The share of a stage's rate that the stage before it gets: early stages know what all photos have in common, and change
/// least (Howard and Ruder, *Universal Language Model Fine-tuning*, 2018).
const STAGE_SHARE: f32 = 0.2;

/// The recipe of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub epochs: usize,
    /// Photos a step.
    pub batch: usize,
    /// Highest learning rate of the heads; high, since features have unit length.
    pub head_rate: f32,
    /// Highest learning rate of the network's last stage, which needs to change little; those before it have lower ones.
    pub body_rate: f32,
    /// Whether rates that suit are looked for first, in some steps that are then forgotten; those that are set say only how
    /// they stand to each other.
    pub tests_rates: bool,
    /// Of convolutions' and heads' weights, not of norms and biases (Loshchilov and Hutter, *Decoupled Weight Decay
    /// Regularization*, 2019).
    pub weight_decay: f32,
    /// The share of all steps in which the rates rise; then they fall as a cosine does.
    pub warm_up: f32,
    /// Gradients longer than this are shortened to it.
    pub max_gradient_norm: f32,
    /// The share of certainty that is given to all tags alike (Szegedy et al., *Rethinking the Inception Architecture*,
    /// 2016).
    pub label_smoothing: f32,
    /// Photos are mixed in pairs by a share drawn from Beta(a, a); 0 leaves them alone (Zhang et al., *mixup*, 2018).
    pub mixup: f32,
    /// How much of the average of all weights so far is kept at each step; 0 takes the last weights as they are (Polyak
    /// and Juditsky, 1992).
    pub averaging: f32,
    /// Tags rarer than this share of a tag's mean number of photos are shown more often (*repeat factor sampling*: Gupta
    /// et al., *LVIS*, 2019).
    pub rare_below: f32,
    /// Stops after so many epochs in which macro F1 did not rise.
    pub patience: usize,
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch: 32,
            head_rate: 2e-2,
            body_rate: 2e-4,
            tests_rates: false,
            weight_decay: 0.01,
            warm_up: 0.05,
            max_gradient_norm: 1.0,
            label_smoothing: 0.1,
            mixup: 0.0,
            averaging: 0.99,
            rare_below: 0.5,
            patience: 6,
            seed: 0,
        }
    }
}

impl Settings {
    /// What to multiply the highest rates with at a step (from 0) of `num_steps`.
    pub(super) fn schedule(&self, step: u64, num_steps: u64) -> f32 {
        let warm_up = (num_steps as f32 * self.warm_up).max(1.0);
        let rise = ((step + 1) as f32 / warm_up).min(1.0);
        let share = step as f32 / num_steps.max(1) as f32;
        rise * 0.5 * (1.0 + (std::f32::consts::PI * share).cos())
    }

    /// Highest learning rate of a parameter of the network, so many stages before the features.
    pub(super) fn body_rate_at(&self, depth: usize) -> f32 {
        (0..depth).fold(self.body_rate, |rate, _| rate * STAGE_SHARE)
    }

    /// Whether a training can be made of these numbers.
    ///
    /// # Errors
    /// A sentence that names the one that is out of range.
    pub fn check(&self) -> Result<(), String> {
        let ranges = [
            ("epochs", self.epochs as f32, 1.0, 10_000.0),
            ("batch", self.batch as f32, 1.0, 1024.0),
            ("head_rate", self.head_rate, 0.0, 10.0),
            ("body_rate", self.body_rate, 0.0, 10.0),
            ("weight_decay", self.weight_decay, 0.0, 1.0),
            ("warm_up", self.warm_up, 0.0, 1.0),
            ("max_gradient_norm", self.max_gradient_norm, 1e-6, 1e6),
            ("label_smoothing", self.label_smoothing, 0.0, 0.9),
            ("mixup", self.mixup, 0.0, 10.0),
            ("averaging", self.averaging, 0.0, 0.9999),
            ("rare_below", self.rare_below, 0.0, 1.0),
        ];
        let is_out = |(_, value, low, high): &&(&str, f32, f32, f32)| !(*low..=*high).contains(value);
        match ranges.iter().find(is_out) {
            None => Ok(()),
            Some((name, value, low, high)) => Err(format!("`{name}` is {value}, which is not within {low} to {high}")),
        }
    }
}
