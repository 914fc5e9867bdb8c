"""Renders the demo product pictures of hangtag: mugs, bottles, bowls, lamps and so on.

Every picture is computed here from signed distance functions; nothing is taken
from a photograph or a model file.  The same script writes the same files again.

    python3 -m venv /tmp/demo-venv && /tmp/demo-venv/bin/pip install numpy pillow
    /tmp/demo-venv/bin/python assets/demo/render.py              # all pictures
    /tmp/demo-venv/bin/python assets/demo/render.py mugs ball-03 # only some
    /tmp/demo-venv/bin/python assets/demo/render.py --sheet /tmp/contact.png

The ray marcher itself is `marcher.py`; this file is the list of products.
"""
from __future__ import annotations

import argparse
import math
import pathlib
import zlib
from dataclasses import replace

import numpy as np
from PIL import Image

from marcher import (Lathe, Material, Scene, Surface, Vessel, box, clouds, mirror, mix, noise, puck, rgb, rod,
                     smooth_max, smooth_min, smoothstep, sphere, spin, unit, vec)

# -------------------------------------------------------------- colours and patterns
def plain(code):
    return lambda p: np.broadcast_to(rgb(code), p.shape)


def choose(mask, yes, no):
    return lambda p: mix(no(p), yes(p), mask(p))


def stripes(a, b, every, share=0.5, start=0.0, low=-9, high=9):
    band = lambda p: (((p[2] - start) / every) % 1 < share) & (p[2] > low) & (p[2] < high)
    return choose(band, plain(b), plain(a))


def upright_stripes(a, b, count, share=0.5):
    return choose(lambda p: (np.arctan2(p[1], p[0]) * count / (2 * np.pi)) % 1 < share, plain(b), plain(a))


def dots(a, b, count, every, size):
    def mask(p):
        row = np.floor(p[2] / every)
        u = (np.arctan2(p[1], p[0]) * count / (2 * np.pi) + row * 0.5) % 1 - 0.5
        return np.hypot(u * 2 * np.pi * np.hypot(p[0], p[1]) / count, p[2] - (row + 0.5) * every) < size
    return choose(mask, plain(b), plain(a))


def dipped(low, high, level, wobble=0.0):
    return choose(lambda p: p[2] < level + wobble * (noise(p * 4) - 0.5), plain(low), plain(high))


def speckled(a, b, amount=0.3, scale=26):
    return choose(lambda p: smoothstep(1 - amount, 1.05 - amount, noise(p * scale) * 0.7 + noise(p * scale * 2.7) * 0.3),
                  plain(b), plain(a))


def mottled(a, b, scale=3):
    return choose(lambda p: smoothstep(0.3, 0.62, clouds(p * scale)), plain(b), plain(a))


def wood(light, dark, scale=5.0, along=2):
    stretch = np.full((3, 1), scale, np.float32)
    stretch[along] *= 0.12

    def mask(p):
        q = p * stretch
        rings = 0.5 + 0.5 * np.sin(q.sum(0) * 5 + clouds(q, 3) * 14)
        return rings * 0.55 + noise(q * 9) * 0.45
    return choose(mask, plain(dark), plain(light))


def label(paper, ink, mid, half):
    """A printed paper round a bottle: border lines, a bold mark and lines of small print."""
    def mask(p):
        z, angle = (p[2] - mid) / half, np.arctan2(p[0], -p[1])
        border = (np.abs(z) > 0.8) & (np.abs(z) < 0.9)
        oval = np.hypot(angle / 0.62, (z - 0.3) / 0.36)
        mark = ((oval < 1) & (oval > 0.82)) | (oval < 0.55)
        line = (z > -0.65) & (z < -0.15) & ((z * 6) % 1 < 0.5) & (np.abs(angle) < 0.5)
        return border | mark | (line & (noise(np.stack([angle * 30, np.floor(z * 6), z * 0])) > 0.35))
    return choose(mask, plain(ink), plain(paper))


def glazed(color, **more): return Material(color, **more)
def matte(color, **more): return Material(color, rough=0.75, **more)
def metal(code, rough=0.2): return Material(plain(code), rough=rough, metal=True)
def glass(tint, bend=1.33): return Material(plain("#ffffff"), rough=0.03, glass=tint, bend=bend)


def weave(p):
    return 0.002 * np.sin(p[0] * 120) * np.sin(p[1] * 120 + p[2] * 120)


def placed(parts, x=0.0, y=0.0, z=0.0, turn=0.0, lean=0.0):
    """The same product at another spot; `lean` tips it over sideways (radians)."""
    c, s = math.cos(lean), math.sin(lean)
    back = np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]], np.float32)
    there = lambda p: spin(back @ (p - vec(x, y, z)), turn)
    wrap = lambda f: None if f is None else (lambda p: f(there(p)))
    return [(wrap(shape), replace(m, color=wrap(m.color), glow=wrap(m.glow), height=wrap(m.height))) for shape, m in parts]


# --------------------------------------------------------------------------- mugs
def mug(paint, inner="#f4efe6", radius=0.46, tall=1.0, belly=0.0, foot=0.86, rough=0.12, drink=None, handle=0.24, height=None, ring=1.0):
    cup = Vessel([(0, 0), (radius * foot, 0), (radius * foot, 0), (radius, 0.14), (radius + belly, tall * 0.45), (radius + belly * 0.4, tall * 0.85),
                  (radius, tall + 0.1), (radius, tall + 0.6), (0, tall + 0.6)], tall, 0.055)

    def shape(p):
        x, z = p[0] - radius - belly * 0.6 + 0.03, p[2] - tall * 0.5
        z = z - np.clip(z, -0.07 * tall, 0.07 * tall)
        loop = np.hypot(np.hypot(x * ring, z) - handle, p[1] * 0.75) - 0.05
        loop = smooth_max(loop, -(cup.solid(p) + 0.03), 0.02)
        return smooth_min(cup(p), loop, 0.07)
    parts = [(shape, Material(cup.lined(paint, plain(inner)), rough=rough, height=height))]
    if drink:
        parts.append((cup.content(tall * 0.84), Material(plain(drink), rough=0.05)))
    return parts


