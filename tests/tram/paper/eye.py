"""Pictures of paper, decoded back: as they were printed, and as a cheap reader sees them.

The reader is the GM65-S of its manual V1.2, 1.2: 648 × 488 dots, 35° × 28°. Blur, noise and turning are ours. Its real
optics, its depth of field and its light are not in it.
"""

import io
import math
import random
from functools import cache

import zxingcpp
from PIL import Image, ImageChops, ImageFilter

DOTS = (648, 488)
ANGLES_DEGREES = (35, 28)


def codes(picture: Image.Image) -> list[bytes]:
    """What is in the codes of a picture."""
    return [one.bytes for one in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]


def opened(png: bytes) -> Image.Image:
    """A picture, white where it is transparent."""
    return Image.open(io.BytesIO(png)).convert("L")


def worn(picture: Image.Image, turn: float = 0, blur: float = 0, grey: int = 0) -> Image.Image:
    """Turned by degrees, blurred by dots, with less contrast."""
    if turn:
        picture = picture.rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    if blur:
        picture = picture.filter(ImageFilter.GaussianBlur(blur))
    return picture.point(lambda dot: grey + dot * (255 - 2 * grey) // 255) if grey else picture


def held(picture: Image.Image, dpi: int, distance_mm: float, center_mm: tuple[float, float], turn: float = 0,
         blur: float = 0.6, noise: int = 12) -> Image.Image:  # fmt: skip
    """The reader's own picture of paper that is held so far before it, the middle of a code in the middle."""
    wide_mm, high_mm = (2 * distance_mm * math.tan(math.radians(angle / 2)) for angle in ANGLES_DEGREES)
    dot_mm = 25.4 / dpi
    left, top = (at / dot_mm for at in (center_mm[0] - wide_mm / 2, center_mm[1] - high_mm / 2))
    box = (round(left), round(top), round(left + wide_mm / dot_mm), round(top + high_mm / dot_mm))
    seen = Image.new("L", (box[2] - box[0], box[3] - box[1]), 255)
    seen.paste(picture, (-box[0], -box[1]))
    if turn:
        seen = seen.rotate(turn, Image.Resampling.BICUBIC, fillcolor=255)
    seen = seen.resize(DOTS, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(blur))
    return ImageChops.subtract(ImageChops.add(seen, _grain(1, noise)), _grain(2, noise))


@cache
def _grain(seed: int, most: int) -> Image.Image:
    draw = random.Random(seed).randbytes(DOTS[0] * DOTS[1])
    return Image.frombytes("L", DOTS, draw).point(lambda dot: dot * most // 255)
