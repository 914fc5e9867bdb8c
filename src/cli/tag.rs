//! The command `hangtag tag`: what the model proposes for the photos of folders.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::output::{open, open_official, say, wait, write_to};
use super::{Ending, Outcome};
use crate::catalogue::{ImageRow, ImageState, Vocabulary};
use crate::export::Head;
use crate::vision::ModelSource;
use crate::workspace::{Heads, Workspace, bundled_heads};

/// The group that everyday words stand under.
const WORDS_GROUP: &str = "everyday words";

#[derive(Debug, Args)]
pub struct Arguments {
    /// Folders of photos
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// `starter`, an id of `hangtag models list`, a folder with weights.safetensors and spec.json, or an exported
    /// bundle, which proposes its own tags
    #[arg(long)]
    model: Option<String>,
    /// Propose what this catalogue has learnt; the photos are not added to it
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// Only this tag group of the catalogue or the bundle
    #[arg(long)]
    group: Option<String>,
    /// How many proposals a group
    #[arg(long, default_value_t = 3)]
    top: usize,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Csv,
    Json,
}

/// What a catalogue has learnt, and on which model.
struct Taught {
    model: ModelSource,
    vocabulary: Vocabulary,
    heads: Heads,
}

#[derive(Serialize)]
struct Report {
    model: String,
    images: Vec<Photo>,
}

