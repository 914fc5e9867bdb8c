//! Where a model comes from: inside the program, the registry, or a folder on this computer.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::folded::FoldedNet;
use super::hub::{self, HubSettings};
use super::registry::{self, RegistryEntry};
use super::spec::{Architecture, Block, Interpolation, Preprocess, Spec, Stage, StrideIn};
use super::weights::Weights;
use super::{VisionError, WeightsError};
use crate::imaging;

static STARTER_WEIGHTS: &[u8] = include_bytes!("../../models/starter/weights.safetensors");
static STARTER_NOTICE: &str = include_str!("../../models/starter/NOTICE");
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
    /// A published shape with made-up weights, to measure its speed.
    Random(&'static str),
}

/// The published shapes: name, block, and blocks in each stage.
const SHAPES: [(&str, Block, [usize; 4]); 5] = [
    ("resnet18", Block::Basic, [2, 2, 2, 2]),
    ("resnet34", Block::Basic, [3, 4, 6, 3]),
    ("resnet50", Block::Bottleneck, [3, 4, 6, 3]),
    ("resnet101", Block::Bottleneck, [3, 4, 23, 3]),
    ("resnet152", Block::Bottleneck, [3, 8, 36, 3]),
];

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

    /// A published shape with made-up weights.
    ///
    /// # Errors
    /// [`VisionError::UnknownModel`] where no shape is called that.
    pub fn random(name: &str) -> Result<Self, VisionError> {
        let known = SHAPES.iter().find(|(known, ..)| *known == name);
        known.map(|(name, ..)| Self::Random(name)).ok_or_else(|| VisionError::UnknownModel(name.to_owned()))
    }

    /// The weights and what they say of themselves, for whoever writes them in another form.
    ///
    /// # Errors
    /// Where a file is missing or no description, or a registry model was not fetched yet.
    pub fn weights(&self) -> Result<(Weights, Spec), VisionError> {
        self.read().map(|(weights, spec, _)| (weights, spec))
    }

    /// What must travel with the weights: whose they are, and under which licence.
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        match self {
            Self::Starter => Some(STARTER_NOTICE.to_owned()),
            Self::Folder(folder) => text_in(&folder.join("NOTICE")).ok(),
            Self::Registry(_) | Self::Random(_) => None,
        }
    }

    /// The network as plain numbers, batch norm folded in. The file's own bytes are let go.
    ///
    /// # Errors
    /// As [`ModelSource::weights`], and where the tensors do not fit the description.
    pub fn folded(&self) -> Result<(FoldedNet, Spec), VisionError> {
        let (weights, spec, path) = self.read()?;
        let tensors = weights.tensors().map_err(in_file(&path))?;
        let net = FoldedNet::load(&spec.architecture, &tensors).map_err(in_file(&path))?;
        Ok((net, spec))
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
                let is_right = weights.bytes().is_some_and(|bytes| hub::is_right(bytes, &path, entry));
                if !is_right {
                    return Err(VisionError::Replaced { id: entry.id.clone(), path });
                }
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
                let (spec_path, json) = description(folder)?;
                let spec = Spec::parse(&json).map_err(|reason| VisionError::Spec { path: spec_path, reason })?;
                let path = folder.join("weights.safetensors");
                Ok((read_weights(&path)?, spec, path))
            }
            Self::Random(name) => Ok((Weights::random(), random_spec(name), "made-up weights".into())),
        }
    }
}

impl fmt::Display for ModelSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starter => f.write_str("starter"),
            Self::Registry(entry) => f.write_str(&entry.id),
            Self::Random(name) => write!(f, "{name}, random weights"),
            Self::Folder(folder) => write!(f, "{}", folder.display()),
        }
    }
}

/// `spec.json`; in a bundle that was exported, `config.json` with `preprocess.json` put in its place.
fn description(folder: &Path) -> Result<(PathBuf, String), VisionError> {
    let read = |name: &str| {
        let path = folder.join(name);
        let text = text_in(&path);
        text.map(|text| (path.clone(), text)).map_err(|source| VisionError::Read { path, source })
    };
    let spec = read("spec.json");
    let Ok((path, config)) = read("config.json") else { return spec };
    if spec.is_ok() {
        return spec;
    }
    let joined = || {
        let mut config: serde_json::Value = serde_json::from_str(&config)?;
        config["preprocess"] = serde_json::from_str(&read("preprocess.json").unwrap_or_default().1)?;
        serde_json::to_string(&config)
    };
    let json = joined().map_err(|error| VisionError::Spec { path: path.clone(), reason: error.to_string() })?;
    Ok((path, json))
}

/// The text in a file that a stranger may have made.
fn text_in(path: &Path) -> io::Result<String> {
    String::from_utf8(imaging::read(path)?).map_err(io::Error::other)
}

fn starter_spec() -> Result<Spec, VisionError> {
    Spec::parse(STARTER_SPEC)
        .map_err(|reason| VisionError::Spec { path: "the embedded starter's spec.json".into(), reason })
}

fn random_spec(name: &str) -> Spec {
    let shape = SHAPES.iter().find(|(known, ..)| *known == name);
    let (_, block, layers) = *shape.expect("`ModelSource::random` takes known names only");
    Spec {
        name: name.to_owned(),
        version: 1,
        architecture: Architecture { block, stem: 64, width: 64, layers, stride_in: StrideIn::Conv2, num_classes: 0 },
        features: vec![Stage::Layer4],
        preprocess: Preprocess {
            resize: 256,
            crop: 224,
            interpolation: Interpolation::Bilinear,
            mean: [0.485, 0.456, 0.406],
            std: [0.229, 0.224, 0.225],
        },
        classes: Vec::new(),
        licence: String::new(),
    }
}

fn read_weights(path: &Path) -> Result<Weights, VisionError> {
    Weights::read(path).map_err(|source| VisionError::Read { path: path.to_owned(), source })
}

/// Names the file that a weights error is about.
pub(super) fn in_file(path: &Path) -> impl Fn(WeightsError) -> VisionError + '_ {
    move |source| VisionError::Weights { path: path.to_owned(), source }
}
