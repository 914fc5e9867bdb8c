//! What `hangtag bench` prints. How fast this computer is, which may be busy, is held nowhere.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::support::{Desk, Run, contents, lay_demo, lay_tiny, small_starter, text};

/// A line of `bench layers`.
#[derive(Debug, Deserialize)]
struct Line {
    layer: String,
    multiplies: Option<String>,
    macs: u64,
    macs_done: u64,
    ms: f64,
    gmacs_per_second: f64,
    percent_of_peak: f64,
}

impl Line {
    /// Fails unless a figure is what it should be, as far as those are exact that were rounded before.
    #[track_caller]
    fn assert_near(&self, figure: f64, expected: f64) {
        let is_near = (figure - expected).abs() <= 0.1 + expected * (0.05 + 0.001 / self.ms);
        assert!(is_near, "{figure} instead of {expected}: {self:?}");
    }
}

/// A few photos, and as the model `small` the starter for pictures of 32 pixels, which is quick in any build.
fn small_desk() -> Desk {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 3);
    let small = small_starter(&desk.open(), &BTreeSet::new());
    fs::rename(small.to_string(), desk.at("small")).unwrap();
    desk
}

/// The lines that `bench` prints of that model on two threads.
fn figures<T: DeserializeOwned>(desk: &Desk, arguments: &str, variables: &[(&str, &str)]) -> Vec<T> {
    let mut command = desk.command(&[&"bench"]);
    command.args(arguments.split(' ')).args(["--model", "small", "--threads", "2", "--json"]);
    command.env("HANGTAG_DEVICE", "cpu").envs(variables.iter().copied());
    let run = Run::from(command.output().unwrap()).expect(0);
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The lines of `bench layers` but the last, of the whole, which must be what they come to.
fn layers(desk: &Desk, arguments: &str, variables: &[(&str, &str)]) -> Vec<Line> {
    let mut layers: Vec<Line> = figures(desk, arguments, variables);
    let all = layers.pop().unwrap();
    assert_eq!((all.layer.as_str(), &all.multiplies), ("all", &None));
    assert_eq!(all.macs, layers.iter().map(|layer| layer.macs).sum::<u64>());
    assert_eq!(all.macs_done, layers.iter().map(|layer| layer.macs_done).sum::<u64>());
    let ms: f64 = layers.iter().map(|layer| layer.ms).sum();
    assert!((all.ms - ms).abs() <= 0.001 * layers.len() as f64, "{ms}: {all:?}");
    let ms_at_peak: f64 = layers.iter().map(|layer| layer.ms * layer.percent_of_peak / 100.0).sum();
    all.assert_near(all.percent_of_peak, 100.0 * ms_at_peak / ms);
    // No share is held below a hundred: a computer that is busy while the peak is measured, and not before, shows more.
    // But all layers that multiply the same must be held against the same peak.
    for layer in &layers {
        if layer.multiplies.is_none() {
            assert_eq!((layer.macs, layer.macs_done, layer.percent_of_peak), (0, 0, 0.0), "{layer:?}");
            continue;
        }
        assert!(layer.macs > 0 && layer.percent_of_peak > 0.0, "{layer:?}");
        layer.assert_near(layer.gmacs_per_second, layer.macs as f64 / layer.ms / 1e6);
        let alike = layers.iter().filter(|other| other.multiplies == layer.multiplies);
        let longest = alike.max_by(|a, b| a.ms.total_cmp(&b.ms)).unwrap();
        let macs_per_ms_and_percent = longest.macs_done as f64 / longest.ms / longest.percent_of_peak;
        layer.assert_near(layer.percent_of_peak, layer.macs_done as f64 / layer.ms / macs_per_ms_and_percent);
    }
    layers
}

fn named<'a>(layers: &'a [Line], name: &str) -> &'a Line {
    layers.iter().find(|layer| layer.layer == name).unwrap_or_else(|| panic!("there is no {name}"))
}

/// What those that show the kinds of layers multiply: the first one, one of 1×1 and one of 3×3.
fn kinds(layers: &[Line]) -> [Option<&str>; 3] {
    ["conv1", "layer1.0.conv1", "layer1.0.conv2"].map(|name| named(layers, name).multiplies.as_deref())
}

