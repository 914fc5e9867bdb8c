//! Models from a folder: a small one that works, and every way in which such a folder can be wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

use crate::readers::ask_its_runtime;
use crate::support::{Desk, Dice, Run, lay_demo};

/// Shape and values of each tensor.
type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A network of one basic block a stage, eight channels wide, that knows three words.
fn spec() -> Value {
    json!({
        "name": "tiny",
        "architecture": {
            "block": "basic", "stem": 8, "width": 8, "layers": [1, 1, 1, 1], "stride_in": "conv2", "num_classes": 3
        },
        "features": ["layer3", "layer4"],
        "preprocess": {
            "resize": 36, "crop": 32, "interpolation": "bilinear",
            "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]
        },
        "classes": ["cup, drinking vessel", "dish", "thing"]
    })
}

fn tensors() -> Tensors {
    let mut dice = Dice(3);
    let mut all = Tensors::new();
    let mut add = |name: String, shape: &[usize], spread: f32, middle: f32| {
        let value = |_| middle + spread * (dice.roll(2001) as f32 / 1000.0 - 1.0);
        all.insert(name, (shape.to_vec(), (0..shape.iter().product::<usize>()).map(value).collect()));
    };
    let mut conv = |name: &str, norm: &str, out: usize, input: usize, side: usize| {
        add(format!("{name}.weight"), &[out, input, side, side], 0.2, 0.0);
        for (part, spread, middle) in
            [("weight", 0.2, 1.0), ("bias", 0.1, 0.0), ("running_mean", 0.1, 0.0), ("running_var", 0.2, 1.0)]
        {
            add(format!("{norm}.{part}"), &[out], spread, middle);
        }
    };
    conv("conv1", "bn1", 8, 3, 7);
    for stage in 1..=4 {
        let out = 4 << stage;
        let input = if stage == 1 { 8 } else { out / 2 };
        let block = format!("layer{stage}.0");
        conv(&format!("{block}.conv1"), &format!("{block}.bn1"), out, input, 3);
        conv(&format!("{block}.conv2"), &format!("{block}.bn2"), out, out, 3);
        if stage > 1 {
            conv(&format!("{block}.downsample.0"), &format!("{block}.downsample.1"), out, input, 1);
        }
    }
    add("fc.weight".to_owned(), &[3, 64], 0.2, 0.0);
    add("fc.bias".to_owned(), &[3], 0.1, 0.0);
    all
}

fn serialised(tensors: &Tensors) -> Vec<u8> {
    let bytes: BTreeMap<&String, Vec<u8>> = tensors
        .iter()
        .map(|(name, (_, values))| (name, values.iter().flat_map(|v| v.to_le_bytes()).collect()))
        .collect();
    let views = tensors.iter().map(|(name, (shape, _))| {
        (name, TensorView::new(Dtype::F32, shape.clone(), &bytes[name]).expect("shape and data agree"))
    });
    safetensors::serialize(views, None).expect("these tensors can be written")
}

fn lay_model(folder: &Path, spec: &str, weights: &[u8]) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("spec.json"), spec).unwrap();
    fs::write(folder.join("weights.safetensors"), weights).unwrap();
}

/// Tags with the model in the folder "model", the way a person would try it.
fn tag(desk: &Desk) -> Run {
    desk.run(&[&"tag", &"photos", &"--model", &"model", &"--format", &"json"])
}

fn desk() -> Desk {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 1);
    desk
}

#[test]
fn a_folder_with_weights_and_spec_is_a_model() {
    let desk = desk();
    lay_model(&desk.at("model"), &spec().to_string(), &serialised(&tensors()));
    let report = tag(&desk).expect(0).json();
    assert_eq!(report["model"], "tiny");
    let proposals = report["images"][0]["proposals"].as_array().expect("a list");
    let mut words: Vec<&str> = proposals.iter().filter_map(|proposal| proposal["tag"].as_str()).collect();
    words.sort_unstable();
    assert_eq!(words, ["cup", "dish", "thing"]);
    let total: f64 = proposals.iter().filter_map(|proposal| proposal["probability"].as_f64()).sum();
    assert!((total - 1.0).abs() < 1e-4, "{report}");
}

