//! The labelled photos of a tag group, as a problem to learn from.

use std::collections::btree_map::{BTreeMap, Entry};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::catalogue::{Group, GroupKind, ImageId, Label, LabelSource, Labels, TagId, Vocabulary};
use crate::learn::{Problem, Target};
use crate::vision::Feature;

/// Yes labels that each of two tags of a `one of` group needs before a head is fitted; and yes and no labels of an
/// `any of` tag.
const MIN_LABELS: usize = 2;

/// A photo's features, and what is known of it.
type Known = (Arc<Feature>, Vec<(TagId, bool)>);

/// The labelled photos of a group, owned, so that a thread can take them along.
pub(super) struct Examples {
    pub tags: Vec<TagId>,
    pub is_one_of: bool,
    /// The photo of each row.
    pub images: Vec<ImageId>,
    pub rows: Vec<(Arc<Feature>, Target)>,
    /// Photos by which no head is judged, since the backbone was trained on them.
    pub seen: HashSet<ImageId>,
}

impl Examples {
    pub fn problem(&self) -> Problem<'_> {
        let dim = self.rows.first().map_or(0, |(feature, _)| feature.values().len());
        let mut problem = Problem::new(dim, self.tags.len(), self.is_one_of);
        for (image, (feature, target)) in self.images.iter().zip(&self.rows) {
            if self.seen.contains(image) {
                problem.push_seen(feature.values(), target.clone());
            } else {
                problem.push(feature.values(), target.clone());
            }
        }
        problem
    }

    /// The same, where the backbone was trained on some of the photos.
    pub fn with_seen(self, is_seen: impl Fn(ImageId) -> bool) -> Self {
        let seen = self.images.iter().copied().filter(|image| is_seen(*image)).collect();
        Self { seen, ..self }
    }

    pub fn num_unseen(&self) -> usize {
        self.rows.len() - self.seen.len()
    }
}

/// The labelled photos of a group that have features, or `None` while they are too few.
///
/// Labels that a rule set are left out: they are the model's own opinion. A head that learnt from them would grow surer
/// of its mistakes, and a promise that counted them as right answers would be empty.
pub(super) fn examples(
    group: &Group,
    vocabulary: &Vocabulary,
    labels: &Labels,
    feature_of: &dyn Fn(ImageId) -> Option<Arc<Feature>>,
) -> Option<Examples> {
    let tags: HashSet<TagId> = vocabulary.tags_of(group.id).map(|tag| tag.id).collect();
    // In order of image, so that the same labels always give the same head.
    let mut labelled: BTreeMap<ImageId, Known> = BTreeMap::new();
    let counts_as_known = |tag: TagId, label: &Label| tags.contains(&tag) && label.source != LabelSource::Rule;
    for (image, tag, label) in labels.iter().filter(|(_, tag, label)| counts_as_known(*tag, label)) {
        let known = match labelled.entry(image) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let Some(feature) = feature_of(image) else { continue };
                entry.insert((feature, Vec::new()))
            }
        };
        known.1.push((tag, label.is_yes));
    }
    let mut counts: HashMap<TagId, (usize, usize)> = HashMap::new();
    for (tag, is_yes) in labelled.values().flat_map(|(_, known)| known) {
        let (yes, no) = counts.entry(*tag).or_default();
        *(if *is_yes { yes } else { no }) += 1;
    }
    let count = |tag: TagId| counts.get(&tag).copied().unwrap_or_default();
    let is_one_of = group.kind == GroupKind::OneOf;
    let classes: Vec<TagId> = vocabulary
        .open_tags_of(group.id)
        .map(|tag| tag.id)
        .filter(|tag| {
            let (yes, no) = count(*tag);
            if is_one_of { yes > 0 } else { yes >= MIN_LABELS && no >= MIN_LABELS }
        })
        .collect();
    let has_enough = if is_one_of {
        classes.iter().filter(|tag| count(**tag).0 >= MIN_LABELS).count() >= 2
    } else {
        !classes.is_empty()
    };
    if !has_enough {
        return None;
    }
    let position: HashMap<TagId, usize> = classes.iter().enumerate().map(|(index, tag)| (*tag, index)).collect();
    let (images, rows) = labelled
        .into_iter()
        .filter_map(|(image, (feature, known))| Some((image, (feature, target(&known, &position, is_one_of)?))))
        .unzip();
    Some(Examples { tags: classes, is_one_of, images, rows, seen: HashSet::new() })
}

/// What is known of a photo in terms of the head's classes, or `None` where it says nothing about them.
fn target(known: &[(TagId, bool)], position: &HashMap<TagId, usize>, is_one_of: bool) -> Option<Target> {
    let of_classes = || known.iter().filter_map(|(tag, is_yes)| Some((*position.get(tag)?, *is_yes)));
    if !is_one_of {
        let mut each = vec![None; position.len()];
        of_classes().for_each(|(class, is_yes)| each[class] = Some(is_yes));
        return each.iter().any(Option::is_some).then_some(Target::Each(each));
    }
    if let Some((class, _)) = of_classes().find(|(_, is_yes)| *is_yes) {
        return Some(Target::Is(class));
    }
    let mut no: Vec<usize> = of_classes().map(|(class, _)| class).collect();
    no.sort_unstable();
    // A no to every class leaves nothing that the photo could be.
    (!no.is_empty() && no.len() < position.len()).then_some(Target::IsNot(no))
}
