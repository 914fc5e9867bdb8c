//! What each action does to the open catalogue and to what is shown of it.

use std::collections::HashSet;
use std::sync::Arc;

use super::action::{Action, ExportAction, GroupChoice, TagEdit, TrainAction, VersionAction};
use super::dialogs::{Dialog, TagDialog};
use super::focus::{self, Zoom};
use super::moving::{advance, enter_focus, extend, look_at, step};
use super::names::deed_words;
use super::screen::{CELL_SIZES, Only, Screen, Stage};
use super::view::Shown;
use super::words::say;
use crate::catalogue::{Deed, GroupId, GroupKind, ImageId, TagId};
use crate::failure::Failure;
use crate::workspace::{Answer, Filter, JobId, JobTask, Order, Side, Workspace};

/// One step of the size of cells.
const CELL_STEP: f32 = 1.15;

type Done = Result<(), Failure>;

/// Carries an action out.
pub fn act(workspace: &mut Workspace, screen: &mut Screen, shown: &Shown, action: Action) -> Done {
    // Only focus mode keeps a list of what was decided.
    let asked_of = screen.focus.as_ref().and(screen.cursor);
    let before = asked_of.map(|image| workspace.labels().of(image).to_vec()).unwrap_or_default();
    let (revision, is_step_back) = (workspace.revision(), matches!(action, Action::Undo | Action::Redo));
    let (cursor, is_about_proposals) = (screen.cursor, matches!(action, Action::Accept | Action::Reject));
    decide(workspace, screen, shown, action)?;
    if workspace.revision() != revision {
        if !is_step_back {
            tell_of_many(workspace, screen);
        }
    } else if is_about_proposals && screen.cursor == cursor {
        tell_of_nothing(workspace, screen);
    }
    if let (Some(focus), Some(image)) = (&mut screen.focus, asked_of) {
        focus.note(workspace, image, &before);
    }
    Ok(())
}

/// What was done to many photos at once is said, with the key that takes it back.
fn tell_of_many(workspace: &Workspace, screen: &mut Screen) {
    if let Some(deed) = workspace.next_in_history().0
        && deed.num_photos() > 1
        && screen.notice.is_none()
    {
        screen.tell(say!("notice-many", words = deed_words(deed)));
    }
}

