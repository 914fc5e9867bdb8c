//! The loop: batches forward and back, an epoch's judgement, and when to stop.

use std::fmt;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::super::head::Head;
use super::super::problem::Target;
use super::adam::{self, Moments};
use super::body::{Body, BodyError, Input, Parameter, View};
use super::heads::{GroupShape, Heads, loss_of_a_guess};
use super::judge::{HeldOutLogits, Verdict};
use super::loss_scale::LossScale;
use super::rate_test::{NUM_STEPS, RateTest};
use super::sampler::Sampler;
use super::settings::Settings;
use super::state::{Best, State};
use crate::progress::Progress;

/// Inputs of a batch when photos are only looked at.
const LOOK_BATCH: usize = 32;

/// At a mean loss so many times that of a guess the weights have run away, though shortening gradients keeps all numbers
/// finite.
const RUNAWAY: f64 = 2.0;

/// What is learnt from, and what it is judged on: for each photo what is known in each group.
pub struct Photos<'a> {
    pub groups: &'a [GroupShape],
    /// Photos from number 0 on.
    pub training: &'a [Vec<Option<Target>>],
    /// Photos whose numbers follow those of `training`.
    pub held_out: &'a [Vec<Option<Target>>],
    /// Held-out answers of each group that must be wrong, since the truth is a tag that is not learnt.
    pub num_unlearnt: &'a [usize],
    /// Views of each photo that is learnt from.
    pub num_views: usize,
}

/// Where a training begins.
pub enum Start {
    /// At heads that were fitted, or where there is none at one that holds all tags for equally likely.
    Heads(Vec<Option<Head>>),
    /// Where an earlier one stood.
    State(Box<State>),
}

/// What an epoch brought.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochReport {
    /// From 1.
    pub epoch: usize,
    pub train_loss: f64,
    pub verdict: Verdict,
    /// Of training, without judging.
    pub seconds: f64,
    pub judging_seconds: f64,
    /// Photos that were shown.
    pub photos: usize,
    /// The highest learning rate of the heads and of the body in the last step.
    pub rates: (f32, f32),
    pub gradient_norm: f64,
    /// Steps that were skipped, since gradients left the range of the type that they are computed in.
    pub num_skipped: usize,
    pub is_best: bool,
}

/// Who is told how a training goes, and keeps what it would go on from.
pub trait Watch {
    /// An epoch is over; the parameters are those that were judged.
    ///
    /// # Errors
    /// Where it cannot be written down; the training stops.
    fn epoch(&mut self, report: &EpochReport, parameters: &[(&str, &[f32])]) -> Result<(), BodyError>;

    /// Whether the state is to be kept now, in the middle of an epoch.
    fn is_due(&mut self) -> bool;

    /// Keeps the state.
    ///
    /// # Errors
    /// Where it cannot be kept; the training stops, and the one kept before is whole.
    fn keep(&mut self, state: &State) -> Result<(), BodyError>;
}

/// Why a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// All epochs were made.
    Finished,
    /// Macro F1 did not rise any more.
    Settled,
    /// Somebody asked it to stop.
    Cancelled,
    /// The loss was no number any more or far above that of a guess, in that epoch (from 1).
    Diverged { epoch: usize },
}

impl fmt::Display for Ending {
    /// For a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => f.write_str("all epochs were made"),
            Self::Settled => f.write_str("it did not get better any more"),
            Self::Cancelled => f.write_str("it was stopped"),
            Self::Diverged { epoch } => {
                write!(f, "in epoch {epoch} the loss ran away, as it does when rates are too high")
            }
        }
    }
}

/// What a training gives.
pub struct Trained {
    pub ending: Ending,
    /// The best epoch, from 1, and its figures; nothing where not one was completed. The body is then as it was in it.
    pub best: Option<(usize, Verdict)>,
    /// The calibrated heads of the best epoch.
    pub heads: Vec<Head>,
}

/// Why a training cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error("the training's settings cannot be used: {0}")]
    Settings(String),
    #[error("there are no photos to learn from, or none to judge by")]
    TooFew,
    #[error("{0}")]
    Body(BodyError),
    #[error("{0}")]
    Watch(BodyError),
    #[error("what was kept of the training does not fit its settings and photos; begin it anew")]
    State,
}

struct Trainer<'a> {
    settings: &'a Settings,
    photos: &'a Photos<'a>,
    sampler: Sampler,
    body: &'a mut dyn Body,
    heads: Heads,
    num_body_parameters: usize,
    moments: Moments,
    averages: Vec<Vec<f32>>,
    epoch: usize,
    step: u64,
    /// What the rates that were set are multiplied with.
    rate_factor: f32,
    loss_sum: f64,
    epochs_since_best: usize,
    best: Option<Best>,
    /// Of the last step.
    gradient_norm: f64,
    loss_scale: Option<LossScale>,
    num_skipped: usize,
}

