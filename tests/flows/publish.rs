//! Versions put where servers look for them, whole or not at all: into folders, and into a local object store.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use hangtag::export::place::PlaceError;
use hangtag::export::publish::{Destination, PublishError, Published, publish};
use hangtag::progress::Progress;
use serde_json::json;

use crate::stores::Store;
use crate::support::{Desk, contents, lay_demo, read_json, taught_desk};

/// An exported version as far as publishing cares: files, some of them in folders, one of several parts.
pub fn version(desk: &Desk, seed: u8) -> PathBuf {
    let folder = desk.at(&format!("exported-{seed}"));
    fs::create_dir_all(folder.join("variables")).unwrap();
    fs::write(folder.join("saved_model.pb"), [seed; 100]).unwrap();
    fs::write(folder.join("标签.json"), "{}").unwrap();
    fs::write(folder.join("variables/data"), vec![seed; 9_000_000]).unwrap();
    folder
}

/// Has an exported version checked with this, in place of what it was checked with before.
fn check_with(folder: &Path, photos: &str) {
    fs::create_dir_all(folder.join("parity")).unwrap();
    fs::write(folder.join("parity/images.npy"), photos).unwrap();
}

pub fn put(folder: &Path, version: i64, to: &Destination) -> Result<Published, PublishError> {
    publish(folder, version, to, &Progress::default())
}

#[test]
fn a_folder_gets_each_version_once() {
    let desk = Desk::new();
    let (first, second) = (version(&desk, 1), version(&desk, 2));
    let to: Destination = desk.at("models").to_str().unwrap().parse().unwrap();
    assert_eq!(put(&first, 1, &to).unwrap(), Published::New);
    assert_eq!(put(&second, 2, &to).unwrap(), Published::New);
    for (folder, number) in [(&first, "1"), (&second, "2")] {
        let mut there = contents(&desk.at("models").join(number));
        assert!(there.remove(&desk.at("models").join(number).join("hangtag-manifest.json")).is_some());
        assert!(there.values().eq(contents(folder).values()));
    }
    let all = contents(&desk.at("models"));
    assert_eq!(put(&first, 1, &to).unwrap(), Published::Already);
    assert!(matches!(put(&second, 1, &to), Err(PublishError::Exists { version: 1, .. })));
    let cancelled = Progress::default();
    cancelled.cancel();
    assert_eq!(publish(&second, 3, &to, &cancelled).unwrap(), Published::Cancelled);
    assert_eq!(contents(&desk.at("models")), all);
    for address in ["ftp://host/models", ""] {
        assert!(address.parse::<Destination>().is_err());
    }

    // What a version is checked with later makes no other one of it, and changes nothing of what is there; what it was
    // published with belongs to it.
    check_with(&first, "some photos");
    assert_eq!(put(&first, 1, &to).unwrap(), Published::Already);
    assert_eq!(contents(&desk.at("models")), all);
    assert_eq!(put(&first, 3, &to).unwrap(), Published::New);
    check_with(&first, "other photos");
    assert_eq!(put(&first, 3, &to).unwrap(), Published::Already);
    check_with(&desk.at("models/3"), "whatever");
    assert!(matches!(put(&first, 3, &to), Err(PublishError::Changed { name, .. }) if name == "parity/images.npy"));
    fs::remove_dir_all(first.join("parity")).unwrap();

    // A note beside it is no harm; but a version that is not whole any more is not called so, nor mended behind the back
    // of whoever changed it.
    let there = desk.at("models/1");
    fs::write(there.join("notes.txt"), "mine").unwrap();
    assert_eq!(put(&first, 1, &to).unwrap(), Published::Already);
    fs::write(there.join("标签.json"), "[]").unwrap();
    assert!(matches!(put(&first, 1, &to), Err(PublishError::Changed { name, .. }) if name == "标签.json"));
    fs::remove_file(there.join("标签.json")).unwrap();
    let error = put(&first, 1, &to).unwrap_err().to_string();
    assert!(error.contains("`标签.json`") && error.contains("missing"), "{error}");
    // What somebody copied there by hand has no manifest.
    fs::remove_file(there.join("hangtag-manifest.json")).unwrap();
    let all = contents(&desk.at("models"));
    assert!(matches!(put(&first, 1, &to), Err(PublishError::Place(PlaceError::NotEmpty(_)))));
    assert_eq!(contents(&desk.at("models")), all);
}

