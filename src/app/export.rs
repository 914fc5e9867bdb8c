//! The Export stage: what is ticked, what is being written, and what was.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::export::labels::{LabelFormat, Link, Report as LabelReport};
use crate::export::{Format, Precision, Report, Request, Verdict, Verified};
use crate::failure::Failure;
use crate::workspace::{JobId, JobState, JobSummary, JobTask, Version, Workspace};

/// How often is looked for what `verify.py` notes.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// What can be ticked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Model(Format, Precision),
    Tags(LabelFormat),
}

/// A format of the model, as it stands on screen.
pub struct ModelChoice {
    pub format: Format,
    pub precision: Precision,
    pub is_ticked: bool,
}

/// A format of tags, as it stands on screen.
pub struct TagsChoice {
    pub format: LabelFormat,
    pub is_ticked: bool,
}

/// The state of the Export screen.
pub struct ExportScreen {
    /// None for what is known now, which is kept as a version first if none holds it.
    pub version: Option<i64>,
    pub models: Vec<ModelChoice>,
    pub tags: Vec<TagsChoice>,
    /// What a server needs goes along where there is such a thing.
    pub has_kit: bool,
    /// Where everything goes; none for a folder beside the photos.
    pub folder: Option<PathBuf>,
    /// What was written since the catalogue was opened, oldest first, once each.
    pub written: Vec<Written>,
    /// What of it is looked at; none for the newest.
    pub shown: Option<Item>,
    due: VecDeque<Due>,
    running: Option<(JobId, Due)>,
    /// What keeps what is known as a version.
    keeping: Option<JobId>,
    /// The version that all of what was asked for last is of, once that is known.
    holder: Option<i64>,
    /// The version that holds what is known now, as it was found at a revision, without or with the model: finding it
    /// looks at every tag.
    found: Option<((u64, bool), Option<i64>)>,
    /// Of what was asked for last.
    num_items: usize,
    looked_at: Option<Instant>,
}

#[derive(Clone)]
struct Due {
    item: Item,
    insists: bool,
}

/// Something that was written, or could not be.
pub struct Written {
    pub item: Item,
    pub out: PathBuf,
    pub outcome: Result<Outcome, Failure>,
    /// What `verify.py` noted since of a model that the app cannot run.
    pub verified: Option<Verified>,
}

/// What came of an export.
pub enum Outcome {
    /// With the lines that use it.
    Model(Box<Report>, String),
    Tags(LabelReport),
}

/// How far an export is.
pub struct Standing<'a> {
    /// What is written now; none while a version is kept first.
    pub item: Option<&'a Item>,
    /// From 1.
    pub number: usize,
    pub count: usize,
    /// Of everything that was asked for.
    pub fraction: f32,
}

impl Default for ExportScreen {
    fn default() -> Self {
        let model = |format| ModelChoice { format, precision: Precision::F32, is_ticked: format == Format::Onnx };
        let tags = [
            LabelFormat::Shopify(None),
            LabelFormat::WooCommerce(None),
            LabelFormat::Xmp,
            LabelFormat::Jsonl,
            LabelFormat::Folders(Link::Copy),
            LabelFormat::ImageFolder(Link::Copy),
            LabelFormat::TfRecord,
            LabelFormat::Parquet,
        ];
        Self {
            version: None,
            models: [Format::Onnx, Format::SavedModel, Format::TfLite, Format::CoreMl, Format::Bundle]
                .map(model)
                .into(),
            tags: tags.map(|format| TagsChoice { format, is_ticked: false }).into(),
            has_kit: false,
            folder: None,
            written: Vec::new(),
            shown: None,
            due: VecDeque::new(),
            running: None,
            keeping: None,
            holder: None,
            found: None,
            num_items: 0,
            looked_at: None,
        }
    }
}

impl Item {
    /// What it is called in the folder that everything goes into.
    fn file_name(&self) -> String {
        match self {
            Self::Model(format, Precision::F32) => format.name().to_owned(),
            Self::Model(format, precision) => format!("{format}-{precision}"),
            Self::Tags(format) => match format {
                LabelFormat::Jsonl => "tags.jsonl",
                LabelFormat::Xmp => "xmp",
                LabelFormat::Folders(_) => "folders",
                LabelFormat::ImageFolder(_) => "imagefolder",
                LabelFormat::TfRecord => "tfrecord",
                LabelFormat::Parquet => "tags.parquet",
                LabelFormat::Shopify(_) => "shopify.csv",
                LabelFormat::WooCommerce(_) => "woocommerce.csv",
            }
            .to_owned(),
        }
    }

