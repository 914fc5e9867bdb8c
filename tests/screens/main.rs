//! The window, driven as a person would, by accessible names.

#![allow(clippy::unwrap_used, reason = "what a test cannot do is a failed test")]

mod backups;
mod review;
mod support;
mod tagging;
mod welcome;
mod words;
