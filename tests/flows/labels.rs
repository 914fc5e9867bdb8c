//! Labels coming in from folder names and CSV files, and going out so that nothing is lost.

use std::fs;

use hangtag::catalogue::{GroupKind, ImageState, LabelSource};
use hangtag::workspace::{Answer, LabelsFrom, Workspace};

use crate::exports::export;
use crate::support::{Desk, answers, image_at, lay_picture, make_newer, tag_named};

/// Photos that lie where the tests below say.
fn desk_with(names: &[&str]) -> Desk {
    let desk = Desk::new();
    for (number, name) in names.iter().enumerate() {
        lay_picture(&desk.photo(name), number as u32);
    }
    desk.import();
    desk
}

fn yes(path: &str, answer: &str) -> (String, String, bool) {
    (path.to_owned(), answer.to_owned(), true)
}

fn no(path: &str, answer: &str) -> (String, String, bool) {
    (path.to_owned(), answer.to_owned(), false)
}

fn take_csv(desk: &Desk, workspace: &mut Workspace, csv: &str, is_complete: bool) -> hangtag::workspace::Labelled {
    fs::write(desk.at("labels.csv"), csv).unwrap();
    workspace.take_in_labels(&LabelsFrom::Csv(desk.at("labels.csv")), None, is_complete).unwrap()
}

fn kind_of(workspace: &Workspace, group: &str) -> Option<GroupKind> {
    workspace.vocabulary().group_named(group).map(|group| group.kind)
}

#[test]
fn the_last_folder_is_the_tag() {
    let desk = desk_with(&["kitchen/mugs/a.png", "kitchen/bowls/b.png", "c.png"]);
    let import =
        |from: &str| desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue(), &"--labels-from", &from]);
    let run = import("last-folder").expect(0);
    assert!(run.stdout.contains("3 labels on 3 photos"), "{}", run.stdout);
    let expected = [
        // A photo that lies in the chosen folder itself.
        yes("c.png", "category=photos"),
        yes("kitchen/bowls/b.png", "category=bowls"),
        yes("kitchen/mugs/a.png", "category=mugs"),
    ];
    let mut workspace = desk.open();
    assert_eq!(answers(&workspace), expected);
    assert_eq!(kind_of(&workspace, "category"), Some(GroupKind::OneOf));
    assert!(workspace.labels().iter().all(|(.., label)| label.source == LabelSource::Import));

    // The same again is nothing new, and is no step of its own to undo.
    let again = workspace.take_in_labels(&LabelsFrom::LastFolder, None, false).unwrap();
    assert_eq!((again.intake.labels, again.intake.conflicts), (0, vec![]));
    assert!(workspace.undo().unwrap().is_some());
    assert!(workspace.labels().is_empty() && workspace.vocabulary().groups.is_empty(), "one step brought all of it");
    assert_eq!(workspace.undo().unwrap(), None);

    workspace.take_in_labels(&LabelsFrom::LastFolder, Some("kind"), false).unwrap();
    assert_eq!(answers(&workspace)[0], yes("c.png", "kind=photos"));
}

#[test]
fn every_folder_is_a_tag_of_its_level() {
    let desk = desk_with(&["kitchen/mugs/a.png", "kitchen/b.png", "c.png"]);
    let mut workspace = desk.open();
    workspace.take_in_labels(&LabelsFrom::Folders, None, false).unwrap();
    assert_eq!(
        answers(&workspace),
        [
            yes("kitchen/b.png", "folder 1=kitchen"),
            yes("kitchen/mugs/a.png", "folder 1=kitchen"),
            yes("kitchen/mugs/a.png", "folder 2=mugs"),
        ]
    );
}

