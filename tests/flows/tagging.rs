//! The command `hangtag tag` as a person or a script runs it: its three shapes, its cache, its result file, and Ctrl-C.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::support::{Desk, Run, contents, keys, lay_demo, taught_desk, text};

/// What the program computed of photos and keeps, one file a backbone. Other files come and go while it runs.
fn feature_files(desk: &Desk) -> Vec<PathBuf> {
    let entries = fs::read_dir(desk.cache().join("hangtag/features")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Path, likeliest tag and its probability of each photo.
fn likeliest(run: &Run) -> Vec<(String, String, f64)> {
    let report = run.json();
    let of_image = |image: &Value| {
        let best = &image["proposals"][0];
        let probability = best["probability"].as_f64().expect("a number");
        (text(&image["path"]).to_owned(), text(&best["tag"]).to_owned(), probability)
    };
    report["images"].as_array().expect("a list").iter().map(of_image).collect()
}

#[test]
fn tag_as_json_has_the_promised_shape() {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 2);
    fs::create_dir(desk.photo("新品 ☕")).unwrap();
    fs::rename(desk.photo("mugs/mug-02.jpg"), desk.photo("新品 ☕/杯.jpg")).unwrap();
    fs::write(desk.photo("text.jpg"), "no picture").unwrap();
    let run = desk.run(&[&"tag", &"photos", &"--format", &"json"]).expect(3);
    let report = run.json();
    assert_eq!(keys(&report), ["images", "model"]);
    assert_eq!(report["model"], "hangtag-starter");
    let images = report["images"].as_array().expect("a list");
    let paths: Vec<&str> = images.iter().map(|image| text(&image["path"])).collect();
    // Named as the person named the folder.
    assert_eq!(paths, ["photos/mugs/mug-01.jpg", "photos/text.jpg", "photos/新品 ☕/杯.jpg"]);
    for image in images {
        assert_eq!(keys(image), ["error", "path", "proposals"]);
        let proposals = image["proposals"].as_array().expect("a list");
        if text(&image["path"]).ends_with("text.jpg") {
            assert!(proposals.is_empty() && text(&image["error"]).contains("not a picture"), "{image}");
            continue;
        }
        assert!(image["error"].is_null() && proposals.len() == 3, "{image}");
        let mut likelier = 1.0;
        for proposal in proposals {
            assert_eq!(keys(proposal), ["group", "probability", "tag"]);
            assert_eq!(proposal["group"], "everyday words");
            assert!(!text(&proposal["tag"]).contains(','), "the first name only: {proposal}");
            let probability = proposal["probability"].as_f64().expect("a number");
            assert!(probability > 0.0 && probability <= likelier, "the likeliest first: {image}");
            likelier = probability;
        }
    }
}

#[test]
fn tag_as_csv_and_as_a_table() {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 2);
    fs::write(desk.photo("empty.jpg"), b"").unwrap();
    let run = desk.run(&[&"tag", &"photos", &"--format", &"csv", &"--top", &"2"]).expect(3);
    let mut reader = csv::Reader::from_reader(run.stdout.as_bytes());
    assert_eq!(reader.headers().unwrap(), vec!["path", "group", "tag", "probability", "error"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5, "two a photo, and one that says what is wrong:\n{}", run.stdout);
    for row in &rows {
        let is_broken = &row[0] == "photos/empty.jpg";
        assert_eq!(row[4].contains("empty"), is_broken, "{row:?}");
        assert_eq!(row[3].parse::<f64>().is_ok(), !is_broken, "{row:?}");
    }

    // A table has a line a photo, and what is said beside it goes to stderr.
    let run = desk.run(&[&"tag", &"photos", &"--top", &"1"]).expect(3).complains_of(&["everyday words"]);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", run.stdout);
    assert!(lines[0].contains("photos/empty.jpg") && lines[0].contains("empty"), "{}", run.stdout);
    assert!(lines[1..].iter().all(|line| line.contains("mugs/mug-0") && line.ends_with(" %")), "{}", run.stdout);
}

#[test]
fn several_folders_are_tagged_in_one_go() {
    let desk = Desk::new();
    lay_demo(&desk.at("one"), "mugs", 2);
    lay_demo(&desk.at("two"), "mugs", 1);
    lay_demo(&desk.at("two"), "bowls", 1);
    let run = desk.run(&[&"tag", &"one", &"two", &"--format", &"json"]).expect(0);
    let report = run.json();
    let images = report["images"].as_array().expect("a list");
    let of =
        |path: &str| images.iter().find(|image| image["path"] == path).unwrap_or_else(|| panic!("{path} is missing"));
    assert_eq!(images.len(), 4, "the same photo in both folders is a line in each: {}", run.stdout);
    assert_eq!(of("one/mugs/mug-01.jpg")["proposals"], of("two/mugs/mug-01.jpg")["proposals"]);
    assert!(of("two/bowls/bowl-01.jpg")["error"].is_null());
}

#[test]
fn a_second_pass_computes_nothing() {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 3);
    let first = desk.run(&[&"tag", &"photos", &"--format", &"json"]).expect(0);
    let files = feature_files(&desk);
    assert_eq!(files.len(), 1, "one file a backbone: {files:?}");
    let look = || {
        let metadata = fs::metadata(&files[0]).unwrap();
        (metadata.len(), metadata.modified().unwrap())
    };
    let before = look();
    let second = desk.run(&[&"tag", &"photos", &"--format", &"json"]).expect(0);
    assert_eq!((look(), second.stdout), (before, first.stdout));

    // A photo is its content: under another name nothing is computed either.
    fs::rename(desk.photos(), desk.at("renamed")).unwrap();
    desk.run(&[&"tag", &"renamed"]).expect(0);
    assert_eq!((look(), feature_files(&desk)), (before, files.clone()));

    // The throw-away catalogues are gone.
    let left: Vec<_> =
        contents(&desk.at("home")).into_keys().filter(|path| path.to_string_lossy().contains(".hangtag")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_damaged_cache_is_made_anew() {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 3);
    let first = desk.run(&[&"tag", &"photos", &"--format", &"json"]).expect(0);
    let file = feature_files(&desk).remove(0);
    let whole = fs::read(&file).unwrap();
    // Cut within the last record, a flipped bit within the first, and rubbish from the start.
    let mut flipped = whole.clone();
    flipped[100] ^= 1;
    for damaged in [whole[..whole.len() - 5].to_vec(), flipped, vec![7; 1000], Vec::new()] {
        fs::write(&file, damaged).unwrap();
        let again = desk.run(&[&"tag", &"photos", &"--format", &"json"]).expect(0);
        for (after, before) in likeliest(&again).into_iter().zip(likeliest(&first)) {
            // Photos in a batch of another size may differ in the last digits.
            assert_eq!((&after.0, &after.1), (&before.0, &before.1));
            assert!((after.2 - before.2).abs() < 0.01, "{after:?} instead of {before:?}");
        }
    }
}

#[test]
fn a_result_file_appears_whole_or_not_at_all() {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 1);
    let out = desk.at("result.json");
    let run = desk.run(&[&"tag", &"photos", &"--format", &"json", &"--out", &out]).expect(0);
    assert_eq!(run.stdout, "");
    let whole = fs::read_to_string(&out).unwrap();
    serde_json::from_str::<Value>(&whole).unwrap();

    desk.run(&[&"tag", &"nowhere", &"--format", &"json", &"--out", &out]).expect(1).complains_of(&["nowhere"]);
    assert_eq!(fs::read_to_string(&out).unwrap(), whole, "a run that fails leaves the last result");
    let nowhere = desk.at("result.json/inside.json");
    desk.run(&[&"tag", &"photos", &"--out", &nowhere]).expect(1).complains_of(&["result.json"]);
    let new = desk.at("new folder/result.csv");
    desk.run(&[&"tag", &"photos", &"--format", &"csv", &"--out", &new]).expect(0);
    assert!(fs::read_to_string(&new).unwrap().contains("mug-01.jpg"));
    let left: Vec<_> =
        contents(&desk.at("")).into_keys().filter(|path| path.to_string_lossy().ends_with(".part")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_catalogue_proposes_the_tags_it_was_taught() {
    let desk = taught_desk();
    let before = desk.listing();
    let arguments: [&dyn AsRef<std::ffi::OsStr>; 6] =
        [&"tag", &"others", &"--catalogue", &desk.catalogue(), &"--format", &"json"];
    let report = desk.run(&arguments).expect(0).json();
    let images = report["images"].as_array().expect("a list");
    assert_eq!(images.len(), 4);
    let mut num_right = 0;
    for image in images {
        let proposals = image["proposals"].as_array().expect("a list");
        let mut tags: Vec<&str> = proposals.iter().map(|proposal| text(&proposal["tag"])).collect();
        num_right += usize::from(text(&image["path"]).contains(tags[0]));
        assert!(proposals.iter().all(|proposal| proposal["group"] == "category"), "{image}");
        let total: f64 = proposals.iter().map(|proposal| proposal["probability"].as_f64().expect("a number")).sum();
        assert!((total - 1.0).abs() < 1e-4, "one of them fits: {image}");
        tags.sort_unstable();
        assert_eq!(tags, ["bowls", "mugs"]);
    }
    assert!(num_right >= 3, "{report:#}");
    assert_eq!(desk.listing(), before, "the photos are not added");

    desk.run(&[&"tag", &"others", &"--catalogue", &desk.catalogue(), &"--group", &"colour"])
        .expect(1)
        .complains_of(&["colour"]);
    desk.run(&[&"tag", &"others", &"--catalogue", &"none.hangtag"]).expect(1).complains_of(&["none.hangtag"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_130_and_keeps_what_is_done() {
    use std::process::{Command, Stdio};
    use std::thread;
    use std::time::{Duration, Instant};
    let desk = Desk::new();
    let mut command = desk.command(&[&"tag", &crate::support::demo(), &"--format", &"json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    // The first batch is written: the program is at work and listens.
    while feature_files(&desk).is_empty() {
        assert!(started.elapsed() < Duration::from_mins(2), "no photo was looked at");
        thread::sleep(Duration::from_millis(20));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let run = Run::from(child.wait_with_output().unwrap()).expect(130);
    let report = run.json();
    let has_proposals = |image: &&Value| image["proposals"].as_array().is_some_and(|all| !all.is_empty());
    let num_done = report["images"].as_array().expect("a list").iter().filter(has_proposals).count();
    assert!((1..64).contains(&num_done), "{num_done} of 64 photos are done");
    let size = fs::metadata(&feature_files(&desk)[0]).unwrap().len();
    assert!(size > 1536 * 2 * num_done as u64, "{size} bytes hold the features of {num_done} photos");
}

#[test]
fn what_a_killed_program_left_behind_is_cleared_away_after_a_day() {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 1);
    let scratch = desk.cache().join("hangtag/scratch");
    fs::create_dir_all(&scratch).unwrap();
    // No process has a number that large, and this one is at work.
    let [old, young, in_use] =
        [(u32::MAX, 0), (u32::MAX, 1), (std::process::id(), 0)].map(|(process, n)| format!("{process}-{n}.hangtag"));
    for (name, hours) in [(old.as_str(), 30), (young.as_str(), 1), (in_use.as_str(), 30), ("thesis.txt", 30)] {
        let file = fs::File::create(scratch.join(name)).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_hours(hours)).unwrap();
    }
    desk.run(&[&"tag", &desk.photos()]).expect(0);
    let has = |name: &str| scratch.join(name).exists();
    assert!(!has(&old) && has(&young), "what was left behind goes after a day");
    assert!(has("thesis.txt"), "what no program of ours left is none of its business");
    assert!(has(&in_use) || cfg!(not(target_os = "linux")), "who is at work keeps what is old");
}
