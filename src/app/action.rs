//! Everything a person can do in the window, as values that panels return.

use std::collections::HashMap;
use std::path::PathBuf;

use super::dialogs::DialogKind;
use super::export::Item;
use super::screen::Stage;
use super::settings::Settings;
use crate::catalogue::{GroupId, GroupKind, ImageId, TagId};
use crate::workspace::{
    Answer, AutoTagPlan, CacheKind, Filter, JobId, Mending, Order, ProductRule, Stop, TrainSettings,
};

/// One thing to do, carried out before the next frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    ChooseFolder,
    ChooseCatalogue,
    /// The first, a folder or a catalogue; the other folders are added to it.
    Open(Vec<PathBuf>),
    /// Closes what is open, mends a catalogue and opens it.
    Mend {
        catalogue: PathBuf,
        mending: Mending,
    },
    OpenDemo,
    /// Adds a folder to the catalogue that is open.
    AddFolder(PathBuf),
    Rescan,
    Close,
    /// To another stage of the work.
    GoTo(Stage),
    Show(Filter),
    /// Shows these photos and no others.
    ShowOnly {
        name: String,
        images: Vec<ImageId>,
        /// What is to be told of some of them beside what is known.
        said: HashMap<ImageId, String>,
    },
    OrderBy(Order),
    Search(String),
    FocusSearch,
    ToggleGrouping,
    /// By so many steps; fewer than none makes the cells smaller.
    Enlarge(f32),
    /// Makes this photo the only one selected.
    Select(ImageId),
    /// Adds or removes one photo.
    ToggleSelected(ImageId),
    /// Adds or removes the photo under the cursor.
    ToggleCursor,
    /// Selects from the last one to this one.
    SelectTo(ImageId),
    SelectAll,
    ClearSelection,
    /// By so many photos, and whether the selection grows.
    Move {
        by: isize,
        extends: bool,
    },
    /// In focus mode: back to a photo, as it was left.
    LookAt(ImageId),
    EnterFocus,
    LeaveFocus,
    Zoom,
    Answer {
        images: Vec<ImageId>,
        tag: TagId,
        answer: Answer,
    },
    /// A tag by name, made if needed; without photos only the tag is made.
    AnswerByName {
        images: Vec<ImageId>,
        group: GroupChoice,
        name: String,
    },
    /// Accepts what is proposed for the selection.
    Accept,
    /// Rejects the likeliest proposal of each selected photo.
    Reject,
    /// With one tag at a time: rejects it on the selected photos and accepts it on all others that are shown.
    AcceptRest,
    /// Accepts what is proposed for all photos shown, after asking.
    AcceptAllShown,
    /// Accepts the tag of a section on all its photos for which it is proposed.
    AcceptSection(TagId),
    /// Accepts what is proposed for these photos.
    AcceptOn(Vec<ImageId>),
    /// Gives changed photos the labels of those that lay at their paths before.
    TakeOver,
    /// Goes on to the next photo without deciding.
    Skip,
    /// Answers with the tag whose key was pressed, or takes it back.
    AnswerKeyed(TagId),
    /// Answers with the n-th tag of the group that is asked about.
    AnswerNth(usize),
    MarkReviewed,
    AskForTag,
    NewTag,
    /// Edits the tag that the filter shows.
    EditShownTag,
    Edit(TagEdit),
    Ask(DialogKind),
    CloseDialog,
    /// Closes the window.
    Quit,
    /// Stops the training, or lets it come to its end if there is nothing to be made of it, and does this then.
    AfterTraining {
        stop: Option<Stop>,
        then: Box<Action>,
    },
    /// Closes the dialog first.
    AfterClosing(Box<Action>),
    SetProducts(ProductRule),
    SaveFilter {
        name: String,
        query: String,
    },
    RenameFilter(i64, String),
    DeleteFilter(i64),
    CheckAutoTag(GroupId),
    /// Measures whether eight bits are as good on these photos.
    Calibrate,
    /// Goes back from eight bits to full precision.
    UseFullPrecision,
    FindConfusions(GroupId),
    Version(VersionAction),
    Train(TrainAction),
    Export(ExportAction),
    ApplyAutoTag(Box<AutoTagPlan>),
    Undo,
    Redo,
    Cancel(JobId),
    DismissNotice,
    /// A hint has been read.
    DismissHint(&'static str),
    SwitchTheme,
    Set(Box<Settings>),
    ClearCache(CacheKind),
    ChooseCaches,
    /// From the next start on, in this folder.
    SetCaches(PathBuf),
}

impl Action {
    /// Opens a folder or a catalogue alone.
    pub fn open(path: PathBuf) -> Self {
        Self::Open(vec![path])
    }

    /// Whether the catalogue that is open is left, which ends what runs in it.
    pub fn leaves_catalogue(&self) -> bool {
        matches!(self, Self::Quit | Self::Close | Self::Open(_) | Self::OpenDemo | Self::Mend { .. })
    }

    /// Whether it is about the photos that are shown, so that one which follows a change of filter must find those of
    /// the new one.
    pub fn is_about_photos_shown(&self) -> bool {
        !matches!(
            self,
            Self::GoTo(_)
                | Self::Show(_)
                | Self::ShowOnly { .. }
                | Self::OrderBy(_)
                | Self::Search(_)
                | Self::FocusSearch
                | Self::ToggleGrouping
                | Self::Enlarge(_)
                | Self::Undo
                | Self::Redo
        )
    }
}

/// What is done with trainings.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainAction {
    Start(Box<TrainSettings>),
    /// Goes on with the run of this number.
    Resume(i64),
    AskToStop,
    Stop(Stop),
}

/// What is done about handing over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportAction {
    /// Writes what is ticked.
    Start,
    /// Writes an int8 model again, and keeps it although it is off.
    Insist(Item),
    Cancel,
    ChooseFolder,
    /// Everything goes into this folder from now on.
    Into(PathBuf),
    /// Asks for the shop's own file, to merge into; for the format at that place of the screen.
    ChooseShopFile(usize),
    MergeInto(usize, PathBuf),
}

/// What is done with model versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionAction {
    /// Makes a version of what the live head has learnt.
    Keep,
    Use(i64),
    /// To what was in use before.
    GoBack,
    Rename(i64, String),
    AskToDelete(i64),
    Delete(i64),
    /// Finds the photos that these see differently.
    Compare {
        from: i64,
        to: i64,
    },
}

/// A change of a tag or a group.
#[derive(Clone, Debug, PartialEq)]
pub enum TagEdit {
    ChangeTag { tag: TagId, name: String, colour: Option<u8>, key: Option<char>, description: String },
    Merge { from: TagId, into: TagId },
    Split { tag: TagId, images: Vec<ImageId>, name: String },
    Retire(TagId, bool),
    Delete(TagId),
    Move(TagId, GroupId),
    Shift(TagId, isize),
    ChangeGroup { group: GroupId, name: String, kind: GroupKind },
    DeleteGroup(GroupId),
}

/// Which group a new tag goes into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupChoice {
    /// The first there is, made if there is none.
    First,
    Known(GroupId),
    New(String, GroupKind),
}
