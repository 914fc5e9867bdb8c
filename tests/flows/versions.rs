//! Model versions: frozen, numbered for ever, put to use and gone back from; and what they say of photos.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use hangtag::catalogue::GroupKind;
use hangtag::vision::ModelSource;
use hangtag::vision::spec::Stage;
use hangtag::workspace::{Answer, MeasuredOn, Workspace};

use crate::support::{
    Desk, Run, contents, freeze, images_below, keys, lay_demo, settle, starter_as, tag_named, taught_desk, text,
};

/// Mugs and bowls, of which four each have a label, as the window has them open.
fn taught() -> (Desk, Workspace) {
    let desk = taught_desk();
    let mut workspace = desk.open_looking();
    settle(&mut workspace);
    (desk, workspace)
}

/// A backbone of this catalogue's own, whose features are those of the last stage only.
fn own_backbone(workspace: &Workspace) -> ModelSource {
    starter_as(workspace, &BTreeSet::new(), |spec| spec.features = vec![Stage::Layer4])
}

/// Version 1 on the built-in model, version 2 on a backbone of its own, and the built-in model in use.
fn two_backbones() -> (Desk, Workspace) {
    let (desk, mut workspace) = taught();
    freeze(&mut workspace, None);
    let source = own_backbone(&workspace);
    workspace.remember_model(&source).unwrap();
    drop(workspace);
    let mut workspace = desk.open_looking();
    settle(&mut workspace);
    assert_eq!(workspace.model().unwrap().backbone.spec().name, "own");
    freeze(&mut workspace, None);
    workspace.use_version(1).unwrap();
    settle(&mut workspace);
    assert_eq!(workspace.version_in_use(), Some(1));
    (desk, workspace)
}

fn versions(desk: &Desk, arguments: &[&str]) -> Run {
    let mut command = desk.command(&[&"versions", &"--catalogue", &desk.catalogue()]);
    Run::from(command.args(arguments).output().unwrap())
}

#[test]
fn what_was_learnt_is_frozen_with_honest_figures_and_put_to_use() {
    let (desk, mut workspace) = taught();
    let group = workspace.vocabulary().groups[0].id;
    assert_eq!(freeze(&mut workspace, Some("  spring  ")), 1);
    let version = &workspace.versions()[0];
    assert_eq!((version.name.as_str(), version.backbone.as_str(), version.record.run), ("spring", "starter", None));
    let record = &version.record.groups[0];
    let tags: Vec<&str> = record.tags.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(
        (record.name.as_str(), record.kind, tags, record.num_photos),
        ("category", GroupKind::OneOf, vec!["bowls", "mugs"], 8)
    );
    let measured = record.measured.as_ref().expect("four of each can be held out");
    assert_eq!((measured.on, measured.metrics.images), (MeasuredOn::CrossValidation, 8));
    assert!(measured.metrics.accuracy >= 0.7, "{measured:?}");
    assert_eq!(version.record.spec.preprocess, workspace.model().unwrap().backbone.spec().preprocess);

    // The frozen head is the live one, number by number.
    let live = workspace.heads().of(group).unwrap().head.clone();
    assert_eq!(workspace.version_heads(1).unwrap().of(group).unwrap().head, live);

    // A label from now on says which version was in use.
    assert_eq!(workspace.version_in_use(), None);
    workspace.use_version(1).unwrap();
    assert_eq!(workspace.version_in_use(), Some(1));
    lay_demo(&desk.photos(), "mugs", 7);
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    let open: Vec<_> = workspace.listing().images.iter().map(|image| image.id).collect();
    workspace.accept_proposals(&open, None).unwrap();
    let by_version = workspace.labels().iter().filter(|(.., label)| label.version == Some(1)).count();
    assert_eq!(by_version, 3, "three mugs were new");
    // The heads may be a moment behind.
    workspace.freeze(None).unwrap();
    settle(&mut workspace);

    // Both, and what is in use, last.
    drop(workspace);
    let mut workspace = desk.open_looking();
    assert_eq!(workspace.version_in_use(), Some(1));
    settle(&mut workspace);
    let names: Vec<&str> = workspace.versions().iter().map(|version| version.name.as_str()).collect();
    assert_eq!(names, ["spring", "version 2"]);
    assert!(workspace.labels().iter().any(|(.., label)| label.version == Some(1)));

    // One click back, and back again.
    workspace.go_back().unwrap();
    assert_eq!(workspace.version_in_use(), None);
    workspace.go_back().unwrap();
    assert_eq!(workspace.version_in_use(), Some(1));
    workspace.use_version(2).unwrap();
    workspace.go_back().unwrap();
    assert_eq!(workspace.version_in_use(), Some(1));
}

