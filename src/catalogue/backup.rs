//! Verified copies of a catalogue: before its schema changes and once a day, the last ten kept.
//!
//! They lie in the folder beside the catalogue, numbered, so that a clock that was set back does not make an old one the
//! newest. The date in the name only says on which day one was made. Old ones go when the day's is made and at no other
//! time: whoever looks through them, going back to one after the other, finds them all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};

use super::columns::misplaced;
use super::{Catalogue, CatalogueError, Result, Timestamp};
use crate::failure::Damage;
use crate::progress::Progress;
use crate::whole_file::{self, real};

/// Older ones are removed.
const NUM_KEPT: usize = 10;

/// Faults that are told; a badly damaged file has one a page.
const MAX_FAULTS: usize = 20;

/// Pages, or steps of its virtual machine, after which `SQLite` asks whether to go on: soon even where a disk is slow.
const ASKS_AFTER: i32 = 50;

/// A copy that was found to be whole when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Grows from one to the next.
    pub number: u64,
    /// The day on which it was last true, UTC.
    pub date: Date,
    pub path: PathBuf,
}

/// The folder beside a catalogue that holds what belongs to it: `shop.hangtag` has `shop.hangtag-data`.
#[must_use]
pub fn data_folder(catalogue: &Path) -> PathBuf {
    beside(catalogue, "-data")
}

/// All backups of a catalogue, oldest first.
#[must_use]
pub fn backups(catalogue: &Path) -> Vec<Backup> {
    let entries = fs::read_dir(folder(catalogue)).into_iter().flatten().flatten();
    let mut backups: Vec<Backup> = entries.filter_map(|entry| Backup::of_path(entry.path())).collect();
    backups.sort_by_key(|backup| backup.number);
    backups
}

/// What is wrong with a catalogue file: nothing where the list is empty.
///
/// # Errors
/// Where there is no such file, nor a backup of one, or it is a newer Hangtag's.
pub fn check(path: &Path) -> Result<Vec<String>> {
    if is_emptied(path) {
        return Ok(vec![EMPTIED.into()]);
    }
    match super::schema::recognise(path) {
        Ok(()) => faults_of(super::open_known(path)),
        Err(CatalogueError::NotACatalogue(_)) => Ok(vec!["it does not begin as a catalogue does".into()]),
        Err(error) => faults_of(Err(error)),
    }
}

/// What is wrong with the database at a path, whatever its schema.
pub(super) fn faults_at(path: &Path) -> Result<Vec<String>> {
    faults_of(super::open_for_reading(path))
}

/// What is wrong with a database; that is all that is known of one that is too damaged to be opened.
fn faults_of(opened: Result<Connection>) -> Result<Vec<String>> {
    match opened.and_then(|connection| Ok(faults(&connection)?)) {
        Err(CatalogueError::Damaged(Damage(reason))) => Ok(vec![reason]),
        found => found,
    }
}

/// What is said of a file that [`is_emptied`].
pub(super) const EMPTIED: &str = "it is gone or empty, and its backups are there; to begin anew, move the folder beside \
                                  it that ends with `-data` away";

/// Whether nothing is left of a catalogue, as a pulled plug leaves files on some disks, and a slip of the hand anywhere.
/// Without backups it is a new one; one with another's backups would be mended from them.
#[must_use]
pub fn is_emptied(path: &Path) -> bool {
    let is_nothing = match fs::metadata(path) {
        Ok(file) => file.len() == 0,
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    is_nothing && !backups(path).is_empty()
}

/// What is wrong with the database of a connection.
pub(super) fn faults(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("PRAGMA integrity_check({MAX_FAULTS})"))?;
    let mut faults = statement
        .query_map([], |row| row.get::<_, String>(0))?
        .filter(|line| !matches!(line, Ok(line) if line == "ok"))
        .collect::<rusqlite::Result<Vec<String>>>()?;
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        let fault = format!("a row of {table} names one of {parent} that is not there");
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    }
    // Of damaged pages there may be no end.
    if faults.is_empty() {
        faults.extend(misplaced(connection)?);
    }
    Ok(faults)
}

impl Backup {
    /// The moment at which it was made, if that was on the day on which it was last true.
    #[must_use]
    pub fn made_at(&self) -> Option<Timestamp> {
        let made_at = jiff::Timestamp::try_from(fs::metadata(&self.path).ok()?.modified().ok()?).ok()?;
        let is_same_day = jiff::tz::Offset::UTC.to_datetime(made_at).date() == self.date;
        is_same_day.then(|| Timestamp(made_at.as_millisecond()))
    }

