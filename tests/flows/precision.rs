//! Eight bits for proposals: measured by command, remembered, used for proposals and for nothing official.

use std::fs;

use hangtag::vision::Calibration;
use hangtag::workspace::{Opening, Workspace};

use super::support::{Desk, lay_demo, settle};

/// A catalogue of demo photos, a few of them labelled.
fn desk() -> Desk {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 10);
    lay_demo(&desk.photos(), "bowls", 9);
    let folder = desk.photos();
    desk.run(&[&"import", &folder, &"--catalogue", &desk.catalogue(), &"--labels-from", &"last-folder"]).expect(0);
    desk
}

#[test]
fn eight_bits_are_measured_and_a_damaged_calibration_leaves_full_precision() {
    let desk = desk();
    let mut workspace = desk.open_looking();
    settle(&mut workspace);
    workspace.start_calibration();
    settle(&mut workspace);
    let record = workspace.precision_record().expect("it was measured");
    assert!(record.mean_cosine > 0.99 && record.accuracy.is_none() && record.photos >= 10, "{record:?}");
    let file = desk.places().calibrations().join(format!("{}.safetensors", record.calibration));
    assert_eq!(Calibration::read(&file).unwrap().hash(), record.calibration);
    drop(workspace);

    let precision = |is_official: bool| {
        let opening = Opening { is_official, ..Opening::quiet(Some(&desk.catalogue()), desk.places()) };
        let mut workspace = Workspace::open(opening).unwrap();
        settle(&mut workspace);
        workspace.model().unwrap().backbone.precision()
    };
    assert_eq!(precision(false), if record.is_int8 { "int8" } else { "f32" }, "what was chosen is used");
    assert_eq!(precision(true), "f32", "official answers are exact");
    fs::write(&file, b"no safetensors").unwrap();
    assert_eq!(precision(false), "f32");
}

#[test]
fn what_was_measured_is_told_until_another_model_is_chosen() {
    let desk = desk();
    let run = desk.run(&[&"models", &"calibrate", &"--catalogue", &desk.catalogue(), &"--json"]).expect(0);
    assert!(run.json()["mean_cosine"].as_f64().is_some_and(|cosine| cosine > 0.99), "{}", run.stdout);
    let list = || desk.run(&[&"models", &"list", &"--catalogue", &desk.catalogue()]).expect(0).stdout;
    assert!(list().contains("mean cosine"));
    desk.run(&[&"models", &"use", &"starter", &"--catalogue", &desk.catalogue()]).expect(0);
    assert!(list().contains("f32 is used"));
}

#[test]
fn too_few_photos_are_refused_with_how_many_it_takes() {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 3);
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()]).expect(0);
    desk.run(&[&"models", &"calibrate", &"--catalogue", &desk.catalogue()]).expect(1).complains_of(&["16 photos"]);
}
