//! Which view of which photo is shown when.

use super::super::problem::Target;
use super::body::{Input, View};
use super::heads::GroupShape;
use super::settings::Settings;
use crate::vision::SplitMix;

/// The photos of an epoch, in order; the same for the same seed and number.
pub struct Sampler {
    /// How often each photo is shown in an epoch.
    repeats: Vec<f64>,
    num_views: usize,
    batch: usize,
    mixup: f32,
    seed: u64,
}

impl Sampler {
    pub fn new(settings: &Settings, photos: &[Vec<Option<Target>>], groups: &[GroupShape], num_views: usize) -> Self {
        Self {
            repeats: repeats(photos, groups, f64::from(settings.rare_below)),
            num_views: num_views.max(1),
            batch: settings.batch.min(photos.len()).max(1),
            mixup: settings.mixup,
            seed: settings.seed,
        }
    }

    /// Steps of an epoch.
    pub fn num_steps(&self) -> u64 {
        // The number of photos shown varies a little from epoch to epoch; the schedule wants one that does not.
        (self.repeats.iter().sum::<f64>() / self.batch as f64).ceil().max(1.0) as u64
    }

    /// Photos of a step.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The batches of an epoch (from 0).
    pub fn batches(&self, epoch: usize) -> Vec<Vec<Input>> {
        let mut random = self.random(epoch);
        let mut order: Vec<usize> = Vec::new();
        for (photo, repeats) in self.repeats.iter().enumerate() {
            // What is not whole is a matter of luck.
            let count = repeats.floor() as usize + usize::from(f64::from(random.unit()) < repeats.fract());
            order.extend(std::iter::repeat_n(photo, count));
        }
        let num_shown = self.num_steps() as usize * self.batch;
        shuffle(&mut order, &mut random);
        // The last batch is filled from the front.
        let shown: Vec<usize> = order.iter().copied().cycle().take(num_shown).collect();
        let view = |photo: usize, random: &mut SplitMix| View { photo, number: below(random, self.num_views) };
        let inputs: Vec<Input> = shown
            .iter()
            .map(|&photo| {
                let first = view(photo, &mut random);
                let mixed = (self.mixup > 0.0).then(|| {
                    let other = shown[below(&mut random, shown.len())];
                    (view(other, &mut random), mixed_share(self.mixup, &mut random))
                });
                Input { view: first, mixed }
            })
            .collect();
        inputs.chunks(self.batch).map(<[Input]>::to_vec).collect()
    }

    fn random(&self, epoch: usize) -> SplitMix {
        // A few numbers later, seeds that are near each other have nothing in common.
        let mut random = SplitMix(self.seed ^ (epoch as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93));
        random.number();
        SplitMix(random.number())
    }
}

/// How often each photo is shown: the square root of how much rarer its rarest tag is than `rare_below` of the mean tag.
fn repeats(photos: &[Vec<Option<Target>>], groups: &[GroupShape], rare_below: f64) -> Vec<f64> {
    let mut counts: Vec<Vec<f64>> = groups.iter().map(|group| vec![0.0; group.num_classes]).collect();
    let classes = |target: &Target| match target {
        Target::Is(class) => vec![*class],
        Target::IsNot(_) => Vec::new(),
        Target::Each(known) => (0..known.len()).filter(|&class| known[class] == Some(true)).collect(),
    };
    for (group, target) in photos.iter().flat_map(|targets| targets.iter().enumerate()) {
        target.iter().flat_map(classes).for_each(|class| counts[group][class] += 1.0);
    }
    let repeats_of = |group: usize, class: usize| {
        let mean = counts[group].iter().sum::<f64>() / counts[group].len() as f64;
        (rare_below * mean / counts[group][class]).sqrt().max(1.0)
    };
    photos
        .iter()
        .map(|targets| {
            let of_target = |(group, target): (usize, &Option<Target>)| {
                target.iter().flat_map(classes).map(|class| repeats_of(group, class)).fold(1.0, f64::max)
            };
            targets.iter().enumerate().map(of_target).fold(1.0, f64::max)
        })
        .collect()
}

fn below(random: &mut SplitMix, limit: usize) -> usize {
    // The bias is one in 2⁶⁴ / limit.
    (random.number() % limit.max(1) as u64) as usize
}

fn shuffle(order: &mut [usize], random: &mut SplitMix) {
    for end in (1..order.len()).rev() {
        order.swap(end, below(random, end + 1));
    }
}

/// The second photo's share, at most half: drawn from Beta(a, a) by Jöhnk's method.
fn mixed_share(a: f32, random: &mut SplitMix) -> f32 {
    for _ in 0..1000 {
        let (first, second) = (random.unit().powf(1.0 / a), random.unit().powf(1.0 / a));
        if first + second > 0.0 && first + second <= 1.0 {
            let share = first / (first + second);
            return share.min(1.0 - share);
        }
    }
    0.5
}
