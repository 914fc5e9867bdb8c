//! Folders coming in: what is new, changed, moved or gone, and everything odd that lies in them.

use std::fs;
use std::path::Path;

use hangtag::catalogue::{Catalogue, ImageState, ImportReport, import};
use hangtag::imaging;
use hangtag::progress::Progress;
use hangtag::workspace::Answer;

use crate::support::{Desk, answers, image_at, lay_demo, lay_picture, lay_tiny, make_newer, settle};

#[test]
fn a_rescan_finds_what_is_new_changed_and_gone() {
    let desk = Desk::new();
    for (number, name) in ["a.png", "b.png", "sub/c.png"].iter().enumerate() {
        lay_picture(&desk.photo(name), number as u32);
    }
    assert_eq!(desk.import(), ImportReport { files: 3, new: 3, ..ImportReport::default() });
    let before = desk.listing();
    assert_eq!(desk.import(), ImportReport { files: 3, unchanged: 3, ..ImportReport::default() });
    assert_eq!(desk.listing(), before, "a rescan that finds nothing changes nothing");

    lay_picture(&desk.photo("d.png"), 3);
    lay_picture(&desk.photo("b.png"), 4);
    make_newer(&desk.photo("b.png"));
    fs::remove_file(desk.photo("sub/c.png")).unwrap();
    let found = ImportReport { files: 3, new: 1, changed: 1, missing: 1, unchanged: 1, ..ImportReport::default() };
    assert_eq!(desk.import(), found);

    let after = desk.listing();
    assert_eq!(image_at(&after, "a.png"), image_at(&before, "a.png"));
    assert_eq!(image_at(&after, "sub/c.png").state, ImageState::Missing);
    let old = image_at(&before, "b.png").id;
    let new = after.images.iter().find(|image| image.replaces.is_some()).expect("b.png is another photo now");
    assert_eq!((new.path(), &new.state, new.replaces), ("b.png", &ImageState::Ok, Some(old)));
    let old = after.images.iter().find(|image| image.id == old).expect("the old b.png is still known");
    assert_eq!((old.path(), &old.state), ("b.png", &ImageState::Missing));
    assert_eq!(after.images.len(), 5);
}

#[test]
fn a_file_with_a_new_date_and_the_old_content_is_the_photo_it_was() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let before = desk.listing();
    make_newer(&desk.photo("a.png"));
    let report = desk.import();
    assert_eq!((report.changed, report.new, report.missing), (0, 0, 0), "{report:?}");
    assert_eq!(desk.listing(), before);
}

#[test]
fn a_moved_photo_keeps_its_labels() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    lay_picture(&desk.photo("b.png"), 2);
    desk.import();
    let id = image_at(&desk.listing(), "a.png").id;
    desk.open().answer_in(id, "category", "mug", Answer::Yes).unwrap();

    fs::create_dir(desk.photo("later")).unwrap();
    fs::rename(desk.photo("a.png"), desk.photo("later/renamed.png")).unwrap();
    assert_eq!(desk.import(), ImportReport { files: 2, moved: 1, unchanged: 1, ..ImportReport::default() });
    let listing = desk.listing();
    let image = image_at(&listing, "later/renamed.png");
    assert_eq!((image.id, &image.state, image.files.len()), (id, &ImageState::Ok, 1));
    assert_eq!(answers(&desk.open()), [("later/renamed.png".to_owned(), "category=mug".to_owned(), true)]);
}

#[test]
fn the_same_content_twice_is_one_photo_in_two_files() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    lay_picture(&desk.photo("b/copy of a.png"), 1);
    assert_eq!(desk.import(), ImportReport { files: 2, new: 1, duplicates: 1, ..ImportReport::default() });
    let listing = desk.listing();
    let paths: Vec<&str> = listing.images[0].files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!((listing.images.len(), paths), (1, vec!["a.png", "b/copy of a.png"]));
    assert_eq!(desk.open().counts().duplicates, 1);

    fs::remove_file(desk.photo("a.png")).unwrap();
    let report = desk.import();
    assert_eq!((report.missing, report.new), (0, 0), "the photo is still there: {report:?}");
    let listing = desk.listing();
    assert_eq!((listing.images.len(), listing.images[0].path()), (1, "b/copy of a.png"));
    assert_eq!(listing.images[0].state, ImageState::Ok);
}

