//! The catalogue file: one `SQLite` database with everything a person would miss.
//!
//! Roots, images, tags, labels, history, model versions, runs. What can be computed again (thumbnails, features, proposals) is not in it.
//! This room knows SQL and nothing of networks: a proposal reaches it only as the label that a person made of it, and
//! a photo is known by its content hash.
//!
//! Whatever a person says goes through [`Catalogue::perform`] as a [`Step`] that can be undone, and is on disk
//! (`synchronous=EXTRA`, which is `FULL` and more) when the call returns.

mod article;
mod backup;
mod columns;
mod deed;
mod edit;
mod filters;
mod images;
mod import;
mod inside;
mod labels;
mod lock;
mod merge;
mod repair;
mod runs;
mod scan;
mod schema;
mod splits;
mod statements;
mod tags;
mod versions;

pub use article::{article_name, file_stem, is_shot_number};
pub use backup::{Backup, backups, check, data_folder, is_emptied};
pub use deed::Deed;
pub use edit::{Change, Step};
pub use filters::{SavedFilter, follow_filters};
pub use images::{FileRow, ImageId, ImageRow, ImageState, Listing};
pub use import::{ImportReport, import};
pub use inside::below;
pub use labels::{Label, LabelSource, Labels, Timestamp};
pub use lock::{ReadOnlyReason, wait_for_writer};
pub use repair::{Repair, repair, restore};
pub use runs::{CHECKPOINT, OUTCOME, RunRow, RunState};
pub use scan::{Found, ScanWarning, photos_in};
pub use splits::SplitSide;
pub use statements::{Intake, RowFault, Statement, csv_statements, folder_statements, write_csv};
pub use tags::{Group, GroupId, GroupKind, MAX_NAME_CHARS, Tag, TagId, Vocabulary, check_name};
pub use versions::{Activation, VersionRow};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior, ffi};

use crate::failure::{Cause, Damage};
use lock::WriterLock;

/// How long a connection waits for another one's transaction, all of which are short.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a catalogue cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("{0} is no Hangtag catalogue; choose a file that Hangtag made, or a new name")]
    NotACatalogue(PathBuf),
    #[error(
        "{path} was written by a newer Hangtag (schema {found}, this one knows {known}); update Hangtag to open it, or \
         go back to an older backup with `hangtag restore --catalogue FILE`"
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("the catalogue is open for reading only: {0}")]
    ReadOnly(ReadOnlyReason),
    #[error("the catalogue cannot be read or written: {0}")]
    Sqlite(rusqlite::Error),
    #[error(
        "the catalogue is damaged ({0}); close it, and `hangtag repair --catalogue FILE` saves what can be read and \
         fills up from its newest backup"
    )]
    Damaged(#[source] Damage),
    #[error("no copy could be made before it is brought up to date: {0}")]
    NotCopied(Box<CatalogueError>),
    #[error("{path} cannot be reached: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error(
        "the catalogue names `{0}`, which leads out of its folder and is not followed; if somebody else made it, ask \
         for a new one, else go back to a backup with `hangtag restore --catalogue FILE`"
    )]
    LeadsOut(String),
    #[error("a name needs at least one character")]
    EmptyName,
    #[error("a name has at most {} characters; shorten it", MAX_NAME_CHARS)]
    LongName,
    #[error("the name `{0}` is taken; choose another one, or merge the two tags")]
    TakenName(String),
    #[error("run {0} is not finished, and goes on from this version's backbone")]
    NeededByRun(i64),
    #[error("{0}")]
    Refused(String),
}

impl CatalogueError {
    /// The reason, where it is one of those that every language has words for.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::NotACatalogue(_) => Some(Cause::NotACatalogue),
            Self::Newer { .. } => Some(Cause::NewerCatalogue),
            Self::ReadOnly(_) => Some(Cause::ReadOnlyCatalogue),
            Self::Sqlite(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DiskFull) => Some(Cause::DiskFull),
                Some(ErrorCode::ReadOnly) => Some(Cause::ReadOnlyDisk),
                Some(ErrorCode::SystemIoFailure) => Some(Cause::DiskFails),
                Some(ErrorCode::PermissionDenied) => Some(Cause::NotAllowed),
                _ => None,
            },
            Self::File { source, .. } => Cause::of_io(source),
            Self::EmptyName => Some(Cause::EmptyName),
            Self::LongName => Some(Cause::LongName(MAX_NAME_CHARS)),
            Self::TakenName(name) => Some(Cause::TakenName(name.clone())),
            Self::NeededByRun(run) => Some(Cause::NeededByRun(*run)),
            Self::NotCopied(error) => error.cause(),
            Self::Damaged(_) => Some(Cause::DamagedCatalogue),
            Self::Refused(_) | Self::LeadsOut(_) => None,
        }
    }
}

