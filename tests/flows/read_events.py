"""Reads what a run leaves as TensorBoard does, and prints it as a line of JSON."""

import json
import sys
from pathlib import Path

from google.protobuf import text_format
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

folder = Path(sys.argv[1])
events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "histograms": 0, "images": 0})
events.Reload()
tags = events.Tags()


def histogram(tag):
    value = events.Histograms(tag)[-1].histogram_value
    return {"num": value.num, "in_buckets": sum(value.bucket)}


def image(tag):
    last = events.Images(tag)[-1]
    return [last.width, last.height]


def setting(value):
    return value.number_value if value.HasField("number_value") else value.string_value


plugin = {
    tag: plugin_data_pb2.HParamsPluginData.FromString(events.SummaryMetadata(tag).plugin_data.content)
    for tag in events.PluginTagToContent("hparams")
}
graph = GraphDef.FromString(events.Graph().SerializeToString()) if tags["graph"] else GraphDef()
config = text_format.Parse((folder / "projector_config.pbtxt").read_text(), ProjectorConfig())
embedding = config.embeddings[0]
vectors = [line.split("\t") for line in (folder / embedding.tensor_path).read_text().splitlines()]
labels = (folder / embedding.metadata_path).read_text().splitlines()
start = plugin["_hparams_/session_start_info"].session_start_info
print(json.dumps({
    "scalars": {tag: [[point.step, point.value] for point in events.Scalars(tag)] for tag in tags["scalars"]},
    "histograms": {tag: histogram(tag) for tag in tags["histograms"]},
    "images": {tag: image(tag) for tag in tags["images"]},
    "texts": {tag: events.Tensors(tag)[-1].tensor_proto.string_val[0].decode() for tag in tags["tensors"]},
    "graph": [[node.name, node.op, list(node.input)] for node in graph.node],
    "hparams": {name: setting(value) for name, value in start.hparams.items()},
    "metrics": [info.name.tag for info in plugin["_hparams_/experiment"].experiment.metric_infos],
    "status": plugin["_hparams_/session_end_info"].session_end_info.status,
    "projector": {
        "photos": len(vectors),
        "dim": len(vectors[0]),
        "sprite": Image.open(folder / embedding.sprite.image_path).size,
        "labels": labels,
    },
}))
