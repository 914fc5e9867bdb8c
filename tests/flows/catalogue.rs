//! The catalogue file: what is refused untouched, who may write, and what a damaged one says.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use hangtag::catalogue::{Catalogue, GroupKind, backups};
use hangtag::workspace::{Answer, JobState, LabelsFrom, NotOpened, Opening, Workspace, repair};
use rusqlite::Connection;

use crate::schemas::{make, schema_of, scripts};
use crate::support::{
    Desk, Run, answers, contents, freeze, image_at, lay_picture, lay_tiny, settle, state, taught_desk,
};

/// Opening must fail by name, in the library and in the program, and leave every file in the folder as it was.
fn assert_refused_untouched(desk: &Desk, words: &str) {
    let before = contents(&desk.at(""));
    let message = desk.try_open().err().expect("it is refused").to_string();
    assert!(message.contains(words) && message.contains("work.hangtag"), "{message}");
    desk.run(&[&"labels", &"--catalogue", &desk.catalogue()]).expect(1).complains_of(&[words, "work.hangtag"]);
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()]).expect(1).complains_of(&[words]);
    let after = contents(&desk.at(""));
    // Who tried last may be noted in a lock file that was there already, but none may be made.
    let is_old_lock = |path: &Path| before.contains_key(path) && path.to_string_lossy().ends_with("-lock");
    let differing: Vec<_> = after
        .keys()
        .chain(before.keys())
        .filter(|path| before.get(*path) != after.get(*path) && !is_old_lock(path))
        .collect();
    assert!(differing.is_empty(), "{differing:?}");
}

#[test]
fn what_is_no_catalogue_is_refused_and_left_as_it_is() {
    type Writer = Box<dyn Fn(&Path)>;
    let foreign = |application_id: i32| {
        move |path: &Path| {
            let database = Connection::open(path).unwrap();
            database.pragma_update(None, "application_id", application_id).unwrap();
            database.execute_batch("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')").unwrap();
        }
    };
    let writers: [Writer; 5] = [
        Box::new(foreign(0)),
        Box::new(foreign(0x1234_5678)),
        Box::new(|path| fs::write(path, b"SQLite format 3\0 is how this begins, but it is a letter.").unwrap()),
        Box::new(|path| fs::write(path, b"short").unwrap()),
        Box::new(|path| fs::write(path, (0..40_000_u32).map(|n| (n * n) as u8).collect::<Vec<_>>()).unwrap()),
    ];
    for write in writers {
        let desk = Desk::new();
        write(&desk.catalogue());
        assert_refused_untouched(&desk, "is no Hangtag catalogue");
    }
}

#[test]
fn a_foreign_database_whose_program_crashed_is_left_as_it_is() {
    let desk = Desk::new();
    let other = Connection::open(desk.at("other.db")).unwrap();
    other.pragma_update(None, "journal_mode", "WAL").unwrap();
    other.execute_batch("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')").unwrap();
    // What lies on disk while the other program runs is what a crash of it leaves.
    fs::copy(desk.at("other.db"), desk.catalogue()).unwrap();
    fs::copy(desk.at("other.db-wal"), desk.at("work.hangtag-wal")).unwrap();
    let files = || (fs::read(desk.catalogue()).unwrap(), fs::read(desk.at("work.hangtag-wal")).ok());
    let before = files();
    let message = desk.try_open().err().expect("it is refused").to_string();
    assert!(message.contains("is no Hangtag catalogue"), "{message}");
    assert!(files() == before, "the database or its log was changed");
}

#[test]
fn a_newer_catalogue_is_refused_and_left_as_it_is() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let database = Connection::open(desk.catalogue()).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    drop(database);
    assert_refused_untouched(&desk, "newer Hangtag");
    // Nor is it taken for a damaged one.
    let before = fs::read(desk.catalogue()).unwrap();
    for command in ["check", "repair"] {
        let run = desk.run(&[&command, &"--catalogue", &desk.catalogue()]);
        run.expect(1).complains_of(&["work.hangtag", "newer Hangtag", "update Hangtag", "hangtag restore"]);
    }
    desk.run(&[&"restore", &"--catalogue", &desk.catalogue()]).expect(1).complains_of(&["no such backup"]);
    assert!(fs::read(desk.catalogue()).unwrap() == before, "it is left as it is");

    // One that cannot be written is not read either: nobody knows what its tables mean.
    let message = while_read_only(&desk, || desk.try_open()).err().expect("it is refused").to_string();
    assert!(message.contains("newer Hangtag"), "{message}");
}

