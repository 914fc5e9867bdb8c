//! Who judges a training: all shots of one article or none, and never what was learnt from.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use hangtag::catalogue::{GroupKind, SplitSide};
use hangtag::imaging::ContentHash;
use hangtag::workspace::{Answer, GroupRecord, ProductRule, Workspace};
use rusqlite::Connection;
use serde_json::Value;

use crate::support::{
    Desk, Run, image_at, images_below, lay_demo, read_json, settle, starter_as, tag_named, taught_desk,
};

const KINDS: [&str; 2] = ["mugs", "bowls"];

/// Articles of each kind, of which one is drawn to choose by and one to measure by.
const ARTICLES: usize = 7;

/// Lays another shot of each article, taken from so many pixels nearer, beside the first.
fn lay_shots(desk: &Desk, nearer: u32) {
    for kind in KINDS {
        for number in 1..=ARTICLES {
            lay_shot(desk, &format!("{kind}/{}-0{number}.jpg", &kind[..kind.len() - 1]), nearer);
        }
    }
}

/// Lays another shot of that article, taken from so many pixels nearer, beside the first, and gives its path.
fn lay_shot(desk: &Desk, first: &str, nearer: u32) -> String {
    let photo = image::open(desk.photo(first)).unwrap();
    let (width, height) = (photo.width() - 2 * nearer, photo.height() - 2 * nearer);
    let shot = first.replace(".jpg", &format!(" {nearer}.png"));
    photo.crop_imm(nearer, nearer, width, height).save(desk.photo(&shot)).unwrap();
    shot
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

#[test]
fn an_article_counts_once_where_others_are_dealt_after_it_however_many_shots_it_has() {
    let desk = Desk::new();
    KINDS.iter().for_each(|kind| lay_demo(&desk.photos(), kind, ARTICLES));
    let (_, before) = drawn(&desk);
    let is_learnt = |(path, side): &(&String, &SplitSide)| path.starts_with("mugs/") && **side == SplitSide::Train;
    let (learnt, _) = before.iter().find(is_learnt).expect("most are learnt from");
    let shot = lay_shot(&desk, learnt, 8);
    let (_, with_shot) = drawn(&desk);
    assert_eq!(with_shot[&shot], SplitSide::Train);

    // Five mugs are learnt from, and the eighth belongs there too; six photos of mugs, and it would judge.
    lay_demo(&desk.photos(), "mugs", ARTICLES + 1);
    let (_, after) = drawn(&desk);
    assert_eq!(after["mugs/mug-08.jpg"], SplitSide::Train, "{after:?}");
    assert!(with_shot.iter().all(|(path, side)| after[path] == *side), "{after:?}");
}

/// `hangtag train` of the heads alone, judged by the photos of that folder, whose truth is in the names of its folders.
fn train_judged_by(desk: &Desk, folder: &Path, names: &str, more: &[&dyn AsRef<OsStr>]) -> Run {
    let catalogue = desk.catalogue();
    let mut arguments: Vec<&dyn AsRef<OsStr>> = vec![
        &"train",
        &"--catalogue",
        &catalogue,
        &"--unfreeze",
        &"head",
        &"--epochs",
        &"1",
        &"--activate",
        &"never",
        &"--validation",
        &folder,
        &"--labels-from",
        &names,
    ];
    arguments.extend(more);
    desk.run(&arguments)
}

/// What a run wrote into a file of its folder.
fn of_run(desk: &Desk, run: u32, file: &str) -> Value {
    read_json(&desk.at("work.hangtag-data/runs").join(run.to_string()).join(file))
}

#[test]
fn photos_that_were_learnt_from_judge_no_run() {
    let desk = taught_desk();
    let folder = desk.photos().display().to_string();
    let refused = ["all 8 labelled photos", "were learnt from", "without `--validation`", folder.as_str()];
    train_judged_by(&desk, &desk.photos(), "last-folder", &[]).expect(1).complains_of(&refused);
    assert!(desk.open().runs().unwrap().is_empty(), "what cannot begin is no run");

    // One of the others is in the catalogue too.
    let others = desk.at("others");
    fs::copy(desk.photo("mugs/mug-01.jpg"), others.join("mugs/mug-01.jpg")).unwrap();
    train_judged_by(&desk, &others, "last-folder", &[]).expect(0).complains_of(&["1 of 5"]);
    let plan = of_run(&desk, 1, "plan.json");
    let num_photos = |side: &str| plan[side].as_array().unwrap().len();
    assert_eq!(["training", "held_out"].map(num_photos), [8, 4]);

    // The others taught the backbone in a run before.
    let mut workspace = desk.open();
    let files = KINDS.iter().flat_map(|kind| fs::read_dir(others.join(kind)).unwrap());
    let seen = files.map(|file| ContentHash::of(&fs::read(file.unwrap().path()).unwrap())).collect();
    let own = starter_as(&workspace, &seen, |_| ());
    workspace.remember_model(&own).unwrap();
    drop(workspace);
    let refused = ["all 5 labelled photos", "were learnt from"];
    train_judged_by(&desk, &others, "last-folder", &[]).expect(1).complains_of(&refused);
}

#[test]
fn a_folder_is_named_after_a_tag_of_one_group_and_judges_no_other() {
    let desk = taught_desk();
    let mut workspace = desk.open();
    let colour = workspace.add_group("colour", GroupKind::OneOf).unwrap();
    for (tag, kind) in [("light", "mugs/"), ("dark", "bowls/")] {
        workspace.add_tag(Some(colour), tag).unwrap();
        let tag = tag_named(&workspace, "colour", tag);
        let images = images_below(workspace.listing(), kind);
        workspace.answer(&images, tag, Answer::Yes).unwrap();
    }
    drop(workspace);
    // Nobody knows lamps: whatever is said of them is wrong, in the group that the other folders are tags of.
    let others = desk.at("others");
    lay_demo(&others, "lamps", 1);
    train_judged_by(&desk, &others, "last-folder", &[&"--group", &"category"]).expect(0);
    train_judged_by(&desk, &others, "last-folder", &[]).expect(0).complains_of(&["`colour` is not measured"]);

    let plan = of_run(&desk, 2, "plan.json");
    assert_eq!(plan["groups"].as_array().unwrap().len(), 2);
    let held_out = plan["held_out"].as_array().unwrap();
    let unlearnt: usize = held_out.iter().map(|photo| photo["unlearnt"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(unlearnt, 1, "{plan}");
    assert_eq!(held_out.len(), 5);
    assert!(held_out.iter().all(|photo| photo["targets"][1].is_null()), "{plan}");
    let [alone, beside] = [1, 2].map(|run| of_run(&desk, run, "outcome.json"));
    assert!(alone["live_accuracy"].as_f64() > Some(0.5), "{alone}");
    for figure in ["live_accuracy", "live_macro_f1"] {
        assert_eq!(alone[figure], beside[figure], "{figure}");
    }
    let is_measured = |group: &GroupRecord| group.measured.is_some();
    let measured: Vec<bool> = desk.open().versions()[1].record.groups.iter().map(is_measured).collect();
    assert_eq!(measured, [true, false]);

    // The first folder of each path is a tag of a group `folder 1`, which there is not.
    let refused = ["has a tag of the groups that are learnt", "`last-folder`"];
    train_judged_by(&desk, &others, "folders", &[]).expect(1).complains_of(&refused);
    let strangers = desk.at("strangers");
    lay_demo(&strangers, "lamps", 1);
    train_judged_by(&desk, &strangers, "last-folder", &[]).expect(1).complains_of(&refused);
}
