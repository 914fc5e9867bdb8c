//! Measurements of the network: alone, from files, and step by step.

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use image::RgbImage;
use rayon::prelude::*;
use serde::Serialize;

use super::{cpu, peak_rss_mb, photos_of, prepare};
use crate::failure::Failure;
use crate::imaging::{self, ImagingError};
use crate::progress::Progress;
use crate::vision::cpu::{Operands, StepTime};
use crate::vision::{Backbone, Calibration, Crop, Feature};

/// Inference is repeated until this much time has passed, and three times at least. What is built for tests only has to
/// give figures.
const MIN_SECONDS: f64 = if cfg!(debug_assertions) { 0.1 } else { 3.0 };

/// Photos go from files to features until there are no more, or for this long.
const MAX_SECONDS: f64 = 20.0;

const BATCH: usize = 16;

/// Decoded batches that may wait for the network.
const QUEUE: usize = 2;

/// Runs of which the shortest time of each step counts.
const NUM_RUNS: usize = 20;

/// A way of decoding a photo.
type Decode<'a> = dyn Fn(&[u8]) -> Result<RgbImage, ImagingError> + Sync + 'a;

/// How fast the network is, alone and from files.
#[derive(Debug, Serialize)]
pub struct FeatureFigures {
    pub engine: String,
    pub precision: String,
    pub threads: usize,
    pub size: u32,
    /// Images per second, by the median of the batches' times.
    pub inference_batch1: f64,
    pub inference_batch16: f64,
    /// From files, decoding in full on all threads while the network works.
    pub end_to_end_batch16: f64,
    /// The same with large JPEGs decoded no finer than is needed.
    pub end_to_end_reduced_batch16: f64,
    /// Mean cosine between the features of both ways of decoding.
    pub reduced_cosine: f64,
    /// Mean cosine between its features and the processor's in f32, on the same pixels.
    pub f32_cosine: f64,
    /// Share of those photos for which the likeliest everyday word is the same; none of a network that knows none.
    pub f32_top1: Option<f64>,
    pub peak_rss_mb: Option<f64>,
    pub cpu: String,
}

/// How fast a step of the network is.
#[derive(Debug, Serialize)]
pub struct LayerFigures {
    pub layer: String,
    /// The type of number: `f32`, `bf16`, `int8`, `int16`; none of the whole, and where nothing is multiplied.
    pub multiplies: Option<&'static str>,
    /// Multiplications of the batch, counted as the plain convolution needs them.
    pub macs: u64,
    /// Those that are done: a transform saves some.
    pub macs_done: u64,
    pub ms: f64,
    /// Thousands of millions of the plain convolution's multiplications a second: a transform shows as more than the
    /// processor can do.
    pub gmacs_per_second: f64,
    /// What is done, of what all threads' cores do at best with this type of number, by a loop in registers measured in
    /// the same run.
    pub percent_of_peak: f64,
}

impl From<StepTime> for LayerFigures {
    fn from(step: StepTime) -> Self {
        Self {
            layer: step.name,
            multiplies: step.operands.map(Operands::name),
            macs: step.macs,
            macs_done: step.macs_done,
            ms: rounded(step.seconds * 1e3, 1e3),
            gmacs_per_second: rounded(step.macs as f64 / step.seconds / 1e9, 10.0),
            percent_of_peak: rounded(100.0 * step.least_seconds / step.seconds, 10.0),
        }
    }
}

/// The features in f32 of some photos of the folder, decoded in full: what other precisions are held against.
///
/// # Errors
/// Where the folder holds no photo or the network cannot run.
pub fn f32_features(backbone: &Backbone, folder: &Path) -> Result<Vec<Feature>, Failure> {
    let paths = photos_of(folder)?;
    features_of(
        backbone,
        &compared(&paths).filter_map(|path| crop(backbone, path, &imaging::decode)).collect::<Vec<_>>(),
    )
}

/// Times the network on photos of the folder, alone at batch 1 and 16, and from files at batch 16; `in_f32` is what
/// [`f32_features`] gave.
///
/// # Errors
/// Where the folder holds no photo or the network cannot run.
pub fn measure_features(backbone: &Backbone, folder: &Path, in_f32: &[Feature]) -> Result<FeatureFigures, Failure> {
    let paths = photos_of(folder)?;
    forget_peak_rss();
    let crops = some_crops(backbone, &paths, BATCH)?;
    let preprocess = &backbone.spec().preprocess;
    let (reduced_cosine, f32_cosine, f32_top1) = agreement(backbone, &paths, in_f32)?;
    Ok(FeatureFigures {
        engine: backbone.engine(),
        precision: backbone.precision().into(),
        threads: rayon::current_num_threads(),
        size: backbone.spec().preprocess.crop,
        inference_batch1: images_per_second(backbone, &crops[..1])?,
        inference_batch16: images_per_second(backbone, &crops)?,
        end_to_end_batch16: end_to_end(backbone, &paths, &imaging::decode)?,
        end_to_end_reduced_batch16: end_to_end(backbone, &paths, &|photo| preprocess.decode_reduced(photo))?,
        reduced_cosine,
        f32_cosine,
        f32_top1,
        peak_rss_mb: peak_rss_mb(),
        cpu: cpu(),
    })
}

