//! Whom a download believes: a server with a certificate that nobody known signed, or another's, is asked for nothing.
// Elsewhere no variable says whose certificates are known: the system does.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use hangtag::vision::registry;

use crate::support::{Desk, Run, python, script};

/// A hub over https at 127.0.0.1, which ends with the test.
struct Hub {
    process: Child,
    endpoint: String,
    /// Signed by itself, with its key in the same file.
    certificate: PathBuf,
    log: PathBuf,
}

impl Hub {
    /// With a certificate for `name`, such as `DNS:hub.example`.
    fn start(desk: &Desk, name: &str) -> Self {
        let [certificate, log] = ["pem", "log"].map(|ending| desk.at(&format!("{name}.{ending}")));
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", &format!("/CN={name}")]);
        // One that may sign others is no server's.
        openssl.args(["-addext", &format!("subjectAltName={name}"), "-addext", "basicConstraints=critical,CA:FALSE"]);
        let made = openssl.arg("-keyout").arg(&certificate).arg("-out").arg(&certificate).output().unwrap();
        assert!(made.status.success(), "{made:?}");

        let sha256 = registry::find("resnet18").and_then(|entry| entry.sha256.as_deref()).expect("it is known");
        let mut server = python();
        server.arg(script("https_hub.py")).arg(&certificate).arg(sha256);
        let mut process = server.stdout(Stdio::piped()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { process, endpoint: format!("https://127.0.0.1:{}", port.trim()), certificate, log }
    }

    /// Asks it for a model, where the certificate of `known` is one of those that are believed.
    fn get(&self, desk: &Desk, known: &Self) -> Run {
        let mut program = desk.command(&[&"models", &"get", &"resnet18"]);
        program.env("HF_ENDPOINT", &self.endpoint).env("SSL_CERT_FILE", &known.certificate).output().unwrap().into()
    }

    fn requests(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "needs openssl and Python; run by .ci/run"]
fn a_certificate_of_a_stranger_or_for_another_server_is_refused() {
    let desk = Desk::new();
    let [right, other] = ["IP:127.0.0.1", "DNS:hub.example"].map(|name| Hub::start(&desk, name));
    for (hub, because) in [(&right, "UnknownIssuer"), (&other, "certificate not valid for name \"127.0.0.1\"")] {
        // With the bracket, since the log says as much: it is the message that has to.
        let because = format!("(invalid peer certificate: {because}");
        hub.get(&desk, &other).expect(1).complains_of(&["no connection to 127.0.0.1 for", &because]);
        assert_eq!(hub.requests(), "");
        assert!(!desk.at("home/hub").exists(), "{because}");
    }

    // Nothing but trust was missing: believed, the same server is asked, and its bytes come through to be refused.
    right.get(&desk, &right).expect(1).complains_of(&["is damaged or was replaced"]);
    assert!(right.requests().contains("\"GET /timm/resnet18.a1_in1k/resolve/main/model.safetensors"));
    assert!(desk.at("home/hub").exists());
}
