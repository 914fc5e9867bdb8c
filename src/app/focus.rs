//! Focus mode: one photo at a time, decided by one key, with the last decisions at hand.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::view::Shown;
use crate::catalogue::{Group, GroupKind, ImageId, ImageState, Label, TagId};
use crate::workspace::Workspace;

/// Decisions that stay in view.
const NUM_KEPT: usize = 10;

/// The pace is that of the last few minutes; a pause for coffee does not count.
const PACE_WINDOW: Duration = Duration::from_mins(3);
const LONGEST_THOUGHT: Duration = Duration::from_secs(20);

/// What was said last of a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub image: ImageId,
    pub answer: (TagId, bool),
}

/// How the photo lies in its frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Zoom {
    /// The whole photo.
    #[default]
    Fit,
    /// A point of the photo for a point of the screen, moved by so much from the middle.
    Actual(egui::Vec2),
}

/// The state of focus mode.
#[derive(Default)]
pub struct Focus {
    /// Newest last.
    pub decisions: VecDeque<Decision>,
    pub zoom: Zoom,
    /// Photos decided since the mode was entered.
    pub num_done: usize,
    times: VecDeque<Instant>,
}

impl Focus {
    /// Notes what the newest label of a photo says, if it is newer than `before`.
    pub fn note(&mut self, workspace: &Workspace, image: ImageId, before: &[(TagId, Label)]) {
        let after = workspace.labels().of(image);
        if after == before {
            return;
        }
        let is_new = |(tag, label): &&(TagId, Label)| !before.iter().any(|known| known.0 == *tag && known.1 == *label);
        // A yes says more than the noes that came with it.
        let newest = after.iter().filter(is_new).max_by_key(|(_, label)| (label.is_yes, label.at));
        self.decisions.retain(|decision| decision.image != image);
        let Some((tag, label)) = newest else {
            // It was only taken back.
            self.take_back(image);
            return;
        };
        self.decisions.push_back(Decision { image, answer: (*tag, label.is_yes) });
        while self.decisions.len() > NUM_KEPT {
            self.decisions.pop_front();
        }
        self.num_done += 1;
        self.times.push_back(Instant::now());
        while self.times.front().is_some_and(|time| time.elapsed() > PACE_WINDOW) {
            self.times.pop_front();
        }
    }

    /// The decision of a photo was taken back.
    pub fn take_back(&mut self, image: ImageId) {
        self.decisions.retain(|decision| decision.image != image);
        self.num_done = self.num_done.saturating_sub(1);
        self.times.pop_back();
    }

    /// Decisions a minute, pauses left out; none before there are a few.
    pub fn per_minute(&self) -> Option<f32> {
        let gaps =
            self.times.iter().zip(self.times.iter().skip(1)).map(|(from, to)| (*to - *from).min(LONGEST_THOUGHT));
        let (count, total) = gaps.fold((0u32, Duration::ZERO), |(count, total), gap| (count + 1, total + gap));
        (count >= 3).then(|| 60.0 * count as f32 / total.as_secs_f32().max(0.1))
    }
}

/// The group that is asked about a photo: the first that is still open, else the first there is.
pub fn asked_group(workspace: &Workspace, image: ImageId) -> Option<&Group> {
    let vocabulary = workspace.vocabulary();
    let is_open = |group: &&Group| !workspace.labels().is_decided(image, group.id, vocabulary);
    vocabulary.groups.iter().find(is_open).or_else(|| vocabulary.groups.first())
}

/// The tags that the digits stand for: those of the group that is asked about.
pub fn numbered_tags(workspace: &Workspace, image: ImageId) -> Vec<TagId> {
    asked_group(workspace, image).map_or_else(Vec::new, |group| ranked_tags(workspace, image, group))
}

/// The tags of a group as they are listed: the likeliest first in a `one of` group with a head, so that the same few
/// keys do; the group's own order where each tag is decided for itself.
pub fn ranked_tags(workspace: &Workspace, image: ImageId, group: &Group) -> Vec<TagId> {
    let mut tags: Vec<TagId> = workspace.vocabulary().open_tags_of(group.id).map(|tag| tag.id).collect();
    if group.kind == GroupKind::OneOf {
        let proposals = workspace.proposals();
        // Stable: tags that no head knows yet keep their place behind the others.
        let rank = |tag: &TagId| proposals.get(image, group.id, *tag).map_or(1.0, |probability| -probability);
        tags.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
    }
    tags
}

/// The next photo after `image` that is still open, going round at the end; none where all are decided.
pub fn next_open(workspace: &Workspace, shown: &Shown, image: ImageId) -> Option<ImageId> {
    let start = shown.position_of(workspace, image).map_or(0, |position| position + 1);
    let listing = workspace.listing();
    let is_open = |index: &&usize| workspace.standings().at(**index).is_some_and(|standing| !standing.is_reviewed);
    let is_usable = |index: &&usize| listing.images.get(**index).is_some_and(|image| image.state == ImageState::Ok);
    let (before, after) = shown.visible.split_at(start.min(shown.visible.len()));
    let next = after.iter().chain(before).filter(is_usable).find(is_open)?;
    listing.images.get(*next).map(|next| next.id).filter(|next| *next != image)
}
