//! Programs killed (`kill -9`) at random moments of their work, held against a journal that is kept outside of them.

mod aim;
mod answering;
pub mod export;
mod import;
mod looking;
mod migration;
pub mod training;

use std::collections::BTreeMap;
use std::process::Command;

use crate::support::{Desk, Dice, answers};
use crate::{is_all, is_sound};

use aim::{Hit, Life};

/// Kills that are to hit each kind of work in the work itself, where all is asked for.
const ASKED: usize = 40;

/// What SQLite writes pages by, and waits for the disk by.
const CALLS: [&str; 2] = ["pwrite64", "fsync"];

/// What became of one kind of work.
#[derive(Default)]
struct Tally {
    /// Programs that were started to be killed; some are over before.
    attempts: usize,
    /// Kills in the work itself.
    at_work: usize,
    /// Kills before the work had begun, or after it was done.
    beside_it: usize,
    /// How far it was, in tenths of the whole.
    reached: [usize; 10],
    /// What it was at, by what was found afterwards.
    phases: BTreeMap<String, usize>,
    /// Kills by what else is told of them.
    kinds: BTreeMap<&'static str, usize>,
    kept: usize,
    lost: usize,
    damaged: usize,
    /// Results that were seen under their final name before they were whole.
    half: usize,
    stuck: usize,
}

impl Tally {
    fn print(&self, work: &str) {
        let list =
            |hits: &[(&str, usize)]| hits.iter().map(|(what, hits)| format!("{what} {hits}")).collect::<Vec<_>>();
        let phases: Vec<_> = self.phases.iter().map(|(phase, hits)| (phase.as_str(), *hits)).collect();
        println!(
            "| {work} | {} | {} | {:?} | {} | {} | {} | {} | {} | {} |",
            self.at_work,
            self.beside_it,
            self.reached,
            list(&phases).join(", "),
            self.kept,
            self.lost,
            self.damaged,
            self.half,
            self.stuck
        );
        if !self.kinds.is_empty() {
            let kinds: Vec<_> = self.kinds.iter().map(|(kind, hits)| (*kind, *hits)).collect();
            println!("{work}: {}", list(&kinds).join(", "));
        }
    }

    fn num_killed(&self) -> usize {
        self.at_work + self.beside_it
    }

    /// Whether more is to be killed. Where the work cannot be hit, there is an end to trying.
    fn is_short(&self) -> bool {
        self.at_work < rounds() && self.attempts < 4 * rounds()
    }

    /// Kills a program in its work, or one time in six at any moment of its life.
    fn strike(&mut self, command: Command, life: Life, is_at_work: impl Fn() -> bool, dice: &mut Dice) -> Option<Hit> {
        self.attempts += 1;
        life.cut(command, self.attempts % 6 != 3, is_at_work, dice)
    }

    fn hit(&mut self, share: f64, phase: &str, is_at_work: bool) {
        *(if is_at_work { &mut self.at_work } else { &mut self.beside_it }) += 1;
        self.reached[((share * 10.0) as usize).min(9)] += 1;
        *self.phases.entry(phase.to_owned()).or_default() += 1;
    }

    /// Looks at a catalogue after a kill: whether it is sound, and which labels of the journal it still has.
    fn look_at(&mut self, desk: &Desk, journal: &[(String, String, bool)]) {
        self.damaged += usize::from(!is_sound(&desk.catalogue()));
        let found = answers(&desk.open());
        self.lost += journal.iter().filter(|label| !found.contains(label)).count();
        self.kept += journal.len();
    }

    #[track_caller]
    fn assert_nothing_lost(&self, asked: usize) {
        assert_eq!((self.lost, self.damaged, self.half, self.stuck), (0, 0, 0, 0));
        let asked = if is_all() { asked } else { asked.min(1) };
        assert!(self.num_killed() > 0 && self.at_work >= asked, "{} kills hit the work itself", self.at_work);
        // A handful of moments may fall close together; fifty do not.
        let num_tenths = self.reached.iter().filter(|&&hits| hits > 0).count();
        assert!(!is_all() || num_tenths > 2, "the moments were not spread");
    }
}

fn rounds() -> usize {
    if is_all() { 50 } else { 5 }
}

/// Does it, prints what came of it, and fails if anything was lost, or fewer kills than asked for hit the work itself.
fn hold(work: &str, asked: usize, run: fn(&mut Tally)) {
    println!(
        "| work | killed in the work itself | and beside it | moments, by tenths | found at | labels said | lost | \
         catalogues damaged | half-written | did not go on |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut tally = Tally::default();
    run(&mut tally);
    tally.print(work);
    tally.assert_nothing_lost(asked);
}

#[test]
#[ignore = "kills programs for some seconds, or minutes"]
fn killed_in_an_import() {
    hold("import", ASKED, import::run);
}

#[test]
#[ignore = "needs strace; kills programs for some seconds, or minutes"]
fn killed_while_photos_are_labelled() {
    hold("labelling", ASKED, answering::label);
}

#[test]
#[ignore = "needs strace; kills programs for some seconds, or minutes"]
fn killed_while_tags_are_merged() {
    hold("merging tags, undo", ASKED, answering::edit);
}

#[test]
#[ignore = "kills programs for some seconds, or minutes"]
fn killed_while_photos_are_looked_at() {
    hold("looking at photos", 0, looking::run);
}

#[test]
#[ignore = "kills programs for a minute, or many"]
fn killed_in_a_training() {
    hold("training", ASKED, training::run);
}

#[test]
#[ignore = "kills programs for a minute, or many"]
fn killed_in_an_export() {
    hold("export", ASKED, export::run);
}

#[test]
#[ignore = "kills programs for some seconds, or minutes"]
fn killed_while_an_old_catalogue_is_copied() {
    hold("copy before a migration", ASKED, migration::copy);
}

#[test]
#[ignore = "needs strace; kills programs for a minute, or some"]
fn killed_while_an_old_catalogue_is_brought_up_to_date() {
    hold("migration", ASKED, migration::migrate);
}