#[test]
fn a_catalogue_that_a_newer_hangtag_has_open_is_not_read() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let _writer = desk.open();
    // Its schema lies in the log.
    let database = Connection::open(desk.catalogue()).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    let message = desk.try_open().err().expect("it is refused").to_string();
    assert!(message.contains("newer Hangtag"), "{message}");
}

/// A catalogue that a newer Hangtag has taken the labels out of and given a table of its own. It was closed, or killed so
/// that all this lies in its log only. Backup 1 is from before, backup 2 the newer one's. Gives what was said before.
fn taken_over_by_a_newer_hangtag(is_killed: bool) -> (Desk, Vec<(String, String, bool)>) {
    let desk = Desk::new();
    make(&scripts()[0], &desk.catalogue());
    let said = answers(&desk.open());
    let before = backups(&desk.catalogue()).remove(0).path;
    let of_newer = before.with_file_name("000002-2020-01-01.hangtag");
    fs::copy(before, &of_newer).unwrap();
    Connection::open(of_newer).unwrap().pragma_update(None, "user_version", 999).unwrap();

    let database = Connection::open(desk.catalogue()).unwrap();
    let newer = "CREATE TABLE shelves (name TEXT) STRICT; INSERT INTO shelves VALUES ('upper'); DELETE FROM labels;
        PRAGMA user_version = 999";
    database.execute_batch(newer).unwrap();
    let paths = ["", "-wal"].map(|ending| desk.at(&format!("work.hangtag{ending}")));
    let files = paths.each_ref().map(|path| fs::read(path).unwrap());
    drop(database);
    if is_killed {
        paths.iter().zip(files).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    }
    (desk, said)
}

/// All but the first page with its bits turned around.
fn scrambled(whole: &[u8]) -> Vec<u8> {
    whole.iter().enumerate().map(|(index, byte)| if index < 4096 { *byte } else { !byte }).collect()
}

/// The newer Hangtag's catalogue must be backup 3, with all that it held.
fn assert_newer_is_kept(desk: &Desk) {
    let kept = backups(&desk.catalogue()).into_iter().find(|backup| backup.number == 3).expect("it is kept");
    assert_eq!(schema_of(&kept.path), 999);
    let shelf = "SELECT name FROM shelves WHERE NOT EXISTS (SELECT 1 FROM labels)";
    let shelf: String = Connection::open(&kept.path).unwrap().query_row(shelf, [], |row| row.get(0)).unwrap();
    assert_eq!(shelf, "upper");
    assert!(kept.counts().is_err(), "its tables are not taken for those of this Hangtag");
}

#[test]
fn going_back_from_a_newer_catalogue_keeps_it_and_passes_over_newer_backups() {
    for is_killed in [false, true] {
        let (desk, said) = taken_over_by_a_newer_hangtag(is_killed);
        let run = desk.run(&[&"restore", &"--catalogue", &desk.catalogue()]).expect(0);
        assert!(run.stdout.contains("backup 1 of") && run.stdout.contains("000003-"), "{}", run.stdout);
        run.complains_of(&["backup 2 of 2020-01-01", "newer Hangtag", "passed over"]);
        assert_newer_is_kept(&desk);
        assert_eq!(answers(&desk.open()), said);

        // It is for the newer Hangtag to go back to.
        let run = desk.run(&[&"restore", &"--catalogue", &desk.catalogue(), &"--backup", &"3"]);
        run.expect(1).complains_of(&["000003-", "newer Hangtag"]);
        assert_eq!(answers(&desk.open()), said);
        let run = desk.run(&[&"check", &"--catalogue", &desk.catalogue()]).expect(0);
        assert_eq!(run.stdout.matches("this Hangtag cannot read it").count(), 2, "{}", run.stdout);
    }
}

#[test]
fn going_back_from_a_newer_catalogue_that_was_cut_off_is_finished_when_it_is_opened() {
    for is_killed in [false, true] {
        let (desk, said) = taken_over_by_a_newer_hangtag(is_killed);
        // As a kill leaves it before the last step.
        fs::copy(&backups(&desk.catalogue())[0].path, desk.at("work.hangtag-ready")).unwrap();
        assert_eq!(answers(&desk.open()), said);
        assert!(!desk.at("work.hangtag-ready").exists(), "nothing waits any longer");
        assert_newer_is_kept(&desk);
    }
}

