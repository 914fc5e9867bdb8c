//! Data sets read back by the libraries they are for.

use std::fs;
use std::path::Path;

use hangtag::workspace::{Answer, Workspace};
use serde_json::{Value, json};

use crate::exports::{ODD_TAGS, export, odd_tags_as_said, say, shop_desk};
use crate::support::{Desk, image_at, lay_demo, lay_picture, lay_tiny, python, script};

/// What `tests/flows/read_exports.py` makes of an export.
fn read(reader: &str, path: &Path) -> Value {
    let output = python().arg(script("read_exports.py")).arg(reader).arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
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
    let image = image_at(workspace.listing(), "mugs/mug-01.jpg").id;
    workspace.add_group("pattern", hangtag::catalogue::GroupKind::AnyOf).unwrap();
    for tag in odd_tags_as_said() {
        workspace.answer_in(image, "pattern", &tag, Answer::Yes).unwrap();
    }
    drop(workspace);
    desk
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
    let mark: Value = serde_json::from_slice(&fs::read(out.join("hangtag-export.json")).unwrap()).unwrap();
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
    let labels: Value = serde_json::from_slice(&fs::read(out.join("labels.json")).unwrap()).unwrap();
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
    let before = "\u{feff}Handle,Title,Tags,Type\nsku-7,\"A, \"\"b\"\"\nc\",x,\n";
    fs::write(desk.at("shop.csv"), before).unwrap();
    let (out, into) = (desk.at("out.csv"), desk.at("shop.csv"));
    export(&desk, "shopify", &out, &[&"--merge-into", &into]).expect(3);
    let rows = read("csv", &out);
    assert_eq!(rows, json!([{"Handle": "sku-7", "Title": "A, \"b\"\nc", "Tags": "x, floral", "Type": "dress"}]));

    let before = "\u{feff}ID,Type,SKU,Name,Categories,Tags,Images\n\
                  13,simple,SKU-7,\"A, \"\"b\"\"\nc\",\"Clothing > Dress, Sale\",\"x\\, y\",\n";
    fs::write(&into, before).unwrap();
    export(&desk, "woocommerce", &out, &[&"--merge-into", &into]).expect(3);
    let expected = json!([{
        "ID": 13, "Type": "simple", "SKU": "SKU-7", "Name": "A, \"b\"\nc", "Images": "",
        "Categories": ["Clothing > Dress", "Sale"], "Tags": ["x, y", "floral"],
    }]);
    assert_eq!(read("woocommerce", &out), expected);
}
