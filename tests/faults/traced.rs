//! The program under strace, which tells what it asks of the system, and can have the system say no.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Desk, Run};

/// The calls by which files and folders are opened, made, renamed or removed, for `trace=`. Some processors lack those
/// with a question mark.
pub const FILE_CALLS: &str = "?open,openat,?openat2,?creat,truncate,?mkdir,mkdirat,?rename,?renameat,renameat2,?unlink,\
                              unlinkat,?rmdir,?symlink,symlinkat,?link,linkat";

/// The latest moment that strace knows, which no program here comes to.
pub const NEVER: usize = 65_535;

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
    /// How often one thread made one of the calls at most: strace counts by thread and call.
    pub num_calls: usize,
    /// How many calls failed.
    pub num_failed: usize,
}

/// A program of that desk under strace with these options, which writes into that log.
pub fn strace(desk: &Desk, options: &[&str], log: &Path, program: &Command) -> Command {
    // Only the calls that are asked for stop the program.
    stopping(desk, &[&["--seccomp-bpf"][..], options].concat(), log, program)
}

/// As [`strace`], but every call stops the program.
fn stopping(desk: &Desk, options: &[&str], log: &Path, program: &Command) -> Command {
    let mut strace = Command::new("strace");
    strace.arg("-f").args(options).arg("-o").arg(log);
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
    let Fault { calls, error, from, paths } = fault;
    let trace = format!("trace={calls}");
    let inject = format!("inject={calls}:error={error}:when={from}+");
    let mut strace = strace(desk, &about(paths, &["-e", &trace, "-e", &inject]), &log, program);
    let run = Run::from(strace.output().expect("strace is installed"));
    let log = fs::read_to_string(log).expect("strace writes its log");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    // Each begins as in `1234 write(`; how it ended may stand in a line of its own, which begins with more words.
    let before_brackets = log.lines().filter_map(|line| Some(line.split_once('(')?.0));
    for call in before_brackets.filter(|before| before.split_whitespace().count() == 2) {
        *counts.entry(call).or_default() += 1;
    }
    let num_failed = log.lines().filter(|line| line.contains("(INJECTED)")).count();
    Faulted { run, num_calls: counts.into_values().max().unwrap_or(0), num_failed }
}

/// Kills a program as it makes a call for the n-th time that is about one of some files, and gives what it had said.
/// Nothing where it does not make it so often, and comes to its end.
pub fn kill_at(desk: &Desk, call: &str, number: usize, paths: &[&Path], program: &Command) -> Option<Run> {
    let trace = format!("trace={call}");
    let inject = format!("inject={call}:signal=SIGKILL:when={number}");
    // The system drops a signal that comes where only a filter stops the program.
    let options = about(paths, &["-e", &trace, "-e", &inject]);
    let output = stopping(desk, &options, Path::new("/dev/null"), program).output().expect("strace is installed");
    let run = Run::from(output);
    // strace ends as the program did: what was killed has no status.
    assert!(run.status.is_none_or(|status| status == 0), "{run:?}");
    run.status.is_none().then_some(run)
}

/// The options, and that only calls about these files are meant.
fn about<'a>(paths: &[&'a Path], options: &[&'a str]) -> Vec<&'a str> {
    let of_paths = paths.iter().flat_map(|path| ["-P", path.to_str().unwrap()]);
    options.iter().copied().chain(of_paths).collect()
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
