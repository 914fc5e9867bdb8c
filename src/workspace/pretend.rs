//! Made-up proposals, so that a window over 100,000 photos can be measured without looking at each.

use super::Workspace;
use super::proposals::{GroupProposals, Proposals};
use std::sync::Arc;

impl Workspace {
    /// Proposes something for every photo, as if a head had been fitted: mostly sure, sometimes not. The live head
    /// knows nothing of it; for measurements only.
    pub fn pretend_proposals(&mut self) {
        let num_photos = self.listing.images.len();
        let groups = self.vocabulary.groups.iter().map(|group| {
            let tags: Vec<_> = self.vocabulary.open_tags_of(group.id).map(|tag| tag.id).collect();
            let mut probabilities = Vec::with_capacity(num_photos * tags.len());
            for photo in 0..num_photos {
                // Knuth's multiplicative hash: the same mixture every time.
                let hash = (photo as u32).wrapping_mul(2_654_435_761);
                let (best, certainty) =
                    (hash as usize % tags.len().max(1), 0.35 + 0.64 * ((hash >> 16) as f32 / 65_536.0));
                let rest = (1.0 - certainty) / (tags.len().max(2) - 1) as f32;
                probabilities.extend((0..tags.len()).map(|tag| if tag == best { certainty } else { rest }));
            }
            GroupProposals { group: group.id, tags, probabilities }
        });
        let groups: Vec<GroupProposals> = groups.collect();
        self.proposals = Arc::new(Proposals::new(self.listing.images.iter().map(|image| image.id), groups));
        self.restand_all();
        self.revision += 1;
    }
}
