//! Model versions: what one holds, keeping, listing, renaming, deleting.
//!
//! A version is a backbone with the heads on top of it, its tags by number, preprocessing, calibration and metrics. It
//! never changes; only its name does.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::data_folder::DataFolder;
use super::jobs::JobTask;
use super::live_head::{GroupHead, Heads};
use super::{Model, Workspace};
use crate::catalogue::{
    Catalogue, CatalogueError, GroupId, GroupKind, RunRow, TagId, Timestamp, VersionRow, Vocabulary,
};
use crate::failure::{Cause, Doing, Failure};
use crate::learn::{Choice, Metrics, pack, unpack};
use crate::vision::spec::Spec;
use crate::vision::{ModelSource, VisionError};

/// A version as it is listed.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub number: i64,
    pub name: String,
    pub created_at: Timestamp,
    /// The model that it stands on, as settings name it.
    pub backbone: String,
    pub record: VersionRecord,
}

impl Version {
    /// The name that a person gave it; the one that it gets by itself is its number in English.
    #[must_use]
    pub fn own_name(&self) -> Option<&str> {
        Some(self.name.as_str()).filter(|name| *name != format!("version {}", self.number))
    }

    /// How good it was measured to be in a group.
    #[must_use]
    pub fn measured(&self, group: GroupId) -> Option<&Measured> {
        self.record.groups.iter().find(|known| known.group == group)?.measured.as_ref()
    }
}

/// What a version holds beside its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionRecord {
    /// What the backbone says of itself, the preprocessing included, without its everyday words.
    pub spec: Spec,
    /// Which features the heads were fitted to: [`Backbone::key`](crate::vision::Backbone::key).
    pub features: String,
    pub groups: Vec<GroupRecord>,
    /// The run that it came from; none for a frozen live head.
    #[serde(default)]
    pub run: Option<i64>,
    /// A digest of what was known when its heads learnt; none where they were not done with it, and in older versions.
    #[serde(default)]
    pub taught_by: Option<String>,
}

/// What a version knows of one tag group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupRecord {
    pub group: GroupId,
    /// As it was called then.
    pub name: String,
    pub kind: GroupKind,
    /// The head's classes, with what they were called then.
    pub tags: Vec<(TagId, String)>,
    /// The calibration, and how it was found.
    pub choice: Choice,
    /// Photos that it learnt from.
    pub num_photos: usize,
    /// None where there was too little to measure by.
    pub measured: Option<Measured>,
}

/// How good a head is, and on what that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub on: MeasuredOn,
    pub metrics: Metrics,
}

/// What metrics were measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeasuredOn {
    /// Labelled photos that the backbone was not trained on, each by a head that had not seen it nor one much like it.
    CrossValidation,
    /// The side of the split that nothing was learnt from.
    HeldOut,
}

impl VersionRecord {
    /// What a version of these heads on this model holds.
    pub(super) fn of(
        model: &Model,
        vocabulary: &Vocabulary,
        heads: &[GroupHead],
        mut measured: HashMap<GroupId, Measured>,
        run: Option<i64>,
        taught_by: Option<String>,
    ) -> Self {
        let groups = heads.iter().filter_map(|head| {
            let group = vocabulary.group(head.group)?;
            Some(GroupRecord {
                group: group.id,
                name: group.name.clone(),
                kind: group.kind,
                tags: head.tags.iter().map(|tag| (*tag, name_of(vocabulary, *tag).to_owned())).collect(),
                choice: head.choice,
                num_photos: head.num_photos,
                measured: measured.remove(&group.id),
            })
        });
        let spec = Spec { classes: Vec::new(), ..model.backbone.spec().clone() };
        Self { spec, features: model.backbone.key().to_owned(), groups: groups.collect(), run, taught_by }
    }
}

