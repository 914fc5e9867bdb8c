"""Asks the server what a photo shows: python client.py https://HOST photo.jpg, the token in the variable TOKEN."""

import base64
import json
import os
import sys
import urllib.request


def ask(host, photo, token):
    with open(photo, "rb") as file:
        encoded = base64.b64encode(file.read()).decode("ascii")
    # The signature `bytes` decodes, resizes and normalises inside. Photos must be upright: EXIF is not looked at.
    body = json.dumps({"signature_name": "bytes", "instances": [{"b64": encoded}]}).encode()
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