#[cfg(unix)]
#[test]
fn the_folder_of_versions_may_be_a_link() {
    let desk = Desk::new();
    let first = version(&desk, 1);
    fs::create_dir(desk.at("disk")).unwrap();
    std::os::unix::fs::symlink(desk.at("disk"), desk.at("models")).unwrap();
    let to: Destination = desk.at("models/").to_str().unwrap().parse().unwrap();
    for expected in [Published::New, Published::Already] {
        assert_eq!(put(&first, 1, &to).unwrap(), expected);
    }
    assert!(desk.at("models").is_symlink() && desk.at("disk/1/saved_model.pb").is_file());
}

#[test]
fn the_command_exports_a_version_and_puts_it_there_once() {
    let desk = taught_desk();
    let (catalogue, models) = (desk.catalogue(), desk.at("models"));
    let publish = |version: &str| {
        let (format, to) = ("onnx", &models);
        desk.run(&[&"publish", &"--catalogue", &catalogue, &"--version", &version, &"--format", &format, &"--to", to])
    };
    publish("1").expect(1).complains_of(&["there is no version 1"]);
    desk.run(&[&"export", &"--catalogue", &catalogue, &"--format", &"onnx", &"--out", &desk.at("out")]).expect(0);
    let said = publish("1").expect(0).stdout;
    assert!(said.starts_with("Version 1 is at ") && said.contains("it gives the app's answers"), "{said}");
    let there = contents(&models);
    assert!(there.contains_key(&models.join("1/model.onnx")) && there.contains_key(&models.join("1/verify.py")));
    assert!(publish("1").expect(0).stdout.contains("was at"), "the same version is the same model");
    // Somebody else's version 2 is never written over.
    desk.run(&[&"label", &"--catalogue", &catalogue, &"mugs/mug-01.jpg", &"category=bowls"]).expect(0);
    desk.run(&[&"export", &"--catalogue", &catalogue, &"--format", &"onnx", &"--out", &desk.at("out")]).expect(0);
    fs::rename(models.join("1"), models.join("2")).unwrap();
    let before = contents(&models);
    publish("2").expect(1).complains_of(&["never written over"]);
    assert_eq!(contents(&models), before);
    let scratch = desk.cache().join("hangtag/scratch");
    assert!(scratch.is_dir() && fs::read_dir(scratch).unwrap().next().is_none(), "nothing waits in the cache");
}

#[test]
fn a_version_is_the_same_model_whatever_is_known_of_the_photos_by_now() {
    let desk = taught_desk();
    let (catalogue, models) = (desk.catalogue(), desk.at("models"));
    desk.run(&[&"export", &"--catalogue", &catalogue, &"--format", &"bundle", &"--out", &desk.at("out")]).expect(0);
    let formats = ["bundle", "onnx", "savedmodel", "tflite"];
    let publish = |format: &str| {
        let (version, to) = ("1", models.join(format));
        desk.run(&[&"publish", &"--catalogue", &catalogue, &"--version", &version, &"--format", &format, &"--to", &to])
            .expect(0)
            .stdout
    };
    assert!(formats.iter().all(|format| publish(format).contains(" is at ")));
    let before = contents(&models);
    // There are more photos of which nothing is known, by which it is checked first, and of one something else is known.
    lay_demo(&desk.photos(), "mugs", 6);
    desk.import();
    desk.run(&[&"label", &"--catalogue", &catalogue, &"mugs/mug-01.jpg", &"category=bowls"]).expect(0);
    for format in formats {
        let said = publish(format);
        assert!(said.contains("was at") && said.contains("left as they were"), "{format}: {said}");
    }
    assert_eq!(contents(&models), before);
}

