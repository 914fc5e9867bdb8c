//! Every correction teaches: heads that appear, proposals that follow the answers, and the same answers teaching the same.

use std::collections::BTreeSet;

use hangtag::catalogue::{GroupId, GroupKind, ImageId, LabelSource};
use hangtag::workspace::{Answer, Opening, Workspace};

use crate::support::{Desk, images_below, lay_demo, name_of, settle, starter_as, tag_named};

/// Demo photos of these kinds, looked at and not labelled.
fn looked_at(kinds: &[&str], count: usize) -> (Desk, Workspace) {
    let desk = Desk::new();
    kinds.iter().for_each(|kind| lay_demo(&desk.photos(), kind, count));
    let mut workspace = desk.open_looking();
    workspace.start_import(&desk.photos());
    settle(&mut workspace);
    assert_eq!(workspace.listing().images.len(), kinds.len() * count);
    (desk, workspace)
}

fn first_group(workspace: &Workspace) -> GroupId {
    workspace.vocabulary().groups[0].id
}

/// `group=tag` of the likeliest tag of the first group.
fn proposed(workspace: &Workspace, image: ImageId) -> Option<String> {
    let best = workspace.proposed(image, first_group(workspace)).next();
    best.map(|(tag, _)| name_of(workspace.vocabulary(), tag))
}

#[test]
fn words_come_first_and_two_labels_of_two_tags_make_a_head() {
    let (_desk, mut workspace) = looked_at(&["mugs", "bowls"], 4);
    let (mugs, bowls) = (images_below(workspace.listing(), "mugs/"), images_below(workspace.listing(), "bowls/"));
    // Before any label the model's own words are the way in.
    assert!(workspace.proposals().is_empty() && workspace.heads().groups.is_empty());
    let words = workspace.word_guesses(mugs[0]).to_vec();
    assert!(!words.is_empty() && words.iter().all(|word| !word.name.contains(',')), "{words:?}");

    for index in 0..2 {
        assert!(workspace.heads().groups.is_empty(), "with {index} labels a tag there is nothing to learn from");
        workspace.answer_by_name(&mugs[index..=index], None, "mug").unwrap();
        workspace.answer_by_name(&bowls[index..=index], None, "bowl").unwrap();
        settle(&mut workspace);
    }
    let group = first_group(&workspace);
    let head = workspace.heads().of(group).expect("there are two labels of two tags");
    assert_eq!((head.tags.len(), head.num_photos), (2, 4));
    for image in mugs.iter().chain(&bowls) {
        let total: f32 = workspace.proposals().of(*image, group).map(|(_, probability)| probability).sum();
        assert!((total - 1.0).abs() < 1e-4, "one of them fits: {total}");
    }
    // An accepted word carries what the model had said of it.
    while workspace.undo().unwrap().is_some() {}
    settle(&mut workspace);
    let (word, image) = (words[0].clone(), mugs[0]);
    workspace.answer_by_name(&[image], None, &word.name).unwrap();
    let label = &workspace.labels().of(image)[0].1;
    assert_eq!((label.source, label.probability), (LabelSource::Proposal, Some(word.probability)));
}

#[test]
fn four_labels_a_tag_make_most_proposals_right() {
    const KINDS: [&str; 3] = ["mugs", "bowls", "lamps"];
    let (_desk, mut workspace) = looked_at(&KINDS, 8);
    for kind in KINDS {
        let photos = images_below(workspace.listing(), &format!("{kind}/"));
        workspace.answer_by_name(&photos[..4], None, kind).unwrap();
    }
    settle(&mut workspace);
    let mut wrong = Vec::new();
    for kind in KINDS {
        for image in &images_below(workspace.listing(), &format!("{kind}/"))[4..] {
            let proposal = proposed(&workspace, *image);
            if proposal != Some(format!("category={kind}")) {
                wrong.push((kind, proposal));
            }
        }
    }
    assert!(wrong.len() <= 2, "{} of 12 are wrong: {wrong:?}", wrong.len());
    // Twelve photos are decided and twelve are not.
    let counts = workspace.standings().counts();
    assert_eq!((counts.reviewed, counts.to_review), (12, 12));
    let proposed: usize = workspace.vocabulary().tags.iter().map(|tag| counts.proposed(tag.id)).sum();
    assert_eq!(proposed, 12, "each open photo has one proposal");
}

