//! The gradients against finite differences of plain loops in f64, and those in bf16 against them.

use std::panic::catch_unwind;

use proptest::prelude::*;

use super::super::Level;
use super::Tail;
use crate::vision::made_up::{numbers, stages, stem, tail};
use crate::vision::normed::{NormedConv, NormedTail};
use crate::vision::trained::TrainedStages;

/// How far a gradient in bf16 may lie from that in f32, as a share of the greatest of its tensor: as far as if a dozen
/// roundings to eight bits, there and back, all went the same way.
const BF16_BOUND: f32 = 12.0 / 512.0;

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

/// What comes in: numbers as after `ReLU`.
fn maps(images: usize, [height, width, channels]: [usize; 3]) -> Vec<Map> {
    let map = |image: usize| {
        let values = numbers(height * width * channels, 77 + image as u64);
        let values = values.into_iter().map(|value| f64::from(value.max(0.0))).collect();
        Map { values, height, width, channels }
    };
    (0..images).map(map).collect()
}

/// By how much the loss changes with a mean.
fn coefficient(stage: usize, image: usize, channel: usize) -> f32 {
    numbers(8, (stage * 31 + image * 7 + channel) as u64 + 5)[7]
}

fn put(ours: &mut Tail, maps: &[Map]) {
    for (image, map) in maps.iter().enumerate() {
        ours.input(image).iter_mut().zip(&map.values).for_each(|(to, from)| *to = *from as f32);
    }
}

/// The gradients by all parameters after a way there and back.
fn gradients(ours: &mut Tail, maps: &[Map]) -> Vec<Vec<f32>> {
    ours.spoil();
    put(ours, maps);
    ours.forward(maps.len()).unwrap();
    for (stage, image) in (0..2).flat_map(|stage| (0..maps.len()).map(move |image| (stage, image))) {
        let gradient = ours.pooled_gradient(stage, image);
        gradient.iter_mut().enumerate().for_each(|(channel, to)| *to = coefficient(stage, image, channel));
    }
    ours.backward(maps.len()).unwrap();
    ours.parameters().iter().map(|parameter| parameter.gradient.to_vec()).collect()
}