#[test]
fn names_of_every_script_come_in_as_they_are() {
    let desk = Desk::new();
    // The é of the last one is two characters, as macOS writes it.
    let names = ["新品/杯子 ☕.png", "🍎🍏/图 1.png", "it's 100 %, #1.png", "Größe.PNG", "cafe\u{301}.png"];
    for (number, name) in names.iter().enumerate() {
        lay_picture(&desk.photo(name), number as u32);
    }
    let report = desk.import();
    assert_eq!((report.new, report.warnings, report.broken), (names.len(), vec![], vec![]));
    let listing = desk.listing();
    for name in names {
        assert!(listing.path_of(image_at(&listing, name)).is_file(), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    lay_picture(&desk.photo("sub/b.png"), 2);
    lay_picture(&desk.at("elsewhere/c.png"), 3);
    std::os::unix::fs::symlink(desk.photos(), desk.photo("sub/round")).unwrap();
    std::os::unix::fs::symlink(desk.photo("sub"), desk.photo("sub/round and round")).unwrap();
    std::os::unix::fs::symlink(desk.at("elsewhere"), desk.photo("linked")).unwrap();
    assert_eq!(desk.import(), ImportReport { files: 3, new: 3, ..ImportReport::default() });
    assert_eq!(image_at(&desk.listing(), "linked/c.png").state, ImageState::Ok);
}

#[cfg(unix)]
#[test]
fn an_unreadable_folder_is_told_and_the_rest_comes_in() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    lay_picture(&desk.photo("closed/b.png"), 2);
    desk.import();
    let allow = |mode| fs::set_permissions(desk.photo("closed"), fs::Permissions::from_mode(mode)).unwrap();
    allow(0o000);
    if fs::read_dir(desk.photo("closed")).is_ok() {
        println!("not checked: this user may read everything");
        return;
    }
    lay_picture(&desk.photo("new.png"), 3);
    let report = desk.import();
    allow(0o755);
    assert_eq!((report.new, report.missing), (1, 0), "what cannot be seen is not gone: {report:?}");
    assert!(report.warnings.iter().any(|warning| warning.path == desk.photo("closed")), "{report:?}");
    assert_eq!(image_at(&desk.listing(), "closed/b.png").state, ImageState::Ok);
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_no_unicode_is_told_and_the_rest_comes_in() {
    use std::os::unix::ffi::OsStrExt;
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    fs::copy(desk.photo("a.png"), desk.photos().join(std::ffi::OsStr::from_bytes(b"b\xff.png"))).unwrap();
    let report = desk.import();
    assert_eq!((report.new, report.warnings.len()), (1, 1), "{report:?}");
    assert!(report.warnings[0].reason.contains("rename"), "{report:?}");
    // A photo that was left out is a file that failed.
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()]).expect(3).complains_of(&["not valid Unicode"]);
}

#[test]
fn what_is_no_photo_is_passed_over_without_a_word() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    for name in ["notes.txt", "film.mp4", ".DS_Store", "._a.png", "Thumbs.db", "old.hangtag", "README"] {
        fs::write(desk.photo(name), b"not for us").unwrap();
    }
    assert_eq!(desk.import(), ImportReport { files: 1, new: 1, ..ImportReport::default() });
    let said = desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()]).expect(0);
    assert_eq!(said.stderr, "");
}

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
    // Nothing changed, so nothing is read again, and they are still known as broken.
    assert_eq!(desk.import().unchanged, 4);
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
    assert_eq!(workspace.counts().broken, 2, "{:?}", workspace.listing());
    drop(workspace);
    // It is remembered, so that the next start need not find out again.
    let listing = desk.listing();
    for name in ["cut.jpg", "cut.png"] {
        let ImageState::Broken(reason) = &image_at(&listing, name).state else { panic!("{name} is not broken") };
        assert!(reason.contains("cut short"), "{name}: {reason}");
    }
    assert_eq!(image_at(&listing, "mugs/mug-01.jpg").state, ImageState::Ok);
}