#[test]
fn what_verify_py_found_is_told_of_the_files_that_it_ran() {
    let desk = taught_desk();
    let (catalogue, models, out) = (desk.catalogue(), desk.at("models"), desk.at("out"));
    let export = |format: &str| {
        desk.run(&[&"export", &"--catalogue", &catalogue, &"--format", &format, &"--out", &out]).expect(0).stdout
    };
    let publish = |more: &[&dyn AsRef<OsStr>]| {
        let mut arguments: Vec<&dyn AsRef<OsStr>> = vec![&"publish", &"--catalogue", &catalogue, &"--version", &"1"];
        arguments.extend([&"--format" as &dyn AsRef<OsStr>, &"tflite", &"--to", &models]);
        arguments.extend(more);
        desk.run(&arguments)
    };
    assert!(export("tflite").contains("not yet verified"));
    publish(&[&"--verified", &out]).expect(1).complains_of(&["no `verified.json`", "python verify.py"]);
    assert!(!models.exists());
    let manifest = read_json(&out.join("hangtag.json"));
    let mut note =
        json!({"runtime": "ai_edge_litert 2.3.0", "date": "2026-01-02T03:04:05Z", "files": manifest["sha256"]});
    fs::write(out.join("verified.json"), note.to_string()).unwrap();
    let said = publish(&[&"--verified", &out]).expect(0).stdout;
    assert!(said.contains("is at") && said.contains("answers in ai_edge_litert 2.3.0"), "{said}");
    assert!(!said.contains("accuracy"), "that note does not tell: {said}");
    note["accuracy"] = json!({"share": [0.9, 0.786, 0.957], "app": [0.92, 0.812, 0.97], "of": 50, "is_held_out": true});
    fs::write(out.join("verified.json"), note.to_string()).unwrap();
    // It is no part of the model; run where that lies, it is found there.
    let there = models.join("1/verified.json");
    assert!(!there.exists());
    fs::rename(out.join("verified.json"), &there).unwrap();
    let said = publish(&[]).expect(0).stdout;
    assert!(said.contains("was at") && said.contains("answers in ai_edge_litert 2.3.0"), "{said}");
    let accuracy = "90.0 % (78.6 to 95.7), the app 92.0 % (81.2 to 97.0), on photos that taught it nothing";
    assert!(said.contains(&format!("accuracy    {accuracy}")), "{said}");
    // The next export is of other files.
    fs::rename(&there, out.join("verified.json")).unwrap();
    export("onnx");
    assert!(!out.join("verified.json").exists());
}

#[test]
#[ignore = "needs Python with moto; run by .ci/run"]
fn s3_gets_each_version_whole() {
    gets_each_version_whole("s3");
}

#[test]
#[ignore = "needs Python with moto; run by .ci/run"]
fn google_cloud_storage_gets_each_version_whole() {
    gets_each_version_whole("gs");
}

