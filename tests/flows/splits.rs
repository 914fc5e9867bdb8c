//! Who judges a training: all shots of one article or none, and never what was learnt from.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hangtag::catalogue::SplitSide;
use hangtag::imaging::ContentHash;
use hangtag::workspace::{ProductRule, Workspace};
use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Desk, Run, image_at, lay_demo, settle, starter_as, taught_desk};

const KINDS: [&str; 2] = ["mugs", "bowls"];

/// Articles of each kind, of which one is drawn to choose by and one to measure by.
const ARTICLES: usize = 7;

/// Lays another shot of each article, taken from so many pixels nearer, beside the first.
fn lay_shots(desk: &Desk, nearer: u32) {
    for kind in KINDS {
        for number in 1..=ARTICLES {
            let name = format!("{kind}/{}-0{number}", &kind[..kind.len() - 1]);
            let photo = image::open(desk.photo(&format!("{name}.jpg"))).unwrap();
            let (width, height) = (photo.width() - 2 * nearer, photo.height() - 2 * nearer);
            let shot = photo.crop_imm(nearer, nearer, width, height);
            shot.save(desk.photo(&format!("{name} {nearer}.png"))).unwrap();
        }
    }
}

/// The path of the first shot of the article that a path shows.
fn first_shot(path: &str) -> String {
    format!("{}.jpg", path.split([' ', '.']).next().unwrap())
}

/// The desk's photos, labelled by their folders and looked at, and the side of each.
fn drawn(desk: &Desk) -> (Workspace, BTreeMap<String, SplitSide>) {
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue(), &"--labels-from", &"last-folder"])
        .expect(0);
    let mut workspace = desk.open_looking();
    settle(&mut workspace);
    let sides = workspace.draw_splits().unwrap();
    let of_paths = workspace.listing().images.iter().map(|image| (image.path().to_owned(), sides[&image.id]));
    let of_paths = of_paths.collect();
    (workspace, of_paths)
}

#[test]
fn shots_of_one_article_are_on_one_side_though_nobody_said_so_and_none_is_moved() {
    let desk = Desk::new();
    KINDS.iter().for_each(|kind| lay_demo(&desk.photos(), kind, ARTICLES));
    lay_shots(&desk, 8);
    let (workspace, before) = drawn(&desk);
    assert_eq!((workspace.product_rule(), before.len()), (ProductRule::Single, 2 * 2 * ARTICLES));
    assert!(before.iter().all(|(path, side)| *side == before[&first_shot(path)]), "{before:?}");
    let count = |side| before.values().filter(|drawn| **drawn == side).count();
    assert_eq!(SplitSide::ALL.map(count), [20, 4, 4], "of each kind five articles, one and one");

    // Sides that were drawn before likeness was looked at: one article is on two.
    let (torn, _) = before.iter().find(|(path, side)| **side == SplitSide::Test && path.ends_with("png")).unwrap();
    let torn_shot = image_at(workspace.listing(), torn).id;
    drop(workspace);
    let database = Connection::open(desk.catalogue()).unwrap();
    database.execute("UPDATE splits SET side = 'validation' WHERE image_id = ?1", [torn_shot.0]).unwrap();
    drop(database);
    lay_shots(&desk, 4);
    let (_workspace, after) = drawn(&desk);
    assert_eq!(after.len(), 3 * 2 * ARTICLES);
    for (path, side) in &after {
        let expected = match before.get(path) {
            Some(_) if path == torn => SplitSide::Validation,
            Some(drawn) => *drawn,
            None if first_shot(path) == first_shot(torn) => SplitSide::Train,
            None => before[&first_shot(path)],
        };
        assert_eq!(*side, expected, "{path}");
    }
}

/// `hangtag train` of the heads alone, judged by the photos of that folder.
fn train_judged_by(desk: &Desk, folder: &Path) -> Run {
    desk.run(&[
        &"train",
        &"--catalogue",
        &desk.catalogue(),
        &"--unfreeze",
        &"head",
        &"--epochs",
        &"1",
        &"--activate",
        &"never",
        &"--validation",
        &folder,
        &"--labels-from",
        &"last-folder",
    ])
}

#[test]
fn photos_that_were_learnt_from_judge_no_run() {
    let desk = taught_desk();
    let folder = desk.photos().display().to_string();
    let refused = ["all 8 labelled photos", "were learnt from", "without `--validation`", folder.as_str()];
    train_judged_by(&desk, &desk.photos()).expect(1).complains_of(&refused);
    assert!(desk.open().runs().unwrap().is_empty(), "what cannot begin is no run");

    // One of the others is in the catalogue too.
    let others = desk.at("others");
    fs::copy(desk.photo("mugs/mug-01.jpg"), others.join("mugs/mug-01.jpg")).unwrap();
    train_judged_by(&desk, &others).expect(0).complains_of(&["1 of 5"]);
    let plan = fs::read(desk.at("work.hangtag-data/runs/1/plan.json")).unwrap();
    let plan: Value = serde_json::from_slice(&plan).unwrap();
    let num_photos = |side: &str| plan[side].as_array().unwrap().len();
    assert_eq!(["training", "held_out"].map(num_photos), [8, 4]);

    // The others taught the backbone in a run before.
    let mut workspace = desk.open();
    let files = KINDS.iter().flat_map(|kind| fs::read_dir(others.join(kind)).unwrap());
    let seen = files.map(|file| ContentHash::of(&fs::read(file.unwrap().path()).unwrap())).collect();
    let own = starter_as(&workspace, &seen, |_| ());
    workspace.remember_model(&own).unwrap();
    drop(workspace);
    train_judged_by(&desk, &others).expect(1).complains_of(&["all 5 labelled photos", "were learnt from"]);
}
