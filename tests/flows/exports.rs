//! Tags and data sets going out: JSON Lines, folders, TFRecord, and what may not be written over.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use hangtag::catalogue::GroupKind;
use hangtag::export::place::{NewFolder, Parts, PlaceError};
use hangtag::workspace::{Answer, ProductRule, Workspace};
use serde_json::{Value, json};

use crate::support::{Desk, Run, contents, image_at, keys, lay_picture, lay_tiny, read_json};

/// Tags that no system takes as the name of a folder, or that some take for the same.
pub const ODD_TAGS: [&str; 7] = ["mug, large", "the \"good\" one", "a/b", "Red", "red", "红色 ☕", "two lines"];

/// The same tags as somebody says them, the last with a line break, which is kept as a blank.
pub fn odd_tags_as_said() -> [String; ODD_TAGS.len()] {
    ODD_TAGS.map(|tag| tag.replace("two ", "two\n"))
}

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
    let names = ["1/a.png", "2/a.png", "c.png", "d.png", "e.png", "f.png", "g.png"];
    let desk = desk_with(&names);
    let mut workspace = desk.open();
    for (name, tag) in names.iter().zip(odd_tags_as_said()) {
        say(&mut workspace, name, &[&format!("colour={tag}"), "kind=thing"]);
    }
    drop(workspace);
    let before = contents(&desk.photos());
    let out = desk.at("out");
    let run = export(&desk, "folders", &out, &[]).expect(0);
    assert_eq!(run.stdout, "out: 14 files of 7 photos in 8 folders\n");
    let mark = read_json(&out.join("hangtag-export.json"));
    let folders = mark["folders"].as_object().unwrap();
    for (name, tag) in names.iter().zip(ODD_TAGS) {
        let (folder, _) = folders.iter().find(|(_, meaning)| meaning["tag"] == tag).unwrap();
        let photo = fs::read(desk.photo(name)).unwrap();
        let held: Vec<Vec<u8>> =
            fs::read_dir(out.join(folder)).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
        assert_eq!(held, [photo], "{folder} for {tag}");
    }
    let things: Vec<_> = fs::read_dir(out.join("kind/thing")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(things.len(), 7, "two photos of one name are both there: {things:?}");
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

        // A file that somebody put there is not thrown away, wherever it is.
        let (inner, _) = nested(&out);
        let inside = if format == "tfrecord" { "mine/new.jpg".to_owned() } else { format!("{inner}/new.jpg") };
        for name in ["notes.txt", inside.as_str()] {
            fs::create_dir_all(out.join(name).parent().unwrap()).unwrap();
            fs::write(out.join(name), "mine").unwrap();
            let named = if format == "tfrecord" { name.split('/').next().unwrap() } else { name };
            export(&desk, format, &out, &[]).expect(1).complains_of(&[format!("`{named}`").as_str(), "move it away"]);
            assert_eq!(fs::read(out.join(name)).unwrap(), b"mine");
            fs::remove_file(out.join(name)).unwrap();
        }

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

/// The first folder in an export with files of its own, and the name of one of them.
fn nested(out: &Path) -> (String, String) {
    let files =
        contents(out).into_keys().map(|path| path.strip_prefix(out).unwrap().to_str().unwrap().replace('\\', "/"));
    let inner = files.filter_map(|path| path.rsplit_once('/').map(|(inner, name)| (inner.to_owned(), name.to_owned())));
    inner.min().unwrap_or_default()
}

#[test]
fn an_export_that_listed_its_folders_only_is_replaced_unless_it_holds_what_it_never_wrote() {
    let desk = shop_desk();
    for format in ["folders", "imagefolder", "tfrecord"] {
        let out = desk.at(format);
        export(&desk, format, &out, &[]).expect(0);
        let whole = contents(&out);
        let mark = out.join("hangtag-export.json");
        let mut as_once = read_json(&mark);
        let fields = as_once.as_object_mut().unwrap();
        assert!(fields.remove("files").is_some());
        let direct: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        fields.insert("parts".into(), direct.iter().map(|name| name.to_str().unwrap()).collect());
        fs::write(&mark, as_once.to_string()).unwrap();
        let (inner, photo) = nested(&out);
        if format != "tfrecord" {
            // A name that no photo has, and a file where such an export has none.
            for name in [format!("{inner}/new.jpg"), format!("{inner}/more/{photo}")] {
                fs::create_dir_all(out.join(&name).parent().unwrap()).unwrap();
                fs::write(out.join(&name), "mine").unwrap();
                let before = contents(&out);
                let named = name.strip_suffix(&format!("/{photo}")).unwrap_or(&name);
                export(&desk, format, &out, &[])
                    .expect(1)
                    .complains_of(&[format!("`{named}`").as_str(), "move it away"]);
                assert_eq!(contents(&out), before);
                fs::remove_file(out.join(&name)).unwrap();
            }
            fs::remove_dir(out.join(inner).join("more")).unwrap();
        }
        export(&desk, format, &out, &[]).expect(0);
        assert_eq!(contents(&out), whole, "{format}");
    }
}

#[test]
fn what_comes_in_while_an_export_is_written_stays() {
    let desk = Desk::new();
    let out = desk.at("out");
    let lay = |name: &str| {
        fs::create_dir_all(out.join(name).parent().unwrap()).unwrap();
        fs::write(out.join(name), name).unwrap();
    };
    let begin = || {
        let new =
            NewFolder::create(&out, |_| Some(Parts::new(vec!["b".into(), "a/b".into(), "a-b/c".into()]))).unwrap();
        fs::write(new.path().join("new"), "new").unwrap();
        new
    };
    for name in ["a/b", "a-b/c", "b"] {
        lay(name);
    }
    let new = begin();
    lay("a/mine");
    let before = contents(&out);
    assert!(matches!(new.keep(), Err(PlaceError::Foreign { name, .. }) if name == "a/mine"));
    assert_eq!(contents(&out), before);
    fs::remove_file(out.join("a/mine")).unwrap();
    // A file manager was here, which is no reason to keep anything.
    lay("a/.DS_Store");
    begin().keep().unwrap();
    assert_eq!(contents(&out).into_keys().collect::<Vec<_>>(), [out.join("new")]);
    assert!(!desk.at("out.hangtag.part").exists());
}

#[test]
fn what_only_looks_like_half_an_export_is_left_alone() {
    let desk = shop_desk();
    let theirs = ["out.part/notes.txt", "out.before/notes.txt", "tags.jsonl.part"];
    for name in theirs {
        fs::create_dir_all(desk.at(name).parent().unwrap()).unwrap();
        fs::write(desk.at(name), "mine").unwrap();
    }
    for _ in 0..2 {
        export(&desk, "imagefolder", &desk.at("out"), &[]).expect(0);
    }
    export(&desk, "jsonl", &desk.at("tags.jsonl"), &[]).expect(0);
    assert!(theirs.iter().all(|name| fs::read(desk.at(name)).unwrap() == b"mine"));
}

#[cfg(unix)]
#[test]
fn a_link_to_a_place_stays_one() {
    let desk = shop_desk();
    fs::create_dir(desk.at("disk")).unwrap();
    for (format, name) in [("tfrecord", "records"), ("jsonl", "tags.jsonl")] {
        let (real, link) = (desk.at("disk").join(name), desk.at(name));
        export(&desk, format, &real, &[]).expect(0);
        let first = found(&real);
        std::os::unix::fs::symlink(&real, &link).unwrap();
        say(&mut desk.open(), "hat.png", &["pattern=striped"]);
        export(&desk, format, &link, &[]).expect(0);
        assert!(link.is_symlink() && found(&real) != first, "{format}");
        say(&mut desk.open(), "hat.png", &["!pattern=striped"]);
    }
    // So does one to a disk that holds no export yet.
    std::os::unix::fs::symlink("disk/new.jsonl", desk.at("new.jsonl")).unwrap();
    export(&desk, "jsonl", &desk.at("new.jsonl"), &[]).expect(0);
    assert!(desk.at("new.jsonl").is_symlink() && desk.at("disk/new.jsonl").is_file());
}

/// What lies at a place: a folder's files, or the file.
#[cfg(unix)]
fn found(place: &Path) -> Vec<Vec<u8>> {
    if place.is_dir() { contents(place).into_values().collect() } else { vec![fs::read(place).unwrap()] }
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
    let labels = read_json(&out.join("labels.json"));
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
    assert!(!desk.at("out.hangtag.part").exists());
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_the_earlier_data_set_whole() {
    use std::process::{Command, Stdio};
    use std::time::Instant;
    let desk = Desk::new();
    // More than are read at once.
    lay_tiny(&desk.photos(), 300);
    let catalogue = desk.catalogue();
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &catalogue, &"--labels-from", &"last-folder"]).expect(0);
    let by_path = desk.listing().images;
    let mut by_hash = by_path.clone();
    by_hash.sort_by_key(|image| image.hash);
    for (format, photos) in [("imagefolder", by_path), ("tfrecord", by_hash)] {
        let (out, half) = (desk.at(format), desk.at(&format!("{format}.hangtag.part")));
        export(&desk, format, &out, &[]).expect(0);
        let before = contents(&out);
        // The photos that the format comes to last are so large that each is read by itself, and all take many seconds.
        let last: Vec<_> = photos[260..].iter().map(|image| desk.photo(image.path())).collect();
        let bytes: Vec<_> = last.iter().map(|photo| fs::read(photo).unwrap()).collect();
        for photo in &last {
            fs::File::options().write(true).open(photo).unwrap().set_len(1 << 28).unwrap();
        }
        let arguments: [&dyn AsRef<OsStr>; 7] =
            [&"export", &"--catalogue", &catalogue, &"--format", &format, &"--out", &out];
        let child = desk.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let started = Instant::now();
        while !half.exists() || contents(&half).values().all(Vec::is_empty) {
            assert!(started.elapsed() < Duration::from_mins(2), "{format}: nothing was written");
            thread::sleep(Duration::from_millis(2));
        }
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let run = Run::from(child.wait_with_output().unwrap()).expect(130);
        assert!(run.stdout.is_empty(), "{}", run.stdout);
        assert_eq!(contents(&out), before, "{format}");
        assert!(!half.exists(), "{format}");
        last.iter().zip(bytes).for_each(|(photo, bytes)| fs::write(photo, bytes).unwrap());
    }
}