/// Trains until there is nothing to gain, or somebody cancels; `progress` counts photos.
///
/// # Errors
/// [`TrainError`] where it cannot begin, a view cannot be had, or the watch cannot keep what it is given.
pub fn train(
    settings: &Settings,
    photos: &Photos<'_>,
    body: &mut dyn Body,
    start: Start,
    watch: &mut dyn Watch,
    progress: &Progress,
) -> Result<Trained, TrainError> {
    settings.check().map_err(TrainError::Settings)?;
    if photos.training.is_empty() || photos.held_out.is_empty() || photos.groups.is_empty() {
        return Err(TrainError::TooFew);
    }
    let mut trainer = Trainer::new(settings, photos, body, start)?;
    let ending = trainer.run(watch, progress)?;
    trainer.end(ending)
}

/// Steps of an epoch, and photos of a step: some of those with rare tags are shown more than once.
#[must_use]
pub fn epoch_size(settings: &Settings, photos: &Photos<'_>) -> (u64, u64) {
    let sampler = Sampler::new(settings, photos.training, photos.groups, photos.num_views);
    (sampler.num_steps(), sampler.batch() as u64)
}

impl<'a> Trainer<'a> {
    fn new(
        settings: &'a Settings,
        photos: &'a Photos<'a>,
        body: &'a mut dyn Body,
        start: Start,
    ) -> Result<Self, TrainError> {
        let fitted = match &start {
            Start::Heads(fitted) => fitted.as_slice(),
            Start::State(_) => &[],
        };
        let heads = Heads::new(body.dim(), photos.groups, fitted);
        let sampler = Sampler::new(settings, photos.training, photos.groups, photos.num_views);
        let num_body_parameters = body.parameters().len();
        let loss_scale = body.needs_loss_scale().then(LossScale::default);
        let mut trainer = Self {
            settings,
            photos,
            sampler,
            body,
            heads,
            num_body_parameters,
            moments: Moments::default(),
            averages: Vec::new(),
            epoch: 0,
            step: 0,
            rate_factor: 1.0,
            loss_sum: 0.0,
            epochs_since_best: 0,
            best: None,
            gradient_norm: 0.0,
            loss_scale,
            num_skipped: 0,
        };
        match start {
            Start::State(state) => trainer.restore(*state)?,
            Start::Heads(_) => trainer.begin(),
        }
        Ok(trainer)
    }

    /// As before the first step, with the weights as they are.
    fn begin(&mut self) {
        let weights = self.weights();
        self.moments = Moments::zeroed(weights.iter().map(Vec::len));
        self.averages = if self.settings.averaging > 0.0 { weights } else { Vec::new() };
        (self.step, self.loss_sum, self.num_skipped) = (0, 0.0, 0);
        self.loss_scale = self.loss_scale.map(|_| LossScale::default());
    }

    /// Looks for rates that suit, and puts the weights back.
    fn test_rates(&mut self, progress: &Progress) -> Result<(), TrainError> {
        let weights = self.weights();
        let mut test = RateTest::default();
        let batches: Vec<Vec<Input>> = self.sampler.batches(0).into_iter().cycle().take(NUM_STEPS).collect();
        self.body.announce(&batches);
        for batch in &batches {
            let Some(factor) = test.factor().filter(|_| !progress.is_cancelled()) else { break };
            let before = self.loss_sum;
            let is_sound = self.learn(batch, factor)?;
            test.note(if is_sound { self.loss_sum - before } else { f64::NAN });
        }
        self.set_weights(&weights);
        self.begin();
        self.rate_factor = test.found();
        Ok(())
    }

