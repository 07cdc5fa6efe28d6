"""A reader that types: what its keys look like to the kernel."""

import struct

from gateway.readers.keys import _BLOCK, _PLAIN, _SHIFTED, Key

CTRL, SHIFT, ALT, CAPS, ENTER, SPACE, U = 29, 42, 56, 58, 28, 57, 22
PLAIN = {sign: code for code, sign in reversed(_PLAIN.items())}
SHIFTED = {sign: code for code, sign in reversed(_SHIFTED.items())}
BLOCK = {sign: code for code, sign in _BLOCK.items()}
FORMS = {64: struct.Struct("=qqHHi"), 32: struct.Struct("=iiHHi")}


def press(*codes: int) -> list[tuple[int, int]]:
    """Down in this order, up in the other."""
    return [(code, 1) for code in codes] + [(code, 0) for code in reversed(codes)]


def typed(text: str) -> list[tuple[int, int]]:
    """What is on a US keyboard."""
    strokes = []
    for sign in text:
        strokes += press(PLAIN[sign]) if sign in PLAIN else press(SHIFT, SHIFTED[sign])
    return strokes


def alt(digits: str) -> list[tuple[int, int]]:
    return [(ALT, 1), *[stroke for digit in digits for stroke in press(BLOCK[digit])], (ALT, 0)]


def hexed(sign: str, end: str = "release") -> list[tuple[int, int]]:
    digits = typed(f"{ord(sign):x}")
    if end == "release":
        return [(CTRL, 1), (SHIFT, 1), *press(U), *digits, (SHIFT, 0), (CTRL, 0)]
    return [*press(CTRL, SHIFT, U), *digits, *press(SPACE)]


def keys(strokes: list[tuple[int, int]], at_ms: int = 1_000, step_ms: int = 2) -> list[Key]:
    """Each with the scan code before it and the SYN behind it, as the kernel sends them."""
    made = []
    for number, (code, value) in enumerate(strokes):
        when = at_ms + number * step_ms
        made += [Key(when, 4, 4, code), Key(when, 1, code, value), Key(when, 0, 0, 0)]
    return made


def packed(made: list[Key], bits: int = 64) -> bytes:
    form = FORMS[bits]
    return b"".join(
        form.pack(key.at_ms // 1000, key.at_ms % 1000 * 1000, key.kind, key.code, key.value) for key in made
    )
