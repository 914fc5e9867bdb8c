//! What filters, orders, steps of the history and jobs are called on screen.

use super::words::say;
use crate::catalogue::{Deed, GroupKind, RunState, Timestamp};
use crate::vision::{Backbone, RunsOn, Unfreeze};
use crate::workspace::{
    Activate, Filter, JobSummary, JobTask, Order, PairedAccuracy, PrecisionRecord, ProductRule, QueryProblem, Side,
    Version,
};

/// A filter as it is called on screen.
pub fn filter_name(filter: Filter) -> &'static str {
    match filter {
        Filter::All => say!("filter-all"),
        Filter::ToReview => say!("filter-to-review"),
        Filter::Unsure => say!("filter-unsure"),
        Filter::Reviewed => say!("filter-reviewed"),
        Filter::Duplicates => say!("filter-duplicates"),
        Filter::Missing => say!("filter-missing"),
        Filter::Broken => say!("filter-broken"),
        Filter::Tag(..) => say!("filter-tag"),
    }
}

/// Which photos of a tag, as it is called on screen.
pub fn side_name(side: Side) -> &'static str {
    match side {
        Side::Either => say!("side-either"),
        Side::Yes => say!("side-yes"),
        Side::Proposed => say!("side-proposed"),
        Side::No => say!("side-no"),
    }
}

/// An order as it is called on screen.
pub fn order_name(order: Order) -> &'static str {
    match order {
        Order::Name => say!("order-name"),
        Order::Date => say!("order-date"),
        Order::LeastCertain => say!("order-least-certain"),
        Order::MostCertain => say!("order-most-certain"),
        Order::NewestDecision => say!("order-newest-decision"),
    }
}

/// A rule for products as it is called on screen.
pub fn product_rule_name(rule: ProductRule) -> &'static str {
    match rule {
        ProductRule::Single => say!("products-single"),
        ProductRule::Stem => say!("products-stem"),
        ProductRule::Folder => say!("products-folder"),
    }
}

/// A kind of group as it is called on screen.
pub fn kind_name(kind: GroupKind) -> &'static str {
    match kind {
        GroupKind::OneOf => say!("kind-one-of"),
        GroupKind::AnyOf => say!("kind-any-of"),
    }
}

/// A group's name with its kind.
pub fn group_caption(name: &str, kind: GroupKind) -> String {
    say!("group-caption", name = name, kind = kind_name(kind))
}

/// A step of the history in words, as they follow "Undo".
pub fn deed_words(deed: &Deed) -> String {
    match deed {
        Deed::Accept { tag, photos } => say!("deed-accept", tag = tag, count = *photos),
        Deed::Reject { tag, photos } => say!("deed-reject", tag = tag, count = *photos),
        Deed::Clear { tag, photos } => say!("deed-clear", tag = tag, count = *photos),
        Deed::Set { tag, photos } => say!("deed-set", tag = tag, count = *photos),
        Deed::AcceptProposals { photos } => say!("deed-accept-proposals", count = *photos),
        Deed::RejectProposals { photos } => say!("deed-reject-proposals", count = *photos),
        Deed::MarkReviewed { photos } => say!("deed-mark-reviewed", count = *photos),
        Deed::AutoTag { what, photos } => say!("deed-auto-tag", what = what, count = *photos),
        Deed::ImportLabels { file: Some(file) } => say!("deed-import-file", file = file),
        Deed::ImportLabels { file: None } => say!("deed-import-folders").to_owned(),
        Deed::TakeOver { photos } => say!("deed-take-over", count = *photos),
        Deed::AddTag { tag } => say!("deed-add-tag", tag = tag),
        Deed::EditTag { tag } => say!("deed-edit-tag", tag = tag),
        Deed::RenameTag { from, to } | Deed::RenameGroup { from, to } | Deed::RenameFilter { from, to } => {
            say!("deed-rename", from = from, to = to)
        }
        Deed::MergeTag { from, into } => say!("deed-merge", from = from, into = into),
        Deed::SplitTag { from, to, photos } => say!("deed-split", from = from, to = to, count = *photos),
        Deed::RetireTag { tag } => say!("deed-retire", tag = tag),
        Deed::RestoreTag { tag } => say!("deed-restore", tag = tag),
        Deed::DeleteTag { tag } => say!("deed-delete", tag = tag),
        Deed::MoveTag { tag, group } => say!("deed-move", tag = tag, group = group),
        Deed::ReorderTags { group } => say!("deed-reorder", group = group),
        Deed::AddGroup { group } => say!("deed-add-group", group = group),
        Deed::ChangeKind { group, kind } => say!("deed-kind", group = group, kind = kind_name(*kind)),
        Deed::DeleteGroup { group } => say!("deed-delete-group", group = group),
        Deed::SaveFilter { name } => say!("deed-save-filter", name = name),
        Deed::DeleteFilter { name } => say!("deed-delete-filter", name = name),
        Deed::Told(words) => words.clone(),
    }
}

