"""Checks a version's folder as TensorFlow Serving would meet it: the command-line tool, each signature in a session,
encoded photos of several kinds in one request, the warm-up requests; and what OpenVINO makes of it."""

import contextlib
import io
import json
import sys
import tempfile
from pathlib import Path

import numpy
import openvino
import tensorflow as tf
from PIL import Image
from tensorflow.python.tools import saved_model_cli
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

folder = Path(sys.argv[1])
said = io.StringIO()
with contextlib.redirect_stdout(said):
    sys.argv = ["saved_model_cli", "show", "--dir", str(folder), "--all"]
    try:
        saved_model_cli.main()
    except SystemExit as end:
        # It always ends so, and would end these checks.
        assert not end.code, end
for name in ("serving_default", "float", "bytes", "images", "floats", "photos", "probabilities"):
    assert name in said.getvalue(), (name, said.getvalue())

sys.path.insert(0, str(folder))
import verify

images, expected = (numpy.load(folder / "parity" / name) for name in ("images.npy", "expected.npy"))
parity = json.loads((folder / "parity/parity.json").read_text("utf-8"))
plain = [photo for photo in parity["photos"] if photo["plain"]]
photos = [(folder / "parity" / photo["file"]).read_bytes() for photo in plain]
with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    model = tf.compat.v1.saved_model.load(session, ["serve"], str(folder))
    for name, given, batch, answers, bound in (
        ("serving_default", "images", images[:4], expected[:4], 1e-4),
        ("float", "floats", verify.normalise(images[:4]), expected[:4], 1e-4),
        ("bytes", "photos", photos, expected[[photo["image"] for photo in plain]], verify.PHOTO_BOUND),
    ):
        signature = model.signature_def[name]
        found = session.run(signature.outputs["probabilities"].name, {signature.inputs[given].name: batch})
        assert numpy.abs(found - answers).max() < bound, (name, found, answers)

# OpenVINO takes `serving_default`, and refuses a graph in which a placeholder has another one as its default.
# On processors that multiply matrices of bfloat16 it rounds to that unless told not to.
network = openvino.Core().compile_model(str(folder), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
for count in (1, 5):
    found = network({"images": images[:count]})["probabilities"]
    assert numpy.abs(found - expected[:count]).max() < 1e-4, (count, found)

# The labels are an asset of the graph, by which whoever loads it finds them.
loaded = tf.saved_model.load(str(folder))
(asset,) = loaded.asset_paths
asset = Path(asset.asset_path.numpy().decode("utf-8"))
assert asset.samefile(folder / "assets/labels.json"), asset
labels = json.loads(asset.read_text("utf-8"))
assert labels == json.loads((folder / "labels.json").read_text("utf-8")), labels
assert sum(len(group["tags"]) for group in labels["groups"]) == expected.shape[1]

# JPEG and PNG of different sizes in one request, each as the app would prepare it.
signatures = loaded.signatures
first = plain[0]
# One that looks otherwise, so that answers in another order are noticed.
second = max(plain, key=lambda photo: numpy.abs(expected[photo["image"]] - expected[first["image"]]).max())
with tempfile.TemporaryDirectory() as scratch:
    paths = [folder / "parity" / first["file"], Path(scratch) / "wide.png", Path(scratch) / "tall.png"]
    Image.open(folder / "parity" / second["file"]).convert("RGB").resize((417, 251)).save(paths[1])
    Image.open(paths[0]).convert("RGB").resize((200, 333)).save(paths[2])
    photos = tf.constant([path.read_bytes() for path in paths])
    prepared = signatures["serving_default"](images=tf.constant(verify.prepare(paths)))["probabilities"].numpy()
found = signatures["bytes"](photos=photos)["probabilities"].numpy()
assert numpy.abs(found - prepared).max() < verify.PHOTO_BOUND, (found, prepared)
assert numpy.abs(found[0] - found[1]).max() > verify.PHOTO_BOUND, found

# A record of which length or checksum is wrong ends this with an error.
requests = list(tf.data.TFRecordDataset(str(folder / "assets.extra/tf_serving_warmup_requests")).as_numpy_iterator())
names = []
for request in requests:
    request = PredictionLog.FromString(request).predict_log.request
    inputs = {name: tf.constant(tf.make_ndarray(tensor)) for name, tensor in request.inputs.items()}
    answer = signatures[request.model_spec.signature_name](**inputs)["probabilities"].numpy()
    assert answer.shape == (1, expected.shape[1]) and numpy.isfinite(answer).all(), answer
    names.append(request.model_spec.signature_name)
assert names == ["serving_default", "float", "bytes"], names
