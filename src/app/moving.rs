//! Where the keys stand: from photo to photo, in the grid and in focus mode.

use super::focus::{self, Focus, Zoom};
use super::screen::Screen;
use super::view::Shown;
use crate::catalogue::ImageId;
use crate::workspace::Workspace;

/// Selects from where the keys stood first to this photo.
pub fn extend(workspace: &Workspace, screen: &mut Screen, shown: &Shown, image: ImageId) {
    let anchor = screen.anchor.unwrap_or(image);
    if let (Some(from), Some(to)) = (shown.position_of(workspace, anchor), shown.position_of(workspace, image)) {
        screen.selection = shown.images(workspace).skip(from.min(to)).take(from.abs_diff(to) + 1).collect();
    }
    (screen.cursor, screen.anchor) = (Some(image), Some(anchor));
}

/// By so many photos, and whether the selection grows.
pub fn step(workspace: &Workspace, screen: &mut Screen, shown: &Shown, by: isize, extends: bool) {
    let last = shown.visible.len().saturating_sub(1);
    let position = match screen.cursor.and_then(|cursor| shown.position_of(workspace, cursor)) {
        Some(position) => position.saturating_add_signed(by).min(last),
        None => 0,
    };
    let Some(image) = shown.image_at(workspace, position) else { return };
    if extends && screen.focus.is_none() {
        extend(workspace, screen, shown, image);
        screen.scrolls_to_cursor = true;
    } else {
        look_at(screen, image);
    }
}

/// Brings a photo under the cursor and into sight.
pub fn look_at(screen: &mut Screen, image: ImageId) {
    if screen.marks_wrong() {
        // The marks stay as they are.
        (screen.cursor, screen.anchor) = (Some(image), Some(image));
    } else {
        screen.select(image);
    }
    screen.scrolls_to_cursor = true;
    if let Some(focus) = &mut screen.focus {
        focus.zoom = Zoom::Fit;
    }
}

/// Shows the photo at hand alone, or the first.
pub fn enter_focus(workspace: &Workspace, screen: &mut Screen, shown: &Shown) {
    let cursor = screen.cursor.filter(|cursor| shown.position_of(workspace, *cursor).is_some());
    let Some(image) = cursor.or_else(|| shown.image_at(workspace, 0)) else { return };
    screen.focus = Some(Focus::default());
    look_at(screen, image);
}

/// After a decision about one photo: in the grid to the next one, in focus mode to the next that is still open, unless
/// this one has another question left.
pub fn advance(workspace: &Workspace, screen: &mut Screen, shown: &Shown) {
    let Some(image) = screen.cursor else { return };
    if screen.focus.is_some() {
        let is_done = workspace.standing(image).is_none_or(|standing| standing.is_reviewed);
        if is_done && let Some(next) = focus::next_open(workspace, shown, image) {
            look_at(screen, next);
        }
    } else if screen.selection.len() <= 1
        && let Some(position) = shown.position_of(workspace, image)
        && let Some(next) = shown.image_at(workspace, position + 1)
    {
        look_at(screen, next);
    }
}
