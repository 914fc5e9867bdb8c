//! What a person does to tags and groups, and what becomes of the labels.

use hangtag::catalogue::{Deed, GroupId, GroupKind, ImageId, TagId};
use hangtag::workspace::{Answer, Filter, LabelsFrom, ProductRule, Selection, Side, Workspace};

use crate::support::{Desk, lay_picture, state};

/// Four photos and the tags `dress`, `Dresses` and `shoe` of `category`, with a yes on each of the first three.
fn wardrobe(desk: &Desk) -> (Workspace, Vec<ImageId>) {
    for (number, name) in ["a_1.png", "a_2.png", "b.png", "c.png"].into_iter().enumerate() {
        lay_picture(&desk.photo(name), number as u32 + 1);
    }
    desk.import();
    let mut workspace = desk.open();
    let images: Vec<ImageId> = workspace.listing().images.iter().map(|image| image.id).collect();
    for (image, tag) in images.iter().zip(["dress", "Dresses", "shoe"]) {
        workspace.answer_in(*image, "category", tag, Answer::Yes).unwrap();
    }
    (workspace, images)
}

fn tag(workspace: &Workspace, name: &str) -> TagId {
    workspace.vocabulary().tags.iter().find(|tag| tag.name == name).unwrap_or_else(|| panic!("no tag {name}")).id
}

fn group(workspace: &Workspace, name: &str) -> GroupId {
    workspace.vocabulary().group_named(name).unwrap().id
}

/// The tags that each photo is said to have.
fn yes(workspace: &Workspace, images: &[ImageId]) -> Vec<Vec<String>> {
    let name = |tag: TagId| workspace.vocabulary().tag(tag).unwrap().name.clone();
    let of = |image: &ImageId| {
        let labels = workspace.labels().of(*image);
        labels.iter().filter(|(_, label)| label.is_yes).map(|(tag, _)| name(*tag)).collect()
    };
    images.iter().map(of).collect()
}

/// Undoes the last step and checks that all is as it was.
fn undo_to(workspace: &mut Workspace, before: &crate::support::State, deed: &Deed) {
    assert_eq!(workspace.undo().unwrap().as_ref(), Some(deed));
    assert_eq!(&state(workspace), before);
}

#[test]
fn merging_moves_the_labels_and_undoes() {
    let desk = Desk::new();
    let (mut workspace, images) = wardrobe(&desk);
    let (dress, dresses) = (tag(&workspace, "dress"), tag(&workspace, "Dresses"));
    assert_eq!(workspace.vocabulary().similar_tag("Dresses").map(|tag| tag.id), Some(dress));
    // A no to one name of a thing is a no to the other.
    workspace.answer(&images[3..], dresses, Answer::No).unwrap();
    let before = state(&workspace);
    workspace.merge_tags(dresses, dress).unwrap();
    assert_eq!(yes(&workspace, &images), [vec!["dress"], vec!["dress"], vec!["shoe"], vec![]]);
    assert_eq!(workspace.labels().counts(dress), (2, 1));
    let deed = Deed::MergeTag { from: "Dresses".into(), into: "dress".into() };
    undo_to(&mut workspace, &before, &deed);
    assert_eq!(workspace.redo().unwrap(), Some(deed));
    drop(workspace);
    assert_eq!(desk.open().vocabulary().tags.len(), 2);
}

#[test]
fn splitting_takes_the_chosen_photos_along() {
    let desk = Desk::new();
    let (mut workspace, images) = wardrobe(&desk);
    let dress = tag(&workspace, "dress");
    workspace.answer(&images[..2], dress, Answer::Yes).unwrap();
    let before = state(&workspace);
    workspace.split_tag(dress, &images[1..2], "gown").unwrap();
    assert_eq!(yes(&workspace, &images), [vec!["dress"], vec!["gown"], vec!["shoe"], vec![]]);
    undo_to(&mut workspace, &before, &Deed::SplitTag { from: "dress".into(), to: "gown".into(), photos: 1 });
}

