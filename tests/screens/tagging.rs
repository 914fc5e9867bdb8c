//! Proposals, corrections, undo, filters and selections in the Tag screen.

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};

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
fn before_there_is_a_head_the_key_that_accepts_keeps_what_was_said() {
    let mut window = Window::with_demo(&["mugs"], 2);
    window.press(Key::A);
    assert!(window.has("Select a photo first"));
    window.click("mug-01.jpg");
    window.set_tag("cup");
    window.click("mug-01.jpg");
    window.press(Key::A);
    assert_eq!(window.tags_of("mug-01.jpg"), ["cup"], "no everyday word takes its place");
    window.press(Key::A);
    assert_eq!(window.tags_of("mug-02.jpg").len(), 1, "the next photo gets one");
    // With nothing left to say, focus mode tells so.
    window.press(Key::F);
    assert!(window.has("Everything shown here is reviewed."));
    window.press(Key::A);
    assert!(window.has_text("No other photo shown is left to review"));
    window.press(Key::Escape);
    assert!(window.has("mug-01.jpg, cup, Reviewed"), "the grid is back");
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
    // The first Escape sends away what is offered, the second one empties the line.
    window.press(Key::Escape);
    assert!(!window.has("ball-01.jpg"));
    window.press(Key::Escape);
    assert!(window.has("ball-01.jpg"));
    for way_out in ["Clear search", "All 6"] {
        window.type_query("name:no-such-photo");
        assert!(window.has_text("No photo of this name"));
        window.click(way_out);
        assert!(window.has("ball-01.jpg") && window.has("bottle-01.jpg"), "{way_out}");
    }
}

#[test]
fn a_new_group_takes_any_number_of_tags() {
    let mut window = Window::with_demo(&["vases"], 2);
    window.click("vase-01.jpg");
    window.press(Key::T);
    window.type_into("Tag name", "striped");
    window.click("Group");
    window.click("New group…");
    window.click("Group name");
    window.type_into("Group name", "pattern");
    window.click("Any of: each tag fits or does not");
    window.click("Make tag");
    assert_eq!(window.tags_of("vase-01.jpg"), ["striped"]);
    let group = &window.workspace().vocabulary().groups[0];
    assert_eq!((group.name.as_str(), group.kind.as_str()), ("pattern", "any of"));
}

#[test]
fn enter_makes_a_tag_or_leaves_the_keys_where_something_is_missing() {
    let mut window = Window::with_demo(&["vases"], 2);
    window.click("vase-01.jpg");
    window.press(Key::T);
    window.type_into("Tag name", "striped");
    window.click("Group");
    window.click("New group…");
    // The field of its name has the keys already, and keeps them.
    window.press(Key::Enter);
    window.type_into("Group name", "pattern");
    window.press(Key::Enter);
    assert_eq!(window.tags_of("vase-01.jpg"), ["striped"]);
    assert_eq!(window.workspace().vocabulary().groups[0].name, "pattern");
    let long = "l".repeat(100);
    window.press(Key::T);
    window.type_into("Tag name", &format!("{long}o"));
    window.press(Key::Enter);
    assert!(window.has_text("at most 100 characters"));
    window.press(Key::Backspace);
    window.press(Key::Enter);
    assert_eq!(window.tags_of("vase-01.jpg"), [long]);
}

#[test]
fn a_list_in_a_dialog_unfolds_in_front_of_it_each_time() {
    let mut window = taught();
    let press_at_once = |window: &mut Window, role: Role, label: &'static str| {
        let pos = window.harness.get_by_role_and_label(role, label).rect().center();
        let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
        let pressed = |pressed| egui::Event::PointerButton { pos, button, pressed, modifiers };
        // Within one frame, as a touchpad may do it.
        window.harness.input_mut().events.extend([egui::Event::PointerMoved(pos), pressed(true), pressed(false)]);
        window.settle();
    };
    for _ in 0..2 {
        window.press(Key::N);
        for _ in 0..2 {
            for (item, is_new) in [("New group…", true), ("category, one of", false)] {
                press_at_once(&mut window, Role::ComboBox, "Group");
                press_at_once(&mut window, Role::Button, item);
                assert_eq!(window.has("Group name"), is_new, "the list was clicked, and not what is behind it");
            }
            press_at_once(&mut window, Role::TextInput, "Tag name");
        }
        window.press(Key::Escape);
        assert!(!window.has("Tag name"));
    }
}

