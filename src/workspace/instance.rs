//! One window a person and screen: a second start hands what it was asked to open to the window that is already there.
//!
//! The first start holds a lock for as long as it runs and listens at a local socket (a named pipe on Windows), which
//! only programs on this computer can reach. No internet socket is involved. What waits for the other side has a
//! thread of its own, which may be left waiting: a program can be stopped, and named pipes have no timeouts.

#[cfg(unix)]
use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
#[cfg(unix)]
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::Waker;
use std::time::Duration;

use interprocess::local_socket::prelude::*;
use interprocess::local_socket::{GenericFilePath, ListenerOptions};

/// A path longer than any that a system allows is not one.
const MAX_PATH_BYTES: u32 = 64 * 1024;

/// What the window says once it has taken a request.
const TAKEN: u8 = b'+';

/// How often a second start tries to reach a first one that is just starting, and how long it waits in between.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// How long a second start waits for a first one that is stopped or hangs.
const PATIENCE: Duration = Duration::from_secs(3);

/// How a program that wants to show a window starts.
pub enum Start {
    /// There is no window yet; later starts will ring here.
    First(Doorbell),
    /// There is a window, and it has taken over what was to be opened.
    HandedOver,
    /// It cannot be told whether there is a window, or it does not answer: a second one is better than none.
    Alone,
}

/// Where later starts ring.
pub struct Doorbell {
    listener: LocalSocketListener,
    /// Held for as long as the program runs.
    lock: File,
}

/// A doorbell that somebody listens to; once this is gone, later starts are on their own.
pub struct Rings {
    /// What is to be opened; none where the window is only to come to the front.
    pub inbox: Receiver<Option<PathBuf>>,
    is_closing: Arc<AtomicBool>,
    _lock: File,
}

/// Where requests go, from whichever thread reads them.
#[derive(Clone)]
struct Requests {
    sender: Sender<Option<PathBuf>>,
    is_closing: Arc<AtomicBool>,
    waker: Waker,
}

impl Start {
    /// Claims the one window of this person, or hands `path` to it. `folder` is for this person's running programs.
    #[must_use]
    pub fn claim(folder: &Path, path: Option<&Path>) -> Self {
        match Self::try_claim(folder, path) {
            Ok(start) => start,
            Err(error) => {
                tracing::warn!("this window cannot hear of later starts: {error}");
                Self::Alone
            }
        }
    }

    fn try_claim(folder: &Path, path: Option<&Path>) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        // Windows of one person on two screens have nothing to do with each other.
        let mut which = blake3::Hasher::new();
        which.update(folder.as_os_str().as_encoded_bytes());
        for variable in ["WAYLAND_DISPLAY", "DISPLAY"] {
            which.update(b"\n").update(std::env::var_os(variable).unwrap_or_default().as_encoded_bytes());
        }
        let name = format!("window-{}", &which.finalize().to_hex()[..8]);
        let lock = File::create(folder.join(format!("{name}.lock")))?;
        let address = if cfg!(windows) {
            PathBuf::from(format!(r"\\.\pipe\hangtag-{name}"))
        } else {
            folder.join(format!("{name}.socket"))
        };
        match lock.try_lock() {
            Ok(()) => {
                let address = address.as_path().to_fs_name::<GenericFilePath>()?;
                // Whoever holds the lock may put away what a killed program left there.
                let listener = ListenerOptions::new().name(address).try_overwrite(true).create_sync()?;
                Ok(Self::First(Doorbell { listener, lock }))
            }
            Err(TryLockError::WouldBlock) => ring(address, path),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

fn ring(address: PathBuf, path: Option<&Path>) -> io::Result<Start> {
    let path = path.map(std::path::absolute).transpose()?.unwrap_or_default();
    let (sender, answer) = channel();
    std::thread::Builder::new().name("ring".into()).spawn(move || {
        // Nobody hears of it any more where it took too long.
        let _ = sender.send(hand_over(&address, &path));
    })?;
    let answer = answer.recv_timeout(PATIENCE);
    let is_taken =
        answer.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the window that is there does not answer"))??;
    Ok(if is_taken { Start::HandedOver } else { Start::Alone })
}

/// Hands a path to the window, an empty one where it is only to come to the front, and says whether that took it.
fn hand_over(address: &Path, path: &Path) -> io::Result<bool> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut stream = connect(address)?;
    stream.write_all(&(bytes.len() as u32).to_le_bytes())?;
    stream.write_all(bytes)?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    Ok(answer == [TAKEN])
}

fn connect(address: &Path) -> io::Result<LocalSocketStream> {
    let mut tries = 0;
    loop {
        match LocalSocketStream::connect(address.to_fs_name::<GenericFilePath>()?) {
            // Between the first program's lock and its socket there is a moment.
            Err(_) if tries < TRIES => std::thread::sleep(PAUSE),
            other => return other,
        }
        tries += 1;
    }
}

impl Doorbell {
    /// Listens on a thread of its own, and to each that rings on another, so that one that is silent keeps nobody else
    /// waiting; the waker is woken at every ring.
    ///
    /// # Errors
    /// Where the system has no thread left.
    pub fn listen(self, waker: Waker) -> io::Result<Rings> {
        let Self { listener, lock } = self;
        let (sender, inbox) = channel();
        let is_closing = Arc::new(AtomicBool::new(false));
        let requests = Requests { sender, is_closing: Arc::clone(&is_closing), waker };
        std::thread::Builder::new().name("doorbell".into()).spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else {
                    // With too many files open it fails at once, over and over.
                    std::thread::sleep(PAUSE);
                    continue;
                };
                let requests = requests.clone();
                let listening = std::thread::Builder::new().name("ring".into()).spawn(move || {
                    if let Err(error) = requests.take_from(&mut stream) {
                        tracing::debug!("somebody rang and went away: {error}");
                    }
                });
                if let Err(error) = listening {
                    tracing::warn!("nobody could listen to who rang: {error}");
                }
            }
        })?;
        Ok(Rings { inbox, is_closing, _lock: lock })
    }
}

impl Requests {
    fn take_from(&self, stream: &mut LocalSocketStream) -> io::Result<()> {
        let request = read_request(stream)?;
        // Left without an answer, the other program opens a window of its own.
        if !self.is_closing.load(Ordering::Relaxed) && self.sender.send(request).is_ok() {
            self.waker.wake_by_ref();
            stream.write_all(&[TAKEN])?;
        }
        Ok(())
    }
}

fn read_request(stream: &mut LocalSocketStream) -> io::Result<Option<PathBuf>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > MAX_PATH_BYTES {
        return Err(io::Error::other("that is no path"));
    }
    let mut path = vec![0; length as usize];
    stream.read_exact(&mut path)?;
    #[cfg(unix)]
    let path = OsString::from_vec(path);
    // Only there any bytes may be a path. What is refused here opens in a window of its own.
    #[cfg(not(unix))]
    let path = String::from_utf8(path).map_err(io::Error::other)?;
    Ok((!path.is_empty()).then(|| path.into()))
}

impl Drop for Rings {
    fn drop(&mut self) {
        self.is_closing.store(true, Ordering::Relaxed);
    }
}
