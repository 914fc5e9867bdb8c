//! Photos in folders by tag, `GROUP/TAG/PHOTO`, as copies or links; what torchvision's `ImageFolder` reads.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::path::Path;

use rayon::prelude::*;

use super::data_set::DataSet;
use super::mark::{MARK, Mark, Meaning, begin, finish};
use super::names::{Names, safe, without_number};
use super::photos::{Batch, Loaded, for_each_batch};
use super::{Fault, LabelExportError, Report, Result, Written, writing};
use crate::catalogue::TagId;
use crate::progress::Progress;

/// How a photo comes into a folder. Either way the photo itself stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Takes room, and stands on its own.
    #[default]
    Copy,
    /// A second name of the same file, on the same disk.
    Hard,
    /// Points to where the photo lies now.
    Symbolic,
}

/// Where the photos with a tag go.
struct TagFolder {
    /// Relative, with `/`.
    path: String,
    group: String,
    tag: String,
    names: Names,
    is_made: bool,
}

pub(super) fn export(data: &DataSet, link: Link, out: &Path, progress: &Progress) -> Result<Option<Report>> {
    let folder = begin(out, "folders", |mark, files| keep_written(data, mark, files))?;
    let (photos, num_gone) = data.labelled_photos();
    let photos: Vec<_> =
        photos.into_iter().filter(|image| data.labels.of(image.id).iter().any(|(_, label)| label.is_yes)).collect();
    progress.set_total(photos.len() as u64);
    let mut folders = tag_folders(data);
    let mut faults = Vec::new();
    let (mut num_photos, mut num_files) = (0, 0);
    for_each_batch(data, &photos, |batch: Batch<'_>| {
        let count = batch.len() as u64;
        let mut due = Vec::new();
        for photo in batch {
            match photo {
                Ok(photo) => {
                    let photo = std::sync::Arc::new(photo);
                    num_photos += 1;
                    for (_, tag, _) in data.answers(photo.image).into_iter().filter(|(.., label)| label.is_yes) {
                        let Some(to) = folders.get_mut(&tag.id) else { continue };
                        if !to.is_made {
                            fs::create_dir_all(folder.path().join(&to.path)).map_err(writing(out))?;
                            to.is_made = true;
                        }
                        let name = to.names.give(photo.image.name());
                        due.push((photo.clone(), folder.path().join(&to.path).join(name)));
                    }
                }
                Err(fault) => faults.push(fault),
            }
        }
        num_files += due.len();
        due.par_iter().try_for_each(|(photo, to)| place(photo, link, to)).map_err(writing(out))?;
        progress.add(count);
        Ok::<bool, LabelExportError>(!progress.is_cancelled())
    })?;
    if progress.is_cancelled() {
        return Ok(None);
    }
    let meaning = |folder: TagFolder| (folder.path, Meaning { group: folder.group, tag: folder.tag });
    let folders: BTreeMap<String, Meaning> =
        folders.into_values().filter(|folder| folder.is_made).map(meaning).collect();
    let num_folders = folders.len();
    finish(folder, "folders", folders, out)?;
    note_gone(&mut faults, num_gone);
    let written = Written::Folders { files: num_files, photos: num_photos, folders: num_folders };
    Ok(Some(Report::new(written, faults)))
}

fn tag_folders(data: &DataSet) -> HashMap<TagId, TagFolder> {
    let mut folders = HashMap::new();
    let mut group_names = Names::default();
    // So that no group takes the name of the file that explains the folders.
    group_names.give(MARK);
    for group in &data.vocabulary.groups {
        let group_name = group_names.give(&group.name);
        let mut tag_names = Names::default();
        for tag in data.vocabulary.tags_of(group.id) {
            let path = format!("{group_name}/{}", tag_names.give(&tag.name));
            let (group, tag_name) = (group.name.clone(), tag.name.clone());
            folders.insert(tag.id, TagFolder { path, group, tag: tag_name, names: Names::default(), is_made: false });
        }
    }
    folders
}

/// Which of these files an export that did not list them may have written: those in a folder of a tag that are called as
/// a photo of the catalogue is.
fn keep_written(data: &DataSet, mark: &Mark, files: &mut Vec<String>) {
    let paths = data.listing.images.iter().flat_map(|image| &image.files).map(|file| file.path.as_str());
    let names: HashSet<String> = paths.map(|path| safe(path.rsplit('/').next().unwrap_or(path))).collect();
    let is_known = |name: &str| names.contains(name) || without_number(name).is_some_and(|name| names.contains(&name));
    files.retain(|path| {
        path.rsplit_once('/').is_some_and(|(folder, name)| mark.folders.contains_key(folder) && is_known(name))
    });
}

/// Puts a photo at `to`, which does not exist yet.
pub(super) fn place(photo: &Loaded<'_>, link: Link, to: &Path) -> io::Result<()> {
    match link {
        Link::Copy => fs::write(to, &photo.bytes),
        Link::Hard => fs::hard_link(&photo.path, to).map_err(|error| match error.kind() {
            io::ErrorKind::CrossesDevices => {
                io::Error::other("the photos lie on another disk, where no hard link reaches; use --link copy")
            }
            _ => error,
        }),
        Link::Symbolic => symbolic_link(&photo.path, to),
    }
}

#[cfg(unix)]
fn symbolic_link(photo: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(photo, to)
}

#[cfg(windows)]
fn symbolic_link(photo: &Path, to: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(photo, to)
}

/// Says that labelled photos are left out because their files are gone or broken.
pub(super) fn note_gone(faults: &mut Vec<Fault>, num_gone: usize) {
    if num_gone > 0 {
        faults.push(Fault::Gone(num_gone));
    }
}
