//! The window, driven as a person would, by accessible names.

#![allow(clippy::unwrap_used, reason = "what a test cannot do is a failed test")]

mod backups;
mod bad_input;
mod export;
mod figures;
#[cfg(target_os = "linux")]
mod merging;
mod raster;
mod review;
mod settings;
mod snapshots;
mod support;
mod tagging;
mod train;
mod welcome;
mod words;
