//! Measurements that the `bench` command prints: the real code on real folders, stage by stage.

mod backups;
mod export;
mod network;

pub use backups::BackupFigures;
pub use export::{ExportFigures, measure_export};
pub use network::{FeatureFigures, LayerFigures, calibrate_on, f32_features, measure_features, measure_layers};

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use half::f16;
use rayon::prelude::*;
use serde::Serialize;

use super::filter::{Filter, Selection};
use super::{Opening, Places, Query, Workspace};
use crate::catalogue::{self, Catalogue};
use crate::failure::Failure;
use crate::imaging;
use crate::learn::{Problem, Target, choose, fit};
use crate::progress::Progress;
use crate::vision::cpu::Level;
use crate::vision::{Backbone, Crop, Feature, SplitMix};

use backups::measure_backups;

/// Where the time goes when a folder is tagged, and how fast all of it is.
#[derive(Debug, Serialize)]
pub struct TagFigures {
    pub images: usize,
    pub failed: usize,
    pub threads: usize,
    /// Seconds on one thread for each stage, summed over the photos; `features` is the network on all cores.
    pub read: f64,
    pub decode: f64,
    pub resize: f64,
    pub features: f64,
    pub head: f64,
    pub images_per_second: f64,
    pub peak_rss_mb: Option<f64>,
    pub cpu: String,
}

/// How fast a head is fitted.
#[derive(Debug, Serialize)]
pub struct HeadFigures {
    pub images: usize,
    pub dim: usize,
    pub tags: usize,
    pub seconds_from_nothing: f64,
    pub seconds_one_more_label: f64,
    pub seconds_cross_validation: f64,
    pub chosen_c: f64,
    pub threads: usize,
    pub cpu: String,
}

/// How fast a large catalogue is, and how long its backups take.
#[derive(Debug, Serialize)]
pub struct CatalogueFigures {
    pub rows: usize,
    pub import_new_files_per_second: f64,
    pub import_known_files_per_second: f64,
    pub open_ms: f64,
    pub filter_ms: f64,
    pub search_ms: f64,
    pub counts_ms: f64,
    /// Before it is labelled and backed up.
    pub peak_rss_mb: Option<f64>,
    #[serde(flatten)]
    pub backups: BackupFigures,
    pub cpu: String,
}

struct Timed {
    seconds: [f64; 3],
    crop: Option<Crop>,
}

/// Times every stage over the folder's photos with this model.
///
/// # Errors
/// Where the folder holds no photo or the network cannot run.
pub fn measure_tag(backbone: &Backbone, folder: &Path) -> Result<TagFigures, Failure> {
    let paths = photos_of(folder)?;
    let mut figures = TagFigures {
        images: paths.len(),
        failed: 0,
        threads: rayon::current_num_threads(),
        read: 0.0,
        decode: 0.0,
        resize: 0.0,
        features: 0.0,
        head: 0.0,
        images_per_second: 0.0,
        peak_rss_mb: None,
        cpu: cpu(),
    };
    let started = Instant::now();
    for batch in paths.chunks(16) {
        let timed: Vec<Timed> = batch.par_iter().map(|path| prepare(path, backbone)).collect();
        for photo in &timed {
            figures.read += photo.seconds[0];
            figures.decode += photo.seconds[1];
            figures.resize += photo.seconds[2];
        }
        let crops: Vec<Crop> = timed.into_iter().filter_map(|photo| photo.crop).collect();
        figures.failed += batch.len() - crops.len();
        let (seconds, features) = seconds(|| backbone.features(&crops));
        figures.features += seconds;
        let features = features.map_err(|error| Failure::new("measuring", &error))?;
        let borrowed: Vec<&Feature> = features.iter().collect();
        let words = |words: &crate::vision::Words| words.propose(&borrowed, 5).len();
        figures.head += self::seconds(|| backbone.words().map(words)).0;
    }
    figures.images_per_second = paths.len() as f64 / started.elapsed().as_secs_f64();
    figures.peak_rss_mb = peak_rss_mb();
    Ok(figures)
}