def heart(a, b, z):
    def mask(p):
        u, v = p[0] / 0.19, (p[2] - z) / 0.19
        return ((u * u + v * v - 1) ** 3 < u * u * v ** 3) & (p[1] < 0)
    return choose(mask, plain(b), plain(a))


def mugs():
    yield mug(plain("#c6432e"), drink="#2a1408"), dict(turn=-0.35)
    yield mug(stripes("#f3eee2", "#27508c", 0.2, 0.5, low=0.18, high=0.82)), dict(turn=-0.3)
    yield mug(dipped("#2f6f73", "#ece3d2", 0.48, 0.14), "#2f6f73", belly=0.05, rough=0.2), dict(turn=-0.5, rise=26)
    yield mug(dots("#f2c53d", "#ffffff", 12, 0.19, 0.05), drink="#7a4a25"), dict(turn=0.1, rise=30)
    yield mug(speckled("#ddd3c0", "#4b3a2d", 0.34), "#ddd3c0", belly=0.08, tall=0.9, rough=0.45, drink="#2a1408"), dict(turn=3.6)
    yield mug(choose(lambda p: p[2] > 0.95, plain("#1d2b4a"), speckled("#2f62a8", "#f5f5f5", 0.22)), "#f5f5f5", foot=0.97, handle=0.22), dict(turn=-0.7)
    yield mug(heart("#f7f4ef", "#d1263b", 0.52)), dict(turn=0.0, rise=14)
    yield mug(plain("#22252a"), "#e2703a", tall=1.15, radius=0.42, rough=0.6), dict(turn=3.6, rise=20)
    yield mug(upright_stripes("#f4f0ea", "#7fa38a", 16)) + placed(mug(plain("#7fa38a")), 0.55, 0.95, turn=2.4), dict(turn=0.3, rise=20)
    # Harder: seen nearly from above, in an unusual colour.
    yield mug(plain("#8a3fa8"), "#d9f06a", drink="#9a6a3f"), dict(turn=-0.6, rise=58)


# ------------------------------------------------------------------------- bottles
def bottle(outline, body, cap, papers=()):
    """`cap` is (radius, low, high, material); `papers` are (low, high, material)."""
    solid = Lathe(outline)
    parts = [(solid, body)]
    if cap:
        radius, foot, head, lid = cap
        parts.append((lambda p: puck(p, (0, 0, (foot + head) / 2), radius, (head - foot) / 2, 0.025), lid))
    for low, high, look in papers:
        parts.append((lambda p, low=low, high=high: smooth_max(solid(p) - 0.012, np.abs(p[2] - (low + high) / 2) - (high - low) / 2, 0.004), look))
    return parts


WINE = [(0, 0), (0.34, 0), (0.34, 0), (0.36, 0.05), (0.36, 1.3), (0.36, 1.55), (0.13, 1.75), (0.125, 1.95), (0.125, 2.3), (0.14, 2.32), (0.14, 2.4), (0.14, 2.4), (0, 2.4)]
BURGUNDY = [(0, 0), (0.38, 0), (0.38, 0), (0.4, 0.05), (0.4, 0.9), (0.4, 1.2), (0.22, 1.6), (0.13, 1.9), (0.125, 2.3), (0.14, 2.32), (0.14, 2.4), (0.14, 2.4), (0, 2.4)]
SODA = [(0, 0), (0.26, 0), (0.33, 0.02), (0.36, 0.2), (0.37, 0.45), (0.31, 0.7), (0.31, 0.75), (0.36, 1.0), (0.37, 1.4), (0.33, 1.65), (0.14, 1.95), (0.13, 2.08), (0.13, 2.2), (0, 2.2)]
BEER = [(0, 0), (0.29, 0), (0.29, 0), (0.31, 0.05), (0.31, 0.9), (0.31, 1.15), (0.13, 1.4), (0.12, 1.65), (0.105, 1.9), (0.12, 1.92), (0.12, 2.0), (0, 2.0)]
WATER = [(0, 0), (0.3, 0), (0.33, 0.05), (0.35, 0.3), (0.31, 0.42), (0.35, 0.54), (0.35, 1.0), (0.31, 1.1), (0.35, 1.2), (0.34, 1.5), (0.13, 1.72), (0.13, 1.78), (0.13, 1.88), (0, 1.88)]
FLASK = [(0, 0), (0.33, 0), (0.33, 0), (0.35, 0.04), (0.35, 1.4), (0.35, 1.56), (0.2, 1.66), (0.2, 1.75), (0, 1.75)]
LOTION = [(0, 0), (0.36, 0), (0.36, 0), (0.4, 0.04), (0.4, 1.0), (0.4, 1.2), (0.2, 1.26), (0.13, 1.3), (0.13, 1.4), (0, 1.4)]
MILK = [(0, 0), (0.36, 0), (0.36, 0), (0.38, 0.05), (0.38, 0.95), (0.37, 1.25), (0.2, 1.5), (0.19, 1.7), (0.22, 1.74), (0.22, 1.84), (0.22, 1.84), (0, 1.84)]


