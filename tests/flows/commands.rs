//! The other commands: results on stdout, the rest on stderr, and the exit status.

use std::fs;
use std::process::Stdio;

use crate::support::{Desk, Run, contents, keys, lay_demo, lay_picture, taught_desk, text};

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
fn rows_that_cannot_be_used_are_told_in_the_same_words_by_every_command() {
    let desk = taught_desk();
    let rows = [
        "path,group,tag,value",
        "mugs/mug-05.jpg,category,mugs,yes",
        "mugs/mug-01.jpg,category,mugs,yes",
        "bowls/bowl-05.jpg,category,bowls,yes",
        "bowls/bowl-06.jpg,category,bowls,maybe",
        "bowls/bowl-06.jpg,category",
        "bowls/bowl-06.jpg,category,bowls,yes",
    ];
    fs::write(desk.at("truth.csv"), rows.join("\n")).unwrap();
    let expected = [
        // It is in the catalogue that was taught, and not beside it.
        "line 3: no known photo has this path (mugs/mug-01.jpg)",
        "line 5: the value `maybe` is neither yes nor no (bowls/bowl-06.jpg)",
        "line 6: the row cannot be read: it has 2 fields, and the header 4",
    ];
    for command in [
        "import others --catalogue new.hangtag",
        "evaluate --catalogue work.hangtag --on others",
        "train --catalogue work.hangtag --unfreeze head --epochs 1 --activate never --validation others",
    ] {
        let mut program = desk.command(&[]);
        program.args(command.split(' ')).args(["--labels-from", "truth.csv"]);
        let run = Run::from(program.output().unwrap()).expect(3);
        let told: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("line ")).collect();
        assert_eq!(told, expected, "{command}");
        assert!(!run.stdout.is_empty(), "{command}: the rest is used");
    }
}

#[test]
fn a_folder_is_a_truth_of_the_group_that_its_name_is_a_tag_of() {
    let desk = taught_desk();
    let evaluate = |catalogue: &str, more: &[&str]| {
        let mut command = desk.command(&[&"evaluate", &"--catalogue", &catalogue, &"--on", &"others", &"--json"]);
        Run::from(command.args(more).output().unwrap())
    };
    // The first folder of each path is a tag of a group `folder 1`, which there is not.
    let refused = ["has a tag of the group", "`last-folder`"];
    evaluate("work.hangtag", &["--labels-from", "folders"]).expect(1).complains_of(&refused);
    for (kind, tag) in [("mug", "light"), ("bowl", "dark")] {
        for number in [1, 2] {
            let path = format!("{kind}s/{kind}-0{number}.jpg");
            desk.run(&[&"label", &"--catalogue", &desk.catalogue(), &path, &format!("colour={tag}")]).expect(0);
        }
    }
    let of_group = |group| evaluate("work.hangtag", &["--labels-from", "last-folder", "--group", group]);
    of_group("colour").expect(1).complains_of(&refused);
    assert_eq!(of_group("category").expect(0).json()["images"], 4);

    desk.run(&[&"import", &"photos", &"--catalogue", &"levels.hangtag", &"--labels-from", &"folders"]).expect(0);
    let metrics = evaluate("levels.hangtag", &["--labels-from", "folders"]).expect(0).json();
    let of_tags: Vec<_> =
        metrics["per_tag"].as_array().unwrap().iter().map(|tag| (text(&tag["tag"]), tag["support"].as_u64())).collect();
    assert_eq!(of_tags, [("bowls", Some(2)), ("mugs", Some(2))], "{metrics}");
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
fn what_nobody_reads_is_done_all_the_same() {
    let desk = Desk::new();
    lay_picture(&desk.photo("mugs/a.png"), 1);
    fs::write(desk.photo("mugs/broken.jpg"), "no picture").unwrap();
    let mut import = desk.command(&[&"import", &"photos", &"--catalogue", &desk.catalogue()]);
    import.args(["--labels-from", "last-folder"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = import.spawn().unwrap();
    drop(child.stdout.take());
    Run::from(child.wait_with_output().unwrap()).expect(0);
    assert_eq!(desk.open().labels().len(), 2);

    let mut child = import.spawn().unwrap();
    drop(child.stderr.take());
    let run = Run::from(child.wait_with_output().unwrap()).expect(3);
    assert!(run.stdout.contains("0 labels on 2 photos"), "{}", run.stdout);
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
        desk.run(&[&typed, &"photos"]).expect(1).complains_of(&[&format!("did you mean `hangtag {meant}`?")]);
    }
    desk.run(&[&"photos", &"frobnicate"]).expect(1).complains_of(&["there is no folder or catalogue at frobnicate"]);
    assert_eq!(names(), before);
    assert!(contents(&desk.photos()).is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_display_one_line_names_the_command_that_needs_none() {
    let desk = Desk::new();
    // The last of them would be made.
    for arguments in [vec![], vec!["photos"], vec!["photos", "new.hangtag"], vec!["new.hangtag"]] {
        let run = Run::from(desk.command(&[]).args(&arguments).output().unwrap()).expect(1);
        assert_eq!((run.stdout.as_str(), run.stderr.lines().count()), ("", 1), "{}", run.stderr);
        assert!(run.stderr.contains("hangtag tag"), "{}", run.stderr);
    }
}