/// On what a model runs, and with which numbers: "f32 on the processor (AVX2)".
pub fn runs_as(backbone: &Backbone) -> String {
    let runs = backbone.runs_as();
    let device = match (runs.on, &runs.by) {
        (RunsOn::Cpu, Some(by)) => say!("runs-on-cpu-by", by = by),
        (RunsOn::Cpu, None) => say!("runs-on-cpu").to_owned(),
        (RunsOn::Cuda, _) => say!("runs-on-cuda").to_owned(),
        (RunsOn::Metal, _) => say!("runs-on-metal").to_owned(),
    };
    say!("runs-as", precision = runs.precision, device = device)
}

/// What was measured of eight bits on a catalogue's photos, and what follows.
pub fn precision_words(record: Option<&PrecisionRecord>) -> String {
    let Some(record) = record else { return say!("precision-unknown").to_owned() };
    let (fast, exact) = (record.images_per_second_int8.round(), record.images_per_second_f32.round());
    let measured = if let Some(PairedAccuracy { photos, f32, int8, lower_bound }) = record.accuracy {
        let [f32, int8] = [f32, int8].map(|share| format!("{:.1}", 100.0 * share));
        let bound = format!("{:.1}", 100.0 * lower_bound);
        say!("precision-by-labels", int8 = int8, f32 = f32, photos = photos, bound = bound, fast = fast, exact = exact)
    } else {
        let cosine = format!("{:.4}", record.mean_cosine);
        say!("precision-by-features", photos = record.photos, cosine = cosine, fast = fast, exact = exact)
    };
    if record.is_int8 {
        say!("precision-good", measured = measured)
    } else if record.is_as_good() {
        say!("precision-slower", measured = measured)
    } else {
        say!("precision-worse", measured = measured)
    }
}

/// A version by its number, and its name where it has one of its own.
pub fn version_name(version: &Version) -> String {
    let number = say!("version-number", number = version.number);
    match version.own_name() {
        Some(name) => say!("version-named", version = number, name = name),
        None => number,
    }
}

/// A moment as a clock on this computer's wall shows it.
pub fn moment(at: Timestamp) -> String {
    let moment = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    moment.to_zoned_datetime(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A share in percent, to a tenth.
pub fn percent(share: f64) -> f64 {
    (1000.0 * share).round() / 10.0
}

/// The same with its sign.
pub fn percent_words(share: f64) -> String {
    say!("percent", number = percent(share))
}

/// A length of time, in the unit that suits it.
pub fn duration(seconds: u64) -> String {
    match seconds {
        0..=90 => say!("seconds", count = seconds),
        91..=5400 => say!("minutes", count = seconds.div_ceil(60)),
        _ => say!("hours", count = seconds.div_ceil(3600)),
    }
}

/// Which part of the network is trained.
pub fn unfreeze_name(unfreeze: Unfreeze) -> &'static str {
    match unfreeze {
        Unfreeze::Head => say!("unfreeze-head"),
        Unfreeze::Layer4 => say!("unfreeze-layer4"),
        Unfreeze::Layer3 => say!("unfreeze-layer3"),
        Unfreeze::All => say!("unfreeze-all"),
    }
}

/// When the version that a training makes is put to use.
pub fn activate_name(activate: Activate) -> &'static str {
    match activate {
        Activate::Auto => say!("tune-activate-auto"),
        Activate::Always => say!("tune-activate-always"),
        Activate::Never => say!("tune-activate-never"),
    }
}

/// How a run stands.
pub fn run_state_name(state: RunState) -> &'static str {
    match state {
        RunState::Running => say!("run-running"),
        RunState::Paused => say!("run-paused"),
        RunState::Interrupted => say!("run-interrupted"),
        RunState::Done => say!("run-done"),
        RunState::Cancelled => say!("run-cancelled"),
        RunState::Failed => say!("run-failed"),
    }
}

