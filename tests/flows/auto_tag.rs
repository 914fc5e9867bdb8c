//! The promise "apply what is at least 97 % right": refused on thin evidence, kept to what was promised, taken back as one step.

use hangtag::catalogue::{GroupId, ImageId, LabelSource};
use hangtag::workspace::{AutoTagPlan, Workspace};

use crate::support::{Desk, answers, images_below, keys, lay_demo, settle, state, text};

const KINDS: [&str; 3] = ["mugs", "bowls", "lamps"];

/// Less than a shop would ask for: it is what so few photos can bear out.
const MODEST: f64 = 0.5;

/// Eight photos of three kinds, of which `labelled` of each kind have a label.
fn labelled_desk(labelled: usize) -> (Desk, Workspace) {
    let desk = Desk::new();
    KINDS.iter().for_each(|kind| lay_demo(&desk.photos(), kind, 8));
    let mut workspace = desk.open_looking();
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    for kind in KINDS {
        let photos = images_below(workspace.listing(), &format!("{kind}/"));
        workspace.answer_by_name(&photos[..labelled], None, kind).unwrap();
    }
    settle(&mut workspace);
    (desk, workspace)
}

fn group(workspace: &Workspace) -> GroupId {
    workspace.vocabulary().groups[0].id
}

fn checked(workspace: &mut Workspace, precision: f64) -> AutoTagPlan {
    let group = group(workspace);
    workspace.start_auto_tag_check(group);
    settle(workspace);
    workspace.auto_tag_plan(group, None, precision).expect("the group was checked")
}

fn by_rule(workspace: &Workspace) -> Vec<ImageId> {
    let labels = workspace.labels().iter().filter(|(.., label)| label.source == LabelSource::Rule);
    labels.map(|(image, ..)| image).collect()
}

#[test]
fn thin_evidence_is_refused_with_a_number() {
    let (_desk, mut workspace) = labelled_desk(5);
    assert_eq!(workspace.auto_tag_plan(group(&workspace), None, MODEST), None, "nothing was checked yet");
    let plan = checked(&mut workspace, 0.97);
    let refused = plan.threshold.expect_err("fifteen labels do not prove 97 %");
    assert_eq!((refused.num_answers, plan.num_labels), (15, 15));
    assert!(refused.more > 80, "{refused:?}");
    assert_eq!((plan.settings.as_slice(), plan.num_left), ([].as_slice(), 9));
    let before = state(&workspace);
    assert_eq!(workspace.apply_plans(&[plan]).unwrap(), 0);
    assert_eq!(state(&workspace), before);

    // With nothing to learn from, that is said as well.
    let (_desk, mut workspace) = labelled_desk(1);
    let refused = checked(&mut workspace, 0.97).threshold.expect_err("there is no head");
    assert!(refused.num_answers == 0 && refused.more > 100, "{refused:?}");
}

#[test]
fn what_a_rule_set_is_marked_and_one_undo_takes_all_back() {
    let (_desk, mut workspace) = labelled_desk(6);
    let before = state(&workspace);
    let plan = checked(&mut workspace, MODEST);
    let threshold = plan.threshold.expect("eighteen labels bear that out");
    assert!(threshold.lower_bound >= MODEST && threshold.precision() >= threshold.lower_bound);
    assert!(!plan.settings.is_empty() && plan.settings.iter().all(|s| s.probability >= threshold.probability));
    assert_eq!(plan.settings.len() + plan.num_left, 6, "six are open");
    assert!(plan.minutes_saved() > 0.0);
    let sample = plan.sample(2, 1);
    assert_eq!((sample.len(), &sample), (2.min(plan.settings.len()), &plan.sample(2, 1)));
    assert!(sample.iter().all(|setting| plan.settings.contains(setting)));

    assert_eq!(workspace.apply_plans(std::slice::from_ref(&plan)).unwrap(), plan.settings.len());
    for setting in &plan.settings {
        let label = workspace.labels().get(setting.image, setting.tag).expect("it was set");
        let expected = (true, LabelSource::Rule, Some(setting.probability));
        assert_eq!((label.is_yes, label.source, label.probability), expected);
    }
    assert_eq!(by_rule(&workspace).len(), plan.settings.len());
    settle(&mut workspace);
    assert_eq!(workspace.heads().of(group(&workspace)).map(|head| head.num_photos), Some(18), "it teaches nothing");
    // What it did set is neither evidence nor open any more.
    let after = checked(&mut workspace, MODEST);
    assert_eq!((after.num_labels, after.num_left), (18, plan.num_left));

    workspace.undo().unwrap();
    assert_eq!(state(&workspace), before);
    workspace.redo().unwrap();
    assert_eq!(by_rule(&workspace).len(), plan.settings.len());
}

#[test]
fn a_new_label_makes_a_check_untrue_and_a_person_has_the_last_word() {
    let (_desk, mut workspace) = labelled_desk(6);
    let plan = checked(&mut workspace, MODEST);
    let decided = plan.settings[0];
    let other = KINDS.into_iter().find(|kind| {
        let tag = workspace.vocabulary().tag_named(plan.group, kind).expect("it is a tag");
        tag.id != decided.tag
    });
    workspace.answer_by_name(&[decided.image], None, other.expect("there are three")).unwrap();
    assert_eq!(workspace.auto_tag_plan(plan.group, None, MODEST), None, "there is a label more to learn from");
    let said = workspace.labels().of(decided.image).to_vec();
    assert_eq!(workspace.apply_plans(std::slice::from_ref(&plan)).unwrap(), plan.settings.len() - 1);
    assert_eq!(workspace.labels().of(decided.image), said, "it was decided meanwhile");
}

#[test]
fn the_command_does_the_same_and_a_dry_run_changes_nothing() {
    let (desk, workspace) = labelled_desk(6);
    let before = answers(&workspace);
    drop(workspace);
    let apply = |extra: &[&str]| {
        let mut command = desk.command(&[&"apply", &"--catalogue", &desk.catalogue()]);
        crate::support::Run::from(command.args(extra).output().unwrap())
    };
    let run = apply(&["--precision", "0.5", "--dry-run", "--json"]).expect(0);
    let planned = run.json()["groups"][0].clone();
    assert_eq!(keys(&planned), ["applied", "group", "labels", "left", "precision", "refused", "threshold"]);
    assert_eq!((text(&planned["group"]), &planned["labels"]), ("category", &18.into()));
    assert!(planned["applied"].as_u64().is_some_and(|applied| applied > 0) && planned["refused"].is_null());
    assert_eq!(answers(&desk.open()), before);

    let run = apply(&["--precision", "0.97", "--json"]).expect(1).complains_of(&["97", "labels"]);
    assert!(text(&run.json()["groups"][0]["refused"]).contains("more"), "{}", run.stdout);
    assert_eq!(answers(&desk.open()), before);
    apply(&["--precision", "0.5", "--group", "nothing"]).expect(1).complains_of(&["nothing"]);
    apply(&["--precision", "97"]).expect(2);

    let run = apply(&["--precision", "0.5", "--group", "category", "--json"]).expect(0);
    assert_eq!(run.json()["groups"][0], planned, "it does what it said");
    let mut workspace = desk.open();
    assert_eq!(Some(by_rule(&workspace).len() as u64), planned["applied"].as_u64());
    let labels = desk.run(&[&"labels", &"--catalogue", &desk.catalogue()]).expect(0);
    assert_eq!(labels.stdout.lines().filter(|line| line.contains(",rule,")).count(), by_rule(&workspace).len());
    workspace.undo().unwrap();
    assert_eq!(answers(&workspace), before);
}
