"""Small secret files in the holder's folder: made whole or not at all, by one of several, for their owner alone.

1. A file appears under its name only when all of it is on the disk (written aside, synced, linked). Who links first
   has made it; who comes second reads it.
2. A secret that is to go is overwritten where it lies, synced, unlinked, and the folder synced. What a disk keeps of
   overwritten blocks is for the disk's own encryption to cover.
3. A file that others than its owner may read is refused.
"""

import os
import secrets
from pathlib import Path

from server import keys
from server.errors import Unusable

MODE = 0o600


def create(path: Path, data: bytes) -> bool:
    """Make a file; False where it is there already."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, MODE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(aside)
    sync_folder(path.parent)
    return True


def destroy(path: Path) -> None:
    """Overwrite, unlink, sync. Nothing to do where it is gone."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        length = os.fstat(handle).st_size
        for filling in (secrets.token_bytes(length), bytes(length)):
            os.pwrite(handle, filling, 0)
            os.fsync(handle)
    finally:
        os.close(handle)
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def secret(path: Path) -> bytes:
    """32 random bytes that live in a file: made at the first use. Raises `Unusable`: `key_file`."""
    if not path.exists():
        create(path, secrets.token_bytes(32).hex().encode() + b"\n")
    return keys.read(path)


def folder(path: Path) -> Path:
    """A folder for its owner alone. Raises `Unusable`: `holder_folder`."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = path.stat().st_mode
    except OSError as err:
        raise Unusable("holder_folder", f"{path}: {err.strerror}") from err
    if mode & 0o077:
        raise Unusable("holder_folder", f"{path} is open to others than its owner: chmod 700 {path}")
    return path


def sync_folder(path: Path) -> None:
    """What was made or unlinked in it stays so after a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
