//! What is asked over the window, a file each.

mod about;
mod auto_tag;
mod confirm;
mod damaged;
mod edit_group;
mod edit_tag;
mod jobs;
mod keys;
mod palette;
mod products;
mod restore;
mod save_filter;
mod saved_filters;
mod settings;
mod stop_training;
mod tag;

pub use auto_tag::AutoTagDialog;
pub use edit_group::EditGroupDialog;
pub use edit_tag::EditTagDialog;
pub use palette::PaletteDialog;
pub use restore::RestoreDialog;
pub use saved_filters::SavedFiltersDialog;
pub use tag::TagDialog;

use egui::{Context, Id, Margin, Modal, Order, Popup, Response, RichText, Role, ScrollArea, TextEdit, Ui, WidgetInfo};

use super::action::Action;
use super::screen::{Screen, Stage};
use super::settings::Settings;
use super::textures::Textures;
use super::theme::{Palette, semibold};
use super::view::View;
use crate::catalogue::{GroupId, TagId};
use crate::workspace::{CacheSizes, Damaged, ProductPreview, ProductRule, Workspace};

/// What lies over the window.
pub enum Dialog {
    Tag(TagDialog),
    EditTag(EditTagDialog),
    EditGroup(EditGroupDialog),
    AutoTag(AutoTagDialog),
    /// What each rule would make of the photos.
    Products([(ProductRule, ProductPreview); 3]),
    Restore(RestoreDialog),
    /// What is to become of a damaged catalogue, which is open or could not be opened.
    Damaged {
        damaged: Damaged,
        is_open: bool,
    },
    /// The name, as far as it is typed.
    SaveFilter(String),
    SavedFilters(SavedFiltersDialog),
    Jobs,
    Settings,
    Palette(PaletteDialog),
    Keys,
    About,
    /// What is to become of the training, which is in the way of something else if there is one.
    StopTraining {
        then: Option<Box<Action>>,
    },
    /// A question before something is done to many photos, or to a catalogue.
    Confirm {
        text: String,
        yes: &'static str,
        action: Action,
    },
}

/// A dialog that can be asked for by a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialogKind {
    EditTag(TagId),
    EditGroup(GroupId),
    AutoTag,
    Products,
    Restore,
    SaveFilter,
    SavedFilters,
    Jobs,
    Settings,
    Palette,
    Keys,
    About,
}

impl Dialog {
    /// The dialog as it begins, if it makes sense now.
    pub fn open(kind: DialogKind, workspace: Option<&mut Workspace>, screen: &Screen) -> Option<Self> {
        match (kind, workspace) {
            (DialogKind::Settings, _) => Some(Self::Settings),
            (DialogKind::Palette, _) => Some(Self::Palette(PaletteDialog::default())),
            (DialogKind::Keys, _) => Some(Self::Keys),
            (DialogKind::About, _) => Some(Self::About),
            (_, None) => None,
            (DialogKind::EditTag(tag), Some(workspace)) => Self::edit_tag(workspace, tag),
            (DialogKind::EditGroup(group), Some(workspace)) => {
                let group = workspace.vocabulary().group(group)?;
                Some(Self::EditGroup(EditGroupDialog::new(group)))
            }
            (DialogKind::AutoTag, Some(workspace)) => AutoTagDialog::begin(workspace, screen.filter).map(Self::AutoTag),
            (DialogKind::Products, Some(workspace)) => {
                let preview = |rule| (rule, workspace.preview_products(rule));
                Some(Self::Products(ProductRule::ALL.map(preview)))
            }
            (DialogKind::Restore, Some(workspace)) => Some(Self::Restore(RestoreDialog::new(workspace.backups()))),
            (DialogKind::SaveFilter, Some(_)) => Some(Self::SaveFilter(String::new())),
            (DialogKind::SavedFilters, Some(_)) => Some(Self::SavedFilters(SavedFiltersDialog::default())),
            (DialogKind::Jobs, Some(_)) => Some(Self::Jobs),
        }
    }

    /// The dialog that edits a tag.
    pub fn edit_tag(workspace: &Workspace, tag: TagId) -> Option<Self> {
        workspace.vocabulary().tag(tag).map(|tag| Self::EditTag(EditTagDialog::new(tag)))
    }

    fn width(&self) -> f32 {
        match self {
            Self::AutoTag(_) | Self::Jobs | Self::About => 620.0,
            Self::Keys | Self::Settings | Self::Palette(_) | Self::SavedFilters(_) => 520.0,
            _ => 400.0,
        }
    }
}

/// Draws what lies behind the dialog, if one is open: without the pointer, since the tooltip of what it rests on would
/// lie over the dialog.
pub fn behind<R>(ui: &mut Ui, has_dialog: bool, content: impl FnOnce(&mut Ui) -> R) -> R {
    if !has_dialog {
        return content(ui);
    }
    let pointer = ui.input_mut(|input| std::mem::take(&mut input.pointer));
    let result = content(ui);
    ui.input_mut(|input| input.pointer = pointer);
    result
}

