//! Which photos were labelled since the live head last looked.

use std::collections::BTreeSet;

use crate::catalogue::ImageId;

/// What the live head has not taken into account yet, by the generation of the message that told it.
#[derive(Default)]
pub(super) struct Unseen {
    photos: Vec<(u64, Vec<ImageId>)>,
    /// When tags, photos or labels were last replaced as a whole.
    all: u64,
}

impl Unseen {
    /// These photos were labelled.
    pub fn photos(&mut self, generation: u64, photos: Vec<ImageId>) {
        self.photos.push((generation, photos));
    }

    /// Everything may be different.
    pub fn all(&mut self, generation: u64) {
        self.photos.clear();
        self.all = generation;
    }

    /// The photos that were labelled after a generation, which is seen now; none where everything may be different.
    pub fn since(&mut self, generation: u64) -> Option<BTreeSet<ImageId>> {
        if self.all > generation {
            return None;
        }
        self.photos.retain(|(told, _)| *told > generation);
        Some(self.photos.iter().flat_map(|(_, photos)| photos).copied().collect())
    }
}
