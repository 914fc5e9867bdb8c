//! What a head says of photos, held against a known truth.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Workspace;
use super::labelling::LabelsFrom;
use super::live_head::GroupHead;
use crate::catalogue::{GroupId, ImageId, ImageState, Statement, TagId, Vocabulary};
use crate::failure::Failure;
use crate::learn::{Metrics, Prediction, evaluate, evaluate_each, likeliest};
use crate::vision::Feature;

const DOING: &str = "evaluating";

/// What helps where no photo has a truth.
pub(super) const SAY_WHAT_FITS: &str =
    "Name its folders after the tags of a group, for `last-folder`, or say in a CSV what fits its photos";

/// Holds what a head says of the photos of `photos` against the truth that folder names or a file give. The group is
/// the head's; photos without a truth, or that cannot be read, are skipped; a truth that the head does not know counts
/// as wrong. In an `any of` group a truth that says *no* of nothing is taken as complete: what it does not name is *no*.
///
/// # Errors
/// Where the truth cannot be read or says nothing of the group, or no model is open.
pub fn evaluate_on(
    photos: &Workspace,
    head: &GroupHead,
    vocabulary: &Vocabulary,
    truth: &LabelsFrom,
) -> Result<Metrics, Failure> {
    let statements = photos.truths(truth, head.group, vocabulary)?;
    let mut of_image: HashMap<ImageId, Vec<&Statement>> = HashMap::new();
    statements.iter().for_each(|statement| of_image.entry(statement.image).or_default().push(statement));
    if head.head.is_one_of() {
        of_image.values_mut().for_each(|said| said.retain(|statement| statement.label.is_yes));
        of_image.retain(|_, said| !said.is_empty());
    }
    if of_image.is_empty() {
        let nothing = std::io::Error::other("no photo to judge by has a tag of the group");
        let folder = photos.listing().roots.first().cloned().unwrap_or_default();
        return Err(Failure::new(DOING, &nothing).at(&folder).try_next(SAY_WHAT_FITS));
    }
    let (judged, num_skipped) = judged(photos, &of_image)?;
    let rows: Vec<&[half::f16]> = judged.iter().map(|(_, feature)| feature.values()).collect();
    let probabilities = head.head.probabilities(&rows);
    let said: Vec<&[&Statement]> = judged.iter().map(|(said, _)| *said).collect();
    let names: Vec<&str> = head.tags.iter().map(|tag| name_of(vocabulary, *tag)).collect();
    Ok(if head.head.is_one_of() {
        one_of(&names, &said, &probabilities, num_skipped)
    } else {
        let is_complete = statements.iter().all(|statement| statement.label.is_yes);
        any_of(&names, &said, &probabilities, is_complete, num_skipped)
    })
}

impl Workspace {
    /// What folder names or a file say of this workspace's photos in a group of a vocabulary. A last folder named after a
    /// tag of another group says nothing of this one, nor does any if none is named after a tag of this one.
    pub(super) fn truths(
        &self,
        from: &LabelsFrom,
        group: GroupId,
        vocabulary: &Vocabulary,
    ) -> Result<Vec<Statement>, Failure> {
        let name = vocabulary.group(group).map_or("", |group| group.name.as_str());
        let (mut statements, _) = self.statements(from, Some(name))?;
        // Of several levels of folders, each is another group's.
        statements.retain(|statement| statement.group == name);
        if *from == LabelsFrom::LastFolder {
            let is_of_group = |statement: &Statement| vocabulary.tag_named(group, &statement.tag).is_some();
            let is_known = |statement: &Statement| vocabulary.tags.iter().any(|tag| tag.name == statement.tag);
            let is_meant = statements.iter().any(is_of_group);
            statements.retain(|statement| is_meant && (is_of_group(statement) || !is_known(statement)));
        }
        Ok(statements)
    }
}

/// A photo's truth, with its features.
type Judged<'a> = (&'a [&'a Statement], Arc<Feature>);

/// The photos whose truth is known and that can be read; and how many others there are.
fn judged<'a>(
    photos: &Workspace,
    of_image: &'a HashMap<ImageId, Vec<&'a Statement>>,
) -> Result<(Vec<Judged<'a>>, usize), Failure> {
    let Some(model) = photos.model() else {
        return Err(photos
            .model_failure()
            .cloned()
            .unwrap_or_else(|| Failure::new(DOING, &std::io::Error::other("no model is open"))));
    };
    let mut judged = Vec::new();
    let mut num_skipped = 0;
    for image in &photos.listing().images {
        let feature = image.hash.filter(|_| image.state == ImageState::Ok).and_then(|hash| model.store.get(&hash));
        match (of_image.get(&image.id), feature) {
            (Some(said), Some(feature)) => judged.push((said.as_slice(), feature)),
            _ => num_skipped += 1,
        }
    }
    Ok((judged, num_skipped))
}

fn name_of(vocabulary: &Vocabulary, tag: TagId) -> &str {
    vocabulary.tag(tag).map_or("", |tag| tag.name.as_str())
}

fn one_of(names: &[&str], said: &[&[&Statement]], probabilities: &[f32], num_skipped: usize) -> Metrics {
    let rows = said.iter().zip(probabilities.chunks_exact(names.len().max(1)));
    let predictions: Vec<Prediction<'_>> = rows
        .filter_map(|(said, row)| {
            let best = likeliest(row);
            Some(Prediction {
                truth: said.last()?.tag.as_str(),
                said: best.map(|class| names[class]),
                probability: best.map_or(0.0, |class| row[class]),
            })
        })
        .collect();
    evaluate(&predictions, num_skipped)
}

fn any_of(
    names: &[&str],
    said: &[&[&Statement]],
    probabilities: &[f32],
    is_complete: bool,
    num_skipped: usize,
) -> Metrics {
    // Tags that the head does not know come after those it does, with nothing said of them.
    let mut all = names.to_vec();
    let true_of_some = said.iter().copied().flatten().filter(|statement| statement.label.is_yes);
    let true_of_some: BTreeSet<&str> = true_of_some.map(|statement| statement.tag.as_str()).collect();
    all.extend(true_of_some.into_iter().filter(|tag| !names.contains(tag)));
    let place: HashMap<&str, usize> = all.iter().enumerate().map(|(place, name)| (*name, place)).collect();
    let truths: Vec<Vec<Option<bool>>> = said
        .iter()
        .map(|said| {
            let mut truth = vec![is_complete.then_some(false); all.len()];
            for statement in *said {
                if let Some(&place) = place.get(statement.tag.as_str()) {
                    truth[place] = Some(statement.label.is_yes);
                }
            }
            truth
        })
        .collect();
    let widened: Vec<f32> = probabilities
        .chunks_exact(names.len().max(1))
        .flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(0.0, all.len() - names.len())))
        .collect();
    evaluate_each(&all, &truths, &widened, num_skipped)
}
