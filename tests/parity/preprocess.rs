//! Preprocessing against Pillow's pixels.

use hangtag::imaging;
use hangtag::vision::spec::{Interpolation, Preprocess};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    resize: u32,
    crop: u32,
    interpolation: Interpolation,
    mean: [f64; 3],
    pixels: Vec<(u32, u32, [u8; 3])>,
}

#[test]
fn crops_agree_with_pillow_within_one_step() {
    let reference: Reference = serde_json::from_str(include_str!("preprocess.json")).unwrap();
    let picture = imaging::decode(include_bytes!("picture.png")).unwrap();
    assert_eq!(reference.cases.len(), 5);
    for case in reference.cases {
        let preprocess = Preprocess {
            resize: case.resize,
            crop: case.crop,
            interpolation: case.interpolation,
            mean: [0.5; 3],
            std: [0.5; 3],
        };
        let crop = preprocess.crop(&picture).0;
        assert_eq!(crop.dimensions(), (case.crop, case.crop));
        let what = format!("{} to {} by {:?}", case.resize, case.crop, case.interpolation);
        let mut total = 0u32;
        for (x, y, expected) in &case.pixels {
            for (ours, theirs) in crop.get_pixel(*x, *y).0.iter().zip(expected) {
                let error = ours.abs_diff(*theirs);
                assert!(error <= 1, "{what} at {x},{y}: {error}");
                total += u32::from(error);
            }
        }
        let mean_error = f64::from(total) / (3 * case.pixels.len()) as f64;
        assert!(mean_error < 0.05, "{what}: {mean_error:.3} of 255 on average");
        for channel in 0..3 {
            let sum: f64 = crop.pixels().map(|pixel| f64::from(pixel.0[channel])).sum();
            let mean = sum / f64::from(case.crop * case.crop);
            assert!((mean - case.mean[channel]).abs() < 0.25, "{what}: {mean} against {}", case.mean[channel]);
        }
    }
}

#[test]
fn the_longest_and_the_smallest_photo_become_a_crop() {
    let preprocess =
        Preprocess { resize: 219, crop: 192, interpolation: Interpolation::Bicubic, mean: [0.5; 3], std: [0.5; 3] };
    for (width, height) in [(1, 1), (1, 20_000), (20_000, 1), (3, 2000), (191, 193)] {
        let crop = preprocess.crop(&image::RgbImage::from_pixel(width, height, image::Rgb([9, 120, 200]))).0;
        assert_eq!(crop.dimensions(), (192, 192), "{width} × {height}");
        assert!(crop.pixels().all(|pixel| pixel.0 == [9, 120, 200]), "{width} × {height}");
    }
}
