//! The serving kit, each file given to the tool it is for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hangtag::export::serving::{Kit, Server};
use serde_json::json;

use crate::support::{Desk, Run, read_json, run_python, script, taught_desk};

const SERVERS: [(Server, &str); 2] = [(Server::TensorFlow, "tensorflow"), (Server::Triton, "triton")];

fn kit(server: Server, stable: u64) -> Kit {
    Kit {
        server,
        model: "spring-shop".into(),
        version: 3,
        stable,
        num_tags: 12,
        side: 192,
        resize: 219,
        interpolation: "BICUBIC",
    }
}

fn write(desk: &Desk, server: (Server, &str)) -> PathBuf {
    let folder = desk.at(server.1);
    kit(server.0, 2).write(&folder).unwrap();
    folder
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

#[track_caller]
fn succeeds(command: &mut Command) -> String {
    let output = run(command);
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}:\n{said}");
    said
}

#[test]
fn nothing_is_left_to_be_filled_in() {
    let desk = Desk::new();
    for server in SERVERS {
        let folder = write(&desk, server);
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        let names: Vec<String> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        for name in &names {
            let text = fs::read_to_string(folder.join(name)).unwrap();
            let is_name = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert!(text.split('@').skip(1).all(|part| part.is_empty() || !is_name(part)), "{name}: {text}");
            assert!(name == "README.md" || readme.contains(&format!("`{name}`")), "{name} is not explained");
        }
    }
    // With one version only, it is the stable one and the canary.
    kit(Server::TensorFlow, 3).write(&desk.at("alone")).unwrap();
    let config = fs::read_to_string(desk.at("alone/models.config")).unwrap();
    assert!(config.contains("versions: [ 3 ]") && config.contains("key: \"stable\" value: 3"), "{config}");
}

#[test]
fn a_model_is_exported_with_what_its_server_needs() {
    let desk = taught_desk();
    let export = |format: &str| {
        let out = desk.at(format);
        let mut command = desk.command(&[&"export", &"--catalogue", &desk.catalogue(), &"--format", &format]);
        Run::from(command.arg("--out").arg(out).arg("--serving").output().unwrap())
    };
    export("onnx").expect(0);
    let config = fs::read_to_string(desk.at("onnx/serving/config.pbtxt")).unwrap();
    assert!(config.contains("name: \"photos\"") && config.contains("dims: [ 2 ]"), "{config}");
    assert!(desk.at("onnx/model-image.onnx").is_file());
    // A version has a name of its own at will; its server goes on knowing the model by that of all.
    desk.run(&[&"versions", &"--catalogue", &desk.catalogue(), &"rename", &"1", &"spring"]).expect(0);
    export("savedmodel").expect(0);
    let config = fs::read_to_string(desk.at("savedmodel/1/serving/models.config")).unwrap();
    assert!(config.contains("name: \"photos\"") && config.contains("value: 1"), "{config}");
    export("tflite").expect(2).complains_of(&["no serving kit for tflite", "savedmodel"]);
    assert!(!desk.at("tflite").exists());
}

/// The text between two others.
fn between<'a>(text: &'a str, start: &str, end: char) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("{start} is missing in:\n{text}"));
    rest.split(end).next().unwrap().trim()
}

/// The versions that the front sends requests to, the canary's share first; the server must have loaded each.
fn served(kit: &Path, server: Server) -> Vec<u64> {
    let read = |name: &str| fs::read_to_string(kit.join(name)).unwrap();
    let config = read(if server == Server::TensorFlow { "models.config" } else { "config.pbtxt" });
    let loaded: Vec<u64> =
        between(&config, "versions: [", ']').split(',').map(|version| version.trim().parse().unwrap()).collect();
    let front = read("nginx.conf");
    let version = |line: &str| -> u64 {
        // A line is a share and what answers it: `5% canary;`.
        let release = between(line.trim(), " ", ';');
        match server {
            Server::TensorFlow => between(&config, &format!("key: \"{release}\" value:"), '}').parse().unwrap(),
            Server::Triton => release.parse().unwrap(),
        }
    };
    let versions: Vec<u64> = between(&front, "$release {", '}').lines().map(version).collect();
    assert!(versions.iter().all(|version| loaded.contains(version)), "{versions:?} of {loaded:?}");
    versions
}

