//! The photos: a grid of which only what is in sight costs anything.

use std::collections::BTreeSet;

use egui::{
    Align, CentralPanel, ComboBox, Frame, Layout, Margin, Pos2, Rect, RichText, Role, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::super::action::Action;
use super::super::command::key_of;
use super::super::dialogs::DialogKind;
use super::super::icons;
use super::super::names::{filter_name, order_name, side_name};
use super::super::screen::{CELL_SIZES, Screen};
use super::super::textures::Textures;
use super::super::theme::{icon, semibold};
use super::super::view::{Section, View};
use super::super::widgets::{link_ui, plain_button_ui, primary_button_ui};
use super::super::words::{grouped, say};
use super::cell::cell_ui;
use super::chips::chips_height;
use crate::catalogue::ImageId;
use crate::workspace::{Filter, JobState, Order, PictureSize, Side};

const GAP: f32 = 12.0;

/// Of a photo's place, to its width.
const PHOTO_SHAPE: f32 = 0.85;

/// Rows beyond each edge of what is in sight whose thumbnails are made ahead.
const NUM_ROWS_AHEAD: usize = 3;

/// The line above a section.
const HEADER: f32 = 40.0;

/// Draws the grid with its heading.
pub fn grid_ui(ui: &mut Ui, view: &View<'_>, screen: &mut Screen, textures: &mut Textures) -> Option<Action> {
    let frame =
        Frame::new().fill(view.palette.background).inner_margin(Margin { left: 16, right: 8, top: 8, bottom: 0 });
    CentralPanel::default()
        .frame(frame)
        .show(ui, |ui| {
            let mut action = heading_ui(ui, view, screen);
            action = sides_ui(ui, view, screen).or(action);
            action = hint_ui(ui, view).or(action);
            if view.shown.visible.is_empty() {
                action = empty_ui(ui, view, screen).or(action);
            } else {
                action = photos_ui(ui, view, screen, textures).or(action);
            }
            action
        })
        .inner
}

fn heading_ui(ui: &mut Ui, view: &View<'_>, screen: &mut Screen) -> Option<Action> {
    let palette = view.palette;
    let mut action = None;
    ui.horizontal(|ui| {
        ui.set_min_height(32.0);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(8.0);
            if primary_button_ui(ui, palette, say!("auto-tag-button"), None).clicked() {
                action = Some(Action::Ask(DialogKind::AutoTag));
            }
            let key = key_of(ui.ctx(), &Action::EnterFocus);
            if plain_button_ui(ui, palette, say!("focus"), key.as_deref()).clicked() {
                action = Some(Action::EnterFocus);
            }
            let room = ui.available_width();
            if room > 420.0 {
                let grouping = ui.selectable_label(screen.is_grouped, say!("group-by-tag"));
                if grouping.clicked() {
                    action = Some(Action::ToggleGrouping);
                }
            }
            let combo = ComboBox::from_id_salt("order").selected_text(order_name(screen.order)).show_ui(ui, |ui| {
                for order in Order::ALL {
                    if ui.selectable_label(screen.order == order, order_name(order)).clicked() {
                        action = Some(Action::OrderBy(order));
                    }
                }
            });
            combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, say!("order")));
            if room > 560.0 {
                ui.spacing_mut().slider_width = 80.0;
                let size = screen.cell_size;
                let slider = egui::Slider::new(&mut screen.cell_size, CELL_SIZES).show_value(false);
                let response = ui.add(slider).on_hover_text(say!("settings-cell-size"));
                response.widget_info(|| WidgetInfo::slider(true, f64::from(size), say!("settings-cell-size")));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let name = match (view.shown.only(), view.shown.filter()) {
                    (Some(only), _) => only.reason.as_str(),
                    (None, Filter::Tag(tag, _)) => view.tag_name(tag),
                    (None, filter) => filter_name(filter),
                };
                if view.shown.only().is_some() && link_ui(ui, palette, say!("show-all")).clicked() {
                    action = Some(Action::Show(Filter::All));
                }
                ui.add(egui::Label::new(RichText::new(name).font(semibold(16.0))).truncate());
                let count = say!("num-photos", count = view.shown.visible.len());
                ui.add(egui::Label::new(RichText::new(count).color(palette.dim)).truncate());
            });
        });
    });
    action
}

