//! What packages are made of is there and up to date.

#![allow(clippy::unwrap_used, reason = "what a test cannot do is a failed test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

#[path = "../examples/manual.rs"]
#[allow(dead_code, reason = "its main is for whoever runs it")]
mod manual;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn contents(folder: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    files.map(|file| (file.file_name().into_string().unwrap(), fs::read_to_string(file.path()).unwrap())).collect()
}

#[test]
fn the_manual_is_that_of_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    manual::write_manual(folder.path()).unwrap();
    let (kept, made) = (contents(&root().join("packaging/manual")), contents(folder.path()));
    assert!(made.contains_key("hangtag.1") && made.contains_key("hangtag.bash"), "{:?}", made.keys());
    let differing: Vec<_> = made.keys().chain(kept.keys()).filter(|name| kept.get(*name) != made.get(*name)).collect();
    assert!(differing.is_empty(), "run `cargo run --example manual`: {differing:?}");
}

#[test]
fn every_file_of_the_debian_package_is_there() {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let assets = manifest["package"]["metadata"]["deb"]["assets"].as_array().unwrap();
    for asset in assets {
        let source = asset[0].as_str().unwrap();
        if !source.starts_with("target/") && !source.contains('*') {
            assert!(root().join(source).exists(), "{source}");
        }
    }
    assert!(assets.len() > 10);
}
