//! The Train stage: what is learnt from, versions kept, used, compared and gone back from, and mistakes looked at again.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use hangtag::app::{App, Language, speak};

use crate::support::Window;

/// Two tags with enough photos each that some can be held out.
fn taught() -> Window {
    let mut window = Window::with_demo(&["balls", "bottles"], 6);
    for (tag, photos) in [("ball", ["01", "02", "03", "04"]), ("bottle", ["01", "02", "03", "04"])] {
        for number in photos {
            window.click(&format!("{tag}-{number}.jpg"));
            window.set_tag(tag);
        }
    }
    window.press(Key::Escape);
    window
}

fn has_versions(count: usize) -> impl Fn(&App) -> bool {
    move |app| app.workspace().is_some_and(|open| open.is_idle() && open.versions().len() == count)
}

#[test]
fn what_is_learnt_from_is_counted_and_too_few_are_warned_of() {
    let mut window = taught();
    window.press_with(Modifiers::COMMAND, Key::Num2);
    assert!(window.has("What it learns from") && window.has("8 labelled photos"));
    assert!(window.has("ball 4") && window.has_text("ball has 4 labels. 30 or more"));
    // Keys that answer have no photo to answer for here.
    window.press(Key::A);
    window.press(Key::X);
    assert_eq!(window.workspace().labels().len(), 8);
    window.click("ball 4");
    assert!(window.has("ball-01.jpg") && !window.has("bottle-01.jpg"), "the photos that teach it");
    speak(Language::SimplifiedChinese);
    window.press_with(Modifiers::COMMAND, Key::Num2);
    assert!(window.has("学习内容") && window.has("版本"));
}

#[test]
fn a_version_is_kept_used_renamed_and_gone_back_from() {
    let mut window = taught();
    window.click("Train");
    assert!(window.has_text("No version yet"));
    window.click("Keep as version 1");
    window.wait("the version", has_versions(1));
    assert!(window.has_text("Version 1 right "), "with honest figures");
    window.click("Use version 1");
    window.wait("the version to be used", |app| {
        app.workspace().is_some_and(|open| open.is_idle() && open.version_in_use() == Some(1))
    });
    assert!(window.has_text("Version 1 is in use") && window.has("Go back to what you say alone"));
    window.click("Rename");
    window.click("Name of the version");
    window.harness.get_by_label("Name of the version").type_text(", spring");
    window.settle();
    window.press(Key::Enter);
    assert!(window.has_text("Version 1, version 1, spring"));
    window.click("Go back to what you say alone");
    window.wait("what was before", |app| {
        app.workspace().is_some_and(|open| open.is_idle() && open.version_in_use().is_none())
    });
    window.click("Delete");
    assert!(window.has_text("Delete version 1?"), "it asks first");
    window.press(Key::Enter);
    assert!(window.workspace().versions().is_empty());
    window.click("Keep as version 2");
    window.wait("the next version", has_versions(1));
    assert_eq!(window.workspace().versions()[0].number, 2, "a number is given once");
}

#[test]
fn two_versions_are_compared_and_what_changes_is_shown() {
    let mut window = taught();
    window.click("Train");
    window.click("Keep as version 1");
    window.wait("the version", has_versions(1));
    // A photo is said to be something else, and everything like it changes.
    window.click("Tag");
    for photo in ["ball-05.jpg", "ball-06.jpg", "bottle-05.jpg"] {
        window.click(photo);
        window.set_tag("toy");
    }
    window.click("Train");
    window.click("Keep as version 2");
    window.wait("the second version", has_versions(2));
    assert!(window.has("Version 2 against Version 1") && window.has("F1, change"));
    window.click("Find the photos whose tags change");
    window.wait("the comparison", |app| {
        app.workspace().is_some_and(|open| open.is_idle() && open.version_diff().is_some())
    });
    let changed = window.workspace().version_diff().expect("it was compared").changes.len();
    assert!(changed > 0 && window.has_text("photos whose tags change"), "{changed}");
    window.click(&format!("See {changed} photos whose tags change"));
    assert!(window.has("Changed from version 1 to 2"));
    window.click("Show all");
    assert!(window.has("ball-01.jpg") && window.has("bottle-01.jpg"));
}

#[test]
fn mistakes_are_found_and_their_photos_shown() {
    let mut window = taught();
    // A slip of the finger, to be found.
    window.click("ball-05.jpg");
    window.set_tag("bottle");
    window.click("Train");
    window.click("Find the mistakes");
    window.wait("the mistakes", |app| {
        let open = app.workspace();
        open.is_some_and(|open| open.is_idle() && open.confusions(open.vocabulary().groups[0].id).is_some())
    });
    let mistaken = "bottle taken for ball";
    assert!(window.has_text(mistaken), "the ball that is called a bottle");
    window.click(&format!("{mistaken} 1"));
    assert!(window.has("ball-05.jpg") && !window.has("ball-01.jpg") && window.has(mistaken));
    window.click("ball-05.jpg");
    window.set_tag("ball");
    assert_eq!(window.tags_of("ball-05.jpg"), ["ball"]);
}

#[test]
fn a_training_runs_beside_the_tagging_and_becomes_a_version() {
    let mut window = Window::with_demo(&["balls", "bottles"], 10);
    for tag in ["ball", "bottle"] {
        window.type_query(&format!("name:{tag}*"));
        window.press(Key::Escape);
        window.click(&format!("{tag}-01.jpg"));
        window.press_with(Modifiers::COMMAND, Key::A);
        window.set_tag(tag);
    }
    window.type_query("");
    window.click("Train");
    window.click("Expert settings");
    window.harness.get_by_role_and_label(egui::Role::ComboBox, "What is trained").click();
    window.settle();
    window.click("the heads alone");
    window.click("Start");
    window.wait("the training", |app| {
        let training = app.workspace().and_then(|open| open.training());
        training.is_some_and(|training| training.outcome.is_some())
    });
    assert!(window.has("Run 1") && window.has("Macro F1, held out"), "curves");
    assert!(window.has_text("photos that nothing was learnt from"), "honest figures");
    assert_eq!(window.workspace().versions().len(), 1);
    assert!(window.has("Runs") && window.has("run 1"), "the run is listed");
}
