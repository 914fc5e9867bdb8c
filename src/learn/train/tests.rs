//! The recipe on a small network of plain loops, whose every step can be followed.

use super::heads::Heads;
use super::sampler::Sampler;
use super::*;
use crate::learn::Target;
use crate::progress::Progress;
use crate::vision::SplitMix;

const INPUTS: usize = 6;
const DIM: usize = 5;
const NUM_TRAINING: usize = 60;
const NUM_HELD_OUT: usize = 30;

/// `features = tanh(W · view)`, where views of a photo lie around a centre of its class.
struct Toy {
    weights: Vec<f32>,
    gradient: Vec<f32>,
    views: Vec<Vec<f32>>,
    features: Vec<f32>,
    /// From the so manieth batch on features are no numbers.
    breaks_at: Option<usize>,
    /// Gradients beyond it are no numbers.
    range: Option<f32>,
    num_batches: usize,
}

impl Toy {
    fn new() -> Self {
        let mut random = SplitMix(5);
        let weights: Vec<f32> = (0..INPUTS * DIM).map(|_| random.unit() - 0.5).collect();
        let gradient = vec![0.0; weights.len()];
        Self {
            weights,
            gradient,
            views: Vec::new(),
            features: Vec::new(),
            breaks_at: None,
            range: None,
            num_batches: 0,
        }
    }

    fn view(view: View) -> Vec<f32> {
        let mut random = SplitMix((view.photo * 7 + view.number) as u64 ^ 0xABCD);
        let class = view.photo % 3;
        (0..INPUTS).map(|at| random.unit() - 0.5 + if at % 3 == class { 1.0 } else { 0.0 }).collect()
    }
}

impl Body for Toy {
    fn dim(&self) -> usize {
        DIM
    }

    fn features(&mut self, inputs: &[Input]) -> Result<&[f32], BodyError> {
        self.num_batches += 1;
        self.views.clear();
        self.features.clear();
        for input in inputs {
            let mut view = Self::view(input.view);
            if let Some((other, share)) = input.mixed {
                let other = Self::view(other);
                view.iter_mut().zip(other).for_each(|(to, from)| *to = (1.0 - share) * *to + share * from);
            }
            for row in self.weights.chunks_exact(INPUTS) {
                let sum: f32 = row.iter().zip(&view).map(|(weight, value)| weight * value).sum();
                self.features.push(if self.breaks_at.is_some_and(|at| self.num_batches >= at) {
                    f32::NAN
                } else {
                    sum.tanh()
                });
            }
            self.views.push(view);
        }
        Ok(&self.features)
    }

    fn backward(&mut self, gradient: &[f32]) -> Result<(), BodyError> {
        self.gradient.fill(0.0);
        for (image, view) in self.views.iter().enumerate() {
            for feature in 0..DIM {
                let value = self.features[image * DIM + feature];
                let by_sum = gradient[image * DIM + feature] * (1.0 - value * value);
                for (to, from) in self.gradient[feature * INPUTS..].iter_mut().zip(view) {
                    *to += by_sum * from;
                }
            }
        }
        if let Some(range) = self.range {
            self.gradient.iter_mut().filter(|value| value.abs() > range).for_each(|value| *value = f32::INFINITY);
        }
        Ok(())
    }

    fn needs_loss_scale(&self) -> bool {
        self.range.is_some()
    }

    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        let (values, gradient) = (&mut *self.weights, &*self.gradient);
        vec![Parameter { name: "toy".into(), values, gradient, is_decayed: true, depth: 0 }]
    }
}

/// Keeps everything, and asks for a state at every step.
#[derive(Default)]
struct Memory {
    reports: Vec<EpochReport>,
    states: Vec<State>,
    cancels_after: Option<usize>,
    progress: Progress,
    is_full: bool,
}

impl Watch for Memory {
    fn epoch(&mut self, report: &EpochReport, parameters: &[(&str, &[f32])]) -> Result<(), BodyError> {
        assert_eq!(parameters.len(), 1 + 2 * 2);
        self.reports.push(report.clone());
        Ok(())
    }

    fn is_due(&mut self) -> bool {
        true
    }

    fn keep(&mut self, state: &State) -> Result<(), BodyError> {
        if self.is_full {
            return Err("the disk is full".into());
        }
        self.states.push(state.clone());
        if self.cancels_after == Some(self.states.len()) {
            self.progress.cancel();
        }
        Ok(())
    }
}

