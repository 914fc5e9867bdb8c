//! Where a model comes from: inside the program, the registry, or a folder on this computer.

use std::fmt;
use std::path::{Path, PathBuf};

use super::hub::{self, HubSettings};
use super::registry::{self, RegistryEntry};
use super::spec::Spec;
use super::weights::Weights;
use super::{VisionError, WeightsError};

static STARTER_WEIGHTS: &[u8] = include_bytes!("../../models/starter/weights.safetensors");
static STARTER_SPEC: &str = include_str!("../../models/starter/spec.json");

/// A model by name, before anything of it was read.
#[derive(Clone, Debug, Default)]
pub enum ModelSource {
    /// The half-width ResNet-50 that is part of the program.
    #[default]
    Starter,
    /// A published model that is fetched once.
    Registry(&'static RegistryEntry),
    /// A folder with `weights.safetensors` and `spec.json`.
    Folder(PathBuf),
}

impl ModelSource {
    /// `starter`, an id of the registry, or a folder.
    ///
    /// # Errors
    /// [`VisionError::UnknownModel`] where it is none of these.
    pub fn parse(name: &str) -> Result<Self, VisionError> {
        if name == "starter" {
            return Ok(Self::Starter);
        }
        if let Some(entry) = registry::find(name) {
            return Ok(Self::Registry(entry));
        }
        // In full, since the name is remembered and read again from wherever the program is started next.
        if let Ok(folder) = dunce::canonicalize(name)
            && folder.is_dir()
        {
            return Ok(Self::Folder(folder));
        }
        Err(VisionError::UnknownModel(name.to_owned()))
    }

    /// Reads weights and spec.
    ///
    /// # Errors
    /// Where a file is missing or no description, or a registry model was not fetched yet.
    pub(super) fn read(&self) -> Result<(Weights, Spec, PathBuf), VisionError> {
        match self {
            Self::Starter => Ok((Weights::embedded(STARTER_WEIGHTS), starter_spec()?, "the embedded starter".into())),
            Self::Registry(entry) => {
                let path = hub::cached(entry, &HubSettings::from_env()).ok_or_else(|| VisionError::NotFetched {
                    id: entry.id.clone(),
                    size_mb: entry.size_bytes / 1_000_000,
                })?;
                let weights = read_weights(&path)?;
                // The published ImageNet models share one list of words in one order, the starter's.
                let classes = if entry.architecture.num_classes == 1000 { starter_spec()?.classes } else { Vec::new() };
                let spec = Spec {
                    name: entry.id.clone(),
                    version: 1,
                    architecture: entry.architecture.clone(),
                    features: entry.features.clone(),
                    preprocess: entry.preprocess.clone(),
                    classes,
                    licence: entry.licence.clone(),
                };
                Ok((weights, spec, path))
            }
            Self::Folder(folder) => {
                let spec_path = folder.join("spec.json");
                let json = std::fs::read_to_string(&spec_path)
                    .map_err(|source| VisionError::Read { path: spec_path.clone(), source })?;
                let spec = Spec::parse(&json).map_err(|reason| VisionError::Spec { path: spec_path, reason })?;
                let path = folder.join("weights.safetensors");
                Ok((read_weights(&path)?, spec, path))
            }
        }
    }
}

impl fmt::Display for ModelSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starter => f.write_str("starter"),
            Self::Registry(entry) => f.write_str(&entry.id),
            Self::Folder(folder) => write!(f, "{}", folder.display()),
        }
    }
}

fn starter_spec() -> Result<Spec, VisionError> {
    Spec::parse(STARTER_SPEC)
        .map_err(|reason| VisionError::Spec { path: "the embedded starter's spec.json".into(), reason })
}

fn read_weights(path: &Path) -> Result<Weights, VisionError> {
    Weights::read(path).map_err(|source| VisionError::Read { path: path.to_owned(), source })
}

/// Names the file that a weights error is about.
pub(super) fn in_file(path: &Path) -> impl Fn(WeightsError) -> VisionError + '_ {
    move |source| VisionError::Weights { path: path.to_owned(), source }
}
