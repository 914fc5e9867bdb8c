//! The file by which a later export knows the folder of a data set, with the list of what it may replace there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Result, writing};
use crate::export::place::{NewFolder, Parts, files_below};

/// Its name.
pub(super) const MARK: &str = "hangtag-export.json";

/// What an export put into its folder, for people and for the next export.
#[derive(Serialize, Deserialize)]
pub(super) struct Mark {
    format: String,
    /// Which tag each folder holds: not every name can be one of a folder.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub folders: BTreeMap<String, Meaning>,
    /// Every file in the folder, by its path with `/`: a later export may replace these and no others.
    #[serde(default)]
    files: Vec<String>,
    /// What lies directly in the folder, which is all that exports once listed.
    #[serde(default, skip_serializing)]
    parts: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Meaning {
    pub group: String,
    pub tag: String,
}

/// Begins a folder of a format at a place that is free or holds an earlier export of the same format. Where that did not
/// list the files within its folders, `keep_written` leaves, of those that are there, what such an export may have
/// written.
pub(super) fn begin(out: &Path, format: &str, keep_written: impl FnOnce(&Mark, &mut Vec<String>)) -> Result<NewFolder> {
    Ok(NewFolder::create(out, |place| {
        let mut mark: Mark = serde_json::from_slice(&fs::read(place.join(MARK)).ok()?).ok()?;
        if mark.format != format {
            return None;
        }
        if mark.files.is_empty() {
            let mut files = files_below(place).ok()?;
            files.retain(|path| path.contains('/'));
            keep_written(&mark, &mut files);
            mark.files = files;
            mark.files.append(&mut mark.parts);
        }
        Some(Parts::new(mark.files))
    })?)
}

/// Marks a folder as ours and puts it in its place.
pub(super) fn finish(folder: NewFolder, format: &str, folders: BTreeMap<String, Meaning>, out: &Path) -> Result<()> {
    let mut files = folder.files().map_err(writing(out))?;
    files.push(MARK.to_owned());
    files.sort_unstable();
    let mark = Mark { format: format.to_owned(), folders, files, parts: Vec::new() };
    write(&mark, &folder.path().join(MARK)).map_err(writing(out))?;
    Ok(folder.keep()?)
}

fn write(mark: &Mark, path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    serde_json::to_writer_pretty(&mut file, mark)?;
    file.write_all(b"\n")?;
    file.flush()
}
