//! Backups and repairs of catalogues behind links, on two disks, under odd names, moved while they are open, and beside what
//! a crash left; caches that cannot be made, or that a person chose another folder for.

use std::fs;
use std::path::PathBuf;

use hangtag::catalogue::{backups, check};
use hangtag::workspace::{Answer, CacheKind, Opening, Workspace, repair, restore};
use rusqlite::Connection;

use crate::backups::{damage, first_page_of};
use crate::support::{Desk, answers, contents, lay_picture, lay_tiny, settle};

/// Makes the day's backup, and gives a photo a tag.
fn label(desk: &Desk, photo: usize, tag: &str) {
    let mut workspace = desk.open();
    settle(&mut workspace);
    let image = workspace.listing().images[photo].id;
    workspace.answer_in(image, "category", tag, Answer::Yes).unwrap();
}

fn numbers(desk: &Desk) -> Vec<u64> {
    backups(&desk.catalogue()).iter().map(|backup| backup.number).collect()
}

/// Makes the newest backup one of another day.
fn date_newest(desk: &Desk) -> PathBuf {
    let newest = backups(&desk.catalogue()).pop().expect("there is one");
    let dated = newest.path.with_file_name(format!("{:06}-2020-01-01.hangtag", newest.number));
    fs::rename(&newest.path, &dated).unwrap();
    dated
}

/// Two photos with a tag each. Of the two backups the second has the first tag. Gives what was said.
fn back_up(desk: &Desk) -> Vec<(String, String, bool)> {
    lay_tiny(&desk.photos(), 3);
    desk.import();
    label(desk, 0, "mug");
    date_newest(desk);
    label(desk, 1, "bowl");
    assert_eq!(numbers(desk), [1, 2]);
    answers(&desk.open())
}

