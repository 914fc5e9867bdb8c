//! Which pixels a convolution or a maximum looks at, as tables by which candle gathers them.

use candle_core::{Device, Result, Tensor};

/// Square windows over maps `[images, pixels, channels]`, whose margin is zeros.
pub struct Window {
    num_taps: usize,
    input: [usize; 2],
    output: [usize; 2],
    /// None where each pixel is its own window.
    tables: Option<Tables>,
}

struct Tables {
    /// For each pixel of the output and tap the pixel of the input, or the one after the last.
    forward: Tensor,
    /// For each pixel of the input and tap the pixel of the output whose tap lies over it, or the one after the last.
    back: Tensor,
}

impl Window {
    /// Windows of so many pixels a side whose padding keeps the size at stride 1, over maps of that height and width.
    ///
    /// # Errors
    /// Where the device has no room for the tables.
    pub fn new(side: usize, stride: usize, [height, width]: [usize; 2], device: &Device) -> Result<Self> {
        let (num_taps, padding) = (side * side, side / 2);
        let size = |input: usize| (input + 2 * padding - side) / stride + 1;
        let [out_height, out_width] = [size(height), size(width)];
        let windows = Self { num_taps, input: [height, width], output: [out_height, out_width], tables: None };
        if side == 1 && stride == 1 {
            return Ok(windows);
        }
        let (num_inputs, num_outputs) = (height * width, out_height * out_width);
        let mut forward = vec![num_inputs as u32; num_outputs * num_taps];
        let mut back = vec![num_outputs as u32; num_inputs * num_taps];
        for output in 0..num_outputs {
            for tap in 0..num_taps {
                let (row, column) =
                    (output / out_width * stride + tap / side, output % out_width * stride + tap % side);
                let inside = |at: usize, limit: usize| at.checked_sub(padding).filter(|at| *at < limit);
                if let (Some(row), Some(column)) = (inside(row, height), inside(column, width)) {
                    let input = row * width + column;
                    forward[output * num_taps + tap] = input as u32;
                    back[input * num_taps + tap] = output as u32;
                }
            }
        }
        let table = |numbers: Vec<u32>| Tensor::new(numbers, device);
        Ok(Self { tables: Some(Tables { forward: table(forward)?, back: table(back)? }), ..windows })
    }

    /// Height and width of the output.
    pub fn output(&self) -> [usize; 2] {
        self.output
    }

    /// What each window sees: `[images, output pixels, taps, channels]` of a map of inputs.
    pub fn gather(&self, x: &Tensor) -> Result<Tensor> {
        match &self.tables {
            None => x.unsqueeze(2),
            Some(tables) => self.taken(x, &tables.forward, self.output),
        }
    }

    /// What is over each pixel of the input: `[images, input pixels, taps, channels]` of a map of outputs.
    pub fn gather_back(&self, y: &Tensor) -> Result<Tensor> {
        match &self.tables {
            None => y.unsqueeze(2),
            Some(tables) => self.taken(y, &tables.back, self.input),
        }
    }

    /// The gradient by the input of a maximum over these windows: each window's goes to one of its greatest numbers. The
    /// numbers are not negative, so that a margin of zeros is never greater.
    pub fn maximum_back(&self, x: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let greatest = self.gather(x)?.argmax(2)?.to_dtype(x.dtype())?;
        let taps = Tensor::arange(0, self.num_taps as u32, x.device())?.to_dtype(x.dtype())?;
        let taps = taps.reshape((1, 1, self.num_taps, 1))?;
        let is_taken = self.gather_back(&greatest)?.broadcast_eq(&taps)?.to_dtype(x.dtype())?;
        (self.gather_back(gradient)? * is_taken)?.sum(2)
    }

    fn taken(&self, map: &Tensor, table: &Tensor, [height, width]: [usize; 2]) -> Result<Tensor> {
        let (images, _, channels) = map.dims3()?;
        let taken = map.pad_with_zeros(1, 0, 1)?.index_select(table, 1)?;
        taken.reshape((images, height * width, self.num_taps, channels))
    }
}
