//! The right side: one photo large, what is known of it, and what the model makes of it.

use std::path::Path;

use egui::{Panel, Rect, RichText, ScrollArea, Sense, Ui, vec2};

use super::super::action::{Action, GroupChoice};
use super::super::command::key_of;
use super::super::failures::fault_words;
use super::super::focus;
use super::super::names::group_caption;
use super::super::screen::Screen;
use super::super::textures::{Shot, Textures};
use super::super::theme::{RADIUS_PHOTO, RADIUS_ROW, semibold};
use super::super::view::View;
use super::super::widgets::{
    AnswerRow, ChipClick, ChipKind, answer_ui, chip_ui, chip_width, key_hint_ui, link_ui, open_folder, plain_button_ui,
    primary_button_ui,
};
use super::super::words::say;
use super::{GRID, INSPECTOR, WITH_INSPECTOR, beside, fitting, pane};
use crate::catalogue::{Group, GroupKind, ImageRow, ImageState, LabelSource, TagId};
use crate::workspace::{Answer, PictureSize};

/// Answers of a `one of` group that are listed; the rest is nearly always far below.
const MAX_BARS: usize = 9;

/// Side of another shot of the product.
const SHOT_SIDE: f32 = 52.0;

/// Shots that are shown; a folder may have thousands.
const MAX_SHOTS: usize = 40;

/// Draws the inspector for the photo under the cursor, where the window has room for it.
pub fn inspector_ui(ui: &mut Ui, view: &View<'_>, screen: &mut Screen, textures: &mut Textures) -> Option<Action> {
    if ui.ctx().content_rect().width() < WITH_INSPECTOR {
        return None;
    }
    let room = ui.available_rect_before_wrap().width() - GRID;
    let width = fitting(screen.panels.inspector, room);
    let panel = beside(Panel::right(("inspector", width.is_some())), width, &INSPECTOR, room)
        .frame(pane(view.palette, 14))
        .show(ui, |ui| {
            let image = screen.cursor.and_then(|cursor| view.image(cursor));
            if let Some(image) = image {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| photo_ui(ui, view, image, textures)).inner
            } else {
                ui.add_space(ui.available_height() * 0.3);
                ui.vertical_centered(|ui| {
                    ui.label(RichText::new(say!("photo-none")).color(view.palette.dim));
                });
                None
            }
        });
    if width.is_some() {
        screen.panels.inspector = panel.response.rect.width();
    }
    panel.inner
}

fn photo_ui(ui: &mut Ui, view: &View<'_>, image: &ImageRow, textures: &mut Textures) -> Option<Action> {
    large_ui(ui, view, image, textures);
    let palette = view.palette;
    ui.add_space(4.0);
    ui.label(RichText::new(image.name()).font(semibold(14.0)));
    let folder = image.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut facts: Vec<String> = Vec::new();
    if !folder.is_empty() {
        facts.push(folder.to_owned());
    }
    if image.width > 0 {
        facts.push(format!("{} × {}", image.width, image.height));
    }
    if image.files.len() > 1 {
        facts.push(say!("num-copies", count = image.files.len()));
    }
    ui.label(RichText::new(facts.join(" · ")).size(12.0).color(palette.dim));
    if let ImageState::Broken(reason) = &image.state {
        ui.label(RichText::new(say!("photo-broken", reason = fault_words(reason))).color(palette.no));
        let key = key_of(ui.ctx(), &Action::Rescan).unwrap_or_default();
        ui.label(RichText::new(say!("photo-broken-advice", key = key)).size(12.0).color(palette.dim));
        let place = image.files.first().and_then(|file| view.workspace.listing().place(file));
        if let Some(folder) = place.as_deref().and_then(Path::parent)
            && link_ui(ui, palette, say!("photo-show-folder")).clicked()
        {
            open_folder(ui, folder);
        }
    }
    if image.state == ImageState::Missing {
        ui.label(RichText::new(say!("photo-missing")).color(palette.unsure));
    }
    if let Some(said) = view.shown.only().and_then(|only| only.said.get(&image.id)) {
        ui.label(RichText::new(said).color(palette.no));
    }
    let mut action = shots_ui(ui, view, image, textures);
    if image.replaces.is_some_and(|before| !view.workspace.labels().of(before).is_empty())
        && view.workspace.labels().of(image.id).is_empty()
        && link_ui(ui, palette, say!("photo-take-over")).clicked()
    {
        action = Some(Action::TakeOver);
    }
    for group in &view.workspace.vocabulary().groups {
        ui.add_space(8.0);
        let caption = group_caption(&group.name, group.kind);
        ui.label(RichText::new(caption).font(semibold(11.5)).color(palette.dim));
        action = match group.kind {
            GroupKind::OneOf => one_of_ui(ui, view, image, group),
            GroupKind::AnyOf => any_of_ui(ui, view, image, group),
        }
        .or(action);
    }
    if view.workspace.heads().groups.is_empty() {
        action = words_ui(ui, view, image).or(action);
    }
    ui.add_space(8.0);
    action = buttons_ui(ui, view, image).or(action);
    footnote_ui(ui, view);
    action
}

