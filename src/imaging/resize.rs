//! Antialiased resizing by convolution, the way Pillow and torchvision do it.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;

/// The kernel that weighs the source pixels of each new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Filter {
    /// A triangle.
    Bilinear,
    /// Keys' cubic with a = −0.5, which other libraries call Catmull-Rom.
    Bicubic,
}

/// The picture at `width` × `height`, both at least 1.
///
/// # Panics
/// Never: the sizes of the two buffers are those that the resizer checks, and RGB8 is a type it supports.
#[must_use]
pub fn resize(picture: &RgbImage, width: u32, height: u32, filter: Filter) -> RgbImage {
    let (width, height) = (width.max(1), height.max(1));
    if picture.dimensions() == (width, height) || picture.is_empty() {
        return if picture.is_empty() { RgbImage::new(width, height) } else { picture.clone() };
    }
    let kernel = match filter {
        Filter::Bilinear => FilterType::Bilinear,
        Filter::Bicubic => FilterType::CatmullRom,
    };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(kernel)).use_alpha(false);
    let mut resized = RgbImage::new(width, height);
    // The two errors of this crate's calls are a wrong buffer length and a pixel type it does not know: both buffers
    // come from RgbImage, whose length is width × height × 3 by construction.
    let source = ImageRef::new(picture.width(), picture.height(), picture.as_raw(), PixelType::U8x3)
        .expect("an RGB picture has three bytes a pixel");
    let mut target = Image::from_slice_u8(width, height, &mut resized, PixelType::U8x3)
        .expect("an RGB picture has three bytes a pixel");
    Resizer::new().resize(&source, &mut target, &options).expect("both pictures are RGB8");
    resized
}
