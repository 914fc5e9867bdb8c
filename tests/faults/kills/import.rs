//! Imports that are killed, each followed until it goes through.

use std::fs;

use hangtag::catalogue::ImageState;

use super::Tally;
use super::aim::{Life, changes, quiet};
use crate::is_sound;
use crate::support::{Desk, Dice, answers, lay_tiny};

/// An import with labels from folders; each is followed until it goes through, and holds all of its photos then.
pub fn run(tally: &mut Tally) {
    const PHOTOS: usize = 3000;
    let mut dice = Dice(8);
    let start = |desk: &Desk| {
        desk.command(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue(), &"--labels-from", &"last-folder"])
    };
    let fresh = || {
        let desk = Desk::new();
        lay_tiny(&desk.photo("red"), PHOTOS as u32 / 2);
        // Each content has one folder, or its label would be in doubt.
        lay_tiny(&desk.photo("all"), PHOTOS as u32);
        for number in 0..PHOTOS / 2 {
            fs::remove_file(desk.photo(&format!("all/{number:05}.bmp"))).unwrap();
        }
        desk
    };
    // Whoever writes a catalogue leaves its name first of all.
    let is_at_work = |desk: &Desk| changes(desk.at("work.hangtag-lock"));
    let desk = fresh();
    let life = Life::of(start(&desk), is_at_work(&desk));
    let expected = answers(&desk.open());
    let mut desk = fresh();
    // What it has shown as done since the desk was laid: the labels that it printed, and those that were seen there.
    let mut journal: Vec<(String, String, bool)> = Vec::new();
    while tally.is_short() {
        let hit = tally.strike(start(&desk), life, is_at_work(&desk), &mut dice);
        if !desk.catalogue().exists() {
            if let Some(hit) = hit {
                tally.hit(hit.share, "starting", false);
            }
            continue;
        }
        tally.damaged += usize::from(!is_sound(&desk.catalogue()));
        let workspace = desk.open();
        let said = answers(&workspace);
        if let Some(hit) = &hit {
            let phase = match workspace.listing().images.len() {
                _ if !hit.is_at_work => "starting",
                0 => "finding photos",
                PHOTOS if said.is_empty() => "labelling",
                PHOTOS => "ending",
                _ => "reading photos",
            };
            tally.hit(hit.share, phase, hit.is_at_work && phase != "ending");
            // It prints a line once all photos are in the catalogue, and one once the labels are.
            if !hit.said.is_empty() {
                tally.lost += PHOTOS - workspace.listing().images.len();
                *tally.kinds.entry("said that the photos are in").or_default() += 1;
            }
            if hit.said.contains(" labels on ") {
                journal.clone_from(&expected);
                *tally.kinds.entry("said that the labels are").or_default() += 1;
            }
        }
        tally.lost += journal.iter().filter(|label| !said.contains(label)).count();
        tally.kept += journal.len();
        // An import gives all labels at once or none.
        assert!(said.is_empty() || said == expected, "{} of {} labels", said.len(), expected.len());
        let is_broken = workspace.listing().images.iter().any(|image| image.state != ImageState::Ok);
        assert!(!is_broken && workspace.read_only_reason().is_none());
        drop(workspace);
        journal = said;
        if hit.is_none() || tally.num_killed().is_multiple_of(5) {
            tally.stuck += usize::from(!quiet(start(&desk)).wait().unwrap().success());
            let said = answers(&desk.open());
            tally.stuck += usize::from(said != expected);
            tally.kept += said.len();
            (desk, journal) = (fresh(), Vec::new());
        }
    }
}
