"""A small ray marcher that takes studio pictures of products, in numpy.

`render.py` next to it describes the products; here are the distance functions they
are built from, the light, the table and the camera.

Conventions: z is up, the table is z = 0, the camera looks along +y.  Points and
colours are arrays of shape (3, N), colours in linear light.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Callable

import numpy as np
from PIL import Image

SIZE, OVERSAMPLE = 320, 2


# ---------------------------------------------------------------- small helpers
def vec(*values):
    return np.array(values, dtype=np.float32).reshape(3, 1)


def rgb(code):
    """A colour written as in CSS, brought to linear light."""
    return vec(*[(int(code[i:i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5)])


def dot(a, b):
    return (a * b).sum(0)


def unit(a):
    return a / np.sqrt(np.maximum(dot(a, a), 1e-12))


def mix(a, b, k):
    return a + (b - a) * k


def smoothstep(low, high, x):
    k = np.clip((x - low) / (high - low), 0, 1)
    return k * k * (3 - 2 * k)


def spin(p, angle):
    """Points turned about the upright axis."""
    c, s = math.cos(angle), math.sin(angle)
    return np.stack([c * p[0] + s * p[1], c * p[1] - s * p[0], p[2]])


LATTICE = np.random.default_rng(7).random((64, 64, 64), dtype=np.float32)


def noise(p):
    """Smooth value noise in 0..1."""
    cell = np.floor(p)
    f = p - cell
    f = f * f * (3 - 2 * f)
    i, j, k = cell.astype(np.int32) & 63
    i1, j1, k1 = (i + 1) & 63, (j + 1) & 63, (k + 1) & 63
    low = mix(mix(LATTICE[i, j, k], LATTICE[i1, j, k], f[0]), mix(LATTICE[i, j1, k], LATTICE[i1, j1, k], f[0]), f[1])
    high = mix(mix(LATTICE[i, j, k1], LATTICE[i1, j, k1], f[0]), mix(LATTICE[i, j1, k1], LATTICE[i1, j1, k1], f[0]), f[1])
    return mix(low, high, f[2])


def clouds(p, octaves=4):
    return sum(noise(p * 2.03 ** i + 11 * i) * 0.5 ** (i + 1) for i in range(octaves))


# ------------------------------------------------------ signed distance functions
def sphere(p, center, radius):
    q = p - vec(*center)
    return np.sqrt(dot(q, q)) - radius


def box(p, center, half, round_by=0.03):
    q = np.abs(p - vec(*center)) - vec(*half) + round_by
    outside = np.maximum(q, 0)
    return np.sqrt(dot(outside, outside)) + np.minimum(q.max(0), 0) - round_by


def rod(p, start, end, radius, end_radius=None):
    """A round bar, tapered when `end_radius` is given."""
    a = vec(*start)
    along = vec(*end) - a
    q = p - a
    k = np.clip(dot(q, along) / dot(along, along), 0, 1)
    q = q - along * k
    return np.sqrt(dot(q, q)) - mix(radius, radius if end_radius is None else end_radius, k)


def puck(p, center, radius, half, round_by=0.02):
    q = p - vec(*center)
    a = np.hypot(q[0], q[1]) - radius + round_by
    b = np.abs(q[2]) - half + round_by
    return np.hypot(np.maximum(a, 0), np.maximum(b, 0)) + np.minimum(np.maximum(a, b), 0) - round_by


def smooth_min(a, b, k):
    h = np.maximum(k - np.abs(a - b), 0) / k
    return np.minimum(a, b) - h * h * k * 0.25


def smooth_max(a, b, k):
    return -smooth_min(-a, -b, k)


def mirror(p):
    """Left and right are the same, so half of the bars need not be computed."""
    return np.stack([np.abs(p[0]), p[1], p[2]])


class Lathe:
    """A turned solid: distances to its outline are put in a table once, then looked up."""
    CELL, PAD = 0.012, 0.5

    def __init__(self, outline, rounds=3):
        points = np.array(outline, dtype=np.float32)
        for _ in range(rounds):  # corner cutting; a doubled point stays sharp
            a, b = points[:-1], points[1:]
            cut = np.stack([a * 0.75 + b * 0.25, a * 0.25 + b * 0.75], 1).reshape(-1, 2)
            points = np.concatenate([points[:1], cut, points[-1:]])
        self.bottom = points[:, 1].min() - self.PAD
        r = np.arange(0, points[:, 0].max() + self.PAD, self.CELL, dtype=np.float32)[:, None]
        z = np.arange(self.bottom, points[:, 1].max() + self.PAD, self.CELL, dtype=np.float32)[None]
        best, inside = np.full((r.size, z.size), 1e9, np.float32), np.zeros((r.size, z.size), bool)
        for (r0, z0), (r1, z1) in zip(points[:-1], points[1:]):
            dr, dz = r1 - r0, z1 - z0
            if dr * dr + dz * dz < 1e-10:
                continue
            k = np.clip(((r - r0) * dr + (z - z0) * dz) / (dr * dr + dz * dz), 0, 1)
            best = np.minimum(best, (r - r0 - dr * k) ** 2 + (z - z0 - dz * k) ** 2)
            if dz:
                inside ^= ((z0 <= z) != (z1 <= z)) & (r < r0 + (z - z0) * dr / dz)
        self.table = np.where(inside, -np.sqrt(best), np.sqrt(best))

    def __call__(self, p):
        a, b = np.hypot(p[0], p[1]) / self.CELL, (p[2] - self.bottom) / self.CELL
        ca = np.minimum(a, self.table.shape[0] - 1.001)
        cb = np.clip(b, 0, self.table.shape[1] - 1.001)
        i, j = ca.astype(np.int32), cb.astype(np.int32)
        fa, fb, t = ca - i, cb - j, self.table
        d = mix(mix(t[i, j], t[i + 1, j], fa), mix(t[i, j + 1], t[i + 1, j + 1], fa), fb)
        beyond = ((a - ca) ** 2 + (b - cb) ** 2) * self.CELL ** 2
        return np.where(beyond > 0, np.sqrt(np.maximum(d, 0) ** 2 + beyond), d)


class Vessel:
    """A turned wall open at the top; the outline has to go on above `top`."""

    def __init__(self, outline, top, wall=0.06):
        self.solid, self.top, self.wall = Lathe(outline), top, wall

    def __call__(self, p):
        s = self.solid(p)
        return smooth_max(smooth_max(s, -s - self.wall, 0.02), p[2] - self.top, 0.04)

    def content(self, level):
        return lambda p: smooth_max(self.solid(p) + self.wall * 0.8, p[2] - level, 0.01)

    def lined(self, outer, inner):
        """The colour `inner` on the inside and on the rim, `outer` elsewhere."""
        return lambda p: np.where(self.solid(p) < -self.wall * 0.3, inner(p), outer(p))


@dataclass
class Material:
    color: Callable
    rough: float = 0.15
    metal: bool = False
    glass: str | None = None     # tint of what light passes through
    bend: float = 1.33           # refractive index, near 1 for thin empty glass
    glow: Callable | None = None  # light given off
    height: Callable | None = None  # fine relief, felt by the shading only


# ---------------------------------------------------------------- the photographer
@dataclass
class Surface:
    """What the product stands on and what is behind it."""
    style: str                   # sweep, wood, marble, linen or stone
    low: str
    high: str
    wall: tuple[str, str]
    edge: float = 1e9            # y where the table ends
    wall_y: float = 5.0
    gloss: float = 0.0

    def paint(self, p):
        x, y = p[0], p[1]
        a, b, flat = rgb(self.low), rgb(self.high), np.stack([x, y, x * 0])
        if self.style == "wood":
            board = np.floor(x * 1.4 + 0.35)
            q = np.stack([x * 7 + board * 13, y * 0.7, board * 5.0])
            k = 0.45 * (0.5 + 0.5 * np.sin(q[0] * 1.3 + clouds(q) * 13)) + 0.3 * noise(np.stack([x * 70, y * 2.5, board])) + \
                0.25 * noise(np.stack([board * 3.7, y * 0, y * 0]))
            seam = np.abs((x * 1.4 + 0.35) % 1 - 0.5) > 0.492
            return mix(a, b, k) * np.where(seam, 0.45, 1)
        if self.style == "marble":
            v = np.abs(clouds(flat * 0.9 + 2 * clouds(flat * 0.8 + 5)) - 0.47)
            return mix(b, a, smoothstep(0, 0.09, v) * 0.75 + 0.25 * clouds(flat * 2))
        if self.style == "linen":
            thread = 0.5 + 0.25 * np.sin(x * 75 + noise(flat * 9)) + 0.25 * np.sin(y * 75 + noise(flat * 9))
            fold = clouds(np.stack([x * 0.9 + y * 0.5, y * 0.35, x * 0]), 2)
            return mix(a, b, thread * 0.3 + noise(flat * 45) * 0.4) * (0.72 + 0.6 * fold)
        if self.style == "stone":
            return mix(a, b, clouds(flat * 3, 5)) * (0.9 + 0.2 * noise(flat * 50))
        return np.broadcast_to(a, p.shape)


@dataclass
class Scene:
    parts: list
    surface: Surface
    turn: float = 0.0            # of the product, radians
    rise: float = 18.0           # camera elevation, degrees
    side: float = 1.0            # the key light comes from the left (1) or right (-1)
    fill_frame: float = 0.74
    roll: float = 0.0
    light: float = 1.0
    bulb: tuple | None = None    # position and strength of a lit lamp
    shift: tuple = (0.0, 0.0)
    bounds: tuple = field(default=None)

    def __post_init__(self):
        s = self.side
        self.key, self.fill, self.rim = (unit(vec(*d)) for d in
                                         [(-0.62 * s, -0.5, 0.85), (0.85 * s, -0.55, 0.4), (0.55 * s, 0.85, 0.5)])
        axis = [np.arange(lo, hi, 0.05, dtype=np.float32) for lo, hi in [(-2.2, 2.2), (-2.2, 2.2), (0, 3)]]
        grid = np.stack(np.meshgrid(*axis)).reshape(3, -1)
        self.solid_points = grid[:, self.distance(grid) < 0.02]
        low, high = self.solid_points.min(1), self.solid_points.max(1)
        self.middle = ((low + high) / 2).reshape(3, 1)
        self.radius = float(np.sqrt(dot(self.solid_points - self.middle, self.solid_points - self.middle)).max()) + 0.08
        self.floor_color = self.surface.paint(np.random.default_rng(1).normal(0, 1, (3, 500)).astype(np.float32)).mean(1, keepdims=True)

    def distance(self, p):
        q = spin(p, self.turn)
        d = self.parts[0][0](q)
        for shape, _ in self.parts[1:]:
            d = np.minimum(d, shape(q))
        return d

    def owners(self, p):
        """Which part each surface point belongs to."""
        q = spin(p, self.turn)
        return np.argmin(np.stack([shape(q) for shape, _ in self.parts]), 0)

    # -- light
    def shadow(self, p, toward, softness):
        """How much of a soft light reaches each point past the product, 0..1."""
        to_middle = self.middle - p
        ahead = dot(to_middle, toward)
        miss = np.sqrt(np.maximum(dot(to_middle, to_middle) - ahead ** 2, 0))
        near = np.maximum(ahead - self.radius * 1.6, 0.03)
        clear = np.ones(p.shape[1], np.float32)
        active = np.flatnonzero((ahead > -self.radius) & (miss < self.radius + softness * np.maximum(ahead, 0)))
        t = near[active]
        q, way = p[:, active], toward[:, active] if toward.shape[1] > 1 else toward
        least = np.ones(active.size, np.float32)
        for _ in range(26):
            d = self.distance(q + way * t)
            least = np.minimum(least, d / (softness * t))
            t = t + np.clip(np.abs(d), 0.03, 0.35)
        k = np.clip(0.5 + 0.5 * least, 0, 1)
        clear[active] = k * k * (3 - 2 * k)
        return clear

    def crevice(self, p, n):
        """Ambient occlusion: 1 in the open, less in corners."""
        closed = sum((h - np.minimum(self.distance(p + n * h), h)) * w
                     for h, w in [(0.03, 3.2), (0.09, 1.7), (0.2, 0.85), (0.42, 0.42)])
        return np.clip(1 - closed, 0.06, 1)

    def received(self, p, n):
        """Light falling on points with normals, for dull surfaces."""
        open_ = self.crevice(p, n)
        key = np.clip(dot(n, self.key) * 0.9 + 0.1, 0, 1) * self.shadow(p, self.key, 0.22)
        fill = np.clip(dot(n, self.fill) * 0.8 + 0.2, 0, 1) * self.shadow(p, self.fill, 0.45)
        rim = np.clip(dot(n, self.rim), 0, 1)
        up = 0.5 + 0.5 * n[2]
        total = vec(1.0, 0.96, 0.9) * 0.88 * key + vec(0.9, 0.96, 1.0) * 0.2 * fill + vec(1, 1, 1) * 0.22 * rim * open_
        total = total + (vec(0.95, 0.98, 1.05) * 0.29 * up + self.floor_color * 0.42 * (1 - up)) * open_
        total = total * self.light
        if self.bulb:
            way = vec(*self.bulb[0]) - p
            away = dot(way, way)
            total = total + vec(1.0, 0.66, 0.34) * self.bulb[1] * np.clip(dot(n, unit(way)) * 0.8 + 0.2, 0, 1) / (away + 0.35) * open_
        return total

    def studio(self, way, rough):
        """What a shiny surface mirrors: wall, dark room, table and the softboxes."""
        blur = 0.05 + rough * 0.6
        wall = mix(rgb(self.surface.wall[0]), rgb(self.surface.wall[1]), smoothstep(-0.1, 0.7, way[2]))
        room = mix(vec(0.22, 0.22, 0.23), wall * 0.75, smoothstep(-0.3, 0.5, way[1]))
        room = mix(room, vec(0.35, 0.35, 0.36), smoothstep(0.4, 1, way[2]))
        light = mix(self.floor_color * 0.6, room, smoothstep(-0.08 - blur * 0.3, 0.04 + blur * 0.3, way[2])) * self.light
        for center, wide, tall, power in [(self.key, 0.42, 0.55, 5.0), (self.fill, 0.16, 0.8, 1.8), (self.rim, 0.2, 0.7, 2.2)]:
            right = unit(np.cross(center[:, 0], [0, 0, 1]).astype(np.float32).reshape(3, 1))
            above = np.cross(right[:, 0], center[:, 0]).astype(np.float32).reshape(3, 1)
            facing = dot(way, center)
            u, v = (np.abs(dot(way, e) / np.maximum(facing, 0.05)) for e in (right, above))
            inside = smoothstep(wide + blur, wide - blur, u) * smoothstep(tall + blur, tall - blur, v) * (facing > 0.05)
            light = light + power * self.light * inside / (1 + 5 * rough * rough)
        return light

    # -- what the camera sees
    def backdrop(self, origin, way):
        """Colour along rays past the product, and how far away it is."""
        s = self.surface
        t_floor = np.where(way[2] < -1e-4, -origin[2] / np.minimum(way[2], -1e-4), 1e6)
        t_wall = np.where(way[1] > 1e-3, (s.wall_y - origin[1]) / np.maximum(way[1], 1e-3), 1e6)
        t_floor = np.where(origin[1] + way[1] * t_floor > min(s.edge, s.wall_y), 1e6, t_floor)
        color = self.studio(way, 0.5)
        wall = np.flatnonzero((t_wall < t_floor) & (t_wall < 1e5))
        color[:, wall] = self.wall_light(origin[:, wall] + way[:, wall] * t_wall[wall])
        floor = np.flatnonzero((t_floor <= t_wall) & (t_floor < 1e5))
        p = origin[:, floor] + way[:, floor] * t_floor[floor]
        up = np.broadcast_to(vec(0, 0, 1), p.shape)
        look = s.paint(p) * self.received(p, up)
        if s.gloss:
            bounced = way[:, floor] * vec(1, 1, -1)
            shine = s.gloss * (0.25 + 0.75 * (1 - np.clip(bounced[2], 0, 1)) ** 3)
            mirrored = mix(self.product_tone, self.wall_light(p + bounced * 3), self.shadow(p, bounced, 0.12))
            look = mix(look, mirrored, shine)
        if s.style == "sweep":  # paper rolls up into the wall without a visible corner
            look = mix(look, self.wall_light(p * vec(1, 1, 0)), smoothstep(s.wall_y * 0.2, s.wall_y, p[1]))
        elif s.edge > s.wall_y:  # a room: the corner is a bit darker
            look = look * (0.6 + 0.4 * smoothstep(0, 0.7, s.wall_y - p[1]))
        color[:, floor] = look
        return color, np.minimum(t_floor, t_wall)

    def wall_light(self, p):
        s = self.surface
        tone = mix(rgb(s.wall[0]), rgb(s.wall[1]), smoothstep(-0.5, 3.2, p[2]))
        spot = 0.62 + 0.46 * np.exp(-((p[0] + 0.5 * self.side) ** 2 + (p[2] - 1.0) ** 2) / (2.2 + s.wall_y))
        if s.edge > s.wall_y and s.style != "sweep":  # skirting board
            tone = np.where(p[2] < 0.24, rgb("#e8e4dc") * np.where((p[2] > 0.2) | (p[2] < 0.02), 0.6, 1), tone)
            spot = spot * self.shadow(p - vec(0, 0.02, 0), self.key * vec(1, 1, 1), 0.35) ** 0.5
        light = tone * spot * self.light
        if self.bulb:
            way = p - vec(*self.bulb[0])
            light = light + tone * vec(1.0, 0.66, 0.34) * self.bulb[1] * 1.6 / (0.25 * dot(way, way) + 1.5)
        return light

    def normals(self, p, who):
        eps, n = 0.006, 0
        for sign in ([1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]):
            e = vec(*sign)
            q = p + e * eps
            d = self.distance(q)
            local = spin(q, self.turn)
            for i, (_, m) in enumerate(self.parts):
                if m.height is not None and (who == i).any():
                    d[who == i] -= m.height(local[:, who == i])
            n = n + e * d
        return unit(n)

    def product(self, p, way, who):
        """Colour of the product at points seen along `way`."""
        n = self.normals(p, who)
        n = np.where(dot(n, way) > 0, unit(n - way * dot(n, way)), n)
        local, color = spin(p, self.turn), np.zeros_like(p)
        bounced = way - 2 * dot(way, n) * n
        graze = np.clip(1 - np.abs(dot(way, n)), 0, 1) ** 5
        seen = 0.25 + 0.75 * self.shadow(p + n * 0.02, bounced, 0.25)
        light = self.received(p + n * 0.004, n)
        for i, (shape, m) in enumerate(self.parts):
            at = np.flatnonzero(who == i)
            if not at.size:
                continue
            base = m.color(local[:, at])
            mirrored = self.studio(bounced[:, at], m.rough) * seen[at]
            f0 = base if m.metal else vec(0.045, 0.045, 0.045)
            share = f0 + (1 - f0) * graze[at] * (1 - m.rough) ** 2
            if m.metal:
                look = mirrored * share + base * light[:, at] * 0.12
            elif m.glass:
                look = self.through(shape, m, p[:, at], way[:, at], n[:, at]) * (1 - share) + mirrored * share
            else:
                look = base * light[:, at] * (1 - share) + mirrored * share * (1 - 0.75 * m.rough)
            if m.glow is not None:
                look = look * 0.35 + m.glow(local[:, at])
            color[:, at] = look
        return color

    def through(self, shape, m, p, way, n):
        """Light that comes through glass: bend, cross, bend again, see the backdrop."""
        def bend(d, normal, ratio):
            c = -dot(d, normal)
            k = 1 - ratio * ratio * (1 - c * c)
            return np.where(k > 0, ratio * d + (ratio * c - np.sqrt(np.maximum(k, 0))) * normal, d)
        inward = bend(way, n, 1 / m.bend)
        t = np.full(p.shape[1], 0.03, np.float32)
        for _ in range(40):
            d = -shape(spin(p + inward * t, self.turn))
            t = t + np.maximum(d, 0)
        out = p + inward * t
        owner = np.zeros(t.size, np.int64) - 1
        outward = unit(bend(inward, -self.normals(out, owner), m.bend))
        behind, _ = self.backdrop(out, outward)
        local = spin(out, self.turn)
        for other, paint in self.parts:  # the back of a label, a cap, a cork
            if paint.glass is None:
                behind = np.where(other(local) < 0.02, paint.color(local) * 0.3, behind)
        lit = behind + rgb(m.glass) * 0.12 * self.light
        return lit * np.exp(np.log(np.maximum(rgb(m.glass), 1e-3)) * np.minimum(t, 1.2))

    def camera(self):
        """Origin and ray directions, framed so that the whole product is in the picture."""
        rise = math.radians(self.rise)
        forward = vec(0, math.cos(rise), -math.sin(rise))
        right = vec(math.cos(self.roll), 0, math.sin(self.roll))
        right = unit(right - forward * dot(right, forward))
        up = np.cross(right[:, 0], forward[:, 0]).astype(np.float32).reshape(3, 1)
        lens, away, aim = 3.4, 8.0, np.zeros(2)
        for _ in range(8):
            origin = self.middle - forward * away
            q = self.solid_points - origin
            flat = np.stack([dot(q, right), dot(q, up)]) / dot(q, forward) * lens
            low, high = flat.min(1), flat.max(1)
            aim, away = (low + high) / 2, away * float((high - low).max() / 2 / self.fill_frame)
        step = (np.arange(SIZE * OVERSAMPLE, dtype=np.float32) + 0.5) / (SIZE * OVERSAMPLE) * 2 - 1
        u, v = np.meshgrid(step + aim[0] + self.shift[0], -step + aim[1] + self.shift[1])
        way = unit(forward * lens + right * u.ravel() + up * v.ravel())
        return origin.astype(np.float32), way.astype(np.float32), away

    def render(self, seed):
        origin, way, away = self.camera()
        ahead = dot(self.middle - origin, way)
        miss = dot(self.middle - origin, self.middle - origin) - ahead ** 2
        reach = np.sqrt(np.maximum(self.radius ** 2 - miss, 0))
        t, far = ahead - reach, ahead + reach
        active = np.flatnonzero(reach > 0)
        t[reach == 0] = 1e9
        for _ in range(110):
            d = self.distance(origin + way[:, active] * t[active])
            t[active] += d * 0.92
            active = active[(d > 0.0006 * away / 8) & (t[active] < far[active])]
        hit = np.flatnonzero((reach > 0) & (t < far))
        hit = hit[origin[2] + way[2, hit] * t[hit] > -0.01]
        p = origin + way[:, hit] * t[hit]
        who = self.owners(p)
        self.product_tone = np.stack([m.color(self.middle)[:, 0] for _, m in self.parts]).mean(0).reshape(3, 1) * 0.5
        scene, depth = self.backdrop(np.broadcast_to(origin, way.shape), way)
        side = SIZE * OVERSAMPLE
        scene = scene.reshape(3, side, side)
        # A real lens does not keep the far table sharp.
        far_off = smoothstep(0.05, 0.55, (depth - away) / away).reshape(side, side)
        scene = mix(scene, blur(scene, 5), smoothstep(0, 0.5, far_off))
        scene = mix(scene, blur(scene, 11), smoothstep(0.4, 1, far_off)).reshape(3, -1)
        scene[:, hit] = self.product(p, way[:, hit], who)
        return develop(scene.reshape(3, side, side), seed)


def blur(image, radius):
    """Two running means along each side of the picture: close to a round blur, and quick."""
    for axis in (1, 2, 1, 2):
        pad = [(0, 0)] * 3
        pad[axis] = (radius + 1, radius)
        total = np.cumsum(np.pad(image, pad, mode="edge"), axis, dtype=np.float64)
        n = image.shape[axis]
        ends = np.take(total, range(2 * radius + 1, 2 * radius + 1 + n), axis) - np.take(total, range(n), axis)
        image = (ends / (2 * radius + 1)).astype(np.float32)
    return image


def develop(light, seed):
    """Film: bloom, tone curve, vignette, downsampling and grain."""
    light = np.clip(light, 0, 12)
    light = light + 0.05 * blur(np.maximum(light - 0.75, 0), 14)
    light = light.reshape(3, SIZE, OVERSAMPLE, SIZE, OVERSAMPLE)
    step = np.linspace(-1, 1, SIZE, dtype=np.float32)
    corner = 1 - 0.13 * (step[:, None] ** 2 + step[None] ** 2) ** 1.2
    x = np.clip(light, 0, None) * 1.12
    x = (x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)).mean((2, 4)) * corner
    image = np.clip(x, 0, 1) ** (1 / 2.2)
    image = image + np.random.default_rng(seed).normal(0, 0.008, (1, SIZE, SIZE))
    return Image.fromarray((np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(1, 2, 0))
