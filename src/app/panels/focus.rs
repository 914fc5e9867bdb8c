//! Focus mode: one photo, the answers beside it, and the last decisions below.

use egui::{
    Align, CentralPanel, Frame, Label, Layout, Panel, Rect, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    pos2, vec2,
};

use super::super::action::Action;
use super::super::command::key_of;
use super::super::failures::fault_words;
use super::super::focus::{Decision, Focus, Zoom, asked_group, next_open, numbered_tags};
use super::super::icons;
use super::super::names::kind_name;
use super::super::screen::Screen;
use super::super::textures::{Shot, Textures};
use super::super::theme::{RADIUS_PHOTO, semibold};
use super::super::view::View;
use super::super::widgets::{
    AnswerRow, ChipKind, answer_ui, chip_ui, icon_button_ui, key_hint_ui, plain_button_ui, primary_button_ui,
};
use super::super::words::say;
use super::pane;
use crate::catalogue::{Group, GroupKind, ImageRow, ImageState, TagId};
use crate::workspace::{Answer, PictureSize, UNSURE_BELOW};

/// Answers that are listed, and have a key.
const MAX_ANSWERS: usize = 9;

/// Photos decoded ahead of the one that is shown.
const NUM_AHEAD: usize = 3;

/// Side of a decided photo in the strip.
const STRIP_SIDE: f32 = 74.0;

/// Draws focus mode.
pub fn focus_ui(ui: &mut Ui, view: &View<'_>, screen: &mut Screen, textures: &mut Textures) -> Option<Action> {
    let Some(image) = screen.cursor.and_then(|cursor| view.image(cursor)) else { return Some(Action::LeaveFocus) };
    let focus = screen.focus.as_mut()?;
    let mut action = Panel::bottom("last decisions")
        .exact_size(STRIP_SIDE + 52.0)
        .frame(pane(view.palette, 10))
        .show(ui, |ui| strip_ui(ui, view, focus, textures))
        .inner;
    let side = Panel::right("answers")
        .default_size(screen.panels.answers)
        .size_range(280.0..=560.0)
        .frame(pane(view.palette, 18))
        .show(ui, |ui| answers_ui(ui, view, focus, image));
    screen.panels.answers = side.response.rect.width();
    action = side.inner.or(action);
    let ground = Frame::new().fill(view.palette.background).inner_margin(16);
    CentralPanel::default().frame(ground).show(ui, |ui| photo_ui(ui, view, focus, textures, image)).inner.or(action)
}

fn photo_ui(
    ui: &mut Ui,
    view: &View<'_>,
    focus: &mut Focus,
    textures: &mut Textures,
    image: &ImageRow,
) -> Option<Action> {
    let (place, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, say!("photo-name", name = image.name())));
    prefetch_next(view, image, textures);
    if image.state != ImageState::Ok {
        let text = match &image.state {
            ImageState::Broken(reason) => say!("photo-broken", reason = fault_words(reason)),
            _ => say!("photo-missing").to_owned(),
        };
        ui.put(place, Label::new(RichText::new(text).color(view.palette.unsure)));
        return None;
    }
    if let Zoom::Actual(offset) = &mut focus.zoom {
        *offset += response.drag_delta();
    }
    // The best there is: whole pixels once zoomed in, else what fits the window; a thumbnail until that is decoded.
    let sizes: &[PictureSize] = match focus.zoom {
        Zoom::Actual(_) => &[PictureSize::Full, PictureSize::Large, PictureSize::Thumbnail],
        Zoom::Fit => &[PictureSize::Large, PictureSize::Thumbnail],
    };
    for &size in sizes {
        if let Shot::Ready(texture) = textures.get(ui.ctx(), view.workspace, image, size) {
            let natural = texture.size_vec2();
            let fit = (place.width() / natural.x).min(place.height() / natural.y);
            let shown = match &mut focus.zoom {
                Zoom::Fit => Rect::from_center_size(place.center(), natural * fit),
                Zoom::Actual(offset) => {
                    // A point of the photo for a point of the screen, whichever size stands in for it.
                    let own = vec2(image.width as f32, image.height as f32) / ui.ctx().pixels_per_point();
                    let own = if own.min_elem() > 0.0 { own.max(natural * fit) } else { natural };
                    let reach = ((own - place.size()) / 2.0).max(egui::Vec2::ZERO);
                    *offset = offset.clamp(-reach, reach);
                    Rect::from_center_size(place.center() + *offset, own)
                }
            };
            let painter = ui.painter().with_clip_rect(place);
            let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
            painter.image(texture.id(), shown, uv, egui::Color32::WHITE);
            break;
        }
    }
    response.double_clicked().then_some(Action::Zoom)
}

