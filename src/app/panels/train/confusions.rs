//! Which tags are taken for which; a click shows the photos, to be looked at again.

use std::collections::{HashMap, HashSet};

use egui::{
    Align2, Button, Color32, Grid, Label, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::super::super::action::Action;
use super::super::super::textures::Textures;
use super::super::super::theme::{RADIUS_PHOTO, legible_on, regular};
use super::super::super::train::TrainScreen;
use super::super::super::view::View;
use super::super::super::widgets::{card_ui, link_ui, one_line, plain_button_ui, row_ui, segments_ui};
use super::super::super::words::{grouped, say};
use crate::catalogue::{Group, GroupKind, ImageId};
use crate::workspace::{Confusions, JobTask, Mistake};

/// Pairs that are listed at first, and as many more whenever they are asked for.
const PAIRS: usize = 8;
const MORE_PAIRS: usize = 24;

/// Width of the names beside the squares.
const NAMES: f32 = 120.0;

/// Side of a square at most, from which side on it has room for its number, and at least: where all tags would have
/// smaller ones, only those with the most mistakes are drawn.
const LARGEST: f32 = 34.0;
const READABLE: f32 = 20.0;
const SMALLEST: f32 = 12.0;

/// Side of a photo among the worst mistakes, and rows of them.
const PHOTO: f32 = 104.0;
const PHOTO_ROWS: usize = 2;

/// Whether there is something to draw.
pub fn has_any(view: &View<'_>, train: &TrainScreen) -> bool {
    group_of(view, train).is_some()
}

fn group_of<'a>(view: &View<'a>, train: &TrainScreen) -> Option<&'a Group> {
    let group = train.shown_group(view.workspace).and_then(|group| view.workspace.vocabulary().group(group))?;
    let can_ask = view.workspace.heads().of(group.id).is_some();
    (can_ask || train.mistaken.found.is_some()).then_some(group)
}

/// Draws the squares, the list of the worst pairs, and the photos that were mistaken with most certainty.
pub fn confusions_ui(ui: &mut Ui, view: &View<'_>, train: &mut TrainScreen, textures: &mut Textures) -> Option<Action> {
    let group = group_of(view, train)?;
    let version = train.shown_versions(view.workspace).0;
    card_ui(ui, view.palette, say!("train-confusions"), |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        if train.mistaken.found.is_some() {
            let choices = [(false, say!("train-confusions-held-out")), (true, say!("train-confusions-all"))];
            if let Some(asks_all) = segments_ui(ui, view.palette, &choices, train.asks_all) {
                train.asks_all = asks_all;
            }
        }
        let TrainScreen { mistaken, asks_all, more_pairs, .. } = train;
        match mistaken.found.as_ref().filter(|_| !*asks_all) {
            Some(found) => {
                let text = say!("train-on-held-out", count = found.num_photos);
                ui.label(RichText::new(text).size(12.0).color(view.palette.dim));
                if found.num_outside > 0 {
                    let text = say!("train-outside", count = found.num_outside);
                    ui.add(Label::new(RichText::new(text).size(12.0).color(view.palette.dim)).wrap());
                }
                found_ui(ui, view, textures, (found, more_pairs), (group.kind, version))
            }
            None => all_ui(ui, view, textures, group, more_pairs),
        }
    })
}

/// What is found among all labelled photos, each asked of a head that has not seen it.
fn all_ui(
    ui: &mut Ui,
    view: &View<'_>,
    textures: &mut Textures,
    group: &Group,
    more_pairs: &mut usize,
) -> Option<Action> {
    let palette = view.palette;
    let find = Action::FindConfusions(group.id);
    let is_looking = view.workspace.is_running(&JobTask::FindConfusions(group.name.clone()));
    let Some(found) = view.workspace.confusions(group.id) else {
        ui.add(Label::new(RichText::new(say!("train-confusions-what")).color(palette.dim)).wrap());
        if is_looking {
            ui.spinner();
            return None;
        }
        let button = ui.horizontal(|ui| plain_button_ui(ui, palette, say!("train-confusions-find"), None));
        return button.inner.clicked().then_some(find);
    };
    let mut action = None;
    ui.horizontal(|ui| {
        let text = say!("train-confusions-on", count = found.num_photos);
        ui.label(RichText::new(text).size(12.0).color(palette.dim));
        if is_looking {
            ui.spinner();
        } else if link_ui(ui, palette, say!("auto-tag-check")).clicked() {
            action = Some(find);
        }
    });
    found_ui(ui, view, textures, (found, more_pairs), (group.kind, None)).or(action)
}

