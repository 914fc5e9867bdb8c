//! A display in memory, for the real window.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::Desk;

/// The server, and the name that programs know it by.
pub struct Display(Child, pub String);

impl Display {
    pub fn start() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed");
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Self(server, format!(":{}", number.trim()))
    }

    /// Has a program show its window here, with nothing else of this session.
    pub fn show(&self, desk: &Desk, program: &mut Command) {
        fs::create_dir_all(desk.at("run")).unwrap();
        program.env("DISPLAY", &self.1).env("XDG_RUNTIME_DIR", desk.at("run"));
        program.env_remove("DBUS_SESSION_BUS_ADDRESS").env_remove("XDG_CONFIG_HOME");
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
