"""Where the place's memory lies between two runs of the program: one file, in a folder that is itself in memory.

The folder is handed in by whoever has made sure that it is on tmpfs; without one nothing is kept.
"""

import os
from pathlib import Path

NAME = "place.state"
MAX_BYTES = 64 * 1024 * 1024


class Memory:
    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / NAME

    def load(self) -> bytes:
        """What was saved last; empty where there is nothing."""
        if self._path is None:
            return b""
        try:
            with open(os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                return file.read(MAX_BYTES)
        except OSError:
            return b""

    def save(self, data: bytes) -> None:
        """Replace it, 0600. Raises OSError, and then the old one is there."""
        if self._path is None:
            return
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
        os.replace(fresh, self._path)
