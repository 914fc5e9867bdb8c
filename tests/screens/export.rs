//! The Export stage: formats ticked, written one after the other, and held against the app's own answers.

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use hangtag::app::{Language, speak};

use std::path::Path;
use std::time::{Duration, Instant};

use hangtag::workspace::{JobRow, JobState, JobTask, Workspace};
use rusqlite::Connection;
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
    let note = json!({
        "runtime": "ai_edge_litert 2.3.0", "date": "2026-01-02T03:04:05Z", "files": manifest["sha256"], "images": 12,
        "largest_difference": 1.5e-7, "agreement": {"share": [0.995, 0.97, 1.0], "images": 12, "is_held_out": false},
        "accuracy": {"share": [0.9, 0.8, 0.955], "app": [0.92, 0.82, 0.97], "of": 11, "is_held_out": true}
    });
    std::fs::write(tflite.join("verified.json"), note.to_string()).unwrap();
    let noted = Instant::now();
    window.wait("the next look", |_| noted.elapsed() > Duration::from_millis(1100));
    assert!(window.has_text("verified with ai_edge_litert 2.3.0") && !window.has_text("run verify.py"));
    assert!(window.has_text("in 99.5 % (97 to 100) of the cases, on 12 photos"), "what it found stands in the pane");
    assert!(window.has_text("Right of 90 % (80 to 95.5), Hangtag of 92 % (82 to 97), on 11 photos whose tag is known"));
    assert!(window.has_text("Some or all of them taught it") && window.has_text("They taught it nothing"));
    assert!(window.has_text("differs from Hangtag’s by more than 1.5e-7, on 12 photos"));
}

