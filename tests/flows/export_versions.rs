//! Which version leaves, that none is made in vain, and which photos it is judged by.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use hangtag::catalogue::SplitSide;
use hangtag::vision::spec::Spec;
use image::RgbImage;
use rusqlite::Connection;

use crate::exports::export;
use crate::pictures::pictures;
use crate::support::{Desk, contents, freeze, lay_demo, lay_tiny, read_json, starter_as, tag_named, taught_desk, text};

fn label(desk: &Desk, photo: &str, answer: &str) {
    desk.run(&[&"label", &"--catalogue", &desk.catalogue(), &photo, &answer]).expect(0);
}

fn num_versions(desk: &Desk) -> usize {
    desk.open().versions().len()
}

/// The photos that an export was checked with, and whether each taught the model nothing.
fn checked_in(out: &Path) -> BTreeMap<String, bool> {
    let parity = read_json(&out.join("parity/parity.json"));
    let names = parity["names"].as_array().unwrap().iter().map(|name| text(name).to_owned());
    names.zip(parity["held_out"].as_array().unwrap().iter().map(|is| is.as_bool().unwrap())).collect()
}

#[test]
fn answers_taken_back_and_merged_tags_are_another_version_although_no_label_is_new() {
    let desk = taught_desk();
    let out = desk.at("out");
    let makes = |version: &str| {
        let run = export(&desk, "bundle", &out, &[]).expect(0);
        run.complains_of(&[&format!("is version {version} now")]);
    };
    let is_still = |version: &str| {
        let run = export(&desk, "bundle", &out, &[]).expect(0);
        assert!(!run.stderr.contains("now") && run.stdout.contains(&format!("version     {version}")), "{run:?}");
        assert!(run.stdout.contains("on 8 photos of which some or all taught it"), "{}", run.stdout);
    };
    for photo in ["mugs/mug-01.jpg", "mugs/mug-02.jpg", "mugs/mug-03.jpg"] {
        label(&desk, photo, "category=cups");
    }
    makes("1");
    is_still("1");
    // Undone, a label has the time that it had.
    assert!(desk.open().undo().unwrap().is_some());
    makes("2");
    let mut workspace = desk.open();
    let (cups, mugs) = (tag_named(&workspace, "category", "cups"), tag_named(&workspace, "category", "mugs"));
    workspace.merge_tags(cups, mugs).unwrap();
    drop(workspace);
    makes("3");
    is_still("3");
    // What was known before is in a version already.
    assert!(desk.open().undo().unwrap().is_some());
    is_still("2");
    // Older versions do not say what they learnt from.
    let database = Connection::open(desk.catalogue()).unwrap();
    database.execute("UPDATE versions SET record = json_remove(record, '$.taught_by')", []).unwrap();
    drop(database);
    makes("4");
}

#[test]
fn the_card_gives_no_recall_of_a_tag_that_was_true_of_no_photo_held_out() {
    let desk = taught_desk();
    freeze(&mut desk.open_looking(), None);
    let set = "UPDATE versions SET record = json_set(record, '$.groups[0].measured.metrics.per_tag[0]', json(?1))";
    let bowls = r#"{"tag": "bowls", "precision": 0.0, "recall": 0.0, "support": 0}"#;
    assert_eq!(Connection::open(desk.catalogue()).unwrap().execute(set, [bowls]).unwrap(), 1);
    let out = desk.at("out");
    export(&desk, "bundle", &out, &[&"--version", &"1"]).expect(0);
    let card = fs::read_to_string(out.join("README.md")).unwrap();
    let row = |tag: &str| card.lines().find(|line| line.starts_with(&format!("| {tag} |"))).expect("each has a row");
    assert_eq!(row("bowls"), "| bowls | 4 | 0.0 % | – |");
    assert!(row("mugs").ends_with("% |"), "{card}");
}

#[test]
fn no_version_is_made_for_what_cannot_be_written() {
    let desk = taught_desk();
    let (out, file) = (desk.at("out"), desk.at("file"));
    fs::create_dir(&out).unwrap();
    fs::write(out.join("novel.txt"), "chapter one").unwrap();
    fs::write(&file, "no folder").unwrap();
    export(&desk, "savedmodel", &out, &[&"--precision", &"int8"])
        .expect(2)
        .complains_of(&["savedmodel is not written in int8"]);
    export(&desk, "tflite", &out, &[&"--serving"]).expect(2).complains_of(&["no serving kit for tflite"]);
    export(&desk, "onnx", &out, &[]).expect(1).complains_of(&["other things than an earlier export"]);
    export(&desk, "onnx", &file, &[]).expect(1).complains_of(&["is a file"]);
    export(&desk, "onnx", &file.join("model"), &[]).expect(1).complains_of(&["cannot be written", "another folder"]);
    assert_eq!(num_versions(&desk), 0);
    // Within an export another one would keep it from being replaced.
    let model = desk.at("model");
    export(&desk, "bundle", &model, &[]).expect(0);
    label(&desk, "mugs/mug-01.jpg", "category=bowls");
    let before = contents(&model);
    export(&desk, "savedmodel", &model, &[]).expect(1).complains_of(&["holds an export", "a folder beside it"]);
    export(&desk, "savedmodel", &model, &[&"--version", &"1"])
        .expect(1)
        .complains_of(&["holds an export", "a folder beside it"]);
    assert_eq!((num_versions(&desk), contents(&model)), (1, before));
    export(&desk, "bundle", &model, &[]).expect(0);
    // The next version is not 2 again.
    desk.run(&[&"versions", &"--catalogue", &desk.catalogue(), &"delete", &"2"]).expect(0);
    let served = desk.at("served");
    fs::create_dir_all(served.join("3")).unwrap();
    fs::write(served.join("3/novel.txt"), "chapter one").unwrap();
    export(&desk, "savedmodel", &served, &[]).expect(1).complains_of(&["other things than an earlier export"]);
    assert_eq!(num_versions(&desk), 1);
}

