//! The network as a recipe sees it: views from the cache or of the photos themselves, through the stages that are trained.

use super::feed::Feed;
use super::plan::Plan;
use super::views::Stores;
use crate::imaging::ContentHash;
use crate::learn::train::{Body, BodyError, Input, Parameter, View};
use crate::vision::{Activation, ModelSource, TrainPrecision, TrainableTail, VisionError};

/// The stages that are trained, on the photos of a run.
pub(super) struct Network {
    pub tail: TrainableTail,
    from: Source,
}

/// Where views come from.
enum Source {
    Cache(Box<Cache>),
    Photos(Feed),
}

/// The views that were computed before.
struct Cache {
    stores: Stores,
    /// Those that are learnt from, then those that are held out.
    photos: Vec<ContentHash>,
    num_training: usize,
    activations: [Activation; 2],
}

impl Network {
    /// Views come from the cache, or where there is none from the photos themselves.
    pub fn open(source: &ModelSource, plan: &Plan, stores: Option<Stores>, batch: usize) -> Result<Self, VisionError> {
        let tail = TrainableTail::open(source, plan.settings.unfreeze, batch, plan.settings.on)?;
        let photos = plan.training.iter().chain(&plan.held_out);
        let from = match stores {
            Some(stores) => Source::Cache(Box::new(Cache {
                stores,
                photos: photos.map(|photo| photo.hash).collect(),
                num_training: plan.training.len(),
                activations: <[Activation; 2]>::default(),
            })),
            None => Source::Photos(Feed::new(photos.cloned().collect(), tail.preprocess().clone())),
        };
        Ok(Self { tail, from })
    }
}

impl Cache {
    fn read(&mut self, view: View, to: usize) -> Result<(), VisionError> {
        let hash = &self.photos[view.photo];
        let store = if view.photo < self.num_training { &mut self.stores.training } else { self.stores.held_out() };
        store.read(hash, view.number, &mut self.activations[to])
    }
}

impl Body for Network {
    fn dim(&self) -> usize {
        self.tail.dim()
    }

    fn announce(&mut self, batches: &[Vec<Input>]) {
        if let Source::Photos(feed) = &mut self.from {
            feed.announce(batches);
        }
    }

    fn features(&mut self, inputs: &[Input]) -> Result<&[f32], BodyError> {
        let Self { tail, from } = self;
        let mut put = |image: usize, first: &Activation, mixed: Option<(&Activation, f32)>| match mixed {
            None => tail.put(image, &[(first, 1.0)]),
            Some((second, share)) => tail.put(image, &[(first, 1.0 - share), (second, share)]),
        };
        match from {
            Source::Cache(cache) => {
                for (image, input) in inputs.iter().enumerate() {
                    cache.read(input.view, 0)?;
                    if let Some((view, _)) = input.mixed {
                        cache.read(view, 1)?;
                    }
                    let [first, second] = &cache.activations;
                    put(image, first, input.mixed.map(|(_, share)| (second, share)));
                }
            }
            Source::Photos(feed) => {
                for (image, (input, (first, second))) in inputs.iter().zip(feed.take(inputs)?).enumerate() {
                    put(image, &first, second.as_ref().zip(input.mixed.map(|(_, share)| share)));
                }
            }
        }
        Ok(self.tail.features(inputs.len())?)
    }

    fn backward(&mut self, gradient: &[f32]) -> Result<(), BodyError> {
        Ok(self.tail.backward(gradient)?)
    }

    fn needs_loss_scale(&self) -> bool {
        self.tail.precision() == TrainPrecision::F16
    }

    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        let parameters = self.tail.parameters().into_iter();
        parameters
            .map(|parameter| Parameter {
                depth: parameter.depth(),
                name: parameter.name,
                values: parameter.values,
                gradient: parameter.gradient,
                is_decayed: parameter.is_weight,
            })
            .collect()
    }
}
