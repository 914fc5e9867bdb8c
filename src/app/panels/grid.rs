//! The photos: a grid of which only what is in sight costs anything.

use egui::{
    Align, CentralPanel, ComboBox, CornerRadius, Frame, Layout, Margin, Pos2, Rect, RichText, Role, ScrollArea, Sense,
    Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::super::action::Action;
use super::super::icons;
use super::super::names::{filter_name, order_name};
use super::super::screen::Screen;
use super::super::textures::{Shot, Textures};
use super::super::theme::{RADIUS_PHOTO, icon, regular, semibold};
use super::super::view::View;
use super::super::widgets::{ChipClick, ChipKind, chip_ui, chip_width};
use super::super::words::say;
use crate::catalogue::{ImageRow, ImageState, TagId};
use crate::workspace::{Answer, Filter, Order, PictureSize, UNSURE_BELOW};

const CELL: f32 = 176.0;
const GAP: f32 = 12.0;
const PHOTO_HEIGHT: f32 = 150.0;
const CHIP_LINE: f32 = 28.0;

/// Rows beyond each edge of what is in sight whose thumbnails are made ahead.
const NUM_ROWS_AHEAD: usize = 3;

/// A chip with what a click on it would be about.
struct Chip {
    name: String,
    kind: ChipKind,
    /// None for an everyday word.
    tag: Option<TagId>,
}

/// Draws the grid with its heading.
pub fn grid_ui(ui: &mut Ui, view: &View<'_>, screen: &mut Screen, textures: &mut Textures) -> Option<Action> {
    let frame =
        Frame::new().fill(view.palette.background).inner_margin(Margin { left: 16, right: 8, top: 8, bottom: 0 });
    CentralPanel::default()
        .frame(frame)
        .show(ui, |ui| {
            let mut action = heading_ui(ui, view, screen);
            hint_ui(ui, view);
            if view.shown.visible.is_empty() {
                empty_ui(ui, view, screen);
            } else {
                action = photos_ui(ui, view, screen, textures).or(action);
            }
            action
        })
        .inner
}

fn heading_ui(ui: &mut Ui, view: &View<'_>, screen: &Screen) -> Option<Action> {
    let mut action = None;
    ui.horizontal(|ui| {
        ui.set_min_height(32.0);
        let name = match screen.filter {
            Filter::Tag(tag, _) => view.tag_name(tag),
            filter => filter_name(filter),
        };
        ui.label(RichText::new(name).font(semibold(16.0)));
        let count = say!("num-photos", count = view.shown.visible.len());
        ui.label(RichText::new(count).color(view.palette.dim));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(8.0);
            let combo = ComboBox::from_id_salt("order").selected_text(order_name(screen.order)).show_ui(ui, |ui| {
                for order in [Order::Name, Order::LeastCertain, Order::MostCertain] {
                    if ui.selectable_label(screen.order == order, order_name(order)).clicked() {
                        action = Some(Action::OrderBy(order));
                    }
                }
            });
            combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, say!("order")));
        });
    });
    action
}

/// While nothing has been learnt yet, what the chips are and how to go on.
fn hint_ui(ui: &mut Ui, view: &View<'_>) {
    if !view.workspace.heads().groups.is_empty() || view.shown.visible.is_empty() {
        return;
    }
    let palette = view.palette;
    Frame::new().fill(palette.accent_wash).corner_radius(8).inner_margin(Margin::symmetric(12, 7)).show(ui, |ui| {
        ui.set_width(ui.available_width() - 8.0);
        let text =
            if view.workspace.vocabulary().tags.is_empty() { say!("hint-words") } else { say!("hint-first-tags") };
        ui.label(RichText::new(text).color(palette.text));
    });
    ui.add_space(2.0);
}

fn empty_ui(ui: &mut Ui, view: &View<'_>, screen: &Screen) {
    let is_empty = view.workspace.listing().images.is_empty();
    let text = match screen.filter {
        _ if is_empty && view.workspace.jobs().iter().any(|job| job.state == crate::workspace::JobState::Running) => {
            say!("empty-looking")
        }
        _ if is_empty => say!("empty-catalogue"),
        _ if !screen.search.is_empty() => say!("empty-search"),
        Filter::ToReview => say!("empty-to-review"),
        Filter::Unsure => say!("empty-unsure"),
        Filter::Reviewed => say!("empty-reviewed"),
        _ => say!("empty-filter"),
    };
    ui.add_space(ui.available_height() * 0.35);
    ui.vertical_centered(|ui| {
        ui.label(RichText::new(icons::IMAGES).font(icon(36.0)).color(view.palette.dim));
        ui.label(RichText::new(text).color(view.palette.dim));
    });
}

