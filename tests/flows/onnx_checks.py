"""Checks both ONNX files of an export: the specification's own checker, plain operators, one free dimension, kinds of
numbers, metadata; and what readers beside ONNX Runtime make of them: OpenVINO, and OpenCV where numbers are not in
eight bits."""

import json
import sys
from collections import Counter
from pathlib import Path

import cv2
import numpy
import onnx
import openvino
from onnx import TensorProto, numpy_helper

# What every reader knows; batch norm is no part of it, since it is folded into the convolutions.
PLAIN = {"Conv", "Relu", "Add", "MaxPool", "GlobalAveragePool", "Flatten", "ReduceL2", "Max", "Div", "Concat", "Gemm",
         "Softmax", "Sigmoid"}
OF_INPUT = {"model.onnx": set(), "model-image.onnx": {"Cast", "Mul", "Transpose"}}
OF_PRECISION = {"f32": set(), "f16": {"Cast"}, "int8": {"QuantizeLinear", "DequantizeLinear"}}
# The newest that ONNX Runtime 1.16 reads.
OPSET, IR_VERSION = 19, 9

folder = Path(sys.argv[1])
manifest, preprocess = (json.loads((folder / name).read_text()) for name in ("hangtag.json", "preprocess.json"))
images, expected = (numpy.load(folder / "parity" / name) for name in ("images.npy", "expected.npy"))
floats = (images / numpy.float32(255) - numpy.float32(preprocess["mean"])) / numpy.float32(preprocess["std"])
inputs = {"model.onnx": numpy.ascontiguousarray(floats.transpose(0, 3, 1, 2)), "model-image.onnx": images}
# Eight bits are judged by their decisions; here they only must not be something else.
bound = {"f32": 1e-4, "f16": 2e-3, "int8": 0.1}[manifest["precision"]]


def by_openvino(path, batch):
    # On processors that multiply matrices of bfloat16, OpenVINO rounds to it unless told not to.
    network = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return next(iter(network(batch).values()))


def by_opencv(path, batch):
    network = cv2.dnn.readNetFromONNX(str(path))
    network.setInput(batch)
    return network.forward()


def free(value):
    """The dimensions of a tensor that are not fixed."""
    return [dim.dim_param for dim in value.type.tensor_type.shape.dim if not dim.HasField("dim_value")]


def check_operators(model, name):
    """Plain operators; the axes are turned for bytes alone, and once; nothing is free but the batch."""
    assert [(opset.domain, opset.version <= OPSET) for opset in model.opset_import] == [("", True)], model.opset_import
    assert model.ir_version <= IR_VERSION and not model.functions, model.ir_version
    counts = Counter(node.op_type for node in model.graph.node)
    assert set(counts) <= PLAIN | OF_INPUT[name] | OF_PRECISION[manifest["precision"]], counts
    assert counts["Transpose"] == (name == "model-image.onnx") and counts["Conv"] > 10, counts
    for value in [*model.graph.input, *model.graph.output]:
        assert free(value) == ["batch"], (value.name, free(value))
    within = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True).graph.value_info
    assert len(within) == len(model.graph.node) - 1, len(within)
    for value in within:
        assert free(value) in ([], ["batch"]), (value.name, free(value))


def check_numbers(graph, precision):
    """The body's weights are kept in this precision, int8 with a scale for each output channel; the heads' in f32."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    made_by = {output: node for node in graph.node for output in node.output}
    assert all(tensor.data_location == TensorProto.DEFAULT for tensor in tensors.values()), "weights lie elsewhere"
    for node in graph.node:
        if node.op_type not in ("Conv", "Gemm"):
            continue
        picture, *weights = node.input
        assert len(weights) == 2, (node.name, weights)
        if node.op_type == "Gemm" or precision != "int8":
            is_half = node.op_type == "Conv" and precision == "f16"
            kinds = [tensors[weight].data_type for weight in weights]
            assert kinds == [TensorProto.FLOAT16 if is_half else TensorProto.FLOAT] * 2, (node.name, kinds)
            continue
        assert made_by[picture].op_type == "DequantizeLinear", node.name
        for weight, kind in zip(weights, (TensorProto.INT8, TensorProto.INT32)):
            back = made_by[weight]
            counted, scale = (tensors[part] for part in back.input[:2])
            assert back.op_type == "DequantizeLinear" and counted.data_type == kind, back
            assert [(attribute.name, attribute.i) for attribute in back.attribute] == [("axis", 0)], back
            scales = numpy_helper.to_array(scale)
            assert scales.shape == (counted.dims[0],) and len(set(scales)) > 1, (scale.name, scales)


for name in ("model.onnx", "model-image.onnx"):
    path = folder / name
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    check_operators(model, name)
    check_numbers(model.graph, manifest["precision"])
    entries = {entry.key: entry.value for entry in model.metadata_props}
    labels = json.loads(entries["labels"])
    num_tags = model.graph.output[0].type.tensor_type.shape.dim[1].dim_value
    assert sum(len(group["tags"]) for group in labels["groups"]) == num_tags
    assert json.loads(entries["preprocess"])["crop"] > 0 and entries["version"]
    for reader in [by_openvino] if manifest["precision"] == "int8" else [by_openvino, by_opencv]:
        for count in (1, 5):
            difference = numpy.abs(reader(path, inputs[name][:count]) - expected[:count]).max()
            assert difference <= bound, (name, reader.__name__, count, difference)
