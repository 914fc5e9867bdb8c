//! Everything a person can do in the window, as values that panels return.

use std::path::PathBuf;

use crate::catalogue::{GroupId, GroupKind, ImageId, TagId};
use crate::workspace::{Answer, Filter, JobId, Order};

/// One thing to do, carried out before the next frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    ChooseFolder,
    ChooseCatalogue,
    /// A folder or a catalogue.
    Open(PathBuf),
    OpenDemo,
    /// Adds a folder to the catalogue that is open.
    AddFolder(PathBuf),
    Rescan,
    Close,
    Show(Filter),
    OrderBy(Order),
    Search(String),
    FocusSearch,
    /// Makes this photo the only one selected.
    Select(ImageId),
    /// Adds or removes one photo.
    ToggleSelected(ImageId),
    /// Selects from the last one to this one.
    SelectTo(ImageId),
    SelectAll,
    ClearSelection,
    /// By so many photos in the grid, and whether the selection grows.
    Move {
        by: isize,
        extends: bool,
    },
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
    /// Goes on to the next photo without deciding.
    Skip,
    /// Answers with the n-th tag of the first open group.
    AnswerNth(usize),
    MarkReviewed,
    AskForTag,
    NewTag,
    Undo,
    Redo,
    Cancel(JobId),
    DismissNotice,
    ShowKeys,
    CloseDialog,
    SwitchTheme,
}

/// Which group a new tag goes into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupChoice {
    /// The first there is, made if there is none.
    First,
    Known(GroupId),
    New(String, GroupKind),
}
