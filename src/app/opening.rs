//! Opening a catalogue: asking for one, and waiting for it without holding up the window.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use include_dir::{Dir, include_dir};

use super::action::Action;
use super::words::say;
use crate::failure::{Cause, Doing, Failure};
use crate::imaging::is_photo_name;
use crate::workspace::{Mending, NotOpened, Opening, Places, Workspace};

static DEMO: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/assets/demo");

/// Nobody reads a dialog and sends it away in so short a time.
const AT_ONCE: Duration = Duration::from_millis(500);

type Asking = Pin<Box<dyn Future<Output = Option<rfd::FileHandle>>>>;

/// A system dialog that is open.
pub struct Question {
    asking: Asking,
    asked_at: Instant,
    then: Box<dyn Fn(PathBuf) -> Action>,
}

/// A catalogue that is being opened.
pub struct Pending {
    receiver: Receiver<Result<Workspace, NotOpened>>,
    catalogue: PathBuf,
    /// Folders to bring in once it is open; without one, its roots are looked at again.
    folders: Vec<PathBuf>,
}

/// Wakes the window from any thread.
struct Repaint(egui::Context);

impl Wake for Repaint {
    fn wake(self: Arc<Self>) {
        self.0.request_repaint();
    }
}

/// A waker that draws the window anew.
pub fn waker(context: &egui::Context) -> Waker {
    Arc::new(Repaint(context.clone())).into()
}

/// What a person means who gives these paths together: a photo stands for its folder, what is given twice counts once, and
/// folders come after the catalogue that they lie beside in a selection.
pub fn meant(paths: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut distinct = Vec::new();
    for path in paths.into_iter().map(folder_if_photo) {
        if !distinct.contains(&path) {
            distinct.push(path);
        }
    }
    distinct.sort_by_key(|path| path.is_dir());
    distinct
}

fn folder_if_photo(path: PathBuf) -> PathBuf {
    // A name alone has a folder, too.
    let path = std::path::absolute(&path).unwrap_or(path);
    match path.parent() {
        Some(folder) if is_photo_name(&path) && path.is_file() => folder.to_owned(),
        _ => path,
    }
}

/// What is done with them: folders are added to the catalogue that is open; else the first is opened, with the folders
/// beside it.
pub fn given(paths: impl IntoIterator<Item = PathBuf>, has_catalogue: bool) -> Vec<Action> {
    let paths = meant(paths);
    if has_catalogue && paths.iter().all(|path| path.is_dir()) {
        return paths.into_iter().map(Action::AddFolder).collect();
    }
    if paths.is_empty() { Vec::new() } else { vec![Action::Open(paths)] }
}

/// The catalogue of a folder, or the file itself, by a path that means the same to a later start elsewhere.
pub fn catalogue_at(path: &Path, places: &Places) -> PathBuf {
    let catalogue = if path.is_dir() { places.catalogue_of(path) } else { path.to_owned() };
    std::path::absolute(&catalogue).unwrap_or(catalogue)
}

impl Question {
    fn new(
        asking: impl Future<Output = Option<rfd::FileHandle>> + 'static,
        then: impl Fn(PathBuf) -> Action + 'static,
    ) -> Self {
        Self { asking: Box::pin(asking), asked_at: Instant::now(), then: Box::new(then) }
    }

    /// Asks for a folder of photos.
    pub fn folder(then: impl Fn(PathBuf) -> Action + 'static) -> Self {
        let dialog = rfd::AsyncFileDialog::new().set_title(say!("ask-folder"));
        Self::new(dialog.pick_folder(), then)
    }

    /// Asks for a catalogue file.
    pub fn catalogue() -> Self {
        let dialog = rfd::AsyncFileDialog::new().set_title(say!("ask-catalogue")).add_filter("Hangtag", &["hangtag"]);
        Self::new(dialog.pick_file(), Action::open)
    }

    /// Asks for a shop's own product table.
    pub fn shop_file(then: impl Fn(PathBuf) -> Action + 'static) -> Self {
        let dialog = rfd::AsyncFileDialog::new().set_title(say!("ask-shop-file")).add_filter("CSV", &["csv"]);
        Self::new(dialog.pick_file(), then)
    }

