//! Preprocessing against Pillow's pixels.

use hangtag::imaging;
use hangtag::vision::spec::{Interpolation, Preprocess};
use image::RgbImage;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
    jpeg: Case,
}

#[derive(Deserialize)]
struct Case {
    resize: u32,
    crop: u32,
    interpolation: Interpolation,
    mean: [f64; 3],
    pixels: Vec<(u32, u32, [u8; 3])>,
}

impl Case {
    fn crop(&self, picture: &RgbImage) -> RgbImage {
        let (resize, crop, interpolation) = (self.resize, self.crop, self.interpolation);
        Preprocess { resize, crop, interpolation, mean: [0.5; 3], std: [0.5; 3] }.crop(picture).0
    }

    /// By how much each channel of a pixel differs from Pillow's.
    fn errors(&self, crop: &RgbImage) -> Vec<u8> {
        let errors = |(x, y, theirs): &(u32, u32, [u8; 3])| {
            let ours = crop.get_pixel(*x, *y).0;
            [0, 1, 2].map(|channel| ours[channel].abs_diff(theirs[channel]))
        };
        self.pixels.iter().flat_map(errors).collect()
    }
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("preprocess.json")).unwrap()
}

fn mean(errors: &[u8]) -> f64 {
    errors.iter().map(|error| f64::from(*error)).sum::<f64>() / errors.len() as f64
}

#[test]
fn crops_agree_with_pillow_within_one_step() {
    let picture = imaging::decode(include_bytes!("picture.png")).unwrap();
    let cases = reference().cases;
    assert_eq!(cases.len(), 5);
    for case in cases {
        let crop = case.crop(&picture);
        assert_eq!(crop.dimensions(), (case.crop, case.crop));
        let what = format!("{} to {} by {:?}", case.resize, case.crop, case.interpolation);
        let errors = case.errors(&crop);
        assert!(errors.iter().all(|error| *error <= 1), "{what}: {errors:?}");
        assert!(mean(&errors) < 0.05, "{what}: {:.3} of 255 on average", mean(&errors));
        for channel in 0..3 {
            let sum: f64 = crop.pixels().map(|pixel| f64::from(pixel.0[channel])).sum();
            let mean = sum / f64::from(case.crop * case.crop);
            assert!((mean - case.mean[channel]).abs() < 0.25, "{what}: {mean} against {}", case.mean[channel]);
        }
    }
}

#[test]
fn a_jpeg_is_decoded_and_cropped_as_by_pillow_within_one_step_on_average() {
    let picture = imaging::decode(include_bytes!("picture.jpg")).unwrap();
    let case = reference().jpeg;
    let errors = case.errors(&case.crop(&picture));
    assert!(mean(&errors) <= 1.0, "{:.3} of 255", mean(&errors));
}

#[test]
fn the_longest_and_the_smallest_photo_become_a_crop() {
    let preprocess =
        Preprocess { resize: 219, crop: 192, interpolation: Interpolation::Bicubic, mean: [0.5; 3], std: [0.5; 3] };
    for (width, height) in [(1, 1), (1, 20_000), (20_000, 1), (3, 2000), (191, 193)] {
        let crop = preprocess.crop(&RgbImage::from_pixel(width, height, image::Rgb([9, 120, 200]))).0;
        assert_eq!(crop.dimensions(), (192, 192), "{width} × {height}");
        assert!(crop.pixels().all(|pixel| pixel.0 == [9, 120, 200]), "{width} × {height}");
    }
}
