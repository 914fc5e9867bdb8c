//! The catalogue file: what is refused untouched, who may write, undo across restarts, and what a killed program loses.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hangtag::catalogue::{GroupKind, ImageId, ImageState, Label, TagId, Vocabulary};
use hangtag::workspace::{Answer, JobState, LabelsFrom, Workspace};
use rusqlite::Connection;

use crate::support::{Desk, Dice, answers, contents, image_at, lay_picture, lay_tiny, said, settle};

/// What undo must bring back.
type State = (Vocabulary, Vec<(ImageId, TagId, Label)>);

fn state(workspace: &Workspace) -> State {
    (workspace.vocabulary().clone(), said(workspace.labels()))
}

/// Starts the program without its words among those of the tests.
fn quiet(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

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
    let foreign = |application_id: i32| {
        move |path: &Path| {
            let database = Connection::open(path).unwrap();
            database.pragma_update(None, "application_id", application_id).unwrap();
            database.execute_batch("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')").unwrap();
        }
    };
    let writers: [Box<dyn Fn(&Path)>; 5] = [
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

    // One that cannot be written is not read either: nobody knows what its tables mean.
    let mut permissions = fs::metadata(desk.catalogue()).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(desk.catalogue(), permissions).unwrap();
    let message = desk.try_open().err().expect("it is refused").to_string();
    assert!(message.contains("newer Hangtag"), "{message}");
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
    let reason = second.read_only_reason().expect("the first one writes").to_owned();
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
    assert!(workspace.read_only_reason().expect("it cannot be written").contains("read-only"));
    assert_eq!(answers(&workspace).len(), 1);
    assert!(workspace.answer_in(image, "category", "bowl", Answer::Yes).is_err());
}

#[test]
fn undo_and_redo_go_on_after_a_restart() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let image = image_at(&desk.listing(), "a.png").id;
    let one = |group: &str| vec![("a.png".to_owned(), group.to_owned(), true)];
    desk.open().answer_in(image, "category", "mug", Answer::Yes).unwrap();
    // A yes to another tag of a `one of` group takes the first one back, and undo brings it back.
    desk.open().answer_in(image, "category", "bowl", Answer::Yes).unwrap();
    assert_eq!(answers(&desk.open()), one("category=bowl"));

    let undone = desk.open().undo().unwrap().expect("there is something to undo");
    assert!(undone.contains("bowl"), "{undone}");
    assert_eq!(answers(&desk.open()), one("category=mug"));
    assert_eq!(desk.open().vocabulary().tags.len(), 1, "the tag that the step made went with it");
    assert_eq!(desk.open().history_words().1, Some(undone.as_str()));
    assert_eq!(desk.open().redo().unwrap(), Some(undone));
    assert_eq!(answers(&desk.open()), one("category=bowl"));
    assert_eq!(desk.open().redo().unwrap(), None);

    // A new step ends what could be redone.
    desk.open().undo().unwrap();
    desk.open().answer_in(image, "category", "vase", Answer::No).unwrap();
    assert_eq!(desk.open().redo().unwrap(), None);
    while desk.open().undo().unwrap().is_some() {}
    assert_eq!(state(&desk.open()), State::default());
}

#[test]
fn a_long_walk_of_edits_is_undone_and_redone_step_by_step() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 6);
    desk.import();
    let mut workspace = desk.open();
    let images: Vec<ImageId> = workspace.listing().images.iter().map(|image| image.id).collect();
    let mut dice = Dice(7);
    let mut states = vec![state(&workspace)];
    for number in 0..200 {
        let before = workspace.revision();
        let chosen: Vec<ImageId> = images.iter().filter(|_| dice.roll(3) == 0).copied().collect();
        let groups = workspace.vocabulary().groups.clone();
        let group = (!groups.is_empty()).then(|| groups[dice.roll(groups.len())].id);
        let name = ["round", "tall", "红色", "matt", "glass", "old", "☕", "small"][dice.roll(8)];
        match dice.roll(10) {
            0 => workspace.answer_by_name(&chosen, group, name).unwrap(),
            1 => workspace.add_tag(group, name).unwrap(),
            2 => {
                let kind = if dice.roll(2) == 0 { GroupKind::OneOf } else { GroupKind::AnyOf };
                workspace.add_group(["category", "pattern", "材质"][dice.roll(3)], kind).unwrap();
            }
            3 => workspace.mark_reviewed(&chosen).unwrap(),
            4 => {
                let undone = workspace.undo().unwrap();
                assert_eq!(undone.is_some(), states.len() > 1);
                if undone.is_some() {
                    states.pop();
                }
                assert_eq!(Some(&state(&workspace)), states.last(), "undo in step {number}");
                continue;
            }
            _ => {
                let tags = &workspace.vocabulary().tags;
                if tags.is_empty() {
                    continue;
                }
                let tag = tags[dice.roll(tags.len())].id;
                let answer = [Answer::Yes, Answer::No, Answer::Unknown][dice.roll(3)];
                workspace.answer(&chosen, tag, answer).unwrap();
            }
        }
        if workspace.revision() > before {
            states.push(state(&workspace));
        }
        if number % 50 == 0 {
            drop(workspace);
            workspace = desk.open();
            assert_eq!(Some(&state(&workspace)), states.last(), "the file says what the workspace said");
        }
    }
    // A last new step, so that nothing undone before it is left to redo.
    workspace.answer_by_name(&images, None, "last").unwrap();
    states.push(state(&workspace));
    assert!(states.len() > 40, "only {} steps", states.len());
    let end = states.last().expect("there is a first state").clone();
    assert!(end.1.len() > 5, "the walk ends with something to compare");

    for (number, expected) in states.iter().enumerate().rev().skip(1) {
        assert!(workspace.undo().unwrap().is_some());
        assert_eq!(&state(&workspace), expected, "undo back to step {number}");
    }
    assert_eq!(workspace.undo().unwrap(), None);
    drop(workspace);
    assert_eq!(state(&desk.open()), State::default());

    let mut workspace = desk.open();
    for (number, expected) in states.iter().enumerate().skip(1) {
        assert!(workspace.redo().unwrap().is_some());
        assert_eq!(&state(&workspace), expected, "redo of step {number}");
    }
    assert_eq!(workspace.redo().unwrap(), None);
    drop(workspace);
    assert_eq!(state(&desk.open()), end);
}

