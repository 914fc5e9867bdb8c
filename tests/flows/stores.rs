//! A local object store, and what becomes of a version that one refuses or a kill cuts off: it is whole or completed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Stdio};
use std::thread;

use hangtag::export::publish::{Destination, PublishError, Published};
use serde_json::{Value, json};

use crate::publish::{put, version};
use crate::support::{Desk, Run, contents, python, script, taught_desk};

/// A local object store, which ends with the test.
pub struct Store {
    process: Child,
    answers: RefCell<BufReader<ChildStdout>>,
    endpoint: String,
}

impl Store {
    pub fn start() -> Self {
        let mut python = python();
        let mut process = python.arg(script("stores.py")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut answers = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        Self { process, answers: RefCell::new(answers), endpoint: line.trim().to_owned() }
    }

    /// What the environment says of it, as S3 and as Google Cloud Storage.
    fn settings(&self) -> Vec<(String, String)> {
        let settings = [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "a"),
            ("AWS_SECRET_ACCESS_KEY", "b"),
            ("AWS_REGION", "us-east-1"),
            ("GOOGLE_BASE_URL", self.endpoint.as_str()),
            ("GOOGLE_ALLOW_HTTP", "true"),
            ("GOOGLE_BEARER_TOKEN", "a"),
        ];
        settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    /// A place in it, by its address as S3 or as Google Cloud Storage.
    pub fn place(&self, address: &str) -> Destination {
        Destination::Store { url: address.parse().unwrap(), settings: self.settings() }
    }

    /// The value of a line of Python, in which `s3` is another client.
    pub fn ask(&self, line: &str) -> Value {
        writeln!(self.process.stdin.as_ref().unwrap(), "{line}").unwrap();
        let mut answer = String::new();
        self.answers.borrow_mut().read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    /// The keys of the bucket with the checksums of what is there.
    fn objects(&self) -> BTreeMap<String, u32> {
        serde_json::from_value(self.ask("objects()")).unwrap()
    }

    /// How many uploads in parts are neither finished nor given up: listings do not show them.
    fn num_unfinished(&self) -> Value {
        self.ask("len(s3.list_multipart_uploads(Bucket='shop').get('Uploads', []))")
    }

    /// The keys of the bucket with their sizes.
    pub fn listing(&self) -> Vec<(String, usize)> {
        let listing = "[[o['Key'], o['Size']] for o in s3.list_objects_v2(Bucket='shop').get('Contents', [])]";
        serde_json::from_value(self.ask(listing)).unwrap()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "needs Python with moto; run by .ci/run"]
fn whatever_a_store_refuses_the_version_is_whole_or_completed() {
    for scheme in ["s3", "gs"] {
        [true, false].iter().for_each(|is_once| refuses_each_in_turn(scheme, *is_once));
    }
}

/// The n-th request is refused, that one only or all after it as well, for each n in turn until nothing is refused any more.
fn refuses_each_in_turn(scheme: &str, is_once: bool) {
    let desk = Desk::new();
    let server = Store::start();
    let (folder, to) = (version(&desk, 1), server.place(&format!("{scheme}://shop/models")));
    assert_eq!(put(&folder, 1, &to).unwrap(), Published::New);
    let (whole, files) = (server.objects(), contents(&folder));
    for (path, bytes) in &files {
        let key = format!("models/1/{}", path.strip_prefix(&folder).unwrap().display());
        assert_eq!(whole.get(&key), Some(&crc32fast::hash(bytes)), "{key}");
    }
    assert_eq!(whole.len(), files.len() + 1);
    let mut num_taken_back = 0;
    // Google's requests are made by the same code: a sample.
    for n in (1..).step_by(if scheme == "gs" { 3 } else { 1 }) {
        server.ask("clear()");
        let end = if is_once { n + 1 } else { 1_000_000 };
        server.ask(&format!("disturb(refusing=range({n}, {end}))"));
        let outcome = put(&folder, 1, &to);
        let num_requests = server.ask("num_requests").as_u64().unwrap();
        server.ask("disturb()");
        let there = server.objects();
        let at = format!("{scheme}, once {is_once}, {n} of {num_requests}: {outcome:?} with {there:?}");
        let has_manifest = there.contains_key("models/1/hangtag-manifest.json");
        assert!(!has_manifest || whole.iter().all(|(key, sum)| there.get(key) == Some(sum)), "{at}");
        match &outcome {
            Ok(Published::New) => assert!(has_manifest, "{at}"),
            Err(PublishError::Store { .. }) => {
                assert!(there.is_empty() && server.num_unfinished() == 0, "nothing was left there: {at}");
                num_taken_back += u64::from(n > 3);
            }
            Err(PublishError::Unfinished { .. }) => assert!(n > 3, "nothing was written yet: {at}"),
            _ => panic!("{at}"),
        }
        let again = if has_manifest { Published::Already } else { Published::New };
        assert_eq!(put(&folder, 1, &to).unwrap(), again, "{at}");
        assert_eq!(server.objects(), whole, "{at}");
        if num_requests < n {
            break;
        }
    }
    assert_eq!(num_taken_back > 0, is_once, "what was put aside is removed where the store allows it");
}

#[test]
#[ignore = "needs Python with moto; run by .ci/run"]
fn parts_of_a_file_that_is_given_up_are_not_kept() {
    let desk = Desk::new();
    let server = Store::start();
    let folder = version(&desk, 1);
    fs::write(folder.join("variables/data"), vec![1_u8; 40_000_000]).unwrap();
    for scheme in ["s3", "gs"] {
        // Three looks, a small file and the beginning of the large one come before its first part.
        server.ask("disturb(refusing=range(6, 7))");
        let error = put(&folder, 1, &server.place(&format!("{scheme}://shop/models"))).unwrap_err();
        assert!(matches!(&error, PublishError::Store { .. }), "{error}");
        assert!(server.objects().is_empty() && server.num_unfinished() == 0, "{scheme}");
    }
}

#[test]
#[ignore = "needs Python with moto; run by .ci/run"]
fn what_somebody_else_brought_meanwhile_is_there_already() {
    let desk = Desk::new();
    let server = Store::start();
    let (folder, to) = (desk.at("exported"), server.place("s3://shop/models"));
    fs::create_dir(&folder).unwrap();
    ["a", "b"].iter().for_each(|name| fs::write(folder.join(name), name).unwrap());
    // Three looks, two files, the claim and three looks again come before the first copy.
    server.ask("disturb(holding=range(10, 11))");
    let both = thread::scope(|scope| {
        let late = scope.spawn(|| put(&folder, 1, &to));
        assert_eq!(server.ask("is_held.wait(60)"), json!(true));
        let early = put(&folder, 1, &to);
        server.ask("go_on.set()");
        [early, late.join().unwrap()]
    });
    assert!(matches!(both, [Ok(Published::New), Ok(Published::Already)]), "{both:?}");
    let there = server.objects().into_keys().collect::<Vec<_>>();
    assert_eq!(there, ["models/1/a", "models/1/b", "models/1/hangtag-manifest.json"]);
}

#[test]
#[ignore = "needs Python with moto; run by .ci/run"]
fn the_command_completes_what_was_refused_or_killed_midway() {
    let desk = taught_desk();
    let server = Store::start();
    let catalogue = desk.catalogue();
    desk.run(&[&"export", &"--catalogue", &catalogue, &"--format", &"bundle", &"--out", &desk.at("out")]).expect(0);
    let command = || {
        let what: [&dyn AsRef<OsStr>; 5] = [&"publish", &"--version", &"1", &"--format", &"bundle"];
        let mut command = desk.command(&what);
        command.arg("--catalogue").arg(&catalogue).args(["--to", "s3://shop/models"]).envs(server.settings());
        command
    };
    let publish = || Run::from(command().output().unwrap());
    publish().expect(0);
    let (whole, num_requests) = (server.objects(), server.ask("num_requests").as_u64().unwrap());
    // One of the first files, and the last to be copied to its place: after that come the manifest, the end of the claim, a
    // look at what lies aside, and a request for each of that.
    for n in [8, num_requests - whole.len() as u64 - 2] {
        for how in ["refusing", "holding"] {
            server.ask("clear()");
            server.ask(&format!("disturb({how}=range({n}, 1_000_000))"));
            if how == "refusing" {
                publish().expect(1).complains_of(&["403", "may be there", "publishing it again completes"]);
            } else {
                let mut child = command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
                assert_eq!(server.ask("is_held.wait(60)"), json!(true));
                child.kill().unwrap();
                child.wait().unwrap();
            }
            server.ask("disturb()");
            let there = server.objects();
            assert!(!there.is_empty() && !there.contains_key("models/1/hangtag-manifest.json"), "{how} {n}: {there:?}");
            publish().expect(0);
            assert_eq!(server.objects(), whole, "{how} {n}");
        }
    }
}
