"""Makes of a photo what the network takes, as Hangtag itself does: needs Pillow, nothing else."""

from math import ceil

from PIL import Image, ImageOps


def prepared(photo, preprocess):
    """A photo, by its path or as an open file, to the prescribed input: an RGB image, crop by crop pixels."""
    image = to_rgb(ImageOps.exif_transpose(Image.open(photo)))
    resize, crop = preprocess["resize"], preprocess["crop"]
    scale = resize / min(image.size)
    image = within_reach(image, crop / scale)
    size = [max(round(length * scale), crop) for length in image.size]
    image = image.resize(size, getattr(Image.Resampling, preprocess["interpolation"].upper()))
    left, top = (size[0] - crop) // 2, (size[1] - crop) // 2
    return image.crop((left, top, left + crop, top + crop))


def to_rgb(image):
    """Transparent parts over white."""
    if image.mode.startswith("I"):
        # Grey of 16 bits: Pillow would take everything above 255 for white. That a file may call one of its greys
        # clear is passed over here.
        image.info.pop("transparency", None)
        image = image.convert("I").point(lambda value: value / 257 + 0.5).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def within_reach(image, reach):
    """The middle of a very long photo, with a margin: the whole would grow to millions of pixels that are cut off.

    It is cut at whole pixels, as the app does it, so that the middle is the same one.
    """
    limit = ceil(2 * reach) + 16
    if max(image.size) // min(image.size) < 8 or max(image.size) <= limit:
        return image
    width, height = (min(length, limit) for length in image.size)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))
