//! One photo in the grid: the picture, what marks it, and its chips.

use egui::{Align, CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::super::action::Action;
use super::super::failures::fault_words;
use super::super::icons;
use super::super::screen::Screen;
use super::super::textures::{Shot, Textures};
use super::super::theme::{RADIUS_PHOTO, icon, regular};
use super::super::view::View;
use super::super::words::say;
use super::chips::{Chip, chips, chips_height, chips_ui};
use crate::catalogue::{GroupKind, ImageRow, ImageState};
use crate::workspace::PictureSize;

/// Draws a photo and says what a click on it asks for.
pub fn cell_ui(
    ui: &mut Ui,
    view: &View<'_>,
    screen: &mut Screen,
    textures: &mut Textures,
    image: &ImageRow,
    rect: Rect,
) -> Option<Action> {
    let palette = view.palette;
    let is_selected = screen.selection.contains(&image.id);
    let response = ui.interact(rect, ui.scope_id().with("photo"), Sense::click());
    let chips = chips(view, image);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_selected, spoken(view, image, &chips)));
    ui.painter().rect_filled(rect, RADIUS_PHOTO, palette.panel);
    let mut photo = rect;
    photo.set_height(rect.height() - chips_height(view));
    photo_ui(ui, view, textures, image, photo);
    let is_cursor = screen.cursor == Some(image.id);
    // With one tag at a time, what is selected is what is wrong.
    let is_wrong = is_selected && screen.marks_wrong();
    let (stroke, kind) = if is_wrong {
        (Stroke::new(2.0, palette.no), StrokeKind::Outside)
    } else if is_selected || is_cursor {
        (Stroke::new(2.0, palette.accent), StrokeKind::Outside)
    } else if response.has_focus() {
        (Stroke::new(2.0, palette.dim), StrokeKind::Outside)
    } else if response.hovered() {
        (Stroke::new(1.0, palette.dim), StrokeKind::Inside)
    } else {
        (Stroke::new(1.0, palette.line), StrokeKind::Inside)
    };
    ui.painter().rect_stroke(rect, RADIUS_PHOTO, stroke, kind);
    if is_wrong {
        let at = photo.center();
        ui.painter().circle_filled(at, 20.0, palette.no_wash);
        ui.painter().text(at, egui::Align2::CENTER_CENTER, icons::X, icon(22.0), palette.no);
    }
    let below = Rect::from_min_max(photo.left_bottom(), rect.max);
    if matches!(image.state, ImageState::Ok) && chips.is_empty() && !view.workspace.proposals().is_empty() {
        let is_open = view.workspace.proposals().knows(image.id);
        if !is_open {
            let at = below.min + vec2(10.0, 12.0);
            ui.painter().text(at, egui::Align2::LEFT_TOP, say!("photo-coming"), regular(12.0), palette.dim);
        }
    }
    if chips.is_empty() && view.workspace.proposals().is_empty() {
        screen.wants_words.push(image.id);
    }
    // Marks to click are shown on the photo at hand only, so that the others can be read at a glance.
    let is_active = is_selected || is_cursor || ui.rect_contains_pointer(rect);
    if let Some(action) = chips_ui(ui, view, image, &chips, below, is_active) {
        return Some(action);
    }
    let response = response.on_hover_text_at_pointer(image.path());
    if response.double_clicked() {
        return Some(Action::EnterFocus);
    }
    if !response.clicked() {
        return None;
    }
    let modifiers = ui.input(|input| input.modifiers);
    Some(match () {
        () if modifiers.shift => Action::SelectTo(image.id),
        () if modifiers.command || screen.marks_wrong() => Action::ToggleSelected(image.id),
        () => Action::Select(image.id),
    })
}

/// A photo as a screen reader says it: its name, what is known or proposed, and how it stands.
fn spoken(view: &View<'_>, image: &ImageRow, chips: &[Chip]) -> String {
    let mut words = image.name().to_owned();
    let mut add = |part: &str| {
        words.push_str(say!("list-separator"));
        words.push_str(part);
    };
    chips.iter().for_each(|chip| add(&chip.spoken()));
    match &image.state {
        ImageState::Broken(reason) => add(&fault_words(reason)),
        ImageState::Missing => add(say!("photo-gone")),
        ImageState::Ok if chips.is_empty() => {}
        ImageState::Ok => {
            let is_reviewed = view.workspace.standing(image.id).is_some_and(|standing| standing.is_reviewed);
            add(if is_reviewed { say!("filter-reviewed") } else { say!("filter-to-review") });
        }
    }
    words
}