#[test]
fn a_rejected_proposal_goes_and_an_accepted_one_is_kept_with_its_probability() {
    let (_desk, mut workspace) = looked_at(&["mugs", "bowls"], 5);
    let (mugs, bowls) = (images_below(workspace.listing(), "mugs/"), images_below(workspace.listing(), "bowls/"));
    workspace.answer_by_name(&mugs[..3], None, "mug").unwrap();
    workspace.answer_by_name(&bowls[..3], None, "bowl").unwrap();
    settle(&mut workspace);
    let group = first_group(&workspace);

    let rejected = mugs[3];
    let (tag, before) = workspace.proposed(rejected, group).next().expect("it is open");
    workspace.answer(&[rejected], tag, Answer::No).unwrap();
    let is_gone =
        |workspace: &Workspace| workspace.proposed(rejected, group).next().is_none_or(|(other, _)| other != tag);
    assert!(is_gone(&workspace), "at once, before anything is learnt from it");
    let label = workspace.labels().get(rejected, tag).expect("it is kept").clone();
    assert_eq!((label.is_yes, label.source, label.probability), (false, LabelSource::Proposal, Some(before)));
    settle(&mut workspace);
    let after = workspace.proposals().get(rejected, group, tag).expect("it has features");
    assert!(is_gone(&workspace) && after < before, "{after} after {before}");
    workspace.undo().unwrap();
    settle(&mut workspace);
    assert_eq!(workspace.proposed(rejected, group).next().map(|(tag, _)| tag), Some(tag), "undo brings it back");

    let accepted = bowls[4];
    let (tag, probability) = workspace.proposed(accepted, group).next().expect("it is open");
    workspace.accept_proposals(&[accepted], None).unwrap();
    let label = workspace.labels().get(accepted, tag).expect("it is kept");
    assert_eq!((label.is_yes, label.source, label.probability), (true, LabelSource::Proposal, Some(probability)));
    assert_eq!(workspace.proposed(accepted, group).next(), None, "a decided photo has nothing proposed");
}

#[test]
fn yes_alone_teaches_an_any_of_tag_nothing() {
    let (_desk, mut workspace) = looked_at(&["mugs", "bowls"], 6);
    let (mugs, bowls) = (images_below(workspace.listing(), "mugs/"), images_below(workspace.listing(), "bowls/"));
    let group = workspace.add_group("parts", GroupKind::AnyOf).unwrap();
    workspace.add_tag(Some(group), "handle").unwrap();
    let tag = tag_named(&workspace, "parts", "handle");
    workspace.answer(&mugs[..3], tag, Answer::Yes).unwrap();
    settle(&mut workspace);
    assert!(workspace.heads().of(group).is_none(), "nobody has said yet what has no handle");

    // A photo that was reviewed has none of the tags that it was not given.
    workspace.mark_reviewed(&bowls[..3]).unwrap();
    assert!(bowls[..3].iter().all(|image| workspace.labels().get(*image, tag).is_some_and(|label| !label.is_yes)));
    settle(&mut workspace);
    assert_eq!(workspace.heads().of(group).map(|head| head.num_photos), Some(6));
    let says_yes = |image: &ImageId| workspace.proposals().get(*image, group, tag).expect("it has features") >= 0.5;
    let num_right = mugs[3..].iter().filter(|image| says_yes(image)).count()
        + bowls[3..].iter().filter(|image| !says_yes(image)).count();
    assert!(num_right >= 5, "{num_right} of 6 are right");
}

#[test]
fn the_same_labels_teach_the_same_and_a_restart_forgets_nothing() {
    let (desk, workspace) = looked_at(&["mugs", "bowls"], 6);
    // The features are cached now, so that both catalogues learn from the same ones.
    drop(workspace);
    let open = |name: &str, looks_at_photos: bool| {
        let path = desk.at(name);
        Workspace::open(Opening { looks_at_photos, ..Opening::quiet(Some(&path), desk.places()) }).unwrap()
    };
    let probabilities = |name: &str| {
        let mut workspace = open(name, true);
        settle(&mut workspace);
        let group = first_group(&workspace);
        let images = workspace.listing().images.iter().map(|image| image.id);
        let all: Vec<f32> = images.flat_map(|image| workspace.proposals().of(image, group).map(|(_, p)| p)).collect();
        assert_eq!(all.len(), 12 * 2, "two tags for each photo");
        all
    };
    for name in ["first.hangtag", "second.hangtag"] {
        let mut workspace = open(name, false);
        workspace.start_import(&desk.photos());
        settle(&mut workspace);
        for kind in ["mugs", "bowls"] {
            let photos = images_below(workspace.listing(), &format!("{kind}/"));
            workspace.answer_by_name(&photos[..5], None, kind).unwrap();
        }
    }
    let (first, second) = (probabilities("first.hangtag"), probabilities("second.hangtag"));
    assert_eq!(first, second);
    // The second start remembers how strongly to regularise and fits from nothing: the same but for rounding.
    for (before, after) in first.iter().zip(probabilities("first.hangtag")) {
        assert!((before - after).abs() < 0.02, "{after} after {before}");
    }
}

