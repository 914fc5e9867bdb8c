//! The model leaves: in every format, checked, whole or not at all, and never over something else.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use hangtag::catalogue::GroupKind;
use hangtag::export::{Format, Precision, Request};
use hangtag::vision::ModelSource;
use hangtag::workspace::{Answer, JobState, Workspace};
use rusqlite::Connection;
use serde_json::Value;

use crate::exports;
use crate::support::{self, Desk, Run, contents, freeze, lay_demo, read_json, settle, taught_desk, text};

/// Every format in every precision that it has.
pub const ALL: [(&str, &str); 10] = [
    ("bundle", "f32"),
    ("onnx", "f32"),
    ("onnx", "f16"),
    ("onnx", "int8"),
    ("savedmodel", "f32"),
    ("tflite", "f32"),
    ("tflite", "f16"),
    ("tflite", "int8"),
    ("coreml", "f32"),
    ("coreml", "f16"),
];

fn export(desk: &Desk, format: &str, precision: &str, out: &Path) -> Run {
    exports::export(desk, format, out, &[&"--precision", &precision])
}

/// Where the model is: TensorFlow has a folder for each version.
pub fn model_in(out: &Path, format: &str) -> PathBuf {
    if format == "savedmodel" { out.join("1") } else { out.to_owned() }
}

/// What the files of the model itself take.
fn model_bytes(folder: &Path) -> u64 {
    let files = read_json(&folder.join("hangtag.json"))["files"].take();
    files.as_array().unwrap().iter().map(|file| fs::metadata(folder.join(text(file))).unwrap().len()).sum()
}

/// The app's own probabilities that go along with an export, of one photo after the other.
pub fn expected_in(folder: &Path) -> Vec<f32> {
    let bytes = fs::read(folder.join("parity/expected.npy")).unwrap();
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes[header..].chunks_exact(4).map(|number| f32::from_le_bytes(number.try_into().unwrap())).collect()
}

#[test]
fn every_format_comes_with_labels_preprocessing_card_and_photos() {
    let desk = taught_desk();
    for (format, precision) in ALL {
        let out = desk.at(&format!("{format} {precision}"));
        let run = export(&desk, format, precision, &out).expect(0);
        let folder = model_in(&out, format);
        let manifest = read_json(&folder.join("hangtag.json"));
        assert_eq!((text(&manifest["format"]), text(&manifest["precision"])), (format, precision));
        let files: Vec<&str> = manifest["files"].as_array().unwrap().iter().map(text).collect();
        for file in &files {
            assert!(folder.join(file).metadata().unwrap().len() > 0, "{format}: {file}");
        }
        assert_eq!(manifest["parts"], serde_json::json!(files_below(&folder)), "{format}");
        assert_eq!(read_json(&folder.join("labels.json"))["groups"][0]["tags"], serde_json::json!(["bowls", "mugs"]));
        assert_eq!(read_json(&folder.join("preprocess.json"))["crop"], 192);
        let card = fs::read_to_string(folder.join("README.md")).unwrap();
        assert!(card.contains(&format!("\n| format | {format} {precision}: {} |\n", files.join(", "))), "{card}");
        let parity = read_json(&folder.join("parity/parity.json"));
        assert_eq!(parity["images"], 8);
        assert_eq!(fs::metadata(folder.join("parity/images.npy")).unwrap().len(), 128 + 8 * 192 * 192 * 3);
        for photo in parity["photos"].as_array().unwrap() {
            assert!(folder.join("parity").join(text(&photo["file"])).is_file());
        }
        // What the app can run itself it has run.
        let is_run_here = ["bundle", "onnx"].contains(&format);
        for said in [&run.stdout, &card] {
            assert_eq!(said.contains("not yet verified"), !is_run_here, "{said}");
        }
        if is_run_here && precision != "int8" {
            let difference = manifest["judgement"]["largest_difference"].as_f64().unwrap();
            let bound = if precision == "f16" { 2e-3 } else { 1e-4 };
            assert!(difference <= bound, "{format} {precision}: {difference:e}");
        }
    }
    // Half the bits take half the room, a quarter a quarter and that of the scales.
    for (format, precision) in ALL {
        let percent = match precision {
            "f16" => 49..=53,
            "int8" => 24..=29,
            _ => continue,
        };
        let [these, all] = [precision, "f32"].map(|precision| model_bytes(&desk.at(&format!("{format} {precision}"))));
        assert!(percent.contains(&(100 * these / all)), "{format} {precision}: {these} bytes of {all}");
    }
}

