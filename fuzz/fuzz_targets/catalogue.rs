//! Runs the target `catalogue` of targets.rs under libFuzzer.
#![no_main]

#[path = "../seeds.rs"]
mod seeds;
#[path = "../targets.rs"]
#[allow(dead_code, reason = "the other targets use the rest of it")]
mod targets;

libfuzzer_sys::fuzz_target!(init: seeds::lay("catalogue"), |bytes: &[u8]| {
    targets::catalogue(bytes);
});