def bottles():
    paper = lambda a, b, mid, half, **more: Material(label(a, b, mid, half), rough=0.7, **more)
    foil = lambda code: Material(plain(code), rough=0.35, metal=True)
    plastic = lambda code: Material(plain(code), rough=0.25, height=lambda p: 0.012 * np.sin(np.arctan2(p[1], p[0]) * 44))
    yield bottle(WINE, glass("#244a1c", 1.3), (0.15, 1.95, 2.43, foil("#5a1420")), [(0.35, 1.15, paper("#f1e8d2", "#5a1420", 0.75, 0.4))]), dict(turn=0.2)
    yield bottle(SODA, glass("#5a1a08"), (0.16, 2.07, 2.3, plastic("#d11f1f")), [(0.85, 1.35, paper("#d11f1f", "#ffffff", 1.1, 0.25))]), dict(turn=-0.2)
    yield bottle(WATER, glass("#d4ecf6", 1.18), (0.16, 1.78, 1.96, plastic("#2466c4")), [(0.56, 0.98, paper("#e6f2fa", "#2466c4", 0.77, 0.21))]), dict(turn=0.1)
    yield bottle(BEER, glass("#7a3a08", 1.3), (0.145, 1.95, 2.06, foil("#d9b24a")), [(0.3, 0.85, paper("#f4e7c0", "#1f5a36", 0.57, 0.27)), (1.45, 1.66, paper("#1f5a36", "#f4e7c0", 1.55, 0.1))]), dict(turn=0.15)
    yield bottle(FLASK, Material(dipped("#c9ccd0", "#1f7a78", 0.12), rough=0.5), (0.24, 1.68, 1.98, metal("#c9ccd0", 0.25)), []), dict(turn=0)
    yield bottle(LOTION, Material(plain("#f2ede4"), rough=0.4), (0.17, 1.36, 1.56, matte(plain("#2b2b2b"))), [(0.3, 0.95, paper("#e7b7a3", "#4a2b22", 0.62, 0.32))]) + \
        [(lambda p: np.minimum(rod(p, (0, 0, 1.5), (0, 0, 1.78), 0.05), smooth_min(rod(p, (0, 0, 1.78), (0.3, 0, 1.76), 0.045, 0.035), puck(p, (0, 0, 1.8), 0.12, 0.05), 0.05)), matte(plain("#2b2b2b")))], dict(turn=0.5)
    yield bottle(MILK, glass("#f7a024", 1.3), (0.235, 1.72, 1.9, foil("#e8e8e8")), [(0.4, 0.9, paper("#ffffff", "#e4701e", 0.65, 0.25))]), dict(turn=-0.1)
    yield bottle(BURGUNDY, glass("#e8c878", 1.3), (0.15, 2.0, 2.43, foil("#c9a24a")), [(0.3, 0.85, paper("#fbf8f0", "#8a6a1e", 0.57, 0.27))]) + \
        placed(bottle(WINE, glass("#1c2f14", 1.3), (0.15, 1.95, 2.43, foil("#20242c")), [(0.35, 1.1, paper("#20242c", "#e0c070", 0.72, 0.37))]), 0.8, 0.55), dict(turn=0.1)
    # Harder: lying on its side.
    yield placed(bottle(SODA, glass("#1f7a34"), (0.16, 2.07, 2.3, plastic("#f4f4f4")), [(0.85, 1.35, paper("#f6d321", "#1f7a34", 1.1, 0.25))]), -1.1, 0, 0.38, turn=0.2, lean=1.5708), dict(turn=0.35, rise=24)


# --------------------------------------------------------------------------- bowls
def bowl(paint, inner, radius=0.95, tall=0.7, foot=0.42, rough=0.12, flare=0.0, metal=False, wall=0.06, height=None):
    shape = Vessel([(0, 0), (foot, 0), (foot, 0), (foot, 0.06), (foot * 1.02, 0.07), (radius * 0.8, tall * 0.22), (radius * 0.97, tall * 0.62),
                    (radius + flare * 0.6, tall), (radius + flare, tall + 0.3), (radius + flare, tall + 0.6), (0, tall + 0.6)], tall, wall)
    return [(shape, Material(shape.lined(paint, inner), rough=rough, metal=metal, height=height))], shape


def bowls():
    white = plain("#f5f1e8")
    yield bowl(stripes("#f5f1e8", "#2b5ea8", 0.16, 0.45, low=0.28), white)[0], dict(rise=24)
    yield bowl(plain("#c8ccd2"), plain("#d4d8dc"), metal=True, rough=0.22, tall=0.8, flare=0.08, wall=0.04)[0], dict(rise=26)
    yield bowl(wood("#b87a45", "#6e3d1c", along=0), wood("#c48a52", "#7c4822", along=0), rough=0.5, tall=0.62)[0], dict(rise=30)
    yield bowl(plain("#3f8f86"), speckled("#58a89e", "#e8f0ea", 0.2), tall=0.58, flare=0.06)[0], dict(rise=32)
    soup, inside = bowl(plain("#d8d0c4"), white, tall=0.55)
    yield soup + [(inside.content(0.42), Material(speckled("#d9701f", "#4f7a2a", 0.27, 17), rough=0.1, height=lambda p: 0.006 * noise(p * 9)))], dict(rise=36)
    fruit, inside = bowl(dipped("#b8452f", "#efe3cf", 0.36, 0.05), plain("#efe3cf"), tall=0.6, radius=1.0)
    spots = [(-0.38, 0.1, 0.52), (0.36, 0.22, 0.5), (0.03, -0.34, 0.5), (0.02, 0.05, 0.86)]
    peel = Material(speckled("#ee8a1c", "#e07a10", 0.5, 14), rough=0.35, height=lambda p: 0.008 * noise(p * 26))
    yield fruit + [(lambda p, s=s: sphere(p, s, 0.35), peel) for s in spots], dict(rise=26)
    stack = []
    for i, (code, size) in enumerate([("#e5a13a", 1.0), ("#d96f52", 0.88), ("#7d9c8a", 0.76)]):
        stack += placed(bowl(plain(code), plain(code), radius=size, tall=0.6, foot=size * 0.45)[0], z=0.17 * i)
    yield stack, dict(rise=20)
    yield bowl(mottled("#1d2f55", "#3c69a8"), mottled("#22406e", "#6ba0cf"), radius=0.8, tall=0.72, flare=0.1)[0], dict(rise=28)
    # Harder: straight from above.
    yield bowl(dots("#f0e9dc", "#cc4a5a", 18, 0.17, 0.05), upright_stripes("#f7b3b8", "#f0e9dc", 12))[0], dict(rise=72)


