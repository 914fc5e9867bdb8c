//! libFuzzer's way to `model` in targets.rs.
#![no_main]

#[path = "../targets.rs"]
#[allow(dead_code, reason = "the other targets use the rest of it")]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::model(bytes));
