//! Exports that are killed: at their place lies the whole of the new one, or what lay there before.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use super::{Tally, kill_after, moment, quiet};
use crate::support::{Desk, Dice, answers, contents, taught_desk};

/// Formats, and where each is put: two take each other's place.
const FORMATS: [(&str, &str); 4] =
    [("onnx", "model"), ("bundle", "model"), ("imagefolder", "photos-by-tag"), ("jsonl", "tags.jsonl")];

/// What lies at a place, by names from there on; nothing where there is nothing.
type Found = BTreeMap<PathBuf, Vec<u8>>;

pub fn run(rounds: usize) -> Tally {
    let mut tally = Tally::default();
    let mut dice = Dice(888_888);
    let desk = taught_desk();
    // What was learnt becomes a version once, which all exports of models are of.
    assert!(quiet(export(&desk, "onnx", &desk.at("first"), false)).wait().unwrap().success());
    let wholes = FORMATS.map(|(format, _)| {
        let out = desk.at(&format!("whole-{format}"));
        let started = Instant::now();
        assert!(quiet(export(&desk, format, &out, true)).wait().unwrap().success());
        (started.elapsed(), found_at(&out))
    });
    let journal = answers(&desk.open());
    while tally.killed < rounds {
        let number = tally.killed % FORMATS.len();
        let ((format, name), (time, whole)) = (FORMATS[number], &wholes[number]);
        let out = desk.at(name);
        if tally.killed / FORMATS.len() % 3 == 2 {
            remove(&out);
        }
        let before = found_at(&out);
        let (life, share) = moment(&mut dice, *time);
        let is_killed = kill_after(quiet(export(&desk, format, &out, true)), life);
        let found = found_at(&out);
        if is_killed {
            let is_written = found == *whole && before != *whole;
            tally.hit(share, if is_written { "in its place" } else { phase(&out) });
        }
        tally.half += usize::from(found != before && found != *whole);
        tally.look_at(&desk, &journal);
        let is_done = quiet(export(&desk, format, &out, true)).wait().unwrap().success();
        tally.stuck += usize::from(!is_done || found_at(&out) != *whole || beside(&out).exists());
    }
    tally
}

fn export(desk: &Desk, format: &str, out: &Path, is_of_version: bool) -> Command {
    let catalogue = desk.catalogue();
    let mut arguments: Vec<&dyn AsRef<OsStr>> =
        vec![&"export", &"--catalogue", &catalogue, &"--format", &format, &"--out", &out];
    if is_of_version && ["onnx", "bundle"].contains(&format) {
        arguments.extend([&"--version" as &dyn AsRef<OsStr>, &"1"]);
    }
    desk.command(&arguments)
}

/// Where it is built.
fn beside(out: &Path) -> PathBuf {
    out.with_file_name(format!("{}.part", out.file_name().unwrap().to_str().unwrap()))
}

fn phase(out: &Path) -> &'static str {
    let partial = beside(out);
    if partial.join("parity").exists() {
        "checking and writing the rest"
    } else if partial.exists() {
        "writing"
    } else {
        "before the first byte, or when it was there already"
    }
}

fn found_at(out: &Path) -> Found {
    if out.is_file() {
        return Found::from([(PathBuf::new(), fs::read(out).unwrap())]);
    }
    if !out.exists() {
        return Found::new();
    }
    contents(out).into_iter().map(|(path, bytes)| (path.strip_prefix(out).unwrap().to_owned(), bytes)).collect()
}

fn remove(out: &Path) {
    let _ = if out.is_dir() { fs::remove_dir_all(out) } else { fs::remove_file(out) };
}
