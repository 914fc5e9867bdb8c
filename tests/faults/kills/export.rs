//! Exports that are killed: at their place lies the whole of the new one, or what lay there before.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Tally;
use super::aim::{Life, quiet};
use crate::support::{Desk, Dice, answers, contents, lay_tiny, taught_desk};

/// A kind of export, and what its file or folder is called. Models take each other's place.
struct Kind {
    format: &'static str,
    name: &'static str,
}

const KINDS: [Kind; 13] = [
    Kind { format: "onnx", name: "model" },
    Kind { format: "jsonl", name: "tags.jsonl" },
    Kind { format: "savedmodel", name: "served" },
    Kind { format: "folders", name: "photos-by-tag" },
    Kind { format: "bundle", name: "model" },
    Kind { format: "tfrecord", name: "records" },
    Kind { format: "tflite", name: "model" },
    Kind { format: "xmp", name: "sidecars" },
    Kind { format: "coreml", name: "model" },
    Kind { format: "parquet", name: "tags.parquet" },
    Kind { format: "imagefolder", name: "images" },
    Kind { format: "shopify", name: "shopify.csv" },
    Kind { format: "woocommerce", name: "woocommerce.csv" },
];

/// Photos in data sets, so that writing these takes its time too.
const PHOTOS: u32 = 600;

/// What lies at a place, by names from there on; nothing where there is nothing.
pub type Found = BTreeMap<PathBuf, Vec<u8>>;

pub(super) fn run(tally: &mut Tally) {
    let mut dice = Dice(888_888);
    let (models, data_sets) = (taught_desk(), labelled_desk());
    // What was learnt becomes a version once, which all exports of models are of.
    assert!(quiet(export(&models, "onnx", &models.at("first"))).wait().unwrap().success());
    let journals = [&models, &data_sets].map(|desk| answers(&desk.open()));
    let mut known: BTreeMap<&str, (Life, Found)> = BTreeMap::new();
    while tally.is_short() {
        let Kind { format, name } = KINDS[tally.attempts % KINDS.len()];
        let (desk, journal) = if is_model(format) { (&models, &journals[0]) } else { (&data_sets, &journals[1]) };
        let (life, whole) = known.entry(format).or_insert_with(|| left_alone(desk, format));
        let out = desk.at(name);
        let place = place(format, &out);
        // Sidecars that say it all already are not written again.
        if format == "xmp" || tally.attempts / KINDS.len() % 3 == 2 {
            remove(&place);
        }
        let before = found_at(&place);
        let hit = tally.strike(export(desk, format, &out), *life, || is_at_work(format, &place), &mut dice);
        let found = found_at(&place);
        if let Some(hit) = hit {
            let is_in_place = found == *whole && before != *whole;
            let is_at_work = hit.is_at_work && !(format == "xmp" && is_in_place);
            tally.hit(hit.share, if is_in_place { "in its place" } else { phase(format, &place) }, is_at_work);
            *tally.kinds.entry(format).or_default() += usize::from(is_at_work);
        }
        // Each sidecar is an export of its own.
        let is_whole = |(name, bytes): (&PathBuf, &Vec<u8>)| {
            name.extension().is_some_and(|ending| ending == "part") || whole.get(name) == Some(bytes)
        };
        let is_sound = found == before || found == *whole || (format == "xmp" && found.iter().all(is_whole));
        tally.half += usize::from(!is_sound);
        tally.look_at(desk, journal);
        let is_done = quiet(export(desk, format, &out)).wait().unwrap().success();
        tally.stuck += usize::from(!is_done || found_at(&place) != *whole || beside(&place).exists());
    }
}

fn is_model(format: &str) -> bool {
    ["onnx", "savedmodel", "bundle", "tflite", "coreml"].contains(&format)
}

/// A catalogue of many small photos that were labelled by their folders.
fn labelled_desk() -> Desk {
    let desk = Desk::new();
    lay_tiny(&desk.photo("tiny"), PHOTOS);
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue(), &"--labels-from", &"last-folder"])
        .expect(0);
    desk
}

pub fn export(desk: &Desk, format: &str, out: &Path) -> Command {
    let catalogue = desk.catalogue();
    let mut arguments: Vec<&dyn AsRef<OsStr>> =
        vec![&"export", &"--catalogue", &catalogue, &"--format", &format, &"--out", &out];
    if is_model(format) && !desk.open().versions().is_empty() {
        arguments.extend([&"--version" as &dyn AsRef<OsStr>, &"1"]);
    }
    desk.command(&arguments)
}

/// How long an export takes that nobody kills, and what it writes.
fn left_alone(desk: &Desk, format: &str) -> (Life, Found) {
    let out = desk.at(&format!("whole-{format}"));
    let place = place(format, &out);
    let life = Life::of(export(desk, format, &out), || is_at_work(format, &place));
    let whole = found_at(&place);
    remove(&out);
    (life, whole)
}

/// Where the export itself lies: of a SavedModel in the folder of its version.
pub fn place(format: &str, out: &Path) -> PathBuf {
    if format == "savedmodel" { out.join("1") } else { out.to_owned() }
}

/// Where it is built.
pub fn beside(place: &Path) -> PathBuf {
    place.with_file_name(format!("{}.hangtag.part", place.file_name().unwrap().to_str().unwrap()))
}

/// Whether it is being written. Sidecars are so one by one, at their places.
fn is_at_work(format: &str, place: &Path) -> bool {
    if format == "xmp" { place.exists() } else { beside(place).exists() }
}

fn phase(format: &str, place: &Path) -> &'static str {
    if beside(place).join("parity").exists() {
        "checking and writing the rest"
    } else if is_at_work(format, place) {
        "writing"
    } else {
        "before the first byte, or when it was there already"
    }
}

pub fn found_at(place: &Path) -> Found {
    if place.is_file() {
        return Found::from([(PathBuf::new(), fs::read(place).unwrap())]);
    }
    if !place.exists() {
        return Found::new();
    }
    contents(place).into_iter().map(|(path, bytes)| (path.strip_prefix(place).unwrap().to_owned(), bytes)).collect()
}

pub fn remove(place: &Path) {
    let _ = if place.is_dir() { fs::remove_dir_all(place) } else { fs::remove_file(place) };
}
