//! A damaged catalogue is offered a repair, and any backup can be gone back to.

use std::fs;
use std::path::{Path, PathBuf};

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
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
    for _ in 0..3 {
        window.harness.step();
    }
    wait_for_photos(&mut window);
    assert_eq!(window.tags_of("mug-01.jpg"), ["mug"]);
    assert!(window.tags_of("mug-02.jpg").is_empty());
}
