"""What a reader that pretends to be a keyboard has typed: key events in, codes out. No I/O, no clock of its own.

1. Enter ends a code. Between two keys of a code there are never more than GAP_MS: what stands still longer is torn, and
   all of it up to the next Enter or the next such pause is refused.
2. Keys are those of the US layout, which readers are sold with; a reader set to another country types other keys, and
   that cannot be seen here. Shift, Caps Lock and the number block count; a key that is held down does not repeat.
3. What is not on a keyboard comes in one of three ways, if at all:
   `alt`: Alt and the number block, as Windows takes it: 0nnn in code page 1252, nnn in 437, above 255 as Unicode;
   `hex`: Ctrl Shift U and the digits in hexadecimal, up to a space or the release of the keys, as Linux takes it;
   or the reader leaves it out, or writes the letter without its marks, and nobody can tell: `us` says that a code
   came by plain keys alone. `Nguyễn` may be `Nguyen` or `Nguyn` then. Which it was is said in the mark `hid`.
4. A code in which a key was pressed that has no meaning here, or of which the kernel lost events, is refused: it would
   arrive changed. What is typed is UTF-8 here, whatever the printed code was: bytes above 127 are not what the reader
   saw, but what it meant.
5. Memory is bounded: a code of more than MOST_BYTES is refused as too_long.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from firmware.wire.record import MAX_CODE_BYTES

GAP_MS = 100
MOST_BYTES = MAX_CODE_BYTES
EV_SYN, EV_KEY = 0, 1
_SYN_DROPPED = 3
_UP, _DOWN = 0, 1
_CTRL, _SHIFT, _ALT, _CAPS = (29, 97), (42, 54), (56, 100), 58
_ENTER = (28, 96)
_PLAIN = {
    **dict(zip(range(2, 14), "1234567890-=")), 15: "\t", **dict(zip(range(16, 28), "qwertyuiop[]")),
    **dict(zip(range(30, 42), "asdfghjkl;'`")), 43: "\\", **dict(zip(range(44, 54), "zxcvbnm,./")), 57: " ", 86: "\\",
}  # fmt: skip
_SHIFTED = {
    **dict(zip(range(2, 14), "!@#$%^&*()_+")), 15: "\t", **dict(zip(range(16, 28), "QWERTYUIOP{}")),
    **dict(zip(range(30, 42), 'ASDFGHJKL:"~')), 43: "|", **dict(zip(range(44, 54), "ZXCVBNM<>?")), 57: " ", 86: "|",
}  # fmt: skip
_BLOCK = {71: "7", 72: "8", 73: "9", 75: "4", 76: "5", 77: "6", 79: "1", 80: "2", 81: "3", 82: "0"}
_BLOCK_SIGNS = {55: "*", 74: "-", 78: "+", 83: ".", 98: "/"}
_SILENT = (69, 70, 125, 126)
"""Num Lock, Scroll Lock and the Windows keys: pressed by some readers before a code."""


class Key(NamedTuple):
    """struct input_event."""

    at_ms: int
    kind: int
    code: int
    value: int


class Typed(NamedTuple):
    """A whole code."""

    code: bytes
    how: str
    """us, alt or hex"""
    done_ms: int


class Torn(NamedTuple):
    """What was refused."""

    reason: str
    length: int


class Events:
    """Bytes of a device to keys: 24 bytes each where `long` has 64 bits, else 16."""

    def __init__(self, long_bits: int = 8 * struct.calcsize("l")) -> None:
        self._form = struct.Struct("=qqHHi" if long_bits == 64 else "=iiHHi")
        self.size = self._form.size

    def keys(self, data: bytes) -> Iterator[Key]:
        """The kernel gives whole events only."""
        whole = len(data) - len(data) % self.size
        for seconds, micros, kind, code, value in self._form.iter_unpack(data[:whole]):
            yield Key(seconds * 1000 + micros // 1000, kind, code, value)


class Keyboard:
    """One reader's keys."""

    def __init__(self) -> None:
        self._held: set[int] = set()
        self._caps = False
        self._forget()

    def _forget(self) -> None:
        self._text: list[str] = []
        self._length = 0
        self._how = "us"
        self._alt = ""
        self._hex: str | None = None
        self._spoilt = ""
        self._last_ms: int | None = None

    @property
    def is_typing(self) -> bool:
        return bool(self._text or self._spoilt)

    def feed(self, key: Key) -> list[Typed | Torn]:
        """One event of the device."""
        said: list[Typed | Torn] = []
        if key.kind == EV_SYN and key.code == _SYN_DROPPED:
            self._held.clear()
            self._alt, self._hex = "", None
            self._spoil("truncated")
        if key.kind != EV_KEY:
            return said
        said += self.tick(key.at_ms)
        self._last_ms = key.at_ms
        if key.value == _UP:
            self._held.discard(key.code)
            self._released(key.code)
        elif key.value == _DOWN:
            self._held.add(key.code)
            said += self._pressed(key.code, key.at_ms)
        return said

    def tick(self, now_ms: int) -> list[Typed | Torn]:
        """Time goes by, on the clock of the events."""
        if not self.is_typing or self._last_ms is None or 0 <= now_ms - self._last_ms <= GAP_MS:
            return []
        torn = Torn(self._spoilt or "truncated", max(1, self._length))
        self._forget()
        return [torn]

    def drop(self) -> list[Typed | Torn]:
        """The device is gone."""
        said: list[Typed | Torn] = [Torn("truncated", max(1, self._length))] if self.is_typing else []
        self._held.clear()
        self._caps = False
        self._forget()
        return said

    def _is_down(self, keys: tuple[int, ...]) -> bool:
        return any(key in self._held for key in keys)

    def _pressed(self, code: int, at_ms: int) -> list[Typed | Torn]:
        if code in _ENTER and self._hex is None:
            return self._entered(at_ms)
        if code in (*_CTRL, *_SHIFT, *_ALT, *_SILENT):
            return []
        if code == _CAPS:
            self._caps = not self._caps
        elif self._hex is not None:
            self._hex_pressed(code)
        elif self._is_down(_CTRL):
            self._control_pressed(code)
        elif self._is_down(_ALT):
            self._alt_pressed(code)
        else:
            self._character(self._plain(code))
        return []

    def _plain(self, code: int) -> str | None:
        block = _BLOCK.get(code) or _BLOCK_SIGNS.get(code)
        if block:
            return block
        plain = _PLAIN.get(code)
        is_upper = self._is_down(_SHIFT) != (self._caps and plain is not None and plain.isalpha())
        return _SHIFTED.get(code) if is_upper else plain

    def _control_pressed(self, code: int) -> None:
        """Ctrl Shift U begins a code point; Ctrl and a letter is a control character (some readers send GS so)."""
        sign = _PLAIN.get(code, "")
        if sign == "u" and self._is_down(_SHIFT):
            self._hex = ""
        elif len(sign) == 1 and (sign.isalpha() or sign in "[\\]"):
            self._character(chr(ord(sign.upper()) & 0x1F))
        else:
            self._spoil("unknown_key")

    def _alt_pressed(self, code: int) -> None:
        if code in _BLOCK and len(self._alt) < 8:
            self._alt += _BLOCK[code]
        else:
            self._spoil("unknown_key")

    def _hex_pressed(self, code: int) -> None:
        sign = _PLAIN.get(code) or _BLOCK.get(code) or ""
        if code in _ENTER or sign == " ":
            self._end_hex()
        elif self._hex is not None and sign and sign in "0123456789abcdef" and len(self._hex) < 8:
            self._hex += sign
        else:
            self._spoil("unknown_key")
            self._hex = None

    def _released(self, code: int) -> None:
        if code in _ALT and self._alt and not self._is_down(_ALT):
            digits, self._alt = self._alt, ""
            self._composed(_of_alt(digits), "alt")
        if code in (*_CTRL, *_SHIFT) and self._hex and not self._is_down((*_CTRL, *_SHIFT)):
            self._end_hex()

    def _end_hex(self) -> None:
        digits, self._hex = self._hex, None
        self._composed(_sign(int(digits, 16)) if digits else None, "hex")

    def _composed(self, sign: str | None, how: str) -> None:
        self._how = how
        self._character(sign)

    def _character(self, sign: str | None) -> None:
        if sign is None:
            self._spoil("unknown_key")
            return
        self._length += len(sign.encode())
        if self._length > MOST_BYTES:
            self._spoil("too_long")
        if not self._spoilt:
            self._text.append(sign)

    def _spoil(self, reason: str) -> None:
        self._spoilt = self._spoilt or reason
        self._text.clear()

    def _entered(self, at_ms: int) -> list[Typed | Torn]:
        text, how, spoilt, length = "".join(self._text), self._how, self._spoilt, self._length
        self._forget()
        if spoilt:
            return [Torn(spoilt, max(1, length))]
        return [Typed(text.encode(), how, at_ms)] if text else []


def _of_alt(digits: str) -> str | None:
    number = int(digits)
    if number > 255:
        return _sign(number)
    page = "cp1252" if digits.startswith("0") else "cp437"
    if 0 < number < 32:
        return chr(number)
    try:
        return bytes([number]).decode(page) if number else None
    except UnicodeDecodeError:
        return None


def _sign(number: int) -> str | None:
    return chr(number) if 0 < number < 0xD800 or 0xDFFF < number < 0x110000 else None
