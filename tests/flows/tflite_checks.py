"""Checks a TensorFlow Lite file: its labels, where its libraries look for them; one free dimension; what is int8."""

import json
import sys
import zipfile
from pathlib import Path

import numpy
from ai_edge_litert.interpreter import Interpreter

folder = Path(sys.argv[1])
path = folder / "model.tflite"
labels = json.loads((folder / "labels.json").read_text("utf-8"))
with zipfile.ZipFile(path) as archive:
    assert archive.testzip() is None
    names = archive.read("labels.txt").decode("utf-8").splitlines()
tags = [tag for group in labels["groups"] for tag in group["tags"]]
assert len(names) == len(tags) and all(name.endswith(tag) for name, tag in zip(names, tags)), names

interpreter = Interpreter(str(path))
(given,), (answer,) = interpreter.get_input_details(), interpreter.get_output_details()
assert given["dtype"] == numpy.uint8 and list(given["shape_signature"])[0] == -1, given
assert answer["name"] == "probabilities" and interpreter.get_signature_list()["serving_default"]["inputs"] == ["images"]
if json.loads((folder / "hangtag.json").read_text("utf-8"))["precision"] == "int8":
    weights = [t for t in interpreter.get_tensor_details() if t["name"].endswith("conv2.weight")]
    assert weights and all(t["dtype"] == numpy.int8 for t in weights)
    # A scale for each output channel, the first dimension.
    assert all(len(t["quantization_parameters"]["scales"]) == t["shape"][0] for t in weights)
