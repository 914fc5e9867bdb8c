//! Bringing a folder into the catalogue, and bringing the catalogue up to date with it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use rusqlite::params;

use super::images::{ImageId, KnownFile, Reading, Recorded, record};
use super::scan::{Found, Scan, ScanWarning, relative, scan};
use super::{Catalogue, CatalogueError, Result};
use crate::imaging::{self, ContentHash, Header, ImagingError, MAX_PIXELS, PixelBudget};
use crate::progress::Progress;

/// Files a transaction holds: few enough that a click in the window never waits for long.
const BATCH: usize = 128;

/// Of photos that are decoded to see whether they are still broken.
static BUDGET: PixelBudget = PixelBudget::new(MAX_PIXELS);

/// What an import found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Photo files seen.
    pub files: usize,
    /// Contents that were not known before.
    pub new: usize,
    /// Files known and as they were.
    pub unchanged: usize,
    /// Files whose content is another than before.
    pub changed: usize,
    /// Files that lie elsewhere now.
    pub moved: usize,
    /// Files that are gone, and with them the content.
    pub missing: usize,
    /// Files that are gone while another file holds their content.
    pub removed: usize,
    /// Files that hold a content which another file holds too.
    pub duplicates: usize,
    /// Files that cannot be used, with the reason.
    pub broken: Vec<ScanWarning>,
    /// Files and folders that were passed over.
    pub warnings: Vec<ScanWarning>,
    pub is_cancelled: bool,
}

impl ImportReport {
    /// What was out of the ordinary: how many, and what.
    #[must_use]
    pub fn counts(&self) -> Vec<(usize, &'static str)> {
        let counts = [
            (self.new, "new"),
            (self.changed, "changed"),
            (self.moved, "moved"),
            (self.missing, "missing"),
            (self.removed, "removed"),
            (self.duplicates, "duplicate"),
            (self.broken.len(), "broken"),
            (self.warnings.len(), "passed over"),
        ];
        counts.into_iter().filter(|(count, _)| *count > 0).collect()
    }
}

struct Scope {
    root_id: i64,
    root: PathBuf,
    /// The scanned folder relative to the root, empty for the root itself.
    prefix: String,
}

/// Scans `folder` and records what is new, changed, moved or gone. `on_batch` is called after each transaction, so
/// that a window can show what there is so far. A file that fails is recorded and never ends the import.
///
/// # Errors
/// Where the folder does not exist and never did, or the catalogue cannot be written; what was recorded until then
/// stays.
pub fn import(
    catalogue: &mut Catalogue,
    folder: &Path,
    progress: &Progress,
    on_batch: &mut dyn FnMut(),
) -> Result<ImportReport> {
    catalogue.check_writable()?;
    let folder = resolve(catalogue, folder)?;
    let (scope, others) = scope_of(catalogue, &folder)?;
    let seen = scan(&scope.root, &folder, &others, progress);
    progress.set_total(seen.found.len() as u64);
    let known = known_files(catalogue, &scope)?;
    let mut report = ImportReport { files: seen.found.len(), warnings: seen.warnings.clone(), ..Default::default() };

    let (unchanged, to_read): (Vec<&Found>, Vec<&Found>) = seen.found.iter().partition(|found| {
        known.get(&found.path).is_some_and(|file| {
            let is_whole = file.has_hash && !file.has_fault;
            is_whole && file.is_present && file.size == found.size && file.mtime_ns == found.mtime_ns
        })
    });
    report.unchanged = unchanged.len();
    progress.add(unchanged.len() as u64);
    let mut gained = HashSet::new();
    for batch in to_read.chunks(BATCH) {
        if progress.is_cancelled() {
            break;
        }
        let was_broken = |found: &Found| known.get(&found.path).is_some_and(|file| file.has_fault);
        // What was broken is decoded, which takes a while.
        let readings = batch.par_iter().filter(|_| !progress.is_cancelled());
        let readings = readings.map(|found| (*found, read(found, was_broken(found)))).collect();
        keep_batch(catalogue, &scope, readings, &known, &mut report, &mut gained)?;
        progress.add(batch.len() as u64);
        on_batch();
    }
    report.is_cancelled = progress.is_cancelled();
    // A walk that was cut short says nothing of the files it did not reach.
    if !report.is_cancelled {
        forget_vanished(catalogue, &seen, &known, &mut gained, &mut report)?;
        on_batch();
    }
    Ok(report)
}

/// The folder's real path. A root that is gone (an unplugged disk) is still a root: its files become missing.
fn resolve(catalogue: &Catalogue, folder: &Path) -> Result<PathBuf> {
    match dunce::canonicalize(folder) {
        Ok(real) if real.is_dir() => Ok(real),
        Ok(_) => Err(CatalogueError::Refused(format!("{} is a file, not a folder of photos", folder.display()))),
        Err(_) if roots(catalogue)?.iter().any(|(_, root)| root == folder) => Ok(folder.to_owned()),
        Err(source) => Err(CatalogueError::File { path: folder.to_owned(), source }),
    }
}