const GROUPS: [GroupShape; 2] =
    [GroupShape { num_classes: 3, is_one_of: true }, GroupShape { num_classes: 2, is_one_of: false }];

/// The class, sometimes only what it is not; and two tags, one of which is often unknown.
fn targets(photos: std::ops::Range<usize>) -> Vec<Vec<Option<Target>>> {
    photos
        .map(|photo| {
            let class = photo % 3;
            let one_of = match photo % 10 {
                0 => None,
                1 => Some(Target::IsNot(vec![(class + 1) % 3])),
                _ => Some(Target::Is(class)),
            };
            let any_of = Target::Each(vec![Some(class == 0), (photo % 4 == 0).then_some(class == 2)]);
            vec![one_of, Some(any_of)]
        })
        .collect()
}

fn settings() -> Settings {
    Settings { epochs: 6, batch: 8, head_rate: 0.1, body_rate: 0.02, averaging: 0.9, mixup: 0.2, ..Settings::default() }
}

fn run(settings: &Settings, toy: &mut Toy, start: Start, memory: &mut Memory) -> Result<Trained, TrainError> {
    let (training, held_out) = (targets(0..NUM_TRAINING), targets(NUM_TRAINING..NUM_TRAINING + NUM_HELD_OUT));
    let photos =
        Photos { groups: &GROUPS, training: &training, held_out: &held_out, num_unlearnt: &[0, 0], num_views: 4 };
    let progress = memory.progress.clone();
    train(settings, &photos, toy, start, memory, &progress)
}

fn from_nothing() -> Start {
    Start::Heads(vec![None, None])
}

#[test]
fn it_learns_both_kinds_of_groups() {
    let (mut toy, mut memory) = (Toy::new(), Memory::default());
    let trained = run(&settings(), &mut toy, from_nothing(), &mut memory).expect("nothing is in its way");
    assert_eq!((trained.ending, trained.heads.len()), (Ending::Finished, 2));
    let (epoch, verdict) = trained.best.expect("there were epochs");
    assert_eq!(memory.reports[epoch - 1].verdict, verdict);
    assert!(verdict.accuracy > 0.95 && verdict.macro_f1 > 0.95, "{verdict:?}");
    assert!(memory.reports[5].train_loss < memory.reports[0].train_loss);
}

#[test]
fn whoever_goes_on_from_any_step_arrives_at_the_same_bits() {
    for settings in [settings(), Settings { tests_rates: true, ..settings() }] {
        let (mut toy, mut memory) = (Toy::new(), Memory::default());
        let trained = run(&settings, &mut toy, from_nothing(), &mut memory).expect("nothing is in its way");
        assert_eq!(memory.states.len(), 6 * 8 + 6, "one a step, and one an epoch");
        for state in memory.states.iter().step_by(5) {
            let (mut other, mut later) = (Toy::new(), Memory::default());
            let start = Start::State(Box::new(state.clone()));
            let again = run(&settings, &mut other, start, &mut later).expect("nothing is in its way");
            assert_eq!((&other.weights, &again.heads, again.best), (&toy.weights, &trained.heads, trained.best));
            let figures = |memory: &Memory| memory.reports.last().map(|report| (report.train_loss, report.verdict));
            assert!(state.epoch == 6 || figures(&later) == figures(&memory), "from epoch {}", state.epoch);
        }
    }
}

/// Rates at which the weights run away, though all numbers stay finite.
fn wild() -> Settings {
    Settings { head_rate: 10.0, body_rate: 2.0, ..settings() }
}

#[test]
fn rates_that_are_too_high_end_it_with_the_best_epoch_before() {
    let (mut toy, mut memory) = (Toy::new(), Memory::default());
    let trained = run(&wild(), &mut toy, from_nothing(), &mut memory).expect("that is no mistake");
    assert_eq!((trained.ending, trained.best.is_none()), (Ending::Diverged { epoch: 1 }, true));

    let (mut toy, mut memory) = (Toy::new(), Memory::default());
    run(&settings(), &mut toy, from_nothing(), &mut memory).expect("nothing is in its way");
    let second = memory.states.into_iter().find(|state| state.epoch == 2).expect("there were two epochs");
    let best = second.best.clone().expect("one is the best");
    let start = Start::State(Box::new(second));
    let trained = run(&wild(), &mut toy, start, &mut Memory::default()).expect("that is no mistake");
    assert_eq!(trained.ending, Ending::Diverged { epoch: 3 });
    assert_eq!((trained.best.map(|(epoch, _)| epoch - 1), &best.weights[0]), (Some(best.epoch), &toy.weights));
}

