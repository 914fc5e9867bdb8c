//! The folder beside a catalogue: trained backbones, runs, backups. `shop.hangtag` has `shop.hangtag-data`, made when needed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::catalogue::{CatalogueError, below, data_folder};
use crate::failure::{Doing, Failure};
use crate::imaging::{self, ContentHash};
use crate::vision::spec::Spec;
use crate::vision::{ModelSource, VisionError};
use crate::whole_file;

/// Where backbones lie in it; what settings call them begins so.
const BACKBONES: &str = "backbones/";

/// In a backbone's folder: the photos that it was trained on.
const SEEN: &str = "trained-on.json";

/// Digits of a backbone's hash that its folder is called by.
const HASH_DIGITS: usize = 16;

/// What lies beside one catalogue and moves with it.
#[derive(Clone, Debug)]
pub struct DataFolder(PathBuf);

impl DataFolder {
    /// The folder of a catalogue.
    #[must_use]
    pub fn of(catalogue: &Path) -> Self {
        Self(data_folder(catalogue))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A folder in it, by the name that the catalogue keeps. It need not be there yet.
    ///
    /// # Errors
    /// Where the name, or a link on the way, leads out of this folder, as a stranger's catalogue may have it.
    pub fn join(&self, name: &str) -> Result<PathBuf, Failure> {
        below(&self.0, name).filter(|place| self.holds(place)).ok_or_else(|| {
            let leads_out = CatalogueError::LeadsOut(name.to_owned());
            Failure::new("finding what belongs to the catalogue", &leads_out)
        })
    }

    /// The model that a catalogue's settings name. A backbone of its own is named relative to this folder, so that
    /// catalogue and folder can be moved together.
    ///
    /// # Errors
    /// Where there is no such model.
    pub fn resolve(&self, name: &str) -> Result<ModelSource, VisionError> {
        if Self::is_own(name) {
            let folder = below(&self.0, name).ok_or_else(|| VisionError::UnknownModel(name.to_owned()))?;
            // In full, as `ModelSource::parse` has it.
            return match dunce::canonicalize(&folder) {
                Ok(folder) if folder.is_dir() => Ok(ModelSource::Folder(folder)),
                _ => Err(VisionError::UnknownModel(folder.display().to_string())),
            };
        }
        ModelSource::parse(name)
    }

    /// What settings call a model: the reverse of [`DataFolder::resolve`].
    #[must_use]
    pub fn name_of(&self, source: &ModelSource) -> String {
        let own = dunce::canonicalize(&self.0).unwrap_or_else(|_| self.0.clone());
        if let ModelSource::Folder(folder) = source
            && let Ok(inside) = folder.strip_prefix(&own)
            && let Some(name) = inside.to_str().map(|name| name.replace('\\', "/"))
            && Self::is_own(&name)
        {
            return name;
        }
        source.to_string()
    }

    /// Keeps a trained backbone, weights as safetensors with their description, what must travel with them, and the photos
    /// that it has seen, whole or not at all. The same one twice is kept once.
    ///
    /// # Errors
    /// Where the folder cannot be written, or a link on the way leads out of it.
    pub fn keep_backbone(
        &self,
        weights: &[u8],
        spec: &Spec,
        notice: Option<&str>,
        seen: &BTreeSet<ContentHash>,
    ) -> Result<ModelSource, Failure> {
        let json = serde_json::to_vec_pretty(spec).map_err(|error| Failure::new("keeping the backbone", &error))?;
        let seen = serde_json::to_vec(seen).map_err(|error| Failure::new("keeping the backbone", &error))?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(weights).update(&json);
        let hash = &hasher.finalize().to_hex()[..HASH_DIGITS];
        let folder = self.join(&format!("{BACKBONES}{hash}"))?;
        if !folder.is_dir() {
            let mut files =
                vec![("weights.safetensors", weights), ("spec.json", json.as_slice()), (SEEN, seen.as_slice())];
            files.extend(notice.map(|notice| ("NOTICE", notice.as_bytes())));
            write_backbone(&folder, &files)
                .map_err(|error| Failure::new("keeping the backbone", &error).at(&folder))?;
        }
        let folder = dunce::canonicalize(&folder).map_err(|error| Failure::new("keeping the backbone", &error))?;
        Ok(ModelSource::Folder(folder))
    }

    /// Whether settings call a backbone of such a folder by this name; other models are not the catalogue's own.
    pub(super) fn is_own(name: &str) -> bool {
        name.starts_with(BACKBONES)
    }

    /// Removes a backbone of this folder that nothing stands on any more; other models are left alone.
    pub(super) fn remove_backbone(&self, name: &str) {
        if !Self::is_own(name) {
            return;
        }
        let removed = self.join(name).and_then(|folder| {
            fs::remove_dir_all(&folder).map_err(|error| Failure::new("removing a backbone", &error).at(&folder))
        });
        if let Err(failure) = removed {
            tracing::warn!("a backbone that is of no use any more stays: {}", failure.for_log());
        }
    }

    /// Whether a place below this folder lies in it by where links lead, too, as far as there is anything on the way.
    fn holds(&self, place: &Path) -> bool {
        // Without the folder nothing of it is there.
        let Ok(own) = dunce::canonicalize(&self.0) else { return true };
        place.ancestors().find_map(|place| dunce::canonicalize(place).ok()).is_some_and(|real| real.starts_with(own))
    }
}

/// The photos that a model was trained on; none where it does not say, as it did not come from a run here.
///
/// # Errors
/// Where that cannot be read.
pub(super) fn seen_by(source: &ModelSource) -> Result<BTreeSet<ContentHash>, Failure> {
    let ModelSource::Folder(folder) = source else { return Ok(BTreeSet::new()) };
    let path = folder.join(SEEN);
    match imaging::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        read => read
            .and_then(|json| Ok(serde_json::from_slice(&json)?))
            .map_err(|error| Failure::new(Doing::OpeningModel(source.to_string()), &error).at(&path)),
    }
}

