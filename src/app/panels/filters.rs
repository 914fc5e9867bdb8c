//! The left side: which photos are shown, saved filters, and the tags with their counts.

use egui::{Panel, RichText, ScrollArea, Ui};

use super::super::action::{Action, TagEdit};
use super::super::dialogs::DialogKind;
use super::super::names::{filter_name, group_caption};
use super::super::screen::Screen;
use super::super::theme::{TAG_COLOURS, semibold};
use super::super::view::View;
use super::super::widgets::{link_ui, row_ui};
use super::super::words::{grouped, say};
use super::{FILTERS, GRID, INSPECTOR, WITH_FILTERS, WITH_INSPECTOR, beside, fitting, pane};
use crate::catalogue::{Group, Tag};
use crate::workspace::{Filter, Side};

/// Draws the filters, where the window has room for them.
pub fn filters_ui(ui: &mut Ui, view: &View<'_>, screen: &mut Screen) -> Option<Action> {
    let window = ui.ctx().content_rect().width();
    if window < WITH_FILTERS {
        return None;
    }
    let inspector = if window < WITH_INSPECTOR { 0.0 } else { *INSPECTOR.start() };
    let room = ui.available_rect_before_wrap().width() - GRID - inspector;
    let width = fitting(screen.panels.filters, room);
    let panel = beside(Panel::left(("filters", width.is_some())), width, &FILTERS, room)
        .frame(pane(view.palette, 8))
        .show(ui, |ui| {
            ScrollArea::vertical()
                .auto_shrink(false)
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    ui.add_space(8.0);
                    let mut action = photos_ui(ui, view, screen);
                    action = saved_ui(ui, view, screen).or(action);
                    for group in &view.workspace.vocabulary().groups {
                        ui.push_id(group.id, |ui| action = group_ui(ui, view, screen, group).or(action.take()));
                    }
                    ui.add_space(8.0);
                    if link_ui(ui, view.palette, say!("filters-new-tag")).clicked() {
                        action = Some(Action::NewTag);
                    }
                    action
                })
                .inner
        });
    if width.is_some() {
        screen.panels.filters = panel.response.rect.width();
    }
    panel.inner
}

fn photos_ui(ui: &mut Ui, view: &View<'_>, screen: &Screen) -> Option<Action> {
    let mut action = None;
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
        let is_chosen = screen.filter == filter && screen.only.is_none();
        if row_ui(ui, view.palette, None, filter_name(filter), &grouped(count), is_chosen).clicked() {
            action = Some(Action::Show(filter));
        }
    }
    action
}

fn saved_ui(ui: &mut Ui, view: &View<'_>, screen: &Screen) -> Option<Action> {
    let filters = view.workspace.saved_filters();
    if filters.is_empty() {
        return None;
    }
    let mut action = None;
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        caption(ui, view, say!("filters-saved"));
        let edit = link_ui(ui, view.palette, say!("filters-saved-edit"));
        if edit.on_hover_text(say!("key-saved-filters")).clicked() {
            action = Some(Action::Ask(DialogKind::SavedFilters));
        }
    });
    for filter in filters {
        let is_chosen = screen.search.text == filter.query;
        let row = row_ui(ui, view.palette, None, &filter.name, "", is_chosen).on_hover_text(&filter.query);
        if row.clicked() {
            action = Some(Action::Search(if is_chosen { String::new() } else { filter.query.clone() }));
        }
    }
    action
}

fn group_ui(ui: &mut Ui, view: &View<'_>, screen: &Screen, group: &Group) -> Option<Action> {
    let mut action = None;
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        let text = RichText::new(group_caption(&group.name, group.kind)).font(semibold(11.5)).color(view.palette.dim);
        let label = egui::Label::new(text).truncate().sense(egui::Sense::click());
        let caption = ui.add(label).on_hover_text(say!("filters-edit-group"));
        caption.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::Button, true, say!("edit-group", name = &group.name))
        });
        if caption.clicked() {
            action = Some(Action::Ask(DialogKind::EditGroup(group.id)));
        }
    });
    for (index, tag) in view.workspace.vocabulary().tags_of(group.id).enumerate() {
        ui.push_id(tag.id, |ui| action = tag_ui(ui, view, screen, tag, index).or(action.take()));
    }
    action
}

fn tag_ui(ui: &mut Ui, view: &View<'_>, screen: &Screen, tag: &Tag, index: usize) -> Option<Action> {
    let (yes, no) = view.workspace.labels().counts(tag.id);
    let proposed = view.workspace.standings().counts().proposed(tag.id);
    let is_shown = matches!(screen.filter, Filter::Tag(shown, _) if shown == tag.id);
    if tag.is_retired && yes == 0 && !is_shown {
        return None;
    }
    let number = if proposed > 0 { format!("{} · {}", grouped(yes), grouped(proposed)) } else { grouped(yes) };
    let colour = usize::from(tag.colour.unwrap_or(index as u8)) % TAG_COLOURS.len();
    let name = if tag.is_retired { say!("tag-retired", name = &tag.name) } else { tag.name.clone() };
    let row = row_ui(ui, view.palette, Some(TAG_COLOURS[colour]), &name, &number, is_shown);
    let mut hint = say!("tag-counts", labelled = yes, proposed = proposed, rejected = no);
    if !tag.description.is_empty() {
        hint = format!("{}\n{hint}", tag.description);
    }
    let row = row.on_hover_text(hint);
    let mut action = None;
    if row.clicked() {
        action = Some(Action::Show(if is_shown { Filter::All } else { Filter::Tag(tag.id, Side::Either) }));
    }
    row.context_menu(|ui| {
        for (words, done) in [
            (say!("menu-edit"), Action::Ask(DialogKind::EditTag(tag.id))),
            (say!("menu-up"), Action::Edit(TagEdit::Shift(tag.id, -1))),
            (say!("menu-down"), Action::Edit(TagEdit::Shift(tag.id, 1))),
            (say!("side-proposed"), Action::Show(Filter::Tag(tag.id, Side::Proposed))),
            (say!("side-yes"), Action::Show(Filter::Tag(tag.id, Side::Yes))),
            (say!("side-no"), Action::Show(Filter::Tag(tag.id, Side::No))),
        ] {
            if ui.button(words).clicked() {
                action = Some(done);
                ui.close();
            }
        }
    });
    action
}

fn caption(ui: &mut Ui, view: &View<'_>, text: &str) {
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        ui.label(RichText::new(text).font(semibold(11.5)).color(view.palette.dim));
    });
}