#[test]
fn a_newer_catalogue_that_is_damaged_is_put_aside_as_it_is() {
    let (desk, said) = taken_over_by_a_newer_hangtag(false);
    let damaged = scrambled(&fs::read(desk.catalogue()).unwrap());
    fs::write(desk.catalogue(), &damaged).unwrap();
    let run = desk.run(&[&"check", &"--catalogue", &desk.catalogue()]).expect(1).complains_of(&["newer Hangtag"]);
    assert!(run.stdout.contains("backup 1 of"), "what it could go back to is listed: {}", run.stdout);
    desk.run(&[&"restore", &"--catalogue", &desk.catalogue()]).expect(0);
    assert!(fs::read(desk.at("work.hangtag-data/damaged/1/work.hangtag")).unwrap() == damaged);
    assert_eq!(answers(&desk.open()), said);
}

#[test]
fn a_newer_catalogue_that_is_damaged_is_not_mended_where_its_number_lies_in_its_log_either() {
    let (desk, said) = taken_over_by_a_newer_hangtag(true);
    fs::write(desk.catalogue(), scrambled(&fs::read(desk.catalogue()).unwrap())).unwrap();
    for command in ["check", "repair"] {
        desk.run(&[&command, &"--catalogue", &desk.catalogue()]).expect(1).complains_of(&["newer Hangtag"]);
    }
    desk.run(&[&"restore", &"--catalogue", &desk.catalogue()]).expect(0);
    assert_eq!(schema_of(&desk.at("work.hangtag-data/damaged/1/work.hangtag")), 999, "its log is kept, too");
    assert_eq!(answers(&desk.open()), said);
}

#[test]
fn a_catalogue_whose_schema_number_is_damaged_is_mended_and_loses_nothing() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let mut workspace = desk.open();
    settle(&mut workspace);
    let image = image_at(workspace.listing(), "a.png").id;
    workspace.answer_in(image, "category", "mug", Answer::Yes).unwrap();
    let said = answers(&workspace);
    drop(workspace);
    let renumber = |desk: &Desk, number: i64| {
        Connection::open(desk.catalogue()).unwrap().pragma_update(None, "user_version", number).unwrap();
    };
    for number in [0, 1, 2, -1] {
        renumber(&desk, number);
        let quiet = Opening::quiet(Some(&desk.catalogue()), desk.places());
        let opened = Workspace::open_in_background(Opening { looks_at_photos: false, ..quiet }, None).recv().unwrap();
        let NotOpened { failure, damaged } = opened.err().expect("it cannot be opened");
        assert!(failure.to_string().contains("hangtag repair"), "{failure}");
        let newest = damaged.expect("it can be mended").newest.expect("there is a backup");
        assert_eq!(newest.number, 1, "what is damaged pushes out no backup");
        repair(&desk.catalogue()).unwrap().expect("it is damaged");
        assert_eq!(answers(&desk.open()), said, "{number}");
    }

    // An old one that claims to be new.
    let desk = Desk::new();
    make(&scripts()[0], &desk.catalogue());
    renumber(&desk, scripts().len() as i64);
    let message = desk.try_open().err().expect("it cannot be opened").to_string();
    assert!(message.contains("hangtag repair"), "{message}");
    repair(&desk.catalogue()).unwrap().expect("it is damaged");
    assert_eq!(answers(&desk.open()).len(), 2);
}

