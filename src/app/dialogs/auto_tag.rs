//! Auto-tag: "apply what is at least 97 % right", with what it rests on, how much it saves, and a sample.

use egui::{ComboBox, RichText, Sense, Slider, Ui, vec2};

use super::super::action::Action;
use super::super::names::group_caption;
use super::super::textures::Textures;
use super::super::theme::{RADIUS_PHOTO, semibold};
use super::super::view::View;
use super::super::widgets::{plain_button_ui, primary_button_ui};
use super::super::words::say;
use super::{short_list_area, title_ui};
use crate::catalogue::{GroupId, GroupKind, TagId};
use crate::workspace::{AutoTagPlan, Filter, JobState, JobTask, Setting, Workspace};

/// Photos of the sample.
const SAMPLE: usize = 12;

/// A size that shows what a photo is of.
const SAMPLE_SIDE: f32 = 86.0;

/// What is asked for.
pub struct AutoTagDialog {
    group: GroupId,
    tag: Option<TagId>,
    /// In per cent.
    precision: f64,
    seed: u64,
    /// The plan, with what it was made for: planning looks at every photo.
    planned: Option<(Asked, AutoTagPlan, Vec<Setting>)>,
}

/// What a plan depends on: group, tag, precision, and the state of the catalogue.
type Asked = (GroupId, Option<TagId>, u64, u64, u64);

impl AutoTagDialog {
    /// Asks about the tag that is shown, else about the first group, and has that group checked.
    pub fn begin(workspace: &mut Workspace, filter: Filter) -> Option<Self> {
        let shown = if let Filter::Tag(tag, _) = filter { workspace.vocabulary().tag(tag) } else { None };
        let group = match shown {
            Some(tag) => workspace.vocabulary().group(tag.group)?,
            None => workspace.vocabulary().groups.first()?,
        };
        let (group, kind) = (group.id, group.kind);
        let first = workspace.vocabulary().open_tags_of(group).next().map(|tag| tag.id);
        let tag = match (kind, shown) {
            (GroupKind::OneOf, _) => None,
            (GroupKind::AnyOf, shown) => shown.map(|tag| tag.id).or(first),
        };
        workspace.start_auto_tag_check(group);
        Some(Self { group, tag, precision: 97.0, seed: 1, planned: None })
    }
}

/// Shows what a rule would do, and does it.
pub fn auto_tag_ui(
    ui: &mut Ui,
    view: &View<'_>,
    textures: &mut Textures,
    dialog: &mut AutoTagDialog,
) -> Option<Action> {
    let palette = view.palette;
    title_ui(ui, say!("auto-tag"));
    ui.label(RichText::new(say!("auto-tag-what")).color(palette.dim));
    let mut action = None;
    ui.horizontal_wrapped(|ui| {
        let before = dialog.group;
        what_ui(ui, view, dialog);
        if dialog.group != before {
            action = Some(Action::CheckAutoTag(dialog.group));
        }
        let slider = Slider::new(&mut dialog.precision, 80.0..=99.5).step_by(0.5).suffix(" %");
        let response = ui.add(slider);
        response.widget_info(|| egui::WidgetInfo::slider(true, dialog.precision, say!("auto-tag-precision")));
        ui.label(RichText::new(say!("auto-tag-right")).color(palette.dim));
    });
    ui.add_space(4.0);
    let asked = (dialog.group, dialog.tag, dialog.precision.to_bits(), dialog.seed, view.workspace.revision());
    if dialog.planned.as_ref().is_none_or(|(known, ..)| *known != asked) {
        let plan = view.workspace.auto_tag_plan(dialog.group, dialog.tag, dialog.precision / 100.0);
        dialog.planned = plan.map(|plan| {
            let sample = plan.sample(SAMPLE, dialog.seed);
            (asked, plan, sample)
        });
    }
    let plan = dialog.planned.as_ref().map(|(_, plan, _)| plan);
    match &dialog.planned {
        Some((_, plan, sample)) => plan_ui(ui, view, textures, plan, sample),
        None if is_checking(view) => {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label(say!("auto-tag-checking"));
            });
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(200));
        }
        None => _ = ui.label(RichText::new(say!("auto-tag-changed")).color(palette.dim)),
    }
    ui.add_space(4.0);
    let mut resamples = false;
    ui.horizontal(|ui| {
        let count = plan.map_or(0, |plan| plan.settings.len());
        let text = say!("auto-tag-do", count = count);
        let pressed = ui.add_enabled_ui(count > 0, |ui| primary_button_ui(ui, palette, &text, None).clicked()).inner;
        if let Some(plan) = plan.filter(|_| pressed) {
            action = Some(Action::ApplyAutoTag(Box::new(plan.clone())));
        }
        if count > SAMPLE && plain_button_ui(ui, palette, say!("auto-tag-resample"), None).clicked() {
            resamples = true;
        }
        if view.workspace.standings().counts().all > 0
            && !is_checking(view)
            && count == 0
            && plain_button_ui(ui, palette, say!("auto-tag-check"), None).clicked()
        {
            action = Some(Action::CheckAutoTag(dialog.group));
        }
        if plain_button_ui(ui, palette, say!("cancel"), Some("Esc")).clicked() {
            action = Some(Action::CloseDialog);
        }
    });
    dialog.seed += u64::from(resamples);
    action
}