fn roots(catalogue: &Catalogue) -> Result<Vec<(i64, PathBuf)>> {
    let mut statement = catalogue.connection.prepare_cached("SELECT id, path FROM roots ORDER BY id")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, PathBuf::from(row.get::<_, String>(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The root that holds the folder, made if there is none, and the other roots inside the folder.
fn scope_of(catalogue: &Catalogue, folder: &Path) -> Result<(Scope, Vec<PathBuf>)> {
    let roots = roots(catalogue)?;
    let others = roots.iter().map(|(_, root)| root.clone()).filter(|root| root != folder && root.starts_with(folder));
    let others = others.collect();
    if let Some((root_id, root)) = roots.iter().find(|(_, root)| folder.starts_with(root)) {
        let prefix = relative(root, folder).unwrap_or_default();
        return Ok((Scope { root_id: *root_id, root: root.clone(), prefix }, others));
    }
    let text = folder.to_str().ok_or_else(|| {
        CatalogueError::Refused(format!("the name of {} is not valid Unicode; rename the folder", folder.display()))
    })?;
    catalogue.connection.execute("INSERT INTO roots (path) VALUES (?1)", [text])?;
    let root_id = catalogue.connection.last_insert_rowid();
    Ok((Scope { root_id, root: folder.to_owned(), prefix: String::new() }, others))
}

fn known_files(catalogue: &Catalogue, scope: &Scope) -> Result<HashMap<String, KnownFile>> {
    let mut statement = catalogue.connection.prepare_cached(
        "SELECT f.path, f.id, f.size, f.mtime_ns, f.image_id, f.is_present, i.hash IS NOT NULL, i.fault IS NOT NULL
         FROM files f JOIN images i ON i.id = f.image_id WHERE f.root_id = ?1",
    )?;
    let mut rows = statement.query([scope.root_id])?;
    let mut known = HashMap::new();
    while let Some(row) = rows.next()? {
        let path: String = row.get(0)?;
        if is_below(&path, &scope.prefix) {
            let file = KnownFile {
                id: row.get(1)?,
                size: row.get(2)?,
                mtime_ns: row.get(3)?,
                image: ImageId(row.get(4)?),
                is_present: row.get(5)?,
                has_hash: row.get(6)?,
                has_fault: row.get(7)?,
            };
            known.insert(path, file);
        }
    }
    Ok(known)
}

fn is_below(path: &str, prefix: &str) -> bool {
    prefix.is_empty() || path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Records what was read in one transaction; `gained` collects the images that have a second file now.
fn keep_batch(
    catalogue: &mut Catalogue,
    scope: &Scope,
    readings: Vec<(&Found, std::result::Result<Reading, ScanWarning>)>,
    known: &HashMap<String, KnownFile>,
    report: &mut ImportReport,
    gained: &mut HashSet<ImageId>,
) -> Result<()> {
    let transaction = catalogue.begin()?;
    for (found, reading) in readings {
        let reading = match reading {
            Ok(reading) => reading,
            Err(warning) => {
                report.warnings.push(warning);
                continue;
            }
        };
        let before = known.get(&found.path);
        match record(&transaction, scope.root_id, found, before, &reading)? {
            Recorded::New => report.new += 1,
            Recorded::Duplicate(image) => {
                report.duplicates += 1;
                gained.insert(image);
            }
            Recorded::Back => report.moved += 1,
            Recorded::Changed => report.changed += 1,
            Recorded::Same => report.unchanged += 1,
        }
        if let Err(reason) = &reading.header {
            report.broken.push(ScanWarning { path: found.absolute.clone(), reason: reason.clone() });
        }
    }
    transaction.commit()?;
    Ok(())
}

/// Hash and header of one file. A file that went away since the walk is passed over, one that cannot be read is kept
/// as broken.
fn read(found: &Found, was_broken: bool) -> std::result::Result<Reading, ScanWarning> {
    match imaging::read(&found.absolute) {
        Ok(bytes) => Ok(Reading {
            hash: Some(ContentHash::of(&bytes)),
            header: look(&bytes, was_broken).map_err(|error| error.to_string()),
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(ScanWarning { path: found.absolute.clone(), reason: "it went away during the import".into() })
        }
        Err(error) => Ok(Reading { hash: None, header: Err(ImagingError::Read(error).to_string()) }),
    }
}

/// The header of a photo; of one that was broken only if it can be decoded, too. Most of what is broken begins well.
fn look(bytes: &[u8], was_broken: bool) -> std::result::Result<Header, ImagingError> {
    let header = imaging::header(bytes)?;
    if was_broken {
        let _permit = BUDGET.take(u64::from(header.width) * u64::from(header.height));
        imaging::decode(bytes)?;
    }
    Ok(header)
}

/// A file that is gone was moved if its content has a new file, and its image is missing if it has none.
fn forget_vanished(
    catalogue: &mut Catalogue,
    seen: &Scan,
    known: &HashMap<String, KnownFile>,
    gained: &mut HashSet<ImageId>,
    report: &mut ImportReport,
) -> Result<()> {
    let present: HashSet<&str> = seen.found.iter().map(|found| found.path.as_str()).collect();
    let vanished: Vec<(&String, &KnownFile)> = known
        .iter()
        .filter(|(path, file)| {
            let is_out_of_sight = seen.unreadable.iter().any(|folder| is_below(path, folder));
            file.is_present && !present.contains(path.as_str()) && !is_out_of_sight
        })
        .collect();
    for batch in vanished.chunks(BATCH) {
        let transaction = catalogue.begin()?;
        for (path, file) in batch {
            let is_elsewhere: bool = transaction.query_row(
                "SELECT EXISTS (SELECT 1 FROM files WHERE image_id = ?1 AND id != ?2 AND is_present)",
                params![file.image.0, file.id],
                |row| row.get(0),
            )?;
            if is_elsewhere {
                transaction.execute("DELETE FROM files WHERE id = ?1", [file.id])?;
                // The new place was counted as a second file of a known content before the old one was missed.
                if gained.remove(&file.image) {
                    report.duplicates -= 1;
                    report.moved += 1;
                } else {
                    report.removed += 1;
                }
            } else {
                transaction.execute("UPDATE files SET is_present = 0 WHERE id = ?1", [file.id])?;
                transaction.execute("UPDATE images SET last_path = ?2 WHERE id = ?1", params![file.image.0, path])?;
                report.missing += 1;
            }
        }
        transaction.commit()?;
    }
    Ok(())
}
