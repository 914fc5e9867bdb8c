"""Holds the exported model beside this file against the app's own answers, with the runtime that it is made for.

    python verify.py [--json]

Exit status: 0 within the bounds; 1 beyond them; 2 where the runtime, or another module, is not installed.
What is within them is noted in `verified.json`, by which Hangtag knows that these very files were verified.
Needs numpy and Pillow, and by format: onnxruntime; tensorflow; ai-edge-litert; coremltools on a Mac; torch and safetensors.
"""

import argparse
import hashlib
import json
import os
import sys
from datetime import datetime, timezone
from math import isfinite, sqrt
from pathlib import Path

try:
    import numpy
    from PIL import Image
except ImportError as error:
    sys.exit(print(f"{error.name} is not installed: pip install {error.name}", file=sys.stderr) or 2)

from prepare import prepared

HERE = Path(__file__).resolve().parent
BATCH = 16
PHOTO_BOUND = 2e-2
LEAST_AGREEMENT, MOST_LOST = 0.97, 0.02
ENOUGH_HELD_OUT = 50


def read(name):
    return json.loads((HERE / name).read_text("utf-8"))


def prepare(paths):
    """Photos to the prescribed input: RGB bytes [photos, side, side, 3]."""
    preprocess = read("preprocess.json")
    return numpy.stack([numpy.asarray(prepared(path, preprocess)) for path in paths])


def normalise(images):
    """RGB bytes [batch, side, side, 3] to normalised floats of the same shape."""
    preprocess = read("preprocess.json")
    mean, std = (numpy.array(preprocess[name], numpy.float32) for name in ("mean", "std"))
    return (images.astype(numpy.float32) / numpy.float32(255) - mean) / std


def batches(run):
    """The same for any number of images."""
    return lambda images: numpy.concatenate([run(images[i : i + BATCH]) for i in range(0, len(images), BATCH)])


def onnx():
    import onnxruntime

    def session(name):
        return onnxruntime.InferenceSession(str(HERE / name), providers=["CPUExecutionProvider"])

    floats, image = session("model.onnx"), session("model-image.onnx")
    nchw = lambda images: numpy.ascontiguousarray(normalise(images).transpose(0, 3, 1, 2))
    yield "model.onnx", batches(lambda images: floats.run(None, {"images": nchw(images)})[0])
    yield "model-image.onnx", batches(lambda images: image.run(None, {"images": images})[0])


def bundle():
    import torch

    sys.path.insert(0, str(HERE))
    import model

    classifier = model.load(HERE)
    with torch.no_grad():
        yield "model.py", batches(lambda images: classifier(classifier.normalise(images)).numpy())


def savedmodel():
    import tensorflow

    signatures = tensorflow.saved_model.load(str(HERE)).signatures

    def call(name, **inputs):
        return signatures[name](**{key: tensorflow.constant(value) for key, value in inputs.items()})["probabilities"].numpy()

    def files(photos):
        return numpy.concatenate([call("bytes", photos=[photo]) for photo in photos])

    files.takes_files = True
    yield "serving_default", batches(lambda images: call("serving_default", images=images))
    yield "float", batches(lambda images: call("float", floats=normalise(images)))
    yield "bytes", files


