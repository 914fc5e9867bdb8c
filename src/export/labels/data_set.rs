//! What is exported: the photos of a catalogue, what is known of them, and which show the same article.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use crate::catalogue::{
    Group, GroupId, GroupKind, ImageRow, ImageState, Label, Labels, Listing, Tag, TagId, Vocabulary,
};

/// A catalogue's photos and labels as they were at one moment.
pub struct DataSet {
    pub listing: Arc<Listing>,
    pub vocabulary: Vocabulary,
    pub labels: Labels,
    /// Every photo that its path means is in one of them.
    pub products: Vec<Product>,
    /// Where each tag stands in the vocabulary.
    place_of: HashMap<TagId, usize>,
}

/// Photos of one article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    pub name: String,
    /// Positions in the listing.
    pub photos: Vec<usize>,
}

/// A label as data sets write it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelRow<'a> {
    pub group: &'a str,
    pub tag: &'a str,
    /// `yes` or `no`.
    pub value: &'static str,
    pub source: &'static str,
    /// RFC 3339, UTC.
    pub time: String,
    /// What the proposal said that was answered.
    pub probability: Option<f32>,
    /// The model version that proposed.
    pub version: Option<i64>,
}

/// A label with its tag and group.
pub(super) type Answer<'a> = (&'a Group, &'a Tag, &'a Label);

/// What is known of an article, its photos taken together.
#[derive(Debug, Default)]
pub(super) struct Known<'a> {
    /// Tags that fit, in the vocabulary's order.
    pub yes: Vec<(&'a Group, &'a Tag)>,
    /// Tags that are known not to fit.
    pub no: Vec<(&'a Group, &'a Tag)>,
    /// `one of` groups of which the photos say different things; nothing is said of these.
    pub conflicts: Vec<&'a Group>,
}

impl<'a> LabelRow<'a> {
    /// The row of a label.
    #[must_use]
    pub fn new(group: &'a str, tag: &'a str, label: &Label) -> Self {
        Self {
            group,
            tag,
            value: if label.is_yes { "yes" } else { "no" },
            source: label.source.as_str(),
            time: label.at.to_string(),
            probability: label.probability,
            version: label.version,
        }
    }
}

impl DataSet {
    /// A catalogue's photos and labels, sorted by product. A photo at whose path another one lies now is in none: what
    /// was said of it would be taken for that one's.
    #[must_use]
    pub fn new(listing: Arc<Listing>, vocabulary: Vocabulary, labels: Labels, mut products: Vec<Product>) -> Self {
        let by_path: HashSet<_> = listing.by_path().map(|image| image.id).collect();
        products.iter_mut().for_each(|of| of.photos.retain(|&photo| by_path.contains(&listing.images[photo].id)));
        products.retain(|product| !product.photos.is_empty());
        let place_of = vocabulary.tags.iter().enumerate().map(|(place, tag)| (tag.id, place)).collect();
        Self { listing, vocabulary, labels, products, place_of }
    }

