//! Putting an exported version where servers look for it: a folder, S3 or Google Cloud Storage; whole or not at all.
//!
//! A version lies at `TO/NUMBER`, beside those before it, and is never written over. `hangtag-manifest.json` comes last:
//! a version without it was cut off, and the next publishing of it goes on from there.

mod store;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;
use walkdir::WalkDir;

use super::place::{NewFolder, PlaceError};
use crate::progress::Progress;

/// The last file of a version.
const MANIFEST: &str = "hangtag-manifest.json";

/// Where versions go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    Folder(PathBuf),
    /// `s3://BUCKET/PREFIX` or `gs://BUCKET/PREFIX`, with keys and endpoint under the names that the stores' own tools
    /// have for them (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, `GOOGLE_APPLICATION_CREDENTIALS` …).
    Store {
        url: Url,
        settings: Vec<(String, String)>,
    },
}

/// What became of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// It is there now.
    New,
    /// The same files were there already.
    Already,
    Cancelled,
}

/// Why a version is not there.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("version {version} is at {to} already, and is another; versions are never written over")]
    Exists { version: i64, to: String },
    #[error("no `verified.json` in {0} is of this version's files")]
    NotVerified(PathBuf),
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error("{path} cannot be read: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{to} cannot be reached: {source}; nothing of the new version was left there")]
    Store { to: String, source: object_store::Error },
    #[error(
        "{to} cannot be reached: {source}; part of the new version may be there, which publishing it again completes"
    )]
    Unfinished { to: String, source: object_store::Error },
}

/// The files of a version.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    files: BTreeMap<String, FileEntry>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FileEntry {
    size: u64,
    blake3: String,
}

impl FromStr for Destination {
    type Err = String;

    /// A folder, or a store with the settings of the environment.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("s3://") || text.starts_with("gs://") {
            let url = Url::parse(text).map_err(|error| format!("`{text}` is no address: {error}"))?;
            return Ok(Self::Store { url, settings: std::env::vars().collect() });
        }
        match text.split_once("://") {
            Some((scheme, _)) => Err(format!("`{scheme}://` is not known; name a folder, s3://… or gs://…")),
            None => Ok(Self::Folder(text.into())),
        }
    }
}

impl std::fmt::Display for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Store { url, .. } => write!(f, "{url}"),
        }
    }
}

impl Destination {
    /// Where a version lies, if that is on this computer.
    #[must_use]
    pub fn folder_of(&self, version: i64) -> Option<PathBuf> {
        match self {
            Self::Folder(path) => Some(path.join(version.to_string())),
            Self::Store { .. } => None,
        }
    }
}

/// Puts the files of a folder at `to/version`. Bytes are counted into `progress`.
///
/// # Errors
/// [`PublishError`] where another version of that number is there, or something cannot be read or written.
pub fn publish(folder: &Path, version: i64, to: &Destination, progress: &Progress) -> Result<Published, PublishError> {
    let manifest = Manifest::of(folder)?;
    progress.set_total(manifest.files.values().map(|file| file.size).sum());
    match to {
        Destination::Folder(path) => into_folder(folder, &manifest, version, path, progress),
        Destination::Store { url, settings } => store::upload(folder, &manifest, version, (url, settings), progress),
    }
}

fn into_folder(
    folder: &Path,
    manifest: &Manifest,
    version: i64,
    to: &Path,
    progress: &Progress,
) -> Result<Published, PublishError> {
    let place = to.join(version.to_string());
    if let Ok(there) = fs::read(place.join(MANIFEST)) {
        let is_same = serde_json::from_slice::<Manifest>(&there).is_ok_and(|there| there == *manifest);
        let exists = PublishError::Exists { version, to: to.display().to_string() };
        return if is_same { Ok(Published::Already) } else { Err(exists) };
    }
    let new = NewFolder::create(&place, |_| None)?;
    let failed = |source| PlaceError::Write { path: place.clone(), source };
    for (name, file) in &manifest.files {
        if progress.is_cancelled() {
            return Ok(Published::Cancelled);
        }
        let at = new.path().join(name);
        fs::create_dir_all(at.parent().unwrap_or(new.path())).map_err(failed)?;
        fs::copy(folder.join(name), at).map_err(failed)?;
        progress.add(file.size);
    }
    fs::write(new.path().join(MANIFEST), manifest.json()).map_err(failed)?;
    new.keep()?;
    Ok(Published::New)
}

impl Manifest {
    fn of(folder: &Path) -> Result<Self, PublishError> {
        let mut files = BTreeMap::new();
        for entry in WalkDir::new(folder) {
            let failed = |source| PublishError::Read { path: folder.to_owned(), source };
            let entry = entry.map_err(|error| failed(error.into()))?;
            let Ok(name) = entry.path().strip_prefix(folder) else { continue };
            if !entry.file_type().is_file() {
                continue;
            }
            let name = name.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
            let mut hasher = blake3::Hasher::new();
            let size =
                File::open(entry.path()).and_then(|mut file| io::copy(&mut file, &mut hasher)).map_err(failed)?;
            files.insert(name, FileEntry { size, blake3: hasher.finalize().to_string() });
        }
        Ok(Self { files })
    }

    fn json(&self) -> Vec<u8> {
        // Names and numbers are all there is in it.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }
}
