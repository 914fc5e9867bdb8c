//! The Train stage: what is learnt from, versions kept, used, compared and gone back from, and mistakes looked at again.

use egui::{Key, Modifiers, Role, ViewportCommand, ViewportEvent, ViewportId, vec2};
use egui_kittest::kittest::Queryable;
use hangtag::app::{App, Language, speak};
use hangtag::catalogue::ImageId;
use hangtag::workspace::{Answer, Opening, Places, Stop, TrainingOutcome, Workspace};
use tempfile::TempDir;

use crate::support::{Window, copy_demo};

fn has_versions(count: usize) -> impl Fn(&App) -> bool {
    move |app| app.workspace().is_some_and(|open| open.is_idle() && open.versions().len() == count)
}

#[test]
fn what_is_learnt_from_is_counted_and_too_few_are_warned_of() {
    let mut window = Window::taught();
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
    let mut window = Window::taught();
    window.click("Train");
    assert!(window.has_text("No version yet"));
    window.click("Keep as a version");
    window.wait("the version", has_versions(1));
    assert!(window.has_text("Version 1 right "), "with honest figures");
    window.click("Use version 1");
    window.wait("the version to be used", |app| {
        app.workspace().is_some_and(|open| open.is_idle() && open.version_in_use() == Some(1))
    });
    assert!(window.has_text("Version 1 is in use") && window.has("Go back to what Hangtag knows now"));
    window.click("Rename");
    window.click("Name of the version");
    window.type_into("Name of the version", ", spring");
    window.press(Key::Enter);
    assert!(window.has_text("Version 1, version 1, spring"));
    window.click("Go back to what Hangtag knows now");
    window.wait("what was before", |app| {
        app.workspace().is_some_and(|open| open.is_idle() && open.version_in_use().is_none())
    });
    window.click("Delete");
    assert!(window.has_text("Delete version 1?"), "it asks first");
    window.press(Key::Enter);
    assert!(window.workspace().versions().is_empty());
    window.click("Keep as a version");
    window.wait("the next version", has_versions(1));
    assert_eq!(window.workspace().versions()[0].number, 2, "a number is given once");
}

#[test]
fn two_versions_are_compared_and_what_changes_is_shown() {
    let mut window = Window::taught();
    window.click("Train");
    window.click("Keep as a version");
    window.wait("the version", has_versions(1));
    // A photo is said to be something else, and everything like it changes.
    window.click("Tag");
    for photo in ["ball-05.jpg", "ball-06.jpg", "bottle-05.jpg"] {
        window.click(photo);
        window.set_tag("toy");
    }
    window.click("Train");
    window.click("Keep as a version");
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
    let mut window = Window::taught();
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
    assert!(window.has_text("it was taken for ball, "), "what was said of it stands beside it");
    // So do the squares, and the photos that were mistaken with most certainty.
    let group = window.workspace().vocabulary().groups[0].id;
    let found = window.workspace().confusions(group).unwrap().clone();
    window.click("Train");
    window.click(&format!("{mistaken}: 1"));
    assert!(window.has("ball-05.jpg") && !window.has("ball-01.jpg") && window.has(mistaken));
    window.click("Train");
    window.click(&format!("ball that was recognised: {}", found.count(0, 0)));
    assert!(window.has("ball that was recognised"));
    for image in &window.workspace().listing().images {
        let is_shown = window.has(image.name());
        assert_eq!(is_shown, found.images(0, 0).contains(&image.id), "{}", image.name());
    }
    window.click("Train");
    click_below(&mut window, &format!("ball-05.jpg: {mistaken}"));
    assert!(window.has("Mistakes") && window.has("ball-05.jpg") && window.has_text("it was taken for ball, "));
    window.click("Train");
    let all = found.mistakes().len();
    click_below(&mut window, &if all == 1 { "See 1 mistake".to_owned() } else { format!("See all {all} mistakes") });
    assert!(window.has("Mistakes") && window.has("ball-05.jpg"));
    window.click("ball-05.jpg");
    window.set_tag("ball");
    assert_eq!(window.tags_of("ball-05.jpg"), ["ball"]);
}

