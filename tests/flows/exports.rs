//! Tags and data sets going out: JSON Lines, folders, TFRecord, and what may not be written over.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use hangtag::catalogue::GroupKind;
use hangtag::workspace::{Answer, ProductRule, Workspace};
use serde_json::{Value, json};

use crate::support::{Desk, Run, contents, image_at, keys, lay_picture, lay_tiny};

/// Tags that no system takes as the name of a folder, or that some take for the same.
pub const ODD_TAGS: [&str; 6] = ["mug, large", "the \"good\" one", "a/b", "Red", "red", "红色 ☕"];

/// Photos by name, with the picture of their position.
pub fn desk_with(names: &[&str]) -> Desk {
    let desk = Desk::new();
    for (number, name) in names.iter().enumerate() {
        lay_picture(&desk.photo(name), number as u32);
    }
    desk.import();
    desk
}

/// Says that tags fit, or with a `!` before them that they do not: `category=dress`, `!pattern=floral`.
pub fn say(workspace: &mut Workspace, photo: &str, answers: &[&str]) {
    let image = image_at(workspace.listing(), photo).id;
    for text in answers {
        let (text, answer) = text.strip_prefix('!').map_or((*text, Answer::Yes), |rest| (rest, Answer::No));
        let (group, tag) = text.split_once('=').unwrap();
        workspace.answer_in(image, group, tag, answer).unwrap();
    }
}

/// A shop with a dress in two shots, a hat, and a photo that nobody has looked at.
pub fn shop_desk() -> Desk {
    let desk = desk_with(&["dresses/SKU-7_1.png", "dresses/SKU-7_2.png", "hat.png", "unseen.png"]);
    let mut workspace = desk.open();
    workspace.add_group("category", GroupKind::OneOf).unwrap();
    workspace.add_group("pattern", GroupKind::AnyOf).unwrap();
    say(&mut workspace, "dresses/SKU-7_1.png", &["category=dress", "pattern=floral", "!pattern=striped"]);
    say(&mut workspace, "dresses/SKU-7_2.png", &["category=dress", "!pattern=floral"]);
    say(&mut workspace, "hat.png", &["category=hat"]);
    workspace.set_product_rule(ProductRule::Stem).unwrap();
    desk
}

pub fn export(desk: &Desk, format: &str, out: &Path, more: &[&dyn AsRef<OsStr>]) -> Run {
    let mut arguments: Vec<&dyn AsRef<OsStr>> = vec![&"export", &"--catalogue"];
    let catalogue = desk.catalogue();
    arguments.extend([&catalogue as &dyn AsRef<OsStr>, &"--format", &format, &"--out", &out]);
    arguments.extend(more);
    desk.run(&arguments)
}

fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_line_a_product_says_all_that_is_known() {
    let desk = shop_desk();
    let out = desk.at("out/tags.jsonl");
    let run = export(&desk, "jsonl", &out, &[]).expect(0);
    assert_eq!(run.stdout, "tags.jsonl: 2 lines, 3 photos\n");
    let lines = lines(&out);
    assert_eq!(lines.len(), 2, "a photo without labels has no line");
    let dress = &lines[0];
    assert_eq!(keys(dress), ["conflicts", "photos", "product", "tags"]);
    assert_eq!(dress["product"], "SKU-7");
    assert_eq!(dress["tags"], json!({"category": ["dress"], "pattern": ["floral"]}));
    let photo = &dress["photos"][0];
    assert_eq!((&photo["path"], &photo["width"]), (&json!("dresses/SKU-7_1.png"), &json!(12)));
    assert_eq!(photo["hash"].as_str().unwrap().len(), 64);
    let labels = photo["labels"].as_array().unwrap();
    let said: Vec<String> = labels.iter().map(|l| format!("{}={}", l["tag"], l["value"])).collect();
    assert_eq!(said, ["\"dress\"=\"yes\"", "\"floral\"=\"yes\"", "\"striped\"=\"no\""]);
    assert_eq!(keys(&labels[0]), ["group", "probability", "source", "tag", "time", "value", "version"]);
    assert_eq!(lines[1]["tags"], json!({"category": ["hat"], "pattern": []}), "what is unknown is not said");

    // Shots of one article that say different things.
    say(&mut desk.open(), "dresses/SKU-7_2.png", &["category=skirt"]);
    export(&desk, "jsonl", &out, &[]).expect(0);
    let lines = self::lines(&out);
    assert_eq!((&lines[0]["tags"]["category"], &lines[0]["conflicts"]), (&json!([]), &json!(["category"])));
}

