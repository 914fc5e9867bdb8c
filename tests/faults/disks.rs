//! Disks and folders that fail: full at every write in turn, unreadable, forbidden, gone for a while.

use std::fs;
use std::path::{Path, PathBuf};

use hangtag::catalogue::ImageState;
use hangtag::workspace::{Answer, JobState};

use crate::kills::export::{self, Found, beside, found_at};
use crate::kills::training;
use crate::support::{Desk, Run, answers, image_at, lay_picture, lay_tiny, settle, taught_desk};
use crate::traced::{Fault, Faulted, NEVER, run_with};
use crate::{is_all, is_sound};

const ERRORS: [&str; 3] = ["ENOSPC", "EIO", "EROFS"];

/// What brings bytes to a disk, and what waits until they are there: each call is counted by itself, so that a write that
/// fails hides the waiting for it.
const WRITES: &str = "write,pwrite64,writev,pwritev,ftruncate";
const SYNCS: &str = "fsync,fdatasync,syncfs";
const RENAMES: &str = "?rename,?renameat,renameat2";
const READS: &str = "read,pread64,readv,preadv";
const OPENS: &str = "openat,open,statx,newfstatat,getdents64";

/// The catalogue with what SQLite and the lock keep beside it.
fn catalogue_files(desk: &Desk) -> Vec<PathBuf> {
    ["", "-wal", "-shm", "-lock", "-journal"].map(|ending| desk.at(&format!("work.hangtag{ending}"))).to_vec()
}

/// A photo that was labelled before anything failed.
fn labelled() -> Desk {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    desk.run(&[&"label", &"--catalogue", &desk.catalogue(), &"a.png", &"category=mug"]).expect(0);
    desk
}

fn labels(desk: &Desk) -> String {
    desk.run(&[&"labels", &"--catalogue", &desk.catalogue()]).expect(0).stdout
}

/// What came of letting calls fail at one moment after the other.
struct Tried {
    refused: usize,
    /// The work was done all the same.
    done: usize,
    /// How many moments there were.
    num_moments: usize,
}

/// The moments, and what came of them, as cells of a table.
impl std::fmt::Display for Tried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { refused, done, num_moments } = self;
        write!(f, "{} of {num_moments} | {refused} | {done}", refused + done)
    }
}

/// Lets each of some calls fail from its n-th time on, for one moment n after the other.
fn fail_in_turn(mut run_from: impl FnMut(usize) -> Faulted) -> Tried {
    let Faulted { run, num_calls: num_moments, .. } = run_from(NEVER);
    assert_eq!(run.status, Some(0), "nothing failed: {}", run.stderr);
    let mut tried = Tried { refused: 0, done: 0, num_moments };
    for from in moments(num_moments) {
        let Faulted { run, num_failed, .. } = run_from(from);
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        let is_done = run.status == Some(0);
        assert!(is_done || num_failed > 0, "nothing failed: {}", run.stderr);
        // Threads share their work in other ways each time, so that the last of a row may not come.
        tried.refused += usize::from(!is_done);
        tried.done += usize::from(is_done && num_failed > 0);
    }
    tried
}

/// The moments that are tried, of so many: all of a short row, else the first and the last and every k-th between.
fn moments(num_moments: usize) -> impl Iterator<Item = usize> {
    let most = if is_all() { 80 } else { 8 };
    let at_each_end = most / 4;
    let k = num_moments.saturating_sub(2 * at_each_end).div_ceil(most - 2 * at_each_end).max(1);
    (1..=num_moments).filter(move |n| *n <= at_each_end || n.is_multiple_of(k) || n + at_each_end > num_moments)
}

#[test]
#[ignore = "needs strace"]
fn a_disk_that_fills_up_at_any_write_loses_nothing() {
    println!("| error | of | work | moments in turn | refused | done all the same | labels lost | damaged |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (error, calls) in ERRORS.iter().flat_map(|error| [(*error, WRITES), (*error, SYNCS)]) {
        // A sample waits in vain for one kind of disk only.
        if !is_all() && calls == SYNCS && error != "EIO" {
            continue;
        }
        for work in ["label", "import"] {
            let [mut lost, mut damaged] = [0; 2];
            let tried = fail_in_turn(|from| {
                let desk = labelled();
                lay_tiny(&desk.photos(), 300);
                let files = catalogue_files(&desk);
                let paths: Vec<_> = files.iter().map(PathBuf::as_path).collect();
                let fault = Fault { calls, error, from, paths: &paths };
                let (catalogue, photos) = (desk.catalogue(), desk.photos());
                let program = match work {
                    "label" => desk.command(&[&"label", &"--catalogue", &catalogue, &"a.png", &"category=bowl"]),
                    _ => desk.command(&[&"import", &photos, &"--catalogue", &catalogue]),
                };
                let faulted = run_with(&desk, &fault, &program);
                let (is_done, stderr) = (faulted.run.status == Some(0), &faulted.run.stderr);
                assert!(is_done || stderr.contains("work.hangtag") || stderr.contains("catalogue"), "{stderr}");
                damaged += usize::from(!is_sound(&catalogue));
                let expected =
                    if work == "label" && is_done { "a.png,category,bowl,yes" } else { "a.png,category,mug,yes" };
                let said = labels(&desk);
                // An answer that was refused may still have reached the disk; it is the old one that must not be lost.
                lost += usize::from(!said.contains(expected) && (is_done || !said.contains("category,bowl,yes")));
                faulted
            });
            println!("| {error} | {calls} | {work} | {tried} | {lost} | {damaged} |");
            assert!(tried.refused > 0 && (lost, damaged) == (0, 0));
        }
    }
}