#[test]
fn a_taken_name_is_refused_and_a_free_one_taken() {
    let desk = Desk::new();
    let (mut workspace, _) = wardrobe(&desk);
    let (dress, before) = (tag(&workspace, "dress"), state(&workspace));
    let refused = workspace.rename_tag(dress, " shoe ").unwrap_err().to_string();
    assert!(refused.contains("`shoe`") && refused.contains("merge"), "{refused}");
    let too_long = workspace.rename_tag(dress, &"x".repeat(300)).unwrap_err().to_string();
    assert!(too_long.contains("100 characters"), "{too_long}");
    assert_eq!(state(&workspace), before);
    for name in ["Kleid 👗", "فستان", "连衣裙"] {
        workspace.rename_tag(dress, name).unwrap();
        assert_eq!(workspace.vocabulary().tag(dress).unwrap().name, name);
    }
    workspace.describe_tag(dress, Some(4), Some('d'), "  one piece  ").unwrap();
    drop(workspace);
    let workspace = desk.open();
    let tag = workspace.vocabulary().tag(dress).unwrap();
    assert_eq!((tag.colour, tag.key, tag.description.as_str()), (Some(4), Some('d'), "one piece"));
}

#[test]
fn a_tag_or_a_group_is_changed_in_one_step() {
    let desk = Desk::new();
    let (mut workspace, images) = wardrobe(&desk);
    let before = state(&workspace);
    let dress = tag(&workspace, "dress");
    workspace.change_tag(dress, "gown", Some(2), Some('q'), "long").unwrap();
    undo_to(&mut workspace, &before, &Deed::RenameTag { from: "dress".into(), to: "gown".into() });
    workspace.change_group(group(&workspace, "category"), "kind", GroupKind::AnyOf).unwrap();
    assert_eq!(workspace.vocabulary().groups[0].kind, GroupKind::AnyOf);
    undo_to(&mut workspace, &before, &Deed::ChangeKind { group: "kind".into(), kind: GroupKind::AnyOf });
    workspace.answer_in_group(&images[..1], "colour", GroupKind::AnyOf, "red").unwrap();
    assert_eq!(yes(&workspace, &images[..1]), [vec!["dress", "red"]]);
    undo_to(&mut workspace, &before, &Deed::Set { tag: "red".into(), photos: 1 });
}

#[test]
fn a_key_belongs_to_one_tag_of_a_group() {
    let desk = Desk::new();
    let (mut workspace, _) = wardrobe(&desk);
    let (dress, shoe) = (tag(&workspace, "dress"), tag(&workspace, "shoe"));
    workspace.describe_tag(dress, None, Some('q'), "").unwrap();
    workspace.describe_tag(shoe, None, Some('q'), "").unwrap();
    let key = |tag: TagId| workspace.vocabulary().tag(tag).unwrap().key;
    assert_eq!((key(dress), key(shoe)), (None, Some('q')));
}

#[test]
fn a_change_of_kind_says_what_it_takes_and_takes_the_older() {
    let desk = Desk::new();
    let (mut workspace, images) = wardrobe(&desk);
    let category = group(&workspace, "category");
    assert_eq!(workspace.labels_lost_by_kind(category, GroupKind::AnyOf), 0);
    workspace.change_kind(category, GroupKind::AnyOf).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(3));
    workspace.answer(&images[..1], tag(&workspace, "shoe"), Answer::Yes).unwrap();
    assert_eq!(yes(&workspace, &images[..1]), [vec!["dress", "shoe"]]);
    let before = state(&workspace);
    assert_eq!(workspace.labels_lost_by_kind(category, GroupKind::OneOf), 1);
    workspace.change_kind(category, GroupKind::OneOf).unwrap();
    assert_eq!(yes(&workspace, &images[..1]), [vec!["shoe"]], "the newer answer stays");
    undo_to(&mut workspace, &before, &Deed::ChangeKind { group: "category".into(), kind: GroupKind::OneOf });
}

