"""Make firmware/face/glyphs.bin, the box's font, from GNU Unifont.

scripts/glyphs                      takes Debian's package `unifont` for it, by the machine's own apt; installs nothing
scripts/glyphs UNIFONT.HEX          takes that file
scripts/glyphs --screen PNG TEXT …  draws a screen with these lines, with the font that is there

The font holds ASCII, all letters of Vietnamese and a few signs: 16 bytes each, in the order of an SSD1306's points
(firmware/face/font.py says how). GNU Unifont is (c) Roman Czyborra, Paul Hardy and others, and is given under the
SIL Open Font License 1.1 or the GNU GPL 2+ with the font embedding exception, whichever one likes.
"""

import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

from firmware.face import font

FONT = Path(font.PATH)
SIGNS = "…–—•·“”‘’→←↑↓°×₫"
_VOWELS = "aăâeêioôơuưy"
_TONES = "\u0300\u0301\u0303\u0309\u0323"
HEIGHT = 16
SCALE = 6


class GlyphsError(Exception):
    """The font lacks a character, or has it wider than a cell."""


def alphabet() -> str:
    """Every character that the box can show, sorted."""
    small = set(_VOWELS + "đ") | {unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONES}
    letters = small | {letter.upper() for letter in small}
    return "".join(sorted(letters | set(map(chr, range(32, 127))) | set(SIGNS)))


def pack(hex_font: str, characters: str) -> bytes:
    """The content of glyphs.bin; `hex_font` holds lines of `<code point>:<rows of points>`, as Unifont's do."""
    rows = {}
    for line in hex_font.splitlines():
        point, _, bits = line.partition(":")
        rows[chr(int(point, 16))] = bits
    missing = [one for one in characters if len(rows.get(one, "")) != 2 * HEIGHT]
    if missing:
        raise GlyphsError("not there, or not 8 points wide: " + " ".join(missing))
    return b"".join(turned(bytes.fromhex(rows[one])) for one in characters)


def turned(rows: bytes) -> bytes:
    """16 rows of 8 points, leftmost highest -> 8 columns of the upper half, then of the lower, topmost lowest."""
    return bytes(
        sum((rows[half + y] >> (7 - x) & 1) << y for y in range(8)) for half in (0, HEIGHT // 2) for x in range(8)
    )


def debians() -> str:
    """The font out of Debian's package, fetched into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["apt-get", "download", "unifont"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (package,) = Path(folder).glob("*.deb")
        subprocess.run(["dpkg", "-x", package, folder], check=True)
        return Path(folder, "usr/share/unifont/unifont.hex").read_text()


def draw(lines: list[str], path: Path) -> None:
    """A picture of the screen with these lines on it."""
    from PIL import Image  # here: the font itself is made without it

    width, height = 8 * font.COLUMNS, HEIGHT * font.ROWS
    points = font.render(lines)
    image = Image.new("1", (width, height))
    for y in range(height):
        for x in range(width):
            image.putpixel((x, y), points[y // 8 * width + x] >> (y % 8) & 1)
    image.resize((width * SCALE, height * SCALE), Image.Resampling.NEAREST).save(path)


def main() -> None:
    given = sys.argv[1:]
    if given[:1] == ["--screen"] and len(given) >= 3:
        draw(given[2:], Path(given[1]))
        return
    if len(given) > 1 or (given and given[0].startswith("-")):
        sys.exit(__doc__)
    try:
        made = pack(Path(given[0]).read_text() if given else debians(), alphabet())
    except GlyphsError as bad:
        sys.exit(str(bad))
    FONT.write_bytes(made)
    print(f"{len(alphabet())} characters, {len(made)} bytes: {FONT}")


if __name__ == "__main__":
    main()