/// Times fitting on made-up photos: `rows` features of length `dim` around `tags` centres, overlapping enough that the
/// fit has work to do.
#[must_use]
pub fn measure_head(rows: usize, dim: usize, tags: usize) -> HeadFigures {
    let mut random = SplitMix(1);
    let centres: Vec<Vec<f32>> = (0..tags).map(|_| (0..dim).map(|_| normalish(&mut random)).collect()).collect();
    let features: Vec<(Vec<f16>, usize)> = (0..rows)
        .map(|row| {
            let class = row % tags;
            let mut feature: Vec<f32> =
                centres[class].iter().map(|centre| 0.35 * centre + normalish(&mut random)).collect();
            let norm = feature.iter().map(|value| value * value).sum::<f32>().sqrt() / 2f32.sqrt();
            feature.iter_mut().for_each(|value| *value /= norm);
            (feature.iter().map(|value| f16::from_f32(*value)).collect(), class)
        })
        .collect();
    let examples: Vec<(&[f16], usize)> = features.iter().map(|(feature, class)| (feature.as_slice(), *class)).collect();
    time_head(&examples, tags)
}

/// Times fitting on real photos: those of a workspace that have features, the last folder's name as the tag.
///
/// # Errors
/// Where there are no two tags.
pub fn measure_head_on(photos: &Workspace) -> Result<HeadFigures, Failure> {
    let listing = photos.listing();
    let store = photos.model().map(|model| &model.store);
    let mut classes: HashMap<String, usize> = HashMap::new();
    let mut features = Vec::new();
    for statement in catalogue::folder_statements(listing, true, "") {
        let hash = photos.index_of(statement.image).and_then(|index| listing.images[index].hash);
        if let Some(feature) = hash.and_then(|hash| store?.get(&hash)) {
            let next = classes.len();
            features.push((feature, *classes.entry(statement.tag).or_insert(next)));
        }
    }
    if classes.len() < 2 {
        let error = std::io::Error::other("the photos lie in fewer than two folders");
        return Err(Failure::new("measuring the head", &error));
    }
    let examples: Vec<(&[f16], usize)> = features.iter().map(|(feature, class)| (feature.values(), *class)).collect();
    Ok(time_head(&examples, classes.len()))
}

/// The last example is the label that comes later.
fn time_head(examples: &[(&[f16], usize)], tags: usize) -> HeadFigures {
    let dim = examples.first().map_or(0, |(feature, _)| feature.len());
    let problem = |count: usize| {
        let mut problem = Problem::new(dim, tags, true);
        examples[..count].iter().for_each(|(feature, class)| problem.push(feature, Target::Is(*class)));
        problem
    };
    let (before, after) = (problem(examples.len() - 1), problem(examples.len()));
    let never = Progress::default();
    let (seconds_cross_validation, chosen) = seconds(|| choose(&before, &never));
    let choice = chosen.unwrap_or_default();
    let (seconds_from_nothing, first) = seconds(|| fit(&before, &choice, None, &never));
    let (seconds_one_more_label, _) = seconds(|| fit(&after, &choice, Some(&first), &never));
    HeadFigures {
        images: examples.len(),
        dim,
        tags,
        seconds_from_nothing,
        seconds_one_more_label,
        seconds_cross_validation,
        chosen_c: choice.c,
        threads: rayon::current_num_threads(),
        cpu: cpu(),
    }
}