/// The photos to which a decision leads from this one.
fn prefetch_next(view: &View<'_>, image: &ImageRow, textures: &mut Textures) {
    let Some(position) = view.shown.position_of(view.workspace, image.id) else { return };
    let is_open = |index: &&usize| view.workspace.standings().at(**index).is_some_and(|s| !s.is_reviewed);
    let open = view.shown.visible.iter().skip(position + 1).filter(is_open);
    for next in open.filter_map(|&index| view.workspace.listing().images.get(index)).take(NUM_AHEAD) {
        textures.prefetch(view.workspace, next, PictureSize::Large);
    }
}

fn answers_ui(ui: &mut Ui, view: &View<'_>, focus: &Focus, image: &ImageRow) -> Option<Action> {
    let palette = view.palette;
    let workspace = view.workspace;
    let mut action = None;
    let group = asked_group(workspace, image.id);
    ui.horizontal(|ui| {
        let title = group.map_or(say!("focus-no-tags"), |group| group.name.as_str());
        ui.label(RichText::new(title).font(semibold(16.0)));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if icon_button_ui(ui, palette, icons::X, say!("key-leave-focus"), say!("key-leave-focus")).clicked() {
                action = Some(Action::LeaveFocus);
            }
            if let Some(pace) = focus.per_minute() {
                ui.label(RichText::new(say!("focus-pace", count = pace.round())).font(semibold(16.0)));
            }
        });
    });
    let kind = group.map_or("", |group| kind_name(group.kind));
    ui.add(Label::new(RichText::new(format!("{kind} · {}", image.name())).size(12.0).color(palette.dim)).truncate());
    let counts = workspace.standings().counts();
    let text = say!("focus-left", done = focus.num_done, left = counts.to_review);
    ui.label(RichText::new(text).size(12.0).color(palette.dim));
    ui.add_space(10.0);
    if let Some(group) = group {
        action = group_ui(ui, view, image, group).or(action);
    } else {
        ui.label(RichText::new(say!("focus-no-tags-what")).color(palette.dim));
    }
    let is_reviewed = workspace.standing(image.id).is_some_and(|standing| standing.is_reviewed);
    if is_reviewed && next_open(workspace, view.shown, image.id).is_none() {
        ui.add_space(14.0);
        ui.add(Label::new(RichText::new(say!("focus-all-reviewed")).color(palette.yes)).wrap());
        let key = key_of(ui.ctx(), &Action::LeaveFocus);
        if plain_button_ui(ui, palette, say!("key-leave-focus"), key.as_deref()).clicked() {
            action = Some(Action::LeaveFocus);
        }
    }
    ui.with_layout(Layout::bottom_up(Align::Min), |ui| {
        ui.horizontal_wrapped(|ui| {
            for (done, words) in [
                (Action::Undo, say!("undo")),
                (Action::Zoom, say!("key-zoom-short")),
                (Action::AskForTag, say!("other-tag")),
                (Action::LeaveFocus, say!("focus-back")),
            ] {
                if let Some(key) = key_of(ui.ctx(), &done) {
                    key_hint_ui(ui, palette, &key);
                }
                ui.label(RichText::new(words).size(12.0).color(palette.dim));
            }
        });
    });
    action
}

