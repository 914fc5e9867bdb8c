//! The linear heads of all groups while they are trained, and the loss.

use super::super::head::Head;
use super::super::objective::{add_feature_gradient, add_gradient, logits_of, loss_and_residual};
use super::super::problem::Target;
use super::body::Parameter;

/// A tag group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupShape {
    pub num_classes: usize,
    /// Whether the classes exclude each other.
    pub is_one_of: bool,
}

/// One linear layer a group, on the same features.
pub struct Heads {
    dim: usize,
    heads: Vec<OneHead>,
}

struct OneHead {
    shape: GroupShape,
    /// Weights `[dim, classes]`, then biases.
    values: Vec<f32>,
    gradient: Vec<f32>,
}

/// What is known of a photo in each group; nothing where it has no label there.
pub type Targets = [Option<Target>];

impl Heads {
    /// Begins at fitted heads, or at nothing. A temperature becomes part of the weights, so that training begins with
    /// probabilities that are right as often as they say.
    pub fn new(dim: usize, groups: &[GroupShape], fitted: &[Option<Head>]) -> Self {
        let head = |(index, shape): (usize, &GroupShape)| {
            let num_values = (dim + 1) * shape.num_classes;
            let fitted = fitted.get(index).and_then(Option::as_ref);
            let values = match fitted.filter(|head| head.parameters().len() == num_values) {
                Some(head) => head.parameters().iter().map(|value| value / head.temperature()).collect(),
                None => vec![0.0; num_values],
            };
            OneHead { shape: *shape, gradient: vec![0.0; values.len()], values }
        };
        Self { dim, heads: groups.iter().enumerate().map(head).collect() }
    }

    /// Weights and biases of each group, which are parameters of their own.
    pub fn parameters(&mut self) -> Vec<Parameter<'_>> {
        let mut parameters = Vec::with_capacity(2 * self.heads.len());
        for (group, head) in self.heads.iter_mut().enumerate() {
            let num_weights = self.dim * head.shape.num_classes;
            let (weights, biases) = head.values.split_at_mut(num_weights);
            let (of_weights, of_biases) = head.gradient.split_at(num_weights);
            let named = |name: &str| format!("head.{group}.{name}");
            parameters.push(Parameter {
                name: named("weight"),
                values: weights,
                gradient: of_weights,
                is_decayed: true,
                depth: 0,
            });
            parameters.push(Parameter {
                name: named("bias"),
                values: biases,
                gradient: of_biases,
                is_decayed: false,
                depth: 0,
            });
        }
        parameters
    }

    /// The heads as they are now, each with a temperature.
    pub fn freeze(&self, temperatures: &[f32]) -> Vec<Head> {
        let frozen = |(head, temperature): (&OneHead, &f32)| {
            let GroupShape { num_classes, is_one_of } = head.shape;
            Head::new(self.dim, num_classes, is_one_of, head.values.clone(), *temperature)
        };
        self.heads.iter().zip(temperatures).map(frozen).collect()
    }

    /// The logits `[rows, classes]` of a group.
    pub fn logits(&self, group: usize, features: &[f32]) -> Vec<f32> {
        let head = &self.heads[group];
        let mut logits = vec![0f32; features.len() / self.dim * head.shape.num_classes];
        logits_of(features, &head.values, self.dim, &mut logits);
        logits
    }

    /// The mean loss of a batch `[rows, dim]` of which the first targets count `1 − share` and the second `share`; with
    /// the gradient by the features in `gradient`, and that by the heads kept.
    pub fn loss(
        &mut self,
        features: &[f32],
        rows: &[(&Targets, Option<(&Targets, f32)>)],
        smoothing: f32,
        gradient: &mut [f32],
    ) -> f64 {
        gradient.fill(0.0);
        let scale = 1.0 / rows.len().max(1) as f32;
        let mut loss = 0.0;
        for group in 0..self.heads.len() {
            let mut residuals = self.logits(group, features);
            let head = &mut self.heads[group];
            let num_classes = head.shape.num_classes;
            for (row, (first, second)) in residuals.chunks_exact_mut(num_classes).zip(rows) {
                let logits = row.to_vec();
                row.fill(0.0);
                let share = second.map_or(0.0, |(_, share)| share);
                loss += add_loss(row, &logits, first[group].as_ref(), 1.0 - share, smoothing);
                if let Some((second, share)) = second {
                    loss += add_loss(row, &logits, second[group].as_ref(), *share, smoothing);
                }
                row.iter_mut().for_each(|residual| *residual *= scale);
            }
            head.gradient.fill(0.0);
            add_gradient(features, &residuals, &mut head.gradient, self.dim, num_classes);
            add_feature_gradient(&residuals, &head.values, gradient, self.dim);
        }
        loss * f64::from(scale)
    }
}

/// The mean loss of heads that hold all classes for equally likely.
pub fn loss_of_a_guess(groups: &[GroupShape], photos: &[Vec<Option<Target>>]) -> f64 {
    let of_target = |(shape, target): (&GroupShape, &Option<Target>)| {
        let logits = vec![0f32; shape.num_classes];
        add_loss(&mut logits.clone(), &logits, target.as_ref(), 1.0, 0.0)
    };
    let of_photo = |targets: &Vec<Option<Target>>| groups.iter().zip(targets).map(of_target).sum::<f64>();
    photos.iter().map(of_photo).sum::<f64>() / photos.len().max(1) as f64
}

/// Adds a row's residual, times its weight, and gives its loss, times its weight.
fn add_loss(residual: &mut [f32], logits: &[f32], target: Option<&Target>, weight: f32, smoothing: f32) -> f64 {
    let Some(target) = target else { return 0.0 };
    let mut row = logits.to_vec();
    let mut loss = loss_and_residual(&mut row, target);
    match target {
        Target::Is(class) => {
            // Part of the certainty goes to all classes alike: the mean of what each would cost.
            let mean = logits.iter().map(|logit| f64::from(*logit)).sum::<f64>() / logits.len() as f64;
            loss += f64::from(smoothing) * (f64::from(logits[*class]) - mean);
            let even = smoothing / logits.len() as f32;
            row.iter_mut().for_each(|residual| *residual -= even);
            row[*class] += smoothing;
        }
        Target::Each(known) => {
            for ((residual, logit), is_yes) in row.iter_mut().zip(logits).zip(known) {
                let Some(is_yes) = is_yes else { continue };
                // Yes becomes 1 − s/2, no s/2.
                let change = if *is_yes { 0.5 * smoothing } else { -0.5 * smoothing };
                *residual += change;
                loss += f64::from(change) * f64::from(*logit);
            }
        }
        Target::IsNot(_) => {}
    }
    residual.iter_mut().zip(row).for_each(|(to, from)| *to += weight * from);
    f64::from(weight) * loss
}
