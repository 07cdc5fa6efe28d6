"""A look at a write-ahead log that was left behind, before SQLite opens it.

1. SQLite reads the log up to the first frame whose checksum is wrong, and takes the rest for leftovers. That is right
   after a power cut, where the end was never synced. It is wrong after a bit has flipped: then commits are in the
   rest.
2. Leftovers of an earlier round have other salts. A commit is synced before the next one begins: so behind a break
   there is one commit of this round at most, unless what was synced has broken.
3. Where the head is broken nobody knows the round; a head of zeros begins a log that was handed on (files.py). Then
   whatever rows there are, beyond those of the file, were committed.
Format: sqlite.org/fileformat2.html, section 4.
"""

import struct
import sys
from array import array
from pathlib import Path
from typing import NamedTuple

from gateway.buffer import carve, row
from gateway.buffer.carve import FRAME_HEAD_BYTES, LOG_HEAD_BYTES


class Break(NamedTuple):
    at: int
    """The first frame that SQLite does not read."""
    commits: int
    """So many commits of this round lie behind it; -1: nobody knows."""


def strays(path: Path, page_bytes: int, first_id: int, last_id: int) -> bool:
    """Whether the log holds committed rows that SQLite will not read; `last_id` is the last that it does."""
    try:
        data = path.read_bytes()
    except OSError:
        return False
    if len(data) < LOG_HEAD_BYTES:
        return False
    found = _break_of(data, page_bytes)
    if 0 <= found.commits < 2:
        return False
    rest = data[:LOG_HEAD_BYTES] + data[found.at :]
    rows = map(row.unpack, carve.Pages(b"", rest, page_bytes).rows())
    return any(one is not None and one.id > max(last_id, first_id - 1) for one in rows)


def _break_of(data: bytes, page_bytes: int) -> Break:
    magic, _, size = struct.unpack(">III", data[:12])
    order = "big" if magic & 1 else "little"
    sums = _sum(data[:24], order, (0, 0))
    if magic not in (0x377F0682, 0x377F0683) or size != page_bytes or sums != struct.unpack(">II", data[24:32]):
        return Break(LOG_HEAD_BYTES, -1)
    salts = data[16:24]
    step = FRAME_HEAD_BYTES + page_bytes
    at = LOG_HEAD_BYTES
    while at + step <= len(data):
        frame = data[at : at + step]
        sums = _sum(frame[FRAME_HEAD_BYTES:], order, _sum(frame[:8], order, sums))
        if frame[8:16] != salts or sums != struct.unpack(">II", frame[16:24]):
            break
        at += step
    behind = range(at, len(data) - FRAME_HEAD_BYTES, step)
    commits = sum(1 for one in behind if data[one + 8 : one + 16] == salts and any(data[one + 4 : one + 8]))
    return Break(at, commits)


def _sum(data: bytes, order: str, start: tuple[int, int]) -> tuple[int, int]:
    first, second = start
    words = array("I", data[: len(data) // 8 * 8])
    if order != sys.byteorder:
        words.byteswap()
    for at in range(0, len(words), 2):
        first = (first + words[at] + second) & 0xFFFFFFFF
        second = (second + words[at + 1] + first) & 0xFFFFFFFF
    return first, second
