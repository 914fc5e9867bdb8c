//! The model as it leaves: the network folded, the heads by name, and what is known of both.

use serde::{Deserialize, Serialize};

use super::ExportError;
use crate::learn;
use crate::vision::spec::{Preprocess, Spec};
use crate::vision::{FoldedNet, ModelSource};

/// Everything that a format is written from.
pub struct Model {
    pub about: About,
    pub spec: Spec,
    pub source: ModelSource,
    pub network: FoldedNet,
    pub heads: Vec<Head>,
}

/// What a person reads of a model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct About {
    pub name: String,
    /// What the versions have in common, each of which may have a name of its own: servers know the model by it.
    #[serde(skip)]
    pub catalogue: String,
    pub version: u64,
    /// RFC 3339, UTC.
    pub created: String,
    pub groups: Vec<AboutGroup>,
}

/// What a person reads of a group's head.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct AboutGroup {
    pub group: String,
    /// Labelled photos that it was fitted to.
    pub photos: usize,
    pub temperature: f32,
    /// How it did on photos held out of the fit, if that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub macro_f1: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration_error: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per_tag: Vec<AboutTag>,
}

/// What a person reads of a tag.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct AboutTag {
    pub tag: String,
    /// As labelled now. It stands in the card alone: what is labelled later makes no other model of a version.
    #[serde(skip)]
    pub photos: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall: Option<f64>,
}

/// The head of one group.
pub struct Head {
    pub group: String,
    pub is_one_of: bool,
    pub tags: Vec<String>,
    /// `[tags, features]`, row-major, divided by the temperature.
    pub weight: Vec<f32>,
    /// Divided by the temperature.
    pub bias: Vec<f32>,
    pub temperature: f32,
}

impl Model {
    /// Reads the network that the heads were fitted on.
    ///
    /// # Errors
    /// Where it cannot be read, or there is nothing to export.
    pub fn open(source: &ModelSource, heads: Vec<Head>, about: About) -> Result<Self, ExportError> {
        if heads.is_empty() {
            return Err(ExportError::NothingLearnt);
        }
        let (network, spec) = source.folded()?;
        let features = spec.feature_dim();
        if heads.iter().any(|head| head.weight.len() != head.tags.len() * features) {
            return Err(ExportError::OtherBackbone);
        }
        Ok(Self { about, spec, source: source.clone(), network, heads })
    }

    /// Tags of all groups.
    #[must_use]
    pub fn num_tags(&self) -> usize {
        self.heads.iter().map(|head| head.tags.len()).sum()
    }
}

impl Head {
    /// A fitted head under the names of its group and tags.
    #[must_use]
    pub fn new(group: &str, tags: Vec<String>, head: &learn::Head) -> Self {
        let temperature = head.temperature();
        let cooled = |values: &[f32]| values.iter().map(|value| value / temperature).collect();
        Self {
            group: group.to_owned(),
            is_one_of: head.is_one_of(),
            tags,
            weight: cooled(&head.weights()),
            bias: cooled(head.biases()),
            temperature,
        }
    }

    /// Probabilities of one photo's features.
    #[must_use]
    pub fn answer(&self, features: &[f32]) -> Vec<f32> {
        let logit = |(row, bias): (&[f32], &f32)| bias + row.iter().zip(features).map(|(a, b)| a * b).sum::<f32>();
        let logits: Vec<f32> = self.weight.chunks_exact(features.len().max(1)).zip(&self.bias).map(logit).collect();
        if !self.is_one_of {
            return logits.into_iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect();
        }
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let total: f32 = logits.iter().map(|logit| (logit - highest).exp()).sum();
        logits.into_iter().map(|logit| (logit - highest).exp() / total).collect()
    }
}

/// `labels.json`: what each probability is of.
#[derive(Debug, Deserialize, Serialize)]
pub struct LabelsFile {
    pub model: String,
    pub version: u64,
    pub groups: Vec<LabelsGroup>,
}

/// A group, whose tags take up consecutive probabilities.
#[derive(Debug, Deserialize, Serialize)]
pub struct LabelsGroup {
    pub name: String,
    /// `one of` or `any of`.
    pub kind: String,
    /// Which probability is the first tag's.
    pub first: usize,
    pub tags: Vec<String>,
}

impl LabelsFile {
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let mut first = 0;
        let groups = model
            .heads
            .iter()
            .map(|head| {
                let kind = if head.is_one_of { "one of" } else { "any of" };
                let group =
                    LabelsGroup { name: head.group.clone(), kind: kind.to_owned(), first, tags: head.tags.clone() };
                first += head.tags.len();
                group
            })
            .collect();
        Self { model: model.about.name.clone(), version: model.about.version, groups }
    }

    /// Every tag, in order, as `group=tag` where several groups could mean the same by it.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let is_only = self.groups.len() == 1;
        let name =
            |group: &LabelsGroup, tag: &String| if is_only { tag.clone() } else { format!("{}={tag}", group.name) };
        self.groups.iter().flat_map(|group| group.tags.iter().map(move |tag| name(group, tag))).collect()
    }
}

/// What turns 0..255 into the network's input: `value × scale + shift` for each channel.
pub(super) fn scale_and_shift(preprocess: &Preprocess) -> ([f32; 3], [f32; 3]) {
    let (mean, std) = (&preprocess.mean, &preprocess.std);
    let scale = [0, 1, 2].map(|channel| 1.0 / (255.0 * std[channel]));
    (scale, [0, 1, 2].map(|channel| -mean[channel] / std[channel]))
}
