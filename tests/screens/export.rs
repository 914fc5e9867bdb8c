//! The Export stage: formats ticked, written one after the other, and held against the app's own answers.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use hangtag::app::{Language, speak};

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
        folder.join("shopify.csv").is_file() && app.workspace().is_some_and(hangtag::workspace::Workspace::is_idle)
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
