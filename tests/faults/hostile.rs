//! Bytes of a stranger: right ones, damaged at random, through every way into the program.
//!
//! libFuzzer, which looks where the code branches, runs the same targets by `fuzz/run`; this needs nothing but Rust. Panics
//! and memory are those of the process, so that no other test may run meanwhile: `--test-threads=1`.

use std::fs;
use std::panic;
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::is_all;
use crate::support::Dice;

#[path = "../../fuzz/targets.rs"]
mod targets;

/// What one input may take, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the process may have at most, whatever it is sent: as much as `fuzz/run` allows.
const MAX_MB: f64 = 1024.0;

/// How long a sample of one way in may take.
const SAMPLE: Duration = Duration::from_secs(5);

/// Panics since [`count_panics`]. Decoders run behind a guard, so that one in them is no crash; it is a fault all the
/// same.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// From now on counts all panics of the process, on whichever thread, and says them as before.
fn count_panics() {
    static COUNTED: Once = Once::new();
    COUNTED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::Relaxed);
            before(panic);
        }));
    });
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

/// Pictures that are small to send and large to see, which libFuzzer found: 53 bytes each, and 26 and 13 million pixels.
fn bombs() -> [Vec<u8>; 2] {
    let begin = b"RIFF\x9A\0\0\0WEBPVP8L\x8D\0\0\0/\x08\x32";
    let end = b"\xCDU \"\x02\x1D\xC8&F\0\0\0\x05\0\x01\0\0\0\x10\0\0\0(H\xEDnD\0";
    [[0x01, 0x02], [0xFF, 0x00]].map(|height| [&begin[..], &height, end].concat())
}

fn peak_rss_mb() -> f64 {
    hangtag::workspace::peak_rss_mb().expect("Linux tells it")
}

/// Whoever begins with bytes that are refused at once comes no further, however often.
#[test]
fn right_bytes_are_taken_to_the_end() {
    for target in targets::TARGETS {
        for (number, seed) in (target.seeds)().iter().enumerate() {
            assert!((target.run)(seed), "{}: {number}", target.name);
            assert!(seed.len() <= 65_536, "fuzz/run cuts off the rest of {} {number}", target.name);
        }
    }
}

#[test]
#[ignore = "half a minute, or hours for a million executions each; needs --test-threads=1"]
fn strangers_bytes_do_no_harm() {
    println!("| way in | executions | panics, caught or not | slowest, ms | peak MB of the process |");
    println!("| --- | --- | --- | --- | --- |");
    count_panics();
    let mut faults = Vec::new();
    for target in targets::TARGETS {
        let before = PANICS.load(Ordering::Relaxed);
        let seeds = (target.seeds)();
        let mut dice = Dice(target.name.len() as u64);
        let mut slowest = Duration::ZERO;
        let wanted = if is_all() { 1_000_000 } else { 2_000 };
        let (began, mut executions) = (Instant::now(), 0);
        for number in 0..wanted {
            if !is_all() && began.elapsed() > SAMPLE {
                break;
            }
            executions += 1;
            let bytes = damaged(&seeds[number % seeds.len()], &mut dice);
            let started = Instant::now();
            let known = PANICS.load(Ordering::Relaxed);
            let _ = panic::catch_unwind(|| (target.run)(&bytes));
            if PANICS.load(Ordering::Relaxed) > known {
                fs::write(std::env::temp_dir().join(format!("hangtag-{}-{number}", target.name)), &bytes).unwrap();
            }
            slowest = slowest.max(started.elapsed());
        }
        let panics = PANICS.load(Ordering::Relaxed) - before;
        let (name, milliseconds, peak) = (target.name, slowest.as_millis(), peak_rss_mb());
        println!("| {name} | {executions} | {panics} | {milliseconds} | {peak:.0} |");
        if panics > 0 || slowest > PATIENCE || peak > MAX_MB {
            faults.push(format!("{name}: {panics} panics, {milliseconds} ms, {peak:.0} MB"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
#[ignore = "decodes 39 million pixels twice; needs --test-threads=1"]
fn a_small_picture_of_many_pixels_takes_no_more_memory_than_any_other() {
    for bomb in bombs() {
        assert_eq!(bomb.len(), 53);
        targets::image(&bomb);
        println!("peak of the process: {:.0} MB", peak_rss_mb());
    }
    assert!(peak_rss_mb() <= MAX_MB);
}

#[test]
#[ignore = "beside the other halves of this file; needs --test-threads=1"]
fn what_libfuzzer_kept_does_no_harm() {
    count_panics();
    for target in targets::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/kept").join(target.name);
        let mut kept: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        kept.sort();
        assert!(!kept.is_empty(), "{}", target.name);
        for path in kept {
            let bytes = fs::read(&path).unwrap();
            let (started, known) = (Instant::now(), PANICS.load(Ordering::Relaxed));
            let _ = panic::catch_unwind(|| (target.run)(&bytes));
            assert_eq!(PANICS.load(Ordering::Relaxed), known, "{}", path.display());
            assert!(started.elapsed() < PATIENCE, "{}", path.display());
        }
    }
}