/// All faults of a network on a batch, at every level and with several numbers of threads.
fn faults(make: impl Fn() -> NormedTail, images: usize, height: usize, width: usize) -> Vec<String> {
    let plain = make();
    let channels = plain.stem.as_ref().unwrap_or(&plain.stages[0][0].convs[0]).input;
    let maps = maps(images, [height, width, channels]);
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
            let mut ours = Tail::new(make(), [height, width, channels], &[0, 1], images + 1, level, false, threads);
            let gradients = gradients(&mut ours, &maps);
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
                if ours.is_nan() || (ours - expected).abs() > 2e-5 * largest {
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
    let ours = Tail::new(make(), [9, 9, 3], &[1], 1, Level::all()[0], false, 1);
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

/// The network with nothing near its kinks: a `ReLU` whose input is as near to zero as numbers are rounded lets it through
/// in one type and not in another, and a maximum has another winner, which is no matter of precision. Within blocks every
/// other channel lets nothing through; the first convolution gives numbers that both types hold, of pictures in whole
/// ones.
fn without_kinks(mut network: NormedTail) -> NormedTail {
    for block in network.stages.iter_mut().flatten() {
        let last = block.convs.len() - 1;
        for (index, conv) in block.convs.iter_mut().chain(&mut block.shortcut).enumerate() {
            conv.weight.iter_mut().chain(&mut conv.mean).for_each(|value| *value *= 0.1);
            for (channel, shift) in conv.shift.iter_mut().enumerate() {
                let is_shut = index < last && channel % 2 == 1;
                *shift = if is_shut { -1.0 - shift.abs() } else { 1.0 + shift.abs() };
            }
        }
    }
    if let Some(stem) = &mut network.stem {
        stem.weight.iter_mut().for_each(|value| *value = (10.0 * *value).round() / 16.0);
        stem.scale.fill(1.0);
        stem.deviation.fill(1.0);
        stem.mean.fill(0.0);
        stem.shift.fill(0.0);
    }
    network
}

/// All faults of a network's gradients in bf16 against those in f32.
fn faults_in_bf16(make: impl Fn() -> NormedTail, maps: &[Map]) -> Vec<String> {
    let Map { height, width, channels, .. } = maps[0];
    let mut faults = Vec::new();
    for level in Level::all().into_iter().filter(|level| level.has_bf16()) {
        let input = [height, width, channels];
        let mut exact = Tail::new(make(), input, &[0, 1], maps.len(), level, false, 1);
        let expected = gradients(&mut exact, maps);
        // One image more than there are, as above.
        let in_bf16 = |threads: usize| Tail::new(make(), input, &[0, 1], maps.len() + 1, level, true, threads);
        let [found, by_three] = [1, 3].map(|threads| gradients(&mut in_bf16(threads), maps));
        if found != by_three {
            faults.push(format!("{level}: other bits on 3 threads"));
        }
        let dot = |a: &[Vec<f32>], b: &[Vec<f32>]| -> f64 {
            a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        let cosine = dot(&found, &expected) / (dot(&found, &found) * dot(&expected, &expected)).sqrt();
        if cosine.is_nan() || cosine < 0.9999 || found == expected {
            faults.push(format!("{level}: the cosine is {cosine}"));
        }
        for ((parameter, found), expected) in exact.parameters().iter().zip(&found).zip(&expected) {
            let greatest = expected.iter().fold(1e-3f32, |greatest, value| greatest.max(value.abs()));
            let farthest = found.iter().zip(expected).map(|(a, b)| (a - b).abs() / greatest).fold(0.0, f32::max);
            if farthest > BF16_BOUND {
                faults.push(format!("{level}, {}: {farthest}", parameter.name));
            }
        }
    }
    faults
}

#[test]
fn gradients_in_bf16_are_near_those_in_f32() {
    let whole = |mut map: Map| {
        map.values.iter_mut().for_each(|value| *value = (2.0 * *value).round());
        map
    };
    for (is_basic, stride_in_first) in [(true, false), (false, true), (false, false)] {
        // Odd numbers of channels and pixels, and whole panels.
        for (channels, width) in [(5, 3), (16, 16)] {
            let stages = || stages(channels, width, is_basic, stride_in_first);
            let faults = faults_in_bf16(|| without_kinks(tail(None, stages())), &maps(3, [9, 9, channels]));
            assert!(faults.is_empty(), "{faults:#?}");
            let pictures: Vec<Map> = maps(3, [33, 30, 3]).into_iter().map(whole).collect();
            let faults = faults_in_bf16(|| without_kinks(tail(Some(stem(3, channels)), stages())), &pictures);
            assert!(faults.is_empty(), "{faults:#?}");
        }
    }
}

#[test]
fn a_network_learns_whatever_its_products_read() {
    const RATE: f32 = 0.01;
    let maps = maps(4, [17, 15, 3]);
    for level in Level::all().into_iter().filter(|level| level.has_bf16()) {
        for is_bf16 in [false, true] {
            let network = tail(Some(stem(3, 6)), stages(6, 4, true, false));
            let mut ours = Tail::new(network, [17, 15, 3], &[1], maps.len(), level, is_bf16, 2);
            put(&mut ours, &maps);
            let mut losses = Vec::new();
            for _ in 0..30 {
                ours.forward(maps.len()).unwrap();
                let mut loss = 0.0;
                for image in 0..maps.len() {
                    let pooled = ours.pooled(0, image).to_vec();
                    let wanted = numbers(pooled.len(), 900 + image as u64);
                    let off = pooled.iter().zip(&wanted).map(|(pooled, wanted)| pooled - wanted.abs());
                    for (to, off) in ours.pooled_gradient(0, image).iter_mut().zip(off) {
                        *to = off;
                        loss += off * off;
                    }
                }
                losses.push(loss);
                ours.backward(maps.len()).unwrap();
                for parameter in ours.parameters() {
                    let moved = parameter.values.iter_mut().zip(parameter.gradient);
                    moved.for_each(|(value, gradient)| *value -= RATE * gradient);
                }
            }
            assert!(losses[29] < 0.4 * losses[0], "{level}: {losses:?}");
        }
    }
}

#[test]
fn bf16_is_refused_by_a_level_without_kernels_for_it() {
    for level in Level::all() {
        let make = || Tail::new(tail(None, stages(4, 4, true, false)), [9, 9, 4], &[1], 1, level, true, 1);
        assert_eq!(catch_unwind(make).is_err(), !level.has_bf16(), "{level}");
    }
}
