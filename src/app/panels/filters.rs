//! The left side: which photos are shown, and the tags with their counts.

use egui::{Color32, Panel, RichText, ScrollArea, Ui};

use super::super::action::Action;
use super::super::names::{filter_name, group_caption};
use super::super::screen::Screen;
use super::super::theme::semibold;
use super::super::view::View;
use super::super::widgets::{link_ui, row_ui};
use super::super::words::{grouped, say};
use super::pane;
use crate::workspace::{Filter, Side};

/// Dots that tell tags apart; the name always stands beside them.
const DOTS: [Color32; 8] = [
    Color32::from_rgb(0xd9, 0x5f, 0x6a),
    Color32::from_rgb(0xb8, 0x96, 0x4a),
    Color32::from_rgb(0x4d, 0x8f, 0x72),
    Color32::from_rgb(0x5a, 0x78, 0xd6),
    Color32::from_rgb(0x7d, 0x93, 0xb8),
    Color32::from_rgb(0xb0, 0x5c, 0x9c),
    Color32::from_rgb(0x6f, 0xb7, 0xa6),
    Color32::from_rgb(0xc7, 0x82, 0x5a),
];

/// Draws the filters.
pub fn filters_ui(ui: &mut Ui, view: &View<'_>, screen: &Screen) -> Option<Action> {
    let palette = view.palette;
    Panel::left("filters")
        .default_size(224.0)
        .size_range(170.0..=360.0)
        .frame(pane(palette, 8))
        .show(ui, |ui| {
            ScrollArea::vertical()
                .auto_shrink(false)
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    let mut action = None;
                    ui.add_space(8.0);
                    caption(ui, view, say!("filters-photos"));
                    let counts = view.workspace.standings().counts();
                    for (filter, count) in [
                        (Filter::All, counts.all),
                        (Filter::ToReview, counts.to_review),
                        (Filter::Unsure, counts.unsure),
                        (Filter::Reviewed, counts.reviewed),
                        (Filter::Duplicates, counts.duplicates),
                        (Filter::Missing, counts.missing),
                        (Filter::Broken, counts.broken),
                    ] {
                        // What a tidy catalogue has none of need not be read.
                        let is_rare = matches!(filter, Filter::Duplicates | Filter::Missing | Filter::Broken);
                        if is_rare && count == 0 && screen.filter != filter {
                            continue;
                        }
                        let is_chosen = screen.filter == filter;
                        if row_ui(ui, palette, None, filter_name(filter), &grouped(count), is_chosen).clicked() {
                            action = Some(Action::Show(filter));
                        }
                    }
                    action = groups_ui(ui, view, screen).or(action);
                    ui.add_space(8.0);
                    if link_ui(ui, palette, say!("filters-new-tag")).clicked() {
                        action = Some(Action::NewTag);
                    }
                    action
                })
                .inner
        })
        .inner
}

fn groups_ui(ui: &mut Ui, view: &View<'_>, screen: &Screen) -> Option<Action> {
    let mut action = None;
    let vocabulary = view.workspace.vocabulary();
    for group in &vocabulary.groups {
        ui.add_space(12.0);
        caption(ui, view, &group_caption(&group.name, group.kind));
        for (index, tag) in vocabulary.tags_of(group.id).enumerate() {
            let (yes, _) = view.workspace.labels().counts(tag.id);
            let proposed = view.workspace.standings().counts().proposed(tag.id);
            let number = if proposed > 0 { format!("{} · {}", grouped(yes), grouped(proposed)) } else { grouped(yes) };
            let filter = Filter::Tag(tag.id, Side::Either);
            let dot = Some(DOTS[index % DOTS.len()]);
            let row = row_ui(ui, view.palette, dot, &tag.name, &number, screen.filter == filter);
            if row.on_hover_text(say!("tag-counts", labelled = yes, proposed = proposed)).clicked() {
                action = Some(Action::Show(filter));
            }
        }
    }
    action
}

fn caption(ui: &mut Ui, view: &View<'_>, text: &str) {
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        ui.label(RichText::new(text).font(semibold(11.5)).color(view.palette.dim));
    });
}
