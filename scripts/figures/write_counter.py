"""What a child asks of its disk: write_counter.c, loaded before all else."""

import os
import struct
from pathlib import Path
from typing import NamedTuple

from scripts.sim.compiled import shared

SOURCE = Path(__file__).with_suffix(".c")
_FORM = struct.Struct("=4Q")


class Written(NamedTuple):
    """So far."""

    writes: int
    bytes: int
    fsyncs: int
    fdatasyncs: int

    @property
    def syncs(self) -> int:
        return self.fsyncs + self.fdatasyncs


class Counter:
    """`environment` is for the child; `look()` at any time. Raises NoCompiler."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "written"
        self.environment = {**os.environ, "LD_PRELOAD": str(shared(SOURCE, folder)), "WRITE_COUNTER": str(self._path)}

    def look(self) -> Written:
        data = self._path.read_bytes() if self._path.exists() else b""
        return Written(*(_FORM.unpack(data) if len(data) == _FORM.size else (0,) * 4))
