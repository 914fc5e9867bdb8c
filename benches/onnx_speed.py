"""Our ONNX file beside PyTorch's own export of the same network, in one run of ONNX Runtime.

    python onnx_speed.py BUNDLE ONNX [--threads 2] [--batch 8] [--seconds 20]

BUNDLE and ONNX are exports of the same version. Runs alternate, so that a busy moment hits both alike; the best time of
each counts. Prints a line of JSON.
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
theirs = Path(tempfile.mkdtemp()) / "torch.onnx"
torch.onnx.export(classifier, (images,), theirs, input_names=["images"], output_names=["probabilities"],
                  dynamic_axes={"images": {0: "batch"}, "probabilities": {0: "batch"}}, dynamo=False, opset_version=17)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


sessions = {"hangtag": session(arguments.onnx / "model.onnx"), "pytorch": session(theirs)}
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
print(json.dumps({
    "batch": arguments.batch, "threads": arguments.threads, "side": side, "runs": len(times["hangtag"]),
    "hangtag_ms": round(1000 * best["hangtag"], 2), "pytorch_ms": round(1000 * best["pytorch"], 2),
    "median_ms": {name: round(1000 * float(numpy.median(of)), 2) for name, of in times.items()},
    "ratio": round(best["hangtag"] / best["pytorch"], 4),
    "largest_difference": float(numpy.abs(answers["hangtag"] - answers["pytorch"]).max()),
}))
