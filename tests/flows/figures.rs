//! The figures of a training: the same of an epoch and of the version, and compared with a version in use only by photos
//! that it has not learnt from.

use std::ffi::OsStr;
use std::fs;

use hangtag::catalogue::GroupKind;
use hangtag::workspace::Answer;
use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Desk, image_at, images_below, lay_demo, read_json, tag_named, taught_desk};

/// Trains the heads alone for an epoch, and gives what came of this run. Where the version in use could not be compared,
/// the command must have said so.
fn outcome(desk: &Desk, run: u32, more: &[&dyn AsRef<OsStr>]) -> Value {
    let catalogue = desk.catalogue();
    let mut arguments: Vec<&dyn AsRef<OsStr>> =
        vec![&"train", &"--catalogue", &catalogue, &"--unfreeze", &"head", &"--epochs", &"1"];
    arguments.extend(more);
    let said = desk.run(&arguments).expect(0).stdout;
    let outcome = read_json(&desk.at("work.hangtag-data/runs").join(run.to_string()).join("outcome.json"));
    assert_eq!(said.contains("could not be compared"), outcome["not_compared"].is_number(), "{said}");
    outcome
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("it is a number")
}

#[test]
fn groups_of_both_kinds_are_learnt_together_and_an_epoch_is_judged_as_the_version_is() {
    let desk = taught_desk();
    let mut workspace = desk.open();
    let parts = workspace.add_group("parts", GroupKind::AnyOf).unwrap();
    let of_kind = ["mugs/", "bowls/"].map(|kind| images_below(workspace.listing(), kind));
    for (tag, fits) in [("handle", 0), ("deep", 0), ("wide", 1)] {
        workspace.add_tag(Some(parts), tag).unwrap();
        let tag = tag_named(&workspace, "parts", tag);
        workspace.settle_tag(tag, &of_kind[fits], &of_kind[1 - fits]).unwrap();
    }
    drop(workspace);
    // More is known of two photos than of the others, and the last is called something else by mistake.
    let truth = "path,group,tag,value\n\
                 bowls/bowl-05.jpg,category,bowls,yes\nbowls/bowl-05.jpg,parts,handle,no\n\
                 bowls/bowl-05.jpg,parts,deep,no\nbowls/bowl-05.jpg,parts,wide,yes\n\
                 bowls/bowl-06.jpg,category,bowls,yes\n\
                 mugs/mug-05.jpg,category,mugs,yes\nmugs/mug-05.jpg,parts,handle,yes\n\
                 mugs/mug-05.jpg,parts,deep,yes\nmugs/mug-05.jpg,parts,wide,no\n\
                 mugs/mug-06.jpg,category,bowls,yes\n";
    fs::write(desk.at("truth.csv"), truth).unwrap();
    let judged: [&dyn AsRef<OsStr>; 4] = [&"--validation", &desk.at("others"), &"--labels-from", &"truth.csv"];
    let outcome = outcome(&desk, 1, &judged);
    for figure in ["accuracy", "macro_f1"] {
        let (of_epoch, of_version) = (number(&outcome["best"][figure]), number(&outcome[figure]));
        assert!((of_epoch - of_version).abs() < 1e-9 && of_version < 1.0, "{figure}: {outcome}");
    }

    let workspace = desk.open();
    let version = &workspace.versions()[0];
    let [category, parts] = version.record.groups.as_slice() else { panic!("both groups were learnt") };
    assert_eq!([category.kind, parts.kind], [GroupKind::OneOf, GroupKind::AnyOf]);
    let figures = [category, parts].map(|group| &group.measured.as_ref().expect("it was measured").metrics);
    let is_by_tag = |group: usize| figures[group].mean_average_precision.is_some();
    assert_eq!(figures.map(|figures| (figures.images, figures.per_tag.len())), [(4, 2), (2, 3)]);
    assert_eq!([0, 1].map(is_by_tag), [false, true]);
    let num_judged = |group| workspace.confusions_of(version, group).map(|found| found.num_photos);
    assert_eq!([category.group, parts.group].map(num_judged), [Some(4), Some(2)]);
}

#[test]
fn a_version_in_use_is_compared_by_photos_that_it_has_not_learnt_from_or_not_at_all() {
    let desk = Desk::new();
    for kind in ["balls", "bottles"] {
        lay_demo(&desk.photos(), kind, 8);
        lay_demo(&desk.at("others"), kind, 9);
    }
    fs::remove_file(desk.photo("balls/ball-05.jpg")).unwrap();
    let import = || {
        desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue(), &"--labels-from", &"last-folder"])
            .expect(0)
    };
    import();
    let others = desk.at("others");
    let judged: [&dyn AsRef<OsStr>; 6] =
        [&"--validation", &others, &"--labels-from", &"last-folder", &"--activate", &"always"];
    let first = outcome(&desk, 1, &judged);
    assert!(first["in_use"].is_null() && first["not_compared"].is_null(), "{first}");
    let assert_not_compared = |outcome: &Value| {
        assert!(outcome["in_use"].is_null() && outcome["accuracy"].as_f64() > Some(0.0), "{outcome}");
        assert_eq!(outcome["not_compared"], 1, "{outcome}");
    };
    // It has learnt from all that there is.
    let never: [&dyn AsRef<OsStr>; 2] = [&"--activate", &"never"];
    assert_not_compared(&outcome(&desk, 2, &never));

    // The only photo that is new to it is in the wrong folder.
    fs::copy(others.join("balls/ball-05.jpg"), desk.photo("bottles/ball-05.jpg")).unwrap();
    import();
    let mut workspace = desk.open();
    workspace.draw_splits().unwrap();
    let mistaken = image_at(workspace.listing(), "bottles/ball-05.jpg").id;
    drop(workspace);
    let database = Connection::open(desk.catalogue()).unwrap();
    let num_moved = database.execute("UPDATE splits SET side = 'test' WHERE image_id = ?1", [mistaken.0]).unwrap();
    drop(database);
    let some_learnt = outcome(&desk, 3, &never);
    let accuracy = |of: &str| number(&some_learnt[of]["accuracy"]);
    assert_eq!((num_moved, some_learnt["in_use"]["version"].as_i64()), (1, Some(1)));
    assert_eq!((accuracy("in_use"), accuracy("beside_in_use")), (0.0, 0.0), "{some_learnt}");
    assert!(some_learnt["accuracy"].as_f64() > Some(0.0), "those that version 1 has learnt from judge the rest");
    assert!(some_learnt["not_compared"].is_null(), "{some_learnt}");

    // Of that photo nobody says any more what it is, only what it is not: it judges nothing.
    let mut workspace = desk.open();
    workspace.answer(&[mistaken], tag_named(&workspace, "category", "bottles"), Answer::No).unwrap();
    drop(workspace);
    assert_not_compared(&outcome(&desk, 4, &never));
}
