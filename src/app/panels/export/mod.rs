//! The Export stage: what can be handed over on the left, what was written on the right.

mod cards;
mod result;

use egui::{CentralPanel, ComboBox, Frame, Margin, Panel, RichText, Role, ScrollArea, Ui, WidgetInfo, vec2};

use super::super::action::Action;
use super::super::export::{ExportScreen, measured};
use super::super::names::{percent, version_name};
use super::super::screen::Screen;
use super::super::theme::semibold;
use super::super::view::View;
use super::super::words::say;

/// Draws the stage.
pub fn export_ui(ui: &mut Ui, view: &View<'_>, screen: &mut Screen) -> Option<Action> {
    let ground = |margin: Margin| Frame::new().fill(view.palette.background).inner_margin(margin);
    let width = (ui.available_width() * 0.3).clamp(300.0, 400.0);
    let mut action = Panel::right("written")
        .exact_size(width)
        .resizable(false)
        .show_separator_line(false)
        .frame(ground(Margin { left: 9, right: 18, top: 18, bottom: 18 }))
        .show(ui, |ui| ScrollArea::vertical().show(ui, |ui| result::result_ui(ui, view, &mut screen.export)).inner)
        .inner;
    CentralPanel::default().frame(ground(Margin { left: 18, right: 9, top: 18, bottom: 0 })).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(14.0, 14.0);
            head_ui(ui, view, &mut screen.export);
            cards::models_ui(ui, view, &mut screen.export);
            action = cards::tags_ui(ui, view, &mut screen.export).or(action.take());
            ui.add_space(18.0);
        });
    });
    action
}

/// Which version, and how good it was measured to be.
fn head_ui(ui: &mut Ui, view: &View<'_>, export: &mut ExportScreen) {
    let palette = view.palette;
    let versions = view.workspace.versions();
    let find = |number: Option<i64>| versions.iter().find(|version| Some(version.number) == number);
    // One that was deleted meanwhile.
    export.version = find(export.version).map(|version| version.number);
    let version = find(export.version.or_else(|| export.version_of_now(view.workspace)));
    let chosen = match (find(export.version), version) {
        (Some(chosen), _) => version_name(chosen),
        (None, Some(holder)) => say!("export-now-is", version = version_name(holder)),
        (None, None) => say!("export-now").to_owned(),
    };
    ui.horizontal_wrapped(|ui| {
        let title = version.map_or_else(
            || say!("export-title").to_owned(),
            |version| say!("export-title-version", number = version.number),
        );
        ui.label(RichText::new(title).font(semibold(17.0)));
        if let Some((accuracy, count)) = version.and_then(measured) {
            let text = say!("export-measured", accuracy = percent(accuracy), count = count);
            ui.label(RichText::new(text).color(palette.dim));
        }
        let combo = ComboBox::from_id_salt("version to export").selected_text(chosen).show_ui(ui, |ui| {
            ui.selectable_value(&mut export.version, None, say!("export-now"));
            for version in versions.iter().rev() {
                ui.selectable_value(&mut export.version, Some(version.number), version_name(version));
            }
        });
        combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, say!("export-version")));
    });
}
