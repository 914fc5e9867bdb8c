//! A computer that sleeps in the midst of a training, as a laptop does whose lid is closed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::taught_desk;

/// So many that some are left when the first has been seen, and fewer than it takes to settle.
const NUM_EPOCHS: usize = 6;

/// Longer than a training takes to its first epoch.
const PATIENCE: Duration = Duration::from_mins(4);

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn lines(epochs: &Path) -> Vec<String> {
    fs::read_to_string(epochs).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Stops a program once it has written down an epoch, and lets it go on some seconds later.
fn put_to_sleep(id: u32, epochs: &Path) {
    let signal = |name: &str| {
        assert!(Command::new("kill").args([name, &id.to_string()]).status().unwrap().success());
    };
    wait_until("an epoch", || !lines(epochs).is_empty());
    signal("-STOP");
    let is = |state: &str| fs::read_to_string(format!("/proc/{id}/stat")).unwrap().contains(&format!(") {state} "));
    wait_until("the program to stop", || is("T") || is("Z"));
    // What was being written is there.
    thread::sleep(Duration::from_secs(1));
    let before = lines(epochs);
    assert!(is("T") && before.len() < NUM_EPOCHS, "it was over before it slept");
    thread::sleep(Duration::from_secs(1));
    assert_eq!(lines(epochs), before, "nothing goes on meanwhile");
    signal("-CONT");
}

/// The losses of each epoch, digit for digit, and the name of the network that was made, which is the hash of its weights.
fn trained(sleeps: bool) -> (Vec<[String; 3]>, Vec<String>) {
    let desk = taught_desk();
    let (catalogue, others) = (desk.catalogue(), desk.at("others"));
    let mut command = desk.command(&[&"train", &"--catalogue", &catalogue, &"--epochs", &NUM_EPOCHS.to_string()]);
    command.arg("--validation").arg(others).args(["--labels-from", "last-folder"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let epochs = desk.at("work.hangtag-data/runs/1/epochs.jsonl");
    if sleeps {
        put_to_sleep(child.id(), &epochs);
    }
    assert!(child.wait().unwrap().success());
    let losses = |line: &String| {
        let figures: Value = serde_json::from_str(line).unwrap();
        ["epoch", "train_loss", "validation_loss"].map(|key| figures[key].to_string())
    };
    let networks = fs::read_dir(desk.at("work.hangtag-data/backbones")).unwrap();
    let networks = networks.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    (lines(&epochs).iter().map(losses).collect(), networks.collect())
}

#[test]
fn a_training_goes_on_after_a_sleep_as_if_there_had_been_none() {
    let undisturbed = trained(false);
    assert_eq!((undisturbed.0.len(), undisturbed.1.len()), (NUM_EPOCHS, 1));
    assert_eq!(trained(true), undisturbed);
}