#[test]
fn the_card_says_what_the_catalogue_knows_of_the_version() {
    let desk = taught_desk();
    let (out, catalogue) = (desk.at("out"), desk.catalogue());
    export(&desk, "bundle", "f32", &out).expect(0);
    // No two of its figures are alike.
    desk.run(&[&"label", &"--catalogue", &catalogue, &"mugs/mug-01.jpg", &"category=mugs", &"--unknown"]).expect(0);
    let measured = serde_json::json!({"on": "held-out", "metrics": {
        "images": 8, "skipped": 0, "accuracy": 0.875, "macro_f1": 0.862, "expected_calibration_error": 0.043,
        "per_tag": [
            {"tag": "bowls", "precision": 0.751, "recall": 0.912, "support": 4},
            {"tag": "mugs", "precision": 0.823, "recall": 0.668, "support": 4},
        ],
    }});
    let set = "UPDATE versions SET created_at = 1000000000000, record = json_set(record, '$.groups[0].num_photos', 7, \
               '$.groups[0].choice.temperature', 1.25, '$.groups[0].measured', json(?1))";
    assert_eq!(Connection::open(&catalogue).unwrap().execute(set, [measured.to_string()]).unwrap(), 1);
    exports::export(&desk, "bundle", &out, &[&"--version", &"1"]).expect(0);
    let spec = read_json(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models/starter/spec.json"));
    let backbone = format!("| backbone | {}, licence: {} |", text(&spec["name"]), text(&spec["licence"]));
    let made = format!("Made on 2001-09-09T01:46:40.000Z, written by Hangtag {}.", env!("CARGO_PKG_VERSION"));
    let card = fs::read_to_string(out.join("README.md")).unwrap();
    for line in [
        "# photos, version 1",
        made.as_str(),
        backbone.as_str(),
        "Taught by 7 labelled photos; temperature 1.250. On photos held out it is right of 87.5 %, its macro F1 is \
         86.2 %, and its probabilities are 4.3 % off on average.",
        "| bowls | 4 | 75.1 % | 91.2 % |",
        "| mugs | 3 | 82.3 % | 66.8 % |",
    ] {
        assert!(card.contains(line), "{line:?} is missing in:\n{card}");
    }
}

/// The exports of version 1, which is in use and was fine-tuned, say of photos what it says itself.
pub fn exports_say_what_version_1_says(desk: &Desk) {
    let (catalogue, others) = (desk.catalogue(), desk.at("others"));
    let [bundle, onnx] = ["bundle", "onnx"].map(|format| {
        let out = desk.at(format);
        exports::export(desk, format, &out, &[&"--version", &"1"]).expect(0);
        out
    });
    // Each was checked against the version's answers as it was written: against the same ones.
    assert_eq!(expected_in(&bundle), expected_in(&onnx));
    let notice = ModelSource::Starter.notice().unwrap();
    assert_eq!(fs::read_to_string(bundle.join("NOTICE")).unwrap(), notice, "it goes with what was made of the starter");
    let last_stage = |model: ModelSource| model.folded().unwrap().0.stages[3][0].convs[0].weight.clone();
    assert!(last_stage(ModelSource::Folder(bundle.clone())) != last_stage(ModelSource::Starter), "it is fine-tuned");
    // Without labels there is no live head, so that the version's own proposes.
    let mut workspace = desk.open();
    let all = support::images_below(workspace.listing(), "");
    for tag in ["bowls", "mugs"] {
        let tag = support::tag_named(&workspace, "category", tag);
        workspace.answer(&all, tag, Answer::Unknown).unwrap();
    }
    drop(workspace);
    let says = |by: &str, model: &dyn AsRef<OsStr>| -> Vec<(String, f64)> {
        let said = desk.run(&[&"tag", &others, &"--format", &"json", &by, model]).expect(0).json();
        let of_photo = |photo: &Value| -> Vec<(String, f64)> {
            let proposals = photo["proposals"].as_array().unwrap().iter();
            let named = |row: &Value| format!("{}: {}={}", photo["path"], row["group"], row["tag"]);
            proposals.map(|row| (named(row), row["probability"].as_f64().unwrap())).collect()
        };
        said["images"].as_array().unwrap().iter().flat_map(of_photo).collect()
    };
    let (here, there) = (says("--catalogue", &catalogue), says("--model", &bundle));
    assert_eq!((here.len(), there.len()), (8, 8), "{here:?}");
    for ((ours, p), (theirs, q)) in here.iter().zip(&there) {
        assert!(ours == theirs && (p - q).abs() < 1e-4, "{ours} {p}, {theirs} {q}");
    }
}

#[test]
fn a_bundle_gives_the_answers_of_its_version() {
    let desk = taught_desk();
    let mut workspace = desk.open();
    let images = |kind: &str| support::images_below(workspace.listing(), kind);
    let (mugs, bowls) = (images("mugs/"), images("bowls/"));
    let parts = workspace.add_group("parts", GroupKind::AnyOf).unwrap();
    for (tag, on) in [("handle", &mugs), ("rim", &bowls)] {
        workspace.add_tag(Some(parts), tag).unwrap();
        let tag = support::tag_named(&workspace, "parts", tag);
        workspace.answer(&on[..3], tag, Answer::Yes).unwrap();
    }
    workspace.mark_reviewed(&[&mugs[..3], &bowls[..3]].concat()).unwrap();
    drop(workspace);
    let out = desk.at("bundle");
    export(&desk, "bundle", "f32", &out).expect(0);
    let photos = desk.photos();
    let said = desk.run(&[&"tag", &photos, &"--format", &"json", &"--model", &out]).expect(0);
    assert!(!said.stderr.contains("everyday words"), "{}", said.stderr);
    let said = said.json();
    let mut expected = expected_in(&out).into_iter();
    let labels = read_json(&out.join("labels.json"));
    let names = read_json(&out.join("parity/parity.json"))["names"].take();
    assert_eq!((labels["groups"].as_array().unwrap().len(), names.as_array().unwrap().len()), (2, 8));
    for name in names.as_array().unwrap() {
        let is_it = |photo: &&Value| text(&photo["path"]).replace('\\', "/").ends_with(text(name));
        let photo = said["images"].as_array().unwrap().iter().find(is_it).unwrap();
        for group in labels["groups"].as_array().unwrap() {
            for tag in group["tags"].as_array().unwrap() {
                let is_it = |proposal: &&Value| proposal["group"] == group["name"] && proposal["tag"] == *tag;
                let proposal = photo["proposals"].as_array().unwrap().iter().find(is_it).unwrap();
                let difference = proposal["probability"].as_f64().unwrap() - f64::from(expected.next().unwrap());
                assert!(difference.abs() < 1e-4, "{name}, {tag}: {difference:e}");
            }
        }
    }
    // One of its groups alone.
    let of_group = |name: &str| desk.run(&[&"tag", &photos, &"--format", &"json", &"--model", &out, &"--group", &name]);
    let said = of_group("parts").expect(0).json();
    let proposals = said["images"].as_array().unwrap().iter().flat_map(|photo| photo["proposals"].as_array().unwrap());
    let groups: Vec<&str> = proposals.map(|proposal| text(&proposal["group"])).collect();
    assert!(groups.len() >= 8 && groups.iter().all(|group| *group == "parts"), "{said}");
    of_group("colour").expect(1).complains_of(&["no group `colour`", "`category`", "`parts`"]);
    desk.run(&[&"tag", &photos, &"--group", &"parts"]).expect(1).complains_of(&["--catalogue", "bundle with --model"]);
    // A damaged one is told.
    let mut config = read_json(&out.join("config.json"));
    config["heads"][0]["temperature"] = 0.into();
    fs::write(out.join("config.json"), config.to_string()).unwrap();
    desk.run(&[&"tag", &photos, &"--model", &out]).expect(1).complains_of(&["bundle", "cannot be right"]);
}

#[test]
fn an_export_takes_the_place_of_an_earlier_one_and_of_nothing_else() {
    let desk = taught_desk();
    let out = desk.at("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("novel.txt"), "chapter one").unwrap();
    export(&desk, "onnx", "f32", &out).expect(1).complains_of(&["other things than an earlier export", "new folder"]);
    assert_eq!(contents(&out).len(), 1, "what was there is there still");
    fs::remove_file(out.join("novel.txt")).unwrap();
    export(&desk, "onnx", "f32", &out).expect(0);
    export(&desk, "tflite", "f32", &out).expect(0);
    assert!(out.join("model.tflite").is_file() && !out.join("model.onnx").exists());
    let before = contents(&out);
    // A path that cannot be written, and a precision that there is not.
    export(&desk, "onnx", "f32", Path::new("/dev/null/export")).expect(1).complains_of(&["cannot be written"]);
    export(&desk, "savedmodel", "int8", &out).expect(2).complains_of(&["savedmodel is not written in int8", "f32"]);
    assert_eq!(contents(&out), before);
    assert_eq!(left_over(&desk), Vec::<PathBuf>::new());
}

#[test]
fn what_a_person_put_beside_a_model_is_not_thrown_away() {
    let desk = taught_desk();
    let out = desk.at("out");
    export(&desk, "onnx", "f32", &out).expect(0);
    for name in ["notes.txt", "parity/photos/mine.jpg"] {
        fs::write(out.join(name), "mine").unwrap();
        let before = contents(&out);
        export(&desk, "tflite", "f32", &out).expect(1).complains_of(&[name, "not part of the earlier export"]);
        assert_eq!(contents(&out), before);
        fs::remove_file(out.join(name)).unwrap();
    }
    // What Python leaves there is nobody's.
    fs::create_dir(out.join("__pycache__")).unwrap();
    fs::write(out.join("__pycache__/verify.cpython-314.pyc"), "").unwrap();
    export(&desk, "tflite", "f32", &out).expect(0);
    assert!(out.join("model.tflite").is_file() && !out.join("__pycache__").exists());
    // An export from before they were listed has the parts that every export of its format has.
    let mut manifest = read_json(&out.join("hangtag.json"));
    assert!(manifest.as_object_mut().unwrap().remove("parts").is_some());
    fs::write(out.join("hangtag.json"), manifest.to_string()).unwrap();
    fs::remove_file(out.join("prepare.py")).unwrap();
    fs::write(out.join("notes.txt"), "mine").unwrap();
    export(&desk, "bundle", "f32", &out).expect(1).complains_of(&["notes.txt", "not part of the earlier export"]);
    assert_eq!(fs::read(out.join("notes.txt")).unwrap(), b"mine");
    fs::remove_file(out.join("notes.txt")).unwrap();
    export(&desk, "bundle", "f32", &out).expect(0);
    assert!(out.join("model.py").is_file() && !out.join("model.tflite").exists());
}

#[test]
fn what_was_learnt_since_becomes_a_version_of_its_own() {
    let desk = taught_desk();
    let (out, catalogue) = (desk.at("served"), desk.catalogue());
    export(&desk, "savedmodel", "f32", &out).expect(0).complains_of(&["is version 1 now"]);
    let again = export(&desk, "bundle", "f32", &desk.at("bundle")).expect(0);
    assert!(!again.stderr.contains("now") && again.stdout.contains("version     1"), "nothing was learnt since");
    desk.run(&[&"label", &"--catalogue", &catalogue, &"mugs/mug-01.jpg", &"category=bowls"]).expect(0);
    export(&desk, "savedmodel", "f32", &out).expect(0).complains_of(&["is version 2 now"]);
    // Both stand side by side, as TensorFlow Serving wants them, and each can be had again.
    let first = contents(&out.join("1"));
    assert!(out.join("2/saved_model.pb").is_file());
    let (version, format) = ("--version", "savedmodel");
    desk.run(&[&"export", &"--catalogue", &catalogue, &version, &"1", &"--format", &format, &"--out", &out]).expect(0);
    // What is known of the photos may have changed, the model has not.
    let is_told_anew = |path: &Path| path.ends_with("README.md") || path.ends_with("parity.json");
    let differing: Vec<_> = contents(&out.join("1")).into_iter().filter(|(path, now)| first[path] != *now).collect();
    assert!(differing.iter().all(|(path, _)| is_told_anew(path)), "{:?}", differing.iter().map(|(path, _)| path));
    let missing =
        desk.run(&[&"export", &"--catalogue", &catalogue, &version, &"9", &"--format", &format, &"--out", &out]);
    missing.expect(1).complains_of(&["there is no version 9"]);
}

#[test]
fn without_labels_there_is_nothing_to_export() {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 2);
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()]).expect(0);
    export(&desk, "onnx", "f32", &desk.at("out"))
        .expect(1)
        .complains_of(&["nothing was learnt yet", "two photos each"]);
    assert!(!desk.at("out").exists());
}

