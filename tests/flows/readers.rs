//! Models and data sets read back by the programs they are for.

use std::fs;
use std::path::Path;

use hangtag::catalogue::GroupKind;
use hangtag::export::Verified;
use hangtag::learn::likeliest;
use hangtag::workspace::{Answer, Workspace};
use serde_json::{Value, json};

use crate::export::{ALL, expected_in, model_in};
use crate::exports::{ODD_TAGS, export, odd_tags_as_said, say, shop_desk};
use crate::support::{
    self, Desk, Run, image_at, lay_demo, lay_picture, lay_tiny, python, read_json, run_python, script, taught_desk,
    text,
};

/// What `tests/flows/read_exports.py` makes of an export.
fn read(reader: &str, path: &Path) -> Value {
    run_python(&[&script("read_exports.py"), &reader, &path]).expect(0).json()
}

/// Real photos with answers of every kind, and one whose name looks like that of a split.
fn desk() -> Desk {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 3);
    lay_demo(&desk.photos(), "bowls", 2);
    fs::rename(desk.photo("bowls/bowl-01.jpg"), desk.photo("bowls/test_1.jpg")).unwrap();
    desk.import();
    let mut workspace = desk.open();
    for photo in paths(&workspace) {
        let kind = if photo.starts_with("mugs") { "kind=mug" } else { "kind=bowl" };
        say(&mut workspace, &photo, &[kind]);
    }
    say(&mut workspace, "bowls/test_1.jpg", &["!colour=blue"]);
    workspace.add_group("pattern", GroupKind::AnyOf).unwrap();
    say_odd_tags(&mut workspace, "mugs/mug-01.jpg");
    drop(workspace);
    desk
}

/// Says that each odd tag fits, in the group `pattern`.
fn say_odd_tags(workspace: &mut Workspace, photo: &str) {
    let image = image_at(workspace.listing(), photo).id;
    for tag in odd_tags_as_said() {
        workspace.answer_in(image, "pattern", &tag, Answer::Yes).unwrap();
    }
}

fn paths(workspace: &Workspace) -> Vec<String> {
    workspace.listing().images.iter().map(|image| image.path().to_owned()).collect()
}

#[test]
#[ignore = "needs Python with pandas and pyarrow; run by .ci/run"]
fn pandas_reads_lines_and_tables() {
    let desk = desk();
    export(&desk, "jsonl", &desk.at("out.jsonl"), &[]).expect(0);
    let lines = read("jsonl", &desk.at("out.jsonl"));
    assert_eq!(lines["columns"], json!(["product", "tags", "conflicts", "photos"]));
    assert_eq!(lines["rows"].as_array().unwrap().len(), 5);
    let mug = lines["rows"].as_array().unwrap().iter().find(|row| row["product"] == "mug-01").unwrap();
    assert_eq!(mug["tags"], json!({"kind": ["mug"], "colour": [], "pattern": ODD_TAGS}));

    export(&desk, "parquet", &desk.at("out.parquet"), &[]).expect(0);
    let table = read("parquet", &desk.at("out.parquet"));
    assert_eq!(table["created_by"], format!("hangtag {}", env!("CARGO_PKG_VERSION")));
    assert_eq!(
        table["types"],
        json!({
            "path": "string", "hash": "string", "width": "int32", "height": "int32", "product": "string",
            "group": "string", "tag": "string", "value": "bool", "source": "string",
            "time": "timestamp[ms, tz=UTC]", "probability": "float", "version": "int64",
        })
    );
    // Everything that `labels` says.
    let labels = desk.run(&[&"labels", &"--catalogue", &desk.catalogue(), &"--format", &"json"]).expect(0).json();
    let mut expected: Vec<Value> = labels.as_array().unwrap().clone();
    let mut rows: Vec<Value> = table["rows"].as_array().unwrap().clone();
    for row in &mut rows {
        let row = row.as_object_mut().unwrap();
        assert_eq!(row.remove("hash").unwrap().as_str().unwrap().len(), 64);
        assert!(row.remove("width").unwrap().as_u64() > Some(0) && row.remove("height").unwrap().as_u64() > Some(0));
        row.remove("product").unwrap();
    }
    let key = |row: &Value| row.to_string();
    expected.sort_by_key(key);
    rows.sort_by_key(key);
    assert_eq!(rows, expected);
    // So does the table of text, but for what a proposal was.
    let csv = desk.at("labels.csv");
    desk.run(&[&"labels", &"--catalogue", &desk.catalogue(), &"--out", &csv]).expect(0);
    let mut rows: Vec<Value> = read("csv", &csv).as_array().unwrap().clone();
    for row in &mut expected {
        row.as_object_mut().unwrap().retain(|name, _| !["probability", "version"].contains(&name.as_str()));
    }
    expected.sort_by_key(key);
    rows.sort_by_key(key);
    assert_eq!(rows, expected);
}

