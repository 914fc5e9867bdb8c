//! Hours of review: focus mode, one tag at a time, the query line, tags edited, products, the palette.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;

use crate::support::Window;

/// Two tags with two photos each, as a person would begin.
fn taught() -> Window {
    let mut window = Window::with_demo(&["balls", "bottles"], 6);
    for (tag, photos) in [("ball", ["ball-01.jpg", "ball-02.jpg"]), ("bottle", ["bottle-01.jpg", "bottle-02.jpg"])] {
        for photo in photos {
            window.click(photo);
            window.set_tag(tag);
        }
    }
    window.press(Key::Escape);
    window
}

#[test]
fn focus_mode_asks_accepts_rejects_and_goes_on_by_itself() {
    let mut window = taught();
    window.click("ball-03.jpg");
    window.press(Key::F);
    assert!(window.has("Photo ball-03.jpg") && window.has("Accept ball"), "the photo and its answers");
    window.press(Key::A);
    assert_eq!(window.tags_of("ball-03.jpg"), ["ball"]);
    assert!(window.has("Photo ball-04.jpg"), "the next one that is open");
    assert!(window.has("Back to ball-03.jpg"), "the decision stays in view");
    // Space skips without deciding; the digit answers.
    window.press(Key::Space);
    assert!(window.has("Photo ball-05.jpg") && window.tags_of("ball-04.jpg").is_empty());
    window.press(Key::Num2);
    assert_eq!(window.tags_of("ball-05.jpg"), ["bottle"], "the second likeliest");
    // A look back, and the same key takes it back.
    window.click("Back to ball-05.jpg");
    assert!(window.has("Photo ball-05.jpg"));
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert!(window.tags_of("ball-05.jpg").is_empty());
    window.press(Key::Escape);
    assert!(window.has("ball-01.jpg"), "the grid is back");
}

#[test]
fn zooming_shows_whole_pixels_and_comes_back() {
    let mut window = taught();
    window.click("ball-03.jpg");
    window.press(Key::F);
    window.press(Key::Z);
    window.press(Key::Z);
    assert!(window.has("Photo ball-03.jpg"));
    window.press(Key::X);
    assert!(window.has_text("Last ten"), "a rejection is a decision too");
}

#[test]
fn one_tag_at_a_time_is_settled_with_one_key() {
    let mut window = taught();
    window.click("ball 2 · 4");
    window.click("Proposed 4");
    assert!(window.has("ball-03.jpg") && !window.has("ball-01.jpg"), "what is proposed alone");
    window.click("ball-06.jpg");
    assert!(window.has_text("marked as wrong"));
    window.press_with(Modifiers::SHIFT, Key::Enter);
    for photo in ["ball-03.jpg", "ball-04.jpg", "ball-05.jpg"] {
        assert_eq!(window.tags_of(photo), ["ball"]);
    }
    assert!(window.tags_of("ball-06.jpg").is_empty(), "what was clicked is rejected");
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert!(window.tags_of("ball-03.jpg").is_empty(), "one step");
}

#[test]
fn sections_accept_a_whole_tag() {
    let mut window = taught();
    window.press(Key::G);
    window.click("Accept 4 as bottle");
    assert_eq!(window.tags_of("bottle-06.jpg"), ["bottle"]);
    assert!(window.tags_of("ball-06.jpg").is_empty());
}

#[test]
fn a_query_filters_and_a_mistake_is_pointed_at() {
    let mut window = taught();
    window.type_query("tag:ball AND name:*-03*");
    assert!(window.has("ball-03.jpg") && !window.has("ball-04.jpg") && !window.has("bottle-03.jpg"));
    window.press(Key::Slash);
    window.type_into("Search", " OR");
    assert!(window.has_text("Nothing stands after the operator"));
    assert!(window.has("ball-03.jpg") && !window.has("ball-04.jpg"), "what was understood last stays in force");
    window.type_query("tag:bal");
    assert!(window.has_text("No tag is called “bal”") && window.has_text("Did you mean ball?"));
    window.type_query("");
    assert!(window.has("bottle-03.jpg"));
}

#[test]
fn completions_are_taken_with_tab() {
    let mut window = taught();
    window.press(Key::Slash);
    window.type_into("Search", "tag:bo");
    assert!(window.has_text("bottle Tag"), "the tag is offered");
    window.press(Key::Tab);
    assert!(window.has("bottle-03.jpg") && !window.has("ball-03.jpg"));
    // Below an empty line stands what a person knows, to be clicked.
    window.type_query("");
    assert!(window.has_text("tag:ball Tag") && !window.has_text("NOT operator"));
    window.click("Photos without a label has:no-labels");
    assert!(window.has("bottle-03.jpg") && !window.has("bottle-01.jpg"));
    window.type_query("NO");
    assert!(window.has_text("NOT operator"), "operators come once something is typed");
}