/// The calibration that some photos of the folder give.
///
/// # Errors
/// Where the folder holds no photo, or candle runs the network.
pub fn calibrate_on(backbone: &Backbone, folder: &Path) -> Result<Calibration, Failure> {
    const PHOTOS: usize = 64;
    let crops = some_crops(backbone, &photos_of(folder)?, PHOTOS)?;
    let none = || Failure::new("calibrating", &std::io::Error::other("only the processor's own engine has int8"));
    backbone.calibrate(&crops, &Progress::default()).ok_or_else(none)
}

/// The first photos that can be decoded.
fn some_crops(backbone: &Backbone, paths: &[PathBuf], count: usize) -> Result<Vec<Crop>, Failure> {
    let crops: Vec<Crop> = paths.iter().filter_map(|path| prepare(path, backbone).crop).take(count).collect();
    if crops.is_empty() {
        return Err(Failure::new("measuring", &std::io::Error::other("no photo of the folder could be decoded")));
    }
    Ok(crops)
}

/// Times every step of the network on a batch; the last line is the whole.
#[must_use]
pub fn measure_layers(backbone: &Backbone, images: usize) -> Vec<LayerFigures> {
    let mut steps = backbone.time_steps(images, NUM_RUNS);
    if !steps.is_empty() {
        let add = |all: StepTime, step: &StepTime| StepTime {
            macs: all.macs + step.macs,
            macs_done: all.macs_done + step.macs_done,
            seconds: all.seconds + step.seconds,
            least_seconds: all.least_seconds + step.least_seconds,
            ..all
        };
        let all = steps.iter().fold(StepTime { name: "all".into(), ..StepTime::default() }, add);
        steps.push(all);
    }
    steps.into_iter().map(LayerFigures::from).collect()
}

fn images_per_second(backbone: &Backbone, batch: &[Crop]) -> Result<f64, Failure> {
    let run = || features_of(backbone, batch);
    run()?;
    let mut times = Vec::new();
    let begin = Instant::now();
    while begin.elapsed().as_secs_f64() < MIN_SECONDS || times.len() < 3 {
        let started = Instant::now();
        run()?;
        times.push(started.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(rounded(batch.len() as f64 / times[times.len() / 2], 10.0))
}

/// Decodes the next batches while the network works on one, as the job does that looks at a catalogue's photos.
fn end_to_end(backbone: &Backbone, paths: &[PathBuf], decode: &Decode<'_>) -> Result<f64, Failure> {
    let started = Instant::now();
    let mut num_done = 0;
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<Vec<Crop>>(QUEUE);
        scope.spawn(move || {
            for batch in paths.chunks(BATCH) {
                let crops = batch.par_iter().filter_map(|path| crop(backbone, path, decode)).collect();
                // The other side hangs up when it has measured long enough.
                if sender.send(crops).is_err() {
                    break;
                }
            }
        });
        for crops in receiver {
            features_of(backbone, &crops)?;
            num_done += crops.len();
            if started.elapsed().as_secs_f64() > MAX_SECONDS {
                break;
            }
        }
        Ok(rounded(f64::from(num_done as u32) / started.elapsed().as_secs_f64(), 10.0))
    })
}

/// How alike features are on average: those of both ways of decoding, and those decoded in full to f32's; and on how
/// many photos the latter two agree.
fn agreement(backbone: &Backbone, paths: &[PathBuf], in_f32: &[Feature]) -> Result<(f64, f64, Option<f64>), Failure> {
    let preprocess = &backbone.spec().preprocess;
    let both = |path: &PathBuf| {
        let full = crop(backbone, path, &imaging::decode)?;
        Some((full, crop(backbone, path, &|photo| preprocess.decode_reduced(photo))?))
    };
    let (full, reduced): (Vec<Crop>, Vec<Crop>) = compared(paths).filter_map(both).unzip();
    let (full, reduced) = (features_of(backbone, &full)?, features_of(backbone, &reduced)?);
    let mean = |others: &[Feature]| {
        let sum: f64 = full.iter().zip(others).map(|(feature, other)| feature.cosine(other)).sum();
        rounded(sum / full.len().max(1) as f64, 1e5)
    };
    let top1 = backbone.words().map(|words| {
        let likeliest = |feature: &Feature| words.propose(&[feature], 1)[0].first().map(|(word, _)| *word);
        let agree = |(feature, other): &(&Feature, &Feature)| likeliest(feature) == likeliest(other);
        let num_agreed = full.iter().zip(in_f32).filter(agree).count();
        rounded(num_agreed as f64 / full.len().max(1) as f64, 1e5)
    });
    Ok((mean(&reduced), mean(in_f32), top1))
}

/// Photos whose features are compared.
fn compared(paths: &[PathBuf]) -> impl Iterator<Item = &PathBuf> {
    const PHOTOS: usize = 64;
    paths.iter().step_by(paths.len().div_ceil(PHOTOS))
}

fn features_of(backbone: &Backbone, crops: &[Crop]) -> Result<Vec<Feature>, Failure> {
    backbone.features(crops).map_err(|error| Failure::new("measuring", &error))
}

fn crop(backbone: &Backbone, path: &Path, decode: &Decode<'_>) -> Option<Crop> {
    let picture = decode(&imaging::read(path).ok()?).ok()?;
    Some(backbone.spec().preprocess.crop(&picture))
}

/// Lets the most memory ever held be counted from here, where the system can.
fn forget_peak_rss() {
    // Without it the figure is that of all cases so far, which is a bound.
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}

fn rounded(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}