#[derive(Serialize)]
struct Photo {
    path: String,
    proposals: Vec<Proposal>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Proposal {
    group: String,
    tag: String,
    probability: f32,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let model = arguments.model.as_deref().map(ModelSource::parse).transpose()?;
    let taught = match &arguments.catalogue {
        Some(path) => match learnt(path, model.clone(), arguments.group.as_deref())? {
            Some(taught) => Some(taught),
            None => return Ok(Ending::Cancelled),
        },
        None => None,
    };
    let mut bundled = match &model {
        Some(model) if taught.is_none() => bundled_heads(model)?,
        _ => Vec::new(),
    };
    if let Some(name) = arguments.group.as_deref().filter(|_| taught.is_none()) {
        keep_group(&mut bundled, name)?;
    }
    let model = model.or_else(|| taught.as_ref().map(|taught| taught.model.clone()));
    let mut photos = open(None, model, true)?;
    let mut is_complete = true;
    for folder in &arguments.folders {
        photos.start_import(folder);
        is_complete = is_complete && wait(&mut photos)?;
    }
    let mut images = if let Some(taught) = &taught {
        by_heads(&photos, taught, arguments)
    } else if !bundled.is_empty() {
        by_bundle(&photos, &bundled, arguments)
    } else {
        if let Some(model) = photos.model().filter(|model| model.backbone.words().is_none()) {
            let name = &model.backbone.spec().name;
            anyhow::bail!("the model `{name}` knows no everyday words; name what it is to propose with --catalogue");
        }
        by_words(&mut photos, arguments)
    };
    images.sort_by(|a, b| a.path.cmp(&b.path));
    for warning in photos.passed_over() {
        say(&format!("{}: {}", warning.path.display(), warning.reason));
    }
    let num_failed = photos.passed_over().len() + images.iter().filter(|image| image.error.is_some()).count();
    let name = photos.model().map_or_else(String::new, |model| model.backbone.spec().name.clone());
    let report = Report { model: name, images };
    write_to(arguments.out.as_deref(), |to| write(to, &report, arguments.format))?;
    if matches!(arguments.format, Format::Table) && taught.is_none() && bundled.is_empty() {
        say("These are everyday words, a way in: teach your own tags in the window (`hangtag FOLDER`).");
    }
    Ok(match (is_complete, num_failed) {
        (false, _) => Ending::Cancelled,
        (true, 0) => Ending::Done,
        (true, _) => Ending::SomeFailed,
    })
}

/// What a catalogue has learnt, in all groups or in one. The catalogue and its model are let go with that: the photos need
/// the memory. None if Ctrl-C was pressed.
fn learnt(path: &Path, model: Option<ModelSource>, group: Option<&str>) -> anyhow::Result<Option<Taught>> {
    // The photos are looked at in f32, so the heads must stand on that too.
    let mut workspace = open_official(path, model, true)?;
    if !wait(&mut workspace)? {
        return Ok(None);
    }
    let vocabulary = workspace.vocabulary().clone();
    let mut heads = Heads { groups: workspace.heads().groups.clone() };
    if let Some(name) = group {
        let group = vocabulary.group_named(name);
        let group = group.ok_or_else(|| anyhow::anyhow!("the catalogue has no group `{name}`"))?;
        heads.groups.retain(|head| head.group == group.id);
    }
    if heads.groups.is_empty() {
        anyhow::bail!("the catalogue has too few labels to propose from: give two tags of a group two photos each");
    }
    Ok(Some(Taught { model: workspace.model_source().clone(), vocabulary, heads }))
}

/// Keeps only one group's head of those that came with the model.
fn keep_group(heads: &mut Vec<Head>, name: &str) -> anyhow::Result<()> {
    let groups: Vec<String> = heads.iter().map(|head| format!("`{}`", head.group)).collect();
    heads.retain(|head| head.group == name);
    if groups.is_empty() {
        anyhow::bail!("there are no groups to choose from; name a catalogue with --catalogue or a bundle with --model");
    }
    if heads.is_empty() {
        anyhow::bail!("the bundle has no group `{name}`; name one of {}", groups.join(", "));
    }
    Ok(())
}

fn by_heads(photos: &Workspace, taught: &Taught, arguments: &Arguments) -> Vec<Photo> {
    let Taught { heads, vocabulary, .. } = taught;
    let listing = photos.listing();
    let store = photos.model().map(|model| &model.store);
    let features: Vec<_> =
        listing.images.iter().filter_map(|image| Some((image.id, store?.get(&image.hash?)?))).collect();
    let proposals = heads.propose(&features);
    rows(photos, arguments, |image| {
        let mut of_image = Vec::new();
        for head in &heads.groups {
            let group = vocabulary.group(head.group).map_or("", |group| group.name.as_str());
            for (tag, probability) in proposals.top(image.id, head.group, arguments.top) {
                let tag = vocabulary.tag(tag).map_or("", |tag| tag.name.as_str());
                of_image.push(Proposal { group: group.to_owned(), tag: tag.to_owned(), probability });
            }
        }
        of_image
    })
}

fn by_bundle(photos: &Workspace, heads: &[Head], arguments: &Arguments) -> Vec<Photo> {
    let store = photos.model().map(|model| &model.store);
    rows(photos, arguments, |image| {
        let Some(feature) = image.hash.and_then(|hash| store?.get(&hash)) else { return Vec::new() };
        let features: Vec<f32> = feature.values().iter().map(|value| value.to_f32()).collect();
        let of_group = |head: &Head| {
            let mut said: Vec<(&String, f32)> = head.tags.iter().zip(head.answer(&features)).collect();
            said.sort_by(|a, b| b.1.total_cmp(&a.1));
            said.truncate(arguments.top);
            let proposal = |(tag, probability): (&String, f32)| Proposal {
                group: head.group.clone(),
                tag: tag.clone(),
                probability,
            };
            said.into_iter().map(proposal).collect::<Vec<_>>()
        };
        heads.iter().flat_map(of_group).collect()
    })
}

fn by_words(photos: &mut Workspace, arguments: &Arguments) -> Vec<Photo> {
    let ids: Vec<_> = photos.listing().images.iter().map(|image| image.id).collect();
    for image in ids {
        photos.word_guesses(image);
    }
    let photos = &*photos;
    rows(photos, arguments, |image| {
        let guesses = photos.known_word_guesses(image.id).iter().take(arguments.top);
        guesses
            .map(|guess| Proposal {
                group: WORDS_GROUP.into(),
                tag: guess.name.clone(),
                probability: guess.probability,
            })
            .collect()
    })
}

/// The path as the system writes it: on Windows a person may type `/`, and what is joined to it has `\`.
fn with_one_separator(path: &Path) -> PathBuf {
    path.components().collect()
}

/// A row for each file, named as the person named its folder.
fn rows(photos: &Workspace, arguments: &Arguments, mut propose: impl FnMut(&ImageRow) -> Vec<Proposal>) -> Vec<Photo> {
    let given: Vec<(PathBuf, PathBuf)> = arguments
        .folders
        .iter()
        .filter_map(|folder| Some((dunce::canonicalize(folder).ok()?, with_one_separator(folder))))
        .collect();
    let as_given = |path: PathBuf| {
        let given = given.iter().find_map(|(real, given)| Some(given.join(path.strip_prefix(real).ok()?)));
        given.unwrap_or(path).display().to_string()
    };
    let listing = photos.listing();
    let mut rows = Vec::new();
    for image in &listing.images {
        for file in &image.files {
            let proposals = propose(image);
            let error = match &image.state {
                ImageState::Ok if proposals.is_empty() => Some("it was not looked at".into()),
                ImageState::Ok => None,
                ImageState::Missing => Some("the file is gone".into()),
                ImageState::Broken(reason) => Some(reason.clone()),
            };
            rows.push(Photo { path: as_given(listing.absolute(file)), proposals, error });
        }
    }
    rows
}

fn write(to: &mut dyn Write, report: &Report, format: Format) -> anyhow::Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *to, report)?;
            writeln!(to)?;
        }
        Format::Csv => {
            let mut csv = csv::Writer::from_writer(to);
            csv.write_record(["path", "group", "tag", "probability", "error"])?;
            for image in &report.images {
                for proposal in &image.proposals {
                    let probability = format!("{:.4}", proposal.probability);
                    csv.write_record([&image.path, &proposal.group, &proposal.tag, &probability, ""])?;
                }
                if let Some(error) = &image.error {
                    csv.write_record([image.path.as_str(), "", "", "", error])?;
                }
            }
            csv.flush()?;
        }
        Format::Table => {
            let width = report.images.iter().map(|image| image.path.chars().count()).max().unwrap_or(0);
            for image in &report.images {
                let said = match &image.error {
                    Some(error) => format!("✗ {error}"),
                    None => image
                        .proposals
                        .iter()
                        .map(|p| format!("{} {:.0} %", p.tag, 100.0 * p.probability))
                        .collect::<Vec<_>>()
                        .join(", "),
                };
                writeln!(to, "{:width$}  {said}", image.path)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::MAIN_SEPARATOR_STR;

    use super::*;

    #[test]
    fn a_folder_is_named_with_one_separator() {
        let written = |path: &str| with_one_separator(Path::new(path)).join("mug.jpg").display().to_string();
        assert_eq!(written("assets//demo/"), ["assets", "demo", "mug.jpg"].join(MAIN_SEPARATOR_STR));
        assert_eq!(written("../demo"), ["..", "demo", "mug.jpg"].join(MAIN_SEPARATOR_STR));
        assert_eq!(written("."), [".", "mug.jpg"].join(MAIN_SEPARATOR_STR));
    }
}