#[test]
fn a_filter_is_saved_under_a_name_and_asked_for_again() {
    let mut window = taught();
    window.type_query("tag:bottle");
    window.press_with(Modifiers::COMMAND, Key::S);
    window.type_into("Name of the filter", "all bottles");
    window.click("Save");
    window.type_query("");
    assert!(window.has("ball-03.jpg"));
    window.click("all bottles ");
    assert!(!window.has("ball-03.jpg") && window.has("bottle-03.jpg"));
}

#[test]
fn a_tag_is_renamed_merged_and_split() {
    let mut window = taught();
    window.click("ball 2 · 4");
    window.press(Key::E);
    assert!(window.has("Edit ball"));
    window.click("Tag name");
    window.type_into("Tag name", "s");
    window.click("Save");
    assert!(window.has_text("balls 2"), "renamed");

    window.press(Key::E);
    window.click("Merge…");
    assert!(window.has_text("its 2 labels move"));
    window.click("Merge into");
    window.click("bottle");
    window.click("Merge");
    assert_eq!(window.tags_of("ball-01.jpg"), ["bottle"]);
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.tags_of("ball-01.jpg"), ["balls"]);

    window.click("ball-01.jpg");
    window.press(Key::E);
    window.click("Split off 1 photo…");
    window.type_into("Name of the new tag", "globe");
    window.click("Split");
    assert_eq!(window.tags_of("ball-01.jpg"), ["globe"]);
    assert_eq!(window.tags_of("ball-02.jpg"), ["balls"]);
}

#[test]
fn a_name_that_is_nearly_there_is_warned_of() {
    let mut window = taught();
    window.click("ball-03.jpg");
    window.press(Key::T);
    window.type_into("Tag name", "Balls");
    assert!(window.has_text("There is a tag “ball” already"));
    window.click("Cancel");
}

#[test]
fn a_group_says_what_a_change_of_kind_takes() {
    let mut window = taught();
    window.click("Edit the group category");
    window.click("Any of: each tag fits or does not");
    assert!(window.has_text("Nothing is lost"));
    window.click("Make it any of");
    assert!(window.has_text("category, any of"));
}

#[test]
fn the_palette_finds_every_command_and_every_tag() {
    let mut window = taught();
    window.press_with(Modifiers::COMMAND, Key::K);
    window.type_into("Type a command or a tag", "settings");
    window.press(Key::Enter);
    assert!(window.has("Language"), "the settings are open");
    window.press(Key::Escape);
    window.press_with(Modifiers::COMMAND, Key::P);
    window.type_into("Type a command or a tag", "tag bottle");
    window.press(Key::Enter);
    assert!(window.has("Proposed 4") && window.has("bottle-03.jpg") && !window.has("ball-03.jpg"));
}

#[test]
fn thin_evidence_is_refused_with_a_number() {
    let mut window = taught();
    window.click("Auto-tag…");
    assert!(window.has_text("too few to promise") && window.has_text("more would do"));
    assert!(window.has("Tag 0 photos"));
    window.press(Key::Escape);
}

#[test]
fn accepting_everything_asks_first() {
    let mut window = taught();
    window.press_with(Modifiers::COMMAND, Key::K);
    window.type_into("Type a command or a tag", "accept what is proposed for all");
    window.press(Key::Enter);
    assert!(window.has_text("Accept what is proposed on 8 photos?"));
    window.press(Key::Enter);
    assert_eq!(window.workspace().labels().len(), 12);
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.workspace().labels().len(), 4);
}

#[test]
fn shots_of_a_product_stack_and_are_labelled_together() {
    let mut window = Window::with_demo(&["mugs"], 4);
    window.press(Key::S);
    assert!(
        window.has_text("1 products, 1 with several shots, 4 in the largest") || window.has_text("4 in the largest")
    );
    window.click("By name: SKU_1, SKU-2, SKU (3)");
    window.press(Key::Escape);
    assert!(window.has("mug-01.jpg") && !window.has("mug-02.jpg"), "one cell for all four");
    window.click("mug-01.jpg");
    window.set_tag("mug");
    assert_eq!(window.workspace().labels().len(), 4);
    assert!(window.has_text("4 shots of this product"));
}

#[test]
fn jobs_and_what_they_could_not_read_are_listed() {
    let folder = tempfile::TempDir::new().unwrap();
    let photos = folder.path().join("photos");
    crate::support::copy_demo(&photos, &["mugs"], 1);
    std::fs::write(photos.join("broken.jpg"), b"not a photo at all").unwrap();
    let mut window = Window::open(folder, Some(photos));
    window.wait("photos", |app| app.workspace().is_some_and(|w| w.is_idle() && w.listing().images.len() == 2));
    window.press(Key::J);
    assert!(window.has("Jobs") && window.has_text("broken.jpg"), "a line a file, not a dialog a file");
}

