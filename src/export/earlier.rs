//! Exports that were made before: what of them a new one may replace, and which version answers so far.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::Format;
use super::place::Parts;
use super::verified::VERIFIED;
use super::write::MANIFEST;

/// What a new export wants to know of `hangtag.json`.
#[derive(Deserialize)]
struct Earlier {
    format: String,
    version: u64,
    /// The model's own files.
    files: Vec<String>,
    /// Everything that the export wrote; exports did not always say so.
    #[serde(default)]
    parts: Vec<String>,
}

/// What lies in every export beside the model's own files.
const BESIDE_THE_MODEL: [&str; 8] =
    [MANIFEST, "labels.json", "preprocess.json", "parity", "verify.py", "README.md", "NOTICE", "serving"];

/// What Python leaves where `verify.py` or the client of a kit was run.
const LEFT_BY_PYTHON: [&str; 4] = ["__pycache__/", "serving/__pycache__/", VERIFIED[0], VERIFIED[1]];

/// What is known of a version that was copied to a server without its `hangtag.json`.
const SAVED_MODEL: [&str; 2] = ["saved_model.pb", "assets/labels.json"];

impl Earlier {
    /// None where no export lies, or one that cannot be understood.
    fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(MANIFEST)).ok()?).ok()
    }

    /// Whether a folder holds this version of a model in this format.
    fn is_version(folder: &Path, format: Format, version: u64) -> bool {
        match Self::read(folder) {
            Some(earlier) => earlier.format == format.name() && earlier.version == version,
            None => format == Format::SavedModel && SAVED_MODEL.iter().all(|file| folder.join(file).is_file()),
        }
    }
}

/// What an earlier export put into a folder: all of it goes when a new one takes its place. None where no export lies.
pub(super) fn parts_of(folder: &Path) -> Option<Parts> {
    let Earlier { files, mut parts, .. } = Earlier::read(folder)?;
    if parts.is_empty() {
        let own = files.iter().filter_map(|file| file.split('/').next());
        // Some are files and some are folders.
        parts = own.chain(BESIDE_THE_MODEL).flat_map(|name| [name.to_owned(), format!("{name}/")]).collect();
    }
    parts.extend(LEFT_BY_PYTHON.map(str::to_owned));
    Some(Parts::new(parts))
}

/// The newest of the other versions beside the one that is written, which answers until the new one has proved itself.
///
/// A number alone makes no version: `2025` may well be a folder of a year.
pub(super) fn version_beside(out: &Path, format: Format, version: u64) -> Option<u64> {
    let entries = fs::read_dir(out.parent()?).ok()?;
    let versions = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let other: u64 = entry.file_name().to_str()?.parse().ok()?;
        (other != version && Earlier::is_version(&entry.path(), format, other)).then_some(other)
    });
    versions.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with this as its `hangtag.json`.
    fn lay(folder: &Path, format: &str, version: u64, more: &str) {
        fs::create_dir_all(folder).unwrap();
        let manifest = format!(r#"{{"format": "{format}", "version": {version}, "files": ["a/b", "c"]{more}}}"#);
        fs::write(folder.join(MANIFEST), manifest).unwrap();
    }

    #[test]
    fn a_folder_is_a_version_by_what_it_holds() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        let beside = |format| version_beside(&at("9"), format, 9);
        fs::create_dir(at("2025")).unwrap();
        lay(&at("6"), "tflite", 6, "");
        // Some export, in a folder that a person gave a number.
        lay(&at("2024"), "onnx", 1, "");
        lay(&at("9"), "onnx", 9, "");
        assert_eq!((beside(Format::Onnx), beside(Format::SavedModel)), (None, None));
        lay(&at("3"), "onnx", 3, "");
        lay(&at("4"), "savedmodel", 4, "");
        assert_eq!((beside(Format::Onnx), beside(Format::SavedModel)), (Some(3), Some(4)));
        fs::create_dir_all(at("5/assets")).unwrap();
        fs::write(at("5/saved_model.pb"), "").unwrap();
        assert_eq!(beside(Format::SavedModel), Some(4), "it is somebody else's model");
        fs::write(at("5/assets/labels.json"), "{}").unwrap();
        assert_eq!((beside(Format::Onnx), beside(Format::SavedModel)), (Some(3), Some(5)));
    }

    #[test]
    fn parts_are_those_that_are_listed_or_else_known() {
        let place = tempfile::tempdir().unwrap();
        let parts = |names: &[&str]| Some(Parts::new(names.iter().map(|name| (*name).to_owned()).collect()));
        assert_eq!(parts_of(place.path()), None);
        lay(place.path(), "onnx", 1, r#", "parts": ["c", "parity/images.npy"]"#);
        let left = ["__pycache__/", "serving/__pycache__/", "verified.json", "verified.json.part"];
        assert_eq!(parts_of(place.path()), parts(&[&["c", "parity/images.npy"][..], &left].concat()));
        lay(place.path(), "onnx", 1, "");
        let either = ["a", "c"].into_iter().chain(BESIDE_THE_MODEL).map(|name| [name.to_owned(), format!("{name}/")]);
        let expected: Vec<String> = either.flatten().chain(left.map(str::to_owned)).collect();
        assert_eq!(parts_of(place.path()), Some(Parts::new(expected)));
    }
}
