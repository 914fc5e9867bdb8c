//! Disks that are full or cannot be written: what was recorded stays, and the message says what to do; and what waits until
//! it is on the disk.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use hangtag::catalogue::{Catalogue, backups};
use hangtag::workspace::{Answer, Opening, Workspace};
use serde_json::Value;

use crate::exports::{export, say, shop_desk};
use crate::offline::traced::strace;
use crate::schemas::{make, schema_of, scripts};
use crate::support::{Desk, Run, contents, failures_of, lay_demo, lay_picture, lay_tiny, taught_desk};

/// A small disk in memory, unmounted at the end.
struct Disk(PathBuf);

impl Disk {
    fn mount(desk: &Desk, size: &str) -> Self {
        let folder = desk.at("disk");
        std::fs::create_dir(&folder).unwrap();
        let options = format!("size={size}");
        let status =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&folder).status().unwrap();
        assert!(status.success(), "mounting needs root");
        Self(folder)
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }

    fn catalogue(&self) -> PathBuf {
        self.0.join("work.hangtag")
    }

    /// Leaves only so many bytes free.
    fn fill(&self, but: u64) {
        let mut file = fs::File::create(self.0.join("filler")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(but)).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A test that failed may have left it busy; lazily it goes once nobody holds it.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// One photo, brought in and labelled while there is room.
fn labelled(size: &str) -> (Desk, Disk) {
    let desk = Desk::new();
    let disk = Disk::mount(&desk, size);
    lay_picture(&desk.photo("a.png"), 1);
    import(&desk, &disk).expect(0);
    label(&desk, &disk, "category=mug").expect(0);
    (desk, disk)
}

fn import(desk: &Desk, disk: &Disk) -> Run {
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &disk.catalogue()])
}

fn label(desk: &Desk, disk: &Disk, answer: &str) -> Run {
    desk.run(&[&"label", &"--catalogue", &disk.catalogue(), &"a.png", &answer])
}

fn labels(desk: &Desk, disk: &Disk) -> Run {
    desk.run(&[&"labels", &"--catalogue", &disk.catalogue()])
}

#[test]
#[ignore = "needs root to mount a small tmpfs; run by .ci/run"]
fn a_full_disk_stops_the_import_and_loses_nothing() {
    let (desk, disk) = labelled("2m");
    lay_tiny(&desk.photos(), 8000);
    import(&desk, &disk).expect(1).complains_of(&["full", "work.hangtag"]);

    // What was said before can be read while there is no room.
    let run = labels(&desk, &disk).expect(0);
    assert!(run.stdout.contains("a.png,category,mug,yes"), "{}", run.stdout);
    // A last label may still fit into a log that is used again; if not, it is refused plainly.
    let run = label(&desk, &disk, "category=bowl");
    let is_saved = run.status == Some(0);
    assert!(is_saved || run.stderr.contains("No space left") || run.stderr.contains("full"), "{}", run.stderr);

    // With room it opens with what was recorded, and goes on from there.
    disk.remount("size=64m");
    let num_recorded = Catalogue::open(&disk.catalogue()).unwrap().listing().unwrap().images.len();
    assert!(num_recorded > 100 && num_recorded < 8001, "{num_recorded} photos were recorded");
    import(&desk, &disk).expect(0);
    assert_eq!(Catalogue::open(&disk.catalogue()).unwrap().listing().unwrap().images.len(), 8001);
    let expected = if is_saved { "a.png,category,bowl,yes" } else { "a.png,category,mug,yes" };
    assert!(labels(&desk, &disk).expect(0).stdout.contains(expected));
    label(&desk, &disk, "category=vase").expect(0);
}

#[test]
#[ignore = "needs root to mount a small tmpfs; run by .ci/run"]
fn a_disk_that_cannot_be_written_is_read() {
    let (desk, disk) = labelled("4m");
    disk.remount("ro");
    let run = labels(&desk, &disk).expect(0).complains_of(&["reading only", "Read-only file system"]);
    assert!(run.stdout.contains("a.png,category,mug,yes"), "{}", run.stdout);
    label(&desk, &disk, "category=bowl").expect(1).complains_of(&["reading only", "Read-only file system"]);
    import(&desk, &disk).expect(1).complains_of(&["reading only"]);
    // A new catalogue cannot be made there.
    let other = desk.at("disk/new.hangtag");
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &other]).expect(1).complains_of(&["new.hangtag"]);

    // And photos on such a disk are no trouble: nothing is written beside them.
    disk.remount("rw");
    lay_picture(&desk.at("disk/photos/b.png"), 2);
    disk.remount("ro");
    desk.run(&[&"tag", &desk.at("disk/photos")]).expect(0);

    disk.remount("rw");
    label(&desk, &disk, "category=bowl").expect(0);
    assert!(labels(&desk, &disk).expect(0).stdout.contains("a.png,category,bowl,yes"));
}

