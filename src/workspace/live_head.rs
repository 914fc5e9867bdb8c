//! The live head: refitted in the background after every change of labels, newest state first.
//!
//! One thread owns copies of vocabulary, labels and listing, which the workspace keeps up to date by messages. It fits
//! a head for each tag group, proposes for every photo, and sends both back. Where a version is in use, it starts from the
//! version's heads, which also speak for groups that have too few labels. Cross-validation, which takes longer, runs on a
//! second thread, so that the answer to a click never waits for it.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::event::{Event, Outbox};
use super::examples::{Examples, examples};
use super::model::Model;
use super::proposals::{GroupProposals, Proposals};
use super::standing::{Standing, stand_all};
use super::taught::taught_by;
use crate::catalogue::{Change, Group, GroupId, GroupKind, ImageId, Labels, Listing, TagId, Vocabulary};
use crate::imaging::ContentHash;
use crate::learn::{Choice, Fitted, Head, choose, fit};
use crate::progress::Progress;
use crate::vision::Feature;

/// Features alone, without a new label, do not refit more often than this.
const FEATURES_PAUSE: Duration = Duration::from_secs(3);

/// Cross-validation runs again when there are this many times more labelled photos to judge by, or fewer by as much.
const GROWTH: f64 = 1.3;

/// A head for one group, with what it rests on.
#[derive(Clone)]
pub struct GroupHead {
    pub group: GroupId,
    /// The head's classes.
    pub tags: Vec<TagId>,
    pub head: Head,
    /// Photos it was fitted to.
    pub num_photos: usize,
    pub choice: Choice,
}

/// The heads of all groups that have enough labels.
#[derive(Default)]
pub struct Heads {
    pub groups: Vec<GroupHead>,
}

impl GroupHead {
    /// The head with only those of its tags that are still in use, or `None` where nothing is left to choose from.
    #[must_use]
    pub fn of_vocabulary(&self, vocabulary: &Vocabulary) -> Option<Self> {
        let kind = vocabulary.group(self.group)?.kind;
        let is_open = |tag: &TagId| vocabulary.tag(*tag).is_some_and(|tag| tag.group == self.group && !tag.is_retired);
        let kept: Vec<usize> = (0..self.tags.len()).filter(|&class| is_open(&self.tags[class])).collect();
        let is_choice = kept.len() > usize::from(self.head.is_one_of());
        ((kind == GroupKind::OneOf) == self.head.is_one_of() && is_choice).then(|| Self {
            tags: kept.iter().map(|&class| self.tags[class]).collect(),
            head: self.head.of_classes(&kept),
            ..self.clone()
        })
    }
}

impl Heads {
    /// The head of a group.
    #[must_use]
    pub fn of(&self, group: GroupId) -> Option<&GroupHead> {
        self.groups.iter().find(|head| head.group == group)
    }

    /// What the heads say of these photos.
    #[must_use]
    pub fn propose(&self, photos: &[(ImageId, Arc<Feature>)]) -> Proposals {
        let rows: Vec<&[half::f16]> = photos.iter().map(|(_, feature)| feature.values()).collect();
        let groups = self.groups.iter().map(|head| GroupProposals {
            group: head.group,
            tags: head.tags.clone(),
            probabilities: head.head.probabilities(&rows),
        });
        Proposals::new(photos.iter().map(|(image, _)| *image), groups.collect())
    }
}

/// What a fit brought, from everything that was sent up to a generation.
pub struct Learnt {
    pub heads: Arc<Heads>,
    /// What the heads learnt from, as a digest; none while they are not done with it.
    pub taught_by: Option<String>,
    pub proposals: Arc<Proposals>,
    /// In the order of the listing.
    pub standings: Vec<Standing>,
    pub generation: u64,
}

enum Message {
    Replace {
        vocabulary: Vocabulary,
        labels: Labels,
        listing: Arc<Listing>,
    },
    Changes(Vec<Change>),
    Listing(Arc<Listing>),
    /// With the heads of the version in use, which stand on it.
    Model(Arc<Model>, Arc<Heads>),
    Restore(HashMap<GroupId, (Choice, usize)>),
    FeaturesGrew,
    FeaturesComplete,
    /// From the second thread; none where it could not choose.
    Chosen(GroupId, Option<Choice>, usize),
    Stop,
}