#[test]
fn clicks_while_photos_come_in_are_all_kept() {
    let desk = Desk::new();
    lay_picture(&desk.photo("first.png"), 1);
    desk.import();
    lay_tiny(&desk.photos(), 3000);
    let mut workspace = desk.open();
    let image = workspace.listing().images[0].id;
    let group = workspace.add_group("pattern", GroupKind::AnyOf).unwrap();
    workspace.start_import(&desk.photos());
    let mut num_clicks = 0;
    let is_importing = |workspace: &Workspace| workspace.jobs().iter().any(|job| job.state == JobState::Running);
    while is_importing(&workspace) || num_clicks < 10 {
        workspace.answer_by_name(&[image], Some(group), &format!("tag {num_clicks}")).unwrap();
        workspace.undo().unwrap();
        workspace.redo().unwrap();
        num_clicks += 1;
        workspace.poll();
    }
    settle(&mut workspace);
    assert_eq!((workspace.listing().images.len(), workspace.labels().len()), (3001, num_clicks));
    drop(workspace);
    let workspace = desk.open();
    assert_eq!((workspace.listing().images.len(), workspace.labels().len()), (3001, num_clicks));
}

#[test]
fn a_killed_import_goes_on_where_it_was() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 6000);
    let mut num_killed = 0;
    for pause_ms in [0, 30, 90, 200] {
        let mut child = quiet(desk.command(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()]));
        let started = Instant::now();
        while !desk.catalogue().exists() && started.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(pause_ms));
        child.kill().unwrap();
        num_killed += usize::from(!child.wait().unwrap().success());
        let workspace = desk.open();
        assert_eq!(workspace.read_only_reason(), None, "a dead program writes nothing any more");
        assert!(workspace.listing().images.iter().all(|image| image.state == ImageState::Ok));
    }
    assert!(num_killed > 0, "each import was over before it could be killed");
    let run = desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()]).expect(0);
    assert!(run.stdout.contains("6000 photos"), "{}", run.stdout);
    let listing = desk.listing();
    assert_eq!((listing.roots.len(), listing.images.len()), (1, 6000));
    assert!(listing.images.iter().all(|image| image.state == ImageState::Ok && image.files.len() == 1));
}

#[test]
fn a_killed_label_is_there_whole_or_not_at_all() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    desk.open().add_group("pattern", GroupKind::AnyOf).unwrap();
    let mut saved = Vec::new();
    for round in 0..40_u64 {
        let answer = format!("pattern={round}");
        let mut child = quiet(desk.command(&[&"label", &"--catalogue", &desk.catalogue(), &"a.png", &answer]));
        // The last one is left alone.
        if round < 39 {
            thread::sleep(Duration::from_millis(round * 2 % 50));
            child.kill().unwrap();
        }
        if child.wait().unwrap().success() {
            saved.push(("a.png".to_owned(), answer, true));
        }
    }
    let mut workspace = desk.open();
    let found = answers(&workspace);
    assert!(saved.iter().all(|label| found.contains(label)), "{saved:?} were saved, {found:?} are there");
    assert!(!saved.is_empty() && found.len() <= 40);
    // Each is a step with its tag, so no tag is left without its label, and all of it can be undone.
    assert_eq!(workspace.vocabulary().tags.len(), found.len());
    for _ in 0..found.len() {
        assert!(workspace.undo().unwrap().is_some());
    }
    assert!(workspace.labels().is_empty() && workspace.vocabulary().tags.is_empty());
}

#[test]
fn a_damaged_catalogue_is_named() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 400);
    desk.import();
    let whole = fs::read(desk.catalogue()).unwrap();
    let scrambled: Vec<u8> =
        whole.iter().enumerate().map(|(index, byte)| if index < 4096 { *byte } else { !byte }).collect();
    for damaged in [&scrambled[..], &whole[..whole.len() / 2], &whole[..3000], &whole[..50]] {
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
