//! Photos at a fraction of their size, for where something much smaller is wanted: a JPEG straight from its DCT.
//!
//! A JPEG keeps each block of 8 × 8 pixels as frequencies, and the lowest ones of them are the block at a half, a
//! quarter or an eighth of its side. Nothing official is computed from such a picture: its pixels differ a little from
//! those of [`decode()`], which stays the one canonical way.

use std::io;

use image::RgbImage;
use mozjpeg::{ColorSpace, Decompress};

use super::ImagingError;
use super::decode::{self, Header, decode, guarded};
use super::jpeg;
use super::thumbnail::{fit_within, fitted};

/// The photo, upright, at a half, a quarter or an eighth of its size if it is a JPEG whose shorter side stays at least
/// `min_side` pixels so; else as [`decode()`] gives it.
///
/// # Errors
/// As [`decode()`].
pub fn decode_reduced(bytes: &[u8], min_side: u32) -> Result<RgbImage, ImagingError> {
    let header = decode::header(bytes)?;
    let shorter = header.width.min(header.height);
    // Rounded down, though a picture that does not divide evenly comes out rounded up.
    let eighths = [1_u8, 2, 4].into_iter().find(|&eighths| shorter * u32::from(eighths) / 8 >= min_side.max(1));
    if let Some(eighths) = eighths
        && decode::is_whole_jpeg(bytes, &header)
        // What this decoder does not take, such as CMYK, the other one may take, or say what is wrong with it.
        && let Ok(Some(picture)) = guarded(|| Ok(from_dct(bytes, &header, eighths)?))
    {
        return Ok(decode::upright(picture.into(), header.orientation).into_rgb8());
    }
    decode(bytes)
}

/// The photo, upright, scaled down so that its longer side is at most `side`, decoded no finer than that needs.
///
/// # Errors
/// As [`decode()`].
pub fn decode_within(bytes: &[u8], side: u32) -> Result<RgbImage, ImagingError> {
    let header = decode::header(bytes)?;
    let (width, height) = fitted(header.width, header.height, side);
    let picture = decode_reduced(bytes, width.min(height))?;
    Ok(if picture.width().max(picture.height()) <= side { picture } else { fit_within(&picture, side) })
}

/// The picture as it lies in the file, at so many eighths of its size; none where its colours are of a kind for which
/// the two decoders may differ.
fn from_dct(bytes: &[u8], header: &Header, eighths: u8) -> io::Result<Option<RgbImage>> {
    if let Some(picture) = jpeg::at_eighths(bytes, usize::from(eighths)) {
        return Ok(Some(picture));
    }
    let mut decoder = Decompress::new_mem(bytes)?;
    let (width, height) = (decoder.width() as u64, decoder.height() as u64);
    let is_as_announced = width * height == u64::from(header.width) * u64::from(header.height);
    if !is_as_announced || !matches!(decoder.color_space(), ColorSpace::JCS_YCbCr | ColorSpace::JCS_GRAYSCALE) {
        return Ok(None);
    }
    decoder.scale(eighths);
    let mut scanlines = decoder.rgb()?;
    let (width, height) = (scanlines.width() as u32, scanlines.height() as u32);
    let pixels = scanlines.read_scanlines::<u8>()?;
    scanlines.finish()?;
    Ok(RgbImage::from_raw(width, height, pixels))
}

#[cfg(test)]
mod tests {
    use image::Rgb;
    use mozjpeg::Compress;

    use super::*;
    use crate::imaging::{Filter, resize};

    #[derive(Clone, Copy, Debug)]
    enum Kind {
        Baseline,
        Halved,
        Progressive,
        Grey,
    }

