//! What a shop's computer does to a program: kills it, fills its disk, takes its photos away, sets its clock back.
//!
//! All of it: `HANGTAG_FAULTS=all cargo test --test faults -- --ignored --nocapture --test-threads=1`, which prints the
//! tables of RELIABILITY.md. Without `HANGTAG_FAULTS` each part is a sample.
#![cfg(target_os = "linux")]
#![allow(
    clippy::doc_markdown,
    clippy::explicit_auto_deref,
    clippy::ignored_unit_patterns,
    clippy::maybe_infinite_iter,
    clippy::needless_borrow,
    reason = "what reads best in a test"
)]
#![allow(clippy::unwrap_used, reason = "what a test cannot do is a failed test")]
#![allow(clippy::print_stdout, reason = "figures are printed for whoever reads the log")]

mod clock_and_memory;
mod crash;
mod disks;
mod display;
mod hostile;
mod kills;
mod privacy;
mod soak;
#[path = "../flows/support.rs"]
#[allow(dead_code, reason = "the flows use the rest of it")]
mod support;
mod traced;

use std::path::Path;

use rusqlite::Connection;

/// Whether everything is asked for, and not a sample.
fn is_all() -> bool {
    std::env::var_os("HANGTAG_FAULTS").is_some_and(|value| value == "all")
}

/// Whether SQLite finds nothing wrong with a catalogue.
fn is_sound(catalogue: &Path) -> bool {
    let Ok(database) = Connection::open(catalogue) else { return false };
    let check = |pragma: &str| database.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, String>(0));
    let has_orphans = database.prepare("PRAGMA foreign_key_check").and_then(|mut check| check.exists([]));
    check("integrity_check").is_ok_and(|answer| answer == "ok") && has_orphans.is_ok_and(|has| !has)
}