fn large_ui(ui: &mut Ui, view: &View<'_>, image: &ImageRow, textures: &mut Textures) {
    let width = ui.available_width();
    let (place, response) = ui.allocate_exact_size(vec2(width, (width * 0.86).min(420.0)), Sense::hover());
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, say!("photo-name", name = image.name())));
    ui.painter().rect_filled(place, RADIUS_PHOTO, view.palette.fill);
    if image.state != ImageState::Ok {
        return;
    }
    prefetch_next(view, image, textures);
    // The thumbnail stands in until the photo itself is decoded.
    let sizes = [PictureSize::Large, PictureSize::Thumbnail];
    for size in sizes {
        if let Shot::Ready(texture) = textures.get(ui.ctx(), view.workspace, image, size) {
            let natural = texture.size_vec2();
            let scale = (place.width() / natural.x).min(place.height() / natural.y);
            let shown = Rect::from_center_size(place.center(), natural * scale);
            egui::Image::from_texture(texture).corner_radius(RADIUS_PHOTO).paint_at(ui, shown);
            return;
        }
    }
}

/// The other shots of the product, which are labelled together; a click looks at one.
fn shots_ui(ui: &mut Ui, view: &View<'_>, image: &ImageRow, textures: &mut Textures) -> Option<Action> {
    let shots = view.shots(image.id);
    if shots.is_empty() {
        return None;
    }
    let mut action = None;
    ui.label(RichText::new(say!("shots-together", count = shots.len())).size(12.0).color(view.palette.dim));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        for shot in shots.iter().filter_map(|shot| view.image(*shot)).take(MAX_SHOTS) {
            let (place, response) = ui.allocate_exact_size(vec2(SHOT_SIDE, SHOT_SIDE), Sense::click());
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, true, say!("photo-name", name = shot.name()))
            });
            textures.paint_square(ui, view, shot, place, RADIUS_ROW);
            if shot.id == image.id || response.hovered() {
                let stroke = egui::Stroke::new(2.0, view.palette.accent);
                ui.painter().rect_stroke(place, RADIUS_ROW, stroke, egui::StrokeKind::Inside);
            }
            if response.on_hover_text(shot.name()).clicked() {
                action = Some(Action::Select(shot.id));
            }
        }
    });
    action
}

/// The photos to which a decision or an arrow leads from this one.
fn prefetch_next(view: &View<'_>, image: &ImageRow, textures: &mut Textures) {
    let Some(position) = view.shown.position_of(view.workspace, image.id) else { return };
    let previous = position.checked_sub(1);
    for next in [Some(position + 1), Some(position + 2), previous].into_iter().flatten() {
        if let Some(image) = view.image_at(next) {
            textures.prefetch(view.workspace, image, PictureSize::Large);
        }
    }
}

fn one_of_ui(ui: &mut Ui, view: &View<'_>, image: &ImageRow, group: &Group) -> Option<Action> {
    let workspace = view.workspace;
    let mut action = None;
    let answer = workspace.labels().answer(image.id, group.id, workspace.vocabulary());
    if let Some(tag) = answer {
        action = said_ui(ui, view, image, tag);
    }
    // The digits are about this group if it is the one that is asked about.
    let has_keys = focus::asked_group(workspace, image.id).is_some_and(|asked| asked.id == group.id);
    ui.spacing_mut().item_spacing.y = 2.0;
    for (index, tag) in focus::ranked_tags(workspace, image.id, group).into_iter().take(MAX_BARS).enumerate() {
        let probability = workspace.proposals().get(image.id, group.id, tag);
        let row = AnswerRow {
            number: has_keys.then_some(index + 1),
            name: view.tag_name(tag),
            probability,
            is_likeliest: index == 0 && probability.is_some(),
            is_said: answer == Some(tag),
            is_rejected: workspace.labels().get(image.id, tag).is_some_and(|label| !label.is_yes),
        };
        if answer_ui(ui, view.palette, &row).clicked() {
            action = Some(Action::Answer { images: vec![image.id], tag, answer: Answer::Yes });
        }
    }
    action
}

/// The tag that was said, with where it came from.
fn said_ui(ui: &mut Ui, view: &View<'_>, image: &ImageRow, tag: TagId) -> Option<Action> {
    let label = view.workspace.labels().get(image.id, tag)?;
    ui.horizontal(|ui| {
        let name = view.tag_name(tag);
        let click = inline_chip_ui(ui, view, name, ChipKind::Yes);
        let from = match (label.source, label.probability) {
            (LabelSource::Person, _) => say!("label-person").to_owned(),
            (LabelSource::Proposal, Some(p)) => say!("label-proposal-at", percent = (100.0 * p).round()),
            (LabelSource::Proposal, None) => say!("label-proposal").to_owned(),
            (LabelSource::Import, _) => say!("label-import").to_owned(),
            (LabelSource::Rule, p) => say!("label-rule", percent = (100.0 * p.unwrap_or(0.0)).round()),
        };
        ui.label(RichText::new(from).size(11.5).color(view.palette.dim)).on_hover_text(label.at.to_string());
        click.map(|_| Action::Answer { images: vec![image.id], tag, answer: Answer::Unknown })
    })
    .inner
}