#[test]
fn a_second_opener_reads_only_and_is_told_who_writes() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let image = image_at(&desk.listing(), "a.png").id;
    let mut first = desk.open();
    assert_eq!(first.read_only_reason(), None);
    first.answer_in(image, "category", "mug", Answer::Yes).unwrap();
    let here = format!("process {}", std::process::id());

    let mut second = desk.open();
    let reason = second.read_only_reason().expect("the first one writes").to_string();
    assert!(reason.contains(&here), "{reason}");
    assert_eq!(answers(&second), [("a.png".to_owned(), "category=mug".to_owned(), true)], "reading works");
    let before = state(&second);
    let refusals = [
        second.answer_in(image, "category", "bowl", Answer::Yes).unwrap_err(),
        second.answer_by_name(&[image], None, "bowl").unwrap_err(),
        second.add_group("material", GroupKind::AnyOf).unwrap_err(),
        second.undo().unwrap_err(),
        second.redo().unwrap_err(),
        second.take_in_labels(&LabelsFrom::LastFolder, None, false).unwrap_err(),
    ];
    for refusal in refusals {
        assert!(refusal.to_string().contains("reading only"), "{refusal}");
    }
    second.start_import(&desk.photos());
    second.wait(&mut |_| true);
    assert!(matches!(second.jobs()[0].state, JobState::Failed(_)), "{:?}", second.jobs()[0].state);
    assert_eq!(state(&second), before);

    // The program too: it reads, and says why it does not write.
    let run = desk.run(&[&"labels", &"--catalogue", &desk.catalogue()]).expect(0).complains_of(&[&here]);
    assert!(run.stdout.contains("a.png,category,mug,yes,person"), "{}", run.stdout);
    let label = |desk: &Desk| desk.run(&[&"label", &"--catalogue", &desk.catalogue(), &"a.png", &"category=bowl"]);
    label(&desk).expect(1).complains_of(&[&here, "reading only"]);
    assert_eq!(answers(&first), answers(&second));

    // Whoever comes after the first one may write again.
    drop((first, second));
    label(&desk).expect(0);
    assert_eq!(desk.open().read_only_reason(), None);
    assert_eq!(answers(&desk.open()), [("a.png".to_owned(), "category=bowl".to_owned(), true)]);
}

#[test]
fn a_window_waits_for_a_program_that_is_just_closing_the_catalogue() {
    let desk = Desk::new();
    let closing = Catalogue::open(&desk.catalogue()).unwrap();
    let quiet = Opening::quiet(Some(&desk.catalogue()), desk.places());
    let opening = Workspace::open_in_background(Opening { looks_at_photos: false, ..quiet }, None);
    thread::sleep(Duration::from_secs(1));
    drop(closing);
    let Ok(Ok(window)) = opening.recv() else { panic!("it is not opened") };
    assert_eq!(window.read_only_reason(), None);
}

/// Marks the catalogue read-only for a while.
fn while_read_only<T>(desk: &Desk, work: impl FnOnce() -> T) -> T {
    let writable = fs::metadata(desk.catalogue()).unwrap().permissions();
    let mut permissions = writable.clone();
    permissions.set_readonly(true);
    fs::set_permissions(desk.catalogue(), permissions).unwrap();
    let done = work();
    fs::set_permissions(desk.catalogue(), writable).unwrap();
    done
}

/// A catalogue of some photos on a disk where SQLite can keep no log, and another program that writes it.
fn without_a_log(num_photos: u32) -> (Desk, Connection) {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), num_photos);
    desk.import();
    let writer = Connection::open(desk.catalogue()).unwrap();
    writer.pragma_update(None, "journal_mode", "DELETE").unwrap();
    (desk, writer)
}

#[test]
fn who_only_reads_waits_for_a_change_and_sees_it() {
    let (desk, writer) = without_a_log(1);
    writer.execute_batch("BEGIN EXCLUSIVE; UPDATE files SET path = 'renamed.bmp'").unwrap();
    let listing = while_read_only(&desk, || {
        thread::scope(|scope| {
            let reader = scope.spawn(|| desk.listing());
            // Longer than a connection waits that nobody has told how long.
            thread::sleep(Duration::from_millis(5500));
            writer.execute_batch("COMMIT").unwrap();
            reader.join().unwrap()
        })
    });
    image_at(&listing, "renamed.bmp");
}

#[test]
fn half_of_a_change_is_damage_until_it_can_be_taken_back() {
    let (desk, writer) = without_a_log(400);
    // So little memory that pages are written before the change is whole: as a pulled plug may leave it.
    writer.execute_batch("PRAGMA cache_size = 1; BEGIN; UPDATE files SET path = 'moved/' || path").unwrap();
    let paths: [PathBuf; 2] = ["", "-journal"].map(|ending| desk.at(&format!("work.hangtag{ending}")));
    let files = paths.each_ref().map(|path| fs::read(path).unwrap());
    drop(writer);
    paths.iter().zip(files).for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
    let message = while_read_only(&desk, || desk.try_open()).err().expect("it cannot be opened").to_string();
    assert!(message.contains("damaged") && message.contains("cut off"), "{message}");
    image_at(desk.open().listing(), "00399.bmp");
}

