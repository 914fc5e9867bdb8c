//! A whole export: the model in its format, what belongs to every one, the check, and only then the folder's own name.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::graph::Graph;
use super::judge::Judgement;
use super::model::{LabelsFile, Model};
use super::onnx::{self, Input};
use super::parity::Parity;
use super::place::NewFolder;
use super::ranges::calibrate;
use super::serving::{Kit, Server};
use super::verified::{Checksums, checksums};
use super::{ExportError, Format, Numbers, Precision, bundle, card, check, coreml, earlier, saved_model, tflite};
use crate::progress::Progress;
use crate::vision::Crop;

static VERIFY_PY: &str = include_str!("verify.py");

/// How a photo becomes the prescribed input, for all the Python that goes along.
pub(super) static PREPARE_PY: &str = include_str!("prepare.py");

/// What is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub format: Format,
    pub precision: Precision,
    /// Keep an int8 model that misses its bounds.
    pub insists: bool,
    /// Add what a server needs.
    pub has_kit: bool,
    pub out: PathBuf,
}

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub out: PathBuf,
    pub format: Format,
    pub precision: Precision,
    pub version: u64,
    /// Of the model's own files, without the photos that it is checked with.
    pub num_bytes: u64,
    /// Of the model's own files.
    pub checksums: Checksums,
    pub writing_secs: f64,
    pub verdict: Verdict,
    pub judgement: Option<Judgement>,
    /// Photos of the check that taught the model nothing.
    pub num_held_out: usize,
}

/// Whether a written model was seen to give the app's answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Agrees,
    /// Kept all the same.
    Insisted(String),
    /// The app has no runtime of this kind: `verify.py` has to be run.
    NotYetVerified,
}

/// `hangtag.json`, by which `verify.py` and a later export know the folder.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Manifest {
    pub made_by: String,
    pub format: String,
    pub precision: String,
    pub version: u64,
    pub name: String,
    pub created: String,
    /// The model's own files.
    pub files: Vec<String>,
    /// Their checksums, by which a note of `verify.py` is known to be of them.
    #[serde(default)]
    pub sha256: Checksums,
    /// Every file in the folder, by its path with `/`: a later export may replace these and no others.
    #[serde(default)]
    pub parts: Vec<String>,
    pub verified: String,
    /// By how much a probability may differ on the very same input.
    pub bound: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Judgement>,
}

/// The file by which an export of ours is known.
pub(super) const MANIFEST: &str = "hangtag.json";

impl Request {
    /// Whether the format has this precision, and a kit if one is wanted.
    ///
    /// # Errors
    /// [`ExportError::NoSuchPrecision`] or [`ExportError::NoServer`].
    pub fn check_format(&self) -> Result<(), ExportError> {
        let &Self { format, precision, .. } = self;
        if !format.precisions().contains(&precision) {
            let offered: Vec<&str> = format.precisions().iter().map(|precision| precision.name()).collect();
            return Err(ExportError::NoSuchPrecision { format, precision, offered: offered.join(" or ") });
        }
        if self.has_kit && Server::of(format).is_none() {
            return Err(ExportError::NoServer(format));
        }
        Ok(())
    }

    /// Whether a version can be written so: what can be known before anything is computed.
    ///
    /// # Errors
    /// As [`Request::check_format`]; where the place holds something else, lies within another export, or cannot be
    /// written.
    pub fn check(&self, version: u64) -> Result<(), ExportError> {
        self.check_format()?;
        let place = self.place(version);
        if let Some(above) = place.parent().filter(|above| earlier::parts_of(above).is_some()) {
            return Err(ExportError::WithinExport(above.to_owned()));
        }
        Ok(NewFolder::check(&place, earlier::parts_of)?)
    }

    /// Where the model of a version lies. `TensorFlow` keeps the versions of a model side by side, each in a folder of its
    /// number.
    fn place(&self, version: u64) -> PathBuf {
        if self.format == Format::SavedModel { self.out.join(version.to_string()) } else { self.out.clone() }
    }
}

