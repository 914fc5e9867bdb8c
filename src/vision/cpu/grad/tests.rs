//! The gradients against finite differences of plain loops in f64.

use proptest::prelude::*;

use super::super::Level;
use super::Tail;
use crate::vision::made_up::{numbers, stages, stem, tail};
use crate::vision::normed::{NormedConv, NormedTail};
use crate::vision::trained::TrainedStages;

/// Half of the distance over which a difference is taken.
const STEP: f64 = 1e-6;

/// Numbers of each parameter that are looked at.
const NUM_PROBES: usize = 2;

/// A map, channels last.
#[derive(Clone)]
struct Map {
    values: Vec<f64>,
    height: usize,
    width: usize,
    channels: usize,
}

/// A parameter of the plain network: its layer, which of its three, and which number of it.
#[derive(Clone, Copy, PartialEq)]
struct Probe {
    layer: usize,
    which: usize,
    index: usize,
}

/// The plain network with one number moved.
struct Plain<'a> {
    moved: Probe,
    by: f64,
    tail: &'a NormedTail,
}

impl Plain<'_> {
    fn value(&self, layer: usize, which: usize, index: usize, value: f32) -> f64 {
        let is_moved = self.moved == Probe { layer, which, index };
        f64::from(value) + if is_moved { self.by } else { 0.0 }
    }

    fn conv(&self, conv: &NormedConv, layer: usize, x: &Map) -> Map {
        let (side, padding) = (conv.side as isize, (conv.side / 2) as isize);
        let size = |input: usize| (input + 2 * (conv.side / 2) - conv.side) / conv.stride + 1;
        let (height, width) = (size(x.height), size(x.width));
        let mut values = Vec::new();
        for pixel in 0..height * width {
            let (top, left) = (pixel / width * conv.stride, pixel % width * conv.stride);
            for out in 0..conv.out {
                let mut sum = 0.0;
                for (ky, kx) in (0..side).flat_map(|ky| (0..side).map(move |kx| (ky, kx))) {
                    let (y, x_) = (top as isize + ky - padding, left as isize + kx - padding);
                    if y < 0 || x_ < 0 || y >= x.height as isize || x_ >= x.width as isize {
                        continue;
                    }
                    let at = (y as usize * x.width + x_ as usize) * x.channels;
                    for input in 0..conv.input {
                        let index = ((out * conv.input + input) as isize * side * side + ky * side + kx) as usize;
                        sum += x.values[at + input] * self.value(layer, 0, index, conv.weight[index]);
                    }
                }
                let normal = (sum - f64::from(conv.mean[out])) / f64::from(conv.deviation[out] as f32);
                let scale = self.value(layer, 1, out, conv.scale[out]);
                values.push(scale * normal + self.value(layer, 2, out, conv.shift[out]));
            }
        }
        Map { values, height, width, channels: conv.out }
    }

    /// The sum of all pooled numbers, each times its coefficient.
    fn loss(&self, images: &[Map], coefficient: &dyn Fn(usize, usize, usize) -> f32) -> f64 {
        let mut loss = 0.0;
        for (image, x) in images.iter().enumerate() {
            let mut x = x.clone();
            let mut layer = 0;
            if let Some(stem) = &self.tail.stem {
                x = maximum(&relu(self.conv(stem, layer, &x)));
                layer += 1;
            }
            for (stage, blocks) in self.tail.stages.iter().enumerate() {
                for block in blocks {
                    let mut y = x.clone();
                    for (index, conv) in block.convs.iter().enumerate() {
                        y = self.conv(conv, layer, &if index == 0 { y } else { relu(y) });
                        layer += 1;
                    }
                    if let Some(conv) = &block.shortcut {
                        x = self.conv(conv, layer, &x);
                        layer += 1;
                    }
                    y.values.iter_mut().zip(&x.values).for_each(|(y, x)| *y += x);
                    x = relu(y);
                }
                let pixels = (x.height * x.width) as f64;
                for (at, value) in x.values.iter().enumerate() {
                    loss += value / pixels * f64::from(coefficient(stage, image, at % x.channels));
                }
            }
        }
        loss
    }
}

fn relu(mut map: Map) -> Map {
    map.values.iter_mut().for_each(|value| *value = value.max(0.0));
    map
}

/// The maximum of each 3×3 pixels, stride 2.
fn maximum(map: &Map) -> Map {
    let (height, width) = (map.height.div_ceil(2), map.width.div_ceil(2));
    let mut values = Vec::new();
    for pixel in 0..height * width {
        let around = |at: usize, limit: usize| (2 * at).saturating_sub(1)..(2 * at + 2).min(limit);
        let (rows, columns) = (around(pixel / width, map.height), around(pixel % width, map.width));
        for channel in 0..map.channels {
            let places = rows.clone().flat_map(|y| columns.clone().map(move |x| y * map.width + x));
            values.push(places.map(|at| map.values[at * map.channels + channel]).fold(f64::NEG_INFINITY, f64::max));
        }
    }
    Map { values, height, width, channels: map.channels }
}

