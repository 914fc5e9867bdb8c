//! Two that write at once, and programs that are killed: nothing that was saved is lost.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hangtag::catalogue::{GroupKind, ImageState};
use hangtag::workspace::{JobState, Workspace};

use crate::support::{Desk, answers, lay_picture, lay_tiny, settle};

/// Starts the program without its words among those of the tests.
fn quiet(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
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
