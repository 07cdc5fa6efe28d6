"""A folder of this machine in the place of the box's system volume: what firmware/files.py needs of one."""

import errno
import os
from pathlib import Path


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.is_full = False

    def open(self, path: str, mode: str):
        if self.is_full and "w" in mode:
            raise OSError(errno.ENOSPC, "full")
        return open(self._at(path), mode)

    def rename(self, old: str, new: str) -> None:
        self._at(old).replace(self._at(new))

    def remove(self, path: str) -> None:
        self._at(path).unlink()

    def mkdir(self, path: str) -> None:
        self._at(path).mkdir()

    def _at(self, path: str) -> Path:
        return self.root / path.lstrip("/")


random_bytes = os.urandom
