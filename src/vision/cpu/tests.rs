//! The engine at every level against plain loops in f64, over awkward sizes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::prelude::*;

use super::{Engine, Level, Observed, Shape, UnknownRange, Wanted, allocations};
use crate::vision::folded::{FoldedBlock, FoldedConv, FoldedNet};
use crate::vision::made_up::numbers;

fn conv(out: usize, input: usize, side: usize, stride: usize, seed: u64) -> FoldedConv {
    let fan_in = input * side * side;
    let bound = (3.0 / fan_in as f32).sqrt();
    let weight = numbers(out * fan_in, seed).into_iter().map(|value| value * bound).collect();
    FoldedConv { name: format!("conv {seed}"), weight, bias: numbers(out, seed + 1), out, input, side, stride }
}

/// A network of two stages of two blocks; `is_basic`, and the stride in the first or second convolution.
fn net(stem: usize, width: usize, is_basic: bool, stride_in_first: bool) -> FoldedNet {
    let mut channels = stem;
    let mut stages = Vec::new();
    for stage in 0..2 {
        let inner = width << stage;
        let outer = if is_basic { inner } else { 4 * inner };
        let mut blocks = Vec::new();
        for position in 0..2 {
            let stride = if stage > 0 && position == 0 { 2 } else { 1 };
            let seed = 100 * stage as u64 + 10 * position as u64;
            let (first, second) = if stride_in_first { (stride, 1) } else { (1, stride) };
            let convs = if is_basic {
                vec![conv(inner, channels, 3, stride, seed), conv(inner, inner, 3, 1, seed + 2)]
            } else {
                vec![
                    conv(inner, channels, 1, first, seed),
                    conv(inner, inner, 3, second, seed + 2),
                    conv(outer, inner, 1, 1, seed + 4),
                ]
            };
            let shortcut = (stride != 1 || channels != outer).then(|| conv(outer, channels, 1, stride, seed + 6));
            blocks.push(FoldedBlock { convs, shortcut });
            channels = outer;
        }
        stages.push(blocks);
    }
    FoldedNet { stem: conv(stem, 3, 7, 2, 9), stages }
}

/// A map, channels last.
#[derive(Clone)]
struct Map {
    values: Vec<f64>,
    height: usize,
    width: usize,
    channels: usize,
}

impl Map {
    fn at(&self, y: isize, x: isize, channel: usize) -> Option<f64> {
        let (y, x) = (usize::try_from(y).ok()?, usize::try_from(x).ok()?);
        (y < self.height && x < self.width).then(|| self.values[(y * self.width + x) * self.channels + channel])
    }

    /// Every output pixel and channel by a function of the place of its window's first pixel.
    fn windows(
        &self,
        [side, stride, padding, channels]: [usize; 4],
        value: impl Fn(isize, isize, usize) -> f64,
    ) -> Self {
        let size = |input: usize| (input + 2 * padding - side) / stride + 1;
        let (height, width) = (size(self.height), size(self.width));
        let mut values = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let begin = |at: usize| (at * stride) as isize - padding as isize;
                values.extend((0..channels).map(|channel| value(begin(y), begin(x), channel)));
            }
        }
        Self { values, height, width, channels }
    }

    fn conv(&self, conv: &FoldedConv) -> Self {
        let side = conv.side;
        self.windows([side, conv.stride, side / 2, conv.out], |top, left, out| {
            let mut sum = f64::from(conv.bias[out]);
            for input in 0..conv.input {
                for tap in 0..side * side {
                    let (y, x) = (top + (tap / side) as isize, left + (tap % side) as isize);
                    let weight = conv.weight[(out * conv.input + input) * side * side + tap];
                    sum += self.at(y, x, input).unwrap_or(0.0) * f64::from(weight);
                }
            }
            sum
        })
    }

    fn max_pool(&self) -> Self {
        self.windows([3, 2, 1, self.channels], |top, left, channel| {
            let taps = (0..9).filter_map(|tap| self.at(top + tap / 3, left + tap % 3, channel));
            taps.fold(f64::NEG_INFINITY, f64::max)
        })
    }

    fn relu(mut self) -> Self {
        self.values.iter_mut().for_each(|value| *value = value.max(0.0));
        self
    }

    fn mean(&self) -> Vec<f64> {
        let sum = |channel: usize| self.values.iter().skip(channel).step_by(self.channels).sum::<f64>();
        (0..self.channels).map(|channel| sum(channel) / (self.height * self.width) as f64).collect()
    }
}