#[test]
#[ignore = "needs strace"]
fn an_export_onto_a_failing_disk_is_whole_or_what_lay_there_before() {
    println!("| error | of | export | moments in turn | refused | done all the same | half-written | left behind |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let formats = if is_all() { &["tfrecord", "savedmodel"][..] } else { &["tfrecord"][..] };
    for &format in formats {
        let desk = taught_desk();
        let [whole_out, out] = ["whole", "out"].map(|name| desk.at(name));
        let written = |out: &Path| export::export(&desk, format, out).output().unwrap().status.success();
        // What lies there before is of a catalogue that said something else; of a model's version there is one only.
        if format == "tfrecord" {
            assert!(written(&out));
            desk.run(&[&"label", &"--catalogue", &desk.catalogue(), &"mugs/mug-01.jpg", &"category=bowls"]).expect(0);
        }
        // A model becomes a version by its first export.
        assert!(written(&whole_out) && written(&whole_out));
        let place = export::place(format, &out);
        let (before, whole) = (found_at(&place), found_at(&export::place(format, &whole_out)));
        assert!(before != whole);
        let partial = beside(&place);
        let names = whole.keys().map(|name| partial.join(name));
        // The names of shards while they are written, and the folder, which is synced as one.
        let files: Vec<PathBuf> =
            names.chain(["0.tfrecord", "0.index"].map(|name| partial.join(name))).chain([partial.clone()]).collect();
        let paths: Vec<_> = files.iter().map(PathBuf::as_path).collect();
        for (error, calls) in ERRORS.iter().flat_map(|error| [(*error, WRITES), (*error, SYNCS)]) {
            let [mut half, mut left] = [0; 2];
            let tried = fail_in_turn(|from| {
                let program = export::export(&desk, format, &out);
                let fault = Fault { calls, error, from, paths: &paths };
                let faulted = run_with(&desk, &fault, &program);
                let (is_done, found) = (faulted.run.status == Some(0), found_at(&place));
                half += usize::from(found != *(if is_done { &whole } else { &before }));
                left += usize::from(partial.exists());
                lay(&place, &before);
                faulted
            });
            println!("| {error} | {calls} | {format} | {tried} | {half} | {left} |");
            assert!(tried.refused > 0 && (half, left) == (0, 0));
        }
        assert!(written(&out) && found_at(&place) == whole);
    }
}

/// Lays what was found at a place there again.
fn lay(place: &Path, found: &Found) {
    export::remove(place);
    for (name, bytes) in found {
        let path = place.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
#[ignore = "needs strace; trains for a minute, or many; tests/flows/full_disk.rs has a disk that is full"]
fn a_training_on_a_failing_disk_goes_on_from_a_whole_checkpoint() {
    println!("| error | of | moments in turn | refused | done all the same | labels lost | damaged | did not go on |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let alone = taught_desk();
    assert!(training::train(&alone, "head").output().unwrap().status.success());
    let expected = training::outcome(&alone);
    for (error, calls) in ERRORS.iter().flat_map(|error| [WRITES, SYNCS, RENAMES].map(|calls| (*error, calls))) {
        // A sample has one kind of disk only, on which what was written never gets its name.
        if !is_all() && (error, calls) != ("EIO", RENAMES) {
            continue;
        }
        let [mut lost, mut damaged, mut stuck] = [0; 3];
        let tried = fail_in_turn(|from| {
            let desk = taught_desk();
            let journal = answers(&desk.open());
            let names = ["plan", "machine", "epochs", "checkpoint", "outcome", "answers"];
            let folder = desk.at("work.hangtag-data/runs/1");
            let mut files: Vec<PathBuf> = names.iter().map(|name| folder.join(format!("{name}.part"))).collect();
            files.push(folder.join("epochs.jsonl"));
            let paths: Vec<_> = files.iter().map(PathBuf::as_path).collect();
            let fault = Fault { calls, error, from, paths: &paths };
            let faulted = run_with(&desk, &fault, &training::train(&desk, "head"));
            damaged += usize::from(!is_sound(&desk.catalogue()));
            if faulted.run.status != Some(0) {
                // The disk works again.
                let again = training::start_or_resume(&desk, "head").output().unwrap();
                stuck += usize::from(!again.status.success());
            }
            stuck += usize::from(training::outcome(&desk) != expected);
            lost += usize::from(answers(&desk.open()) != journal);
            faulted
        });
        println!("| {error} | {calls} | {tried} | {lost} | {damaged} | {stuck} |");
        assert!(tried.refused > 0 && (lost, damaged, stuck) == (0, 0, 0));
    }
}

#[test]
#[ignore = "needs strace"]
fn a_photo_that_cannot_be_read_is_listed_and_the_rest_goes_on() {
    for (calls, error) in [(READS, "EIO"), (OPENS, "EACCES"), (OPENS, "EIO")] {
        let desk = labelled();
        lay_picture(&desk.photo("b.png"), 2);
        lay_picture(&desk.photo("c.png"), 3);
        let path = desk.photo("b.png");
        let fault = Fault { calls, error, from: 1, paths: &[&path] };
        let Faulted { run, num_failed, .. } =
            run_with(&desk, &fault, &desk.command(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()]));
        let run = run.expect(3).complains_of(&["b.png"]);
        assert!(num_failed > 0 && run.stdout.contains("photos"), "{run:?}");
        assert!(labels(&desk).contains("a.png,category,mug,yes"));
        let listing = desk.listing();
        assert_eq!(image_at(&listing, "c.png").state, ImageState::Ok);
        // The disk works again: nothing has to be told to look once more.
        desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()]).expect(0);
        assert!(desk.listing().images.iter().all(|image| image.state == ImageState::Ok));
    }
}

#[test]
#[ignore = "needs strace"]
fn a_catalogue_that_cannot_be_read_is_named_and_keeps_its_labels() {
    println!("| error | of | work | moments in turn | refused | done all the same |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let desk = labelled();
    let catalogue = desk.catalogue();
    for calls in ["read", "pread64"] {
        let tried = fail_in_turn(|from| {
            let fault = Fault { calls, error: "EIO", from, paths: &[&catalogue] };
            let faulted = run_with(&desk, &fault, &desk.command(&[&"labels", &"--catalogue", &catalogue]));
            let Run { status, stdout, stderr } = &faulted.run;
            // The day's backup reads last, when all labels are known.
            let is_told = stderr.contains(catalogue.to_str().unwrap());
            assert!(is_told || (*status == Some(0) && stdout.contains("a.png,category,mug,yes")), "{:?}", faulted.run);
            assert!(is_sound(&catalogue) && labels(&desk).contains("a.png,category,mug,yes"));
            faulted
        });
        println!("| EIO | {calls} | labels | {tried} |");
        assert!(tried.refused > tried.done);
    }
}

#[test]
#[ignore = "needs strace"]
fn a_folder_that_may_not_be_read_keeps_its_labels() {
    let desk = labelled();
    let photos = desk.photos();
    let fault = Fault { calls: OPENS, error: "EACCES", from: 1, paths: &[&photos] };
    let import = desk.command(&[&"import", &photos, &"--catalogue", &desk.catalogue()]);
    let run = run_with(&desk, &fault, &import).run;
    assert!(run.status != Some(0) && !run.stderr.contains("panicked"), "{run:?}");
    assert!(run.stderr.contains("photos"), "{}", run.stderr);
    assert!(labels(&desk).contains("a.png,category,mug,yes"));
    assert!(
        desk.listing().images.iter().all(|image| image.state == ImageState::Ok),
        "its photos are not called missing"
    );
}

#[test]
#[ignore = "takes some seconds of real work"]
fn a_folder_that_vanishes_under_an_import_comes_back_with_its_labels() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 4000);
    let mut workspace = desk.open();
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    let images: Vec<_> = workspace.listing().images.iter().map(|image| image.id).collect();
    for image in &images[..50] {
        workspace.answer_in(*image, "category", "mug", Answer::Yes).unwrap();
    }
    let away = desk.at("away");
    lay_tiny(&desk.photo("more"), 6000);
    workspace.start_import(&desk.photos());
    fs::rename(desk.photos(), &away).unwrap();
    workspace.wait(&mut |_| true);
    assert!(workspace.jobs().iter().all(|job| job.state != JobState::Running));
    assert_eq!(workspace.labels().len(), 50);
    workspace.start_import(&desk.photos());
    workspace.wait(&mut |_| true);
    assert_eq!(workspace.labels().len(), 50);

    fs::rename(&away, desk.photos()).unwrap();
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    assert_eq!((workspace.labels().len(), workspace.listing().images.len()), (50, 6000));
    assert!(workspace.listing().images.iter().all(|image| image.state == ImageState::Ok));
}