fn found_ui(
    ui: &mut Ui,
    view: &View<'_>,
    textures: &mut Textures,
    (found, more_pairs): (&Confusions, &mut usize),
    (kind, version): (GroupKind, Option<i64>),
) -> Option<Action> {
    let mut action = match kind {
        GroupKind::AnyOf => table_ui(ui, view, found),
        GroupKind::OneOf => squares_ui(ui, view, found),
    };
    action = pairs_ui(ui, view, found, more_pairs).or(action);
    action = photos_ui(ui, view, textures, found).or(action);
    action.map(|action| with_answers(view, found, version, action))
}

fn squares_ui(ui: &mut Ui, view: &View<'_>, found: &Confusions) -> Option<Action> {
    let palette = view.palette;
    let num_tags = found.answers.len();
    let width = (ui.available_width() - NAMES).max(2.0 * READABLE);
    let mut shown: Vec<usize> = (0..num_tags).collect();
    if width < SMALLEST * num_tags as f32 {
        shown = found.most_mistaken();
        shown.truncate((width / READABLE) as usize);
        if shown.is_empty() {
            return None;
        }
        let text = say!("train-confusions-most", shown = shown.len(), count = num_tags);
        ui.add(Label::new(RichText::new(text).size(12.0).color(palette.dim)).wrap());
    }
    let side = (width / shown.len().max(1) as f32).floor().min(LARGEST);
    let (place, _) =
        ui.allocate_exact_size(vec2(NAMES + side * shown.len() as f32, side * shown.len() as f32), Sense::hover());
    let mut action = None;
    for (row, &truth) in shown.iter().enumerate() {
        let top = place.top() + side * row as f32;
        let name = one_line(ui, &answer_words(view, found, truth), regular(12.0), palette.text, NAMES - 10.0);
        ui.painter().galley(pos2(place.left(), top + (side - name.size().y) / 2.0), name, palette.text);
        let total: usize = (0..num_tags).map(|said| found.count(truth, said)).sum();
        for (column, &said) in shown.iter().enumerate() {
            let at = pos2(place.left() + NAMES + side * column as f32, top);
            let square = Rect::from_min_size(at, vec2(side, side)).shrink(1.0);
            let count = found.count(truth, said);
            let share = count as f32 / total.max(1) as f32;
            let (fill, color) = square_colours(view, truth == said, share);
            ui.painter().rect_filled(square, 3.0, fill);
            if count == 0 {
                continue;
            }
            if side >= READABLE {
                ui.painter().text(square.center(), Align2::CENTER_CENTER, grouped(count), regular(11.0), color);
            }
            let response = ui.interact(square, ui.scope_id().with((truth, said)), Sense::click());
            let text = pair_words(view, found, truth, said);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{text}: {}", grouped(count))));
            if response.hovered() || response.has_focus() {
                ui.painter().rect_stroke(square, 3.0, Stroke::new(1.5, palette.text), StrokeKind::Inside);
            }
            if response.gained_focus() {
                response.scroll_to_me(None);
            }
            if response.on_hover_text(format!("{text}: {}", grouped(count))).clicked() {
                action = show(view, found, truth, said);
            }
        }
    }
    ui.label(RichText::new(say!("train-confusions-click")).size(12.0).color(palette.dim));
    action
}

