//! A damaged catalogue is offered a repair, and any backup can be gone back to.

use std::fs;
use std::path::{Path, PathBuf};

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::Window;

/// The only catalogue of a window's own folders.
fn catalogue(folder: &TempDir) -> PathBuf {
    let all = fs::read_dir(folder.path().join("own/data/catalogues")).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|ending| ending == "hangtag")).collect::<Vec<_>>().remove(0)
}

/// As if the newest backup had been made long ago.
fn a_day_goes_by(catalogue: &Path) {
    let newest = hangtag::catalogue::backups(catalogue).pop().expect("there is one");
    fs::rename(&newest.path, newest.path.with_file_name(format!("{:06}-2020-01-01.hangtag", newest.number))).unwrap();
}

fn reopened(folder: TempDir) -> Window {
    let photos = folder.path().join("photos");
    Window::open(folder, Some(photos))
}

fn closed_and_opened(window: Window) -> Window {
    let Window { harness, folder } = window;
    drop(harness);
    let mut window = reopened(folder);
    wait_for_photos(&mut window);
    window
}

fn wait_for_photos(window: &mut Window) {
    window.wait("the photos", |app| app.workspace().is_some_and(|w| w.is_idle() && w.listing().images.len() == 3));
}

#[test]
fn a_damaged_catalogue_is_offered_a_repair_and_a_backup_can_be_gone_back_to() {
    let mut window = Window::with_demo(&["mugs"], 3);
    window.click("mug-01.jpg");
    window.set_tag("mug");
    let path = catalogue(&window.folder);
    let mut window = closed_and_opened(window);
    window.click("mug-02.jpg");
    window.set_tag("cup");
    a_day_goes_by(&path);
    let Window { harness, folder } = closed_and_opened(window);
    drop(harness);

    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 3]).unwrap();
    let mut window = reopened(folder);
    let started = std::time::Instant::now();
    while !window.has("Repair") {
        assert!(started.elapsed().as_secs() < 60, "no repair is offered");
        window.harness.step();
    }
    assert!(window.has_text("is damaged"));
    window.harness.get_by_label("Repair").click();
    wait_for_photos(&mut window);
    assert_eq!((window.tags_of("mug-01.jpg"), window.tags_of("mug-02.jpg")), (vec!["mug".into()], vec!["cup".into()]));

    // Back to the first, which knows of one photo only.
    window.press_with(Modifiers::COMMAND, Key::K);
    window.harness.get_by_label("Type a command or a tag").type_text("restore");
    window.harness.step();
    window.press(Key::Enter);
    assert!(window.has_text("Backup 2 of"));
    let first = window.harness.query_all_by_label_contains("Backup 1 of").next().expect("it is offered");
    first.click();
    window.settle();
    assert!(window.has_text("Go back to “Backup 1 of") && window.tags_of("mug-02.jpg") == ["cup"], "it asks first");
    window.click("Back");
    let started = std::time::Instant::now();
    while !(window.has("2 labels, 2 tags") && window.has("1 label, 1 tag")) {
        assert!(started.elapsed().as_secs() < 60, "what each holds is not said");
        window.settle();
    }
    window.harness.query_all_by_label_contains("Backup 1 of").next().expect("it is offered").click();
    window.settle();
    window.harness.get_by_label("Go back").click();
    for _ in 0..3 {
        window.harness.step();
    }
    wait_for_photos(&mut window);
    assert_eq!(window.tags_of("mug-01.jpg"), ["mug"]);
    assert!(window.tags_of("mug-02.jpg").is_empty());
}

#[test]
fn a_catalogue_that_is_gone_is_offered_its_newest_backup() {
    let mut window = Window::with_demo(&["mugs"], 3);
    window.click("mug-01.jpg");
    window.set_tag("mug");
    let path = catalogue(&window.folder);
    // A backup is made with the tag in it.
    let Window { harness, folder } = closed_and_opened(window);
    drop(harness);
    fs::remove_file(&path).unwrap();
    let mut window = reopened(folder);
    window.wait_busy("the question", |window| window.has("This catalogue is gone"));
    assert!(window.has_text("-data away first") && !window.has("Repair"), "there is nothing to repair");
    window.harness.query_all_by_label_contains("Go back to the newest backup").next().expect("it is offered").click();
    wait_for_photos(&mut window);
    assert_eq!(window.tags_of("mug-01.jpg"), ["mug"]);
}

/// Turns the bytes of an index around that opening does not read.
fn damage(catalogue: &Path) {
    let root = "SELECT rootpage FROM sqlite_master WHERE name = 'labels_by_tag'";
    let page: i64 = Connection::open(catalogue).unwrap().query_row(root, [], |row| row.get(0)).unwrap();
    let mut bytes = fs::read(catalogue).unwrap();
    let start = (page as usize - 1) * 4096;
    bytes[start..start + 4000].iter_mut().for_each(|byte| *byte = !*byte);
    fs::write(catalogue, bytes).unwrap();
}

#[test]
fn damage_that_shows_while_a_catalogue_is_open_is_asked_about_once_and_takes_nothing_away() {
    let mut window = Window::with_demo(&["mugs"], 3);
    window.click("mug-01.jpg");
    window.set_tag("mug");
    let path = catalogue(&window.folder);
    // Once the catalogue was looked through, only an answer finds it.
    let mut window = closed_and_opened(window);
    damage(&path);
    window.settle();
    assert!(!window.has("Repair"));
    window.click("mug-02.jpg");
    window.set_tag("cup");
    assert!(window.has_text("file is damaged") && window.has("Tag name"), "what was typed stays");
    window.press(Key::Escape);
    assert!(window.has("Repair") && window.has_text("Go back to the newest backup"));
    assert!(window.has("mug-02.jpg") && window.tags_of("mug-01.jpg") == ["mug"], "what is on screen stays");
    // Enter is what photos are answered with.
    window.press(Key::Enter);
    assert!(window.has("Repair"));
    window.click("Not now");
    window.press(Key::Num1);
    assert!(!window.has("Repair") && window.tags_of("mug-02.jpg").is_empty());

    // Opened again on the same day, when no backup is due, it is found before anything is answered.
    let mut window = closed_and_opened(window);
    assert_eq!(hangtag::catalogue::backups(&path).len(), 1);
    assert!(window.has("Repair"));
    window.harness.get_by_label("Repair").click();
    for _ in 0..3 {
        window.harness.step();
    }
    wait_for_photos(&mut window);
    assert!(window.has_text("The catalogue is repaired. Labels: 1 are there, 0 of them"));
    assert_eq!(window.tags_of("mug-01.jpg"), ["mug"]);
    window.click("mug-02.jpg");
    window.set_tag("cup");
    assert_eq!(window.tags_of("mug-02.jpg"), ["cup"]);
}