/// The workspace's end of the live head's thread.
pub(super) struct LiveHeadHandle {
    sender: Sender<Message>,
    num_sent: u64,
    num_settled: u64,
}

impl LiveHeadHandle {
    pub fn start(outbox: Outbox) -> Self {
        let (sender, receiver) = channel();
        let worker = Worker {
            outbox,
            receiver,
            to_self: sender.clone(),
            model: None,
            version: Arc::default(),
            vocabulary: Vocabulary::default(),
            labels: Labels::default(),
            listing: Arc::default(),
            hash_of: HashMap::new(),
            fitted: HashMap::new(),
            num_unseen: HashMap::new(),
            choices: HashMap::new(),
            choosing: None,
            to_choose_again: HashSet::new(),
            not_choosable: HashMap::new(),
        };
        // Without this thread nothing is proposed; tagging by hand still works.
        let work = move || {
            let outbox = worker.outbox.clone();
            if catch_unwind(AssertUnwindSafe(|| worker.run())).is_err() {
                outbox.send(Event::HeadStopped);
            }
        };
        if let Err(error) = std::thread::Builder::new().name("live head".into()).spawn(work) {
            tracing::error!("no thread for the live head: {error}");
        }
        Self { sender, num_sent: 0, num_settled: 0 }
    }

    pub fn replace(&mut self, vocabulary: &Vocabulary, labels: &Labels, listing: &Arc<Listing>) {
        let (vocabulary, labels, listing) = (vocabulary.clone(), labels.clone(), listing.clone());
        self.send(Message::Replace { vocabulary, labels, listing });
    }

    pub fn changes(&mut self, changes: Vec<Change>) {
        self.send(Message::Changes(changes));
    }

    pub fn listing(&mut self, listing: &Arc<Listing>) {
        self.send(Message::Listing(listing.clone()));
    }

    pub fn model(&mut self, model: &Arc<Model>, version: &Arc<Heads>) {
        self.send(Message::Model(model.clone(), version.clone()));
    }

    pub fn restore(&mut self, choices: HashMap<GroupId, (Choice, usize)>) {
        self.send(Message::Restore(choices));
    }

    pub fn features_grew(&mut self) {
        self.send(Message::FeaturesGrew);
    }

    pub fn features_complete(&mut self) {
        self.send(Message::FeaturesComplete);
    }

    pub fn settled(&mut self, generation: u64) {
        self.num_settled = self.num_settled.max(generation);
    }

    /// The number of the last thing that was sent.
    pub fn generation(&self) -> u64 {
        self.num_sent
    }

    /// Whether everything that was sent has been learnt, cross-validation included.
    pub fn is_settled(&self) -> bool {
        self.num_settled >= self.num_sent
    }

    fn send(&mut self, message: Message) {
        if self.sender.send(message).is_ok() {
            self.num_sent += 1;
        }
    }
}

impl Drop for LiveHeadHandle {
    fn drop(&mut self) {
        self.send(Message::Stop);
    }
}

struct Worker {
    outbox: Outbox,
    receiver: Receiver<Message>,
    to_self: Sender<Message>,
    model: Option<Arc<Model>>,
    /// The heads of the version in use.
    version: Arc<Heads>,
    vocabulary: Vocabulary,
    labels: Labels,
    listing: Arc<Listing>,
    hash_of: HashMap<ImageId, ContentHash>,
    /// What the next fit starts from, with the tags it is for.
    fitted: HashMap<GroupId, (Vec<TagId>, Fitted)>,
    /// Labelled photos of each group by which a head may be judged.
    num_unseen: HashMap<GroupId, usize>,
    /// With the number of those that there were.
    choices: HashMap<GroupId, (Choice, usize)>,
    /// The group that cross-validation runs for, with its cancel switch.
    choosing: Option<(GroupId, Progress)>,
    /// Groups to ask again now that all photos were looked at: what was chosen before rested on a part of them.
    to_choose_again: HashSet<GroupId>,
    /// Groups for which it had too little, with the number of photos there were.
    not_choosable: HashMap<GroupId, usize>,
}

