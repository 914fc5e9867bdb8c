"""Holds what an export's `verify.prepare` makes of photos against what the app made of them.

    python prepare_checks.py EXPORT PHOTOS    PHOTOS is the folder that the names in parity.json are of

Decoders of JPEG differ by some steps of 255, and so do ways to lay one colour over another; resampling by one.
"""

import json
import sys
from pathlib import Path

import numpy

export, photos = map(Path, sys.argv[1:])
sys.path.insert(0, str(export))
import verify

images = numpy.load(export / "parity/images.npy").astype(int)
names = verify.read("parity/parity.json")["names"]
kinds = {}
for name, expected in zip(names, images):
    difference = numpy.abs(verify.prepare([photos / name])[0] - expected)
    kind = name.rsplit(" ", 1)[-1] if name.startswith("unusual/") else "usual"
    kinds.setdefault(kind, []).append([float(difference.mean()), int(difference.max())])
    assert difference.mean() < 0.5 and difference.max() <= 8, (name, kinds[kind][-1])
unusual = {"turned.jpg", "grey.jpg", "deep.png", "cmyk.jpg", "long.png", "transparent.png"}
assert set(kinds) == {"usual"} | unusual, sorted(kinds)
print(json.dumps(kinds))
