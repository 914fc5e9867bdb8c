//! What a person is told when something did not work: what failed, why, which file, what to try.

use std::error::Error;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A failure in a person's words. The rooms below have typed errors of their own, each of which becomes one of these
/// where a job or a command ends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Failure {
    pub doing: Doing,
    /// Why it did not work, in English and without the path.
    pub because: String,
    /// The same for whoever has words of their own for it; none for what is rare.
    pub cause: Option<Box<Cause>>,
    pub path: Option<PathBuf>,
    /// What the person can do about it.
    pub try_next: Option<String>,
}

/// What is wrong with a catalogue's file. In the chain of an error's causes it is found by whoever makes a failure of it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Damage(pub String);

/// Why tags cannot be merged into a shop's own product table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShopFault {
    #[error("it would be written over; name another file with --out")]
    WrittenOver,
    /// With what the system says.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    #[error("it is empty")]
    Empty,
    #[error("it is no text")]
    NoText,
    /// With what the reader of CSV says.
    #[error("it is no CSV ({0})")]
    NoCsv(String),
    #[error("near line {line} a row has {found} fields, and the header {expected}")]
    Ragged { line: u64, found: usize, expected: usize },
    #[error("its encoding cannot be told; save it as UTF-8")]
    UnknownEncoding,
    #[error("it begins as UTF-8, but goes on as something else")]
    MixedEncoding,
    #[error("its encoding, {encoding}, has no characters for `{text}`; save it as UTF-8 first")]
    NoCharacters { encoding: &'static str, text: String },
    #[error(
        "it is no product export of {shop}: there is no column {}; export it with its columns in English",
        .columns.join(" and ")
    )]
    OtherColumns { shop: &'static str, columns: Vec<String> },
    #[error(
        "none of its products has the SKU, handle or image name of a tagged photo: name photos or their folders by SKU \
         or handle"
    )]
    NoProducts,
}

/// What was being done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    OpeningCatalogue,
    WritingCatalogue,
    /// An answer, a tag, a filter.
    Saving,
    ReadingFolder,
    /// By its name.
    OpeningModel(String),
    LookingAtPhotos,
    LayingOutDemo,
    KeepingVersion,
    /// By its number.
    ReadingVersion(i64),
    DeletingVersion,
    ExportingModel,
    ExportingTags,
    KeepingSettings,
    ClearingCache,
    /// Work in the background that has no better name.
    Job,
    /// In English, as it stands before "did not work".
    Other(String),
}

/// Why something did not work, where that happens often enough to have words in every language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    NotFound,
    NotAllowed,
    DiskFull,
    ReadOnlyDisk,
    /// The disk fails at reading or writing.
    DiskFails,
    NotACatalogue,
    NewerCatalogue,
    ReadOnlyCatalogue,
    /// Part of its file cannot be read any more.
    DamagedCatalogue,
    EmptyName,
    /// At most so many characters are taken.
    LongName(usize),
    /// A tag, group or filter has this name.
    TakenName(String),
    /// By its name, with its size in megabytes.
    ModelNotFetched(String, u64),
    UnknownModel(String),
    /// By the model's name: its weights are not those that were fetched.
    ModelReplaced(String),
    /// Its files are missing or damaged, or do not fit together, in words of what is wrong with which.
    ModelUnusable(String),
    /// The network cannot be computed, with what the library says.
    NotComputed(String),
    /// There are no two tags yet with photos enough to learn from.
    NothingLearnt,
    /// It was deleted.
    NoVersion,
    /// The model that a version stands on is not where it was, by its name.
    BackboneGone(String),
    /// A version's backbone is another than its heads were fitted on.
    OtherBackbone,
    /// The run of this number is not finished and goes on from the version's backbone.
    NeededByRun(i64),
    /// No photo can be read, so that an export cannot be checked.
    NoPhotos,
    /// What was exported cannot be run, with what the runtime says.
    NotRunnable(String),
    /// What was exported does not give the app's answers, in words of how far it is off.
    Differs(String),
    /// No photo has a label that could be exported.
    NoLabels,
    /// Where a file should go is a folder.
    IsFolder,
    /// Where a folder should go is a file.
    IsFile,
    /// Where a file should go is a photo, a catalogue or no ordinary file.
    NotReplaced,
    /// A folder holds other things than an earlier export.
    NotEmpty,
    /// Within an earlier export lies this, which is no part of it.
    Foreign(String),
    /// An export would lie within another one.
    WithinExport,
    /// Another Hangtag is writing there.
    Busy,
    /// An export cannot be written, with what the system says.
    CannotWrite(ErrorKind, String),
    /// The shop's own file cannot be used.
    ShopFile(ShopFault),
    /// Hangtag's own fault.
    Mistake,
}

