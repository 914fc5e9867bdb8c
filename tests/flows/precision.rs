//! Eight bits for proposals: measured by themselves or by command, remembered, used for proposals and for nothing official.

use std::ffi::OsStr;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use hangtag::catalogue::{Catalogue, GroupKind};
use hangtag::imaging::{self, ContentHash};
use hangtag::vision::Calibration;
use hangtag::workspace::{Answer, JobTask, Opening, PrecisionRecord, Workspace};
use image::{Rgb, RgbImage};

use super::support::{Desk, Run, freeze, lay_demo, lay_tiny, settle, settle_within, small_starter, tag_named};

/// Hundreds of photos are looked at.
const LONG: Duration = Duration::from_mins(12);

/// A catalogue of demo photos, a few of them labelled.
fn desk() -> Desk {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 10);
    lay_demo(&desk.photos(), "bowls", 9);
    let folder = desk.photos();
    desk.run(&[&"import", &folder, &"--catalogue", &desk.catalogue(), &"--labels-from", &"last-folder"]).expect(0);
    desk
}

/// Has the catalogue remember another outcome.
fn remember(desk: &Desk, record: &PrecisionRecord) {
    let text = serde_json::to_string(record).unwrap();
    Catalogue::open(&desk.catalogue()).unwrap().set_setting("precision", &text).unwrap();
}

/// The outcome as it would be on a computer that is much faster in eight bits.
fn make_much_faster(desk: &Desk, record: &PrecisionRecord) {
    let images_per_second_int8 = 4.0 * record.images_per_second_f32;
    remember(desk, &PrecisionRecord { is_int8: true, images_per_second_int8, ..record.clone() });
}

/// Has the catalogue use the built-in network at a sixth of the size, as if it had been trained on the first photos.
fn shrink_network(desk: &Desk, num_seen: usize) {
    let mut workspace = desk.open();
    let seen = workspace.listing().images.iter().take(num_seen).filter_map(|image| image.hash).collect();
    let small = small_starter(&workspace, &seen);
    workspace.remember_model(&small).unwrap();
}

