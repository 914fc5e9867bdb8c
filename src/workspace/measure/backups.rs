//! Measurements of keeping a catalogue safe: backing it up, going back, looking for damage, repairing.

use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

use super::seconds;
use crate::catalogue::{self, Catalogue, CatalogueError, Deed, folder_statements};
use crate::progress::Progress;

/// Labels that each photo gets.
const LABELS_EACH: usize = 5;

/// What `SQLite` takes where nothing else is asked for.
const PAGE_BYTES: usize = 4096;

/// Of so many pages one is damaged.
const ONE_PAGE_IN: usize = 100;

/// How long the backups of a large catalogue take, and what they are for.
#[derive(Debug, Serialize)]
pub struct BackupFigures {
    /// Those that are there after the repair: as many as before.
    pub labels: usize,
    pub catalogue_mb: f64,
    /// The day's: looked through, copied, and the copy looked through.
    pub backup_ms: f64,
    /// To the newest backup, with what was there looked through and copied before.
    pub restore_ms: f64,
    /// Of a catalogue that is whole.
    pub check_ms: f64,
    /// Pages with their bits turned around.
    pub damaged_pages: usize,
    pub repair_ms: f64,
    /// Labels that could not be read any more.
    pub labels_from_backup: usize,
}

/// Times them at `copy`, where a copy of the catalogue is laid that has no backups yet, and labelled.
pub(super) fn measure_backups(original: &Path, copy: &Path) -> catalogue::Result<BackupFigures> {
    let failed = |source: io::Error| CatalogueError::File { path: copy.to_owned(), source };
    fs::copy(original, copy).map_err(failed)?;
    let mut labelled = Catalogue::open(copy)?;
    label(&mut labelled)?;
    let (backup_secs, backup) = seconds(|| labelled.back_up_daily(&Progress::default()));
    backup?;
    drop(labelled);
    // What comes back is as small as the backup: it has no page that nothing uses, and any damage shows.
    let (restore_secs, restored) = seconds(|| catalogue::restore(copy, None));
    restored?;
    let num_bytes = fs::metadata(copy).map_err(failed)?.len();
    let (check_secs, faults) = seconds(|| catalogue::check(copy));
    faults?;
    let damaged_pages = damage(copy).map_err(failed)?;
    let (repair_secs, repaired) = seconds(|| catalogue::repair(copy));
    let repaired = repaired?.ok_or_else(|| CatalogueError::Refused("its damage was not found".into()))?;
    Ok(BackupFigures {
        labels: repaired.labels,
        catalogue_mb: num_bytes as f64 / 1e6,
        backup_ms: backup_secs * 1e3,
        restore_ms: restore_secs * 1e3,
        check_ms: check_secs * 1e3,
        damaged_pages,
        repair_ms: repair_secs * 1e3,
        labels_from_backup: repaired.from_backup,
    })
}

/// Labels every photo, as imports of labels do: the history holds them, to be undone.
fn label(catalogue: &mut Catalogue) -> catalogue::Result<()> {
    let listing = catalogue.listing()?;
    for number in 1..=LABELS_EACH {
        let statements = folder_statements(&listing, true, &format!("group {number}"));
        catalogue.take_in(&statements, false, Deed::ImportLabels { file: None })?;
    }
    Ok(())
}

/// Turns the bits of some pages around, of one at least, and gives of how many.
fn damage(catalogue: &Path) -> io::Result<usize> {
    let mut bytes = fs::read(catalogue)?;
    let num_pages = bytes.len() / PAGE_BYTES;
    // Tables begin on the first pages: without these a repair would have less to read.
    let damaged = (num_pages.min(ONE_PAGE_IN) / 2..num_pages).step_by(ONE_PAGE_IN);
    for page in damaged.clone() {
        bytes[page * PAGE_BYTES..][..PAGE_BYTES].iter_mut().for_each(|byte| *byte = !*byte);
    }
    fs::write(catalogue, bytes)?;
    Ok(damaged.len())
}
