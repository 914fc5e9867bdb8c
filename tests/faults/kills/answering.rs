//! Answers, merges and undo in a program that is killed: what it had shown as saved is there.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::Command;

use hangtag::catalogue::GroupKind;
use hangtag::workspace::{Answer, Opening, Places, Workspace};

use super::{CALLS, Tally, rounds};
use crate::is_sound;
use crate::support::{Desk, Dice, answers, lay_tiny, tag_named};
use crate::traced::kill_at;

/// The child's work, by which the test program starts itself again.
const WORK: &str = "HANGTAG_FAULTS_WORK";
const SEED: &str = "HANGTAG_FAULTS_SEED";

/// What the child says when it begins an answer, or a merge.
const BEGUN: &str = "begun";

/// How many of each of the [`CALLS`] it makes at most. An answer makes some twenty of the first, and one of the second.
const MOST: [usize; 2] = [800, 40];

/// This test program again, for one kind of work, of which it says on stdout what it has seen saved.
fn work(desk: &Desk, what: &str, seed: usize) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "kills::answering::works_until_it_is_killed",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    command.env(WORK, what).env(SEED, seed.to_string()).current_dir(desk.at(""));
    command
}

/// A program that was killed as it wrote into the log, or waited for the disk.
struct Killed {
    share: f64,
    /// What it had shown as saved.
    said: Vec<String>,
    /// Whether it had begun the next.
    is_at_work: bool,
}

/// Kills it at one of the calls by which answers are saved, as the dice say.
fn kill(desk: &Desk, what: &str, round: usize, dice: &mut Dice) -> Killed {
    let (call, most) = (CALLS[round % 2], MOST[round % 2]);
    let number = 1 + dice.roll(most);
    let log = desk.at("work.hangtag-wal");
    let run = kill_at(desk, call, number, &[&log], &work(desk, what, round)).expect("it answers often enough");
    let said = run.stdout.lines().filter_map(|line| Some(line.strip_prefix("saved ")?.to_owned())).collect();
    // The test runner's own words stand before the first of its lines.
    let is_at_work = run.stdout.trim_end().ends_with(BEGUN);
    Killed { share: number as f64 / most as f64, said, is_at_work }
}

#[test]
#[ignore = "the other half of the tests above, which start it"]
fn works_until_it_is_killed() {
    let Ok(what) = std::env::var(WORK) else { return };
    let mut dice = Dice(std::env::var(SEED).unwrap().parse().unwrap());
    let folder = std::env::current_dir().unwrap();
    let opening = Opening::quiet(Some(&folder.join("work.hangtag")), Places::below(&folder.join("places")));
    let mut workspace = Workspace::open(Opening { looks_at_photos: false, ..opening }).unwrap();
    let mut out = std::io::stdout().lock();
    let mut say = |line: &str| {
        writeln!(out, "{line}").unwrap();
        out.flush().unwrap();
    };
    let images: Vec<_> = workspace.listing().images.iter().map(|image| (image.id, image.path().to_owned())).collect();
    let group = workspace.vocabulary().group_named("pattern").unwrap().id;
    // It is killed long before the last.
    for round in 0..1000 {
        let (image, path) = &images[dice.roll(images.len())];
        say(BEGUN);
        if what == "labelling" {
            let name = format!("tag {}", dice.roll(400));
            workspace.answer_by_name(&[*image], Some(group), &name).unwrap();
            say(&format!("saved {path}\t{name}"));
        } else {
            // Two tags with a few photos each are merged, and the merge is undone every other time.
            let (from, into) = (format!("from {round}"), format!("into {round}"));
            workspace.answer_by_name(&[images[0].0, images[1].0], Some(group), &from).unwrap();
            workspace.answer_by_name(&[images[2].0], Some(group), &into).unwrap();
            let tags = [tag_named(&workspace, "pattern", &from), tag_named(&workspace, "pattern", &into)];
            workspace.merge_tags(tags[0], tags[1]).unwrap();
            if round % 2 == 1 {
                workspace.undo().unwrap();
            }
            say(&format!("saved {round}"));
        }
    }
}

/// A desk with some photos and an `any of` group to label them in.
fn pattern_desk() -> Desk {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 30);
    desk.import();
    desk.open().add_group("pattern", GroupKind::AnyOf).unwrap();
    desk
}

/// Every answer that was shown as saved is there.
pub fn label(tally: &mut Tally) {
    let mut dice = Dice(88);
    let desk = pattern_desk();
    let mut journal = BTreeSet::new();
    for round in 0..rounds() {
        let Killed { share, said, is_at_work } = kill(&desk, "labelling", round, &mut dice);
        tally.kept += said.len();
        journal.extend(said.iter().map(|line| {
            let (path, name) = line.split_once('\t').unwrap();
            (path.to_owned(), format!("pattern={name}"), true)
        }));
        tally.damaged += usize::from(!is_sound(&desk.catalogue()));
        let mut workspace = desk.open();
        let found = answers(&workspace);
        tally.lost += journal.iter().filter(|label| !found.contains(label)).count();
        // At most the answer that was on its way when the program died is there without having been said to be saved.
        assert!(found.len() <= journal.len() + 1, "{} were said, {} are there", journal.len(), found.len());
        let phase = if found.len() > journal.len() { "in the log, not yet shown as saved" } else { "being written" };
        tally.hit(share, phase, is_at_work);
        journal.extend(found);
        let image = workspace.listing().images[0].id;
        let goes_on = workspace.answer_in(image, "category", "mug", Answer::Yes).and_then(|_| workspace.undo());
        tally.stuck += usize::from(goes_on.is_err());
    }
}

/// Merging is one step of many rows: all of it is there, or nothing.
pub fn edit(tally: &mut Tally) {
    let mut dice = Dice(888);
    for round in 0..rounds() {
        let desk = pattern_desk();
        let Killed { share, said, is_at_work } = kill(&desk, "editing", round, &mut dice);
        tally.damaged += usize::from(!is_sound(&desk.catalogue()));
        let mut workspace = desk.open();
        let found = answers(&workspace);
        let labels_of = |name: String| found.iter().filter(|(_, tag, _)| *tag == format!("pattern={name}")).count();
        for number in 0..said.len() {
            let counts = (labels_of(format!("from {number}")), labels_of(format!("into {number}")));
            let expected = if number % 2 == 1 { (2, 1) } else { (0, 3) };
            tally.lost += usize::from(counts != expected);
            tally.kept += counts.0 + counts.1;
        }
        // The round in which it died stands at one of its steps.
        let number = said.len();
        let counts = (labels_of(format!("from {number}")), labels_of(format!("into {number}")));
        tally.lost += usize::from(![(0, 0), (2, 0), (2, 1), (0, 3)].contains(&counts));
        let phase = match counts {
            (0, 3) => "merged",
            (2, 1) => "before the merge, or undone",
            _ => "labelling",
        };
        tally.hit(share, phase, is_at_work);
        while workspace.undo().unwrap().is_some() {}
        tally.stuck += usize::from(!workspace.labels().is_empty());
    }
}
