//! Tags merged into a shop's own product table, which is picked in the system's file dialog.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use egui::{Key, Role};
use egui_kittest::kittest::Queryable;
use hangtag::app::{Language, speak};
use tempfile::TempDir;

use crate::support::Window;

/// By this a program knows the folder of what stands in for the dialog.
const PICKER: &str = "HANGTAG_SCREENS_PICKER";

/// Where no desktop has a dialog, this program is asked instead. It answers with what stands in the file beside it.
const ZENITY: &str = "#!/bin/sh\nexec cat \"${0%/*}/answer\"\n";

/// The folder of what stands in for the system's dialog. It is found by PATH, which only a program that is started anew
/// can be given: the test is run in one, and there is nothing left to do here.
fn picker(test: &str) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(PICKER) {
        return Some(folder.into());
    }
    let folder = TempDir::new().unwrap();
    let zenity = folder.path().join("zenity");
    fs::write(&zenity, ZENITY).unwrap();
    fs::set_permissions(&zenity, fs::Permissions::from_mode(0o755)).unwrap();
    let mut path = OsString::from(folder.path());
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", test]).env(PICKER, folder.path()).env("PATH", path);
    // Else the desktop is asked, where there is one.
    program.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    let run = program.output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&run.stderr));
    None
}

/// Answers for the person who picks the shop's own file.
fn pick(window: &mut Window, picker: &Path, file: &Path) {
    fs::write(picker.join("answer"), file.to_str().unwrap()).unwrap();
    window.click("Merge into your own file…");
    let merged = format!("Merged into {}", file.file_name().unwrap().to_str().unwrap());
    window.wait_busy("the file to be picked", |window| window.has_text(&merged));
}

#[test]
fn tags_go_into_the_file_that_is_picked_or_it_is_said_why_not() {
    let Some(picker) = picker("merging::tags_go_into_the_file_that_is_picked_or_it_is_said_why_not") else { return };
    let mut window = Window::with_demo(&["mugs"], 2);
    window.click("mug-01.jpg");
    window.set_tag("small");
    window.press(Key::Escape);
    let at = |name: &str| window.folder.path().join(name);
    let (shopify, woocommerce, folder) = (at("shopify-own.csv"), at("woocommerce-own.csv"), at("photos-export"));
    let own = "SKU,Name,Categories,Tags\nmug-01,Mug,Kitchen,\nplate,Plate,Kitchen,\n";
    fs::write(&shopify, "Titel,Preis\nmug-01,1\n").unwrap();
    fs::write(&woocommerce, own).unwrap();
    window.click("Export");
    window.click("ONNX");

    window.click("WooCommerce");
    pick(&mut window, &picker, &woocommerce);
    window.click("Export 1");
    assert!(window.has_text("1 of 2 products found, 1 changed"));
    let merged = fs::read_to_string(folder.join("woocommerce.csv")).unwrap();
    assert_eq!(merged, own.replace("Mug,Kitchen,", "Mug,\"Kitchen, small\","));
    assert_eq!(fs::read_to_string(&woocommerce).unwrap(), own, "the shop's own file is as it was");

    // What is no product table, in both languages: by its path, and with the way out.
    window.harness.get_by_role_and_label(Role::CheckBox, "WooCommerce").click_accesskit();
    window.settle();
    window.click("Shopify");
    pick(&mut window, &picker, &shopify);
    window.click("Export 1");
    assert!(window.has_text("no product export of Shopify: it lacks Handle, Tags. Export it with its columns in"));
    speak(Language::SimplifiedChinese);
    window.settle();
    assert!(window.has_text("导出标签失败：商店的文件不是 Shopify 的商品导出文件：缺少 Handle，Tags 列。请以"));
    assert!(window.has_text("shopify-own.csv）") && !window.has_text("it lacks"));
    assert!(!folder.join("shopify.csv").exists());

    // It is read anew each time.
    fs::write(&shopify, "Handle,Title,Type,Tags\nmug-01,Mug,,old\n").unwrap();
    window.click("导出 1 项");
    assert!(window.has_text("1 件商品中找到 1 件，更改了 1 件"));
    let merged = fs::read_to_string(folder.join("shopify.csv")).unwrap();
    assert_eq!(merged, "Handle,Title,Type,Tags\nmug-01,Mug,small,old\n");
}
