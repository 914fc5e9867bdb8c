//! A small catalogue of every schema there ever was: each opens, with everything that was said in it.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::support::{Desk, answers};

/// The scripts that make them, by number.
fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows/schemas");
    let scripts: Vec<PathBuf> =
        (1..).map(|n| folder.join(format!("{n}.sql"))).take_while(|path| path.exists()).collect();
    assert_eq!(scripts.len(), fs::read_dir(&folder).unwrap().count(), "they are numbered from 1 on");
    scripts
}

fn make(script: &Path, at: &Path) {
    let database = Connection::open(at).unwrap();
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    database.execute_batch(&fs::read_to_string(script).unwrap()).unwrap();
}

fn schema_of(path: &Path) -> usize {
    Connection::open(path).unwrap().pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap()
        as usize
}

const SAID: [(&str, &str); 2] = [("dress.jpg", "category=dress"), ("帽子.jpg", "category=帽子")];

#[test]
fn a_catalogue_of_every_schema_opens_with_all_that_was_said() {
    let scripts = scripts();
    for script in &scripts {
        let desk = Desk::new();
        make(script, &desk.catalogue());
        let mut workspace = desk.open();
        let expected = SAID.map(|(path, tag)| (path.to_owned(), tag.to_owned(), true));
        assert_eq!(answers(&workspace), expected, "{}", script.display());
        // What was done before can be undone now, and both last.
        assert!(workspace.undo().unwrap().is_some());
        assert_eq!(answers(&workspace), expected[..1]);
        assert!(workspace.redo().unwrap().is_some());
        drop(workspace);
        assert_eq!(answers(&desk.open()), expected);
        // The newest has a script as well, so that the next one after it will find a catalogue to bring up to date.
        assert_eq!(schema_of(&desk.catalogue()), scripts.len(), "{}", script.display());
    }
}

#[test]
fn an_old_catalogue_that_cannot_be_written_is_read_and_stays_as_it_is() {
    for (index, script) in scripts().iter().enumerate() {
        let desk = Desk::new();
        make(script, &desk.catalogue());
        let mut permissions = fs::metadata(desk.catalogue()).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(desk.catalogue(), permissions).unwrap();
        let workspace = desk.open();
        assert!(workspace.read_only_reason().is_some());
        assert_eq!(answers(&workspace).len(), 2);
        assert!(workspace.versions().len() <= 1 && workspace.runs().unwrap().len() <= 1);
        drop(workspace);
        assert_eq!(schema_of(&desk.catalogue()), index + 1);
    }
}

#[test]
fn versions_and_runs_of_schema_3_are_listed() {
    let desk = Desk::new();
    make(&scripts()[2], &desk.catalogue());
    let versions = desk.run(&[&"versions", &"--catalogue", &desk.catalogue(), &"list", &"--json"]).expect(0).json();
    assert_eq!(versions.as_array().unwrap().len(), 1, "the second was deleted");
    assert_eq!((&versions[0]["name"], &versions[0]["in_use"]), (&"spring".into(), &false.into()));
    assert_eq!(versions[0]["groups"][0]["tags"], serde_json::json!(["dress", "帽子"]));
    let run = desk.run(&[&"runs", &"--catalogue", &desk.catalogue(), &"show", &"1", &"--json"]).expect(0).json();
    assert_eq!((&run["settings"]["epochs"], &run["version"]), (&3.into(), &1.into()));
    // Its backbone never was on this computer.
    let missing = "work.hangtag-data";
    desk.run(&[&"versions", &"--catalogue", &desk.catalogue(), &"use", &"1"]).expect(1).complains_of(&[missing]);
}