/// The group, and in an `any of` group the tag.
fn what_ui(ui: &mut Ui, view: &View<'_>, dialog: &mut AutoTagDialog) {
    let vocabulary = view.workspace.vocabulary();
    let Some(group) = vocabulary.group(dialog.group) else { return };
    let combo = ComboBox::from_id_salt("auto-tag group").selected_text(group_caption(&group.name, group.kind)).show_ui(
        ui,
        |ui| {
            for group in &vocabulary.groups {
                if ui.selectable_label(group.id == dialog.group, group_caption(&group.name, group.kind)).clicked() {
                    dialog.group = group.id;
                    dialog.tag = match group.kind {
                        GroupKind::OneOf => None,
                        GroupKind::AnyOf => vocabulary.open_tags_of(group.id).next().map(|tag| tag.id),
                    };
                }
            }
        },
    );
    combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, say!("group")));
    let shown = dialog.tag.map_or(say!("auto-tag-all"), |tag| view.tag_name(tag));
    let combo = ComboBox::from_id_salt("auto-tag tag").selected_text(shown).show_ui(ui, |ui| {
        if group.kind == GroupKind::OneOf {
            ui.selectable_value(&mut dialog.tag, None, say!("auto-tag-all"));
        }
        for tag in vocabulary.open_tags_of(group.id) {
            ui.selectable_value(&mut dialog.tag, Some(tag.id), &tag.name);
        }
    });
    combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, say!("filter-tag")));
}

fn is_checking(view: &View<'_>) -> bool {
    view.workspace
        .jobs()
        .iter()
        .any(|job| matches!(job.task, JobTask::CheckAutoTag(_)) && job.state == JobState::Running)
}

fn plan_ui(ui: &mut Ui, view: &View<'_>, textures: &mut Textures, plan: &AutoTagPlan, sample: &[Setting]) {
    let palette = view.palette;
    match plan.threshold {
        Err(thin) => {
            let text = say!("auto-tag-thin", count = thin.num_answers, more = thin.more);
            ui.label(RichText::new(text).color(palette.unsure));
        }
        Ok(threshold) => {
            let (count, left) = (plan.settings.len(), plan.num_left);
            ui.label(RichText::new(say!("auto-tag-would", count = count, left = left)).font(semibold(14.0)));
            let minutes = plan.minutes_saved().round();
            if minutes >= 1.0 {
                ui.label(say!("auto-tag-saves", count = minutes));
            }
            let rests = say!(
                "auto-tag-rests",
                count = threshold.num_answers,
                right = threshold.num_right,
                bound = one_decimal(100.0 * threshold.lower_bound),
                probability = one_decimal(100.0 * f64::from(threshold.probability))
            );
            ui.label(RichText::new(rests).size(12.0).color(palette.dim));
            if count > 0 {
                ui.add_space(4.0);
                ui.label(RichText::new(say!("auto-tag-sample")).font(semibold(11.5)).color(palette.dim));
                sample_ui(ui, view, textures, sample);
            }
        }
    }
    if plan.num_seen > 0 {
        let text = say!("auto-tag-seen", count = plan.num_seen);
        ui.label(RichText::new(text).size(12.0).color(palette.dim));
    }
}

fn one_decimal(number: f64) -> f64 {
    (10.0 * number).round() / 10.0
}

fn sample_ui(ui: &mut Ui, view: &View<'_>, textures: &mut Textures, sample: &[Setting]) {
    short_list_area(ui, 260.0).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            for setting in sample {
                let Some(image) = view.image(setting.image) else { continue };
                ui.vertical(|ui| {
                    ui.set_width(SAMPLE_SIDE);
                    let (rect, response) = ui.allocate_exact_size(vec2(SAMPLE_SIDE, SAMPLE_SIDE), Sense::hover());
                    textures.paint_square(ui, view, image, rect, RADIUS_PHOTO);
                    response.on_hover_text(image.path());
                    let text = RichText::new(view.tag_name(setting.tag)).size(11.5);
                    ui.add(egui::Label::new(text).truncate());
                });
            }
        });
    });
}
