//! Backups: made before a schema changes and once a day, ten kept; and a damaged catalogue mended with their help.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use hangtag::catalogue::{Catalogue, CatalogueError, backups, check};
use hangtag::failure::Cause;
use hangtag::progress::Progress;
use hangtag::workspace::{Answer, Opening, Workspace, repair, restore};
use rusqlite::Connection;

use crate::schemas::{make, schema_of, scripts};
use crate::support::{Desk, answers, contents, failures_of, lay_picture, lay_tiny, settle, tag_named};

const PAGE: usize = 4096;

/// Opened as the window does, with the day's backup made.
fn opened(desk: &Desk) -> Workspace {
    let mut workspace = desk.open();
    settle(&mut workspace);
    workspace
}

fn numbers(desk: &Desk) -> Vec<u64> {
    backups(&desk.catalogue()).iter().map(|backup| backup.number).collect()
}

/// Makes the newest backup one of another day.
fn date_newest(desk: &Desk, date: &str) {
    let newest = backups(&desk.catalogue()).pop().expect("there is one");
    let name = format!("{:06}-{date}.hangtag", newest.number);
    fs::rename(&newest.path, newest.path.with_file_name(name)).unwrap();
}

fn label(workspace: &mut Workspace, photo: usize, tag: &str) {
    let image = workspace.listing().images[photo].id;
    workspace.answer_in(image, "category", tag, Answer::Yes).unwrap();
}

fn labelled_photos(count: u32) -> Desk {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), count);
    desk.import();
    desk
}

#[test]
fn a_copy_is_made_before_the_schema_changes() {
    let scripts = scripts();
    for (index, script) in scripts[..scripts.len() - 1].iter().enumerate() {
        let desk = Desk::new();
        make(script, &desk.catalogue());
        let mut workspace = opened(&desk);
        let said = answers(&workspace);
        let made = backups(&desk.catalogue());
        assert_eq!((made.len(), made[0].number), (1, 1), "one was made, and no second for today");
        assert_eq!((schema_of(&made[0].path), schema_of(&desk.catalogue())), (index + 1, scripts.len()));
        workspace.undo().unwrap();
        drop(workspace);
        // Going back to it brings back what was said, and it is brought up to date again.
        restore(&desk.catalogue(), Some(1)).unwrap();
        assert_eq!(answers(&desk.open()), said);
        assert_eq!(schema_of(&desk.catalogue()), scripts.len());
    }
}

#[test]
fn a_backup_is_made_once_a_day_if_something_changed_whatever_the_clock_says() {
    let desk = labelled_photos(3);
    label(&mut opened(&desk), 0, "mug");
    assert_eq!(numbers(&desk), [1]);
    let backup = backups(&desk.catalogue()).remove(0);
    let today = backup.date.to_string();
    drop(opened(&desk));
    assert_eq!(numbers(&desk), [1], "one a day");

    // The label came after it. The clock is set back a year meanwhile: the backup is of a day to come.
    date_newest(&desk, "2999-12-31");
    drop(opened(&desk));
    assert_eq!(numbers(&desk), [1, 2]);
    let known = backups(&desk.catalogue());
    assert_eq!((known[0].date.to_string(), known[1].date.to_string()), ("2999-12-31".into(), today.clone()));

    // Nothing changed since: yesterday's is true of today as well.
    date_newest(&desk, "2020-01-01");
    drop(opened(&desk));
    let known = backups(&desk.catalogue());
    assert_eq!((known.len(), known[1].date.to_string()), (2, today));
    assert!(check(&known[1].path).unwrap().is_empty());

    // A command makes it as well.
    date_newest(&desk, "2020-01-01");
    desk.run(&[&"label", &"--catalogue", &desk.catalogue(), &"00001.bmp", &"category=bowl"]).expect(0);
    date_newest(&desk, "2020-01-02");
    desk.run(&[&"labels", &"--catalogue", &desk.catalogue()]).expect(0);
    assert_eq!(numbers(&desk), [1, 2, 3]);
}

