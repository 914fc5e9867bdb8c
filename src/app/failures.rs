//! What did not work, in the words of the language on screen; what is rare stays in English.

use super::words::{Language, language, say};
use crate::catalogue::{ReadOnlyReason, Repair};
use crate::failure::{Cause, Doing, Failure, ShopFault};
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
        Doing::KeepingVersion => say!("doing-keep-version").to_owned(),
        Doing::ReadingVersion(number) => say!("doing-read-version", number = *number),
        Doing::DeletingVersion => say!("doing-delete-version").to_owned(),
        Doing::ExportingModel => say!("doing-export-model").to_owned(),
        Doing::ExportingTags => say!("doing-export-tags").to_owned(),
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
        Cause::DiskFails => say!("cause-disk-fails").to_owned(),
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
        Cause::ModelUnusable(detail) => say!("cause-model-unusable", detail = detail),
        Cause::NotComputed(detail) => say!("cause-not-computed", detail = detail),
        Cause::NothingLearnt => say!("cause-nothing-learnt").to_owned(),
        Cause::NoVersion => say!("cause-no-version").to_owned(),
        Cause::BackboneGone(name) => say!("cause-backbone-gone", name = name),
        Cause::OtherBackbone => say!("cause-other-backbone").to_owned(),
        Cause::NeededByRun(run) => say!("cause-needed-by-run", run = *run),
        Cause::NoPhotos => say!("cause-no-photos").to_owned(),
        Cause::NotRunnable(detail) => say!("cause-not-runnable", detail = detail),
        Cause::Differs(detail) => say!("cause-differs", detail = detail),
        Cause::NoLabels => say!("cause-no-labels").to_owned(),
        Cause::IsFolder => say!("cause-is-folder").to_owned(),
        Cause::IsFile => say!("cause-is-file").to_owned(),
        Cause::NotReplaced => say!("cause-not-replaced").to_owned(),
        Cause::NotEmpty => say!("cause-not-empty").to_owned(),
        Cause::Foreign(name) => say!("cause-foreign", name = name),
        Cause::WithinExport => say!("cause-within-export").to_owned(),
        Cause::Busy => say!("cause-busy").to_owned(),
        Cause::CannotWrite(kind, detail) => {
            let detail = Cause::of_kind(*kind).map_or_else(|| detail.clone(), |cause| cause_words(&cause));
            say!("cause-cannot-write", detail = detail)
        }
        Cause::ShopFile(fault) => shop_fault_words(fault),
        Cause::Mistake => say!("cause-mistake").to_owned(),
    }
}

fn shop_fault_words(fault: &ShopFault) -> String {
    match fault {
        ShopFault::WrittenOver => say!("shop-file-written-over").to_owned(),
        ShopFault::Unreadable(detail) => say!("shop-file-unreadable", detail = detail),
        ShopFault::Empty => say!("shop-file-empty").to_owned(),
        ShopFault::NoText => say!("shop-file-no-text").to_owned(),
        ShopFault::NoCsv(detail) => say!("shop-file-no-csv", detail = detail),
        ShopFault::Ragged { line, found, expected } => {
            say!("shop-file-ragged", line = *line, found = *found, expected = *expected)
        }
        ShopFault::UnknownEncoding => say!("shop-file-unknown-encoding").to_owned(),
        ShopFault::MixedEncoding => say!("shop-file-mixed-encoding").to_owned(),
        ShopFault::NoCharacters { encoding, text } => {
            say!("shop-file-no-characters", encoding = *encoding, text = text)
        }
        ShopFault::OtherColumns { shop, columns } => {
            say!("shop-file-other-columns", shop = *shop, columns = columns.join(say!("list-separator")))
        }
        ShopFault::NoProducts => say!("shop-file-no-products").to_owned(),
    }
}
