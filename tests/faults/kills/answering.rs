//! Answers, merges and undo in a program that is killed: what it had shown as saved is there.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use hangtag::catalogue::GroupKind;
use hangtag::workspace::{Answer, Opening, Places, Workspace};

use super::{Tally, rounds};
use crate::is_sound;
use crate::support::{Desk, Dice, answers, lay_tiny, tag_named};

/// The child's work, by which the test program starts itself again.
const WORK: &str = "HANGTAG_FAULTS_WORK";
const SEED: &str = "HANGTAG_FAULTS_SEED";

/// Runs this test program again for one kind of work, which says on stdout what it has seen saved.
fn work(desk: &Desk, what: &str, seed: usize) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "kills::answering::works_until_it_is_killed",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    command.env(WORK, what).env(SEED, seed.to_string()).current_dir(desk.at(""));
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills it after as many lines as the dice say, and a moment; gives the lines.
fn kill_within(mut child: Child, dice: &mut Dice, most: usize) -> Vec<String> {
    let wanted = dice.roll(most);
    let mut lines = Vec::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut read = |lines: &mut Vec<String>| match stdout.next() {
        Some(Ok(line)) => {
            // The test runner's own words stand before the first of them.
            lines.extend(line.split_once("saved ").map(|(_, said)| said.to_owned()));
            true
        }
        _ => false,
    };
    while lines.len() <= wanted && read(&mut lines) {}
    thread::sleep(Duration::from_micros(dice.roll(4000) as u64));
    child.kill().unwrap();
    while read(&mut lines) {}
    child.wait().unwrap();
    lines
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
    let mut say = |line: String| {
        writeln!(out, "saved {line}").unwrap();
        out.flush().unwrap();
    };
    let images: Vec<_> = workspace.listing().images.iter().map(|image| (image.id, image.path().to_owned())).collect();
    let group = workspace.vocabulary().group_named("pattern").unwrap().id;
    for round in 0.. {
        let (image, path) = &images[dice.roll(images.len())];
        if what == "labelling" {
            let name = format!("tag {}", dice.roll(40));
            workspace.answer_by_name(&[*image], Some(group), &name).unwrap();
            say(format!("{path}\t{name}"));
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
            say(format!("{round}"));
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
    const MOST: usize = 60;
    let mut dice = Dice(88);
    let desk = pattern_desk();
    let mut journal = BTreeSet::new();
    for round in 0..rounds() {
        let said = kill_within(work(&desk, "labelling", round), &mut dice, MOST);
        let phase = if said.is_empty() { "the first answer" } else { "later answers" };
        tally.hit(said.len() as f64 / MOST as f64, phase, true);
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
        journal.extend(found);
        let image = workspace.listing().images[0].id;
        let goes_on = workspace.answer_in(image, "category", "mug", Answer::Yes).and_then(|_| workspace.undo());
        tally.stuck += usize::from(goes_on.is_err());
    }
}

/// Merging is one step of many rows: all of it is there, or nothing.
pub fn edit(tally: &mut Tally) {
    const MOST: usize = 20;
    let mut dice = Dice(888);
    for round in 0..rounds() {
        let desk = pattern_desk();
        let said = kill_within(work(&desk, "editing", round), &mut dice, MOST);
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
        tally.hit(said.len() as f64 / MOST as f64, phase, true);
        while workspace.undo().unwrap().is_some() {}
        tally.stuck += usize::from(!workspace.labels().is_empty());
    }
}
