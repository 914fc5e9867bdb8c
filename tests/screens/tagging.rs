//! Proposals, corrections, undo, filters and selections in the Tag screen.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;

use crate::support::Window;

/// Two tags with two photos each, as a person would begin.
fn taught() -> Window {
    let mut window = Window::with_demo(&["balls", "bottles"], 5);
    for (tag, photos) in [("ball", ["ball-01.jpg", "ball-02.jpg"]), ("bottle", ["bottle-01.jpg", "bottle-02.jpg"])] {
        for photo in photos {
            window.click(photo);
            window.set_tag(tag);
        }
    }
    window
}

#[test]
fn four_labels_teach_and_one_key_accepts() {
    let mut window = taught();
    assert!(!window.workspace().proposals().is_empty(), "two tags with two photos each are enough");
    assert!(!window.has_text("everyday words"), "the words have made way");
    window.click("ball-03.jpg");
    window.press(Key::A);
    assert_eq!(window.tags_of("ball-03.jpg"), ["ball"]);
    // The cursor has gone on by itself.
    window.press(Key::Enter);
    assert_eq!(window.tags_of("ball-04.jpg"), ["ball"]);
}

#[test]
fn a_proposal_is_rejected_by_key_and_undone() {
    let mut window = taught();
    window.click("ball-05.jpg");
    assert!(window.has("Accept ball"), "the chip of the photo at hand can be clicked");
    window.press(Key::X);
    let workspace = window.workspace();
    let image = workspace.listing().images.iter().find(|image| image.name() == "ball-05.jpg").unwrap();
    let ball = workspace.vocabulary().tags.iter().find(|tag| tag.name == "ball").unwrap().id;
    assert!(!workspace.labels().get(image.id, ball).expect("a label was made").is_yes);
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert!(window.has_text("Undone: reject ball"), "undo says what it took back");
    let workspace = window.workspace();
    let image = workspace.listing().images.iter().find(|image| image.name() == "ball-05.jpg").unwrap();
    assert!(workspace.labels().of(image.id).is_empty());
}

#[test]
fn a_chip_is_accepted_and_taken_back_by_mouse() {
    let mut window = taught();
    window.click("bottle-05.jpg");
    let chip = window.harness.query_all_by_label("Accept bottle").next().expect("a proposal for the photo");
    chip.click();
    window.settle();
    assert_eq!(window.tags_of("bottle-05.jpg"), ["bottle"]);
    window.press(Key::U);
    assert!(window.tags_of("bottle-05.jpg").is_empty());
}

#[test]
fn a_tag_is_set_on_many_photos_and_undone_in_one_step() {
    let mut window = Window::with_demo(&["lamps"], 6);
    window.click("lamp-01.jpg");
    window.press_with(Modifiers::COMMAND, Key::A);
    assert!(window.has("6 selected"));
    window.set_tag("lamp");
    assert_eq!(window.workspace().labels().len(), 6);
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert!(window.workspace().labels().is_empty());
    assert!(window.workspace().vocabulary().tags.is_empty(), "the tag that was made for it is gone too");
    window.press_with(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
    assert_eq!(window.workspace().labels().len(), 6);
}

#[test]
fn shift_and_arrows_extend_the_selection() {
    let mut window = Window::with_demo(&["lamps"], 5);
    window.click("lamp-02.jpg");
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    window.press_with(Modifiers::SHIFT, Key::ArrowRight);
    assert!(window.has("3 selected"));
    window.press(Key::Escape);
    assert!(!window.has_text("selected"));
}

#[test]
fn numbers_answer_and_filters_count() {
    let mut window = taught();
    assert!(window.has("All 10") && window.has("To review 6") && window.has("Reviewed 4"));
    window.click("bottle-03.jpg");
    // The likeliest comes first.
    window.press(Key::Num1);
    assert_eq!(window.tags_of("bottle-03.jpg"), ["bottle"]);
    window.click("Reviewed 5");
    assert!(window.has("bottle-03.jpg") && !window.has("bottle-04.jpg"));
    window.click("To review 5");
    assert!(!window.has("bottle-03.jpg") && window.has("bottle-04.jpg"));
}

#[test]
fn searching_by_name_leaves_the_keys_to_the_field() {
    let mut window = Window::with_demo(&["balls", "bottles"], 3);
    window.press(Key::Slash);
    let field = window.harness.get_by_role(egui::Role::TextInput);
    field.type_text("bottle-0");
    window.settle();
    assert!(window.has("bottle-01.jpg") && !window.has("ball-01.jpg"));
    // "t" and "a" are letters here, not commands.
    assert!(window.workspace().labels().is_empty() && !window.has("Set a tag"));
}

#[test]
fn a_new_group_takes_any_number_of_tags() {
    let mut window = Window::with_demo(&["vases"], 2);
    window.click("vase-01.jpg");
    window.press(Key::T);
    window.harness.get_by_label("Tag name").type_text("striped");
    window.settle();
    window.click("Group");
    window.click("New group…");
    window.click("Group name");
    window.harness.get_by_label("Group name").type_text("pattern");
    window.settle();
    window.click("Any of: each tag fits or does not");
    window.click("Make tag");
    assert_eq!(window.tags_of("vase-01.jpg"), ["striped"]);
    let group = &window.workspace().vocabulary().groups[0];
    assert_eq!((group.name.as_str(), group.kind.as_str()), ("pattern", "any of"));
}

#[test]
fn the_keys_are_listed_on_f1() {
    let mut window = Window::with_demo(&["mugs"], 1);
    window.press(Key::F1);
    assert!(window.has("Accept what is proposed") && window.has("Redo"));
    window.press(Key::Escape);
    assert!(!window.has("Accept what is proposed"));
}

#[test]
fn the_smallest_window_and_a_light_one_draw_without_trouble() {
    let mut window = taught();
    window.harness.set_size(egui::vec2(200.0, 120.0));
    window.settle();
    window.harness.set_size(egui::vec2(1024.0, 700.0));
    window.settle();
    let is_dark = window.has("Light colours");
    window.click(if is_dark { "Light colours" } else { "Dark colours" });
    assert_eq!(window.has("Light colours"), !is_dark);
}
