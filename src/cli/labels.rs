//! The command `hangtag labels`: everything that was said, as CSV or JSON.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::output::{open_existing, write_to};
use super::{Ending, Outcome};
use crate::catalogue::write_csv;
use crate::export::labels::LabelRow;
use crate::workspace::Workspace;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Csv,
    Json,
}

#[derive(Serialize)]
struct Row<'a> {
    path: String,
    #[serde(flatten)]
    label: LabelRow<'a>,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let workspace = open_existing(&arguments.catalogue, None, false)?;
    write_to(arguments.out.as_deref(), |to| {
        match arguments.format {
            Format::Csv => write_csv(to, workspace.listing(), workspace.vocabulary(), workspace.labels())?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut *to, &rows(&workspace))?;
                writeln!(to)?;
            }
        }
        Ok(())
    })?;
    Ok(Ending::Done)
}

fn rows(workspace: &Workspace) -> Vec<Row<'_>> {
    let (listing, vocabulary) = (workspace.listing(), workspace.vocabulary());
    let mut rows = Vec::new();
    for image in listing.by_path() {
        let Some(file) = image.files.first() else { continue };
        for (tag, label) in workspace.labels().of(image.id) {
            let Some(tag) = vocabulary.tag(*tag) else { continue };
            let group = vocabulary.group(tag.group).map_or("", |group| group.name.as_str());
            rows.push(Row { path: listing.display_path(file), label: LabelRow::new(group, &tag.name, label) });
        }
    }
    rows
}
