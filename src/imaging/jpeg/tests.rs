//! Held against another decoder, and against the sums in which the transform is defined.

use image::RgbImage;
use mozjpeg::{ColorSpace, Compress, Decompress};
use proptest::prelude::*;

use super::at_eighths;

/// Components and how much finer the first of them is, across and down.
#[derive(Clone, Copy, Debug)]
enum Colours {
    Grey,
    Full,
    Halved(u8, u8),
}

/// A sequential JPEG, with tables of its own or those of the standard.
fn jpeg(picture: &RgbImage, colours: Colours, quality: f32, has_own_tables: bool) -> Vec<u8> {
    let is_grey = matches!(colours, Colours::Grey);
    let mut encoder = Compress::new(if is_grey { ColorSpace::JCS_GRAYSCALE } else { ColorSpace::JCS_RGB });
    encoder.set_fastest_defaults();
    encoder.set_size(picture.width() as usize, picture.height() as usize);
    encoder.set_quality(quality);
    encoder.set_optimize_coding(has_own_tables);
    match colours {
        Colours::Halved(across, down) => encoder.set_chroma_sampling_pixel_sizes((across, down), (across, down)),
        Colours::Full => encoder.set_chroma_sampling_pixel_sizes((1, 1), (1, 1)),
        Colours::Grey => {}
    }
    let mut encoder = encoder.start_compress(Vec::new()).unwrap();
    let grey: Vec<u8> = picture.pixels().map(|pixel| pixel.0[1]).collect();
    encoder.write_scanlines(if is_grey { &grey } else { picture.as_raw() }).unwrap();
    encoder.finish().unwrap()
}

/// By the decoder that takes everything.
fn by_mozjpeg(bytes: &[u8], eighths: u8) -> RgbImage {
    let mut decoder = Decompress::new_mem(bytes).unwrap();
    decoder.scale(eighths);
    let mut scanlines = decoder.rgb().unwrap();
    let (width, height) = (scanlines.width() as u32, scanlines.height() as u32);
    let pixels = scanlines.read_scanlines::<u8>().unwrap();
    RgbImage::from_raw(width, height, pixels).unwrap()
}

fn furthest(a: &RgbImage, b: &RgbImage) -> u8 {
    assert_eq!(a.dimensions(), b.dimensions());
    a.iter().zip(b.iter()).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0)
}

/// Pixels anything but smooth, of which none is near enough to black or white to be cut off.
fn noise(width: u32, height: u32, seed: u64) -> RgbImage {
    let mut state = seed;
    RgbImage::from_fn(width, height, |_, _| {
        image::Rgb([0; 3].map(|_: u8| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            56 + (state >> 57) as u8
        }))
    })
}

/// The lowest frequencies of blocks of 8 × 8, at so many pixels each, by the sums in which they are defined.
fn by_definition(picture: &RgbImage, size: u32) -> Vec<f64> {
    use std::f64::consts::PI;
    let wave = |frequency: u32, pixel: u32, of: u32| {
        let scale = if frequency == 0 { 0.125_f64.sqrt() } else { 0.5 };
        scale * (f64::from((2 * pixel + 1) * frequency) * PI / f64::from(2 * of)).cos()
    };
    let value = |x: u32, y: u32| {
        let sum = |at: &dyn Fn(u32, u32) -> f64, side: u32| -> f64 {
            (0..side)
                .flat_map(|row| (0..side).map(move |column| (row, column)))
                .map(|(row, column)| at(row, column))
                .sum()
        };
        let coefficient = |down: u32, across: u32| {
            let pixel = |row: u32, column: u32| {
                let pixel = picture.get_pixel(x / size * 8 + column, y / size * 8 + row);
                f64::from(pixel.0[1]) * wave(down, row, 8) * wave(across, column, 8)
            };
            sum(&pixel, 8)
        };
        let part = |down: u32, across: u32| {
            coefficient(down, across) * wave(down, y % size, size) * wave(across, x % size, size)
        };
        sum(&part, size)
    };
    let (width, height) = (picture.width() / 8 * size, picture.height() / 8 * size);
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| value(x, y)).collect()
}

