"""Folders for what an export writes on its way, with names and numbers in it. Nothing of it outlives the export.

1. A folder is of one export, its owner's alone (0700), and is locked for as long as somebody works in it. It goes in
   every case: done, broken off, refused.
2. Of a process that was killed the lock goes and the folder stays: `sweep` takes it away, when the server starts and
   before the next export. One that is locked, or that is not ours, stays.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "tram-export-"


@contextmanager
def private_folder() -> Iterator[Path]:
    """A new folder, gone afterwards. Raises OSError where none can be made."""
    path, handle = _locked()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(handle)


def sweep() -> int:
    """Take away what exports of killed processes left; -> how many folders."""
    return sum(_is_swept(path) for path in Path(tempfile.gettempdir()).glob(PREFIX + "*"))


def _locked() -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        with suppress(FileNotFoundError):  # a sweep came before the lock
            handle = _open(path)
            fcntl.flock(handle, fcntl.LOCK_EX)
            if path.is_dir():
                return path, handle
            os.close(handle)


def _is_swept(path: Path) -> bool:
    try:
        handle = _open(path)
    except OSError:  # no folder, or somebody else's
        return False
    try:
        if os.fstat(handle).st_uid != os.geteuid():
            return False
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def _open(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