#[test]
fn a_number_is_never_given_again() {
    let (desk, mut workspace) = taught();
    for number in 1..=3 {
        assert_eq!(freeze(&mut workspace, None), number);
    }
    workspace.use_version(2).unwrap();
    let refused = workspace.delete_version(2).unwrap_err().to_string();
    assert!(refused.contains("version 2 is in use"), "{refused}");
    workspace.delete_version(3).unwrap();
    assert!(workspace.delete_version(3).is_err() && workspace.use_version(3).is_err());
    assert!(workspace.rename_version(3, "again").is_err() && workspace.rename_version(1, "  ").is_err());
    workspace.rename_version(1, "first").unwrap();
    drop(workspace);
    let mut workspace = desk.open_looking();
    assert_eq!(freeze(&mut workspace, None), 4);
    let known: Vec<_> = workspace.versions().iter().map(|version| (version.number, version.name.as_str())).collect();
    assert_eq!(known, [(1, "first"), (2, "version 2"), (4, "version 4")]);

    // A version that labels name can go; what they name stays known.
    let image = images_below(workspace.listing(), "mugs/")[0];
    let (mug, bowl) = (tag_named(&workspace, "category", "mugs"), tag_named(&workspace, "category", "bowls"));
    workspace.answer(&[image], mug, Answer::Unknown).unwrap();
    settle(&mut workspace);
    workspace.answer(&[image], mug, Answer::Yes).unwrap();
    assert_eq!(workspace.labels().get(image, mug).unwrap().version, Some(2));
    workspace.answer(&[image], bowl, Answer::Yes).unwrap();
    workspace.use_version(1).unwrap();
    workspace.delete_version(2).unwrap();
    workspace.undo().unwrap();
    assert_eq!(workspace.labels().get(image, mug).unwrap().version, Some(2));
}

#[test]
fn another_backbone_is_used_once_all_its_features_are_there() {
    let (desk, mut workspace) = two_backbones();
    let group = workspace.vocabulary().groups[0].id;
    assert_eq!(
        workspace.versions()[1].backbone.split('/').next(),
        Some("backbones"),
        "by its place beside the catalogue"
    );
    let image = images_below(workspace.listing(), "bowls/")[0];
    let before = workspace.proposals().best(image, group).expect("it has features");
    // More photos than were looked at under the other backbone.
    lay_demo(&desk.photos(), "lamps", 6);
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    workspace.use_version(2).unwrap();
    assert_eq!(workspace.version_in_use(), Some(1), "what was in use serves meanwhile");
    assert_eq!(workspace.proposals().best(image, group), Some(before));
    settle(&mut workspace);
    assert_eq!(workspace.version_in_use(), Some(2));
    let model = workspace.model().unwrap().clone();
    assert_eq!(model.backbone.spec().name, "own");
    assert!(workspace.listing().images.iter().all(|image| model.store.get(&image.hash.unwrap()).is_some()));
    assert!(workspace.proposals().knows(image));

    // A catalogue that is moved with its folder finds its backbone there.
    drop(workspace);
    fs::create_dir(desk.at("moved")).unwrap();
    for ending in ["", "-data"] {
        let name = format!("work.hangtag{ending}");
        fs::rename(desk.at(&name), desk.at("moved").join(&name)).unwrap();
    }
    for ending in ["-wal", "-shm", "-lock"] {
        let _ = fs::remove_file(desk.at(&format!("work.hangtag{ending}")));
    }
    let moved = desk.at("moved/work.hangtag");
    let opening = hangtag::workspace::Opening::quiet(Some(&moved), desk.places());
    let mut workspace = Workspace::open(opening).unwrap();
    settle(&mut workspace);
    assert_eq!(
        (workspace.version_in_use(), workspace.model().unwrap().backbone.spec().name.as_str()),
        (Some(2), "own")
    );
    workspace.go_back().unwrap();
    settle(&mut workspace);
    assert_eq!(workspace.version_in_use(), Some(1));
    assert_ne!(workspace.model().unwrap().backbone.spec().name, "own");

    // A backbone that nothing stands on any more goes with the last version.
    let backbone = workspace.data_folder().join(&workspace.versions()[1].backbone).unwrap();
    assert!(backbone.is_dir());
    workspace.delete_version(2).unwrap();
    assert!(!backbone.exists());
}