    /// A picture with slopes, edges and a different colour in each corner.
    fn scene(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let (across, down) = ((x * 255 / width) as u8, (y * 255 / height) as u8);
            let is_inside = (x / 24 + y / 40) % 3 == 0;
            Rgb([across, down, if is_inside { 200 } else { 255 - across / 2 }])
        })
    }

    fn jpeg(picture: &RgbImage, kind: Kind) -> Vec<u8> {
        let is_grey = matches!(kind, Kind::Grey);
        let mut encoder = Compress::new(if is_grey { ColorSpace::JCS_GRAYSCALE } else { ColorSpace::JCS_RGB });
        // What else would be the default is progressive.
        encoder.set_fastest_defaults();
        encoder.set_size(picture.width() as usize, picture.height() as usize);
        encoder.set_quality(92.0);
        match kind {
            Kind::Halved => encoder.set_chroma_sampling_pixel_sizes((2, 2), (2, 2)),
            Kind::Progressive => encoder.set_progressive_mode(),
            Kind::Baseline | Kind::Grey => {}
        }
        let mut encoder = encoder.start_compress(Vec::new()).unwrap();
        let grey: Vec<u8> = picture.pixels().map(|pixel| pixel.0[1]).collect();
        encoder.write_scanlines(if is_grey { &grey } else { picture.as_raw() }).unwrap();
        encoder.finish().unwrap()
    }

    /// The same JPEG with an EXIF block that says how it is to be turned.
    fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif = b"\xFF\xE1\x00\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0]);
        [&jpeg[..2], &exif, &jpeg[2..]].concat()
    }

    /// Mean difference of a channel, both brought to the same small size.
    fn difference(a: &RgbImage, b: &RgbImage) -> f64 {
        let [a, b] = [a, b].map(|picture| resize(picture, 32, 24, Filter::Bilinear));
        let sum: u64 = a.iter().zip(b.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        sum as f64 / a.len() as f64
    }

    #[test]
    fn a_reduced_photo_looks_like_the_whole_one() {
        let mut wrong = Vec::new();
        for kind in [Kind::Baseline, Kind::Halved, Kind::Progressive, Kind::Grey] {
            for (width, height) in [(640, 480), (333, 517), (401, 87), (64, 64), (16, 9), (17, 1), (1, 1)] {
                let bytes = jpeg(&scene(width, height), kind);
                let whole = decode(&bytes).unwrap();
                for min_side in [0, 1, 8, 40, 60, 200, 480, 9999] {
                    let reduced = decode_reduced(&bytes, min_side).unwrap();
                    let shorter = reduced.width().min(reduced.height());
                    let is_large_enough = shorter >= min_side.min(width.min(height));
                    let is_as_small = shorter <= min_side.max(1) * 2 + 1 || shorter <= height.min(width).div_ceil(8);
                    let difference = difference(&whole, &reduced);
                    // Of the smallest pictures an eighth is a few pixels, of which each stands for a whole block.
                    let is_alike = difference < 2.0 || shorter < 24;
                    if !(is_large_enough && is_as_small && is_alike) {
                        let size = reduced.dimensions();
                        wrong
                            .push(format!("{kind:?} {width} × {height} for {min_side}: {size:?}, {difference:.2} off"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn every_orientation_is_applied() {
        for kind in [Kind::Halved, Kind::Progressive] {
            let upright = jpeg(&scene(320, 240), kind);
            for orientation in 1..=8 {
                let bytes = turned(&upright, orientation);
                let (whole, reduced) = (decode(&bytes).unwrap(), decode_reduced(&bytes, 60).unwrap());
                let is_turned = orientation >= 5;
                assert_eq!(reduced.dimensions(), if is_turned { (60, 80) } else { (80, 60) }, "{orientation}");
                assert!(difference(&whole, &reduced) < 2.0, "{kind:?} {orientation}");
            }
        }
    }

    #[test]
    fn other_photos_are_decoded_in_full_and_damaged_ones_refused_alike() {
        let cmyk = include_bytes!("../../tests/flows/pictures/cmyk.jpg");
        assert_eq!(decode_reduced(cmyk, 1).unwrap(), decode(cmyk).unwrap());
        let mut png = Vec::new();
        scene(64, 48).write_to(&mut io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
        assert_eq!(decode_reduced(&png, 4).unwrap(), scene(64, 48));

        let whole = jpeg(&scene(320, 240), Kind::Baseline);
        for length in [0, 2, 3, 40, 200, whole.len() / 2, whole.len() - 2] {
            let cut = &whole[..length];
            let (reduced, full) = (decode_reduced(cut, 30).unwrap_err(), decode(cut).unwrap_err());
            assert_eq!(reduced.to_string(), full.to_string(), "{length} bytes");
        }
    }

    #[test]
    fn what_fits_is_never_without_width() {
        for (width, height, fitted) in
            [(1, 20_000, (1, 360)), (20_000, 1, (360, 1)), (1, 1, (1, 1)), (720, 90, (360, 45))]
        {
            for kind in [Kind::Baseline, Kind::Grey] {
                let photo = decode_within(&jpeg(&scene(width, height), kind), 360).unwrap();
                assert_eq!(photo.dimensions(), fitted, "{kind:?} {width} × {height}");
            }
        }
    }
}
