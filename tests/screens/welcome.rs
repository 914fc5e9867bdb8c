//! Before a catalogue is open, and how one is opened.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui_kittest::kittest::{NodeT, Queryable};
use hangtag::app::App;
use hangtag::catalogue::Catalogue;
use hangtag::workspace::JobTask;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::{Window, copy_demo};

#[test]
fn the_welcome_screen_offers_the_ways_in() {
    let mut window = Window::open(TempDir::new().unwrap(), None);
    window.harness.step();
    for name in ["Open a folder of photos…", "Open a catalogue…", "Try it with demo photos"] {
        assert!(window.has(name), "{name}");
    }
}

#[test]
fn the_demo_opens_with_one_click_and_is_offered_again_as_recent() {
    let mut window = Window::open(TempDir::new().unwrap(), None);
    window.harness.step();
    window.click("Try it with demo photos");
    window.wait("the demo", |app| app.workspace().is_some_and(|w| w.listing().images.len() >= 60));
    assert!(window.has("balls") || window.has_text("ball-01.jpg"), "the first photos are in the grid");
    let Window { harness, folder } = window;
    drop(harness);
    let mut again = Window::open(folder, None);
    again.harness.step();
    assert!(again.has_text("demo"), "the demo is among the recent catalogues");
}

#[test]
fn everyday_words_are_proposed_before_there_are_tags() {
    let mut window = Window::with_demo(&["balls"], 3);
    assert!(window.has_text("everyday words"), "the screen says what the words are");
    let count = window.harness.query_all_by_label_contains("Accept ").count();
    assert!(count >= 3, "each photo has a word to accept, found {count}");
    window.click("Accept soccer ball");
    assert_eq!(window.tags_of("ball-01.jpg"), ["soccer ball"]);
    assert!(window.has("soccer ball 1"), "the word has become a tag with a count");
}

#[test]
fn a_file_that_is_no_catalogue_is_refused_with_its_name_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("notes.hangtag");
    fs::write(&path, "shopping: milk, bread").unwrap();
    let mut window = Window::open(folder, Some(path.clone()));
    window.harness.step();
    let started = std::time::Instant::now();
    while !window.has_text("no Hangtag catalogue") {
        assert!(started.elapsed().as_secs() < 60, "no message");
        window.harness.step();
    }
    assert!(window.has_text("notes.hangtag"), "the message names the file");
    assert_eq!(fs::read_to_string(&path).unwrap(), "shopping: milk, bread");
}

#[test]
fn a_catalogue_of_a_newer_hangtag_is_refused_with_the_way_out_and_not_taken_for_damaged() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("shop.hangtag");
    drop(Catalogue::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 999).unwrap();
    let mut window = Window::open(folder, Some(path));
    window.wait_busy("a refusal", |window| window.has_text("Update Hangtag to open it"));
    assert!(window.has_text("shop.hangtag") && window.has_text("`hangtag restore`") && !window.has("Repair"));
}

