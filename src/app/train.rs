//! The Train stage: what is looked at there, apart from what the catalogue holds.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::catalogue::{GroupId, LabelSource, RunRow, RunState, TagId};
use crate::vision::Unfreeze;
use crate::workspace::{Confusions, EpochFigures, RunMachine, TrainSettings, TrainingOutcome, Workspace};

/// The state of the Train screen.
#[derive(Default)]
pub struct TrainScreen {
    pub lessons: Lessons,
    /// All tags are listed with their labels, not only those with the fewest.
    pub lists_all_tags: bool,
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
    /// What the version that is looked at took for what.
    pub mistaken: Mistaken,
    /// Mistakes are looked for among all labelled photos, not among those that the version was measured on.
    pub asks_all: bool,
    /// Pairs of what is taken for what that are listed beyond the first few.
    pub more_pairs: usize,
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

/// What a version took for what, read when another one is looked at or labels change.
#[derive(Default)]
pub struct Mistaken {
    read_at: Option<(i64, GroupId, u64)>,
    /// None for a version that no run became.
    pub found: Option<Confusions>,
}

/// What the list of trainings was read for.
#[derive(Clone, Default, PartialEq)]
struct ReadAt {
    is_training: bool,
    num_versions: usize,
    overlaid: BTreeSet<i64>,
}

/// All trainings, read when one begins or ends.
#[derive(Default)]
pub struct Runs {
    read_at: Option<ReadAt>,
    /// Oldest first.
    pub all: Vec<KnownRun>,
}

/// A training with what is known of it.
pub struct KnownRun {
    pub row: RunRow,
    pub settings: Option<TrainSettings>,
    /// The name of the group that it learns, where it is a single one.
    pub group: Option<String>,
    pub outcome: Option<TrainingOutcome>,
    /// Of the last run, and of those whose curves are laid over it.
    pub epochs: Vec<EpochFigures>,
    /// Of those whose curves are laid over it.
    pub machine: Option<RunMachine>,
}

/// The training under way, or the last one.
pub struct ShownRun<'a> {
    pub number: i64,
    pub epochs: &'a [EpochFigures],
    pub outcome: Option<&'a TrainingOutcome>,
}

impl Runs {
    fn refresh(&mut self, workspace: &Workspace, overlaid: &BTreeSet<i64>) {
        let now = ReadAt {
            is_training: workspace.is_training(),
            num_versions: workspace.versions().len(),
            overlaid: overlaid.clone(),
        };
        if self.read_at.as_ref() == Some(&now) {
            return;
        }
        self.read_at = Some(now);
        let rows = workspace.runs().unwrap_or_else(|failure| {
            tracing::warn!("{}", failure.for_log());
            Vec::new()
        });
        let last = rows.last().map(|row| row.number);
        let group_of = |settings: &TrainSettings| workspace.vocabulary().group(settings.group?);
        let known = rows.into_iter().map(|row| {
            let settings = serde_json::from_str(&row.settings).ok();
            KnownRun {
                group: settings.as_ref().and_then(group_of).map(|group| group.name.clone()),
                settings,
                outcome: row.outcome.as_deref().and_then(|outcome| serde_json::from_str(outcome).ok()),
                epochs: if overlaid.contains(&row.number) || Some(row.number) == last {
                    workspace.run_epochs(&row)
                } else {
                    Vec::new()
                },
                machine: if overlaid.contains(&row.number) { workspace.run_machine(&row) } else { None },
                row,
            }
        });
        self.all = known.collect();
    }

    /// The training under way, or the last one.
    pub fn shown<'a>(&'a self, workspace: &'a Workspace) -> Option<ShownRun<'a>> {
        if let Some(training) = workspace.training() {
            let (epochs, outcome) = (training.epochs.as_slice(), training.outcome.as_ref());
            return Some(ShownRun { number: training.run, epochs, outcome });
        }
        let last = self.all.last()?;
        Some(ShownRun { number: last.row.number, epochs: &last.epochs, outcome: last.outcome.as_ref() })
    }

    /// The newest training that waits to be gone on with, and whether it is the last one there was. Of those before
    /// the last, one that failed is left alone.
    pub fn waiting(&self) -> Option<(i64, bool)> {
        let last = self.all.last()?;
        if last.row.state.waits() {
            return Some((last.row.number, true));
        }
        let earlier = self.all.iter().rfind(|run| run.row.state.waits() && run.row.state != RunState::Failed)?;
        Some((earlier.row.number, false))
    }

    /// The run of that number.
    pub fn find(&self, number: i64) -> Option<&KnownRun> {
        self.all.iter().find(|run| run.row.number == number)
    }

    /// How long a training with these settings takes on this computer, by what the last one took, if that trained the
    /// same part of the network.
    pub fn seconds_for(&self, unfreeze: Unfreeze, num_epochs: usize) -> Option<f64> {
        let last = self.all.last().filter(|run| run.settings.as_ref().is_some_and(|run| run.unfreeze == unfreeze))?;
        let epoch = last.epochs.last()?;
        Some(epoch.total_seconds / last.epochs.len() as f64 * num_epochs as f64)
    }
}

impl Mistaken {
    fn refresh(&mut self, workspace: &Workspace, version: i64, group: GroupId) {
        let now = (version, group, workspace.revision());
        if self.read_at == Some(now) {
            return;
        }
        self.read_at = Some(now);
        let version = workspace.versions().iter().find(|known| known.number == version);
        self.found = version.and_then(|version| workspace.confusions_of(version, group));
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
        match (self.shown_versions(workspace).0, self.shown_group(workspace)) {
            (Some(version), Some(group)) => self.mistaken.refresh(workspace, version, group),
            _ => self.mistaken = Mistaken::default(),
        }
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
