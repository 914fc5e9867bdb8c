//! The Train stage: what is looked at there, apart from what the catalogue holds.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::catalogue::{GroupId, LabelSource, RunRow, TagId};
use crate::workspace::{EpochFigures, JobState, TrainSettings, TrainingOutcome, Workspace};

/// The state of the Train screen.
#[derive(Default)]
pub struct TrainScreen {
    pub lessons: Lessons,
    pub runs: Runs,
    /// Runs whose curves are laid over that of the last one.
    pub overlaid: BTreeSet<i64>,
    /// Of the next training.
    pub settings: TrainSettings,
    /// The version that is looked at; none for the newest.
    pub version: Option<i64>,
    /// The version that it is held against; none for the one before it.
    pub against: Option<i64>,
    /// The group whose figures are shown; none for the first.
    pub group: Option<GroupId>,
    /// A version whose name is being typed.
    pub renaming: Option<(i64, String)>,
}

/// How many photos each tag can be learnt from, counted at a revision: counting looks at every label.
#[derive(Default)]
pub struct Lessons {
    counted_at: Option<u64>,
    counts: HashMap<TagId, usize>,
    num_photos: usize,
}

/// All trainings, read when a job begins or ends.
#[derive(Default)]
pub struct Runs {
    read_at: Option<(u64, usize, BTreeSet<i64>)>,
    /// Oldest first.
    pub all: Vec<KnownRun>,
}

/// A training with what is known of it.
pub struct KnownRun {
    pub row: RunRow,
    pub settings: Option<TrainSettings>,
    pub outcome: Option<TrainingOutcome>,
    /// Of a run whose curve is laid over another.
    pub epochs: Vec<EpochFigures>,
}

impl Runs {
    fn refresh(&mut self, workspace: &Workspace, overlaid: &BTreeSet<i64>) {
        let num_running = workspace.jobs().iter().filter(|job| job.state == JobState::Running).count();
        let now = (workspace.revision(), num_running, overlaid.clone());
        if self.read_at.as_ref() == Some(&now) {
            return;
        }
        self.read_at = Some(now);
        let rows = workspace.runs().unwrap_or_else(|failure| {
            tracing::warn!("{failure}");
            Vec::new()
        });
        let known = rows.into_iter().map(|row| KnownRun {
            settings: serde_json::from_str(&row.settings).ok(),
            outcome: row.outcome.as_deref().and_then(|outcome| serde_json::from_str(outcome).ok()),
            epochs: if overlaid.contains(&row.number) { workspace.run_epochs(&row) } else { Vec::new() },
            row,
        });
        self.all = known.collect();
    }
}

impl Lessons {
    /// Counts again if labels have changed.
    fn refresh(&mut self, workspace: &Workspace) {
        if self.counted_at == Some(workspace.revision()) {
            return;
        }
        *self = Self { counted_at: Some(workspace.revision()), ..Self::default() };
        let mut photos = HashSet::new();
        // What a rule has set is the model's own opinion and teaches nothing.
        for (image, tag, label) in workspace.labels().iter().filter(|(.., label)| label.source != LabelSource::Rule) {
            *self.counts.entry(tag).or_default() += usize::from(label.is_yes);
            photos.insert(image);
        }
        self.num_photos = photos.len();
    }

    /// Photos with a label that teaches.
    pub fn num_photos(&self) -> usize {
        self.num_photos
    }

    /// Photos that are said to have a tag.
    pub fn of(&self, tag: TagId) -> usize {
        self.counts.get(&tag).copied().unwrap_or(0)
    }
}

impl TrainScreen {
    /// Brings up to date what is counted and read.
    pub fn refresh(&mut self, workspace: &Workspace) {
        self.lessons.refresh(workspace);
        self.runs.refresh(workspace, &self.overlaid);
    }

    /// The group whose figures are shown.
    pub fn shown_group(&self, workspace: &Workspace) -> Option<GroupId> {
        let vocabulary = workspace.vocabulary();
        let chosen = self.group.filter(|group| vocabulary.group(*group).is_some());
        chosen.or_else(|| vocabulary.groups.first().map(|group| group.id))
    }

    /// The version that is looked at, and the one that it is held against.
    pub fn shown_versions(&self, workspace: &Workspace) -> (Option<i64>, Option<i64>) {
        let numbers: Vec<i64> = workspace.versions().iter().map(|version| version.number).collect();
        let is_there = |number: &i64| numbers.contains(number);
        let Some(shown) = self.version.filter(is_there).or_else(|| numbers.last().copied()) else {
            return (None, None);
        };
        let before = || numbers.iter().rev().find(|number| **number < shown).copied();
        (Some(shown), self.against.filter(|number| is_there(number) && *number != shown).or_else(before))
    }
}