fn decide(workspace: &mut Workspace, screen: &mut Screen, shown: &Shown, action: Action) -> Done {
    match action {
        Action::Answer { images, tag, answer } => {
            let images = workspace.with_other_shots(&images);
            workspace.answer(&images, tag, answer)?;
            if screen.focus.is_some() && answer == Answer::Yes {
                advance(workspace, screen, shown);
            }
        }
        Action::AnswerByName { images, group, name } => {
            let images = workspace.with_other_shots(&images);
            match group {
                GroupChoice::First => workspace.answer_by_name(&images, None, &name)?,
                GroupChoice::Known(group) => workspace.answer_by_name(&images, Some(group), &name)?,
                GroupChoice::New(group, kind) => workspace.answer_in_group(&images, &group, kind, &name)?,
            }
            screen.dialog = None;
            if screen.focus.is_some() {
                advance(workspace, screen, shown);
            }
        }
        Action::Accept => {
            accept(workspace, screen)?;
            advance(workspace, screen, shown);
        }
        Action::Reject => {
            reject(workspace, screen)?;
            if screen.focus.is_some() {
                advance(workspace, screen, shown);
            }
        }
        Action::AcceptRest => accept_rest(workspace, screen, shown)?,
        Action::AcceptAllShown => {
            let images: Vec<ImageId> = shown.images(workspace).collect();
            let images = workspace.with_other_shots(&images);
            let count = images.iter().filter(|image| is_open(workspace, **image)).count();
            screen.dialog = Some(Dialog::Confirm {
                text: say!("confirm-accept-all", count = count),
                yes: say!("accept"),
                action: Action::AcceptOn(images),
            });
        }
        Action::AcceptSection(tag) => {
            let images = with_proposal(workspace, shown, tag);
            workspace.settle_tag(tag, &images, &[])?;
        }
        Action::AcceptOn(images) => {
            screen.dialog = None;
            workspace.accept_proposals(&images, None)?;
        }
        Action::TakeOver => take_over(workspace, screen)?,
        Action::AnswerKeyed(tag) => answer_or_take_back(workspace, screen, shown, tag)?,
        Action::AnswerNth(index) => answer_nth(workspace, screen, shown, index)?,
        Action::MarkReviewed => {
            workspace.mark_reviewed(&chosen(workspace, screen))?;
            advance(workspace, screen, shown);
        }
        Action::Edit(edit) => {
            edit_tag(workspace, edit)?;
            screen.dialog = None;
        }
        Action::SaveFilter { name, query } => {
            workspace.save_filter(&name, &query)?;
            screen.dialog = None;
        }
        Action::RenameFilter(id, name) => workspace.rename_filter(id, &name)?,
        Action::DeleteFilter(id) => workspace.delete_filter(id)?,
        Action::SetProducts(rule) => workspace.set_product_rule(rule)?,
        Action::CheckAutoTag(group) => workspace.start_auto_tag_check(group),
        Action::Calibrate => workspace.start_calibration(),
        Action::UseFullPrecision => workspace.use_full_precision()?,
        Action::FindConfusions(group) => workspace.start_confusions(group),
        Action::Version(version) => on_version(workspace, screen, version)?,
        Action::Train(training) => on_training(workspace, screen, training)?,
        Action::Export(export) => on_export(workspace, screen, export),
        Action::ApplyAutoTag(plan) => {
            let count = workspace.apply_plans(std::slice::from_ref(&*plan))?;
            screen.dialog = None;
            screen.tell(say!("auto-tag-applied", count = count));
        }
        Action::Undo => undo(workspace, screen)?,
        Action::Redo => {
            let deed = workspace.redo()?;
            screen.tell(told(deed.as_ref(), say!("redo-nothing"), |words| say!("redone", words = words)));
        }
        Action::AddFolder(folder) => workspace.start_import(&folder),
        Action::Rescan => workspace.start_rescan(),
        Action::Cancel(job) => cancel(workspace, screen, job),
        other => go(workspace, screen, shown, other),
    }
    Ok(())
}

fn undo(workspace: &mut Workspace, screen: &mut Screen) -> Done {
    let last = screen.focus.as_ref().and_then(|focus| focus.decisions.back()).map(|decision| decision.image);
    let before = last.map(|image| workspace.labels().of(image).to_vec());
    let deed = workspace.undo()?;
    // The photo whose decision was taken back is to be decided again.
    if let Some(image) = last.filter(|image| Some(workspace.labels().of(*image)) != before.as_deref()) {
        if let Some(focus) = &mut screen.focus {
            focus.take_back(image);
        }
        look_at(screen, image);
    }
    screen.tell(told(deed.as_ref(), say!("undo-nothing"), |words| say!("undone", words = words)));
    Ok(())
}