#[test]
fn without_labels_nothing_is_written() {
    let desk = desk_with(&["a.png"]);
    for format in ["jsonl", "xmp", "folders", "imagefolder", "tfrecord", "parquet", "shopify", "woocommerce"] {
        let out = desk.at("out");
        export(&desk, format, &out, &[]).expect(1).complains_of(&["no photo has a label yet"]);
        assert!(!out.exists(), "{format}");
    }
    // What does not go together is wrong usage, before anything is opened.
    export(&desk, "jsonl", &desk.at("out"), &[&"--merge-into", &"shop.csv"]).expect(2).complains_of(&["--merge-into"]);
    export(&desk, "jsonl", &desk.at("out"), &[&"--link", &"hard"]).expect(2).complains_of(&["--link"]);
    export(&desk, "jsonl", &desk.at("out"), &[&"--serving"]).expect(2).complains_of(&["--serving", "models"]);
    export(&desk, "onnx", &desk.at("out"), &[&"--link", &"hard"]).expect(2).complains_of(&["--link"]);
}

#[test]
fn tags_that_are_no_folder_names_get_folders_of_their_own() {
    let names = ["1/a.png", "2/a.png", "c.png", "d.png", "e.png", "f.png"];
    let desk = desk_with(&names);
    let mut workspace = desk.open();
    for (name, tag) in names.iter().zip(ODD_TAGS) {
        say(&mut workspace, name, &[&format!("colour={tag}"), "kind=thing"]);
    }
    drop(workspace);
    let before = contents(&desk.photos());
    let out = desk.at("out");
    let run = export(&desk, "folders", &out, &[]).expect(0);
    assert_eq!(run.stdout, "out: 12 files of 6 photos in 7 folders\n");
    let mark: Value = serde_json::from_slice(&fs::read(out.join("hangtag-export.json")).unwrap()).unwrap();
    let folders = mark["folders"].as_object().unwrap();
    for (name, tag) in names.iter().zip(ODD_TAGS) {
        let (folder, _) = folders.iter().find(|(_, meaning)| meaning["tag"] == tag).unwrap();
        let photo = fs::read(desk.photo(name)).unwrap();
        let held: Vec<Vec<u8>> =
            fs::read_dir(out.join(folder)).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
        assert_eq!(held, [photo], "{folder} for {tag}");
    }
    let things: Vec<_> = fs::read_dir(out.join("kind/thing")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(things.len(), 6, "two photos of one name are both there: {things:?}");
    assert_eq!(contents(&desk.photos()), before);

    // Links of either sort hold the same.
    for link in ["hard", "symbolic"] {
        let linked = desk.at(link);
        export(&desk, "folders", &linked, &[&"--link", &link]).expect(0);
        let below = |root: &Path| -> Vec<_> {
            contents(root)
                .into_iter()
                .map(|(path, bytes)| (path.strip_prefix(root).unwrap().to_owned(), bytes))
                .collect()
        };
        assert_eq!(below(&linked), below(&out), "{link}");
    }
}

#[test]
fn an_earlier_export_is_replaced_and_nothing_else_is() {
    let desk = shop_desk();
    for format in ["folders", "imagefolder", "tfrecord"] {
        let out = desk.at(format);
        export(&desk, format, &out, &[]).expect(0);
        let first = contents(&out);
        export(&desk, format, &out, &[]).expect(0);
        assert_eq!(contents(&out), first, "{format}: the same answers give the same files");

        // A file that somebody put there is not thrown away.
        fs::write(out.join("notes.txt"), "mine").unwrap();
        export(&desk, format, &out, &[]).expect(1).complains_of(&["notes.txt"]);
        assert_eq!(fs::read(out.join("notes.txt")).unwrap(), b"mine");

        // Nor is a folder of another sort, or a file.
        export(&desk, format, &desk.photos(), &[]).expect(1).complains_of(&["photos", "holds other things"]);
        fs::write(desk.at("file"), "mine").unwrap();
        export(&desk, format, &desk.at("file"), &[]).expect(1).complains_of(&["is a file"]);
        assert_eq!(fs::read(desk.at("file")).unwrap(), b"mine");
        fs::create_dir_all(desk.at("empty")).unwrap();
        export(&desk, format, &desk.at("empty"), &[]).expect(0);
        fs::remove_dir_all(desk.at("empty")).unwrap();
    }
    export(&desk, "folders", &desk.at("tfrecord"), &[]).expect(1);
    export(&desk, "jsonl", &desk.photos(), &[]).expect(1).complains_of(&["is a folder"]);
}

#[test]
fn a_photo_that_changed_takes_no_label_of_the_old_one_along() {
    let desk = shop_desk();
    lay_picture(&desk.photo("hat.png"), 99);
    for format in ["folders", "imagefolder", "tfrecord"] {
        let out = desk.at(format);
        let run = export(&desk, format, &out, &[]).expect(3).complains_of(&["hat.png", "changed since"]);
        assert!(run.stdout.contains("2 photos"), "{}", run.stdout);
        let changed = fs::read(desk.photo("hat.png")).unwrap();
        assert!(contents(&out).values().all(|bytes| *bytes != changed));
    }
    fs::remove_file(desk.photo("hat.png")).unwrap();
    export(&desk, "tfrecord", &desk.at("tfrecord"), &[]).expect(3).complains_of(&["hat.png", "cannot be read"]);
    desk.import();
    export(&desk, "tfrecord", &desk.at("tfrecord"), &[]).expect(3).complains_of(&["1 labelled photos", "missing"]);
}

#[test]
fn the_index_tells_where_each_record_lies() {
    let desk = shop_desk();
    let out = desk.at("out");
    export(&desk, "tfrecord", &out, &[]).expect(0);
    let records = fs::read(out.join("photos-00000-of-00001.tfrecord")).unwrap();
    let index = fs::read_to_string(out.join("photos-00000-of-00001.index")).unwrap();
    let mut end = 0;
    for line in index.lines() {
        let (at, length) = line.split_once(' ').unwrap();
        let (at, length): (usize, usize) = (at.parse().unwrap(), length.parse().unwrap());
        assert_eq!(at, end);
        let said = u64::from_le_bytes(records[at..at + 8].try_into().unwrap());
        assert_eq!(said as usize + 16, length);
        end = at + length;
    }
    assert_eq!((end, index.lines().count()), (records.len(), 3));
    let labels: Value = serde_json::from_slice(&fs::read(out.join("labels.json")).unwrap()).unwrap();
    assert_eq!(
        labels["groups"],
        json!([
            {"name": "category", "kind": "one of", "tags": ["dress", "hat"]},
            {"name": "pattern", "kind": "any of", "tags": ["floral", "striped"]},
        ])
    );
}

#[test]
fn a_killed_export_leaves_the_old_one_whole() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 1500);
    let arguments: [&dyn AsRef<OsStr>; 6] =
        [&"import", &desk.photos(), &"--catalogue", &desk.catalogue(), &"--labels-from", &"last-folder"];
    desk.run(&arguments).expect(0);
    let out = desk.at("out");
    export(&desk, "folders", &out, &[]).expect(0);
    let before = contents(&out);
    let mut num_killed = 0;
    for pause_ms in [20, 60, 100, 150, 220] {
        let arguments: [&dyn AsRef<OsStr>; 7] =
            [&"export", &"--catalogue", &desk.catalogue(), &"--format", &"folders", &"--out", &out];
        let mut child = desk.command(&arguments).stdout(std::process::Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(pause_ms));
        child.kill().unwrap();
        num_killed += usize::from(!child.wait().unwrap().success());
        assert_eq!(contents(&out), before, "killed after {pause_ms} ms");
    }
    assert!(num_killed > 0, "each export was over before it could be killed");
    // What the killed ones left behind is in nobody's way, and goes.
    export(&desk, "folders", &out, &[]).expect(0);
    assert_eq!(contents(&out), before);
    assert!(!desk.at("out.part").exists());
}
