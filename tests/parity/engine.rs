//! The processor's own engine against candle, at every level that this processor has.

use candle_core::{Device, Tensor};
use hangtag::vision::cpu::{Engine, Level, Shape, Wanted};
use hangtag::vision::spec::{Architecture, Spec, Stage};
use hangtag::vision::{FoldedNet, ResNet, Weights};
use std::path::Path;

use super::generator;

const TOLERANCE: f64 = 1e-4;

/// Largest difference, relative to the largest number.
fn difference(ours: &[f32], theirs: &[f32]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.iter().all(|value| value.is_finite()), "`f64::max` would pass over what is no number");
    let largest = theirs.iter().fold(0.0f64, |largest, value| largest.max(f64::from(value.abs())));
    ours.iter().zip(theirs).map(|(a, b)| f64::from(a - b).abs()).fold(0.0, f64::max) / largest
}

/// Holds the engine's pooled features and logits against candle's for several batches and sizes, and a stage's map as
/// fine-tuning wants it.
fn check(what: &str, architecture: &Architecture, weights: &Weights, sizes: &[[usize; 3]]) {
    let tensors = weights.tensors().unwrap();
    let reference = ResNet::load(architecture, &tensors, &Device::Cpu).unwrap();
    let dim = architecture.channels(Stage::Layer4);
    let head = tensors.f32("fc.weight", &[architecture.num_classes, dim]).unwrap();
    // Not by `Words`, which rounds to f16 what a feature keeps.
    let logits = |pooled: &[f32]| -> Vec<f32> {
        head.chunks_exact(dim).map(|row| row.iter().zip(pooled).map(|(a, b)| a * b).sum()).collect()
    };
    let wanted = Wanted { pooled: vec![0, 1, 2, 3], map: None };
    let frozen = Wanted { pooled: Vec::new(), map: Some(Stage::Layer3.index()) };
    let engines: Vec<Engine> = Level::all()
        .into_iter()
        .map(|level| Engine::new(FoldedNet::load(architecture, &tensors).unwrap(), level, 2))
        .collect();
    for &[batch, height, width] in sizes {
        let input = generator::input([batch, 3, height, width]);
        let images = Tensor::from_slice(&input, (batch, 3, height, width), &Device::Cpu).unwrap();
        let expected: Vec<Vec<Vec<f32>>> =
            reference.pooled(&images).unwrap().iter().map(|stage| stage.to_vec2().unwrap()).collect();
        let fill_row = |image: usize, row: usize, to: &mut [f32]| {
            for (column, pixel) in to.chunks_exact_mut(3).enumerate() {
                for (channel, value) in pixel.iter_mut().enumerate() {
                    *value = input[((image * 3 + channel) * height + row) * width + column];
                }
            }
        };
        for engine in &engines {
            let what = format!("{what} on {batch} × {height} × {width}, {}", engine.level());
            let shape = Shape { images: batch, height, width };
            engine.run(shape, &wanted, &fill_row, |outputs| {
                for image in 0..batch {
                    for (stage, expected) in expected.iter().enumerate() {
                        let error = difference(outputs.pooled(stage, image), &expected[image]);
                        assert!(error < TOLERANCE, "{what}, layer{}: {error:.2e}", stage + 1);
                    }
                    let error = difference(&logits(outputs.pooled(3, image)), &logits(&expected[3][image]));
                    assert!(error < TOLERANCE, "{what}, logits: {error:.2e}");
                }
            });
            engine.run(shape, &frozen, &fill_row, |outputs| {
                // Channels alone: their places are held by the kernels' own tests.
                for (image, expected) in expected[2].iter().enumerate() {
                    let (map, [height, width, channels]) = outputs.map(image).unwrap();
                    let sum = |channel: usize| map.iter().skip(channel).step_by(channels).sum::<f32>();
                    let mean: Vec<f32> = (0..channels).map(|channel| sum(channel) / (height * width) as f32).collect();
                    let error = difference(&mean, expected);
                    assert!(error < TOLERANCE, "{what}, map of layer3: {error:.2e}");
                }
            });
        }
    }
}

const SIZES: [[usize; 3]; 4] = [[1, 64, 64], [3, 81, 64], [8, 33, 47], [1, 97, 131]];

#[test]
fn generated_networks_agree_with_candle() {
    for net in ["resnet18", "resnet50"] {
        let folder = tempfile::tempdir().unwrap();
        let architecture = generator::architecture(net);
        let weights = Weights::read(&generator::write_weights(&architecture, folder.path())).unwrap();
        check(net, &architecture, &weights, &SIZES);
    }
}

#[test]
fn the_starter_agrees_with_candle() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/starter");
    let spec = Spec::parse(&std::fs::read_to_string(folder.join("spec.json")).unwrap()).unwrap();
    let weights = Weights::read(&folder.join("weights.safetensors")).unwrap();
    check("starter", &spec.architecture, &weights, &SIZES);
    check("starter", &spec.architecture, &weights, &[[1, 192, 192], [3, 192, 192], [8, 192, 192]]);
}