fn photos_ui(ui: &mut Ui, view: &View<'_>, screen: &mut Screen, textures: &mut Textures) -> Option<Action> {
    let mut action = None;
    let width = ui.available_width() - 10.0;
    let columns = (((width + GAP) / (CELL + GAP)) as usize).max(1);
    let height = PHOTO_HEIGHT + CHIP_LINE * num_lines(view) as f32 + 10.0;
    let cell = vec2((width - GAP * (columns - 1) as f32) / columns as f32, height);
    screen.num_columns = columns;
    let num_rows = view.shown.visible.len().div_ceil(columns);
    let row_height = cell.y + GAP;
    let cursor_row = screen
        .cursor
        .filter(|_| std::mem::take(&mut screen.scrolls_to_cursor))
        .and_then(|cursor| view.shown.position_of(view.workspace, cursor))
        .map(|position| position / columns);
    ScrollArea::vertical().auto_shrink(false).show_viewport(ui, |ui, viewport| {
        ui.set_height(num_rows as f32 * row_height);
        let origin = ui.min_rect().min;
        if let Some(row) = cursor_row {
            let top = origin.y + row as f32 * row_height;
            let in_sight = viewport.min.y <= row as f32 * row_height && (row + 1) as f32 * row_height <= viewport.max.y;
            if !in_sight {
                ui.scroll_to_rect(Rect::from_min_size(pos2(origin.x, top), vec2(1.0, row_height)), None);
            }
        }
        let first = (viewport.min.y / row_height).floor().max(0.0) as usize;
        let last = ((viewport.max.y / row_height).ceil() as usize).min(num_rows);
        let near = first.saturating_sub(NUM_ROWS_AHEAD) * columns..(last + NUM_ROWS_AHEAD) * columns;
        for image in near.filter_map(|position| view.image_at(position)) {
            textures.prefetch(view.workspace, image, PictureSize::Thumbnail);
        }
        for row in first..last {
            for column in 0..columns {
                let Some(image) = view.image_at(row * columns + column) else { continue };
                let at = origin + vec2(column as f32 * (cell.x + GAP), row as f32 * row_height + 2.0);
                let rect = Rect::from_min_size(at, cell);
                ui.push_id(image.id, |ui| {
                    action = cell_ui(ui, view, screen, textures, image, rect).or(action.take());
                });
            }
        }
    });
    action
}

/// Lines of chips below a photo: one is enough while there is one question.
fn num_lines(view: &View<'_>) -> usize {
    let has_one_question = view.workspace.vocabulary().groups.len() == 1 && !view.workspace.proposals().is_empty();
    if has_one_question { 1 } else { 2 }
}

fn cell_ui(
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
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_selected, image.name()));
    let painter = ui.painter();
    painter.rect_filled(rect, RADIUS_PHOTO, palette.panel);
    let mut photo = rect;
    photo.set_height(PHOTO_HEIGHT);
    photo_ui(ui, view, textures, image, photo);
    let is_cursor = screen.cursor == Some(image.id);
    let (stroke, kind) = if is_selected || is_cursor {
        (Stroke::new(2.0, palette.accent), StrokeKind::Outside)
    } else if response.hovered() {
        (Stroke::new(1.0, palette.dim), StrokeKind::Inside)
    } else {
        (Stroke::new(1.0, palette.line), StrokeKind::Inside)
    };
    ui.painter().rect_stroke(rect, RADIUS_PHOTO, stroke, kind);
    if matches!(image.state, ImageState::Ok) && chips.is_empty() && !view.workspace.proposals().is_empty() {
        let at = pos2(rect.left() + 10.0, rect.top() + PHOTO_HEIGHT + 12.0);
        ui.painter().text(at, egui::Align2::LEFT_TOP, say!("photo-coming"), regular(12.0), palette.dim);
    }
    if chips.is_empty() && view.workspace.proposals().is_empty() {
        screen.wants_words.push(image.id);
    }
    // Marks to click are shown on the photo at hand only, so that the others can be read at a glance.
    let is_active = is_selected || is_cursor || ui.rect_contains_pointer(rect);
    if let Some(action) = chips_ui(ui, view, image, &chips, rect, is_active) {
        return Some(action);
    }
    if !response.on_hover_text_at_pointer(image.path()).clicked() {
        return None;
    }
    let modifiers = ui.input(|input| input.modifiers);
    Some(match () {
        () if modifiers.shift => Action::SelectTo(image.id),
        () if modifiers.command => Action::ToggleSelected(image.id),
        () => Action::Select(image.id),
    })
}

fn photo_ui(ui: &Ui, view: &View<'_>, textures: &mut Textures, image: &ImageRow, rect: Rect) {
    let palette = view.palette;
    let top = CornerRadius { nw: RADIUS_PHOTO, ne: RADIUS_PHOTO, sw: 0, se: 0 };
    ui.painter().rect_filled(rect, top, palette.fill);
    let problem = match &image.state {
        ImageState::Broken(reason) => Some((icons::IMAGE_BROKEN, reason.as_str())),
        ImageState::Missing => Some((icons::LINK_BREAK, say!("photo-gone"))),
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
            Shot::Failed(reason) => sign(ui, view, rect, icons::IMAGE_BROKEN, reason),
        }
    }
    if let Some((glyph, reason)) = problem {
        sign(ui, view, rect, glyph, reason);
    }
    if image.files.len() > 1 && image.state != ImageState::Missing {
        let text = say!("num-copies", count = image.files.len());
        let galley = ui.painter().layout_no_wrap(text, regular(11.0), egui::Color32::WHITE);
        let at = pos2(rect.right() - galley.size().x - 14.0, rect.top() + 6.0);
        let ground = Rect::from_min_size(at, galley.size() + vec2(10.0, 4.0));
        ui.painter().rect_filled(ground, 6.0, egui::Color32::from_black_alpha(180));
        ui.painter().galley(at + vec2(5.0, 2.0), galley, egui::Color32::WHITE);
    }
}