    /// Whether it begins as a catalogue of a schema that is known here. One that a newer Hangtag made does not.
    #[must_use]
    pub fn is_recognised(&self) -> bool {
        super::schema::recognise(&self.path).is_ok()
    }

    /// How many labels and how many tags it holds.
    ///
    /// # Errors
    /// Where it cannot be read any more, or it is a newer Hangtag's.
    pub fn counts(&self) -> Result<(usize, usize)> {
        let copy = super::open_known(&self.path)?;
        let count = |sql| copy.query_row(sql, [], |row| row.get::<_, i64>(0));
        Ok((count("SELECT COUNT(*) FROM labels")? as usize, count("SELECT COUNT(*) FROM tags")? as usize))
    }

    fn of_path(path: PathBuf) -> Option<Self> {
        let stem = path.file_name()?.to_str()?.strip_suffix(".hangtag")?;
        let (number, date) = stem.split_once('-')?;
        Some(Self { number: number.parse().ok()?, date: date.parse().ok()?, path })
    }

    fn at(catalogue: &Path, number: u64, date: Date) -> Self {
        Self { number, date, path: folder(catalogue).join(format!("{number:06}-{date}.hangtag")) }
    }
}

impl Catalogue {
    /// Makes a backup unless one was made today, nothing has changed since the newest, or there is nothing in it yet. Gives
    /// the new one. A cancel breaks it off, and leaves nothing of it; this connection answers nothing any more then.
    ///
    /// # Errors
    /// Where the catalogue is damaged, or the disk does not take the copy; [`CatalogueError::Sqlite`] where it was broken
    /// off. The backups before are all still there then.
    pub fn back_up_daily(&mut self, progress: &Progress) -> Result<Option<Backup>> {
        self.check_writable()?;
        // Another day, not a later one: the clock may have been set back.
        if backups(&self.path).last().is_some_and(|newest| newest.date == today()) {
            return Ok(None);
        }
        let is_new: bool =
            self.connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM images)", [], |row| row.get(0))?;
        if is_new {
            return Ok(None);
        }
        break_off_on_cancel(&mut self.connection, progress)?;
        verify_database(&self.connection)?;
        let (backup, is_new) = make(&self.connection, &self.path, 1, progress)?;
        remove_oldest(&self.path);
        Ok(is_new.then_some(backup))
    }

    /// Looks at every page and row: of 100,000 photos within a second or two, and whoever writes does not wait for it. A
    /// cancel breaks it off at once. The connection goes with it: after a cancel it would answer nothing any more.
    ///
    /// # Errors
    /// [`CatalogueError::Damaged`] with the first fault; [`CatalogueError::Sqlite`] where it was broken off, or the disk
    /// fails.
    pub fn look_for_damage(mut self, progress: &Progress) -> Result<()> {
        break_off_on_cancel(&mut self.connection, progress)?;
        verify_database(&self.connection)
    }
}

/// Has a connection break off what it does, and do nothing after that, once the task is cancelled.
fn break_off_on_cancel(connection: &mut Connection, progress: &Progress) -> Result<()> {
    let progress = progress.clone();
    Ok(connection.progress_handler(ASKS_AFTER, Some(move || progress.is_cancelled()))?)
}

/// Copies the database of a connection into a new backup, and checks the copy, unless cancelled meanwhile. Gives the backup,
/// and whether it is new: one of so many newest ones may hold the same already.
pub(super) fn make(
    connection: &Connection,
    catalogue: &Path,
    num_newest: usize,
    progress: &Progress,
) -> Result<(Backup, bool)> {
    let partial = folder(catalogue).join("new.part");
    let made = copy_whole(connection, &partial, progress).and_then(|()| keep(&partial, catalogue, num_newest));
    if made.is_err() {
        // Half a copy is of no use to anybody; whatever keeps it there, the next one replaces it.
        let _ = fs::remove_file(&partial);
    }
    made
}

