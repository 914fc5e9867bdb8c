//! A folder, shown in the window that the system has for them.

use std::path::Path;

use egui::{OpenUrl, Ui};

/// Has the system show a folder.
pub fn open_folder(ui: &Ui, folder: &Path) {
    if let Ok(url) = url::Url::from_directory_path(folder) {
        ui.ctx().open_url(OpenUrl::new_tab(url));
    }
}
