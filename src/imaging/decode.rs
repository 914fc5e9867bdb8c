//! Photo files to upright RGB, whatever they hold: CMYK, 16 bit, grey, transparent, turned by EXIF, animated.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage, RgbaImage,
};

use super::ImagingError;

/// Pictures with more pixels than this are refused: 100 million are 300 MB as RGB, and no product photo needs more.
pub const MAX_PIXELS: u64 = 100_000_000;

/// What a decoder may ask for beside the picture itself, in bytes: 16-bit RGBA of [`MAX_PIXELS`].
const MAX_DECODER_BYTES: u64 = 8 * MAX_PIXELS;

/// A block of 8 × 8 pixels takes a bit of a JPEG at least: a code is no shorter.
const PIXELS_A_BYTE: u64 = 8 * 64;

/// What the first bytes of a photo say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Width and height as a person sees the photo, after turning it upright.
    pub width: u32,
    pub height: u32,
    /// EXIF orientation, 1 to 8; 1 is upright.
    pub orientation: u8,
}

/// Whether a file of this name is looked at: only the ending counts, in any case. Hidden files are left alone, among
/// them the `._name` twins that some systems lay beside each photo.
#[must_use]
pub fn is_photo_name(path: &Path) -> bool {
    const ENDINGS: [&str; 11] = ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "dib", "tif", "tiff"];
    let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    !is_hidden
        && path
            .extension()
            .and_then(|ending| ending.to_str())
            .is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Size and orientation, without decoding the pixels.
///
/// # Errors
/// [`ImagingError`] where the bytes are empty, no picture, damaged already in the header, or over [`MAX_PIXELS`].
pub fn header(bytes: &[u8]) -> Result<Header, ImagingError> {
    guarded(|| {
        let (_, header) = open(bytes)?;
        Ok(header)
    })
}

/// What the bytes are, going by how they begin, as TensorFlow and MIME call it: `jpeg`, `png` …
#[must_use]
pub fn format_name(bytes: &[u8]) -> Option<&'static str> {
    image::guess_format(bytes).ok().and_then(|format| format.to_mime_type().strip_prefix("image/"))
}

/// The XMP packet that lies within a photo, if there is one that can be read.
#[must_use]
pub fn xmp_packet(bytes: &[u8]) -> Option<String> {
    let packet = guarded(|| open(bytes)?.0.xmp_metadata().map_err(damaged));
    String::from_utf8(packet.ok()??).ok()
}

/// The photo, upright, as RGB: transparent parts over white, the first frame of an animation.
///
/// # Errors
/// As [`header`], and where the pixels themselves are damaged or cut short.
pub fn decode(bytes: &[u8]) -> Result<RgbImage, ImagingError> {
    guarded(|| {
        let (decoder, header) = open(bytes)?;
        if is_jpeg(bytes) && !is_whole_jpeg(bytes, &header) {
            return Err(ImagingError::CutShort);
        }
        let picture = upright(DynamicImage::from_decoder(decoder).map_err(damaged)?, header.orientation);
        Ok(if picture.color().has_alpha() { over_white(&picture.into_rgba8()) } else { picture.into_rgb8() })
    })
}

/// Whether any decoder sees the same in it: a JPEG or PNG in RGB or grey, upright, nothing transparent.
#[must_use]
pub fn is_plain(bytes: &[u8]) -> bool {
    let is_plain = guarded(|| {
        let (decoder, header) = open(bytes)?;
        let colours = [ExtendedColorType::Rgb8, ExtendedColorType::L8];
        Ok(header.orientation == 1 && colours.contains(&decoder.original_color_type()))
    });
    let format = image::guess_format(bytes);
    is_plain.unwrap_or(false) && matches!(format, Ok(ImageFormat::Jpeg | ImageFormat::Png))
}

fn open(bytes: &[u8]) -> Result<(impl ImageDecoder + '_, Header), ImagingError> {
    if bytes.is_empty() {
        return Err(ImagingError::Empty);
    }
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    if reader.format().is_none() {
        return Err(ImagingError::UnknownFormat);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImagingError::TooLarge { width, height });
    }
    // A photo whose EXIF block is damaged is still a photo: it is taken as upright.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms).to_exif();
    let is_turned = orientation >= 5;
    let (width, height) = if is_turned { (height, width) } else { (width, height) };
    Ok((decoder, Header { width, height, orientation }))
}