impl From<rusqlite::Error> for CatalogueError {
    fn from(error: rusqlite::Error) -> Self {
        let is_damage = match &error {
            // A value that cannot be its column's, such as a text that is none.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => true,
            other => {
                matches!(other.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            }
        };
        if is_damage { Self::Damaged(error.to_string().into()) } else { Self::Sqlite(error) }
    }
}

/// What this crate's catalogue calls return.
pub type Result<T> = std::result::Result<T, CatalogueError>;

/// An open catalogue: one connection, for one thread. A worker makes its own with [`Catalogue::reopen`].
pub struct Catalogue {
    connection: Connection,
    path: PathBuf,
    access: Access,
    /// Which file was opened; another one may come to lie at the path.
    identity: Option<(u64, u64)>,
}

/// Whether this program may write, and if not, why.
#[derive(Clone, Debug)]
enum Access {
    Write(
        #[expect(dead_code, reason = "held so that the lock lasts as long as the catalogue is open")] Arc<WriterLock>,
    ),
    Read(ReadOnlyReason),
}

impl Catalogue {
    /// Opens the catalogue at `path`, making it where there is none, nor a backup of one. If another program writes it, or
    /// the disk is read-only, it opens for reading, and [`Catalogue::read_only_reason`] says why.
    ///
    /// Whoever may write finishes a repair or a restore that was cut off before it had put the new file into its place.
    ///
    /// # Errors
    /// [`CatalogueError`] for a file of another kind or a newer schema (which is left as it is), or a disk that fails.
    pub fn open(path: &Path) -> Result<Self> {
        // First of all: what lies in the catalogue's place may be damaged, or gone, until that is finished.
        let early = repair::is_cut_off(path).then(|| take_lock(path));
        if early.is_none() && backup::is_emptied(path) {
            return Err(CatalogueError::Damaged(backup::EMPTIED.to_owned().into()));
        }
        let is_new = !path.exists();
        if !is_new {
            schema::recognise(path).map_err(|error| match error {
                // What has backups was a catalogue once.
                CatalogueError::NotACatalogue(_) if !backups(path).is_empty() => {
                    CatalogueError::Damaged("it does not begin as a catalogue does".to_owned().into())
                }
                other => other,
            })?;
        } else if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|source| CatalogueError::File { path: folder.to_owned(), source })?;
        }
        let access = match early.unwrap_or_else(|| take_lock(path)) {
            Ok(lock) => Access::Write(Arc::new(lock)),
            Err(reason) if is_new => return Err(CatalogueError::ReadOnly(reason)),
            Err(reason) => Access::Read(reason),
        };
        let catalogue = match Self::connect(path, access) {
            // Without a copy the file stays as it is, which reading does not change.
            Err(CatalogueError::NotCopied(error)) => {
                let reason = CatalogueError::NotCopied(error).to_string();
                Self::connect(path, Access::Read(ReadOnlyReason::NotCopied(reason)))
            }
            other => other,
        }?;
        catalogue.note_interrupted_runs();
        Ok(catalogue)
    }

    /// Another connection to the same file with the same rights, for a worker thread.
    ///
    /// # Errors
    /// Where the file is gone, or another one is in its place.
    pub fn reopen(&self) -> Result<Self> {
        self.check_in_place()?;
        let mut connection = open_as(&self.path, &self.access)?;
        match &self.access {
            // It was examined and brought up to date before.
            Access::Write(_) => schema::prepare_for_writing(&connection)?,
            Access::Read(_) => schema::prepare_for_reading(&mut connection, &self.path)?,
        }
        Ok(Self { connection, path: self.path.clone(), access: self.access.clone(), identity: self.identity })
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why nothing can be written, if so.
    #[must_use]
    pub fn read_only_reason(&self) -> Option<&ReadOnlyReason> {
        match &self.access {
            Access::Read(reason) => Some(reason),
            Access::Write(_) => None,
        }
    }

    /// A remembered setting of this catalogue, such as the model in use.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn setting(&self, name: &str) -> Result<Option<String>> {
        use rusqlite::OptionalExtension;
        let value = self.connection.query_row("SELECT value FROM settings WHERE name = ?1", [name], |row| row.get(0));
        Ok(value.optional()?)
    }

    /// Remembers a setting with the catalogue.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn set_setting(&self, name: &str, value: &str) -> Result<()> {
        self.check_writable()?;
        self.connection.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?1, ?2)", [name, value])?;
        Ok(())
    }

    /// Forgets a setting.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn clear_setting(&self, name: &str) -> Result<()> {
        self.check_writable()?;
        self.connection.execute("DELETE FROM settings WHERE name = ?1", [name])?;
        Ok(())
    }

    fn connect(path: &Path, access: Access) -> Result<Self> {
        let mut connection = open_as(path, &access)?;
        match access {
            Access::Write(_) => schema::prepare(&mut connection, path)?,
            Access::Read(_) => schema::prepare_for_reading(&mut connection, path)?,
        }
        Ok(Self { connection, path: path.to_owned(), access, identity: identity(path) })
    }

    /// A transaction, where the catalogue may be written. It takes the right to write at once: one that took it later could
    /// find that another connection has written in between, and would have to start over.
    fn begin(&mut self) -> Result<Transaction<'_>> {
        self.check_writable()?;
        Ok(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// Refuses to go on where the file was moved or replaced: what is written would lie in a log beside its old place, where
    /// nobody looks for it. What lies there already is brought into the file, wherever it is now.
    fn check_in_place(&self) -> Result<()> {
        if identity(&self.path) == self.identity {
            return Ok(());
        }
        if matches!(self.access, Access::Write(_)) {
            let taken_in = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            if let Err(error) = taken_in {
                tracing::warn!("what was said last is in the log at the old place: {error}");
            }
        }
        let reason =
            "the catalogue was moved, replaced or removed while it was open; close it, and open it where it is";
        Err(CatalogueError::Refused(reason.into()))
    }

    fn check_writable(&self) -> Result<()> {
        match self.read_only_reason() {
            Some(reason) => Err(CatalogueError::ReadOnly(reason.clone())),
            None => self.check_in_place(),
        }
    }
}