#[test]
fn a_block_becomes_its_lowest_frequencies() {
    let picture = noise(24, 16, 7);
    let bytes = jpeg(&picture, Colours::Grey, 100.0, true);
    for size in [1, 2, 4] {
        let reduced = at_eighths(&bytes, size as usize).unwrap();
        let expected = by_definition(&picture, size);
        let found: Vec<u8> = reduced.pixels().map(|pixel| pixel.0[0]).collect();
        assert_eq!(found.len(), expected.len());
        let off = found.iter().zip(&expected).map(|(found, expected)| (f64::from(*found) - expected).abs());
        let furthest = off.fold(0.0, f64::max);
        assert!(furthest < 1.6, "{size}: {furthest}");
    }
}

/// What lies halfway between two bytes is rounded either way; blue has the difference of Y and 1.772 times that of Cb.
const ROUNDED: u8 = 3;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Of an eighth every decoder makes the same, since nothing but means is left: each code was read as it was meant.
    #[test]
    fn an_eighth_is_what_another_decoder_makes_of_it(
        (width, height, seed) in (1_u32..90, 1_u32..90, any::<u64>()),
        colours in prop_oneof![Just(Colours::Grey), Just(Colours::Full)],
        quality in 1_u8..=100,
        has_own_tables in any::<bool>(),
    ) {
        let bytes = jpeg(&noise(width, height, seed), colours, f32::from(quality), has_own_tables);
        let reduced = at_eighths(&bytes, 1).expect("it is as cameras write them");
        prop_assert!(furthest(&reduced, &by_mozjpeg(&bytes, 1)) <= ROUNDED);
    }

    /// Colours at half the size, in both directions or one, of a picture that is smooth enough for all to agree.
    #[test]
    fn halved_colours_lie_where_they_belong(
        (width, height) in (1_u32..90, 1_u32..90),
        (across, down) in (1_u8..=2, 1_u8..=2),
        eighths in prop_oneof![Just(1_u8), Just(2), Just(4)],
    ) {
        let slope = |x: u32, y: u32| image::Rgb([(x * 2) as u8, (y * 2) as u8, (250 - x - y) as u8]);
        let bytes = jpeg(&RgbImage::from_fn(width, height, slope), Colours::Halved(across, down), 98.0, false);
        let reduced = at_eighths(&bytes, usize::from(eighths)).expect("it is as cameras write them");
        let furthest = furthest(&reduced, &by_mozjpeg(&bytes, eighths));
        prop_assert!(furthest <= 24, "{furthest}");
    }

    /// Whatever is damaged gives nothing or a picture of the right size.
    #[test]
    fn damage_is_survived(
        at in prop::collection::vec((0_usize..4000, any::<u8>()), 1..8),
        (length, colours) in (0_usize..6000, prop_oneof![Just(Colours::Full), Just(Colours::Halved(2, 2))]),
    ) {
        let mut bytes = jpeg(&noise(80, 40, 3), colours, 80.0, false);
        for (at, byte) in at {
            let count = bytes.len();
            bytes[at % count] = byte;
        }
        bytes.truncate(length.max(2));
        for eighths in [1, 2, 4] {
            at_eighths(&bytes, eighths);
        }
    }
}

#[test]
fn restarts_change_nothing() {
    let bytes = include_bytes!("../../../tests/flows/pictures/restarts.jpg");
    let reduced = at_eighths(bytes, 1).unwrap();
    assert!(furthest(&reduced, &by_mozjpeg(bytes, 1)) <= ROUNDED);
    // One of them lost.
    let restart = bytes.windows(2).rposition(|pair| pair[0] == 0xFF && (0xD0..=0xD7).contains(&pair[1])).unwrap();
    let shorter = [&bytes[..restart], &bytes[restart + 2..]].concat();
    assert!(at_eighths(&shorter, 1).is_none());
}

/// Markers with what belongs to them, up to the scan.
type Segments = Vec<(u8, Vec<u8>)>;

/// The segments of a JPEG, and its scan from the marker on.
fn taken_apart(bytes: &[u8]) -> (Segments, Vec<u8>) {
    let (mut segments, mut rest) = (Vec::new(), &bytes[2..]);
    while rest[1] != 0xDA {
        let (segment, after) = rest.split_at(2 + usize::from(u16::from_be_bytes([rest[2], rest[3]])));
        segments.push((segment[1], segment[4..].to_vec()));
        rest = after;
    }
    (segments, rest.to_vec())
}