/// Copies the database of a connection, whatever its schema, to a new file that is checked and on disk when this returns. A
/// cancel breaks off the check; the copying is the connection's own to break off.
pub(super) fn copy_whole(connection: &Connection, to: &Path, progress: &Progress) -> Result<()> {
    let failed = |source: io::Error| CatalogueError::File { path: to.to_owned(), source };
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    remove_database(to).map_err(failed)?;
    // As bytes: on most systems a name need not be Unicode.
    let name = ToSqlOutput::Borrowed(ValueRef::Text(to.as_os_str().as_encoded_bytes()));
    connection.execute("VACUUM INTO ?1", [name])?;
    verify_unless_cancelled(to, progress)?;
    // Windows syncs only what may be written.
    OpenOptions::new().write(true).open(to).and_then(|file| file.sync_all()).map_err(failed)
}

/// Whether a file is a catalogue without a fault.
pub(super) fn verify(path: &Path) -> Result<()> {
    damaged_if_any(check(path)?)
}

/// Whether the database at a path is without a fault, whatever its schema.
fn verify_unless_cancelled(path: &Path, progress: &Progress) -> Result<()> {
    let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    break_off_on_cancel(&mut connection, progress)?;
    verify_database(&connection)
}

/// Whether the database of a connection is without a fault.
fn verify_database(connection: &Connection) -> Result<()> {
    damaged_if_any(faults(connection)?)
}

/// The first of the faults as an error.
fn damaged_if_any(faults: Vec<String>) -> Result<()> {
    faults.into_iter().next().map_or(Ok(()), |fault| Err(CatalogueError::Damaged(fault.into())))
}

/// Gives a verified copy its name, unless one of so many newest backups is the same: then that one is true of today as well.
fn keep(partial: &Path, catalogue: &Path, num_newest: usize) -> Result<(Backup, bool)> {
    let failed = |source: io::Error| CatalogueError::File { path: partial.to_owned(), source };
    let known = backups(catalogue);
    // One that cannot be read any more is as good as none.
    let same = known.iter().rev().take(num_newest).find(|backup| is_same(&backup.path, partial).unwrap_or(false));
    if let Some(same) = same {
        let still = Backup::at(catalogue, same.number, today());
        fs::rename(&same.path, &still.path).and_then(|()| fs::remove_file(partial)).map_err(failed)?;
        return Ok((still, false));
    }
    let backup = Backup::at(catalogue, number_after(known.last())?, today());
    whole_file::rename(partial, &backup.path).map_err(failed)?;
    Ok((backup, true))
}

fn number_after(newest: Option<&Backup>) -> Result<u64> {
    let Some(newest) = newest else { return Ok(1) };
    // Nobody comes to the last one by making backups, but a file can be called so.
    newest.number.checked_add(1).ok_or_else(|| {
        let path = newest.path.display();
        CatalogueError::Refused(format!("no number comes after that of the backup {path}; move it elsewhere"))
    })
}

fn remove_oldest(catalogue: &Path) {
    let known = backups(catalogue);
    for old in &known[..known.len().saturating_sub(NUM_KEPT)] {
        if let Err(error) = fs::remove_file(&old.path) {
            tracing::warn!("an old backup stays: {error}");
        }
    }
}

fn is_same(a: &Path, b: &Path) -> io::Result<bool> {
    if fs::metadata(a)?.len() != fs::metadata(b)?.len() {
        return Ok(false);
    }
    let hash = |path: &Path| -> io::Result<blake3::Hash> {
        let mut file = File::open(path)?;
        let mut header = [0; 100];
        file.read_exact(&mut header)?;
        // The schema cookie (1.3.9 of https://sqlite.org/fileformat.html) grows with each copy.
        header[40..44].fill(0);
        Ok(blake3::Hasher::new().update(&header).update_reader(file)?.finalize())
    };
    Ok(hash(a)? == hash(b)?)
}

/// Removes a database with what `SQLite` keeps beside it; it need not be there.
pub(super) fn remove_database(path: &Path) -> io::Result<()> {
    remove(path)?;
    remove_logs(path)
}

/// Removes what `SQLite` keeps beside a database, as far as it is there.
pub(super) fn remove_logs(path: &Path) -> io::Result<()> {
    ["-wal", "-shm", "-journal"].iter().try_for_each(|ending| remove(&beside(path, ending)))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The path of the file itself with an ending, as in `shop.hangtag-wal`, also where it is named by a link: there `SQLite`
/// keeps its log.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = real(path).into_os_string();
    name.push(ending);
    name.into()
}

fn folder(catalogue: &Path) -> PathBuf {
    data_folder(catalogue).join("backups")
}

fn today() -> Date {
    jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date()
}