impl Worker {
    fn run(mut self) {
        let mut num_received = 0;
        let mut due: Option<Instant> = None;
        let mut last_run = Instant::now();
        loop {
            let message = match due {
                Some(due) => self.receiver.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(message) => {
                    num_received += u64::from(!matches!(message, Message::Chosen(..)));
                    let delay = if matches!(message, Message::FeaturesGrew) { FEATURES_PAUSE } else { Duration::ZERO };
                    let wanted = if delay.is_zero() { Instant::now() } else { last_run + delay };
                    due = Some(due.map_or(wanted, |due| due.min(wanted)));
                    self.take(message);
                }
                Err(RecvTimeoutError::Timeout) => {
                    due = None;
                    if !self.refit(num_received) {
                        return;
                    }
                    last_run = Instant::now();
                    self.start_choosing();
                    if self.is_fitting() {
                        // What is proposed is nearly right already; the rest is done unless a label comes first.
                        due = Some(last_run);
                    } else if self.choosing.is_none() {
                        self.outbox.send(Event::Settled(num_received));
                    }
                }
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Replace { vocabulary, labels, listing } => {
                (self.vocabulary, self.labels) = (vocabulary, labels);
                self.see(listing);
            }
            Message::Changes(changes) => {
                for change in changes {
                    self.vocabulary.apply(&change);
                    if let Change::Label { image, tag, after, .. } = change {
                        self.labels.set(image, tag, after);
                    }
                }
            }
            Message::Listing(listing) => self.see(listing),
            Message::Model(model, version) => {
                (self.model, self.version) = (Some(model), version);
                self.fitted.clear();
                self.not_choosable.clear();
            }
            Message::Restore(choices) => self.choices = choices,
            Message::FeaturesComplete => {
                self.to_choose_again = self.vocabulary.groups.iter().map(|group| group.id).collect();
            }
            Message::FeaturesGrew | Message::Stop => {}
            Message::Chosen(group, choice, num_unseen) => {
                self.choosing = None;
                // What the version in use was calibrated on may not be here, such as photos of another folder.
                let of_version = || self.version.of(group).map(|head| head.choice);
                if let Some(choice) = choice.or_else(of_version) {
                    self.choices.insert(group, (choice, num_unseen));
                    self.outbox.send(Event::Choice(group, (choice, num_unseen)));
                } else {
                    // What was chosen on more labels, since taken back, would be asked for again without end.
                    self.choices.remove(&group);
                    self.not_choosable.insert(group, num_unseen);
                }
            }
        }
    }

    fn see(&mut self, listing: Arc<Listing>) {
        self.hash_of = listing.images.iter().filter_map(|image| Some((image.id, image.hash?))).collect();
        self.listing = listing;
    }

    /// Fits every group anew from where it stands and proposes; false once nobody listens. `generation` is the number
    /// of the last message taken in.
    fn refit(&mut self, generation: u64) -> bool {
        let Some(model) = self.model.clone() else { return true };
        let never = Progress::default();
        // The fit of a group that is gone would be waited for without end.
        self.fitted.retain(|group, _| self.vocabulary.group(*group).is_some());
        let mut heads = Vec::new();
        for group in self.vocabulary.groups.clone() {
            let Some(examples) = self.examples(&group, &model) else {
                self.fitted.remove(&group.id);
                self.num_unseen.remove(&group.id);
                heads.extend(self.version.of(group.id).and_then(|head| head.of_vocabulary(&self.vocabulary)));
                continue;
            };
            let choice = self.choices.get(&group.id).map_or_else(Choice::default, |(choice, _)| *choice);
            let from_version = self.start_from_version(group.id, &examples.tags);
            let before =
                self.fitted.get(&group.id).filter(|(tags, _)| *tags == examples.tags).map(|(_, fitted)| fitted);
            let fitted = fit(&examples.problem(), &choice, before.or(from_version.as_ref()), &never);
            self.num_unseen.insert(group.id, examples.num_unseen());
            heads.push(GroupHead {
                group: group.id,
                tags: examples.tags.clone(),
                head: fitted.head.clone(),
                num_photos: examples.rows.len(),
                choice,
            });
            self.fitted.insert(group.id, (examples.tags, fitted));
        }
        let heads = Heads { groups: heads };
        let mut photos: Vec<(ImageId, Arc<Feature>)> =
            self.hash_of.iter().filter_map(|(image, hash)| Some((*image, model.store.get(hash)?))).collect();
        photos.sort_by_key(|(image, _)| *image);
        let proposals = heads.propose(&photos);
        let standings = stand_all(&self.listing, &self.vocabulary, &self.labels, &proposals);
        let (heads, proposals) = (Arc::new(heads), Arc::new(proposals));
        // A version that is frozen from heads that are only nearly right must not pass for what is known.
        let taught_by = (!self.is_fitting()).then(|| taught_by(&self.vocabulary, &self.labels));
        self.outbox.send(Event::Heads(Box::new(Learnt { heads, taught_by, proposals, standings, generation })))
    }

    /// Whether a fit has steps left to make.
    fn is_fitting(&self) -> bool {
        self.fitted.values().any(|(_, fitted)| !fitted.is_settled)
    }

    /// What the first fit of a group starts from, if the version in use has a head for these tags.
    fn start_from_version(&self, group: GroupId, tags: &[TagId]) -> Option<Fitted> {
        let head = self.version.of(group).filter(|head| !self.fitted.contains_key(&group) && head.tags == tags)?;
        Some(Fitted::of_head(head.head.clone()))
    }

    /// Starts cross-validation for the first group whose labels have outgrown the last one. Photos that the backbone was
    /// trained on do not count: they say nothing of how sure a head may be of others.
    fn start_choosing(&mut self) {
        let Some(model) = self.model.clone() else { return };
        if self.choosing.is_some() {
            return;
        }
        for group in self.vocabulary.groups.clone() {
            let num_unseen = self.num_unseen.get(&group.id).copied().unwrap_or(0);
            let is_asked_again = self.to_choose_again.remove(&group.id);
            let is_stale = |before: usize| {
                let growth = num_unseen.max(1) as f64 / before.max(1) as f64;
                !(1.0 / GROWTH..GROWTH).contains(&growth)
            };
            let is_due = match (self.choices.get(&group.id), self.not_choosable.get(&group.id)) {
                (Some((_, before)), _) => is_stale(*before) || (is_asked_again && *before != num_unseen),
                (None, Some(before)) => num_unseen != *before,
                (None, None) => num_unseen > 0,
            };
            let Some(examples) = is_due.then(|| self.examples(&group, &model)).flatten() else { continue };
            let (progress, to_self) = (Progress::default(), self.to_self.clone());
            let on_thread = progress.clone();
            let spawned = std::thread::Builder::new().name("cross-validation".into()).spawn(move || {
                // After a mistake it is as with too few labels: the choices without cross-validation serve.
                let choice = catch_unwind(AssertUnwindSafe(|| choose(&examples.problem(), &on_thread))).unwrap_or(None);
                // Nobody listens any more once the workspace is closed.
                let _ = to_self.send(Message::Chosen(group.id, choice, examples.num_unseen()));
            });
            if spawned.is_ok() {
                self.choosing = Some((group.id, progress));
            }
            return;
        }
    }

    fn examples(&self, group: &Group, model: &Model) -> Option<Examples> {
        let feature_of = |image| self.hash_of.get(&image).and_then(|hash| model.store.get(hash));
        let examples = examples(group, &self.vocabulary, &self.labels, &feature_of)?;
        Some(examples.with_seen(|image| self.hash_of.get(&image).is_some_and(|hash| model.has_seen(hash))))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some((_, progress)) = &self.choosing {
            progress.cancel();
        }
    }
}
