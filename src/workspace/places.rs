//! The folders that Hangtag writes to: what a person keeps, and what can be made again.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use directories::ProjectDirs;
use tempfile::TempDir;

use super::data_folder::DataFolder;
use crate::failure::Failure;

/// The file with the settings, in the folder for these.
const SETTINGS: &str = "settings.toml";

const MAKING_SCRATCH: &str = "making a folder for temporary files";

/// Settings, data and cache folders; by the operating system's custom unless a test names others.
#[derive(Clone, Debug)]
pub struct Places {
    config: PathBuf,
    data: PathBuf,
    cache: PathBuf,
    running: PathBuf,
}

impl Places {
    /// The folders of this user on this computer.
    ///
    /// # Errors
    /// Where the user has no home folder.
    pub fn of_user() -> Result<Self, Failure> {
        let dirs = ProjectDirs::from("", "", "hangtag").ok_or_else(|| {
            Failure::new("finding your folders", &io::Error::other("no home folder is set"))
                .try_next("Set HOME to a folder that can be written")
        })?;
        // Where a system has no folder for what lasts as long as a session, the cache has one.
        let running = shared_in_flatpak()
            .or_else(|| dirs.runtime_dir().map(Path::to_owned))
            .unwrap_or_else(|| dirs.cache_dir().join("running"));
        Ok(Self::new(dirs.config_dir(), dirs.data_dir(), dirs.cache_dir(), running))
    }

    /// The caches lie where the settings say, if they say anything.
    fn new(config: &Path, data: &Path, cache: &Path, running: PathBuf) -> Self {
        let settings: toml::Table =
            std::fs::read_to_string(config.join(SETTINGS)).ok().and_then(|text| text.parse().ok()).unwrap_or_default();
        let chosen = settings.get("caches").and_then(toml::Value::as_str).map(Path::new);
        let cache = chosen.filter(|folder| folder.is_absolute()).map_or_else(|| cache.to_owned(), Self::caches_in);
        Self { config: config.to_owned(), data: data.to_owned(), cache, running }
    }

    /// Where caches lie that a person wants in this folder: in one of their own, since they are trimmed and cleared, and
    /// what else lies there is none of theirs.
    #[must_use]
    pub fn caches_in(chosen: &Path) -> PathBuf {
        chosen.join("hangtag")
    }

    /// Everything below one folder.
    #[must_use]
    pub fn below(folder: &Path) -> Self {
        let below = |name| folder.join(name);
        Self::new(&below("config"), &below("data"), &below("cache"), below("running"))
    }

