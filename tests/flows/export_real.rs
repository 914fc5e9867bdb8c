//! Exports on real photos: the same answers in every runtime, and what int8 costs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hangtag::catalogue::{ImageState, photos_in};
use hangtag::export::{Format, Parity, Precision, Report, Request};
use hangtag::imaging;
use hangtag::workspace::{JobState, JobSummary, LabelsFrom, Opening, Workspace};
use serde_json::Value;

use crate::support::{Desk, Run, python, run_python, script, settle_within};

/// Some thousands of photos, on a machine that may do other things.
const PATIENCE: Duration = Duration::from_mins(40);

/// Least share of decisions that stay as they are in fewer bits, where tags that are nearly as likely change places.
const AGREEMENT: f64 = 0.97;

#[test]
#[ignore = "needs ../shared/data and Python with the runtimes of tests/flows/requirements-export.txt; run by .ci/run"]
fn groceries_get_the_same_tag_from_every_runtime() {
    let desk = Desk::new();
    // Whatever it has learnt, all runtimes must say the same; these photos are few enough to learn from in a test.
    let mut taught = taught(&desk, "grocery/val");
    let folder = desk.at("prescribed");
    let unusual = unusual_photos(&desk, &data("grocery/val"));
    let num_photos = write_prescribed(&taught, &[data("grocery/val"), unusual], &desk, &folder);
    assert_eq!(num_photos, 296 + 30);
    for (format, precision) in [
        (Format::Bundle, Precision::F32),
        (Format::Onnx, Precision::F32),
        (Format::SavedModel, Precision::F32),
        (Format::TfLite, Precision::F32),
        (Format::Onnx, Precision::F16),
        (Format::TfLite, Precision::F16),
        (Format::Onnx, Precision::Int8),
        (Format::TfLite, Precision::Int8),
    ] {
        let report = export(&mut taught, format, precision, &desk.at(&format!("{format} {precision}")));
        let results = top1(&report.out, &folder);
        println!("{format} {precision}: {:.1} MB, {results}", report.num_bytes as f64 / 1e6);
        for result in results.as_array().unwrap() {
            let count = |name: &str| result[name].as_u64().unwrap() as usize;
            let largest = result["largest"].as_f64().unwrap();
            let least = match precision {
                Precision::F32 => num_photos,
                Precision::F16 | Precision::Int8 => (AGREEMENT * num_photos as f64).ceil() as usize,
            };
            assert!(count("same") >= least, "{format} {precision}: {result}");
            assert!(
                precision.bound().is_none_or(|bound| largest <= f64::from(bound)),
                "{format} {precision}: {result}"
            );
        }
        if format == Format::TfLite {
            assert!(report.num_bytes < 40_000_000 && (precision != Precision::Int8 || report.num_bytes < 10_000_000));
        }
    }
}

/// A workspace that was taught the folder names of these photos.
fn taught(desk: &Desk, part: &str) -> Workspace {
    let mut taught = desk.open_looking();
    taught.start_import(&data(part));
    settle_within(&mut taught, PATIENCE);
    taught.take_in_labels(&LabelsFrom::LastFolder, None, false).unwrap();
    settle_within(&mut taught, PATIENCE);
    taught.freeze(None).unwrap();
    settle_within(&mut taught, PATIENCE);
    taught
}

fn export(workspace: &mut Workspace, format: Format, precision: Precision, out: &Path) -> Report {
    let request = Request { format, precision, insists: false, has_kit: false, out: out.to_owned() };
    workspace.start_export(1, request).unwrap();
    settle_within(workspace, PATIENCE);
    let reports = workspace.jobs().iter().filter_map(|job| match &job.state {
        JobState::Done(JobSummary::Exported(report)) => Some(report.clone()),
        _ => None,
    });
    reports.max_by_key(|report| report.out.starts_with(out)).unwrap()
}

/// A folder with photos turned by EXIF, transparent, grey, in 16 bits and in CMYK, made of six that are spread over
/// another folder.
fn unusual_photos(desk: &Desk, photos: &Path) -> PathBuf {
    let folder = desk.at("unusual");
    let all = photos_in(photos);
    let some = all.iter().step_by(all.len() / 6).take(6);
    Run::from(python().arg(script("unusual_photos.py")).arg(&folder).args(some).output().unwrap()).expect(0);
    folder
}

/// Writes every photo below folders as the network sees it, with the app's own answers; gives their number.
fn write_prescribed(taught: &Workspace, photos: &[PathBuf], desk: &Desk, folder: &Path) -> usize {
    let mut looking =
        Workspace::open(Opening { looks_at_photos: false, ..Opening::quiet(None, desk.places()) }).unwrap();
    for photos in photos {
        looking.start_import(photos);
        settle_within(&mut looking, PATIENCE);
    }
    let model = taught.model().expect("the starter is read");
    let mut parity = Parity::default();
    for image in looking.listing().images.iter().filter(|image| image.state == ImageState::Ok) {
        let picture = imaging::decode(&fs::read(looking.listing().path_of(image)).unwrap()).unwrap();
        parity.crops.push(model.backbone.spec().preprocess.crop(&picture));
    }
    for features in model.backbone.embeddings(&parity.crops).unwrap() {
        parity.expected.push(taught.heads().groups.iter().flat_map(|head| head.head.answer(&features)).collect());
    }
    parity.write(folder).unwrap();
    parity.crops.len()
}

fn data(part: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(part);
    assert!(folder.is_dir(), "{} is missing", folder.display());
    folder
}

fn top1(export: &Path, folder: &Path) -> Value {
    run_python(&[&script("top1.py"), &export, &folder]).expect(0).json()
}
