"""Asks the server what a photo shows: python client.py https://HOST photo.jpg, the token in the variable TOKEN."""

import json
import os
import sys
import urllib.request

from PIL import Image, ImageOps


def prepare(photo):
    """Upright, the short side resized, the middle cut out, as preprocess.json says."""
    image = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    scale = @resize@ / min(image.size)
    image = image.resize([round(side * scale) for side in image.size], Image.Resampling.@interpolation@)
    left, top = ((side - @side@) // 2 for side in image.size)
    return image.crop((left, top, left + @side@, top + @side@))


def ask(host, photo, token):
    shape = [1, @side@, @side@, 3]
    tensor = {"name": "images", "shape": shape, "datatype": "UINT8", "data": list(prepare(photo).tobytes())}
    request = urllib.request.Request(
        host + "/v2/models/@model@/infer",
        data=json.dumps({"inputs": [tensor]}).encode(),
        headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)["outputs"][0]["data"]


def main():
    host, photo = sys.argv[1:]
    for probability in ask(host.rstrip("/"), photo, os.environ["TOKEN"]):
        print(f"{probability:.4f}")


if __name__ == "__main__":
    main()