    /// Asks for a folder to write into.
    pub fn out_folder(then: impl Fn(PathBuf) -> Action + 'static) -> Self {
        let dialog = rfd::AsyncFileDialog::new().set_title(say!("ask-out-folder"));
        Self::new(dialog.pick_folder(), then)
    }

    /// The answer once there is one: an action, or none if the person thought better of it.
    ///
    /// # Errors
    /// Where the system has no dialog to show, in words of what to do.
    pub fn answer(&mut self, context: &egui::Context) -> Poll<Result<Option<Action>, &'static str>> {
        let waker = waker(context);
        let answer = self.asking.as_mut().poll(&mut TaskContext::from_waker(&waker));
        answer.map(|file| match file {
            Some(file) => Ok(Some((self.then)(file.path().to_owned()))),
            // All that is heard of it.
            None if cfg!(target_os = "linux") && self.asked_at.elapsed() < AT_ONCE => {
                Err(say!("notice-no-file-dialog"))
            }
            None => Ok(None),
        })
    }
}

impl Pending {
    /// Starts to open a catalogue, after mending it where that was asked for, and then brings those folders in.
    pub fn open(
        catalogue: PathBuf,
        folders: Vec<PathBuf>,
        mending: Option<Mending>,
        places: &Places,
        device: Option<&str>,
        context: &egui::Context,
    ) -> Self {
        // What the environment says of this start goes before what was set once.
        let device = device.filter(|_| std::env::var_os("HANGTAG_DEVICE").is_none()).and_then(|name| name.parse().ok());
        let quiet = Opening::quiet(Some(&catalogue), places.clone());
        let opening = Opening { waker: waker(context), device, works_ahead: true, ..quiet };
        let receiver = Workspace::open_in_background(opening, mending);
        Self { receiver, catalogue, folders }
    }

    /// The catalogue that is being opened.
    pub fn catalogue(&self) -> &Path {
        &self.catalogue
    }

    /// The workspace once it is open, with its photos on their way.
    pub fn take(&mut self) -> Poll<Result<Workspace, NotOpened>> {
        match self.receiver.try_recv() {
            Ok(Ok(mut workspace)) => {
                if workspace.read_only_reason().is_none() {
                    if self.folders.is_empty() {
                        workspace.start_rescan();
                    }
                    self.folders.iter().for_each(|folder| workspace.start_import(folder));
                }
                Poll::Ready(Ok(workspace))
            }
            Ok(Err(not_opened)) => Poll::Ready(Err(not_opened)),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => {
                let error = std::io::Error::other("it ran into a mistake in Hangtag");
                let failure = Failure::new(Doing::OpeningCatalogue, &error).caused_by(Some(Cause::Mistake));
                Poll::Ready(Err(NotOpened { failure, damaged: None }))
            }
        }
    }
}

/// The photos of the demo, as they lie in the program.
pub fn demo_photos() -> Vec<&'static [u8]> {
    let files = DEMO.dirs().flat_map(Dir::files);
    files.filter(|file| is_photo_name(file.path())).map(include_dir::File::contents).collect()
}

/// Lays the demo photos, which are part of the program, into the data folder and gives the folder.
///
/// # Errors
/// Where the data folder cannot be written.
pub fn unpack_demo(places: &Places) -> Result<PathBuf, Failure> {
    let folder = places.demo();
    for kind in DEMO.dirs() {
        for photo in kind.files().filter(|file| is_photo_name(file.path())) {
            let path = folder.join(photo.path());
            let written = std::fs::create_dir_all(path.parent().unwrap_or(&folder))
                .and_then(|()| if path.exists() { Ok(()) } else { std::fs::write(&path, photo.contents()) });
            written.map_err(|error| {
                Failure::new(Doing::LayingOutDemo, &error).caused_by(Cause::of_io(&error)).at(&path)
            })?;
        }
    }
    Ok(folder)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_dialog_that_never_was_is_told_from_one_that_was_sent_away() {
        let context = egui::Context::default();
        let mut question = Question::new(std::future::ready(None), Action::open);
        assert!(matches!(question.answer(&context), Poll::Ready(Err(advice)) if advice.contains("zenity")));
        let mut question = Question::new(std::future::ready(None), Action::open);
        question.asked_at -= AT_ONCE;
        assert!(matches!(question.answer(&context), Poll::Ready(Ok(None))));
    }
}
