//! What heads learn from, as a digest: a version that was taught by the same holds what is known now.

use crate::catalogue::{Labels, Vocabulary};

/// The digest of labels, groups and tags. Their order does not count.
pub(super) fn taught_by(vocabulary: &Vocabulary, labels: &Labels) -> String {
    let groups = vocabulary.groups.iter();
    let groups = groups.map(|group| format!("group {} {} {}", group.id.0, group.kind.as_str(), group.name));
    let tags = vocabulary.tags.iter();
    let tags = tags.map(|tag| format!("tag {} {} {} {}", tag.id.0, tag.group.0, tag.is_retired, tag.name));
    let mut lines: Vec<String> = groups.chain(tags).chain([format!("labels {}", labels.digest())]).collect();
    lines.sort_unstable();
    blake3::hash(lines.join("\n").as_bytes()).to_string()
}
