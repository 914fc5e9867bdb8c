//! Catalogues and tables of a stranger, which name places outside of their folders: nothing there is read, written or
//! removed.

use std::fs;
use std::path::PathBuf;

use hangtag::catalogue::{Catalogue, ImageState};
use hangtag::workspace::{EpochFigures, LabelsFrom};
use rusqlite::{Connection, ToSql};

use crate::exports::{desk_with, export, say};
use crate::schemas::{make, scripts};
use crate::support::{Desk, answers, contents, image_at, settle, taught_desk};

/// A folder beside the catalogue, and of none of its business, with a file.
fn outside(desk: &Desk) -> PathBuf {
    let folder = desk.at("outside");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("letter.txt"), "of somebody else").unwrap();
    folder
}

/// Changes the catalogue as no Hangtag does.
fn edit(desk: &Desk, sql: &str, values: &[&dyn ToSql]) {
    let database = Connection::open(desk.catalogue()).unwrap();
    let changed = database.execute(sql, values).unwrap();
    assert_eq!(changed, 1, "{sql}");
}

#[test]
fn a_version_that_is_deleted_takes_nothing_outside_along() {
    for name in ["backbones/../../outside", "backbones/..", "backbones/.", "backbones/", "../outside"] {
        let desk = Desk::new();
        make(&scripts()[2], &desk.catalogue());
        let outside = outside(&desk);
        let own = desk.at("work.hangtag-data/backbones/0123");
        fs::create_dir_all(&own).unwrap();
        edit(&desk, "UPDATE versions SET backbone = ?1 WHERE number = 1", &[&name]);
        let before = contents(&outside);
        let mut workspace = desk.open();
        let refused = workspace.use_version(1).unwrap_err().to_string();
        assert!(refused.contains(name), "{refused}");
        workspace.delete_version(1).unwrap();
        assert!(workspace.versions().is_empty());
        assert_eq!(contents(&outside), before, "{name}");
        assert!(own.is_dir(), "{name}");
    }
}

#[test]
fn a_run_outside_is_neither_gone_on_with_nor_read() {
    let desk = taught_desk();
    let run = Catalogue::open(&desk.catalogue()).unwrap().start_run("{}").unwrap().number;
    let outside = outside(&desk);
    let epoch = serde_json::to_string(&EpochFigures { epoch: 1, ..EpochFigures::default() }).unwrap();
    fs::write(outside.join("epochs.jsonl"), epoch + "\n").unwrap();
    fs::write(outside.join("plan.json"), "{}").unwrap();
    let before = contents(&outside);
    let mut workspace = desk.open_looking();
    settle(&mut workspace);
    let absolute = outside.to_str().unwrap();
    for folder in ["../outside", "runs/../../outside", "", absolute] {
        edit(&desk, "UPDATE runs SET folder = ?1 WHERE number = ?2", &[&folder, &run]);
        let refused = workspace.resume_training(run).unwrap_err().to_string();
        assert!(refused.contains("leads out of its folder") && refused.contains("hangtag restore"), "{refused}");
        assert!(workspace.run_epochs(&workspace.runs().unwrap()[0]).is_empty(), "{folder}");
        let shown = desk.run(&[&"runs", &"--catalogue", &desk.catalogue(), &"--json"]).expect(0).json();
        assert_eq!(shown[0]["folder"], "", "{folder}");
    }
    assert_eq!(contents(&outside), before);
}

#[test]
fn a_photo_outside_is_a_broken_one_until_its_folder_is_read_again() {
    let desk = desk_with(&["a.png", "b.png"]);
    let outside = outside(&desk);
    fs::copy(desk.photo("a.png"), outside.join("a.png")).unwrap();
    let mut workspace = desk.open();
    say(&mut workspace, "a.png", &["category=dress"]);
    say(&mut workspace, "b.png", &["category=hat"]);
    drop(workspace);
    let before = contents(&outside);
    let absolute = outside.join("a.png").to_str().unwrap().to_owned();
    for (number, path) in ["../outside/a.png", "sub/../../outside/a.png", absolute.as_str()].into_iter().enumerate() {
        edit(&desk, "UPDATE files SET path = ?1 WHERE path <> 'b.png'", &[&path]);
        let listing = desk.listing();
        let image = image_at(&listing, path);
        assert!(matches!(&image.state, ImageState::Broken(reason) if reason.contains("leads out")), "{image:?}");
        assert_eq!(listing.path_of(image), PathBuf::new());

        let sidecars = desk.at(&format!("sidecars {number}"));
        fs::create_dir_all(sidecars.join("sub")).unwrap();
        export(&desk, "xmp", &sidecars, &[]).expect(3).complains_of(&[path, "leads out"]);
        let written: Vec<PathBuf> = contents(&sidecars).into_keys().collect();
        assert_eq!(written, [sidecars.join("b.xmp")], "the others are written");
        let folders = desk.at(&format!("folders {number}"));
        export(&desk, "folders", &folders, &[]).expect(3).complains_of(&["missing or broken"]);
        assert!(folders.join("category/hat/b.png").is_file() && !folders.join("category/dress").exists());
        assert_eq!(contents(&outside), before, "{path}");
    }
    desk.import();
    let listing = desk.listing();
    assert_eq!(image_at(&listing, "a.png").state, ImageState::Ok);
    export(&desk, "xmp", &desk.at("sidecars"), &[]).expect(0);
}

#[test]
fn a_csv_says_nothing_of_photos_outside_nor_of_one_without_a_name() {
    let desk = desk_with(&["a.png", "sub/b.png"]);
    let outside = outside(&desk);
    // The content is known, the place is not.
    fs::copy(desk.photo("a.png"), outside.join("a.png")).unwrap();
    let absolute = outside.join("a.png").to_str().unwrap().to_owned();
    let outs = [
        "../outside/a.png",
        r"..\outside\a.png",
        "sub/../../outside/a.png",
        "../photos/a.png",
        "sub/../a.png",
        absolute.as_str(),
        "",
    ];
    let rows: String = outs.iter().map(|path| format!("{path},category,dress\n")).collect();
    fs::write(desk.at("labels.csv"), format!("path,group,tag\n{rows}sub/b.png,category,hat\n")).unwrap();
    let unknown = || {
        let taken = desk.open().take_in_labels(&LabelsFrom::Csv(desk.at("labels.csv")), None, false).unwrap();
        taken.faults.into_iter().map(|fault| fault.path).collect::<Vec<_>>()
    };
    assert_eq!(unknown(), outs);
    assert_eq!(answers(&desk.open()), [("sub/b.png".to_owned(), "category=hat".to_owned(), true)]);

    // A photo that the catalogue itself calls so has no place, and is not found by having none.
    edit(&desk, "UPDATE files SET path = ?1 WHERE path = 'a.png'", &[&outs[0]]);
    assert_eq!(unknown(), outs[2..]);
}