    /// Whether they are of one format and precision; a shop's own file makes no difference.
    pub fn is_like(&self, other: &Self) -> bool {
        self.file_name() == other.file_name()
    }
}

impl ExportScreen {
    /// What is ticked, in the order of the screen.
    pub fn ticked(&self) -> Vec<Item> {
        let models = self.models.iter().filter(|choice| choice.is_ticked);
        let tags = self.tags.iter().filter(|choice| choice.is_ticked);
        models
            .map(|choice| Item::Model(choice.format, choice.precision))
            .chain(tags.map(|choice| Item::Tags(choice.format.clone())))
            .collect()
    }

    /// Where everything goes.
    pub fn out(&self, workspace: &Workspace) -> Option<PathBuf> {
        self.folder.clone().or_else(|| {
            let root = workspace.listing().roots.first()?;
            let name = root.file_name()?.to_string_lossy();
            Some(root.with_file_name(format!("{name}-export")))
        })
    }

    /// The version that holds what is known now, if one does.
    pub fn version_of_now(&mut self, workspace: &Workspace) -> Option<i64> {
        // That the model has been read is no revision.
        let now = (workspace.revision(), workspace.model().is_some());
        match self.found {
            Some((found_at, version)) if found_at == now => version,
            _ => {
                let version = workspace.version_to_export();
                self.found = Some((now, version));
                version
            }
        }
    }

    /// The last that was written of this kind.
    pub fn written(&self, item: &Item) -> Option<&Written> {
        self.written.iter().find(|written| written.item.is_like(item))
    }

    /// What is looked at.
    pub fn shown(&self) -> Option<&Written> {
        self.shown.as_ref().and_then(|item| self.written(item)).or(self.written.last())
    }