fn any_of_ui(ui: &mut Ui, view: &View<'_>, image: &ImageRow, group: &Group) -> Option<Action> {
    let workspace = view.workspace;
    let mut action = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.spacing_mut().interact_size.y = 24.0;
        for tag in workspace.vocabulary().tags_of(group.id) {
            let probability = workspace.proposals().get(image.id, group.id, tag.id);
            let kind = match (workspace.labels().get(image.id, tag.id), probability) {
                (Some(label), _) if label.is_yes => ChipKind::Yes,
                (Some(_), _) => ChipKind::No,
                (None, Some(p)) => ChipKind::Proposed(p),
                (None, None) => ChipKind::Unsure(0.0),
            };
            if let Some(click) = inline_chip_ui(ui, view, &tag.name, kind) {
                let answer = match click {
                    ChipClick::Accept => Answer::Yes,
                    ChipClick::Reject => Answer::No,
                    ChipClick::Clear => Answer::Unknown,
                };
                action = Some(Action::Answer { images: vec![image.id], tag: tag.id, answer });
            }
        }
    });
    action
}

fn words_ui(ui: &mut Ui, view: &View<'_>, image: &ImageRow) -> Option<Action> {
    let guesses = view.workspace.known_word_guesses(image.id);
    if guesses.is_empty() {
        return None;
    }
    let palette = view.palette;
    ui.add_space(8.0);
    ui.label(RichText::new(say!("photo-words")).font(semibold(11.5)).color(palette.dim));
    let mut action = None;
    ui.spacing_mut().item_spacing.y = 2.0;
    for (index, guess) in guesses.iter().enumerate() {
        let row = AnswerRow {
            number: None,
            name: &guess.name,
            probability: Some(guess.probability),
            is_likeliest: index == 0,
            is_said: false,
            is_rejected: false,
        };
        if answer_ui(ui, palette, &row).clicked() {
            let (images, group) = (vec![image.id], GroupChoice::First);
            action = Some(Action::AnswerByName { images, group, name: guess.name.clone() });
        }
    }
    action
}

fn buttons_ui(ui: &mut Ui, view: &View<'_>, image: &ImageRow) -> Option<Action> {
    let palette = view.palette;
    let workspace = view.workspace;
    let proposal = workspace
        .vocabulary()
        .groups
        .iter()
        .filter(|group| group.kind == GroupKind::OneOf && view.has_head(group.id))
        .find_map(|group| workspace.proposed(image.id, group.id).next());
    let mut action = None;
    ui.horizontal_wrapped(|ui| {
        if let Some((tag, _)) = proposal {
            let name: String = view.tag_name(tag).chars().take(18).collect();
            let key = key_of(ui.ctx(), &Action::Accept);
            if primary_button_ui(ui, palette, &say!("accept-tag", name = name), key.as_deref()).clicked() {
                action = Some(Action::Accept);
            }
        }
        let others =
            [(say!("reject"), Action::Reject, proposal.is_some()), (say!("other-tag"), Action::AskForTag, true)];
        for (words, done, _) in others.into_iter().filter(|(.., is_offered)| *is_offered) {
            let key = key_of(ui.ctx(), &done);
            if plain_button_ui(ui, palette, words, key.as_deref()).clicked() {
                action = Some(done);
            }
        }
    });
    if view.has_any_of() && !workspace.labels().is_reviewed(image.id, workspace.vocabulary()) {
        ui.horizontal_wrapped(|ui| {
            if link_ui(ui, palette, say!("mark-reviewed-long")).clicked() {
                action = Some(Action::MarkReviewed);
            }
            if let Some(key) = key_of(ui.ctx(), &Action::MarkReviewed) {
                key_hint_ui(ui, palette, &key);
            }
        });
    }
    action
}

/// What the proposals rest on.
fn footnote_ui(ui: &mut Ui, view: &View<'_>) {
    ui.add_space(12.0);
    for head in &view.workspace.heads().groups {
        let group = view.workspace.vocabulary().group(head.group).map_or("", |group| group.name.as_str());
        let count = head.num_photos;
        let text = match head.choice.held_out_accuracy {
            Some(accuracy) => {
                say!("learned-held-out", group = group, count = count, percent = (100.0 * accuracy).round())
            }
            None => say!("learned", group = group, count = count),
        };
        ui.label(RichText::new(text).size(12.0).color(view.palette.dim));
    }
}

fn inline_chip_ui(ui: &mut Ui, view: &View<'_>, name: &str, kind: ChipKind) -> Option<ChipClick> {
    let width = chip_width(ui, name, kind, true).min(ui.available_width().max(60.0));
    let (rect, _) = ui.allocate_exact_size(vec2(width, 24.0), Sense::hover());
    chip_ui(ui, view.palette, rect.min, width, name, kind, true)
}
