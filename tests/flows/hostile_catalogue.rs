//! Catalogues and tables of a stranger, which name places outside of their folders, where nothing is read, written or
//! removed, or what is no file.

use std::fs;
use std::path::PathBuf;

use hangtag::catalogue::{Catalogue, CatalogueError, ImageState, backups};
use hangtag::workspace::{EpochFigures, LabelsFrom};
use rusqlite::{Connection, ToSql};

use crate::exports::{desk_with, export, say};
use crate::schemas::{make, scripts};
use crate::support::{Desk, answers, contents, failures_of, image_at, settle, taught_desk};

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
fn an_empty_photo_is_no_new_catalogue() {
    let desk = Desk::new();
    let photo = desk.at("empty.jpg");
    fs::write(&photo, "").unwrap();
    assert!(matches!(Catalogue::open(&photo), Err(CatalogueError::NotACatalogue(_))));
    assert_eq!(fs::metadata(&photo).unwrap().len(), 0);
}

#[cfg(unix)]
#[test]
fn a_lock_that_is_a_link_is_not_written_through() {
    let desk = Desk::new();
    desk.open();
    let letter = desk.at("letter.txt");
    fs::write(&letter, "of somebody else").unwrap();
    fs::remove_file(desk.at("work.hangtag-lock")).unwrap();
    std::os::unix::fs::symlink(&letter, desk.at("work.hangtag-lock")).unwrap();
    assert!(Catalogue::open(&desk.catalogue()).is_ok_and(|catalogue| catalogue.read_only_reason().is_some()));
    assert_eq!(fs::read_to_string(&letter).unwrap(), "of somebody else");
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

#[cfg(unix)]
#[test]
fn a_run_behind_a_link_is_neither_begun_nor_gone_on_with() {
    use std::os::unix::fs::symlink;

    use hangtag::workspace::TrainSettings;

    use crate::support::lay_demo;

    let desk = Desk::new();
    for kind in ["mugs", "bowls"] {
        lay_demo(&desk.photos(), kind, 6);
    }
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue(), &"--labels-from", &"last-folder"])
        .expect(0);
    let run = Catalogue::open(&desk.catalogue()).unwrap().start_run("{}").unwrap();
    let (outside, data) = (outside(&desk), desk.at("work.hangtag-data"));
    let runs = data.join("runs");
    let [this, next] = [run.number, run.number + 1].map(|number| runs.join(number.to_string()));
    assert_eq!(this, data.join(&run.folder));
    let before = contents(&outside);
    let mut workspace = desk.open_looking();
    settle(&mut workspace);
    fs::create_dir_all(&data).unwrap();

    symlink(&outside, &runs).unwrap();
    let leads_out = "leads out of its folder";
    let refused = workspace.start_training(TrainSettings::default(), None).unwrap_err().to_string();
    assert!(refused.contains(leads_out), "{refused}");
    let refused = workspace.resume_training(run.number).unwrap_err().to_string();
    assert!(refused.contains(leads_out), "{refused}");

    fs::remove_file(&runs).unwrap();
    fs::create_dir(&runs).unwrap();
    symlink(&outside, &this).unwrap();
    let refused = workspace.resume_training(run.number).unwrap_err().to_string();
    assert!(refused.contains(leads_out), "{refused}");

    // Nor is anything written through a link within its folder.
    fs::remove_file(&this).unwrap();
    for folder in [&this, &next] {
        fs::create_dir(folder).unwrap();
        symlink(outside.join("letter.txt"), folder.join("sprite.png")).unwrap();
    }
    let refused = workspace.resume_training(run.number).unwrap_err().to_string();
    assert!(refused.contains("sprite.png is a link"), "{refused}");
    let refused = workspace.start_training(TrainSettings::default(), None).unwrap_err().to_string();
    assert!(refused.contains("sprite.png is a link"), "{refused}");
    assert_eq!(contents(&outside), before);
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1, "nor is a folder made there");
}

