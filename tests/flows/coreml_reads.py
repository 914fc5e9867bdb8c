"""Reads a Core ML package as coremltools does: the specification, the program with its shapes, every weight; holds its
labels against labels.json, and its weights against those of the same model in ONNX.

    python coreml_reads.py EXPORT ONNX    ONNX is an export in f32
"""

import json
import sys
from pathlib import Path

# coremltools imports whatever it can convert from, and two of these together end the process.
for name in ("tensorflow", "torch", "sklearn"):
    sys.modules[name] = None

import coremltools
import numpy
import onnx
from coremltools.converters.mil.frontend.milproto.load import load
from onnx import numpy_helper

export, other = map(Path, sys.argv[1:])
package = export / "model.mlpackage"
labels, preprocess, manifest = (
    json.loads((export / name).read_text("utf-8")) for name in ("labels.json", "preprocess.json", "hangtag.json")
)
model = coremltools.models.MLModel(str(package), skip_model_load=True)
spec = model.get_spec()
assert spec.WhichOneof("Type") == "mlProgram"
assert spec.description.input[0].type.WhichOneof("Type") == "imageType"
about = spec.description.metadata.userDefined
assert json.loads(about["labels"]) == labels and json.loads(about["preprocess"]) == preprocess, about

program = load(spec, spec.specificationVersion, str(package / "Data/com.apple.CoreML/weights"))
main = program.functions["main"]
kinds = [operation.op_type for operation in main.operations]
assert kinds.count("conv") > 10, kinds
groups = labels["groups"]
if [group["kind"] for group in groups] == ["one of"]:
    classify = main.operations[-1]
    assert classify.op_type == "classify" and classify.inputs["classes"].val == groups[0]["tags"], classify
    assert spec.description.predictedFeatureName == main.outputs[0].name
    assert spec.description.predictedProbabilitiesName == main.outputs[1].name
else:
    num_tags = sum(len(group["tags"]) for group in groups)
    assert "classify" not in kinds and main.outputs[0].shape == (1, num_tags), main.outputs[0].shape
    assert spec.description.output[0].type.multiArrayType.shape == [1, num_tags]

body = {"f32": numpy.float32, "f16": numpy.float16}[manifest["precision"]]
initializers = onnx.load(other / "model.onnx").graph.initializer
theirs = {tensor.name.replace(".", "_"): numpy_helper.to_array(tensor) for tensor in initializers}
for operation in main.operations:
    if operation.op_type not in ("conv", "linear"):
        continue
    number = body if operation.op_type == "conv" else numpy.float32
    for part in ("weight", "bias"):
        found = operation.inputs[part]
        assert found.val.dtype == number, (found.name, found.val.dtype)
        assert numpy.array_equal(found.val, theirs.pop(found.name).astype(number)), found.name
# What is left is no weight.
assert all(name.endswith("_shortest") for name in theirs), theirs.keys()