#[test]
fn eight_bits_are_used_where_they_save_time_and_a_damaged_calibration_leaves_full_precision() {
    let desk = desk();
    let mut workspace = desk.open_looking();
    freeze(&mut workspace, None);
    workspace.use_version(1).unwrap();
    workspace.start_calibration();
    settle(&mut workspace);
    let record = workspace.precision_record().expect("it was measured");
    assert!(record.mean_cosine > 0.99 && record.accuracy.is_none(), "{record:?}");
    assert_eq!((record.calibrated_on, record.photos), (9, 10), "no photo is compared that was calibrated on");
    assert!(!record.is_in_use && record.labelled == 19, "{record:?}");
    let file = desk.places().calibrations().join(format!("{}.safetensors", record.calibration));
    assert_eq!(Calibration::read(&file).unwrap().hash(), record.calibration);
    assert!(!desk.places().thumbnails().exists(), "nobody looks at the photos");
    drop(workspace);
    make_much_faster(&desk, &record);

    let open = |is_official: bool| {
        let quiet = Opening::quiet(Some(&desk.catalogue()), desk.places());
        let opening = Opening { is_official, works_ahead: true, ..quiet };
        let mut workspace = Workspace::open(opening).unwrap();
        settle(&mut workspace);
        workspace
    };
    let precision = |is_official: bool| open(is_official).model().unwrap().backbone.precision();
    assert_eq!(precision(false), "f32", "features that are there are not computed again");
    lay_tiny(&desk.photos().join("new"), 40);
    let large = desk.photo("new/large.jpg");
    RgbImage::from_fn(900, 880, |x, y| Rgb([x as u8, y as u8, 90])).save(&large).unwrap();
    desk.import();
    let mut workspace = open(false);
    assert_eq!(workspace.model().unwrap().backbone.precision(), "int8", "most photos are new");
    // The version stays in use, and as it was; what proposes is fitted to what is seen now.
    assert_eq!(workspace.version_in_use(), Some(1));
    let group = workspace.vocabulary().groups[0].id;
    let frozen = |workspace: &Workspace, number: i64| {
        let heads = workspace.version_heads(number).unwrap();
        heads.of(group).unwrap().head.clone()
    };
    assert_ne!(workspace.heads().of(group).unwrap().head, frozen(&workspace, 1));
    assert!(workspace.precision_record().is_some_and(|record| record.is_in_use));
    let hash = ContentHash::of(&fs::read(&large).unwrap()).to_string();
    let thumbnail = desk.places().thumbnails().join(&hash[..2]).join(format!("{hash}.jpg"));
    let thumbnail = imaging::decode(&fs::read(thumbnail).unwrap()).unwrap();
    assert_eq!(thumbnail.dimensions(), (360, 352), "it is finer than a quarter, which is enough for the network");
    drop(workspace);
    assert_eq!(precision(true), "f32", "official answers are exact");
    workspace = open(false);
    let model = workspace.model().unwrap();
    assert_eq!((workspace.version_in_use(), model.backbone.precision()), (Some(1), "int8"), "what is in use stays so");
    assert_eq!(model.store.len(), 60, "no feature is of the other precision");

    let exact_key = model.backbone.exact_key().to_owned();
    // Where labels are too few the version speaks itself, and is what is frozen.
    let all: Vec<_> = workspace.listing().images.iter().map(|image| image.id).collect();
    for tag in ["mugs", "bowls"] {
        workspace.answer(&all, tag_named(&workspace, "category", tag), Answer::Unknown).unwrap();
    }
    freeze(&mut workspace, None);
    assert_eq!(frozen(&workspace, 2), frozen(&workspace, 1));
    workspace.undo().unwrap();
    workspace.undo().unwrap();

    workspace.go_back().unwrap();
    let model = workspace.model().unwrap();
    assert_eq!((workspace.version_in_use(), model.backbone.precision()), (None, "int8"), "nothing is to be looked at");
    freeze(&mut workspace, None);
    let record = &workspace.versions()[2].record;
    assert_eq!(
        (record.features.as_str(), record.groups[0].num_photos),
        (exact_key.as_str(), 19),
        "a version is in f32"
    );
    assert!(record.groups[0].measured.is_some());
    assert_eq!(workspace.version_to_export(), Some(3), "nothing was learnt since");

    workspace.use_version(3).unwrap();
    workspace.use_full_precision().unwrap();
    settle(&mut workspace);
    assert_eq!((workspace.version_in_use(), workspace.model().unwrap().backbone.precision()), (Some(3), "f32"));
    assert!(workspace.precision_record().is_some_and(|record| !record.is_in_use));
    drop(workspace);
    fs::remove_dir_all(desk.places().features()).unwrap();
    fs::write(&file, b"no safetensors").unwrap();
    let workspace = open(false);
    assert_eq!(workspace.model().unwrap().backbone.precision(), "f32");
    assert_eq!(workspace.precision_record(), None, "what cannot be used is measured anew");
}

#[test]
fn precisions_are_compared_by_themselves_once_and_again_with_many_labels() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 520);
    desk.import();
    shrink_network(&desk, 10);
    let opening = Opening { works_ahead: true, ..Opening::quiet(Some(&desk.catalogue()), desk.places()) };
    let mut workspace = Workspace::open(opening).unwrap();
    let has_started = |workspace: &mut Workspace| {
        settle_within(workspace, LONG);
        let started = Instant::now();
        while workspace.compares_precisions_in().is_some() && started.elapsed() < LONG {
            workspace.poll();
            sleep(Duration::from_millis(50));
        }
        let has_started = workspace.is_running(&JobTask::Calibrate);
        settle_within(workspace, LONG);
        has_started
    };
    assert!(has_started(&mut workspace), "nothing else is to be done");
    let record = workspace.precision_record().expect("it was measured");
    assert!(record.labelled == 0 && record.accuracy.is_none(), "{record:?}");
    assert_eq!((record.calibrated_on, record.photos), (128, 256), "{record:?}");

    let images: Vec<_> = workspace.listing().images.iter().map(|image| image.id).collect();
    workspace.answer_by_name(&images[..20], None, "dark").unwrap();
    assert!(!has_started(&mut workspace), "a few labels change nothing");
    workspace.answer_by_name(&images[20..260], None, "dark").unwrap();
    workspace.answer_by_name(&images[260..], None, "bright").unwrap();
    assert!(has_started(&mut workspace), "accuracy can be compared now");
    let record = workspace.precision_record().expect("it was measured");
    assert_eq!((record.photos, record.labelled), (520, 510), "what the backbone was trained on does not judge");
    assert!(record.accuracy.is_some_and(|accuracy| accuracy.photos == 510), "{record:?}");
}

