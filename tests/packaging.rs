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

/// The files that `cargo deb` packs, each with its place.
fn debian_assets() -> Vec<(String, String)> {
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let mut files = Vec::new();
    for asset in manifest["package"]["metadata"]["deb"]["assets"].as_array().unwrap() {
        let (source, place) = (asset[0].as_str().unwrap(), asset[1].as_str().unwrap());
        let sources: Vec<String> = match source.split_once('*') {
            Some((folder, ending)) => {
                let names = contents(&root().join(folder)).into_keys().filter(|name| name.ends_with(ending));
                names.map(|name| format!("{folder}{name}")).collect()
            }
            None => vec![source.to_owned()],
        };
        for source in sources {
            let name = if place.ends_with('/') { source.rsplit('/').next().unwrap() } else { "" };
            let place = format!("{place}{name}");
            files.push((source, place));
        }
    }
    files
}

#[test]
fn every_file_of_the_debian_package_is_there() {
    let assets = debian_assets();
    assert!(assets.len() > 10);
    for (source, _) in assets {
        assert!(source.starts_with("target/") || root().join(&source).exists(), "{source}");
    }
}

/// `cargo deb` needs a list of its own, to make the package of a fresh clone.
#[cfg(target_os = "linux")]
#[test]
fn the_debian_package_holds_what_is_installed_by_hand() {
    use std::collections::BTreeSet;

    let folder = tempfile::tempdir().unwrap();
    let mut install = std::process::Command::new(root().join("packaging/linux/install.sh"));
    assert!(install.arg(folder.path()).env("PROGRAM", "Cargo.toml").status().unwrap().success());
    let files = walkdir::WalkDir::new(folder.path()).into_iter().map(Result::unwrap);
    let installed: BTreeSet<String> = files
        .filter(|file| file.file_type().is_file())
        .map(|file| format!("usr/{}", file.path().strip_prefix(folder.path()).unwrap().display()))
        // Debian makes its file `copyright` of LICENSE, and has a folder of its own for zsh.
        .filter(|place| place != "usr/share/doc/hangtag/LICENSE")
        .map(|place| place.replace("/site-functions/", "/vendor-completions/"))
        .collect();
    let packed: BTreeSet<String> = debian_assets().into_iter().map(|(_, place)| place).collect();
    let differing: Vec<_> = packed.symmetric_difference(&installed).collect();
    assert!(differing.is_empty(), "{differing:?}");
}

#[test]
fn every_icon_is_there_in_its_size() {
    for size in [16, 24, 32, 48, 64, 128, 256, 512] {
        for drawing in ["hangtag", "catalogue"] {
            let path = root().join(format!("assets/icons/{size}x{size}/{drawing}.png"));
            assert_eq!(image::image_dimensions(&path).ok(), Some((size, size)), "{}", path.display());
        }
    }
}

#[test]
fn packages_have_the_version_of_the_program() {
    let version = env!("CARGO_PKG_VERSION");
    let first = |file: &str, before: &str| {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let (_, rest) = text.split_once(before).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    // The newest release comes first.
    let release = first("packaging/linux/app.hangtag.Hangtag.metainfo.xml", "<release version=\"");
    assert_eq!(release, version);
    let identity = r#"<assemblyIdentity type="win32" name="Hangtag" version=""#;
    assert_eq!(first("packaging/windows/hangtag.manifest", identity), format!("{version}.0"));
}
