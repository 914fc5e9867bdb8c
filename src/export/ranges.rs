//! Between which values the numbers on each edge of the graph lie, as seen on real photos.
//!
//! The limits are those with the least squared error of 8 bits: a few outliers are cut off so that all the others are
//! counted in finer steps.

use super::ExportError;
use super::graph::{EdgeId, Graph};
use super::model::Model;
use super::run::run;
use crate::progress::Progress;
use crate::vision::Crop;
use candle_core::Device;
use rayon::prelude::*;

const BINS: usize = 4096;
const BATCH: usize = 8;

/// The range of every edge of a graph, by [`EdgeId`].
#[derive(Clone, Debug)]
pub struct Ranges(Vec<(f32, f32)>);

/// A number is `(count − zero) × step`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    pub step: f32,
    pub zero: i32,
}

impl Ranges {
    /// Steps from the count `lowest` to the count `highest` that cover an edge's range and have a count for zero.
    #[must_use]
    pub fn steps(&self, edge: EdgeId, lowest: i32, highest: i32) -> Steps {
        let (low, high) = self.0[edge.0];
        let (low, high) = (low.min(0.0), high.max(0.0));
        let step = ((high - low) / (highest - lowest) as f32).max(1e-9);
        let zero = (lowest as f32 - low / step).round() as i32;
        Steps { step, zero: zero.clamp(lowest, highest) }
    }
}

/// Runs the network on these photos and looks at every edge of its body.
///
/// # Errors
/// Where it cannot be computed, or was cancelled.
pub fn calibrate(model: &Model, graph: &Graph<'_>, crops: &[Crop], progress: &Progress) -> Result<Ranges, ExportError> {
    let mut histograms: Vec<Histogram> = graph.edges.iter().map(|_| Histogram::default()).collect();
    for crops in crops.chunks(BATCH) {
        if progress.is_cancelled() {
            return Err(ExportError::Cancelled);
        }
        let images = model.spec.preprocess.tensor(crops, &Device::Cpu)?;
        run(graph, &images, &mut |edge, tensor| {
            if graph.edge(edge).shape.len() == 3 {
                histograms[edge.0].add(&tensor.flatten_all()?.to_vec1::<f32>()?);
            }
            Ok(())
        })?;
        progress.add(crops.len() as u64);
    }
    Ok(Ranges(histograms.par_iter().map(Histogram::range).collect()))
}

/// How often which values were seen, in equal bins from −limit to limit; the limit doubles as it must.
struct Histogram {
    counts: Vec<u64>,
    limit: f32,
    low: f32,
    high: f32,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BINS], limit: 1.0 / 64.0, low: 0.0, high: 0.0 }
    }
}

impl Histogram {
    fn add(&mut self, values: &[f32]) {
        for &value in values.iter().filter(|value| value.is_finite()) {
            (self.low, self.high) = (self.low.min(value), self.high.max(value));
            while value.abs() > self.limit {
                self.double();
            }
            let position = (value / self.limit + 1.0) * (BINS / 2) as f32;
            self.counts[(position as usize).min(BINS - 1)] += 1;
        }
    }

    fn double(&mut self) {
        let mut counts = vec![0; BINS];
        for (index, count) in self.counts.iter().enumerate() {
            counts[BINS / 4 + index / 2] += count;
        }
        self.counts = counts;
        self.limit *= 2.0;
    }

    /// Both ends drawn in by the same share, that with the least squared error.
    fn range(&self) -> (f32, f32) {
        let shares = (30..=100).map(|percent| percent as f32 / 100.0);
        let best = shares.min_by(|a, b| self.error(*a).total_cmp(&self.error(*b))).unwrap_or(1.0);
        (self.low * best, self.high * best)
    }

    fn error(&self, share: f32) -> f64 {
        let (low, high) = (f64::from(self.low * share), f64::from(self.high * share));
        let rounding = ((high - low) / 255.0).powi(2) / 12.0;
        let width = 2.0 * f64::from(self.limit) / BINS as f64;
        let of_bin = |(index, &count): (usize, &u64)| {
            let value = (index as f64 + 0.5) * width - f64::from(self.limit);
            let outside = (value - value.clamp(low, high)).powi(2);
            count as f64 * if outside > 0.0 { outside } else { rounding }
        };
        self.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(of_bin).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_are_cut_off_and_zero_has_a_count() {
        let mut histogram = Histogram::default();
        histogram.add(&(0..1_000_000).map(|value| (value % 1000) as f32 / 1000.0).collect::<Vec<_>>());
        let (low, high) = histogram.range();
        assert!(low.abs() < 1e-9, "{low}");
        assert!((0.95..=1.0).contains(&high), "{high}");
        histogram.add(&[2.0]);
        let (_, cut) = histogram.range();
        assert!((0.95..1.5).contains(&cut), "one value of a million does not halve the steps: {cut}");
        let ranges = Ranges(vec![(-1.0, 3.0), (0.5, 1.0)]);
        let steps = ranges.steps(EdgeId(0), 0, 255);
        assert!((steps.step - 4.0 / 255.0).abs() < 1e-7 && steps.zero == 64);
        assert_eq!(ranges.steps(EdgeId(1), -128, 127).zero, -128);
    }
}
