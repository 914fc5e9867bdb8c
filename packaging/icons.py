#!/usr/bin/env python3
"""Renders the icons of every system from the drawings in assets/icons; needs rsvg-convert.

Writes the PNG sizes that a Linux desktop looks for, hangtag.ico for Windows and hangtag.icns for macOS.
"""
import struct
import subprocess
from pathlib import Path

ICONS = Path(__file__).resolve().parent.parent / "assets/icons"
SIZES = [16, 24, 32, 48, 64, 128, 256, 512]
# https://en.wikipedia.org/wiki/Apple_Icon_Image_format: the types that hold PNG, with their size in pixels.
ICNS = {"ic11": 32, "ic12": 64, "ic07": 128, "ic13": 256, "ic08": 256, "ic14": 512, "ic09": 512, "ic10": 1024}
ICO = [16, 24, 32, 48, 64, 128, 256]


def png(drawing: str, size: int) -> bytes:
    command = ["rsvg-convert", "--width", str(size), "--height", str(size), ICONS / f"{drawing}.svg"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def icns(pictures: dict[int, bytes]) -> bytes:
    blocks = [name.encode() + struct.pack(">I", 8 + len(pictures[size])) + pictures[size] for name, size in ICNS.items()]
    return b"icns" + struct.pack(">I", 8 + sum(map(len, blocks))) + b"".join(blocks)


def ico(pictures: dict[int, bytes]) -> bytes:
    head = struct.pack("<HHH", 0, 1, len(ICO))
    at = len(head) + 16 * len(ICO)
    for size in ICO:
        # A side of 256 is written as 0.
        head += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(pictures[size]), at)
        at += len(pictures[size])
    return head + b"".join(pictures[size] for size in ICO)


def main() -> None:
    for drawing in ["hangtag", "catalogue"]:
        pictures = {size: png(drawing, size) for size in {*SIZES, *ICO, *ICNS.values()}}
        for size in SIZES:
            folder = ICONS / f"{size}x{size}"
            folder.mkdir(exist_ok=True)
            (folder / f"{drawing}.png").write_bytes(pictures[size])
        (ICONS / f"{drawing}.ico").write_bytes(ico(pictures))
        (ICONS / f"{drawing}.icns").write_bytes(icns(pictures))


main()