#[test]
fn a_run_is_judged_by_all_photos_but_those_that_it_learnt_from() {
    let desk = taught_desk();
    // One that is judged by other photos learns from all that have a label, whatever side they were drawn for before.
    let sides = desk.open().draw_splits().unwrap();
    assert!(sides.values().any(|side| *side != SplitSide::Train));
    let (catalogue, others) = (desk.catalogue(), desk.at("others"));
    let mut arguments: Vec<&dyn AsRef<OsStr>> = vec![&"train", &"--catalogue", &catalogue, &"--validation", &others];
    arguments.extend([&"--labels-from" as &dyn AsRef<OsStr>, &"last-folder"]);
    arguments.extend([&"--unfreeze" as &dyn AsRef<OsStr>, &"head", &"--epochs", &"1"]);
    desk.run(&arguments).expect(0);
    lay_demo(&desk.photos(), "mugs", 8);
    desk.import();
    // Its label is newer than the run.
    label(&desk, "mugs/mug-07.jpg", "category=mugs");
    let out = desk.at("out");
    export(&desk, "bundle", &out, &[&"--version", &"1"]).expect(0);
    let held_out = |checked: &BTreeMap<String, bool>| -> Vec<String> {
        checked.iter().filter(|(_, is_held_out)| **is_held_out).map(|(name, _)| name.clone()).collect()
    };
    let checked = checked_in(&out);
    let new = [5, 6, 7, 8].map(|number| format!("mugs/mug-0{number}.jpg"));
    assert_eq!((checked.len(), held_out(&checked)), (12, new.to_vec()));
    // Where nobody can tell any more, all that have a label may have taught it.
    fs::remove_dir_all(desk.at("work.hangtag-data/runs")).unwrap();
    export(&desk, "bundle", &out, &[&"--version", &"1"]).expect(0);
    let [fifth, sixth, _, eighth] = new;
    assert_eq!(held_out(&checked_in(&out)), [fifth, sixth, eighth]);
}

#[test]
fn a_model_is_judged_by_photos_that_did_not_teach_it_of_every_size_shape_and_orientation() {
    let desk = taught_desk();
    // At a third of the size hundreds of photos are looked at sooner.
    let mut workspace = desk.open();
    let change = |spec: &mut Spec| (spec.preprocess.resize, spec.preprocess.crop) = (73, 64);
    let small = starter_as(&workspace, &BTreeSet::new(), change);
    workspace.remember_model(&small).unwrap();
    drop(workspace);
    export(&desk, "bundle", &desk.at("first"), &[]).expect(0);
    lay_tiny(&desk.photo("tiny"), 400);
    let odd = [("wide.bmp", 90, 30), ("tall.bmp", 30, 90), ("large.bmp", 1100, 1000)];
    for (name, width, height) in odd {
        RgbImage::new(width, height).save(desk.photo(name)).unwrap();
    }
    let turned = (2..=8).map(|orientation| format!("orientation-{orientation}.jpg")).collect::<Vec<_>>();
    for name in &turned {
        fs::copy(pictures().join(name), desk.photo(name)).unwrap();
    }
    desk.import();
    let out = desk.at("out");
    let said = export(&desk, "bundle", &out, &[&"--version", &"1"]).expect(0).stdout;
    let checked = checked_in(&out);
    assert!(checked.len() == 200 && odd.iter().all(|(name, ..)| checked.contains_key(*name)), "{checked:?}");
    assert!(turned.iter().all(|name| checked.contains_key(name)), "{checked:?}");
    let taught_it = |name: &str| name.starts_with("mugs/") || name.starts_with("bowls/");
    assert!(checked.iter().all(|(name, is_held_out)| *is_held_out != taught_it(name)), "{checked:?}");
    let num_held_out = checked.values().filter(|is_held_out| **is_held_out).count();
    assert!(num_held_out >= 190, "those that taught it are there only for their kind: {checked:?}");
    assert!(said.contains(&format!("on {num_held_out} photos that taught it nothing")), "{said}");
    assert!(said.contains("accuracy    not known"), "no other photo has a label: {said}");
}
