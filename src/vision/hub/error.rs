//! What can go wrong between a person and pretrained weights, and the way out of each.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use reqwest::{StatusCode, Url};

use super::HubSettings;
use super::settings::DEFAULT_ENDPOINT;
use super::store::folder_name;
use crate::vision::registry::RegistryEntry;

/// Why there are no weights, and what a person can do about it.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    #[error(
        "{wanted} is not in the cache, and HF_HUB_OFFLINE forbids going online. Unset it and {}",
        .wanted.way_out()
    )]
    Offline { wanted: Arc<Wanted> },
    #[error(
        "There is no connection to {} for {wanted} ({because}). Go online once and {}",
        .wanted.host, .wanted.way_out()
    )]
    NoConnection { wanted: Arc<Wanted>, because: String },
    #[error(
        "The download of {wanted} broke off after {} of {} ({because}). What is there is kept: run \
         `hangtag models get {}` again for the rest",
        megabytes(*.kept_bytes), megabytes(*.total_bytes), .wanted.id
    )]
    Interrupted { wanted: Arc<Wanted>, kept_bytes: u64, total_bytes: u64, because: String },
    #[error(
        "{endpoint} cannot be used as the hub's address: {because}. Set HF_ENDPOINT to an https address (http is for \
         servers on this computer alone), or unset it for {DEFAULT_ENDPOINT}"
    )]
    Endpoint { endpoint: String, because: String },
    #[error(
        "{} does not let you have {wanted} ({status}). Accept its terms on the hub's page for it and set HF_TOKEN \
         to your token, or remove a token that has expired",
        .wanted.host
    )]
    NoAccess { wanted: Arc<Wanted>, status: StatusCode },
    #[error(
        "{} does not have {wanted} at revision {revision}. If HF_ENDPOINT names a mirror, try without it",
        .wanted.host
    )]
    NotFound { wanted: Arc<Wanted>, revision: String },
    #[error("{} answered {status} for {wanted}. Try again later, or set HF_ENDPOINT to a mirror", .wanted.host)]
    Refused { wanted: Arc<Wanted>, status: StatusCode },
    #[error(
        "{} does not answer as the hub does: {because}. A login page of the network may be in the way: open a page in \
         a browser, check HF_ENDPOINT, and run `hangtag models get {}` again",
        .wanted.host, .wanted.id
    )]
    NotAHub { wanted: Arc<Wanted>, because: String },
    #[error(
        "{} announces {} for {wanted}, where about {} are expected; nothing was downloaded. Check HF_ENDPOINT",
        .wanted.host, megabytes(*.announced_bytes), megabytes(*.expected_bytes)
    )]
    TooLarge { wanted: Arc<Wanted>, announced_bytes: u64, expected_bytes: u64 },
    #[error(
        "{} announces another file for {wanted} than this Hangtag knows (sha256 {announced_sha256}); nothing was \
         downloaded. Check HF_ENDPOINT, or update Hangtag",
        .wanted.host
    )]
    OtherFile { wanted: Arc<Wanted>, announced_sha256: String },
    #[error(
        "{wanted} is damaged or was replaced: its sha256 is {found_sha256}, which is not the right one. Go online and \
         run `hangtag models get {}` to download it again ({})",
        .wanted.id, .path.display()
    )]
    WrongChecksum { wanted: Arc<Wanted>, path: PathBuf, found_sha256: String },
    #[error("The disk is full. Make room, or set HF_HUB_CACHE to a folder on another disk ({})", .path.display())]
    DiskFull { path: PathBuf },
    #[error(
        "The cache of the hub cannot be written. Allow it, or set HF_HUB_CACHE to a folder of your own ({}: {source})",
        .path.display()
    )]
    NotWritable { path: PathBuf, source: io::Error },
    #[error("{}: {source}", .path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("The network cannot be used from this program: {0}")]
    Client(String),
}

impl HubError {
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull { path: path.to_owned() },
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { path: path.to_owned(), source }
            }
            _ => Self::Io { path: path.to_owned(), source },
        }
    }
}

/// The file that an error is about, as its message names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub id: String,
    pub repo: String,
    pub file: String,
    /// The server that was to send it.
    pub host: String,
    pub cache_dir: PathBuf,
}

impl Wanted {
    pub(super) fn new(entry: &RegistryEntry, settings: &HubSettings) -> Arc<Self> {
        let host = Url::parse(&settings.endpoint).ok().and_then(|url| url.host_str().map(str::to_owned));
        Arc::new(Self {
            id: entry.id.clone(),
            repo: entry.repo.clone(),
            file: entry.file.clone(),
            host: host.unwrap_or_else(|| settings.endpoint.clone()),
            cache_dir: settings.cache_dir.clone(),
        })
    }

    fn way_out(&self) -> String {
        format!(
            "run `hangtag models get {}`, set HF_ENDPOINT to a mirror, or copy the folder {} from the cache of a \
             computer that has it into {}",
            self.id,
            folder_name(&self.repo),
            self.cache_dir.display()
        )
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.file, self.repo)
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_locked_folder_have_errors_of_their_own() {
        let path = Path::new("/cache/blob");
        let error = |kind: ErrorKind| HubError::at(path)(kind.into());
        assert!(matches!(error(ErrorKind::StorageFull), HubError::DiskFull { .. }));
        assert!(matches!(error(ErrorKind::PermissionDenied), HubError::NotWritable { .. }));
        assert!(matches!(error(ErrorKind::ReadOnlyFilesystem), HubError::NotWritable { .. }));
        for kind in [ErrorKind::StorageFull, ErrorKind::PermissionDenied, ErrorKind::Other] {
            assert!(error(kind).to_string().contains("/cache/blob"));
        }
    }
}
