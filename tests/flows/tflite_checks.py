"""Checks a TensorFlow Lite file: its labels, where its libraries look for them; one free dimension; kinds of numbers."""

import json
import sys
import zipfile
from pathlib import Path

import numpy
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from flatbuffers import encode, number_types, packer
from flatbuffers.table import Table

# Fields of `metadata_schema.fbs`, by their number in their table, and a value of its `AssociatedFileType`.
SUBGRAPHS, OUTPUTS, FILES, FILE_NAME, FILE_TYPE = 3, 3, 6, 0, 2
TENSOR_AXIS_LABELS = 2

folder = Path(sys.argv[1])
path = folder / "model.tflite"
labels, preprocess, manifest = (
    json.loads((folder / name).read_text("utf-8")) for name in ("labels.json", "preprocess.json", "hangtag.json")
)


def offset(table, field):
    return table.Offset(4 + 2 * field)


def tables(table, field):
    """The tables in a field that holds a vector of them."""
    start, count = table.Vector(offset(table, field)), table.VectorLen(offset(table, field))
    return [Table(table.Bytes, table.Indirect(start + 4 * index)) for index in range(count)]


model = schema.Model.GetRootAs(path.read_bytes(), 0)
entries = [model.Metadata(index) for index in range(model.MetadataLength())]
entries = {entry.Name().decode(): model.Buffers(entry.Buffer()).DataAsNumpy().tobytes() for entry in entries}
assert json.loads(entries["labels.json"]) == labels and json.loads(entries["preprocess.json"]) == preprocess, entries
metadata = entries["TFLITE_METADATA"]
assert metadata[4:8] == b"M001", metadata[:8]
(subgraph,) = tables(Table(metadata, encode.Get(packer.uoffset, metadata, 0)), SUBGRAPHS)
(output,) = tables(subgraph, OUTPUTS)
(file,) = tables(output, FILES)
assert file.Get(number_types.Int8Flags, file.Pos + offset(file, FILE_TYPE)) == TENSOR_AXIS_LABELS
with zipfile.ZipFile(path) as archive:
    assert archive.testzip() is None
    names = archive.read(file.String(file.Pos + offset(file, FILE_NAME)).decode()).decode("utf-8").split("\n")
tags = [tag for group in labels["groups"] for tag in group["tags"]]
assert names.pop() == "" and len(names) == len(tags), names
assert all(name.endswith(tag) for name, tag in zip(names, tags)), names

interpreter = Interpreter(str(path))
(given,), (answer,) = interpreter.get_input_details(), interpreter.get_output_details()
assert given["dtype"] == numpy.uint8 and list(given["shape_signature"])[0] == -1, given
assert answer["name"] == "probabilities" and interpreter.get_signature_list()["serving_default"]["inputs"] == ["images"]
ending, number = {
    "f32": ("conv2.weight", numpy.float32),
    "f16": ("conv2.weight.half", numpy.float16),
    "int8": ("conv2.weight", numpy.int8),
}[manifest["precision"]]
weights = [tensor for tensor in interpreter.get_tensor_details() if tensor["name"].endswith(ending)]
assert weights and all(tensor["dtype"] == number for tensor in weights), weights
if manifest["precision"] == "int8":
    # A scale for each output channel, the first dimension.
    assert all(len(tensor["quantization_parameters"]["scales"]) == tensor["shape"][0] for tensor in weights)
