//! The folders that Hangtag writes to: what a person keeps, and what can be made again.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use directories::ProjectDirs;

use super::data_folder::DataFolder;
use crate::failure::Failure;

/// Settings, data and cache folders; by the operating system's custom unless a test names others.
#[derive(Clone, Debug)]
pub struct Places {
    config: PathBuf,
    data: PathBuf,
    cache: PathBuf,
}

impl Places {
    /// The folders of this user on this computer.
    ///
    /// # Errors
    /// Where the user has no home folder.
    pub fn of_user() -> Result<Self, Failure> {
        let dirs = ProjectDirs::from("", "", "hangtag").ok_or_else(|| {
            Failure::new("finding your folders", &std::io::Error::other("no home folder is set"))
                .try_next("Set HOME to a folder that can be written")
        })?;
        Ok(Self {
            config: dirs.config_dir().to_owned(),
            data: dirs.data_dir().to_owned(),
            cache: dirs.cache_dir().to_owned(),
        })
    }

    /// Everything below one folder.
    #[must_use]
    pub fn below(folder: &Path) -> Self {
        Self { config: folder.join("config"), data: folder.join("data"), cache: folder.join("cache") }
    }

    /// What a person chose once for all catalogues.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.config.join("settings.toml")
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

    /// A path for a catalogue that is thrown away at the end, in the cache folder or, if that cannot be written, in the
    /// system's folder for temporary files.
    pub(super) fn scratch_catalogue(&self) -> Result<PathBuf, Failure> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}.hangtag", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut last = None;
        for folder in [self.cache.join("scratch"), std::env::temp_dir().join("hangtag")] {
            match std::fs::create_dir_all(&folder) {
                Ok(()) => {
                    remove_abandoned(&folder);
                    let path = folder.join(&name);
                    // Left behind by a process of the same number that was killed.
                    remove_catalogue(&path);
                    return Ok(path);
                }
                Err(error) => last = Some(Failure::new("making a folder for temporary files", &error).at(&folder)),
            }
        }
        Err(last.unwrap_or_else(|| Failure::new("making a folder", &std::io::Error::other("there is none"))))
    }
}

/// Removes what programs that were killed left behind: files that nobody has written for a day.
fn remove_abandoned(folder: &Path) {
    const ABANDONED: Duration = Duration::from_hours(24);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > ABANDONED) {
            // Whatever keeps it there, it is in nobody's way.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Removes a catalogue, the files that `SQLite` and the lock keep beside it, and its data folder.
pub(super) fn remove_catalogue(path: &Path) {
    for ending in ["", "-wal", "-shm", "-lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        // What is not there need not be removed.
        let _ = std::fs::remove_file(PathBuf::from(name));
    }
    let _ = std::fs::remove_dir_all(DataFolder::of(path).path());
}
