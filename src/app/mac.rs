//! What macOS asks of the program and not of its window: to open documents, and to quit.
//!
//! It asks the delegate of the application, also for the document that starts the program. The windowing library has a
//! delegate of its own, which cannot be replaced and has an answer to neither; so both are added to its class. Where that
//! fails the log says so, and all else goes on.

#![expect(unsafe_code, reason = "Objective-C calls what is added by the name and the types that are given for it")]

use std::ffi::CStr;
use std::mem;
use std::path::PathBuf;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use block2::RcBlock;
use eframe::egui::{Context, ViewportCommand};
use objc2::runtime::{AnyClass, AnyObject, Imp, Sel};
use objc2::{ffi, sel};
use objc2_app_kit::NSApplicationWillFinishLaunchingNotification;
use objc2_foundation::{NSArray, NSDictionary, NSNotificationCenter, NSURL, NSUserDefaults, ns_string};

/// The class of the windowing library's delegate.
const DELEGATE: &CStr = c"WinitApplicationDelegate";

/// What `applicationShouldTerminate:` may say.
const TERMINATE_CANCEL: usize = 0;
const TERMINATE_NOW: usize = 1;

type OpenUrls = extern "C" fn(&AnyObject, Sel, &AnyObject, &NSArray<NSURL>);
type ShouldTerminate = extern "C" fn(&AnyObject, Sel, &AnyObject) -> usize;

/// What is to be opened and was not taken yet.
static DOCUMENTS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The window, once there is one.
static WINDOW: OnceLock<Context> = OnceLock::new();

/// Whether the window has something to ask before the program may quit.
static IS_TRAINING: AtomicBool = AtomicBool::new(false);

/// Prepares the answers. To be called before the program runs: the document that starts it comes before its window.
pub fn listen() {
    // The argument of `hangtag FOLDER` is read already, and would come as a document as well.
    let ours = NSDictionary::from_slices(&[ns_string!("NSTreatUnknownArgumentsAsOpen")], &[ns_string!("NO").as_ref()]);
    // SAFETY: the dictionary holds strings, which this may hold.
    unsafe { NSUserDefaults::standardUserDefaults().registerDefaults(&ours) };
    let center = NSNotificationCenter::defaultCenter();
    let answer = RcBlock::new(|_| add_answers());
    // There is a delegate then, and nothing was opened yet.
    // SAFETY: the name is a constant; no object and no queue are named, and the block holds nothing.
    unsafe {
        let now = NSApplicationWillFinishLaunchingNotification;
        center.addObserverForName_object_queue_usingBlock(Some(now), None, None, &answer);
    }
}

/// Takes what is to be opened together, if anything. To be called in every frame of the window, which is woken for more, and
/// is told to close where the program is to quit during a training.
pub fn take_documents(window: &Context, is_training: bool) -> Option<Vec<PathBuf>> {
    WINDOW.get_or_init(|| window.clone());
    IS_TRAINING.store(is_training, Ordering::Relaxed);
    let documents = mem::take(&mut *documents());
    (!documents.is_empty()).then_some(documents)
}

fn documents() -> MutexGuard<'static, Vec<PathBuf>> {
    DOCUMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn add_answers() {
    let class = AnyClass::get(DELEGATE).map_or(ptr::null_mut(), |class| ptr::from_ref(class).cast_mut());
    // SAFETY: each is a function, and is called as the one that it is: with the object and the name of the method, and
    // then with what AppKit's headers say.
    let (open, quit) = unsafe {
        (mem::transmute::<OpenUrls, Imp>(open_urls), mem::transmute::<ShouldTerminate, Imp>(should_terminate))
    };
    for (name, method, types) in
        [(sel!(application:openURLs:), open, c"v@:@@"), (sel!(applicationShouldTerminate:), quit, c"Q@:@")]
    {
        // SAFETY: a class, or null, which is refused, and never one that has the method; of `types` a copy is made.
        if !unsafe { ffi::class_addMethod(class, name, method, types.as_ptr()) }.as_bool() {
            tracing::warn!("this window cannot hear of {name}");
        }
    }
}

// What panicked in the following would end the program: by `extern "C"` nothing unwinds into Objective-C.

extern "C" fn open_urls(_delegate: &AnyObject, _name: Sel, _application: &AnyObject, urls: &NSArray<NSURL>) {
    documents().extend(urls.iter().filter(|url| url.isFileURL()).filter_map(|url| url.to_file_path()));
    if let Some(window) = WINDOW.get() {
        window.request_repaint();
    }
}

/// The window asks by itself when it is to close, and quits once it was answered. Without a training the program quits at
/// once, so that nobody's logging out is held up.
extern "C" fn should_terminate(_delegate: &AnyObject, _name: Sel, _application: &AnyObject) -> usize {
    let Some(window) = WINDOW.get().filter(|_| IS_TRAINING.load(Ordering::Relaxed)) else { return TERMINATE_NOW };
    for command in [ViewportCommand::Minimized(false), ViewportCommand::Focus, ViewportCommand::Close] {
        window.send_viewport_cmd(command);
    }
    TERMINATE_CANCEL
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use eframe::egui::{RawInput, ViewportId};
    use objc2::rc::Retained;
    use objc2::runtime::{ClassBuilder, NSObject};
    use objc2::{ClassType, msg_send};

    use super::*;

    #[test]
    fn documents_are_opened_and_a_training_is_asked_about() {
        // The windowing library makes its own when it opens a window, which no test beside this one does.
        let class = ClassBuilder::new(DELEGATE, NSObject::class()).unwrap().register();
        add_answers();
        // SAFETY: every class of this kind has `new`.
        let delegate: Retained<NSObject> = unsafe { msg_send![class, new] };
        let path = Path::new("/photos/my shoes 鞋.hangtag");
        let elsewhere = NSURL::URLWithString(ns_string!("https://example.org/photos")).unwrap();
        let urls = NSArray::from_retained_slice(&[NSURL::from_file_path(path).unwrap(), elsewhere]);
        // SAFETY: it was added with these types, here and below.
        let () = unsafe { msg_send![&*delegate, application: &*delegate, openURLs: &*urls] };
        let window = Context::default();
        assert_eq!(take_documents(&window, false), Some(vec![path.to_owned()]));
        assert_eq!(take_documents(&window, false), None);
        let ask = || -> usize {
            // SAFETY: see above.
            unsafe { msg_send![&*delegate, applicationShouldTerminate: &*delegate] }
        };
        assert_eq!(ask(), TERMINATE_NOW);
        take_documents(&window, true);
        assert_eq!(ask(), TERMINATE_CANCEL);
        let output = window.run_ui(RawInput::default(), |_| {});
        assert!(output.viewport_output[&ViewportId::ROOT].commands.contains(&ViewportCommand::Close));
    }
}
