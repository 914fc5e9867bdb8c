//! Nothing leaves the computer unless a person asks for it, and nothing is written but where it belongs: the commands
//! under strace.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;

use crate::support::{Desk, Run, lay_demo};

#[path = "../faults/traced.rs"]
#[allow(dead_code, reason = "the faults use the rest of it")]
pub mod traced;

use traced::{FILE_CALLS, elsewhere, internet_sockets, strace, touched};

/// Runs the program under strace; gives what it said, and what sockets and files it and its threads opened.
fn run_traced(desk: &Desk, arguments: &[&dyn AsRef<OsStr>], variables: &[(&str, &str)]) -> (Run, String) {
    let log = desk.at("trace.log");
    let calls = format!("trace=socket,{FILE_CALLS}");
    let mut program = strace(desk, &["-y", "-e", &calls], &log, &desk.command(arguments));
    let output = program.envs(variables.iter().copied()).output().expect("strace is installed");
    (Run::from(output), fs::read_to_string(log).expect("strace writes its log"))
}

/// Where a command may write: into the catalogue and what belongs to it, its own folders, and what it is told to write.
fn allowed(desk: &Desk) -> Vec<PathBuf> {
    let endings = ["", "-wal", "-shm", "-journal", "-lock", "-ready", "-ready-journal", "-data"];
    let catalogue = endings.map(|ending| desk.at(&format!("work.hangtag{ending}")));
    let own = ["home/data/hangtag", "home/cache/hangtag", "out"].map(|folder| desk.at(folder));
    // What a program always has.
    let systems = ["/dev/null", "/proc/self"].map(PathBuf::from);
    catalogue.into_iter().chain(own).chain(systems).collect()
}

/// Runs a command, which must open no internet socket and write only where it may.
#[track_caller]
fn assert_keeps_to_itself(desk: &Desk, arguments: &[&dyn AsRef<OsStr>], status: i32) {
    let words: Vec<&OsStr> = arguments.iter().map(AsRef::as_ref).collect();
    // A measurement works in the system's folder for temporary files, and nothing else may.
    let out = desk.at("out");
    let temporary = [("TMPDIR", out.to_str().unwrap())];
    let (run, log) = run_traced(desk, arguments, if words[0] == "bench" { &temporary[..] } else { &[] });
    let run = run.expect(status);
    assert!(log.contains("exited with"), "strace followed the program: {log}");
    let sockets = internet_sockets(&log);
    assert!(sockets.is_empty(), "{words:?}: {sockets:#?}\n{}", run.stderr);
    let touched = touched(&log, &desk.at(""));
    let elsewhere = elsewhere(&touched, &allowed(desk));
    assert!(elsewhere.is_empty(), "{words:?}: {elsewhere:#?}");
}

/// Cuts the catalogue off in the middle, as a disk that went bad does.
fn damage(desk: &Desk) {
    let whole = fs::read(desk.catalogue()).unwrap();
    fs::write(desk.catalogue(), &whole[..whole.len() / 2]).unwrap();
}