#[test]
fn bad_rows_are_told_by_line_and_the_rest_comes_in() {
    for ending in ["\n", "\r\n"] {
        let desk = desk_with(&["mugs/a.png", "mugs/b.png", "中文/茶 ☕.png"]);
        let in_full = format!("{},category,bowl,no,,", desk.photo("mugs/b.png").display());
        let rows = [
            // As some spreadsheets begin a file.
            "\u{feff}path,group,tag,value,source,time",
            "mugs/a.png,category,mug,yes,person,2026-01-31T12:00:00Z",
            "nowhere.png,category,mug,yes,,",
            "mugs/b.png,category,mug,maybe,,",
            "mugs/b.png,category",
            "mugs/b.png,,mug,yes,,",
            "",
            "mugs/b.png,category,mug,yes,a robot,",
            "mugs/b.png,category,mug,yes,,yesterday",
            in_full.as_str(),
            "中文/茶 ☕.png,category,\"tea, green\",,,",
        ];
        let mut workspace = desk.open();
        let taken = take_csv(&desk, &mut workspace, &rows.join(ending), false);
        let lines: Vec<_> = taken.faults.iter().map(|fault| fault.line.expect("a row has a line")).collect();
        assert_eq!(lines, [3, 4, 5, 6, 8, 9], "{:#?}", taken.faults);
        assert!(taken.faults[0].to_string().contains("nowhere.png"), "{}", taken.faults[0]);
        assert!(taken.faults[1].to_string().contains("maybe"), "{}", taken.faults[1]);
        let expected = [
            yes("mugs/a.png", "category=mug"),
            no("mugs/b.png", "category=bowl"),
            yes("中文/茶 ☕.png", "category=tea, green"),
        ];
        assert_eq!(answers(&workspace), expected);
        let a = image_at(workspace.listing(), "mugs/a.png").id;
        let label = workspace.labels().get(a, tag_named(&workspace, "category", "mug")).expect("it came in").clone();
        assert_eq!((label.source, label.at.to_string().as_str()), (LabelSource::Person, "2026-01-31T12:00:00.000Z"));
    }
}

#[test]
fn the_command_tells_bad_rows_and_ends_with_three() {
    let desk = desk_with(&["a.png"]);
    let csv = desk.at("labels.csv");
    let import = || {
        let arguments: [&dyn AsRef<std::ffi::OsStr>; 6] =
            [&"import", &desk.photos(), &"--catalogue", &desk.catalogue(), &"--labels-from", &csv];
        desk.run(&arguments)
    };
    fs::write(&csv, "path,group,tag\na.png,category,mug\nb.png,category,mug\n").unwrap();
    let run = import().expect(3).complains_of(&["line 3", "b.png"]);
    assert!(run.stdout.contains("1 labels on 1 photos"), "{}", run.stdout);
    assert_eq!(answers(&desk.open()), [yes("a.png", "category=mug")]);

    // A file of another shape, and none at all.
    fs::write(&csv, "name;label\na.png;mug\n").unwrap();
    import().expect(3).complains_of(&["line 1", "path, group and tag"]);
    fs::remove_file(&csv).unwrap();
    import().expect(1).complains_of(&["labels.csv"]);
    assert_eq!(answers(&desk.open()), [yes("a.png", "category=mug")]);
}

#[test]
fn complete_says_no_to_what_is_not_listed() {
    let csv = "path,group,tag\n\
               a.png,pattern,floral\na.png,pattern,striped\nb.png,pattern,floral\na.png,category,dress\n";
    for is_complete in [false, true] {
        let desk = desk_with(&["a.png", "b.png", "c.png"]);
        let mut workspace = desk.open();
        take_csv(&desk, &mut workspace, csv, is_complete);
        // Two tags of one photo make it a group of which any number may fit.
        assert_eq!(kind_of(&workspace, "pattern"), Some(GroupKind::AnyOf));
        assert_eq!(kind_of(&workspace, "category"), Some(GroupKind::OneOf));
        let mut expected = vec![
            yes("a.png", "category=dress"),
            yes("a.png", "pattern=floral"),
            yes("a.png", "pattern=striped"),
            yes("b.png", "pattern=floral"),
        ];
        if is_complete {
            // Nothing is known of c.png, which is not in the file; and `one of` needs no such no.
            expected.push(no("b.png", "pattern=striped"));
        }
        assert_eq!(answers(&workspace), expected, "complete: {is_complete}");
    }
}

