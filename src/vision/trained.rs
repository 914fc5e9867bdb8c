//! What engines that train stages have in common: what can be asked of them, and how trained tensors are named and laid
//! out. How they compute is their own.

use super::VisionError;
use super::cpu::Parameter;
use super::resnet::NUM_STAGES;

/// Name, shape and values, as weights files have them.
pub type PublishedTensor = (String, Vec<usize>, Vec<f32>);

/// Stages that are trained, whichever way they are computed.
pub trait TrainedStages {
    /// Where an image's input is to be written: `[height, width, channels]`.
    fn input(&mut self, image: usize) -> &mut [f32];

    /// Goes forward through the first `images` inputs.
    ///
    /// # Errors
    /// [`VisionError::Compute`] where a graphics card cannot, for instance for want of memory.
    fn forward(&mut self, images: usize) -> Result<(), VisionError>;

    /// The mean over height and width of the `index`th wanted stage's output for an image.
    fn pooled(&self, index: usize, image: usize) -> &[f32];

    /// Where the loss's gradient by that is to be written before [`TrainedStages::backward`].
    fn pooled_gradient(&mut self, index: usize, image: usize) -> &mut [f32];

    /// Goes back through the images of the last way forward, of which there were `images`: every parameter has its
    /// gradient then.
    ///
    /// # Errors
    /// As [`TrainedStages::forward`].
    fn backward(&mut self, images: usize) -> Result<(), VisionError>;

    /// Everything that is trained, in a fixed order. Whoever asks may change the values.
    fn parameters(&mut self) -> Vec<Parameter<'_>>;

    /// The trained tensors by torchvision's names, in the order that weights files have.
    fn published(&self) -> Vec<PublishedTensor>;
}

/// The names of a convolution's weight and of its norm's scale and shift.
pub fn parameter_names(conv: &str, norm: &str) -> [String; 3] {
    [format!("{conv}.weight"), format!("{norm}.weight"), format!("{norm}.bias")]
}

impl Parameter<'_> {
    /// How many stages lie between it and the features; the stem lies before all of them.
    #[must_use]
    pub fn depth(&self) -> usize {
        let stage = self.name.strip_prefix("layer").and_then(|rest| rest.chars().next()?.to_digit(10));
        NUM_STAGES - stage.map_or(0, |stage| stage as usize).min(NUM_STAGES)
    }
}

/// A weight `[out, input, side, side]` as `[tap, input, out]`, in which it is trained: checkpoints are alike wherever
/// they were made.
pub fn turned(weight: &[f32], shape: [usize; 3]) -> Vec<f32> {
    let mut turned = vec![0f32; weight.len()];
    for (index, value) in weight.iter().enumerate() {
        turned[place_of(index, shape)] = *value;
    }
    turned
}

/// Weight, scale and shift as weights files have them, of a convolution of that many outputs, inputs and pixels a side.
pub fn published(
    names: [String; 3],
    [out, input, side]: [usize; 3],
    [weight, scale, shift]: [&[f32]; 3],
) -> [PublishedTensor; 3] {
    let shape = [out, input, side * side];
    let values = (0..weight.len()).map(|index| weight[place_of(index, shape)]).collect();
    let [weight_name, scale_name, shift_name] = names;
    [
        (weight_name, vec![out, input, side, side], values),
        (scale_name, vec![out], scale.to_vec()),
        (shift_name, vec![out], shift.to_vec()),
    ]
}

/// Where the number of that index in `[out, input, tap]` stands in `[tap, input, out]`.
fn place_of(index: usize, [out, input, taps]: [usize; 3]) -> usize {
    let (channel, rest) = (index / (input * taps), index % (input * taps));
    (rest % taps * input + rest / taps) * out + channel
}
