//! Disks and folders that fail: full at every write in turn, unreadable, forbidden, gone for a while.

use std::fs;
use std::path::PathBuf;

use hangtag::catalogue::ImageState;
use hangtag::workspace::{Answer, JobState};

use crate::support::{Desk, image_at, lay_picture, lay_tiny, settle};
use crate::traced::{Fault, run_with};
use crate::{is_all, is_sound};

const WRITES: &str = "write,pwrite64,writev,pwritev,ftruncate,fsync,fdatasync";
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

#[test]
#[ignore = "needs strace; run by .ci/run"]
fn a_disk_that_fills_up_at_any_write_loses_nothing() {
    println!("| error | work | writes that failed in turn | refused | done all the same | labels lost | damaged |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for error in ["ENOSPC", "EIO", "EROFS"] {
        for work in ["label", "import"] {
            let [mut refused, mut done, mut lost, mut damaged] = [0; 4];
            let mut from = 1;
            loop {
                let desk = labelled();
                lay_tiny(&desk.photos(), 300);
                let files = catalogue_files(&desk);
                let paths: Vec<_> = files.iter().map(PathBuf::as_path).collect();
                let fault = Fault { calls: WRITES, error, from, paths: &paths };
                let (catalogue, photos) = (desk.catalogue(), desk.photos());
                let (run, num_calls) = match work {
                    "label" => {
                        run_with(&desk, &fault, &[&"label", &"--catalogue", &catalogue, &"a.png", &"category=bowl"])
                    }
                    _ => run_with(&desk, &fault, &[&"import", &photos, &"--catalogue", &catalogue]),
                };
                assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
                let is_done = run.status == Some(0);
                assert!(
                    is_done || run.stderr.contains("work.hangtag") || run.stderr.contains("catalogue"),
                    "{}",
                    run.stderr
                );
                (refused, done) = (refused + usize::from(!is_done), done + usize::from(is_done));
                damaged += usize::from(!is_sound(&catalogue));
                let expected =
                    if work == "label" && is_done { "a.png,category,bowl,yes" } else { "a.png,category,mug,yes" };
                let said = labels(&desk);
                // An answer that was refused may still have reached the disk; it is the old one that must not be lost.
                lost += usize::from(!said.contains(expected) && (is_done || !said.contains("category,bowl,yes")));
                if from > num_calls {
                    break;
                }
                // A sample steps over most of a long row of writes.
                from += if is_all() { 1 } else { 1 + num_calls / 6 };
            }
            println!("| {error} | {work} | {} | {refused} | {done} | {lost} | {damaged} |", refused + done);
            assert!(refused > 0 && (lost, damaged) == (0, 0));
        }
    }
}

#[test]
#[ignore = "needs strace; run by .ci/run"]
fn a_photo_that_cannot_be_read_is_listed_and_the_rest_goes_on() {
    for (calls, error) in [(READS, "EIO"), (OPENS, "EACCES"), (OPENS, "EIO")] {
        let desk = labelled();
        lay_picture(&desk.photo("b.png"), 2);
        lay_picture(&desk.photo("c.png"), 3);
        let path = desk.photo("b.png");
        let fault = Fault { calls, error, from: 1, paths: &[&path] };
        let (run, num_calls) = run_with(&desk, &fault, &[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()]);
        let run = run.expect(3).complains_of(&["b.png"]);
        assert!(num_calls > 0 && run.stdout.contains("photos"), "{run:?}");
        assert!(labels(&desk).contains("a.png,category,mug,yes"));
        let listing = desk.listing();
        assert_eq!(image_at(&listing, "c.png").state, ImageState::Ok);
        // The disk works again: nothing has to be told to look once more.
        desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue()]).expect(0);
        assert!(desk.listing().images.iter().all(|image| image.state == ImageState::Ok));
    }
}

#[test]
#[ignore = "needs strace; run by .ci/run"]
fn a_folder_that_may_not_be_read_keeps_its_labels() {
    let desk = labelled();
    let photos = desk.photos();
    let fault = Fault { calls: OPENS, error: "EACCES", from: 1, paths: &[&photos] };
    let (run, _) = run_with(&desk, &fault, &[&"import", &photos, &"--catalogue", &desk.catalogue()]);
    assert!(run.status != Some(0) && !run.stderr.contains("panicked"), "{run:?}");
    assert!(run.stderr.contains("photos"), "{}", run.stderr);
    assert!(labels(&desk).contains("a.png,category,mug,yes"));
    assert!(
        desk.listing().images.iter().all(|image| image.state == ImageState::Ok),
        "its photos are not called missing"
    );
}

#[test]
#[ignore = "takes some seconds of real work; run by .ci/run"]
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