/// The outputs of both stages.
fn plain(net: &FoldedNet, image: &Map) -> Vec<Map> {
    let mut x = image.conv(&net.stem).relu().max_pool();
    let mut outputs = Vec::new();
    for block in net.stages.iter().flatten() {
        let shortcut = block.shortcut.as_ref().map_or_else(|| x.clone(), |conv| x.conv(conv));
        let mut y = x.conv(&block.convs[0]);
        for conv in &block.convs[1..] {
            y = y.relu().conv(conv);
        }
        y.values.iter_mut().zip(&shortcut.values).for_each(|(y, x)| *y += x);
        x = y.relu();
        outputs.push(x.clone());
    }
    vec![outputs[1].clone(), outputs[3].clone()]
}

/// The largest difference; no number where any of ours is none, which `f64::max` would pass over.
fn difference(ours: &[f32], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let largest = theirs.iter().fold(1e-3f64, |largest, value| largest.max(value.abs()));
    let differences = ours.iter().zip(theirs).map(|(a, b)| (f64::from(*a) - b).abs());
    differences.fold(0.0, |most: f64, other| if most > other || most.is_nan() { most } else { other }) / largest
}

/// All faults of a network on a batch, at every level and with several numbers of threads.
fn faults(make: impl Fn() -> FoldedNet, shape: Shape) -> Vec<String> {
    let Shape { images, height, width } = shape;
    let input: Vec<Map> = (0..images)
        .map(|image| {
            let values = numbers(height * width * 3, 77 + image as u64).into_iter().map(f64::from).collect();
            Map { values, height, width, channels: 3 }
        })
        .collect();
    let expected: Vec<Vec<Map>> = input.iter().map(|image| plain(&make(), image)).collect();
    let fill_row = |image: usize, row: usize, to: &mut [f32]| {
        let values = &input[image].values[row * width * 3..];
        to.iter_mut().zip(values).for_each(|(to, value)| *to = *value as f32);
    };
    let mut faults = Vec::new();
    for (level, threads) in Level::all().into_iter().flat_map(|level| [(level, 1), (level, 3)]) {
        let engine = Engine::new(make(), level, threads);
        let wanted = Wanted { pooled: vec![0, 1], map: Some(0) };
        engine.spoil(shape, &wanted);
        engine.run(shape, &wanted, &fill_row, |outputs| {
            for (image, stages) in expected.iter().enumerate() {
                let (map, size) = outputs.map(image).expect("it was wanted");
                assert_eq!(size, [stages[0].height, stages[0].width, stages[0].channels]);
                let errors = [
                    difference(map, &stages[0].values),
                    difference(outputs.pooled(0, image), &stages[0].mean()),
                    difference(outputs.pooled(1, image), &stages[1].mean()),
                ];
                if errors.iter().any(|error| error.is_nan() || *error > 2e-5) {
                    faults.push(format!("{level}, {threads} threads, image {image}: {errors:?}"));
                }
            }
        });
    }
    faults
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn odd_networks_agree_with_plain_loops(
        stem in 1usize..20,
        width in 1usize..12,
        is_basic: bool,
        stride_in_first: bool,
        images in 1usize..4,
        height in 17usize..50,
        picture_width in 17usize..50,
    ) {
        let shape = Shape { images, height, width: picture_width };
        let faults = faults(|| net(stem, width, is_basic, stride_in_first), shape);
        prop_assert!(faults.is_empty(), "{faults:#?}");
    }

    #[test]
    fn networks_of_whole_panels_agree_with_plain_loops(
        width in 1usize..4,
        is_basic: bool,
        images in 1usize..4,
        height in 17usize..70,
        picture_width in 17usize..70,
    ) {
        let shape = Shape { images, height, width: picture_width };
        let faults = faults(|| net(16, 16 * width, is_basic, false), shape);
        prop_assert!(faults.is_empty(), "{faults:#?}");
    }
}