fn put_together(segments: &[(u8, Vec<u8>)], scan: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xFF, 0xD8];
    for (marker, segment) in segments {
        bytes.extend([0xFF, *marker]);
        bytes.extend((2 + segment.len() as u16).to_be_bytes());
        bytes.extend(segment);
    }
    bytes.extend(scan);
    bytes
}

#[test]
fn what_is_legal_but_rare_is_the_same_picture_or_left_to_others() {
    let whole = jpeg(&noise(40, 24, 5), Colours::Full, 90.0, false);
    let expected = at_eighths(&whole, 2).unwrap();
    let (segments, scan) = taken_apart(&whole);
    let rebuilt = |change: &dyn Fn(&mut Segments, &mut Vec<u8>)| {
        let (mut segments, mut scan) = (segments.clone(), scan.clone());
        change(&mut segments, &mut scan);
        put_together(&segments, &scan)
    };
    // Marker C0 is the frame, C4 are codes, DB steps, DD restarts, EE what Adobe's programs say of colours.
    let adobe = |transform: u8| (0xEE, [b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat());
    let in_16_bits = |table: &[u8]| -> Vec<u8> {
        [0x10 | table[0]].into_iter().chain(table[1..].iter().flat_map(|step| [0, *step])).collect()
    };
    let same = [
        ("unchanged", rebuilt(&|_, _| {})),
        ("Adobe's word for it", rebuilt(&|segments, _| segments.insert(0, adobe(1)))),
        ("steps after the frame", rebuilt(&|segments, _| segments.sort_by_key(|(marker, _)| *marker == 0xDB))),
        ("steps that others take the place of", rebuilt(&|segments, _| segments.insert(0, (0xDB, vec![1; 65])))),
        ("no restarts", rebuilt(&|segments, _| segments.push((0xDD, vec![0, 0])))),
        (
            "steps of 16 bits",
            rebuilt(&|segments, _| {
                for (_, steps) in segments.iter_mut().filter(|(marker, _)| *marker == 0xDB) {
                    *steps = steps.chunks_exact(65).flat_map(in_16_bits).collect();
                }
            }),
        ),
        ("fill bytes before a marker", [&whole[..2], &[0xFF; 3], &whole[2..]].concat()),
        ("fill bytes before the end", [&whole[..whole.len() - 2], &[0xFF; 3], &whole[whole.len() - 2..]].concat()),
        ("another picture behind it", [&whole[..], &whole[..200]].concat()),
    ];
    for (what, bytes) in same {
        assert!(at_eighths(&bytes, 2).is_some_and(|picture| picture == expected), "{what}");
    }
    let frame = segments.iter().position(|(marker, _)| *marker == 0xC0).unwrap();
    let others = [
        ("RGB", rebuilt(&|segments, _| segments.insert(0, adobe(0)))),
        ("two frames", rebuilt(&|segments, _| segments.push(segments[frame].clone()))),
        ("colours in another order", rebuilt(&|_, scan| scan.swap(7, 9))),
        ("colours that are finer than brightness", rebuilt(&|segments, _| segments[frame].1[10] = 0x22)),
        ("no codes", rebuilt(&|segments, _| segments.retain(|(marker, _)| *marker != 0xC4))),
        ("restarts that are missing", rebuilt(&|segments, _| segments.push((0xDD, vec![0, 1])))),
    ];
    for (what, bytes) in others {
        assert!(at_eighths(&bytes, 2).is_none(), "{what}");
    }
}

#[test]
fn what_is_out_of_the_ordinary_is_left_to_others() {
    let cmyk = include_bytes!("../../../tests/flows/pictures/cmyk.jpg");
    assert!(at_eighths(cmyk, 1).is_none());
    let whole = jpeg(&noise(64, 48, 1), Colours::Full, 90.0, false);
    for length in [0, 1, 2, 3, 20, 300, whole.len() / 2, whole.len() - 1] {
        assert!(at_eighths(&whole[..length], 1).is_none(), "{length} bytes");
    }
    // A size that its data does not fill.
    let frame = whole.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    let mut taller = whole.clone();
    taller[frame + 5] = 0xFF;
    assert!(at_eighths(&taller, 1).is_none());
}