impl Doing {
    fn in_english(&self) -> String {
        match self {
            Self::OpeningCatalogue => "opening the catalogue".into(),
            Self::WritingCatalogue => "writing the catalogue".into(),
            Self::Saving => "saving this".into(),
            Self::ReadingFolder => "reading the folder".into(),
            Self::OpeningModel(name) => format!("opening the model `{name}`"),
            Self::LookingAtPhotos => "looking at photos".into(),
            Self::LayingOutDemo => "laying out the demo photos".into(),
            Self::KeepingVersion => "keeping a version".into(),
            Self::ReadingVersion(number) => format!("reading version {number}"),
            Self::DeletingVersion => "deleting the version".into(),
            Self::ExportingModel => "exporting the model".into(),
            Self::ExportingTags => "exporting the tags".into(),
            Self::KeepingSettings => "keeping the settings".into(),
            Self::ClearingCache => "clearing a cache".into(),
            Self::Job => "this job".into(),
            Self::Other(words) => words.clone(),
        }
    }
}

impl From<String> for Damage {
    fn from(what: String) -> Self {
        Self(what)
    }
}

impl From<&str> for Doing {
    fn from(words: &str) -> Self {
        Self::Other(words.to_owned())
    }
}

impl From<String> for Doing {
    fn from(words: String) -> Self {
        Self::Other(words)
    }
}

impl Cause {
    /// What a disk says no to, if it is one of the usual things.
    #[must_use]
    pub fn of_io(error: &std::io::Error) -> Option<Self> {
        Self::of_kind(error.kind())
    }

    /// The same by the kind of error alone.
    #[must_use]
    pub fn of_kind(kind: ErrorKind) -> Option<Self> {
        match kind {
            ErrorKind::NotFound => Some(Self::NotFound),
            ErrorKind::PermissionDenied => Some(Self::NotAllowed),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Some(Self::DiskFull),
            ErrorKind::ReadOnlyFilesystem => Some(Self::ReadOnlyDisk),
            _ => None,
        }
    }

    /// Why an export cannot be written.
    #[must_use]
    pub fn of_writing(error: &std::io::Error) -> Self {
        match Self::of_io(error) {
            // It has a way out of its own.
            Some(Self::DiskFull) => Self::DiskFull,
            _ => Self::CannotWrite(error.kind(), error.to_string()),
        }
    }

    fn of_error(error: &(dyn Error + 'static)) -> Option<Self> {
        if error.is::<Damage>() {
            return Some(Self::DamagedCatalogue);
        }
        error.downcast_ref::<std::io::Error>().and_then(Self::of_io)
    }
}

impl Failure {
    /// A failure of `doing`, with the whole chain of causes of `error` as the reason.
    pub fn new(doing: impl Into<Doing>, error: &dyn Error) -> Self {
        let mut because = error.to_string();
        let mut known = None;
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            // Many errors already print their cause; saying it twice helps nobody.
            if !because.contains(&cause_text) {
                because = format!("{because}: {cause_text}");
            }
            known = known.or_else(|| Cause::of_error(cause));
            source = cause.source();
        }
        Self { doing: doing.into(), because, cause: known.map(Box::new), path: None, try_next: None }
    }

    /// The same failure, for a reason that is known better than the error's chain tells.
    #[must_use]
    pub fn caused_by(mut self, cause: Option<Cause>) -> Self {
        self.cause = cause.map(Box::new).or(self.cause);
        self
    }

    /// The same failure, about this file.
    #[must_use]
    pub fn at(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// The same failure as the log may have it: names that a person gave stay out of it, since they tell what the photos
    /// show.
    #[must_use]
    pub fn for_log(&self) -> Self {
        let because = match self.cause.as_deref() {
            Some(Cause::TakenName(_)) => "the name is taken".to_owned(),
            Some(Cause::Differs(_)) => "what was written does not give the app's answers".to_owned(),
            _ => without_quotations(&self.because),
        };
        Self { because, try_next: None, ..self.clone() }
    }

    /// The same failure, with a way out.
    #[must_use]
    pub fn try_next(mut self, advice: impl Into<String>) -> Self {
        self.try_next = Some(advice.into());
        self
    }
}

/// The sentence without what stands from its first quotation mark to its last: an error quotes what it could not read,
/// which may be a person's words.
pub fn without_quotations(sentence: &str) -> String {
    const MARKS: [char; 2] = ['`', '"'];
    match (sentence.find(MARKS), sentence.rfind(MARKS)) {
        (Some(first), Some(last)) => format!("{}…{}", &sentence[..first], &sentence[last + 1..]),
        _ => sentence.to_owned(),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} did not work: {}", self.doing.in_english(), self.because)?;
        if let Some(path) = &self.path
            && !self.because.contains(&*path.to_string_lossy())
        {
            write!(f, " ({})", path.display())?;
        }
        if let Some(advice) = &self.try_next {
            write!(f, ". {advice}")?;
        }
        Ok(())
    }
}
