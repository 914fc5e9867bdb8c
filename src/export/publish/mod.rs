//! Putting an exported version where servers look for it: a folder, S3 or Google Cloud Storage; whole or not at all.
//!
//! A version lies at `TO/NUMBER`, beside those before it, and is never written over. It is known by its model: what it
//! was checked with may be other photos each time, and stays as it was published first. `hangtag-manifest.json` comes
//! last: a version without it was cut off, and the next publishing of it goes on from there. In stores
//! `hangtag-manifest.json.part` comes first, so that two versions of one number never mix.

mod store;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;
use walkdir::WalkDir;

use super::place::{NewFolder, PlaceError};
use super::write::MANIFEST as EXPORT;
use crate::progress::Progress;

/// The last file of a version.
const MANIFEST: &str = "hangtag-manifest.json";

/// What goes along with a model: what was measured of it, and what it is checked with and by. It may be something else in
/// another export of the same version.
const ALONG_WITH_MODEL: [&str; 6] = [EXPORT, "README.md", "NOTICE", "parity", "verify.py", "prepare.py"];

/// Where versions go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    Folder(PathBuf),
    /// `s3://BUCKET/PREFIX` or `gs://BUCKET/PREFIX`, with keys and endpoint under the names that the stores' own tools
    /// have for them (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, `GOOGLE_APPLICATION_CREDENTIALS` …). Always with TLS, unless
    /// `AWS_ALLOW_HTTP` or `GOOGLE_ALLOW_HTTP` says otherwise.
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
    /// The same model was there already, and is left as it was.
    Already,
    Cancelled,
}

/// Why a version is not there.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("version {version} is at {to} already, and is another; versions are never written over")]
    Exists { version: i64, to: String },
    #[error("version {version} was put at {to} before, but `{name}` there is missing or not what was published")]
    Changed { version: i64, to: String, name: String },
    #[error("another export of version {version} is on its way to {to}, or was cut off there")]
    Claimed { version: i64, to: String },
    #[error("`{name}` lies where version {version} should go at {to}, and is no part of it as it is now")]
    Foreign { version: i64, to: String, name: String },
    #[error("no `verified.json` in {0} is of this version's files")]
    NotVerified(PathBuf),
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error("{path} cannot be read: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{to} cannot be reached: {source}; this left nothing there")]
    Store { to: String, source: object_store::Error },
    #[error(
        "{to} cannot be reached: {source}; part of the new version may be there, which publishing it again completes"
    )]
    Unfinished { to: String, source: object_store::Error },
}

/// The files of a version.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
            return Ok(Self::Store { url, settings: settings_of(std::env::vars_os()) });
        }
        match text.split_once("://") {
            Some((scheme, _)) => Err(format!("`{scheme}://` is not known; name a folder, s3://… or gs://…")),
            None if text.is_empty() => Err("it is empty; name a folder, s3://… or gs://…".to_owned()),
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

/// What of the environment is meant for stores. A `TOKEN` or `REGION` of something else would be taken for theirs.
fn settings_of(environment: impl Iterator<Item = (OsString, OsString)>) -> Vec<(String, String)> {
    let text = environment.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    text.filter(|(name, _)| ["AWS_", "GOOGLE_"].iter().any(|start| name.starts_with(*start))).collect()
}

/// Puts the files of a folder at `to/version`. Bytes are counted into `progress`.
///
/// # Errors
/// [`PublishError`] where something else of that number is there, or something cannot be read or written.
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
        let (to, there) = (to.display().to_string(), Manifest::read(&there));
        if !there.is_of_same_model(manifest) {
            return Err(PublishError::Exists { version, to });
        }
        let is_there =
            |(name, file): &(&String, &FileEntry)| FileEntry::of(&place.join(name)).ok().as_ref() == Some(*file);
        return match there.files.iter().find(|entry| !is_there(entry)) {
            Some((name, _)) => Err(PublishError::Changed { version, to, name: name.clone() }),
            None => Ok(Published::Already),
        };
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

impl FileEntry {
    fn of(path: &Path) -> io::Result<Self> {
        let mut hasher = blake3::Hasher::new();
        let size = io::copy(&mut File::open(path)?, &mut hasher)?;
        Ok(Self { size, blake3: hasher.finalize().to_string() })
    }
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
            files.insert(name, FileEntry::of(entry.path()).map_err(failed)?);
        }
        Ok(Self { files })
    }

    /// What was written once. Anything else lists nothing, and is of no model.
    fn read(json: &[u8]) -> Self {
        serde_json::from_slice(json).unwrap_or_default()
    }

    /// Whether both are of one model, whatever each was checked with.
    fn is_of_same_model(&self, other: &Self) -> bool {
        self.of_model().eq(other.of_model())
    }

    fn of_model(&self) -> impl Iterator<Item = (&String, &FileEntry)> {
        let goes_along = |name: &str| name.split('/').next().is_some_and(|first| ALONG_WITH_MODEL.contains(&first));
        self.files.iter().filter(move |(name, _)| !goes_along(name))
    }

    fn json(&self) -> Vec<u8> {
        // Names and numbers are all there is in it.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_told_what_is_meant_for_stores() {
        let mut environment: Vec<(OsString, OsString)> = [
            ("AWS_REGION", "eu-north-1"),
            ("TOKEN", "of a web page"),
            ("GOOGLE_BUCKET", "shop"),
            ("REGION", "nowhere"),
        ]
        .map(|(name, value)| (OsString::from(name), OsString::from(value)))
        .into();
        #[cfg(unix)]
        environment.push(("AWS_PROFILE".into(), std::os::unix::ffi::OsStringExt::from_vec(vec![0xff])));
        let expected = [("AWS_REGION", "eu-north-1"), ("GOOGLE_BUCKET", "shop")];
        let expected: Vec<_> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(settings_of(environment.drain(..)), expected);
    }
}
