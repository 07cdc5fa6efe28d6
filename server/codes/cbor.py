"""CBOR as certificates use it, and nothing else of it: looked over before it is decoded.

1. At most 16 deep and 2,000 items. Tags: COSE_Sign1 (18), CWT (61), the two of dates (0, 1); no other is decoded.
2. Keys of a map are whole numbers or texts, and none stands twice. Nothing follows the item.
Source: RFC 8949 §3; RFC 9052 §4.2; RFC 8392 §6.
"""

from collections.abc import Callable
from typing import Any

import cbor2

MOST_DEEP = 16
MOST_ITEMS = 2_000
TAGS = (0, 1, 18, 61)
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG, _SIMPLE = range(8)
_BREAK = -1


class CborError(ValueError):
    """It is not of this form."""


def decode(data: bytes) -> Any:
    """The one item that fills `data`; a tag COSE_Sign1 or CWT around it is taken off. Raises `CborError`."""
    walk = _Walk(data)
    if walk.item(0) == _BREAK or walk.at != len(data):
        raise CborError("not one item")
    try:
        found = cbor2.loads(data)
        while isinstance(found, cbor2.CBORTag):
            found = found.value
    except Exception as err:  # whatever a decoder of foreign bytes may raise: cbor2's own, of dates, of texts
        raise CborError("cannot be decoded") from err
    if walk.keys != _keys(found):
        raise CborError("a key stands twice")
    return found


class _Walk:
    """Goes over the items without building them."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0
        self.items = 0
        self.keys = 0

    def item(self, depth: int) -> int:
        """Passes one item; its major type, or _BREAK."""
        self.items += 1
        if depth > MOST_DEEP or self.items > MOST_ITEMS:
            raise CborError("too deep or too many")
        first = self._byte()
        major, count = first >> 5, self._count(first & 31, first)
        if first == 0xFF:
            return _BREAK
        if major in (_BYTES, _TEXT):
            self._string(major, count, depth)
        elif major == _LIST:
            self._repeat(count, lambda: self.item(depth + 1))
        elif major == _MAP:
            self._repeat(count, lambda: self._pair(depth + 1))
        elif major == _TAG and (count not in TAGS or self.item(depth + 1) == _BREAK):
            raise CborError("a tag that is not known")
        return major

    def _byte(self) -> int:
        if self.at >= len(self._data):
            raise CborError("cut off")
        self.at += 1
        return self._data[self.at - 1]

    def _count(self, info: int, first: int) -> int | None:
        # the argument of the head; None: of indefinite length
        if info < 24:
            return info
        if info <= 27:
            size = 1 << (info - 24)
            self.at += size
            if self.at > len(self._data):
                raise CborError("cut off")
            return int.from_bytes(self._data[self.at - size : self.at], "big")
        if info == 31 and (first >> 5 in (_BYTES, _TEXT, _LIST, _MAP) or first == 0xFF):
            return None
        raise CborError("no such length")

    def _string(self, major: int, count: int | None, depth: int) -> None:
        if count is not None:
            self.at += count
            if self.at > len(self._data):
                raise CborError("cut off")
            return
        while (found := self.item(depth + 1)) != _BREAK:
            if found != major:
                raise CborError("a piece of another type")

    def _pair(self, depth: int) -> int:
        key = self.item(depth)
        if key == _BREAK:
            return _BREAK
        if key not in (_UNSIGNED, _NEGATIVE, _TEXT) or self.item(depth) == _BREAK:
            raise CborError("no pair")
        self.keys += 1
        return _MAP

    def _repeat(self, count: int | None, step: Callable[[], int]) -> None:
        if count is None:
            while step() != _BREAK:
                pass
            return
        if count > MOST_ITEMS:
            raise CborError("too many")
        for _ in range(count):
            if step() == _BREAK:
                raise CborError("ends too early")


def _keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_keys(one) for one in value.values())
    if isinstance(value, list | tuple):
        return sum(_keys(one) for one in value)
    return _keys(value.value) if isinstance(value, cbor2.CBORTag) else 0
