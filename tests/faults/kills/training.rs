//! Trainings that are killed, and go on by `--resume` to the same as one that was left alone.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use hangtag::catalogue::RunState;
use serde_json::Value;

use super::Tally;
use super::aim::{Life, changes, quiet};
use crate::support::{Desk, Dice, answers, taught_desk};

/// A training as a person asks for it, and what it comes to when it is left alone.
struct Kind {
    unfreeze: &'static str,
    /// How long it works once there is a checkpoint, and how long when it goes on from one.
    started: Life,
    resumed: Life,
    expected: Outcome,
}

/// Of the best epoch its number and losses, digit for digit; the networks that were kept; how many versions there are.
pub type Outcome = (Vec<String>, Vec<String>, usize);

/// The work that is to be hit begins with the checkpoint of a first epoch: a run that was killed before begins anew.
pub(super) fn run(tally: &mut Tally) {
    let mut dice = Dice(88_888);
    let kinds = ["layer4", "head"].map(|unfreeze| left_alone(unfreeze, &mut dice));
    while tally.is_short() {
        let kind = &kinds[tally.attempts / 2 % 2];
        let desk = taught_desk();
        let journal = answers(&desk.open());
        let mut is_over = false;
        for _ in 0..2 {
            if is_over {
                break;
            }
            let life = if checkpoint(&desk).exists() { kind.resumed } else { kind.started };
            let hit = tally.strike(start_or_resume(&desk, kind.unfreeze), life, is_at_work(&desk), &mut dice);
            is_over = desk.open().runs().unwrap().iter().any(|run| run.state == RunState::Done);
            if let Some(hit) = hit {
                tally.hit(hit.share, &phase(&desk), hit.is_at_work && !is_over);
            }
            tally.look_at(&desk, &journal);
        }
        let is_done = is_over || quiet(start_or_resume(&desk, kind.unfreeze)).wait().unwrap().success();
        tally.stuck += usize::from(!is_done || outcome(&desk) != kind.expected);
        tally.lost += usize::from(answers(&desk.open()) != journal);
    }
}

/// Measures a training that nobody kills, and one that goes on from its first checkpoint.
fn left_alone(unfreeze: &'static str, dice: &mut Dice) -> Kind {
    let desk = taught_desk();
    let started = Life::of(train(&desk, unfreeze), is_at_work(&desk));
    let expected = outcome(&desk);
    // A head's training is short: it may be over before the kill.
    let desk = (0..5).find_map(|_| {
        let desk = taught_desk();
        let hit = started.at_once().cut(train(&desk, unfreeze), true, is_at_work(&desk), dice);
        hit.map(|_| desk)
    });
    let desk = desk.expect("there is something to do after the first checkpoint");
    let resumed = Life::of(start_or_resume(&desk, unfreeze), is_at_work(&desk));
    Kind { unfreeze, started, resumed, expected }
}

fn checkpoint(desk: &Desk) -> PathBuf {
    desk.at("work.hangtag-data/runs/1/checkpoint.safetensors")
}

/// Tells whether a run is under way, and has a checkpoint: its folder is made when its plan is, and the epochs in it
/// are written anew when it goes on.
fn is_at_work(desk: &Desk) -> impl Fn() -> bool {
    let (has_begun, checkpoint) = (changes(desk.at("work.hangtag-data/runs/1")), checkpoint(desk));
    move || has_begun() && checkpoint.exists()
}

/// `hangtag train` on the desk's catalogue, judged by its other photos.
pub fn train(desk: &Desk, unfreeze: &str) -> Command {
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
pub fn start_or_resume(desk: &Desk, unfreeze: &str) -> Command {
    match desk.open().runs().unwrap().as_slice() {
        [] => train(desk, unfreeze),
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

pub fn outcome(desk: &Desk) -> Outcome {
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
