//! The labels where TensorFlow Lite's libraries look for them: a description inside the model that names `labels.txt`,
//! and the file itself in a zip archive behind the model (`metadata_schema.fbs`).

use std::io;

use super::flatbuffer::{Field, Flatbuffer};
use crate::export::model::{LabelsFile, Model};

const LABELS: &str = "labels.txt";

/// `ContentProperties.ImageProperties`, `ColorSpaceType.RGB`, `AssociatedFileType.TENSOR_AXIS_LABELS`.
const IMAGE: u8 = 2;
const RGB: u8 = 1;
const AXIS_LABELS: u8 = 2;

/// `ModelMetadata` as bytes.
pub fn description(model: &Model, labels: &LabelsFile) -> io::Result<Vec<u8>> {
    let mut buffer = Flatbuffer::default();
    let b = &mut buffer;
    let properties = b.table(vec![(0, Field::U8(RGB))]);
    let content = b.table(vec![(0, Field::U8(IMAGE)), (1, Field::To(properties))]);
    let name = b.text("images");
    let input = b.table(vec![(0, Field::To(name)), (3, Field::To(content))]);
    let (file, what) = (b.text(LABELS), b.text("A tag for each probability."));
    let file = b.table(vec![(0, Field::To(file)), (1, Field::To(what)), (2, Field::U8(AXIS_LABELS))]);
    let files = b.references(vec![file]);
    let name = b.text("probabilities");
    let output = b.table(vec![(0, Field::To(name)), (6, Field::To(files))]);
    let (inputs, outputs) = (b.references(vec![input]), b.references(vec![output]));
    let subgraph = b.table(vec![(2, Field::To(inputs)), (3, Field::To(outputs))]);
    let texts = [
        (0, b.text(&labels.model)),
        (1, b.text("Tags product photos.")),
        (2, b.text(&labels.version.to_string())),
        (3, b.references(vec![subgraph])),
        (5, b.text(&model.spec.licence)),
        (7, b.text("1.0.0")),
    ];
    let root = b.table(texts.map(|(slot, id)| (slot, Field::To(id))).to_vec());
    let mut bytes = Vec::new();
    buffer.write(root, *b"M001", &mut bytes)?;
    Ok(bytes)
}

/// A zip archive with the one file, stored as it is, for a place `before` bytes into the model's file.
pub fn archive(labels: &LabelsFile, before: u64) -> io::Result<Vec<u8>> {
    let text = labels.names().iter().flat_map(|name| [name.as_str(), "\n"]).collect::<String>();
    let too_large = |_| io::Error::other("the model is too large for its labels");
    let (size, offset) = (u32::try_from(text.len()).map_err(too_large)?, u32::try_from(before).map_err(too_large)?);
    // Version 2.0, names in UTF-8, stored, 1 January 1980.
    let shared: Vec<u8> = [20u16, 1 << 11, 0, 0, 0x21]
        .iter()
        .flat_map(|part| part.to_le_bytes())
        .chain([crc32fast::hash(text.as_bytes()), size, size].iter().flat_map(|part| part.to_le_bytes()))
        .chain([LABELS.len() as u16, 0].iter().flat_map(|part| part.to_le_bytes()))
        .collect();
    let local = [b"PK\x03\x04".as_slice(), shared.as_slice(), LABELS.as_bytes(), text.as_bytes()].concat();
    // No comment, the first disk, a text file, no attributes.
    let rest: Vec<u8> = [0u16, 0, 1].iter().flat_map(|part| part.to_le_bytes()).chain([0; 4]).collect();
    let central =
        [b"PK\x01\x02\x14\x00".as_slice(), shared.as_slice(), &rest, &offset.to_le_bytes(), LABELS.as_bytes()].concat();
    let start = u32::try_from(before + local.len() as u64).map_err(too_large)?;
    let end = [
        b"PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00".as_slice(),
        &(central.len() as u32).to_le_bytes(),
        &start.to_le_bytes(),
        &[0, 0],
    ]
    .concat();
    Ok([local, central, end].concat())
}