/// Keeps heads as the next version and gives its number.
///
/// # Errors
/// Where the catalogue cannot be written.
pub(super) fn keep_version(
    catalogue: &mut Catalogue,
    name: Option<&str>,
    backbone: &ModelSource,
    record: &VersionRecord,
    heads: &[GroupHead],
) -> Result<i64, Failure> {
    let named: Vec<(String, &crate::learn::Head)> =
        heads.iter().map(|head| (tensor_name(head.group), &head.head)).collect();
    let packed = pack(&named).map_err(|reason| Failure::new(KEEPING, &std::io::Error::other(reason)))?;
    let json = serde_json::to_string(record).map_err(|error| Failure::new(KEEPING, &error))?;
    let backbone = DataFolder::of(catalogue.path()).name_of(backbone);
    // A run that was cut off after it had kept its version, and then goes on, comes here again with the same.
    let earlier = if record.run.is_some() { catalogue.versions() } else { Ok(Vec::new()) };
    for row in earlier.map_err(|error| not_kept(&error))? {
        let is_same = row.backbone == backbone && row.record == json;
        if is_same && catalogue.version_head(row.number).is_ok_and(|head| head.as_ref() == Some(&packed)) {
            return Ok(row.number);
        }
    }
    catalogue.add_version(name, &backbone, &json, &packed).map_err(|error| not_kept(&error))
}

pub(super) const KEEPING: Doing = Doing::KeepingVersion;

/// Why the catalogue did not take a version.
pub(super) fn not_kept(error: &CatalogueError) -> Failure {
    Failure::new(KEEPING, error).caused_by(error.cause())
}

/// The heads of a version with all tags it had, for the features that its record names.
///
/// # Errors
/// Where the catalogue cannot be read, or what it holds is damaged.
pub(super) fn heads_of(catalogue: &Catalogue, version: &Version) -> Result<Heads, Failure> {
    let doing = Doing::ReadingVersion(version.number);
    let damaged = |reason: String| {
        Failure::new(doing.clone(), &std::io::Error::other(reason))
            .at(catalogue.path())
            .try_next("Use another version, or train again")
    };
    let packed = catalogue.version_head(version.number);
    let packed = packed.map_err(|error| Failure::new(doing.clone(), &error).caused_by(error.cause()))?;
    let packed = packed.ok_or_else(|| damaged("it was deleted".into()))?;
    let mut groups = Vec::new();
    for record in &version.record.groups {
        let is_one_of = record.kind == GroupKind::OneOf;
        let head = unpack(&packed, &tensor_name(record.group), is_one_of, record.choice.temperature)
            .map_err(|reason| damaged(format!("the head of `{}`: {reason}", record.name)))?;
        if head.dim() != version.record.spec.feature_dim() || head.num_classes() != record.tags.len() {
            return Err(damaged(format!("the head of `{}` is of another size than its record says", record.name)));
        }
        groups.push(GroupHead {
            group: record.group,
            tags: record.tags.iter().map(|(tag, _)| *tag).collect(),
            head,
            num_photos: record.num_photos,
            choice: record.choice,
        });
    }
    Ok(Heads { groups })
}

fn tensor_name(group: GroupId) -> String {
    format!("group {}", group.0)
}

pub(super) fn name_of(vocabulary: &Vocabulary, tag: TagId) -> &str {
    vocabulary.tag(tag).map_or("", |tag| tag.name.as_str())
}

/// All versions of a catalogue. One that a later Hangtag wrote in another way is passed over.
pub(super) fn read_versions(catalogue: &Catalogue) -> Result<Vec<Version>, CatalogueError> {
    let parse = |row: VersionRow| match serde_json::from_str(&row.record) {
        Ok(record) => {
            let VersionRow { number, name, created_at, backbone, .. } = row;
            Some(Version { number, name, created_at, backbone, record })
        }
        Err(error) => {
            tracing::warn!("version {} cannot be read: {error}", row.number);
            None
        }
    };
    Ok(catalogue.versions()?.into_iter().filter_map(parse).collect())
}

impl Workspace {
    /// All versions, oldest first.
    #[must_use]
    pub fn versions(&self) -> &[Version] {
        &self.versions
    }

    /// The version of that number.
    ///
    /// # Errors
    /// Where there is none.
    pub fn version(&self, number: i64) -> Result<&Version, Failure> {
        self.versions.iter().find(|version| version.number == number).ok_or_else(|| {
            let missing = std::io::Error::other(format!("there is no version {number}"));
            Failure::new(Doing::ReadingVersion(number), &missing)
                .caused_by(Some(Cause::NoVersion))
                .try_next("`hangtag versions list` names those there are")
        })
    }