#[test]
fn a_tag_moves_to_another_group_with_its_labels() {
    let desk = Desk::new();
    let (mut workspace, images) = wardrobe(&desk);
    workspace.answer_in(images[0], "colour", "red", Answer::Yes).unwrap();
    let (colour, before) = (group(&workspace, "colour"), state(&workspace));
    workspace.move_tag(tag(&workspace, "Dresses"), colour).unwrap();
    assert_eq!(
        workspace.vocabulary().tags_of(colour).map(|tag| tag.name.as_str()).collect::<Vec<_>>(),
        ["red", "Dresses"]
    );
    assert_eq!(yes(&workspace, &images[..2]), [vec!["dress", "red"], vec!["Dresses"]]);
    undo_to(&mut workspace, &before, &Deed::MoveTag { tag: "Dresses".into(), group: "colour".into() });
    // A photo that is red keeps that answer, since it can have only one colour; that is known beforehand.
    assert_eq!(workspace.labels_lost_by_move(tag(&workspace, "dress"), colour), 1);
    assert_eq!(workspace.labels_lost_by_move(tag(&workspace, "shoe"), colour), 0);
    workspace.move_tag(tag(&workspace, "dress"), colour).unwrap();
    assert_eq!(yes(&workspace, &images[..1]), [vec!["red"]]);
}

#[test]
fn retired_tags_keep_labels_and_are_not_asked_for() {
    let desk = Desk::new();
    let (mut workspace, images) = wardrobe(&desk);
    let shoe = tag(&workspace, "shoe");
    workspace.retire_tag(shoe, true).unwrap();
    assert_eq!(yes(&workspace, &images[2..3]), [vec!["shoe"]]);
    let category = group(&workspace, "category");
    assert_eq!(workspace.vocabulary().open_tags_of(category).count(), 2);
    // A no to the tags in use decides the group.
    for name in ["dress", "Dresses"] {
        workspace.answer(&images[3..], tag(&workspace, name), Answer::No).unwrap();
    }
    assert_eq!(workspace.standings().counts().reviewed, 4);
    workspace.retire_tag(shoe, false).unwrap();
    assert_eq!(workspace.standings().counts().reviewed, 3);
}

#[test]
fn deleting_says_goodbye_to_labels_until_undone() {
    let desk = Desk::new();
    let (mut workspace, images) = wardrobe(&desk);
    let before = state(&workspace);
    assert_eq!(workspace.num_labels_of(tag(&workspace, "dress")), 1);
    workspace.delete_tag(tag(&workspace, "dress")).unwrap();
    assert_eq!(yes(&workspace, &images[..1]), [Vec::<String>::new()]);
    undo_to(&mut workspace, &before, &Deed::DeleteTag { tag: "dress".into() });
    workspace.delete_group(group(&workspace, "category")).unwrap();
    assert!(workspace.labels().is_empty() && workspace.vocabulary().groups.is_empty());
    undo_to(&mut workspace, &before, &Deed::DeleteGroup { group: "category".into() });
}

#[test]
fn a_number_is_never_given_twice() {
    let desk = Desk::new();
    let (mut workspace, images) = wardrobe(&desk);
    let (category, shoe) = (group(&workspace, "category"), tag(&workspace, "shoe"));
    workspace.delete_tag(shoe).unwrap();
    drop(workspace);
    let mut workspace = desk.open();
    workspace.answer_in(images[3], "category", "hat", Answer::Yes).unwrap();
    let hat = tag(&workspace, "hat");
    assert!(hat > shoe, "a backup, or a version, may still name the shoes");
    // Nor is that of a tag which an undone step had made, and one step may make several.
    workspace.undo().unwrap();
    let csv = desk.at("labels.csv");
    std::fs::write(&csv, "path,group,tag\nc.png,category,scarf\nb.png,category,glove\n").unwrap();
    workspace.take_in_labels(&LabelsFrom::Csv(csv), None, false).unwrap();
    let (scarf, glove) = (tag(&workspace, "scarf"), tag(&workspace, "glove"));
    assert!(scarf > hat && glove > hat && scarf != glove);

    workspace.delete_group(category).unwrap();
    let colour = workspace.add_group("colour", GroupKind::OneOf).unwrap();
    assert!(colour > category);
    workspace.add_tag(Some(colour), "red").unwrap();
    assert!(tag(&workspace, "red") > scarf.max(glove));
    // What is undone has its own number again.
    while workspace.undo().unwrap().is_some_and(|deed| !matches!(deed, Deed::DeleteTag { .. })) {}
    assert_eq!((group(&workspace, "category"), tag(&workspace, "shoe")), (category, shoe));
}

