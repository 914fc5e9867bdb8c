//! What jobs tell the workspace.

use std::sync::Arc;
use std::task::Waker;

use super::EventSender;
use super::activation::Activated;
use super::auto_tag::Evidence;
use super::confusions::Confusions;
use super::jobs::{JobId, JobState};
use super::live_head::Learnt;
use super::model::Model;
use super::pictures::{Picture, PictureKey};
use super::precision::PrecisionRecord;
use super::train::{EpochFigures, TrainingOutcome};
use super::version_diff::VersionDiff;
use crate::catalogue::{GroupId, ImageId, Listing, ScanWarning};
use crate::failure::Failure;
use crate::learn::Choice;

/// One thing that happened on another thread.
pub enum Event {
    /// The images as they are now.
    Listing(Arc<Listing>),
    Model(Result<Arc<Model>, Failure>),
    /// There are features that the head has not seen.
    FeaturesGrew,
    /// Files and folders that an import could not look into.
    PassedOver(Vec<ScanWarning>),
    /// A photo's pixels cannot be read.
    Broken(ImageId, String),
    /// The live head was fitted anew.
    Heads(Box<Learnt>),
    /// Cross-validation chose for a group, by that many labelled photos.
    Choice(GroupId, (Choice, usize)),
    /// How often a group's head was right of photos that it had not seen, and which labels that was asked of.
    AutoTag(GroupId, u64, Evidence),
    /// Precisions were compared.
    Precision(PrecisionRecord),
    /// The model was opened in eight bits, or in f32 where its calibration is gone.
    EightBits(Result<Arc<Model>, Failure>),
    /// What the head of a group takes for what.
    Confusions(GroupId, Confusions),
    Picture(PictureKey, Result<Picture, String>),
    /// A version was added.
    Versions,
    /// A version, or a model, was put to use.
    Activated(Box<Activated>),
    VersionDiff(Box<VersionDiff>),
    /// A training made an epoch.
    Epoch(Box<EpochFigures>),
    /// A training became a version.
    Trained(Box<TrainingOutcome>),
    Job(JobId, JobState),
    /// The live head ran into a mistake and learns nothing more until the catalogue is opened again.
    HeadStopped,
    /// The live head has taken in everything that was sent up to this generation.
    Settled(u64),
}

/// Where jobs send events; whoever waits is woken.
#[derive(Clone)]
pub struct Outbox {
    sender: EventSender,
    waker: Waker,
}

impl Outbox {
    pub(super) fn new(sender: EventSender, waker: Waker) -> Self {
        Self { sender, waker }
    }

    /// Sends; false once the workspace is gone and there is nobody to tell.
    pub(super) fn send(&self, event: Event) -> bool {
        let is_heard = self.sender.send(event).is_ok();
        if is_heard {
            self.waker.wake_by_ref();
        }
        is_heard
    }
}