/// For each tag of an `any of` group: where it was recognised, missed, seen without being there, and rightly not seen.
fn table_ui(ui: &mut Ui, view: &View<'_>, found: &Confusions) -> Option<Action> {
    let palette = view.palette;
    let mut action = None;
    Grid::new("answers by tag").num_columns(5).spacing([14.0, 4.0]).show(ui, |ui| {
        let columns = [
            say!("train-tag-right"),
            say!("train-tag-missed"),
            say!("train-tag-wrongly"),
            say!("train-tag-rightly-not"),
        ];
        ui.label("");
        for column in columns {
            ui.label(RichText::new(column).size(12.0).color(palette.dim));
        }
        ui.end_row();
        for (fits, (tag, _)) in found.answers.iter().enumerate().step_by(2) {
            let name = one_line(ui, view.tag_name(*tag), regular(12.0), palette.text, NAMES);
            ui.label(name);
            let fits_not = fits + 1;
            for (truth, said) in [(fits, fits), (fits, fits_not), (fits_not, fits), (fits_not, fits_not)] {
                let count = found.count(truth, said);
                let color = if truth == said { palette.text } else { palette.no };
                let color = if count == 0 { palette.dim } else { color };
                let button = Button::new(RichText::new(grouped(count)).color(color)).frame(false);
                let response = ui.add_enabled(!found.images(truth, said).is_empty(), button);
                let text = format!("{}: {}", pair_words(view, found, truth, said), grouped(count));
                response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &text));
                if response.on_hover_text(text).clicked() {
                    action = show(view, found, truth, said);
                }
            }
            ui.end_row();
        }
    });
    action
}

/// What was right is the accent, what was mistaken the colour of a no, each as strong as it is frequent.
fn square_colours(view: &View<'_>, is_right: bool, share: f32) -> (Color32, Color32) {
    let palette = view.palette;
    if share == 0.0 {
        return (palette.fill, palette.dim);
    }
    let strong = if is_right { palette.accent } else { palette.no };
    // A little goes a long way, so that one mistake of many photos is seen.
    let weight = 0.15 + 0.85 * share.sqrt();
    let square = palette.panel.lerp_to_gamma(strong, weight);
    (square, legible_on(square))
}

/// What was taken for what, most often first: all of it, some at a time.
fn pairs_ui(ui: &mut Ui, view: &View<'_>, found: &Confusions, more: &mut usize) -> Option<Action> {
    let mut action = None;
    ui.spacing_mut().item_spacing.y = 2.0;
    let worst = found.worst();
    if worst.is_empty() {
        ui.label(RichText::new(say!("train-confusions-none")).color(view.palette.dim));
    }
    let num_listed = PAIRS + *more;
    for &(truth, said) in worst.iter().take(num_listed) {
        let text = pair_words(view, found, truth, said);
        let count = grouped(found.count(truth, said));
        let row = ui.push_id((truth, said), |ui| row_ui(ui, view.palette, None, &text, &count, false)).inner;
        if row.gained_focus() {
            row.scroll_to_me(None);
        }
        if row.clicked() {
            action = show(view, found, truth, said);
        }
    }
    let rest = worst.len().saturating_sub(num_listed);
    if rest > 0 {
        let text = say!("train-pairs-more", count = rest);
        // By a name of its own it keeps the keyboard's focus while the list above it grows.
        if ui.push_id("more pairs", |ui| link_ui(ui, view.palette, &text)).inner.clicked() {
            *more += MORE_PAIRS;
        }
    }
    action
}

/// The photos that were mistaken with most certainty: either they are hard, or their label is wrong.
fn photos_ui(ui: &mut Ui, view: &View<'_>, textures: &mut Textures, found: &Confusions) -> Option<Action> {
    if found.mistakes().is_empty() {
        return None;
    }
    ui.add_space(6.0);
    ui.label(RichText::new(say!("train-worst")).size(12.0).color(view.palette.dim));
    let num_columns = (ui.available_width() / (PHOTO + 8.0)).floor().max(1.0) as usize;
    let mut action = None;
    ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
    for row in found.mistakes().chunks(num_columns).take(PHOTO_ROWS) {
        ui.horizontal_top(|ui| {
            for mistake in row {
                action = photo_ui(ui, view, textures, found, mistake).or(action.take());
            }
        });
    }
    let all = say!("train-see-mistakes", count = found.mistakes().len());
    if ui.horizontal(|ui| plain_button_ui(ui, view.palette, &all, None).clicked()).inner {
        action = Some(show_mistakes(found, None));
    }
    action
}

