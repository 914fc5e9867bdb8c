//! The network as a recipe sees it: views from the cache, through the stages that are trained.

use super::plan::Plan;
use super::views::Stores;
use crate::imaging::ContentHash;
use crate::learn::train::{Body, BodyError, Input, Parameter, View};
use crate::vision::{Activation, ModelSource, TrainableTail, VisionError};

/// The stages that are trained, on the photos of a run.
pub(super) struct Network {
    pub tail: TrainableTail,
    stores: Stores,
    /// Those that are learnt from, then those that are held out.
    photos: Vec<ContentHash>,
    num_training: usize,
    activations: [Activation; 2],
}

impl Network {
    pub fn open(source: &ModelSource, plan: &Plan, stores: Stores, batch: usize) -> Result<Self, VisionError> {
        let tail = TrainableTail::open(source, plan.settings.unfreeze, batch)?;
        let photos = plan.training.iter().chain(&plan.held_out).map(|photo| photo.hash).collect();
        let activations = [Activation::default(), Activation::default()];
        Ok(Self { tail, stores, photos, num_training: plan.training.len(), activations })
    }

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

    fn features(&mut self, inputs: &[Input]) -> Result<&[f32], BodyError> {
        for (image, input) in inputs.iter().enumerate() {
            self.read(input.view, 0)?;
            match input.mixed {
                None => self.tail.put(image, &[(&self.activations[0], 1.0)]),
                Some((view, share)) => {
                    self.read(view, 1)?;
                    let [first, second] = &self.activations;
                    self.tail.put(image, &[(first, 1.0 - share), (second, share)]);
                }
            }
        }
        Ok(self.tail.features(inputs.len()))
    }

    fn backward(&mut self, gradient: &[f32]) {
        self.tail.backward(gradient);
    }

    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        let parameters = self.tail.parameters().into_iter();
        parameters
            .map(|parameter| Parameter {
                name: parameter.name,
                values: parameter.values,
                gradient: parameter.gradient,
                is_decayed: parameter.is_weight,
            })
            .collect()
    }
}
