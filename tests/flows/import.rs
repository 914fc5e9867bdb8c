//! Folders coming in: what is new, changed, moved or gone, and everything odd that lies in them.

use std::fs;
use std::path::Path;

use hangtag::catalogue::{Catalogue, ImageState, ImportReport, import};
use hangtag::progress::Progress;
use hangtag::workspace::Answer;

use crate::support::{Desk, answers, image_at, lay_picture, lay_tiny, make_newer, settle};

/// A file that nobody can read, not even root: it is larger than any that is opened, though it takes no room.
fn lay_unreadable(path: &Path) {
    fs::File::create(path).unwrap().set_len((1 << 30) + 1).unwrap();
}

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
    let mut before = desk.listing();
    make_newer(&desk.photo("a.png"));
    let report = desk.import();
    assert_eq!((report.changed, report.new, report.missing), (0, 0, 0), "{report:?}");
    let after = desk.listing();
    let modified = &mut before.images[0].files[0].modified;
    assert!(after.images[0].files[0].modified > *modified, "the date itself is taken over");
    *modified = after.images[0].files[0].modified;
    assert_eq!(after, before);
}

#[test]
fn a_changed_photo_that_cannot_be_read_is_tried_again() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let old = image_at(&desk.listing(), "a.png").id;
    lay_unreadable(&desk.photo("a.png"));
    make_newer(&desk.photo("a.png"));
    for _ in 0..2 {
        let report = desk.import();
        assert_eq!((report.broken.len(), report.changed), (1, 0), "{report:?}");
    }
    lay_picture(&desk.photo("a.png"), 2);
    make_newer(&desk.photo("a.png"));
    assert_eq!(desk.import().changed, 1);
    let listing = desk.listing();
    assert_eq!((listing.images[0].replaces, &listing.images[0].state), (Some(old), &ImageState::Ok));
}

#[test]
fn what_was_said_of_a_photo_that_could_not_be_read_stays_with_it() {
    let desk = Desk::new();
    lay_unreadable(&desk.photo("a.png"));
    assert_eq!(desk.import().broken.len(), 1);
    let id = image_at(&desk.listing(), "a.png").id;
    desk.open().answer_in(id, "category", "mug", Answer::Yes).unwrap();
    lay_picture(&desk.photo("a.png"), 1);
    assert_eq!(desk.import(), ImportReport { files: 1, new: 1, ..ImportReport::default() });
    let listing = desk.listing();
    let image = image_at(&listing, "a.png");
    assert_eq!((listing.images.len(), image.id, &image.state), (1, id, &ImageState::Ok));
    assert_eq!((image.width, image.hash.is_some()), (12, true));
    assert_eq!(answers(&desk.open()), [("a.png".to_owned(), "category=mug".to_owned(), true)]);
}

#[test]
fn a_step_about_a_photo_that_could_not_be_read_is_undone_and_redone() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    let unreadable = ["b.png", "c.png"];
    unreadable.iter().for_each(|name| lay_unreadable(&desk.photo(name)));
    assert_eq!(desk.import().broken.len(), 2);
    let mut workspace = desk.open();
    for name in unreadable {
        let id = image_at(workspace.listing(), name).id;
        workspace.answer_in(id, "category", "mug", Answer::Yes).unwrap();
    }
    while workspace.undo().unwrap().is_some() {}
    drop(workspace);

    // One turns out to be a copy of a known photo, the other a photo of its own.
    lay_picture(&desk.photo("b.png"), 1);
    lay_picture(&desk.photo("c.png"), 3);
    assert_eq!(desk.import().broken, []);
    let listing = desk.listing();
    assert_eq!(listing.images.len(), 2);
    assert!(listing.images.iter().all(|image| image.state == ImageState::Ok), "{listing:?}");

    let mut workspace = desk.open();
    while workspace.redo().unwrap().is_some() {}
    assert_eq!(workspace.labels().len(), 2);
    drop(workspace);
    let mut workspace = desk.open();
    let [a, c] = ["a.png", "c.png"].map(|name| image_at(workspace.listing(), name).id);
    assert_eq!((workspace.labels().of(a).len(), workspace.labels().of(c).len()), (0, 1));
    workspace.take_over_labels(&[a]).unwrap();
    assert_eq!(workspace.labels().of(a).len(), 1, "what was said of the copy is offered to the photo");
    while workspace.undo().unwrap().is_some() {}
    assert!(workspace.labels().is_empty());
}

#[test]
fn a_photo_that_was_changed_twice_is_offered_what_was_said_of_the_first() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let first = image_at(&desk.listing(), "a.png").id;
    desk.open().answer_in(first, "category", "mug", Answer::Yes).unwrap();
    lay_picture(&desk.photo("a.png"), 2);
    make_newer(&desk.photo("a.png"));
    assert_eq!(desk.import().changed, 1);
    lay_picture(&desk.photo("a.png"), 3);
    assert_eq!(desk.import().changed, 1);

    let mut workspace = desk.open();
    let third = image_at(workspace.listing(), "a.png").clone();
    assert_eq!((&third.state, third.replaces), (&ImageState::Ok, Some(first)));
    workspace.take_over_labels(&[third.id]).unwrap();
    assert_eq!(workspace.labels().of(third.id).len(), 1);
}

#[test]
fn a_folder_that_is_asked_for_again_while_it_is_read_is_read_once_more() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 600);
    let mut workspace = desk.open();
    for _ in 0..3 {
        workspace.start_import(&desk.photos());
    }
    // No job may have failed.
    settle(&mut workspace);
    assert_eq!(workspace.listing().images.len(), 600);
    assert!(workspace.listing().images.iter().all(|image| image.state == ImageState::Ok));
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
    assert_eq!(desk.open().standings().counts().duplicates, 1);

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
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()])
        .expect(3)
        .complains_of(&["not valid Unicode"]);
}

#[test]
fn what_is_no_photo_is_passed_over_without_a_word() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    for name in ["notes.txt", "film.mp4", ".DS_Store", "._a.png", "Thumbs.db", "old.hangtag", "README"] {
        fs::write(desk.photo(name), b"not for us").unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", desk.photo("link to nothing.txt")).unwrap();
    assert_eq!(desk.import(), ImportReport { files: 1, new: 1, ..ImportReport::default() });
    let said = desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()]).expect(0);
    assert_eq!(said.stderr, "");
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
    assert_eq!(desk.open().standings().counts().missing, 2);

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
