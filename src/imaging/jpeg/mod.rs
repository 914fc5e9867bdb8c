//! A JPEG straight from its DCT at a half, a quarter or an eighth of its size, for photos as cameras write them.
//!
//! What is not needed of a block is not computed and hardly looked at: its lowest frequencies are decoded, the rest is
//! skipped, several codes at a time. Whatever is out of the ordinary (progressive, CMYK, damaged …) gives nothing, and is
//! left to decoders that know more and hurry less.
//!
//! Follows ITU-T T.81; the inverse DCT to fewer pixels than the block has is that of libjpeg since version 7.

#![expect(clippy::inline_always, reason = "a block takes some nanoseconds, of which calls would be a good part")]

mod colour;
mod entropy;
mod header;
mod huffman;
mod inverse;

#[cfg(test)]
mod tests;

use image::RgbImage;

use self::entropy::Scan;
use self::header::{Component, Frame};
use self::inverse::Inverse;

/// The picture as it lies in the file, at so many eighths (1, 2 or 4) of its size, rounded up.
pub fn at_eighths(bytes: &[u8], eighths: usize) -> Option<RgbImage> {
    let mut frame = Frame::read(bytes)?;
    let scan = Scan::read(frame.scan)?;
    let across = frame.units_across();
    let [width, height] = frame.size.map(|side| (side * eighths).div_ceil(8));
    let unit = frame.unit;
    let mut strips: Vec<Strip> =
        frame.components.drain(..).map(|component| Strip::new(component, unit, across, eighths)).collect();
    let blocks: Vec<Block> =
        strips.iter().enumerate().flat_map(|(number, strip)| strip.blocks(number, across)).collect();
    let mut segments = scan.segments();
    let mut bits = segments.next()?;
    let mut until_restart = frame.restart_interval;
    let mut rgb = vec![0; width * height * 3];
    for rows in rgb.chunks_mut(width * unit[1] * eighths * 3) {
        strips.iter_mut().for_each(|strip| strip.coefficients.fill(0.0));
        for number in 0..across {
            if frame.restart_interval > 0 {
                if until_restart == 0 {
                    if bits.is_overrun() {
                        return None;
                    }
                    bits = segments.next()?;
                    strips.iter_mut().for_each(|strip| strip.prediction = 0);
                    until_restart = frame.restart_interval;
                }
                until_restart -= 1;
            }
            for block in &blocks {
                let Strip { component, inverse, prediction, coefficients, .. } = &mut strips[block.strip];
                bits.block(component, inverse, prediction, &mut coefficients[block.first + number * block.step..])?;
            }
        }
        if bits.is_overrun() {
            return None;
        }
        strips.iter_mut().for_each(Strip::transform);
        for (row, to) in rows.chunks_mut(width * 3).enumerate() {
            match &mut strips[..] {
                [y, cb, cr] => colour::from_ycbcr([y.row(row), cb.row(row), cr.row(row)], to),
                [grey, ..] => colour::from_grey(grey.row(row), to),
                [] => return None,
            }
        }
    }
    RgbImage::from_raw(width as u32, height as u32, rgb)
}

/// A component of a row of units.
struct Strip {
    component: Component,
    inverse: Inverse,
    /// What the next block's first coefficient is told from.
    prediction: i32,
    /// `[block row, block column, row, column]`.
    coefficients: Vec<f32>,
    pixels: Vec<u8>,
    /// Pixels of a row.
    stride: usize,
    /// Pixels of the picture to one of these, across and down.
    spread: [usize; 2],
    /// A row as wide as the picture.
    spread_row: Vec<u8>,
}

/// A block of the first unit of a row: where its coefficients are, and how much further those of the next unit's.
struct Block {
    strip: usize,
    first: usize,
    step: usize,
}

impl Strip {
    fn new(component: Component, unit: [usize; 2], across: usize, eighths: usize) -> Self {
        let [columns, rows] = component.blocks;
        let stride = across * columns * eighths;
        let floats = stride * rows * eighths;
        Self {
            inverse: Inverse::new(eighths, &component.steps),
            prediction: 0,
            coefficients: vec![0.0; floats],
            pixels: vec![0; floats],
            stride,
            spread: [unit[0] / columns, unit[1] / rows],
            spread_row: vec![0; across * unit[0] * eighths],
            component,
        }
    }

    /// The blocks of a unit, as they follow each other in the data.
    fn blocks(&self, number: usize, across: usize) -> impl Iterator<Item = Block> {
        let [columns, rows] = self.component.blocks;
        let floats = self.coefficients.len() / (across * columns * rows);
        let places = (0..rows).flat_map(move |row| (0..columns).map(move |column| row * across * columns + column));
        places.map(move |place| Block { strip: number, first: place * floats, step: columns * floats })
    }

    fn transform(&mut self) {
        self.inverse.apply(&self.coefficients, &mut self.pixels, self.stride);
    }

    /// A row of the picture. Colours that were stored at half the size are as wide as two pixels here.
    fn row(&mut self, row: usize) -> &[u8] {
        let pixels = &self.pixels[row / self.spread[1] * self.stride..][..self.stride];
        if self.spread[0] == 1 {
            return pixels;
        }
        for (to, &value) in self.spread_row.as_chunks_mut().0.iter_mut().zip(pixels) {
            *to = [value; 2];
        }
        &self.spread_row
    }
}
