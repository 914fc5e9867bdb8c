//! What the Train stage draws of figures: curves, and where a tag that any number of photos may have was seen and missed.

use std::fs;
use std::path::{Path, PathBuf};

use egui::{Key, Modifiers, Pos2, Role, Shape, pos2};
use egui_kittest::kittest::Queryable;
use hangtag::catalogue::{Catalogue, GroupId, GroupKind, RunState};
use hangtag::vision::Unfreeze;
use hangtag::workspace::{Answer, Confusions, DataFolder, EpochFigures, Opening, Places, TrainSettings, Workspace};
use tempfile::TempDir;

use crate::support::{Window, copy_demo};

/// What four epochs brought.
type Four = [f64; 4];

/// Keeps a run that is over. On photos that were held out its losses are the squares of these.
fn keep_run(catalogue: &Path, losses: Four, macro_f1: Four) {
    let mut open = Catalogue::open(catalogue).unwrap();
    let run = open.start_run("{}").unwrap();
    open.set_run(run.number, RunState::Done, None, None).unwrap();
    let folder = DataFolder::of(catalogue).join(&run.folder).unwrap();
    fs::create_dir_all(&folder).unwrap();
    let lines = losses.into_iter().zip(macro_f1).zip(1..).map(|((train_loss, macro_f1), epoch)| {
        let validation_loss = train_loss * train_loss;
        let figures = EpochFigures { epoch, train_loss, validation_loss, macro_f1, ..EpochFigures::default() };
        serde_json::to_string(&figures).unwrap() + "\n"
    });
    fs::write(folder.join("epochs.jsonl"), lines.collect::<String>()).unwrap();
}

/// Whether what was drawn last has a line through these values, at whatever scale.
fn draws(window: &Window, values: Four) -> bool {
    window.harness.output().shapes.iter().any(|drawn| match &drawn.shape {
        Shape::Path(path) => <&[Pos2; 4]>::try_from(path.points.as_slice()).is_ok_and(|line| follows(line, values)),
        _ => false,
    })
}

/// Whether the points lie at even distances, each as high as its value.
fn follows(points: &[Pos2; 4], values: Four) -> bool {
    let [first, .., last] = *points;
    let (step, unit) = ((last.x - first.x) / 3.0, f64::from(last.y - first.y) / (values[3] - values[0]));
    let place = |index: usize| {
        let below = unit * (values[index] - values[0]);
        pos2(first.x + step * index as f32, first.y + below as f32)
    };
    // On a screen what is higher has the lower number.
    step > 1.0 && unit < 0.0 && (0..4).all(|index| place(index).distance(points[index]) < 0.5)
}

#[test]
fn curves_are_drawn_as_the_epochs_went_and_laid_over_those_of_the_last_run() {
    let folder = TempDir::new().unwrap();
    let catalogue = folder.path().join("work.hangtag");
    let (earlier_losses, earlier_f1) = ([1.2, 0.4, 0.6, 0.2], [0.2, 0.5, 0.3, 0.35]);
    let (losses, f1) = ([0.9, 0.5, 0.35, 0.3], [0.4, 0.7, 0.6, 0.8]);
    keep_run(&catalogue, earlier_losses, earlier_f1);
    keep_run(&catalogue, losses, f1);
    let mut window = Window::open(folder, Some(catalogue));
    window.wait("the catalogue", |app| app.workspace().is_some_and(Workspace::is_idle));
    window.press_with(Modifiers::COMMAND, Key::Num2);
    assert!(window.has("Run 2") && draws(&window, losses) && draws(&window, f1));
    assert!(!draws(&window, earlier_f1), "it is not asked for");
    window.harness.get_by_role_and_label(Role::CheckBox, "run 1").click_accesskit();
    window.settle();
    assert!(draws(&window, earlier_f1) && draws(&window, earlier_losses.map(|loss| loss * loss)));
    assert!(draws(&window, losses) && draws(&window, f1), "the others stay");
}

