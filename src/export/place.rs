//! Files and folders that appear at their place whole or not at all, whenever the process is killed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::failure::Cause;
use crate::imaging::is_photo_name;
use crate::whole_file::{self, real, sync_parent};

/// Why nothing can be put at a place.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("{0} is a folder; name a file")]
    IsFolder(PathBuf),
    #[error("{0} is a file; name a folder")]
    IsFile(PathBuf),
    #[error("{0} is a photo, a catalogue or no ordinary file, and is not replaced; name another file")]
    NotReplaced(PathBuf),
    #[error("the folder {0} holds other things than an earlier export of this kind; name a new folder, or empty it")]
    NotEmpty(PathBuf),
    #[error("{folder} holds `{name}`, which is not part of the earlier export; move it away, or name another folder")]
    Foreign { folder: PathBuf, name: String },
    #[error("another Hangtag is writing {0} right now; wait until it is done")]
    Busy(PathBuf),
    #[error("{path} cannot be written: {source}")]
    Write { path: PathBuf, source: io::Error },
}

/// What this file's calls return.
type Result<T> = std::result::Result<T, PlaceError>;

/// A file under a temporary name beside its place until [`NewFile::keep`]; it goes if it is dropped before.
pub struct NewFile {
    file: BufWriter<File>,
    partial: PathBuf,
    place: PathBuf,
    is_kept: bool,
}

/// A folder under a temporary name beside its place until [`NewFolder::keep`]; it goes if it is dropped before.
pub struct NewFolder {
    partial: PathBuf,
    place: PathBuf,
    /// What of its place it may replace.
    earlier: Option<Parts>,
    /// Held so that a second program does not take the folder for one that was left behind.
    lock: Option<File>,
    is_kept: bool,
}

/// What an earlier export put into its folder: the paths of its files with `/`, in order. One that ends with `/` is a
/// folder that goes with whatever is in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts(Vec<String>);

/// The file within a partial folder that is locked while somebody writes there.
const LOCK: &str = ".writing";

/// What file managers leave in every folder that somebody looked at.
const LEFT_BY_LOOKING: [&str; 2] = [".DS_Store", "Thumbs.db"];

impl PlaceError {
    /// The same for whoever has words of their own for it.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::IsFolder(_) => Cause::IsFolder,
            Self::IsFile(_) => Cause::IsFile,
            Self::NotReplaced(_) => Cause::NotReplaced,
            Self::NotEmpty(_) => Cause::NotEmpty,
            Self::Foreign { name, .. } => Cause::Foreign(name.clone()),
            Self::Busy(_) => Cause::Busy,
            Self::Write { source, .. } => Cause::of_writing(source),
        }
    }
}

impl Parts {
    /// Of these paths, in any order.
    #[must_use]
    pub fn new(mut paths: Vec<String>) -> Self {
        paths.sort_unstable();
        Self(paths)
    }

    fn has(&self, path: &str) -> bool {
        self.0.binary_search_by(|part| part.as_str().cmp(path)).is_ok()
    }

    /// Whether anything is named that lies in a folder, whose path ends with `/`.
    fn has_below(&self, folder: &str) -> bool {
        let next = self.0.partition_point(|part| part.as_str() < folder);
        self.0.get(next).is_some_and(|part| part.starts_with(folder))
    }
}