/// Presses what lies below what can be seen.
fn click_below(window: &mut Window, label: &str) {
    window.harness.get_by_label(label).click_accesskit();
    window.settle();
}

#[test]
fn of_many_tags_those_with_the_most_mistakes_are_drawn_and_every_pair_is_listed() {
    let folder = TempDir::new().unwrap();
    let (photos, catalogue) = (folder.path().join("photos"), folder.path().join("work.hangtag"));
    copy_demo(&photos, &["balls", "bottles", "bowls"], 8);
    let places = Places::below(&folder.path().join("own"));
    let mut workspace = Workspace::open(Opening::quiet(Some(&catalogue), places)).unwrap();
    workspace.start_import(&photos);
    workspace.wait(&mut |_| true);
    // Most tags on a single photo, so that nearly all are mistaken.
    let images: Vec<_> = workspace.listing().images.iter().map(|image| image.id).collect();
    for (index, image) in images.into_iter().enumerate() {
        workspace.answer_in(image, "category", &format!("tag {}", index % 20), Answer::Yes).unwrap();
    }
    drop(workspace);
    let mut window = Window::open(folder, Some(catalogue));
    window.wait("the catalogue", |app| app.workspace().is_some_and(Workspace::is_idle));
    window.press_with(Modifiers::COMMAND, Key::Num2);
    // Those with the fewest labels come first, so that what is done next stays in sight.
    assert!(window.has("tag 4 1") && !window.has("tag 0 2") && window.bounds("Start").bottom() < 960.0);
    window.click("All 20 tags");
    assert!(window.has("tag 0 2"));
    click_below(&mut window, "Only those with the fewest labels");
    assert!(!window.has("tag 0 2"));
    click_below(&mut window, "Find the mistakes");
    let group = window.workspace().vocabulary().groups[0].id;
    window.wait("the mistakes", |app| app.workspace().is_some_and(|open| open.confusions(group).is_some()));
    assert!(!window.has_text("with the most mistakes"), "there is room for all");
    let found = window.workspace().confusions(group).unwrap().clone();
    let worst = found.worst();
    let vocabulary = window.workspace().vocabulary().clone();
    let row_of = |(truth, said): (usize, usize)| {
        let name = |answer: usize| vocabulary.tag(found.answers[answer].0).unwrap().name.clone();
        format!("{} taken for {} {}", name(truth), name(said), found.count(truth, said))
    };
    assert!(worst.len() > 9, "{worst:?}");
    let last = row_of(worst[worst.len() - 1]);
    assert!(window.has(&row_of(worst[0])) && !window.has(&last));
    click_below(&mut window, &format!("{} more pairs", worst.len() - 8));
    assert!(window.has(&last) && !window.has_text("more pair"), "now all are listed");
    // Where squares of all would be too small, they are those of the tags that are mistaken most.
    window.harness.set_size(vec2(720.0, 960.0));
    window.settle();
    assert!(window.has_text("of 20 tags with the most mistakes") && window.has(&last));
    window.harness.set_size(vec2(1440.0, 960.0));
    window.settle();
    click_below(&mut window, &last);
    let (truth, said) = worst[worst.len() - 1];
    let listing = window.workspace().listing().clone();
    let is_shown = |image: ImageId| listing.images.iter().any(|row| row.id == image && window.has(row.name()));
    assert!(found.images(truth, said).iter().all(|image| is_shown(*image)), "its photos are shown");
}

/// A window with enough labelled photos for a training of the heads alone, which takes no time to speak of.
fn ready_to_train() -> Window {
    let mut window = Window::with_demo(&["balls", "bowls"], 9);
    for tag in ["ball", "bowl"] {
        window.type_query(&format!("name:{tag}*"));
        window.press(Key::Escape);
        window.click(&format!("{tag}-01.jpg"));
        window.press_with(Modifiers::COMMAND, Key::A);
        window.set_tag(tag);
    }
    window.type_query("");
    window.click("Train");
    window.click("Expert settings");
    window.harness.get_by_role_and_label(Role::ComboBox, "What is trained").click();
    window.settle();
    window.click("the heads alone");
    window
}