/// Times a catalogue of that many tiny photos, made in `folder` and left to the caller to remove.
///
/// # Errors
/// Where the folder cannot be written.
pub fn measure_catalogue(rows: usize, folder: &Path) -> Result<CatalogueFigures, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::new("measuring the catalogue", error).at(folder);
    let photos = folder.join("photos");
    make_photos(&photos, rows).map_err(|error| failed(&error))?;
    let path = folder.join("bench.hangtag");
    let import = || -> Result<f64, Failure> {
        let mut catalogue = Catalogue::open(&path).map_err(|error| failed(&error))?;
        let (seconds, outcome) =
            seconds(|| catalogue::import(&mut catalogue, &photos, &Progress::default(), &mut || ()));
        outcome.map_err(|error| failed(&error))?;
        Ok(rows as f64 / seconds)
    };
    let (import_new_files_per_second, import_known_files_per_second) = (import()?, import()?);
    let places = Places::below(folder);
    let (open_secs, workspace) = seconds(|| Workspace::open(Opening::quiet(Some(&path), places)));
    let mut workspace = workspace?;
    let (filter_secs, _) =
        seconds(|| workspace.select(&Selection { filter: Filter::ToReview, ..Selection::default() }));
    let (search_secs, _) = seconds(|| {
        let query = Query::parse("photo 99", workspace.vocabulary()).ok();
        workspace.select(&Selection { query: query.as_ref(), ..Selection::default() })
    });
    let (counts_secs, ()) = seconds(|| workspace.restand_all());
    let peak_rss_mb = peak_rss_mb();
    // A catalogue is copied when nobody has it open.
    drop(workspace);
    let backups = measure_backups(&path, &folder.join("labelled.hangtag")).map_err(|error| failed(&error))?;
    Ok(CatalogueFigures {
        rows,
        import_new_files_per_second,
        import_known_files_per_second,
        open_ms: open_secs * 1e3,
        filter_ms: filter_secs * 1e3,
        search_ms: search_secs * 1e3,
        counts_ms: counts_secs * 1e3,
        peak_rss_mb,
        backups,
        cpu: cpu(),
    })
}

/// One-pixel bitmaps, each with a content of its own, a thousand a folder.
fn make_photos(folder: &Path, count: usize) -> std::io::Result<()> {
    for number in 0..count {
        let inside = folder.join(format!("shelf {:03}", number / 1000));
        if number % 1000 == 0 {
            std::fs::create_dir_all(&inside)?;
        }
        let mut bitmap = Vec::with_capacity(66);
        bitmap.extend_from_slice(b"BM");
        for field in [66u32, 0, 54, 40, 1, 1] {
            bitmap.extend_from_slice(&field.to_le_bytes());
        }
        bitmap.extend_from_slice(&[1, 0, 24, 0]);
        bitmap.extend_from_slice(&[0; 24]);
        // One pixel padded to four bytes, then the number, which makes the content its own.
        bitmap.extend_from_slice(&[128, 128, 128, 0]);
        bitmap.extend_from_slice(&(number as u64).to_le_bytes());
        std::fs::write(inside.join(format!("photo {number:06}.bmp")), bitmap)?;
    }
    Ok(())
}

fn prepare(path: &Path, backbone: &Backbone) -> Timed {
    let (read, bytes) = seconds(|| imaging::read(path));
    let (decode, picture) = seconds(|| bytes.ok().and_then(|bytes| imaging::decode(&bytes).ok()));
    let (resize, crop) = seconds(|| picture.map(|picture| backbone.spec().preprocess.crop(&picture)));
    Timed { seconds: [read, decode, resize], crop }
}

fn photos_of(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let paths = catalogue::photos_in(folder);
    if paths.is_empty() {
        let error = std::io::Error::other("the folder holds no photos");
        return Err(Failure::new("measuring", &error).at(folder));
    }
    Ok(paths)
}

fn seconds<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let started = Instant::now();
    let result = work();
    (started.elapsed().as_secs_f64(), result)
}

/// The most memory this process ever held, where the system tells.
pub fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some((kilobytes / 102.4).round() / 10.0)
}

/// The processor's name and the best instructions it has for the network.
pub fn cpu() -> String {
    let name = std::fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|info| {
            let line = info.lines().find(|line| line.starts_with("model name"))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        })
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let best = Level::all().last().map_or_else(String::new, ToString::to_string);
    format!("{name} ({best})")
}

/// A sum of four uniform numbers: mean 0, variance 1, near enough to normal.
fn normalish(random: &mut SplitMix) -> f32 {
    let sum: f32 = (0..4).map(|_| random.unit()).sum();
    (sum - 2.0) * 3f32.sqrt()
}
