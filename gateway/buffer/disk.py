"""The disk under the buffer: what is free on it, a reserve, and how what was written is made to stay or to be gone.

The ballast is a file of real blocks. When there is no room left it is given up, so that answers can still be put down
and whole segments let go; it is taken again when there is room for it and for more.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

WIPE_BYTES = 256 * 1024


def sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """A file that was made or renamed is there after a power cut only once its folder is synced."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def wipe(path: Path) -> None:
    """Write over every byte of a file, sync, and remove it: its blocks hold nothing of it any more."""
    for _ in wiping(path):
        pass


def wiping(path: Path) -> Iterator[None]:
    """The same in steps, each of them synced."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        left, nothing = os.fstat(handle).st_size, bytes(WIPE_BYTES)
        # the file system hands out whole blocks: what lies behind the end of the file is in the last one
        left += -left % 4096
        while left > 0:
            left -= os.write(handle, nothing[:left])
            os.fsync(handle)
            yield
    finally:
        os.close(handle)
    path.unlink()


class Ballast:
    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size

    @property
    def held(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return 0

    def take(self, min_free_bytes: int) -> None:
        """If there is room for it and still enough beside it."""
        try:
            if self._size == 0 or self.held == self._size:
                return
            if free_bytes(self._path.parent) < self._size + min_free_bytes:
                return
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(handle, 0, self._size)
            finally:
                os.close(handle)
        except OSError:
            return  # no room or no disk: commits say so

    def give_up(self) -> bool:
        """-> whether there was any"""
        held = self.held
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        return held > 0