# --------------------------------------------------------------------------- lamps
def hood(low, high, r_low, r_high, thick=0.014):
    slope = (high - low) / math.hypot(high - low, r_high - r_low)

    def shape(p):
        k = np.clip((p[2] - low) / (high - low), 0, 1)
        return smooth_max(np.abs(np.hypot(p[0], p[1]) - mix(r_low, r_high, k)) * slope - thick, np.abs(p[2] - (low + high) / 2) - (high - low) / 2, 0.01)
    return shape


def lit(code, bulb_z, strength=1.0, pleats=0):
    """Cloth with a lamp behind it: brightest at the height of the bulb."""
    def glow(p):
        g = 0.42 + 0.75 * np.exp(-((p[2] - bulb_z) / 0.28) ** 2)
        if pleats:
            g = g * (0.86 + 0.14 * np.sin(np.arctan2(p[1], p[0]) * pleats))
        return rgb(code) * vec(1.0, 0.8, 0.5) * g * strength
    return Material(plain(code), rough=0.9, glow=glow)


def bulb(z, size=0.1):
    return (lambda p: sphere(p, (0, 0, z), size)), Material(plain("#fff2d0"), glow=lambda p: np.broadcast_to(vec(6, 4.4, 2.4), p.shape))


def table_lamp(base, look, shade, cloth, stem_top, bulb_z, stem="#b08a3c"):
    brass = metal(stem, 0.25)
    return [(Lathe(base), look), (lambda p: rod(p, (0, 0, 0.3), (0, 0, stem_top), 0.028), brass), (hood(*shade), cloth), bulb(bulb_z)]


def lamps():
    gourd = [(0, 0), (0.3, 0), (0.3, 0), (0.3, 0.06), (0.2, 0.1), (0.42, 0.28), (0.44, 0.55), (0.3, 0.8), (0.1, 0.92), (0.08, 1.05), (0, 1.05)]
    urn = [(0, 0), (0.26, 0), (0.26, 0), (0.26, 0.05), (0.12, 0.1), (0.16, 0.2), (0.38, 0.62), (0.36, 0.86), (0.12, 0.96), (0.1, 1.06), (0, 1.06)]
    candle = [(0, 0), (0.32, 0), (0.32, 0), (0.32, 0.05), (0.1, 0.1), (0.05, 0.2), (0.05, 0.3), (0.1, 0.36), (0.05, 0.42), (0.045, 0.8), (0.09, 0.88), (0.05, 0.95), (0.04, 1.1), (0, 1.1)]
    block = [(0, 0), (0.3, 0), (0.3, 0), (0.31, 0.03), (0.31, 0.72), (0.3, 0.78), (0.06, 0.79), (0.05, 0.95), (0, 0.95)]
    yield table_lamp(gourd, glazed(plain("#2f6f8f")), (1.1, 1.85, 0.68, 0.42), lit("#f3dfb4", 1.4), 1.8, 1.4), dict(bulb=((0, 0, 1.45), 0.9))
    legs = [(lambda p, a=a: rod(p, (0.45 * math.cos(a), 0.45 * math.sin(a), 0.03), (0.03 * math.cos(a), 0.03 * math.sin(a), 1.15), 0.03, 0.04), matte(wood("#c89a62", "#8a5a2c"))) for a in (0.4, 2.5, 4.6)]
    yield legs + [(hood(1.12, 1.72, 0.6, 0.6), lit("#f6ead2", 1.4)), bulb(1.4)], dict(bulb=((0, 0, 1.45), 0.9))
    dome = Lathe([(0, 1.0), (0.6, 1.0), (0.62, 1.0), (0.62, 1.05), (0.6, 1.35), (0.3, 1.6), (0, 1.6)])
    yield [(dome, lit("#ffcf9a", 1.1, 0.95)), (lambda p: rod(p, (0, 0, 0.05), (0, 0, 1.0), 0.1), glazed(plain("#e46a2e"))), (lambda p: puck(p, (0, 0, 0.05), 0.36, 0.05), glazed(plain("#e46a2e")))], dict(bulb=((0, 0, 0.95), 0.6))
    red = Material(plain("#c3352b"), rough=0.3)
    arm = lambda p: np.minimum(rod(p, (-0.35, 0, 0.1), (-0.6, 0, 0.95), 0.03), rod(p, (-0.6, 0, 0.95), (0.12, 0, 1.62), 0.03))
    joint = lambda p: np.minimum(sphere(p, (-0.6, 0, 0.95), 0.065), sphere(p, (0.12, 0, 1.62), 0.065))
    yield [(arm, metal("#c9ccd0")), (joint, matte(plain("#2a2a2a"))), (lambda p: puck(p, (-0.35, 0, 0.05), 0.36, 0.05), red)] + \
        placed([(hood(-0.5, 0.0, 0.36, 0.12, 0.02), red), (lambda p: puck(p, (0, 0, 0.02), 0.13, 0.08), red), bulb(-0.3, 0.12)], 0.2, 0, 1.6, lean=-0.5), dict(bulb=((0.4, 0, 1.2), 0.55), turn=0.35)
    yield [(lambda p: sphere(p, (0, 0, 0.78), 0.5), Material(plain("#fff4e0"), rough=0.3, glow=lambda p: vec(0.95, 0.72, 0.46) * (0.12 + 0.5 * p[2]))),
           (lambda p: puck(p, (0, 0, 0.15), 0.26, 0.15), wood_look("#a87442", "#5e3718"))], dict(bulb=((0, 0, 0.8), 0.8))
    yield table_lamp(candle, metal("#c79a44", 0.22), (1.0, 1.6, 0.62, 0.3), lit("#e8a99a", 1.25, 1.0, 44), 1.6, 1.25), dict(bulb=((0, 0, 1.3), 0.8))
    yield table_lamp(urn, glazed(stripes("#f1ebdf", "#33415e", 0.16, 0.5, low=0.2, high=0.9)), (1.05, 1.7, 0.58, 0.5), lit("#f2e6cf", 1.35), 1.7, 1.35), dict(bulb=((0, 0, 1.4), 0.8))
    yield table_lamp(block, matte(mottled("#9a9a98", "#7a7a78", 4), height=lambda p: 0.01 * noise(p * 30)), (0.9, 1.5, 0.55, 0.55), lit("#cfd8a8", 1.2), 1.4, 1.2, "#2a2a2a"), dict(bulb=((0, 0, 1.25), 0.8))
    # Harder: switched off, in daylight.
    yield table_lamp(gourd, glazed(plain("#e9e4da")), (1.0, 1.75, 0.62, 0.62), matte(plain("#4a5c50")), 1.7, 1.4)[:3], dict(light=1.0)


