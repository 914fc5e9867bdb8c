//! What the network says of one photo, as it is kept.

use half::f16;
use half::slice::HalfFloatSliceExt;

/// The pooled outputs of a backbone's feature stages, each scaled to unit length, joined.
///
/// Kept as f16: the numbers lie within ±1, a head sees no difference, and a hundred thousand photos take 300 MB.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    values: Box<[f16]>,
    /// The length of each stage's pooled output before scaling, by which the original is found again.
    norms: Box<[f32]>,
}

impl Feature {
    /// From the pooled outputs of one photo's stages, in order.
    #[must_use]
    pub fn from_pooled(stages: &[&[f32]]) -> Self {
        let norms: Box<[f32]> = stages.iter().map(|stage| norm(stage)).collect();
        Self { values: joined(stages).into_iter().map(f16::from_f32).collect(), norms }
    }

    /// From what [`Feature::values`] and [`Feature::norms`] gave.
    #[must_use]
    pub fn from_parts(values: Box<[f16]>, norms: Box<[f32]>) -> Self {
        Self { values, norms }
    }

    /// The joined features.
    #[must_use]
    pub fn values(&self) -> &[f16] {
        &self.values
    }

    /// The length of each stage's pooled output before scaling.
    #[must_use]
    pub fn norms(&self) -> &[f32] {
        &self.norms
    }

    /// The cosine of the angle between this and another feature of the same backbone: 1 where they agree.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f64 {
        let dot = |a: &Self, b: &Self| -> f64 {
            a.values.iter().zip(&b.values).map(|(a, b)| f64::from(a.to_f32()) * f64::from(b.to_f32())).sum()
        };
        dot(self, other) / (dot(self, self) * dot(other, other)).sqrt().max(f64::MIN_POSITIVE)
    }

    /// The pooled output of the last stage, of `dim` channels, as the network gave it.
    #[must_use]
    pub fn last_pooled(&self, dim: usize) -> Vec<f32> {
        let start = self.values.len().saturating_sub(dim);
        let mut pooled = vec![0f32; self.values.len() - start];
        self.values[start..].convert_to_f32_slice(&mut pooled);
        let norm = self.norms.last().copied().unwrap_or(0.0);
        pooled.iter_mut().for_each(|value| *value *= norm);
        pooled
    }
}

/// The stages, each scaled to unit length, one after the other.
pub(super) fn joined(stages: &[&[f32]]) -> Vec<f32> {
    stages
        .iter()
        .flat_map(|stage| {
            // A photo that excites nothing stays all zero instead of becoming NaN.
            let norm = norm(stage).max(f32::MIN_POSITIVE);
            stage.iter().map(move |value| value / norm)
        })
        .collect()
}

fn norm(values: &[f32]) -> f32 {
    values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt() as f32
}
