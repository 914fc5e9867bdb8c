//! What a person chose once: it is kept at once, and found again.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use egui::{Key, Modifiers};
use hangtag::app::App;
use hangtag::catalogue::{self, Catalogue};
use hangtag::progress::Progress;
use hangtag::workspace::{PrecisionRecord, Workspace};
use tempfile::TempDir;

use crate::support::{Window, copy_demo};

fn settings_in(folder: &TempDir) -> String {
    std::fs::read_to_string(folder.path().join("own/config/settings.toml")).unwrap()
}

/// The size of photos in the grid that is kept; zero before one is.
fn size_kept_in(folder: &TempDir) -> f64 {
    let kept: toml::Table = settings_in(folder).parse().unwrap();
    kept.get("cell_size").and_then(toml::Value::as_float).unwrap_or_default()
}

#[test]
fn sizes_are_kept_without_being_asked_and_found_again() {
    let mut window = Window::with_demo(&["mugs"], 3);
    window.press_with(Modifiers::COMMAND, Key::Plus);
    window.press_with(Modifiers::COMMAND, Key::Plus);
    // Not in every frame, but soon.
    let started = std::time::Instant::now();
    while size_kept_in(&window.folder) < 200.0 {
        assert!(started.elapsed().as_secs() < 30, "nothing was kept");
        std::thread::sleep(std::time::Duration::from_millis(50));
        window.harness.step();
    }
    let size = size_kept_in(&window.folder);

    let widths = "[panels]\nfilters = 300.0\ninspector = 400.0\nanswers = 450.0\n";
    let Window { harness, folder } = window;
    drop(harness);
    let photos = folder.path().join("photos");
    let mut again = Window::open_set(&format!("cell_size = {size}\n{widths}"), folder, Some(photos));
    again.wait("the photos", |app: &App| app.workspace().is_some_and(Workspace::is_idle));
    let mug = again.bounds("mug-01.jpg");
    assert!(mug.left() >= 300.0 && mug.width() > 195.0, "{mug:?}");
}

#[test]
fn a_window_that_panics_keeps_sizes_labels_and_what_was_looked_at() {
    let mut window = Window::with_demo(&["mugs", "vases"], 2);
    window.click("mug-01.jpg");
    window.set_tag("mug");
    window.click("To review 3");
    window.press_with(Modifiers::COMMAND, Key::Plus);
    window.press_with(Modifiers::COMMAND, Key::Plus);
    let Window { mut harness, folder } = window;
    let ended: std::thread::Result<()> = catch_unwind(AssertUnwindSafe(move || {
        harness.step();
        // As a mistake in a frame would, without its words in the output of the tests.
        resume_unwind(Box::new("a mistake"))
    }));
    assert!(ended.is_err());
    assert!(size_kept_in(&folder) >= 200.0, "sizes are kept at once");

    let photos = folder.path().join("photos");
    let mut again = Window::open(folder, Some(photos));
    again.wait("the photos", |app: &App| {
        app.workspace().is_some_and(|open| open.is_idle() && open.listing().images.len() == 4)
    });
    assert_eq!(again.tags_of("mug-01.jpg"), ["mug"]);
    assert!(again.has("mug-02.jpg") && !again.has("mug-01.jpg"), "the filter is as it was");
}

#[test]
fn caches_lie_where_the_settings_say_and_are_cleared() {
    let folder = TempDir::new().unwrap();
    let (photos, disk) = (folder.path().join("photos"), folder.path().join("big disk"));
    copy_demo(&photos, &["mugs"], 2);
    let settings = format!("language = \"en\"\ncaches = {:?}\n", disk.display().to_string());
    let caches = disk.join("hangtag");
    let mut window = Window::open_set(&settings, folder, Some(photos));
    window.wait("the photos", |app: &App| {
        let is_done = |open: &Workspace| open.is_idle() && open.pictures().is_idle();
        app.workspace().is_some_and(|open| is_done(open) && open.listing().images.len() == 2)
    });
    for cache in ["features", "thumbnails"] {
        assert!(caches.join(cache).is_dir(), "{cache} are there");
    }
    // As a training leaves them.
    std::fs::create_dir_all(caches.join("activations/one")).unwrap();
    std::fs::write(caches.join("activations/one/of a photo"), vec![0; 3_000_000]).unwrap();
    window.press_with(Modifiers::COMMAND, Key::Comma);
    assert!(window.has(&caches.display().to_string()), "the settings say where");
    assert!(!window.has_text("From the next start in"), "and that it is so already");
    assert!(window.has_text("f32 on the processor"), "and what is in use");
    assert!(window.has_text("is measured by itself"), "and that nothing was measured of eight bits yet");
    window.wait_busy("how much each takes", |window| window.has("3 MB"));
    for (button, cache) in
        [("Clear features", "features"), ("Clear thumbnails", "thumbnails"), ("Clear what is prepared", "activations")]
    {
        window.click(button);
        assert!(!caches.join(cache).exists(), "{cache}");
    }
    window.click("The usual folder");
    assert!(!settings_in(&window.folder).contains("big disk"));
}

#[test]
fn eight_bits_are_checked_and_left_from_the_settings() {
    let mut window = Window::with_demo(&["mugs", "bowls"], 9);
    window.press_with(Modifiers::COMMAND, Key::Comma);
    window.click("Check the quick way");
    window.wait("what was measured", |app| {
        app.workspace().is_some_and(|open| open.is_idle() && open.precision_record().is_some())
    });
    let record = window.workspace().precision_record().unwrap();
    assert!(window.has_text(&format!("nearly the same in {} photos", record.photos)), "{record:?}");
    assert!(window.has_text("f32 on the processor") && !window.has("Back to the exact way"));

    let path = window.workspace().path().unwrap().to_owned();
    let Window { harness, mut folder } = window;
    drop(harness);
    let remember = |record: &PrecisionRecord| {
        let text = serde_json::to_string(record).unwrap();
        Catalogue::open(&path).unwrap().set_setting("precision", &text).unwrap();
    };
    let is_exact = |app: &App| Some(app.workspace()?.model()?.backbone.is_exact());
    for (mean_cosine, images_per_second_int8, reason) in
        [(1.0, 0.0, "saves no time here"), (0.5, 1e6, "is not surely as good here")]
    {
        let record = record.clone();
        remember(&PrecisionRecord { is_int8: false, mean_cosine, images_per_second_int8, ..record });
        let mut window = Window::open(folder, Some(path.clone()));
        window.wait("full precision", |app| is_exact(app) == Some(true));
        window.press_with(Modifiers::COMMAND, Key::Comma);
        assert!(window.has_text(reason), "{reason}");
        folder = window.folder;
    }

    // As on a computer that is much faster in eight bits, once half of the photos are new.
    let images_per_second_int8 = 4.0 * record.images_per_second_f32;
    remember(&PrecisionRecord { is_int8: true, images_per_second_int8, ..record });
    let photos = folder.path().join("photos");
    copy_demo(&photos, &["lamps", "vases"], 9);
    let mut open = Catalogue::open(&path).unwrap();
    catalogue::import(&mut open, &photos, &Progress::default(), &mut || ()).unwrap();
    drop(open);
    let mut window = Window::open(folder, Some(path));
    window.wait("eight bits", |app| is_exact(app) == Some(false));
    window.press_with(Modifiers::COMMAND, Key::Comma);
    assert!(window.has_text("int8 on the processor") && window.has_text("is as good here"));
    window.click("Back to the exact way");
    window.wait("full precision", |app| is_exact(app) == Some(true));
    assert!(window.has_text("f32 on the processor") && !window.has("Back to the exact way"));
}