#[test]
fn what_is_not_there_is_not_made_unless_its_name_says_catalogue() {
    let folder = TempDir::new().unwrap();
    for slip in ["frobnicate", "nowhere/shop.hangtag"] {
        let path = folder.path().join(slip);
        let mut window = Window::open(TempDir::new().unwrap(), Some(path));
        window.settle();
        assert!(window.has_text("There is no folder or catalogue at") && window.has_text(slip));
        assert!(window.harness.state().workspace().is_none());
        assert!(!window.folder.path().join("own/data/recent.txt").exists(), "it is not remembered");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let path = folder.path().join("shop.hangtag");
    let mut window = Window::open(TempDir::new().unwrap(), Some(path.clone()));
    window.wait("a new catalogue", |app| app.workspace().is_some());
    assert!(path.exists());
    // Nor is one made anew that is still offered as opened lately.
    let Window { harness, folder: own } = window;
    drop(harness);
    let mut again = Window::open(own, None);
    again.settle();
    let row = again.harness.query_all_by_label_contains("shop").next().expect("it is offered");
    fs::remove_file(&path).unwrap();
    row.click();
    again.settle();
    assert!(again.has_text("There is no folder or catalogue at") && !path.exists());
}

#[test]
fn everything_is_there_again_after_the_window_was_closed() {
    let mut window = Window::with_demo(&["mugs"], 3);
    window.click("mug-01.jpg");
    window.set_tag("杯子 ☕");
    let Window { harness, folder } = window;
    drop(harness);
    let photos = folder.path().join("photos");
    let mut again = Window::open(folder, Some(photos));
    again.wait("the catalogue", |app| app.workspace().is_some_and(|w| w.is_idle() && !w.listing().images.is_empty()));
    assert_eq!(again.tags_of("mug-01.jpg"), ["杯子 ☕"]);
    again.click("Undo");
    assert!(again.tags_of("mug-01.jpg").is_empty(), "undo reaches back to before the restart");
    again.click("Redo");
    assert_eq!(again.tags_of("mug-01.jpg"), ["杯子 ☕"]);
}

#[test]
fn a_catalogue_opens_as_it_was_looked_at_last() {
    let mut window = Window::with_demo(&["mugs", "vases"], 3);
    window.click("mug-01.jpg");
    window.set_tag("mug");
    window.type_query("name:mug*");
    window.click("To review 5");
    window.click("Order");
    window.click("Newest first");
    window.click("mug-03.jpg");
    assert!(window.has("mug-02.jpg") && !window.has("mug-01.jpg") && !window.has("vase-01.jpg"));
    let reopened = |window: Window| {
        let Window { harness, folder } = window;
        drop(harness);
        let photos = folder.path().join("photos");
        let mut window = Window::open(folder, Some(photos));
        window.wait("the photos", |app| {
            app.workspace().is_some_and(|open| open.is_idle() && open.listing().images.len() == 6)
        });
        window
    };
    let mut window = reopened(window);
    assert!(window.has("mug-02.jpg") && !window.has("mug-01.jpg") && !window.has("vase-01.jpg"));
    assert!(window.has("Photo mug-03.jpg"), "the cursor stands where it stood");
    window.click("Order");
    let order = window.harness.get_by_role_and_label(egui::Role::Button, "Newest first").accesskit_node().toggled();
    assert_eq!(order, Some(egui::accesskit::Toggled::True));
    // What the query names will be gone, which is no reason to complain.
    window.type_query("tag:mug");
    window.click("All 6");
    window.press_with(egui::Modifiers::COMMAND, egui::Key::Z);
    let window = reopened(window);
    assert!(window.workspace().vocabulary().tags.is_empty());
    assert!(window.has("mug-01.jpg") && window.has("vase-01.jpg"));
}

#[test]
fn a_broken_photo_is_shown_with_its_reason_and_the_rest_works() {
    let folder = TempDir::new().unwrap();
    let photos = folder.path().join("photos");
    copy_demo(&photos, &["bowls"], 2);
    fs::write(photos.join("empty.jpg"), "").unwrap();
    let mut window = Window::open(folder, Some(photos));
    window.wait("the photos", |app| app.workspace().is_some_and(|w| w.is_idle() && w.listing().images.len() == 3));
    window.click("Broken 1");
    window.click("empty.jpg");
    assert!(window.has_text("the file is empty"));
}

#[test]
fn a_crash_is_told_of_once_with_its_report() {
    let folder = TempDir::new().unwrap();
    let logs = folder.path().join("own/data/logs");
    fs::create_dir_all(&logs).unwrap();
    fs::write(logs.join("crash-2026-03-01-10-00-00.new"), "what happened").unwrap();
    let mut window = Window::open(folder, None);
    window.harness.step();
    window.harness.step();
    assert!(window.has_text("ended by a mistake of its own") && window.has_text("crash-2026-03-01-10-00-00.txt"));
    assert_eq!(fs::read_to_string(logs.join("crash-2026-03-01-10-00-00.txt")).unwrap(), "what happened");
    let Window { harness, folder } = window;
    drop(harness);
    let mut again = Window::open(folder, None);
    again.harness.step();
    again.harness.step();
    assert!(!again.has_text("ended by a mistake of its own"));
}

#[test]
fn about_names_the_licences_of_all_parts() {
    let mut window = Window::open(TempDir::new().unwrap(), None);
    window.harness.step();
    window.press_with(egui::Modifiers::COMMAND, egui::Key::K);
    window.type_into("Type a command or a tag", "about");
    window.press(egui::Key::Enter);
    assert!(window.has_text(concat!("Version ", env!("CARGO_PKG_VERSION"))));
    assert!(window.has_text("Independent JPEG Group"));
}

/// A file that somebody drops onto the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("only its path counts".to_owned())
    }
}

