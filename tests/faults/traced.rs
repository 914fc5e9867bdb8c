//! The program under strace, which tells what it asks of the system, and can have the system say no.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Desk, Run};

/// The calls by which files and folders are opened, made, renamed or removed, for `trace=`. Some processors lack those
/// with a question mark.
pub const FILE_CALLS: &str = "?open,openat,?openat2,?creat,truncate,?mkdir,mkdirat,?rename,?renameat,renameat2,?unlink,\
                              unlinkat,?rmdir,?symlink,symlinkat,?link,linkat";

/// System calls of which each fails from its n-th time on, where it is about one of some files.
pub struct Fault<'a> {
    pub calls: &'a str,
    pub error: &'a str,
    pub from: usize,
    pub paths: &'a [&'a Path],
}

/// A program that met a fault.
pub struct Faulted {
    pub run: Run,
    /// How often it made the calls.
    pub num_calls: usize,
    /// How many of these failed.
    pub num_failed: usize,
}

/// A program of that desk under strace with these options, which writes into that log.
pub fn strace(desk: &Desk, options: &[&str], log: &Path, program: &Command) -> Command {
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

/// Runs a program with a fault in the system.
pub fn run_with(desk: &Desk, fault: &Fault<'_>, program: &Command) -> Faulted {
    let log = desk.at("trace.log");
    let Fault { calls, error, from, .. } = fault;
    let trace = format!("trace={calls}");
    let inject = format!("inject={calls}:error={error}:when={from}+");
    let mut options = vec!["-e", &trace, "-e", &inject];
    for path in fault.paths {
        options.extend(["-P", path.to_str().unwrap()]);
    }
    let mut strace = strace(desk, &options, &log, program);
    let run = Run::from(strace.output().expect("strace is installed"));
    let log = fs::read_to_string(log).expect("strace writes its log");
    let calls = log.lines().filter(|line| line.contains('=') && !line.contains("+++") && !line.contains("---"));
    let num_failed = log.lines().filter(|line| line.contains("(INJECTED)")).count();
    Faulted { run, num_calls: calls.count(), num_failed }
}

/// The lines of a log of `socket` that are about the internet, of either kind.
pub fn internet_sockets(log: &str) -> Vec<&str> {
    log.lines().filter(|line| line.contains("AF_INET")).collect()
}

/// The files and folders that a log of [`FILE_CALLS`] says were made, written, renamed or removed by a program that was
/// started in `folder`. The option `-y` tells what else a path is relative to.
pub fn touched(log: &str, folder: &Path) -> Vec<PathBuf> {
    let is_change = |line: &&str| {
        let opens = ["open(", "openat(", "openat2("].iter().any(|call| line.contains(call));
        let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| line.contains(flag));
        !line.contains("= -1") && (!opens || writes)
    };
    log.lines().filter(is_change).flat_map(|line| paths_in(line, folder)).collect()
}

/// The paths that a line quotes. An open folder that one begins at stands before it, as in `7</the/folder>, "path"`.
fn paths_in(line: &str, folder: &Path) -> Vec<PathBuf> {
    let parts: Vec<&str> = line.split('"').collect();
    let path = |pair: &[&str]| {
        let open = pair[0].strip_suffix(">, ").and_then(|before| before.rsplit_once('<'));
        open.map_or(folder, |(_, open)| Path::new(open)).join(pair[1])
    };
    parts.chunks_exact(2).map(path).collect()
}

/// What of it lies neither in one of these places nor above one, where a folder may have to be made.
pub fn elsewhere<'a>(touched: &'a [PathBuf], allowed: &[PathBuf]) -> Vec<&'a PathBuf> {
    let is_allowed = |path: &&PathBuf| allowed.iter().any(|place| path.starts_with(place) || place.starts_with(path));
    touched.iter().filter(|path| !is_allowed(path)).collect()
}