def tflite():
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(HERE / "model.tflite"))
    (given,), (answer,) = interpreter.get_input_details(), interpreter.get_output_details()

    def run(images):
        interpreter.resize_tensor_input(given["index"], images.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(given["index"], images)
        interpreter.invoke()
        return interpreter.get_tensor(answer["index"]).copy()

    yield "model.tflite", batches(run)


def coreml():
    import coremltools

    if sys.platform != "darwin":
        raise ImportError("Core ML, which only a Mac has,", name="Core ML, which only a Mac has,")
    model = coremltools.models.MLModel(str(HERE / "model.mlpackage"))
    names = [tag for group in read("labels.json")["groups"] for tag in group["tags"]]

    def one(image):
        found = model.predict({"image": Image.fromarray(image)})
        if "probabilities" in found:
            return found["probabilities"].reshape(-1)
        return numpy.array([found["classLabel_probs"][name] for name in names], numpy.float32)

    yield "model.mlpackage", lambda images: numpy.stack([one(image) for image in images])


RUNTIMES = {"onnx": onnx, "bundle": bundle, "savedmodel": savedmodel, "tflite": tflite, "coreml": coreml}
MODULES = {"onnx": "onnxruntime", "bundle": "torch", "savedmodel": "tensorflow", "tflite": "ai_edge_litert",
           "coreml": "coremltools"}


def share(count, total):
    """A share with Wilson's 95 % interval."""
    if not total:
        return 0.0, 0.0, 0.0
    p, z = count / total, 1.96
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    return p, max(middle - half, 0.0), min(middle + half, 1.0)


def decisions(expected, found, labels, parity):
    """How often it decides as the app, in the group where that is least often; how often the app is right, and it.

    Of photos alone that taught the model nothing, where there are enough or no others: of what taught it, it is surer
    than of anything else.
    """
    held_out, truths = numpy.array(parity["held_out"], bool), parity["truths"]
    is_enough = held_out.sum() >= ENOUGH_HELD_OUT or held_out.all()
    judges = held_out if is_enough else numpy.ones_like(held_out)
    knows = any(is_apart and any(tag is not None for tag in truth) for is_apart, truth in zip(held_out, truths))
    knowing = held_out if is_enough or knows else judges
    agreements, right_app, right, known = [], 0, 0, 0
    for group, kind in enumerate(labels["groups"]):
        tags = slice(kind["first"], kind["first"] + len(kind["tags"]))
        app, other = expected[:, tags], found[:, tags]
        if kind["kind"] == "one of":
            agrees = app.argmax(1) == other.argmax(1)
            for image, truth in enumerate(truth[group] for truth in truths):
                if truth is not None and knowing[image]:
                    known += 1
                    right_app += int(app[image].argmax() == truth)
                    right += int(other[image].argmax() == truth)
        else:
            agrees = (app >= 0.5) == (other >= 0.5)
        agrees = agrees[judges]
        # Each by itself: the many tags that plainly do not fit would make up for every wrong choice.
        agreements.append(share(int(agrees.sum()), agrees.size))
    return {"agreement": min(agreements), "agreement_of": int(judges.sum()), "agreement_held_out": bool(is_enough),
            "accuracy_app": share(right_app, known), "accuracy": share(right, known), "accuracy_of": known,
            "accuracy_held_out": bool(is_enough or knows)}


def largest(expected, found):
    difference = numpy.abs(expected - found)
    # What is no number is as far away as can be.
    difference[~numpy.isfinite(difference)] = numpy.inf
    return float(difference.max())


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def note(manifest, hashes, results):
    """Notes that the model was verified, whole or not at all; or that it is so no more."""
    place, partial = HERE / "verified.json", HERE / "verified.json.part"
    module = MODULES[manifest["format"]]
    # Of several graphs of one model the one that decides least often as the app does is told. Photos that another decoder
    # reads differ for that reason, too, and are no figure of the model.
    decided = [result for result in results if "agreement" in result]
    worst = min(decided, key=lambda result: result["agreement"][0], default=None)
    record = {
        "format": manifest["format"],
        "precision": manifest["precision"],
        "version": manifest["version"],
        "runtime": f"{module} {getattr(sys.modules[module], '__version__', '')}".strip(),
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ran": [result["what"] for result in results],
        "images": max((result["images"] for result in decided), default=0),
        "largest_difference": max((result["largest_difference"] for result in decided), default=0.0),
        "agreement": worst and {"share": worst["agreement"], "images": worst["agreement_of"],
                                "is_held_out": worst["agreement_held_out"]},
        "accuracy": {"share": worst["accuracy"], "app": worst["accuracy_app"], "of": worst["accuracy_of"],
                     "is_held_out": worst["accuracy_held_out"]} if worst and worst["accuracy_of"] else None,
        "files": hashes,
    }
    try:
        if results and all(result["ok"] for result in results):
            partial.write_text(json.dumps(record, indent=2) + "\n", "utf-8")
            os.replace(partial, place)
        else:
            place.unlink(missing_ok=True)
    except OSError as error:
        print(f"{place} cannot be written: {error}", file=sys.stderr)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--json", action="store_true", help="print the figures as JSON")
    as_json = arguments.parse_args().json
    manifest, labels, parity = read("hangtag.json"), read("labels.json"), read("parity/parity.json")
    images, expected = (numpy.load(HERE / "parity" / name) for name in ("images.npy", "expected.npy"))
    is_int8, results = manifest["precision"] == "int8", []
    # Before they are run: what takes their place meanwhile was not verified.
    hashes = {name: sha256(HERE / name) for name in manifest["files"]}
    try:
        for name, run in RUNTIMES[manifest["format"]]():
            # One that takes files decodes them itself.
            takes_files = getattr(run, "takes_files", False)
            if not takes_files:
                found = run(images)
                result = {"what": name, "images": len(images), "largest_difference": largest(expected, found)}
                result["bound"] = manifest["bound"]
                result |= decisions(expected, found, labels, parity)
                if is_int8:
                    # Nothing is lost that is not known.
                    lost = result["accuracy_app"][0] - result["accuracy"][2]
                    is_near = result["agreement"][0] >= LEAST_AGREEMENT and lost <= MOST_LOST
                    result["ok"] = is_near and isfinite(result["largest_difference"])
                else:
                    result["ok"] = result["largest_difference"] <= manifest["bound"]
                results.append(result)
            photos = [photo for photo in parity["photos"] if photo["plain"] or not takes_files]
            if photos and not is_int8:
                files = [HERE / "parity" / photo["file"] for photo in photos]
                found = run([file.read_bytes() for file in files] if takes_files else prepare(files))
                difference = largest(expected[[photo["image"] for photo in photos]], found)
                results.append({"what": f"{name}, photos as files", "images": len(photos), "bound": PHOTO_BOUND,
                                "largest_difference": difference, "ok": difference <= PHOTO_BOUND})
            elif takes_files:
                print(f"{name}: no plain JPEG or PNG among the photos, not verified", file=sys.stderr)
    except ImportError as error:
        print(f"{error.name or error} is not installed: the model was not verified", file=sys.stderr)
        return 2
    note(manifest, hashes, results)
    if as_json:
        print(json.dumps({"format": manifest["format"], "precision": manifest["precision"], "results": results}))
    else:
        for result in results:
            bound = "" if result["bound"] is None else f" (bound {result['bound']:.0e})"
            verdict = "ok" if result["ok"] else "BEYOND THE BOUND"
            print(f"{result['what']}: {result['images']} images, largest difference "
                  f"{result['largest_difference']:.2e}{bound}: {verdict}")
            if is_int8:
                for name, of in (("agreement", "agreement"), ("accuracy_app", "accuracy"), ("accuracy", "accuracy")):
                    p, low, high = (100 * part for part in result[name])
                    name = name.replace("_", " of the ")
                    which = "that taught it nothing" if result[f"{of}_held_out"] else "of which some or all taught it"
                    known = f"{p:.1f} % ({low:.1f} to {high:.1f}), on photos {which}" if result[f"{of}_of"] else "not known"
                    print(f"    {name}: {known}")
    return 0 if results and all(result["ok"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
