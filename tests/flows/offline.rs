//! Nothing leaves the computer: no command opens a network socket unless a person asks for a download.

use std::ffi::OsStr;
use std::fs;
use std::process::Command;

use crate::support::{Desk, Run, lay_demo};

/// Runs the program under strace; gives what it said and the sockets that it and its threads opened.
fn traced(desk: &Desk, arguments: &[&dyn AsRef<OsStr>], variables: &[(&str, &str)]) -> (Run, String) {
    let log = desk.at("trace.log");
    let program = desk.command(arguments);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-e", "trace=socket", "-o"]).arg(&log).arg(program.get_program()).args(program.get_args());
    strace.current_dir(desk.at(""));
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace.envs(variables.iter().copied());
    let run = Run::from(strace.output().expect("strace is installed"));
    (run, fs::read_to_string(log).expect("strace writes its log"))
}

#[test]
#[ignore = "needs strace; run by .ci/run"]
fn no_command_opens_a_network_socket() {
    let desk = Desk::new();
    for kind in ["mugs", "bowls"] {
        lay_demo(&desk.photos(), kind, 3);
    }
    let catalogue = desk.catalogue();
    let commands: [(&[&dyn AsRef<OsStr>], i32); 9] = [
        (&[&"tag", &"photos"], 0),
        (&[&"import", &"photos", &"--catalogue", &catalogue, &"--labels-from", &"last-folder"], 0),
        (&[&"label", &"--catalogue", &catalogue, &"mugs/mug-01.jpg", &"category=cup"], 0),
        (&[&"labels", &"--catalogue", &catalogue], 0),
        (&[&"tag", &"photos", &"--catalogue", &catalogue], 0),
        (&[&"evaluate", &"--catalogue", &catalogue, &"--on", &"photos", &"--labels-from", &"last-folder"], 0),
        (&[&"models", &"list"], 0),
        // A model that is not here is named, not fetched.
        (&[&"tag", &"photos", &"--model", &"resnet18"], 1),
        (&[&"bench", &"features", &"photos"], 0),
    ];
    for (arguments, status) in commands {
        let (run, log) = traced(&desk, arguments, &[]);
        let run = run.expect(status);
        assert!(log.contains("exited with"), "strace followed the program: {log}");
        // This covers AF_INET6 as well.
        let sockets: Vec<&str> = log.lines().filter(|line| line.contains("AF_INET")).collect();
        assert!(sockets.is_empty(), "{sockets:#?}\n{}", run.stderr);
    }
}

#[test]
#[ignore = "needs strace; run by .ci/run"]
fn a_download_that_was_asked_for_does() {
    // Nobody listens at that port, so it fails; but it shows that the test above would see a socket.
    let desk = Desk::new();
    let (run, log) = traced(&desk, &[&"models", &"get", &"resnet18"], &[("HF_ENDPOINT", "http://127.0.0.1:9")]);
    run.expect(1).complains_of(&["127.0.0.1", "hangtag models get resnet18"]);
    assert!(log.contains("AF_INET"), "{log}");
}
