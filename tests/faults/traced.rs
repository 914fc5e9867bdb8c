//! The program under strace, which tells what it asks of the system, and can have the system say no.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Desk, Run};

/// A system call that fails, from its n-th time on, where it is about one of some files.
pub struct Fault<'a> {
    pub calls: &'a str,
    pub error: &'a str,
    pub from: usize,
    pub paths: &'a [&'a Path],
}

/// The program with these arguments under strace with these options, which writes into that log.
pub fn strace(desk: &Desk, options: &[&str], log: &Path, arguments: &[&dyn AsRef<OsStr>]) -> Command {
    let program = desk.command(arguments);
    let mut strace = Command::new("strace");
    strace.args(["-f", "--seccomp-bpf"]).args(options).arg("-o").arg(log);
    strace.arg(program.get_program()).args(program.get_args()).current_dir(desk.at(""));
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace
}

/// Runs the program with a fault in the system; gives what it said, and how often the calls were made.
pub fn run_with(desk: &Desk, fault: &Fault<'_>, arguments: &[&dyn AsRef<OsStr>]) -> (Run, usize) {
    let log = desk.at("trace.log");
    let Fault { calls, error, from, .. } = fault;
    let trace = format!("trace={calls}");
    let inject = format!("inject={calls}:error={error}:when={from}+");
    let mut options = vec!["-e", &trace, "-e", &inject];
    for path in fault.paths {
        options.extend(["-P", path.to_str().unwrap()]);
    }
    let mut strace = strace(desk, &options, &log, arguments);
    let run = Run::from(strace.output().expect("strace is installed"));
    let log = fs::read_to_string(log).expect("strace writes its log");
    (run, log.lines().filter(|line| line.contains('=') && !line.contains("+++") && !line.contains("---")).count())
}