    fn run(&mut self, watch: &mut dyn Watch, progress: &Progress) -> Result<Ending, TrainError> {
        if self.settings.tests_rates && self.step == 0 {
            self.test_rates(progress)?;
        }
        // Of a smoothed loss only this share tells right from wrong: the rest is how sure the heads are, and fitted ones
        // begin surer than smoothing wants them.
        let telling = 1.0 - f64::from(self.settings.label_smoothing);
        let too_high = RUNAWAY * loss_of_a_guess(self.photos.groups, self.photos.training) / telling;
        while self.epoch < self.settings.epochs {
            if self.epochs_since_best >= self.settings.patience {
                return Ok(Ending::Settled);
            }
            let started = Instant::now();
            let steps_before = self.epoch as u64 * self.sampler.num_steps();
            let batches = self.sampler.batches(self.epoch);
            let mut num_shown = 0;
            let due = &batches[(self.step - steps_before) as usize..];
            self.body.announce(due);
            for batch in due {
                if progress.is_cancelled() {
                    watch.keep(&self.state()).map_err(TrainError::Watch)?;
                    return Ok(Ending::Cancelled);
                }
                if watch.is_due() {
                    watch.keep(&self.state()).map_err(TrainError::Watch)?;
                }
                let factor = self.rate_factor * self.settings.schedule(self.step, self.num_steps());
                if !self.learn(batch, factor)? {
                    return Ok(Ending::Diverged { epoch: self.epoch + 1 });
                }
                num_shown += batch.len();
                progress.add(batch.len() as u64);
            }
            let seconds = started.elapsed().as_secs_f64();
            let judging = Instant::now();
            self.swap_averages();
            let verdict = self.judge()?.0;
            let train_loss = self.loss_sum / batches.len().max(1) as f64;
            if !verdict.loss.is_finite() || train_loss > too_high {
                return Ok(Ending::Diverged { epoch: self.epoch + 1 });
            }
            let is_best = self.best.as_ref().is_none_or(|best| verdict.is_better_than(&best.verdict));
            let rate = self.rate_factor * self.settings.schedule(self.step - 1, self.num_steps());
            let report = EpochReport {
                epoch: self.epoch + 1,
                train_loss,
                verdict,
                seconds,
                judging_seconds: judging.elapsed().as_secs_f64(),
                photos: num_shown,
                rates: (rate * self.settings.head_rate, rate * self.settings.body_rate),
                gradient_norm: self.gradient_norm,
                num_skipped: self.num_skipped,
                is_best,
            };
            if is_best {
                self.best = Some(Best { epoch: self.epoch, verdict, weights: self.weights() });
            }
            {
                let parameters = self.parameters();
                let named: Vec<(&str, &[f32])> =
                    parameters.iter().map(|parameter| (parameter.name.as_str(), &*parameter.values)).collect();
                watch.epoch(&report, &named).map_err(TrainError::Watch)?;
            }
            self.swap_averages();
            self.epochs_since_best = if is_best { 0 } else { self.epochs_since_best + 1 };
            self.epoch += 1;
            self.loss_sum = 0.0;
            self.num_skipped = 0;
            watch.keep(&self.state()).map_err(TrainError::Watch)?;
        }
        Ok(Ending::Finished)
    }

    fn num_steps(&self) -> u64 {
        self.settings.epochs as u64 * self.sampler.num_steps()
    }

    /// One step at so many times the rates that were set; false where the loss or the gradient is no number, and the
    /// weights are left as they were.
    fn learn(&mut self, batch: &[Input], factor: f32) -> Result<bool, TrainError> {
        let features = self.body.features(batch).map_err(TrainError::Body)?;
        let targets = |view: View| self.photos.training[view.photo].as_slice();
        let rows: Vec<_> = batch
            .iter()
            .map(|input| (targets(input.view), input.mixed.map(|(view, share)| (targets(view), share))))
            .collect();
        let mut gradient = vec![0f32; features.len()];
        let loss = self.heads.loss(features, &rows, self.settings.label_smoothing, &mut gradient);
        if !loss.is_finite() {
            return Ok(false);
        }
        let loss_scale = self.loss_scale.map_or(1.0, |scale| scale.factor);
        gradient.iter_mut().for_each(|value| *value *= loss_scale);
        self.body.backward(&gradient).map_err(TrainError::Body)?;
        let Settings { head_rate, weight_decay, max_gradient_norm, averaging, .. } = *self.settings;
        let num_body = self.num_body_parameters;
        let Self { settings, body, heads, moments, averages, .. } = self;
        let mut parameters = body.parameters();
        parameters.extend(heads.parameters());
        let unscaled = |index: usize| if index < num_body { 1.0 / loss_scale } else { 1.0 };
        let norm = adam::gradient_norm(&parameters, unscaled);
        if !norm.is_finite() {
            drop(parameters);
            return Ok(self.skip(loss));
        }
        let scale = (f64::from(max_gradient_norm) / norm).min(1.0) as f32;
        // At first the average follows quickly, or the start would stay in it for long.
        let share = (1.0 - averaging).max(9.0 / (10.0 + self.step as f32));
        for (index, parameter) in parameters.iter_mut().enumerate() {
            let rate = factor * if index < num_body { settings.body_rate_at(parameter.depth) } else { head_rate };
            let moments = (moments.first[index].as_mut_slice(), moments.second[index].as_mut_slice());
            let scale = scale * unscaled(index);
            adam::step(parameter, moments, self.step + 1, (rate, weight_decay), scale);
            if let Some(averages) = averages.get_mut(index) {
                adam::average(averages, parameter.values, share);
            }
        }
        drop(parameters);
        if let Some(scale) = &mut self.loss_scale {
            scale.keep();
        }
        self.gradient_norm = norm;
        self.step += 1;
        self.loss_sum += loss;
        Ok(true)
    }

