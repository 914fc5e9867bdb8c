"""Asks the server what a photo shows: python client.py https://HOST photo.jpg, the token in the variable TOKEN."""

import json
import os
import sys
import urllib.request

from prepare import prepared

PREPROCESS = {"resize": @resize@, "crop": @side@, "interpolation": "@interpolation@"}


def ask(host, photo, token):
    shape = [1, @side@, @side@, 3]
    pixels = prepared(photo, PREPROCESS).tobytes()
    tensor = {"name": "images", "shape": shape, "datatype": "UINT8", "data": list(pixels)}
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