/// Draws the dialog that is open.
pub fn dialog_ui(
    context: &Context,
    view: &View<'_>,
    cache_sizes: Option<&CacheSizes>,
    screen: &mut Screen,
    textures: &mut Textures,
) -> Option<Action> {
    let selection = if matches!(screen.dialog, Some(Dialog::EditTag(_))) { screen.chosen() } else { Vec::new() };
    let search = screen.search.text.clone();
    let place = (screen.stage == Stage::Tag, screen.focus.is_some());
    let dialog = screen.dialog.as_mut()?;
    let palette = view.palette;
    let width = dialog.width();
    modal(context, width, |ui| match dialog {
        Dialog::Tag(dialog) => tag::tag_ui(ui, view, dialog),
        Dialog::EditTag(dialog) => edit_tag::edit_tag_ui(ui, view, &selection, dialog),
        Dialog::EditGroup(dialog) => edit_group::edit_group_ui(ui, view, dialog),
        Dialog::AutoTag(dialog) => auto_tag::auto_tag_ui(ui, view, textures, dialog),
        Dialog::Products(previews) => products::products_ui(ui, view, previews),
        Dialog::Restore(dialog) => restore::restore_ui(ui, view, dialog),
        Dialog::Damaged { damaged, is_open } => damaged::damaged_ui(ui, palette, damaged, *is_open),
        Dialog::SaveFilter(name) => save_filter::save_filter_ui(ui, palette, &search, name),
        Dialog::SavedFilters(dialog) => saved_filters::saved_filters_ui(ui, view, dialog),
        Dialog::Jobs => jobs::jobs_ui(ui, view),
        Dialog::Settings => settings::settings_ui(ui, palette, view.settings, cache_sizes, Some(view.workspace)),
        Dialog::Palette(dialog) => palette::palette_ui(ui, palette, Some(view), place, dialog),
        Dialog::Keys => keys::keys_ui(ui, palette),
        Dialog::About => about::about_ui(ui, palette),
        Dialog::StopTraining { then } => stop_training::stop_training_ui(ui, palette, then.as_deref()),
        Dialog::Confirm { text, yes, action } => confirm::confirm_ui(ui, palette, text, yes, action),
    })
}

/// Draws the dialogs that make sense before a catalogue is open.
pub fn welcome_dialog_ui(
    context: &Context,
    palette: &Palette,
    settings: &Settings,
    cache_sizes: Option<&CacheSizes>,
    screen: &mut Screen,
) -> Option<Action> {
    let dialog = screen.dialog.as_mut()?;
    let width = dialog.width();
    modal(context, width, |ui| match dialog {
        Dialog::Settings => settings::settings_ui(ui, palette, settings, cache_sizes, None),
        Dialog::Palette(dialog) => palette::palette_ui(ui, palette, None, (true, false), dialog),
        Dialog::About => about::about_ui(ui, palette),
        Dialog::Damaged { damaged, is_open } => damaged::damaged_ui(ui, palette, damaged, *is_open),
        _ => keys::keys_ui(ui, palette),
    })
}

fn modal(context: &Context, width: f32, content: impl FnOnce(&mut Ui) -> Option<Action>) -> Option<Action> {
    let frame = egui::Frame::window(&context.global_style()).inner_margin(Margin::same(20));
    let room = context.content_rect().width() - 60.0;
    // Below the lists that unfold in it: beside them, one that was unfolded before could come up behind it.
    let id = Id::unique("dialog");
    let area = Modal::default_area(id).order(Order::Middle);
    if !context.memory(|memory| memory.areas().visible_last_frame(&area.layer())) {
        // No list stays unfolded over it, and no field behind it takes what is typed.
        Popup::close_all(context);
        context.memory_mut(egui::Memory::stop_text_input);
    }
    let modal = Modal::new(id).area(area).frame(frame).show(context, |ui| {
        ui.set_width(width.min(room.max(160.0)));
        content(ui)
    });
    let closes = modal.should_close();
    modal.inner.or(closes.then_some(Action::CloseDialog))
}

/// What a dialog is about.
fn title_ui(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(semibold(16.0)));
}

/// A line to type into, over the whole width, known by its name.
fn field_ui(ui: &mut Ui, text: &mut String, name: &str) -> Response {
    let response = ui.add(TextEdit::singleline(text).hint_text(name).desired_width(f32::INFINITY));
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, name));
    response
}

/// A list that is as high as it is long, as far as the window has room: also when the dialog is drawn first, with no
/// size to begin with.
fn list_area(ui: &Ui) -> ScrollArea {
    short_list_area(ui, f32::INFINITY)
}

/// As `list_area`, but no higher than `most`.
fn short_list_area(ui: &Ui, most: f32) -> ScrollArea {
    let height = list_height(ui).min(most);
    ScrollArea::vertical().max_height(height).min_scrolled_height(height)
}

/// How high the list of a dialog may be.
fn list_height(ui: &Ui) -> f32 {
    (ui.ctx().content_rect().height() - 220.0).max(120.0)
}