#[test]
#[ignore = "needs strace; run by .ci/run"]
fn no_command_opens_a_network_socket_or_writes_elsewhere() {
    let desk = Desk::new();
    for kind in ["mugs", "bowls"] {
        lay_demo(&desk.photos(), kind, 6);
    }
    lay_demo(&desk.at("others"), "balls", 6);
    let (catalogue, shelf) = (desk.catalogue(), desk.at("out/shelf"));
    let commands: [(&[&dyn AsRef<OsStr>], i32); 24] = [
        (&[&"tag", &"photos"], 0),
        (&[&"import", &"photos", &"--catalogue", &catalogue, &"--labels-from", &"last-folder"], 0),
        (&[&"import", &"others", &"--catalogue", &catalogue], 0),
        (&[&"label", &"--catalogue", &catalogue, &"mugs/mug-01.jpg", &"category=cup"], 0),
        (&[&"labels", &"--catalogue", &catalogue], 0),
        (&[&"tag", &"photos", &"--catalogue", &catalogue], 0),
        (&[&"evaluate", &"--catalogue", &catalogue, &"--on", &"photos", &"--labels-from", &"last-folder"], 0),
        // Twelve labels bear out no more than that.
        (&[&"apply", &"--catalogue", &catalogue, &"--precision", &"0.5"], 0),
        (
            &[&"train", &"--catalogue", &catalogue, &"--unfreeze", &"head", &"--epochs", &"1", &"--activate", &"never"],
            0,
        ),
        (
            &[&"train", &"--catalogue", &catalogue, &"--unfreeze", &"head", &"--epochs", &"2", &"--activate", &"never"],
            0,
        ),
        (&[&"runs", &"--catalogue", &catalogue, &"list"], 0),
        (&[&"runs", &"--catalogue", &catalogue, &"show", &"1"], 0),
        (&[&"versions", &"--catalogue", &catalogue, &"list"], 0),
        (&[&"versions", &"--catalogue", &catalogue, &"use", &"1"], 0),
        (&[&"versions", &"--catalogue", &catalogue, &"diff", &"1", &"2"], 0),
        (&[&"versions", &"--catalogue", &catalogue, &"rename", &"2", &"spring"], 0),
        (&[&"versions", &"--catalogue", &catalogue, &"delete", &"2"], 0),
        (&[&"publish", &"--catalogue", &catalogue, &"--version", &"1", &"--format", &"bundle", &"--to", &shelf], 0),
        (&[&"models", &"calibrate", &"--catalogue", &catalogue], 0),
        (&[&"models", &"use", &"starter", &"--catalogue", &catalogue], 0),
        (&[&"models", &"list"], 0),
        // A model that is not here is named, not fetched.
        (&[&"tag", &"photos", &"--model", &"resnet18"], 1),
        (&[&"bench", &"tag", &"photos"], 0),
        (&[&"check", &"--catalogue", &catalogue], 0),
    ];
    for (arguments, status) in commands {
        assert_keeps_to_itself(&desk, arguments, status);
    }
    assert!(shelf.join("1").exists());

    // As a kill leaves them.
    let unfinished = "UPDATE runs SET state = 'interrupted', version = NULL";
    assert_eq!(Connection::open(&catalogue).unwrap().execute(unfinished, []).unwrap(), 2);
    let [csv, served, scratch] = ["out/labels.csv", "out/served", "out/scratch"].map(|name| desk.at(name));
    let more: [&[&dyn AsRef<OsStr>]; 12] = [
        &[&"runs", &"--catalogue", &catalogue, &"discard", &"2"],
        &[&"train", &"--catalogue", &catalogue, &"--resume", &"1"],
        &[&"labels", &"--catalogue", &catalogue, &"--out", &csv],
        &[&"import", &"photos", &"--catalogue", &catalogue, &"--labels-from", &csv],
        &[
            &"export",
            &"--catalogue",
            &catalogue,
            &"--version",
            &"1",
            &"--format",
            &"savedmodel",
            &"--serving",
            &"--out",
            &served,
        ],
        &[&"bench", &"features", &"others"],
        &[&"bench", &"layers"],
        &[&"bench", &"head", &"photos"],
        &[&"bench", &"train", &"photos", &"--unfreeze", &"head", &"--epochs", &"2", &"--limit", &"4"],
        &[&"bench", &"export", &"--scratch", &scratch],
        &[&"bench", &"catalogue", &"--rows", &"100", &"--scratch", &scratch],
        &[&"bench", &"window", &"--rows", &"60", &"--scratch", &scratch],
    ];
    for arguments in more {
        assert_keeps_to_itself(&desk, arguments, 0);
    }
    for format in ["bundle", "onnx", "savedmodel", "tflite", "coreml"] {
        let out = desk.at(&format!("out/{format}"));
        let arguments: [&dyn AsRef<OsStr>; 9] =
            [&"export", &"--catalogue", &catalogue, &"--version", &"1", &"--format", &format, &"--out", &out];
        assert_keeps_to_itself(&desk, &arguments, 0);
        assert!(out.exists(), "{format}");
    }
    for format in ["jsonl", "xmp", "folders", "imagefolder", "tfrecord", "parquet", "shopify", "woocommerce"] {
        let out = desk.at(&format!("out/{format}"));
        assert_keeps_to_itself(
            &desk,
            &[&"export", &"--catalogue", &catalogue, &"--format", &format, &"--out", &out],
            0,
        );
        assert!(out.exists(), "{format}");
    }

    damage(&desk);
    for (command, status) in [("check", 1), ("repair", 0), ("restore", 0), ("check", 0)] {
        assert_keeps_to_itself(&desk, &[&command, &"--catalogue", &catalogue], status);
    }
}

#[test]
#[ignore = "needs strace; run by .ci/run"]
fn a_download_that_was_asked_for_does() {
    // Nobody listens at that port, so it fails; but it shows that the test above would see a socket.
    let desk = Desk::new();
    let endpoint = [("HF_ENDPOINT", "http://127.0.0.1:9")];
    let (run, log) = run_traced(&desk, &[&"models", &"get", &"resnet18"], &endpoint);
    run.expect(1).complains_of(&["127.0.0.1", "hangtag models get resnet18"]);
    assert!(!internet_sockets(&log).is_empty(), "{log}");
}
