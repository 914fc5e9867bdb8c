//! A TensorFlow `SavedModel`, written as protobuf without TensorFlow.
//!
//! The weights are constants of the graph, so that there are no variables to restore. Three signatures are always
//! there: `serving_default` takes RGB bytes of the prescribed size, `float` normalised pictures, `bytes` encoded JPEG
//! or PNG files.

mod decode;
mod nodes;
mod schema;
mod warm_up;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::ExportError;
use super::graph::Graph;
use super::model::{LabelsFile, Model};
use super::protobuf::Stream;
use super::write::{write_file, write_json};
use nodes::{FLOATS, IMAGES, LABELS, PHOTOS, PROBABILITIES, named};
use schema::{
    AssetFileDef, FunctionDefLibrary, GraphDef, MetaGraphDef, MetaInfoDef, SavedModel, SignatureDef, TensorInfo,
    VersionDef, data_type as t, shape,
};

/// The graph's version, that of TensorFlow 2.9, and the oldest that reads it.
const VERSIONS: VersionDef = VersionDef { producer: 1087, min_consumer: 12 };

/// Writes `saved_model.pb`, `assets/labels.json` and the warm-up requests into a version's folder; gives their names.
///
/// # Errors
/// Where the folder cannot be written.
pub fn write(model: &Model, graph: &Graph<'_>, folder: &Path) -> Result<Vec<String>, ExportError> {
    for name in ["assets", "assets.extra"] {
        let path = folder.join(name);
        fs::create_dir_all(&path).map_err(ExportError::at(&path))?;
    }
    write_file(&folder.join("saved_model.pb"), |to| write_graph(model, graph, to))?;
    write_json(&folder.join("assets/labels.json"), &LabelsFile::of(model))?;
    let side = model.spec.preprocess.crop;
    write_file(&folder.join("assets.extra/tf_serving_warmup_requests"), |to| warm_up::warm_up(side, to))?;
    Ok(["saved_model.pb", "assets/labels.json", "assets.extra/tf_serving_warmup_requests"].map(str::to_owned).to_vec())
}

fn write_graph(model: &Model, graph: &Graph<'_>, to: &mut dyn Write) -> io::Result<()> {
    let library = Some(FunctionDefLibrary { function: vec![decode::decode(&model.spec.preprocess)] });
    let definition = Stream::default().fields(&GraphDef { library, versions: Some(VERSIONS) });
    let definition = nodes::nodes(model, graph).into_iter().fold(definition, |all, node| all.message(1, node));
    let meta_graph = Stream::default().fields(&meta_graph(model)).message(2, definition);
    Stream::default().fields(&SavedModel { saved_model_schema_version: 1 }).message(2, meta_graph).write_to(to)
}

fn meta_graph(model: &Model) -> MetaGraphDef {
    let side = i64::from(model.spec.preprocess.crop);
    let tensor = |name: &str, dtype: i32, lengths: &[i64]| TensorInfo {
        name: format!("{name}:0"),
        dtype,
        tensor_shape: Some(shape(lengths)),
    };
    let signature = |input: &str, given: TensorInfo| SignatureDef {
        inputs: BTreeMap::from([(input.to_owned(), given)]),
        outputs: BTreeMap::from([(
            PROBABILITIES.to_owned(),
            tensor(&named(PROBABILITIES, input), t::FLOAT, &[-1, model.num_tags() as i64]),
        )]),
        method_name: "tensorflow/serving/predict".to_owned(),
    };
    let pictures = [-1, side, side, 3];
    MetaGraphDef {
        meta_info_def: Some(MetaInfoDef { tags: vec!["serve".to_owned()], tensorflow_version: "2.9.0".to_owned() }),
        signature_def: BTreeMap::from([
            ("serving_default".to_owned(), signature(IMAGES, tensor(IMAGES, t::UINT8, &pictures))),
            ("float".to_owned(), signature(FLOATS, tensor(FLOATS, t::FLOAT, &pictures))),
            ("bytes".to_owned(), signature(PHOTOS, tensor(PHOTOS, t::STRING, &[-1]))),
        ]),
        asset_file_def: vec![AssetFileDef {
            tensor_info: Some(tensor(LABELS, t::STRING, &[])),
            filename: "labels.json".to_owned(),
        }],
    }
}
