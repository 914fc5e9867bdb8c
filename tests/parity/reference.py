"""Writes reference.json: what PyTorch computes for networks whose weights a Rust test can make again without PyTorch.

    nice python reference.py [--starter DIR] [--out reference.json]

Needs requirements-reference.txt. Run it again only when a network or a case is added; the answers do not depend on the
machine, since they are computed in f64 from f32 weights and inputs, and rounded to 7 significant digits.

The generator
-------------
A tensor is fixed by its name, its number of elements and its range; neither its shape nor the network matters.

    key   = FNV-1a, 64 bits, of the UTF-8 name        (offset 0xCBF29CE484222325, prime 0x100000001B3:
                                                       for each byte: key = (key ^ byte) * prime)
    s     = key + (i + 1) * 0x9E3779B97F4A7C15         for element i, row-major, from 0
    s     = (s ^ (s >> 30)) * 0xBF58476D1CE4E5B9       splitmix64's finaliser
    s     = (s ^ (s >> 27)) * 0x94D049BB133111EB
    x     = s ^ (s >> 31)
    u     = (x >> 40) as f32 / 16777216                in [0, 1), exact
    value = lo + (hi - lo) * u                         in f32: difference, product and sum each rounded, no fused multiply-add

All integers are u64 and wrap. Elements of "input.2x3x64x64" begin with the values in `PINNED` below, which the script checks.

Names are torchvision's ("conv1.weight", "layer1.0.bn2.running_var", "layer2.0.downsample.0.weight", "fc.bias"); ranges:

    convolution weight     lo, hi = -b, b with b = sqrt(6 / (in_channels * kernel_height * kernel_width)), in f64, then cast to f32
    batch norm weight      0.5, 1.5; for the last norm of a block's main path (bn3 in a bottleneck, bn2 in a basic block)
                           0.1, 0.4, so that the sums stay bounded over 16 blocks; the norm in `downsample` has 0.5, 1.5
    batch norm bias        -0.1, 0.1
    running_mean           -0.1, 0.1
    running_var            0.5, 1.5
    fc weight              -b, b with b = 1 / sqrt(in_features), in f64, then cast to f32
    fc bias                -0.1, 0.1
    input, named "input.BxCxHxW"   -2, 2

Generated networks have 10 classes and the stride of a bottleneck in conv2. The starter has its own weights, f16 widened to f32.

The file
--------
    {"cases": [{"net": "resnet18" | "resnet34" | "resnet50" | "starter",
                "input": [B, C, H, W],
                "logits": [[..classes..], ..B..],
                "pooled": {"layer1": {"head": [[..64..], ..B..], "norm": [..B..]}, .. "layer4"}}]}

`pooled` is the mean over a stage's height and width: `head` its first 64 channels, `norm` the Euclidean length of all of them.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision.models import resnet18, resnet34, resnet50
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
STARTER_FOLDERS = (ROOT / "models" / "starter", ROOT.parent / "shared" / "starter")

STAGES = ("layer1", "layer2", "layer3", "layer4")
HEAD = 64
NUM_CLASSES = 10
GENERATED = {"resnet18": resnet18, "resnet34": resnet34, "resnet50": resnet50}

# One plain shape, and one whose halvings all meet an odd number and whose sides differ.
SHAPES = ((2, 3, 64, 64), (1, 3, 97, 75))
# The size the starter is meant for.
STARTER_SHAPES = (*SHAPES, (1, 3, 192, 192))


def fnv1a(name: str) -> int:
    key = 0xCBF29CE484222325
    for byte in name.encode():
        key = ((key ^ byte) * 0x100000001B3) % 2**64
    return key


def generate(name: str, shape: tuple[int, ...], lo: float, hi: float) -> np.ndarray:
    """The f32 tensor called `name`, by the generator above. numpy's uint64 arrays wrap without a warning."""
    step = np.arange(1, math.prod(shape) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    s = np.uint64(fnv1a(name)) + step
    s = (s ^ (s >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    s = (s ^ (s >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = s ^ (s >> np.uint64(31))
    u = (x >> np.uint64(40)).astype(np.float32) / np.float32(2**24)
    lo, hi = np.float32(lo), np.float32(hi)
    scaled = (hi - lo) * u
    return (lo + scaled).reshape(shape)


def bounds(name: str, shape: tuple[int, ...], last_norm: str) -> tuple[float, float]:
    """The range of a weight by its name; `last_norm` is the norm that ends a block's main path."""
    if name == "fc.weight":
        b = 1 / math.sqrt(shape[1])
        return -b, b
    if len(shape) == 4:
        b = math.sqrt(6 / math.prod(shape[1:]))
        return -b, b
    if name.endswith(("bias", "running_mean")):
        return -0.1, 0.1
    if name.startswith("layer") and name.endswith(f".{last_norm}.weight"):
        return 0.1, 0.4
    return 0.5, 1.5


def generated_network(net_name: str) -> ResNet:
    net = GENERATED[net_name](weights=None, num_classes=NUM_CLASSES)
    last_norm = "bn3" if isinstance(net.layer1[0], Bottleneck) else "bn2"
    state = {}
    for name, value in net.state_dict().items():
        # PyTorch counts training batches here; evaluation does not read it.
        if name.endswith("num_batches_tracked"):
            state[name] = value
            continue
        shape = tuple(value.shape)
        state[name] = torch.from_numpy(generate(name, shape, *bounds(name, shape, last_norm)))
    net.load_state_dict(state)
    return net


class SpecResNet(ResNet):
    """torchvision's ResNet with the widths, depths and stride position of a spec.json."""

    def __init__(self, architecture: dict):
        block = {"basic": BasicBlock, "bottleneck": Bottleneck}[architecture["block"]]
        depths, width = architecture["layers"], architecture["width"]
        super().__init__(block, depths, num_classes=architecture["num_classes"])

        # The parent has made a network of the published widths; every part whose width differs is made anew.
        self.inplanes = architecture["stem"]
        self.conv1 = nn.Conv2d(3, self.inplanes, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(self.inplanes)
        for number, (stage, depth) in enumerate(zip(STAGES, depths)):
            setattr(self, stage, self._make_layer(block, width << number, depth, stride=1 if number == 0 else 2))
        self.fc = nn.Linear(self.inplanes, architecture["num_classes"])

        if architecture["stride_in"] == "conv1":
            # As in the paper: the first convolution of a stage halves the size, torchvision's second no longer does.
            for stage in STAGES[1:]:
                first = getattr(self, stage)[0]
                first.conv1.stride, first.conv2.stride = first.conv2.stride, first.conv1.stride


def starter_network(folder: Path) -> ResNet:
    spec = json.loads((folder / "spec.json").read_text(encoding="utf-8"))
    net = SpecResNet(spec["architecture"])
    weights = {name: value.float() for name, value in load_file(folder / "weights.safetensors").items()}
    missing, unexpected = net.load_state_dict(weights, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise SystemExit(f"{folder}: weights missing {missing}, unexpected {unexpected}")
    return net


@torch.inference_mode()
def run(net: ResNet, x: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The logits and the pooled output of each stage."""
    x = net.maxpool(net.relu(net.bn1(net.conv1(x))))
    pooled = {}
    for stage in STAGES:
        x = getattr(net, stage)(x)
        pooled[stage] = x.mean(dim=(2, 3))
    return net.fc(pooled["layer4"]), pooled


def rounded(values: torch.Tensor) -> list:
    if values.dim() > 1:
        return [rounded(row) for row in values]
    return [float(f"{value:.7g}") for value in values.tolist()]


def make_case(net_name: str, net: ResNet, shape: tuple[int, ...]) -> dict:
    x = torch.from_numpy(generate("input." + "x".join(map(str, shape)), shape, -2.0, 2.0))
    logits, pooled = run(net.double(), x.double())
    report(net_name, net, x, logits, pooled)
    return {
        "net": net_name,
        "input": list(shape),
        "logits": rounded(logits),
        "pooled": {
            stage: {"head": rounded(p[:, :HEAD]), "norm": rounded(p.norm(dim=1))}
            for stage, p in pooled.items()
        },
    }


def report(net_name: str, net: ResNet, x: torch.Tensor, logits: torch.Tensor, pooled: dict[str, torch.Tensor]) -> None:
    """Stops on numbers that would make a poor reference, and prints how far f32 is from f64, which sets a test's tolerance."""
    for what, values in {"logits": logits, **pooled}.items():
        if not values.isfinite().all() or values.abs().max() > 1e4 or values.std() < 1e-3:
            raise SystemExit(f"{net_name} {tuple(x.shape)}: {what} overflow or are all alike")
    single, single_pooled = run(net.float(), x)
    error = (single.double() - logits).abs().max() / logits.abs().max()
    pooled_error = max(float((single_pooled[s].double() - pooled[s]).norm() / pooled[s].norm()) for s in STAGES)
    norms = " ".join(f"{float(p[0].norm()):.3g}" for p in pooled.values())
    print(f"{net_name:9}{str(tuple(x.shape)):18} logits {logits.min():.3f} to {logits.max():.3f},"
          f" stage norms {norms}; f32 against f64: logits {error:.1e}, stages {pooled_error:.1e}")


def check_inputs_matter(cases: list[dict]) -> None:
    """A network that ignored its input would still give plausible numbers."""
    seen: dict[str, list[list[float]]] = {}
    for case in cases:
        seen.setdefault(case["net"], []).extend(case["logits"])
    for net_name, rows in seen.items():
        table = np.array(rows)
        gaps = [np.abs(a - b).max() for i, a in enumerate(table) for b in table[:i]]
        spread = np.ptp(table)
        print(f"{net_name:9}logits of two inputs differ by at least {min(gaps):.3g}, of a range of {spread:.3g}")
        if min(gaps) < 0.01 * spread:
            raise SystemExit(f"{net_name}: two inputs give nearly the same logits")


# The first elements of "input.2x3x64x64", for whoever writes the generator again.
PINNED = (0.9356873, -0.95015764, 1.6033025, 1.2847121)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--starter", type=Path, help="folder of spec.json and weights.safetensors")
    parser.add_argument("--out", type=Path, default=HERE / "reference.json")
    arguments = parser.parse_args()
    starter = arguments.starter or next((f for f in STARTER_FOLDERS if (f / "spec.json").exists()), None)
    if starter is None:
        parser.error("no starter found; name its folder with --starter")

    first = generate("input.2x3x64x64", (2, 3, 64, 64), -2.0, 2.0).ravel()[: len(PINNED)]
    if not np.array_equal(first, np.float32(PINNED)):
        raise SystemExit(f"the generator has changed: {first.tolist()}")

    cases = []
    for net_name in GENERATED:
        net = generated_network(net_name).eval()
        cases += [make_case(net_name, net, shape) for shape in SHAPES]
    net = starter_network(starter).eval()
    cases += [make_case("starter", net, shape) for shape in STARTER_SHAPES]
    check_inputs_matter(cases)

    # One case a line keeps the file small and a change readable.
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    arguments.out.write_text('{"cases":[\n' + lines + "\n]}\n", encoding="utf-8")
    print(f"{arguments.out}: {len(cases)} cases, {arguments.out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
