//! Hours in minutes: edits, undo, imports, refits and thumbnails over and over, with memory and handles that stay flat.

use std::fs;
use std::time::{Duration, Instant};

use hangtag::workspace::PictureSize;

use crate::is_all;
use crate::support::{Desk, Dice, lay_demo, lay_tiny, settle};

/// Resident memory in megabytes, and how many files and the like are open.
fn footprint() -> (f64, usize) {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    (kilobytes / 1000.0, fs::read_dir("/proc/self/fd").unwrap().count())
}

#[test]
#[ignore = "works for a minute, or half an hour for all of it; run by .ci/run"]
fn memory_and_handles_stay_flat() {
    let whole = if is_all() { Duration::from_mins(30) } else { Duration::from_mins(1) };
    let desk = Desk::new();
    for kind in ["mugs", "bowls", "balls"] {
        lay_demo(&desk.photos(), kind, 8);
    }
    lay_tiny(&desk.photo("tiny"), 200);
    let mut workspace = desk.open_looking();
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    let images: Vec<_> = workspace.listing().images.iter().map(|image| image.id).collect();
    let mut dice = Dice(30);
    let started = Instant::now();
    let mut footprints: Vec<(f64, usize)> = Vec::new();
    let [mut edits, mut undone, mut imports, mut thumbnails] = [0_usize; 4];
    println!("| minutes | resident MB | handles | edits | undone | imports | thumbnails |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    while started.elapsed() < whole {
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
        for _ in 0..10 {
            let listing = workspace.listing().clone();
            let image = &listing.images[dice.roll(listing.images.len())];
            if let Some(hash) = image.hash {
                workspace.pictures_mut().ask(hash, PictureSize::Thumbnail, &listing.path_of(image));
                thumbnails += 1;
            }
        }
        workspace.pictures_mut().end_frame();
        // A photo comes and goes, and every import looks at all of them.
        let extra = desk.photo("tiny/extra.bmp");
        if fs::remove_file(&extra).is_err() {
            fs::copy(desk.photo(&format!("tiny/{:05}.bmp", dice.roll(200))), &extra).unwrap();
        }
        workspace.start_import(&desk.photos());
        imports += 1;
        settle(&mut workspace);
        let share = started.elapsed().as_secs_f64() / whole.as_secs_f64();
        if share * 10.0 >= footprints.len() as f64 {
            let (megabytes, handles) = footprint();
            let minutes = started.elapsed().as_secs_f64() / 60.0;
            println!("| {minutes:.1} | {megabytes:.0} | {handles} | {edits} | {undone} | {imports} | {thumbnails} |");
            footprints.push((megabytes, handles));
        }
    }
    // The first tenths fill the caches that are meant to be filled.
    let (settled, last) = (footprints[footprints.len() / 3], footprints[footprints.len() - 1]);
    assert!(last.0 < settled.0 * 1.1 + 10.0, "memory grows: {footprints:?}");
    assert!(last.1 <= settled.1 + 2, "handles leak: {footprints:?}");
}