#[test]
#[ignore = "needs Python with pyarrow; run by .ci/run"]
fn pyarrow_reads_several_row_groups() {
    let desk = Desk::new();
    let (num_photos, num_tags) = (600, 170);
    lay_tiny(&desk.photos(), num_photos);
    let line = |(photo, tag)| {
        let value = if photo % num_tags == tag { "yes" } else { "no" };
        format!("{photo:05}.bmp,part,tag {tag},{value}\n")
    };
    let all = (0..num_photos).flat_map(|photo| (0..num_tags).map(move |tag| (photo, tag)));
    let lines: String = all.map(line).collect();
    fs::write(desk.at("labels.csv"), format!("path,group,tag,value\n{lines}")).unwrap();
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue(), &"--labels-from", &"labels.csv"])
        .expect(0);
    export(&desk, "parquet", &desk.at("out.parquet"), &[]).expect(0);
    let read = read("row-groups", &desk.at("out.parquet"));
    let rows: Vec<u64> = read["rows"].as_array().unwrap().iter().map(|rows| rows.as_u64().unwrap()).collect();
    assert!(rows.len() == 2 && rows.iter().sum::<u64>() == 102_000, "{rows:?}");
    let expected = (0..num_photos).map(|photo| (format!("{photo:05}.bmp"), json!(format!("tag {}", photo % num_tags))));
    assert_eq!(read["yes"], Value::Object(expected.collect()));
}

#[test]
#[ignore = "needs Python with TensorFlow; run by .ci/run"]
fn keras_reads_folders() {
    let desk = desk();
    let out = desk.at("out");
    export(&desk, "folders", &out, &[]).expect(0);
    let read = read("folders", &out);
    let photos = [("bowl", "bowl-02"), ("bowl", "test_1"), ("mug", "mug-01"), ("mug", "mug-02"), ("mug", "mug-03")];
    let expected = photos.map(|(class, photo)| json!([class, format!("{photo}.jpg"), 320, 320]));
    assert_eq!(read["kind"], json!(expected));
    // Names that cannot be those of folders stand in the file that goes along.
    let mark = read_json(&out.join("hangtag-export.json"));
    let patterns = read["pattern"].as_array().unwrap();
    let mut tags: Vec<&str> = patterns
        .iter()
        .map(|row| mark["folders"][format!("pattern/{}", row[0].as_str().unwrap())]["tag"].as_str().unwrap())
        .collect();
    let mut expected = ODD_TAGS;
    tags.sort_unstable();
    expected.sort_unstable();
    assert_eq!(tags, expected);
    assert!(patterns.iter().all(|row| row[1] == "mug-01.jpg"), "{patterns:?}");
}