#[test]
fn no_photo_no_catalogue_and_no_pipe_is_replaced() {
    let desk = Desk::new();
    lay_picture(&desk.photo("mug.png"), 1);
    desk.import();
    let damaged = desk.at("damaged.HANGTAG");
    fs::write(&damaged, "damaged").unwrap();
    let places = vec![desk.photo("mug.png"), desk.catalogue(), damaged];
    #[cfg(unix)]
    let places = {
        let (link, pipe) = (desk.at("link.csv"), desk.at("pipe.csv"));
        std::os::unix::fs::symlink(desk.catalogue(), &link).unwrap();
        crate::support::lay_pipe(&pipe);
        [places, vec![link, pipe]].concat()
    };
    let before: Vec<_> = places[..3].iter().map(|place| fs::read(place).unwrap()).collect();
    for out in &places {
        for format in ["csv", "json"] {
            let arguments: [&dyn AsRef<OsStr>; 7] =
                [&"labels", &"--catalogue", &desk.catalogue(), &"--format", &format, &"--out", out];
            let run = desk.run(&arguments);
            run.expect(1).complains_of(&["is not replaced", "name another file"]);
        }
    }
    assert_eq!(places[..3].iter().map(|place| fs::read(place).unwrap()).collect::<Vec<_>>(), before);
}