#[test]
fn one_engine_runs_batches_of_any_size_and_with_any_wish_after_one_another() {
    let engine = Engine::new(net(16, 16, false, false), Level::all()[0], 2);
    let fill_row = |image: usize, row: usize, to: &mut [f32]| {
        to.copy_from_slice(&numbers(to.len(), (31 * image + row) as u64));
    };
    let run = |images: usize, height: usize, stage: usize| {
        let wanted = Wanted { pooled: vec![stage], map: None };
        let shape = Shape { images, height, width: 40 };
        engine.run(shape, &wanted, &fill_row, |outputs| outputs.pooled(0, 0).to_vec())
    };
    let first: Vec<f64> = run(1, 40, 1).into_iter().map(f64::from).collect();
    for (images, height, stage) in [(9, 40, 1), (2, 90, 0), (16, 33, 1), (5, 40, 0), (3, 40, 1)] {
        run(images, height, stage);
        assert!(difference(&run(1, 40, 1), &first) < 1e-5);
    }
}

/// A row of an image.
fn row_of(image: usize, row: usize, width: usize) -> Vec<f32> {
    numbers(width * 3, (1000 * image + row) as u64)
}

fn fill_row(image: usize, row: usize, to: &mut [f32]) {
    to.copy_from_slice(&row_of(image, row, to.len() / 3));
}

/// In whole numbers, by the ranges of the images that are run.
fn quantised(make: impl Fn() -> FoldedNet, shape: Shape, level: Level, threads: usize) -> Engine {
    let plain_engine = Engine::new(make(), level, threads);
    let mut observed = Observed::new(1.0);
    for image in 0..shape.images {
        let fill_row = |_: usize, row: usize, to: &mut [f32]| fill_row(image, row, to);
        plain_engine.observe([shape.height, shape.width], &fill_row, &mut observed);
    }
    let ranges = observed.ranges(level.max_code());
    Engine::quantised(make(), level, threads, &ranges).expect("the ranges are this network's")
}

/// How far an engine turns the means of both stages from what they are in f64: the least cosine of all images; no number
/// where one is none.
fn least_cosine(engine: &Engine, net: &FoldedNet, shape: Shape) -> f64 {
    let Shape { images, height, width } = shape;
    let wanted = Wanted { pooled: vec![0, 1], map: None };
    engine.spoil(shape, &wanted);
    let ours: Vec<Vec<f32>> = engine.run(shape, &wanted, &fill_row, |outputs| {
        (0..images).flat_map(|image| [0, 1].map(|stage| outputs.pooled(stage, image).to_vec())).collect()
    });
    let theirs = (0..images).flat_map(|image| {
        let values = (0..height).flat_map(|row| row_of(image, row, width)).map(f64::from).collect();
        plain(net, &Map { values, height, width, channels: 3 }).into_iter().map(|map| map.mean())
    });
    let cosine = |(ours, theirs): (Vec<f32>, Vec<f64>)| {
        let dot: f64 = ours.iter().zip(&theirs).map(|(a, b)| f64::from(*a) * b).sum();
        let (a, b): (f64, f64) = (ours.iter().map(|a| f64::from(*a).powi(2)).sum(), theirs.iter().map(|b| b * b).sum());
        dot / (a * b).sqrt().max(f64::MIN_POSITIVE)
    };
    let cosines = ours.into_iter().zip(theirs).map(cosine);
    cosines.fold(f64::INFINITY, |least, other| if least < other || least.is_nan() { least } else { other })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn networks_in_whole_numbers_stay_close_to_plain_loops(
        stem in 3usize..20,
        width in 3usize..12,
        is_wide: bool,
        is_basic: bool,
        stride_in_first: bool,
        images in 1usize..4,
        height in 17usize..60,
        picture_width in 17usize..60,
    ) {
        // Wide ones fill vectors and panels, so that Winograd's convolution has its turn.
        let (stem, width) = if is_wide { (32, 32) } else { (stem, width) };
        let shape = Shape { images, height, width: picture_width };
        for (level, threads) in Level::all().into_iter().flat_map(|level| [(level, 1), (level, 3)]) {
            let make = || net(stem, width, is_basic, stride_in_first);
            let cosine = least_cosine(&quantised(make, shape, level, threads), &make(), shape);
            prop_assert!(cosine > 0.998, "{level}, {threads} threads: {cosine}");
        }
    }

    #[test]
    fn networks_in_bf16_stay_close_to_plain_loops(
        stem in 1usize..20,
        width in 1usize..12,
        is_wide: bool,
        is_basic: bool,
        stride_in_first: bool,
        images in 1usize..4,
        height in 17usize..60,
        picture_width in 17usize..60,
    ) {
        let (stem, width) = if is_wide { (32, 32) } else { (stem, width) };
        let shape = Shape { images, height, width: picture_width };
        let levels = Level::all().into_iter().filter(|level| level.has_bf16());
        for (level, threads) in levels.flat_map(|level| [(level, 1), (level, 3)]) {
            let make = || net(stem, width, is_basic, stride_in_first);
            let cosine = least_cosine(&Engine::bf16(make(), level, threads), &make(), shape);
            prop_assert!(cosine > 0.9999, "{level}, {threads} threads: {cosine}");
        }
    }
}

