//! What is in the catalogue that `catalogue` and `repair` begin with: something of everything.

use hangtag::catalogue::{
    Catalogue, Change, Deed, Group, GroupKind, Label, Labels, Result, SavedFilter, SplitSide, Step, Tag, Vocabulary,
};
use hangtag::learn::{Choice, Head, Prediction, evaluate, pack};
use hangtag::vision::spec::Spec;
use hangtag::workspace::{GroupRecord, Measured, MeasuredOn, VersionRecord};

/// Fills a new catalogue of two photos, with a version on a network of that spec.
pub fn fill(made: &mut Catalogue, spec: &str) -> Result<()> {
    let listing = made.listing()?;
    let [first, second] = [0, 1].map(|photo| listing.images[photo].id);
    let mut vocabulary = Vocabulary::default();

    let mut tagging = Step::of(Deed::ImportLabels { file: None });
    let category = tagging.add_group(made, &mut vocabulary, "category", GroupKind::OneOf)?;
    let pattern = tagging.add_group(made, &mut vocabulary, "pattern", GroupKind::AnyOf)?;
    let dress = tagging.add_tag(made, &mut vocabulary, category.id, "dress")?;
    let frock = tagging.add_tag(made, &mut vocabulary, category.id, "frock")?;
    let dots = tagging.add_tag(made, &mut vocabulary, pattern.id, "dots")?;
    let (record, head) = version_of(spec, &pattern, &dots);
    let version = made.add_version(None, "starter", &record, &head)?;
    for (photo, tag, label) in [
        (first, &dress, Label::by_person(true)),
        (first, &dots, Label::of_proposal(false, 0.25, Some(version))),
        (second, &frock, Label::by_person(true)),
    ] {
        tagging.set_label(&vocabulary, &Labels::default(), photo, tag.id, Some(label));
    }
    made.perform(&tagging)?;

    let filter = SavedFilter { id: 1, name: "plain".into(), query: "tag:dots=no".into() };
    let mut saving = Step::of(Deed::SaveFilter { name: filter.name.clone() });
    saving.changes.push(Change::Filter { before: None, after: Some(filter) });
    made.perform(&saving)?;

    // The answer of the tag that is merged gives way to the other one.
    let mut merging = Step::of(Deed::MergeTag { from: frock.name.clone(), into: dress.name.clone() });
    merging.set_label(&vocabulary, &made.labels()?, second, dress.id, Some(Label::by_person(true)));
    merging.remove_tag(&mut vocabulary, &frock);
    made.perform(&merging)?;

    let mut renaming = Step::of(Deed::RenameTag { from: dots.name.clone(), to: "spots".into() });
    renaming.edit_tag(&mut vocabulary, &dots, |tag| tag.name = "spots".into());
    made.perform(&renaming)?;
    made.undo()?;

    made.keep_splits(&[(first, SplitSide::Train), (second, SplitSide::Test)])?;
    made.start_run("{}")?;
    made.activate("starter", Some(version))?;
    made.want_version(Some(version))
}

/// What a version of one group of one tag holds, and its head.
fn version_of(spec: &str, group: &Group, tag: &Tag) -> (String, Vec<u8>) {
    let spec = Spec::parse(spec).expect("it can be one");
    let head = Head::from_parts(&vec![0.5; spec.feature_dim()], &[0.25], false, 1.0).expect("they fit together");
    let packed = pack(&[(format!("group {}", group.id.0), &head)]).expect("there is one name");
    let metrics = evaluate(&[Prediction { truth: &tag.name, said: Some(&tag.name), probability: 0.75 }], 0);
    let group = GroupRecord {
        group: group.id,
        name: group.name.clone(),
        kind: group.kind,
        tags: vec![(tag.id, tag.name.clone())],
        choice: Choice::default(),
        num_photos: 2,
        measured: Some(Measured { on: MeasuredOn::HeldOut, metrics }),
    };
    let record = VersionRecord { spec, features: String::new(), groups: vec![group], run: None, taught_by: None };
    (serde_json::to_string(&record).expect("it is plain data"), packed)
}
