//! A TensorFlow Lite model, also called `LiteRT`: RGB bytes in, probabilities out, labels inside.

mod flatbuffer;
mod labels;
mod nodes;
mod schema;

use std::io::{self, Write};

use super::Numbers;
use super::graph::Graph;
use super::model::{LabelsFile, Model};
use flatbuffer::{Field, Id};
use nodes::Nodes;

pub const FILE_NAME: &str = "model.tflite";

/// The version of the format itself.
const VERSION: u32 = 3;

/// Writes a whole TensorFlow Lite file.
///
/// # Errors
/// Where `to` cannot be written.
pub fn write(model: &Model, graph: &Graph<'_>, numbers: &Numbers, to: &mut dyn Write) -> io::Result<()> {
    let labels = LabelsFile::of(model);
    let mut nodes = Nodes::of(model, graph, numbers);
    let output = nodes.tensor_of(graph.output);
    let input = 0;
    let metadata = metadata(&mut nodes, model, &labels)?;
    let Nodes { mut buffer, tensors, operators, buffers, codes, .. } = nodes;

    let b = &mut buffer;
    let codes: Vec<Id> = codes
        .into_iter()
        .map(|(builtin, version)| {
            let code = builtin as i32;
            // The old field holds what fits into it.
            let fields = vec![(0, Field::U8(code.min(127) as u8)), (2, Field::I32(version)), (3, Field::I32(code))];
            b.table(fields)
        })
        .collect();
    let name = b.text("main");
    let parts = [
        (0, b.references(tensors)),
        (1, b.ints(&[input])),
        (2, b.ints(&[output])),
        (3, b.references(operators)),
        (4, name),
    ];
    let subgraph = b.table(parts.map(|(slot, id)| (slot, Field::To(id))).to_vec());
    let mut map = |name: &str, tensor: i32| {
        let name = b.text(name);
        let map = b.table(vec![(0, Field::To(name)), (1, Field::U32(tensor as u32))]);
        b.references(vec![map])
    };
    let (inputs, outputs) = (map("images", input), map("probabilities", output));
    let key = b.text("serving_default");
    let signature = b.table(vec![(0, Field::To(inputs)), (1, Field::To(outputs)), (2, Field::To(key))]);
    let about = b.text(&format!("Hangtag {}: {} {}", env!("CARGO_PKG_VERSION"), model.about.name, model.about.version));
    let parts = [
        (1, b.references(codes)),
        (2, b.references(vec![subgraph])),
        (3, about),
        (4, b.references(buffers)),
        (6, b.references(metadata)),
        (7, b.references(vec![signature])),
    ];
    let mut fields = parts.map(|(slot, id)| (slot, Field::To(id))).to_vec();
    fields.push((0, Field::U32(VERSION)));
    let root = b.table(fields);
    let length = buffer.write(root, *b"TFL3", to)?;
    to.write_all(&labels::archive(&labels, length)?)
}

/// The entries of the model's metadata: what its libraries read, and our own files as they are.
fn metadata(nodes: &mut Nodes<'_>, model: &Model, labels: &LabelsFile) -> io::Result<Vec<Id>> {
    let entries = [
        ("TFLITE_METADATA", labels::description(model, labels)?),
        ("labels.json", serde_json::to_vec(labels)?),
        ("preprocess.json", serde_json::to_vec(&model.spec.preprocess)?),
    ];
    let entries = entries.into_iter().map(|(name, bytes)| {
        let data = nodes.buffer.bytes(bytes);
        let content = nodes.buffer.table(vec![(0, Field::To(data))]);
        nodes.buffers.push(content);
        let name = nodes.buffer.text(name);
        nodes.buffer.table(vec![(0, Field::To(name)), (1, Field::U32(nodes.buffers.len() as u32 - 1))])
    });
    Ok(entries.collect())
}
