//! How large a network's activations are on real photos, and where it pays to clip them.

use std::collections::BTreeMap;

/// Bars of a histogram.
const BARS: usize = 2048;

/// Clipping is tried at this many places of the histogram.
const CANDIDATES: usize = 128;

/// What is known of each map that is kept in codes, by the name of the step that writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranges {
    /// How large a normalised pixel can be, below zero or above.
    pub input: f32,
    pub maps: BTreeMap<String, Range>,
}

/// What is known of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// What the largest code stands for; whatever is greater is clipped.
    pub most: f32,
    /// Mean of each channel, by which the error of rounded weights is made up for.
    pub means: Vec<f32>,
}

/// Collects what the network shows while it runs in f32.
pub struct Observed {
    input: f32,
    maps: BTreeMap<String, Map>,
}

struct Map {
    histogram: Histogram,
    sums: Vec<f64>,
    pixels: u64,
}

/// Counts of numbers above zero, in bars of equal width; the width doubles when a greater number comes.
struct Histogram {
    bars: Vec<u64>,
    width: f32,
}

impl Observed {
    /// Of a network whose pixels are not larger than `input`.
    #[must_use]
    pub fn new(input: f32) -> Self {
        Self { input, maps: BTreeMap::new() }
    }

    /// Takes in a map, channels last.
    pub fn see(&mut self, name: &str, values: &[f32], channels: usize) {
        let map = self.maps.entry(name.to_owned()).or_insert_with(|| Map {
            histogram: Histogram { bars: vec![0; BARS], width: 0.0 },
            sums: vec![0.0; channels],
            pixels: 0,
        });
        for pixel in values.chunks_exact(channels) {
            for (sum, value) in map.sums.iter_mut().zip(pixel) {
                *sum += f64::from(*value);
            }
            map.pixels += 1;
        }
        map.histogram.add(values);
    }

    /// The ranges with which codes up to `max_code` lie closest to what was seen.
    #[must_use]
    pub fn ranges(&self, max_code: u8) -> Ranges {
        let range = |map: &Map| Range {
            most: map.histogram.best_clip(max_code),
            means: map.sums.iter().map(|sum| (sum / map.pixels.max(1) as f64) as f32).collect(),
        };
        Ranges { input: self.input, maps: self.maps.iter().map(|(name, map)| (name.clone(), range(map))).collect() }
    }
}

impl Histogram {
    fn add(&mut self, values: &[f32]) {
        let greatest = values.iter().copied().fold(0.0, f32::max);
        if greatest > 0.0 && self.width == 0.0 {
            self.width = greatest / BARS as f32;
        }
        while greatest > self.width * BARS as f32 && greatest.is_finite() {
            for bar in 0..BARS {
                let from = 2 * bar;
                self.bars[bar] = if from < BARS { self.bars[from] + self.bars[from + 1] } else { 0 };
            }
            self.width *= 2.0;
        }
        for &value in values.iter().filter(|value| **value > 0.0) {
            let bar = ((value / self.width) as usize).min(BARS - 1);
            self.bars[bar] += 1;
        }
    }

    /// Where clipping makes the least squared error together with rounding.
    fn best_clip(&self, max_code: u8) -> f32 {
        let Some(last) = self.bars.iter().rposition(|&count| count > 0) else { return 1.0 };
        let end = last + 1;
        let clips = (1..=CANDIDATES).map(|part| (end * part).div_ceil(CANDIDATES)).map(|bars| bars as f32 * self.width);
        let error = |clip: f32| -> f64 {
            let step = f64::from(clip) / f64::from(max_code);
            let of_bar = |(bar, &count): (usize, &u64)| {
                let value = (bar as f64 + 0.5) * f64::from(self.width);
                let code = (value / step).round().min(f64::from(max_code));
                // Within a step the error is spread evenly; the bars are finer than that, or all in one step.
                count as f64 * (value - code * step).powi(2)
            };
            self.bars[..end].iter().enumerate().map(of_bar).sum()
        };
        clips.min_by(|a, b| error(*a).total_cmp(&error(*b))).unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rare_giant_is_clipped_and_an_even_spread_is_not() {
        let spread: Vec<f32> = (0..10_000).map(|n| n as f32 / 10_000.0).collect();
        let mut observed = Observed::new(2.7);
        observed.see("even", &spread, 1);
        for _ in 0..40 {
            observed.see("giant", &spread, 1);
        }
        observed.see("giant", &[20.0], 1);
        observed.see("nothing", &[0.0; 8], 2);
        let ranges = observed.ranges(127).maps;
        assert!((0.97..1.01).contains(&ranges["even"].most), "{:?}", ranges["even"]);
        assert!(ranges["giant"].most < 10.0, "{:?}", ranges["giant"]);
        assert!((ranges["giant"].means[0] - 0.5).abs() < 1e-3);
        assert_eq!(ranges["nothing"], Range { most: 1.0, means: vec![0.0; 2] });
    }
}
