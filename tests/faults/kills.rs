//! Programs killed (`kill -9`) at random moments of their work, held against a journal that is kept outside of them.

mod export;
mod migration;
mod training;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hangtag::catalogue::{GroupKind, ImageState};
use hangtag::workspace::{Answer, Opening, Places, Workspace};

use crate::support::{Desk, Dice, answers, lay_demo, lay_tiny, tag_named};
use crate::{is_all, is_sound};

/// The child's work, by which the test program starts itself again.
const WORK: &str = "HANGTAG_FAULTS_WORK";
const SEED: &str = "HANGTAG_FAULTS_SEED";

/// What became of one kind of work.
#[derive(Default)]
struct Tally {
    killed: usize,
    /// How far it was, in tenths of the whole.
    reached: [usize; 10],
    /// What it was at, by what was found afterwards.
    phases: BTreeMap<String, usize>,
    kept: usize,
    lost: usize,
    damaged: usize,
    /// Results that were seen under their final name before they were whole.
    half: usize,
    stuck: usize,
}

impl Tally {
    fn print(&self, work: &str) {
        let phases: Vec<String> = self.phases.iter().map(|(phase, hits)| format!("{phase} {hits}")).collect();
        println!(
            "| {work} | {} | {:?} | {} | {} | {} | {} | {} | {} |",
            self.killed,
            self.reached,
            phases.join(", "),
            self.kept,
            self.lost,
            self.damaged,
            self.half,
            self.stuck
        );
    }

