//! What `verify.py` noted of an exported model: which runtime gave the app's answers, for these very files only.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;

use crate::sha256;

/// The note beside the model, and its name while `verify.py` writes it.
pub(super) const VERIFIED: [&str; 2] = ["verified.json", "verified.json.part"];

/// The sha256 of each of a model's own files.
pub type Checksums = BTreeMap<String, String>;

/// A runtime in which a model was seen to give the app's answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// With its version.
    pub runtime: String,
    /// RFC 3339, UTC.
    pub date: String,
}

/// What of `verified.json` is read.
#[derive(Deserialize)]
struct Note {
    runtime: String,
    date: String,
    files: Checksums,
}

impl Verified {
    /// What was noted in an export's folder of a model with these files. None where nothing was, or of other files.
    #[must_use]
    pub fn read(folder: &Path, files: &Checksums) -> Option<Self> {
        let note: Note = serde_json::from_slice(&fs::read(folder.join(VERIFIED[0])).ok()?).ok()?;
        (note.files == *files).then_some(Self { runtime: note.runtime, date: note.date })
    }
}

/// The checksums of these files of a folder.
pub(super) fn checksums(folder: &Path, files: &[String]) -> io::Result<Checksums> {
    files.iter().map(|name| Ok((name.clone(), sha256::of_file(&folder.join(name))?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_good_for_the_files_that_it_is_of() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        fs::write(folder.join("model.tflite"), "abc").unwrap();
        let files = checksums(folder, &["model.tflite".to_owned()]).unwrap();
        assert_eq!(Verified::read(folder, &files), None);
        let note = serde_json::json!({
            "format": "tflite", "runtime": "ai_edge_litert 2.3.0", "date": "2026-01-02T03:04:05Z", "files": files
        });
        fs::write(folder.join(VERIFIED[0]), note.to_string()).unwrap();
        let expected = Verified { runtime: "ai_edge_litert 2.3.0".into(), date: "2026-01-02T03:04:05Z".into() };
        assert_eq!(Verified::read(folder, &files), Some(expected));
        let more = [files.clone(), Checksums::from([("another".into(), "00".into())])].into_iter().flatten().collect();
        assert_eq!(Verified::read(folder, &more), None);
        fs::write(folder.join("model.tflite"), "abd").unwrap();
        assert_eq!(Verified::read(folder, &checksums(folder, &["model.tflite".to_owned()]).unwrap()), None);
        fs::write(folder.join(VERIFIED[0]), "half a no").unwrap();
        assert_eq!(Verified::read(folder, &files), None);
    }
}