/// Into a folder of another name first: a folder of the right name is whole.
fn write_backbone(folder: &Path, files: &[(&str, &[u8])]) -> io::Result<()> {
    let partial = folder.with_extension("part");
    fs::create_dir_all(&partial)?;
    for (name, bytes) in files {
        let mut file = fs::File::create(partial.join(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
    }
    whole_file::sync_folder(&partial);
    whole_file::rename(&partial, folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A data folder with a backbone, and a folder beside it that is none of its.
    fn data_and_outside(desk: &Path) -> (DataFolder, PathBuf) {
        let (data, outside) = (DataFolder::of(&desk.join("shop.hangtag")), desk.join("outside"));
        for folder in [data.path().join("backbones/0123"), outside.clone()] {
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join("weights.safetensors"), "weights").expect("a file");
        }
        (data, outside)
    }

    #[test]
    fn names_that_lead_out_are_not_followed() {
        let desk = tempfile::tempdir().expect("a temporary folder");
        let (data, outside) = data_and_outside(desk.path());
        let absolute = outside.display().to_string();
        for name in ["backbones/../../outside", "backbones/..", "backbones/.", "backbones/", absolute.as_str()] {
            data.remove_backbone(name);
            let refused = data.join(name).expect_err("it leads out").to_string();
            assert!(refused.contains("leads out") && refused.contains(name), "{refused}");
            assert!(!name.starts_with(BACKBONES) || data.resolve(name).is_err(), "{name}");
        }
        assert!(outside.join("weights.safetensors").is_file());
        assert!(data.path().join("backbones/0123/weights.safetensors").is_file());
    }

    #[test]
    fn what_lies_in_it_is_found_and_removed() {
        let desk = tempfile::tempdir().expect("a temporary folder");
        let (data, _) = data_and_outside(desk.path());
        assert!(matches!(data.resolve("backbones/0123"), Ok(ModelSource::Folder(_))));
        assert!(data.join("runs/1").is_ok_and(|folder| folder == data.path().join("runs").join("1")));
        data.remove_backbone("backbones/0123");
        assert!(!data.path().join("backbones/0123").exists() && data.path().join("backbones").is_dir());
    }

    #[test]
    #[cfg(unix)]
    fn nothing_is_removed_or_named_behind_a_link() {
        let desk = tempfile::tempdir().expect("a temporary folder");
        let (data, outside) = data_and_outside(desk.path());
        fs::create_dir(outside.join("photos")).expect("a folder");
        fs::remove_dir_all(data.path().join("backbones")).expect("it is there");
        std::os::unix::fs::symlink(&outside, data.path().join("backbones")).expect("a link");
        data.remove_backbone("backbones/photos");
        assert!(outside.join("photos").is_dir());
        for name in ["backbones", "backbones/photos", "backbones/photos/new", "backbones/new"] {
            assert!(data.join(name).is_err(), "{name}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn the_folder_itself_and_what_is_in_it_may_be_a_link() {
        let desk = tempfile::tempdir().expect("a temporary folder");
        let (data, outside) = data_and_outside(desk.path());
        std::os::unix::fs::symlink("backbones", data.path().join("runs")).expect("a link");
        assert!(data.join("runs/0123").is_ok() && data.join("runs/1").is_ok());
        fs::remove_dir_all(data.path()).expect("it is there");
        assert!(data.join("runs/1").is_ok(), "nothing is there yet");
        std::os::unix::fs::symlink(&outside, data.path()).expect("a link");
        assert!(data.join("runs/1").is_ok());
    }
}
