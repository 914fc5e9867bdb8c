//! What the recipe asks of the network whose stages are trained.

/// A network as far as its features, with what is trained of it.
pub trait Body {
    /// Features an input.
    fn dim(&self) -> usize;

    /// Says which batches will be asked for next, in that order, so that they can be got ready meanwhile.
    fn announce(&mut self, _batches: &[Vec<Input>]) {}

    /// The features `[inputs, dim]` of a batch.
    ///
    /// # Errors
    /// Where a view cannot be had.
    fn features(&mut self, inputs: &[Input]) -> Result<&[f32], BodyError>;

    /// Goes back from the loss's gradient `[inputs, dim]` by the features of the last batch.
    ///
    /// # Errors
    /// Where it cannot be computed.
    fn backward(&mut self, gradient: &[f32]) -> Result<(), BodyError>;

    /// Whether it computes in a type of so little range that gradients have to be made larger on their way, and may turn
    /// out to have been made too large.
    fn needs_loss_scale(&self) -> bool {
        false
    }

    /// Everything that is trained, in a fixed order. Whoever asks may change the values.
    fn parameters(&mut self) -> Vec<Parameter<'_>>;
}

/// Why a batch has no features.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// Numbers that are trained, and the loss's gradient by them.
pub struct Parameter<'a> {
    pub name: String,
    pub values: &'a mut [f32],
    pub gradient: &'a [f32],
    /// Whether large values are held down: not for norms and biases.
    pub is_decayed: bool,
    /// How many stages lie between it and the features; 0 for those of the last stage, and for heads.
    pub depth: usize,
}

/// A view of a photo: the plain one is number 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    pub photo: usize,
    pub number: usize,
}

/// What goes in: a view, or two mixed, the second with its share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    pub view: View,
    pub mixed: Option<(View, f32)>,
}

impl From<View> for Input {
    fn from(view: View) -> Self {
        Self { view, mixed: None }
    }
}