# -------------------------------------------------------------------------- chairs
def wood_look(a, b, rough=0.4, along=2): return Material(wood(a, b, along=along), rough=rough)


def bars(rods):
    """Bars given for the right side; the left side is their mirror image."""
    def shape(p):
        q, d = mirror(p), 9.0
        for r in rods:
            d = np.minimum(d, rod(q, *r))
        return d
    return shape


def four_legs(splay=0.0, top=0.88, thick=0.05, tip=0.035, x=0.38, front=-0.36, back=0.36):
    return [((x, front, top), (x + splay, front - splay, 0.03), thick, tip), ((x, back, top), (x + splay, back + splay, 0.03), thick, tip)]


SEAT = (lambda p: box(p, (0, 0, 0.9), (0.46, 0.44, 0.05), 0.05))


def side_chair(look, seat_look, back, splay=0.04, seat=SEAT, thick=0.05, extra=()):
    posts = [((0.38, 0.38, 0.88), (0.36, 0.56, 1.9), thick, thick * 0.8)]
    rungs = [((0.39, -0.36, 0.42), (0.39, 0.38, 0.42), 0.025), ((0, -0.38, 0.55), (0.4, -0.38, 0.55), 0.025)]
    return [(bars(four_legs(splay, thick=thick) + posts + rungs + list(extra)), look), (seat, seat_look), (back, look)]


def slats(heights, half=0.06):
    return lambda p: np.min([box(p, (0, 0.4 + 0.16 * (z - 0.9), z), (0.38, 0.02, half), 0.015) for z in heights], 0)


def chairs():
    oak, walnut = wood_look("#c99a5f", "#96652f"), wood_look("#7a4a28", "#47260f")
    black, sage = Material(plain("#1c1c1e"), rough=0.4), Material(plain("#6f9a7c"), rough=0.4)
    yield side_chair(oak, wood_look("#c99a5f", "#96652f", along=1), slats([1.25, 1.5, 1.78])), dict(turn=0.55)
    spindles = bars([((x, 0.36, 0.92), (x * 1.15, 0.56, 1.8), 0.018) for x in (0.0, 0.13, 0.26)])
    crest = lambda p: box(p, (0, 0.57, 1.86), (0.47, 0.035, 0.09), 0.03)
    yield side_chair(black, black, lambda p: np.minimum(spindles(p), crest(p)), splay=0.1), dict(turn=-0.6)
    shell = lambda p: smooth_min(box(p, (0, -0.02, 0.93), (0.47, 0.45, 0.045), 0.04), box(p + (p[2] - 1.35) * vec(0, -0.28, 0) + p[0] ** 2 * vec(0, 0.45, 0), (0, 0.5, 1.38), (0.45, 0.035, 0.42), 0.035), 0.3)
    yield [(shell, Material(plain("#2f9aa0"), rough=0.3)), (bars([((0.2, -0.2, 0.9), (0.45, -0.44, 0.03), 0.035, 0.025), ((0.2, 0.2, 0.9), (0.45, 0.46, 0.03), 0.035, 0.025)]), oak),
           (bars([((0.28, -0.27, 0.68), (0, 0.33, 0.4), 0.014), ((0.28, 0.28, 0.68), (0, -0.33, 0.4), 0.014)]), black)], dict(turn=0.6)
    arc = lambda p: np.maximum(np.hypot(np.hypot(p[1], p[2] - 2.3) - 2.26, np.abs(np.abs(p[0]) - 0.42)) - 0.045, np.abs(p[1] - 0.05) - 0.95)
    arms = [((0.47, -0.4, 1.3), (0.45, 0.45, 1.34), 0.045), ((0.44, -0.36, 0.9), (0.47, -0.36, 1.3), 0.035)]
    yield side_chair(walnut, wood_look("#7a4a28", "#47260f", along=1), lambda p: np.minimum(bars([((x, 0.38, 0.92), (x, 0.56, 1.85), 0.028) for x in (0.0, 0.13, 0.26)])(p), crest(p)),
                     extra=arms) + [(arc, walnut)], dict(turn=0.95)
    steel, navy = metal("#b9bdc2", 0.3), Material(plain("#23406e"), rough=0.45)
    yield [(bars([((0.44, -0.5, 0.04), (0.42, 0.38, 1.85), 0.032), ((0.4, 0.5, 0.04), (0.4, -0.38, 0.92), 0.032), ((0, -0.42, 0.2), (0.44, -0.42, 0.2), 0.024), ((0, 0.42, 0.2), (0.4, 0.42, 0.2), 0.024)]), steel),
           (lambda p: box(p, (0, -0.02, 0.92), (0.38, 0.4, 0.035), 0.03), navy), (lambda p: box(p, (0, 0.3, 1.65), (0.4, 0.03, 0.2), 0.03), navy)], dict(turn=0.7)
    cloth = Material(speckled("#c9833f", "#b8742f", 0.5, 50), rough=0.9, height=weave)
    padded = lambda p: box(p, (0, 0, 0.92), (0.48, 0.46, 0.1), 0.08)
    yield [(padded, cloth), (lambda p: box(p + (p[2] - 1.4) * vec(0, -0.15, 0), (0, 0.46, 1.42), (0.46, 0.08, 0.46), 0.08), cloth), (bars(four_legs(0.05)), walnut)], dict(turn=-0.5)
    grey = Material(speckled("#66788a", "#586a7c", 0.5, 50), rough=0.9, height=weave)
    club = lambda p: np.min([box(p, (0, 0.05, 0.42), (0.8, 0.62, 0.24), 0.08), box(mirror(p), (0.72, 0.0, 0.66), (0.14, 0.62, 0.36), 0.12), box(p + (p[2] - 1) * vec(0, -0.12, 0), (0, 0.6, 0.98), (0.72, 0.16, 0.58), 0.14)], 0)
    yield [(club, grey), (lambda p: box(p, (0, -0.06, 0.72), (0.56, 0.58, 0.13), 0.1), grey), (bars(four_legs(0.03, 0.2, x=0.68, front=-0.46, back=0.56)), oak)], dict(turn=0.5)
    yield side_chair(sage, Material(upright_stripes("#d8c39a", "#c2a878", 40), rough=0.8, height=weave), lambda p: np.minimum(np.minimum(rod(p, (0.35, 0.42, 1.02), (-0.33, 0.56, 1.78), 0.028), rod(p, (-0.35, 0.42, 1.02), (0.33, 0.56, 1.78), 0.028)), crest(p))), dict(turn=-0.75)
    # Harder: a stool without a back.
    yield [(lambda p: puck(p, (0, 0, 1.32), 0.42, 0.06, 0.05), Material(plain("#e0b13a"), rough=0.3)), (bars(four_legs(0.14, 1.3, 0.045, 0.04, 0.24, -0.24, 0.24) + [((0, -0.33, 0.5), (0.34, -0.33, 0.5), 0.022), ((0.34, -0.33, 0.5), (0.34, 0.33, 0.5), 0.022), ((0, 0.33, 0.5), (0.34, 0.33, 0.5), 0.022)]), black)], dict(turn=0.4, rise=24)