#[test]
fn the_tooltip_of_what_lies_behind_a_dialog_is_not_shown_over_it() {
    let mut window = Window::with_demo(&["mugs"], 1);
    let place = window.bounds("Open…").center();
    window.harness.hover_at(place);
    window.settle();
    assert!(window.has("Another folder of photos"));
    // The pointer stays where it is.
    window.press_with(Modifiers::COMMAND, Key::K);
    assert!(window.has("Type a command or a tag") && !window.has("Another folder of photos"));
}

#[test]
fn the_palette_is_as_high_after_a_search_as_it_was_before() {
    let mut window = Window::with_demo(&["vases"], 1);
    window.press_with(Modifiers::COMMAND, Key::K);
    window.type_into("Type a command or a tag", "about");
    window.press_with(Modifiers::COMMAND, Key::A);
    window.press(Key::Backspace);
    // The sixth of the list, which can be clicked only where it can be seen.
    window.harness.query_all_by_label_contains("Make a new tag").next().expect("it is offered").click();
    window.settle();
    assert!(window.has("Tag name"));
}

#[test]
fn the_keys_are_listed_on_f1() {
    let mut window = Window::with_demo(&["mugs"], 1);
    window.press(Key::F1);
    assert!(window.has("Accept what is proposed") && window.has("Redo"));
    window.press(Key::Escape);
    assert!(!window.has("Accept what is proposed"));
}

/// What can be clicked, with its place.
fn controls(window: &Window) -> Vec<(String, egui::Rect)> {
    let roles = [Role::Button, Role::RadioButton, Role::TextInput, Role::ComboBox];
    let nodes = roles.into_iter().flat_map(|role| window.harness.query_all_by_role(role));
    nodes.map(|node| (format!("{:?}", node.accesskit_node().label()), node.rect())).collect()
}

#[test]
fn in_the_smallest_window_that_is_allowed_everything_has_a_place_of_its_own() {
    let mut window = taught();
    let wide = window.bounds("ball-01.jpg").left();
    window.click("ball-04.jpg");
    for (width, height, has_inspector) in [(900.0, 600.0, true), (720.0, 480.0, false)] {
        window.harness.set_size(egui::vec2(width, height));
        window.settle();
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(width, height));
        let bar: Vec<_> = controls(&window).into_iter().filter(|(_, rect)| rect.bottom() <= 48.0).collect();
        assert!(bar.len() >= 9, "{bar:?}");
        for (index, (name, rect)) in bar.iter().enumerate() {
            assert!(screen.contains_rect(*rect), "{name} is cut off at {width}: {rect:?}");
            for (other, other_rect) in &bar[index + 1..] {
                assert!(!rect.shrink(1.0).intersects(*other_rect), "{name} and {other} at {width}: {bar:?}");
            }
        }
        let [first, second, third] = ["01", "02", "03"].map(|n| window.bounds(&format!("ball-{n}.jpg")));
        assert!(window.bounds("All 10").right() <= first.left(), "the filters are beside the photos");
        let are_beside = first.right() < second.left() && (first.top() - second.top()).abs() < 1.0;
        assert!(are_beside && third.top() > first.bottom(), "{first:?} {second:?} {third:?}");
        assert_eq!(window.has("Photo ball-04.jpg"), has_inspector);
        if has_inspector {
            assert!(window.bounds("Photo ball-04.jpg").left() > second.right());
        } else {
            assert!(second.right() <= width);
        }
    }
    // One photo large is a key away.
    window.press(Key::F);
    assert!(window.has("Photo ball-04.jpg"));
    window.press(Key::Escape);
    // In a wide window everything is as wide as it was.
    window.harness.set_size(egui::vec2(1440.0, 960.0));
    window.settle();
    assert!((window.bounds("ball-01.jpg").left() - wide).abs() < 1.0);
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