#[test]
fn nothing_is_allocated_while_a_batch_of_a_known_shape_runs() {
    let shape = Shape { images: 5, height: 40, width: 40 };
    let wanted = Wanted { pooled: vec![0, 1], map: None };
    // Wide enough for Winograd's convolution.
    let make = || net(32, 32, false, false);
    for (level, threads) in Level::all().into_iter().flat_map(|level| [(level, 1), (level, 3)]) {
        let mut engines =
            vec![("f32", Engine::new(make(), level, threads)), ("int8", quantised(make, shape, level, threads))];
        if level.has_bf16() {
            engines.push(("bf16", Engine::bf16(make(), level, threads)));
        }
        for (precision, engine) in engines {
            engine.run(shape, &wanted, &|_, _, to| to.fill(0.5), |_| ());
            let before = allocations::count();
            allocations::watch(true);
            // Whoever fills a row is watched from then on.
            let fill_row = |_: usize, _: usize, to: &mut [f32]| {
                allocations::watch(true);
                to.fill(0.5);
            };
            engine.run(shape, &wanted, &fill_row, |_| allocations::watch(false));
            let taken = allocations::count() - before;
            assert_eq!(taken, 0, "{level}, {precision}, {threads} threads");
        }
    }
}

fn is_refused<T>(work: impl FnOnce() -> T) -> bool {
    catch_unwind(AssertUnwindSafe(work)).is_err()
}

#[test]
fn bf16_is_refused_by_a_level_without_kernels_for_it() {
    for level in Level::all() {
        let is_refused = is_refused(|| Engine::bf16(net(8, 8, false, false), level, 1));
        assert_eq!(is_refused, !level.has_bf16(), "{level}");
    }
}

#[test]
fn a_map_is_refused_by_an_engine_that_is_not_in_f32() {
    let shape = Shape { images: 1, height: 32, width: 32 };
    let make = || net(8, 8, false, false);
    for level in Level::all() {
        let mut engines = vec![quantised(make, shape, level, 1)];
        if level.has_bf16() {
            engines.push(Engine::bf16(make(), level, 1));
        }
        for engine in engines {
            let run = |map: Option<usize>| engine.run(shape, &Wanted { pooled: vec![1], map }, &fill_row, |_| ());
            run(None);
            assert!(is_refused(|| run(Some(0))), "{level}");
        }
    }
}

#[test]
fn ranges_of_another_network_are_refused() {
    let level = Level::all()[0];
    let mut observed = Observed::new(1.0);
    Engine::new(net(8, 8, false, false), level, 1).observe([32, 32], &|_, _, to| to.fill(0.5), &mut observed);
    let ranges = observed.ranges(level.max_code());
    let refused: Result<_, UnknownRange> = Engine::quantised(net(8, 4, false, false), level, 1, &ranges);
    assert!(refused.is_err());
}
