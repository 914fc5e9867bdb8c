//! The right side: one photo large, what is known of it, and what the model makes of it.

use egui::{Panel, Rect, RichText, ScrollArea, Sense, Ui, vec2};

use super::super::action::Action;
use super::super::screen::Screen;
use super::super::textures::{Shot, Textures};
use super::super::theme::{RADIUS_PHOTO, semibold};
use super::super::view::View;
use super::super::widgets::{
    AnswerRow, ChipClick, ChipKind, answer_ui, chip_ui, chip_width, link_ui, plain_button_ui, primary_button_ui,
};
use super::pane;
use crate::catalogue::{Group, GroupKind, ImageRow, ImageState, LabelSource, TagId};
use crate::workspace::{Answer, PictureSize};

/// Answers of a `one of` group that are listed; the rest is nearly always far below.
const MAX_BARS: usize = 6;

/// Draws the inspector for the photo under the cursor.
pub fn inspector_ui(ui: &mut Ui, view: &View<'_>, screen: &Screen, textures: &mut Textures) -> Option<Action> {
    Panel::right("inspector")
        .default_size(330.0)
        .size_range(240.0..=620.0)
        .frame(pane(view.palette, 14))
        .show(ui, |ui| {
            let image = screen.cursor.and_then(|cursor| view.image(cursor));
            if let Some(image) = image {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| photo_ui(ui, view, image, textures)).inner
            } else {
                ui.add_space(ui.available_height() * 0.3);
                ui.vertical_centered(|ui| {
                    let text = "Select a photo to see it large,\nwith everything known of it.";
                    ui.label(RichText::new(text).color(view.palette.dim));
                });
                None
            }
        })
        .inner
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
        facts.push(format!("{} copies", image.files.len()));
    }
    ui.label(RichText::new(facts.join(" · ")).size(12.0).color(palette.dim));
    if let ImageState::Broken(reason) = &image.state {
        ui.label(RichText::new(format!("This photo cannot be used: {reason}.")).color(palette.no));
    }
    if image.state == ImageState::Missing {
        let text = "The file is gone. Its labels are kept; they return when the file does.";
        ui.label(RichText::new(text).color(palette.unsure));
    }
    let mut action = None;
    for group in &view.workspace.vocabulary().groups {
        ui.add_space(8.0);
        ui.label(
            RichText::new(format!("{}, {}", group.name, group.kind.as_str())).font(semibold(11.5)).color(palette.dim),
        );
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
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, format!("Photo {}", image.name())));
    ui.painter().rect_filled(place, RADIUS_PHOTO, view.palette.fill);
    let Some(hash) = image.hash.filter(|_| image.state == ImageState::Ok) else { return };
    let path = || view.workspace.listing().path_of(image);
    // The thumbnail stands in until the photo itself is decoded.
    let sizes = [PictureSize::Large, PictureSize::Thumbnail];
    for size in sizes {
        if let Shot::Ready(texture) = textures.get(hash, size, path) {
            let natural = texture.size_vec2();
            let scale = (place.width() / natural.x).min(place.height() / natural.y);
            let shown = Rect::from_center_size(place.center(), natural * scale);
            egui::Image::from_texture(texture).corner_radius(RADIUS_PHOTO).paint_at(ui, shown);
            return;
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
    let proposed = workspace.proposals().top(image.id, group.id, MAX_BARS);
    let mut rows: Vec<(TagId, Option<f32>)> = proposed.into_iter().map(|(tag, p)| (tag, Some(p))).collect();
    if rows.is_empty() && answer.is_none() {
        rows = workspace.vocabulary().tags_of(group.id).take(MAX_BARS).map(|tag| (tag.id, None)).collect();
    }
    ui.spacing_mut().item_spacing.y = 2.0;
    for (index, (tag, probability)) in rows.into_iter().enumerate() {
        let row = AnswerRow {
            name: view.tag_name(tag),
            probability,
            is_likeliest: index == 0 && probability.is_some(),
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
            (LabelSource::Person, _) => "by you".to_owned(),
            (LabelSource::Proposal, Some(p)) => format!("proposed at {:.0} %, accepted by you", 100.0 * p),
            (LabelSource::Proposal, None) => "accepted by you".to_owned(),
            (LabelSource::Import, _) => "imported".to_owned(),
            (LabelSource::Rule, Some(p)) => format!("proposed at {:.0} %, accepted by rule", 100.0 * p),
            (LabelSource::Rule, None) => "accepted by rule".to_owned(),
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
    ui.label(RichText::new("Everyday words, a way in").font(semibold(11.5)).color(palette.dim));
    let mut action = None;
    ui.spacing_mut().item_spacing.y = 2.0;
    for (index, guess) in guesses.iter().enumerate() {
        let row = AnswerRow {
            name: &guess.name,
            probability: Some(guess.probability),
            is_likeliest: index == 0,
            is_rejected: false,
        };
        if answer_ui(ui, palette, &row).clicked() {
            let group = super::super::action::GroupChoice::First;
            action = Some(Action::AnswerByName { images: vec![image.id], group, name: guess.name.clone() });
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
        .find_map(|group| workspace.open_proposal(image.id, group.id));
    let mut action = None;
    ui.horizontal_wrapped(|ui| {
        if let Some((tag, _)) = proposal {
            let name: String = view.tag_name(tag).chars().take(18).collect();
            if primary_button_ui(ui, palette, &format!("Accept {name}"), Some("A")).clicked() {
                action = Some(Action::Accept);
            }
            if plain_button_ui(ui, palette, "Reject", Some("X")).clicked() {
                action = Some(Action::Reject);
            }
        }
        if plain_button_ui(ui, palette, "Other tag…", Some("T")).clicked() {
            action = Some(Action::AskForTag);
        }
    });
    if view.has_any_of() && !workspace.labels().is_reviewed(image.id, workspace.vocabulary()) {
        let reviewed = link_ui(ui, palette, "Mark reviewed: what is unset becomes no   R");
        if reviewed.clicked() {
            action = Some(Action::MarkReviewed);
        }
    }
    action
}

/// What the proposals rest on.
fn footnote_ui(ui: &mut Ui, view: &View<'_>) {
    ui.add_space(12.0);
    for head in &view.workspace.heads().groups {
        let group = view.workspace.vocabulary().group(head.group).map_or("", |group| group.name.as_str());
        let mut text = format!("{group}: learned from {} photos.", head.num_photos);
        if let Some(accuracy) = head.choice.held_out_accuracy {
            text = format!("{text} Right on {:.0} % of photos held out.", 100.0 * accuracy);
        }
        ui.label(RichText::new(text).size(12.0).color(view.palette.dim));
    }
}

fn inline_chip_ui(ui: &mut Ui, view: &View<'_>, name: &str, kind: ChipKind) -> Option<ChipClick> {
    let width = chip_width(ui, name, kind, true).min(ui.available_width().max(60.0));
    let (rect, _) = ui.allocate_exact_size(vec2(width, 24.0), Sense::hover());
    chip_ui(ui, view.palette, rect.min, width, name, kind, true)
}