#[test]
fn tags_are_put_in_another_order() {
    let desk = Desk::new();
    let (mut workspace, _) = wardrobe(&desk);
    workspace.shift_tag(tag(&workspace, "shoe"), -2).unwrap();
    drop(workspace);
    let mut workspace = desk.open();
    let names =
        |workspace: &Workspace| workspace.vocabulary().tags.iter().map(|tag| tag.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&workspace), ["shoe", "dress", "Dresses"]);
    workspace.undo().unwrap();
    assert_eq!(names(&workspace), ["dress", "Dresses", "shoe"]);
}

#[test]
fn a_tag_has_its_photos_on_each_side() {
    let desk = Desk::new();
    let (mut workspace, images) = wardrobe(&desk);
    let dress = tag(&workspace, "dress");
    workspace.answer(&images[2..], dress, Answer::No).unwrap();
    let count = |side| workspace.select(&Selection { filter: Filter::Tag(dress, side), ..Selection::default() }).len();
    assert_eq!((count(Side::Yes), count(Side::No), count(Side::Proposed), count(Side::Either)), (1, 2, 0, 1));
}

#[test]
fn shots_of_a_product_stack_by_name_and_the_rule_stays() {
    let desk = Desk::new();
    let (mut workspace, images) = wardrobe(&desk);
    let preview = workspace.preview_products(ProductRule::Stem);
    assert_eq!((preview.products, preview.stacks, preview.largest), (3, 1, 2));
    workspace.set_product_rule(ProductRule::Stem).unwrap();
    let stacked = workspace.select(&Selection { stacks: true, ..Selection::default() });
    assert_eq!(stacked, [0, 2, 3]);
    assert_eq!(workspace.with_other_shots(&images[1..2]), images[..2].to_vec());
    drop(workspace);
    assert_eq!(desk.open().product_rule(), ProductRule::Stem);
}

#[test]
fn saved_filters_stay_and_undo() {
    let desk = Desk::new();
    let (mut workspace, _) = wardrobe(&desk);
    workspace.save_filter("red dresses", "tag:dress tag:red").unwrap();
    workspace.save_filter("red dresses", "tag:dress AND tag:red").unwrap();
    drop(workspace);
    let mut workspace = desk.open();
    let query =
        |workspace: &Workspace| workspace.saved_filters().iter().map(|filter| filter.query.clone()).collect::<Vec<_>>();
    assert_eq!(query(&workspace), ["tag:dress AND tag:red"]);
    workspace.undo().unwrap();
    assert_eq!(query(&workspace), ["tag:dress tag:red"]);
    let id = workspace.saved_filters()[0].id;
    workspace.save_filter("shoes", "tag:shoe").unwrap();
    let taken = workspace.rename_filter(id, "shoes").unwrap_err().to_string();
    assert!(taken.contains("`shoes` is taken"), "{taken}");
    workspace.rename_filter(id, "dresses, red").unwrap();
    assert_eq!(workspace.saved_filters()[0].name, "dresses, red");
    workspace.undo().unwrap();
    workspace.undo().unwrap();
    workspace.delete_filter(workspace.saved_filters()[0].id).unwrap();
    assert!(desk.open().saved_filters().is_empty());
}
