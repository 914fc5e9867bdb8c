//! The words on screen: the catalogues are complete, the window speaks both languages, and says what a font lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement};
use hangtag::app::{Language, speak};
use tempfile::TempDir;

use crate::support::{Window, copy_demo};

/// The keys of a catalogue with the variables of each.
type Keys = BTreeMap<String, BTreeSet<String>>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn keys_of(language: Language) -> Keys {
    let text = fs::read_to_string(root().join("assets/words").join(language.code()).with_extension("ftl")).unwrap();
    let resource = fluent_syntax::parser::parse(text.as_str()).expect("the catalogue is read without a fault");
    let mut keys = Keys::new();
    for entry in resource.body {
        if let Entry::Message(message) = entry {
            let mut variables = BTreeSet::new();
            in_pattern(&message.value.expect("a message has a text"), &mut variables);
            let is_new = keys.insert(message.id.name.to_owned(), variables).is_none();
            assert!(is_new, "{} stands twice", message.id.name);
        }
    }
    keys
}

fn in_pattern(pattern: &Pattern<&str>, variables: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        match element {
            PatternElement::Placeable { expression: Expression::Inline(inline) } => in_inline(inline, variables),
            PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                in_inline(selector, variables);
                variants.iter().for_each(|variant| in_pattern(&variant.value, variables));
            }
            PatternElement::TextElement { .. } => {}
        }
    }
}

fn in_inline(inline: &InlineExpression<&str>, variables: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => _ = variables.insert(id.name.to_owned()),
        InlineExpression::FunctionReference { arguments: CallArguments { positional, .. }, .. } => {
            positional.iter().for_each(|argument| in_inline(argument, variables));
        }
        _ => {}
    }
}

/// The code of the window, without comments.
fn code() -> String {
    let mut code = String::new();
    let mut folders: Vec<PathBuf> = vec![root().join("src/app")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                for line in fs::read_to_string(&path).unwrap().lines() {
                    code.push_str(line.split("//").next().unwrap_or_default());
                    code.push('\n');
                }
            }
        }
    }
    code
}

/// What stands between the brackets of every `say!`, split at its commas.
fn asked(code: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (at, _) in code.match_indices("say!(") {
        let mut parts = vec![String::new()];
        let (mut depth, mut is_quoted) = (0, false);
        for character in code[at + "say!(".len()..].chars() {
            match character {
                '"' => is_quoted = !is_quoted,
                '(' | '[' if !is_quoted => depth += 1,
                ')' | ']' if !is_quoted && depth == 0 => break,
                ')' | ']' if !is_quoted => depth -= 1,
                ',' if !is_quoted && depth == 0 => {
                    parts.push(String::new());
                    continue;
                }
                _ => {}
            }
            if let Some(part) = parts.last_mut() {
                part.push(character);
            }
        }
        all.push(parts.into_iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect());
    }
    all
}

#[test]
fn the_languages_have_the_same_keys_with_the_same_variables() {
    let english = keys_of(Language::English);
    assert!(english.len() > 100, "the catalogue was not found");
    for language in Language::ALL {
        assert_eq!(keys_of(language), english, "{}", language.name());
    }
}

#[test]
fn what_the_window_says_is_in_the_catalogues_and_the_other_way_round() {
    let (keys, code) = (keys_of(Language::English), code());
    let mut faults = Vec::new();
    for parts in asked(&code) {
        // A key that is a name is one of the table of keys, which is looked at below.
        let Some(key) = parts[0].strip_prefix('"').and_then(|part| part.strip_suffix('"')) else { continue };
        let given: BTreeSet<String> =
            parts[1..].iter().filter_map(|part| Some(part.split_once('=')?.0.trim().to_owned())).collect();
        match keys.get(key) {
            Some(variables) if *variables == given => {}
            Some(variables) => faults.push(format!("`{key}` takes {variables:?} and is given {given:?}")),
            None => faults.push(format!("`{key}` is not in the catalogues")),
        }
    }
    for (at, _) in code.match_indices("\"key-") {
        let key = code[at + 1..].split('"').next().unwrap_or_default();
        if !keys.contains_key(key) {
            faults.push(format!("`{key}` of the table of keys is not in the catalogues"));
        }
    }
    for key in keys.keys() {
        if !code.contains(&format!("\"{key}\"")) {
            faults.push(format!("nothing says `{key}`"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn the_window_speaks_chinese_from_the_start_or_from_now_on() {
    let mut window = Window::open_in(Language::SimplifiedChinese, TempDir::new().unwrap(), None);
    window.harness.step();
    assert!(window.has("打开照片文件夹…") && !window.has("Open a folder of photos…"));
    speak(Language::English);
    window.harness.step();
    assert!(window.has("Open a folder of photos…") && !window.has("打开照片文件夹…"));
}

#[test]
fn tagging_works_in_chinese() {
    let mut window = Window::with_demo(&["mugs"], 3);
    speak(Language::SimplifiedChinese);
    window.settle();
    assert!(window.has("全部 3") && window.has("待审核 3") && window.has("排序"));
    window.click("mug-01.jpg");
    window.press(egui::Key::T);
    window.click("取消");
    window.press_with(egui::Modifiers::COMMAND, egui::Key::A);
    assert!(window.has("已选择 3 张") && window.has("设置标签…"));
    window.press(egui::Key::F1);
    assert!(window.has("接受建议") && window.has("显示快捷键"));
    window.press(egui::Key::Escape);
    window.press_with(egui::Modifiers::COMMAND, egui::Key::Z);
    assert!(window.has("没有可撤销的操作"));
}

#[test]
fn the_package_with_the_missing_font_is_named_once_and_legibly() {
    // The window of a test has only the program's own faces.
    let mut window = Window::open_in(Language::SimplifiedChinese, TempDir::new().unwrap(), None);
    window.harness.step();
    assert!(window.has_text("Install the package fonts-noto-cjk"), "in letters that can be drawn");

    let folder = TempDir::new().unwrap();
    let photos = folder.path().join("photos");
    copy_demo(&photos, &["bowls"], 1);
    let mut window = Window::open(folder, Some(photos.clone()));
    let is_there = |count| {
        move |app: &hangtag::app::App| {
            app.workspace().is_some_and(|open| open.is_idle() && open.listing().images.len() == count)
        }
    };
    window.wait("the photo", is_there(1));
    assert!(!window.has_text("fonts-noto-cjk"), "nothing is missing for Latin names");
    fs::write(photos.join("红裙子.jpg"), "").unwrap();
    window.press(egui::Key::F5);
    window.wait("the new photo", is_there(2));
    assert!(window.has_text("fonts-noto-cjk") && window.has_text("google-noto-sans-cjk-fonts"));
    window.click("Dismiss");
    window.press(egui::Key::F5);
    window.settle();
    assert!(!window.has_text("fonts-noto-cjk"), "once is enough");
}
