//! The window: state apart from drawing.
//!
//! `logic()` takes in what the jobs found and carries out the actions of the frame before; `ui()` draws and starts
//! nothing: each panel gets a `View` and answers with an `Action`. This room knows no SQL and no threads.

mod acting;
mod action;
mod command;
mod crash;
mod dialogs;
mod export;
mod exported;
mod failures;
mod focus;
mod frame;
mod icons;
mod look;
#[cfg(target_os = "macos")]
mod mac;
mod measure;
mod moving;
mod names;
mod opening;
mod panels;
mod recent;
mod screen;
mod scripts;
mod settings;
mod start;
mod textures;
mod theme;
mod train;
mod view;
mod widgets;
mod words;

pub use frame::App;
pub use measure::measure_window;
pub use words::{Language, speak};

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use crate::failure::Failure;
use crate::workspace::{Places, Start};

/// The name by which desktops know the window: that of its desktop entry.
const APP_ID: &str = "app.hangtag.Hangtag";

const ICON: &[u8] = include_bytes!("../../assets/icons/256x256/hangtag.png");

/// Opens the window, on a catalogue, folders or photos of them if some are named, and returns when it is closed. If this
/// person has a window already, that one opens the first of them, and this returns at once.
///
/// # Errors
/// Where there is no display, in a sentence that names the command that needs none; where a window that is there has taken
/// only the first of several; and where the window ran into a mistake of its own.
pub fn run(paths: Vec<PathBuf>) -> Result<(), Failure> {
    let places = Places::of_user()?;
    crate::log::start(Some(&places.logs()));
    let settings = settings::Settings::load(&places);
    if let Some(threads) = settings.threads {
        crate::workspace::limit_threads(threads);
    }
    let [width, height] = settings.window.unwrap_or([1440.0, 900.0]);
    let no_window = |error: &dyn std::error::Error| {
        Failure::new("opening the window", error)
            .try_next("Without a display, `hangtag tag FOLDER` proposes tags in the terminal")
    };
    if !has_display() {
        return Err(no_window(&std::io::Error::other("there is no display")));
    }
    let paths = opening::meant(paths);
    let doorbell = match Start::claim(places.running(), paths.first().map(PathBuf::as_path)) {
        Start::HandedOver => return handed_over(&paths),
        Start::First(doorbell) => Some(doorbell),
        Start::Alone => None,
    };
    let logs = places.logs();
    crash::watch(&logs);
    tracing::info!("Hangtag {} begins", env!("CARGO_PKG_VERSION"));
    let options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Hangtag")
            .with_app_id(APP_ID)
            .with_icon(eframe::icon_data::from_png_bytes(ICON).unwrap_or_default())
            .with_inner_size([width.max(720.0), height.max(480.0)])
            .with_min_inner_size([720.0, 480.0])
            .with_drag_and_drop(true),
        // Set below, with the shapes of characters that fit.
        system_font_fallback: false,
        #[cfg(target_os = "macos")]
        event_loop_builder: Some(Box::new(|_| mac::listen())),
        ..Default::default()
    };
    let start = |context: &eframe::CreationContext<'_>| {
        context.egui_ctx.add_font_provider(Arc::new(theme::system_fonts()));
        let mut app = App::new(&context.egui_ctx, places, paths);
        if let Some(doorbell) = doorbell {
            app.listen(&context.egui_ctx, doorbell);
        }
        app
    };
    let run = || eframe::run_native("hangtag", options, Box::new(|context| Ok(Box::new(start(context)))));
    // Unwinding has closed the catalogue and kept the settings.
    catch_unwind(AssertUnwindSafe(run))
        .map_err(|_| {
            Failure::new("the window", &std::io::Error::other("it ran into a mistake in Hangtag; a report was written"))
                .at(&logs)
                .try_next("Everything you said is saved: start it again")
        })?
        .map_err(|error| no_window(&error))
}

/// Several folders are to go into one catalogue, but a window that is there can be told of one.
fn handed_over(paths: &[PathBuf]) -> Result<(), Failure> {
    let [first, _, ..] = paths else { return Ok(()) };
    let error = std::io::Error::other("the window that is open has taken only the first");
    Err(Failure::new("opening all of them", &error).at(first).try_next("Drop the others on that window"))
}

/// On Linux the windowing library takes a while to find out, and says so in many words.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || is_set("WAYLAND_SOCKET")
}

/// Says in a box why there is no window, where a double-click leaves nothing to read it in: on Windows and a Mac. It waits
/// for somebody, also where a script cannot be told from a double-click: one that starts `hangtag.exe` without taking its
/// errors, or on a Mac one that has no terminal.
pub fn show_failure(failure: &str) {
    if is_double_clicked() {
        rfd::MessageDialog::new()
            .set_level(rfd::MessageLevel::Error)
            .set_title("Hangtag")
            .set_description(failure)
            .show();
    }
}

#[cfg(windows)]
fn is_double_clicked() -> bool {
    use std::os::windows::io::AsRawHandle;

    // A program for windows has no errors to write to, unless whoever starts it gives it some.
    std::io::stderr().as_raw_handle().is_null()
}

#[cfg(not(windows))]
fn is_double_clicked() -> bool {
    use std::io::{IsTerminal, stderr, stdin, stdout};

    cfg!(target_os = "macos") && !stdin().is_terminal() && !stdout().is_terminal() && !stderr().is_terminal()
}
