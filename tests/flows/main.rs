//! Behaviour through the public doors: the workspace, the catalogue, and the program itself.

#![allow(clippy::unwrap_used, reason = "what a test cannot do is a failed test")]
#![allow(clippy::print_stdout, reason = "figures are printed for whoever reads the log")]
#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    clippy::doc_markdown,
    clippy::format_collect,
    clippy::int_plus_one,
    clippy::maybe_infinite_iter,
    clippy::type_complexity,
    reason = "what reads best in a test"
)]

#[cfg(target_os = "linux")]
mod asleep;
mod auto_tag;
mod backups;
mod bench;
mod catalogue;
mod certificates;
mod commands;
mod export;
mod export_real;
mod export_versions;
mod exports;
mod failures;
mod figures;
mod full_disk;
mod history;
mod hostile_catalogue;
mod hub;
mod import;
mod instance;
mod killed;
mod labels;
mod learning;
mod offline;
mod pictures;
mod precision;
mod publish;
mod readers;
mod real;
mod runs;
mod schemas;
mod serving;
mod shops;
mod sidecars;
mod splits;
mod stores;
mod support;
mod tagging;
mod tags;
mod training;
mod unusual_places;
mod verify;
mod versions;
mod weights;