#[test]
fn rates_that_suit_are_found_where_those_that_are_set_do_not() {
    let (mut toy, mut tested) = (Toy::new(), Memory::default());
    let settings = Settings { tests_rates: true, ..wild() };
    let trained = run(&settings, &mut toy, from_nothing(), &mut tested).expect("nothing is in its way");
    let (head, body) = tested.reports[0].rates;
    assert!(head < 0.2 * settings.head_rate, "{head} instead of {}", settings.head_rate);
    assert!((head / body - 5.0).abs() < 1e-3, "they stand to each other as they were set");
    let (_, verdict) = trained.best.expect("there were epochs");
    assert!(verdict.accuracy > 0.95, "{verdict:?}");
}

#[test]
fn another_seed_is_another_training_and_a_state_that_does_not_fit_is_refused() {
    let (mut toy, mut memory) = (Toy::new(), Memory::default());
    run(&settings(), &mut toy, from_nothing(), &mut memory).expect("nothing is in its way");
    let (mut other, mut later) = (Toy::new(), Memory::default());
    run(&Settings { seed: 1, ..settings() }, &mut other, from_nothing(), &mut later).expect("nothing is in its way");
    assert_ne!(other.weights, toy.weights);
    let misfit = State { weights: Vec::new(), ..memory.states[0].clone() };
    let refused = run(&settings(), &mut other, Start::State(Box::new(misfit)), &mut later);
    assert!(matches!(refused, Err(TrainError::State)));
}

#[test]
fn steps_whose_gradients_were_made_too_large_are_skipped_and_counted() {
    let narrow = || Toy { range: Some(100.0), ..Toy::new() };
    let (mut toy, mut memory) = (narrow(), Memory::default());
    run(&settings(), &mut toy, from_nothing(), &mut memory).expect("nothing is in its way");
    let skipped: Vec<usize> = memory.reports.iter().map(|report| report.num_skipped).collect();
    assert!((1..12).contains(&skipped[0]) && skipped[1..].iter().sum::<usize>() < 6, "{skipped:?}");
    let last = memory.reports.last().expect("there were epochs");
    assert!(last.verdict.accuracy > 0.9, "it learns all the same: {last:?}");
    for state in memory.states.iter().step_by(7) {
        let (mut other, mut later) = (narrow(), Memory::default());
        run(&settings(), &mut other, Start::State(Box::new(state.clone())), &mut later).expect("nothing is in its way");
        assert_eq!(other.weights, toy.weights, "from step {}", state.step);
    }
    // What no factor makes small enough is no matter of the factor.
    let (mut toy, mut memory) = (Toy { range: Some(0.0), ..Toy::new() }, Memory::default());
    let long = Settings { epochs: 20, ..settings() };
    let trained = run(&long, &mut toy, from_nothing(), &mut memory).expect("what was reached is kept");
    assert!(matches!(trained.ending, Ending::Diverged { .. }), "{:?}", trained.ending);
}