#[test]
fn beside_a_window_reading_commands_work_and_writing_ones_name_it_and_change_nothing() {
    let desk = taught_desk();
    let mut window = desk.open_looking();
    freeze(&mut window, Some("first"));
    let before = (state(&window), window.listing().clone());
    let here = format!("process {}", std::process::id());
    let run = |words: &str| Run::from(desk.command(&[]).args(words.split(' ')).output().unwrap());
    for (command, found) in [
        ("labels --catalogue work.hangtag", "mugs/mug-01.jpg,category,mugs,yes"),
        ("versions --catalogue work.hangtag list", "first"),
        ("versions --catalogue work.hangtag diff 1 1", "0 of 8"),
        ("runs --catalogue work.hangtag list", "number"),
        ("models list --catalogue work.hangtag", "starter is used"),
        ("check --catalogue work.hangtag", "is whole"),
        ("export --catalogue work.hangtag --format jsonl --out tags.jsonl", "tags.jsonl"),
        ("evaluate --catalogue work.hangtag --on others --labels-from last-folder --version 1", "accuracy"),
        ("apply --catalogue work.hangtag --precision 0.1 --dry-run", "would tag"),
    ] {
        let run = run(command);
        // Eight labels promise nothing, as `apply` says in the end.
        let is_done = run.status == Some(0) || command.starts_with("apply");
        assert!(run.stdout.contains(found) && is_done, "{command}: {run:?}");
    }
    for command in [
        "label --catalogue work.hangtag mugs/mug-01.jpg category=bowls",
        "import photos --catalogue work.hangtag",
        "versions --catalogue work.hangtag use 1",
        "versions --catalogue work.hangtag rename 1 second",
        "versions --catalogue work.hangtag delete 1",
        "models use starter --catalogue work.hangtag",
        "repair --catalogue work.hangtag",
        "restore --catalogue work.hangtag",
    ] {
        run(command).expect(1).complains_of(&[&here]);
    }
    assert_eq!((state(&window), window.listing().clone()), before);
    drop(window);
    let workspace = desk.open();
    assert_eq!((state(&workspace), workspace.listing().clone()), before);
    let versions: Vec<&str> = workspace.versions().iter().map(|version| version.name.as_str()).collect();
    assert_eq!((versions, workspace.version_in_use()), (vec!["first"], None));
}

#[test]
fn a_file_marked_read_only_opens_for_reading() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let image = image_at(&desk.listing(), "a.png").id;
    desk.open().answer_in(image, "category", "mug", Answer::Yes).unwrap();
    let mut permissions = fs::metadata(desk.catalogue()).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(desk.catalogue(), permissions).unwrap();
    let mut workspace = desk.open();
    assert!(workspace.read_only_reason().expect("it cannot be written").to_string().contains("read-only"));
    assert_eq!(answers(&workspace).len(), 1);
    assert!(workspace.answer_in(image, "category", "bowl", Answer::Yes).is_err());
}

#[test]
fn a_damaged_catalogue_is_named() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 400);
    desk.import();
    let whole = fs::read(desk.catalogue()).unwrap();
    for damaged in [&scrambled(&whole)[..], &whole[..whole.len() / 2], &whole[..3000], &whole[..50]] {
        fs::write(desk.catalogue(), damaged).unwrap();
        let message = desk.try_open().err().expect("it cannot be opened").to_string();
        assert!(message.contains("work.hangtag"), "{message}");
        desk.run(&[&"labels", &"--catalogue", &desk.catalogue()]).expect(1).complains_of(&["work.hangtag"]);
    }
    fs::write(desk.catalogue(), &whole).unwrap();
    assert_eq!(desk.open().listing().images.len(), 400, "whoever has a copy puts it back");
}

#[test]
fn an_empty_file_becomes_a_catalogue() {
    // What a crash leaves in the first moment of a new catalogue.
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    fs::write(desk.catalogue(), b"").unwrap();
    assert_eq!(desk.import().new, 1);
    assert_eq!(desk.listing().images.len(), 1);
}