# --------------------------------------------------------------------------- balls
def on_ball(f, tumble):
    """A pattern on the unit sphere, turned so that its poles show."""
    a, b = tumble
    m = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]], np.float32)
    return lambda p: f(unit(spin(m @ (p - vec(0, 0, 1)), b)))


def ball(paint, relief=None, rough=0.3, tumble=(0.5, 0.4)):
    return [(lambda p: sphere(p, (0, 0, 1), 1), Material(on_ball(paint, tumble), rough=rough, height=relief and on_ball(relief, tumble)))]


PHI = (1 + 5 ** 0.5) / 2
CORNERS = unit(np.array([(s * a, t * b, 0) for s in (1, -1) for t in (1, -1) for a, b in [(1, PHI)]], np.float32).T)
CORNERS = np.concatenate([np.roll(CORNERS, i, 0) for i in range(3)], 1)              # icosahedron: the pentagons
FACES = np.array([(x, y, z) for x in (1, -1) for y in (1, -1) for z in (1, -1)], np.float32).T
FACES = unit(np.concatenate([FACES] + [np.roll(np.array([(0, s * PHI, t / PHI) for s in (1, -1) for t in (1, -1)], np.float32).T, i, 0) for i in range(3)], 1))


def patches(q):
    """Of a football: whether a pentagon, and how near the seam."""
    five, six = np.partition(CORNERS.T @ q / 2.327, -2, 0)[-2:], np.partition(FACES.T @ q / 2.267, -2, 0)[-2:]
    top = np.sort(np.concatenate([five, six]), 0)
    return five[1] > six[1], (top[-1] - top[-2]) * 2.3


def football(q):
    dark, gap = patches(q)
    return np.where(dark, rgb("#17181a"), rgb("#f4f4f2")) * np.where(gap < 0.02, 0.35, 1)


def basket_seam(q): return np.minimum(np.minimum(np.abs(q[0]), np.abs(q[2])), np.abs(np.abs(q[0]) - 0.45 - 0.4 * q[2] ** 2))


def curve_seam(q, k=1.25):
    return np.abs(q[2] - k * (q[0] ** 2 - q[1] ** 2)) / np.sqrt(1 + 4 * k * k * (q[0] ** 2 + q[1] ** 2))


def baseball(q):
    d, a = curve_seam(q), np.arctan2(q[1], q[0])
    stitch = (d > 0.02) & (d < 0.085) & ((a * 16 + d * 16) % 1 < 0.42)
    return np.where(stitch, rgb("#c22a2a"), rgb("#f3eee2") * np.where(d < 0.012, 0.6, 1))


def panels(q):
    """A volleyball: six faces, each of three strips."""
    face = np.argmax(np.abs(q), 0)
    across = np.choose(face, [q[1] / np.abs(q[0] + 1e-6), q[2] / np.abs(q[1] + 1e-6), q[0] / np.abs(q[2] + 1e-6)])
    strip = np.clip(np.floor((np.clip(across, -0.999, 0.999) + 1) * 1.5), 0, 2)
    edge = np.minimum(np.abs(np.abs(across) - 0.333), np.sort(np.abs(q), 0)[2] - np.sort(np.abs(q), 0)[1])
    return face, strip, edge


def volleyball(q):
    face, strip, edge = panels(q)
    color = np.where(strip == 1, rgb("#f4f2ec"), np.where((strip + face) % 2 < 1, rgb("#f2c21c"), rgb("#1f4fa3")))
    return color * np.where(edge < 0.018, 0.45, 1)


def beach(q):
    k = np.floor((np.arctan2(q[1], q[0]) / (2 * np.pi) + 0.5) * 6).astype(int) % 6
    colors = np.concatenate([rgb(c) for c in ("#e2332f", "#f7f7f4", "#f5c31e", "#f7f7f4", "#1f77c9", "#f7f7f4")], 1)
    return np.where(np.abs(q[2]) > 0.965, rgb("#f7f7f4"), colors[:, k])