#[test]
fn the_last_ten_are_kept() {
    let desk = labelled_photos(1);
    for day in 0..13 {
        label(&mut opened(&desk), 0, &format!("tag {day}"));
        date_newest(&desk, "2020-01-01");
    }
    assert_eq!(numbers(&desk), (4..=13).collect::<Vec<_>>());
    fs::write(backups(&desk.catalogue())[0].path.with_file_name("notes.txt"), "mine").unwrap();
    assert_eq!(numbers(&desk).len(), 10, "what is no backup is left alone");
}

/// A catalogue with a backup, and more said since: a tag for every photo before, another for every second one after.
fn backed_up_and_worked_on(count: u32) -> Desk {
    let desk = labelled_photos(count);
    let mut workspace = opened(&desk);
    let images: Vec<_> = workspace.listing().images.iter().map(|image| image.id).collect();
    workspace.answer_by_name(&images, None, "before").unwrap();
    drop(workspace);
    date_newest(&desk, "2020-01-01");
    let mut workspace = opened(&desk);
    assert_eq!(numbers(&desk), [1, 2]);
    let every_second: Vec<_> = images.iter().copied().step_by(2).collect();
    workspace.answer_by_name(&every_second, None, "after").unwrap();
    let before = tag_named(&workspace, "category", "before");
    workspace.answer(&images[1..2], before, Answer::Unknown).unwrap();
    desk
}

/// Turns the bytes of a page around, but for a few at its end.
pub fn damage(path: &Path, page: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[page * PAGE..page * PAGE + PAGE - 64].iter_mut().for_each(|byte| *byte = !*byte);
    fs::write(path, bytes).unwrap();
}

/// The page at which a table or an index begins.
pub fn first_page_of(desk: &Desk, name: &str) -> usize {
    let root = "SELECT rootpage FROM sqlite_master WHERE name = ?1";
    let page: i64 = Connection::open(desk.catalogue()).unwrap().query_row(root, [name], |row| row.get(0)).unwrap();
    page as usize - 1
}

fn damage_an_index(desk: &Desk) {
    damage(&desk.catalogue(), first_page_of(desk, "labels_by_tag"));
}

#[test]
fn a_damaged_index_costs_nothing() {
    let desk = backed_up_and_worked_on(1500);
    let said = answers(&desk.open());
    damage_an_index(&desk);
    // What a killed repair leaves is written over.
    fs::write(desk.at("work.hangtag-data/repair.part"), "half of one").unwrap();
    let repaired = repair(&desk.catalogue()).unwrap().expect("it is damaged");
    assert_eq!((repaired.labels, repaired.from_backup, repaired.lost), (said.len(), 0, 0));
    let kept: Vec<_> = contents(&repaired.kept).into_keys().collect();
    assert!(kept.contains(&repaired.kept.join("work.hangtag")), "{kept:?}");
    let is_half_done = |name: &str| desk.at("work.hangtag-data").join(name).exists();
    assert!(!is_half_done("repair.part") && !is_half_done("repair.whole"));
    let mut workspace = desk.open();
    assert_eq!(answers(&workspace), said, "what was taken back since the backup stays so");
    assert!(workspace.undo().unwrap().is_some(), "steps can be undone as before");
    assert_eq!(answers(&workspace).len(), said.len() + 1);
}

/// Fails unless each photo has its answer, or the backup's `before`, and no other. One taken back may be there again.
#[track_caller]
fn assert_mended(mended: &[(String, String, bool)], said: &[(String, String, bool)], damage: &str) {
    let made_up = mended.iter().find(|answer| !said.contains(answer) && (answer.1 != "category=before" || !answer.2));
    let lost = said.iter().find(|(photo, ..)| mended.iter().all(|(other, ..)| other != photo));
    assert_eq!((made_up, lost), (None, None), "{damage}: nobody said so; the photo has no answer");
    assert!(mended.len() <= said.len() + 1, "{damage}: a photo has two, of {} answers", mended.len());
}

