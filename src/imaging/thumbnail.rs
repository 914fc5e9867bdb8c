//! Small pictures for the grid.

use std::io;

use image::RgbImage;
use mozjpeg::{ColorSpace, Compress};

use super::resize::{Filter, resize};

/// The longer side of a stored thumbnail, in pixels: a cell at twice its usual size on a dense screen.
pub const THUMBNAIL_SIDE: u32 = 360;

/// The picture scaled down so that its longer side is at most `side`; a smaller one stays as it is.
#[must_use]
pub fn fit_within(picture: &RgbImage, side: u32) -> RgbImage {
    let (width, height) = fitted(picture.width(), picture.height(), side);
    if (width, height) == picture.dimensions() {
        return picture.clone();
    }
    resize(picture, width, height, Filter::Bilinear)
}

/// Width and height scaled down so that the longer one is at most `side`; both stay at least 1, however long and thin
/// the picture is.
pub(super) fn fitted(width: u32, height: u32, side: u32) -> (u32, u32) {
    let longer = width.max(height);
    if longer <= side {
        return (width, height);
    }
    let scaled = |length: u32| ((f64::from(length) * f64::from(side) / f64::from(longer)).round() as u32).max(1);
    (scaled(width), scaled(height))
}

/// The thumbnail of a photo as JPEG bytes.
///
/// # Panics
/// Never: writing JPEG into a vector fails only for pictures wider than the format allows, and these are small.
#[must_use]
pub fn thumbnail_jpeg(picture: &RgbImage) -> Vec<u8> {
    let small = fit_within(picture, THUMBNAIL_SIDE);
    write_jpeg(&small).expect("a small RGB picture encodes")
}

fn write_jpeg(picture: &RgbImage) -> io::Result<Vec<u8>> {
    let mut jpeg = Compress::new(ColorSpace::JCS_RGB);
    jpeg.set_size(picture.width() as usize, picture.height() as usize);
    // The others look for a few per cent fewer bytes, in five times the time.
    jpeg.set_fastest_defaults();
    jpeg.set_quality(85.0);
    let mut jpeg = jpeg.start_compress(Vec::with_capacity(32 * 1024))?;
    jpeg.write_scanlines(picture.as_raw())?;
    jpeg.finish()
}
