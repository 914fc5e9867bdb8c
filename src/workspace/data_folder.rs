//! The folder beside a catalogue: trained backbones, runs. `shop.hangtag` has `shop.hangtag-data`, made when needed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::vision::spec::Spec;
use crate::vision::{ModelSource, VisionError};

/// Where backbones lie in it; what settings call them begins so.
const BACKBONES: &str = "backbones/";

/// Digits of a backbone's hash that its folder is called by.
const HASH_DIGITS: usize = 16;

/// What lies beside one catalogue and moves with it.
#[derive(Clone, Debug)]
pub struct DataFolder(PathBuf);

impl DataFolder {
    /// The folder of a catalogue.
    #[must_use]
    pub fn of(catalogue: &Path) -> Self {
        let mut name = catalogue.as_os_str().to_owned();
        name.push("-data");
        Self(name.into())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A folder in it, by the name that the catalogue keeps.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The model that a catalogue's settings name. A backbone of its own is named relative to this folder, so that
    /// catalogue and folder can be moved together.
    ///
    /// # Errors
    /// Where there is no such model.
    pub fn resolve(&self, name: &str) -> Result<ModelSource, VisionError> {
        if name.starts_with(BACKBONES) {
            let folder = self.0.join(name);
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
            && name.starts_with(BACKBONES)
        {
            return name;
        }
        source.to_string()
    }

    /// Keeps a trained backbone, weights as safetensors with their description, whole or not at all. The same one twice
    /// is kept once.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn keep_backbone(&self, weights: &[u8], spec: &Spec) -> Result<ModelSource, Failure> {
        let json = serde_json::to_vec_pretty(spec).map_err(|error| Failure::new("keeping the backbone", &error))?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(weights).update(&json);
        let hash = &hasher.finalize().to_hex()[..HASH_DIGITS];
        let folder = self.0.join(format!("{BACKBONES}{hash}"));
        if !folder.is_dir() {
            self.write_backbone(&folder, weights, &json)
                .map_err(|error| Failure::new("keeping the backbone", &error).at(&folder))?;
        }
        let folder = dunce::canonicalize(&folder).map_err(|error| Failure::new("keeping the backbone", &error))?;
        Ok(ModelSource::Folder(folder))
    }

    /// Into a folder of another name first: a folder of the right name is whole.
    fn write_backbone(&self, folder: &Path, weights: &[u8], spec: &[u8]) -> std::io::Result<()> {
        let partial = folder.with_extension("part");
        fs::create_dir_all(&partial)?;
        for (name, bytes) in [("weights.safetensors", weights), ("spec.json", spec)] {
            let mut file = fs::File::create(partial.join(name))?;
            file.write_all(bytes)?;
            file.sync_all()?;
        }
        fs::rename(&partial, folder)
    }

    /// Removes a backbone of this folder that nothing stands on any more; other models are left alone.
    pub(super) fn remove_backbone(&self, name: &str) {
        if name.starts_with(BACKBONES)
            && let Err(error) = fs::remove_dir_all(self.0.join(name))
        {
            tracing::warn!("a backbone that is of no use any more stays: {error}");
        }
    }
}