    /// How far it is, while something is written.
    pub fn standing<'a>(&'a self, workspace: &Workspace) -> Option<Standing<'a>> {
        let item = self.running.as_ref().map(|(_, due)| &due.item);
        if item.is_none() && self.keeping.is_none() {
            return None;
        }
        let number = self.num_items - self.due.len() + usize::from(item.is_none());
        let row = self.running.as_ref().and_then(|(id, _)| workspace.jobs().iter().find(|row| row.id == *id));
        let part = row.and_then(|row| row.progress.snapshot().fraction()).unwrap_or(0.0);
        let fraction = (number.saturating_sub(1) as f32 + part) / self.num_items.max(1) as f32;
        Some(Standing { item, number, count: self.num_items, fraction })
    }

    /// Begins to write; `insists` keeps int8 models that are too far off.
    pub fn begin(&mut self, items: Vec<Item>, insists: bool) {
        self.num_items = items.len();
        (self.shown, self.holder) = (None, None);
        self.due = items.into_iter().map(|item| Due { item, insists }).collect();
    }

    /// Merges into the shop's own file.
    pub fn merge_into(&mut self, place: usize, file: PathBuf) {
        if let Some(choice) = self.tags.get_mut(place) {
            choice.is_ticked = true;
            match &mut choice.format {
                LabelFormat::Shopify(own) | LabelFormat::WooCommerce(own) => *own = Some(file),
                _ => {}
            }
        }
    }

    /// Writes no more.
    pub fn cancel(&mut self, workspace: &Workspace) {
        self.due.clear();
        let running = self.running.as_ref().map(|(job, _)| *job);
        for job in self.keeping.take().into_iter().chain(running) {
            workspace.cancel(job);
        }
    }

    /// Goes on to the next that is due, one after the other: each has the whole machine.
    ///
    /// # Errors
    /// Where what is known now cannot be kept as a version; nothing more is due then.
    pub fn advance(&mut self, workspace: &mut Workspace) -> Result<(), Failure> {
        self.look_for_notes();
        if let Some((job, due)) = &self.running {
            let outcome = match state_of(workspace, *job) {
                Some(JobState::Running) => return Ok(()),
                Some(JobState::Done(JobSummary::Exported(report))) => {
                    let lines = usage(&report.out);
                    Some(Ok(Outcome::Model(Box::new(report), lines)))
                }
                Some(JobState::Done(JobSummary::ExportedLabels { report, .. })) => Some(Ok(Outcome::Tags(report))),
                Some(JobState::Failed(failure)) => Some(Err(failure)),
                // Whoever cancels one wants none of the others.
                _ => {
                    self.due.clear();
                    None
                }
            };
            let item = due.item.clone();
            self.running = None;
            if let Some(outcome) = outcome {
                self.note(workspace, item, outcome);
            }
        }
        if !self.has_kept(workspace)? {
            return Ok(());
        }
        let Some(due) = self.due.front().cloned() else { return Ok(()) };
        let out = self.out(workspace).unwrap_or_default().join(due.item.file_name());
        let started = match &due.item {
            Item::Tags(format) => {
                workspace.start_label_export(format.clone(), &out);
                Ok(())
            }
            Item::Model(format, precision) => {
                let has_kit = self.has_kit && matches!(format, Format::SavedModel | Format::Onnx);
                let request = Request { format: *format, precision: *precision, insists: due.insists, has_kit, out };
                self.holder = self.holder.or(self.version).or_else(|| self.version_of_now(workspace));
                match self.holder {
                    Some(version) => workspace.start_export(version, request),
                    None if workspace.is_running(&JobTask::Freeze) => return Ok(()),
                    // A version lasts, so that it is not made for what cannot be written.
                    None => match workspace.check_export(&request) {
                        Ok(()) => return self.keep(workspace),
                        Err(failure) => Err(failure),
                    },
                }
            }
        };
        self.due.pop_front();
        match (started, workspace.jobs().first()) {
            (Ok(()), Some(row)) => self.running = Some((row.id, due)),
            (Ok(()), None) => {}
            (Err(failure), _) => self.note(workspace, due.item, Err(failure)),
        }
        Ok(())
    }

    /// Begins to keep what is known as a version.
    fn keep(&mut self, workspace: &mut Workspace) -> Result<(), Failure> {
        workspace.freeze(None).inspect_err(|_| self.due.clear())?;
        self.keeping = workspace.jobs().first().map(|row| row.id);
        Ok(())
    }

    /// Whether what is known is not being kept as a version, or no longer.
    fn has_kept(&mut self, workspace: &Workspace) -> Result<bool, Failure> {
        let Some(job) = self.keeping else { return Ok(true) };
        let state = state_of(workspace, job);
        if state == Some(JobState::Running) {
            return Ok(false);
        }
        self.keeping = None;
        match state {
            // As near as it gets, even if something was said meanwhile.
            Some(JobState::Done(JobSummary::Frozen(version))) => self.holder = Some(version),
            Some(JobState::Failed(failure)) => {
                self.due.clear();
                return Err(failure);
            }
            // Whoever cancels it wants none of what was asked for.
            _ => self.due.clear(),
        }
        Ok(true)
    }

    fn note(&mut self, workspace: &Workspace, item: Item, outcome: Result<Outcome, Failure>) {
        let out = match &outcome {
            // TensorFlow's has a folder of its number below.
            Ok(Outcome::Model(report, _)) => report.out.clone(),
            _ => self.out(workspace).unwrap_or_default().join(item.file_name()),
        };
        self.written.retain(|written| !written.item.is_like(&item));
        self.written.push(Written { item, out, outcome, verified: None });
    }

    /// Finds whether `verify.py` was run meanwhile on what was written.
    fn look_for_notes(&mut self) {
        if self.looked_at.is_some_and(|at| at.elapsed() < BETWEEN_LOOKS) {
            return;
        }
        self.looked_at = Some(Instant::now());
        for written in &mut self.written {
            if let Ok(Outcome::Model(report, _)) = &written.outcome
                && report.verdict == Verdict::NotYetVerified
            {
                written.verified = Verified::read(&written.out, &report.checksums);
            }
        }
    }
}

fn state_of(workspace: &Workspace, job: JobId) -> Option<JobState> {
    workspace.jobs().iter().find(|row| row.id == job).map(|row| row.state.clone())
}

/// How good a version was measured to be, in its first group.
pub fn measured(version: &Version) -> Option<(f64, usize)> {
    let metrics = &version.record.groups.first()?.measured.as_ref()?.metrics;
    Some((metrics.accuracy, metrics.images))
}

/// The lines that use an exported model, as its own README has them.
fn usage(out: &Path) -> String {
    let readme = std::fs::read_to_string(out.join("README.md")).unwrap_or_default();
    let code = readme.split_once("```python\n").and_then(|(_, rest)| rest.split_once("```"));
    code.map_or_else(String::new, |(code, _)| code.trim_end().to_owned())
}