    /// Goes on without a step whose gradient is no number; false where that is not because it was made too large.
    fn skip(&mut self, loss: f64) -> bool {
        let can_go_on = self.loss_scale.as_mut().is_some_and(LossScale::lower);
        if can_go_on {
            self.num_skipped += 1;
            self.step += 1;
            self.loss_sum += loss;
        }
        can_go_on
    }

    /// The figures of the held-out photos, and the temperatures that they ask for.
    fn judge(&mut self) -> Result<(Verdict, Vec<f32>), TrainError> {
        let mut logits: Vec<Vec<f32>> = vec![Vec::new(); self.photos.groups.len()];
        let first = self.photos.training.len();
        let numbers: Vec<usize> = (first..first + self.photos.held_out.len()).collect();
        let plain = |&photo: &usize| Input::from(View { photo, number: 0 });
        let batches = numbers.chunks(self.sampler.batch().min(LOOK_BATCH));
        let batches: Vec<Vec<Input>> = batches.map(|batch| batch.iter().map(plain).collect()).collect();
        self.body.announce(&batches);
        for inputs in &batches {
            let features = self.body.features(inputs).map_err(TrainError::Body)?;
            for (group, logits) in logits.iter_mut().enumerate() {
                logits.extend(self.heads.logits(group, features));
            }
        }
        let Photos { groups, held_out: targets, num_unlearnt, .. } = *self.photos;
        let held_out = HeldOutLogits { groups, logits: &logits, targets, num_unlearnt };
        Ok((held_out.judge(), held_out.temperatures()))
    }

    fn end(mut self, ending: Ending) -> Result<Trained, TrainError> {
        let Some(best) = self.best.take() else { return Ok(Trained { ending, best: None, heads: Vec::new() }) };
        self.set_weights(&best.weights);
        let (_, temperatures) = self.judge()?;
        let heads = self.heads.freeze(&temperatures);
        Ok(Trained { ending, best: Some((best.epoch + 1, best.verdict)), heads })
    }

    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        let mut parameters = self.body.parameters();
        parameters.extend(self.heads.parameters());
        parameters
    }

    fn weights(&mut self) -> Vec<Vec<f32>> {
        self.parameters().iter().map(|parameter| parameter.values.to_vec()).collect()
    }

    fn set_weights(&mut self, weights: &[Vec<f32>]) {
        for (parameter, weights) in self.parameters().iter_mut().zip(weights) {
            parameter.values.copy_from_slice(weights);
        }
    }

    /// Puts the averages in place of the weights, or back.
    fn swap_averages(&mut self) {
        let mut averages = std::mem::take(&mut self.averages);
        for (parameter, averages) in self.parameters().iter_mut().zip(&mut averages) {
            parameter.values.swap_with_slice(averages);
        }
        self.averages = averages;
    }

    fn state(&mut self) -> State {
        let names = self.parameters().iter().map(|parameter| parameter.name.clone()).collect();
        State {
            epoch: self.epoch,
            step: self.step,
            rate_factor: self.rate_factor,
            loss_sum: self.loss_sum,
            epochs_since_best: self.epochs_since_best,
            names,
            weights: self.weights(),
            moments: self.moments.clone(),
            averages: self.averages.clone(),
            best: self.best.clone(),
            loss_scale: self.loss_scale,
            num_skipped: self.num_skipped,
        }
    }

    fn restore(&mut self, state: State) -> Result<(), TrainError> {
        let sizes: Vec<usize> = self.parameters().iter().map(|parameter| parameter.values.len()).collect();
        let fits = |values: &[Vec<f32>]| values.iter().map(Vec::len).eq(sizes.iter().copied());
        let is_averaged = self.settings.averaging > 0.0;
        let begin = state.epoch as u64 * self.sampler.num_steps();
        let is_whole = fits(&state.weights)
            && fits(&state.moments.first)
            && fits(&state.moments.second)
            && (if is_averaged { fits(&state.averages) } else { state.averages.is_empty() })
            && state.best.as_ref().is_none_or(|best| fits(&best.weights))
            && (begin..=begin + self.sampler.num_steps()).contains(&state.step);
        if !is_whole {
            return Err(TrainError::State);
        }
        self.set_weights(&state.weights);
        (self.epoch, self.step, self.loss_sum) = (state.epoch, state.step, state.loss_sum);
        self.rate_factor = state.rate_factor;
        self.epochs_since_best = state.epochs_since_best;
        (self.moments, self.averages, self.best) = (state.moments, state.averages, state.best);
        self.num_skipped = state.num_skipped;
        // One that goes on in another type has its own.
        self.loss_scale = self.loss_scale.map(|scale| state.loss_scale.unwrap_or(scale));
        Ok(())
    }
}