fn sign(ui: &Ui, view: &View<'_>, rect: Rect, glyph: &str, reason: &str) {
    let palette = view.palette;
    let center = rect.center() - vec2(0.0, 18.0);
    ui.painter().text(center, egui::Align2::CENTER_CENTER, glyph, icon(28.0), palette.dim);
    let mut job = egui::text::LayoutJob::simple(reason.to_owned(), regular(11.0), palette.dim, rect.width() - 20.0);
    job.halign = Align::Center;
    job.wrap.max_rows = 3;
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(pos2(rect.center().x, rect.center().y + 4.0), galley, palette.dim);
}

/// What is said of a photo, what is rejected, and what is proposed for the groups that are still open.
fn chips(view: &View<'_>, image: &ImageRow) -> Vec<Chip> {
    let workspace = view.workspace;
    let (vocabulary, labels) = (workspace.vocabulary(), workspace.labels());
    let mut chips = Vec::new();
    for group in &vocabulary.groups {
        for tag in vocabulary.tags_of(group.id) {
            if let Some(label) = labels.get(image.id, tag.id) {
                let kind = if label.is_yes { ChipKind::Yes } else { ChipKind::No };
                chips.push(Chip { name: tag.name.clone(), kind, tag: Some(tag.id) });
            }
        }
    }
    if image.state != ImageState::Ok {
        return chips;
    }
    for group in &vocabulary.groups {
        for (tag, p) in workspace.proposed(image.id, group.id) {
            let kind = if p < UNSURE_BELOW { ChipKind::Unsure(p) } else { ChipKind::Proposed(p) };
            chips.push(Chip { name: view.tag_name(tag).to_owned(), kind, tag: Some(tag) });
        }
    }
    if chips.is_empty() && workspace.proposals().is_empty() {
        let guesses = workspace.known_word_guesses(image.id).iter().take(2);
        chips.extend(guesses.map(|guess| Chip {
            name: guess.name.clone(),
            kind: ChipKind::Word(guess.probability),
            tag: None,
        }));
    }
    chips
}

/// Lays chips out in lines; those without room are counted.
fn chips_ui(
    ui: &mut Ui,
    view: &View<'_>,
    image: &ImageRow,
    chips: &[Chip],
    rect: Rect,
    is_active: bool,
) -> Option<Action> {
    let num_lines = num_lines(view);
    let left = rect.left() + 8.0;
    let right = rect.right() - 8.0;
    let mut at = pos2(left, rect.top() + PHOTO_HEIGHT + 8.0);
    let mut line = 0;
    let mut action = None;
    for (index, chip) in chips.iter().enumerate() {
        let width = chip_width(ui, &chip.name, chip.kind, is_active).min(right - left);
        if at.x > left && at.x + width > right {
            line += 1;
            at = pos2(left, at.y + CHIP_LINE);
        }
        let rest = chips.len() - index;
        let is_last_line = line + 1 == num_lines;
        if line == num_lines || (is_last_line && rest > 1 && at.x + width + 34.0 > right && at.x > left) {
            more_ui(ui, view, at, rest);
            break;
        }
        if let Some(click) = chip_ui(ui, view.palette, at, right - at.x, &chip.name, chip.kind, is_active) {
            action = Some(on_chip(image, chip, click));
        }
        at.x += width + 6.0;
    }
    action
}

fn more_ui(ui: &Ui, view: &View<'_>, at: Pos2, count: usize) {
    let at = at + vec2(2.0, 12.0);
    ui.painter().text(at, egui::Align2::LEFT_CENTER, format!("+{count}"), regular(12.0), view.palette.dim);
}

fn on_chip(image: &ImageRow, chip: &Chip, click: ChipClick) -> Action {
    let images = vec![image.id];
    match (chip.tag, click) {
        (Some(tag), ChipClick::Accept) => Action::Answer { images, tag, answer: Answer::Yes },
        (Some(tag), ChipClick::Reject) => Action::Answer { images, tag, answer: Answer::No },
        (Some(tag), ChipClick::Clear) => Action::Answer { images, tag, answer: Answer::Unknown },
        (None, ChipClick::Reject | ChipClick::Clear) => Action::Select(image.id),
        (None, ChipClick::Accept) => {
            let group = super::super::action::GroupChoice::First;
            Action::AnswerByName { images, group, name: chip.name.clone() }
        }
    }
}
