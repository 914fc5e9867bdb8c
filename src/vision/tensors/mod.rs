//! The last stages of the network trained by candle, on graphics cards: master weights in f32, products in the type that
//! was asked for.
//!
//! Forward and back are written out in gathers, products and sums, which every device of candle has. Its own way back is
//! not used: those of convolutions and maxima have faults (a maximum's is too small by the size of its window), and it
//! has no way to keep weights in one type and multiply in another but to cast at every use. Batch norm keeps its
//! published statistics, as in the processor's engine (`cpu/grad`), against which this is tested.
//!
//! Weights, their gradients and the optimiser's numbers are in the processor's memory, so that a checkpoint is the same
//! wherever it was made; at every step weights go to the card and gradients come back.

mod conv;
mod window;

#[cfg(test)]
mod tests;

use candle_core::{DType, Device, Result, Tensor};

use super::VisionError;
use super::cpu::Parameter;
use super::normed::{NormedBlock, NormedConv, NormedTail};
use super::trained::{PublishedTensor, TrainedStages};
use conv::Conv;
use window::Window;

/// Some last stages of a network on batches of up to so many images.
pub struct TensorTail {
    convs: Vec<Conv>,
    stem: Option<Stem>,
    stages: Vec<Vec<Block>>,
    /// The stages whose outputs' means are wanted.
    wanted: Vec<usize>,
    device: Device,
    dtype: DType,
    /// Pixels and channels of an image's input.
    shape: [usize; 2],
    input: Vec<f32>,
    /// For each wanted stage its channels, its means `[images, channels]` and the gradient by them.
    means: Vec<Means>,
    /// What the last way forward left for the way back.
    tape: Option<Tape>,
    is_folded: bool,
}

/// The first convolution, and the maximum after it.
struct Stem {
    conv: usize,
    pool: Window,
}

/// `ReLU(convs(x) + shortcut(x))`, by the numbers of its convolutions.
struct Block {
    convs: Vec<usize>,
    shortcut: Option<usize>,
}

struct Means {
    channels: usize,
    values: Vec<f32>,
    gradient: Vec<f32>,
}

struct Tape {
    /// Its input and output.
    stem: Option<[Tensor; 2]>,
    /// Of each block its input, and the output of each of its convolutions.
    stages: Vec<Vec<Vec<Tensor>>>,
}

impl TensorTail {
    /// Takes stages as `cpu::Tail` does, for a device and the type that products read.
    ///
    /// # Errors
    /// Where the device has no room for the tables.
    pub fn new(
        tail: NormedTail,
        [height, width, channels]: [usize; 3],
        wanted: &[usize],
        images: usize,
        device: &Device,
        dtype: DType,
    ) -> Result<Self> {
        let mut convs = Vec::new();
        let mut take = |conv: NormedConv, size: &mut [usize; 2]| -> Result<usize> {
            let conv = Conv::new(conv, *size, device)?;
            *size = conv.output();
            convs.push(conv);
            Ok(convs.len() - 1)
        };
        let mut size = [height, width];
        let mut stem = None;
        if let Some(conv) = tail.stem {
            let conv = take(conv, &mut size)?;
            let pool = Window::new(3, 2, size, device)?;
            size = pool.output();
            stem = Some(Stem { conv, pool });
        }
        let mut stages = Vec::new();
        let mut means = Vec::new();
        for (number, blocks) in tail.stages.into_iter().enumerate() {
            let channels = blocks.last().and_then(|block| block.convs.last()).map_or(0, |conv| conv.out);
            let mut taken = Vec::new();
            for NormedBlock { convs, shortcut } in blocks {
                let before = size;
                let convs = convs.into_iter().map(|conv| take(conv, &mut size)).collect::<Result<_>>()?;
                let shortcut = shortcut.map(|conv| take(conv, &mut before.clone())).transpose()?;
                taken.push(Block { convs, shortcut });
            }
            stages.push(taken);
            if wanted.contains(&number) {
                let numbers = || vec![0.0; images * channels];
                means.push(Means { channels, values: numbers(), gradient: numbers() });
            }
        }
        Ok(Self {
            convs,
            stem,
            stages,
            wanted: wanted.to_vec(),
            device: device.clone(),
            dtype,
            shape: [height * width, channels],
            input: vec![0.0; images * height * width * channels],
            means,
            tape: None,
            is_folded: false,
        })
    }

    fn go_forward(&mut self, images: usize) -> Result<()> {
        self.tape = None;
        if !self.is_folded {
            let (device, dtype) = (&self.device, self.dtype);
            self.convs.iter_mut().try_for_each(|conv| conv.fold(device, dtype))?;
            self.is_folded = true;
        }
        let [pixels, channels] = self.shape;
        let numbers = &self.input[..images * pixels * channels];
        let mut x = Tensor::from_slice(numbers, (images, pixels, channels), &self.device)?.to_dtype(self.dtype)?;
        let mut tape = Tape { stem: None, stages: Vec::new() };
        if let Some(Stem { conv, pool }) = &self.stem {
            let y = self.convs[*conv].forward(&x)?.relu()?;
            let input = std::mem::replace(&mut x, pool.gather(&y)?.max(2)?);
            tape.stem = Some([input, y]);
        }
        for (number, blocks) in self.stages.iter().enumerate() {
            let mut of_stage = Vec::new();
            for block in blocks {
                let maps = self.block(block, x)?;
                x = maps[maps.len() - 1].clone();
                of_stage.push(maps);
            }
            tape.stages.push(of_stage);
            if let Some(index) = self.wanted.iter().position(|wanted| *wanted == number) {
                let values = x.to_dtype(DType::F32)?.mean(1)?.flatten_all()?.to_vec1::<f32>()?;
                self.means[index].values[..values.len()].copy_from_slice(&values);
            }
        }
        self.tape = Some(tape);
        Ok(())
    }

