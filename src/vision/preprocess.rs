//! A photo to the network's input: the one function that every part of the product uses for it.

use candle_core::{Device, Result, Tensor};
use image::RgbImage;

use super::spec::Preprocess;
use crate::imaging::{self, ImagingError};

/// The square that the network sees, RGB, before normalisation: `[crop, crop, 3]`.
pub struct Crop(pub RgbImage);

/// What each byte of each colour is to the network: looked up, which is quicker than to divide.
pub(super) struct Normalised([[f32; 256]; 3]);

impl Preprocess {
    /// Short side to `resize`, then the middle `crop` × `crop`.
    #[must_use]
    pub fn crop(&self, photo: &RgbImage) -> Crop {
        let (width, height) = photo.dimensions();
        let scale = f64::from(self.resize) / f64::from(width.min(height).max(1));
        // A panorama 1 × 20,000 would grow to millions of pixels that the crop then throws away: what lies further
        // from the middle than the crop can reach is cut off first.
        let photo = within_reach(photo, f64::from(self.crop) / scale);
        let (width, height) = photo.dimensions();
        let scaled = |side: u32| ((f64::from(side) * scale).round_ties_even() as u32).max(self.crop);
        let resized = imaging::resize(&photo, scaled(width), scaled(height), self.interpolation);
        let left = (resized.width() - self.crop) / 2;
        let top = (resized.height() - self.crop) / 2;
        Crop(image::imageops::crop_imm(&resized, left, top, self.crop, self.crop).to_image())
    }

    /// The photo, upright, decoded no finer than its crop needs: quicker where a JPEG is much larger. Its crop differs
    /// a little from that of the photo in full, so that their features are never mixed.
    ///
    /// # Errors
    /// As [`imaging::decode`].
    pub fn decode_reduced(&self, photo: &[u8]) -> std::result::Result<RgbImage, ImagingError> {
        // How fine depends on the photo alone, never on what else is wanted of it, such as a thumbnail: features would
        // depend on that too.
        imaging::decode_reduced(photo, self.resize)
    }

    /// Bytes scaled to 0..1 and normalised.
    pub(super) fn normalised(&self) -> Normalised {
        let number = |channel: usize, byte: usize| (byte as f32 / 255.0 - self.mean[channel]) / self.std[channel];
        Normalised(std::array::from_fn(|channel| std::array::from_fn(|byte| number(channel, byte))))
    }

    /// How large a normalised number can be, below zero or above.
    pub(super) fn greatest(&self) -> f32 {
        let of_channel = |(mean, std): (&f32, &f32)| mean.abs().max((1.0 - mean).abs()) / std;
        self.mean.iter().zip(&self.std).map(of_channel).fold(0.0, f32::max)
    }

    /// Crops as `[batch, 3, crop, crop]`, scaled to 0..1 and normalised.
    ///
    /// # Errors
    /// Where the device has no room for them.
    pub fn tensor(&self, crops: &[Crop], device: &Device) -> Result<Tensor> {
        let side = self.crop as usize;
        let plane = side * side;
        let mut values = vec![0f32; crops.len() * 3 * plane];
        let mut line = vec![0f32; 3 * side];
        let normalised = self.normalised();
        for (image, crop) in values.chunks_exact_mut(3 * plane).zip(crops) {
            for row in 0..side {
                normalised.row(crop, row, &mut line);
                for (column, pixel) in line.chunks_exact(3).enumerate() {
                    for (channel, value) in pixel.iter().enumerate() {
                        image[channel * plane + row * side + column] = *value;
                    }
                }
            }
        }
        Tensor::from_vec(values, (crops.len(), 3, side, side), device)
    }
}

impl Normalised {
    /// A row of a crop, channels last.
    pub(super) fn row(&self, crop: &Crop, row: usize, to: &mut [f32]) {
        let bytes = 3 * crop.0.width() as usize;
        let pixels = crop.0.as_raw()[row * bytes..(row + 1) * bytes].as_chunks::<3>().0;
        for (to, pixel) in to.as_chunks_mut::<3>().0.iter_mut().zip(pixels) {
            for channel in 0..3 {
                to[channel] = self.0[channel][usize::from(pixel[channel])];
            }
        }
    }
}

/// The middle of a very long photo, with a generous margin around `reach` source pixels; others as they are.
fn within_reach(photo: &RgbImage, reach: f64) -> std::borrow::Cow<'_, RgbImage> {
    const LONGEST: u32 = 8;
    let (width, height) = photo.dimensions();
    let limit = ((reach * 2.0).ceil() as u32).saturating_add(16);
    if width.max(height) / width.min(height).max(1) < LONGEST || width.max(height) <= limit {
        return std::borrow::Cow::Borrowed(photo);
    }
    let (kept_width, kept_height) = (width.min(limit), height.min(limit));
    let (left, top) = ((width - kept_width) / 2, (height - kept_height) / 2);
    std::borrow::Cow::Owned(image::imageops::crop_imm(photo, left, top, kept_width, kept_height).to_image())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageFormat, Rgb};

    use super::*;
    use crate::vision::spec::Interpolation;

    #[test]
    fn a_jpeg_is_decoded_as_small_as_it_is_resized_to_and_no_smaller() {
        let interpolation = Interpolation::Bicubic;
        let preprocess = Preprocess { resize: 40, crop: 32, interpolation, mean: [0.0; 3], std: [1.0; 3] };
        for (photo, reduced) in
            [((640, 320), (80, 40)), ((319, 400), (80, 100)), ((90, 81), (45, 41)), ((79, 200), (79, 200))]
        {
            let picture = RgbImage::from_fn(photo.0, photo.1, |x, y| Rgb([x as u8, y as u8, 90]));
            let mut jpeg = Vec::new();
            picture.write_to(&mut Cursor::new(&mut jpeg), ImageFormat::Jpeg).unwrap();
            assert_eq!(preprocess.decode_reduced(&jpeg).unwrap().dimensions(), reduced, "{photo:?}");
        }
    }
}