#[test]
fn the_version_before_answers_until_one_line_is_changed() {
    let desk = taught_desk();
    let export = |server: Server, version: u64| {
        let (format, out, folder) = match server {
            Server::TensorFlow => ("savedmodel", desk.at("savedmodel"), desk.at(&format!("savedmodel/{version}"))),
            Server::Triton => ("onnx", desk.at(&format!("onnx/{version}")), desk.at(&format!("onnx/{version}"))),
        };
        let catalogue = desk.catalogue();
        desk.run(&[&"export", &"--catalogue", &catalogue, &"--format", &format, &"--out", &out, &"--serving"])
            .expect(0);
        folder.join("serving")
    };
    // Only called like a version.
    for folder in ["savedmodel/2025", "onnx/2025"] {
        fs::create_dir_all(desk.at(folder)).unwrap();
        fs::write(desk.at(folder).join("taxes.txt"), "mine").unwrap();
    }
    for (server, _) in SERVERS {
        assert_eq!(served(&export(server, 1), server), [1, 1]);
    }
    desk.run(&[&"label", &"--catalogue", &desk.catalogue(), &"mugs/mug-01.jpg", &"category=bowls"]).expect(0);
    for (server, _) in SERVERS {
        let kit = export(server, 2);
        assert_eq!(served(&kit, server), [2, 1]);
        // One line for the older version, or another for the newer.
        let (file, back, on) = match server {
            Server::TensorFlow => (
                "models.config",
                ["\"canary\" value: 2", "\"canary\" value: 1"],
                ["\"stable\" value: 1", "\"stable\" value: 2"],
            ),
            Server::Triton => ("nginx.conf", ["5% 2;", "5% 1;"], ["*  1;", "*  2;"]),
        };
        let text = fs::read_to_string(kit.join(file)).unwrap();
        for ([from, to], expected) in [(back, [1, 1]), (on, [2, 2])] {
            assert_eq!(text.matches(from).count(), 1, "{file}: {text}");
            fs::write(kit.join(file), text.replace(from, to)).unwrap();
            assert_eq!(served(&kit, server), expected, "{file}");
        }
    }
    assert!(desk.at("savedmodel/2025/taxes.txt").is_file() && desk.at("onnx/2025/taxes.txt").is_file());
}

