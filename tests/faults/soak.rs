//! Hours in minutes: edits, undo, imports, refits and thumbnails over and over, with memory and handles that stay flat. One
//! window is open from beginning to end, so that what grows while it is shows; another one is closed and opened.

use std::collections::HashSet;
use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use hangtag::imaging::ContentHash;
use hangtag::workspace::{CacheKind, PictureSize, Workspace};

use crate::is_all;
use crate::support::{Desk, Dice, lay_demo, lay_tiny, settle};

/// After so many rounds of work the other window is closed and opened again, and its thumbnails are made anew.
const ROUNDS_OPEN: usize = 50;

/// Resident memory in megabytes, and how many files and the like are open.
fn footprint() -> (f64, usize) {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    (kilobytes / 1000.0, fs::read_dir("/proc/self/fd").unwrap().count())
}

/// Asks for the thumbnails of some photos, as a window does that shows them; gives those that are not there yet.
fn ask(workspace: &mut Workspace, dice: &mut Dice) -> HashSet<ContentHash> {
    let listing = workspace.listing().clone();
    let mut missing = HashSet::new();
    for _ in 0..10 {
        let image = &listing.images[dice.roll(listing.images.len())];
        let Some(hash) = image.hash else { continue };
        if workspace.pictures().ready(hash, PictureSize::Thumbnail).is_none() {
            missing.insert(hash);
        }
        workspace.pictures_mut().ask(hash, PictureSize::Thumbnail, &listing.path_of(image));
    }
    workspace.pictures_mut().end_frame();
    missing
}

/// Waits until all that was asked for has come, and counts those of these that were made.
fn made(workspace: &mut Workspace, missing: &HashSet<ContentHash>) -> usize {
    let started = Instant::now();
    while !workspace.pictures().is_idle() {
        assert!(started.elapsed() < Duration::from_mins(2), "a picture that was asked for never comes");
        workspace.poll();
        thread::sleep(Duration::from_millis(1));
    }
    let pictures = workspace.pictures();
    missing.iter().filter(|hash| matches!(pictures.ready(**hash, PictureSize::Thumbnail), Some(Ok(_)))).count()
}

/// A window with some photos.
fn opened() -> (Desk, Workspace) {
    let desk = Desk::new();
    for kind in ["mugs", "bowls", "balls"] {
        lay_demo(&desk.photos(), kind, 8);
    }
    lay_tiny(&desk.photo("tiny"), 200);
    let mut workspace = desk.open_looking();
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    (desk, workspace)
}

#[test]
#[ignore = "works for a minute, or half an hour for all of it"]
fn memory_and_handles_stay_flat() {
    let whole = if is_all() { Duration::from_mins(30) } else { Duration::from_mins(1) };
    let (desk, mut workspace) = opened();
    let (other_desk, mut other) = opened();
    let images: Vec<_> = workspace.listing().images.iter().map(|image| image.id).collect();
    let mut dice = Dice(30);
    let started = Instant::now();
    let mut footprints: Vec<(f64, usize)> = Vec::new();
    let [mut edits, mut undone, mut imports, mut refits, mut thumbnails] = [0_usize; 5];
    println!("| minutes | resident MB | handles | edits | undone | imports | refits | thumbnails made |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    while started.elapsed() < whole {
        if imports.is_multiple_of(ROUNDS_OPEN) {
            drop(other);
            other_desk.places().clear(CacheKind::Thumbnails).unwrap();
            other = other_desk.open_looking();
            settle(&mut other);
        }
        let heads = workspace.heads().clone();
        for _ in 0..20 {
            let image = images[dice.roll(images.len())];
            let tag = ["mug", "bowl", "ball", "杯子"][dice.roll(4)];
            workspace.answer_by_name(&[image], None, tag).unwrap();
            edits += 1;
            if dice.roll(3) == 0 {
                workspace.undo().unwrap();
                undone += 1;
            }
        }
        let [shown, missing] = [&mut workspace, &mut other].map(|window| ask(window, &mut dice));
        // A photo comes and goes, and every import looks at all of them.
        let extra = desk.photo("tiny/extra.bmp");
        if fs::remove_file(&extra).is_err() {
            fs::copy(desk.photo(&format!("tiny/{:05}.bmp", dice.roll(200))), &extra).unwrap();
        }
        workspace.start_import(&desk.photos());
        imports += 1;
        settle(&mut workspace);
        refits += usize::from(!Arc::ptr_eq(&heads, workspace.heads()) && !workspace.heads().groups.is_empty());
        made(&mut workspace, &shown);
        thumbnails += made(&mut other, &missing);
        let share = started.elapsed().as_secs_f64() / whole.as_secs_f64();
        if share * 10.0 >= footprints.len() as f64 {
            let (megabytes, handles) = footprint();
            let minutes = started.elapsed().as_secs_f64() / 60.0;
            println!(
                "| {minutes:.1} | {megabytes:.0} | {handles} | {edits} | {undone} | {imports} | {refits} | \
                 {thumbnails} |"
            );
            footprints.push((megabytes, handles));
        }
    }
    assert!(undone > 0 && refits > 0 && thumbnails > 0);
    // The first tenths fill the caches that are meant to be filled.
    let (settled, last) = (footprints[footprints.len() / 3], footprints[footprints.len() - 1]);
    assert!(last.0 < settled.0 * 1.1 + 10.0, "memory grows: {footprints:?}");
    assert!(last.1 <= settled.1 + 2, "handles leak: {footprints:?}");
}
