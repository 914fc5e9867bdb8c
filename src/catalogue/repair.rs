//! Damaged catalogues: saving what can be read, filling up from the newest backup, and going back to a backup.
//!
//! Nothing is done to a file in place. The new catalogue is made beside it, checked, and put into its place at the end;
//! what lay there before is kept.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::backup::{
    Backup, backups, beside, check, copy_whole, data_folder, faults, faults_at, remove_database, remove_logs, verify,
};
use super::lock::WriterLock;
use super::merge::{Merged, merge};
use super::{CatalogueError, Result, schema};
use crate::progress::Progress;
use crate::whole_file::{real, sync_parent};

/// What a repair did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// What it was filled up from; none where there was no backup.
    pub backup: Option<Backup>,
    /// Labels that are there now.
    pub labels: usize,
    /// Labels that only the damaged file had: made, or changed, since the backup.
    pub newer: usize,
    /// Labels that could not be read any more and come from the backup.
    pub from_backup: usize,
    /// Labels that were read, of photos that nothing is known of any more.
    pub lost: usize,
    /// Where the damaged file was put.
    pub kept: PathBuf,
}

/// Repairs a damaged catalogue, or gives `None` where nothing is wrong with it.
///
/// # Errors
/// Where another program has it open, nothing of it can be read and there is no backup, or the disk fails. The file is as
/// it was then.
pub fn repair(path: &Path) -> Result<Option<Repair>> {
    let _lock = WriterLock::take(path).map_err(CatalogueError::ReadOnly)?;
    if finish_swap(path)? || check(path)?.is_empty() {
        return Ok(None);
    }
    let kept = free_folder(path);
    let half_done = ["repair.part", "repair.whole"].map(|name| data_folder(path).join(name));
    let built = build(path, kept.clone(), &half_done);
    for file in &half_done {
        // Of no use to anybody; whatever keeps it there, as a kill does, the next repair writes over it.
        let _ = remove_database(file);
    }
    let repair = built.inspect_err(|_| remove_folder(&kept))?;
    swap(path)?;
    Ok(Some(repair))
}

/// Copies a damaged catalogue into the folder `kept`, and lays a whole one, of what can be read of the copy and of the
/// newest backup, ready for [`swap`]. Until then it is at `partial`, then at `whole`.
fn build(path: &Path, kept: PathBuf, [partial, whole]: &[PathBuf; 2]) -> Result<Repair> {
    let source = copy_aside(path, &kept)?;
    let backup = start_from_backup(path, partial)?;
    let mut target = Connection::open(partial)?;
    schema::bring_up_to_date(&mut target)?;
    // The copy may be written: its log is taken in, and the damaged file stays as it was. Of a file that is gone SQLite would
    // delete the log, which is all that is kept of it.
    let is_there = num_bytes(&source) > 0;
    let merged = match is_there.then(|| Connection::open(&source)) {
        Some(Ok(source)) => merge(&super::careful(source)?, &mut target)?,
        _ => Merged::default(),
    };
    if backup.is_none() && merged.num_rows == 0 {
        let reason = "nothing of it can be read, and it has no backup".to_owned();
        return Err(CatalogueError::Refused(reason));
    }
    if let Some(reason) = faults(&target)?.into_iter().next() {
        return Err(CatalogueError::Refused(format!(
            "what was saved does not fit together ({reason}); nothing was changed"
        )));
    }
    let labels = target.query_row("SELECT COUNT(*) FROM labels", [], |row| row.get::<_, i64>(0))? as usize;
    // Under its last name only once it is whole.
    copy_whole(&target, whole, &Progress::default())?;
    move_file(whole, &beside(path, READY))?;
    let Merged { newer, from_backup, lost, .. } = merged;
    Ok(Repair { backup, labels, newer, from_backup, lost, kept })
}