/// Sets a number of the expert settings.
fn set_number(window: &mut Window, name: &str, number: usize) {
    window.harness.get_by_role_and_label(Role::SpinButton, name).set_value_accesskit(number as f64);
    window.settle();
}

/// Starts a training that lasts long enough to be stopped, and waits for its first epochs.
fn start_long_training(window: &mut Window) {
    set_number(window, "Epochs", 10_000);
    set_number(window, "Patience, in epochs", 10_000);
    window.harness.get_by_label("Start").click();
    window.wait_busy("the first epochs", |window| {
        window.workspace().training().is_some_and(|training| training.epochs.len() >= 2)
    });
}

/// Clicks while something runs.
fn click_busy(window: &mut Window, label: &str) {
    window.harness.get_by_label(label).click();
    // What was clicked, what it asks for, and a dialog that is measured before it is seen.
    (0..4).for_each(|_| window.harness.step());
}

#[test]
fn a_training_runs_beside_the_tagging_and_becomes_a_version() {
    let mut window = ready_to_train();
    window.click("Start");
    window.wait("the training", |app| {
        let training = app.workspace().and_then(|open| open.training());
        training.is_some_and(|training| training.outcome.is_some())
    });
    assert!(window.has("Run 1") && window.has("Macro F1, held out"), "curves");
    assert!(window.has_text("photos that nothing was learnt from"), "honest figures");
    assert_eq!(window.workspace().versions().len(), 1);
    assert!(window.has("Runs") && window.has("run 1"), "the run is listed");
    assert!(window.has("On photos it learnt nothing from"), "what the version takes for what");
    window.click("Start");
    window.wait("the second training", |app| app.workspace().is_some_and(|open| open.versions().len() == 2));
    for run in ["run 1", "run 2"] {
        // The list lies below what can be seen.
        window.harness.get_by_role_and_label(Role::CheckBox, run).click_accesskit();
        window.settle();
    }
    assert!(window.has("Side by side") && window.has("Photos a second"), "runs are compared");
    let runs = window.workspace().runs().unwrap();
    let machine = window.workspace().run_machine(&runs[0]).expect("it is written down");
    assert!(window.has("Precision used") && window.has(&machine.precision), "{machine:?}");
    assert!(window.has("Ran on") && window.has(&machine.cpu), "{machine:?}");
    assert!(window.has("Find rates first") && window.has("no"));
    let outcome: TrainingOutcome = serde_json::from_str(runs[0].outcome.as_deref().unwrap()).unwrap();
    let loss = format!("{:.4}", outcome.best.validation_loss);
    assert!(window.has("Loss, held out") && window.has(&loss), "{loss}");
    assert!(window.has("Tag group") && window.has("all"));
}

/// Clicks the cross of the window.
fn click_cross(window: &mut Window) {
    let root = window.harness.input_mut().viewports.entry(ViewportId::ROOT).or_default();
    root.events.push(ViewportEvent::Close);
    (0..4).for_each(|_| window.harness.step());
}

#[test]
fn a_window_that_is_to_close_lets_a_training_finish_first() {
    let mut window = ready_to_train();
    start_long_training(&mut window);
    click_cross(&mut window);
    click_busy(&mut window, "Let it finish first");
    let closes = |window: &Window| {
        let viewports = window.harness.output().viewport_output.values();
        viewports.flat_map(|viewport| &viewport.commands).any(|command| *command == ViewportCommand::Close)
    };
    assert!(window.has_text("It is done once the training is over") && window.workspace().is_training());
    assert!(!closes(&window));
    // It would go on for minutes.
    window.workspace().stop_training(Stop::KeepBest);
    window.wait_busy("the window to be closed", closes);
    assert_eq!(window.workspace().versions().len(), 1, "what it came to is kept");
}