/// What stands in a folder.
fn names_in(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

/// Chooses what is handed over.
fn pick_version(window: &mut Window, name: &str) {
    window.harness.get_by_role_and_label(Role::ComboBox, "Version").click();
    window.settle();
    window.click(name);
}

#[test]
fn an_older_version_goes_out_with_the_serving_kit_and_a_cancelled_export_leaves_nothing() {
    let mut window = Window::taught();
    window.click("Train");
    window.click("Keep as a version");
    window.wait("the version", |app| app.workspace().is_some_and(|open| open.is_idle() && open.versions().len() == 1));
    window.click("Export");
    assert!(window.has("Hand over version 1"), "it is what is known now");
    window.click("Tag");
    window.click("ball-05.jpg");
    window.set_tag("ball");
    window.click("Export");
    assert!(window.has("Hand over") && !window.has_text("Hand over version"), "and is so no more");
    pick_version(&mut window, "Version 1");
    assert!(window.has("Hand over version 1"));

    window.click("JSON Lines");
    window.click("Serving kit");
    let folder = window.folder.path().join("photos-export");
    window.harness.get_by_label("Export 2").click();
    let half = folder.join("onnx.hangtag.part");
    window.wait_busy("half an export", |_| half.is_dir());
    let buttons = window.harness.query_all_by_label("Cancel");
    // The status bar below has one of its own.
    buttons.min_by(|a, b| a.rect().top().total_cmp(&b.rect().top())).expect("it can be cancelled").click();
    window.settle();
    assert!(names_in(&folder).is_empty(), "neither half of it nor what was due next: {:?}", names_in(&folder));
    assert!(window.has("Export 2") && !window.has("Cancel") && !window.has("written"));

    // The stage is ready for what costs less.
    window.click("ONNX");
    window.click("TensorFlow SavedModel");
    window.click("Export 2");
    window.wait("the last of them", |app| {
        folder.join("tags.jsonl").is_file() && app.workspace().is_some_and(Workspace::is_idle)
    });
    assert_eq!(names_in(&folder), ["savedmodel", "tags.jsonl"]);
    assert_eq!(names_in(&folder.join("savedmodel")), ["1"], "the version that was picked");
    let models = std::fs::read_to_string(folder.join("savedmodel/1/serving/models.config")).unwrap();
    assert!(models.contains("key: \"stable\" value: 1"), "{models}");
    assert_eq!(window.workspace().versions().len(), 1, "none was made for it");
    pick_version(&mut window, "What is known now");
    assert!(window.has("Hand over") && !window.has_text("Hand over version"));
}

#[test]
fn what_cannot_be_written_is_said_and_the_rest_goes_on() {
    let mut window = Window::with_demo(&["balls"], 3);
    window.click("Export");
    window.click("ONNX");
    window.click("Parquet");
    window.click("Export 1");
    assert!(window.has("not written") && window.has_text("no photo has a label yet. Tag some photos first"));
    speak(Language::SimplifiedChinese);
    window.settle();
    assert!(window.has_text("导出标签失败：还没有照片有标签。请先为一些照片添加标签") && !window.has_text("photo has"));
    speak(Language::English);
    window.click("ONNX");
    window.click("Export 2");
    assert!(window.has_text("nothing was learnt yet"), "there is nothing to make a version of");
    speak(Language::SimplifiedChinese);
    window.settle();
    window.click("导出 2 项");
    assert!(window.has_text("保存版本失败：还没有学到任何内容。请为同一标签组") && !window.has_text("nothing was"));
}

#[test]
fn photos_that_are_gone_are_said_in_the_language_on_screen() {
    let mut window = Window::taught();
    std::fs::remove_dir_all(window.folder.path().join("photos")).unwrap();
    window.press_with(Modifiers::COMMAND, Key::Num3);
    speak(Language::SimplifiedChinese);
    window.settle();
    window.click("导出 1 项");
    window.wait("the end of the export", |app| {
        let has_failed = |job: &JobRow| matches!(job.state, JobState::Failed(_));
        app.workspace().is_some_and(|open| open.jobs().iter().any(has_failed))
    });
    assert!(window.has_text("导出模型失败：目录中的照片都无法读取") && window.has_text("请将照片放回原处后再次导出"));
    assert!(!window.has_text("did not work") && !window.has_text("no photo"));
}

#[test]
fn what_came_of_tags_is_said_in_the_language_on_screen() {
    let mut window = Window::with_demo(&["mugs"], 2);
    for photo in ["mug-01.jpg", "mug-02.jpg"] {
        window.click(photo);
        window.set_tag("mugs > small");
    }
    window.press(Key::Escape);
    window.click("Export");
    window.click("ONNX");
    window.click("WooCommerce");
    speak(Language::SimplifiedChinese);
    window.settle();
    window.click("导出 1 项");
    assert!(window.has("2 件商品"), "what there is now");
    assert!(window.has_text("Categories 列取自标签组“category”") && window.has_text("拆成多级：“mugs > small”"));
    assert!(!window.has_text("filled from") && !window.has_text("levels"));

    // A picture that is another since it was labelled, in the pane and among the jobs.
    std::fs::write(window.folder.path().join("photos/mugs/mug-02.jpg"), "another").unwrap();
    window.click("TFRecord");
    window.click("导出 2 项");
    let written = window.folder.path().join("photos-export/tfrecord/hangtag-export.json");
    window.wait("the last of them", |app| written.is_file() && app.workspace().is_some_and(Workspace::is_idle));
    assert!(window.has("1 张照片，1 个分片") && window.has("跳过了 1 项"));
    window.press(Key::J);
    assert!(window.has_text("标注之后文件有变化") && !window.has_text("it was changed"));
    window.press(Key::Escape);

    // A folder where a file should go, by its path and with the way out.
    std::fs::create_dir(window.folder.path().join("photos-export/tags.parquet")).unwrap();
    window.click("Parquet");
    window.click("导出 3 项");
    assert!(window.has_text("导出标签失败：已有同名的文件夹。请将其移走") && window.has_text("tags.parquet）"));
    assert!(!window.has_text("folder of this name") && !window.has_text("is a folder"));
}

#[test]
fn what_cannot_be_kept_is_said_once_and_nothing_older_goes_out_for_it() {
    let mut window = Window::taught();
    let catalogue = window.workspace().path().expect("that of the folder").to_owned();
    let database = Connection::open(catalogue).unwrap();
    let refuse = |reason: &str| {
        let trigger = format!("BEFORE INSERT ON versions BEGIN SELECT RAISE(ABORT, '{reason}'); END");
        database.execute_batch(&format!("DROP TRIGGER IF EXISTS refuse; CREATE TRIGGER refuse {trigger}")).unwrap();
    };
    // How often a version was begun, and an export.
    let begun = |window: &Window| {
        let count = |task: &JobTask| window.workspace().jobs().iter().filter(|job| job.task == *task).count();
        (count(&JobTask::Freeze), count(&JobTask::Export("onnx".to_owned())))
    };
    refuse("no room at first");
    window.press_with(Modifiers::COMMAND, Key::Num3);
    window.click("Export 1");
    assert!(window.has_text("no room at first") && window.has("Export 1"));
    assert_eq!(begun(&window), (1, 0));
    database.execute_batch("DROP TRIGGER refuse").unwrap();
    window.click("Export 1");
    let folder = window.folder.path().join("photos-export");
    window.wait("the export", |app| {
        folder.join("onnx/hangtag.json").is_file() && app.workspace().is_some_and(Workspace::is_idle)
    });
    assert_eq!(begun(&window), (2, 1));
    // What was said since is in no version.
    window.press_with(Modifiers::COMMAND, Key::Num1);
    window.click("ball-05.jpg");
    window.set_tag("bottle");
    window.press(Key::Escape);
    refuse("no room later on");
    window.press_with(Modifiers::COMMAND, Key::Num3);
    window.click("Export 1");
    assert!(window.has_text("no room later on"));
    assert_eq!(begun(&window), (3, 1));
}

#[test]
fn no_version_is_made_where_something_else_lies() {
    let mut window = Window::taught();
    let place = window.folder.path().join("photos-export/onnx");
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("novel.txt"), "chapter one").unwrap();
    window.press_with(Modifiers::COMMAND, Key::Num3);
    window.click("Export 1");
    assert!(window.has("not written") && window.has_text("other things than an earlier export"));
    assert!(window.workspace().versions().is_empty());
    speak(Language::SimplifiedChinese);
    window.settle();
    assert!(window.has_text("导出模型失败：该文件夹中有先前的同类导出以外的内容。请清空该文件夹，或选择其他文件夹"));
    assert!(window.has_text("onnx）") && !window.has_text("other things"));
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