#[test]
fn each_layer_is_held_against_the_peak_of_what_it_multiplies() {
    let desk = small_desk();
    let in_f32 = layers(&desk, "layers --batch 16", &[]);
    assert!(in_f32.iter().all(|layer| layer.multiplies.is_none() || layer.multiplies.as_deref() == Some("f32")));
    let (first, transformed) = (named(&in_f32, "conv1"), named(&in_f32, "layer1.0.conv2"));
    assert_eq!(first.macs, 16 * 16 * 16 * 64 * 3 * 7 * 7);
    assert_eq!(transformed.macs, 16 * 8 * 8 * 32 * 32 * 3 * 3);
    assert!(transformed.macs_done < transformed.macs && 4 * transformed.macs_done >= transformed.macs);
    let is_plain = |layer: &Line| layer.macs_done == layer.macs;
    assert!(in_f32.iter().all(|layer| is_plain(layer) || layer.layer.ends_with("conv2")), "others are not 3×3");

    let in_int8 = layers(&desk, "layers --batch 16 --int8 photos", &[]);
    assert_eq!(kinds(&in_int8), [Some("int16"), Some("int8"), Some("int16")]);
    assert!(in_int8.iter().all(|layer| is_plain(layer) || layer.multiplies.as_deref() == Some("int16")));
    assert!(!is_plain(named(&in_int8, "layer1.0.conv2")));
    let plain = |layers: &[Line]| -> Vec<(String, u64)> {
        layers.iter().map(|layer| (layer.layer.clone(), layer.macs)).collect()
    };
    assert_eq!(plain(&in_int8), plain(&in_f32), "the plain convolution is the same in every precision");

    let in_bf16 = layers(&desk, "layers --bf16", &[("HANGTAG_CPU", "portable")]);
    assert_eq!(kinds(&in_bf16), [Some("f32"), Some("bf16"), Some("f32")]);
    assert_eq!(16 * named(&in_bf16, "conv1").macs, first.macs);
}

#[test]
fn features_are_measured_in_every_precision_and_by_candle() {
    let cases: Vec<Value> = figures(&small_desk(), "features photos", &[]);
    let named: Vec<_> = cases.iter().map(|case| (text(&case["engine"]), text(&case["precision"]))).collect();
    let own = named[0].0;
    assert!(own.starts_with("hangtag-"), "{own}");
    // Not every processor multiplies bf16.
    let always: Vec<_> = named.into_iter().filter(|(_, precision)| *precision != "bf16").collect();
    assert_eq!(always, [(own, "f32"), (own, "int8"), ("candle", "f32")]);
    for case in &cases {
        let figure = |name: &str| case[name].as_f64().unwrap_or_else(|| panic!("{name} is missing: {case}"));
        assert_eq!((figure("threads"), figure("size")), (2.0, 32.0));
        for name in ["inference_batch1", "inference_batch16", "end_to_end_batch16", "end_to_end_reduced_batch16"] {
            assert!(figure(name) > 0.0, "{name}: {case}");
        }
        assert_eq!(case["peak_rss_mb"].is_number(), cfg!(target_os = "linux"), "{case}");
        assert!(!text(&case["cpu"]).is_empty());
        // What each computes is the same, more or less.
        if case["precision"] == "f32" {
            assert!(figure("f32_cosine") > 0.9999 && figure("f32_top1") >= 1.0, "{case}");
        } else {
            assert!(figure("f32_cosine") > 0.9 && figure("f32_top1") <= 1.0, "{case}");
        }
    }
}

#[test]
fn bench_prints_one_line_of_json() {
    let desk = Desk::new();
    let run = desk.run(&[&"bench", &"head", &"--rows", &"60", &"--dim", &"16", &"--tags", &"3", &"--json"]).expect(0);
    assert_eq!(run.stdout.lines().count(), 1);
    assert_eq!((&run.json()["images"], &run.json()["tags"]), (&60.into(), &3.into()));
    let scratch = desk.at("scratch");
    let run = desk.run(&[&"bench", &"catalogue", &"--rows", &"200", &"--scratch", &scratch, &"--json"]).expect(0);
    let figures = run.json();
    assert_eq!(figures["rows"], 200);
    // Five each, all of which are there after the repair.
    assert_eq!(figures["labels"], 1000, "{figures}");
    assert!(figures["labels_from_backup"].as_u64().is_some_and(|labels| labels <= 1000), "{figures}");
    for figure in ["catalogue_mb", "backup_ms", "restore_ms", "check_ms", "damaged_pages", "repair_ms"] {
        assert!(figures[figure].as_f64().is_some_and(|value| value > 0.0), "{figure}: {figures}");
    }
    assert!(!scratch.exists(), "it cleans up after itself");
    // A folder that is there already is somebody's.
    lay_tiny(&scratch, 1);
    desk.run(&[&"bench", &"catalogue", &"--rows", &"200", &"--scratch", &scratch]).expect(1).complains_of(&["scratch"]);
    assert_eq!(contents(&scratch).len(), 1);

    lay_demo(&desk.photos(), "mugs", 2);
    let run = desk.run(&[&"bench", &"tag", &"photos", &"--json"]).expect(0);
    for stage in ["read", "decode", "resize", "features", "head", "images_per_second"] {
        assert!(run.json()[stage].as_f64().is_some_and(|seconds| seconds > 0.0), "{stage}: {}", run.stdout);
    }
}

#[test]
fn the_window_is_measured_without_a_display() {
    let desk = Desk::new();
    let figures = desk.run(&[&"bench", &"window", &"--rows", &"60", &"--scratch", &"laid", &"--json"]).expect(0).json();
    assert_eq!(figures["rows"], 60);
    let frames = figures["frames"].as_u64().unwrap();
    assert!(frames > 100, "it scrolled: {figures}");
    assert!(figures["frame_ms_p99"].as_f64() >= figures["frame_ms_p50"].as_f64(), "{figures}");
    assert!(!desk.at("laid").exists(), "what was laid out is gone");
}
