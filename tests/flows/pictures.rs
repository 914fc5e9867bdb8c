//! Photo files of every kind and every sort of damage: seen as a person sees them, or told as broken.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hangtag::catalogue::{ImageState, ImportReport};
use hangtag::imaging::{self, ContentHash};
use hangtag::workspace::{PictureSize, Workspace};
use image::codecs::gif::GifEncoder;
use image::{Delay, DynamicImage, Frame, ImageBuffer, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use rusqlite::Connection;

use crate::support::{Desk, image_at, lay_demo, lay_picture, settle};

#[test]
fn broken_files_are_recorded_with_a_reason() {
    let desk = Desk::new();
    lay_picture(&desk.photo("good.png"), 1);
    fs::write(desk.photo("text.jpg"), "Dear diary, this is no picture at all.").unwrap();
    fs::write(desk.photo("nothing.jpg"), b"").unwrap();
    fs::write(desk.photo("bomb.png"), png_that_claims(60_000, 60_000)).unwrap();
    let report = desk.import();
    assert_eq!((report.files, report.new, report.broken.len()), (4, 4, 3), "{report:?}");
    let check = || {
        let listing = desk.listing();
        assert_eq!(image_at(&listing, "good.png").state, ImageState::Ok);
        for (name, words) in [("text.jpg", "not a picture"), ("nothing.jpg", "empty"), ("bomb.png", "60000 × 60000")] {
            let ImageState::Broken(reason) = &image_at(&listing, name).state else { panic!("{name} is not broken") };
            assert!(reason.contains(words), "{name}: {reason}");
        }
    };
    check();
    // Nothing changed, so they are still broken.
    let again = desk.import();
    assert_eq!((again.unchanged, again.broken.len()), (4, 3), "{again:?}");
    check();

    // The message names each file once, and the exit status says that the rest is done.
    let run = desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.at("other.hangtag")]).expect(3);
    for name in ["text.jpg", "nothing.jpg", "bomb.png"] {
        assert_eq!(run.stderr.matches(name).count(), 1, "{name} in:\n{}", run.stderr);
    }
}

#[test]
fn a_photo_that_ends_too_early_is_broken_once_it_was_looked_at() {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 1);
    let whole = fs::read(desk.photo("mugs/mug-01.jpg")).unwrap();
    fs::write(desk.photo("cut.jpg"), &whole[..whole.len() / 2]).unwrap();
    image::load_from_memory(&whole).unwrap().save(desk.photo("cut.png")).unwrap();
    let png = fs::read(desk.photo("cut.png")).unwrap();
    fs::write(desk.photo("cut.png"), &png[..png.len() / 2]).unwrap();

    let mut workspace = desk.open_looking();
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    assert_eq!(workspace.standings().counts().broken, 2, "{:?}", workspace.listing());
    drop(workspace);
    // It is remembered, so that the next start need not find out again.
    let listing = desk.listing();
    for name in ["cut.jpg", "cut.png"] {
        let ImageState::Broken(reason) = &image_at(&listing, name).state else { panic!("{name} is not broken") };
        assert!(reason.contains("cut short"), "{name}: {reason}");
    }
    assert_eq!(image_at(&listing, "mugs/mug-01.jpg").state, ImageState::Ok);
    assert_eq!(desk.import().broken.len(), 2);
    assert_eq!(desk.listing(), listing, "nothing has mended them");
}

#[test]
fn a_photo_that_an_earlier_hangtag_could_not_decode_is_looked_at_again() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let before = desk.listing();
    for set in ["fault = 'it is damaged', width = 0, height = 0", "fault = 'it is cut short'"] {
        let database = Connection::open(desk.catalogue()).unwrap();
        database.execute(&format!("UPDATE images SET {set}"), []).unwrap();
        drop(database);
        assert!(matches!(desk.listing().images[0].state, ImageState::Broken(_)));
        assert_eq!(desk.import(), ImportReport { files: 1, unchanged: 1, ..ImportReport::default() });
        assert_eq!(desk.listing(), before);
    }
}

