//! Writes the manual pages and the shells' completions, made from the commands, into the folder that is named.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap_complete::{Shell, generate_to};
use hangtag::cli::Cli;

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("packaging/manual"), PathBuf::from);
    write_manual(&folder)
}

/// One page a command, and a file a shell.
///
/// # Errors
/// Where the folder cannot be written.
pub fn write_manual(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let command = Cli::command();
    clap_mangen::generate_to(command.clone(), folder)?;
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        generate_to(shell, &mut command.clone(), "hangtag", folder)?;
    }
    Ok(())
}
