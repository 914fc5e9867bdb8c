//! The bundle: a folder that Hangtag opens as a model, and that a page of plain `PyTorch` loads.
//!
//! `weights.safetensors` has the backbone under torchvision's names, as it was, and `heads.N.weight`, `heads.N.bias`;
//! `config.json` the architecture and each head's group, tags and temperature; `model.py` loads it.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use safetensors::{Dtype, View};
use serde::{Deserialize, Serialize};

use super::model::{Head, Model};
use super::parity::Parity;
use super::write::write_json;
use super::{About, ExportError};
use crate::learn;
use crate::vision::{Backbone, DeviceChoice, ModelSource};

static MODEL_PY: &str = include_str!("model.py");

/// `config.json`. With `preprocess.json` it is also the description of the backbone.
#[derive(Deserialize, Serialize)]
struct Config {
    format: String,
    about: About,
    heads: Vec<HeadConfig>,
    #[serde(flatten)]
    spec: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize, Serialize)]
struct HeadConfig {
    group: String,
    kind: String,
    tags: Vec<String>,
    temperature: f32,
}

enum Tensor<'a> {
    Backbone(safetensors::tensor::TensorView<'a>),
    Head(Vec<usize>, Vec<f32>),
}

impl View for Tensor<'_> {
    fn dtype(&self) -> Dtype {
        match self {
            Self::Backbone(view) => view.dtype(),
            Self::Head(..) => Dtype::F32,
        }
    }

    fn shape(&self) -> &[usize] {
        match self {
            Self::Backbone(view) => view.shape(),
            Self::Head(shape, _) => shape,
        }
    }

    fn data(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Backbone(view) => Cow::Borrowed(view.data()),
            Self::Head(_, values) => values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>().into(),
        }
    }

    fn data_len(&self) -> usize {
        match self {
            Self::Backbone(view) => view.data().len(),
            Self::Head(_, values) => 4 * values.len(),
        }
    }
}

/// Writes the files that only a bundle has.
///
/// # Errors
/// Where the backbone cannot be read again, or the folder not written.
pub fn write(model: &Model, folder: &Path) -> Result<(), ExportError> {
    let (weights, _) = model.source.weights()?;
    let tensors = weights.tensors().map_err(|error| ExportError::Run(error.to_string()))?;
    let mut all: Vec<(String, Tensor<'_>)> =
        tensors.views().into_iter().map(|(name, view)| (name, Tensor::Backbone(view))).collect();
    for (index, head) in model.heads.iter().enumerate() {
        let warm = |values: &[f32]| values.iter().map(|value| value * head.temperature).collect::<Vec<_>>();
        let (tags, features) = (head.tags.len(), head.weight.len() / head.tags.len().max(1));
        all.push((format!("heads.{index}.weight"), Tensor::Head(vec![tags, features], warm(&head.weight))));
        all.push((format!("heads.{index}.bias"), Tensor::Head(vec![tags], warm(&head.bias))));
    }
    let path = folder.join("weights.safetensors");
    safetensors::serialize_to_file(all, None, &path)
        .map_err(|error| ExportError::at(&path)(std::io::Error::other(error)))?;
    write_json(&folder.join("config.json"), &config(model))?;
    let path = folder.join("model.py");
    fs::write(&path, MODEL_PY).map_err(ExportError::at(&path))
}

fn config(model: &Model) -> Config {
    let Ok(serde_json::Value::Object(mut spec)) = serde_json::to_value(&model.spec) else {
        unreachable!("a spec is a plain struct")
    };
    // It has a file of its own, which is the same in every format.
    spec.remove("preprocess");
    let heads = model.heads.iter().map(|head| HeadConfig {
        group: head.group.clone(),
        kind: if head.is_one_of { "one of" } else { "any of" }.to_owned(),
        tags: head.tags.clone(),
        temperature: head.temperature,
    });
    Config { format: "hangtag-bundle-1".to_owned(), about: model.about.clone(), heads: heads.collect(), spec }
}

/// Whether a folder holds a bundle, as far as names tell: a backbone alone has another description.
#[must_use]
pub fn is_bundle(folder: &Path) -> bool {
    folder.join("config.json").is_file() && !folder.join("spec.json").is_file()
}

/// The heads of a bundle.
///
/// # Errors
/// Where its files cannot be read or do not fit together.
pub fn read_heads(folder: &Path) -> Result<Vec<Head>, ExportError> {
    let failed = |error: &dyn std::fmt::Display| ExportError::Run(error.to_string());
    let json = fs::read_to_string(folder.join("config.json")).map_err(|error| failed(&error))?;
    let config: Config = serde_json::from_str(&json).map_err(|error| failed(&error))?;
    let (weights, spec) = ModelSource::Folder(folder.to_owned()).weights()?;
    let tensors = weights.tensors().map_err(|error| failed(&error))?;
    let mut heads = Vec::new();
    for (index, head) in config.heads.into_iter().enumerate() {
        let num_tags = head.tags.len();
        let part = |name: &str, shape: &[usize]| {
            tensors.f32(&format!("heads.{index}.{name}"), shape).map_err(|error| failed(&error))
        };
        let (weights, biases) = (part("weight", &[num_tags, spec.feature_dim()])?, part("bias", &[num_tags])?);
        let fitted = learn::Head::from_parts(&weights, &biases, head.kind == "one of", head.temperature);
        let fitted = fitted.ok_or_else(|| failed(&format!("head {index} has numbers that cannot be right")))?;
        heads.push(Head::new(&head.group, head.tags, &fitted));
    }
    Ok(heads)
}

/// The probabilities that a bundle gives for each photo of the set, read as Hangtag reads any model.
///
/// # Errors
/// Where it cannot be read or run.
pub fn run(folder: &Path, parity: &Parity) -> Result<Vec<Vec<f32>>, ExportError> {
    let backbone = Backbone::open(&ModelSource::Folder(folder.to_owned()), DeviceChoice::Cpu)?;
    let heads = read_heads(folder)?;
    let features = backbone.embeddings(&parity.crops)?;
    Ok(features.iter().map(|row| heads.iter().flat_map(|head| head.answer(row)).collect()).collect())
}