/// What only changes what is shown.
fn go(workspace: &Workspace, screen: &mut Screen, shown: &Shown, action: Action) {
    match action {
        Action::GoTo(stage) => screen.stage = stage,
        Action::Show(filter) => show(screen, filter),
        Action::ShowOnly { name, images, said } => {
            show(screen, Filter::All);
            // Keys have a photo to answer for at once.
            if let Some(first) = images.first() {
                screen.select(*first);
            }
            let images = Arc::new(images.into_iter().collect());
            screen.only = Some(Only { reason: name, images, said: Arc::new(said) });
        }
        Action::OrderBy(order) => screen.order = order,
        Action::Search(text) => screen.search.text = text,
        Action::FocusSearch => screen.search.takes_keys = true,
        Action::ToggleGrouping => screen.is_grouped = !screen.is_grouped,
        Action::Enlarge(steps) => {
            let size = screen.cell_size * CELL_STEP.powf(steps);
            screen.cell_size = size.clamp(*CELL_SIZES.start(), *CELL_SIZES.end());
        }
        Action::Select(image) => screen.select(image),
        Action::ToggleSelected(image) => {
            screen.toggle(image);
            (screen.cursor, screen.anchor) = (Some(image), Some(image));
        }
        Action::ToggleCursor => {
            if let Some(image) = screen.cursor {
                screen.toggle(image);
            }
        }
        Action::SelectTo(image) => extend(workspace, screen, shown, image),
        Action::SelectAll => screen.selection = shown.images(workspace).collect(),
        Action::ClearSelection => screen.selection.clear(),
        Action::Move { by, extends } => step(workspace, screen, shown, by, extends),
        Action::Skip if screen.focus.is_some() => {
            let next = screen.cursor.and_then(|image| focus::next_open(workspace, shown, image));
            match next {
                Some(next) => look_at(screen, next),
                None => screen.tell(say!("notice-none-left")),
            }
        }
        Action::Skip => step(workspace, screen, shown, 1, false),
        Action::LookAt(image) => look_at(screen, image),
        Action::EnterFocus => enter_focus(workspace, screen, shown),
        Action::LeaveFocus => {
            screen.focus = None;
            screen.scrolls_to_cursor = true;
        }
        Action::Zoom => match &mut screen.focus {
            Some(focus) => {
                focus.zoom = match focus.zoom {
                    Zoom::Fit => Zoom::Actual(egui::Vec2::ZERO),
                    Zoom::Actual(_) => Zoom::Fit,
                }
            }
            // In the grid, to zoom is to look at the photo alone.
            None => enter_focus(workspace, screen, shown),
        },
        Action::AskForTag => screen.dialog = Some(Dialog::Tag(TagDialog::new(chosen(workspace, screen)))),
        Action::NewTag => screen.dialog = Some(Dialog::Tag(TagDialog::new(Vec::new()))),
        Action::EditShownTag => {
            if let Some(tag) = tag_at_hand(workspace, screen) {
                screen.dialog = Dialog::edit_tag(workspace, tag);
            }
        }
        // Carried out without a catalogue, or above.
        _ => {}
    }
}

fn show(screen: &mut Screen, filter: Filter) {
    (screen.filter, screen.cursor, screen.anchor) = (filter, None, None);
    (screen.stage, screen.only, screen.focus) = (Stage::Tag, None, None);
    screen.selection.clear();
    if filter == Filter::All {
        // What is called all is all: no query goes on leaving photos out.
        screen.search.text.clear();
    }
    if matches!(filter, Filter::Tag(..)) {
        // One tag at a time goes from sure to unsure.
        screen.order = Order::MostCertain;
    }
}

fn on_version(workspace: &mut Workspace, screen: &mut Screen, action: VersionAction) -> Done {
    match action {
        VersionAction::Keep => workspace.freeze(None),
        VersionAction::Use(number) => workspace.use_version(number),
        VersionAction::GoBack => workspace.go_back(),
        VersionAction::Rename(number, name) => workspace.rename_version(number, &name),
        VersionAction::AskToDelete(number) => {
            let action = Action::Version(VersionAction::Delete(number));
            let text = say!("confirm-delete-version", number = number);
            screen.dialog = Some(Dialog::Confirm { text, yes: say!("edit-delete"), action });
            Ok(())
        }
        VersionAction::Delete(number) => {
            screen.dialog = None;
            workspace.delete_version(number)
        }
        VersionAction::Compare { from, to } => workspace.start_version_diff(from, to),
    }
}

fn on_training(workspace: &mut Workspace, screen: &mut Screen, action: TrainAction) -> Done {
    match action {
        TrainAction::Start(settings) => workspace.start_training(*settings, None),
        TrainAction::Resume(run) => workspace.resume_training(run),
        TrainAction::AskToStop => {
            screen.dialog = Some(Dialog::StopTraining { then: None });
            Ok(())
        }
        TrainAction::Stop(stop) => {
            screen.dialog = None;
            workspace.stop_training(stop);
            Ok(())
        }
    }
}

