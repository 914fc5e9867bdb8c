//! How fast training is on a folder of photos.

use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use super::super::{Model, cpu, peak_rss_mb};
use super::network::Network;
use super::plan::{Plan, PlannedGroup, PlannedPhoto, TrainSettings};
use super::views::{Filled, Views};
use super::{DOING, failure, room, train_failure, vision_failure};
use crate::catalogue::{self, GroupId};
use crate::failure::Failure;
use crate::imaging::{self, ContentHash};
use crate::learn::Target;
use crate::learn::train::{BodyError, Ending, EpochReport, Photos, Settings, Start, State, Watch, train};
use crate::progress::Progress;
use crate::vision::{ActivationLayout, DeviceChoice, ModelSource, TrainOn, Unfreeze};

/// How fast photos are learnt from.
#[derive(Debug, Serialize)]
pub struct TrainFigures {
    pub model: String,
    pub unfreeze: Unfreeze,
    pub images: usize,
    /// Of each photo, one of which is drawn whenever it is shown; none where each is made when it is needed.
    pub views: Option<usize>,
    /// Bytes on disk that these views take.
    pub cache_bytes: u64,
    /// Of the first epoch, with the frozen stages computed on the way.
    pub images_per_second_first_epoch: f64,
    /// Of the later ones, which run on the cache, or where nothing is frozen on photos that are decoded meanwhile.
    pub images_per_second_later_epochs: f64,
    /// Decoding and the frozen stages, for all views; where nothing is frozen, looking whether photos can be read.
    pub seconds_caching: f64,
    pub precision: &'static str,
    pub threads: usize,
    pub peak_rss_mb: Option<f64>,
    pub cpu: String,
}

/// Counts seconds, and keeps nothing.
#[derive(Default)]
struct Stopwatch(Vec<(usize, f64)>);

impl Watch for Stopwatch {
    fn epoch(&mut self, report: &EpochReport, _parameters: &[(&str, &[f32])]) -> Result<(), BodyError> {
        self.0.push((report.photos, report.seconds));
        Ok(())
    }

    fn is_due(&mut self) -> bool {
        false
    }

    fn keep(&mut self, _state: &State) -> Result<(), BodyError> {
        Ok(())
    }
}

/// Trains for a few epochs on up to `limit` of the folder's photos, the last folder's name as the tag, with as many views
/// of each as a run would keep unless so many are asked for, and its cache in `scratch`, which is left to the caller to
/// remove.
///
/// # Errors
/// Where the folder holds no photos, or the network cannot be trained.
pub fn measure_training(
    source: &ModelSource,
    unfreeze: Unfreeze,
    (folder, limit): (&Path, Option<usize>),
    (epochs, views): (usize, Option<usize>),
    scratch: &Path,
) -> Result<TrainFigures, Failure> {
    let model = Model::open(source, Some(DeviceChoice::Cpu), &scratch.join("features"), None)?;
    let on = TrainOn { device: DeviceChoice::Cpu, ..TrainOn::default() };
    let recipe = Settings { epochs: epochs.max(2), patience: epochs.max(2), ..Settings::default() };
    let mut plan = plan(folder, limit, TrainSettings { unfreeze, recipe, on, ..TrainSettings::default() })?;
    let cache = scratch.join("activations");
    let layout = ActivationLayout::of(model.backbone.spec(), unfreeze);
    plan.num_views = plan.views_that_fit(&layout, &cache)?;
    let is_cached = unfreeze != Unfreeze::All;
    if let Some(views) = views.filter(|_| is_cached) {
        plan.num_views = views;
    }
    let started = Instant::now();
    let never = Progress::default();
    let due = Views::new(&plan, &model, &cache).map_err(|error| vision_failure(&error))?;
    let Some(Filled { stores, broken }) = due.fill(&never)? else { return Err(failure("it was cancelled")) };
    let seconds_caching = started.elapsed().as_secs_f64();
    plan.leave_out(&broken);
    let recipe = &plan.settings.recipe;
    let mut network = Network::open(source, &plan, stores, recipe.batch).map_err(|error| vision_failure(&error))?;
    let (training, held_out) = (plan.training_targets(), plan.held_out_targets());
    let shapes = plan.shapes();
    let photos = Photos {
        groups: &shapes,
        training: &training,
        held_out: &held_out,
        num_unlearnt: &[0],
        num_views: plan.num_views,
    };
    let mut watch = Stopwatch::default();
    let trained = train(recipe, &photos, &mut network, Start::Heads(Vec::new()), &mut watch, &never)
        .map_err(|error| train_failure(&error))?;
    if let Ending::Diverged { .. } = trained.ending {
        return Err(failure(trained.ending.to_string()));
    }
    let rate = |epochs: &[(usize, f64)], more: f64| {
        let (photos, seconds) = epochs.iter().fold((0, more), |(p, s), (photos, seconds)| (p + photos, s + seconds));
        (10.0 * photos as f64 / seconds.max(1e-9)).round() / 10.0
    };
    Ok(TrainFigures {
        model: source.to_string(),
        unfreeze,
        images: plan.training.len(),
        views: is_cached.then_some(plan.num_views),
        cache_bytes: room::used(&cache),
        images_per_second_first_epoch: rate(&watch.0[..1], seconds_caching),
        images_per_second_later_epochs: rate(&watch.0[1..], 0.0),
        seconds_caching,
        precision: network.tail.precision().name(),
        threads: rayon::current_num_threads(),
        peak_rss_mb: peak_rss_mb(),
        cpu: cpu(),
    })
}

/// All photos to learn from, the first few also to be judged by.
fn plan(folder: &Path, limit: Option<usize>, settings: TrainSettings) -> Result<Plan, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::new(DOING, error).at(folder);
    let mut paths = catalogue::photos_in(folder);
    if let Some(limit) = limit.filter(|limit| *limit > 0 && *limit < paths.len()) {
        // Evenly from all folders.
        paths = (0..limit).map(|index| paths[index * paths.len() / limit].clone()).collect();
    }
    let name = |path: &Path| path.parent().and_then(Path::file_name).map(std::ffi::OsStr::to_owned);
    let mut names: Vec<_> = paths.iter().filter_map(|path| name(path)).collect();
    names.sort();
    names.dedup();
    if names.len() < 2 {
        return Err(failed(&std::io::Error::other("the photos lie in fewer than two folders")));
    }
    let mut photos = Vec::new();
    for path in paths {
        let bytes = imaging::read(&path).map_err(|error| failed(&error))?;
        let class = name(&path).and_then(|name| names.binary_search(&name).ok()).unwrap_or_default();
        let targets = vec![Some(Target::Is(class))];
        photos.push(PlannedPhoto { hash: ContentHash::of(&bytes), path, targets, unlearnt: Vec::new() });
    }
    // A photo that is there twice has one record in the cache.
    let mut seen = std::collections::HashSet::new();
    photos.retain(|photo| seen.insert(photo.hash));
    let tags = (0..names.len() as i64).map(crate::catalogue::TagId).collect();
    Ok(Plan {
        settings,
        model: String::new(),
        groups: vec![PlannedGroup { group: GroupId(0), is_one_of: true, tags }],
        num_views: 1,
        held_out: photos.iter().take(16).cloned().collect(),
        training: photos,
        test: Vec::new(),
        taught_by: None,
    })
}
