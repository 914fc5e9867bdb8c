//! A group: its name, its kind, and its end.

use egui::{RichText, Ui};

use super::super::action::{Action, TagEdit};
use super::super::names::kind_name;
use super::super::view::View;
use super::super::widgets::{link_ui, plain_button_ui, primary_button_ui};
use super::super::words::say;
use super::{field_ui, title_ui};
use crate::catalogue::{Group, GroupId, GroupKind};
use crate::workspace::Workspace;

/// What is typed and chosen.
pub struct EditGroupDialog {
    group: GroupId,
    name: String,
    kind: GroupKind,
    /// Labels that becoming `one of` would take away, counted at a revision: counting looks at every label.
    lost: Option<(u64, usize)>,
    is_deleting: bool,
}

impl EditGroupDialog {
    pub fn new(group: &Group) -> Self {
        Self { group: group.id, name: group.name.clone(), kind: group.kind, lost: None, is_deleting: false }
    }

    fn num_lost(&mut self, workspace: &Workspace) -> usize {
        let revision = workspace.revision();
        match self.lost {
            Some((counted_at, lost)) if counted_at == revision => lost,
            _ => {
                let lost = workspace.labels_lost_by_kind(self.group, GroupKind::OneOf);
                self.lost = Some((revision, lost));
                lost
            }
        }
    }
}

/// Edits a group.
pub fn edit_group_ui(ui: &mut Ui, view: &View<'_>, dialog: &mut EditGroupDialog) -> Option<Action> {
    let palette = view.palette;
    let workspace = view.workspace;
    let Some(group) = workspace.vocabulary().group(dialog.group) else { return Some(Action::CloseDialog) };
    title_ui(ui, &say!("edit-group", name = &group.name));
    if dialog.is_deleting {
        let tags: Vec<_> = workspace.vocabulary().tags_of(group.id).map(|tag| tag.id).collect();
        let labels: usize = tags.iter().map(|tag| workspace.num_labels_of(*tag)).sum();
        ui.label(say!("edit-group-delete-what", tags = tags.len(), labels = labels));
        return ui
            .horizontal(|ui| {
                if primary_button_ui(ui, palette, say!("edit-delete"), None).clicked() {
                    return Some(Action::Edit(TagEdit::DeleteGroup(group.id)));
                }
                dialog.is_deleting = !plain_button_ui(ui, palette, say!("cancel"), None).clicked();
                None
            })
            .inner;
    }
    field_ui(ui, &mut dialog.name, say!("group-name"));
    for (kind, words) in [(GroupKind::OneOf, say!("group-one-of")), (GroupKind::AnyOf, say!("group-any-of"))] {
        ui.radio_value(&mut dialog.kind, kind, words);
    }
    if dialog.kind != group.kind {
        let text = match dialog.kind {
            GroupKind::OneOf => say!("edit-group-lost", count = dialog.num_lost(workspace)),
            GroupKind::AnyOf => say!("edit-group-unknown").to_owned(),
        };
        ui.label(RichText::new(text).color(palette.unsure));
    }
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        let name = dialog.name.trim().to_owned();
        let (renames, changes) = (name != group.name && !name.is_empty(), dialog.kind != group.kind);
        let verb = if changes {
            say!("edit-group-change", kind = kind_name(dialog.kind))
        } else {
            say!("edit-rename").to_owned()
        };
        let pressed =
            ui.add_enabled_ui(renames || changes, |ui| primary_button_ui(ui, palette, &verb, None).clicked()).inner;
        if pressed {
            let name = if name.is_empty() { group.name.clone() } else { name };
            return Some(Action::Edit(TagEdit::ChangeGroup { group: group.id, name, kind: dialog.kind }));
        }
        if link_ui(ui, palette, say!("edit-group-delete")).clicked() {
            dialog.is_deleting = true;
        }
        plain_button_ui(ui, palette, say!("cancel"), Some("Esc")).clicked().then_some(Action::CloseDialog)
    })
    .inner
}