#[test]
fn a_folder_that_vanished_is_missing_and_comes_back_as_it_was() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    lay_picture(&desk.photo("sub/b.png"), 2);
    desk.import();
    let before = desk.listing();
    desk.open().answer_in(image_at(&before, "a.png").id, "category", "mug", Answer::Yes).unwrap();
    let labels = answers(&desk.open());

    // A disk that is unplugged.
    fs::rename(desk.photos(), desk.at("away")).unwrap();
    assert_eq!(desk.import().missing, 2);
    assert!(desk.listing().images.iter().all(|image| image.state == ImageState::Missing));
    assert_eq!(answers(&desk.open()), labels);
    assert_eq!(desk.open().counts().missing, 2);

    fs::rename(desk.at("away"), desk.photos()).unwrap();
    let report = desk.import();
    assert_eq!((report.new, report.missing), (0, 0), "{report:?}");
    assert_eq!(desk.listing(), before);
    assert_eq!(answers(&desk.open()), labels);
}

#[test]
fn a_folder_that_never_was_is_refused_by_name() {
    let desk = Desk::new();
    let mut catalogue = Catalogue::open(&desk.catalogue()).unwrap();
    for name in ["nowhere", "file.png"] {
        lay_picture(&desk.at("file.png"), 1);
        let error = import(&mut catalogue, &desk.at(name), &Progress::default(), &mut || ()).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    assert!(catalogue.listing().unwrap().roots.is_empty());
}

#[test]
fn a_folder_that_vanishes_during_the_import_loses_nothing() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 300);
    let mut catalogue = Catalogue::open(&desk.catalogue()).unwrap();
    let mut is_gone = false;
    let report = import(&mut catalogue, &desk.photos(), &Progress::default(), &mut || {
        if !is_gone {
            fs::rename(desk.photos(), desk.at("away")).unwrap();
            is_gone = true;
        }
    })
    .unwrap();
    assert!(report.new > 0 && report.new < 300, "{report:?}");
    assert_eq!(report.warnings.len(), 300 - report.new, "each file that could not be read is told");
    fs::rename(desk.at("away"), desk.photos()).unwrap();
    drop(catalogue);
    assert_eq!(desk.import().new, 300 - report.new);
    assert!(desk.listing().images.iter().all(|image| image.state == ImageState::Ok));
}

#[test]
fn a_cancelled_import_keeps_what_it_read_and_goes_on_from_there() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 300);
    let mut catalogue = Catalogue::open(&desk.catalogue()).unwrap();
    let progress = Progress::default();
    let report = import(&mut catalogue, &desk.photos(), &progress, &mut || progress.cancel()).unwrap();
    assert!(report.is_cancelled && report.new > 0 && report.new < 300, "{report:?}");
    assert_eq!((catalogue.listing().unwrap().images.len(), report.missing), (report.new, 0));
    drop(catalogue);
    let rest = desk.import();
    assert_eq!((rest.unchanged, rest.new, rest.missing), (report.new, 300 - report.new, 0));
}

#[test]
fn a_folder_inside_a_known_one_belongs_to_it() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    lay_picture(&desk.photo("sub/b.png"), 2);
    desk.import();
    fs::remove_file(desk.photo("a.png")).unwrap();
    lay_picture(&desk.photo("sub/c.png"), 3);
    let report = desk.import_folder(&desk.photos().join("sub"));
    assert_eq!((report.new, report.unchanged, report.missing), (1, 1, 0), "a.png was not looked for: {report:?}");
    assert_eq!(desk.listing().roots, [desk.photos()]);

    // The other way round: the folder above takes nothing from the one that was there first.
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    lay_picture(&desk.photo("sub/b.png"), 2);
    desk.import_folder(&desk.photo("sub"));
    let report = desk.import();
    assert_eq!((report.new, report.duplicates, report.missing), (1, 0, 0), "{report:?}");
    assert_eq!(desk.listing().images.len(), 2);
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
    use image::codecs::gif::GifEncoder;
    use image::{Delay, DynamicImage, Frame, ImageBuffer, Luma, Rgb, Rgba, RgbaImage};
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
    let frame = |colour| {
        Frame::from_parts(RgbaImage::from_pixel(8, 8, colour), 0, 0, Delay::from_numer_denom_ms(100, 1))
    };
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
        let decoded = imaging::decode(&fs::read(photo(name)).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
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

fn picture_of(width: u32, height: u32) -> image::RgbImage {
    image::RgbImage::from_pixel(width, height, image::Rgb([90, 120, 60]))
}

/// Small files made offline with Pillow, for what the `image` crate cannot write.
fn pictures() -> std::path::PathBuf {
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