#[test]
fn no_backbone_is_deleted_while_a_version_is_made() {
    let (_desk, mut workspace) = two_backbones();
    let backbone = workspace.data_folder().join(&workspace.versions()[1].backbone).unwrap();
    workspace.freeze(None).unwrap();
    let refused = workspace.delete_version(2).unwrap_err().to_string();
    assert!(refused.contains("a version is being made"), "{refused}");
    settle(&mut workspace);
    assert_eq!((workspace.versions().len(), backbone.is_dir()), (3, true));
    workspace.delete_version(2).unwrap();
    assert!(!backbone.exists());
}

#[test]
fn versions_on_two_backbones_are_compared_each_by_its_own_features() {
    let (desk, mut workspace) = two_backbones();
    // The same photos, said to be the other thing: version 3, on the built-in model.
    let [mugs, bowls] = ["mugs/", "bowls/"].map(|kind| images_below(workspace.listing(), kind));
    let [mug, bowl] = ["mugs", "bowls"].map(|name| tag_named(&workspace, "category", name));
    workspace.answer(&mugs, bowl, Answer::Yes).unwrap();
    workspace.answer(&bowls, mug, Answer::Yes).unwrap();
    assert_eq!(freeze(&mut workspace, None), 3);
    // Photos that nobody looked at under the other backbone.
    lay_demo(&desk.photos(), "lamps", 2);
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    workspace.start_version_diff(2, 3).unwrap();
    settle(&mut workspace);
    let diff = workspace.version_diff().expect("they were compared");
    assert_eq!((diff.from, diff.to, diff.num_photos), (2, 3, 10));
    let labelled = diff.changes.iter().filter(|row| mugs.contains(&row.image) || bowls.contains(&row.image));
    let told: Vec<_> = labelled.map(|row| (mugs.contains(&row.image), row.before[0].0, row.after[0].0)).collect();
    assert!(told.len() >= 7, "nearly all are said to be the other thing: {told:?}");
    assert!(told.iter().all(|row| *row == if row.0 { (true, mug, bowl) } else { (false, bowl, mug) }), "{told:?}");
}

#[test]
fn what_a_restart_cuts_off_goes_on_and_what_a_person_cancels_does_not() {
    let (desk, mut workspace) = two_backbones();
    lay_demo(&desk.photos(), "lamps", 8);
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    workspace.use_version(2).unwrap();
    drop(workspace);
    let mut workspace = desk.open_looking();
    settle(&mut workspace);
    assert_eq!(workspace.version_in_use(), Some(2));
    workspace.use_version(1).unwrap();
    settle(&mut workspace);

    lay_demo(&desk.photos(), "chairs", 8);
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    workspace.use_version(2).unwrap();
    workspace.cancel_all();
    settle(&mut workspace);
    drop(workspace);
    let mut workspace = desk.open_looking();
    settle(&mut workspace);
    assert_eq!(workspace.version_in_use(), Some(1));
}