#[test]
fn a_model_without_words_says_so() {
    let desk = desk();
    let mut spec = spec();
    spec["classes"] = json!([]);
    lay_model(&desk.at("model"), &spec.to_string(), &serialised(&tensors()));
    // Without words and without a catalogue there is nothing to propose, and that is no fault of the photos.
    let run = tag(&desk).expect(1);
    assert!(run.stderr.contains("words") && run.stderr.contains("--catalogue"), "{}", run.stderr);
}

#[test]
fn weights_that_do_not_fit_are_named() {
    type Change = Box<dyn Fn(&mut Tensors)>;
    let reshaped = |name: &'static str, shape: &'static [usize]| -> Change {
        Box::new(move |tensors| {
            tensors.insert(name.to_owned(), (shape.to_vec(), vec![0.1; shape.iter().product()]));
        })
    };
    let filled = |name: &'static str, value: f32| -> Change {
        Box::new(move |tensors| tensors.get_mut(name).expect("there is such a tensor").1.fill(value))
    };
    let removed = |name: &'static str| -> Change { Box::new(move |tensors| drop(tensors.remove(name))) };
    let cases: [(&str, Change); 9] = [
        ("conv1.weight", removed("conv1.weight")),
        ("layer2.0.downsample.0.weight", removed("layer2.0.downsample.0.weight")),
        ("layer4.0.bn2.running_var", removed("layer4.0.bn2.running_var")),
        ("fc.bias", removed("fc.bias")),
        ("layer2.0.conv1.weight", reshaped("layer2.0.conv1.weight", &[16, 9, 3, 3])),
        ("fc.weight", reshaped("fc.weight", &[3, 32])),
        ("layer1.0.conv2.weight", filled("layer1.0.conv2.weight", f32::NAN)),
        ("bn1.weight", filled("bn1.weight", f32::INFINITY)),
        // A variance below zero has no square root, and everything after it would be no number.
        ("layer3.0.bn1.running_var", filled("layer3.0.bn1.running_var", -1.0)),
    ];
    let desk = desk();
    for (name, change) in cases {
        let mut tensors = tensors();
        change(&mut tensors);
        lay_model(&desk.at("model"), &spec().to_string(), &serialised(&tensors));
        let run = tag(&desk).expect(1).complains_of(&[name, "weights.safetensors"]);
        assert_eq!(run.stdout, "", "no half a result");
    }
}

