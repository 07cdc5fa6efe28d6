"""Pictures of codes: PNG files that a reader can read, bit for bit.

draw_codes([code], Path("card.png"))
python -m scripts.sim.pictures FOLDER --seed 7      # one of everything, and a list of what is in it
"""

import argparse
import json
import random
import zlib
from collections.abc import Sequence
from pathlib import Path

import segno
from PIL import Image

from scripts.sim import people

BORDER = 4
SCALE = 3
GAP_PIXELS = 60
_MORE_CORRECTION_TO_BYTES = 600
LENGTHS = (1, 2, 3, 16, 53, 100, 255, 256, 257, 500, 767, 768, 1000, 1500, 2048, 2500, 2900)


def matrix(code: bytes) -> segno.QRCode:
    """The symbol for these very bytes. Digits alone are packed as digits, all else as bytes: nothing is converted.

    Error correction M as on a card, L where it would grow too large to be held before a reader.
    """
    mode = "numeric" if code.isdigit() else "byte"
    error = "m" if len(code) <= _MORE_CORRECTION_TO_BYTES else "l"
    return segno.make_qr(code, mode=mode, error=error, boost_error=False)


def draw_codes(codes: Sequence[bytes], path: Path, scale: int = SCALE) -> Path:
    """One picture with these codes side by side."""
    symbols = [_image(code, scale) for code in codes]
    width = sum(symbol.width for symbol in symbols) + GAP_PIXELS * (len(symbols) - 1)
    picture = Image.new("L", (width, max(symbol.height for symbol in symbols)), 255)
    left = 0
    for symbol in symbols:
        picture.paste(symbol, (left, 0))
        left += symbol.width + GAP_PIXELS
    picture.save(path, format="PNG", compress_level=1)
    return path


def _image(code: bytes, scale: int) -> Image.Image:
    rows = [list(row) for row in matrix(code).matrix_iter(scale=1, border=BORDER)]
    pixels = bytes(0 if dark else 255 for row in rows for dark in row)
    small = Image.frombytes("L", (len(rows[0]), len(rows)), pixels)
    return small.resize((small.width * scale, small.height * scale), Image.Resampling.NEAREST)


def catalogue(seed: int) -> dict[str, list[bytes]]:
    """One of everything that may be held before a reader: name -> the codes in its picture."""
    draw = random.Random(f"catalogue {seed}")
    shown = {kind: [make(draw)] for kind, make in {**people.CARDS, **people.WRONG}.items()}
    for name, text in people.ALPHABETS.items():
        shown[f"alphabet_{name}"] = [text.encode()]
    for length in LENGTHS:
        shown[f"bytes_{length}"] = [draw.randbytes(length)]
    shown["all_byte_values"] = [bytes(range(256))]
    shown["looks_like_an_answer"] = [bytes.fromhex("02000001003331") + b" 02 00"]
    shown["looks_like_a_heartbeat"] = [bytes.fromhex("03000001003331")]
    shown["looks_like_a_frame"] = [b"\x03\x00\x05hello"]
    shown["ends_with_a_tail"] = [b"one\r", b"two\r\n", b"th\ree\t"]
    shown["two_people"] = [people.citizen_card(draw), people.citizen_card(draw)]
    shown["shift_jis"] = ["日本語テキスト".encode("shift_jis")]
    return shown


def main() -> None:
    parser = argparse.ArgumentParser(prog="pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, codes in catalogue(options.seed).items():
        path = draw_codes(codes, options.folder / f"{name}.png")
        listed = [{"crc": f"{zlib.crc32(code):08x}", "length": len(code)} for code in codes]
        print(json.dumps({"picture": str(path), "codes": listed}))


if __name__ == "__main__":
    main()
