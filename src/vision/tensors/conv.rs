//! A convolution with its norm as candle trains it: master weights in f32, folded for each step in the type of the
//! products.

use candle_core::{DType, Device, Result, Tensor};

use super::super::cpu::Parameter;
use super::super::normed::NormedConv;
use super::super::trained::{PublishedTensor, parameter_names, published, turned};
use super::window::Window;

/// A convolution whose weights change.
pub struct Conv {
    name: String,
    norm: String,
    /// Output and input channels, and taps.
    shape: [usize; 3],
    window: Window,
    /// `[tap, input, out]`, as the processor's engine has them, so that checkpoints are alike.
    weight: Trained,
    scale: Trained,
    shift: Trained,
    /// Of the norm, `[out]`, on the device.
    mean: Tensor,
    deviation: Tensor,
    folded: Option<Folded>,
    /// The gradients of the last way back by weight, scale and shift, before they are fetched.
    found: Option<[Tensor; 3]>,
}

/// Numbers that are trained, and the gradient by them.
struct Trained {
    values: Vec<f32>,
    gradient: Vec<f32>,
}

/// What a step computes with. With `y = γ(Wx − μ)/σ + β` it is `W′ = γW/σ`.
struct Folded {
    /// γ/σ and W, in f32.
    factor: Tensor,
    raw: Tensor,
    /// W′ as `[tap × input, out]` and `[tap × out, input]`, and the bias, in the type of the products.
    weight: Tensor,
    turned: Tensor,
    bias: Tensor,
}

impl Trained {
    fn new(values: Vec<f32>) -> Self {
        Self { gradient: vec![0.0; values.len()], values }
    }

    fn parameter(&mut self, name: String, is_weight: bool) -> Parameter<'_> {
        Parameter { name, values: &mut self.values, gradient: &self.gradient, is_weight }
    }
}

impl Conv {
    /// Takes a convolution over maps of that height and width.
    ///
    /// # Errors
    /// Where the device has no room.
    pub fn new(conv: NormedConv, size: [usize; 2], device: &Device) -> Result<Self> {
        let NormedConv { name, norm, weight, scale, shift, mean, deviation, out, input, side, stride } = conv;
        let shape = [out, input, side * side];
        let deviation: Vec<f32> = deviation.into_iter().map(|deviation| deviation as f32).collect();
        Ok(Self {
            name,
            norm,
            shape,
            window: Window::new(side, stride, size, device)?,
            weight: Trained::new(turned(&weight, shape)),
            scale: Trained::new(scale),
            shift: Trained::new(shift),
            mean: Tensor::new(mean, device)?,
            deviation: Tensor::new(deviation, device)?,
            folded: None,
            found: None,
        })
    }

    /// Height and width of the output.
    pub fn output(&self) -> [usize; 2] {
        self.window.output()
    }

    /// Brings the weights as they are now to the device.
    pub fn fold(&mut self, device: &Device, dtype: DType) -> Result<()> {
        let [out, input, taps] = self.shape;
        let raw = Tensor::from_slice(&self.weight.values, (taps * input, out), device)?;
        let factor = (Tensor::new(self.scale.values.as_slice(), device)? / &self.deviation)?;
        let bias = (Tensor::new(self.shift.values.as_slice(), device)? - (&self.mean * &factor)?)?.to_dtype(dtype)?;
        let weight = raw.broadcast_mul(&factor)?.to_dtype(dtype)?;
        let turned = weight.reshape((taps, input, out))?.transpose(1, 2)?.contiguous()?.reshape((taps * out, input))?;
        self.folded = Some(Folded { factor, raw, weight, turned, bias });
        Ok(())
    }

    fn folded(&self) -> Result<&Folded> {
        self.folded.as_ref().ok_or_else(|| candle_core::Error::msg("weights are folded before every step"))
    }

    /// The output of a map `[images, pixels, input]`, before `ReLU`.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let Folded { weight, bias, .. } = self.folded()?;
        let [height, width] = self.output();
        let y = self.seen(x)?.matmul(weight)?.broadcast_add(bias)?;
        y.reshape((x.dim(0)?, height * width, self.shape[0]))
    }

    /// Keeps the gradients by weight, scale and shift: dβ = Σg, dW = γ/σ · dW′ and dγ = (⟨dW′, W⟩ − μΣg)/σ.
    pub fn weights_back(&mut self, x: &Tensor, gradient: &Tensor) -> Result<()> {
        let Folded { factor, raw, .. } = self.folded()?;
        let gradient = gradient.reshape(((), self.shape[0]))?;
        let by_folded = self.seen(x)?.t()?.matmul(&gradient)?.to_dtype(DType::F32)?;
        // Sums over so many pixels would lose what is small in fewer bits.
        let by_shift = gradient.to_dtype(DType::F32)?.sum(0)?;
        let product = (&by_folded * raw)?.sum(0)?;
        let by_scale = ((product - (&self.mean * &by_shift)?)? / &self.deviation)?;
        self.found = Some([by_folded.broadcast_mul(factor)?, by_scale, by_shift]);
        Ok(())
    }

    /// The gradient by the input `[images, pixels, input]`.
    pub fn input_back(&self, gradient: &Tensor) -> Result<Tensor> {
        let [out, input, taps] = self.shape;
        let images = gradient.dim(0)?;
        let over = self.window.gather_back(gradient)?.reshape(((), taps * out))?;
        over.matmul(&self.folded()?.turned)?.reshape((images, (), input))
    }

    /// What every output pixel sees: `[images × pixels, tap × input]`.
    fn seen(&self, x: &Tensor) -> Result<Tensor> {
        let [_, input, taps] = self.shape;
        self.window.gather(x)?.reshape(((), taps * input))
    }

    /// Brings the gradients from the device.
    pub fn fetch(&mut self) -> Result<()> {
        let Some(found) = self.found.take() else { return Ok(()) };
        for (trained, found) in [&mut self.weight, &mut self.scale, &mut self.shift].into_iter().zip(found) {
            trained.gradient = found.flatten_all()?.to_vec1()?;
        }
        Ok(())
    }

    /// Weight, scale and shift, in that order.
    pub fn parameters(&mut self) -> [Parameter<'_>; 3] {
        let Self { name, norm, weight, scale, shift, .. } = self;
        let [weight_name, scale_name, shift_name] = parameter_names(name, norm);
        [weight.parameter(weight_name, true), scale.parameter(scale_name, false), shift.parameter(shift_name, false)]
    }

    /// The tensors by torchvision's names.
    pub fn published(&self) -> [PublishedTensor; 3] {
        let Self { name, norm, shape: [out, input, taps], weight, scale, shift, .. } = self;
        let values = [weight, scale, shift].map(|trained| trained.values.as_slice());
        published(parameter_names(name, norm), [*out, *input, taps.isqrt()], values)
    }
}