#[test]
fn damaged_and_hostile_weights_are_named() {
    let whole = serialised(&tensors());
    let with_header = |length: u64, header: &str| [&length.to_le_bytes()[..], header.as_bytes()].concat();
    let entry = |shape: &str, offsets: &str| {
        let header = format!(r#"{{"conv1.weight":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}}}"#);
        with_header(header.len() as u64, &header)
    };
    let cases = [
        Vec::new(),
        vec![1, 2, 3],
        b"This is a letter, and no weights at all.".to_vec(),
        // Cut within the data, and within the header.
        whole[..whole.len() - 100].to_vec(),
        whole[..50].to_vec(),
        // Headers that claim to be longer than any memory.
        with_header(u64::MAX, "{}"),
        with_header(u64::MAX / 2, "{}"),
        with_header(1 << 40, "{}"),
        with_header(2, "[]"),
        with_header(4, "{}"),
        // Tensors that lie outside, overlap backwards, or are larger than any number.
        entry("[8,3,7,7]", "[0,4704]"),
        entry("[8,3,7,7]", "[4704,0]"),
        entry("[8,3,7,7]", "[18446744073709551615,18446744073709551615]"),
        entry("[4294967296,4294967296,4294967296]", "[0,0]"),
    ];
    let desk = desk();
    for weights in cases {
        lay_model(&desk.at("model"), &spec().to_string(), &weights);
        tag(&desk).expect(1).complains_of(&["weights.safetensors"]);
    }
    fs::remove_file(desk.at("model/weights.safetensors")).unwrap();
    tag(&desk).expect(1).complains_of(&["weights.safetensors"]);
}

#[test]
fn a_bad_spec_is_named_with_its_field() {
    let weights = serialised(&tensors());
    let with = |path: &str, value: Value| {
        let mut spec = spec();
        *spec.pointer_mut(path).expect("there is such a field") = value;
        spec.to_string()
    };
    let without = |field: &str| {
        let mut spec = spec();
        spec.as_object_mut().expect("it is an object").remove(field);
        spec.to_string()
    };
    // Each within bounds, but not together.
    let mut large = spec();
    large["architecture"]["stem"] = json!(1024);
    (large["preprocess"]["crop"], large["preprocess"]["resize"]) = (json!(2048), json!(2048));
    let cases = [
        ("spec.json", String::new()),
        ("spec.json", "a letter".to_owned()),
        ("spec.json", "[".repeat(100_000)),
        ("architecture", without("architecture")),
        ("preprocess", without("preprocess")),
        ("transformer", with("/architecture/block", json!("transformer"))),
        ("architecture.width", with("/architecture/width", json!(1_000_000_000))),
        ("architecture.stem", with("/architecture/stem", json!(0))),
        ("spec.json", with("/architecture/stem", json!(-1))),
        ("architecture.layers", with("/architecture/layers", json!([1, 1, 1, u64::MAX]))),
        ("architecture.layers", with("/architecture/layers/0", json!(0))),
        ("architecture.num_classes", with("/architecture/num_classes", json!(u64::MAX))),
        ("num_classes", with("/architecture/num_classes", json!(4))),
        ("preprocess.crop", with("/preprocess/crop", json!(1_000_000))),
        ("preprocess.crop", with("/preprocess/crop", json!(0))),
        ("preprocess.resize", with("/preprocess/resize", json!(8))),
        ("preprocess.resize", with("/preprocess/resize", json!(u32::MAX))),
        ("preprocess.crop² × channels", large.to_string()),
        ("preprocess.std", with("/preprocess/std/1", json!(0.0))),
        ("preprocess.mean", with("/preprocess/mean/1", json!(1e39))),
        ("features", with("/features", json!([]))),
        ("layer9", with("/features/0", json!("layer9"))),
    ];
    let desk = desk();
    for (words, spec) in cases {
        lay_model(&desk.at("model"), &spec, &weights);
        tag(&desk).expect(1).complains_of(&[words, "spec.json"]);
    }
    fs::remove_file(desk.at("model/spec.json")).unwrap();
    tag(&desk).expect(1).complains_of(&["spec.json"]);
}

#[test]
fn a_spec_for_another_network_is_told_by_the_first_tensor_that_does_not_fit() {
    // Within bounds, but not these weights: nothing may be computed, and no memory asked for that they do not fill.
    let desk = desk();
    let mut spec = spec();
    spec["architecture"] = json!({
        "block": "bottleneck", "stem": 1024, "width": 1024, "layers": [200, 200, 200, 200], "num_classes": 3
    });
    lay_model(&desk.at("model"), &spec.to_string(), &serialised(&tensors()));
    tag(&desk).expect(1).complains_of(&["conv1.weight", "1024", "weights.safetensors"]);
}

#[test]
fn weights_in_the_cache_of_the_hub_that_were_replaced_are_not_used() {
    let desk = Desk::new();
    let (folder, commit) = (desk.at("home/hub/hub/models--timm--resnet18.a1_in1k"), "1".repeat(40));
    fs::create_dir_all(folder.join("refs")).unwrap();
    fs::write(folder.join("refs/main"), &commit).unwrap();
    fs::create_dir_all(folder.join("snapshots").join(&commit)).unwrap();
    fs::write(folder.join("snapshots").join(commit).join("model.safetensors"), serialised(&tensors())).unwrap();
    let run = desk.run(&[&"models", &"use", &"resnet18", &"--catalogue", &desk.catalogue()]);
    run.expect(1).complains_of(&["were replaced", "hangtag models get resnet18"]);
}

#[test]
#[ignore = "needs Python with the runtimes of tests/flows/requirements-export.txt; run by .ci/run"]
fn a_network_of_basic_blocks_is_what_every_runtime_says_it_is() {
    let desk = Desk::new();
    // Of fewer than four mugs none is held out, which would show that nothing can be known by made-up features.
    lay_demo(&desk.photos(), "mugs", 3);
    lay_demo(&desk.photos(), "bowls", 5);
    let catalogue = desk.catalogue();
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &catalogue, &"--labels-from", &"last-folder"]).expect(0);
    lay_model(&desk.at("model"), &spec().to_string(), &serialised(&tensors()));
    desk.run(&[&"models", &"use", &"model", &"--catalogue", &catalogue]).expect(0);
    for format in ["bundle", "onnx", "savedmodel", "tflite"] {
        ask_its_runtime(&desk, format, "f32");
    }
    let card = fs::read_to_string(desk.at("onnx f32/README.md")).unwrap();
    assert!(card.contains("\n| backbone | tiny, licence: not stated |\n"), "{card}");
}