/// With one tag at a time: its sides, and the one key that settles the rest.
fn sides_ui(ui: &mut Ui, view: &View<'_>, screen: &Screen) -> Option<Action> {
    let Filter::Tag(tag, side) = view.shown.filter() else { return None };
    let (yes, no) = view.workspace.labels().counts(tag);
    let proposed = view.workspace.standings().counts().proposed(tag);
    let mut action = None;
    ui.horizontal_wrapped(|ui| {
        for (choice, count) in
            [(Side::Either, yes + proposed), (Side::Proposed, proposed), (Side::Yes, yes), (Side::No, no)]
        {
            let text = format!("{} {}", side_name(choice), grouped(count));
            if ui.selectable_label(choice == side, text).clicked() {
                action = Some(Action::Show(Filter::Tag(tag, choice)));
            }
        }
        if side == Side::Proposed && proposed > 0 {
            let num_wrong = screen.selection.len();
            let text = say!("accept-rest", count = view.shown.visible.len().saturating_sub(num_wrong));
            let key = key_of(ui.ctx(), &Action::AcceptRest);
            if primary_button_ui(ui, view.palette, &text, key.as_deref()).clicked() {
                action = Some(Action::AcceptRest);
            }
            ui.label(RichText::new(say!("accept-rest-what", count = num_wrong)).color(view.palette.dim));
        } else if link_ui(ui, view.palette, say!("menu-edit")).clicked() {
            action = Some(Action::Ask(DialogKind::EditTag(tag)));
        }
    });
    action
}

/// What helps at first: what the chips are and how to go on; hints that have been read go away.
fn hint_ui(ui: &mut Ui, view: &View<'_>) -> Option<Action> {
    if view.shown.visible.is_empty() {
        return None;
    }
    let vocabulary = view.workspace.vocabulary();
    let is_read = |hint: &str| view.settings.hints_read.contains(hint);
    let (text, hint) = if view.workspace.heads().groups.is_empty() {
        let text = if vocabulary.tags.is_empty() { say!("hint-words") } else { say!("hint-first-tags") };
        (text, None)
    } else if matches!(view.shown.filter(), Filter::Tag(..)) && !is_read("one-tag") {
        (say!("hint-one-tag"), Some("one-tag"))
    } else if !is_read("focus") {
        (say!("hint-focus"), Some("focus"))
    } else {
        return None;
    };
    let palette = view.palette;
    let mut action = None;
    Frame::new().fill(palette.accent_wash).corner_radius(8).inner_margin(Margin::symmetric(12, 7)).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.set_width(ui.available_width() - 8.0);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if let Some(hint) = hint
                    && link_ui(ui, palette, say!("hint-read")).clicked()
                {
                    action = Some(Action::DismissHint(hint));
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(egui::Label::new(RichText::new(text).color(palette.text)).wrap());
                });
            });
        });
    });
    ui.add_space(2.0);
    action
}

fn empty_ui(ui: &mut Ui, view: &View<'_>, screen: &Screen) -> Option<Action> {
    let is_empty = view.workspace.listing().images.is_empty();
    let is_busy = view.workspace.jobs().iter().any(|job| job.state == JobState::Running);
    let text = match view.shown.filter() {
        _ if is_empty && is_busy => say!("empty-looking"),
        _ if is_empty => say!("empty-catalogue"),
        _ if screen.search.query.is_some() => say!("empty-search"),
        Filter::ToReview => say!("empty-to-review"),
        Filter::Unsure => say!("empty-unsure"),
        Filter::Reviewed => say!("empty-reviewed"),
        Filter::Tag(_, Side::Proposed) => say!("empty-proposed"),
        _ => say!("empty-filter"),
    };
    ui.add_space(ui.available_height() * 0.35);
    ui.vertical_centered(|ui| {
        ui.label(RichText::new(icons::IMAGES).font(icon(36.0)).color(view.palette.dim));
        ui.label(RichText::new(text).color(view.palette.dim));
        let clears = !is_empty && screen.search.query.is_some() && {
            ui.add_space(6.0);
            plain_button_ui(ui, view.palette, say!("search-clear"), None).clicked()
        };
        clears.then(|| Action::Search(String::new()))
    })
    .inner
}