fn gets_each_version_whole(scheme: &str) {
    let desk = Desk::new();
    let server = Store::start();
    let store = |place: &str| server.place(&format!("{scheme}://{place}"));
    let (first, second, to) = (version(&desk, 1), version(&desk, 2), store("shop/models/mugs"));
    let cancelled = Progress::default();
    cancelled.cancel();
    assert_eq!(publish(&first, 1, &to, &cancelled).unwrap(), Published::Cancelled);
    assert_eq!(server.listing(), [], "what was put aside is gone");

    assert_eq!(put(&first, 1, &to).unwrap(), Published::New);
    let keys = |listing: Vec<(String, usize)>| listing.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
    let of_version = |number: i64| {
        ["hangtag-manifest.json", "saved_model.pb", "variables/data", "标签.json"]
            .map(|name| format!("models/mugs/{number}/{name}"))
    };
    assert_eq!(keys(server.listing()), of_version(1));
    assert!(server.listing().contains(&("models/mugs/1/variables/data".into(), 9_000_000)));
    assert_eq!(put(&first, 1, &to).unwrap(), Published::Already);
    check_with(&first, "some photos");
    assert_eq!(put(&first, 1, &to).unwrap(), Published::Already);
    fs::remove_dir_all(first.join("parity")).unwrap();
    assert_eq!(keys(server.listing()), of_version(1), "it is as it was");
    assert!(matches!(put(&second, 1, &to), Err(PublishError::Exists { .. })));
    assert_eq!(put(&second, 2, &to).unwrap(), Published::New);
    assert_eq!(keys(server.listing()), [of_version(1), of_version(2)].concat());

    // One that was cut off while it came into its place has its claim there instead of a manifest, and is gone on with.
    let [manifest, file, ..] = of_version(2);
    server.ask(&format!("s3.copy({{'Bucket': 'shop', 'Key': '{manifest}'}}, 'shop', '{manifest}.part')"));
    for key in [manifest, file] {
        server.ask(&format!("s3.delete_object(Bucket='shop', Key='{key}') and None"));
    }
    let before = server.listing();
    assert_eq!(before.len(), 7);
    let error = put(&first, 2, &to).unwrap_err();
    assert!(matches!(&error, PublishError::Claimed { version: 2, .. }), "{error}");
    assert_eq!(server.listing(), before);
    assert_eq!(put(&second, 2, &to).unwrap(), Published::New);
    assert_eq!(keys(server.listing()), [of_version(1), of_version(2)].concat());

    // What somebody put there, or changed since, is not written over.
    let put_object = |key: &str| {
        server.ask(&format!("s3.put_object(Bucket='shop', Key='{key}', Body=b'm' * 100) and None"));
    };
    put_object("models/mugs/3/saved_model.pb");
    let before = server.listing();
    let error = put(&first, 3, &to).unwrap_err();
    assert!(matches!(&error, PublishError::Foreign { name, .. } if name == "saved_model.pb"), "{error}");
    assert_eq!(server.listing(), before);
    put_object("models/mugs/1/variables/data");
    let error = put(&first, 1, &to).unwrap_err();
    assert!(matches!(&error, PublishError::Changed { name, .. } if name == "variables/data"), "{error}");

    // A prefix may end with a slash, or be none.
    for (place, key) in [("shop/more/", "more/1/saved_model.pb"), ("shop", "1/saved_model.pb")] {
        assert_eq!(put(&first, 1, &store(place)).unwrap(), Published::New);
        assert_eq!(put(&first, 1, &store(place)).unwrap(), Published::Already);
        assert!(keys(server.listing()).iter().any(|there| there == key), "{place}");
    }

    let error = put(&first, 1, &store("nobodys/models")).unwrap_err();
    assert!(error.to_string().contains(&format!("{scheme}://nobodys/models")), "{error}");

    // Without TLS only where that was asked for.
    let Destination::Store { url, mut settings } = to else { unreachable!() };
    settings.retain(|(name, _)| !name.ends_with("ALLOW_HTTP"));
    let before = server.listing();
    let error = put(&first, 4, &Destination::Store { url, settings }).unwrap_err();
    assert!(matches!(&error, PublishError::Store { .. }), "{error}");
    assert_eq!(server.listing(), before);
}

#[test]
#[ignore = "needs Python with moto; run by .ci/run"]
fn of_two_versions_with_one_number_a_store_gets_one_whole() {
    let desk = Desk::new();
    let server = Store::start();
    let folders = ["a", "b"].map(|said| {
        let folder = desk.at(said);
        fs::create_dir(&folder).unwrap();
        (1..=8).for_each(|number| fs::write(folder.join(format!("{number}.txt")), said).unwrap());
        folder
    });
    let said_by = |prefix: &str| -> Vec<(String, String)> {
        let line = format!(
            "[[o['Key'], s3.get_object(Bucket='shop', Key=o['Key'])['Body'].read().decode()] \
             for o in s3.list_objects_v2(Bucket='shop', Prefix='{prefix}')['Contents']]"
        );
        serde_json::from_value(server.ask(&line)).unwrap()
    };
    for (scheme, number) in [("s3", 1), ("s3", 2), ("s3", 3), ("gs", 4), ("gs", 5), ("gs", 6)] {
        let to = &server.place(&format!("{scheme}://shop/models"));
        let both = thread::scope(|scope| {
            let threads = folders.each_ref().map(|folder| scope.spawn(move || put(folder, number, to)));
            threads.map(|thread| thread.join().unwrap())
        });
        let (winner, loser) = match &both {
            [Ok(Published::New), Err(error)] => ("a", error),
            [Err(error), Ok(Published::New)] => ("b", error),
            _ => panic!("{both:?}"),
        };
        assert!(matches!(loser, PublishError::Claimed { .. } | PublishError::Exists { .. }), "{loser}");
        let there = said_by(&format!("models/{number}/"));
        let (manifest, files): (Vec<_>, Vec<_>) = there.iter().partition(|(key, _)| key.contains("manifest"));
        assert_eq!((manifest.len(), files.len()), (1, 8), "{there:?}");
        assert!(manifest[0].0.ends_with("/hangtag-manifest.json") && files.iter().all(|(_, said)| said == winner));
    }
    assert!(server.listing().iter().all(|(key, _)| !key.contains(".hangtag-")), "what was put aside is gone");
}