impl NewFile {
    /// Begins a file that will lie at `place`, which keeps what it holds until then.
    ///
    /// # Errors
    /// [`PlaceError`] where the place is a folder, or what no export ever made, or cannot be written, or another program
    /// is at it.
    pub fn create(place: &Path) -> Result<Self> {
        if place.is_dir() {
            return Err(PlaceError::IsFolder(place.to_owned()));
        }
        let place = &real(place);
        if place.exists() && !is_replaceable(place) {
            return Err(PlaceError::NotReplaced(place.to_owned()));
        }
        let partial = partial_of(place);
        make_parent(place)?;
        // Not cut off before it is ours: it may be another program's half.
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&partial);
        let file = file.map_err(|source| PlaceError::Write { path: place.to_owned(), source })?;
        take_lock(&file, place)?;
        if !partial.exists() {
            // Its writer was done between our opening and our locking: this is the finished file now.
            return Err(PlaceError::Busy(place.to_owned()));
        }
        let new = Self { file: BufWriter::new(file), partial, place: place.to_owned(), is_kept: false };
        new.file.get_ref().set_len(0).map_err(|source| new.failed(source))?;
        Ok(new)
    }

    /// An error of writing, with the place.
    fn failed(&self, source: io::Error) -> PlaceError {
        PlaceError::Write { path: self.place.clone(), source }
    }

    /// Puts the file in its place, on disk.
    ///
    /// # Errors
    /// Where it cannot be written to the end; the place keeps what it held.
    pub fn keep(mut self) -> Result<()> {
        let written = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        written.and_then(|()| whole_file::rename(&self.partial, &self.place)).map_err(|source| self.failed(source))?;
        self.is_kept = true;
        Ok(())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // Half a file is of no use to anybody.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

impl NewFolder {
    /// Whether a folder can be begun at `place`, as [`NewFolder::create`] would: for whoever has long work to do first.
    /// Nothing is left there.
    ///
    /// # Errors
    /// [`PlaceError`] where the place holds anything else or cannot be written.
    pub fn check(place: &Path, parts_of: impl FnOnce(&Path) -> Option<Parts>) -> Result<()> {
        let place = &real(place);
        restore(place)?;
        check_replaceable(place, parts_of(place).as_ref())?;
        // Only writing tells whether a disk can be written.
        let above = place.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("."));
        let written = tempfile::tempfile_in(above);
        written.map(drop).map_err(|source| PlaceError::Write { path: place.to_owned(), source })
    }

    /// Begins a folder that will lie at `place`. If something lies there, it must be an empty folder, or one of which
    /// `parts_of` says that it is an earlier export, by naming what that put there.
    ///
    /// # Errors
    /// [`PlaceError`] where the place holds anything else or cannot be written, or another program is at it.
    pub fn create(place: &Path, parts_of: impl FnOnce(&Path) -> Option<Parts>) -> Result<Self> {
        let place = &real(place);
        restore(place)?;
        let earlier = parts_of(place);
        check_replaceable(place, earlier.as_ref())?;
        make_parent(place)?;
        let partial = partial_of(place);
        let failed = |source| PlaceError::Write { path: place.to_owned(), source };
        if partial.exists() {
            // Left behind by a program that was killed, unless somebody holds its lock.
            if let Ok(lock) = OpenOptions::new().write(true).open(partial.join(LOCK)) {
                take_lock(&lock, place)?;
            }
            fs::remove_dir_all(&partial).map_err(failed)?;
        }
        fs::create_dir(&partial).map_err(failed)?;
        let mut new = Self { partial, place: place.to_owned(), earlier, lock: None, is_kept: false };
        let lock = File::create(new.partial.join(LOCK)).map_err(failed)?;
        take_lock(&lock, place)?;
        new.lock = Some(lock);
        Ok(new)
    }

    /// Where to write meanwhile.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// The paths of all files in it so far, with `/`.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn files(&self) -> io::Result<Vec<String>> {
        let mut files = files_below(&self.partial)?;
        files.retain(|file| file != LOCK);
        Ok(files)
    }

    /// Puts the folder in its place, on disk, instead of what was there.
    ///
    /// # Errors
    /// Where it cannot be written to the end; the place keeps what it held.
    pub fn keep(mut self) -> Result<()> {
        let failed = |source| PlaceError::Write { path: self.place.clone(), source };
        sync_below(&self.partial).map_err(failed)?;
        // Somebody may have put a file there while the new folder was written.
        check_replaceable(&self.place, self.earlier.as_ref())?;
        // Some systems move no folder that holds an open file. From here on nothing takes long: without its lock the
        // folder looks as if it had been left behind.
        self.lock = None;
        fs::remove_file(self.partial.join(LOCK)).map_err(failed)?;
        if self.place.exists() {
            exchange(&self.partial, &self.place).map_err(failed)?;
            // From here on it is the new one that a pulled plug leaves.
            sync_parent(&self.place);
            // What was there before is of no use any more; if it cannot be removed, the next export tries again.
            let _ = fs::remove_dir_all(&self.partial);
        } else {
            fs::rename(&self.partial, &self.place).map_err(failed)?;
        }
        self.is_kept = true;
        sync_parent(&self.place);
        Ok(())
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        if !self.is_kept {
            self.lock = None;
            // Half an export is of no use to anybody.
            let _ = fs::remove_dir_all(&self.partial);
        }
    }
}

