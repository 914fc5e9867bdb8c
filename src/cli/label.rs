//! The command `hangtag label`: one answer for one photo.

use std::path::PathBuf;

use clap::Args;

use super::output::open_existing;
use super::{Ending, Outcome};
use crate::catalogue::ImageState;
use crate::workspace::Answer;

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE")]
    catalogue: PathBuf,
    /// The photo, as `hangtag labels` names it, or its full path
    path: String,
    /// The group and the tag, as in category=dress
    #[arg(value_name = "GROUP=TAG", value_parser = parse_answer)]
    answer: (String, String),
    /// The tag does not fit
    #[arg(long, conflicts_with = "unknown")]
    no: bool,
    /// Take back what was said
    #[arg(long)]
    unknown: bool,
}

fn parse_answer(text: &str) -> Result<(String, String), String> {
    let (group, tag) = text.split_once('=').ok_or("write GROUP=TAG, as in category=dress")?;
    Ok((group.to_owned(), tag.to_owned()))
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let mut workspace = open_existing(&arguments.catalogue, None, false)?;
    let listing = workspace.listing().clone();
    let asked = std::path::Path::new(&arguments.path);
    let asked_real = dunce::canonicalize(asked).unwrap_or_else(|_| asked.to_owned());
    let image = listing
        .images
        .iter()
        .filter(|image| {
            image
                .files
                .iter()
                .any(|file| file.path == arguments.path || listing.place(file).as_ref() == Some(&asked_real))
        })
        // What lies there, else the first of those that are gone, which lay there last.
        .min_by_key(|image| image.state == ImageState::Missing)
        .ok_or_else(|| anyhow::anyhow!("no photo of the catalogue has the path {}", arguments.path))?
        .id;
    let answer = match (arguments.no, arguments.unknown) {
        (true, _) => Answer::No,
        (_, true) => Answer::Unknown,
        (false, false) => Answer::Yes,
    };
    let (group, tag) = &arguments.answer;
    workspace.answer_in(image, group, tag, answer)?;
    Ok(Ending::Done)
}
