"""Asks the server what a photo shows: python client.py https://HOST photo.jpg, the token in the variable TOKEN."""

import json
import os
import sys
import urllib.request

from prepare import prepared

PREPROCESS = {"resize": @resize@, "crop": @side@, "interpolation": "@interpolation@"}


def ask(host, photo, token):
    # What the network sees. The signature `bytes` would take the file itself, but TensorFlow turns no photo upright
    # and lays nothing over white.
    pixels, row = prepared(photo, PREPROCESS).tobytes(), 3 * @side@
    rows = (pixels[start : start + row] for start in range(0, len(pixels), row))
    image = [[list(row[start : start + 3]) for start in range(0, len(row), 3)] for row in rows]
    body = json.dumps({"signature_name": "serving_default", "instances": [image]}).encode()
    request = urllib.request.Request(
        host + "/v1/models/@model@:predict",
        data=body,
        headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)["predictions"][0]


def main():
    host, photo = sys.argv[1:]
    for probability in ask(host.rstrip("/"), photo, os.environ["TOKEN"]):
        print(f"{probability:.4f}")


if __name__ == "__main__":
    main()
