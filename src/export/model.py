"""Loads the bundle beside this file in plain PyTorch: needs `prepare.py`, torch, safetensors and Pillow, no Hangtag."""

import json
import sys
from pathlib import Path

import numpy
import torch
from prepare import prepared
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """A basic or bottleneck block under torchvision's names."""

    def __init__(self, kind, channels, inner, outer, stride, stride_in):
        super().__init__()
        if kind == "basic":
            shapes = [(channels, inner, 3, stride), (inner, inner, 3, 1)]
        else:
            first, second = (stride, 1) if stride_in == "conv1" else (1, stride)
            shapes = [(channels, inner, 1, first), (inner, inner, 3, second), (inner, outer, 1, 1)]
        self.num_convs = len(shapes)
        for number, (i, o, side, step) in enumerate(shapes, 1):
            setattr(self, f"conv{number}", nn.Conv2d(i, o, side, step, side // 2, bias=False))
            setattr(self, f"bn{number}", nn.BatchNorm2d(o))
        self.downsample = None
        if stride != 1 or channels != outer:
            self.downsample = nn.Sequential(nn.Conv2d(channels, outer, 1, stride, bias=False), nn.BatchNorm2d(outer))

    def forward(self, x):
        y = x
        for number in range(1, self.num_convs + 1):
            y = getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(y))
            if number < self.num_convs:
                y = functional.relu(y)
        return functional.relu(y + (x if self.downsample is None else self.downsample(x)))


class Classifier(nn.Module):
    """Normalised pictures [batch, 3, side, side] to calibrated probabilities [batch, tags]."""

    def __init__(self, config, preprocess):
        super().__init__()
        self.config, self.preprocess = config, preprocess
        a = config["architecture"]
        expansion = 1 if a["block"] == "basic" else 4
        self.conv1 = nn.Conv2d(3, a["stem"], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(a["stem"])
        channels, size = a["stem"], {}
        for stage, depth in enumerate(a["layers"]):
            inner = a["width"] << stage
            blocks = []
            for position in range(depth):
                stride = 2 if stage > 0 and position == 0 else 1
                blocks.append(Block(a["block"], channels, inner, inner * expansion, stride, a["stride_in"]))
                channels = inner * expansion
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
            size[f"layer{stage + 1}"] = channels
        features = sum(size[stage] for stage in config["features"])
        self.heads = nn.ModuleList(nn.Linear(features, len(head["tags"])) for head in config["heads"])

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        pooled = {}
        for stage in ("layer1", "layer2", "layer3", "layer4"):
            x = getattr(self, stage)(x)
            pooled[stage] = functional.normalize(x.mean((2, 3)), eps=1e-6)
        x = torch.cat([pooled[stage] for stage in self.config["features"]], 1)
        answers = []
        for head, layer in zip(self.config["heads"], self.heads):
            logits = layer(x) / head["temperature"]
            answers.append(logits.softmax(1) if head["kind"] == "one of" else logits.sigmoid())
        return torch.cat(answers, 1)

    def prepare(self, path):
        """A photo to the prescribed input: RGB bytes [side, side, 3]."""
        return numpy.array(prepared(path, self.preprocess))

    def normalise(self, images):
        """RGB bytes [batch, side, side, 3] to what `forward` takes."""
        x = torch.as_tensor(images).float() / 255
        x = (x - torch.tensor(self.preprocess["mean"])) / torch.tensor(self.preprocess["std"])
        return x.permute(0, 3, 1, 2).contiguous()

    @torch.no_grad()
    def tag(self, path):
        """The tags of a photo with their probabilities, by group."""
        values = iter(self(self.normalise(self.prepare(path)[None]))[0].tolist())
        return {head["group"]: {tag: next(values) for tag in head["tags"]} for head in self.config["heads"]}


def load(folder):
    """The classifier of a bundle, ready to answer."""
    folder = Path(folder)
    config, preprocess = (json.loads((folder / name).read_text("utf-8")) for name in ("config.json", "preprocess.json"))
    classifier = Classifier(config, preprocess)
    tensors = {name: tensor.float() for name, tensor in load_file(folder / "weights.safetensors").items()}
    missing, unexpected = classifier.load_state_dict(tensors, strict=False)
    # The words that the backbone knew before (`fc`) and the counters of its training are not part of the classifier.
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    unexpected = [name for name in unexpected if not name.startswith("fc.") and not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise ValueError(f"the weights do not fit the configuration: missing {missing}, unexpected {unexpected}")
    return classifier.eval()


if __name__ == "__main__":
    classifier = load(Path(__file__).parent)
    for photo in sys.argv[1:]:
        for group, tags in classifier.tag(photo).items():
            best = sorted(tags, key=tags.get, reverse=True)[:3]
            print(photo, group, ", ".join(f"{tag} {100 * tags[tag]:.1f} %" for tag in best))
