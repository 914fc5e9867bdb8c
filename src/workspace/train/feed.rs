//! Where nothing is frozen: the photos themselves, decoded and augmented ahead of the steps that learn from them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use rayon::prelude::*;

use super::plan::PlannedPhoto;
use super::views::read;
use crate::learn::train::{Input, View};
use crate::vision::Activation;
use crate::vision::spec::Preprocess;

/// Batches that may wait for the network.
const QUEUE: usize = 2;

/// Views of photos, made anew each time.
pub(super) struct Feed {
    photos: Arc<Photos>,
    ahead: Option<Ahead>,
}

/// A view, or two that are to be mixed.
pub(super) type Pictures = (Activation, Option<Activation>);

/// A photo that was there when the run began.
#[derive(Debug, thiserror::Error)]
#[error("a photo cannot be read any more, or has changed since the run began")]
pub(super) struct Unreadable(pub PathBuf);

struct Photos {
    photos: Vec<PlannedPhoto>,
    preprocess: Preprocess,
}

/// A thread that decodes batches in the order in which they will be asked for.
struct Ahead {
    batches: Option<Receiver<Batch>>,
    thread: Option<JoinHandle<()>>,
}

struct Batch {
    inputs: Vec<Input>,
    pictures: Result<Vec<Pictures>, Unreadable>,
}

impl Feed {
    /// Photos by their numbers.
    pub fn new(photos: Vec<PlannedPhoto>, preprocess: Preprocess) -> Self {
        Self { photos: Arc::new(Photos { photos, preprocess }), ahead: None }
    }

    /// Begins to decode batches; what was begun before is given up.
    pub fn announce(&mut self, batches: &[Vec<Input>]) {
        self.ahead = None;
        let (photos, batches) = (self.photos.clone(), batches.to_vec());
        let (sender, receiver) = sync_channel(QUEUE);
        let decode = move || {
            for inputs in batches {
                let pictures = photos.decode(&inputs);
                // The other side hangs up when the training was stopped.
                if sender.send(Batch { inputs, pictures }).is_err() {
                    break;
                }
            }
        };
        // Without a thread each batch is decoded when it is asked for.
        match thread::Builder::new().name("photo feed".into()).spawn(decode) {
            Ok(thread) => self.ahead = Some(Ahead { batches: Some(receiver), thread: Some(thread) }),
            Err(error) => tracing::warn!("photos are not decoded ahead: {error}"),
        }
    }

    /// A batch: the next one that was announced, or any other.
    ///
    /// # Errors
    /// Where a photo cannot be read.
    pub fn take(&mut self, inputs: &[Input]) -> Result<Vec<Pictures>, Unreadable> {
        let next = self.ahead.as_ref().and_then(|ahead| ahead.batches.as_ref()?.recv().ok());
        match next.filter(|batch| batch.inputs == inputs) {
            Some(batch) => batch.pictures,
            None => self.photos.decode(inputs),
        }
    }
}

impl Photos {
    fn decode(&self, inputs: &[Input]) -> Result<Vec<Pictures>, Unreadable> {
        let pictures = |input: &Input| -> Result<Pictures, Unreadable> {
            let mixed = input.mixed.map(|(view, _)| self.view(view)).transpose()?;
            Ok((self.view(input.view)?, mixed))
        };
        inputs.par_iter().map(pictures).collect()
    }

    fn view(&self, view: View) -> Result<Activation, Unreadable> {
        let photo = &self.photos[view.photo];
        let picture = read(photo).ok_or_else(|| Unreadable(photo.path.clone()))?;
        let preprocess = &self.preprocess;
        let crop = match view.number {
            0 => preprocess.crop(&picture),
            number => preprocess.view(&preprocess.for_views(&picture), &photo.hash, number as u64),
        };
        Ok(Activation::of_picture(&crop, preprocess))
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        // The thread ends once nobody listens.
        self.batches = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("decoding photos ahead came to a bad end");
        }
    }
}
