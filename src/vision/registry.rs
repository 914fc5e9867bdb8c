//! The backbones that can be had from the hub, as `models/registry.toml` lists them.
//!
//! The list is part of the program, so it is there without a network; [`crate::vision::hub`] gets the weights.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::vision::spec::{Architecture, Preprocess, Stage};

/// One pretrained backbone on the hub: where its weights are and how pixels become its input.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistryEntry {
    /// What a person types, as in `hangtag models get resnet50`.
    pub id: String,
    /// `owner/name` on the hub.
    pub repo: String,
    /// The weights within the repository, as safetensors.
    pub file: String,
    /// A branch, a tag or a commit.
    #[serde(default = "main_branch")]
    pub revision: String,
    /// Of the weights; none where only the hub says it.
    pub sha256: Option<String>,
    pub architecture: Architecture,
    pub preprocess: Preprocess,
    /// The stages whose pooled outputs are the features.
    pub features: Vec<Stage>,
    pub licence: String,
    /// Approximate, for a person to decide by; the hub announces the exact size.
    pub size_bytes: u64,
    pub description: String,
}

fn main_branch() -> String {
    "main".to_owned()
}

/// Every backbone of the registry, in the order of the file.
#[must_use]
pub fn registry() -> &'static [RegistryEntry] {
    static ENTRIES: LazyLock<Vec<RegistryEntry>> = LazyLock::new(|| {
        // The text is compiled in and the tests below parse it, so a registry that does not parse is never shipped.
        parse(include_str!("../../models/registry.toml")).expect("the embedded models/registry.toml parses")
    });
    &ENTRIES
}

/// The backbone of that id.
#[must_use]
pub fn find(id: &str) -> Option<&'static RegistryEntry> {
    registry().iter().find(|entry| entry.id == id)
}

fn parse(text: &str) -> Result<Vec<RegistryEntry>, toml::de::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(rename = "model")]
        models: Vec<RegistryEntry>,
    }
    toml::from_str::<File>(text).map(|file| file.models)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_that_were_promised_are_listed() {
        for (id, repo) in [
            ("resnet18", "timm/resnet18.a1_in1k"),
            ("resnet50", "timm/resnet50.a1_in1k"),
            ("resnet101", "timm/resnet101.a1h_in1k"),
        ] {
            assert_eq!(find(id).map(|entry| entry.repo.as_str()), Some(repo));
        }
        assert!(find("resnet9000").is_none());
    }

    #[test]
    fn every_entry_can_be_used_as_it_is() {
        let mut ids: Vec<_> = registry().iter().map(|entry| &entry.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), registry().len(), "an id is listed twice");
        for entry in registry() {
            let id = &entry.id;
            assert_eq!(entry.repo.split('/').count(), 2, "{id}: the repository is owner/name");
            assert!(entry.file.ends_with(".safetensors"), "{id}: safetensors only");
            assert!(
                entry.file.split('/').all(|part| !part.is_empty() && part != ".."),
                "{id}: a path in the repository"
            );
            let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            let is_sha256 = |hash: &String| hash.len() == 64 && hash.bytes().all(is_digit);
            assert!(entry.sha256.iter().all(is_sha256), "{id}: a sha256 as the hub writes it");
            assert!((1_000_000..2_000_000_000).contains(&entry.size_bytes), "{id}: bytes, not megabytes");
            assert!(entry.preprocess.crop <= entry.preprocess.resize, "{id}: the crop is cut from the resized picture");
            assert!(!entry.features.is_empty() && !entry.licence.is_empty(), "{id}: features and licence");
        }
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        let text = include_str!("../../models/registry.toml").replacen("licence =", "license =", 1);
        assert!(parse(&text).is_err());
    }
}
