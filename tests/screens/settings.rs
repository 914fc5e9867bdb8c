//! What a person chose once: it is kept at once, and found again.

use egui::{Key, Modifiers};
use hangtag::app::App;
use hangtag::workspace::Workspace;
use tempfile::TempDir;

use crate::support::{Window, copy_demo};

fn settings_of(window: &Window) -> String {
    std::fs::read_to_string(window.folder.path().join("own/config/settings.toml")).unwrap()
}

#[test]
fn sizes_are_kept_without_being_asked_and_found_again() {
    let mut window = Window::with_demo(&["mugs"], 3);
    window.press_with(Modifiers::COMMAND, Key::Plus);
    window.press_with(Modifiers::COMMAND, Key::Plus);
    // Not in every frame, but soon.
    let started = std::time::Instant::now();
    let kept_size = |window: &Window| {
        let kept: toml::Table = settings_of(window).parse().unwrap();
        kept.get("cell_size").and_then(toml::Value::as_float).unwrap_or_default()
    };
    while kept_size(&window) < 200.0 {
        assert!(started.elapsed().as_secs() < 30, "nothing was kept");
        std::thread::sleep(std::time::Duration::from_millis(50));
        window.harness.step();
    }
    let size = kept_size(&window);

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
fn caches_lie_where_the_settings_say_and_are_cleared() {
    let folder = TempDir::new().unwrap();
    let (photos, caches) = (folder.path().join("photos"), folder.path().join("big disk/caches"));
    copy_demo(&photos, &["mugs"], 2);
    let settings = format!("language = \"en\"\ncaches = {:?}\n", caches.display().to_string());
    let mut window = Window::open_set(&settings, folder, Some(photos));
    window.wait("the photos", |app: &App| {
        app.workspace().is_some_and(|open| open.is_idle() && open.listing().images.len() == 2)
    });
    assert!(caches.join("features").is_dir(), "features are there");
    window.press_with(Modifiers::COMMAND, Key::Comma);
    assert!(window.has(&caches.display().to_string()), "the settings say where");
    assert!(window.has_text("f32 on the processor"), "and what is in use");
    assert!(window.has_text("is measured by itself"), "and that nothing was measured of eight bits yet");
    window.click("Clear features");
    assert!(!caches.join("features").exists());
    window.click("The usual folder");
    assert!(!settings_of(&window).contains("big disk"));
}