#[cfg(unix)]
#[test]
fn under_two_names_a_catalogue_has_one_writer_and_the_same_backups() {
    let desk = Desk::new();
    let said = back_up(&desk);
    let link = desk.at("elsewhere/shop.hangtag");
    fs::create_dir(desk.at("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../work.hangtag", &link).unwrap();
    let open_link = || {
        let quiet = Opening::quiet(Some(&link), desk.places());
        Workspace::open(Opening { looks_at_photos: false, ..quiet }).unwrap_or_else(|failure| panic!("{failure}"))
    };
    let (writer, reader) = (desk.open(), open_link());
    assert!(writer.read_only_reason().is_none() && reader.read_only_reason().is_some());
    assert_eq!(reader.backups().len(), 2);
    drop((writer, reader));

    let is_link = || fs::symlink_metadata(&link).unwrap().is_symlink();
    restore(&link, None).unwrap();
    assert!(is_link() && answers(&desk.open()) == said[..1] && answers(&open_link()) == said[..1]);
    fs::write(desk.catalogue(), "damaged").unwrap();
    assert!(repair(&link).unwrap().is_some());
    assert!(is_link() && answers(&desk.open()) == said[..1], "from what was gone back to");
}

#[cfg(unix)]
#[test]
fn a_catalogue_that_is_moved_while_it_is_open_has_all_that_was_said() {
    use hangtag::catalogue::{Catalogue, import};
    use hangtag::progress::Progress;

    let desk = Desk::new();
    lay_tiny(&desk.photos(), 3);
    let mut catalogue = Catalogue::open(&desk.catalogue()).unwrap();
    import(&mut catalogue, &desk.photos(), &Progress::default(), &mut || ()).unwrap();
    catalogue.set_setting("said", "before").unwrap();
    let moved = desk.at("moved.hangtag");
    fs::rename(desk.catalogue(), &moved).unwrap();
    let refused = catalogue.set_setting("said", "after").unwrap_err().to_string();
    assert!(refused.contains("moved"), "{refused}");
    assert!(catalogue.reopen().is_err() && !desk.catalogue().exists(), "nothing is made in its old place");
    drop(catalogue);
    let moved = Catalogue::open(&moved).unwrap();
    assert_eq!(moved.setting("said").unwrap().as_deref(), Some("before"));
    drop(moved);
    let count = |moved: Connection| moved.query_row("SELECT COUNT(*) FROM images", [], |row| row.get::<_, i64>(0));
    assert_eq!(count(Connection::open(desk.at("moved.hangtag")).unwrap()).unwrap(), 3);
}

#[cfg(target_os = "linux")]
#[test]
fn the_folder_beside_a_catalogue_may_lie_on_another_disk() {
    let desk = Desk::new();
    let disk = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    std::os::unix::fs::symlink(disk.path(), desk.at("work.hangtag-data")).unwrap();
    let said = back_up(&desk);
    restore(&desk.catalogue(), None).unwrap();
    assert_eq!(answers(&desk.open()), said[..1]);
    fs::write(desk.catalogue(), "damaged").unwrap();
    assert!(repair(&desk.catalogue()).unwrap().is_some());
    assert_eq!(answers(&desk.open()), said[..1]);
    fs::write(desk.at("work.hangtag-ready"), "half a catalogue").unwrap();
    assert_eq!(desk.open().read_only_reason(), None);
    assert!(!desk.at("work.hangtag-ready").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_whose_name_is_no_text_has_backups() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use hangtag::catalogue::{Catalogue, import};
    use hangtag::progress::Progress;

    let desk = Desk::new();
    lay_tiny(&desk.photos(), 1);
    let folder = desk.photos().with_file_name(OsStr::from_bytes(b"caf\xe9 ?#%"));
    fs::create_dir(&folder).unwrap();
    let path = folder.join("shop.hangtag");
    let mut catalogue = Catalogue::open(&path).unwrap();
    import(&mut catalogue, &desk.photos(), &Progress::default(), &mut || ()).unwrap();
    let backup = catalogue.back_up_daily(&Progress::default()).unwrap().expect("there is a photo");
    drop(catalogue);
    assert!(check(&backup.path).unwrap().is_empty());
    fs::write(&path, "damaged").unwrap();
    assert!(Catalogue::open(&path).is_err());
    assert!(repair(&path).unwrap().is_some());
    assert_eq!(Catalogue::open(&path).unwrap().listing().unwrap().images.len(), 1);
}

#[test]
fn a_backup_that_is_marked_read_only_gives_a_catalogue_that_is_not() {
    let desk = Desk::new();
    let said = back_up(&desk);
    for backup in backups(&desk.catalogue()) {
        let mut permissions = fs::metadata(&backup.path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&backup.path, permissions).unwrap();
    }
    restore(&desk.catalogue(), None).unwrap();
    let workspace = desk.open();
    assert_eq!(workspace.read_only_reason(), None);
    assert_eq!(answers(&workspace), said[..1]);
}

#[test]
fn what_a_crash_left_beside_the_old_file_is_kept_and_not_taken_for_the_new_ones() {
    let desk = Desk::new();
    let said = back_up(&desk);
    fs::write(desk.catalogue(), "damaged").unwrap();
    for ending in ["-wal", "-journal"] {
        fs::write(desk.at(&format!("work.hangtag{ending}")), "of the old file").unwrap();
    }
    restore(&desk.catalogue(), None).unwrap();
    for ending in ["-wal", "-journal"] {
        assert!(!desk.at(&format!("work.hangtag{ending}")).exists());
        let kept = desk.at(&format!("work.hangtag-data/damaged/1/work.hangtag{ending}"));
        assert_eq!(fs::read(kept).unwrap(), b"of the old file");
    }
    assert_eq!(answers(&desk.open()), said[..1]);
}

#[test]
fn going_back_again_and_again_takes_no_backup_away() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 1);
    desk.import();
    for day in 0..11 {
        label(&desk, 0, &format!("tag {day}"));
        date_newest(&desk);
    }
    let before = numbers(&desk);
    assert_eq!(before, (2..=11).collect::<Vec<_>>());
    for number in before.iter().rev() {
        restore(&desk.catalogue(), Some(*number)).unwrap();
    }
    let after = numbers(&desk);
    assert!(before.iter().all(|number| after.contains(number)), "{after:?}");
    // Old ones go with the next day's.
    date_newest(&desk);
    label(&desk, 0, "tag 0");
    assert_eq!(numbers(&desk).len(), 10);
}

