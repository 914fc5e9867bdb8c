//! The words that a backbone knows before a person taught it any: its classification layer.

use rayon::prelude::*;

use super::feature::Feature;
use super::weights::{Tensors, WeightsError};

/// A linear layer from the last stage's pooled output to everyday words.
pub struct Words {
    names: Vec<String>,
    dim: usize,
    /// `[names, dim]`, row-major.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Words {
    /// Reads `fc` for these synonym lists ("dress, frock"), of which the first name is shown.
    ///
    /// # Errors
    /// [`WeightsError`] where the layer is missing or of another shape.
    pub fn load(classes: &[String], dim: usize, tensors: &Tensors<'_>) -> Result<Self, WeightsError> {
        Ok(Self {
            names: classes.iter().map(|synonyms| first_name(synonyms).to_owned()).collect(),
            dim,
            weight: tensors.f32("fc.weight", &[classes.len(), dim])?,
            bias: tensors.f32("fc.bias", &[classes.len()])?,
        })
    }

    /// The words, in the order of the layer's rows.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// One logit a word.
    #[must_use]
    pub fn logits(&self, feature: &Feature) -> Vec<f32> {
        let pooled = feature.last_pooled(self.dim);
        self.weight.chunks_exact(self.dim).zip(&self.bias).map(|(row, bias)| dot(row, &pooled) + bias).collect()
    }

    /// The `top` likeliest words of each photo, likeliest first, as (row, probability).
    #[must_use]
    pub fn propose(&self, features: &[&Feature], top: usize) -> Vec<Vec<(usize, f32)>> {
        features
            .par_iter()
            .map(|feature| {
                let logits = self.logits(feature);
                let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let total: f32 = logits.iter().map(|logit| (logit - highest).exp()).sum();
                let mut order: Vec<usize> = (0..logits.len()).collect();
                order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]).then(a.cmp(&b)));
                order.truncate(top);
                order.into_iter().map(|word| (word, (logits[word] - highest).exp() / total)).collect()
            })
            .collect()
    }
}

fn first_name(synonyms: &str) -> &str {
    synonyms.split(',').next().unwrap_or(synonyms).trim()
}

/// Eight sums side by side, so that the compiler may use vector registers.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    let mut sums = [0f32; 8];
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum::<f32>()
}
