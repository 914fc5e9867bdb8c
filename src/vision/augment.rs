//! Other views of a photo for training: a part of it, mirrored, in slightly other colours.

use std::borrow::Cow;

use image::RgbImage;

use super::preprocess::Crop;
use super::random::SplitMix;
use super::spec::Preprocess;
use crate::imaging::{self, ContentHash};

/// The least part of the middle square's area that a view shows.
const MIN_AREA: f32 = 0.5;

/// A view is at most so much wider than high, or higher than wide.
const MAX_RATIO: f32 = 4.0 / 3.0;

/// By how much brightness, contrast and saturation change at most.
const COLOUR: f32 = 0.15;

impl Preprocess {
    /// A photo as small as views need it: what is larger would be made small again for each of them.
    #[must_use]
    pub fn for_views<'p>(&self, photo: &'p RgbImage) -> Cow<'p, RgbImage> {
        let (width, height) = photo.dimensions();
        let (short, wanted) = (width.min(height).max(1), 2 * self.crop);
        if short <= wanted {
            return Cow::Borrowed(photo);
        }
        let scaled = |side: u32| (u64::from(side) * u64::from(wanted) / u64::from(short)) as u32;
        Cow::Owned(imaging::resize(photo, scaled(width), scaled(height), self.interpolation))
    }

    /// The `number`th view of the photo with that content, the same one every time. (A random part of a random shape:
    /// Szegedy et al., *Going Deeper with Convolutions*, 2014.)
    #[must_use]
    pub fn view(&self, photo: &RgbImage, hash: &ContentHash, number: u64) -> Crop {
        let mut random = random_of(hash, number);
        let mut between = |low: f32, high: f32| low + (high - low) * random.unit();
        let (width, height) = photo.dimensions();
        let square = width.min(height) as f32;
        let area = between(MIN_AREA, 1.0);
        let ratio = between(-MAX_RATIO.ln(), MAX_RATIO.ln()).exp();
        let side = |share: f32| (square * share.sqrt()).round().clamp(1.0, square);
        let (part_width, part_height) = (side(area * ratio), side(area / ratio));
        // Within the middle square, which is where the network looks.
        let left = (width as f32 - square) / 2.0 + between(0.0, square - part_width);
        let top = (height as f32 - square) / 2.0 + between(0.0, square - part_height);
        let part = image::imageops::crop_imm(photo, left as u32, top as u32, part_width as u32, part_height as u32);
        let mut view = imaging::resize(&part.to_image(), self.crop, self.crop, self.interpolation);
        if between(0.0, 1.0) < 0.5 {
            image::imageops::flip_horizontal_in_place(&mut view);
        }
        let mut factor = || between(1.0 - COLOUR, 1.0 + COLOUR);
        recolour(&mut view, factor(), factor(), factor());
        Crop(view)
    }
}

fn random_of(hash: &ContentHash, number: u64) -> SplitMix {
    let mut seed = [0; 8];
    seed.copy_from_slice(&hash.0[..8]);
    SplitMix(u64::from_le_bytes(seed) ^ number.wrapping_mul(0xA076_1D64_78BD_642F))
}

/// Changes how far each colour is from black, from the mean grey, and from its own grey.
fn recolour(view: &mut RgbImage, brightness: f32, contrast: f32, saturation: f32) {
    let grey = |[red, green, blue]: [f32; 3]| 0.299 * red + 0.587 * green + 0.114 * blue;
    let num_pixels = (view.width() * view.height()).max(1) as f32;
    let total: f32 = view.pixels().map(|pixel| grey(pixel.0.map(f32::from))).sum();
    let mean = brightness * total / num_pixels;
    for pixel in view.pixels_mut() {
        let colours = pixel.0.map(|colour| mean + contrast * (brightness * f32::from(colour) - mean));
        let own = grey(colours);
        // `as` clamps to 0..255.
        pixel.0 = colours.map(|colour| (own + saturation * (colour - own)).round() as u8);
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;
    use crate::vision::spec::Interpolation;

    fn preprocess() -> Preprocess {
        Preprocess { resize: 40, crop: 32, interpolation: Interpolation::Bilinear, mean: [0.0; 3], std: [1.0; 3] }
    }

    #[test]
    fn a_view_is_the_same_every_time_and_unlike_the_others() {
        let photo = RgbImage::from_fn(90, 60, |x, y| Rgb([x as u8 * 2, y as u8 * 4, (x * y) as u8]));
        let hash = ContentHash([7; 32]);
        let view = |number| preprocess().view(&photo, &hash, number).0;
        assert_eq!(view(1), view(1));
        assert_eq!(view(1).dimensions(), (32, 32));
        assert_ne!(view(1), view(2));
    }

    #[test]
    fn photos_of_any_shape_have_views() {
        for (width, height) in [(1, 1), (1, 900), (900, 1), (5, 4)] {
            let photo = RgbImage::new(width, height);
            for number in 1..20 {
                let view = preprocess().view(&photo, &ContentHash([number as u8; 32]), number);
                assert_eq!(view.0.dimensions(), (32, 32));
            }
        }
    }
}
