//! Measurements of writing a model: how long it takes, and in how much memory.

use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use super::{cpu, peak_rss_mb, seconds};
use crate::export::{About, ExportError, Format, Head, Model, Numbers, Precision, write_model};
use crate::failure::Failure;
use crate::vision::ModelSource;

/// Tags of the made-up head.
const TAGS: usize = 100;

/// How fast a model is written. The check is not part of it: it takes as long as running the model on 200 photos.
#[derive(Debug, Serialize)]
pub struct ExportFigures {
    pub format: &'static str,
    pub precision: &'static str,
    pub files: usize,
    pub megabytes: f64,
    /// Reading the weights and folding them.
    pub seconds_reading: f64,
    pub seconds_writing: f64,
    /// Until the system says that all of it is on the disk.
    pub seconds_to_disk: f64,
    pub peak_rss_mb: Option<f64>,
    pub cpu: String,
}

/// Writes a model with a made-up head of a hundred tags into a folder.
///
/// # Errors
/// Where the weights cannot be read or the folder not written; int8 is not measured, since it needs photos.
pub fn measure_export(
    source: &ModelSource,
    format: Format,
    precision: Precision,
    folder: &Path,
) -> Result<ExportFigures, Failure> {
    let failed = |error: &ExportError| Failure::new("measuring", error);
    let numbers = match precision {
        Precision::F32 => Numbers::F32,
        Precision::F16 => Numbers::F16,
        Precision::Int8 => {
            let reason = std::io::Error::other("int8 needs photos to be fitted to");
            return Err(Failure::new("measuring", &reason).try_next("Measure f32 or f16"));
        }
    };
    let started = Instant::now();
    let (network, spec) = source.folded().map_err(|error| failed(&error.into()))?;
    let head = Head {
        group: "made up".to_owned(),
        is_one_of: true,
        tags: (0..TAGS).map(|tag| format!("tag {tag}")).collect(),
        weight: vec![0.01; TAGS * spec.feature_dim()],
        bias: vec![0.0; TAGS],
        temperature: 1.0,
    };
    let model = Model { about: About::default(), spec, source: source.clone(), network, heads: vec![head] };
    let seconds_reading = started.elapsed().as_secs_f64();
    let (seconds_writing, files) = seconds(|| write_model(format, &model, &numbers, folder));
    let files = files.map_err(|error| failed(&error))?;
    let on_disk = |file: &String| {
        let file = std::fs::File::open(folder.join(file))?;
        file.sync_all()?;
        Ok(file.metadata()?.len())
    };
    let (seconds_to_disk, sizes) = seconds(|| files.iter().map(on_disk).sum::<std::io::Result<u64>>());
    let num_bytes = sizes.map_err(|error| Failure::new("measuring", &error).at(folder))?;
    Ok(ExportFigures {
        format: format.name(),
        precision: precision.name(),
        files: files.len(),
        megabytes: num_bytes as f64 / 1e6,
        seconds_reading,
        seconds_writing,
        seconds_to_disk,
        peak_rss_mb: peak_rss_mb(),
        cpu: cpu(),
    })
}
