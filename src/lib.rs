//! Hangtag tags product photos: it proposes, a person corrects, and every correction teaches.
//!
//! The rooms, each of which leans only on those after it:
//!
//! | room | what it is for | what it must not know |
//! | --- | --- | --- |
//! | [`app`] | the window | SQL, threads, how a network works |
//! | [`cli`] | the same work without a window | the window |
//! | [`workspace`] | an open catalogue, the model in use, the running jobs | who shows them |
//! | [`export`] | what leaves: the model in the formats that others run, checked; tags and data sets | which version, and of which photos |
//! | [`learn`] | features and labels to a classifier | files and databases |
//! | [`vision`] | pixels to features | labels and catalogues |
//! | [`catalogue`] | the file with everything a person would miss | networks |
//! | [`imaging`] | bytes to upright RGB | everything above |
//!
//! [`progress`], [`failure`], [`whole_file`], [`sha256`] and [`tfrecord`] are for all of them, [`log`] for whoever starts the
//! program.
//! `catalogue` and `vision` do not know each other: a photo is a content hash to both, and [`workspace`] joins what they
//! say of it.
//!
//! Start reading at [`workspace::Workspace`], which the window and the commands hold, then follow the room that
//! interests you. ARCHITECTURE.md tells the story.

pub mod app;
pub mod catalogue;
pub mod cli;
pub mod export;
pub mod failure;
pub mod imaging;
pub mod learn;
pub mod log;
pub mod progress;
pub mod sha256;
pub mod tfrecord;
pub mod vision;
pub mod whole_file;
pub mod workspace;
