"""What a simulated reader sees: a picture in, the bytes of its codes out.

The bytes are those of the symbol, bit for bit: nothing is guessed about character sets.
"""

from pathlib import Path

import zxingcpp
from PIL import Image, UnidentifiedImageError

FORMATS = zxingcpp.barcode_formats_from_str("QRCode|DataMatrix|PDF417|EAN13|Code128")
_ROW_PIXELS = 40


class PictureError(Exception):
    """Not a picture. `code`: `no_file` or `no_picture`."""

    def __init__(self, code: str, path: Path) -> None:
        super().__init__(f"{code}: {path}")
        self.code = code


def codes_in(path: Path | str) -> list[bytes]:
    """The codes in a picture, in reading order; none where there is none that can be read. Raises PictureError."""
    path = Path(path)
    try:
        with Image.open(path) as picture:
            grey = picture.convert("L")
    except FileNotFoundError:
        raise PictureError("no_file", path) from None
    except (UnidentifiedImageError, OSError):
        raise PictureError("no_picture", path) from None
    found = zxingcpp.read_barcodes(grey, formats=FORMATS)
    found.sort(key=lambda one: (one.position.top_left.y // _ROW_PIXELS, one.position.top_left.x))
    return [one.bytes for one in found]