fn on_export(workspace: &Workspace, screen: &mut Screen, action: ExportAction) {
    let export = &mut screen.export;
    match action {
        ExportAction::Start => export.begin(export.ticked(), false),
        ExportAction::Insist(item) => export.begin(vec![item], true),
        ExportAction::Cancel => export.cancel(workspace),
        ExportAction::Into(folder) => export.folder = Some(folder),
        ExportAction::MergeInto(place, file) => export.merge_into(place, file),
        // The window asks.
        ExportAction::ChooseFolder | ExportAction::ChooseShopFile(_) => {}
    }
}

/// Stops a job; of a training it is asked first what is to become of it.
fn cancel(workspace: &Workspace, screen: &mut Screen, job: JobId) {
    if workspace.jobs().iter().any(|row| row.id == job && row.task == JobTask::Train) {
        screen.dialog = Some(Dialog::StopTraining { then: None });
    } else {
        workspace.cancel(job);
    }
}

fn told(deed: Option<&Deed>, nothing: &str, something: impl Fn(String) -> String) -> String {
    deed.map_or_else(|| nothing.to_owned(), |deed| something(deed_words(deed)))
}

/// The photos that an action is about, with the other shots of their products.
fn chosen(workspace: &Workspace, screen: &Screen) -> Vec<ImageId> {
    workspace.with_other_shots(&screen.chosen())
}

fn is_open(workspace: &Workspace, image: ImageId) -> bool {
    workspace.standing(image).is_some_and(|standing| !standing.proposed.is_empty())
}

/// In focus mode one group is on screen, and only what is seen is decided.
fn asked_alone(workspace: &Workspace, screen: &Screen) -> Option<GroupId> {
    let image = screen.focus.as_ref().and(screen.cursor)?;
    focus::asked_group(workspace, image).map(|group| group.id)
}

/// A key that found nothing to do says what would do something.
fn tell_of_nothing(workspace: &Workspace, screen: &mut Screen) {
    if screen.notice.is_some() {
        return;
    }
    let is_reviewed = screen.cursor.and_then(|image| workspace.standing(image)).is_some_and(|s| s.is_reviewed);
    let has_any_of = workspace.vocabulary().groups.iter().any(|group| group.kind == GroupKind::AnyOf);
    screen.tell(match () {
        () if screen.chosen().is_empty() => say!("notice-select-first"),
        () if screen.focus.is_some() && is_reviewed => say!("notice-none-left"),
        () if has_any_of => say!("notice-nothing-proposed-review"),
        () => say!("notice-nothing-proposed"),
    });
}

fn accept(workspace: &mut Workspace, screen: &mut Screen) -> Done {
    let images = chosen(workspace, screen);
    if !workspace.proposals().is_empty() {
        let only = asked_alone(workspace, screen);
        return workspace.accept_proposals(&images, only);
    }
    // Before there are tags an everyday word is accepted, which makes it the first tag; one photo at a time, since
    // each may have another.
    let [image] = images.as_slice() else {
        if !images.is_empty() {
            screen.tell(say!("notice-words-one-by-one"));
        }
        return Ok(());
    };
    // The word would go into the first group: what a person has said there stays.
    let is_said = workspace
        .vocabulary()
        .groups
        .first()
        .is_some_and(|group| workspace.labels().answer(*image, group.id, workspace.vocabulary()).is_some());
    if is_said {
        return Ok(());
    }
    match workspace.word_guesses(*image).first().map(|guess| guess.name.clone()) {
        Some(word) => workspace.answer_by_name(&images, None, &word),
        None => Ok(()),
    }
}

fn reject(workspace: &mut Workspace, screen: &mut Screen) -> Done {
    let only = asked_alone(workspace, screen);
    let images = chosen(workspace, screen);
    let num_rejected = workspace.reject_proposals(&images, only)?;
    if num_rejected == 0 && !images.is_empty() && workspace.proposals().is_empty() {
        screen.tell(say!("notice-words-no-reject"));
    }
    Ok(())
}

