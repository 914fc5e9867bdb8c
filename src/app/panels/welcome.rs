//! What is shown before a catalogue is open.

use egui::{CentralPanel, Frame, Margin, RichText, Stroke, Ui, vec2};

use super::super::action::Action;
use super::super::icons;
use super::super::recent::Recent;
use super::super::screen::Notice;
use super::super::theme::{Palette, RADIUS_PANE, icon, semibold};
use super::super::widgets::{plain_button_ui, plain_button_width, primary_button_ui, row_ui};
use super::super::words::say;

/// The welcome screen, or a word of patience while a catalogue is being opened.
pub fn welcome_ui(
    ui: &mut Ui,
    palette: &Palette,
    recent: &[Recent],
    is_opening: bool,
    notice: Option<&Notice>,
) -> Option<Action> {
    let ground = Frame::new().fill(palette.background);
    CentralPanel::default()
        .frame(ground)
        .show(ui, |ui| {
            let height = if recent.is_empty() { 330.0 } else { 370.0 + 26.0 * recent.len() as f32 };
            ui.add_space(((ui.available_height() - height) / 2.0).max(12.0));
            ui.vertical_centered(|ui| {
                Frame::new()
                    .fill(palette.panel)
                    .stroke(Stroke::new(1.0, palette.line))
                    .corner_radius(RADIUS_PANE)
                    .inner_margin(Margin::same(32))
                    .show(ui, |ui| {
                        ui.set_width(460.0);
                        if is_opening {
                            ui.add_space(24.0);
                            ui.spinner();
                            ui.label(say!("welcome-opening"));
                            ui.add_space(24.0);
                            return None;
                        }
                        card_ui(ui, palette, recent, notice)
                    })
                    .inner
            })
            .inner
        })
        .inner
}

fn card_ui(ui: &mut Ui, palette: &Palette, recent: &[Recent], notice: Option<&Notice>) -> Option<Action> {
    let mut action = None;
    ui.label(RichText::new(icons::TAG).font(icon(34.0)).color(palette.accent));
    ui.label(RichText::new(say!("welcome-title")).font(semibold(20.0)));
    ui.label(RichText::new(say!("welcome-promise")).color(palette.dim));
    if let Some(notice) = notice {
        ui.add_space(4.0);
        ui.label(RichText::new(&notice.text).color(if notice.is_problem { palette.no } else { palette.dim }));
    }
    ui.add_space(10.0);
    if primary_button_ui(ui, palette, say!("welcome-open-folder"), None).clicked() {
        action = Some(Action::ChooseFolder);
    }
    // A row is centred only if its width is known, which depends on the language.
    let buttons = [say!("welcome-open-catalogue"), say!("welcome-demo")];
    let width = buttons.map(|text| plain_button_width(ui, text)).iter().sum::<f32>() + ui.spacing().item_spacing.x;
    ui.allocate_ui_with_layout(vec2(width, 34.0), egui::Layout::left_to_right(egui::Align::Center), |ui| {
        if plain_button_ui(ui, palette, buttons[0], None).clicked() {
            action = Some(Action::ChooseCatalogue);
        }
        if plain_button_ui(ui, palette, buttons[1], None).clicked() {
            action = Some(Action::OpenDemo);
        }
    });
    ui.add_space(2.0);
    ui.label(RichText::new(say!("welcome-drop")).size(11.5).color(palette.dim));
    if !recent.is_empty() {
        ui.add_space(10.0);
        ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.label(RichText::new(say!("welcome-recent")).font(semibold(11.5)).color(palette.dim));
            for catalogue in recent {
                let folder = catalogue.path.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
                let row = row_ui(ui, palette, None, &catalogue.name, "", false).on_hover_text(folder);
                if row.clicked() {
                    action = Some(Action::open(catalogue.path.clone()));
                }
            }
        });
    }
    action
}