#[test]
#[ignore = "needs Python with datasets; run by .ci/run"]
fn hugging_face_loads_the_image_folder() {
    let desk = desk();
    say(&mut desk.open(), "mugs/mug-02.jpg", &["old_file_name=b.jpg"]);
    let out = desk.at("out");
    export(&desk, "imagefolder", &out, &[]).expect(0);
    for reader in ["imagefolder", "imagefolder-by-path"] {
        let read = read(reader, &out);
        assert_eq!(read["splits"], json!({"train": 5}), "{reader}: a name makes no split");
        let rows = read["rows"].as_array().unwrap();
        let row = |path: &str| rows.iter().find(|row| row["path"] == path).unwrap();
        let mug = row("mugs/mug-01.jpg");
        assert_eq!((&mug["kind"], &mug["pattern"], &mug["colour"]), (&json!("mug"), &json!(ODD_TAGS), &Value::Null));
        let bowl = row("bowls/test_1.jpg");
        assert_eq!((&bowl["kind"], &bowl["pattern"]), (&json!("bowl"), &json!([])));
        let no = bowl["labels"].as_array().unwrap().iter().find(|label| label["value"] == "no").unwrap();
        assert_eq!((&no["group"], &no["tag"], &no["source"]), (&json!("colour"), &json!("blue"), &json!("person")));
        assert_eq!(row("mugs/mug-02.jpg")["old_file_name (tags)"], "b.jpg");
        for row in rows {
            assert_eq!(row["size"], json!([row["width"], row["height"]]), "the pixels are there");
        }
    }
}