/// The picture turned as its EXIF orientation says.
pub(super) fn upright(mut picture: DynamicImage, orientation: u8) -> DynamicImage {
    picture.apply_orientation(Orientation::from_exif(orientation).unwrap_or(Orientation::NoTransforms));
    picture
}

fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8, 0xFF])
}

/// Whether this is a JPEG with its end. Decoders fill up what is missing with grey, which nobody should have to label.
///
/// In the data of a scan FF is always followed by 00 or a restart marker, so that the last start of a scan (FF DA) and
/// an end of image (FF D9) after it cannot be anything else. Nor is there an end where there are fewer bits than blocks: a
/// few bytes that announce millions of pixels would keep a decoder busy for seconds.
pub(super) fn is_whole_jpeg(bytes: &[u8], header: &Header) -> bool {
    // By one byte, since `memmem` goes backwards without vector instructions.
    let last = |marker: u8| memchr::memrchr_iter(0xFF, bytes).find(|&at| bytes.get(at + 1) == Some(&marker));
    let num_pixels = u64::from(header.width) * u64::from(header.height);
    is_jpeg(bytes) && last(0xD9) >= last(0xDA) && num_pixels / PIXELS_A_BYTE <= bytes.len() as u64
}

/// Foreign decoders have panicked on hostile files before; one such file must not end a batch.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, ImagingError>) -> Result<T, ImagingError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(ImagingError::Damaged("the decoder gave up on it".into())))
}

fn damaged(error: ImageError) -> ImagingError {
    match error {
        ImageError::Unsupported(reason) if reason.to_string().contains("format") => ImagingError::UnknownFormat,
        other => ImagingError::Damaged(other.to_string()),
    }
}

fn over_white(picture: &RgbaImage) -> RgbImage {
    let mut flat = RgbImage::new(picture.width(), picture.height());
    for (to, from) in flat.pixels_mut().zip(picture.pixels()) {
        let [.., alpha] = from.0;
        for channel in 0..3 {
            let blended = u32::from(from.0[channel]) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
            // Rounded division by 255 keeps opaque pixels exactly as they were.
            to.0[channel] = ((blended + 127) / 255) as u8;
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::ImageFormat;

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    #[test]
    fn transparent_pixels_lie_over_white() {
        let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(3, 2, image::Rgba([10, 20, 30, 0])));
        let photo = decode(&encoded(&clear, ImageFormat::Png)).unwrap();
        assert!(photo.pixels().all(|pixel| pixel.0 == [255, 255, 255]));
    }

    #[test]
    fn sixteen_bit_and_grey_become_rgb() {
        let deep = DynamicImage::ImageLuma16(image::ImageBuffer::from_pixel(4, 4, image::Luma([0x8080])));
        let photo = decode(&encoded(&deep, ImageFormat::Png)).unwrap();
        assert_eq!(photo.get_pixel(1, 1).0, [0x80, 0x80, 0x80]);
    }

    #[test]
    fn a_jpeg_of_fewer_bits_than_blocks_is_cut_short() {
        let grey = |side| DynamicImage::ImageLuma8(image::ImageBuffer::from_pixel(side, side, image::Luma([200])));
        let largest = encoded(&grey(4000), ImageFormat::Jpeg);
        assert!(decode(&largest).is_ok(), "nothing takes less than one colour");
        let mut jpeg = encoded(&grey(64), ImageFormat::Jpeg);
        let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[0x20, 0, 0x20, 0]);
        assert!(matches!(decode(&jpeg), Err(ImagingError::CutShort)));
    }

    #[test]
    fn a_decoder_that_panics_makes_its_photo_a_damaged_one() {
        let photo: Result<RgbImage, ImagingError> = guarded(|| panic!("index out of bounds"));
        let reason = photo.unwrap_err().to_string();
        assert_eq!(reason, "it is damaged or cut short: the decoder gave up on it");
    }

    #[test]
    fn names_decide_what_is_looked_at() {
        for name in ["a.JPG", "b.jpeg", "照片.webp", "c.tiff", "🍎.Png"] {
            assert!(is_photo_name(Path::new(name)), "{name}");
        }
        for name in ["a.txt", "jpg", "._a.jpg", ".hidden.png", "b.jpg.part", "c.heic"] {
            assert!(!is_photo_name(Path::new(name)), "{name}");
        }
    }
}