    fn hit(&mut self, share: f64, phase: &str) {
        self.killed += 1;
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
    fn assert_nothing_lost(&self, rounds: usize) {
        assert_eq!((self.killed, self.lost, self.damaged, self.half, self.stuck), (rounds, 0, 0, 0, 0));
        // A handful of moments may fall close together; fifty do not.
        let num_tenths = self.reached.iter().filter(|&&hits| hits > 0).count();
        assert!(!is_all() || num_tenths > 2, "the moments were not spread");
    }
}

fn rounds() -> usize {
    if is_all() { 50 } else { 6 }
}

fn quiet(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Lets a program live for that long; whether it was killed before its end.
fn kill_after(mut child: Child, life: Duration) -> bool {
    thread::sleep(life);
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

/// A moment within that time, and which share of it that is.
fn moment(dice: &mut Dice, whole: Duration) -> (Duration, f64) {
    let share = dice.roll(1000) as f64 / 1000.0;
    (whole.mul_f64(share), share)
}

/// Does it that often, prints what came of it, and fails if anything was lost.
fn hold(work: &str, run: fn(usize) -> Tally) {
    println!(
        "| work | killed | moments, by tenths | found at | labels said | lost | catalogues damaged | half-written | did \
         not go on |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let tally = run(rounds());
    tally.print(work);
    tally.assert_nothing_lost(rounds());
}

#[test]
#[ignore = "kills programs for some seconds, or minutes"]
fn killed_in_an_import() {
    hold("import", import);
}

#[test]
#[ignore = "kills programs for some seconds, or minutes"]
fn killed_while_photos_are_labelled() {
    hold("labelling", labelling);
}

#[test]
#[ignore = "kills programs for some seconds, or minutes"]
fn killed_while_tags_are_merged() {
    hold("merging tags, undo", editing);
}

#[test]
#[ignore = "kills programs for some seconds, or minutes"]
fn killed_while_photos_are_looked_at() {
    hold("looking at photos", looking);
}

#[test]
#[ignore = "kills programs for a minute, or many"]
fn killed_in_a_training() {
    hold("training", training::run);
}

#[test]
#[ignore = "kills programs for a minute, or many"]
fn killed_in_an_export() {
    hold("export", export::run);
}

#[test]
#[ignore = "kills programs for some seconds, or minutes"]
fn killed_while_an_old_catalogue_is_brought_up_to_date() {
    hold("migration", migration::run);
}

/// An import with labels from folders; each is followed until it goes through, and holds all of its photos then.
fn import(rounds: usize) -> Tally {
    const PHOTOS: usize = 3000;
    let mut tally = Tally::default();
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
    let desk = fresh();
    let started = Instant::now();
    assert!(quiet(start(&desk)).wait().unwrap().success());
    let whole = started.elapsed();
    let expected = answers(&desk.open());
    let mut desk = fresh();
    let mut said_before = Vec::new();
    while tally.killed < rounds {
        let (life, share) = moment(&mut dice, whole);
        let is_killed = kill_after(quiet(start(&desk)), life);
        if !desk.catalogue().exists() {
            if is_killed {
                tally.hit(share, "starting");
            }
            continue;
        }
        tally.damaged += usize::from(!is_sound(&desk.catalogue()));
        let workspace = desk.open();
        let said = answers(&workspace);
        if is_killed {
            let phase = match workspace.listing().images.len() {
                0 => "finding photos",
                PHOTOS if said.is_empty() => "labelling",
                PHOTOS => "ending",
                _ => "reading photos",
            };
            tally.hit(share, phase);
        }
        // What was there after the kill before this one is there still; an import gives all labels at once or none.
        tally.lost += said_before.iter().filter(|label| !said.contains(label)).count();
        assert!(said.is_empty() || said == expected, "{} of {} labels", said.len(), expected.len());
        let is_broken = workspace.listing().images.iter().any(|image| image.state != ImageState::Ok);
        assert!(!is_broken && workspace.read_only_reason().is_none());
        drop(workspace);
        said_before = said;
        if !is_killed || tally.killed.is_multiple_of(5) {
            tally.stuck += usize::from(!quiet(start(&desk)).wait().unwrap().success());
            let said = answers(&desk.open());
            tally.stuck += usize::from(said != expected);
            tally.kept += said.len();
            (desk, said_before) = (fresh(), Vec::new());
        }
    }
    tally
}

/// Runs this test program again for one kind of work, which says on stdout what it has seen saved.
fn work(desk: &Desk, what: &str, seed: usize) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "kills::works_until_it_is_killed", "--ignored", "--nocapture", "--test-threads=1"]);
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

fn labelling(rounds: usize) -> Tally {
    const MOST: usize = 60;
    let mut tally = Tally::default();
    let mut dice = Dice(88);
    let desk = pattern_desk();
    let mut journal = std::collections::BTreeSet::new();
    for round in 0..rounds {
        let said = kill_within(work(&desk, "labelling", round), &mut dice, MOST);
        tally.hit(said.len() as f64 / MOST as f64, if said.is_empty() { "the first answer" } else { "later answers" });
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
    tally
}

/// Merging is one step of many rows: all of it is there, or nothing.
fn editing(rounds: usize) -> Tally {
    const MOST: usize = 20;
    let mut tally = Tally::default();
    let mut dice = Dice(888);
    for round in 0..rounds {
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
        tally.hit(said.len() as f64 / MOST as f64, phase);
        while workspace.undo().unwrap().is_some() {}
        tally.stuck += usize::from(!workspace.labels().is_empty());
    }
    tally
}

/// Features are kept in a file of their own that only grows: a cut end is cut off, and the rest is not computed again.
fn looking(rounds: usize) -> Tally {
    const PHOTOS: usize = 18;
    let mut tally = Tally::default();
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
    let started = Instant::now();
    let expected = tag(&desk).output().unwrap();
    let whole = started.elapsed();
    assert!(expected.status.success());
    let expected = proposals(&expected.stdout);
    let mut desk = fresh();
    while tally.killed < rounds {
        let (life, share) = moment(&mut dice, whole);
        if kill_after(quiet(tag(&desk)), life) {
            tally.hit(share, phase_of_looking(&desk));
        }
        if tally.killed.is_multiple_of(3) {
            let run = tag(&desk).output().unwrap();
            tally.stuck += usize::from(!run.status.success() || proposals(&run.stdout) != expected);
            desk = fresh();
        }
    }
    tally
}

/// The file of features begins with a few bytes about itself.
fn phase_of_looking(desk: &Desk) -> &'static str {
    let files = fs::read_dir(desk.cache().join("hangtag/features")).into_iter().flatten().flatten();
    match files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).max() {
        None => "starting",
        Some(0..=1000) => "the first photos",
        Some(_) => "later photos",
    }
}

/// What was proposed, without the paths, which differ from desk to desk.
fn proposals(json: &[u8]) -> Vec<serde_json::Value> {
    let all: serde_json::Value = serde_json::from_slice(json).unwrap();
    all["images"].as_array().unwrap().iter().map(|image| image["proposals"].clone()).collect()
}