#[test]
fn every_exif_orientation_is_turned_upright() {
    let mut wrong = Vec::new();
    for orientation in 1..=8_u8 {
        let bytes = fs::read(pictures().join(format!("orientation-{orientation}.jpg"))).unwrap();
        let header = imaging::header(&bytes).unwrap();
        if (header.width, header.height, header.orientation) != (32, 16, orientation) {
            wrong.push(format!("{orientation}: {header:?}"));
        }
        let photo = imaging::decode(&bytes).unwrap();
        assert_eq!(photo.dimensions(), (32, 16), "orientation {orientation}");
        // Red, green, blue and black in the corners, white between them.
        for (x, y, colour) in
            [(2, 2, [255, 0, 0]), (29, 2, [0, 255, 0]), (2, 13, [0, 0, 255]), (29, 13, [0, 0, 0]), (16, 8, [255; 3])]
        {
            let found = photo.get_pixel(x, y).0;
            if found.iter().zip(colour).any(|(a, b)| a.abs_diff(b) > 30) {
                wrong.push(format!("{orientation}: {found:?} instead of {colour:?} at {x}, {y}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn odd_kinds_of_pictures_are_seen_as_a_person_sees_them() {
    let desk = Desk::new();
    let photo = |name: &str| desk.photo(name);
    fs::copy(pictures().join("cmyk.jpg"), photo("cmyk.jpg")).unwrap();
    let save = |picture: DynamicImage, name: &str| picture.save(photo(name)).unwrap();
    save(DynamicImage::ImageLuma8(ImageBuffer::from_pixel(8, 8, Luma([90]))), "grey.png");
    save(DynamicImage::ImageLuma8(ImageBuffer::from_pixel(8, 8, Luma([90]))), "grey.jpg");
    save(DynamicImage::ImageRgb16(ImageBuffer::from_pixel(8, 8, Rgb([0xffff, 0, 0x8080]))), "deep.png");
    save(DynamicImage::ImageRgb16(ImageBuffer::from_pixel(8, 8, Rgb([0xffff, 0, 0x8080]))), "deep.tif");
    save(DynamicImage::ImageRgba8(RgbaImage::from_pixel(8, 8, Rgba([200, 0, 0, 0]))), "clear.png");
    save(DynamicImage::ImageRgba16(ImageBuffer::from_pixel(8, 8, Rgba([0, 0, 0, 0x8080]))), "half.png");
    let frame =
        |colour| Frame::from_parts(RgbaImage::from_pixel(8, 8, colour), 0, 0, Delay::from_numer_denom_ms(100, 1));
    let frames = [frame(Rgba([0, 255, 0, 255])), frame(Rgba([0, 0, 255, 255]))];
    GifEncoder::new(fs::File::create(photo("moving.gif")).unwrap()).encode_frames(frames).unwrap();
    let expected = [
        ("cmyk.jpg", [255, 0, 0]),
        ("grey.png", [90, 90, 90]),
        ("grey.jpg", [90, 90, 90]),
        ("deep.png", [255, 0, 128]),
        ("deep.tif", [255, 0, 128]),
        ("clear.png", [255, 255, 255]),
        ("half.png", [127, 127, 127]),
        ("moving.gif", [0, 255, 0]),
    ];
    for (name, colour) in expected {
        let decoded =
            imaging::decode(&fs::read(photo(name)).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = decoded.get_pixel(4, 4).0;
        assert!(found.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 3), "{name}: {found:?} instead of {colour:?}");
    }

    // Very long and very small ones too get features, and none is called broken.
    picture_of(1, 20_000).save(photo("panorama.png")).unwrap();
    picture_of(1, 1).save(photo("dot.png")).unwrap();
    let mut workspace = desk.open_looking();
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    let store = &workspace.model().expect("the starter is read").store;
    for image in &workspace.listing().images {
        assert_eq!(image.state, ImageState::Ok, "{}", image.path());
        let feature = store.get(&image.hash.unwrap()).unwrap_or_else(|| panic!("{} has no features", image.path()));
        assert!(feature.values().iter().all(|value| value.is_finite()), "{}", image.path());
    }
    let panorama = image_at(workspace.listing(), "panorama.png");
    assert_eq!((panorama.width, panorama.height), (1, 20_000));
}

#[test]
fn pictures_in_memory_are_bounded_by_bytes() {
    let desk = Desk::new();
    for number in 0..30 {
        RgbImage::from_pixel(1600, 1200, Rgb([number, 90, 200])).save(desk.photo(&format!("{number}.png"))).unwrap();
    }
    desk.import();
    let mut workspace = desk.open();
    let wanted = all_of(&workspace);
    for photo in &wanted {
        show(&mut workspace, std::slice::from_ref(photo), PictureSize::Large);
        let pictures = workspace.pictures();
        // One has come since the last frame made room.
        let num_bytes = pictures.num_bytes(PictureSize::Large) - 1600 * 1200 * 3;
        assert!(num_bytes <= pictures.max_bytes(PictureSize::Large), "{num_bytes} bytes");
    }
    let is_ready = |(hash, _): &(ContentHash, PathBuf)| workspace.pictures().ready(*hash, PictureSize::Large).is_some();
    assert!(!is_ready(&wanted[0]), "the first one has made room");
    assert!(wanted[20..].iter().all(is_ready), "the last ones are still there");

    // On one screen all of them stay.
    show(&mut workspace, &wanted, PictureSize::Large);
}

#[test]
fn what_is_no_longer_asked_for_is_not_made_and_what_comes_next_is() {
    let desk = Desk::new();
    for number in 0..40 {
        RgbImage::from_pixel(800, 800, Rgb([number, 90, 200])).save(desk.photo(&format!("{number:02}.png"))).unwrap();
    }
    desk.import();
    let mut workspace = desk.open();
    let wanted = all_of(&workspace);
    let pictures = workspace.pictures_mut();
    wanted.iter().for_each(|(hash, path)| pictures.ask(*hash, PictureSize::Thumbnail, path));
    pictures.end_frame();
    pictures.end_frame();
    // Scrolled to the end, with the one before it prefetched.
    let (next, shown) = (&wanted[38], &wanted[39]);
    frames(&mut workspace, |workspace| {
        workspace.pictures_mut().ask(shown.0, PictureSize::Thumbnail, &shown.1);
        workspace.pictures_mut().prefetch(next.0, PictureSize::Thumbnail, &next.1);
        [shown, next].iter().all(|(hash, _)| workspace.pictures().ready(*hash, PictureSize::Thumbnail).is_some())
    });
    let is_ready =
        |(hash, _): &&(ContentHash, PathBuf)| workspace.pictures().ready(*hash, PictureSize::Thumbnail).is_some();
    let num_ready = wanted.iter().filter(is_ready).count();
    assert!(num_ready < 20, "{num_ready} of 40 were made, though only two were still wanted");
}

#[test]
fn a_photo_whose_disk_comes_back_is_shown_again() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let mut workspace = desk.open();
    let wanted = all_of(&workspace);
    fs::rename(desk.photo("a.png"), desk.at("away.png")).unwrap();
    show(&mut workspace, &wanted, PictureSize::Large);
    let is_there = |workspace: &Workspace| {
        workspace.pictures().ready(wanted[0].0, PictureSize::Large).is_some_and(|picture| picture.is_ok())
    };
    assert!(!is_there(&workspace));
    fs::rename(desk.at("away.png"), desk.photo("a.png")).unwrap();
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    frames(&mut workspace, |workspace| {
        workspace.pictures_mut().ask(wanted[0].0, PictureSize::Large, &wanted[0].1);
        assert!(
            workspace.pictures().ready(wanted[0].0, PictureSize::Large).is_some(),
            "what is known stands meanwhile"
        );
        is_there(workspace)
    });
}

#[test]
fn very_long_and_very_small_photos_give_pictures_of_every_size() {
    let desk = Desk::new();
    for (width, height) in [(1, 1), (1, 20_000), (20_000, 1)] {
        for ending in ["png", "jpg"] {
            picture_of(width, height).save(desk.photo(&format!("{width}x{height}.{ending}"))).unwrap();
        }
    }
    desk.import();
    // From the files first, then from the cache.
    for _ in 0..2 {
        let mut workspace = desk.open();
        let wanted = all_of(&workspace);
        for (size, max_side) in [(PictureSize::Thumbnail, 360), (PictureSize::Large, 1600), (PictureSize::Full, 8192)] {
            show(&mut workspace, &wanted, size);
            for image in &workspace.listing().images {
                let picture = workspace.pictures().ready(image.hash.unwrap(), size).unwrap().unwrap();
                let expected = (image.width.min(max_side), image.height.min(max_side));
                assert_eq!(picture.dimensions(), expected, "{} as {size:?}", image.path());
                let [red, green, blue] = picture.get_pixel(0, 0).0;
                let is_alike = red.abs_diff(90) < 6 && green.abs_diff(120) < 6 && blue.abs_diff(60) < 6;
                assert!(is_alike, "{} as {size:?} is {:?}", image.path(), (red, green, blue));
            }
        }
    }
}

/// Every photo of the catalogue with its file.
pub fn all_of(workspace: &Workspace) -> Vec<(ContentHash, PathBuf)> {
    let listing = workspace.listing();
    listing.images.iter().map(|image| (image.hash.unwrap(), listing.path_of(image))).collect()
}

/// Draws frames of a window that shows these, until each is there or known to fail.
#[track_caller]
pub fn show(workspace: &mut Workspace, wanted: &[(ContentHash, PathBuf)], size: PictureSize) {
    frames(workspace, |workspace| {
        wanted.iter().for_each(|(hash, path)| workspace.pictures_mut().ask(*hash, size, path));
        wanted.iter().all(|(hash, _)| workspace.pictures().ready(*hash, size).is_some())
    });
}

/// Draws frames until one shows all that it should.
#[track_caller]
fn frames(workspace: &mut Workspace, mut draw: impl FnMut(&mut Workspace) -> bool) {
    let started = Instant::now();
    while !draw(workspace) {
        assert!(started.elapsed() < Duration::from_mins(2), "the pictures do not come");
        workspace.pictures_mut().end_frame();
        std::thread::sleep(Duration::from_millis(2));
        workspace.poll();
    }
    workspace.pictures_mut().end_frame();
}

fn picture_of(width: u32, height: u32) -> RgbImage {
    RgbImage::from_pixel(width, height, Rgb([90, 120, 60]))
}

/// Small files made offline with Pillow, for what the `image` crate cannot write.
pub fn pictures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows/pictures")
}

/// A PNG of a few bytes whose header promises that many pixels.
fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend_from_slice(&width.to_be_bytes());
    header.extend_from_slice(&height.to_be_bytes());
    // Eight bits, RGB, the only compression and filter there are, not interlaced.
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    // The data is a zlib stream of nothing.
    for (kind, data) in [(b"IHDR", &header[..]), (b"IDAT", &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]), (b"IEND", &[])] {
        png.extend_from_slice(&(data.len() as u32).to_be_bytes());
        let start = png.len();
        png.extend_from_slice(kind);
        png.extend_from_slice(data);
        let sum = crc32(&png[start..]);
        png.extend_from_slice(&sum.to_be_bytes());
    }
    png
}

/// The checksum of PNG, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
