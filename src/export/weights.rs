//! Weights on their way into a file: borrowed, and turned into another order or kind of number as they are written.

use std::borrow::Cow;
use std::io::{self, Write};

use half::f16;

/// Numbers that are turned together.
const CHUNK: usize = 1 << 15;

/// How the numbers of a `[out, input, height, width]` tensor follow each other in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    AsTheyAre,
    /// `[out, height, width, input]`.
    InputLast,
    /// `[height, width, input, out]`.
    OutLast,
}

/// How a number is kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Number {
    F32,
    F16,
    /// Divided by the scale of its output channel, rounded to −127..127.
    I8(Vec<f32>),
}

/// A tensor that is not copied before it is written.
pub struct Weights<'a> {
    values: Cow<'a, [f32]>,
    /// Outputs, inputs, positions.
    shape: [usize; 3],
    order: Order,
    number: Number,
}

impl<'a> Weights<'a> {
    /// `values` is `[out, input, …]`, row-major.
    pub fn new(values: &'a [f32], out: usize, input: usize, order: Order, number: Number) -> Self {
        let positions = values.len() / (out * input).max(1);
        Self { values: Cow::Borrowed(values), shape: [out, input, positions], order, number }
    }

    /// Numbers in one row, as they are.
    pub fn plain(values: impl Into<Cow<'a, [f32]>>) -> Self {
        let values = values.into();
        Self { shape: [values.len(), 1, 1], values, order: Order::AsTheyAre, number: Number::F32 }
    }

    pub fn num_bytes(&self) -> u64 {
        let each = match self.number {
            Number::F32 => 4,
            Number::F16 => 2,
            Number::I8(_) => 1,
        };
        self.values.len() as u64 * each
    }

    pub fn write_to(&self, to: &mut dyn Write) -> io::Result<()> {
        if cfg!(target_endian = "little") && self.order == Order::AsTheyAre && self.number == Number::F32 {
            return to.write_all(bytemuck::cast_slice(&self.values));
        }
        let mut bytes = Vec::with_capacity(CHUNK * 4 + 4);
        let [out, input, positions] = self.shape;
        let per_out = input * positions;
        let mut push = |out: usize, index: usize| -> io::Result<()> {
            let value = self.values[out * per_out + index];
            match &self.number {
                Number::F32 => bytes.extend_from_slice(&value.to_le_bytes()),
                Number::F16 => bytes.extend_from_slice(&f16::from_f32(value).to_le_bytes()),
                Number::I8(scales) => bytes.push(quantised(value, scales[out]) as u8),
            }
            if bytes.len() >= CHUNK * 4 {
                to.write_all(&bytes)?;
                bytes.clear();
            }
            Ok(())
        };
        match self.order {
            Order::AsTheyAre => (0..out).try_for_each(|o| (0..per_out).try_for_each(|index| push(o, index)))?,
            Order::InputLast => (0..out).try_for_each(|o| {
                (0..positions).try_for_each(|p| (0..input).try_for_each(|i| push(o, i * positions + p)))
            })?,
            Order::OutLast => (0..positions)
                .try_for_each(|p| (0..input).try_for_each(|i| (0..out).try_for_each(|o| push(o, i * positions + p))))?,
        }
        to.write_all(&bytes)
    }
}

/// The scale of each output channel with which its largest weight becomes `limit`.
pub fn scales(values: &[f32], out: usize, limit: f32) -> Vec<f32> {
    let per_out = (values.len() / out.max(1)).max(1);
    let largest = |row: &[f32]| row.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    // A channel of zeros takes any scale.
    values.chunks_exact(per_out).map(|row| (largest(row) / limit).max(1e-12)).collect()
}

pub fn quantised(value: f32, scale: f32) -> i8 {
    (value / scale).round_ties_even().clamp(-127.0, 127.0) as i8
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "numbers are moved, not computed")]

    use super::*;

    fn bytes_of(weights: &Weights<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        weights.write_to(&mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, weights.num_bytes());
        bytes
    }

    #[test]
    fn every_order_and_number_says_the_same() {
        let values: Vec<f32> = (0..2 * 3 * 4).map(|value| value as f32 - 11.0).collect();
        let as_f32 = |order| {
            let bytes = bytes_of(&Weights::new(&values, 2, 3, order, Number::F32));
            bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect::<Vec<_>>()
        };
        assert_eq!(as_f32(Order::AsTheyAre), values);
        let (input_last, out_last) = (as_f32(Order::InputLast), as_f32(Order::OutLast));
        for (o, i, p) in (0..2).flat_map(|o| (0..3).flat_map(move |i| (0..4).map(move |p| (o, i, p)))) {
            let value = values[(o * 3 + i) * 4 + p];
            let found = [input_last[(o * 4 + p) * 3 + i], out_last[(p * 3 + i) * 2 + o]];
            assert_eq!(found.map(f32::to_bits), [value.to_bits(); 2]);
        }
        let halves = bytes_of(&Weights::new(&values, 2, 3, Order::AsTheyAre, Number::F16));
        assert_eq!(f16::from_le_bytes([halves[0], halves[1]]), f16::from_f32(-11.0));
        let scales = scales(&values, 2, 127.0);
        let bytes = bytes_of(&Weights::new(&values, 2, 3, Order::AsTheyAre, Number::I8(scales.clone())));
        for (index, byte) in bytes.iter().enumerate() {
            let scale = scales[index / 12];
            assert!((f32::from(*byte as i8) * scale - values[index]).abs() <= 0.5 * scale + 1e-6);
        }
    }
}
