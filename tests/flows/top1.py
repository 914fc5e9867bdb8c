"""Runs an export on prescribed input that was not part of it, and counts how often its likeliest tag is the app's.

    python top1.py EXPORT FOLDER    FOLDER has images.npy and expected.npy, as an export's parity/ has

Prints a line of JSON: for each graph or signature the images, those with the same likeliest tag, the largest difference.
"""

import json
import sys
from pathlib import Path

import numpy

export, folder = map(Path, sys.argv[1:])
sys.path.insert(0, str(export))
import verify

images, expected = (numpy.load(folder / name) for name in ("images.npy", "expected.npy"))
results = []
for name, run in verify.RUNTIMES[verify.read("hangtag.json")["format"]]():
    if getattr(run, "takes_files", False):
        continue
    found = run(images)
    same = int((found.argmax(1) == expected.argmax(1)).sum())
    results.append({"what": name, "images": len(images), "same": same, "largest": verify.largest(expected, found)})
print(json.dumps(results))
