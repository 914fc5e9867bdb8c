//! A photo as a `tf.train.Example` (TensorFlow's `core/example/example.proto`), by messages derived by hand.

use std::collections::BTreeMap;

use prost::Message;

use super::data_set::DataSet;
use super::photos::Loaded;
use crate::catalogue::{Group, GroupKind};
use crate::imaging;

#[derive(Clone, PartialEq, Message)]
struct Example {
    #[prost(message, optional, tag = "1")]
    features: Option<Features>,
}

#[derive(Clone, PartialEq, Message)]
struct Features {
    #[prost(btree_map = "string, message", tag = "1")]
    feature: BTreeMap<String, Feature>,
}

#[derive(Clone, PartialEq, Message)]
struct Feature {
    #[prost(oneof = "Kind", tags = "1, 2, 3")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(message, tag = "1")]
    Bytes(BytesList),
    #[prost(message, tag = "2")]
    Float(FloatList),
    #[prost(message, tag = "3")]
    Int64(Int64List),
}

#[derive(Clone, PartialEq, Message)]
struct BytesList {
    #[prost(bytes = "vec", repeated, tag = "1")]
    value: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct FloatList {
    #[prost(float, repeated, tag = "1")]
    value: Vec<f32>,
}

#[derive(Clone, PartialEq, Message)]
struct Int64List {
    #[prost(int64, repeated, tag = "1")]
    value: Vec<i64>,
}

/// The bytes of a photo's example:
///
/// | feature | type | what |
/// | --- | --- | --- |
/// | `image/encoded`, `image/format` | bytes | the file, and what it is (`jpeg`, `png` …) |
/// | `image/path`, `image/hash` | bytes | where it lies; its blake3 |
/// | `image/width`, `image/height`, `image/orientation` | int64 | its size when upright, and the EXIF orientation that makes it so |
/// | `tags/GROUP` of a `one of` group | int64, 1 | the place of the tag that fits in `labels.json`, −1 while unknown |
/// | `tags/GROUP` of an `any of` group | int64, one a tag | 1 fits, 0 does not, −1 unknown |
/// | `labels/group`, `tag`, `source` | bytes, one a label | what was said, and by whom |
/// | `labels/value`, `time`, `version` | int64, one a label | 1 yes, 0 no; milliseconds since 1970; 0 for no version |
/// | `labels/probability` | float, one a label | of the proposal that was answered; NaN where there was none |
pub(super) fn encode(data: &DataSet, photo: Loaded<'_>) -> Vec<u8> {
    let answers = data.answers(photo.image);
    let mut feature = BTreeMap::new();
    let mut put = |name: String, kind: Kind| {
        feature.insert(name, Feature { kind: Some(kind) });
    };
    let texts = |texts: Vec<&str>| {
        Kind::Bytes(BytesList { value: texts.into_iter().map(|text| text.as_bytes().to_vec()).collect() })
    };
    let ints = |value: Vec<i64>| Kind::Int64(Int64List { value });
    let (path, hash) = (data.path_of(photo.image), photo.image.hash.map(|hash| hash.to_string()).unwrap_or_default());
    let orientation = imaging::header(&photo.bytes).map_or(1, |header| i64::from(header.orientation));
    put("image/format".into(), texts(vec![imaging::format_name(&photo.bytes).unwrap_or_default()]));
    put("image/path".into(), texts(vec![&path]));
    put("image/hash".into(), texts(vec![&hash]));
    put("image/width".into(), ints(vec![i64::from(photo.image.width)]));
    put("image/height".into(), ints(vec![i64::from(photo.image.height)]));
    put("image/orientation".into(), ints(vec![orientation]));
    for group in &data.vocabulary.groups {
        put(format!("tags/{}", group.name), ints(tags_of(data, group, &answers)));
    }
    put("labels/group".into(), texts(answers.iter().map(|(group, ..)| group.name.as_str()).collect()));
    put("labels/tag".into(), texts(answers.iter().map(|(_, tag, _)| tag.name.as_str()).collect()));
    put("labels/source".into(), texts(answers.iter().map(|(.., label)| label.source.as_str()).collect()));
    put("labels/value".into(), ints(answers.iter().map(|(.., label)| i64::from(label.is_yes)).collect()));
    put("labels/time".into(), ints(answers.iter().map(|(.., label)| label.at.0).collect()));
    put("labels/version".into(), ints(answers.iter().map(|(.., label)| label.version.unwrap_or(0)).collect()));
    let probabilities = answers.iter().map(|(.., label)| label.probability.unwrap_or(f32::NAN)).collect();
    put("labels/probability".into(), Kind::Float(FloatList { value: probabilities }));
    // Last, since the bytes move in.
    put("image/encoded".into(), Kind::Bytes(BytesList { value: vec![photo.bytes] }));
    Example { features: Some(Features { feature }) }.encode_to_vec()
}

/// What is known of a group, as numbers.
fn tags_of(data: &DataSet, group: &Group, answers: &[super::data_set::Answer<'_>]) -> Vec<i64> {
    let label_of = |tag| answers.iter().find(|(_, answered, _)| answered.id == tag).map(|(.., label)| label.is_yes);
    let said = data.vocabulary.tags_of(group.id).map(|tag| label_of(tag.id));
    match group.kind {
        GroupKind::OneOf => vec![said.into_iter().position(|said| said == Some(true)).map_or(-1, |place| place as i64)],
        GroupKind::AnyOf => said.map(|said| said.map_or(-1, i64::from)).collect(),
    }
}