#[test]
#[ignore = "needs root to mount a small tmpfs; run by .ci/run"]
fn a_full_disk_holds_up_the_backup_and_nothing_else() {
    let (desk, disk) = labelled("4m");
    lay_tiny(&desk.photos(), 2000);
    import(&desk, &disk).expect(0);
    let newest = backups(&disk.catalogue()).pop().expect("the first label made one");
    fs::rename(&newest.path, newest.path.with_file_name("000001-2020-01-01.hangtag")).unwrap();
    disk.fill(128 * 1024);

    let mut workspace =
        Workspace::open(Opening { looks_at_photos: false, ..Opening::quiet(Some(&disk.catalogue()), desk.places()) })
            .unwrap();
    workspace.wait(&mut |_| true);
    let said = failures_of(&workspace);
    assert!(said.len() == 1 && said[0].contains("backing up") && said[0].contains("make room"), "{said:?}");
    let image = workspace.listing().images[5].id;
    workspace.answer_in(image, "category", "vase", Answer::Yes).unwrap();
    drop(workspace);
    // A command says it, and does its work.
    import(&desk, &disk).expect(0).complains_of(&["backing up", "make room"]);
    let known: Vec<u64> = backups(&disk.catalogue()).iter().map(|backup| backup.number).collect();
    assert_eq!(known, [1], "the one before is still there, and no half one");
    assert!(labels(&desk, &disk).expect(0).stdout.contains("category,vase,yes"));

    fs::remove_file(disk.catalogue().with_file_name("filler")).unwrap();
    import(&desk, &disk).expect(0);
    assert_eq!(backups(&disk.catalogue()).len(), 2);
}

#[test]
#[ignore = "needs root to mount a small tmpfs; run by .ci/run"]
fn an_old_catalogue_on_a_full_disk_is_read_and_not_brought_up_to_date() {
    let desk = Desk::new();
    let disk = Disk::mount(&desk, "4m");
    make(&scripts()[0], &disk.catalogue());
    disk.fill(64 * 1024);
    let run = labels(&desk, &disk).expect(0).complains_of(&["reading only", "make room"]);
    assert!(run.stdout.contains("dress.jpg,category,dress,yes"), "{}", run.stdout);
    assert_eq!(schema_of(&disk.catalogue()), 1);
    fs::remove_file(disk.catalogue().with_file_name("filler")).unwrap();
    labels(&desk, &disk).expect(0);
    assert_eq!(schema_of(&disk.catalogue()), scripts().len());
}

#[test]
#[ignore = "needs root to mount a small tmpfs; run by .ci/run"]
fn a_full_or_locked_disk_keeps_the_export_before() {
    let desk = shop_desk();
    let disk = Disk::mount(&desk, "600k");
    for format in ["jsonl", "folders", "imagefolder", "tfrecord", "parquet", "shopify", "woocommerce", "xmp"] {
        let out = disk.0.join(format);
        export(&desk, format, &out, &[]).expect(0);
        let before = contents(&disk.0);
        let room = disk.0.join("room");
        // Fills up to the last byte, and says so.
        assert!(std::fs::write(&room, vec![1; 2_000_000]).is_err());
        say(&mut desk.open(), "unseen.png", &[&format!("category=for {format}")]);
        export(&desk, format, &out, &[]).expect(1).complains_of(&[format, "No space left", "make room"]);
        std::fs::remove_file(&room).unwrap();
        assert_eq!(contents(&disk.0), before, "{format}");

        disk.remount("ro");
        export(&desk, format, &out, &[]).expect(1).complains_of(&[format, "Read-only", "choose another folder"]);
        disk.remount("rw");
        assert_eq!(contents(&disk.0), before, "{format}");
        export(&desk, format, &out, &[]).expect(0);
    }
}

#[test]
#[ignore = "needs root to mount a small tmpfs; run by .ci/run"]
fn a_full_or_locked_disk_keeps_the_model_before() {
    let desk = taught_desk();
    // Two graphs of 24 MB in one format, one in the other, and beside each what it is replaced with.
    let disk = Disk::mount(&desk, "160m");
    for format in ["onnx", "savedmodel"] {
        let out = disk.0.join(format);
        export(&desk, format, &out, &[]).expect(0);
        let before = contents(&disk.0);
        let whole: u64 = contents(&out).values().map(|bytes| bytes.len() as u64).sum();
        let keeps_it = |complaint: &str| {
            let way_out = "make room, or choose another folder";
            export(&desk, format, &out, &[]).expect(1).complains_of(&[format, complaint, way_out]);
        };
        // It is full at once, within the model, and with nearly all of it written.
        for free in [0, whole / 2, whole - 4096] {
            disk.fill(free);
            keeps_it("No space left");
            fs::remove_file(disk.0.join("filler")).unwrap();
            assert_eq!(contents(&disk.0), before, "{format} with {free} bytes free");
        }
        disk.remount("ro");
        keeps_it("Read-only file system");
        disk.remount("rw");
        assert_eq!(contents(&disk.0), before, "{format}");
        let halves = [format!("{format}.hangtag.part"), format!("{format}/1.hangtag.part")];
        assert!(halves.iter().all(|half| !disk.0.join(half).exists()), "{format}");
        export(&desk, format, &out, &[]).expect(0);
    }
}

