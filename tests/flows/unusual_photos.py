"""Makes photos that are kept in unusual ways of usual ones.

    python unusual_photos.py FOLDER PHOTO...    writes one turned by EXIF, one grey, one grey in 16 bits, one CMYK and
                                                one transparent of each
"""

import sys
from pathlib import Path

from PIL import Image

folder = Path(sys.argv[1])
folder.mkdir()
TURNED = 0x0112

for number, path in enumerate(sys.argv[2:]):
    photo = Image.open(path).convert("RGB")
    exif = Image.Exif()
    exif[TURNED] = (3, 6, 8)[number % 3]
    photo.save(folder / f"{number} turned.jpg", exif=exif)
    photo.convert("L").save(folder / f"{number} grey.jpg")
    # A value between those of 8 bits, so that rounding is looked at as well.
    deep = photo.convert("L").convert("I").point(lambda value: value * 257 + 100)
    deep.convert("I;16").save(folder / f"{number} deep.png")
    photo.convert("CMYK").save(folder / f"{number} cmyk.jpg")
    # Clear on the left, solid on the right.
    photo.putalpha(Image.linear_gradient("L").rotate(90).resize(photo.size))
    photo.save(folder / f"{number} transparent.png")