#[test]
fn a_cancelled_export_leaves_nothing() {
    let desk = taught_desk();
    let mut workspace = desk.open_looking();
    let out = desk.at("out");
    freeze(&mut workspace, None);
    start(&mut workspace, &out);
    workspace.cancel_all();
    settle(&mut workspace);
    assert!(workspace.jobs().iter().any(|job| job.state == JobState::Cancelled));
    assert!(!out.exists());
    assert_eq!(left_over(&desk), Vec::<PathBuf>::new());
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_the_earlier_export_whole() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    let desk = taught_desk();
    let (out, catalogue) = (desk.at("out"), desk.catalogue());
    export(&desk, "tflite", "f32", &out).expect(0);
    let before = contents(&out);
    // Eight bits take seconds to be fitted, long after the new export was begun.
    let arguments: [&dyn AsRef<std::ffi::OsStr>; 9] =
        [&"export", &"--catalogue", &catalogue, &"--format", &"onnx", &"--precision", &"int8", &"--out", &out];
    let child = desk.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while !desk.at("out.hangtag.part").exists() {
        assert!(started.elapsed() < Duration::from_mins(2), "nothing was begun");
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let run = Run::from(child.wait_with_output().unwrap()).expect(130);
    assert!(!run.stdout.contains("written"), "{}", run.stdout);
    assert_eq!(contents(&out), before);
    assert_eq!(left_over(&desk), Vec::<PathBuf>::new());
}

/// Photos that differ by less than anybody sees, so that which of two tags one has can hang on a rounding.
fn lay_twins(folder: &Path, count: u32) {
    let photo = image::open(support::demo().join("balls/ball-01.jpg")).unwrap().into_rgb8();
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
fn int8_beyond_its_bounds_is_written_only_if_somebody_insists() {
    let desk = Desk::new();
    lay_twins(&desk.photos(), 8);
    let labels: String =
        (0..8).map(|twin| format!("twin-{twin:02}.png,side,{},yes\n", ["left", "right"][twin % 2])).collect();
    fs::write(desk.at("labels.csv"), format!("path,group,tag,value\n{labels}")).unwrap();
    let (out, catalogue) = (desk.at("out"), desk.catalogue());
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &catalogue, &"--labels-from", &"labels.csv"]).expect(0);
    export(&desk, "onnx", "int8", &out).expect(1).complains_of(&[
        "decides as the app in",
        "less than 97 %",
        "--insist",
    ]);
    assert!(!out.exists());
    assert_eq!(left_over(&desk), Vec::<PathBuf>::new());
    let (format, precision) = ("onnx", "int8");
    let mut command = desk.command(&[&"export", &"--catalogue", &catalogue, &"--format", &format, &"--insist"]);
    let run = Run::from(command.args(["--precision", precision, "--out"]).arg(&out).output().unwrap()).expect(0);
    assert!(run.stdout.contains("kept although") && run.stdout.contains("less than 97 %"), "{}", run.stdout);
    let verified = read_json(&out.join("hangtag.json"))["verified"].take();
    assert!(text(&verified).starts_with("beyond its bounds, kept on demand"), "{verified}");
}