/// Where everything stands, in the grid's own space.
struct Plan {
    columns: usize,
    cell: Vec2,
    header: f32,
    /// Of each section, its top.
    tops: Vec<f32>,
    height: f32,
}

impl Plan {
    fn new(view: &View<'_>, screen: &Screen, width: f32) -> Self {
        let fitting = |cell: f32| ((width + GAP) / (cell + GAP)) as usize;
        // One photo below the other is no overview, whatever size was chosen in a wider window.
        let columns = fitting(screen.cell_size).max(fitting(*CELL_SIZES.start()).min(2)).max(1);
        let cell_width = ((width - GAP * (columns - 1) as f32) / columns as f32).max(1.0);
        let cell = vec2(cell_width, (cell_width * PHOTO_SHAPE).round() + chips_height(view));
        let header = if screen.is_grouped { HEADER } else { 0.0 };
        let mut height = 0.0;
        let mut tops = Vec::with_capacity(view.shown.sections.len());
        for section in &view.shown.sections {
            tops.push(height);
            height += header + section.range.len().div_ceil(columns) as f32 * (cell.y + GAP);
        }
        Self { columns, cell, header, tops, height }
    }

    /// Where a photo of a section stands.
    fn rect(&self, section: usize, position: usize) -> Rect {
        let (row, column) = (position / self.columns, position % self.columns);
        let top = self.tops[section] + self.header + row as f32 * (self.cell.y + GAP) + 2.0;
        Rect::from_min_size(pos2(column as f32 * (self.cell.x + GAP), top), self.cell)
    }

    /// The rows of a section between two heights.
    fn rows(&self, section: usize, count: usize, top: f32, bottom: f32) -> std::ops::Range<usize> {
        let start = self.tops[section] + self.header;
        let row_height = self.cell.y + GAP;
        let num_rows = count.div_ceil(self.columns);
        let first = ((top - start) / row_height).floor().max(0.0) as usize;
        let last = ((bottom - start) / row_height).ceil().max(0.0) as usize;
        first.min(num_rows)..last.min(num_rows)
    }
}

fn photos_ui(ui: &mut Ui, view: &View<'_>, screen: &mut Screen, textures: &mut Textures) -> Option<Action> {
    let mut action = None;
    let plan = Plan::new(view, screen, ui.available_width() - 10.0);
    screen.num_columns = plan.columns;
    let cursor = screen
        .cursor
        .filter(|_| std::mem::take(&mut screen.scrolls_to_cursor))
        .and_then(|cursor| view.shown.position_of(view.workspace, cursor))
        .and_then(|position| place_of(view, &plan, position));
    let zoom = ui.input(egui::InputState::zoom_delta);
    if (zoom - 1.0).abs() > f32::EPSILON && ui.rect_contains_pointer(ui.available_rect_before_wrap()) {
        action = Some(Action::Enlarge(zoom.ln() / 1.15f32.ln()));
    }
    ScrollArea::vertical().auto_shrink(false).show_viewport(ui, |ui, viewport| {
        ui.set_height(plan.height);
        let origin = ui.min_rect().min;
        if let Some(rect) = cursor
            && (rect.top() < viewport.min.y || rect.bottom() > viewport.max.y)
        {
            ui.scroll_to_rect(rect.translate(origin.to_vec2()).expand2(vec2(0.0, GAP)), None);
        }
        rubber_band(ui, view, screen, &plan, origin, viewport);
        let row_height = plan.cell.y + GAP;
        let ahead = NUM_ROWS_AHEAD as f32 * row_height;
        for (index, section) in view.shown.sections.iter().enumerate() {
            let count = section.range.len();
            if screen.is_grouped {
                let rect = Rect::from_min_size(pos2(0.0, plan.tops[index]), vec2(ui.available_width(), HEADER));
                if rect.bottom() >= viewport.min.y && rect.top() <= viewport.max.y {
                    action = section_ui(ui, view, section, rect.translate(origin.to_vec2())).or(action.take());
                }
            }
            for row in plan.rows(index, count, viewport.min.y - ahead, viewport.max.y + ahead) {
                let top = plan.rect(index, row * plan.columns).top();
                let is_in_sight = top + plan.cell.y >= viewport.min.y && top <= viewport.max.y;
                for position in (row * plan.columns..(row + 1) * plan.columns).take_while(|position| *position < count)
                {
                    let Some(image) = view.image_at(section.range.start + position) else { continue };
                    if is_in_sight {
                        let rect = plan.rect(index, position).translate(origin.to_vec2());
                        ui.push_id(image.id, |ui| {
                            action = cell_ui(ui, view, screen, textures, image, rect).or(action.take());
                        });
                    } else {
                        textures.prefetch(view.workspace, image, PictureSize::Thumbnail);
                    }
                }
            }
        }
        if let Some((start, _)) = &screen.rubber_band
            && let Some(pointer) = ui.ctx().pointer_latest_pos()
        {
            let band = Rect::from_two_pos(*start + origin.to_vec2(), pointer);
            ui.painter().rect_filled(band, 4.0, view.palette.accent.gamma_multiply(0.15));
            ui.painter().rect_stroke(band, 4.0, Stroke::new(1.0, view.palette.accent), StrokeKind::Inside);
        }
    });
    action
}