#[test]
#[ignore = "needs promtool; run by .ci/run"]
fn promtool_takes_the_rules_and_they_fire() {
    let desk = Desk::new();
    for server in SERVERS {
        let folder = write(&desk, server);
        succeeds(Command::new("promtool").args(["check", "config", "prometheus.yml"]).current_dir(&folder));
        succeeds(Command::new("promtool").args(["check", "rules", "alerts.yml"]).current_dir(&folder));
        // What the dashboard asks, as rules: JSON is YAML as well.
        let dashboard = read_json(&folder.join("dashboard.json"));
        let panels = dashboard["panels"].as_array().unwrap().iter();
        let rules: Vec<_> = panels
            .map(|panel| json!({"record": format!("panel:{}", panel["id"]), "expr": panel["targets"][0]["expr"]}))
            .collect();
        let queries = json!({"groups": [{"name": "dashboard", "rules": rules}]});
        fs::write(folder.join("queries.yml"), queries.to_string()).unwrap();
        succeeds(Command::new("promtool").args(["check", "rules", "queries.yml"]).current_dir(&folder));
        // Answers that take half a second for 20 minutes, and one request in ten that fails.
        let series = match server.0 {
            Server::TensorFlow => {
                "      - {series: ':tensorflow:serving:request_latency_bucket{model_name=\"spring-shop\",le=\"1e5\"}', values: '0+0x40'}
      - {series: ':tensorflow:serving:request_latency_bucket{model_name=\"spring-shop\",le=\"1e6\"}', values: '0+60x40'}
      - {series: ':tensorflow:serving:request_latency_bucket{model_name=\"spring-shop\",le=\"+Inf\"}', values: '0+60x40'}
      - {series: ':tensorflow:serving:request_count{model_name=\"spring-shop\",status=\"OK\"}', values: '0+54x40'}
      - {series: ':tensorflow:serving:request_count{model_name=\"spring-shop\",status=\"ABORTED\"}', values: '0+6x40'}"
            }
            Server::Triton => {
                "      - {series: 'nv_inference_request_summary_us{model=\"spring-shop\",quantile=\"0.99\"}', values: '500000+0x40'}
      - {series: 'nv_inference_request_success{model=\"spring-shop\"}', values: '0+54x40'}
      - {series: 'nv_inference_request_failure{model=\"spring-shop\"}', values: '0+6x40'}"
            }
        };
        let p99 = if server.0 == Server::TensorFlow { "991ms" } else { "500ms" };
        let test = format!(
            "rule_files: [alerts.yml]\nevaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n{series}
      - {{series: 'up{{job=\"spring-shop\",instance=\"a\"}}', values: '0+0x40'}}
    alert_rule_test:
      - {{eval_time: 20m, alertname: SlowAnswers, exp_alerts: [{{exp_labels: {{severity: warning}}, exp_annotations: {{summary: 'One answer in a hundred takes over {p99}'}}}}]}}
      - {{eval_time: 20m, alertname: FailedRequests, exp_alerts: [{{exp_labels: {{severity: critical}}, exp_annotations: {{summary: '10% of the requests fail'}}}}]}}
      - {{eval_time: 20m, alertname: ServerDown, exp_alerts: [{{exp_labels: {{severity: critical, job: spring-shop, instance: a}}, exp_annotations: {{summary: 'a does not answer'}}}}]}}
      - {{eval_time: 1m, alertname: ServerDown, exp_alerts: []}}
"
        );
        fs::write(folder.join("test.yml"), test).unwrap();
        succeeds(Command::new("promtool").args(["test", "rules", "test.yml"]).current_dir(&folder));
    }
}

#[test]
#[ignore = "needs nginx and openssl; run by .ci/run"]
fn nginx_takes_the_front() {
    let desk = Desk::new();
    let (key, certificate) = (desk.at("tls.key"), desk.at("tls.crt"));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost", "-keyout"]);
    succeeds(openssl.arg(&key).arg("-out").arg(&certificate));
    for server in SERVERS {
        let folder = write(&desk, server);
        let text = fs::read_to_string(folder.join("nginx.conf")).unwrap();
        // The names of the other containers mean something among them only.
        let text = text.replace("/etc/nginx/tls/tls.key", key.to_str().unwrap());
        let text = text.replace("/etc/nginx/tls/tls.crt", certificate.to_str().unwrap());
        let text = text.replace(" serving:", " 127.0.0.1:").replace(" sign-in:", " 127.0.0.1:");
        fs::write(folder.join("here.conf"), text).unwrap();
        let said = succeeds(Command::new("nginx").arg("-t").arg("-c").arg(folder.join("here.conf")));
        assert!(said.contains("test is successful") && !said.contains("[warn]"), "{said}");
    }
}

#[test]
#[ignore = "needs Python with kubernetes-validate, tritonclient and tensorflow-serving-api; run by .ci/run"]
fn the_schemas_take_the_rest() {
    let desk = Desk::new();
    for server in SERVERS {
        let folder = write(&desk, server);
        run_python(&[&script("check_kit.py"), &server.1, &folder]).expect(0);
        succeeds(Command::new("sh").arg("-n").arg(folder.join("client.sh")));
    }
}
