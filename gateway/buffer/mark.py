"""How far the newest segment had come, in a file of its own: an index that was cut short leaves no trace.

The newest id is written after each commit, in place and without a sync: it survives the end of the process, and may lag
behind after a power cut, never be ahead. A mark ahead of the segment means: so many rows are gone.
"""

import os
import struct
from binascii import crc32
from pathlib import Path

NAME = "mark"
_FORM = struct.Struct(">QI")


def read(folder: Path) -> int:
    """0 where there is none that can be read."""
    try:
        data = (folder / NAME).read_bytes()[: _FORM.size]
    except OSError:
        return 0
    if len(data) != _FORM.size:
        return 0
    last_id, check = _FORM.unpack(data)
    return int(last_id) if check == crc32(data[:8]) else 0


class Mark:
    def __init__(self, folder: Path) -> None:
        self._handle = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(self, last_id: int) -> None:
        data = last_id.to_bytes(8, "big")
        try:
            os.pwrite(self._handle, _FORM.pack(last_id, crc32(data)), 0)
        except OSError:
            return  # the disk is full or failing: the next commit says so, and a mark that lags does no harm

    def close(self) -> None:
        os.close(self._handle)
