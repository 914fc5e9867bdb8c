//! What a training learns from: the labels of each tag, with a word on those that are too few.

use std::collections::HashSet;

use egui::{Align2, Label, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::super::super::action::Action;
use super::super::super::names::group_caption;
use super::super::super::theme::{RADIUS_BUTTON, RADIUS_ROW, regular, semibold};
use super::super::super::train::{Lessons, TrainScreen};
use super::super::super::view::View;
use super::super::super::widgets::{card_ui, link_ui, one_line};
use super::super::super::words::{grouped, say};
use crate::catalogue::{Tag, TagId};
use crate::workspace::{Filter, Side};

/// With fewer photos of a tag, what is measured of it is mostly chance.
const ENOUGH: usize = 30;

/// Tags that are listed at first, so that what comes below them is in sight.
const FEWEST: usize = 12;

/// Tags that are warned of one by one.
const MAX_WARNINGS: usize = 3;

/// Lists the tags with their labels; a click shows the photos.
pub fn lessons_ui(ui: &mut Ui, view: &View<'_>, train: &mut TrainScreen) -> Option<Action> {
    let palette = view.palette;
    let TrainScreen { lessons, lists_all_tags, .. } = train;
    card_ui(ui, palette, say!("train-lessons"), |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        let vocabulary = view.workspace.vocabulary();
        if vocabulary.tags.is_empty() {
            ui.add(Label::new(RichText::new(say!("train-no-tags")).color(palette.dim)).wrap());
            return None;
        }
        let text = say!("train-lessons-photos", count = lessons.num_photos());
        ui.label(RichText::new(text).size(12.0).color(palette.dim));
        let mut action = None;
        let open = vocabulary.groups.iter().flat_map(|group| vocabulary.open_tags_of(group.id));
        let mut listed: Vec<TagId> = open.map(|tag| tag.id).collect();
        let num_tags = listed.len();
        if !*lists_all_tags {
            listed.sort_by_key(|tag| lessons.of(*tag));
            listed.truncate(FEWEST);
        }
        let listed: HashSet<TagId> = listed.into_iter().collect();
        for group in &vocabulary.groups {
            if !vocabulary.open_tags_of(group.id).any(|tag| listed.contains(&tag.id)) {
                continue;
            }
            ui.add_space(8.0);
            let caption = group_caption(&group.name, group.kind);
            ui.label(RichText::new(caption).font(semibold(11.5)).color(palette.dim));
            // A full bar is never fewer than are enough.
            let most = vocabulary.open_tags_of(group.id).map(|tag| lessons.of(tag.id)).max().unwrap_or(0).max(ENOUGH);
            for tag in vocabulary.open_tags_of(group.id).filter(|tag| listed.contains(&tag.id)) {
                let count = lessons.of(tag.id);
                let row = ui.push_id(tag.id, |ui| lesson_ui(ui, view, tag, count, count as f32 / most as f32)).inner;
                action = row.or(action);
            }
        }
        if num_tags > FEWEST {
            let all = say!("train-lessons-all", count = num_tags);
            let text = if *lists_all_tags { say!("train-lessons-fewest") } else { all.as_str() };
            if link_ui(ui, palette, text).clicked() {
                *lists_all_tags = !*lists_all_tags;
            }
        }
        warnings_ui(ui, view, lessons);
        action
    })
}

fn lesson_ui(ui: &mut Ui, view: &View<'_>, tag: &Tag, count: usize, share: f32) -> Option<Action> {
    let palette = view.palette;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::click());
    let number = grouped(count);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{} {number}", tag.name)));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect.expand2(vec2(6.0, 0.0)), RADIUS_ROW, palette.fill);
    }
    let middle = rect.center().y;
    let name = one_line(ui, &tag.name, regular(13.0), palette.text, rect.width() * 0.55);
    ui.painter().galley(pos2(rect.left(), middle - name.size().y / 2.0), name, palette.text);
    let bar = Rect::from_min_max(
        pos2(rect.left() + rect.width() * 0.57, middle - 3.0),
        pos2(rect.right() - 52.0, middle + 3.0),
    );
    ui.painter().rect_filled(bar, 3.0, palette.fill);
    let color = if count < ENOUGH { palette.unsure } else { palette.accent };
    let mut filled = bar;
    filled.set_width((bar.width() * share).max(if count > 0 { 3.0 } else { 0.0 }));
    ui.painter().rect_filled(filled, 3.0, color);
    ui.painter().text(pos2(rect.right(), middle), Align2::RIGHT_CENTER, number, regular(12.5), palette.dim);
    response.on_hover_text(&tag.name).clicked().then_some(Action::Show(Filter::Tag(tag.id, Side::Yes)))
}

/// The tags whose numbers will not be worth much.
fn warnings_ui(ui: &mut Ui, view: &View<'_>, lessons: &Lessons) {
    let palette = view.palette;
    let vocabulary = view.workspace.vocabulary();
    let mut few: Vec<(&str, usize)> = vocabulary
        .tags
        .iter()
        .filter(|tag| !tag.is_retired)
        .map(|tag| (tag.name.as_str(), lessons.of(tag.id)))
        .filter(|(_, count)| *count < ENOUGH)
        .collect();
    if few.is_empty() {
        return;
    }
    few.sort_by_key(|(_, count)| *count);
    ui.add_space(10.0);
    egui::Frame::new()
        .fill(palette.unsure_wash)
        .corner_radius(RADIUS_BUTTON)
        .inner_margin(egui::Margin::symmetric(10, 8))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            for (name, count) in few.iter().take(MAX_WARNINGS) {
                let text = say!("train-few", name = *name, count = *count, enough = ENOUGH);
                ui.add(Label::new(RichText::new(text).size(12.0).color(palette.unsure)).wrap());
            }
            if few.len() > MAX_WARNINGS {
                let text = say!("train-few-more", count = few.len() - MAX_WARNINGS);
                ui.label(RichText::new(text).size(12.0).color(palette.unsure));
            }
        });
}
