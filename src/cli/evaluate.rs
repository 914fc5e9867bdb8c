//! The command `hangtag evaluate`: what a catalogue has learnt, held against photos whose truth is known.

use std::path::PathBuf;

use clap::Args;

use super::output::{open, open_existing, open_official, print, tell, wait};
use super::{Ending, Outcome};
use crate::catalogue::GroupId;
use crate::workspace::{LabelsFrom, Workspace, evaluate_on};

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// Photos whose truth is known; they are not added to the catalogue
    #[arg(long, value_name = "FOLDER")]
    on: PathBuf,
    /// Where the truth is: folder names, or a CSV; in an `any of` group, one that says no of nothing is complete
    #[arg(long, value_name = "folders|last-folder|FILE.csv")]
    labels_from: LabelsFrom,
    /// The tag group, if the catalogue has more than one
    #[arg(long)]
    group: Option<String>,
    /// The version that is asked; without it the one in use, else what the labels so far taught
    #[arg(long, value_name = "N")]
    version: Option<i64>,
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let mut taught = open_existing(&arguments.catalogue, None, false)?;
    let version = arguments.version.or(taught.version_in_use());
    if version.is_none() {
        // What the labels taught is not kept: it is learnt again.
        drop(taught);
        taught = open_official(&arguments.catalogue, None, true)?;
        if !wait(&mut taught)? {
            return Ok(Ending::Cancelled);
        }
    }
    let group = group_of(&taught, arguments.group.as_deref())?;
    let (source, head) = if let Some(number) = version {
        let head = taught.version_heads(number)?.of(group).cloned();
        let head = head.ok_or_else(|| anyhow::anyhow!("version {number} knows nothing of the group's tags"))?;
        (taught.version_model(number)?, head)
    } else {
        let head = taught.heads().of(group).cloned().ok_or_else(|| {
            anyhow::anyhow!("the group has too few labels to learn from: give two of its tags two photos each")
        })?;
        (taught.model_source().clone(), head)
    };
    let mut photos = open(None, Some(source), true)?;
    photos.start_import(&arguments.on);
    if !wait(&mut photos)? {
        return Ok(Ending::Cancelled);
    }
    let num_faults = tell(&photos.faults_of(&arguments.labels_from)?);
    let metrics = evaluate_on(&photos, &head, taught.vocabulary(), &arguments.labels_from)?;
    if arguments.json {
        print(&serde_json::to_string(&metrics)?)?;
    } else {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        print(&format!("photos      {} ({} skipped)", metrics.images, metrics.skipped))?;
        print(&format!("accuracy    {}", percent(metrics.accuracy)))?;
        print(&format!("macro F1    {}", percent(metrics.macro_f1)))?;
        print(&format!("calibration {} off on average", percent(metrics.expected_calibration_error)))?;
        if let Some(precision) = metrics.mean_average_precision {
            print(&format!("mean average precision {}", percent(precision)))?;
        }
        print("\nprecision  recall  photos  tag")?;
        for tag in &metrics.per_tag {
            let recall = tag.defined_recall().map_or_else(|| "–".to_owned(), percent);
            print(&format!("{:>9} {recall:>7} {:>7}  {}", percent(tag.precision), tag.support, tag.tag))?;
        }
    }
    Ok(Ending::after(num_faults))
}

fn group_of(taught: &Workspace, name: Option<&str>) -> anyhow::Result<GroupId> {
    let groups = &taught.vocabulary().groups;
    let group = match (name, groups.as_slice()) {
        (Some(name), _) => taught.vocabulary().group_named(name),
        (None, [only]) => Some(only),
        (None, []) => anyhow::bail!("the catalogue has no tags yet"),
        (None, _) => anyhow::bail!("the catalogue has several groups; name one with --group"),
    };
    let group = group.ok_or_else(|| anyhow::anyhow!("the catalogue has no group `{}`", name.unwrap_or_default()))?;
    Ok(group.id)
}
