//! The command `hangtag apply`: sets the tags that are right as often as was asked.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::output::{open_existing, print, wait};
use super::{Ending, Outcome};
use crate::catalogue::{GroupId, GroupKind};
use crate::workspace::{AutoTagPlan, Workspace};

/// Photos that a dry run names of each group.
const SAMPLE: usize = 5;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// The share of the tags set that must be right, as in 0.97
    #[arg(long, value_name = "SHARE", value_parser = parse_precision)]
    precision: f64,
    /// The tag group; all of them if none is named
    #[arg(long)]
    group: Option<String>,
    /// Say what would be set, and set nothing
    #[arg(long)]
    dry_run: bool,
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    groups: Vec<Row>,
}

/// What became of a group, or of one tag of an `any of` group.
#[derive(Serialize)]
struct Row {
    group: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    precision: f64,
    threshold: Option<f32>,
    /// Photos that were tagged, or would be.
    applied: usize,
    left: usize,
    /// Labels that it rests on.
    labels: usize,
    refused: Option<String>,
}

fn parse_precision(text: &str) -> Result<f64, String> {
    let precision: f64 = text.parse().map_err(|_| "write a share, as in 0.97")?;
    if precision > 0.0 && precision < 1.0 { Ok(precision) } else { Err("write a share between 0 and 1".into()) }
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let mut workspace = open_existing(&arguments.catalogue, None, true)?;
    if !wait(&mut workspace)? {
        return Ok(Ending::Cancelled);
    }
    let groups = groups_of(&workspace, arguments.group.as_deref())?;
    groups.iter().for_each(|group| workspace.start_auto_tag_check(*group));
    if !wait(&mut workspace)? {
        return Ok(Ending::Cancelled);
    }
    let plans: Vec<AutoTagPlan> =
        groups.into_iter().flat_map(|group| plans_of(&workspace, group, arguments.precision)).collect();
    if !arguments.dry_run {
        workspace.apply_plans(&plans)?;
    }
    let report = Report { groups: plans.iter().map(|plan| row(&workspace, plan)).collect() };
    if arguments.json {
        print(&serde_json::to_string(&report)?)?;
    } else {
        print_table(&report, arguments.dry_run)?;
        if arguments.dry_run {
            print_samples(&workspace, &plans)?;
        }
    }
    if plans.iter().all(|plan| plan.threshold.is_err()) {
        anyhow::bail!("there are too few labels to promise {:.1} %", 100.0 * arguments.precision);
    }
    Ok(Ending::Done)
}

fn groups_of(workspace: &Workspace, name: Option<&str>) -> anyhow::Result<Vec<GroupId>> {
    let groups = &workspace.vocabulary().groups;
    if groups.is_empty() {
        anyhow::bail!("the catalogue has no tags yet");
    }
    let Some(name) = name else { return Ok(groups.iter().map(|group| group.id).collect()) };
    let group = workspace.vocabulary().group_named(name);
    Ok(vec![group.ok_or_else(|| anyhow::anyhow!("the catalogue has no group `{name}`"))?.id])
}

/// One plan for a `one of` group, one a tag for an `any of` group.
fn plans_of(workspace: &Workspace, group: GroupId, precision: f64) -> Vec<AutoTagPlan> {
    let vocabulary = workspace.vocabulary();
    let is_one_of = vocabulary.group(group).is_some_and(|group| group.kind == GroupKind::OneOf);
    let asked = if is_one_of { vec![None] } else { vocabulary.tags_of(group).map(|tag| Some(tag.id)).collect() };
    asked.into_iter().filter_map(|tag| workspace.auto_tag_plan(group, tag, precision)).collect()
}

fn row(workspace: &Workspace, plan: &AutoTagPlan) -> Row {
    let vocabulary = workspace.vocabulary();
    let new = if plan.num_seen > 0 { ", on photos that the model was not trained on," } else { "" };
    let refused = plan.threshold.err().map(|thin| {
        format!("{} labels{new} do not bear it out; about {} more are needed", thin.num_answers, thin.more)
    });
    Row {
        group: vocabulary.group(plan.group).map(|group| group.name.clone()).unwrap_or_default(),
        tag: plan.tag.and_then(|tag| vocabulary.tag(tag)).map(|tag| tag.name.clone()),
        precision: plan.precision,
        threshold: plan.threshold.ok().map(|threshold| threshold.probability),
        applied: plan.settings.len(),
        left: plan.num_left,
        labels: plan.num_labels,
        refused,
    }
}

fn print_table(report: &Report, is_dry_run: bool) -> anyhow::Result<()> {
    let applied = if is_dry_run { "would tag" } else { "tagged" };
    print(&format!("{applied:>9} {:>8} {:>8} {:>10}  group", "left", "labels", "threshold"))?;
    for row in &report.groups {
        let threshold = row.threshold.map_or_else(|| "-".to_owned(), |threshold| format!("{threshold:.3}"));
        let name = row.tag.as_ref().map_or_else(|| row.group.clone(), |tag| format!("{}={tag}", row.group));
        let refused = row.refused.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        print(&format!("{:>9} {:>8} {:>8} {threshold:>10}  {name}{refused}", row.applied, row.left, row.labels))?;
    }
    Ok(())
}

/// A few of the photos that would be tagged, drawn at random, so that a person can look at them first.
fn print_samples(workspace: &Workspace, plans: &[AutoTagPlan]) -> anyhow::Result<()> {
    for setting in plans.iter().flat_map(|plan| plan.sample(SAMPLE, 0)) {
        let index = workspace.index_of(setting.image);
        let path = index.map_or("", |index| workspace.listing().images[index].path());
        let tag = workspace.vocabulary().tag(setting.tag).map_or("", |tag| tag.name.as_str());
        print(&format!("{:>7.1} %  {tag}  {path}", 100.0 * setting.probability))?;
    }
    Ok(())
}