#[cfg(unix)]
#[test]
fn a_newest_backup_that_cannot_be_read_does_not_keep_the_next_one_from_being_made() {
    let desk = Desk::new();
    let said = back_up(&desk);
    let newest = date_newest(&desk);
    fs::remove_file(&newest).unwrap();
    std::os::unix::fs::symlink("nowhere", &newest).unwrap();
    settle(&mut desk.open());
    assert_eq!(numbers(&desk), [1, 2, 3]);
    label(&desk, 2, "vase");
    restore(&desk.catalogue(), None).unwrap();
    assert_eq!(answers(&desk.open()), said);
}

#[test]
fn a_catalogue_that_was_emptied_is_damaged_and_a_new_one_is_not() {
    let desk = Desk::new();
    fs::write(desk.catalogue(), "").unwrap();
    let said = back_up(&desk);
    fs::write(desk.catalogue(), "").unwrap();
    let message = desk.try_open().err().expect("it cannot be opened").to_string();
    assert!(message.contains("damaged") && message.contains("hangtag repair"), "{message}");
    assert!(!check(&desk.catalogue()).unwrap().is_empty());
    assert!(repair(&desk.catalogue()).unwrap().is_some());
    assert_eq!(answers(&desk.open()), said[..1]);
}

#[test]
fn a_folder_that_is_chosen_for_caches_keeps_what_else_lies_in_it() {
    let desk = Desk::new();
    let chosen = desk.at("big disk");
    for name in ["scratch/thesis.txt", "thumbnails/2019/wedding.jpg", "features/list.txt", "activations/list.txt"] {
        let path = chosen.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, name).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_hours(1000)).unwrap();
    }
    let before = contents(&chosen);
    let settings = desk.places().settings();
    fs::create_dir_all(settings.parent().unwrap()).unwrap();
    fs::write(settings, format!("caches = {:?}\n", chosen.display().to_string())).unwrap();
    let places = desk.places();
    assert_eq!(places.caches(), chosen.join("hangtag"));
    let opening = Opening { looks_at_photos: false, ..Opening::quiet(None, places.clone()) };
    drop(Workspace::open(opening).unwrap_or_else(|failure| panic!("{failure}")));
    assert!(places.caches().join("scratch").is_dir(), "a catalogue lay there that was thrown away");
    for kind in CacheKind::ALL {
        places.clear(kind).unwrap();
    }
    assert_eq!(contents(&chosen), before);
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_folder_for_caches_photos_are_tagged_all_the_same() {
    use crate::support::{Run, lay_demo};

    for place in ["hangtag", "hangtag/features"] {
        let desk = Desk::new();
        lay_demo(&desk.photos(), "mugs", 1);
        let file = desk.cache().join(place);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "no folder").unwrap();
        let mut tag = desk.command(&[&"tag", &"photos", &"--format", &"json"]);
        tag.env("TMPDIR", desk.at("tmp"));
        let run = Run::from(tag.output().unwrap()).expect(0).complains_of(&["feature cache", "next time"]);
        assert!(!run.json()["images"][0]["proposals"].as_array().unwrap().is_empty(), "{}", run.stdout);
        assert_eq!(fs::read(&file).unwrap(), b"no folder");
    }
}

#[cfg(unix)]
#[test]
fn a_cache_of_the_hub_that_depends_on_where_the_program_was_started_is_none() {
    use crate::support::Run;

    let desk = Desk::new();
    let mut get = desk.command(&[&"models", &"get", &"resnet18"]);
    get.env_remove("HF_HOME").env_remove("HUGGINGFACE_HUB_CACHE");
    get.env("HF_HUB_OFFLINE", "1").env("XDG_CACHE_HOME", "relative");
    let usual = desk.at("home/.cache/huggingface/hub");
    Run::from(get.output().unwrap()).expect(1).complains_of(&[usual.to_str().unwrap()]);
}

