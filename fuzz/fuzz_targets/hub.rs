//! Runs the target `hub` of targets.rs under libFuzzer.
#![no_main]

#[path = "../seeds.rs"]
mod seeds;
#[path = "../targets.rs"]
#[allow(dead_code, reason = "the other targets use the rest of it")]
mod targets;

libfuzzer_sys::fuzz_target!(init: seeds::lay("hub"), |bytes: &[u8]| {
    targets::hub(bytes);
});
