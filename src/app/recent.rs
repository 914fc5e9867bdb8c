//! The catalogues opened lately.

use std::path::{Path, PathBuf};

use crate::whole_file;
use crate::workspace::Places;

const MAX_RECENT: usize = 8;

/// A catalogue with the name that it is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    pub path: PathBuf,
    pub name: String,
}

/// The catalogues opened lately that are still there, newest first.
pub fn load(places: &Places) -> Vec<Recent> {
    let text = std::fs::read_to_string(places.recent()).unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let (name, path) = line.split_once('\t')?;
            Some(Recent { path: path.into(), name: name.to_owned() })
        })
        .filter(|recent| recent.path.exists())
        .collect()
}

/// Puts a catalogue first. A disk that does not take it only costs the convenience.
pub fn remember(places: &Places, path: &Path, name: &str) {
    let mut all = load(places);
    all.retain(|recent| recent.path != path);
    all.insert(0, Recent { path: path.to_owned(), name: name.replace(['\t', '\n'], " ") });
    all.truncate(MAX_RECENT);
    let lines: Vec<String> = all.iter().map(|recent| format!("{}\t{}", recent.name, recent.path.display())).collect();
    if let Err(error) = whole_file::write(&places.recent(), lines.join("\n").as_bytes()) {
        tracing::debug!("the recent catalogues were not remembered: {error}");
    }
}
