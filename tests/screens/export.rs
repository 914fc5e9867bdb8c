//! The Export stage: formats ticked, written one after the other, and held against the app's own answers.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use hangtag::app::{Language, speak};

use std::path::Path;
use std::time::{Duration, Instant};

use hangtag::workspace::Workspace;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::Window;

#[test]
fn what_is_ticked_is_written_and_checked() {
    let mut window = Window::taught();
    window.press_with(Modifiers::COMMAND, Key::Num3);
    assert!(window.has("Hand over") && window.has("The model") && window.has("The tags"));
    assert!(window.has_text("about 4"), "the size, before anything is written");
    window.click("Shopify");
    window.click("JSON Lines");
    window.click("JSON Lines");
    window.click("Export 2");
    let folder = window.folder.path().join("photos-export");
    window.wait("the last of them", |app| {
        folder.join("shopify.csv").is_file() && app.workspace().is_some_and(Workspace::is_idle)
    });
    assert_eq!(window.workspace().versions().len(), 1, "what is known was kept first");
    assert!(folder.join("onnx/verify.py").is_file() && !folder.join("tags.jsonl").exists());
    assert!(window.has_text("same answers on 12 photos") && window.has("written"));
    window.harness.get_by_label_contains("ONNX f32").click();
    window.settle();
    assert!(window.has_text("onnxruntime.InferenceSession") && window.has("Open folder") && window.has("Copy"));
    assert!(window.has("Hand over version 1"));
    speak(Language::SimplifiedChinese);
    window.click("Shopify");
    assert!(window.has("交付版本 1") && window.has("导出 1 项"));
    speak(Language::English);
    // What the app cannot run itself is verified by another program, which says so beside the model.
    window.click("ONNX");
    window.click("TensorFlow Lite");
    window.click("Export 1");
    let tflite = folder.join("tflite");
    window.wait("the other format", |app| {
        tflite.join("hangtag.json").is_file() && app.workspace().is_some_and(Workspace::is_idle)
    });
    assert!(window.has_text("run verify.py"));
    let manifest: Value = serde_json::from_slice(&std::fs::read(tflite.join("hangtag.json")).unwrap()).unwrap();
    let note = json!({"runtime": "ai_edge_litert 2.3.0", "date": "2026-01-02T03:04:05Z", "files": manifest["sha256"]});
    std::fs::write(tflite.join("verified.json"), note.to_string()).unwrap();
    let noted = Instant::now();
    window.wait("the next look", |_| noted.elapsed() > Duration::from_millis(1100));
    assert!(window.has_text("verified with ai_edge_litert 2.3.0") && !window.has_text("run verify.py"));
}

#[test]
fn what_cannot_be_written_is_said_and_the_rest_goes_on() {
    let mut window = Window::with_demo(&["balls"], 3);
    window.click("Export");
    window.click("ONNX");
    window.click("Parquet");
    window.click("Export 1");
    assert!(window.has("not written") && window.has_text("no photo has a label yet"));
    window.click("ONNX");
    window.click("Export 2");
    assert!(window.has_text("nothing was learnt yet"), "there is nothing to make a version of");
}

/// Photos that differ by less than anybody sees, so that which of two tags one has can hang on a rounding.
fn write_twins(folder: &Path, count: u32) {
    std::fs::create_dir_all(folder).unwrap();
    let photo = image::open(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/balls/ball-01.jpg")).unwrap().into_rgb8();
    for twin in 0..count {
        let mut photo = photo.clone();
        for (x, y, pixel) in photo.enumerate_pixels_mut() {
            let noise = (x ^ (y * 7)).wrapping_mul(2_654_435_761).wrapping_mul(twin + 1) >> 30;
            pixel.0 = pixel.0.map(|value| value.saturating_add(noise as u8));
        }
        photo.save(folder.join(format!("twin-{twin:02}.png"))).unwrap();
    }
}

#[test]
fn int8_that_decides_otherwise_is_kept_only_if_somebody_insists() {
    let folder = TempDir::new().unwrap();
    let photos = folder.path().join("photos");
    write_twins(&photos, 8);
    let mut window = Window::open(folder, Some(photos));
    window.wait("photos to be looked at", |app| {
        app.workspace().is_some_and(|workspace| workspace.is_idle() && workspace.listing().images.len() == 8)
    });
    for twin in 0..8 {
        window.click(&format!("twin-{twin:02}.png"));
        window.set_tag(["left", "right"][twin % 2]);
    }
    window.press(Key::Escape);
    window.click("Export");
    window.click("int8");
    window.click("Export 1");
    let written = window.folder.path().join("photos-export/onnx-int8");
    assert!(window.has("not written") && window.has_text("It was not kept") && !written.exists());
    window.click("Keep it all the same");
    assert!(window.has("kept although it is off") && written.join("verify.py").is_file());
}
