//! Screens as they look, in both themes, held against pictures in `snapshots/`.
//!
//! Where a change of the look is meant: `UPDATE_SNAPSHOTS=1 cargo test --test screens snapshots`, then look at the
//! pictures before they are committed. A picture that differs leaves `*.new.png` and `*.diff.png` beside the old one.

use egui::{Key, vec2};
use egui_kittest::{SnapshotOptions, SnapshotResults, try_image_snapshot_options};
use hangtag::app::Language;
use tempfile::TempDir;

use crate::support::Window;

const THEMES: [&str; 2] = ["light", "dark"];

/// How far a pixel may be from the picture: other processors round otherwise.
const TOLERANCE: f32 = 1.2;

/// Some digits' worth: a probability may be rounded to the next percent there, too.
const FEW_PIXELS: usize = 1_000;

/// Holds the window against a picture, without the lower right, where the processor of this computer is named.
fn look(window: &mut Window, name: &str, results: &mut SnapshotResults) {
    window.harness.remove_cursor();
    window.settle();
    // A photo is seen as its thumbnail until it has been read.
    window.wait("pictures", |app| app.workspace().is_none_or(|workspace| workspace.pictures().is_idle()));
    let mut image = window.harness.render().expect("the screen is drawn");
    let (width, height) = image.dimensions();
    let ground = *image.get_pixel(width - 2, height - 4);
    for y in height - 26..height - 2 {
        (width / 2..width - 2).for_each(|x| image.put_pixel(x, y, ground));
    }
    let options = SnapshotOptions::new()
        .threshold(TOLERANCE)
        .max_failed_pixels(FEW_PIXELS)
        .output_path("tests/screens/snapshots");
    results.add(try_image_snapshot_options(&image, name, &options));
}

#[test]
fn the_welcome_screen_looks_as_it_did() {
    let mut results = SnapshotResults::new();
    for theme in THEMES {
        let mut window = Window::open_as(Language::English, theme, TempDir::new().unwrap(), None);
        window.harness.set_size(vec2(1024.0, 700.0));
        look(&mut window, &format!("welcome-{theme}"), &mut results);
    }
}

#[test]
fn the_grid_a_dialog_and_the_focus_mode_look_as_they_did() {
    let mut results = SnapshotResults::new();
    for theme in THEMES {
        // A thumbnail made for the screen is finer than one read from the cache, and which of the two is first is chance:
        // in a second window all of them come from the cache.
        let Window { folder, harness } = Window::with_demo_as(theme, &["balls", "bottles"], 6);
        drop(harness);
        let photos = folder.path().join("photos");
        let mut window = Window::open_as(Language::English, theme, folder, Some(photos));
        window.wait("photos", |app| app.workspace().is_some());
        for (tag, photos) in [("ball", ["ball-01.jpg", "ball-02.jpg"]), ("bottle", ["bottle-01.jpg", "bottle-02.jpg"])]
        {
            for photo in photos {
                window.click(photo);
                window.set_tag(tag);
            }
        }
        window.click("ball-03.jpg");
        window.press(Key::X);
        window.click("ball-04.jpg");
        window.harness.set_size(vec2(1200.0, 760.0));
        look(&mut window, &format!("grid-{theme}"), &mut results);
        window.press(Key::E);
        look(&mut window, &format!("edit-tag-{theme}"), &mut results);
        window.press(Key::Escape);
        window.press(Key::F);
        look(&mut window, &format!("focus-{theme}"), &mut results);
    }
}