fn drop_together(window: &mut Window, paths: impl IntoIterator<Item = PathBuf>) {
    let dropped = &mut window.harness.input_mut().dropped_files;
    paths.into_iter().for_each(|path| dropped.push(Arc::new(Dropped(path))));
}

/// Whether so many photos have been looked at.
fn has_looked_at(num_photos: usize) -> impl Fn(&App) -> bool {
    move |app| app.workspace().is_some_and(|open| open.is_idle() && open.listing().images.len() == num_photos)
}

#[test]
fn what_is_being_opened_already_is_not_begun_anew() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("shop.hangtag");
    drop(Catalogue::open(&path).unwrap());
    // It can be opened once this lets go of it.
    let writer = Connection::open(&path).unwrap();
    writer.pragma_update(None, "journal_mode", "DELETE").unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut window = Window::open(folder, Some(path.clone()));
    window.harness.step();
    assert!(window.has_text("Opening the catalogue"));
    window.press_with(egui::Modifiers::COMMAND, egui::Key::K);
    assert!(window.has("Type a command or a tag"));
    drop_together(&mut window, [path]);
    window.settle();
    assert!(window.has("Type a command or a tag"), "what was begun goes on");
    writer.execute_batch("COMMIT").unwrap();
    window.wait("the catalogue", |app| app.workspace().is_some());
    assert_eq!(window.workspace().read_only_reason(), None);
}

#[test]
fn a_photo_that_is_opened_stands_for_its_folder() {
    let folder = TempDir::new().unwrap();
    copy_demo(folder.path(), &["mugs"], 3);
    let mugs = folder.path().join("mugs");
    let photo = mugs.join("mug-02.jpg");
    let mut window = Window::open(folder, Some(photo));
    window.wait("the photos of its folder", has_looked_at(3));
    assert!(window.has("mug-01.jpg"));
    assert_eq!(fs::read_dir(mugs).unwrap().count(), 3, "nothing lies beside it");
}

#[test]
fn photos_dropped_together_are_one_folder_for_the_catalogue_that_is_open() {
    let mut window = Window::with_demo(&["mugs"], 2);
    let catalogue = window.workspace().path().map(Path::to_owned);
    copy_demo(window.folder.path(), &["vases"], 3);
    let vases = window.folder.path().join("vases");
    for _ in 0..2 {
        // The second time it is brought up to date.
        drop_together(&mut window, ["vase-01.jpg", "vase-03.jpg"].map(|name| vases.join(name)));
        window.wait("the photos of their folder", has_looked_at(5));
        assert_eq!(window.workspace().path(), catalogue.as_deref(), "it stays open");
        assert_eq!(window.workspace().listing().roots.len(), 2);
    }
    // Each was read once a drop, and once when it was opened.
    assert_eq!(window.workspace().jobs().iter().filter(|job| matches!(job.task, JobTask::Import(_))).count(), 3);
}

#[test]
fn folders_dropped_before_a_catalogue_is_open_go_into_the_one_that_is_opened() {
    let desk = TempDir::new().unwrap();
    copy_demo(desk.path(), &["mugs", "vases"], 2);
    let [mugs, vases] = ["mugs", "vases"].map(|name| desk.path().join(name));
    let mut window = Window::open(TempDir::new().unwrap(), None);
    window.harness.step();
    drop_together(&mut window, [mugs.clone(), vases]);
    window.wait("both folders", has_looked_at(4));
    assert_eq!(window.workspace().name(), "mugs");
    // A file manager names folders first.
    let shop = desk.path().join("shop.hangtag");
    drop(Catalogue::open(&shop).unwrap());
    drop_together(&mut window, [mugs, shop.clone()]);
    window.wait("the catalogue", |app| app.workspace().is_some_and(|open| open.path() == Some(shop.as_path())));
    window.wait("the folder dropped with it", has_looked_at(2));
    assert_eq!(window.workspace().name(), "mugs");
}