#[test]
fn one_content_in_two_classes_is_reported_and_gets_no_label() {
    let desk = desk_with(&["mugs/a.png", "bowls/b.png"]);
    lay_picture(&desk.photo("bowls/also a.png"), 0);
    let arguments: [&dyn AsRef<std::ffi::OsStr>; 6] =
        [&"import", &desk.photos(), &"--catalogue", &desk.catalogue(), &"--labels-from", &"last-folder"];
    desk.run(&arguments).expect(3).complains_of(&["mugs/a.png", "bowls/also a.png", "mugs", "bowls"]);
    assert_eq!(answers(&desk.open()), [yes("bowls/b.png", "category=bowls")]);

    // Twice the same class is no conflict.
    let desk = desk_with(&["mugs/a.png"]);
    lay_picture(&desk.photo("mugs/also a.png"), 0);
    desk.import();
    let mut workspace = desk.open();
    let taken = workspace.take_in_labels(&LabelsFrom::LastFolder, None, false).unwrap();
    assert_eq!((taken.intake.conflicts, answers(&workspace).len()), (vec![], 1));
}

#[test]
fn what_a_person_decided_stays() {
    let desk = desk_with(&["mugs/a.png", "mugs/b.png", "mugs/c.png"]);
    let mut workspace = desk.open();
    let image = |workspace: &Workspace, name: &str| image_at(workspace.listing(), name).id;
    let (a, b) = (image(&workspace, "mugs/a.png"), image(&workspace, "mugs/b.png"));
    workspace.answer_in(a, "category", "vase", Answer::Yes).unwrap();
    workspace.answer_in(b, "category", "mugs", Answer::Yes).unwrap();
    let before = workspace.labels().get(b, tag_named(&workspace, "category", "mugs")).cloned();
    let taken = workspace.take_in_labels(&LabelsFrom::LastFolder, None, false).unwrap();
    assert_eq!(
        answers(&workspace),
        [yes("mugs/a.png", "category=vase"), yes("mugs/b.png", "category=mugs"), yes("mugs/c.png", "category=mugs")]
    );
    assert_eq!(workspace.labels().get(b, tag_named(&workspace, "category", "mugs")).cloned(), before);
    assert_eq!(taken.intake.kept, 1, "only of a.png had a person decided otherwise");

    // What an earlier import said is no decision.
    let csv = "path,group,tag,value\nmugs/c.png,category,bowl,yes\nmugs/a.png,category,bowl,yes\n";
    let taken = take_csv(&desk, &mut workspace, csv, false);
    assert_eq!(taken.intake.kept, 1);
    assert_eq!(
        answers(&workspace),
        [yes("mugs/a.png", "category=vase"), yes("mugs/b.png", "category=mugs"), yes("mugs/c.png", "category=bowl")]
    );
}