#[test]
fn any_damaged_page_is_found_and_mended() {
    let desk = backed_up_and_worked_on(1500);
    // Afterwards there is no page that nothing uses.
    Connection::open(desk.catalogue()).unwrap().execute_batch("VACUUM").unwrap();
    let whole = fs::read(desk.catalogue()).unwrap();
    let said = answers(&desk.open());
    assert!(check(&desk.catalogue()).unwrap().is_empty());
    let num_pages = whole.len() / PAGE;
    assert!(num_pages > 100, "{num_pages} pages");
    let (mut num_perfect, mut num_mended) = (0, 0);
    for page in (1..num_pages).step_by(num_pages / 25) {
        fs::write(desk.catalogue(), &whole).unwrap();
        damage(&desk.catalogue(), page);
        assert!(!check(&desk.catalogue()).unwrap().is_empty(), "page {page} is not found");
        let run = desk.run(&[&"check", &"--catalogue", &desk.catalogue()]).expect(1);
        run.complains_of(&["is damaged", "hangtag repair"]);
        let repaired = repair(&desk.catalogue()).unwrap().expect("it is damaged");
        assert_eq!(repaired.backup.as_ref().map(|backup| backup.number), Some(2), "page {page}");
        assert_eq!(repaired.lost, 0, "every photo is in the backup");
        assert!(check(&desk.catalogue()).unwrap().is_empty() && repaired.kept.is_dir());
        let mended = answers(&desk.open());
        assert_mended(&mended, &said, &format!("page {page}"));
        num_perfect += usize::from(mended == said);
        if repaired.from_backup == 0 {
            assert_eq!(mended, said, "page {page}: all labels could be read");
        }
        num_mended += 1;
    }
    assert!(num_perfect * 4 >= num_mended * 3, "{num_perfect} of {num_mended} lost nothing");
}

#[test]
fn a_damaged_catalogue_names_the_way_out_when_it_is_opened() {
    let desk = backed_up_and_worked_on(400);
    let whole = fs::read(desk.catalogue()).unwrap();
    let said = answers(&desk.open());
    let scrambled: Vec<u8> =
        whole.iter().enumerate().map(|(index, byte)| if index < PAGE { *byte } else { !byte }).collect();
    for damaged in [&scrambled[..], &whole[..whole.len() / 2], &whole[..3000], &whole[..50], b"no catalogue at all"] {
        fs::write(desk.catalogue(), damaged).unwrap();
        let message = desk.try_open().err().expect("it cannot be opened").to_string();
        assert!(message.contains("damaged") && message.contains("hangtag repair"), "{message}");
        let run = desk.run(&[&"repair", &"--catalogue", &desk.catalogue()]).expect(0);
        assert!(run.stdout.contains("backup 2"), "{}", run.stdout);
        assert_mended(&answers(&desk.open()), &said, &format!("{} bytes", damaged.len()));
        desk.run(&[&"repair", &"--catalogue", &desk.catalogue()]).expect(0);
        desk.run(&[&"check", &"--catalogue", &desk.catalogue()]).expect(0);
    }
}

#[test]
fn without_a_backup_what_can_be_read_is_saved() {
    let desk = backed_up_and_worked_on(400);
    let whole = fs::read(desk.catalogue()).unwrap();
    let said = answers(&desk.open());
    let forget = || fs::remove_dir_all(desk.at("work.hangtag-data")).unwrap();
    forget();
    damage(&desk.catalogue(), whole.len() / PAGE / 2);
    let repaired = repair(&desk.catalogue()).unwrap().expect("it is damaged");
    assert_eq!(repaired.backup, None);
    let saved = answers(&desk.open());
    assert!(
        saved.len() * 4 > said.len() * 3 && saved.iter().all(|label| said.contains(label)),
        "{} saved",
        saved.len()
    );

    forget();
    let nothing = vec![0xA5; whole.len()];
    fs::write(desk.catalogue(), &nothing).unwrap();
    let refused = repair(&desk.catalogue()).unwrap_err().to_string();
    assert!(refused.contains("no backup"), "{refused}");
    let left: Vec<_> = contents(&desk.at("work.hangtag-data")).into_keys().collect();
    assert!(left.is_empty(), "nothing is kept of a file that is where it was: {left:?}");
    assert!(fs::read(desk.catalogue()).unwrap() == nothing, "it is left as it was");
}

