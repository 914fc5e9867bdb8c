//! Behaviour through the public doors: the workspace, the catalogue, and the program itself.

#![allow(clippy::unwrap_used, reason = "what a test cannot do is a failed test")]
#![allow(clippy::print_stdout, reason = "figures are printed for whoever reads the log")]

mod auto_tag;
mod catalogue;
mod commands;
mod export;
mod export_real;
mod full_disk;
mod history;
mod hub;
mod import;
mod killed;
mod labels;
mod learning;
mod offline;
mod pictures;
mod real;
mod schemas;
mod support;
mod tagging;
mod tags;
mod versions;
mod weights;