    /// The labels of a photo with their tags, in the vocabulary's order.
    pub(super) fn answers(&self, image: &ImageRow) -> Vec<Answer<'_>> {
        let mut placed: Vec<(usize, &Label)> = self
            .labels
            .of(image.id)
            .iter()
            .filter_map(|(tag, label)| Some((*self.place_of.get(tag)?, label)))
            .collect();
        placed.sort_by_key(|(place, _)| *place);
        let named = |(place, label): (usize, _)| {
            let tag = &self.vocabulary.tags[place];
            Some((self.vocabulary.group(tag.group)?, tag, label))
        };
        placed.into_iter().filter_map(named).collect()
    }

    /// The labels of a photo as rows.
    pub(super) fn rows(&self, image: &ImageRow) -> Vec<LabelRow<'_>> {
        let answers = self.answers(image).into_iter();
        answers.map(|(group, tag, label)| LabelRow::new(&group.name, &tag.name, label)).collect()
    }

    /// What the photos at these positions say together. One photo that shows a print is enough for the article to have
    /// it, whatever the others do not show; of a `one of` group they must say the same.
    pub(super) fn known(&self, photos: &[usize]) -> Known<'_> {
        let mut said: HashMap<usize, bool> = HashMap::new();
        for (tag, label) in photos.iter().flat_map(|&photo| self.labels.of(self.listing.images[photo].id)) {
            if let Some(&place) = self.place_of.get(tag) {
                *said.entry(place).or_default() |= label.is_yes;
            }
        }
        let mut answers: HashMap<GroupId, usize> = HashMap::new();
        for (&place, _) in said.iter().filter(|(_, is_yes)| **is_yes) {
            *answers.entry(self.vocabulary.tags[place].group).or_default() += 1;
        }
        let count = |group: &Group| answers.get(&group.id).copied().unwrap_or(0);
        let is_torn = |group: &Group| group.kind == GroupKind::OneOf && count(group) > 1;
        let mut known = Known::default();
        for (place, tag) in self.vocabulary.tags.iter().enumerate() {
            let Some(group) = self.vocabulary.group(tag.group).filter(|group| !is_torn(group)) else { continue };
            let is_answered = group.kind == GroupKind::OneOf && count(group) == 1;
            match said.get(&place) {
                Some(true) => known.yes.push((group, tag)),
                Some(false) => known.no.push((group, tag)),
                None if is_answered => known.no.push((group, tag)),
                None => {}
            }
        }
        known.conflicts = self.vocabulary.groups.iter().filter(|group| is_torn(group)).collect();
        known
    }

    /// The photos that have labels and whose file can be read, in order of path; and how many labelled ones cannot.
    pub(super) fn labelled_photos(&self) -> (Vec<&ImageRow>, usize) {
        let labelled = self.listing.images.iter().filter(|image| !self.labels.of(image.id).is_empty());
        let (present, gone): (Vec<_>, Vec<_>) = labelled.partition(|image| image.state == ImageState::Ok);
        (present, gone.len())
    }

    /// The products of which any photo has a label.
    pub(super) fn labelled_products(&self) -> impl Iterator<Item = &Product> {
        let labelled: HashSet<usize> = (0..self.listing.images.len())
            .filter(|&index| !self.labels.of(self.listing.images[index].id).is_empty())
            .collect();
        self.products.iter().filter(move |product| product.photos.iter().any(|photo| labelled.contains(photo)))
    }

    /// How a photo is named in tables.
    pub(super) fn path_of(&self, image: &ImageRow) -> String {
        image.files.first().map_or_else(String::new, |file| self.listing.display_path(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{FileRow, ImageId, Timestamp};

    fn photo(id: i64) -> ImageRow {
        let files = vec![FileRow { root: 0, path: format!("{id}.jpg"), modified: Timestamp(0) }];
        ImageRow { id: ImageId(id), hash: None, width: 1, height: 1, state: ImageState::Ok, replaces: None, files }
    }

    /// Two photos of one product, of which these (photo, tag, yes) are known.
    fn data(said: &[(i64, i64, bool)]) -> DataSet {
        let group = |id, name: &str, kind| Group { id: GroupId(id), name: name.into(), kind, position: id };
        let tag = |id, group, name: &str| Tag::new(TagId(id), GroupId(group), name.into(), id);
        let vocabulary = Vocabulary {
            groups: vec![group(1, "category", GroupKind::OneOf), group(2, "pattern", GroupKind::AnyOf)],
            tags: vec![tag(1, 1, "dress"), tag(2, 1, "hat"), tag(3, 2, "floral"), tag(4, 2, "striped")],
        };
        let mut labels = Labels::default();
        for &(image, tag, is_yes) in said {
            labels.set(ImageId(image), TagId(tag), Some(Label::by_person(is_yes)));
        }
        let listing = Listing { roots: vec!["/photos".into()], images: vec![photo(1), photo(2)] };
        DataSet::new(Arc::new(listing), vocabulary, labels, vec![Product { name: "1".into(), photos: vec![0, 1] }])
    }

    fn names(of: &[(&Group, &Tag)]) -> Vec<String> {
        of.iter().map(|(_, tag)| tag.name.clone()).collect()
    }

    #[test]
    fn the_photos_of_an_article_speak_together() {
        // A print that the second photo does not show; and an answer says no to the other tags of its group.
        let data = data(&[(1, 1, true), (1, 3, true), (2, 3, false), (2, 4, false)]);
        let known = data.known(&[0, 1]);
        assert_eq!(
            (names(&known.yes), names(&known.no)),
            (vec!["dress".into(), "floral".into()], vec!["hat".into(), "striped".into()])
        );
        assert!(known.conflicts.is_empty());
    }

    #[test]
    fn nothing_is_said_of_a_group_that_the_photos_disagree_on() {
        let data = data(&[(1, 1, true), (2, 2, true), (2, 4, true)]);
        let known = data.known(&[0, 1]);
        assert_eq!((names(&known.yes), names(&known.no)), (vec!["striped".to_owned()], vec![]));
        assert_eq!(known.conflicts.len(), 1);
        // Each photo by itself does know.
        assert_eq!(names(&data.known(&[0]).yes), ["dress"]);
    }
}
