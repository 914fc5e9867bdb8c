//! Undo and redo: step by step, across restarts, back to nothing and forth again.

use hangtag::catalogue::{GroupKind, ImageId, TagId};
use hangtag::workspace::Answer;

use crate::support::{Desk, Dice, State, answers, image_at, lay_picture, lay_tiny, state};

#[test]
fn undo_and_redo_go_on_after_a_restart() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let image = image_at(&desk.listing(), "a.png").id;
    let one = |group: &str| vec![("a.png".to_owned(), group.to_owned(), true)];
    desk.open().answer_in(image, "category", "mug", Answer::Yes).unwrap();
    // A yes to another tag of a `one of` group takes the first one back, and undo brings it back.
    desk.open().answer_in(image, "category", "bowl", Answer::Yes).unwrap();
    assert_eq!(answers(&desk.open()), one("category=bowl"));

    let undone = desk.open().undo().unwrap().expect("there is something to undo");
    assert!(undone.to_string().contains("bowl"), "{undone}");
    assert_eq!(answers(&desk.open()), one("category=mug"));
    assert_eq!(desk.open().vocabulary().tags.len(), 1, "the tag that the step made went with it");
    assert_eq!(desk.open().next_in_history().1, Some(&undone));
    assert_eq!(desk.open().redo().unwrap(), Some(undone));
    assert_eq!(answers(&desk.open()), one("category=bowl"));
    assert_eq!(desk.open().redo().unwrap(), None);

    // A new step ends what could be redone.
    desk.open().undo().unwrap();
    desk.open().answer_in(image, "category", "vase", Answer::No).unwrap();
    assert_eq!(desk.open().redo().unwrap(), None);
    while desk.open().undo().unwrap().is_some() {}
    assert_eq!(state(&desk.open()), State::default());
}

#[test]
fn a_long_walk_of_edits_is_undone_and_redone_step_by_step() {
    let desk = Desk::new();
    lay_tiny(&desk.photos(), 6);
    desk.import();
    let mut workspace = desk.open();
    let images: Vec<ImageId> = workspace.listing().images.iter().map(|image| image.id).collect();
    let mut dice = Dice(7);
    let mut states = vec![state(&workspace)];
    for number in 0..300 {
        let before = workspace.revision();
        let chosen: Vec<ImageId> = images.iter().filter(|_| dice.roll(3) == 0).copied().collect();
        let groups = workspace.vocabulary().groups.clone();
        let group = (!groups.is_empty()).then(|| groups[dice.roll(groups.len())].id);
        let name = ["round", "tall", "红色", "matt", "glass", "old", "☕", "small"][dice.roll(8)];
        let tags: Vec<TagId> = workspace.vocabulary().tags.iter().map(|tag| tag.id).collect();
        match dice.roll(16) {
            0 => workspace.answer_by_name(&chosen, group, name).unwrap(),
            1 => workspace.add_tag(group, name).unwrap(),
            2 => {
                let kind = if dice.roll(2) == 0 { GroupKind::OneOf } else { GroupKind::AnyOf };
                workspace.add_group(["category", "pattern", "材质"][dice.roll(3)], kind).unwrap();
            }
            3 => workspace.mark_reviewed(&chosen).unwrap(),
            4 => {
                let undone = workspace.undo().unwrap();
                assert_eq!(undone.is_some(), states.len() > 1);
                if undone.is_some() {
                    states.pop();
                }
                assert_eq!(Some(&state(&workspace)), states.last(), "undo in step {number}");
                continue;
            }
            _ if tags.is_empty() => continue,
            5..=9 => {
                let (tag, other) = (tags[dice.roll(tags.len())], tags[dice.roll(tags.len())]);
                let group = groups[dice.roll(groups.len())].id;
                let edited = match dice.roll(10) {
                    0 => workspace.rename_tag(tag, name),
                    1 => workspace.merge_tags(tag, other),
                    2 => workspace.split_tag(tag, &chosen, name),
                    3 => workspace.move_tag(tag, group),
                    4 => {
                        let kind = if dice.roll(2) == 0 { GroupKind::OneOf } else { GroupKind::AnyOf };
                        workspace.change_kind(group, kind)
                    }
                    5 => workspace.retire_tag(tag, dice.roll(2) == 0),
                    6 => workspace.delete_tag(tag),
                    7 => workspace.shift_tag(tag, dice.roll(5) as isize - 2),
                    8 => workspace.describe_tag(tag, Some(3), Some('q'), name),
                    _ => workspace.rename_group(group, name),
                };
                // A name that is taken is refused, and nothing changes.
                if edited.is_err() {
                    assert_eq!(Some(&state(&workspace)), states.last(), "refused in step {number}");
                }
            }
            _ => {
                let tag = tags[dice.roll(tags.len())];
                let answer = [Answer::Yes, Answer::No, Answer::Unknown][dice.roll(3)];
                workspace.answer(&chosen, tag, answer).unwrap();
            }
        }
        if workspace.revision() > before {
            states.push(state(&workspace));
        }
        if number % 50 == 0 {
            let standings = workspace.standings().clone();
            drop(workspace);
            workspace = desk.open();
            assert_eq!(Some(&state(&workspace)), states.last(), "the file says what the workspace said");
            assert_eq!(workspace.standings(), &standings, "the counts were kept as if made from nothing");
        }
    }
    // A last new step, so that nothing undone before it is left to redo.
    workspace.answer_by_name(&images, None, "last").unwrap();
    states.push(state(&workspace));
    assert!(states.len() > 40, "only {} steps", states.len());
    let end = states.last().expect("there is a first state").clone();
    assert!(end.1.len() > 5, "the walk ends with something to compare");

    for (number, expected) in states.iter().enumerate().rev().skip(1) {
        assert!(workspace.undo().unwrap().is_some());
        assert_eq!(&state(&workspace), expected, "undo back to step {number}");
    }
    assert_eq!(workspace.undo().unwrap(), None);
    drop(workspace);
    assert_eq!(state(&desk.open()), State::default());

    let mut workspace = desk.open();
    for (number, expected) in states.iter().enumerate().skip(1) {
        assert!(workspace.redo().unwrap().is_some());
        assert_eq!(&state(&workspace), expected, "redo of step {number}");
    }
    assert_eq!(workspace.redo().unwrap(), None);
    drop(workspace);
    assert_eq!(state(&desk.open()), end);
}