#[test]
fn what_was_measured_is_told_until_another_model_is_chosen() {
    let desk = desk();
    let mut workspace = desk.open();
    let group = workspace.add_group("parts", GroupKind::AnyOf).unwrap();
    let all: Vec<_> = workspace.listing().images.iter().map(|image| image.id).collect();
    for number in 0..30 {
        let name = format!("part {number}");
        workspace.answer_by_name(&all[..9], Some(group), &name).unwrap();
        workspace.answer(&all[9..], tag_named(&workspace, "parts", &name), Answer::No).unwrap();
    }
    assert!(workspace.labels().len() > 500);
    drop(workspace);
    let run = desk.run(&[&"models", &"calibrate", &"--catalogue", &desk.catalogue(), &"--json"]).expect(0);
    assert!(run.json()["mean_cosine"].as_f64().is_some_and(|cosine| cosine > 0.99), "{}", run.stdout);
    assert!(run.json()["accuracy"].is_null(), "many labels of few photos tell little: {}", run.stdout);
    let record: PrecisionRecord = serde_json::from_str(&run.stdout).unwrap();
    let list = || desk.run(&[&"models", &"list", &"--catalogue", &desk.catalogue()]).expect(0).stdout;
    let said = list();
    let measured = format!("measured     with {}", record.engine);
    for part in [measured.as_str(), "calibrated   on 9 photos", "features of 10 photos in int8"] {
        assert!(said.contains(part), "{part:?} is missing in:\n{said}");
    }
    for (mean_cosine, images_per_second_int8, reason) in
        [(1.0, 0.0, "f32, since int8 is no faster here"), (0.5, 1e6, "f32, since int8 is not surely as good here")]
    {
        let record = record.clone();
        remember(&desk, &PrecisionRecord { is_int8: false, mean_cosine, images_per_second_int8, ..record });
        assert!(list().contains(&format!("chosen       {reason}")), "{}", list());
    }
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

#[test]
fn a_lower_level_of_the_processor_is_forced_and_an_unknown_one_refused() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 16);
    desk.import();
    shrink_network(&desk, 0);
    let calibrate = |level: &OsStr| -> Run {
        let mut command = desk.command(&[&"models", &"calibrate", &"--catalogue", &desk.catalogue(), &"--json"]);
        command.env("HANGTAG_CPU", level).output().unwrap().into()
    };
    assert_eq!(calibrate("portable".as_ref()).expect(0).json()["engine"], "hangtag-portable");
    for level in ["avx3", "AVX2", ""] {
        calibrate(level.as_ref()).expect(1).complains_of(&["HANGTAG_CPU", level, "use one of portable"]);
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        calibrate(OsStr::from_bytes(b"portable\xff")).expect(1).complains_of(&["HANGTAG_CPU", "use one of portable"]);
    }

    assert!(desk.open().precision_record().is_some());
    let mut workspace = desk.open_looking();
    settle(&mut workspace);
    let is_same = workspace.model().unwrap().backbone.engine() == "hangtag-portable";
    assert_eq!(workspace.precision_record().is_some(), is_same, "what was measured of another level says nothing here");
}