/// The photos shown for which a tag is proposed, all shots of stacked products included.
fn with_proposal(workspace: &Workspace, shown: &Shown, tag: TagId) -> Vec<ImageId> {
    let images: Vec<ImageId> = shown.images(workspace).collect();
    let mut images = workspace.with_other_shots(&images);
    images.retain(|image| workspace.standing(*image).is_some_and(|standing| standing.proposed(tag).is_some()));
    images
}

/// One tag at a time: what is selected is wrong, all else that is shown is right.
fn accept_rest(workspace: &mut Workspace, screen: &mut Screen, shown: &Shown) -> Done {
    let Filter::Tag(tag, Side::Proposed) = screen.filter else {
        screen.tell(say!("notice-pick-a-tag"));
        return Ok(());
    };
    let marked: Vec<ImageId> = screen.selection.iter().copied().collect();
    let marked: HashSet<ImageId> = workspace.with_other_shots(&marked).into_iter().collect();
    let (wrong, right): (Vec<ImageId>, Vec<ImageId>) =
        with_proposal(workspace, shown, tag).into_iter().partition(|image| marked.contains(image));
    workspace.settle_tag(tag, &right, &wrong)?;
    screen.selection.clear();
    Ok(())
}

fn take_over(workspace: &mut Workspace, screen: &mut Screen) -> Done {
    let images = screen.chosen();
    let before = workspace.revision();
    workspace.take_over_labels(&images)?;
    if workspace.revision() == before {
        screen.tell(say!("notice-nothing-to-take-over"));
    }
    Ok(())
}

fn answer_nth(workspace: &mut Workspace, screen: &mut Screen, shown: &Shown, index: usize) -> Done {
    let Some(image) = screen.cursor.or_else(|| screen.selection.first().copied()) else { return Ok(()) };
    let Some(&tag) = focus::numbered_tags(workspace, image).get(index) else { return Ok(()) };
    answer_or_take_back(workspace, screen, shown, tag)
}

fn answer_or_take_back(workspace: &mut Workspace, screen: &mut Screen, shown: &Shown, tag: TagId) -> Done {
    let images = chosen(workspace, screen);
    // The same key again takes it back.
    let is_said = images.iter().all(|image| workspace.labels().get(*image, tag).is_some_and(|label| label.is_yes));
    workspace.answer(&images, tag, if is_said { Answer::Unknown } else { Answer::Yes })?;
    if !is_said {
        advance(workspace, screen, shown);
    }
    Ok(())
}

fn edit_tag(workspace: &mut Workspace, edit: TagEdit) -> Done {
    match edit {
        TagEdit::ChangeTag { tag, name, colour, key, description } => {
            workspace.change_tag(tag, &name, colour, key, &description)
        }
        TagEdit::Merge { from, into } => workspace.merge_tags(from, into),
        TagEdit::Split { tag, images, name } => workspace.split_tag(tag, &images, &name),
        TagEdit::Retire(tag, is_retired) => workspace.retire_tag(tag, is_retired),
        TagEdit::Delete(tag) => workspace.delete_tag(tag),
        TagEdit::Move(tag, group) => workspace.move_tag(tag, group),
        TagEdit::Shift(tag, by) => workspace.shift_tag(tag, by),
        TagEdit::ChangeGroup { group, name, kind } => workspace.change_group(group, &name, kind),
        TagEdit::DeleteGroup(group) => workspace.delete_group(group),
    }
}

/// The tag that is shown, or the answer of the photo at hand.
fn tag_at_hand(workspace: &Workspace, screen: &Screen) -> Option<TagId> {
    if let Filter::Tag(tag, _) = screen.filter {
        return Some(tag);
    }
    let image = screen.cursor?;
    let said = workspace.labels().of(image).iter().find(|(_, label)| label.is_yes).map(|(tag, _)| *tag);
    said.or_else(|| workspace.standing(image)?.proposed.first().map(|(tag, _)| *tag))
}