#[test]
fn a_backbone_that_is_gone_or_another_is_named_and_nothing_is_lost() {
    let (desk, mut workspace) = two_backbones();
    let backbone = workspace.data_folder().join(&workspace.versions()[1].backbone).unwrap();
    let spec = fs::read_to_string(backbone.join("spec.json")).unwrap();
    fs::write(backbone.join("spec.json"), spec.replace("\"crop\": 192", "\"crop\": 160")).unwrap();
    workspace.use_version(2).unwrap();
    let started = Instant::now();
    workspace.wait(&mut |_| started.elapsed() < Duration::from_mins(2));
    assert_eq!(workspace.version_in_use(), Some(1));
    let said = workspace.jobs().iter().map(|job| format!("{:?}", job.state)).collect::<String>();
    assert!(said.contains("is not the one that it was made with"), "{said}");

    fs::remove_dir_all(&backbone).unwrap();
    let missing = workspace.use_version(2).unwrap_err().to_string();
    assert!(missing.contains("backbones") && missing.contains("another version"), "{missing}");
    drop(workspace);
    let mut workspace = desk.open_looking();
    settle(&mut workspace);
    assert_eq!((workspace.version_in_use(), workspace.versions().len(), workspace.labels().len()), (Some(1), 2, 8));
}

#[test]
fn a_version_knows_its_tags_by_number_and_speaks_where_labels_are_too_few() {
    let (desk, mut workspace) = taught();
    lay_demo(&desk.photos(), "lamps", 4);
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    let lamps = images_below(workspace.listing(), "lamps/");
    workspace.answer_by_name(&lamps, None, "lamps").unwrap();
    freeze(&mut workspace, None);
    let group = workspace.vocabulary().groups[0].id;
    let names = |workspace: &Workspace| -> Vec<String> {
        let heads = workspace.version_heads(1).unwrap();
        let tags = heads.of(group).unwrap().tags.clone();
        tags.iter().map(|tag| workspace.vocabulary().tag(*tag).unwrap().name.clone()).collect()
    };
    assert_eq!(names(&workspace), ["bowls", "mugs", "lamps"]);
    workspace.rename_tag(tag_named(&workspace, "category", "mugs"), "cups").unwrap();
    workspace.retire_tag(tag_named(&workspace, "category", "lamps"), true).unwrap();
    assert_eq!(names(&workspace), ["bowls", "cups"]);
    workspace.use_version(1).unwrap();

    // Without any label the live head has nothing to say: the version still has.
    let (bowls, cups) = (tag_named(&workspace, "category", "bowls"), tag_named(&workspace, "category", "cups"));
    let all: Vec<_> = workspace.listing().images.iter().map(|image| image.id).collect();
    for tag in [bowls, cups] {
        workspace.answer(&all, tag, Answer::Unknown).unwrap();
    }
    settle(&mut workspace);
    let bowl = images_below(workspace.listing(), "bowls/")[0];
    let said = workspace.proposals().top(bowl, group, 9);
    assert_eq!((said.len(), said[0].0), (2, bowls), "a retired tag is not proposed");
    assert!((said[0].1 + said[1].1 - 1.0).abs() < 1e-4);
    drop(workspace);
    let run = desk.run(&[
        &"evaluate",
        &"--catalogue",
        &desk.catalogue(),
        &"--on",
        &desk.at("others"),
        &"--labels-from",
        &"last-folder",
        &"--json",
    ]);
    let per_tag = run.expect(0).json()["per_tag"].clone();
    let tags: Vec<&str> = per_tag.as_array().unwrap().iter().map(|tag| text(&tag["tag"])).collect();
    assert_eq!(tags, ["bowls", "cups", "mugs"], "the version in use is asked, and knows the new name only");
}

