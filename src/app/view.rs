//! What a frame is drawn from: the visible photos and the counts, computed again only when something changed.

use super::screen::Screen;
use super::theme::Palette;
use crate::catalogue::{GroupId, GroupKind, ImageId, ImageRow, TagId};
use crate::workspace::{Filter, Order, Selection, Workspace};

/// Everything a panel may look at.
pub struct View<'a> {
    pub workspace: &'a Workspace,
    pub shown: &'a Shown,
    pub palette: &'a Palette,
}

/// The photos that are shown now.
#[derive(Default)]
pub struct Shown {
    /// Positions in the listing, in the order of the grid.
    pub visible: Vec<usize>,
    computed_for: Option<(u64, Filter, Order, String)>,
}

impl Shown {
    /// Brings the lists up to date. While a person works through photos sorted by certainty, a refit changes the
    /// numbers but moves no photo: those on screen keep their order until filter, order or search change.
    pub fn refresh(&mut self, workspace: &Workspace, screen: &Screen) {
        let key = (workspace.revision(), screen.filter, screen.order, screen.search.clone());
        if self.computed_for.as_ref() == Some(&key) {
            return;
        }
        let is_same_question =
            self.computed_for.as_ref().is_some_and(|before| (before.1, before.2, &before.3) == (key.1, key.2, &key.3));
        let selected =
            workspace.select(&Selection { filter: screen.filter, order: screen.order, ..Selection::default() });
        if is_same_question && screen.order != Order::Name {
            let mut is_new: std::collections::HashSet<usize> = selected.iter().copied().collect();
            self.visible.retain(|index| is_new.remove(index));
            self.visible.extend(selected.into_iter().filter(|index| is_new.contains(index)));
        } else {
            self.visible = selected;
        }
        self.computed_for = Some(key);
    }

    /// Where an image stands in the grid.
    pub fn position_of(&self, workspace: &Workspace, image: ImageId) -> Option<usize> {
        let index = workspace.index_of(image)?;
        self.visible.iter().position(|&visible| visible == index)
    }
}

impl<'a> View<'a> {
    /// The photo at a place of the grid.
    pub fn image_at(&self, position: usize) -> Option<&'a ImageRow> {
        self.shown.visible.get(position).and_then(|&index| self.workspace.listing().images.get(index))
    }

    /// The photo of that number.
    pub fn image(&self, image: ImageId) -> Option<&'a ImageRow> {
        self.workspace.index_of(image).and_then(|index| self.workspace.listing().images.get(index))
    }

    /// A tag's name.
    pub fn tag_name(&self, tag: TagId) -> &'a str {
        self.workspace.vocabulary().tag(tag).map_or("", |tag| tag.name.as_str())
    }

    /// Whether there is a group that marking as reviewed says something of.
    pub fn has_any_of(&self) -> bool {
        self.workspace.vocabulary().groups.iter().any(|group| group.kind == GroupKind::AnyOf)
    }

    /// Whether proposals come from the person's own tags yet.
    pub fn has_head(&self, group: GroupId) -> bool {
        self.workspace.heads().of(group).is_some()
    }
}