fn group_ui(ui: &mut Ui, view: &View<'_>, image: &ImageRow, group: &Group) -> Option<Action> {
    let palette = view.palette;
    let workspace = view.workspace;
    let mut action = None;
    let tags: Vec<TagId> = numbered_tags(workspace, image.id).into_iter().take(MAX_ANSWERS).collect();
    let probability = |tag: TagId| workspace.proposals().get(image.id, group.id, tag);
    ui.spacing_mut().item_spacing.y = 4.0;
    for (index, &tag) in tags.iter().enumerate() {
        let label = workspace.labels().get(image.id, tag);
        let is_said = label.is_some_and(|label| label.is_yes);
        let row = AnswerRow {
            number: Some(index + 1),
            name: view.tag_name(tag),
            probability: probability(tag),
            is_likeliest: index == 0 && group.kind == GroupKind::OneOf && probability(tag).is_some(),
            is_said,
            is_rejected: label.is_some_and(|label| !label.is_yes),
        };
        if answer_ui(ui, palette, &row).clicked() {
            let answer = if is_said { Answer::Unknown } else { Answer::Yes };
            action = Some(Action::Answer { images: vec![image.id], tag, answer });
        }
    }
    ui.add_space(14.0);
    let proposed: Vec<(TagId, f32)> = workspace.proposed(image.id, group.id).collect();
    ui.horizontal_wrapped(|ui| {
        if !proposed.is_empty() {
            let names: Vec<&str> = proposed.iter().map(|(tag, _)| view.tag_name(*tag)).collect();
            let name: String = names.join(", ").chars().take(28).collect();
            let key = key_of(ui.ctx(), &Action::Accept);
            if primary_button_ui(ui, palette, &say!("accept-tag", name = name), key.as_deref()).clicked() {
                action = Some(Action::Accept);
            }
        }
        let others = [
            (say!("reject"), Action::Reject, !proposed.is_empty()),
            (say!("skip"), Action::Skip, true),
            (say!("mark-reviewed"), Action::MarkReviewed, view.has_any_of()),
        ];
        for (words, done, _) in others.into_iter().filter(|(.., is_offered)| *is_offered) {
            let key = key_of(ui.ctx(), &done);
            if plain_button_ui(ui, palette, words, key.as_deref()).clicked() {
                action = Some(done);
            }
        }
    });
    // A close race is where a decision teaches most.
    let (first, second) = (tags.first().copied(), tags.get(1).copied());
    if group.kind == GroupKind::OneOf
        && let (Some(first), Some(second)) = (first, second)
        && probability(first).is_some_and(|p| p < UNSURE_BELOW)
    {
        ui.add_space(6.0);
        let text = say!("focus-unsure", first = view.tag_name(first), second = view.tag_name(second));
        ui.label(RichText::new(text).color(palette.unsure));
    }
    action
}

fn strip_ui(ui: &mut Ui, view: &View<'_>, focus: &Focus, textures: &mut Textures) -> Option<Action> {
    let mut action = None;
    ui.horizontal(|ui| {
        ui.vertical(|ui| {
            ui.set_width(90.0);
            ui.add(Label::new(RichText::new(say!("focus-last")).size(12.0).color(view.palette.dim)).wrap());
        });
        for decision in focus.decisions.iter().rev() {
            ui.push_id(decision.image, |ui| action = decision_ui(ui, view, decision, textures).or(action.take()));
        }
    });
    action
}

fn decision_ui(ui: &mut Ui, view: &View<'_>, decision: &Decision, textures: &mut Textures) -> Option<Action> {
    let image = view.image(decision.image)?;
    let palette = view.palette;
    let (place, response) = ui.allocate_exact_size(vec2(STRIP_SIDE, STRIP_SIDE + 30.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, say!("focus-back-to", name = image.name())));
    let mut photo = place;
    photo.set_height(STRIP_SIDE);
    textures.paint_square(ui, view, image, photo, RADIUS_PHOTO);
    if response.hovered() || response.has_focus() {
        ui.painter().rect_stroke(photo, RADIUS_PHOTO, Stroke::new(2.0, palette.accent), StrokeKind::Outside);
    }
    let (tag, is_yes) = decision.answer;
    let (name, kind) = (view.tag_name(tag), if is_yes { ChipKind::Yes } else { ChipKind::No });
    let taken_back = chip_ui(ui, palette, photo.left_bottom() + vec2(0.0, 5.0), STRIP_SIDE, name, kind, false);
    (response.clicked() || taken_back.is_some()).then_some(Action::LookAt(decision.image))
}
