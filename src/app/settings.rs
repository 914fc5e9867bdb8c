//! What a person chose once for all catalogues, kept in the system's folder for settings.

use std::collections::BTreeSet;
use std::path::PathBuf;

use egui::{Context, ThemePreference};
use serde::{Deserialize, Serialize};

use super::screen::{CELL_SIZE, CELL_SIZES};
use super::words::Language;
use crate::failure::{Cause, Doing, Failure};
use crate::whole_file;
use crate::workspace::Places;

/// Light, dark, or as the system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeChoice {
    #[default]
    System,
    Light,
    Dark,
}

/// All settings. One that is missing in the file has its default, so that older files stay readable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub theme: ThemeChoice,
    /// A language's code; none for the system's.
    pub language: Option<String>,
    /// `cpu`, `cuda`, `cuda:1`, `metal`; none for whatever is best.
    pub device: Option<String>,
    /// None for one a core.
    pub threads: Option<usize>,
    /// Width of a cell of the grid, in points.
    pub cell_size: f32,
    /// Size of the window, in points.
    pub window: Option<[f32; 2]>,
    /// Hints that were read.
    pub hints_read: BTreeSet<String>,
    /// The folder that a person chose for what can be made again, which gets one of its own there; read by [`Places`] at the
    /// next start.
    pub caches: Option<PathBuf>,
    pub panels: PanelWidths,
}

/// How wide the panels at the sides are, in points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PanelWidths {
    pub filters: f32,
    pub inspector: f32,
    /// In focus mode.
    pub answers: f32,
}

impl Default for PanelWidths {
    fn default() -> Self {
        Self { filters: 224.0, inspector: 330.0, answers: 380.0 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::default(),
            language: None,
            device: None,
            threads: None,
            cell_size: CELL_SIZE,
            window: None,
            hints_read: BTreeSet::new(),
            caches: None,
            panels: PanelWidths::default(),
        }
    }
}

impl ThemeChoice {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];
}

impl Settings {
    /// Reads the settings. A file that cannot be read is as good as none: nothing in it is worth keeping the window
    /// closed for.
    pub fn load(places: &Places) -> Self {
        let text = std::fs::read_to_string(places.settings()).unwrap_or_default();
        let mut settings: Self = toml::from_str(&text).unwrap_or_else(|error| {
            tracing::warn!("the settings could not be read and start anew: {error}");
            Self::default()
        });
        if !CELL_SIZES.contains(&settings.cell_size) {
            settings.cell_size = CELL_SIZE;
        }
        settings
    }

    /// Writes the settings, whole or not at all.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn save(&self, places: &Places) -> Result<(), Failure> {
        let path = places.settings();
        let failed = |error: &dyn std::error::Error| Failure::new(Doing::KeepingSettings, error).at(&path);
        let text = toml::to_string(self).map_err(|error| failed(&error))?;
        whole_file::write_shared(&path, text.as_bytes()).map_err(|error| failed(&error).caused_by(Cause::of_io(&error)))
    }

    /// The language to speak.
    pub fn language(&self) -> Language {
        self.language.as_deref().and_then(Language::of_code).unwrap_or_else(Language::of_system)
    }

    /// Puts theme and language into effect.
    pub fn apply(&self, context: &Context) {
        context.set_theme(match self.theme {
            ThemeChoice::System => ThemePreference::System,
            ThemeChoice::Light => ThemePreference::Light,
            ThemeChoice::Dark => ThemePreference::Dark,
        });
        super::words::speak(self.language());
    }
}
