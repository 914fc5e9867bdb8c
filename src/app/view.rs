//! What a frame is drawn from: the photos that are shown, computed again only when something changed.

use std::ops::Range;

use super::screen::Screen;
use super::settings::Settings;
use super::theme::Palette;
use crate::catalogue::{GroupId, GroupKind, ImageId, ImageRow, TagId};
use crate::workspace::{Filter, Order, ProductRule, Query, Selection, Workspace};

/// Everything a panel may look at.
pub struct View<'a> {
    pub workspace: &'a Workspace,
    pub shown: &'a Shown,
    pub palette: &'a Palette,
    pub settings: &'a Settings,
}

/// The photos that are shown now.
#[derive(Default)]
pub struct Shown {
    /// Positions in the listing, in the order of the grid.
    pub visible: Vec<usize>,
    /// Of `visible`, by tag; one without a tag where photos are not grouped.
    pub sections: Vec<Section>,
    computed_for: Option<Question>,
}

/// Photos that stand together.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    pub tag: Option<TagId>,
    pub range: Range<usize>,
    /// Photos for which the tag is proposed.
    pub num_open: usize,
}

#[derive(Clone, PartialEq)]
struct Question {
    revision: u64,
    /// Positions in another listing mean other photos.
    listing: usize,
    filter: Filter,
    order: Order,
    query: Option<Query>,
    is_grouped: bool,
    stacks: bool,
}

impl Question {
    fn is_as(&self, other: &Self) -> bool {
        Self { revision: other.revision, ..self.clone() } == *other
    }
}

impl Shown {
    /// Brings the lists up to date. While a person works through photos sorted by certainty, a refit changes the
    /// numbers but moves no photo: those on screen keep their order until something else is asked for. Returns whether
    /// anything was computed.
    pub fn refresh(&mut self, workspace: &Workspace, screen: &Screen) -> bool {
        let question = Question {
            revision: workspace.revision(),
            listing: std::sync::Arc::as_ptr(workspace.listing()).addr(),
            filter: screen.filter,
            order: screen.order,
            query: screen.search.query.clone(),
            is_grouped: screen.is_grouped,
            stacks: workspace.product_rule() != ProductRule::Single,
        };
        if self.computed_for.as_ref() == Some(&question) {
            return false;
        }
        let asked = Selection {
            filter: question.filter,
            query: question.query.as_ref(),
            order: question.order,
            stacks: question.stacks,
        };
        let selected = workspace.select(&asked);
        let is_same = self.computed_for.as_ref().is_some_and(|before| before.is_as(&question));
        if is_same && question.order != Order::Name && !question.is_grouped {
            self.keep_order(&selected, workspace.listing().images.len());
        } else {
            self.visible = selected;
        }
        self.sections = vec![Section { tag: None, range: 0..self.visible.len(), num_open: 0 }];
        if question.is_grouped {
            self.sections.clear();
            let by_tag = workspace.by_tag(&self.visible);
            self.visible.clear();
            for (tag, photos) in by_tag {
                let start = self.visible.len();
                let is_open = |index: &&usize| {
                    let standing = workspace.standings().at(**index);
                    tag.is_some_and(|tag| standing.is_some_and(|standing| standing.proposed(tag).is_some()))
                };
                let num_open = photos.iter().filter(is_open).count();
                self.visible.extend(photos);
                self.sections.push(Section { tag, range: start..self.visible.len(), num_open });
            }
        }
        self.computed_for = Some(question);
        true
    }

    fn keep_order(&mut self, selected: &[usize], num_images: usize) {
        let mut is_new = vec![false; num_images];
        selected.iter().for_each(|&index| is_new[index] = true);
        self.visible.retain(|&index| is_new.get_mut(index).is_some_and(std::mem::take));
        self.visible.extend(selected.iter().filter(|&&index| is_new[index]));
    }

    /// Where an image stands in the grid.
    pub fn position_of(&self, workspace: &Workspace, image: ImageId) -> Option<usize> {
        let index = Self::index_of(workspace, image)?;
        self.visible.iter().position(|&visible| visible == index)
    }

    /// The position in the listing under which an image is shown: a shot that is stacked stands where its product does.
    pub fn index_of(workspace: &Workspace, image: ImageId) -> Option<usize> {
        let index = workspace.index_of(image)?;
        Some(workspace.products().shots(index).first().copied().unwrap_or(index))
    }

    /// The photo at a place of the grid.
    pub fn image_at(&self, workspace: &Workspace, position: usize) -> Option<ImageId> {
        self.visible.get(position).and_then(|&index| workspace.listing().images.get(index)).map(|image| image.id)
    }

    /// All photos shown, in order.
    pub fn images(&self, workspace: &Workspace) -> impl Iterator<Item = ImageId> {
        self.visible.iter().filter_map(|&index| workspace.listing().images.get(index)).map(|image| image.id)
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

    /// The other shots of the product that a photo shows, with itself, in order of path; empty for a single photo.
    pub fn shots(&self, image: ImageId) -> Vec<ImageId> {
        let shots = self.workspace.index_of(image).map_or(&[][..], |index| self.workspace.products().shots(index));
        if shots.len() < 2 {
            return Vec::new();
        }
        shots.iter().filter_map(|&index| self.workspace.listing().images.get(index)).map(|image| image.id).collect()
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