/// Goes back to a backup, by its number, or to the newest that this Hangtag can read, and gives it with where the file
/// before was put: a backup of its own if it was whole, be it a newer Hangtag's.
///
/// # Errors
/// Where another program has it open, there is no such backup, the backup is damaged or a newer Hangtag's, or the disk
/// fails. The file is as it was then.
pub fn restore(path: &Path, number: Option<u64>) -> Result<(Backup, Option<PathBuf>)> {
    let _lock = WriterLock::take(path).map_err(CatalogueError::ReadOnly)?;
    let known = backups(path);
    let backup = match number {
        Some(number) => known.into_iter().find(|backup| backup.number == number),
        None => known.into_iter().rev().find(can_be_read),
    };
    let backup = backup.ok_or_else(|| {
        CatalogueError::Refused("it has no such backup that is whole and that this Hangtag can read".into())
    })?;
    verify(&backup.path)?;
    // Before the file that is there becomes a backup itself: this one could be too old to be kept then.
    let partial = data_folder(path).join("restore.part");
    let prepare = || {
        copy_file(&backup.path, &partial)?;
        verify(&partial)?;
        finish_swap(path)?;
        keep_before(path)
    };
    let before = prepare().inspect_err(|_| {
        // The backup itself is still there.
        let _ = remove_database(&partial);
    })?;
    let ready = beside(path, READY);
    move_file(&partial, &ready)?;
    make_newest(path).inspect_err(|_| {
        let _ = remove_database(&ready);
    })?;
    swap(path)?;
    Ok((backup, before))
}

/// A whole new catalogue under this ending only waits to be put into the place of the old one.
const READY: &str = "-ready";

/// Makes a backup of what is about to take the catalogue's place. A repair fills up from the newest: were that of the
/// catalogue before, numbers that were given again since would put its labels on other photos.
fn make_newest(path: &Path) -> Result<()> {
    let ready = super::careful(Connection::open(beside(path, READY))?)?;
    super::backup::make(&ready, path, 1, &Progress::default()).map(|_| ())
}

/// Puts the new catalogue into the place of the old one. A pulled plug in the midst of it is finished by whoever takes
/// the lock next, before anything is written to the old one.
fn swap(path: &Path) -> Result<()> {
    let path = &real(path);
    // Before its log goes, the new one must be there whatever happens. A log that belongs to the old file would be taken
    // for the new one's.
    sync_parent(path);
    remove_logs(path).map_err(|source| CatalogueError::File { path: path.clone(), source })?;
    move_file(&beside(path, READY), path)?;
    sync_parent(path);
    Ok(())
}

/// Whether a repair or a restore was cut off in the midst of [`swap`].
pub(super) fn is_cut_off(path: &Path) -> bool {
    is_whole(&beside(path, READY))
}

/// Finishes what was cut off in the midst of [`swap`], for whoever holds the lock, and says whether there was anything.
/// What lies in the place is kept as before any other swap. Half a catalogue, as earlier versions left it, is put
/// aside, so that it is never taken for a new one.
pub(super) fn finish_swap(path: &Path) -> Result<bool> {
    let ready = beside(path, READY);
    if is_whole(&ready) {
        let before = keep_before(path)?;
        // Most often whoever was cut off had made it. What is whole is not to wait for a disk with more room.
        if let Err(error) = make_newest(path) {
            tracing::warn!("what takes the place of {} has no backup yet: {error}", path.display());
        }
        swap(path)?;
        if let Some(before) = before {
            tracing::warn!("a repair or restore was finished; what lay there before is kept as {}", before.display());
        }
        return Ok(true);
    }
    if ready.exists() {
        let aside = free_folder(path);
        fs::create_dir_all(&aside).map_err(|source| CatalogueError::File { path: aside.clone(), source })?;
        move_file(&ready, &aside.join(ready.file_name().unwrap_or_default()))?;
    }
    Ok(false)
}

/// Whether this is a catalogue without a fault. An empty file would pass for a new one.
fn is_whole(path: &Path) -> bool {
    num_bytes(path) > 0 && verify(path).is_ok()
}

