"""Checks a serving kit against the schemas and message types of the tools it is for, and its client against a stand-in."""

import base64
import http.server
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
import tomllib
from pathlib import Path

import jsonschema
import kubernetes_validate
import numpy
import yaml
from google.protobuf import text_format
from PIL import Image

TAGS = 12
PREPROCESS = {"resize": 219, "crop": 192, "interpolation": "bicubic"}
HERE = Path(__file__).resolve().parent


def check_proto(server, folder):
    if server == "tensorflow":
        from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

        with open(os.path.join(folder, "models.config"), encoding="utf-8") as file:
            config = text_format.Parse(file.read(), ModelServerConfig()).model_config_list.config[0]
        assert dict(config.version_labels) == {"stable": 2, "canary": 3}, config
        assert list(config.model_version_policy.specific.versions) == [2, 3], config
        return
    from tritonclient.grpc.model_config_pb2 import ModelConfig

    with open(os.path.join(folder, "config.pbtxt"), encoding="utf-8") as file:
        config = text_format.Parse(file.read(), ModelConfig())
    assert list(config.version_policy.specific.versions) == [2, 3], config
    assert list(config.output[0].dims) == [TAGS] and len(config.model_warmup) == 2, config


def check_yaml(folder):
    with open(os.path.join(folder, "kubernetes.yaml"), encoding="utf-8") as file:
        kinds = []
        for document in yaml.safe_load_all(file):
            kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
            kinds.append(document["kind"])
            # What the autoscaler has made of it is not undone by the next `apply`.
            is_scaled = document["kind"] == "Deployment" and document["metadata"]["name"] == "spring-shop"
            assert not (is_scaled and "replicas" in document["spec"]), document["spec"]
            if document["kind"] == "Deployment":
                for container in document["spec"]["template"]["spec"]["containers"]:
                    assert "readinessProbe" in container and container["resources"]["limits"], container
            if document["kind"] == "HorizontalPodAutoscaler":
                assert document["spec"]["minReplicas"] >= 2, document["spec"]
    assert kinds.count("Deployment") == 3 and "HorizontalPodAutoscaler" in kinds, kinds
    compose = importlib.util.find_spec("compose").submodule_search_locations[0]
    with open(os.path.join(compose, "config", "compose_spec.json"), encoding="utf-8") as file:
        schema = json.load(file)
    with open(os.path.join(folder, "compose.yaml"), encoding="utf-8") as file:
        jsonschema.validate(yaml.safe_load(file), schema)
    with open(os.path.join(folder, "kustomization.yaml"), encoding="utf-8") as file:
        kustomization = yaml.safe_load(file)
    assert kustomization["namespace"] == "spring-shop", kustomization
    for generator in kustomization["configMapGenerator"]:
        assert all(os.path.exists(os.path.join(folder, name)) for name in generator["files"])
    with open(os.path.join(folder, "oauth2-proxy.cfg"), "rb") as file:
        tomllib.load(file)
    with open(os.path.join(folder, "dashboard.json"), encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    assert all(panel["targets"][0]["expr"] for panel in panels)


class StandIn(http.server.BaseHTTPRequestHandler):
    """Takes what the server's documentation says a request is, and nothing else."""

    # What was sent: pictures as the network takes them, or a file.
    seen = []

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Authorization"] == "Bearer secret", self.headers
        if self.path == "/v1/models/spring-shop:predict":
            (instance,) = request["instances"]
            if request["signature_name"] == "bytes":
                StandIn.seen.append(base64.b64decode(instance["b64"], validate=True))
            else:
                assert request["signature_name"] == "serving_default", request["signature_name"]
                StandIn.seen.append(numpy.array(instance, numpy.uint8))
            answer = {"predictions": [[0.5] * TAGS]}
        elif self.path == "/v2/models/spring-shop/infer":
            (tensor,) = request["inputs"]
            assert tensor["shape"] == [1, 192, 192, 3] and tensor["datatype"] == "UINT8", tensor["shape"]
            StandIn.seen.append(numpy.array(tensor["data"], numpy.uint8).reshape(tensor["shape"][1:]))
            output = {"name": "probabilities", "datatype": "FP32", "shape": [1, TAGS], "data": [0.5] * TAGS}
            answer = {"model_name": "spring-shop", "model_version": "3", "outputs": [output]}
        else:
            raise AssertionError(self.path)
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def lay_photos(folder):
    """An ordinary photo, and others that are kept in unusual ways."""
    usual = folder / "usual.jpg"
    red, green = Image.linear_gradient("L").resize((300, 200)), Image.radial_gradient("L").resize((300, 200))
    Image.merge("RGB", (red, green, red.rotate(90).resize((300, 200)))).save(usual)
    subprocess.run([sys.executable, HERE / "unusual_photos.py", folder / "unusual", usual], check=True)
    return [usual, *sorted((folder / "unusual").iterdir())]


def prepared_by_verify(folder, photos):
    """What `verify.py`, which is written into every export, makes of photos."""
    (folder / "preprocess.json").write_text(json.dumps(PREPROCESS), "utf-8")
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(HERE.parents[1] / "src/export"))
    import verify

    verify.HERE = folder
    return verify.prepare(photos)


def check_clients(folder):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"http://127.0.0.1:{server.server_port}"
    environment = dict(os.environ, TOKEN="secret")
    with tempfile.TemporaryDirectory() as scratch:
        photos = lay_photos(Path(scratch))
        assert len(photos) == 6, photos
        for photo in photos:
            python = [sys.executable, os.path.join(folder, "client.py"), host, photo]
            said = subprocess.run(python, env=environment, check=True, capture_output=True, text=True).stdout
            assert said.split() == ["0.5000"] * TAGS, said
        expected = prepared_by_verify(Path(scratch), photos)
        assert numpy.array_equal(StandIn.seen, expected), [photo.name for photo in photos]
        shell = ["sh", os.path.join(folder, "client.sh"), host, photos[0]]
        subprocess.run(shell, env=environment, check=True, capture_output=True)
        assert len(StandIn.seen) == len(photos) + 1, len(StandIn.seen)
        if isinstance(StandIn.seen[-1], bytes):
            assert StandIn.seen[-1] == photos[0].read_bytes()


def main():
    server, folder = sys.argv[1:]
    check_proto(server, folder)
    check_yaml(folder)
    check_clients(folder)


main()