/// Whether a file may be what an earlier export made, or somebody's text: a slip of the hand costs no photo, no catalogue,
/// also one that is damaged, and no device.
fn is_replaceable(file: &Path) -> bool {
    let is_catalogue = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("hangtag"));
    file.is_file() && !is_photo_name(file) && !is_catalogue
}

/// The paths of all files below a folder, with `/`.
///
/// # Errors
/// Where it cannot be read.
pub fn files_below(folder: &Path) -> io::Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry?;
        if !entry.file_type().is_dir() {
            let path = entry.path().strip_prefix(folder).map_err(io::Error::other)?;
            let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
            files.push(parts.collect::<Vec<_>>().join("/"));
        }
    }
    Ok(files)
}

/// Where something is built: beside the place, so that both are on one disk, and under a name that nobody gives to
/// files of their own.
fn partial_of(place: &Path) -> PathBuf {
    beside(place, ".hangtag.part")
}

/// Where what was there before lies for a moment.
fn before_of(place: &Path) -> PathBuf {
    beside(place, ".hangtag.before")
}

/// The place's name with something behind it.
fn beside(place: &Path, ending: &str) -> PathBuf {
    let mut name = place.components().as_path().as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Puts back what was there before, where a program was killed while two folders changed places.
fn restore(place: &Path) -> Result<()> {
    let before = before_of(place);
    if before.is_dir() && !place.exists() {
        fs::rename(before, place).map_err(|source| PlaceError::Write { path: place.to_owned(), source })?;
    }
    Ok(())
}

fn make_parent(place: &Path) -> Result<()> {
    let Some(parent) = place.parent().filter(|parent| !parent.as_os_str().is_empty()) else { return Ok(()) };
    fs::create_dir_all(parent).map_err(|source| PlaceError::Write { path: place.to_owned(), source })
}

fn take_lock(file: &File, place: &Path) -> Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(PlaceError::Busy(place.to_owned())),
        // A network disk without locks: the worst is that two programs at one place end in an error.
        Err(TryLockError::Error(error)) => {
            tracing::debug!("{} cannot be locked: {error}", place.display());
            Ok(())
        }
    }
}

fn check_replaceable(place: &Path, earlier: Option<&Parts>) -> Result<()> {
    let failed = |source| PlaceError::Write { path: place.to_owned(), source };
    let mut entries = match fs::read_dir(place) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(_) if place.is_file() => return Err(PlaceError::IsFile(place.to_owned())),
        Err(source) => return Err(failed(source)),
    };
    if entries.next().is_none() {
        return Ok(());
    }
    let parts = earlier.ok_or_else(|| PlaceError::NotEmpty(place.to_owned()))?;
    match foreign(place, "", parts).map_err(failed)? {
        Some(name) => Err(PlaceError::Foreign { folder: place.to_owned(), name }),
        None => Ok(()),
    }
}

/// The path of something in a place, below the folder `within`, that is no part of an export.
fn foreign(place: &Path, within: &str, parts: &Parts) -> io::Result<Option<String>> {
    for entry in fs::read_dir(place.join(within))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{within}{name}");
        if !entry.file_type()?.is_dir() {
            if !parts.has(&path) && !LEFT_BY_LOOKING.contains(&name.as_str()) {
                return Ok(Some(path));
            }
            continue;
        }
        let folder = format!("{path}/");
        if parts.has(&folder) {
            continue;
        }
        if !parts.has_below(&folder) {
            return Ok(Some(path));
        }
        if let Some(found) = foreign(place, &folder, parts)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Lets two folders change places. Where the system cannot do that in one step, there is a moment without the old one,
/// which then lies at `NAME.hangtag.before`.
fn exchange(new: &Path, old: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE).is_ok() {
            return Ok(());
        }
    }
    let before = before_of(old);
    if before.exists() {
        // Left by a program that was killed once the new one was in its place.
        fs::remove_dir_all(&before)?;
    }
    fs::rename(old, &before)?;
    if let Err(error) = fs::rename(new, old) {
        fs::rename(&before, old)?;
        return Err(error);
    }
    fs::rename(before, new)
}

/// Brings everything below a folder to the disk: at once where the system can, which for 100,000 files takes a moment
/// instead of many minutes.
fn sync_below(folder: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return Ok(rustix::fs::syncfs(File::open(folder)?)?);
    #[cfg(not(target_os = "linux"))]
    {
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry?;
            if entry.file_type().is_file() {
                OpenOptions::new().append(true).open(entry.path())?.sync_all()?;
            }
        }
        Ok(())
    }
}