fn num_bytes(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Keeps what another catalogue will take the place of, as a backup if it is whole, else aside, and gives where;
/// nothing where nothing is there.
fn keep_before(path: &Path) -> Result<Option<PathBuf>> {
    let is_empty = num_bytes(path) == 0;
    if is_empty && num_bytes(&beside(path, "-wal")) == 0 {
        return Ok(None);
    }
    let look = || {
        check(path).or_else(|error| match error {
            // What its tables mean is not known here, but whether they can be read shows all the same.
            CatalogueError::Newer { .. } => faults_at(path),
            other => Err(other),
        })
    };
    // Without the file that its log belongs to there is nothing to look through.
    if is_empty || !look()?.is_empty() {
        return keep_aside(path).map(Some);
    }
    let before = super::careful(Connection::open(path)?)?;
    // The newest may be what was made of the new one, before a swap that failed.
    let (kept, _) = super::backup::make(&before, path, 2, &Progress::default())?;
    Ok(Some(kept.path))
}

/// Copies a catalogue, with its log, as it is into a folder of its own, and gives the folder.
fn keep_aside(path: &Path) -> Result<PathBuf> {
    let kept = free_folder(path);
    copy_aside(path, &kept).inspect_err(|_| remove_folder(&kept))?;
    Ok(kept)
}

/// Copies a catalogue, with its log, as far as it is there, into a folder, and gives the copy.
fn copy_aside(path: &Path, kept: &Path) -> Result<PathBuf> {
    fs::create_dir_all(kept).map_err(|source| CatalogueError::File { path: kept.to_owned(), source })?;
    let copy = kept.join(path.file_name().unwrap_or_default());
    for ending in ["", "-wal", "-journal"] {
        let from = beside(path, ending);
        if from.exists() {
            copy_file(&from, &beside(&copy, ending))?;
        }
    }
    Ok(copy)
}

/// Removes what was put aside for nothing: the file that it was copied from is still where it was.
fn remove_folder(kept: &Path) {
    if let Err(error) = fs::remove_dir_all(kept) {
        tracing::debug!("{} stays: {error}", kept.display());
    }
}

/// A folder for what is put aside, by the first number that is free.
fn free_folder(path: &Path) -> PathBuf {
    let folder = data_folder(path).join("damaged");
    let free = (1..u32::MAX).map(|number| folder.join(format!("{number}"))).find(|folder| !folder.exists());
    free.unwrap_or(folder)
}

/// Whether a backup is whole and of a schema that is known here. One that a newer Hangtag made is told of, since nothing is
/// wrong with it.
fn can_be_read(backup: &Backup) -> bool {
    let verified = verify(&backup.path);
    if let Err(CatalogueError::Newer { .. }) = verified {
        tracing::warn!("backup {} of {} was made by a newer Hangtag and is passed over", backup.number, backup.date);
    }
    verified.is_ok()
}

/// Lays the newest backup that can be read to `partial`; nothing where there is none.
fn start_from_backup(path: &Path, partial: &Path) -> Result<Option<Backup>> {
    remove_database(partial).map_err(|source| CatalogueError::File { path: partial.to_owned(), source })?;
    let newest = backups(path).into_iter().rev().find(can_be_read);
    if let Some(backup) = &newest {
        copy_file(&backup.path, partial)?;
    }
    Ok(newest)
}

/// Copies a file to the disk. One that is marked read-only, as somebody may protect backups, gives a copy that is not.
fn copy_file(from: &Path, to: &Path) -> Result<()> {
    let copy = || {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        remove_database(to)?;
        let (mut original, mut copy) = (File::open(from)?, File::create(to)?);
        let permissions = original.metadata()?.permissions();
        if !permissions.readonly() {
            copy.set_permissions(permissions)?;
        }
        io::copy(&mut original, &mut copy)?;
        copy.sync_all()
    };
    copy().map_err(|source| CatalogueError::File { path: to.to_owned(), source })
}

/// Moves a file, also to another disk, where the folder beside a catalogue may lie.
fn move_file(from: &Path, to: &Path) -> Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            copy_file(from, to)?;
            remove_database(from).map_err(|source| CatalogueError::File { path: from.to_owned(), source })
        }
        moved => moved.map_err(|source| CatalogueError::File { path: to.to_owned(), source }),
    }
}
