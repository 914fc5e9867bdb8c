//! The command `hangtag versions`: which model versions there are, putting one to use, comparing two.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::{open_existing, print, say, wait};
use super::{Ending, Outcome};
use crate::catalogue::TagId;
use crate::learn::Metrics;
use crate::workspace::{DiffRow, GroupRecord, MeasuredOn, Version, VersionDiff, Workspace};

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    #[command(subcommand)]
    action: Action,
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All versions, with what each was measured to reach
    List,
    /// Use a version from now on; `use` with the one before goes back
    Use { number: i64 },
    /// Call a version something else
    Rename { number: i64, name: String },
    /// Delete a version that is not in use; its number is never given again
    Delete { number: i64 },
    /// List the photos whose tags change from one version to another
    Diff { from: i64, to: i64 },
}

#[derive(Serialize)]
struct Row<'a> {
    number: i64,
    name: &'a str,
    created_at: String,
    backbone: &'a str,
    in_use: bool,
    run: Option<i64>,
    groups: Vec<GroupRow<'a>>,
}

#[derive(Serialize)]
struct GroupRow<'a> {
    group: &'a str,
    kind: &'static str,
    tags: Vec<&'a str>,
    photos: usize,
    temperature: f32,
    measured_on: Option<MeasuredOn>,
    metrics: Option<&'a Metrics>,
}

#[derive(Serialize)]
struct Diff<'a> {
    from: i64,
    to: i64,
    images: usize,
    changes: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Change<'a> {
    path: String,
    group: &'a str,
    before: Vec<Said<'a>>,
    after: Vec<Said<'a>>,
}

#[derive(Serialize)]
struct Said<'a> {
    tag: &'a str,
    probability: f32,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let mut workspace = open_existing(&arguments.catalogue, None, false)?;
    match &arguments.action {
        Action::List => list(&workspace, arguments.json)?,
        Action::Use { number } => {
            workspace.use_version(*number)?;
            if !wait(&mut workspace)? {
                say("Stopped; the next start goes on from here, and until then what was in use stays so.");
                return Ok(Ending::Cancelled);
            }
            report(arguments.json, *number, &format!("Version {number} is in use."))?;
        }
        Action::Rename { number, name } => {
            workspace.rename_version(*number, name)?;
            report(
                arguments.json,
                *number,
                &format!("Version {number} is called {}.", workspace.version(*number)?.name),
            )?;
        }
        Action::Delete { number } => {
            workspace.delete_version(*number)?;
            report(arguments.json, *number, &format!("Version {number} is deleted."))?;
        }
        Action::Diff { from, to } => {
            workspace.start_version_diff(*from, *to)?;
            if !wait(&mut workspace)? {
                return Ok(Ending::Cancelled);
            }
            let diff = workspace.version_diff().ok_or_else(|| anyhow::anyhow!("the versions were not compared"))?;
            print_diff(&workspace, diff, arguments.json)?;
        }
    }
    Ok(Ending::Done)
}

fn report(as_json: bool, number: i64, words: &str) -> anyhow::Result<()> {
    if as_json { print(&serde_json::json!({ "version": number }).to_string()) } else { print(words) }
}

fn list(workspace: &Workspace, as_json: bool) -> anyhow::Result<()> {
    let rows: Vec<Row<'_>> = workspace.versions().iter().map(|version| row(workspace, version)).collect();
    if as_json {
        return print(&serde_json::to_string(&rows)?);
    }
    print(&format!("{:>6}    {:24} {:16} {:24} accuracy by group", "number", "made", "backbone", "name"))?;
    for row in &rows {
        let mark = if row.in_use { "*" } else { " " };
        let groups: Vec<String> = row.groups.iter().map(summary).collect();
        let (number, made, backbone, name) = (row.number, &row.created_at, row.backbone, row.name);
        print(&format!("{number:>6} {mark}  {made:24} {backbone:16} {name:24} {}", groups.join(", ")))?;
    }
    Ok(())
}

fn summary(group: &GroupRow<'_>) -> String {
    match group.metrics {
        Some(metrics) => format!("{} {:.1} %", group.group, 100.0 * metrics.accuracy),
        None => format!("{} not measured", group.group),
    }
}

fn row<'a>(workspace: &Workspace, version: &'a Version) -> Row<'a> {
    Row {
        number: version.number,
        name: &version.name,
        created_at: version.created_at.to_string(),
        backbone: &version.backbone,
        in_use: workspace.version_in_use() == Some(version.number),
        run: version.record.run,
        groups: version.record.groups.iter().map(group).collect(),
    }
}

fn group(record: &GroupRecord) -> GroupRow<'_> {
    GroupRow {
        group: &record.name,
        kind: record.kind.as_str(),
        tags: record.tags.iter().map(|(_, name)| name.as_str()).collect(),
        photos: record.num_photos,
        temperature: record.choice.temperature,
        measured_on: record.measured.as_ref().map(|measured| measured.on),
        metrics: record.measured.as_ref().map(|measured| &measured.metrics),
    }
}

fn print_diff(workspace: &Workspace, diff: &VersionDiff, as_json: bool) -> anyhow::Result<()> {
    let changes = diff.changes.iter().filter_map(|change| change_of(workspace, change)).collect();
    let diff = Diff { from: diff.from, to: diff.to, images: diff.num_photos, changes };
    if as_json {
        return print(&serde_json::to_string(&diff)?);
    }
    for change in &diff.changes {
        let (before, after) = (said(&change.before), said(&change.after));
        print(&format!("{}  {}: {before} → {after}", change.path, change.group))?;
    }
    print(&format!("{} of {} photos and groups change", diff.changes.len(), diff.images))
}

fn said(tags: &[Said<'_>]) -> String {
    let words: Vec<String> =
        tags.iter().map(|said| format!("{} {:.0} %", said.tag, 100.0 * said.probability)).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

fn change_of<'a>(workspace: &'a Workspace, change: &DiffRow) -> Option<Change<'a>> {
    let (listing, vocabulary) = (workspace.listing(), workspace.vocabulary());
    let image = &listing.images[workspace.index_of(change.image)?];
    let named = |tags: &[(TagId, f32)]| {
        let named = |(tag, probability): &(TagId, f32)| {
            Some(Said { tag: &vocabulary.tag(*tag)?.name, probability: *probability })
        };
        tags.iter().filter_map(named).collect()
    };
    Some(Change {
        path: listing.display_path(image.files.first()?),
        group: &vocabulary.group(change.group)?.name,
        before: named(&change.before),
        after: named(&change.after),
    })
}