STEPS = np.arange(320) + 0.5
GOLF = np.stack([np.sqrt(1 - (1 - STEPS / 160) ** 2) * np.cos(STEPS * 2.39996), np.sqrt(1 - (1 - STEPS / 160) ** 2) * np.sin(STEPS * 2.39996), 1 - STEPS / 160]).astype(np.float32)


def balls():
    fuzz = lambda q: 0.02 * noise(q * 45) - 0.02 * (curve_seam(q) < 0.045)
    dimples = lambda q: -0.03 * smoothstep(0.9955, 0.9985, (GOLF.T @ q).max(0))
    groove = lambda d, wide, deep: -deep * smoothstep(wide, 0, d)
    yield ball(football, lambda q: groove(patches(q)[1], 0.05, 0.02), tumble=(0.55, 0.3)), dict(rise=14)
    yield ball(lambda q: np.where(basket_seam(q) < 0.022, rgb("#1d1512"), rgb("#c8571f") * (0.85 + 0.15 * noise(q * 60))), lambda q: 0.008 * noise(q * 55) + groove(basket_seam(q), 0.03, 0.02), 0.5, (0.35, 0.45)), dict(rise=12)
    yield ball(lambda q: np.where(curve_seam(q) < 0.045, rgb("#f2f2ea"), rgb("#c9dc2e") * (0.7 + 0.3 * noise(q * 45))), fuzz, 0.9, (0.9, 0.6)), dict(rise=16)
    yield ball(beach, lambda q: 0 * q[0], 0.15, (-0.7, 0.2)), dict(rise=20)
    yield ball(volleyball, lambda q: groove(panels(q)[2], 0.04, 0.02), 0.4, (0.6, 0.5)), dict(rise=14)
    yield ball(lambda q: np.broadcast_to(rgb("#f7f7f5"), q.shape), dimples, 0.2), dict(rise=16)
    yield ball(baseball, lambda q: 0.015 * ((curve_seam(q) > 0.02) & (curve_seam(q) < 0.085)), 0.6, (1.0, 0.5)), dict(rise=16)
    croquet = lambda code: ball(lambda q: np.broadcast_to(rgb(code), q.shape), lambda q: 0.006 * np.sin(q[2] * 60) * np.sin(np.arctan2(q[1], q[0]) * 50) * (np.abs(q[2]) < 0.85), 0.2)
    yield croquet("#2357b0") + placed(croquet("#c8242a"), 1.7, 1.5) + placed(croquet("#e8b81e"), -1.5, 1.7), dict(rise=20)
    paddle = [(lambda p: smooth_min(puck(p, (0, 0, 0.12), 1.9, 0.08, 0.04), box(p, (2.2, 0, 0.12), (0.9, 0.26, 0.1), 0.08), 0.1), Material(choose(lambda p: p[0] > 1.75, wood("#d8a866", "#a87436", along=0), plain("#b3262b")), rough=0.55))]
    yield placed(paddle, 0, 0, turn=-0.7) + placed(ball(lambda q: np.broadcast_to(rgb("#f7f4ee"), q.shape), None, 0.35), -0.2, -0.5, 0.15), dict(rise=32)
    finger = lambda p: np.min([sphere(p, (math.sin(a) * 0.3, -0.72 - 0.05 * k, 1.72 - 0.12 * k), 0.12 + 0.02 * k) for a, k in ((-0.6, 0), (0.6, 0), (0, 2.4))], 0)
    yield [(lambda p: smooth_max(sphere(p, (0, 0, 1), 1), -finger(p), 0.02), Material(mottled("#141a3a", "#3f58b8", 2.4), rough=0.06))], dict(rise=16)


# --------------------------------------------------------------------------- vases
def vase(outline, paint, inner="#3a322b", rough=0.15, height=None, metal=False):
    top = outline[-1][1]
    shape = Vessel([(0, 0), outline[0], outline[0]] + outline[1:] + [(outline[-1][0] * 1.06, top + 0.3), (outline[-1][0] * 1.06, top + 0.6), (0, top + 0.6)], top, 0.045)
    return [(shape, Material(shape.lined(paint, plain(inner)), rough=rough, height=height, metal=metal))]


def twigs(top, seed, code="#c7a35c", count=7, tip="#e9d9b0"):
    rng, rods, heads = np.random.default_rng(seed), [], []
    for _ in range(count):
        a, lean, tall = rng.uniform(0, 6.28), rng.uniform(0.12, 0.45), top + rng.uniform(0.5, 0.9)
        heads.append((lean * math.cos(a), lean * math.sin(a), tall))
        rods.append(((0.02 * math.cos(a), 0.02 * math.sin(a), top - 0.3), heads[-1], 0.012))
    return [(lambda p: np.min([rod(p, *r) for r in rods], 0), matte(plain(code))), (lambda p: np.min([sphere(p, h, 0.075) for h in heads], 0), matte(speckled(tip, code, 0.5, 40)))]


def vases():
    classic = [(0.24, 0), (0.3, 0.1), (0.55, 0.6), (0.56, 0.95), (0.26, 1.3), (0.2, 1.45), (0.34, 1.6)]
    slim = [(0.26, 0), (0.34, 0.2), (0.36, 0.6), (0.2, 1.1), (0.14, 1.5), (0.18, 1.75)]
    round_ = [(0.26, 0), (0.55, 0.15), (0.66, 0.55), (0.5, 0.95), (0.2, 1.05), (0.2, 1.2)]
    tall = [(0.3, 0), (0.34, 0.3), (0.4, 0.9), (0.42, 1.4), (0.36, 1.7)]
    yield vase(classic, choose(lambda p: np.sin(clouds(p * 3.2) * 26) > 0.2, plain("#24509a"), plain("#f2f1ec")), "#f2f1ec"), dict(rise=12)
    yield vase(slim, plain("#b8492f"), rough=0.7) + twigs(1.75, 3, "#b89a5c"), dict(rise=10)
    yield vase(round_, dipped("#3c5a4a", "#d8cbb2", 0.55, 0.3), rough=0.35), dict(rise=16)
    yield vase(tall, plain("#e7e2d8"), rough=0.6, height=lambda p: 0.02 * np.sin(np.arctan2(p[1], p[0]) * 28)) + twigs(1.7, 5, "#7c8f5a", 9, "#a9bb7e"), dict(rise=12)
    yield vase(classic, stripes("#e8d5b0", "#8a3b24", 0.24, 0.4, low=0.3, high=1.25), rough=0.6), dict(rise=14)
    yield vase(slim, plain("#c9a04a"), metal=True, rough=0.22), dict(rise=12)
    yield vase(round_, mottled("#1f5f7a", "#59b0b8", 2.5), rough=0.08) + twigs(1.2, 9, "#8a6a4a", 6, "#e8b8b0"), dict(rise=12)
    # Harder: pink and seen from high up.
    yield vase(tall, upright_stripes("#f0a8b8", "#f7e3e0", 14), "#d98a9c"), dict(rise=40)