    /// A block's input, and the output of each of its convolutions.
    fn block(&self, block: &Block, input: Tensor) -> Result<Vec<Tensor>> {
        let shortcut = match block.shortcut {
            Some(conv) => self.convs[conv].forward(&input)?,
            None => input.clone(),
        };
        let mut maps = vec![input];
        for (index, conv) in block.convs.iter().enumerate() {
            let mut y = self.convs[*conv].forward(&maps[index])?;
            if index + 1 == block.convs.len() {
                y = (y + &shortcut)?;
            }
            maps.push(y.relu()?);
        }
        Ok(maps)
    }

    fn go_back(&mut self, images: usize) -> Result<()> {
        let Some(tape) = self.tape.take() else { return Ok(()) };
        let Self { convs, stem, stages, wanted, device, dtype, means, .. } = self;
        let mut gradient: Option<Tensor> = None;
        for (number, (blocks, kept)) in stages.iter().zip(&tape.stages).enumerate().rev() {
            let Some(output) = kept.last().and_then(|maps| maps.last()) else { continue };
            if let Some(index) = wanted.iter().position(|wanted| *wanted == number) {
                let Means { channels, gradient: of_mean, .. } = &means[index];
                let pixels = output.dim(1)?;
                let of_mean = Tensor::from_slice(&of_mean[..images * channels], (images, 1, *channels), device)?;
                let spread = (of_mean / pixels as f64)?.to_dtype(*dtype)?.broadcast_as(output.shape())?;
                gradient = Some(match gradient {
                    Some(gradient) => (gradient + spread)?,
                    None => spread.contiguous()?,
                });
            }
            for (position, (block, maps)) in blocks.iter().zip(kept).enumerate().rev() {
                let Some(of_output) = gradient.take() else { return Ok(()) };
                let needs_input = number > 0 || position > 0 || stem.is_some();
                gradient = block_back(convs, block, maps, &of_output, needs_input)?;
            }
        }
        if let (Some(Stem { conv, pool }), Some([input, output]), Some(gradient)) = (stem, &tape.stem, gradient) {
            let gradient = masked(&pool.maximum_back(output, &gradient)?, output)?;
            convs[*conv].weights_back(input, &gradient)?;
        }
        convs.iter_mut().try_for_each(Conv::fetch)
    }
}

/// A block back, from the gradient by its output to that by its input, where that is needed.
fn block_back(
    convs: &mut [Conv],
    block: &Block,
    maps: &[Tensor],
    of_output: &Tensor,
    needs_input: bool,
) -> Result<Option<Tensor>> {
    let of_output = masked(of_output, &maps[maps.len() - 1])?;
    let mut gradient = of_output.clone();
    for (index, conv) in block.convs.iter().enumerate().rev() {
        convs[*conv].weights_back(&maps[index], &gradient)?;
        if index > 0 {
            gradient = masked(&convs[*conv].input_back(&gradient)?, &maps[index])?;
        }
    }
    if let Some(conv) = block.shortcut {
        convs[conv].weights_back(&maps[0], &of_output)?;
    }
    if !needs_input {
        return Ok(None);
    }
    let shortcut = match block.shortcut {
        Some(conv) => convs[conv].input_back(&of_output)?,
        None => of_output,
    };
    Ok(Some((convs[block.convs[0]].input_back(&gradient)? + shortcut)?))
}

/// Leaves of a gradient by `ReLU`'s output what belongs to its input.
fn masked(gradient: &Tensor, output: &Tensor) -> Result<Tensor> {
    gradient * output.gt(0.0)?.to_dtype(gradient.dtype())?
}

impl TrainedStages for TensorTail {
    fn input(&mut self, image: usize) -> &mut [f32] {
        let floats = self.shape.iter().product::<usize>();
        &mut self.input[image * floats..][..floats]
    }

    fn forward(&mut self, images: usize) -> std::result::Result<(), VisionError> {
        Ok(self.go_forward(images)?)
    }

    fn pooled(&self, index: usize, image: usize) -> &[f32] {
        let Means { channels, values, .. } = &self.means[index];
        &values[image * channels..][..*channels]
    }

    fn pooled_gradient(&mut self, index: usize, image: usize) -> &mut [f32] {
        let Means { channels, gradient, .. } = &mut self.means[index];
        &mut gradient[image * *channels..][..*channels]
    }

    fn backward(&mut self, images: usize) -> std::result::Result<(), VisionError> {
        Ok(self.go_back(images)?)
    }

    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        self.is_folded = false;
        self.convs.iter_mut().flat_map(Conv::parameters).collect()
    }

    fn published(&self) -> Vec<PublishedTensor> {
        self.convs.iter().flat_map(Conv::published).collect()
    }
}
