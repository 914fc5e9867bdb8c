"""Checks both ONNX files of an export: the specification's own checker, shapes, one free dimension, metadata; and what
readers beside ONNX Runtime make of them: OpenVINO, and OpenCV where numbers are not in eight bits."""

import json
import sys
from pathlib import Path

import cv2
import numpy
import onnx
import openvino

folder = Path(sys.argv[1])
manifest, preprocess = (json.loads((folder / name).read_text()) for name in ("hangtag.json", "preprocess.json"))
images, expected = (numpy.load(folder / "parity" / name) for name in ("images.npy", "expected.npy"))
floats = (images / numpy.float32(255) - numpy.float32(preprocess["mean"])) / numpy.float32(preprocess["std"])
inputs = {"model.onnx": numpy.ascontiguousarray(floats.transpose(0, 3, 1, 2)), "model-image.onnx": images}
# Eight bits are judged by their decisions; here they only must not be something else.
bound = {"f32": 1e-4, "f16": 2e-3, "int8": 0.1}[manifest["precision"]]


def by_openvino(path, batch):
    return next(iter(openvino.Core().compile_model(str(path), "CPU")(batch).values()))


def by_opencv(path, batch):
    network = cv2.dnn.readNetFromONNX(str(path))
    network.setInput(batch)
    return network.forward()


for name in ("model.onnx", "model-image.onnx"):
    path = folder / name
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    for value in [*model.graph.input, *model.graph.output]:
        free = [dim.dim_param for dim in value.type.tensor_type.shape.dim if dim.dim_param]
        assert free == ["batch"], (value.name, free)
    entries = {entry.key: entry.value for entry in model.metadata_props}
    labels = json.loads(entries["labels"])
    assert sum(len(group["tags"]) for group in labels["groups"]) == model.graph.output[0].type.tensor_type.shape.dim[1].dim_value
    assert json.loads(entries["preprocess"])["crop"] > 0 and entries["version"]
    for reader in [by_openvino] if manifest["precision"] == "int8" else [by_openvino, by_opencv]:
        for count in (1, 5):
            difference = numpy.abs(reader(path, inputs[name][:count]) - expected[:count]).max()
            assert difference <= bound, (name, reader.__name__, count, difference)
