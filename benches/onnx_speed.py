"""Our ONNX file beside PyTorch's own exports of the same network, in one run of ONNX Runtime.

    python onnx_speed.py BUNDLE ONNX [--threads 2] [--batch 8] [--seconds 20]

BUNDLE and ONNX are exports of the same version. PyTorch has two exporters, `dynamo` (the default, which needs onnxscript)
and `torchscript`. Runs alternate, so that a busy moment hits all alike; the best time of each counts. Prints a line of
JSON.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy
import onnxruntime
import torch

arguments = argparse.ArgumentParser()
arguments.add_argument("bundle", type=Path)
arguments.add_argument("onnx", type=Path)
arguments.add_argument("--threads", type=int, default=2)
arguments.add_argument("--batch", type=int, default=8)
arguments.add_argument("--seconds", type=float, default=20)
arguments = arguments.parse_args()

sys.path.insert(0, str(arguments.bundle))
import model

classifier = model.load(arguments.bundle)
side = classifier.preprocess["crop"]
images = torch.randn(arguments.batch, 3, side, side)
names = {"input_names": ["images"], "output_names": ["probabilities"]}
batch = torch.export.Dim("batch", min=1)
exporters = {
    "dynamo": {"dynamo": True, "dynamic_shapes": ({0: batch},), "opset_version": 18},
    "torchscript": {"dynamo": False, "dynamic_axes": {"images": {0: "batch"}, "probabilities": {0: "batch"}},
                    "opset_version": 17},
}
folder = Path(tempfile.mkdtemp())
for exporter, options in exporters.items():
    # An example of one image would fix the batch.
    torch.onnx.export(classifier, (images.repeat(2, 1, 1, 1),), folder / f"{exporter}.onnx", **names, **options)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


sessions = {"hangtag": session(arguments.onnx / "model.onnx")}
sessions |= {exporter: session(folder / f"{exporter}.onnx") for exporter in exporters}
feed = {"images": images.numpy()}
answers = {name: session.run(None, feed)[0] for name, session in sessions.items()}
times = {name: [] for name in sessions}
until = time.perf_counter() + arguments.seconds
while time.perf_counter() < until:
    for name, session in sessions.items():
        started = time.perf_counter()
        session.run(None, feed)
        times[name].append(time.perf_counter() - started)
best = {name: min(of) for name, of in times.items()}
ours = answers["hangtag"]
print(json.dumps({
    "batch": arguments.batch, "threads": arguments.threads, "side": side, "runs": len(times["hangtag"]),
    "best_ms": {name: round(1000 * time, 2) for name, time in best.items()},
    "median_ms": {name: round(1000 * float(numpy.median(of)), 2) for name, of in times.items()},
    "ratio": {exporter: round(best["hangtag"] / best[exporter], 4) for exporter in exporters},
    "largest_difference": {exporter: float(numpy.abs(ours - answers[exporter]).max()) for exporter in exporters},
}))