#[test]
fn the_commands_list_use_rename_compare_and_delete() {
    let (desk, mut workspace) = taught();
    freeze(&mut workspace, Some("right"));
    // The same photos, said to be the other thing.
    let (mugs, bowls) = (images_below(workspace.listing(), "mugs/"), images_below(workspace.listing(), "bowls/"));
    let (mug, bowl) = (tag_named(&workspace, "category", "mugs"), tag_named(&workspace, "category", "bowls"));
    workspace.answer(&mugs, bowl, Answer::Yes).unwrap();
    workspace.answer(&bowls, mug, Answer::Yes).unwrap();
    freeze(&mut workspace, Some("wrong"));
    drop(workspace);

    let listed = versions(&desk, &["list", "--json"]).expect(0).json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(keys(&listed[0]), ["backbone", "created_at", "groups", "in_use", "name", "number", "run"]);
    let group = &listed[0]["groups"][0];
    assert_eq!(keys(group), ["group", "kind", "measured_on", "metrics", "photos", "tags", "temperature"]);
    assert_eq!((text(&group["measured_on"]), &group["metrics"]["images"]), ("cross-validation", &8.into()));

    versions(&desk, &["use", "2"]).expect(0);
    versions(&desk, &["rename", "2", "mistaken"]).expect(0);
    let run = versions(&desk, &["list"]).expect(0);
    assert!(run.stdout.lines().any(|line| line.contains("2 *") && line.contains("mistaken")), "{}", run.stdout);
    let accuracy = |version: &[&str]| {
        let mut command = desk.command(&[&"evaluate", &"--catalogue", &desk.catalogue(), &"--json"]);
        command.args(["--on", "others", "--labels-from", "last-folder"]).args(version);
        Run::from(command.output().unwrap()).expect(0).json()["accuracy"].as_f64().unwrap()
    };
    let (right, wrong) = (accuracy(&["--version", "1"]), accuracy(&[]));
    assert!(right > 0.5 && wrong < 0.5, "{right} {wrong}: without a number the one in use is asked");

    let diff = versions(&desk, &["diff", "1", "2", "--json"]).expect(0).json();
    assert_eq!(keys(&diff), ["changes", "from", "images", "to"]);
    assert_eq!(diff["images"], 8);
    let changes = diff["changes"].as_array().unwrap();
    assert!(changes.len() >= 7, "nearly all are said to be the other thing: {diff}");
    let first = &changes[0];
    assert_eq!((text(&first["path"]), text(&first["before"][0]["tag"])), ("bowls/bowl-01.jpg", "bowls"));
    assert_eq!(text(&first["after"][0]["tag"]), "mugs");
    assert_eq!(versions(&desk, &["diff", "1", "1", "--json"]).expect(0).json()["changes"], serde_json::json!([]));

    versions(&desk, &["delete", "2"]).expect(1).complains_of(&["in use"]);
    versions(&desk, &["use", "1"]).expect(0);
    versions(&desk, &["delete", "2"]).expect(0);
    for arguments in [["use", "2"], ["delete", "2"], ["use", "9"]] {
        versions(&desk, &arguments).expect(1).complains_of(&["there is no version"]);
    }
    versions(&desk, &["use", "one"]).expect(2);
    versions(&desk, &[]).expect(2);
}

#[test]
fn a_catalogue_that_cannot_be_written_lists_and_compares() {
    let (desk, mut workspace) = taught();
    freeze(&mut workspace, None);
    let mut second = desk.open_looking();
    settle(&mut second);
    assert_eq!(second.versions(), workspace.versions());
    let refusals = [
        second.freeze(None).unwrap_err(),
        second.use_version(1).unwrap_err(),
        second.rename_version(1, "mine").unwrap_err(),
        second.delete_version(1).unwrap_err(),
        second.draw_splits().unwrap_err(),
    ];
    for refusal in refusals {
        assert!(refusal.to_string().contains("reading only"), "{refusal}");
    }
    second.start_version_diff(1, 1).unwrap();
    settle(&mut second);
    assert!(second.version_diff().is_some_and(|diff| diff.num_photos == 8 && diff.changes.is_empty()));
}

