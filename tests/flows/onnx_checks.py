"""Checks both ONNX files of an export: the specification's own checker, shapes, one free dimension, metadata."""

import json
import sys
from pathlib import Path

import onnx

for name in ("model.onnx", "model-image.onnx"):
    path = Path(sys.argv[1]) / name
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    for value in [*model.graph.input, *model.graph.output]:
        free = [dim.dim_param for dim in value.type.tensor_type.shape.dim if dim.dim_param]
        assert free == ["batch"], (value.name, free)
    entries = {entry.key: entry.value for entry in model.metadata_props}
    labels = json.loads(entries["labels"])
    assert sum(len(group["tags"]) for group in labels["groups"]) == model.graph.output[0].type.tensor_type.shape.dim[1].dim_value
    assert json.loads(entries["preprocess"])["crop"] > 0 and entries["version"]