# ----------------------------------------------------------------- sets and catalogue
PAPER = [Surface("sweep", low, low, (low, high)) for low, high in
         [("#ebe6de", "#f6f3ee"), ("#cdd8de", "#e6edf0"), ("#efc6b4", "#f7ded2"), ("#b7c9b2", "#d6e2d0"), ("#d6c8e0", "#ece4f2"), ("#f0dc9c", "#f8ecc8"), ("#8fb0c4", "#b9d2e0"), ("#4a5562", "#7c8896")]]
TABLES = [Surface("wood", "#c89b66", "#8a5a30", ("#cfd3cf", "#e8e8e2"), 2.2, 6, 0.12), Surface("marble", "#f0eeea", "#8e9298", ("#a9b8b2", "#cfd8d2"), 2.0, 6, 0.25),
          Surface("linen", "#d9ccb6", "#a89a82", ("#e4ddd0", "#f2ede4"), 2.6, 6), Surface("wood", "#6b4226", "#38200f", ("#b5a58e", "#ddd0bc"), 2.2, 6, 0.2),
          Surface("stone", "#8f9294", "#6c7072", ("#c9cfd4", "#e4e8ea"), 2.4, 6, 0.08), Surface("linen", "#8fa3b5", "#5f7488", ("#d5dde2", "#eef1f3"), 2.6, 6)]
ROOMS = [Surface("wood", "#c49a68", "#8f6238", ("#d8dcd6", "#e6e8e2"), wall_y=1.7, gloss=0.1), Surface("wood", "#8a623f", "#56371d", ("#9fb3b0", "#b9c9c5"), wall_y=1.7, gloss=0.12),
         Surface("stone", "#b4b2ae", "#94928e", ("#e3c9b2", "#eedccb"), wall_y=1.7)]
EVENING = [Surface("wood", "#8a5a34", "#4f2f18", ("#5b6470", "#4a525e"), 1.5, 3, 0.15), Surface("linen", "#b8a890", "#8a7a64", ("#8a7468", "#6e5c52"), 1.6, 3),
           Surface("wood", "#5d3a22", "#321c0d", ("#6d7a6a", "#566254"), 1.5, 3, 0.2), Surface("marble", "#e4e0da", "#94908c", ("#6a5f6e", "#544b58"), 1.5, 3, 0.2)]
MIXED = [s for pair in zip(TABLES, PAPER) for s in pair] + PAPER[len(TABLES):]
KINDS = {"mugs": (mugs, MIXED), "bottles": (bottles, MIXED[::-1]), "bowls": (bowls, MIXED[3:] + MIXED[:3]), "lamps": (lamps, EVENING),
         "chairs": (chairs, [ROOMS[0], PAPER[0], ROOMS[1], PAPER[3], ROOMS[2], PAPER[1]]), "balls": (balls, MIXED[6:] + MIXED[:6]), "vases": (vases, MIXED[9:] + MIXED[:9])}
TIGHT = {"mugs": 0.9, "bottles": 1.16, "vases": 1.12, "lamps": 1.08, "chairs": 1.1}  # tall things may fill more of the height


def pictures():
    """Name, seed and scene of every picture, made only when asked for."""
    for kind, (products, sets) in KINDS.items():
        for number, (parts, wish) in enumerate(products(), 1):
            name = f"{kind[:-1]}-{number:02d}"
            seed = zlib.crc32(name.encode())
            rng = np.random.default_rng(seed)
            view = dict(turn=rng.uniform(-0.2, 0.2), rise=rng.uniform(8, 16), side=rng.choice([-1.0, 1.0]), fill_frame=rng.uniform(0.66, 0.76) * TIGHT.get(kind, 1.0),
                        shift=tuple(rng.uniform(-0.08, 0.08, 2)), light=0.45 if "bulb" in wish else rng.uniform(0.92, 1.06))
            yield kind, name, seed, lambda parts=parts, view=view | wish, s=sets[(number - 1) % len(sets)]: Scene(parts, s, **view)


def main():
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("only", nargs="*", help="kinds or names, e.g. mugs ball-03; all when left out")
    ask.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent, help="folder for the kind folders")
    ask.add_argument("--sheet", type=pathlib.Path, help="also write all of them on one contact sheet")
    options = ask.parse_args()
    done = []
    for kind, name, seed, scene in pictures():
        if options.only and kind not in options.only and name not in options.only:
            continue
        picture = scene().render(seed)
        (options.out / kind).mkdir(parents=True, exist_ok=True)
        picture.save(options.out / kind / f"{name}.jpg", quality=88, optimize=True)
        done.append(picture)
        print(name, flush=True)
    if options.sheet and done:
        columns = min(8, len(done))
        sheet = Image.new("RGB", (columns * 240, -(-len(done) // columns) * 240))
        for i, picture in enumerate(done):
            sheet.paste(picture.resize((240, 240)), (i % columns * 240, i // columns * 240))
        sheet.save(options.sheet)


if __name__ == "__main__":
    main()
