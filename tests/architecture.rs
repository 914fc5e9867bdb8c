//! Who may name whom: the arrows of the architecture, held against the source.

#![allow(clippy::unwrap_used, reason = "what a test cannot do is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

/// A name and the rooms in which it may stand.
struct Rule {
    name: &'static str,
    rooms: &'static [&'static str],
}

const RULES: [Rule; 19] = [
    Rule { name: "rusqlite", rooms: &["catalogue"] },
    Rule { name: "egui", rooms: &["app"] },
    Rule { name: "eframe", rooms: &["app"] },
    Rule { name: "rfd", rooms: &["app"] },
    Rule { name: "clap", rooms: &["cli", "main.rs"] },
    Rule { name: "candle_core", rooms: &["vision", "learn", "export"] },
    Rule { name: "candle_nn", rooms: &["vision", "learn", "export"] },
    Rule { name: "prost", rooms: &["export", "workspace/train"] },
    Rule { name: "rten", rooms: &["export"] },
    // The internet: nothing of it is named by the window.
    Rule { name: "reqwest", rooms: &["vision/hub"] },
    Rule { name: "object_store", rooms: &["export/publish"] },
    Rule { name: "fetch", rooms: &["cli", "workspace", "vision"] },
    Rule { name: "thread::Builder", rooms: &["workspace", "vision/cpu"] },
    Rule { name: "thread::spawn", rooms: &["workspace", "vision/cpu"] },
    Rule { name: "thread::scope", rooms: &["workspace", "vision/cpu"] },
    Rule { name: "unsafe", rooms: &["vision/cpu", "app/mac.rs"] },
    Rule { name: "crate::app", rooms: &["app"] },
    Rule { name: "crate::cli", rooms: &["cli"] },
    Rule { name: "crate::workspace", rooms: &["app", "cli", "workspace"] },
];

/// For each room, the rooms it must not lean on.
const ARROWS: [(&str, &[&str]); 6] = [
    ("imaging", &["catalogue", "vision", "learn", "export", "workspace", "cli", "app"]),
    ("catalogue", &["vision", "learn", "export", "workspace", "cli", "app"]),
    ("vision", &["catalogue", "learn", "export", "workspace", "cli", "app"]),
    ("learn", &["catalogue", "export", "workspace", "cli", "app"]),
    ("export", &["workspace", "cli", "app"]),
    ("workspace", &["cli", "app"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source file, relative to `src`, with its code: comments are prose and may name anything.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![source()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(source()).unwrap().to_str().unwrap().replace('\\', "/");
                let text = fs::read_to_string(&path).unwrap();
                files.push((name, text));
            }
        }
    }
    assert!(files.len() > 50, "the source was not found");
    files
}

fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Whether the code names something as a whole word.
fn names(code: &str, name: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(name)
        .any(|(at, _)| !is_part(code[..at].chars().next_back()) && !is_part(code[at + name.len()..].chars().next()))
}

#[test]
fn names_stand_only_in_their_rooms() {
    let mut faults = Vec::new();
    for (file, text) in files() {
        let code = code(&text);
        for rule in &RULES {
            let is_allowed = rule.rooms.iter().any(|room| file.starts_with(room));
            if !is_allowed && names(&code, rule.name) {
                faults.push(format!("{file} names {}", rule.name));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn rooms_lean_one_way() {
    let mut faults = Vec::new();
    for (file, text) in files() {
        let code = code(&text);
        for (room, others) in ARROWS {
            for other in others {
                if file.starts_with(&format!("{room}/")) && names(&code, &format!("crate::{other}")) {
                    faults.push(format!("{file} leans on {other}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_file_begins_with_one_sentence_and_stays_readable() {
    let mut faults = Vec::new();
    for (file, text) in files() {
        let first = text.lines().next().unwrap_or_default();
        if !first.starts_with("//! ") {
            faults.push(format!("{file} does not say what it is"));
        }
        let length = text.lines().count();
        if length > 500 {
            faults.push(format!("{file} has {length} lines"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
