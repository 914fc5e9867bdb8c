//! Candle's stages against the processor's engine, on candle's own processor device.

use candle_core::{DType, Device, Tensor};

use super::super::cpu::{Level, Tail};
use super::super::made_up::{numbers, stages, stem, tail};
use super::super::normed::NormedTail;
use super::super::trained::TrainedStages;
use super::TensorTail;
use super::window::Window;

const IMAGES: usize = 3;

/// The features, and the gradients by every parameter, on some pictures.
fn run(ours: &mut dyn TrainedStages, scale: f32) -> (Vec<f32>, Vec<Vec<f32>>) {
    for image in 0..IMAGES {
        let input = ours.input(image);
        let values = numbers(input.len(), 77 + image as u64);
        input.iter_mut().zip(values).for_each(|(to, value)| *to = value.max(0.0));
    }
    ours.forward(IMAGES).unwrap();
    let mut means = Vec::new();
    for (stage, image) in (0..2).flat_map(|stage| (0..IMAGES).map(move |image| (stage, image))) {
        means.extend_from_slice(ours.pooled(stage, image));
        let gradient = ours.pooled_gradient(stage, image);
        let values = numbers(gradient.len(), 500 + (10 * stage + image) as u64);
        gradient.iter_mut().zip(values).for_each(|(to, value)| *to = value * scale);
    }
    ours.backward(IMAGES).unwrap();
    let unscaled = |gradient: &[f32]| gradient.iter().map(|value| value / scale).collect();
    (means, ours.parameters().iter().map(|parameter| unscaled(parameter.gradient)).collect())
}

/// The greatest difference, as a share of the greatest number.
fn difference(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let greatest = theirs.iter().fold(1e-3f32, |greatest, value| greatest.max(value.abs()));
    ours.iter().zip(theirs).map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f32::max) / greatest
}

/// Every kind of network, with the size of its input.
fn networks() -> Vec<(NormedTail, [usize; 3])> {
    let mut networks = Vec::new();
    for (is_basic, stride_in_first) in [(true, false), (false, true), (false, false)] {
        let stages = || stages(6, 4, is_basic, stride_in_first);
        networks.push((tail(None, stages()), [9, 8, 6]));
        networks.push((tail(Some(stem(3, 6)), stages()), [33, 30, 3]));
    }
    networks
}

/// Networks without kinks: a `ReLU` whose input is as near to zero as numbers are rounded lets it through in one type and
/// not in another, and a maximum has another winner, which is no matter of precision.
fn smooth_networks() -> Vec<(NormedTail, [usize; 3])> {
    let mut networks = networks();
    networks.retain(|(network, _)| network.stem.is_none());
    for (network, _) in &mut networks {
        let blocks = network.stages.iter_mut().flatten();
        for conv in blocks.flat_map(|block| block.convs.iter_mut().chain(&mut block.shortcut)) {
            conv.weight.iter_mut().for_each(|value| *value *= 0.1);
            conv.shift.iter_mut().for_each(|value| *value = 1.0 + value.abs());
        }
    }
    networks
}

fn faults(networks: impl Fn() -> Vec<(NormedTail, [usize; 3])>, dtype: DType, bound: f32, scale: f32) -> Vec<String> {
    let mut faults = Vec::new();
    for ((network, input), (same, _)) in networks().into_iter().zip(networks()) {
        let mut theirs = Tail::new(network, input, &[0, 1], IMAGES, Level::all()[0], false, 1);
        let mut ours = TensorTail::new(same, input, &[0, 1], IMAGES, &Device::Cpu, dtype).unwrap();
        let names: Vec<String> = ours.parameters().into_iter().map(|parameter| parameter.name).collect();
        let (expected, gradients) = run(&mut theirs, 1.0);
        let (means, found) = run(&mut ours, scale);
        let mut look = |what: &str, ours: &[f32], theirs: &[f32]| {
            let difference = difference(ours, theirs);
            if difference.is_nan() || difference > bound {
                faults.push(format!("{input:?}, {what}: {difference}"));
            }
        };
        look("means", &means, &expected);
        assert_eq!((names.len(), found.len()), (gradients.len(), gradients.len()));
        for ((name, ours), theirs) in names.iter().zip(&found).zip(&gradients) {
            look(name, ours, theirs);
        }
        assert_eq!(ours.published(), theirs.published());
    }
    faults
}

#[test]
fn gradients_are_those_of_the_processors_engine() {
    let faults = faults(networks, DType::F32, 2e-5, 1.0);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn gradients_in_f16_are_near_them_where_they_are_made_larger_on_their_way() {
    // A dozen roundings to eleven bits on the way there and back, of which some sums cancel a part.
    let faults = faults(smooth_networks, DType::F16, 0.02, 256.0);
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn a_maximums_gradient_is_the_same_in_every_type() {
    let (images, [height, width], channels) = (2, [9, 7], 3);
    let window = Window::new(3, 2, [height, width], &Device::Cpu).unwrap();
    // Whole numbers that every type holds, some of them alike.
    let whole = |count: usize, seed: u64| numbers(count, seed).into_iter().map(|value| (20.0 * value).abs().round());
    let outputs = window.output().iter().product::<usize>();
    let gradient_of = |dtype: DType| -> Vec<f32> {
        let tensor = |pixels: usize, seed: u64| {
            let values: Vec<f32> = whole(images * pixels * channels, seed).collect();
            Tensor::from_vec(values, (images, pixels, channels), &Device::Cpu).unwrap().to_dtype(dtype).unwrap()
        };
        let found = window.maximum_back(&tensor(height * width, 3), &tensor(outputs, 4)).unwrap();
        found.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1().unwrap()
    };
    let expected = gradient_of(DType::F32);
    let total: u32 = whole(images * outputs * channels, 4).map(|value| value as u32).sum();
    assert_eq!(
        expected.iter().map(|value| *value as u32).sum::<u32>(),
        total,
        "each window's goes to one number, alike or not"
    );
    for dtype in [DType::F16, DType::BF16] {
        assert_eq!(gradient_of(dtype), expected, "{dtype:?}");
    }
}

#[test]
fn what_is_beyond_the_range_of_f16_is_no_number() {
    let (network, input) = networks().remove(1);
    let mut ours = TensorTail::new(network, input, &[0, 1], IMAGES, &Device::Cpu, DType::F16).unwrap();
    let (_, gradients) = run(&mut ours, 1e9);
    assert!(gradients.iter().flatten().any(|value| !value.is_finite()), "a step that is to be skipped is seen");
}
