//! The other commands: results on stdout, the rest on stderr, and the exit status.

use std::fs;

use crate::support::{Desk, Run, contents, keys, lay_demo, lay_picture, lay_tiny, taught_desk, text};

#[test]
fn evaluate_as_json_has_every_figure() {
    let desk = taught_desk();
    let before = desk.listing();
    // A kind that the catalogue does not know counts as wrong, a broken photo is skipped.
    lay_demo(&desk.at("others"), "lamps", 1);
    fs::write(desk.at("others/mugs/broken.jpg"), "no picture").unwrap();
    let arguments: [&dyn AsRef<std::ffi::OsStr>; 8] = [
        &"evaluate",
        &"--catalogue",
        &desk.catalogue(),
        &"--on",
        &"others",
        &"--labels-from",
        &"last-folder",
        &"--json",
    ];
    let run = desk.run(&arguments).expect(0);
    assert_eq!(run.stdout.lines().count(), 1);
    let metrics = run.json();
    assert_eq!(keys(&metrics), ["accuracy", "expected_calibration_error", "images", "macro_f1", "per_tag", "skipped"]);
    assert_eq!((&metrics["images"], &metrics["skipped"]), (&5.into(), &1.into()));
    let accuracy = metrics["accuracy"].as_f64().expect("a number");
    assert!((0.6..=0.8).contains(&accuracy), "the lamp is wrong and most of the rest right: {metrics}");
    let per_tag = metrics["per_tag"].as_array().expect("a list");
    assert!(per_tag.iter().all(|tag| keys(tag) == ["precision", "recall", "support", "tag"]));
    let support: Vec<_> = per_tag.iter().map(|tag| (text(&tag["tag"]), tag["support"].as_u64())).collect();
    assert_eq!(support, [("bowls", Some(2)), ("lamps", Some(1)), ("mugs", Some(2))]);
    assert_eq!(per_tag[1]["recall"], 0.0);
    assert_eq!(desk.listing(), before, "nothing is added");
}

#[test]
fn no_recall_is_printed_of_a_tag_that_is_true_of_no_photo() {
    let desk = taught_desk();
    // Bowls by another name: `bowls` is said of them, and true of none.
    fs::rename(desk.at("others/bowls"), desk.at("others/lamps")).unwrap();
    let mut command = desk.command(&[&"evaluate", &"--catalogue", &desk.catalogue()]);
    command.args(["--on", "others", "--labels-from", "last-folder"]);
    let run = Run::from(command.output().unwrap()).expect(0);
    let rows: Vec<Vec<&str>> = run.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(rows.contains(&vec!["0.0", "%", "–", "0", "bowls"]), "{}", run.stdout);
    assert!(rows.contains(&vec!["0.0", "%", "0.0", "%", "2", "lamps"]), "{}", run.stdout);
}

#[test]
fn a_catalogue_without_enough_labels_says_what_is_missing() {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 1);
    desk.import();
    for arguments in [
        vec!["tag", "photos", "--catalogue", "work.hangtag"],
        vec!["evaluate", "--catalogue", "work.hangtag", "--on", "photos", "--labels-from", "last-folder"],
    ] {
        let run = Run::from(desk.command(&[]).args(arguments).output().unwrap());
        run.expect(1).complains_of(&["tags"]);
    }
}

#[test]
fn models_are_listed_without_a_network() {
    let desk = Desk::new();
    let run = desk.run(&[&"models", &"list"]).expect(0);
    for id in ["starter", "resnet18", "resnet50", "resnet101"] {
        assert!(run.stdout.lines().any(|line| line.split_whitespace().next() == Some(id)), "{}", run.stdout);
    }
    assert!(run.stdout.contains("timm/resnet50.a1_in1k"), "{}", run.stdout);

    // What is not here yet names the command that fetches it, and changes nothing.
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let get = "hangtag models get resnet50";
    desk.run(&[&"models", &"use", &"resnet50", &"--catalogue", &desk.catalogue()]).expect(1).complains_of(&[get]);
    desk.run(&[&"tag", &"photos", &"--model", &"resnet50"]).expect(1).complains_of(&[get]);
    desk.run(&[&"tag", &"photos", &"--model", &"resnet9000"]).expect(1).complains_of(&["resnet9000", "models list"]);
    desk.run(&[&"models", &"get", &"resnet9000"]).expect(1).complains_of(&["resnet9000"]);
    desk.run(&[&"models", &"use", &"starter", &"--catalogue", &desk.catalogue()]).expect(0);
}

#[test]
fn wrong_usage_is_two_and_what_is_not_there_is_one() {
    let desk = Desk::new();
    for arguments in [
        vec!["tag"],
        vec!["tag", "photos", "--format", "xml"],
        vec!["tag", "photos", "--top", "many"],
        vec!["import", "photos"],
        vec!["import", "photos", "--catalogue", "a.hangtag", "--labels-from", "nonsense"],
        vec!["label", "--catalogue", "a.hangtag", "a.png", "no answer"],
        vec!["labels", "--catalogue", "a.hangtag", "--format", "xml"],
        vec!["models"],
        vec!["--nonsense"],
    ] {
        let run = Run::from(desk.command(&[]).args(&arguments).output().unwrap());
        assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""), "{arguments:?}: {}", run.stderr);
    }
    for arguments in [
        vec!["tag", "nowhere"],
        vec!["import", "nowhere", "--catalogue", "a.hangtag"],
        vec!["labels", "--catalogue", "nowhere.hangtag"],
        vec!["label", "--catalogue", "nowhere.hangtag", "a.png", "category=mug"],
    ] {
        let run = Run::from(desk.command(&[]).args(&arguments).output().unwrap());
        assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains("nowhere"), "{arguments:?}: {}", run.stderr);
    }
    desk.run(&[&"tag", &"photos"]).expect(0);
}

#[test]
fn a_slip_of_the_keyboard_opens_nothing_and_leaves_nothing_behind() {
    let desk = Desk::new();
    let names = || {
        let names = fs::read_dir(desk.at("")).unwrap().map(|entry| entry.unwrap().file_name());
        names.collect::<std::collections::BTreeSet<_>>()
    };
    let before = names();
    for typed in ["frobnicate", "nowhere/at/all", "nowhere/new.hangtag", "photos/new"] {
        let run = desk.run(&[&typed]).expect(1).complains_of(&["there is no folder or catalogue at", typed]);
        assert_eq!((run.stdout.as_str(), run.stderr.lines().count()), ("", 1), "{}", run.stderr);
        assert!(!run.stderr.contains("did you mean"), "{}", run.stderr);
    }
    for (typed, meant) in [("tga", "tag"), ("lables", "labels"), ("exprot", "export")] {
        desk.run(&[&typed]).expect(1).complains_of(&[&format!("did you mean `hangtag {meant}`?")]);
    }
    assert_eq!(names(), before);
    assert!(contents(&desk.photos()).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_display_one_line_names_the_command_that_needs_none() {
    let desk = Desk::new();
    // The last of them would be made.
    for arguments in [vec![], vec!["photos"], vec!["new.hangtag"]] {
        let run = Run::from(desk.command(&[]).args(&arguments).output().unwrap()).expect(1);
        assert_eq!((run.stdout.as_str(), run.stderr.lines().count()), ("", 1), "{}", run.stderr);
        assert!(run.stderr.contains("hangtag tag"), "{}", run.stderr);
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
    assert_eq!(run.json()["rows"], 200);
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