fn photo_ui(
    ui: &mut Ui,
    view: &View<'_>,
    textures: &mut Textures,
    found: &Confusions,
    mistake: &Mistake,
) -> Option<Action> {
    let image = view.image(mistake.image)?;
    let palette = view.palette;
    let name = |place: usize| answer_words(view, found, place);
    let said = say!("train-said", name = name(mistake.said), share = (100.0 * mistake.probability).round());
    let (rect, response) = ui.allocate_exact_size(vec2(PHOTO, PHOTO + 36.0), Sense::click());
    let words = pair_words(view, found, mistake.truth, mistake.said);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{}: {words}", image.name())));
    let square = Rect::from_min_size(rect.min, vec2(PHOTO, PHOTO));
    textures.paint_square(ui, view, image, square, RADIUS_PHOTO);
    if response.hovered() || response.has_focus() {
        ui.painter().rect_stroke(square, RADIUS_PHOTO, Stroke::new(2.0, palette.accent), StrokeKind::Inside);
    }
    for (line, (text, color)) in [(name(mistake.truth), palette.yes), (said, palette.no)].iter().enumerate() {
        let text = one_line(ui, text, regular(11.5), *color, PHOTO);
        ui.painter().galley(pos2(rect.left(), square.bottom() + 3.0 + 16.0 * line as f32), text, *color);
    }
    response.on_hover_text(words).clicked().then(|| show_mistakes(found, Some(mistake.image)))
}

/// All mistakes, the worst first, or this one first.
fn show_mistakes(found: &Confusions, first: Option<ImageId>) -> Action {
    let others = found.mistakes().iter().map(|mistake| mistake.image).filter(|image| Some(*image) != first);
    let images = first.into_iter().chain(others).collect();
    Action::ShowOnly { name: say!("train-mistakes").to_owned(), images, said: HashMap::new() }
}

/// Shows the photos of a pair, as far as they are in the catalogue.
fn show(view: &View<'_>, found: &Confusions, truth: usize, said: usize) -> Option<Action> {
    let images = found.images(truth, said);
    let name = || pair_words(view, found, truth, said);
    (!images.is_empty()).then(|| Action::ShowOnly { name: name(), images: images.to_vec(), said: HashMap::new() })
}

/// The photos that are to be shown, each with what was said of it wrongly.
fn with_answers(view: &View<'_>, found: &Confusions, version: Option<i64>, action: Action) -> Action {
    let Action::ShowOnly { name, images, mut said } = action else { return action };
    let shown: HashSet<ImageId> = images.iter().copied().collect();
    for mistake in found.mistakes().iter().filter(|mistake| shown.contains(&mistake.image)) {
        let (answer, share) = (answer_words(view, found, mistake.said), (100.0 * mistake.probability).round());
        let words = match version {
            Some(number) => say!("train-version-said", number = number, name = answer, share = share),
            None => say!("train-unseen-said", name = answer, share = share),
        };
        let told = said.entry(mistake.image).or_default();
        if !told.is_empty() {
            told.push('\n');
        }
        told.push_str(&words);
    }
    Action::ShowOnly { name, images, said }
}

/// What an answer says: a tag, or that it does not fit.
fn answer_words(view: &View<'_>, found: &Confusions, place: usize) -> String {
    match found.answers.get(place) {
        Some((tag, true)) => view.tag_name(*tag).to_owned(),
        Some((tag, false)) => say!("chip-is-not", name = view.tag_name(*tag)),
        None => String::new(),
    }
}

fn pair_words(view: &View<'_>, found: &Confusions, truth: usize, said: usize) -> String {
    let name = |place: usize| answer_words(view, found, place);
    if truth == said {
        say!("train-right", name = name(truth))
    } else {
        say!("train-mistaken", truth = name(truth), said = name(said))
    }
}
