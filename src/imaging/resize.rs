//! Antialiased resizing by convolution, the way Pillow and torchvision do it.

use std::borrow::Cow;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
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
#[must_use]
pub fn resize(picture: &RgbImage, width: u32, height: u32, filter: Filter) -> RgbImage {
    let (width, height) = (width.max(1), height.max(1));
    if picture.is_empty() {
        return RgbImage::new(width, height);
    }
    let kernel = match filter {
        Filter::Bilinear => FilterType::Bilinear,
        Filter::Bicubic => FilterType::CatmullRom,
    };
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(kernel)).use_alpha(false);
    // Across first, then down, as Pillow does: in between the values are rounded and clipped to 8 bits, so that the
    // other order differs by some steps at hard edges.
    let wide = one_pass(picture, width, picture.height(), &options);
    one_pass(&wide, width, height, &options).into_owned()
}

/// # Panics
/// Never: the resizer's errors are a wrong buffer length and a crop beyond the picture. Both buffers are those of an
/// `RgbImage`, whose length is width × height × 3 by construction, and nothing is cropped.
fn one_pass<'a>(picture: &'a RgbImage, width: u32, height: u32, options: &ResizeOptions) -> Cow<'a, RgbImage> {
    if picture.dimensions() == (width, height) {
        return Cow::Borrowed(picture);
    }
    let mut resized = RgbImage::new(width, height);
    let source = TypedImageRef::<U8x3>::from_buffer(picture.width(), picture.height(), picture.as_raw())
        .expect("an RGB picture has three bytes a pixel");
    let mut target =
        TypedImage::<U8x3>::from_buffer(width, height, &mut resized).expect("an RGB picture has three bytes a pixel");
    // By pixel type: the call that finds it out is compiled for all thirteen there are.
    Resizer::new().resize_typed(&source, &mut target, options).expect("the pictures are not cropped");
    Cow::Owned(resized)
}
