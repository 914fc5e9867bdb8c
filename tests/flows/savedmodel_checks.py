"""Checks a version's folder as TensorFlow Serving would meet it: the command-line tool, a session, the warm-up requests."""

import contextlib
import io
import json
import sys
from pathlib import Path

import numpy
import tensorflow as tf
from tensorflow.python.tools import saved_model_cli

folder = Path(sys.argv[1])
said = io.StringIO()
with contextlib.redirect_stdout(said):
    sys.argv = ["saved_model_cli", "show", "--dir", str(folder), "--all"]
    saved_model_cli.main()
for name in ("serving_default", "float", "bytes", "images", "floats", "photos", "probabilities"):
    assert name in said.getvalue(), (name, said.getvalue())

images, expected = (numpy.load(folder / "parity" / name) for name in ("images.npy", "expected.npy"))
with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    model = tf.compat.v1.saved_model.load(session, ["serve"], str(folder))
    signature = model.signature_def["serving_default"]
    found = session.run(signature.outputs["probabilities"].name, {signature.inputs["images"].name: images[:4]})
    assert numpy.abs(found - expected[:4]).max() < 1e-4

labels = json.loads((folder / "assets/labels.json").read_text("utf-8"))
assert sum(len(group["tags"]) for group in labels["groups"]) == expected.shape[1]
# A record of which length or checksum is wrong ends this with an error.
requests = list(tf.data.TFRecordDataset(str(folder / "assets.extra/tf_serving_warmup_requests")).as_numpy_iterator())
assert len(requests) == 3 and b"serving_default" in requests[0] and b"bytes" in requests[2]
