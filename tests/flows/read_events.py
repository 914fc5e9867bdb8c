"""Lets TensorBoard serve a run beside a copy of it, and prints what its pages get as a line of JSON."""

import io
import json
import shutil
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlencode
from urllib.request import urlopen

from google.protobuf import text_format
from PIL import Image
from tensorboard import program
from tensorboard.compat.proto.graph_pb2 import GraphDef

folder = Path(sys.argv[1])
run = folder.name
# Settings are compared where there are two runs.
shutil.copytree(folder, folder.with_name("the same again"))
board = program.TensorBoard()
# All is read before it serves.
reading = ["--load_fast", "false", "--reload_interval", "0", "--reload_task", "blocking"]
board.configure(argv=["", "--logdir", str(folder.parent), "--port", "0", *reading])
plugins = board.launch() + "data/plugin/"


def get(route, **query):
    with urlopen(f"{plugins}{route}?{urlencode(query)}") as answer:
        return answer.read()


def read(route, **query):
    return json.loads(get(route, **query))


def tags(plugin):
    return read(f"{plugin}/tags")[run]


def shown(plugin, tag, **query):
    return read(f"{plugin}/{plugin}", run=run, tag=tag, **query)


def size(picture):
    return Image.open(io.BytesIO(picture)).size


def image(tag):
    return size(get("images/individualImage", **dict(parse_qsl(shown("images", tag)[-1]["query"]))))


def in_buckets(tag):
    _, _, buckets = shown("histograms", tag)[-1]
    return sum(count for _, _, count in buckets)


def session(group):
    metrics = {metric["name"]["tag"]: metric.get("value", 0.0) for metric in group["metricValues"]}
    return {"settings": group["hparams"], "metrics": metrics}


graph = text_format.Parse(get("graphs/graph", run=run), GraphDef())
compared = json.dumps({"allowedStatuses": ["STATUS_SUCCESS"], "sliceSize": 10})
embedding = {"run": run, "name": read("projector/info", run=run)["embeddings"][0]["tensorName"]}
labels = get("projector/metadata", **embedding).decode().split("\n")
print(json.dumps({
    "scalars": {tag: [point[1:] for point in shown("scalars", tag)] for tag in tags("scalars")},
    "histograms": {tag: in_buckets(tag) for tag in tags("histograms")},
    "images": {tag: image(tag) for tag in tags("images")},
    "texts": {tag: shown("text", tag, markdown="false")[-1]["text"] for tag in tags("text")},
    "graph": [[node.name, node.op, list(node.input)] for node in graph.node],
    "columns": [column["name"] for column in read("hparams/experiment", request="{}")["hparamInfos"]],
    "sessions": [session(group) for group in read("hparams/session_groups", request=compared)["sessionGroups"]],
    "projector": {
        "runs": len(read("projector/runs")),
        # Of four bytes each.
        "numbers": len(get("projector/tensor", **embedding)) // 4,
        "sprite": size(get("projector/sprite_image", **embedding)),
        # The page skips empty rows.
        "labels": [label for label in labels if label.strip()],
    },
}))