#[test]
fn a_csv_and_back_loses_nothing() {
    let names = ["a.png", "it's, b.png", "中文/茶 ☕.png"];
    let first = desk_with(&names);
    let csv = "path,group,tag,value,source,time\n\
               a.png,category,\"mug, large\",yes,person,2026-01-31T12:00:00.123Z\n\
               a.png,category,bowl,no,proposal,2026-02-01T00:00:00Z\n\
               \"it's, b.png\",category,\"the \"\"good\"\" one\",yes,import,2025-12-24T18:30:00.5Z\n\
               a.png,pattern,floral,yes,person,2026-01-31T12:00:01Z\n\
               a.png,pattern,striped,yes,proposal,2026-01-31T12:00:02Z\n\
               中文/茶 ☕.png,pattern,striped,no,person,2026-01-31T12:00:03Z\n\
               中文/茶 ☕.png,材质,陶瓷,yes,person,2026-01-31T12:00:04Z\n";
    let taken = take_csv(&first, &mut first.open(), csv, false);
    assert_eq!((taken.faults, taken.intake.labels), (vec![], 7));
    let export = |desk: &Desk| desk.run(&[&"labels", &"--catalogue", &desk.catalogue(), &"--format", &"csv"]).expect(0);
    let exported = export(&first).stdout;
    assert_eq!(exported.lines().next(), Some("path,group,tag,value,source,time"));
    assert_eq!(exported.lines().count(), 8);

    let second = Desk::new();
    for (number, name) in names.iter().enumerate() {
        lay_picture(&second.photo(name), number as u32);
    }
    fs::write(second.at("first.csv"), &exported).unwrap();
    let arguments: [&dyn AsRef<std::ffi::OsStr>; 6] =
        [&"import", &second.photos(), &"--catalogue", &second.catalogue(), &"--labels-from", &second.at("first.csv")];
    second.run(&arguments).expect(0);
    assert_eq!(sorted(&export(&second).stdout), sorted(&exported));
    let (first, second) = (first.open(), second.open());
    assert_eq!(answers(&second), answers(&first));
    for group in ["category", "pattern", "材质"] {
        assert_eq!(kind_of(&second, group), kind_of(&first, group), "{group}");
    }
}

#[cfg(unix)]
#[test]
fn a_csv_and_back_takes_no_photo_for_another() {
    let names = [r"a\b.png", "a/b.png", " c.png", "c.png", "sub/d.png"];
    let desk = desk_with(&names);
    let mut workspace = desk.open();
    for (number, name) in names.iter().enumerate() {
        let image = image_at(workspace.listing(), name).id;
        workspace.answer_in(image, "category", &format!("tag {number}"), Answer::Yes).unwrap();
    }
    let csv = desk.run(&[&"labels", &"--catalogue", &desk.catalogue()]).expect(0).stdout;
    let other = desk_with(&names);
    let mut again = other.open();
    assert_eq!(take_csv(&other, &mut again, &csv, false).faults, []);
    assert_eq!(answers(&again), answers(&workspace));

    // As Windows writes paths, and with spaces that are part of no name.
    let taken = take_csv(&other, &mut again, "path,group,tag,value\n sub\\d.png , pattern , dots , no \n", false);
    assert_eq!((taken.faults, taken.intake.labels), (vec![], 1));
    assert!(answers(&again).contains(&no("sub/d.png", "pattern=dots")));
}

#[test]
fn labels_as_json_have_every_field() {
    let desk = desk_with(&["a.png"]);
    let csv = "path,group,tag,value,source,time\na.png,category,mug,no,person,2026-01-31T12:00:00Z\n";
    take_csv(&desk, &mut desk.open(), csv, false);
    let expected = serde_json::json!([{
        "path": "a.png",
        "group": "category",
        "tag": "mug",
        "value": "no",
        "source": "person",
        "time": "2026-01-31T12:00:00.000Z",
        "probability": null,
        "version": null,
    }]);
    assert_eq!(
        desk.run(&[&"labels", &"--catalogue", &desk.catalogue(), &"--format", &"json"]).expect(0).json(),
        expected
    );

    // Into a file it is the same, and stdout stays empty.
    let out = desk.at("labels.json");
    let run = desk.run(&[&"labels", &"--catalogue", &desk.catalogue(), &"--format", &"json", &"--out", &out]).expect(0);
    assert_eq!(run.stdout, "");
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&fs::read(out).unwrap()).unwrap(), expected);
}