#[test]
fn after_a_backup_of_the_last_number_none_is_made_and_that_is_told() {
    let desk = desk_with(&["a.png"]);
    let folder = desk.at("work.hangtag-data/backups");
    fs::create_dir_all(&folder).unwrap();
    let last = folder.join(format!("{}-2020-01-01.hangtag", u64::MAX));
    fs::write(&last, "of somebody else").unwrap();
    let mut workspace = desk.open();
    workspace.wait(&mut |_| true);
    let said = failures_of(&workspace);
    assert!(said.len() == 1 && said[0].contains("backing up") && said[0].contains("move it elsewhere"), "{said:?}");
    assert_eq!(contents(&folder).into_keys().collect::<Vec<_>>(), std::slice::from_ref(&last), "no half one is left");
    drop(workspace);

    fs::remove_file(&last).unwrap();
    settle(&mut desk.open());
    assert_eq!(backups(&desk.catalogue())[0].number, 1);
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

/// Settings of a short training.
const SHORT: [&str; 6] = ["--unfreeze", "head", "--epochs", "1", "--activate", "never"];

#[cfg(target_os = "linux")]
#[test]
fn a_photo_that_never_ends_and_one_that_never_begins_hold_nothing_up() {
    use std::process::{Command, Stdio};
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use hangtag::workspace::PictureSize;

    use crate::pictures::{all_of, show};
    use crate::support::{Run, lay_pipe};
    use crate::training::train;

    let desk = taught_desk();
    let (catalogue, folder) = (desk.catalogue(), desk.at(""));
    // To its end, with two minutes and four gigabytes of memory at most.
    let run = |program: &Command| -> Run {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -v 4194304; exec timeout 120 \"$@\"", "sh"]);
        shell.arg(program.get_program()).args(program.get_args()).current_dir(&folder).stdin(Stdio::null());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.output().unwrap().into()
    };
    let tag = desk.command(&[&"tag", &desk.at("others"), &"--catalogue", &catalogue]);
    // The features of both are known by now, so that a training asks for them.
    run(&tag).expect(0);
    edit(&desk, "INSERT INTO roots (path) VALUES ('/dev')", &[]);
    let to_device =
        "UPDATE files SET path = 'zero', root_id = (SELECT id FROM roots WHERE path = '/dev') WHERE path = ?1";
    edit(&desk, to_device, &[&"mugs/mug-01.jpg"]);
    let pipe = desk.photo("bowls/bowl-01.jpg");
    fs::remove_file(&pipe).unwrap();
    lay_pipe(&pipe);

    run(train(&desk, &[]).args(SHORT)).expect(0);
    fs::remove_dir_all(desk.cache()).unwrap();
    run(&tag).expect(0);
    let export_as = |format: &str| {
        let out = desk.at(format);
        run(&desk.command(&[&"export", &"--catalogue", &catalogue, &"--format", &format, &"--out", &out]))
    };
    for format in ["bundle", "xmp"] {
        export_as(format).expect(0);
    }
    for format in ["folders", "imagefolder", "tfrecord"] {
        let told = ["/dev/zero", "bowl-01.jpg"].map(|name| format!("{name}: it cannot be read (it is no file"));
        export_as(format).expect(3).complains_of(&told.each_ref().map(String::as_str));
    }

    // The window says so in their place, and closes.
    let (sender, closed) = channel();
    let window = thread::spawn(move || {
        let mut workspace = desk.open_looking();
        let wanted = all_of(&workspace);
        show(&mut workspace, &wanted, PictureSize::Large);
        let pictures = wanted.iter().filter_map(|(hash, _)| workspace.pictures().ready(*hash, PictureSize::Large));
        let num_refused = pictures.filter(Result::is_err).count();
        settle(&mut workspace);
        drop(workspace);
        sender.send(num_refused).unwrap();
    });
    assert_eq!(closed.recv_timeout(Duration::from_mins(4)), Ok(2));
    window.join().unwrap();
}

#[test]
fn a_run_goes_on_with_photos_of_the_catalogue_wherever_its_plan_says_that_they_lie() {
    use crate::support::Run;
    use crate::training::train;

    let desk = taught_desk();
    let (photos, outside) = (desk.photos(), desk.at("outside"));
    let resume = || desk.run(&[&"train", &"--catalogue", &desk.catalogue(), &"--resume", &"1"]);
    Run::from(train(&desk, &[]).args(SHORT).output().unwrap()).expect(0);
    // As if it had been cut off, and its plan came from somebody who had the same photos elsewhere.
    edit(&desk, "UPDATE runs SET state = 'running', version = NULL WHERE number = 1", &[]);
    fs::rename(&photos, &outside).unwrap();
    let file = desk.at("work.hangtag-data/runs/1/plan.json");
    let plan = fs::read_to_string(&file).unwrap();
    fs::write(&file, plan.replace(photos.to_str().unwrap(), outside.to_str().unwrap())).unwrap();
    fs::remove_dir_all(desk.cache()).unwrap();
    resume().expect(1).complains_of(&["no photos to learn from"]);

    // Moved within the catalogue's folder they are found, though the plan knows nothing of it.
    fs::create_dir(&photos).unwrap();
    fs::rename(&outside, photos.join("moved")).unwrap();
    desk.import();
    resume().expect(0);
}

