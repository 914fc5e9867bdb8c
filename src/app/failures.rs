//! What did not work, in the words of the language on screen; what is rare stays in English.

use super::words::{Language, language, say};
use crate::catalogue::{ReadOnlyReason, Repair};
use crate::failure::{Cause, Doing, Failure};
use crate::imaging::ImagingError;

/// A failure in one sentence, with its file and what to do.
pub fn failure_words(failure: &Failure) -> String {
    // What English says in full needs no other words.
    if failure.cause.is_none() && language() == Language::English {
        return failure.to_string();
    }
    let because = failure.cause.as_deref().map_or_else(|| failure.because.clone(), cause_words);
    let mut words = say!("failure", doing = doing_words(&failure.doing), because = because);
    if let Some(path) = &failure.path {
        words.push_str(&say!("failure-at", path = path.display().to_string()));
    }
    if let Some(advice) = failure.try_next.as_ref().filter(|_| failure.cause.is_none()) {
        words.push_str(say!("sentence-separator"));
        words.push_str(advice);
    }
    words
}

/// Why a photo cannot be used.
pub fn fault_words(reason: &str) -> String {
    match ImagingError::of_sentence(reason) {
        Some(ImagingError::Empty) => say!("fault-empty").to_owned(),
        Some(ImagingError::UnknownFormat) => say!("fault-format").to_owned(),
        Some(ImagingError::TooLarge { width, height }) => say!("fault-large", width = width, height = height),
        Some(ImagingError::CutShort) => say!("fault-cut-short").to_owned(),
        Some(ImagingError::Damaged(detail)) => say!("fault-damaged", detail = detail),
        Some(ImagingError::Read(error)) => say!("fault-unreadable", detail = error.to_string()),
        None => reason.to_owned(),
    }
}

/// Why a catalogue can only be read.
pub fn read_only_words(reason: &ReadOnlyReason) -> String {
    match reason {
        ReadOnlyReason::WrittenBy(Some(writer)) => say!("read-only-writer", name = writer),
        ReadOnlyReason::WrittenBy(None) => say!("read-only-someone").to_owned(),
        ReadOnlyReason::Folder(detail) => say!("read-only-folder", detail = detail),
        ReadOnlyReason::Lock(detail) => say!("read-only-lock", detail = detail),
        ReadOnlyReason::MarkedReadOnly => say!("read-only-marked").to_owned(),
        ReadOnlyReason::NotCopied(detail) => say!("read-only-not-copied", detail = detail),
    }
}

/// What a repair has saved.
pub fn repair_words(repair: &Repair) -> String {
    say!(
        "notice-repaired",
        labels = repair.labels,
        backup = repair.from_backup,
        lost = repair.lost,
        folder = repair.kept.display().to_string()
    )
}

fn doing_words(doing: &Doing) -> String {
    match doing {
        Doing::OpeningCatalogue => say!("doing-open-catalogue").to_owned(),
        Doing::WritingCatalogue => say!("doing-write-catalogue").to_owned(),
        Doing::Saving => say!("doing-save").to_owned(),
        Doing::ReadingFolder => say!("doing-read-folder").to_owned(),
        Doing::OpeningModel(name) => say!("doing-open-model", name = name),
        Doing::LookingAtPhotos => say!("doing-embed").to_owned(),
        Doing::LayingOutDemo => say!("doing-demo").to_owned(),
        Doing::DeletingVersion => say!("doing-delete-version").to_owned(),
        Doing::KeepingSettings => say!("doing-settings").to_owned(),
        Doing::ClearingCache => say!("doing-clear").to_owned(),
        Doing::Job => say!("doing-job").to_owned(),
        Doing::Other(words) => words.clone(),
    }
}

fn cause_words(cause: &Cause) -> String {
    match cause {
        Cause::NotFound => say!("cause-not-found").to_owned(),
        Cause::NotAllowed => say!("cause-not-allowed").to_owned(),
        Cause::DiskFull => say!("cause-disk-full").to_owned(),
        Cause::ReadOnlyDisk => say!("cause-read-only-disk").to_owned(),
        Cause::NotACatalogue => say!("cause-not-a-catalogue").to_owned(),
        Cause::NewerCatalogue => say!("cause-newer-catalogue").to_owned(),
        Cause::ReadOnlyCatalogue => say!("cause-read-only-catalogue").to_owned(),
        Cause::DamagedCatalogue => say!("cause-damaged-catalogue").to_owned(),
        Cause::EmptyName => say!("cause-empty-name").to_owned(),
        Cause::LongName(most) => say!("cause-long-name", count = *most),
        Cause::TakenName(name) => say!("cause-taken-name", name = name),
        Cause::ModelNotFetched(name, megabytes) => say!("cause-model-not-fetched", name = name, size = *megabytes),
        Cause::UnknownModel(name) => say!("cause-unknown-model", name = name),
        Cause::ModelReplaced(name) => say!("cause-model-replaced", name = name),
        Cause::NeededByRun(run) => say!("cause-needed-by-run", run = *run),
        Cause::Differs(detail) => say!("cause-differs", detail = detail),
        Cause::Mistake => say!("cause-mistake").to_owned(),
    }
}