#[test]
fn one_answer_at_a_time_by_command() {
    let desk = desk_with(&["mugs/a.png", "b.png"]);
    let absolute = desk.photo("b.png").display().to_string();
    let label = |path: &str, extra: &[&'static str]| {
        let mut command = desk.command(&[&"label", &"--catalogue", &desk.catalogue(), &path, &"category=mug"]);
        crate::support::Run::from(command.args(extra).output().unwrap())
    };
    label("mugs/a.png", &[]).expect(0);
    label(&absolute, &["--no"]).expect(0);
    assert_eq!(answers(&desk.open()), [no("b.png", "category=mug"), yes("mugs/a.png", "category=mug")]);
    label("mugs/a.png", &["--unknown"]).expect(0);
    assert_eq!(answers(&desk.open()), [no("b.png", "category=mug")]);
    label("nowhere.png", &[]).expect(1).complains_of(&["nowhere.png"]);
    label("b.png", &["--no", "--unknown"]).expect(2);
    assert_eq!(answers(&desk.open()).len(), 1);
}

#[test]
fn a_path_means_the_photo_that_lies_there() {
    let desk = desk_with(&["a.png", "b.png"]);
    let label = |path: &str, answer: &str| {
        desk.run(&[&"label", &"--catalogue", &desk.catalogue(), &path, &answer]).expect(0);
    };
    let labels = || {
        let csv = desk.run(&[&"labels", &"--catalogue", &desk.catalogue()]).expect(0).stdout;
        let mut rows: Vec<String> = csv.lines().skip(1).map(|row| row.rsplit_once(',').unwrap().0.to_owned()).collect();
        rows.sort_unstable();
        rows
    };
    label("b.png", "category=bowl");
    lay_picture(&desk.photo("b.png"), 9);
    make_newer(&desk.photo("b.png"));
    desk.import();
    assert_eq!(labels(), Vec::<String>::new(), "nothing was said yet of the photo that lies there now");
    let json = desk.run(&[&"labels", &"--catalogue", &desk.catalogue(), &"--format", &"json"]).expect(0).json();
    assert_eq!(json, serde_json::json!([]));

    label("b.png", "category=mug");
    label(desk.photo("b.png").to_str().unwrap(), "pattern=dots");
    assert_eq!(labels(), ["b.png,category,mug,yes,person", "b.png,pattern,dots,yes,person"]);
    let workspace = desk.open();
    let new = workspace.listing().images.iter().find(|image| image.replaces.is_some()).unwrap();
    assert_eq!((workspace.labels().of(new.id).len(), workspace.labels().len()), (2, 3));
    drop(workspace);

    let out = desk.at("tags.jsonl");
    export(&desk, "jsonl", &out, &[]).expect(0);
    let lines = fs::read_to_string(&out).unwrap();
    assert!(lines.lines().count() == 1 && lines.contains("mug") && !lines.contains("bowl"), "{lines}");
    // The photo that is gone needs no sidecar of another name.
    export(&desk, "xmp", &desk.photos(), &[]).expect(0);
    assert_eq!((desk.photo("b.xmp").exists(), desk.photo("b.png.xmp").exists()), (true, false));

    // Where none lies there any more, it means the last that did.
    fs::remove_file(desk.photo("b.png")).unwrap();
    desk.import();
    label("b.png", "category=vase");
    assert_eq!(labels(), ["b.png,category,vase,yes,person", "b.png,pattern,dots,yes,person"]);
}

#[test]
fn a_photo_that_is_gone_keeps_its_folder() {
    let desk = desk_with(&["a.png"]);
    let (more, path) = (desk.at("more"), desk.at("more/b.png"));
    lay_picture(&path, 7);
    desk.import_folder(&more);
    desk.run(&[&"label", &"--catalogue", &desk.catalogue(), &path, &"category=bowl"]).expect(0);
    lay_picture(&path, 8);
    make_newer(&path);
    desk.import_folder(&more);
    let listing = desk.listing();
    let old = listing.images.iter().find(|image| image.state == ImageState::Missing).unwrap();
    assert_eq!(listing.path_of(old), path);
    let csv = desk.run(&[&"labels", &"--catalogue", &desk.catalogue()]).expect(0).stdout;
    assert_eq!(csv.lines().count(), 1, "{csv}");
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}