/// Writes and checks an export; `calibration` is what int8 is fitted to. Until the last step nothing that was there
/// before is touched. The network is let go of as soon as it is written.
///
/// # Errors
/// [`ExportError`]; an earlier export at the same place is then as it was.
pub fn write(
    request: &Request,
    mut model: Model,
    parity: &Parity,
    calibration: &[Crop],
    progress: &Progress,
) -> Result<Report, ExportError> {
    request.check_format()?;
    let &Request { format, precision, insists, has_kit, .. } = request;
    if parity.crops.is_empty() {
        return Err(ExportError::NoPhotos);
    }
    let out = &request.place(model.about.version);
    let staging = NewFolder::create(out, earlier::parts_of)?;
    let folder = staging.path();
    if let Some(server) = Server::of(format).filter(|_| has_kit) {
        let kit = folder.join("serving");
        let before = earlier::version_beside(out, format, model.about.version);
        Kit::new(server, &model, before).write(&kit).map_err(ExportError::at(&kit))?;
    }
    let numbers = match precision {
        Precision::F32 => Numbers::F32,
        Precision::F16 => Numbers::F16,
        Precision::Int8 => Numbers::I8(calibrate(&model, &Graph::of(&model), calibration, progress)?),
    };
    let started = Instant::now();
    let files = write_model(format, &model, &numbers, folder)?;
    let writing_secs = started.elapsed().as_secs_f64();
    // What was written is read next, which takes as much memory again.
    model.network.stages.clear();
    stop_if_cancelled(progress)?;

    let labels = LabelsFile::of(&model);
    write_json(&folder.join("labels.json"), &labels)?;
    write_json(&folder.join("preprocess.json"), &model.spec.preprocess)?;
    parity.write(&folder.join("parity"))?;
    write_text(&folder.join("verify.py"), VERIFY_PY)?;
    write_text(&folder.join("prepare.py"), PREPARE_PY)?;
    if let Some(notice) = model.source.notice() {
        write_text(&folder.join("NOTICE"), &notice)?;
    }

    let found = run_here(format, &model, folder, parity, progress)?;
    stop_if_cancelled(progress)?;
    let judgements: Vec<Judgement> = found.iter().map(|found| Judgement::of(parity, &labels, found)).collect();
    let fault = judgements.iter().find_map(|judgement| judgement.fault(precision));
    let verdict = match fault {
        Some(fault) if insists && precision == Precision::Int8 => Verdict::Insisted(fault),
        Some(fault) => return Err(ExportError::Differs(fault)),
        None if judgements.is_empty() => Verdict::NotYetVerified,
        None => Verdict::Agrees,
    };
    // Of several graphs of one model the one that is furthest off is told.
    let judgement = judgements.into_iter().max_by(|a, b| a.largest_difference.total_cmp(&b.largest_difference));
    let sizes = files.iter().map(|file| fs::metadata(folder.join(file)).map(|metadata| metadata.len()));
    let num_bytes = sizes.sum::<std::io::Result<u64>>().map_err(ExportError::at(folder))?;
    let report = Report {
        out: out.clone(),
        format,
        precision,
        version: model.about.version,
        num_bytes,
        checksums: checksums(folder, &files).map_err(ExportError::at(folder))?,
        writing_secs,
        verdict,
        judgement,
        num_held_out: parity.num_held_out(),
    };
    write_text(&folder.join("README.md"), &card::card(&model, &report, &files))?;
    let mut parts = staging.files().map_err(ExportError::at(folder))?;
    parts.push(MANIFEST.to_owned());
    parts.sort_unstable();
    write_json(&folder.join(MANIFEST), &manifest(&model, &report, files, parts))?;
    staging.keep()?;
    Ok(report)
}

/// Writes the model's own files alone, unchecked, and gives their names in the folder.
///
/// # Errors
/// Where the folder cannot be written.
pub fn write_model(
    format: Format,
    model: &Model,
    numbers: &Numbers,
    folder: &Path,
) -> Result<Vec<String>, ExportError> {
    let graph = &Graph::of(model);
    match format {
        Format::SavedModel => saved_model::write(model, graph, folder),
        Format::TfLite => {
            write_file(&folder.join(tflite::FILE_NAME), |to| tflite::write(model, graph, numbers, to))?;
            Ok(vec![tflite::FILE_NAME.to_owned()])
        }
        Format::CoreMl => coreml::write(model, graph, numbers, folder),
        Format::Bundle => {
            bundle::write(model, folder)?;
            Ok(["weights.safetensors", "config.json", "model.py"].map(str::to_owned).to_vec())
        }
        Format::Onnx => [Input::Floats, Input::Bytes]
            .into_iter()
            .map(|input| {
                let name = input.file_name();
                write_file(&folder.join(name), |to| onnx::write(model, graph, numbers, input, to))?;
                Ok(name.to_owned())
            })
            .collect(),
    }
}

/// What each graph of the written model says of each photo of the set; nothing where only another program can tell.
fn run_here(
    format: Format,
    model: &Model,
    folder: &Path,
    parity: &Parity,
    progress: &Progress,
) -> Result<Vec<Vec<Vec<f32>>>, ExportError> {
    match format {
        Format::SavedModel | Format::TfLite | Format::CoreMl => Ok(Vec::new()),
        Format::Bundle => Ok(vec![bundle::run(folder, parity)?]),
        Format::Onnx => [Input::Floats, Input::Bytes]
            .into_iter()
            .map(|input| {
                check::run_onnx(&folder.join(input.file_name()), input, parity, &model.spec.preprocess, progress)
            })
            .collect(),
    }
}

fn manifest(model: &Model, report: &Report, files: Vec<String>, parts: Vec<String>) -> Manifest {
    Manifest {
        made_by: format!("Hangtag {}", env!("CARGO_PKG_VERSION")),
        format: report.format.name().to_owned(),
        precision: report.precision.name().to_owned(),
        version: model.about.version,
        name: model.about.name.clone(),
        created: model.about.created.clone(),
        files,
        sha256: report.checksums.clone(),
        parts,
        verified: match &report.verdict {
            Verdict::Agrees => "by the app".to_owned(),
            Verdict::Insisted(fault) => format!("beyond its bounds, kept on demand: {fault}"),
            Verdict::NotYetVerified => "not by the app: see the `verified.json` of `python verify.py`".to_owned(),
        },
        bound: report.precision.bound(),
        judgement: report.judgement.clone(),
    }
}

fn stop_if_cancelled(progress: &Progress) -> Result<(), ExportError> {
    if progress.is_cancelled() { Err(ExportError::Cancelled) } else { Ok(()) }
}

pub(super) fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), ExportError> {
    let written = File::create(path).and_then(|file| {
        let mut to = BufWriter::with_capacity(1 << 20, file);
        write(&mut to)?;
        to.flush()
    });
    written.map_err(ExportError::at(path))
}

fn write_text(path: &Path, text: &str) -> Result<(), ExportError> {
    write_file(path, |to| to.write_all(text.as_bytes()))
}

pub(super) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), ExportError> {
    write_file(path, |to| {
        serde_json::to_writer_pretty(&mut *to, value)?;
        to.write_all(b"\n")
    })
}
