//! A window without a display, and photos to put into it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{By, Queryable};
use hangtag::app::{App, Language};
use hangtag::workspace::{Places, Workspace};
use tempfile::TempDir;

use crate::raster::Rasteriser;

/// Long enough for a busy machine, short enough to notice that something hangs.
const PATIENCE: Duration = Duration::from_mins(2);

/// As after some days of use: the hints have been read.
const SETTINGS: &str = "language = \"LANGUAGE\"\ntheme = \"THEME\"\nhints_read = [\"focus\", \"one-tag\"]\n";

/// A window with folders of its own.
pub struct Window {
    pub harness: Harness<'static, App>,
    pub folder: TempDir,
}

impl Window {
    /// A window that opens `path`, below the temporary folder, if there is one.
    pub fn open(folder: TempDir, path: Option<PathBuf>) -> Self {
        Self::open_in(Language::English, folder, path)
    }

    /// As `open`, in this language.
    pub fn open_in(language: Language, folder: TempDir, path: Option<PathBuf>) -> Self {
        Self::open_as(language, "dark", folder, path)
    }

    /// As `open`, in this language and theme.
    pub fn open_as(language: Language, theme: &str, folder: TempDir, path: Option<PathBuf>) -> Self {
        let settings = SETTINGS.replace("LANGUAGE", language.code()).replace("THEME", theme);
        Self::open_set(&settings, folder, path)
    }

    /// As `open`, with these settings.
    pub fn open_set(settings: &str, folder: TempDir, path: Option<PathBuf>) -> Self {
        let places = Places::below(&folder.path().join("own"));
        std::fs::create_dir_all(places.settings().parent().unwrap()).unwrap();
        std::fs::write(places.settings(), settings).unwrap();
        // They say where the caches lie.
        let places = Places::below(&folder.path().join("own"));
        let harness = Harness::builder()
            .with_size(vec2(1440.0, 960.0))
            .with_max_steps(16)
            .renderer(Rasteriser::default())
            // What the system would say, where the settings leave it to that.
            .with_theme(if settings.contains("light") { egui::Theme::Light } else { egui::Theme::Dark })
            // Chinese is drawn by the system's fonts, which a bare machine does not have.
            .allow_missing_glyphs()
            .build_eframe(move |context| App::new(&context.egui_ctx, places, path));
        Self { harness, folder }
    }

    /// A window on the first photos of some kinds of the demo, once they are all looked at.
    pub fn with_demo(kinds: &[&str], count: usize) -> Self {
        Self::with_demo_as("dark", kinds, count)
    }

    /// As `with_demo`, in this theme.
    pub fn with_demo_as(theme: &str, kinds: &[&str], count: usize) -> Self {
        let folder = TempDir::new().unwrap();
        let photos = folder.path().join("photos");
        copy_demo(&photos, kinds, count);
        let mut window = Self::open_as(Language::English, theme, folder, Some(photos));
        window.wait("photos to be looked at", |app| {
            app.workspace().is_some_and(|w| w.is_idle() && w.listing().images.len() == kinds.len() * count)
        });
        window
    }

    /// A window with two tags, on enough photos each that some can be held out.
    pub fn taught() -> Self {
        let mut window = Self::with_demo(&["balls", "bottles"], 6);
        for (tag, photos) in [("ball", ["01", "02", "03", "04"]), ("bottle", ["01", "02", "03", "04"])] {
            for number in photos {
                window.click(&format!("{tag}-{number}.jpg"));
                window.set_tag(tag);
            }
        }
        window.press(Key::Escape);
        window
    }

    pub fn workspace(&self) -> &Workspace {
        self.harness.state().workspace().expect("a catalogue is open")
    }

    /// Draws frames until `is_so`, and what was begun has come to its end.
    pub fn wait(&mut self, what: &str, is_so: impl Fn(&App) -> bool) {
        self.wait_busy(what, |window| is_so(window.harness.state()));
        self.settle();
    }

    /// Draws frames until `is_so`, whatever goes on still.
    pub fn wait_busy(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        loop {
            self.harness.step();
            if is_so(self) {
                break;
            }
            assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Draws frames until what was clicked has been carried out and learnt.
    pub fn settle(&mut self) {
        let started = Instant::now();
        for _ in 0..4 {
            self.harness.step();
        }
        while self.harness.state().workspace().is_some_and(|workspace| !workspace.is_idle()) {
            assert!(started.elapsed() < PATIENCE, "the window did not come to rest");
            std::thread::sleep(Duration::from_millis(10));
            self.harness.step();
        }
        for _ in 0..4 {
            self.harness.step();
        }
    }

    pub fn click(&mut self, label: &str) {
        let node = self.harness.query_all(called(label)).next();
        node.unwrap_or_else(|| panic!("nothing is called `{label}`")).click();
        self.settle();
    }

    pub fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.settle();
    }

    pub fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    pub fn has(&self, label: &str) -> bool {
        self.harness.query_all(called(label)).next().is_some()
    }

    pub fn has_text(&self, part: &str) -> bool {
        self.harness.query_all_by_label_contains(part).next().is_some()
    }

    /// Where something stands on the screen.
    pub fn bounds(&self, label: &str) -> egui::Rect {
        let node = self.harness.query_all(called(label)).next();
        node.unwrap_or_else(|| panic!("nothing is called `{label}`")).rect()
    }

    /// Types into the field of this name.
    pub fn type_into(&mut self, field: &str, text: &str) {
        self.harness.get_by_label(field).type_text(text);
        self.settle();
    }

    /// Sets a tag by its name on the selection, through the dialog.
    pub fn set_tag(&mut self, name: &str) {
        self.press(Key::T);
        self.harness.get_by_label("Tag name").type_text(name);
        self.harness.step();
        self.press(Key::Enter);
    }

    /// Replaces what stands in the query line.
    pub fn type_query(&mut self, query: &str) {
        self.press(Key::Slash);
        self.press_with(Modifiers::COMMAND, Key::A);
        self.press(Key::Backspace);
        self.type_into("Search", query);
    }

    /// The names of the tags that are known to fit a photo.
    pub fn tags_of(&self, file: &str) -> Vec<String> {
        let workspace = self.workspace();
        let image = workspace.listing().images.iter().find(|image| image.name() == file).expect("the photo is there");
        let vocabulary = workspace.vocabulary();
        let labels = workspace.labels().of(image.id).iter().filter(|(_, label)| label.is_yes);
        let mut tags: Vec<String> =
            labels.filter_map(|(tag, _)| vocabulary.tag(*tag).map(|tag| tag.name.clone())).collect();
        tags.sort_unstable();
        tags
    }
}

/// What has this name, or begins with it and says more behind a comma, as a photo does.
fn called(label: &str) -> By<'_> {
    By::new().label_contains(label).predicate(move |node| {
        // What a text says is its value.
        let name = if node.role() == Role::Label { node.value() } else { node.label() };
        name.is_some_and(|name| {
            name.strip_prefix(label).is_some_and(|rest| rest.is_empty() || rest.starts_with([',', '，']))
        })
    })
}

/// Copies the first photos of some kinds of the demo.
pub fn copy_demo(to: &Path, kinds: &[&str], count: usize) {
    for kind in kinds {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo").join(kind);
        std::fs::create_dir_all(to.join(kind)).unwrap();
        let mut photos: Vec<PathBuf> = std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()).collect();
        photos.sort();
        for photo in photos.into_iter().take(count) {
            std::fs::copy(&photo, to.join(kind).join(photo.file_name().unwrap())).unwrap();
        }
    }
}