#[test]
#[ignore = "needs Python with tensorflow; run by .ci/run"]
fn tensorflow_reads_the_records() {
    let desk = desk();
    // Large enough for a second shard; what follows a picture is no part of it.
    let large = ["large/1.png", "large/2.png", "large/3.png", "large/4.png"];
    for (number, name) in large.into_iter().enumerate() {
        lay_picture(&desk.photo(name), 1000 + number as u32);
        fs::File::options().write(true).open(desk.photo(name)).unwrap().set_len(45_000_000).unwrap();
    }
    desk.import();
    let mut workspace = desk.open();
    for name in large {
        say(&mut workspace, name, &["kind=mug"]);
    }
    drop(workspace);
    let out = desk.at("out");
    export(&desk, "tfrecord", &out, &[]).expect(0);
    let read = read("tfrecord", &out);
    assert_eq!(read["files"], json!(["photos-00000-of-00002.tfrecord", "photos-00001-of-00002.tfrecord"]));
    let rows = read["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 9);
    let row = |path: &str| rows.iter().find(|row| row["image/path"] == path).unwrap();
    let mug = row("mugs/mug-01.jpg");
    assert_eq!(mug["image/format"], "jpeg");
    let photo = fs::read(desk.photo("mugs/mug-01.jpg")).unwrap();
    assert_eq!(mug["num_bytes"], photo.len());
    assert_eq!(mug["decoded"], json!([mug["image/height"], mug["image/width"], 3]));
    let labels = read_json(&out.join("labels.json"));
    let tags = |group: &str| {
        let groups = labels["groups"].as_array().unwrap();
        groups.iter().find(|known| known["name"] == group).unwrap()["tags"].as_array().unwrap().clone()
    };
    let kind = mug["tags/kind"].as_i64().unwrap();
    assert_eq!(tags("kind")[kind as usize], "mug");
    assert_eq!((&mug["tags/colour"], &mug["tags/pattern"]), (&json!(-1), &Value::from([1; ODD_TAGS.len()])));
    let bowl = row("bowls/test_1.jpg");
    assert_eq!(bowl["tags/pattern"], Value::from([-1; ODD_TAGS.len()]), "unknown is not no");
    let no = bowl["labels/value"].as_array().unwrap().iter().position(|value| value == 0).unwrap();
    assert_eq!((&bowl["labels/tag"][no], &bowl["labels/source"][no]), (&json!("blue"), &json!("person")));
    assert_eq!(read["by_index"], 9, "each line of the index begins a record");
}

#[test]
#[ignore = "needs Python with pandas; run by .ci/run"]
fn pandas_reads_what_was_merged_for_a_shop() {
    let desk = shop_desk();
    say_odd_tags(&mut desk.open(), "dresses/SKU-7_1.png");
    let before = "\u{feff}Handle,Title,Tags,Type\nsku-7,\"A, \"\"b\"\"\nc\",x,\n";
    fs::write(desk.at("shop.csv"), before).unwrap();
    let (out, into) = (desk.at("out.csv"), desk.at("shop.csv"));
    export(&desk, "shopify", &out, &[&"--merge-into", &into]).expect(3);
    let rows = read("csv", &out);
    // A tag cannot hold a comma there, and case makes no other one.
    let tags = "x, floral, mug large, the \"good\" one, a/b, Red, 红色 ☕, two lines";
    assert_eq!(rows, json!([{"Handle": "sku-7", "Title": "A, \"b\"\nc", "Tags": tags, "Type": "dress"}]));

    let before = "\u{feff}ID,Type,SKU,Name,Categories,Tags,Images\n\
                  13,simple,SKU-7,\"A, \"\"b\"\"\nc\",\"Clothing > Dress, Sale\",\"x\\, y\",\n";
    fs::write(&into, before).unwrap();
    export(&desk, "woocommerce", &out, &[&"--merge-into", &into]).expect(3);
    let expected = json!([{
        "ID": 13, "Type": "simple", "SKU": "SKU-7", "Name": "A, \"b\"\nc", "Images": "",
        "Categories": ["Clothing > Dress", "Sale"],
        "Tags": ["x, y", "floral", "mug, large", "the \"good\" one", "a/b", "Red", "红色 ☕", "two lines"],
    }]);
    assert_eq!(read("woocommerce", &out), expected);
}

/// A model is held against its own runtime, as far as that runs here.
pub fn ask_its_runtime(desk: &Desk, format: &str, precision: &str) {
    let out = desk.at(&format!("{format} {precision}"));
    export(desk, format, &out, &[&"--precision", &precision]).expect(0);
    let folder = model_in(&out, format);
    if format == "coreml" {
        // Only a Mac runs it; anywhere the program can be read, its shapes inferred and its weights found.
        // The same model in ONNX was written before it.
        run_python(&[&script("coreml_reads.py"), &folder, &desk.at("onnx f32")]).expect(0);
        run_python(&[&folder.join("verify.py")]).expect(2).complains_of(&["only a Mac has"]);
        return;
    }
    let run = run_python(&[&folder.join("verify.py"), &"--json"]).expect(0);
    println!("{format} {precision}: {}", run.stdout.trim());
    assert!(run.json()["results"].as_array().unwrap().len() >= 1 + usize::from(precision != "int8"));
    let checksums = serde_json::from_value(read_json(&folder.join("hangtag.json"))["sha256"].take()).unwrap();
    let verified = Verified::read(&folder, &checksums).expect("it is noted for the app");
    assert!(verified.runtime.ends_with(|last: char| last.is_ascii_alphanumeric()), "{}", verified.runtime);
    let accuracy = verified.accuracy.expect("each photo has a label");
    assert!(accuracy.of >= 8 && accuracy.app[0] > 0.5 && !accuracy.is_held_out, "{accuracy:?}");
    match format {
        "onnx" => drop(run_python(&[&script("onnx_checks.py"), &folder]).expect(0)),
        "savedmodel" => drop(run_python(&[&script("savedmodel_checks.py"), &folder]).expect(0)),
        "tflite" => drop(run_python(&[&script("tflite_checks.py"), &folder]).expect(0)),
        _ => {}
    }
}

/// The lines that a README shows to whoever uses the model are run as they stand, and say of a photo what the app does.
fn run_its_lines(folder: &Path, precision: &str) {
    let card = fs::read_to_string(folder.join("README.md")).unwrap();
    let (_, rest) = card.split_once("```python\n").unwrap();
    let (code, _) = rest.split_once("```").unwrap();
    let parity = read_json(&folder.join("parity/parity.json"));
    let photo = &parity["photos"][0];
    fs::copy(folder.join("parity").join(text(&photo["file"])), folder.join("photo.jpg")).unwrap();
    let run = Run::from(python().args(["-c", code]).current_dir(folder).output().unwrap()).expect(0);
    // Each runtime prints its numbers in a form of its own.
    let parts = run.stdout.split(|c: char| !c.is_ascii_digit() && !".e+-".contains(c));
    let said: Vec<f32> = parts.filter(|part| part.contains('.')).filter_map(|part| part.parse().ok()).collect();
    let [num_photos, image] = [&parity["images"], &photo["image"]].map(|number| number.as_u64().unwrap() as usize);
    let expected = expected_in(folder);
    let num_tags = expected.len() / num_photos;
    let expected = expected.chunks_exact(num_tags).nth(image).unwrap();
    assert_eq!(said.len(), num_tags, "{}", run.stdout);
    // Another program decodes the photo.
    let bound = if precision == "int8" { 0.1 } else { 2e-2 };
    let is_near = said.iter().zip(expected).all(|(said, expected)| (said - expected).abs() < bound);
    assert!(is_near && likeliest(&said) == likeliest(expected), "{expected:?} by the app, but {}", run.stdout);
}

#[test]
#[ignore = "needs Python with the runtimes of tests/flows/requirements-export.txt; run by .ci/run"]
fn every_format_is_what_its_own_runtime_says_it_is() {
    let desk = taught_desk();
    for (format, precision) in ALL {
        ask_its_runtime(&desk, format, precision);
        if format != "coreml" {
            run_its_lines(&model_in(&desk.at(&format!("{format} {precision}")), format), precision);
        }
    }
}

#[test]
#[ignore = "needs Python with the runtimes of tests/flows/requirements-export.txt; run by .ci/run"]
fn groups_of_both_kinds_are_what_every_runtime_says_they_are() {
    let desk = taught_desk();
    let mut workspace = desk.open();
    let images = |workspace: &Workspace, kind: &str| support::images_below(workspace.listing(), kind);
    let (mugs, bowls) = (images(&workspace, "mugs/"), images(&workspace, "bowls/"));
    let parts = workspace.add_group("parts", GroupKind::AnyOf).unwrap();
    for (tag, on) in [("a handle, \"one\"", &mugs), ("花纹/边", &bowls)] {
        workspace.add_tag(Some(parts), tag).unwrap();
        let tag = support::tag_named(&workspace, "parts", tag);
        workspace.answer(&on[..3], tag, Answer::Yes).unwrap();
    }
    workspace.mark_reviewed(&[&mugs[..3], &bowls[..3]].concat()).unwrap();
    for (tag, of) in [("🧦 = left", 0), ("x\\y|z", 1)] {
        let images = [mugs[of], mugs[2 + of], bowls[of], bowls[2 + of]];
        workspace.answer_in_group(&images, "side", GroupKind::OneOf, tag).unwrap();
    }
    drop(workspace);
    for (format, precision) in ALL.into_iter().filter(|(_, precision)| *precision == "f32") {
        ask_its_runtime(&desk, format, precision);
        let labels = read_json(&model_in(&desk.at(&format!("{format} {precision}")), format).join("labels.json"));
        let groups = labels["groups"].as_array().unwrap();
        let kinds: Vec<(&str, &str)> =
            groups.iter().map(|group| (text(&group["name"]), text(&group["kind"]))).collect();
        assert_eq!(kinds, [("category", "one of"), ("parts", "any of"), ("side", "one of")], "{format}");
    }
}

#[test]
#[ignore = "needs Python with the runtimes of tests/flows/requirements-export.txt; run by .ci/run"]
fn photos_of_every_kind_are_prepared_as_the_app_does() {
    let desk = taught_desk();
    let some = ["mugs/mug-01.jpg", "bowls/bowl-01.jpg"].map(|name| desk.photo(name));
    let unusual = desk.photo("unusual");
    run_python(&[&script("unusual_photos.py"), &unusual, &some[0], &some[1]]).expect(0);
    // Of an odd length, so that its middle lies within a pixel.
    let photo = image::open(&some[0]).unwrap().into_rgb8();
    let long = image::imageops::resize(&photo, 4001, 9, image::imageops::FilterType::Triangle);
    long.save(unusual.join("0 long.png")).unwrap();
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()]).expect(0);
    for format in ["bundle", "onnx"] {
        let out = desk.at(format);
        export(&desk, format, &out, &[]).expect(0);
        let run = run_python(&[&script("prepare_checks.py"), &out, &desk.photos()]).expect(0);
        println!("{format}: {}", run.stdout.trim());
        run_python(&[&out.join("verify.py")]).expect(0);
    }
}