#[test]
fn what_a_killed_export_left_is_cleared_away() {
    let desk = taught_desk();
    let (out, half, old) = (desk.at("out"), desk.at("out.hangtag.part"), desk.at("out.hangtag.before"));
    export(&desk, "tflite", "f32", &out).expect(0);
    let before = contents(&out);
    // Killed between its two renames: the earlier export is put back before anything else is tried, and stays if that
    // fails; here it does, since half an export lies there as something that cannot be cleared away.
    fs::rename(&out, &old).unwrap();
    fs::write(&half, "no folder").unwrap();
    export(&desk, "onnx", "f32", &out).expect(1).complains_of(&["cannot be written"]);
    assert_eq!(contents(&out), before);
    // Killed before: what is half done goes, what was there before stays until the new one is whole.
    fs::remove_file(&half).unwrap();
    fs::create_dir(&half).unwrap();
    fs::write(half.join("model.onnx"), "half a model").unwrap();
    export(&desk, "bundle", "f32", &out).expect(0);
    assert!(out.join("config.json").is_file() && !out.join("model.tflite").exists());
    assert_eq!(left_over(&desk), Vec::<PathBuf>::new());
}

#[test]
fn names_that_are_awkward_arrive_as_they_are() {
    let desk = taught_desk();
    // But for a line break, which is kept as a blank.
    let names = ["a,\n\"b\"", "裙子/鞋", "🧦 = wool", "x\\y|z"];
    for (index, name) in names.iter().enumerate() {
        // Two photos each, without which a tag is not learnt.
        for photo in [format!("bowls/bowl-0{}.jpg", index + 1), format!("mugs/mug-0{}.jpg", index + 1)] {
            let answer = format!("my/group={name}");
            desk.run(&[&"label", &"--catalogue", &desk.catalogue(), &photo, &answer]).expect(0);
        }
    }
    for (format, precision) in ALL.into_iter().filter(|(_, precision)| *precision == "f32") {
        let out = desk.at(format);
        export(&desk, format, precision, &out).expect(0);
        let labels = read_json(&model_in(&out, format).join("labels.json"));
        let group = labels["groups"].as_array().unwrap().iter().find(|group| group["name"] == "my/group").unwrap();
        let mut found: Vec<&str> = group["tags"].as_array().unwrap().iter().map(text).collect();
        found.sort_unstable();
        let mut expected = names.map(|name| name.replace('\n', " "));
        expected.sort_unstable();
        assert_eq!(found, expected, "{format}");
    }
}

fn start(workspace: &mut Workspace, out: &Path) {
    let request = Request {
        format: Format::Onnx,
        precision: Precision::F32,
        insists: false,
        has_kit: false,
        out: out.to_owned(),
    };
    workspace.start_export(1, request).unwrap();
}

/// The paths of all files below a folder, with `/`, as one list in order.
fn files_below(folder: &Path) -> Vec<String> {
    let below = |path: PathBuf| path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
    let mut files: Vec<String> = contents(folder).into_keys().map(below).collect();
    files.sort_unstable();
    files
}

/// Folders in which exports are built, or from which they are put back.
fn left_over(desk: &Desk) -> Vec<PathBuf> {
    let names = fs::read_dir(desk.at(".")).unwrap().map(|entry| entry.unwrap());
    names
        .filter(|entry| [".part", ".before"].iter().any(|end| entry.file_name().to_string_lossy().ends_with(end)))
        .map(|entry| entry.path())
        .collect()
}
