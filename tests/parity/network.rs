//! The network against PyTorch's numbers and against candle-transformers' own ResNet.

use candle_core::{DType, Device, Tensor};
use candle_nn::{Module, VarBuilder};
use candle_transformers::models::resnet;
use hangtag::vision::spec::{Architecture, Spec, Stage};
use hangtag::vision::{Feature, ResNet, Weights, Words};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;

use super::generator;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    net: String,
    input: [usize; 4],
    logits: Vec<Vec<f64>>,
    pooled: HashMap<String, Pooled>,
}

#[derive(Deserialize)]
struct Pooled {
    /// The first 64 channels of each image.
    head: Vec<Vec<f64>>,
    norm: Vec<f64>,
}

fn reference() -> Vec<Case> {
    serde_json::from_str::<Reference>(include_str!("reference.json")).unwrap().cases
}

/// Largest difference, relative to the largest number.
fn difference(ours: &[f32], theirs: &[f64]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let largest = theirs.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    ours.iter().zip(theirs).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max) / largest
}

fn check(case: &Case, architecture: &Architecture, weights: &Weights) {
    let tensors = weights.tensors().unwrap();
    let net = ResNet::load(architecture, &tensors, &Device::Cpu).unwrap();
    let images = Tensor::from_vec(generator::input(case.input), &case.input, &Device::Cpu).unwrap();
    let pooled = net.pooled(&images).unwrap();
    let what = format!("{} on {:?}", case.net, case.input);
    for (stage, tensor) in pooled.iter().enumerate() {
        let expected = &case.pooled[&format!("layer{}", stage + 1)];
        for (image, values) in tensor.to_vec2::<f32>().unwrap().iter().enumerate() {
            let head = difference(&values[..64], &expected.head[image]);
            assert!(head < 1e-4, "{what}, layer{}: {head:.2e}", stage + 1);
            let norm = values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
            assert!((norm / expected.norm[image] - 1.0).abs() < 1e-4, "{what}, layer{}", stage + 1);
        }
    }
    let classes: Vec<String> = (0..architecture.num_classes).map(|class| class.to_string()).collect();
    let words = Words::load(&classes, architecture.channels(Stage::Layer4), &tensors).unwrap();
    for (image, values) in pooled[3].to_vec2::<f32>().unwrap().iter().enumerate() {
        let logits = words.logits(&Feature::from_pooled(&[values]));
        let error = difference(&logits, &case.logits[image]);
        assert!(error < 1e-3, "{what}, logits: {error:.2e}");
    }
}

#[test]
fn generated_networks_agree_with_pytorch() {
    for net in ["resnet18", "resnet34", "resnet50"] {
        let folder = tempfile::tempdir().unwrap();
        let architecture = generator::architecture(net);
        let weights = Weights::read(&generator::write_weights(&architecture, folder.path())).unwrap();
        let cases: Vec<Case> = reference().into_iter().filter(|case| case.net == net).collect();
        assert_eq!(cases.len(), 2);
        cases.iter().for_each(|case| check(case, &architecture, &weights));
    }
}

#[test]
fn the_starter_agrees_with_pytorch() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/starter");
    let spec = Spec::parse(&std::fs::read_to_string(folder.join("spec.json")).unwrap()).unwrap();
    let weights = Weights::read(&folder.join("weights.safetensors")).unwrap();
    let cases: Vec<Case> = reference().into_iter().filter(|case| case.net == "starter").collect();
    assert_eq!(cases.len(), 3);
    cases.iter().for_each(|case| check(case, &spec.architecture, &weights));
}

#[test]
fn candle_s_own_networks_agree() {
    for net in ["resnet18", "resnet34", "resnet50"] {
        let folder = tempfile::tempdir().unwrap();
        let architecture = generator::architecture(net);
        let path = generator::write_weights(&architecture, folder.path());
        let vars =
            VarBuilder::from_buffered_safetensors(std::fs::read(&path).unwrap(), DType::F32, &Device::Cpu).unwrap();
        let theirs = match net {
            "resnet18" => resnet::resnet18_no_final_layer(vars),
            "resnet34" => resnet::resnet34_no_final_layer(vars),
            _ => resnet::resnet50_no_final_layer(vars),
        }
        .unwrap();
        let weights = Weights::read(&path).unwrap();
        let ours = ResNet::load(&architecture, &weights.tensors().unwrap(), &Device::Cpu).unwrap();
        let shape = [3, 3, 81, 64];
        let images = Tensor::from_vec(generator::input(shape), &shape, &Device::Cpu).unwrap();
        let expected = theirs.forward(&images).unwrap().to_vec2::<f32>().unwrap();
        let found = ours.pooled(&images).unwrap()[3].to_vec2::<f32>().unwrap();
        for (ours, theirs) in found.iter().zip(&expected) {
            let theirs: Vec<f64> = theirs.iter().map(|value| f64::from(*value)).collect();
            let error = difference(ours, &theirs);
            assert!(error < 1e-4, "{net}: {error:.2e}");
        }
    }
}
