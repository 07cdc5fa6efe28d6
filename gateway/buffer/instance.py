"""Whose folder this is: one process at a time, on one machine.

1. A file is locked for as long as the buffer is open: a second process is refused (`in_use`).
2. The folder remembers the machine that it was made on. On another one, as after an SD card was copied, the gateway
   refuses (`copied`): two of them would send the same scans, and both would answer the boxes. Somebody has to say
   which one goes on: `adopt`.
3. A note that cannot be read is not a note of another machine: it is written anew.
"""

import fcntl
import hashlib
import os
from binascii import crc32
from contextlib import suppress
from pathlib import Path

from gateway.buffer.errors import BufferFault

MACHINE_ID = Path("/etc/machine-id")
LOCK = "lock"
INSTANCE = "instance"


class Lock:
    def __init__(self, folder: Path) -> None:
        self._handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as err:
            os.close(self._handle)
            raise BufferFault("in_use", f"another process has {folder} open") from err

    def close(self) -> None:
        os.close(self._handle)


def machine() -> str:
    """This machine's id, hashed; empty where it has none."""
    try:
        name = MACHINE_ID.read_bytes().strip()
    except OSError:
        return ""
    return hashlib.sha256(b"tram buffer " + name).hexdigest() if name else ""


def check(folder: Path) -> None:
    """Raises BufferFault `copied`; notes the machine where nothing is noted."""
    here, noted = machine(), _read(folder / INSTANCE)
    if here and noted is None:
        _write(folder / INSTANCE, here)
    elif here and noted != here:
        raise BufferFault("copied", f"{folder} was made on another machine; `python -m gateway adopt` takes it over")


def adopt(folder: Path) -> None:
    """From now on it is this machine's. Raises OSError."""
    _write(folder / INSTANCE, machine())


def _read(path: Path) -> str | None:
    try:
        name, _, check = path.read_text("ascii", "replace").strip().partition(" ")
    except OSError:
        return None
    return name if check == f"{crc32(name.encode()):08x}" else None


def _write(path: Path, name: str) -> None:
    making = path.with_name(path.name + ".making")
    making.write_text(f"{name} {crc32(name.encode()):08x}\n")
    making.chmod(0o600)
    with suppress(OSError), making.open("rb") as file:
        os.fsync(file.fileno())
    making.replace(path)
