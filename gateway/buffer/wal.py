"""A look at a write-ahead log that was left behind, before SQLite opens it.

1. SQLite reads the log up to the first frame whose checksum is wrong, and takes the rest for leftovers. That is right
   after a power cut, where the end was never synced. It is wrong after a bit has flipped: then commits are in the
   rest.
2. Leftovers of an earlier round have other salts. Frames behind the break with the salts of this round are `strays`.
Format: sqlite.org/fileformat2.html, section 4.
"""

import struct
from pathlib import Path

HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24


def strays(path: Path) -> bytes:
    """The pages of this round that SQLite will not read; empty nearly always."""
    data = path.read_bytes() if path.exists() else b""
    if len(data) < HEADER_BYTES:
        return b""
    magic, _, page_bytes = struct.unpack(">III", data[:12])
    if magic not in (0x377F0682, 0x377F0683) or page_bytes not in _PAGE_SIZES:
        return data
    order = ">" if magic & 1 else "<"
    sums = _sum(data[:24], order, (0, 0))
    if sums != struct.unpack(">II", data[24:32]):
        return data
    salts = data[16:24]
    frame_bytes = FRAME_HEADER_BYTES + page_bytes
    found: list[bytes] = []
    is_broken = False
    for at in range(HEADER_BYTES, len(data) - FRAME_HEADER_BYTES, frame_bytes):
        frame = data[at : at + frame_bytes]
        if not is_broken:
            after = _sum(frame[FRAME_HEADER_BYTES:], order, _sum(frame[:8], order, sums))
            is_broken = frame[8:16] != salts or after != struct.unpack(">II", frame[16:24]) or len(frame) < frame_bytes
            sums = after
        if is_broken and (frame[8:16] == salts or not found):
            found.append(frame[FRAME_HEADER_BYTES:])
    return b"\0".join(found) if len(found) > 1 else b""


_PAGE_SIZES = frozenset(1 << shift for shift in range(9, 17))


def _sum(data: bytes, order: str, start: tuple[int, int]) -> tuple[int, int]:
    first, second = start
    words = struct.unpack(f"{order}{len(data) // 4}I", data[: len(data) // 4 * 4])
    for even, odd in zip(words[::2], words[1::2]):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
