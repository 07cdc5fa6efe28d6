"""Firmware inside a MicroPython file: how one tells that it is in there, and which.

Beside the modules of the firmware a small one is frozen that nobody imports. Its one text stands in the file as it is:
`tram-frozen-1 <board> <version> <SHA-256 of all that was frozen>`, with the version and the sum in 10 and 64 digits. So
do the modules' names, each ended by a zero.
"""

import re
from typing import NamedTuple

from scripts.tram.release.uf2 import parse

_MARK = re.compile(rb"tram-frozen-1 ([a-z0-9_]{1,32}) ([0-9]{10}) ([0-9a-f]{64})")
A_NAME = b"firmware/app.py\0"
OWN_BOOT = b"the system volume cannot be mounted:"
"""A text of our `_boot.py` for RP2 (scripts/boards/written.py)."""


class Mark(NamedTuple):
    """`sum` is that of the sources, as hexadecimal digits."""

    board: str
    version: int
    sum: str

    def text(self) -> str:
        return f"tram-frozen-1 {self.board} {self.version:010d} {self.sum}"


def marks_in(program: bytes) -> list[Mark]:
    """Each firmware that says that it is in there, once."""
    found = {Mark(one[1].decode(), int(one[2]), one[3].decode()) for one in _MARK.finditer(program)}
    return sorted(found)


def has_firmware(program: bytes) -> bool:
    """Whether there is any firmware of ours in it, also without a mark."""
    return A_NAME in program or bool(marks_in(program))


def program_of(file: bytes, chip: str) -> bytes:
    """What a MicroPython file puts into the flash, in one piece: of UF2 blocks, their content. Raises Uf2Error."""
    if not chip.startswith("rp2"):
        return file
    return b"".join(data for _, data in sorted(parse(file, chip).items()))
