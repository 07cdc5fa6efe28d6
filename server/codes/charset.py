"""Text that a reader took for another character set, and what it was.

1. Readers that are not told the character set guess it: UTF-8 is taken for Shift-JIS, Big5, GB 18030, Korean or a
   Western set, and what they saw is sent on as UTF-8.
2. It is put right only where that is proved: encoding the text in the guessed set gives valid UTF-8, decoding that in
   the same set gives the text again, character for character, and what comes out is right in the eyes of the caller.
3. A text that went through two such readers is undone twice, step by step by the same proof: Western sets only.
4. Where two sets prove two different texts, none of them counts.
Source: codes.md §2.12; zxing issue 708, QReader issue 18.
"""

import codecs
from collections.abc import Callable
from itertools import product

CHARACTER_SETS = (
    "cp932",
    "shift_jis",
    "big5",
    "cp950",
    "big5hkscs",
    "gb18030",
    "gbk",
    "cp949",
    "euc_jp",
    "latin-1",
    "cp1252",
    "iso8859-15",
    "cp1258",
    "cp437",
    "cp850",
    "mac_roman",
    "cp775",
    "cp852",
    "cp857",
    "cp860",
    "cp861",
    "cp863",
    "cp869",
)
"""Names as Python has them, the likelier first."""
TWICE = ("latin-1", "cp1252", "iso8859-15")
WAYS = (*((name,) for name in CHARACTER_SETS), *product(TWICE, TWICE))
"""Sets that a text was taken for, in the order of the readers."""
for _name in CHARACTER_SETS:
    codecs.lookup(_name)  # loaded with the program, not with the first card that needs it


def repair(text: str, is_right: Callable[[str], bool]) -> tuple[str, str] | None:
    """(what it was, the set that it had been taken for: two with + between), or None where nothing is proved."""
    found: dict[str, str] = {}
    for way in WAYS:
        was: str | None = text
        for name in reversed(way):
            was = None if was is None else _undone(was, name)
        if was is not None and was != text and was not in found and is_right(was):
            found[was] = "+".join(way)
    return next(iter(found.items())) if len(found) == 1 else None


def misread(data: bytes, name: str) -> str:
    """What a reader makes of bytes that it takes for this set. Raises `UnicodeDecodeError` where it cannot."""
    if name == "cp1252":  # the five bytes without a character are control characters, as browsers have it
        return "".join(_WESTERN[byte] for byte in data)
    return data.decode(name)


def _undone(text: str, name: str) -> str | None:
    try:
        data = bytes(_WESTERN_BYTES[one] for one in text) if name == "cp1252" else text.encode(name)
        return data.decode("utf-8") if misread(data, name) == text else None
    except (UnicodeError, KeyError):
        return None


_WESTERN = [bytes([byte]).decode("cp1252", "replace").replace("\ufffd", chr(byte)) for byte in range(256)]
_WESTERN_BYTES = {character: byte for byte, character in enumerate(_WESTERN)}