#[test]
fn the_language_is_switched_in_the_settings() {
    let mut window = Window::with_demo(&["mugs"], 1);
    window.click("Settings");
    window.harness.get_by_role_and_label(egui::Role::ComboBox, "Language").click();
    window.settle();
    window.click("简体中文");
    assert!(window.has("设置") && window.has_text("语言"));
    window.press(Key::Escape);
    let settings = std::fs::read_to_string(window.folder.path().join("own/config/settings.toml")).unwrap();
    assert!(settings.contains("zh-CN"), "it stays: {settings}");
}

#[test]
fn the_same_digit_takes_an_answer_back() {
    let mut window = taught();
    window.click("ball-03.jpg");
    window.press(Key::Num1);
    assert_eq!(window.tags_of("ball-03.jpg"), ["ball"]);
    window.click("ball-03.jpg");
    window.press(Key::Num1);
    assert!(window.tags_of("ball-03.jpg").is_empty());
}

#[test]
fn a_saved_filter_is_renamed_and_deleted_by_keys() {
    let mut window = taught();
    window.type_query("tag:bottle");
    window.press_with(Modifiers::COMMAND, Key::S);
    window.type_into("Name of the filter", "bottles");
    window.click("Save");
    assert!(window.has("Edit…"), "the way to it is seen");
    window.press_with(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::S);
    window.click("Name of bottles");
    window.type_into("Name of bottles", " to check");
    window.press(Key::Enter);
    let names = |window: &Window| -> Vec<String> {
        window.workspace().saved_filters().iter().map(|filter| filter.name.clone()).collect()
    };
    assert_eq!(names(&window), ["bottles to check"]);
    window.click("Delete bottles to check");
    assert!(names(&window).is_empty() && window.has_text("Nothing is saved yet"));
    window.press(Key::Escape);
    window.press_with(Modifiers::COMMAND, Key::Z);
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert_eq!(names(&window), ["bottles"]);
}

#[test]
fn arrows_mark_a_known_tag_and_enter_takes_it() {
    let mut window = taught();
    window.click("ball-03.jpg");
    window.press(Key::T);
    window.press(Key::ArrowDown);
    window.press(Key::ArrowDown);
    window.press(Key::ArrowUp);
    window.press(Key::ArrowDown);
    window.press(Key::Enter);
    assert_eq!(window.tags_of("ball-03.jpg"), ["bottle"], "the second one of the list");
    // What is typed counts as soon as nothing is marked any more.
    window.click("ball-04.jpg");
    window.press(Key::T);
    window.press(Key::ArrowDown);
    window.press(Key::ArrowUp);
    window.type_into("Tag name", "globe");
    window.press(Key::Enter);
    assert_eq!(window.tags_of("ball-04.jpg"), ["globe"]);
}

#[test]
fn moving_a_tag_to_another_group_says_what_it_takes_first() {
    let mut window = taught();
    window.click("ball-01.jpg");
    window.press(Key::T);
    window.type_into("Tag name", "red");
    window.click("Group");
    window.click("New group…");
    window.click("Group name");
    window.type_into("Group name", "colour");
    window.click("Make tag");
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.workspace().vocabulary().groups.len(), 1, "group and tag were one step");
    window.press_with(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
    assert_eq!(window.tags_of("ball-01.jpg"), ["ball", "red"]);

    window.click("ball 2 · 4");
    window.press(Key::E);
    window.harness.get_by_role_and_label(egui::Role::ComboBox, "Group").click();
    window.settle();
    window.click("colour, one of");
    assert!(window.has_text("ball moves to colour with 1 label") && window.has_text("1 more label is lost"));
    window.click("Move");
    assert_eq!(window.tags_of("ball-01.jpg"), ["red"]);
    assert_eq!(window.tags_of("ball-02.jpg"), ["ball"]);
    window.press_with(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.tags_of("ball-01.jpg"), ["ball", "red"]);
}

#[test]
fn a_photo_says_its_name_what_is_known_and_how_it_stands() {
    let mut window = taught();
    assert!(window.has("ball-01.jpg, ball, Reviewed"));
    assert!(window.has_text("ball-03.jpg, ball proposed at ") && window.has_text(" %, To review"));
    window.click("ball-03.jpg");
    window.press(Key::X);
    assert!(window.has_text("ball-03.jpg, Not ball, bottle proposed at"));
}

#[test]
fn a_key_right_after_a_change_of_what_is_shown_acts_on_what_is_shown_then() {
    let mut window = taught();
    // By name the bottles come last, in sections they come first.
    window.click("bottle-01.jpg");
    window.press(Key::E);
    window.click("Move up");
    window.press(Key::Escape);
    let press =
        |key| egui::Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE };
    // Both in one frame: group by tag, then go to the last photo.
    window.harness.input_mut().events.extend([press(Key::G), press(Key::End)]);
    window.settle();
    window.press(Key::Num2);
    let named = |window: &Window, tag: &str| -> Vec<String> {
        let names = window.workspace().listing().images.iter().map(|image| image.name().to_owned());
        names.filter(|name| window.tags_of(name) == [tag]).collect()
    };
    assert!(named(&window, "bottle").contains(&"ball-06.jpg".to_owned()), "the last one of the last section");
}
