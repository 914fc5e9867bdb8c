"""Draws picture.png and picture.jpg and writes preprocess.json: what Pillow makes of them before they enter a network.

    python preprocess.py

Needs pillow and numpy, of requirements-reference.txt. Pillow is the yardstick because most networks were trained on its resizing:
it widens the filter when it shrinks (antialiasing), and rounds to 8 bits after each of its two passes.

Canonical preprocessing of an image of size w x h, given `resize`, `crop` and `interpolation`:

    scale    = resize / min(w, h)                         in f64
    size     = max(crop, round(side * scale)) per side    round half to even
    resize to that size; cut crop x crop from ((w - crop) // 2, (h - crop) // 2)

The file: {"picture": "picture.png", "size": [w, h],
           "cases": [{"resize", "crop", "interpolation", "resized": [w, h],
                      "mean": [r, g, b] over the crop, in 0..255,
                      "pixels": [[x, y, [r, g, b]], ..300..] with x, y in the crop}],
           "jpeg": the first case of picture.jpg, whose colours have half the resolution and which Pillow decodes by libjpeg}
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT = 251, 187
FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}

# The starter's, ImageNet's usual, then three that shrink the picture, where a filter without antialiasing is far off.
CASES = ((219, 192, "bicubic"), (256, 224, "bilinear"), (128, 128, "bicubic"), (128, 128, "bilinear"), (64, 56, "bicubic"))
NUM_PIXELS = 300


def draw() -> np.ndarray:
    """Smooth gradients under sharp shapes, in integers only, so that every machine draws the same bytes."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    picture = np.stack([
        x * 255 // (WIDTH - 1),
        y * 255 // (HEIGHT - 1),
        (x + y) * 255 // (WIDTH + HEIGHT - 2),
    ], axis=-1)

    def paint(where: np.ndarray, colour: tuple[int, int, int]) -> None:
        picture[where] = colour

    paint((x - 70) ** 2 + (y - 60) ** 2 < 38**2, (240, 30, 20))
    ring = (x - 175) ** 2 + (y - 75) ** 2
    paint((ring < 45**2) & (ring > 33**2), (255, 255, 255))
    # Lines one pixel wide and a fine chequer: bicubic overshoots here, and clips at 0 and 255.
    paint((x > 20) & (x < 110) & (y > 110) & (y < 170) & ((x + y) % 2 == 0), (0, 0, 0))
    paint((x > 130) & (x < 235) & (y > 135) & (y < 175) & (x % 5 == 0), (255, 240, 0))
    paint(abs(2 * x - 3 * y - 20) < 3, (10, 10, 200))
    paint((x > 160) & (x < 190) & (y > 60) & (y < 90), (0, 160, 60))
    return picture.astype(np.uint8)


def preprocess(image: Image.Image, resize: int, crop: int, interpolation: str) -> tuple[tuple[int, int], np.ndarray]:
    scale = resize / min(image.size)
    width, height = (max(crop, round(side * scale)) for side in image.size)
    resized = image.resize((width, height), FILTERS[interpolation])
    left, top = (width - crop) // 2, (height - crop) // 2
    return resized.size, np.asarray(resized.crop((left, top, left + crop, top + crop)))


def sample(crop: int) -> list[tuple[int, int]]:
    """Fixed places: the corners, where rounding of the crop shows, then a stride prime to the area, which scatters."""
    edge = crop - 1
    places = [(0, 0), (edge, 0), (0, edge), (edge, edge)]
    places += [divmod(7919 * i % crop**2, crop) for i in range(1, NUM_PIXELS - 3)]
    return places


def make_case(image: Image.Image, resize: int, crop: int, interpolation: str) -> dict:
    size, pixels = preprocess(image, resize, crop, interpolation)
    return {
        "resize": resize,
        "crop": crop,
        "interpolation": interpolation,
        "resized": list(size),
        "mean": [round(float(m), 6) for m in pixels.mean(axis=(0, 1))],
        "pixels": [[x, y, pixels[y, x].tolist()] for x, y in sample(crop)],
    }


def main() -> None:
    path = HERE / "picture.png"
    Image.fromarray(draw()).save(path, optimize=True)
    image = Image.open(path).convert("RGB")
    jpeg = path.with_suffix(".jpg")
    image.save(jpeg, quality=90, subsampling="4:2:0")
    cases = [make_case(image, *case) for case in CASES]
    of_jpeg = make_case(Image.open(jpeg), *CASES[0])
    *lines, last = (json.dumps(case, separators=(",", ":")) for case in [*cases, of_jpeg])
    between = ",\n"
    head = json.dumps({"picture": path.name, "size": list(image.size)})[:-1]
    out = HERE / "preprocess.json"
    out.write_text(f'{head}, "cases": [\n{between.join(lines)}\n],\n"jpeg": {last}}}\n', encoding="utf-8")
    for file in (path, jpeg, out):
        print(f"{file}: {file.stat().st_size / 1000:.1f} kB")
    for case in [*cases, of_jpeg]:
        print({key: value for key, value in case.items() if key != "pixels"})


if __name__ == "__main__":
    main()