#[test]
#[ignore = "needs root to mount a small tmpfs; run by .ci/run"]
fn a_full_disk_stops_a_training_with_its_last_checkpoint_whole() {
    let desk = taught_desk();
    // A checkpoint takes sixty megabytes and more: there is room for one, and not for the next beside it.
    let disk = Disk::mount(&desk, "110m");
    let catalogue = disk.catalogue();
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &catalogue, &"--labels-from", &"last-folder"]).expect(0);
    let train = |more: &[&dyn AsRef<OsStr>]| {
        let mut arguments: Vec<&dyn AsRef<OsStr>> = vec![&"train", &"--catalogue", &catalogue, &"--json"];
        arguments.extend(more);
        desk.run(&arguments)
    };
    let others = desk.at("others");
    let judged: [&dyn AsRef<OsStr>; 6] =
        [&"--epochs", &"2", &"--validation", &others, &"--labels-from", &"last-folder"];
    train(&judged).expect(1).complains_of(&["checkpoint is whole"]);
    disk.remount("size=600m");
    let lines = train(&[&"--resume", &"1"]).expect(0).stdout.lines().count();
    assert!(lines >= 2, "it went on and came to an end");
}

#[test]
#[ignore = "needs root to mount a small tmpfs; run by .ci/run"]
fn a_full_or_locked_cache_only_costs_time() {
    let desk = Desk::new();
    lay_demo(&desk.photos(), "mugs", 2);
    let disk = Disk::mount(&desk, "2m");
    fs::create_dir_all(disk.0.join("hangtag/scratch")).unwrap();
    let tag = || {
        let mut tag = desk.command(&[&"tag", &"photos", &"--format", &"json"]);
        tag.env("XDG_CACHE_HOME", &disk.0).env("TMPDIR", desk.at("tmp"));
        let run = Run::from(tag.output().unwrap()).expect(0);
        let report = run.json();
        let has_proposals = |image: &&Value| image["proposals"].as_array().is_some_and(|all| !all.is_empty());
        assert_eq!(report["images"].as_array().unwrap().iter().filter(has_proposals).count(), 2, "{report}");
        run
    };
    disk.fill(0);
    tag().complains_of(&["feature cache", "No space left", "next time"]);
    disk.remount("ro");
    tag().complains_of(&["feature cache", "Read-only file system", "next time"]);
    disk.remount("rw");
    fs::remove_file(disk.0.join("filler")).unwrap();
    assert!(!tag().stderr.contains("feature cache"), "with room it is as ever");
}

/// The number of the thread that made a call, with which its line in a log begins.
fn thread(call: &str) -> Option<&str> {
    call.split_whitespace().next()
}

#[test]
#[ignore = "needs strace; run by .ci/run"]
fn what_a_training_keeps_has_its_name_on_the_disk_before_anything_names_it() {
    let desk = taught_desk();
    let (catalogue, others, log) = (desk.catalogue(), desk.at("others"), desk.at("trace.log"));
    let train = desk.command(&[
        &"train",
        &"--catalogue",
        &catalogue,
        &"--epochs",
        &"1",
        &"--validation",
        &others,
        &"--labels-from",
        &"last-folder",
    ]);
    let calls = "trace=?rename,?renameat,renameat2,fsync,fdatasync";
    Run::from(strace(&desk, &["-y", "-e", calls], &log, &train).output().unwrap()).expect(0);
    let log = fs::read_to_string(log).unwrap();
    // What was interrupted by another thread's call has a second line.
    let mut calls: Vec<&str> = log.lines().filter(|line| !line.contains("resumed>")).collect();
    // Nor does a half need to keep its name.
    calls.retain(|call| !call.rsplit('"').nth(1).is_some_and(|to| to.ends_with(".part")));
    let mut kept = BTreeSet::new();
    for (number, call) in calls.iter().enumerate().filter(|(_, call)| call.contains("rename")) {
        for place in ["work.hangtag-data/runs/1", "work.hangtag-data/backbones"] {
            if call.contains(&format!("{place}/")) {
                let next = calls[number + 1..].iter().find(|next| thread(next) == thread(call)).unwrap();
                assert!(next.contains("fsync(") && next.contains(&format!("{place}>")), "{call}\n{next}");
                kept.insert(place);
            }
        }
    }
    assert_eq!(kept.len(), 2, "{kept:?}");
}
