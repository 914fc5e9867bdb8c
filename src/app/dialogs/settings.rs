//! The settings.

use std::path::Path;

use egui::{ComboBox, Grid, RichText, Ui};

use super::super::action::Action;
use super::super::names::{precision_words, runs_as};
use super::super::screen::CELL_SIZES;
use super::super::settings::{Settings, ThemeChoice};
use super::super::theme::Palette;
use super::super::widgets::{link_ui, plain_button_ui};
use super::super::words::{Language, say};
use super::{DialogKind, list_area, title_ui};
use crate::vision::DeviceChoice;
use crate::workspace::{CacheKind, CacheSizes, Places, Workspace};

/// Shows the settings; a change is in effect at once, unless it says otherwise.
pub fn settings_ui(
    ui: &mut Ui,
    palette: &Palette,
    settings: &Settings,
    cache_sizes: Option<&CacheSizes>,
    workspace: Option<&Workspace>,
) -> Option<Action> {
    title_ui(ui, say!("settings"));
    let mut changed = settings.clone();
    let mut action = None;
    list_area(ui).show(ui, |ui| {
        Grid::new("settings").num_columns(2).spacing([24.0, 12.0]).show(ui, |ui| {
            look_ui(ui, &mut changed);
            work_ui(ui, palette, &mut changed);
            if let Some(workspace) = workspace {
                action = precision_ui(ui, palette, settings, workspace);
            }
            action = folder_ui(ui, palette, &mut changed, cache_sizes).or(action.take());
            for kind in CacheKind::ALL {
                action = cache_ui(ui, palette, cache_sizes, kind).or(action.take());
            }
        });
        ui.label(RichText::new(say!("settings-caches-what")).size(12.0).color(palette.dim));
    });
    if changed != *settings {
        action = Some(Action::Set(Box::new(changed)));
    }
    if link_ui(ui, palette, say!("key-about")).clicked() {
        action = Some(Action::Ask(DialogKind::About));
    }
    let close = plain_button_ui(ui, palette, say!("close"), Some("Esc")).clicked();
    action.or(close.then_some(Action::CloseDialog))
}

fn look_ui(ui: &mut Ui, settings: &mut Settings) {
    ui.label(say!("settings-theme"));
    ui.horizontal(|ui| {
        for theme in ThemeChoice::ALL {
            ui.selectable_value(&mut settings.theme, theme, theme_name(theme));
        }
    });
    ui.end_row();
    ui.label(say!("settings-language"));
    let chosen = settings.language.as_deref().and_then(Language::of_code);
    let shown = chosen.map_or(say!("settings-language-system"), Language::name);
    let combo = ComboBox::from_id_salt("language").selected_text(shown).show_ui(ui, |ui| {
        ui.selectable_value(&mut settings.language, None, say!("settings-language-system"));
        for language in Language::ALL {
            ui.selectable_value(&mut settings.language, Some(language.code().to_owned()), language.name());
        }
    });
    combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, say!("settings-language")));
    ui.end_row();
    ui.label(say!("settings-cell-size"));
    let slider = ui.add(egui::Slider::new(&mut settings.cell_size, CELL_SIZES).show_value(false));
    slider.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Slider, true, say!("settings-cell-size")));
    ui.end_row();
}

fn work_ui(ui: &mut Ui, palette: &Palette, settings: &mut Settings) {
    ui.label(say!("settings-device"));
    ui.vertical(|ui| {
        let shown = device_words(settings.device.as_deref().unwrap_or("auto"));
        let combo = ComboBox::from_id_salt("device").selected_text(shown).show_ui(ui, |ui| {
            for name in DeviceChoice::NAMES {
                let choice = (*name != "auto").then(|| (*name).to_owned());
                ui.selectable_value(&mut settings.device, choice, device_words(name));
            }
        });
        combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, say!("settings-device")));
        ui.label(RichText::new(say!("settings-next-opening")).size(12.0).color(palette.dim));
    });
    ui.end_row();
    ui.label(say!("settings-threads"));
    ui.vertical(|ui| {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let shown = settings.threads.map_or_else(|| say!("settings-threads-all", count = cores), |n| n.to_string());
        let combo = ComboBox::from_id_salt("threads").selected_text(shown).show_ui(ui, |ui| {
            ui.selectable_value(&mut settings.threads, None, say!("settings-threads-all", count = cores));
            for count in 1..=cores {
                ui.selectable_value(&mut settings.threads, Some(count), count.to_string());
            }
        });
        combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, say!("settings-threads")));
        ui.label(RichText::new(say!("settings-next-start")).size(12.0).color(palette.dim));
    });
    ui.end_row();
}