/// A catalogue with so many balls and bottles, of each of which it is known whether it has a cap.
fn with_caps(folder: &TempDir, count: usize) -> (PathBuf, Workspace, GroupId) {
    let (photos, catalogue) = (folder.path().join("photos"), folder.path().join("work.hangtag"));
    copy_demo(&photos, &["balls", "bottles"], count);
    let places = Places::below(&folder.path().join("own"));
    let mut workspace = Workspace::open(Opening::quiet(Some(&catalogue), places)).unwrap();
    workspace.start_import(&photos);
    workspace.wait(&mut |_| true);
    let group = workspace.add_group("parts", GroupKind::AnyOf).unwrap();
    workspace.add_tag(Some(group), "cap").unwrap();
    let cap = workspace.vocabulary().tag_named(group, "cap").unwrap().id;
    for row in &workspace.listing().clone().images {
        // With a slip of the finger.
        let has_cap = row.name().starts_with("bottle") || row.name() == "ball-01.jpg";
        workspace.answer(&[row.id], cap, if has_cap { Answer::Yes } else { Answer::No }).unwrap();
    }
    (catalogue, workspace, group)
}

/// Opens the catalogue at the Train stage.
fn train_stage(folder: TempDir, catalogue: PathBuf) -> Window {
    let mut window = Window::open(folder, Some(catalogue));
    window.wait("the catalogue", |app| app.workspace().is_some_and(Workspace::is_idle));
    window.press_with(Modifiers::COMMAND, Key::Num2);
    window
}

/// Fails unless the table says where the cap was seen and missed.
fn expect_table(window: &Window, found: &Confusions) {
    for heading in ["recognised", "missed", "seen wrongly", "rightly not seen"] {
        assert!(window.has(heading), "{heading}");
    }
    for (truth, said, words) in [
        (0, 0, "cap that was recognised"),
        (0, 1, "cap taken for Not cap"),
        (1, 0, "Not cap taken for cap"),
        (1, 1, "Not cap that was recognised"),
    ] {
        let cell = format!("{words}: {}", found.count(truth, said));
        assert!(window.has(&cell), "{cell}");
    }
}

#[test]
fn a_tag_of_an_any_of_group_is_counted_where_it_is_seen_and_missed() {
    let folder = TempDir::new().unwrap();
    let (catalogue, workspace, group) = with_caps(&folder, 6);
    drop(workspace);
    let mut window = train_stage(folder, catalogue);
    window.harness.get_by_label("Find the mistakes").click_accesskit();
    window.wait("the mistakes", |app| app.workspace().is_some_and(|open| open.confusions(group).is_some()));
    let found = window.workspace().confusions(group).unwrap().clone();
    expect_table(&window, &found);
    let missed = found.images(0, 1);
    window.harness.get_by_label(&format!("cap taken for Not cap: {}", missed.len())).click_accesskit();
    window.settle();
    let shown = window.workspace().listing().clone();
    let shown = shown.images.iter().filter(|row| window.has(row.name()));
    let shown: Vec<_> = shown.map(|row| row.id).collect();
    assert!(!missed.is_empty() && shown.len() == missed.len(), "{shown:?}");
    assert!(window.has("ball-01.jpg") && window.has("cap taken for Not cap"));
}

#[test]
fn what_a_training_learnt_of_an_any_of_group_is_shown_tag_by_tag() {
    let folder = TempDir::new().unwrap();
    let (catalogue, mut workspace, group) = with_caps(&folder, 9);
    let mut settings = TrainSettings { unfreeze: Unfreeze::Head, ..TrainSettings::default() };
    settings.recipe.epochs = 1;
    workspace.start_training(settings, None).unwrap();
    workspace.wait(&mut |_| true);
    let version = &workspace.versions()[0];
    let found = workspace.confusions_of(version, group).expect("the run kept its answers");
    assert_eq!(version.measured(group).map(|measured| measured.metrics.images), Some(found.num_photos));
    drop(workspace);
    let window = train_stage(folder, catalogue);
    assert!(window.has("On photos it learnt nothing from") && window.has_text("Mean average precision over the tags"));
    expect_table(&window, &found);
}
