//! The command `hangtag export`: what leaves a catalogue, as files that other tools read.

use std::path::PathBuf;

use clap::Args;

use super::Outcome;
use super::export_labels::{self, Format, LinkKind};

#[derive(Debug, Args)]
pub struct Arguments {
    #[arg(long, value_name = "FILE")]
    pub(super) catalogue: PathBuf,
    #[arg(long, value_enum)]
    pub(super) format: Format,
    /// The shop's own product export, to merge into (shopify, woocommerce)
    #[arg(long, value_name = "SHOP.csv")]
    pub(super) merge_into: Option<PathBuf>,
    /// How photos come into a folder (folders, imagefolder)
    #[arg(long, value_enum, default_value_t = LinkKind::Copy)]
    pub(super) link: LinkKind,
    /// The file or folder to write
    #[arg(long, value_name = "PATH")]
    pub(super) out: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    export_labels::run(arguments)
}