#[test]
fn views_and_triggers_are_refused_and_mending_leaves_them_out() {
    for forgery in [
        "CREATE TRIGGER forgetful AFTER INSERT ON labels BEGIN DELETE FROM labels WHERE tag_id = NEW.tag_id; END",
        "DROP TABLE splits; CREATE VIEW splits AS SELECT id AS image_id, 'test' AS side FROM images",
        "ALTER TABLE labels RENAME TO aside; CREATE VIEW labels AS
         SELECT image_id, tag_id, 0 AS is_yes, source, at_ms, probability, version FROM aside",
    ] {
        let desk = desk_with(&["a.png"]);
        settle(&mut desk.open());
        say(&mut desk.open(), "a.png", &["category=dress"]);
        let said = answers(&desk.open());
        Connection::open(desk.catalogue()).unwrap().execute_batch(forgery).unwrap();
        // A backup of the same kind, newer than the whole one.
        let forged = desk.at("work.hangtag-data/backups/000099-2020-01-01.hangtag");
        fs::copy(desk.catalogue(), &forged).unwrap();
        assert!(backups(&desk.catalogue()).pop().unwrap().counts().is_err());

        let message = desk.try_open().err().expect("it is refused").to_string();
        assert!(message.contains("never makes") && message.contains("hangtag repair"), "{message}");
        desk.run(&[&"check", &"--catalogue", &desk.catalogue()]).expect(1).complains_of(&["never makes"]);
        let repaired = hangtag::workspace::repair(&desk.catalogue()).unwrap().expect("it is refused");
        assert_eq!(repaired.backup.map(|backup| backup.number), Some(1));
        // What a view says instead of a table is nobody's answer; the backup is from before there were any.
        let expected = if forgery.contains("VIEW labels") { &said[..0] } else { &said[..] };
        assert_eq!(answers(&desk.open()), expected, "{forgery}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_model_beside_the_catalogue_that_never_begins_or_never_ends_is_refused() {
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use hangtag::vision::ModelSource;

    use crate::support::lay_pipe;

    let desk = Desk::new();
    let described = concat!(env!("CARGO_MANIFEST_DIR"), "/models/starter/spec.json");
    for (number, (name, is_pipe)) in
        [("spec.json", true), ("spec.json", false), ("weights.safetensors", true), ("weights.safetensors", false)]
            .into_iter()
            .enumerate()
    {
        let folder = desk.at(&format!("work.hangtag-data/backbones/{number}"));
        fs::create_dir_all(&folder).unwrap();
        if name != "spec.json" {
            fs::copy(described, folder.join("spec.json")).unwrap();
        }
        if is_pipe {
            lay_pipe(&folder.join(name));
        } else {
            std::os::unix::fs::symlink("/dev/zero", folder.join(name)).unwrap();
        }
        let (sender, answered) = channel();
        let source = ModelSource::Folder(folder);
        thread::spawn(move || sender.send(source.weights().err().map(|error| error.to_string())));
        let refused = answered.recv_timeout(Duration::from_mins(1)).expect("it is not waited for").expect("no model");
        assert!(refused.contains(name) && refused.contains("it is no file"), "{refused}");
    }
}

#[cfg(unix)]
#[test]
fn a_backbone_is_not_kept_behind_a_link() {
    use std::collections::BTreeSet;

    use hangtag::vision::spec::Spec;

    let desk = Desk::new();
    let (outside, data) = (outside(&desk), desk.at("work.hangtag-data"));
    let before = contents(&outside);
    fs::create_dir_all(&data).unwrap();
    std::os::unix::fs::symlink(&outside, data.join("backbones")).unwrap();
    let spec = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/models/starter/spec.json")).unwrap();
    let spec = Spec::parse(&spec).unwrap();
    let kept = desk.open().data_folder().keep_backbone(b"weights", &spec, None, &BTreeSet::new());
    let refused = kept.expect_err("it would lie elsewhere").to_string();
    assert!(refused.contains("leads out of its folder"), "{refused}");
    assert_eq!(contents(&outside), before);
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1, "nor is a folder made there");
}