/// What a job does.
pub fn task_name(task: &JobTask) -> String {
    match task {
        JobTask::Import(folder) => say!("task-import", folder = folder),
        JobTask::Embed => say!("task-embed").to_owned(),
        JobTask::Learn => say!("task-learn").to_owned(),
        JobTask::Train => say!("task-train").to_owned(),
        JobTask::OpenModel => say!("task-open-model").to_owned(),
        JobTask::CheckAutoTag(group) => say!("task-check-auto-tag", group = group),
        JobTask::FindConfusions(group) => say!("task-confusions", group = group),
        JobTask::Calibrate => say!("task-calibrate").to_owned(),
        JobTask::BackUp => say!("task-back-up").to_owned(),
        JobTask::Freeze => say!("task-freeze").to_owned(),
        JobTask::Activate(Some(version)) => say!("task-activate", version = *version),
        JobTask::Activate(None) => say!("task-activate-live-head").to_owned(),
        JobTask::CompareVersions(from, to) => say!("task-compare-versions", from = *from, to = *to),
        JobTask::Export(format) => say!("task-export", format = format),
        JobTask::ExportLabels(file) => say!("task-export-labels", file = file),
        JobTask::Publish(to) => say!("task-publish", to = to),
    }
}

/// What a job has done.
pub fn summary_words(summary: &JobSummary) -> String {
    match summary {
        JobSummary::Imported { folder, report } => {
            let counts = [
                ("import-new", report.new),
                ("import-changed", report.changed),
                ("import-moved", report.moved),
                ("import-missing", report.missing),
                ("import-removed", report.removed),
                ("import-duplicates", report.duplicates),
                ("import-broken", report.broken.len()),
                ("import-passed-over", report.warnings.len()),
            ];
            let photos = say!("num-photos", count = report.files);
            let mut words = say!("import-done", folder = folder, photos = photos);
            for (key, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
                words.push_str(say!("list-separator"));
                words.push_str(&say!(key, count = count));
            }
            words
        }
        JobSummary::Embedded { photos, .. } => say!("embed-done", count = *photos),
        JobSummary::Checked { group, labels } => say!("check-done", group = group, count = *labels),
        JobSummary::Frozen(version) => say!("frozen-done", version = *version),
        JobSummary::Activated(Some(version)) => say!("activated-done", version = *version),
        JobSummary::Activated(None) => say!("activated-live-head").to_owned(),
        JobSummary::Exported(report) => say!("export-done", folder = report.out.display().to_string()),
        JobSummary::Trained { run, version } => say!("train-done", run = *run, version = *version),
        JobSummary::Paused { run } => say!("train-paused", run = *run),
        JobSummary::ExportedLabels { file, .. } => say!("export-labels-done", file = file),
        JobSummary::Published { version, to, .. } => say!("publish-done", version = *version, to = to),
        JobSummary::Quiet => String::new(),
    }
}

/// What is wrong with a query line, and how to mend it.
pub fn query_problem(problem: &QueryProblem) -> String {
    let with_hint = |text: String, did_you_mean: &Option<String>| match did_you_mean {
        Some(name) => format!("{text} {}", say!("query-did-you-mean", name = name)),
        None => text,
    };
    match problem {
        QueryProblem::UnclosedQuote => say!("query-unclosed-quote").to_owned(),
        QueryProblem::UnclosedParenthesis => say!("query-unclosed-parenthesis").to_owned(),
        QueryProblem::UnopenedParenthesis => say!("query-unopened-parenthesis").to_owned(),
        QueryProblem::EmptyParentheses => say!("query-empty-parentheses").to_owned(),
        QueryProblem::EmptyQuotes => say!("query-empty-quotes").to_owned(),
        QueryProblem::NothingBefore => say!("query-nothing-before").to_owned(),
        QueryProblem::NothingAfter => say!("query-nothing-after").to_owned(),
        QueryProblem::TooDeep => say!("query-too-deep").to_owned(),
        QueryProblem::UnknownKey { key, did_you_mean } => {
            with_hint(say!("query-unknown-key", name = key), did_you_mean)
        }
        QueryProblem::NoValue { key } => say!("query-no-value", name = key),
        QueryProblem::UnknownValue { value, known, did_you_mean } => {
            with_hint(say!("query-unknown-value", name = value, known = known.join(", ")), did_you_mean)
        }
        QueryProblem::UnknownTag { name, did_you_mean } => {
            with_hint(say!("query-unknown-tag", name = name), did_you_mean)
        }
        QueryProblem::UnknownTagOfGroup { group, name, did_you_mean } => {
            with_hint(say!("query-unknown-tag-of", name = name, group = group), did_you_mean)
        }
        QueryProblem::UnknownGroup { name, did_you_mean } => {
            with_hint(say!("query-unknown-group", name = name), did_you_mean)
        }
        QueryProblem::NoAnswer { group } => say!("query-no-answer", name = group),
        QueryProblem::NotANumber { text } => say!("query-not-a-number", name = text),
        QueryProblem::NotAScore { text } => say!("query-not-a-score", name = text),
        QueryProblem::NotADate { text } => say!("query-not-a-date", name = text),
        QueryProblem::Reversed => say!("query-reversed").to_owned(),
    }
}