#[test]
fn it_ends_when_asked_when_there_is_nothing_to_gain_and_when_numbers_end() {
    let (mut toy, mut memory) = (Toy::new(), Memory { cancels_after: Some(20), ..Memory::default() });
    let cancelled = run(&settings(), &mut toy, from_nothing(), &mut memory).expect("that is no mistake");
    assert_eq!((cancelled.ending, memory.reports.len()), (Ending::Cancelled, 2));
    assert!(cancelled.best.is_some_and(|(epoch, _)| epoch <= 2));

    let still = Settings { head_rate: 0.0, body_rate: 0.0, patience: 2, epochs: 50, ..settings() };
    let (mut toy, mut memory) = (Toy::new(), Memory::default());
    let settled = run(&still, &mut toy, from_nothing(), &mut memory).expect("that is no mistake");
    assert_eq!((settled.ending, memory.reports.len()), (Ending::Settled, 3));

    // It breaks in the second epoch, a few batches after the first one's.
    let plain = Settings { averaging: 0.0, ..settings() };
    let (mut one, mut whole) = (Toy::new(), Memory::default());
    run(&Settings { epochs: 1, ..plain.clone() }, &mut one, from_nothing(), &mut whole).expect("one epoch");
    let breaks_at = Some(one.num_batches + 3);
    let (mut toy, mut memory) = (Toy { breaks_at, ..Toy::new() }, Memory::default());
    let diverged = run(&plain, &mut toy, from_nothing(), &mut memory);
    let diverged = diverged.expect("what was reached is kept");
    assert_eq!((diverged.ending, diverged.best.map(|(epoch, _)| epoch)), (Ending::Diverged { epoch: 2 }, Some(1)));
    let best = memory.states.last().and_then(|state| state.best.as_ref()).expect("the first epoch was whole");
    assert_eq!(best.weights[0], toy.weights, "the last good weights are there");

    let (mut toy, mut memory) = (Toy::new(), Memory { is_full: true, ..Memory::default() });
    let full = run(&settings(), &mut toy, from_nothing(), &mut memory);
    assert!(matches!(full, Err(TrainError::Watch(_))));
    let wrong = run(&Settings { batch: 0, ..settings() }, &mut toy, from_nothing(), &mut memory);
    assert!(matches!(wrong, Err(TrainError::Settings(reason)) if reason.contains("batch")));
}

/// The states of a training before each of its first steps, without what would blur a single step.
fn first_steps(settings: &Settings, start: Option<&State>) -> Vec<State> {
    let settings = Settings { averaging: 0.0, mixup: 0.0, ..settings.clone() };
    let (mut toy, mut memory) = (Toy::new(), Memory { cancels_after: Some(4), ..Memory::default() });
    let start = start.map_or_else(from_nothing, |state| Start::State(Box::new(state.clone())));
    run(&settings, &mut toy, start, &mut memory).expect("nothing is in its way");
    memory.states
}

#[test]
fn rates_rise_at_first_and_fall_like_a_cosine() {
    // Adam's first step is the rate itself, whatever the gradient.
    let first_step = |warm_up: f32| {
        let states = first_steps(&Settings { warm_up, weight_decay: 0.0, ..settings() }, None);
        assert_eq!(states[0].names[1], "head.0.weight");
        let pairs = states[0].weights[1].iter().zip(&states[1].weights[1]);
        pairs.map(|(before, after)| (after - before).abs()).fold(0.0, f32::max)
    };
    let is_near = |value: f32, expected: f32| (value / expected - 1.0).abs() < 0.01;
    // Half of 48 steps are 24.
    assert!(is_near(first_step(0.5), 0.1 / 24.0), "{}", first_step(0.5));
    assert!(is_near(first_step(0.0), 0.1), "{}", first_step(0.0));
    let mut memory = Memory::default();
    let slow = Settings { warm_up: 0.5, ..settings() };
    run(&slow, &mut Toy::new(), from_nothing(), &mut memory).expect("nothing is in its way");
    let rates: Vec<f32> = memory.reports.iter().map(|report| report.rates.0).collect();
    assert!(rates[..3].is_sorted() && rates[2..].is_sorted_by(|a, b| a > b), "{rates:?}");
    assert!(rates[5] < 0.01 * rates[2], "{rates:?}");
}

#[test]
fn long_gradients_are_shortened_and_short_ones_left_alone() {
    // After the first step the mean of the gradients is a tenth of the first.
    let first = |max_gradient_norm: f32| {
        let states = first_steps(&Settings { max_gradient_norm, ..settings() }, None);
        states[1].moments.first.concat().iter().map(|value| 10.0 * value).collect::<Vec<f32>>()
    };
    let length = |gradient: &[f32]| gradient.iter().map(|value| value * value).sum::<f32>().sqrt();
    let whole = first(1e6);
    let long = length(&whole);
    assert_eq!(first(1.01 * long), whole);
    let shortened = first(long / 4.0);
    assert!((length(&shortened) / long - 0.25).abs() < 1e-3, "{} of {long}", length(&shortened));
    let is_along = |(short, whole): (&f32, &f32)| (4.0 * short - whole).abs() < 1e-3 * long;
    assert!(shortened.iter().zip(&whole).all(is_along));
}

