//! Versions put where servers look for them, whole or not at all: into folders, and onto a local S3 server.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use hangtag::export::place::PlaceError;
use hangtag::export::publish::{Destination, PublishError, Published, publish};
use hangtag::progress::Progress;
use serde_json::{Value, json};

use crate::support::{Desk, contents, python, script, taught_desk};

/// An exported version as far as publishing cares: files, some of them in folders, one of several parts.
fn version(desk: &Desk, seed: u8) -> PathBuf {
    let folder = desk.at(&format!("exported-{seed}"));
    fs::create_dir_all(folder.join("variables")).unwrap();
    fs::write(folder.join("saved_model.pb"), [seed; 100]).unwrap();
    fs::write(folder.join("标签.json"), "{}").unwrap();
    fs::write(folder.join("variables/data"), vec![seed; 20_000_000]).unwrap();
    folder
}

fn put(folder: &Path, version: i64, to: &Destination) -> Result<Published, PublishError> {
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
    assert!(publish("1").expect(0).stdout.contains("was at"), "the same version is the same files");
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
    let manifest: Value = serde_json::from_slice(&fs::read(out.join("hangtag.json")).unwrap()).unwrap();
    let note = json!({"runtime": "ai_edge_litert 2.3.0", "date": "2026-01-02T03:04:05Z", "files": manifest["sha256"]});
    fs::write(out.join("verified.json"), note.to_string()).unwrap();
    let said = publish(&[&"--verified", &out]).expect(0).stdout;
    assert!(said.contains("is at") && said.contains("answers in ai_edge_litert 2.3.0"), "{said}");
    // It is no part of the model; run where that lies, it is found there.
    let there = models.join("1/verified.json");
    assert!(!there.exists());
    fs::rename(out.join("verified.json"), &there).unwrap();
    let said = publish(&[]).expect(0).stdout;
    assert!(said.contains("was at") && said.contains("answers in ai_edge_litert 2.3.0"), "{said}");
    // The next export is of other files.
    fs::rename(&there, out.join("verified.json")).unwrap();
    export("onnx");
    assert!(!out.join("verified.json").exists());
}

/// moto's S3, which ends with the test.
struct S3 {
    process: Child,
    endpoint: String,
}

impl S3 {
    fn start() -> Self {
        let mut process = python().arg(script("s3.py")).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, endpoint: line.trim().to_owned() }
    }

    /// What another client makes of the bucket: a line of Python that prints JSON.
    fn by_boto(&self, line: &str) -> serde_json::Value {
        let script = format!(
            "import sys, json, boto3\n\
             s3 = boto3.client('s3', endpoint_url=sys.argv[1], aws_access_key_id='a', aws_secret_access_key='b', region_name='us-east-1')\n\
             print(json.dumps({line}))"
        );
        let output = python().args(["-c", &script, &self.endpoint]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The keys of the bucket with their sizes.
    fn listing(&self) -> Vec<(String, usize)> {
        let listing = "[[o['Key'], o['Size']] for o in s3.list_objects_v2(Bucket='shop').get('Contents', [])]";
        serde_json::from_value(self.by_boto(listing)).unwrap()
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "needs Python with moto; run by .ci/run"]
fn a_store_gets_each_version_whole() {
    let desk = Desk::new();
    let server = S3::start();
    let store = |address: &str| Destination::Store {
        url: address.parse().unwrap(),
        settings: [
            ("AWS_ENDPOINT_URL", server.endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "b"),
            ("AWS_REGION", "us-east-1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
    };
    let (first, second, to) = (version(&desk, 1), version(&desk, 2), store("s3://shop/models/mugs"));
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
    assert!(server.listing().contains(&("models/mugs/1/variables/data".into(), 20_000_000)));
    assert_eq!(put(&first, 1, &to).unwrap(), Published::Already);
    assert!(matches!(put(&second, 1, &to), Err(PublishError::Exists { .. })));
    assert_eq!(put(&second, 2, &to).unwrap(), Published::New);
    assert_eq!(keys(server.listing()), [of_version(1), of_version(2)].concat());

    // One that was cut off while it came into its place lacks its manifest, and is gone on with.
    for key in ["models/mugs/2/hangtag-manifest.json", "models/mugs/2/saved_model.pb"] {
        server.by_boto(&format!("s3.delete_object(Bucket='shop', Key='{key}') and None"));
    }
    assert_eq!(server.listing().len(), 6);
    assert_eq!(put(&second, 2, &to).unwrap(), Published::New);
    assert_eq!(keys(server.listing()), [of_version(1), of_version(2)].concat());

    // What somebody put there, or changed since, is not written over.
    let put_object = |key: &str| {
        server.by_boto(&format!("s3.put_object(Bucket='shop', Key='{key}', Body=b'm' * 100) and None"));
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
    for (address, key) in [("s3://shop/more/", "more/1/saved_model.pb"), ("s3://shop", "1/saved_model.pb")] {
        assert_eq!(put(&first, 1, &store(address)).unwrap(), Published::New);
        assert_eq!(put(&first, 1, &store(address)).unwrap(), Published::Already);
        assert!(keys(server.listing()).iter().any(|there| there == key), "{address}");
    }

    let error = put(&first, 1, &store("s3://nobodys/models")).unwrap_err();
    assert!(error.to_string().contains("s3://nobodys/models"), "{error}");
}