    /// What a person chose once for all catalogues.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.config.join(SETTINGS)
    }

    /// The folder with everything that can be made again.
    #[must_use]
    pub fn caches(&self) -> &Path {
        &self.cache
    }

    /// What went on, a file a day, and reports of crashes.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.data.join("logs")
    }

    /// Where programs of this person that run find each other.
    #[must_use]
    pub fn running(&self) -> &Path {
        &self.running
    }

    /// Small pictures, by content hash; can be deleted at any time.
    #[must_use]
    pub fn thumbnails(&self) -> PathBuf {
        self.cache.join("thumbnails")
    }

    /// Features, one file a backbone; can be deleted at any time.
    #[must_use]
    pub fn features(&self) -> PathBuf {
        self.cache.join("features")
    }

    /// How networks are rounded, one file a calibration; measured again where they were deleted.
    #[must_use]
    pub fn calibrations(&self) -> PathBuf {
        self.cache.join("calibrations")
    }

    /// What training reads again and again; can be deleted at any time.
    #[must_use]
    pub fn activations(&self) -> PathBuf {
        self.cache.join("activations")
    }

    /// The catalogues opened lately, one path a line, newest first.
    #[must_use]
    pub fn recent(&self) -> PathBuf {
        self.data.join("recent.txt")
    }

    /// Where the demo photos are laid out.
    #[must_use]
    pub fn demo(&self) -> PathBuf {
        self.data.join("demo")
    }

    /// The catalogue that belongs to a folder of photos: the one inside it if there is just one, else one in the data
    /// folder, so that opening a folder writes nothing into it.
    #[must_use]
    pub fn catalogue_of(&self, folder: &Path) -> PathBuf {
        let inside: Vec<PathBuf> = std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "hangtag"))
            .collect();
        if let [only] = inside.as_slice() {
            return only.clone();
        }
        let real = dunce::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let name = real.file_name().unwrap_or(real.as_os_str()).to_string_lossy().into_owned();
        let which = blake3::hash(real.as_os_str().as_encoded_bytes()).to_hex();
        self.data.join("catalogues").join(format!("{name}-{}.hangtag", &which[..8]))
    }

    /// A place for a catalogue that is thrown away at the end.
    pub(super) fn scratch_catalogue(&self) -> Result<ScratchCatalogue, Failure> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}.hangtag", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = self.scratch()?.join(name);
        // Left behind by a process of the same number that was killed.
        remove_catalogue(&path);
        Ok(ScratchCatalogue(path))
    }

    /// A folder that goes when it is dropped.
    pub(super) fn scratch_folder(&self) -> Result<TempDir, Failure> {
        let folder = self.scratch()?;
        let prefix = format!("{}-", std::process::id());
        TempDir::with_prefix_in(prefix, &folder).map_err(|error| Failure::new(MAKING_SCRATCH, &error).at(&folder))
    }

    /// Where such things lie: in the cache folder or, if that cannot be written, in the system's folder for temporary
    /// files.
    fn scratch(&self) -> Result<PathBuf, Failure> {
        let mut last = None;
        for folder in [self.cache.join("scratch"), std::env::temp_dir().join("hangtag")] {
            match std::fs::create_dir_all(&folder).and_then(|()| check_room(&folder)) {
                Ok(()) => {
                    remove_abandoned(&folder);
                    return Ok(folder);
                }
                Err(error) => last = Some(Failure::new(MAKING_SCRATCH, &error).at(&folder)),
            }
        }
        Err(last.unwrap_or_else(|| Failure::new(MAKING_SCRATCH, &io::Error::other("there is none"))))
    }
}

/// The one part of the session's folder that all starts of a Flatpak have in common; none where this is no Flatpak.
fn shared_in_flatpak() -> Option<PathBuf> {
    let id = std::env::var_os("FLATPAK_ID")?;
    let session = PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR")?);
    session.is_absolute().then(|| session.join("app").join(id))
}

/// Whether a folder takes what is thrown away at the end. Only writing tells whether a disk can be written.
fn check_room(folder: &Path) -> io::Result<()> {
    /// More than a catalogue of a few photos.
    const ROOM: u64 = 1 << 20;
    io::copy(&mut io::repeat(0).take(ROOM), &mut tempfile::tempfile_in(folder)?).map(|_| ())
}

/// Removes what programs that were killed left behind: what nobody has written for a day, and whose maker, by whose number
/// its name begins, does not run any more. Where systems do not list who runs, the day has to do.
fn remove_abandoned(folder: &Path) {
    const ABANDONED: Duration = Duration::from_hours(24);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let maker = name.to_str().and_then(|name| name.split_once('-')?.0.parse::<u32>().ok());
        let is_left = maker.is_some_and(|process| !Path::new("/proc").join(process.to_string()).exists());
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|time| time.elapsed().ok());
        if is_left && age.is_some_and(|age| age > ABANDONED) {
            // Whatever keeps it there, it is in nobody's way.
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let _ = if is_folder { std::fs::remove_dir_all(entry.path()) } else { std::fs::remove_file(entry.path()) };
        }
    }
}

/// Where a catalogue lies that goes when this is dropped.
pub(super) struct ScratchCatalogue(PathBuf);

impl ScratchCatalogue {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for ScratchCatalogue {
    fn drop(&mut self) {
        remove_catalogue(&self.0);
    }
}

/// Removes a catalogue, the files that `SQLite` and the lock keep beside it, and its data folder.
fn remove_catalogue(path: &Path) {
    for ending in ["", "-wal", "-shm", "-lock", "-holder"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        // What is not there need not be removed.
        let _ = std::fs::remove_file(PathBuf::from(name));
    }
    let _ = std::fs::remove_dir_all(DataFolder::of(path).path());
}
