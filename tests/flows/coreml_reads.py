"""Reads a Core ML package as coremltools does: the specification, the program with its shapes, every weight."""

import sys
from pathlib import Path

# coremltools imports whatever it can convert from, and two of these together end the process.
for name in ("tensorflow", "torch", "sklearn"):
    sys.modules[name] = None

import coremltools
from coremltools.converters.mil.frontend.milproto.load import load

package = Path(sys.argv[1]) / "model.mlpackage"
model = coremltools.models.MLModel(str(package), skip_model_load=True)
spec = model.get_spec()
assert spec.WhichOneof("Type") == "mlProgram"
assert spec.description.input[0].type.WhichOneof("Type") == "imageType"
program = load(spec, spec.specificationVersion, str(package / "Data/com.apple.CoreML/weights"))
main = program.functions["main"]
kinds = [operation.op_type for operation in main.operations]
assert kinds.count("conv") > 10 and kinds[-1] in ("classify", "softmax", "concat"), kinds
if kinds[-1] == "classify":
    assert spec.description.predictedFeatureName == main.outputs[0].name
    assert spec.description.predictedProbabilitiesName == main.outputs[1].name
