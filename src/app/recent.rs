//! The catalogues opened lately.

#[cfg(unix)]
use std::ffi::OsString;
#[cfg(unix)]
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};

use crate::catalogue::backups;
use crate::whole_file;
use crate::workspace::Places;

const MAX_RECENT: usize = 8;

/// What of a path, beside what is not ASCII, is written as `%` and a number: a line ends with its path, whatever bytes that
/// is made of.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

/// A catalogue with the name that it is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    pub path: PathBuf,
    pub name: String,
}

/// The catalogues opened lately that are still there, newest first.
pub fn load(places: &Places) -> Vec<Recent> {
    let text = std::fs::read_to_string(places.recent()).unwrap_or_default();
    text.lines().filter_map(read).filter(|recent| recent.path.exists()).collect()
}

/// Whether a catalogue that is gone is not to be made anew: it was opened lately, and nothing is there to mend it from.
pub fn is_lost(recent: &[Recent], catalogue: &Path) -> bool {
    recent.iter().any(|recent| recent.path == catalogue) && backups(catalogue).is_empty()
}

/// Puts a catalogue first. A disk that does not take it only costs the convenience.
pub fn remember(places: &Places, path: &Path, name: &str) {
    let mut all = load(places);
    all.retain(|recent| recent.path != path);
    all.insert(0, Recent { path: path.to_owned(), name: name.replace(['\t', '\n'], " ") });
    all.truncate(MAX_RECENT);
    let lines: Vec<String> = all.iter().map(written).collect();
    if let Err(error) = whole_file::write_shared(&places.recent(), lines.join("\n").as_bytes()) {
        tracing::debug!("the recent catalogues were not remembered: {error}");
    }
}

fn written(recent: &Recent) -> String {
    format!("{}\t{}", recent.name, percent_encode(recent.path.as_os_str().as_encoded_bytes(), ENCODED))
}

fn read(line: &str) -> Option<Recent> {
    let (name, path) = line.split_once('\t')?;
    let path: Vec<u8> = percent_decode_str(path).collect();
    #[cfg(unix)]
    let path = OsString::from_vec(path);
    // Only there any bytes may be a path.
    #[cfg(not(unix))]
    let path = String::from_utf8(path).ok()?;
    Some(Recent { path: path.into(), name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_path_of_any_bytes_is_offered_again() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::below(folder.path());
        for name in [&b"caf\xe9.hangtag"[..], b"two\nlines\r.hangtag", "50%25 \u{7ea2}.hangtag".as_bytes()] {
            let path = folder.path().join(OsString::from_vec(name.to_vec()));
            std::fs::write(&path, "").unwrap();
            remember(&places, &path, "shop");
            assert_eq!(load(&places).first().map(|recent| &recent.path), Some(&path));
        }
        assert_eq!(load(&places).len(), 3);
    }

    #[test]
    fn a_list_that_encodes_nothing_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places::below(folder.path());
        let path = folder.path().join("\u{7ea2} 100%.hangtag");
        std::fs::create_dir_all(places.recent().parent().unwrap()).unwrap();
        for file in [&path, &places.recent()] {
            std::fs::write(file, format!("shop\t{}", path.display())).unwrap();
        }
        assert_eq!(load(&places), [Recent { path, name: "shop".into() }]);
    }
}