/// All faults of a network on a batch, at every level and with several numbers of threads.
fn faults(make: impl Fn() -> NormedTail, images: usize, height: usize, width: usize) -> Vec<String> {
    let plain = make();
    let channels = plain.stem.as_ref().unwrap_or(&plain.stages[0][0].convs[0]).input;
    let maps: Vec<Map> = (0..images)
        .map(|image| {
            let values = numbers(height * width * channels, 77 + image as u64);
            // As after ReLU.
            Map { values: values.into_iter().map(|value| f64::from(value.max(0.0))).collect(), height, width, channels }
        })
        .collect();
    let coefficient =
        |stage: usize, image: usize, channel: usize| numbers(8, (stage * 31 + image * 7 + channel) as u64 + 5)[7];
    let of_stages = plain.stages.iter().flatten().flat_map(|block| block.convs.iter().chain(&block.shortcut));
    let convs: Vec<&NormedConv> = plain.stem.iter().chain(of_stages).collect();
    let mut probes = Vec::new();
    for (layer, conv) in convs.iter().enumerate() {
        for (which, len) in [conv.weight.len(), conv.out, conv.out].into_iter().enumerate() {
            let index = |probe: usize| (layer * 7919 + which * 104_729 + probe * 15_485_863) % len;
            probes.extend((0..NUM_PROBES).map(|probe| Probe { layer, which, index: index(probe) }));
        }
    }
    let expected: Vec<f64> = probes
        .iter()
        .map(|&moved| {
            let loss = |by: f64| Plain { moved, by, tail: &plain }.loss(&maps, &coefficient);
            (loss(STEP) - loss(-STEP)) / (2.0 * STEP)
        })
        .collect();
    let largest = expected.iter().fold(1e-3f64, |largest, value| largest.max(value.abs()));
    let mut faults = Vec::new();
    for level in Level::all() {
        let mut first: Option<Vec<Vec<f32>>> = None;
        for threads in [1, 3] {
            // One image more than there are: a batch need not be full.
            let mut ours = Tail::new(make(), [height, width, channels], &[0, 1], images + 1, level, threads);
            for (image, map) in maps.iter().enumerate() {
                ours.input(image).iter_mut().zip(&map.values).for_each(|(to, from)| *to = *from as f32);
            }
            ours.forward(images).unwrap();
            for (stage, image) in (0..2).flat_map(|stage| (0..images).map(move |image| (stage, image))) {
                let gradient = ours.pooled_gradient(stage, image);
                gradient.iter_mut().enumerate().for_each(|(channel, to)| *to = coefficient(stage, image, channel));
            }
            ours.backward(images).unwrap();
            let gradients: Vec<Vec<f32>> =
                ours.parameters().iter().map(|parameter| parameter.gradient.to_vec()).collect();
            for (probe, expected) in probes.iter().zip(&expected) {
                let conv = convs[probe.layer];
                let index = if probe.which == 0 {
                    // Trained weights lie as [tap, input, out].
                    let taps = conv.side * conv.side;
                    let (out, rest) = (probe.index / (conv.input * taps), probe.index % (conv.input * taps));
                    (rest % taps * conv.input + rest / taps) * conv.out + out
                } else {
                    probe.index
                };
                let ours = f64::from(gradients[3 * probe.layer + probe.which][index]);
                if (ours - expected).abs() > 2e-5 * largest {
                    let name = &conv.name;
                    faults.push(format!("{level}, {name}, {}: {ours} against {expected}", probe.which));
                }
            }
            match &first {
                Some(first) if *first != gradients => faults.push(format!("{level}: other bits on {threads} threads")),
                _ => first = Some(gradients),
            }
        }
    }
    faults
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn gradients_agree_with_finite_differences(
        channels in 1usize..20,
        width in 1usize..6,
        is_basic: bool,
        stride_in_first: bool,
        images in 1usize..4,
        height in 1usize..10,
        picture_width in 1usize..10,
    ) {
        let stages = || stages(channels, width, is_basic, stride_in_first);
        let faults = faults(|| tail(None, stages()), images, height, picture_width);
        prop_assert!(faults.is_empty(), "{faults:#?}");
    }

    #[test]
    fn gradients_of_a_whole_network_agree_with_finite_differences(
        colours in 1usize..5,
        channels in 1usize..20,
        is_basic: bool,
        images in 1usize..4,
        height in 1usize..24,
        width in 1usize..24,
    ) {
        let make = || tail(Some(stem(colours, channels)), stages(channels, 3, is_basic, false));
        let faults = faults(make, images, height, width);
        prop_assert!(faults.is_empty(), "{faults:#?}");
    }
}

#[test]
fn gradients_of_whole_panels_agree_with_finite_differences() {
    for (is_basic, stride_in_first, height, width) in [(true, true, 8, 7), (false, true, 7, 6), (false, false, 9, 8)] {
        let stages = || stages(16, 16, is_basic, stride_in_first);
        for make in [&|| tail(None, stages()), &|| tail(Some(stem(3, 16)), stages())] as [&dyn Fn() -> NormedTail; 2] {
            let faults = faults(make, 2, height, width);
            assert!(faults.is_empty(), "{faults:#?}");
        }
    }
}

#[test]
fn published_weights_are_those_that_came_in() {
    let make = || tail(Some(stem(3, 5)), stages(5, 3, false, false));
    let ours = Tail::new(make(), [9, 9, 3], &[1], 1, Level::all()[0], 1);
    let plain = make();
    let of_stages = plain.stages.iter().flatten().flat_map(|block| block.convs.iter().chain(&block.shortcut));
    let convs = plain.stem.iter().chain(of_stages);
    let expected: Vec<(String, Vec<f32>)> = convs
        .flat_map(|conv| {
            let named = |name: &str, part: &str, values: &[f32]| (format!("{name}.{part}"), values.to_vec());
            [
                named(&conv.name, "weight", &conv.weight),
                named(&conv.norm, "weight", &conv.scale),
                named(&conv.norm, "bias", &conv.shift),
            ]
        })
        .collect();
    let published: Vec<(String, Vec<f32>)> =
        ours.published().into_iter().map(|(name, _, values)| (name, values)).collect();
    assert_eq!(published, expected);
}