#[test]
fn a_catalogue_that_is_gone_is_not_begun_anew_beside_its_backups() {
    let desk = Desk::new();
    let said = back_up(&desk);
    desk.remove_catalogue();
    let refused = desk.try_open().err().expect("it cannot be opened").to_string();
    assert!(refused.contains("gone") && refused.contains("hangtag repair") && refused.contains("-data"), "{refused}");
    desk.run(&[&"import", &"--catalogue", &desk.catalogue(), &desk.photos()]).expect(1).complains_of(&["gone"]);
    for command in ["check", "labels"] {
        desk.run(&[&command, &"--catalogue", &desk.catalogue()]).expect(1).complains_of(&["gone"]);
    }
    assert!(!desk.catalogue().exists());
    // Its log may be all that is left, should the file turn up again.
    fs::write(desk.at("work.hangtag-wal"), "what was said last").unwrap();
    desk.run(&[&"repair", &"--catalogue", &desk.catalogue()]).expect(0);
    assert_eq!(answers(&desk.open()), said[..1]);
    let kept = desk.at("work.hangtag-data/damaged/1/work.hangtag-wal");
    assert_eq!(fs::read(kept).unwrap(), b"what was said last");

    // Without the backups it is a new one.
    desk.remove_catalogue();
    fs::rename(desk.at("work.hangtag-data"), desk.at("before")).unwrap();
    assert!(desk.open().listing().images.is_empty());
}

#[test]
fn what_was_gone_back_to_is_not_filled_up_with_what_was_there_before() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 2);
    desk.import();
    settle(&mut desk.open());
    date_newest(&desk);
    // Photos and a tag by numbers that are given again once it is gone back.
    let (first, second) = (desk.at("first"), desk.at("second"));
    lay_picture(&first.join("mug.png"), 201);
    lay_picture(&second.join("plate.png"), 202);
    let import = |folder: &PathBuf| {
        desk.run(&[&"import", &"--catalogue", &desk.catalogue(), folder]).expect(0);
    };
    import(&first);
    label(&desk, 2, "mug");
    restore(&desk.catalogue(), Some(1)).unwrap();
    import(&second);
    assert!(answers(&desk.open()).is_empty());
    // Only the labels cannot be read.
    damage(&desk.catalogue(), first_page_of(&desk, "labels"));
    assert!(repair(&desk.catalogue()).unwrap().is_some());
    let workspace = desk.open();
    assert_eq!(
        (workspace.listing().images.len(), answers(&workspace)),
        (3, vec![]),
        "nobody said anything of the third"
    );
}

#[test]
fn a_value_that_cannot_be_its_columns_is_found_and_mended() {
    for (table, spoil) in [
        ("history", "UPDATE history SET words = CAST(X'ff' AS TEXT) WHERE id = (SELECT MAX(id) FROM history)"),
        ("settings", "INSERT OR REPLACE INTO settings (name, value) VALUES ('model', CAST(X'ff' AS TEXT))"),
        ("images", "UPDATE images SET last_path = X'00' WHERE id = 1"),
        ("images", "UPDATE images SET width = -1 WHERE id = 1"),
        ("labels", "UPDATE labels SET source = CAST(X'ff' AS TEXT) WHERE at_ms = (SELECT MAX(at_ms) FROM labels)"),
    ] {
        let desk = Desk::new();
        let said = back_up(&desk);
        Connection::open(desk.catalogue()).unwrap().execute_batch(spoil).unwrap();
        let faults = check(&desk.catalogue()).unwrap();
        assert!(faults.len() == 1 && faults[0].starts_with(&format!("the table {table} has ")), "{faults:?}");
        desk.run(&[&"check", &"--catalogue", &desk.catalogue()]).expect(1).complains_of(&["is damaged"]);
        if let Err(failure) = desk.try_open() {
            assert!(failure.to_string().contains("hangtag repair"), "{failure}");
        }

        assert!(repair(&desk.catalogue()).unwrap().is_some(), "{spoil}");
        assert!(check(&desk.catalogue()).unwrap().is_empty());
        let mut workspace = desk.open();
        // The newest label is in no backup.
        let expected = if table == "labels" { &said[..1] } else { &said[..] };
        assert_eq!(answers(&workspace), expected, "{spoil}");
        // Without all rows that its steps are about, the history would undo something else.
        assert_eq!(workspace.undo().unwrap().is_some(), table == "settings", "{spoil}");
    }

    // Of a table that is none of Hangtag's nothing is known.
    let desk = Desk::new();
    let said = back_up(&desk);
    let foreign = "CREATE TABLE notes (width INTEGER, words TEXT); INSERT INTO notes VALUES ('none', X'ff')";
    Connection::open(desk.catalogue()).unwrap().execute_batch(foreign).unwrap();
    assert!(check(&desk.catalogue()).unwrap().is_empty());
    assert_eq!(answers(&desk.open()), said);
}