#[test]
fn labels_taken_back_until_too_few_are_left_come_to_rest() {
    let (_desk, mut workspace) = looked_at(&["mugs", "bowls"], 6);
    let (mugs, bowls) = (images_below(workspace.listing(), "mugs/"), images_below(workspace.listing(), "bowls/"));
    workspace.answer_by_name(&mugs, None, "mug").unwrap();
    workspace.answer_by_name(&bowls, None, "bowl").unwrap();
    settle(&mut workspace);
    let group = first_group(&workspace);
    assert!(workspace.heads().of(group).unwrap().choice.held_out_accuracy.is_some(), "enough to hold some out");
    // Two of each are enough for a head, and too few to hold any out.
    let tag = |name: &str| workspace.vocabulary().tags.iter().find(|tag| tag.name == name).unwrap().id;
    let (mug, bowl) = (tag("mug"), tag("bowl"));
    workspace.answer(&mugs[2..], mug, Answer::Unknown).unwrap();
    workspace.answer(&bowls[2..], bowl, Answer::Unknown).unwrap();
    settle(&mut workspace);
    assert_eq!(
        workspace.heads().of(group).unwrap().choice.held_out_accuracy,
        None,
        "nothing that no longer holds is said"
    );
}

#[test]
fn photos_that_the_backbone_was_trained_on_teach_and_judge_nothing() {
    const KINDS: [&str; 2] = ["mugs", "bowls"];
    let desk = Desk::new();
    KINDS.iter().for_each(|kind| lay_demo(&desk.photos(), kind, 6));
    desk.import();
    let mut workspace = desk.open();
    let [mugs, bowls] = KINDS.map(|kind| images_below(workspace.listing(), &format!("{kind}/")));
    let hash_of = |image: &ImageId| workspace.listing().images[workspace.index_of(*image).unwrap()].hash.unwrap();
    let seen: BTreeSet<_> = mugs[..2].iter().chain(&bowls[..2]).map(hash_of).collect();
    let source = starter_as(&workspace, &seen, |_| ());
    workspace.remember_model(&source).unwrap();
    drop(workspace);
    let mut workspace = desk.open_looking();
    let label = |workspace: &mut Workspace, photos: std::ops::Range<usize>| {
        workspace.answer_by_name(&mugs[photos.clone()], None, "mug").unwrap();
        workspace.answer_by_name(&bowls[photos], None, "bowl").unwrap();
        settle(workspace);
        workspace.heads().of(first_group(workspace)).expect("there are two of each").choice
    };
    // What a frozen version is measured on, of what it learnt from; and what a promise rests on and does not.
    let judged = |workspace: &mut Workspace| {
        let group = first_group(workspace);
        workspace.freeze(None).unwrap();
        workspace.start_auto_tag_check(group);
        settle(workspace);
        let record = &workspace.versions().last().unwrap().record.groups[0];
        let measured = record.measured.as_ref().map(|measured| measured.metrics.images);
        let plan = workspace.auto_tag_plan(group, None, 0.5).expect("it was checked");
        (measured, record.num_photos, plan.num_labels, plan.num_seen)
    };
    label(&mut workspace, 0..2);
    assert_eq!(judged(&mut workspace), (None, 4, 0, 4));
    let choice = label(&mut workspace, 2..4);
    assert_eq!(choice.held_out_accuracy, None, "four of each would be enough to hold some out, were they all new");
    assert_eq!(judged(&mut workspace), (Some(4), 8, 4, 4));
    let choice = label(&mut workspace, 4..6);
    assert!(choice.held_out_accuracy.is_some(), "four of each are new");

    // A slip may be in any label.
    let group = first_group(&workspace);
    workspace.start_confusions(group);
    settle(&mut workspace);
    assert_eq!(workspace.confusions(group).expect("it was looked for").num_photos, 12);
}
