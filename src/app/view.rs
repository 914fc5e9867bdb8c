//! What a frame is drawn from: the photos that are shown, computed again only when something changed.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::screen::{Only, Screen};
use super::settings::Settings;
use super::theme::Palette;
use crate::catalogue::{GroupId, GroupKind, ImageId, ImageRow, TagId};
use crate::workspace::{Filter, Order, PartialSelection, ProductRule, Query, Selection, Workspace};

/// Photos that are looked at between two glances at the clock: some tenths of a millisecond.
const PHOTOS_A_STEP: usize = 2_048;

/// What of a frame goes into the next list, so that scrolling and typing stay smooth meanwhile.
const FRAME_SHARE: Duration = Duration::from_micros(3_500);

/// Beyond it the next step is left to the next frame: putting many photos in order, or drawing them for the first time.
const STEP_SHARE: Duration = Duration::from_millis(2);

/// How long labels and refits may begin a list anew before it is completed in one go.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

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
    coming: Option<Coming>,
}

/// The next list, as far as it is worked out.
struct Coming {
    question: Question,
    stage: Stage,
    /// When it was asked for first.
    since: Instant,
}

enum Stage {
    Selecting(PartialSelection),
    /// In its order, to be shown.
    Arranged(Vec<usize>),
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
    listing_revision: u64,
    filter: Filter,
    order: Order,
    query: Option<Query>,
    is_grouped: bool,
    stacks: bool,
    only: Option<Only>,
}

impl Question {
    fn of(workspace: &Workspace, screen: &Screen) -> Self {
        Self {
            revision: workspace.revision(),
            listing_revision: workspace.listing_revision(),
            filter: screen.filter,
            order: screen.order,
            query: screen.search.query.clone(),
            is_grouped: screen.is_grouped,
            stacks: workspace.product_rule() != ProductRule::Single,
            only: screen.only.clone(),
        }
    }

    fn is_as(&self, other: &Self) -> bool {
        Self { revision: other.revision, ..self.clone() } == *other
    }

    fn selection(&self) -> Selection<'_> {
        Selection {
            filter: self.filter,
            query: self.query.as_ref(),
            order: self.order,
            stacks: self.stacks,
            among: self.only.as_ref().map(|only| &*only.images),
        }
    }
}

impl Shown {
    /// Goes on with the list that the screen asks for, for a part of a frame; until it is complete the one before it
    /// stays. The newest question wins. Returns whether the list is another one now.
    ///
    /// While a person works through photos sorted by certainty, a refit changes the numbers but moves no photo: those
    /// on screen keep their order until something else is asked for.
    pub fn refresh(&mut self, workspace: &Workspace, screen: &Screen) -> bool {
        let question = Question::of(workspace, screen);
        if self.computed_for.as_ref() == Some(&question) {
            self.coming = None;
            return false;
        }
        let mut coming = match self.coming.take() {
            Some(coming) if coming.question == question => coming,
            // A new label or a refit begins it anew, but must not put it off for ever.
            Some(Coming { question: before, since, .. }) if before.is_as(&question) => Coming::new(question, since),
            _ => Coming::new(question, Instant::now()),
        };
        let started = Instant::now();
        // Positions in a listing that is gone mean nothing.
        let shown = self.computed_for.as_ref();
        let is_stale = shown.is_none_or(|shown| shown.listing_revision != coming.question.listing_revision);
        let is_due = is_stale || coming.since.elapsed() > LONGEST_WAIT;
        let is_spent = |share: Duration| !is_due && started.elapsed() > share;
        if let Stage::Selecting(selection) = &mut coming.stage {
            let asked = coming.question.selection();
            let mut is_complete = false;
            while !is_complete && !is_spent(FRAME_SHARE) {
                is_complete = workspace.select_some(&asked, selection, PHOTOS_A_STEP);
            }
            if is_complete && !is_spent(STEP_SHARE) {
                coming.stage = Stage::Arranged(workspace.arrange(&asked, std::mem::take(selection)));
            }
        }
        match coming.stage {
            Stage::Arranged(selected) if !is_spent(STEP_SHARE) => {
                self.take(workspace, coming.question, selected);
                true
            }
            _ => {
                self.coming = Some(coming);
                false
            }
        }
    }

    /// Completes the list at once where the screen asks for another one than is shown, for an action that is about it.
    /// Returns whether it is another one now.
    pub fn complete(&mut self, workspace: &Workspace, screen: &Screen) -> bool {
        let question = Question::of(workspace, screen);
        if self.computed_for.as_ref().is_none_or(|shown| shown.is_as(&question)) {
            return false;
        }
        let selected = workspace.select(&question.selection());
        self.take(workspace, question, selected);
        true
    }

    /// Whether another list than the one shown is on its way.
    pub fn is_changing(&self) -> bool {
        self.coming.is_some()
    }

    /// What the photos that are shown were filtered by.
    pub fn filter(&self) -> Filter {
        self.computed_for.as_ref().map_or_else(Filter::default, |question| question.filter)
    }

    /// Why only these are shown, where that is not a filter.
    pub fn only(&self) -> Option<&Only> {
        self.computed_for.as_ref()?.only.as_ref()
    }

    fn take(&mut self, workspace: &Workspace, question: Question, selected: Vec<usize>) {
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
        (self.computed_for, self.coming) = (Some(question), None);
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

impl Coming {
    fn new(question: Question, since: Instant) -> Self {
        Self { question, stage: Stage::Selecting(PartialSelection::default()), since }
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
