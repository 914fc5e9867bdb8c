//! ONNX: the graph with its weights, normalisation, labels and preprocessing in one file.
//!
//! Opset 13 has everything that is needed, per-channel quantisation included, and every runtime of the last years reads
//! it. One writer makes two graphs: one takes normalised pictures `[batch, 3, side, side]` as floats, the other takes
//! pictures as bytes `[batch, side, side, 3]` and normalises them itself.

mod nodes;
mod schema;

use std::io::{self, Write};

use super::Numbers;
use super::graph::Graph;
use super::model::{LabelsFile, Model};
use super::protobuf::Stream;
use nodes::Body;
use schema::{
    Dimension, GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto, TensorShapeProto, TensorType,
    TypeProto, ValueInfoProto, data_type,
};

const OPSET: i64 = 13;

/// The version of the file's own layout that came with the opset.
const IR_VERSION: i64 = 7;

/// What a graph is fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Normalised, `[batch, 3, side, side]`.
    Floats,
    /// RGB bytes, `[batch, side, side, 3]`.
    Bytes,
}

impl Input {
    /// The file's name within an export.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Floats => "model.onnx",
            Self::Bytes => "model-image.onnx",
        }
    }
}

/// Writes a whole ONNX file.
///
/// # Errors
/// Where `to` cannot be written.
pub fn write(model: &Model, graph: &Graph<'_>, numbers: &Numbers, input: Input, to: &mut dyn Write) -> io::Result<()> {
    let side = model.spec.preprocess.crop as usize;
    let input_info = match input {
        Input::Floats => value("images", data_type::FLOAT, &[3, side, side]),
        Input::Bytes => value("images", data_type::UINT8, &[side, side, 3]),
    };
    let Body { nodes, tensors, .. } = Body::of(model, graph, numbers, input);
    let mut stream = Stream::default().fields(&GraphProto {
        node: nodes,
        name: "hangtag".to_owned(),
        input: vec![input_info],
        output: vec![value("probabilities", data_type::FLOAT, &[model.num_tags()])],
    });
    for (head, weights) in tensors {
        let tensor = Stream::default().fields(&head);
        stream = stream.message(5, if let Some(weights) = weights { tensor.weights(9, weights) } else { tensor });
    }
    Stream::default().fields(&about(model)).message(7, stream).write_to(to)
}

fn about(model: &Model) -> ModelProto {
    // These are plain structs of numbers and names, which JSON always holds.
    let json = |value: serde_json::Result<String>| value.expect("plain data");
    let entries = [
        ("name", model.about.name.clone()),
        ("version", model.about.version.to_string()),
        ("created", model.about.created.clone()),
        ("labels", json(serde_json::to_string(&LabelsFile::of(model)))),
        ("preprocess", json(serde_json::to_string(&model.spec.preprocess))),
        ("backbone", model.spec.name.clone()),
        ("licence", model.spec.licence.clone()),
    ];
    ModelProto {
        ir_version: IR_VERSION,
        producer_name: "Hangtag".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        model_version: model.about.version as i64,
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        metadata_props: entries
            .into_iter()
            .map(|(key, value)| StringStringEntryProto { key: key.to_owned(), value })
            .collect(),
    }
}

/// A batch of any number of these.
fn value(name: &str, elem_type: i32, shape: &[usize]) -> ValueInfoProto {
    let batch = Dimension { dim_value: None, dim_param: Some("batch".to_owned()) };
    let fixed = |length: &usize| Dimension { dim_value: Some(*length as i64), dim_param: None };
    let dim = std::iter::once(batch).chain(shape.iter().map(fixed)).collect();
    let tensor_type = Some(TensorType { elem_type, shape: Some(TensorShapeProto { dim }) });
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type }) }
}