    /// The heads of a version, with the tags that are still in use.
    ///
    /// # Errors
    /// Where there is no such version, or it is damaged.
    pub fn version_heads(&self, number: i64) -> Result<Heads, Failure> {
        let heads = heads_of(&self.catalogue, self.version(number)?)?;
        Ok(Heads { groups: heads.groups.iter().filter_map(|head| head.of_vocabulary(&self.vocabulary)).collect() })
    }

    /// The model that a version stands on.
    ///
    /// # Errors
    /// Where there is no such version, or its backbone is gone.
    pub fn version_model(&self, number: i64) -> Result<ModelSource, Failure> {
        let version = self.version(number)?;
        self.data_folder().resolve(&version.backbone).map_err(|error| {
            let cause = match &error {
                VisionError::UnknownModel(name) => Some(Cause::BackboneGone(name.clone())),
                _ => error.cause(),
            };
            Failure::new(Doing::ReadingVersion(number), &error)
                .caused_by(cause)
                .try_next("Put the model back where it was, or use another version")
        })
    }

    /// Gives a version another name.
    ///
    /// # Errors
    /// Where there is no such version, the name cannot be one, or the catalogue cannot be written.
    pub fn rename_version(&mut self, number: i64, name: &str) -> Result<(), Failure> {
        self.catalogue.rename_version(number, name).map_err(|error| Failure::new("renaming the version", &error))?;
        self.reload_versions();
        Ok(())
    }

    /// Deletes a version, and its backbone where nothing else stands on it. Its number is never given again.
    ///
    /// # Errors
    /// Where it is in use, or on its way to be, or its backbone would go while a version is made or a run that is not
    /// finished goes on from it; where there is none, or the catalogue cannot be written.
    pub fn delete_version(&mut self, number: i64) -> Result<(), Failure> {
        let failed = |error: &CatalogueError| Failure::new(Doing::DeletingVersion, error).caused_by(error.cause());
        let backbone = self.version(number)?.backbone.clone();
        if self.jobs.is_running(&JobTask::Activate(Some(number))) {
            let busy = CatalogueError::Refused(format!("version {number} is being put to use; cancel that first"));
            return Err(failed(&busy));
        }
        let folder = self.data_folder();
        let is_shared = self.versions.iter().any(|other| other.number != number && other.backbone == backbone)
            || folder.name_of(&self.model_source) == backbone;
        let goes_along = DataFolder::is_own(&backbone) && !is_shared;
        // Until the job has ended it is not known which model its version stands on.
        if goes_along && self.jobs.is_running(&JobTask::Freeze) {
            let busy = CatalogueError::Refused("a version is being made; wait for it, or cancel that first".into());
            return Err(failed(&busy));
        }
        if goes_along && let Some(run) = self.unfinished_run_on(&backbone)? {
            let advice = format!(
                "Finish it first with `hangtag train --resume {run}`, or give it up with `hangtag runs discard {run}`"
            );
            return Err(failed(&CatalogueError::NeededByRun(run)).try_next(advice));
        }
        self.catalogue.delete_version(number).map_err(|error| failed(&error))?;
        self.reload_versions();
        if goes_along {
            folder.remove_backbone(&backbone);
        }
        Ok(())
    }

    /// All runs, oldest first.
    ///
    /// # Errors
    /// Where the catalogue cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRow>, Failure> {
        self.catalogue.runs().map_err(|error| Failure::new("listing the runs", &error))
    }

    /// The folder beside the catalogue.
    #[must_use]
    pub fn data_folder(&self) -> DataFolder {
        DataFolder::of(self.catalogue.path())
    }

    /// Reads the list again, after something was added or changed.
    pub(super) fn reload_versions(&mut self) {
        match read_versions(&self.catalogue) {
            Ok(versions) => self.versions = versions,
            Err(error) => tracing::error!("the versions could not be read again: {error}"),
        }
        self.revision += 1;
    }
}
