//! The program: the window, or a command without one.

// On Windows a double-click must not open a console beside the window. packaging/windows/msi.ps1 makes one for shells.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use hangtag::cli::Cli;
use hangtag::{app, cli, log};

fn main() -> ExitCode {
    let arguments = Cli::parse();
    match arguments.command {
        Some(command) => {
            log::start(None);
            cli::run(command, app::measure_window)
        }
        None => match cli::check_paths(&arguments.paths).and_then(|()| Ok(app::run(arguments.paths)?)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                // `eprintln!` panics where nobody reads it any more.
                let _ = writeln!(io::stderr(), "{error}");
                app::show_failure(&error.to_string());
                ExitCode::FAILURE
            }
        },
    }
}