#[test]
fn what_lies_in_the_log_only_is_saved_too() {
    let desk = backed_up_and_worked_on(400);
    // No answer changes it, so that the log does not hold it anew.
    let page = first_page_of(&desk, "files_by_image");
    // What lies on disk while a program runs is what a crash of it leaves.
    let mut workspace = desk.open();
    label(&mut workspace, 7, "in the log");
    let said = answers(&workspace);
    let files = ["", "-wal"].map(|ending| fs::read(desk.at(&format!("work.hangtag{ending}"))).unwrap());
    drop(workspace);
    fs::write(desk.catalogue(), &files[0]).unwrap();
    fs::write(desk.at("work.hangtag-wal"), &files[1]).unwrap();
    damage(&desk.catalogue(), page);
    repair(&desk.catalogue()).unwrap().expect("it is damaged");
    assert_eq!(answers(&desk.open()), said);
}

#[test]
fn going_back_keeps_what_was_there() {
    let desk = labelled_photos(3);
    label(&mut opened(&desk), 0, "mug");
    date_newest(&desk, "2020-01-01");
    drop(opened(&desk));
    label(&mut opened(&desk), 1, "bowl");
    let now = answers(&desk.open());

    // Not while somebody has it open.
    let workspace = desk.open();
    let refused = restore(&desk.catalogue(), None).unwrap_err().to_string();
    assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
    desk.run(&[&"restore", &"--catalogue", &desk.catalogue()]).expect(1);
    drop(workspace);

    let run = desk.run(&[&"restore", &"--catalogue", &desk.catalogue()]).expect(0);
    assert!(run.stdout.contains("backup 2"), "{}", run.stdout);
    assert_eq!(answers(&desk.open()), now[..1]);
    // What was there has become a backup of its own, and what was gone back to is the newest.
    assert_eq!(numbers(&desk), [1, 2, 3, 4]);
    desk.run(&[&"restore", &"--catalogue", &desk.catalogue(), &"--backup", &"3"]).expect(0);
    assert_eq!(answers(&desk.open()), now);
    desk.run(&[&"restore", &"--catalogue", &desk.catalogue(), &"--backup", &"99"]).expect(1).complains_of(&["backup"]);

    // A damaged backup is not gone back to; the one before it is.
    let newest = backups(&desk.catalogue()).pop().unwrap();
    fs::write(&newest.path, b"damaged").unwrap();
    assert!(restore(&desk.catalogue(), Some(newest.number)).is_err());
    assert_eq!(answers(&desk.open()), now);
    let (backup, _) = restore(&desk.catalogue(), None).unwrap();
    assert!(backup.number < newest.number);

    // A catalogue that is gone comes back.
    fs::remove_file(desk.catalogue()).unwrap();
    restore(&desk.catalogue(), None).unwrap();
    assert!(!answers(&desk.open()).is_empty());
}

/// A catalogue as a restore leaves it that was killed between its last two steps: backup 2, with one label, lies ready
/// beside it. A second label was made since, as far as earlier versions went on with the old file. Gives what was said.
fn cut_off() -> (Desk, Vec<(String, String, bool)>) {
    let desk = labelled_photos(3);
    label(&mut opened(&desk), 0, "mug");
    date_newest(&desk, "2020-01-01");
    drop(opened(&desk));
    label(&mut opened(&desk), 1, "bowl");
    assert_eq!(numbers(&desk), [1, 2]);
    let said = answers(&desk.open());
    assert_eq!(said.len(), 2);
    lay_ready(&desk);
    (desk, said)
}

fn lay_ready(desk: &Desk) {
    fs::copy(&backups(&desk.catalogue())[1].path, desk.at("work.hangtag-ready")).unwrap();
}

