//! Looking at photos in a program that is killed: it goes on to the same proposals.

use std::fs;

use super::aim::Life;
use super::{Tally, rounds};
use crate::support::{Desk, Dice, lay_demo};

const STARTING: &str = "starting";

/// Features are kept in a file of their own that only grows: a cut end is cut off, and the rest is not computed again.
pub fn run(tally: &mut Tally) {
    const PHOTOS: usize = 18;
    let mut dice = Dice(8888);
    let fresh = || {
        let desk = Desk::new();
        for kind in ["mugs", "bowls"] {
            lay_demo(&desk.photos(), kind, PHOTOS / 2);
        }
        desk
    };
    let tag = |desk: &Desk| desk.command(&[&"tag", &desk.photos(), &"--format", &"json"]);
    let desk = fresh();
    let life = Life::of(tag(&desk), || false);
    let expected = proposals(&tag(&desk).output().unwrap().stdout);
    let mut desk = fresh();
    while tally.num_killed() < rounds() {
        // What was looked at before a first kill is not looked at again, so that there may be no work left to wait for.
        if let Some(hit) = life.cut(tag(&desk), false, || phase(&desk) != STARTING, &mut dice) {
            tally.hit(hit.share, phase(&desk), hit.is_at_work);
        }
        if tally.num_killed().is_multiple_of(3) {
            let run = tag(&desk).output().unwrap();
            tally.stuck += usize::from(!run.status.success() || proposals(&run.stdout) != expected);
            desk = fresh();
        }
    }
}

/// The file of features begins with a few bytes about itself.
fn phase(desk: &Desk) -> &'static str {
    let files = fs::read_dir(desk.cache().join("hangtag/features")).into_iter().flatten().flatten();
    match files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).max() {
        None => STARTING,
        Some(0..=1000) => "the first photos",
        Some(_) => "later photos",
    }
}

/// What was proposed, without the paths, which differ from desk to desk.
fn proposals(json: &[u8]) -> Vec<serde_json::Value> {
    let all: serde_json::Value = serde_json::from_slice(json).unwrap();
    all["images"].as_array().unwrap().iter().map(|image| image["proposals"].clone()).collect()
}
