//! A Core ML package: an ML Program that takes one RGB image, with its weights in a file beside it.
//!
//! With a single `one of` group it is a classifier, as Apple's Vision framework knows them: a label, and a probability
//! for each. With several groups it gives all probabilities in the order of `labels.json`, which is in its metadata.

mod blob;
mod operations;
mod schema;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use prost::Message;

use super::graph::Graph;
use super::model::{LabelsFile, Model};
use super::write::{write_file, write_json};
use super::{ExportError, Numbers};
use operations::{Body, IMAGE, LABEL, LABEL_PROBABILITIES, PROBABILITIES};
use schema::{
    ArrayFeatureType, Block, DictionaryFeatureType, Empty, Feature, FeatureDescription, FeatureType, Function,
    ImageFeatureType, Metadata, ModelDescription, NamedValueType, Program, data_type, tensor_type,
};

pub const PACKAGE: &str = "model.mlpackage";

/// iOS 15, macOS 12: the first with ML Programs.
const SPECIFICATION: i32 = 6;
const OPSET: &str = "CoreML5";

const RGB: i32 = 20;
const ARRAY_F32: i32 = 65_568;

/// Writes the package into a folder; gives the names of its files.
///
/// # Errors
/// Where the folder cannot be written.
pub fn write(model: &Model, graph: &Graph<'_>, numbers: &Numbers, folder: &Path) -> Result<Vec<String>, ExportError> {
    let data = folder.join(PACKAGE).join("Data/com.apple.CoreML");
    let weights = data.join("weights");
    fs::create_dir_all(&weights).map_err(ExportError::at(&weights))?;
    let labels = LabelsFile::of(model);
    let mut body = Body::of(model, graph, numbers);
    let is_classifier = matches!(labels.groups.as_slice(), [only] if only.kind == "one of");
    if is_classifier {
        body.classify(&labels);
    }
    let Body { operations, blob, .. } = body;
    let bytes = program(model, &labels, operations, is_classifier).encode_to_vec();
    write_file(&data.join("model.mlmodel"), |to| to.write_all(&bytes))?;
    write_file(&weights.join("weight.bin"), |to| blob.write_to(to))?;
    write_json(&folder.join(PACKAGE).join("Manifest.json"), &manifest(&bytes))?;
    let names = ["Manifest.json", "Data/com.apple.CoreML/model.mlmodel", "Data/com.apple.CoreML/weights/weight.bin"];
    Ok(names.map(|name| format!("{PACKAGE}/{name}")).to_vec())
}

fn program(
    model: &Model,
    labels: &LabelsFile,
    operations: Vec<schema::Operation>,
    is_classifier: bool,
) -> schema::Model {
    let side = model.spec.preprocess.crop as usize;
    let feature = |name: &str, what: &str, feature: Feature| FeatureDescription {
        name: name.to_owned(),
        short_description: what.to_owned(),
        r#type: Some(FeatureType { feature: Some(feature) }),
    };
    let image = ImageFeatureType { width: side as i64, height: side as i64, color_space: RGB };
    let (output, outputs) = if is_classifier {
        let dictionary = Feature::Dictionary(DictionaryFeatureType { string_key_type: Some(Empty {}) });
        let features = vec![
            feature(LABEL, "The likeliest tag", Feature::Text(Empty {})),
            feature(LABEL_PROBABILITIES, "A calibrated probability for each tag", dictionary),
        ];
        (features, vec![LABEL.to_owned(), LABEL_PROBABILITIES.to_owned()])
    } else {
        let array = ArrayFeatureType { shape: vec![1, model.num_tags() as i64], data_type: ARRAY_F32 };
        let what = "Calibrated probabilities in the order of the labels in the metadata";
        (vec![feature(PROBABILITIES, what, Feature::Array(array))], vec![PROBABILITIES.to_owned()])
    };
    // These are plain structs of numbers and names, which JSON always holds.
    let json = |value: serde_json::Result<String>| value.expect("plain data");
    let metadata = Metadata {
        short_description: format!("{}: tags product photos", model.about.name),
        version_string: model.about.version.to_string(),
        author: format!("Hangtag {}", env!("CARGO_PKG_VERSION")),
        license: model.spec.licence.clone(),
        user_defined: BTreeMap::from([
            ("labels".to_owned(), json(serde_json::to_string(labels))),
            ("preprocess".to_owned(), json(serde_json::to_string(&model.spec.preprocess))),
        ]),
    };
    let input_type = tensor_type(data_type::FLOAT32, &[1, 3, side, side]);
    let function = Function {
        inputs: vec![NamedValueType { name: IMAGE.to_owned(), r#type: Some(input_type) }],
        opset: OPSET.to_owned(),
        block_specializations: BTreeMap::from([(OPSET.to_owned(), Block { outputs, operations })]),
    };
    schema::Model {
        specification_version: SPECIFICATION,
        description: Some(ModelDescription {
            input: vec![feature(IMAGE, "A photo, resized and cut out", Feature::Image(image))],
            output,
            predicted_feature_name: if is_classifier { LABEL.to_owned() } else { String::new() },
            predicted_probabilities_name: if is_classifier { LABEL_PROBABILITIES.to_owned() } else { String::new() },
            metadata: Some(metadata),
        }),
        ml_program: Some(Program { version: 1, functions: BTreeMap::from([("main".to_owned(), function)]) }),
    }
}

/// The package's table of contents, whose entries are known by numbers of their own.
fn manifest(program: &[u8]) -> serde_json::Value {
    let id = |what: &str| {
        let hash = blake3::Hasher::new().update(what.as_bytes()).update(program).finalize().to_hex().to_uppercase();
        [&hash[..8], &hash[8..12], &hash[12..16], &hash[16..20], &hash[20..32]].join("-")
    };
    let entry = |name: &str, what: &str| {
        serde_json::json!({
            "author": "com.apple.CoreML",
            "description": what,
            "name": name,
            "path": format!("com.apple.CoreML/{name}"),
        })
    };
    serde_json::json!({
        "fileFormatVersion": "1.0.0",
        "itemInfoEntries": {
            (id("model")): entry("model.mlmodel", "CoreML Model Specification"),
            (id("weights")): entry("weights", "CoreML Model Weights"),
        },
        "rootModelIdentifier": id("model"),
    })
}