#[test]
fn a_training_is_paused_by_leaving_and_gone_on_with_later() {
    let mut window = ready_to_train();
    start_long_training(&mut window);
    click_cross(&mut window);
    assert!(window.has("Close Hangtag? A training is under way"), "the window asks before it closes");
    click_busy(&mut window, "Go on training");
    assert!(window.workspace().is_training());
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::W);
    (0..4).for_each(|_| window.harness.step());
    click_busy(&mut window, "Pause, and go on later");
    window.wait_busy("the catalogue to be closed", |window| window.harness.state().workspace().is_none());
    let Window { harness, folder } = window;
    drop(harness);
    let photos = folder.path().join("photos");
    let mut window = Window::open(folder, Some(photos));
    window.wait("the catalogue", |app| app.workspace().is_some_and(Workspace::is_idle));
    assert!(window.has_text("Run 1 was not finished"), "it is told");
    window.click("Train");
    assert!(window.has("run 1") && window.has("paused"));
    window.harness.get_by_label("Go on with run 1").click();
    let num_epochs = |window: &Window| window.workspace().training().map(|run| run.epochs.len());
    window.wait_busy("the run to be there again", |window| num_epochs(window).is_some());
    let before = num_epochs(&window);
    window.wait_busy("more epochs", |window| num_epochs(window) > before);
    click_busy(&mut window, "Stop…");
    click_busy(&mut window, "Stop, and keep the best so far");
    window.settle();
    assert_eq!(window.workspace().versions().len(), 1, "the best so far");
    assert!(window.workspace().version_in_use().is_none(), "but not put to use");
    window.click("Export");
    assert!(window.has("Hand over") && !window.has_text("Hand over version"), "it is not what is known now");
}

#[test]
fn a_paused_training_loses_nothing_and_waits_behind_another_one() {
    let mut window = ready_to_train();
    start_long_training(&mut window);
    click_busy(&mut window, "Pause");
    window.settle();
    assert!(window.has("Run 1 is paused") && window.has("Go on with run 1"));
    window.press(Key::J);
    let times = |window: &Window, words: &str| window.harness.query_all_by_label(words).count();
    assert_eq!(times(&window, "Run 1 is paused"), 2, "the list of jobs says it as the status bar does");
    assert!(!window.has("cancelled"));
    speak(Language::SimplifiedChinese);
    window.settle();
    assert_eq!(times(&window, "训练 1 已暂停"), 2);
    speak(Language::English);
    window.press(Key::Escape);
    let has_begun = |run: i64| {
        move |window: &Window| {
            let training = window.workspace().training();
            training.is_some_and(|training| training.run == run && training.epochs.len() >= 2)
        }
    };
    window.harness.get_by_label("Start a new run").click();
    window.wait_busy("another run", has_begun(2));
    window.workspace().stop_training(Stop::Discard);
    window.settle();
    assert!(window.has("Start") && window.has("Go on with run 1"));
    // As if it had been one in f16.
    let epochs = window.workspace().data_folder().join("runs/1").unwrap().join("epochs.jsonl");
    let lines = std::fs::read_to_string(&epochs).unwrap();
    std::fs::write(&epochs, lines.replacen('}', r#","skipped_steps":3}"#, 1)).unwrap();
    // So does its row in the list of runs.
    window.harness.get_by_label("Go on").click_accesskit();
    window.wait_busy("the run that was paused", has_begun(1));
    assert!(window.has_text("3 steps were skipped") && window.has_text(" left"), "how long the rest takes");
    assert!(window.has_text("Epoch ") && window.has_text(" of 10,000, "));
    window.workspace().stop_training(Stop::Discard);
    window.settle();
    assert!(!window.has("Go on with run 1") && !window.has("Go on"), "nothing waits any more");
}

#[test]
fn a_training_can_be_thrown_away() {
    let mut window = ready_to_train();
    start_long_training(&mut window);
    click_busy(&mut window, "Stop…");
    click_busy(&mut window, "Stop, and keep nothing");
    window.settle();
    assert!(window.workspace().versions().is_empty() && window.has("stopped") && window.has("Start"));

    // A question that a training stands in the way of answers itself once it is over.
    start_long_training(&mut window);
    window.wait_busy("the second training", |window| window.workspace().is_training());
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::W);
    (0..4).for_each(|_| window.harness.step());
    assert!(window.has("A training is under way") && window.workspace().is_training());
    window.workspace().stop_training(Stop::Discard);
    window.wait_busy("the catalogue to be closed", |window| window.harness.state().workspace().is_none());
}
