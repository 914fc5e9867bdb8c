//! What trainings begin from and leave behind: the sides that photos are on, and the runs.

use std::collections::BTreeSet;
use std::fs;

use hangtag::catalogue::{Catalogue, RunState, SplitSide};
use hangtag::failure::Cause;
use hangtag::vision::spec::Stage;
use hangtag::workspace::{ProductRule, Stop, TrainSettings};

use crate::support::{Desk, freeze, keys, lay_tiny, settle, starter_as, text, well_taught_desk};

#[test]
fn runs_are_kept_with_what_came_of_them() {
    let desk = Desk::new();
    let mut catalogue = Catalogue::open(&desk.catalogue()).unwrap();
    let run = catalogue.start_run(r#"{"epochs":3}"#).unwrap();
    assert_eq!((run.number, run.state, run.folder.as_str()), (1, RunState::Running, "runs/1"));
    let second = catalogue.start_run("{}").unwrap().number;
    catalogue.set_run(1, RunState::Done, Some(r#"{"accuracy":0.9}"#), None).unwrap();
    assert!(catalogue.set_run(9, RunState::Done, None, None).is_err());
    drop(catalogue);
    // The second was running when its program ended.
    let list = desk.run(&[&"runs", &"--catalogue", &desk.catalogue(), &"--json"]).expect(0).json();
    assert_eq!(
        keys(&list[0]),
        ["ended_at", "folder", "machine", "number", "outcome", "settings", "started_at", "state", "version"]
    );
    assert_eq!((text(&list[0]["state"]), &list[0]["outcome"]["accuracy"]), ("done", &0.9.into()));
    assert_eq!((text(&list[1]["state"]), &list[1]["ended_at"]), ("interrupted", &serde_json::Value::Null));
    assert!(text(&list[0]["folder"]).ends_with("work.hangtag-data/runs/1"));
    let shown = desk.run(&[&"runs", &"--catalogue", &desk.catalogue(), &"show", &second.to_string()]).expect(0);
    assert!(shown.stdout.contains("interrupted"), "{}", shown.stdout);
    desk.run(&[&"runs", &"--catalogue", &desk.catalogue(), &"show", &"3"]).expect(1).complains_of(&["no run 3"]);
}

#[test]
fn sides_of_the_split_are_drawn_once_and_evenly() {
    let desk = Desk::new();
    for (folder, count) in [("a", 40), ("b", 20)] {
        lay_tiny(&desk.photos().join(folder), count + u32::from(folder == "b") * 100);
    }
    let import = |desk: &Desk| {
        desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue(), &"--labels-from", &"last-folder"])
    };
    // The photos of `a` are among those of `b`: those have two classes, and no label.
    assert_eq!(import(&desk).status, Some(3));
    let mut workspace = desk.open();
    let first = workspace.draw_splits().unwrap();
    assert_eq!(first.len(), 80, "those without a label have no side");
    let count = |side| first.values().filter(|known| **known == side).count();
    assert_eq!([SplitSide::Train, SplitSide::Validation, SplitSide::Test].map(count), [56, 12, 12]);
    assert_eq!(workspace.draw_splits().unwrap(), first);
    drop(workspace);

    lay_tiny(&desk.photos().join("c"), 400);
    for number in 0..200 {
        fs::remove_file(desk.photos().join(format!("c/{number:05}.bmp"))).unwrap();
    }
    let _ = import(&desk);
    let mut workspace = desk.open();
    let second = workspace.draw_splits().unwrap();
    assert_eq!(second.len(), 280);
    assert!(first.iter().all(|(image, side)| second.get(image) == Some(side)), "those before stay where they are");
    let of_c = |side| {
        let new = second.iter().filter(|(image, known)| !first.contains_key(image) && **known == side);
        new.count()
    };
    assert_eq!([SplitSide::Train, SplitSide::Validation, SplitSide::Test].map(of_c), [140, 30, 30]);

    // Shots of one product are never on two sides.
    for number in 0..200 {
        let (from, to) = (format!("c/{:05}.bmp", 200 + number), format!("c/SKU{}_{}.bmp", number / 4, number % 4));
        fs::rename(desk.photos().join(from), desk.photos().join(to)).unwrap();
    }
    drop(workspace);
    let _ = import(&desk);
    let mut workspace = desk.open();
    workspace.set_product_rule(ProductRule::Stem).unwrap();
    let third = workspace.draw_splits().unwrap();
    let listing = workspace.listing().clone();
    let mut num_moved = 0;
    for image in listing.images.iter().filter(|image| image.path().starts_with("c/SKU")) {
        let index = workspace.index_of(image.id).unwrap();
        let shots: Vec<_> = workspace.products().shots(index).iter().map(|&shot| listing.images[shot].id).collect();
        assert_eq!(shots.len(), 4);
        assert!(shots.iter().all(|shot| third[shot] == third[&image.id]));
        if third[&image.id] != second[&image.id] {
            num_moved += 1;
            assert_eq!(third[&image.id], SplitSide::Train, "what was learnt from cannot measure");
        }
    }
    assert!(num_moved > 0);
}

#[test]
fn a_backbone_stays_as_long_as_an_unfinished_run_goes_on_from_it() {
    let desk = well_taught_desk();
    let mut workspace = desk.open_looking();
    freeze(&mut workspace, None);
    let own = starter_as(&workspace, &BTreeSet::new(), |spec| spec.features = vec![Stage::Layer4]);
    workspace.remember_model(&own).unwrap();
    drop(workspace);

    // Versions 2 and 3 stand on a backbone of their own, from which a run begins.
    let mut workspace = desk.open_looking();
    for _ in 0..2 {
        freeze(&mut workspace, None);
    }
    workspace.start_training(TrainSettings::default(), None).unwrap();
    workspace.stop_training(Stop::Pause);
    settle(&mut workspace);
    workspace.use_version(1).unwrap();
    settle(&mut workspace);
    assert_eq!((workspace.version_in_use(), workspace.runs().unwrap()[0].state), (Some(1), RunState::Paused));
    let backbone = workspace.data_folder().join(&workspace.versions()[1].backbone).unwrap();
    workspace.delete_version(3).unwrap();
    let refused = workspace.delete_version(2).unwrap_err();
    assert_eq!(refused.cause.as_deref(), Some(&Cause::NeededByRun(1)), "{refused}");
    assert!(backbone.is_dir() && workspace.versions().len() == 2);
    drop(workspace);

    let catalogue = desk.catalogue();
    let delete = || desk.run(&[&"versions", &"--catalogue", &catalogue, &"delete", &"2"]);
    let discard = || desk.run(&[&"runs", &"--catalogue", &catalogue, &"discard", &"1"]);
    delete().expect(1).complains_of(&["run 1 is not finished", "train --resume 1", "runs discard 1"]);
    discard().expect(0);
    discard().expect(1).complains_of(&["no run 1 waits"]);
    delete().expect(0);
    assert!(!backbone.exists(), "nothing stands on it any more");
}

#[test]
fn a_run_that_the_catalogue_has_forgotten_keeps_its_folder() {
    let desk = Desk::new();
    for (number, name) in [(1, "checkpoint.safetensors"), (2, "outcome.json"), (4, "plan.json")] {
        let folder = desk.at(&format!("work.hangtag-data/runs/{number}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), "of a later run").unwrap();
    }
    let mut catalogue = Catalogue::open(&desk.catalogue()).unwrap();
    // Of one that never came to a checkpoint nothing is lost.
    for number in [3, 4] {
        let folder = format!("runs/{number}");
        assert_eq!(catalogue.next_run_folder().unwrap(), folder);
        let run = catalogue.start_run("{}").unwrap();
        assert_eq!((run.number, run.folder), (number, folder));
    }
}