#[test]
fn nothing_learnt_is_nothing_to_freeze() {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 1);
    desk.import();
    let mut workspace = desk.open_looking();
    settle(&mut workspace);
    let refused = workspace.freeze(None).unwrap_err().to_string();
    assert!(refused.contains("nothing was learnt yet"), "{refused}");
    assert!(workspace.go_back().is_err());
}

#[test]
fn groups_of_which_any_number_fits_are_evaluated_too() {
    let (desk, mut workspace) = taught();
    let group = workspace.add_group("parts", GroupKind::AnyOf).unwrap();
    workspace.add_tag(Some(group), "handle").unwrap();
    let tag = tag_named(&workspace, "parts", "handle");
    let (mugs, bowls) = (images_below(workspace.listing(), "mugs/"), images_below(workspace.listing(), "bowls/"));
    workspace.answer(&mugs, tag, Answer::Yes).unwrap();
    workspace.answer(&bowls, tag, Answer::No).unwrap();
    freeze(&mut workspace, None);
    let record = workspace.versions()[0].record.clone();
    let measured = record.groups[1].measured.as_ref().expect("it can be held out");
    assert!(measured.metrics.mean_average_precision.is_some_and(|precision| precision > 0.6), "{measured:?}");
    // Each tag is asked of photos that were held out, a slip among them.
    workspace.answer(&bowls[..1], tag, Answer::Yes).unwrap();
    settle(&mut workspace);
    workspace.start_confusions(group);
    settle(&mut workspace);
    let found = workspace.confusions(group).expect("it was looked for");
    assert_eq!((found.answers.as_slice(), found.num_photos), ([(tag, true), (tag, false)].as_slice(), 8));
    assert!(found.images(0, 1).contains(&bowls[0]), "said to have no handle: {found:?}");
    let counts = [0, 1].map(|truth| found.count(truth, 0) + found.count(truth, 1));
    assert_eq!(counts, [5, 3], "as many of each as are labelled");
    workspace.answer(&bowls[..1], tag, Answer::No).unwrap();
    drop(workspace);

    let others = ["mugs/mug-05.jpg", "mugs/mug-06.jpg", "bowls/bowl-05.jpg", "bowls/bowl-06.jpg"];
    let evaluate = |rows: &str| {
        fs::write(desk.at("truth.csv"), format!("path,group,tag,value\n{rows}")).unwrap();
        let mut command = desk.command(&[&"evaluate", &"--catalogue", &desk.catalogue(), &"--group", &"parts"]);
        command.args(["--on", "others", "--labels-from", "truth.csv", "--json"]);
        Run::from(command.output().unwrap()).expect(0).json()
    };
    let rows: String = others
        .iter()
        .map(|path| format!("{path},parts,handle,{}\n", if path.starts_with('m') { "yes" } else { "no" }))
        .collect();
    let metrics = evaluate(&rows);
    let expected = [
        "accuracy",
        "expected_calibration_error",
        "images",
        "macro_f1",
        "mean_average_precision",
        "per_tag",
        "skipped",
    ];
    assert_eq!((keys(&metrics).as_slice(), &metrics["images"]), (expected.as_slice(), &4.into()));
    assert!(metrics["accuracy"].as_f64().unwrap() >= 0.75, "{metrics}");
    // Only what fits is listed: the rest is no; and a tag that nobody was taught is missed.
    let listed =
        "mugs/mug-05.jpg,parts,handle,yes\nmugs/mug-06.jpg,parts,handle,yes\nbowls/bowl-05.jpg,parts,foot,yes\n";
    let metrics = evaluate(listed);
    assert_eq!((&metrics["images"], &metrics["skipped"]), (&3.into(), &1.into()));
    let of = |name: &str| metrics["per_tag"].as_array().unwrap().iter().find(|tag| tag["tag"] == name).unwrap().clone();
    assert_eq!((&of("foot")["recall"], &of("foot")["support"]), (&0.0.into(), &1.into()));
    assert_eq!(of("handle")["support"], 2);
    assert!(!contents(&desk.at("others")).is_empty());
}