fn photo_ui(ui: &Ui, view: &View<'_>, textures: &mut Textures, image: &ImageRow, rect: Rect) {
    let palette = view.palette;
    let top = CornerRadius { nw: RADIUS_PHOTO, ne: RADIUS_PHOTO, sw: 0, se: 0 };
    ui.painter().rect_filled(rect, top, palette.fill);
    let problem = match &image.state {
        ImageState::Broken(reason) => Some((icons::IMAGE_BROKEN, fault_words(reason))),
        ImageState::Missing => Some((icons::LINK_BREAK, say!("photo-gone").to_owned())),
        ImageState::Ok => None,
    };
    if problem.is_none() {
        match textures.get(ui.ctx(), view.workspace, image, PictureSize::Thumbnail) {
            Shot::Ready(texture) => {
                // The photo fills its place and is cut at the longer sides.
                let size = texture.size_vec2();
                let scale = (rect.width() / size.x).max(rect.height() / size.y);
                let part = rect.size() / (size * scale);
                let uv = Rect::from_center_size(pos2(0.5, 0.5), part);
                egui::Image::from_texture(texture).uv(uv).corner_radius(top).paint_at(ui, rect);
            }
            Shot::Coming => {}
            Shot::Failed(reason) => sign(ui, view, rect, icons::IMAGE_BROKEN, fault_words(reason)),
        }
    }
    if let Some((glyph, reason)) = problem {
        sign(ui, view, rect, glyph, reason);
    }
    badge_ui(ui, view, image, rect);
}

/// How many shots a product has, with a mark where these do not agree; else how many copies a photo has.
fn badge_ui(ui: &Ui, view: &View<'_>, image: &ImageRow, rect: Rect) {
    let shots = view.shots(image.id);
    let text = match shots.len() {
        0 if image.files.len() > 1 && image.state != ImageState::Missing => {
            say!("num-copies", count = image.files.len())
        }
        0 => return,
        count => say!("num-shots", count = count),
    };
    let groups = view.workspace.vocabulary().groups.iter().filter(|group| group.kind == GroupKind::OneOf);
    let disagrees = groups.into_iter().any(|group| view.workspace.disagrees(&shots, group.id));
    let galley = ui.painter().layout_no_wrap(text, regular(11.0), egui::Color32::WHITE);
    let at = pos2(rect.right() - galley.size().x - 14.0, rect.top() + 6.0);
    let ground = Rect::from_min_size(at, galley.size() + vec2(10.0, 4.0));
    ui.painter().rect_filled(ground, 6.0, egui::Color32::from_black_alpha(180));
    ui.painter().galley(at + vec2(5.0, 2.0), galley, egui::Color32::WHITE);
    if disagrees {
        let at = ground.left_center() - vec2(6.0, 0.0);
        let mark = Rect::from_center_size(at - vec2(9.0, 0.0), vec2(22.0, 18.0));
        ui.painter().rect_filled(mark, 6.0, view.palette.unsure_wash);
        ui.painter().text(mark.center(), egui::Align2::CENTER_CENTER, icons::WARNING, icon(13.0), view.palette.unsure);
    }
}

fn sign(ui: &Ui, view: &View<'_>, rect: Rect, glyph: &str, reason: String) {
    let palette = view.palette;
    let center = rect.center() - vec2(0.0, 18.0);
    ui.painter().text(center, egui::Align2::CENTER_CENTER, glyph, icon(28.0), palette.dim);
    let mut job = egui::text::LayoutJob::simple(reason, regular(11.0), palette.dim, rect.width() - 20.0);
    job.halign = Align::Center;
    job.wrap.max_rows = 3;
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(rect.center().x, rect.center().y + 4.0), galley, palette.dim);
}