fn place_of(view: &View<'_>, plan: &Plan, position: usize) -> Option<Rect> {
    let section = view.shown.sections.iter().position(|section| section.range.contains(&position))?;
    Some(plan.rect(section, position - view.shown.sections[section].range.start))
}

/// Dragging over the grid selects what the band touches; with Ctrl or Shift in addition to what was selected.
fn rubber_band(ui: &Ui, view: &View<'_>, screen: &mut Screen, plan: &Plan, origin: Pos2, viewport: Rect) {
    let ground = Rect::from_min_size(origin + viewport.min.to_vec2(), viewport.size());
    let response = ui.interact(ground, ui.scope_id().with("rubber band"), Sense::click_and_drag());
    if response.clicked() {
        screen.selection.clear();
    }
    if response.drag_started()
        && let Some(start) = ui.input(|input| input.pointer.press_origin())
    {
        let keeps = ui.input(|input| input.modifiers.command || input.modifiers.shift);
        let before = if keeps { screen.selection.clone() } else { BTreeSet::new() };
        screen.rubber_band = Some((start - origin.to_vec2(), before));
    }
    if response.drag_stopped() {
        screen.rubber_band = None;
    }
    let (Some((start, before)), Some(pointer)) = (&screen.rubber_band, ui.ctx().pointer_latest_pos()) else { return };
    let band = Rect::from_two_pos(*start, pointer - origin.to_vec2());
    let mut selection = before.clone();
    selection.extend(touched(view, plan, band));
    screen.selection = selection;
    // Near an edge the grid moves on by itself.
    let reach = 30.0;
    let past = (pointer.y - (ground.bottom() - reach)).max(0.0) - ((ground.top() + reach) - pointer.y).max(0.0);
    if past != 0.0 {
        ui.scroll_with_delta(vec2(0.0, -past.clamp(-reach, reach) * 0.6));
        ui.ctx().request_repaint();
    }
}

fn touched<'a>(view: &'a View<'_>, plan: &'a Plan, band: Rect) -> impl Iterator<Item = ImageId> + 'a {
    view.shown.sections.iter().enumerate().flat_map(move |(index, section)| {
        let count = section.range.len();
        plan.rows(index, count, band.top(), band.bottom())
            .flat_map(move |row| row * plan.columns..((row + 1) * plan.columns).min(count))
            .filter(move |&position| plan.rect(index, position).intersects(band))
            .filter_map(move |position| view.image_at(section.range.start + position))
            .map(|image| image.id)
    })
}

/// The line above a section: which tag, how many, and accepting what is proposed of them.
fn section_ui(ui: &mut Ui, view: &View<'_>, section: &Section, rect: Rect) -> Option<Action> {
    let name = section.tag.map_or(say!("section-none"), |tag| view.tag_name(tag));
    let mut action = None;
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect).id_salt(("section", section.tag)), |ui| {
        ui.horizontal_centered(|ui| {
            ui.label(RichText::new(name).font(semibold(14.0)));
            ui.label(RichText::new(say!("num-photos", count = section.range.len())).color(view.palette.dim));
            if let Some(tag) = section.tag.filter(|_| section.num_open > 0) {
                let text = say!("section-accept", count = section.num_open, name = name);
                if plain_button_ui(ui, view.palette, &text, None).clicked() {
                    action = Some(Action::AcceptSection(tag));
                }
            }
        });
    });
    action
}