#[test]
fn weights_decay_and_biases_do_not() {
    let begun = first_steps(&settings(), None).pop().expect("there were steps");
    let after = |weight_decay: f32| first_steps(&Settings { weight_decay, ..settings() }, Some(&begun)).swap_remove(1);
    let (plain, decayed) = (after(0.0), after(0.5));
    // Of the highest rates, at that step.
    let share = settings().schedule(begun.step, 48);
    for (index, name) in begun.names.iter().enumerate() {
        let lost = plain.weights[index].iter().zip(&decayed.weights[index]).map(|(plain, decayed)| plain - decayed);
        let rate = if index == 0 { 0.02 } else { 0.1 };
        let due = if name.ends_with("bias") { 0.0 } else { 0.5 * share * rate };
        for (lost, before) in lost.zip(&begun.weights[index]) {
            assert!((lost - due * before).abs() < 1e-6, "{name}: {lost} of {before}");
        }
    }
}

#[test]
fn rare_tags_are_shown_more_often_and_nothing_is_left_out() {
    let photos: Vec<Vec<Option<Target>>> =
        (0..100).map(|photo| vec![Some(Target::Is(usize::from(photo < 4)))]).collect();
    let group = [GroupShape { num_classes: 2, is_one_of: true }];
    let settings = Settings { batch: 7, mixup: 0.0, ..Settings::default() };
    let sampler = Sampler::new(&settings, &photos, &group, 3);
    let mut counts = vec![0usize; 100];
    for epoch in 0..20 {
        let batches = sampler.batches(epoch);
        assert_eq!(batches.len() as u64, sampler.num_steps());
        assert!(batches.iter().all(|batch| batch.len() == 7 && batch.iter().all(|input| input.view.number < 3)));
        batches.iter().flatten().for_each(|input| counts[input.view.photo] += 1);
    }
    // The mean tag has 50 photos, half of that is 25, the rare one has 4: √(25/4).
    let rare = counts[..4].iter().sum::<usize>() as f64 / 80.0;
    assert!((rare - 2.5).abs() < 0.4, "{rare}");
    assert!(counts[4..].iter().all(|count| (15..=25).contains(count)), "{counts:?}");
    assert_ne!(sampler.batches(0), sampler.batches(1));
    assert_eq!(sampler.batches(3), sampler.batches(3));
}

/// The loss's gradients against central differences, with everything that can be known of a photo.
#[test]
fn the_gradient_of_the_loss_is_right() {
    let rows = 9;
    let all = targets(0..rows + 3);
    let pairs: Vec<_> = (0..rows)
        .map(|row| {
            let mixed = (row % 2 == 0).then(|| (all[row + 3].as_slice(), 0.3));
            (all[row].as_slice(), mixed)
        })
        .collect();
    let mut random = SplitMix(3);
    let mut features: Vec<f32> = (0..rows * DIM).map(|_| 2.0 * random.unit() - 1.0).collect();
    let mut heads = Heads::new(DIM, &GROUPS, &[]);
    for parameter in heads.parameters() {
        parameter.values.iter_mut().for_each(|value| *value = 2.0 * random.unit() - 1.0);
    }
    let mut gradient = vec![0.0; features.len()];
    let mut scratch = gradient.clone();
    heads.loss(&features, &pairs, 0.1, &mut gradient);
    let by_heads: Vec<Vec<f32>> = heads.parameters().iter().map(|parameter| parameter.gradient.to_vec()).collect();
    let step = 1e-2f32;
    for at in 0..features.len() {
        let value = features[at];
        let mut loss_at = |value: f32| {
            features[at] = value;
            heads.loss(&features, &pairs, 0.1, &mut scratch)
        };
        let expected = (loss_at(value + step) - loss_at(value - step)) / f64::from(2.0 * step);
        features[at] = value;
        assert!((f64::from(gradient[at]) - expected).abs() < 1e-4, "feature {at}: {} {expected}", gradient[at]);
    }
    for (index, by_head) in by_heads.iter().enumerate() {
        for (at, ours) in by_head.iter().enumerate() {
            let value = heads.parameters()[index].values[at];
            let mut loss_at = |value: f32| {
                heads.parameters()[index].values[at] = value;
                heads.loss(&features, &pairs, 0.1, &mut scratch)
            };
            let expected = (loss_at(value + step) - loss_at(value - step)) / f64::from(2.0 * step);
            heads.parameters()[index].values[at] = value;
            assert!((f64::from(*ours) - expected).abs() < 1e-4, "parameter {index}, {at}: {ours} {expected}");
        }
    }
}
