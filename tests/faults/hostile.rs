//! Bytes of a stranger: right ones, damaged at random, through every way into the program.
//!
//! libFuzzer, which looks where the code branches, runs the same targets by `fuzz/run`; this needs nothing but Rust.

use std::cell::Cell;
use std::panic;
use std::time::{Duration, Instant};

use crate::is_all;
use crate::support::Dice;

#[path = "../../fuzz/targets.rs"]
mod targets;

/// What one input may take, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(1);

thread_local! {
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

/// The seed with some bytes changed, taken out, doubled, or swapped for such as often matter.
fn damaged(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    const TELLING: [u8; 8] = [0, 1, 0x7F, 0x80, 0xFF, b'"', b'\n', b'.'];
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.roll(6) {
        if bytes.is_empty() {
            break;
        }
        let at = dice.roll(bytes.len());
        let end = (at + 1 + dice.roll(16)).min(bytes.len());
        match dice.roll(6) {
            0 => bytes[at] ^= 1 << dice.roll(8),
            1 => bytes[at] = TELLING[dice.roll(TELLING.len())],
            2 => drop(bytes.drain(at..end)),
            3 => bytes.truncate(at),
            4 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            _ => bytes[at..end].fill(TELLING[dice.roll(TELLING.len())]),
        }
    }
    bytes
}

fn peak_rss_mb() -> f64 {
    hangtag::workspace::peak_rss_mb().unwrap_or_default()
}

#[test]
#[ignore = "half a minute, or hours for a million executions of each; run by .ci/run"]
fn strangers_bytes_do_no_harm() {
    println!("| way in | executions | panics, caught or not | slowest, ms | peak MB of the process |");
    println!("| --- | --- | --- | --- | --- |");
    // Decoders run behind a guard, so that a panic in them is no crash; it is counted all the same.
    let before = panic::take_hook();
    panic::set_hook(Box::new(|_| PANICS.set(PANICS.get() + 1)));
    let mut faults = Vec::new();
    for target in targets::TARGETS {
        PANICS.set(0);
        let seeds = (target.seeds)();
        let mut dice = Dice(target.name.len() as u64);
        let (mut slowest, mut escaped) = (Duration::ZERO, 0);
        let executions = if is_all() { 1_000_000 } else { 2_000 };
        for number in 0..executions {
            let bytes = damaged(&seeds[number % seeds.len()], &mut dice);
            let started = Instant::now();
            if panic::catch_unwind(|| (target.run)(&bytes)).is_err() {
                escaped += 1;
                std::fs::write(std::env::temp_dir().join(format!("hangtag-{}-{number}", target.name)), &bytes).unwrap();
            }
            slowest = slowest.max(started.elapsed());
        }
        let (name, panics, milliseconds, peak) = (target.name, PANICS.get(), slowest.as_millis(), peak_rss_mb());
        println!("| {name} | {executions} | {panics} | {milliseconds} | {peak:.0} |");
        if escaped > 0 || slowest > PATIENCE {
            faults.push(format!("{name}: {escaped} panics that were not caught, {milliseconds} ms"));
        }
    }
    panic::set_hook(before);
    assert!(faults.is_empty(), "{faults:#?}");
}
