"""Small files that must be right: replaced as a whole, there after a power cut, read by nobody else.

1. `write` returns when the bytes are on the disk under their name: another file, sync, rename, sync of the folder.
2. A reader sees the old content or the new, never a part. What `write` left behind when it was cut off is no name that
   anybody reads, and the next `write` takes it away.
3. `locked` lets one process at a time into a folder; the kernel opens the lock when its holder dies.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FRESH = ".new"
"""Ending of a file that is being written."""
LOCK_NAME = ".lock"
MAX_JSON_BYTES = 1024 * 1024


def write(path: Path, data: bytes) -> None:
    """Replace the file, 0600. Raises OSError, and then the old one is there."""
    fresh = path.with_name(path.name + FRESH)
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    sync_folder(path.parent)


def write_json(path: Path, value: Any) -> None:
    write(path, json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n")


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in the file; None where there is no file, or not one that `write_json` wrote."""
    try:
        with open(path, "rb") as file:
            value = json.loads(file.read(MAX_JSON_BYTES).decode())
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def remove(path: Path) -> None:
    """Take the file away, if it is there."""
    path.unlink(missing_ok=True)


def make_folder(path: Path) -> Path:
    """0700, and so are those above it that were not there."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def sync_folder(path: Path) -> None:
    """Make lasting which names there are."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Alone in the folder (made where missing), as far as those are concerned who ask."""
    make_folder(folder)
    with open(os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