#[test]
fn what_a_kill_left_ready_is_put_in_its_place_when_it_is_opened_and_the_file_before_is_kept() {
    let (desk, said) = cut_off();
    assert_eq!(answers(&desk.open()), said[..1]);
    assert!(!desk.at("work.hangtag-ready").exists(), "nothing waits any longer");
    assert_eq!(numbers(&desk), [1, 2, 3, 4], "what was there is a backup of its own, and so is what took its place");

    // From now on the new file is gone on with, and nothing takes its place.
    label(&mut opened(&desk), 2, "vase");
    assert_eq!(repair(&desk.catalogue()).unwrap(), None);
    assert_eq!(answers(&desk.open()).len(), 2);
    restore(&desk.catalogue(), Some(3)).unwrap();
    assert_eq!(answers(&desk.open()), said);
}

#[test]
fn who_only_reads_leaves_what_is_ready_where_it_is() {
    let (desk, said) = cut_off();
    let ready = desk.at("work.hangtag-ready");
    fs::remove_file(&ready).unwrap();
    let writer = desk.open();
    lay_ready(&desk);
    let reader = desk.open();
    assert!(reader.read_only_reason().is_some() && ready.exists());
    assert_eq!((answers(&reader), answers(&writer)), (said.clone(), said));
    let refused = repair(&desk.catalogue()).unwrap_err().to_string();
    assert!(refused.contains("open for writing") && ready.exists(), "{refused}");
}

#[test]
fn a_damaged_or_missing_catalogue_is_replaced_by_what_is_ready() {
    let (desk, said) = cut_off();
    fs::write(desk.catalogue(), "damaged").unwrap();
    assert_eq!(answers(&desk.open()), said[..1]);
    let kept = contents(&desk.at("work.hangtag-data/damaged/1"));
    assert_eq!(kept.get(&desk.at("work.hangtag-data/damaged/1/work.hangtag")).unwrap(), b"damaged");

    lay_ready(&desk);
    desk.remove_catalogue();
    assert_eq!(answers(&desk.open()), said[..1], "no new catalogue is begun");
    assert!(!desk.at("work.hangtag-ready").exists());
}

#[test]
fn what_is_ready_and_what_was_said_since_are_both_kept_by_a_restore() {
    let (desk, said) = cut_off();
    let (backup, before) = restore(&desk.catalogue(), Some(1)).unwrap();
    assert_eq!((backup.number, answers(&desk.open())), (1, vec![]));
    assert!(before.is_some() && !desk.at("work.hangtag-ready").exists());
    assert_eq!(numbers(&desk), [1, 2, 3, 4, 5]);
    for (number, expected) in [(3, &said[..]), (4, &said[..1])] {
        restore(&desk.catalogue(), Some(number)).unwrap();
        assert_eq!(answers(&desk.open()), expected);
    }
}

#[test]
fn half_a_catalogue_takes_no_place() {
    let (desk, said) = cut_off();
    let ready = desk.at("work.hangtag-ready");
    let whole = fs::read(&ready).unwrap();
    for (half, number) in [&b""[..], &whole[..whole.len() / 2], b"none at all"].into_iter().zip(1..) {
        fs::write(&ready, half).unwrap();
        assert_eq!(answers(&desk.open()), said);
        assert!(!ready.exists(), "a whole one would be waited for");
        let aside = desk.at(&format!("work.hangtag-data/damaged/{number}/work.hangtag-ready"));
        assert_eq!(fs::read(aside).unwrap(), half);
    }
    assert_eq!(numbers(&desk), [1, 2]);
}

#[test]
fn an_empty_file_makes_room_for_a_backup() {
    let (desk, said) = cut_off();
    fs::remove_file(desk.at("work.hangtag-ready")).unwrap();
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(desk.at(&format!("work.hangtag{ending}")));
    }
    fs::write(desk.catalogue(), "").unwrap();
    let (backup, before) = restore(&desk.catalogue(), None).unwrap();
    assert_eq!((backup.number, before), (2, None));
    assert_eq!(answers(&desk.open()), said[..1]);
}

