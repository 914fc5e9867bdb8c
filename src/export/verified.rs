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
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Verified {
    /// With its version.
    pub runtime: String,
    /// RFC 3339, UTC.
    pub date: String,
    /// Photos of which it gave the answers.
    #[serde(default)]
    pub images: usize,
    /// By how much a probability differs from the app's at most; none in a note that does not tell.
    pub largest_difference: Option<f64>,
    pub agreement: Option<Agreement>,
    /// None where the truth of no photo is known, and in a note that does not tell.
    pub accuracy: Option<Accuracy>,
}

/// How often a runtime decides as the app does.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Agreement {
    /// In the group where that is least often, with the ends of its 95 % interval.
    pub share: [f64; 3],
    /// Photos whose decisions were counted.
    pub images: usize,
    /// Whether these are photos alone that taught the model nothing.
    pub is_held_out: bool,
}

/// How often a runtime is right where the truth is known.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Accuracy {
    /// With the ends of its 95 % interval.
    pub share: [f64; 3],
    /// The same of the app.
    pub app: [f64; 3],
    /// Decisions that were counted.
    pub of: usize,
    /// Whether these are of photos alone that taught the model nothing.
    pub is_held_out: bool,
}

/// The note as it is written: what was verified, and of which files.
#[derive(Deserialize)]
struct Note {
    files: Checksums,
    #[serde(flatten)]
    verified: Verified,
}

impl Verified {
    /// What was noted in an export's folder of a model with these files. None where nothing was, or of other files.
    #[must_use]
    pub fn read(folder: &Path, files: &Checksums) -> Option<Self> {
        let note: Note = serde_json::from_slice(&fs::read(folder.join(VERIFIED[0])).ok()?).ok()?;
        (note.files == *files).then_some(note.verified)
    }
}

/// The checksums of these files of a folder.
pub(super) fn checksums(folder: &Path, files: &[String]) -> io::Result<Checksums> {
    files.iter().map(|name| Ok((name.clone(), sha256::of_file(&folder.join(name))?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_note_is_good_for_the_files_that_it_is_of() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        fs::write(folder.join("model.tflite"), "abc").unwrap();
        let files = checksums(folder, &["model.tflite".to_owned()]).unwrap();
        assert_eq!(Verified::read(folder, &files), None);
        let mut note = json!({
            "format": "tflite", "runtime": "ai_edge_litert 2.3.0", "date": "2026-01-02T03:04:05Z", "files": files
        });
        let mut expected = Verified {
            runtime: "ai_edge_litert 2.3.0".into(),
            date: "2026-01-02T03:04:05Z".into(),
            images: 0,
            largest_difference: None,
            agreement: None,
            accuracy: None,
        };
        fs::write(folder.join(VERIFIED[0]), note.to_string()).unwrap();
        assert_eq!(Verified::read(folder, &files).as_ref(), Some(&expected), "it need not tell what was found");
        note["images"] = json!(200);
        note["largest_difference"] = json!(1.5e-7);
        note["agreement"] = json!({"share": [1.0, 0.98, 1.0], "images": 60, "is_held_out": true});
        note["accuracy"] = json!({"share": [0.9, 0.8, 0.95], "app": [0.92, 0.82, 0.97], "of": 50, "is_held_out": true});
        expected.images = 200;
        expected.largest_difference = Some(1.5e-7);
        expected.agreement = Some(Agreement { share: [1.0, 0.98, 1.0], images: 60, is_held_out: true });
        let (share, app) = ([0.9, 0.8, 0.95], [0.92, 0.82, 0.97]);
        expected.accuracy = Some(Accuracy { share, app, of: 50, is_held_out: true });
        fs::write(folder.join(VERIFIED[0]), note.to_string()).unwrap();
        assert_eq!(Verified::read(folder, &files).as_ref(), Some(&expected));
        // The truth of no photo is known.
        note["accuracy"] = json!(null);
        expected.accuracy = None;
        fs::write(folder.join(VERIFIED[0]), note.to_string()).unwrap();
        assert_eq!(Verified::read(folder, &files), Some(expected));
        let more = [files.clone(), Checksums::from([("another".into(), "00".into())])].into_iter().flatten().collect();
        assert_eq!(Verified::read(folder, &more), None);
        fs::write(folder.join("model.tflite"), "abd").unwrap();
        assert_eq!(Verified::read(folder, &checksums(folder, &["model.tflite".to_owned()]).unwrap()), None);
        fs::write(folder.join(VERIFIED[0]), "half a no").unwrap();
        assert_eq!(Verified::read(folder, &files), None);
    }
}
