//! Trainings that are killed, and go on by `--resume` to the same as one that was left alone.

use std::ffi::OsStr;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use hangtag::catalogue::RunState;
use serde_json::Value;

use super::{Tally, kill_after, moment, quiet};
use crate::support::{Desk, Dice, answers, taught_desk};

/// A training as a person asks for it, and what it comes to when it is left alone.
struct Kind {
    unfreeze: &'static str,
    whole: Duration,
    expected: Outcome,
}

/// Of the best epoch its number and losses, digit for digit; the networks that were kept; how many versions there are.
type Outcome = (Vec<String>, Vec<String>, usize);

pub fn run(rounds: usize) -> Tally {
    let mut tally = Tally::default();
    let mut dice = Dice(88_888);
    let kinds = ["layer4", "head"].map(|unfreeze| {
        let desk = taught_desk();
        let started = Instant::now();
        assert!(quiet(train(&desk, unfreeze)).wait().unwrap().success());
        Kind { unfreeze, whole: started.elapsed(), expected: outcome(&desk) }
    });
    while tally.killed < rounds {
        let kind = &kinds[tally.killed / 2 % 2];
        let desk = taught_desk();
        let journal = answers(&desk.open());
        let mut is_over = false;
        for _ in 0..2 {
            let (life, share) = moment(&mut dice, kind.whole);
            if is_over || tally.killed == rounds {
                break;
            }
            if kill_after(quiet(start_or_resume(&desk, kind)), life) {
                tally.hit(share, &phase(&desk));
            }
            tally.look_at(&desk, &journal);
            is_over = desk.open().runs().unwrap().iter().any(|run| run.state == RunState::Done);
        }
        let is_done = is_over || quiet(start_or_resume(&desk, kind)).wait().unwrap().success();
        tally.stuck += usize::from(!is_done || outcome(&desk) != kind.expected);
        tally.lost += usize::from(answers(&desk.open()) != journal);
    }
    tally
}

/// `hangtag train` on the desk's catalogue, judged by its other photos.
fn train(desk: &Desk, unfreeze: &str) -> Command {
    let others = desk.at("others");
    let more: [&dyn AsRef<OsStr>; 10] = [
        &"--validation",
        &others,
        &"--labels-from",
        &"last-folder",
        &"--unfreeze",
        &unfreeze,
        &"--epochs",
        &"3",
        &"--activate",
        &"never",
    ];
    let catalogue = desk.catalogue();
    let mut arguments: Vec<&dyn AsRef<OsStr>> = vec![&"train", &"--catalogue", &catalogue];
    arguments.extend(more);
    desk.command(&arguments)
}

/// What a person does: a run that is listed goes on, and where there is none it is started.
fn start_or_resume(desk: &Desk, kind: &Kind) -> Command {
    match desk.open().runs().unwrap().as_slice() {
        [] => train(desk, kind.unfreeze),
        runs => {
            let number = runs[0].number.to_string();
            desk.command(&[&"train", &"--catalogue", &desk.catalogue(), &"--resume", &number])
        }
    }
}

/// How far a run had come, by what it left.
fn phase(desk: &Desk) -> String {
    let data = desk.at("work.hangtag-data");
    let epochs = fs::read_to_string(data.join("runs/1/epochs.jsonl")).unwrap_or_default().lines().count();
    if !desk.open().versions().is_empty() {
        "with its version".into()
    } else if data.join("backbones").exists() {
        "with its network".into()
    } else if epochs > 0 {
        format!("after epoch {epochs}")
    } else if data.join("runs/1/plan.json").exists() {
        "before epoch 1".into()
    } else {
        "before the run".into()
    }
}

fn outcome(desk: &Desk) -> Outcome {
    let runs = desk.open().runs().unwrap();
    let said = runs.first().and_then(|run| run.outcome.clone()).unwrap_or_default();
    let said: Value = serde_json::from_str(&said).unwrap_or_default();
    let best = ["epoch", "train_loss", "validation_loss"].map(|key| said["best"][key].to_string()).to_vec();
    let networks = fs::read_dir(desk.at("work.hangtag-data/backbones")).into_iter().flatten().flatten();
    let mut networks: Vec<String> = networks.map(|entry| entry.file_name().into_string().unwrap()).collect();
    networks.sort();
    assert_eq!(runs.len(), 1, "it is one run, however often it was killed");
    (best, networks, desk.open().versions().len())
}