#[test]
fn a_damaged_catalogue_makes_no_backup_that_pushes_out_a_good_one() {
    let desk = backed_up_and_worked_on(1500);
    date_newest(&desk, "2020-01-01");
    let before = numbers(&desk);
    // Opening does not read it.
    damage_an_index(&desk);
    let mut workspace = desk.open();
    workspace.wait(&mut |_| true);
    let said = failures_of(&workspace);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("hangtag repair") && said[0].contains("Restore a backup…"), "{said:?}");
    assert!(!said[0].contains("make room"), "room is not what it lacks: {said:?}");
    assert_eq!(numbers(&desk), before);
    assert!(workspace.has_found_damage());
    let damaged = workspace.as_damaged().expect("it can be mended");
    assert_eq!((damaged.catalogue, damaged.newest.map(|newest| newest.number)), (desk.catalogue(), Some(2)));

    // Whoever writes there is told the same, and nothing is taken away.
    let known = answers(&workspace);
    let image = workspace.listing().images[0].id;
    let failure = workspace.answer_in(image, "category", "bowl", Answer::Yes).unwrap_err();
    assert_eq!(failure.cause.as_deref(), Some(&Cause::DamagedCatalogue));
    assert_eq!(answers(&workspace), known);
    assert_eq!(desk.open().as_damaged(), None, "not by who only reads");
}

#[test]
fn a_look_for_damage_that_is_cancelled_breaks_off_and_tells_of_none() {
    let desk = backed_up_and_worked_on(1500);
    let look = |progress: &Progress| Catalogue::open(&desk.catalogue()).unwrap().look_for_damage(progress);
    let (goes_on, cancelled) = (Progress::default(), Progress::default());
    cancelled.cancel();
    let breaks_off = || {
        let error = look(&cancelled).unwrap_err();
        assert!(matches!(error, CatalogueError::Sqlite(_)), "{error}");
    };
    breaks_off();
    look(&goes_on).unwrap();
    damage_an_index(&desk);
    breaks_off();
    assert!(matches!(look(&goes_on), Err(CatalogueError::Damaged(_))));
}

#[test]
fn closing_a_window_breaks_its_backup_off_and_the_next_opening_makes_it() {
    let desk = labelled_photos(1);
    // Enough that making a copy, and looking through it, take a while.
    let padding = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
        INSERT INTO settings SELECT 'padding ' || (100000 + i), hex(zeroblob(60)) FROM n; VACUUM";
    Connection::open(desk.catalogue()).unwrap().execute_batch(padding).unwrap();
    let whole = fs::metadata(desk.catalogue()).unwrap().len();
    let folder = desk.at("work.hangtag-data/backups");
    // While it is copied, and once all but the last of it is.
    for copied in [1, whole - whole / 100] {
        // On a busy machine it may come to its end before the window is closed.
        let is_broken_off = (0..10).any(|_| {
            let _ = fs::remove_dir_all(&folder);
            let quiet = Opening::quiet(Some(&desk.catalogue()), desk.places());
            let window = Workspace::open(Opening { looks_at_photos: false, works_ahead: true, ..quiet }).unwrap();
            let started = Instant::now();
            while fs::metadata(folder.join("new.part")).map_or(0, |file| file.len()) < copied
                && numbers(&desk).is_empty()
            {
                assert!(started.elapsed() < Duration::from_mins(1), "no backup is begun");
                thread::sleep(Duration::from_millis(1));
            }
            drop(window);
            contents(&folder).is_empty()
        });
        assert!(is_broken_off, "closed at {copied} of {whole} bytes");
    }
    drop(opened(&desk));
    assert_eq!(numbers(&desk), [1]);
    assert!(check(&backups(&desk.catalogue())[0].path).unwrap().is_empty());
}

#[test]
fn nothing_is_kept_of_a_catalogue_that_is_thrown_away() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.run(&[&"tag", &desk.photos()]).expect(0);
    let scratch = desk.cache().join("hangtag/scratch");
    assert!(!scratch.exists() || fs::read_dir(scratch).unwrap().count() == 0);
}