/// One of [`DeviceChoice::NAMES`]; a name that was written by hand, such as that of a second card, is shown as it is.
fn device_words(name: &str) -> &str {
    match name {
        "auto" => say!("settings-device-auto"),
        "cpu" => say!("runs-on-cpu"),
        "cuda" => say!("runs-on-cuda"),
        "metal" => say!("runs-on-metal"),
        other => other,
    }
}

/// Which numbers the open catalogue's proposals rest on, and whether quicker ones would do.
fn precision_ui(ui: &mut Ui, palette: &Palette, settings: &Settings, workspace: &Workspace) -> Option<Action> {
    let backbone = &workspace.model()?.backbone;
    ui.label(say!("settings-precision"));
    let mut action = None;
    ui.vertical(|ui| {
        ui.label(RichText::new(runs_as(backbone)).color(palette.dim));
        if !backbone.is_on_processor() {
            return;
        }
        let mut sentence_ui = |text: String| {
            ui.add(egui::Label::new(RichText::new(text).size(12.0).color(palette.dim)).wrap());
        };
        // Whoever chose the processor need not be told.
        if let Some(reason) = DeviceChoice::passed_over().filter(|_| settings.device.is_none()) {
            sentence_ui(say!("settings-no-card", reason = reason));
        }
        sentence_ui(precision_words(workspace.precision_record().as_ref()));
        if workspace.read_only_reason().is_some() {
            return;
        }
        ui.horizontal(|ui| {
            if link_ui(ui, palette, say!("settings-int8-measure")).clicked() {
                action = Some(Action::Calibrate);
            }
            if !backbone.is_exact() && link_ui(ui, palette, say!("settings-int8-leave")).clicked() {
                action = Some(Action::UseFullPrecision);
            }
        });
    });
    ui.end_row();
    action
}

/// The folder of the caches, and another one for them.
fn folder_ui(ui: &mut Ui, palette: &Palette, settings: &mut Settings, sizes: Option<&CacheSizes>) -> Option<Action> {
    ui.label(say!("settings-caches"));
    let mut action = None;
    ui.vertical(|ui| {
        let folder = sizes.map_or(Path::new(""), CacheSizes::folder).display().to_string();
        ui.add(egui::Label::new(RichText::new(&folder).color(palette.dim)).truncate()).on_hover_text(&folder);
        ui.horizontal(|ui| {
            if link_ui(ui, palette, say!("settings-caches-choose")).clicked() {
                action = Some(Action::ChooseCaches);
            }
            if settings.caches.is_some() && link_ui(ui, palette, say!("settings-caches-usual")).clicked() {
                settings.caches = None;
            }
        });
        let next = settings.caches.as_deref().map(Places::caches_in);
        let next = next.filter(|next| sizes.is_some_and(|sizes| sizes.folder() != next));
        let text = next.map_or_else(
            || say!("settings-next-start").to_owned(),
            |next| say!("settings-caches-next", folder = next.display().to_string()),
        );
        ui.label(RichText::new(text).size(12.0).color(palette.dim));
    });
    ui.end_row();
    action
}

fn cache_ui(ui: &mut Ui, palette: &Palette, sizes: Option<&CacheSizes>, kind: CacheKind) -> Option<Action> {
    let (name, clear) = match kind {
        CacheKind::Thumbnails => (say!("settings-thumbnails"), say!("settings-clear-thumbnails")),
        CacheKind::Features => (say!("settings-features"), say!("settings-clear-features")),
        CacheKind::Activations => (say!("settings-activations"), say!("settings-clear-activations")),
    };
    ui.label(name);
    let is_clicked = ui
        .horizontal(|ui| {
            let bytes = sizes.and_then(|sizes| sizes.bytes(kind));
            let size = bytes.map_or_else(
                || say!("settings-measuring").to_owned(),
                |bytes| say!("megabytes", count = (bytes as f64 / 1e6).round()),
            );
            ui.label(RichText::new(size).color(palette.dim));
            link_ui(ui, palette, clear).clicked()
        })
        .inner;
    ui.end_row();
    is_clicked.then_some(Action::ClearCache(kind))
}

fn theme_name(theme: ThemeChoice) -> &'static str {
    match theme {
        ThemeChoice::System => say!("theme-system"),
        ThemeChoice::Light => say!("theme-light"),
        ThemeChoice::Dark => say!("theme-dark"),
    }
}