impl Drop for Catalogue {
    /// `SQLite` takes the log of a file that was moved into it at no other time.
    fn drop(&mut self) {
        let _ = self.check_in_place();
    }
}

/// Which file lies at a path, by its disk and its number there, whatever it is called. Windows moves no file that is open.
#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identity(_path: &Path) -> Option<(u64, u64)> {
    None
}

/// Takes the right to write, and finishes what the one who had it before was killed at: work that went on in the old
/// file would have to give way to the new one later. Where that fails, the old file can only be read.
fn take_lock(path: &Path) -> std::result::Result<WriterLock, ReadOnlyReason> {
    let lock = WriterLock::take(path)?;
    repair::finish_swap(path).map_err(|error| ReadOnlyReason::Folder(error.to_string()))?;
    Ok(lock)
}

/// A connection with these rights.
fn open_as(path: &Path, access: &Access) -> Result<Connection> {
    let connection = match access {
        Access::Write(_) => careful(Connection::open(path)?)?,
        // Where nothing can be locked, `SQLite` could not lock it either.
        Access::Read(ReadOnlyReason::Lock(_)) => open_unchanging(path)?,
        Access::Read(_) => open_for_reading(path)?,
    };
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// The number that comes after the last one of such things. Nobody comes to the end of them by working.
fn number_after(last: i64, what: &str) -> Result<i64> {
    last.checked_add(1).ok_or_else(|| {
        CatalogueError::Refused(format!(
            "the catalogue has no number left for another {what}; go back to a backup with `hangtag restore --catalogue \
             FILE`"
        ))
    })
}

/// Has a connection wait for others, and trust nothing that the file brings along: a stranger may have made it.
fn careful(connection: Connection) -> Result<Connection> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// A connection that only reads. On a disk that cannot be written `SQLite` cannot make its shared-memory file; as nobody
/// can write there, the file is then read as one that does not change. Nothing else is a reason for that: beside a writer
/// it would show what is old, or half of a change.
fn open_for_reading(path: &Path) -> Result<Connection> {
    let connection = careful(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)?;
    // From the first page, whatever lies behind it.
    let Err(error) = connection.pragma_query_value(None, "user_version", |_| Ok(())) else { return Ok(connection) };
    if error.sqlite_extended_error_code() == Some(ffi::SQLITE_READONLY_ROLLBACK) {
        let reason = "a change to it was cut off, and cannot be taken back where it cannot be written".to_owned();
        return Err(CatalogueError::Damaged(reason.into()));
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => open_unchanging(path),
        _ => Err(error.into()),
    }
}

/// A connection that reads a file as it is, without its log and without a lock.
fn open_unchanging(path: &Path) -> Result<Connection> {
    // All bytes of it: a name need not be Unicode, and `//` would begin the name of a computer.
    let name = path.as_os_str().as_encoded_bytes().iter();
    let escaped = name.fold(String::new(), |escaped, byte| format!("{escaped}%{byte:02x}"));
    let uri = format!("file:{escaped}?immutable=1");
    careful(Connection::open_with_flags(uri, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI)?)
}

/// A connection that only reads a catalogue of a schema that is known here.
fn open_known(path: &Path) -> Result<Connection> {
    let connection = open_for_reading(path)?;
    schema::examine(&connection, path)?;
    Ok(connection)
}
