"""Keys that survive a restart of the program, but not a power cut.

1. They lie in a folder on tmpfs or ramfs, one file each, 0600; where there is no such folder, or it is on a disk, in
   the memory of this process only, and nothing is written.
2. A key is drawn when it is asked for under a name that is not there. What cannot be written (no room) is good for
   this process.
3. A destroyed key is overwritten, in the file and in memory, before it is let go.
4. A file that is not a key, or that others may write, is not taken: a new one is drawn in its place.
Any thread may call.
"""

import ctypes
import os
import secrets
import stat
import threading
from contextlib import suppress
from pathlib import Path

KEY_BYTES = 32
_ENDING = ".key"
_TMPFS, _RAMFS = 0x01021994, 0x858458F6


class _Statfs(ctypes.Structure):
    """struct statfs of <sys/vfs.h>: only its first field is looked at, and `rest` is longer than what follows."""

    _fields_ = [("kind", ctypes.c_long), ("rest", ctypes.c_byte * 256)]


def is_in_memory(folder: Path) -> bool:
    """Whether what lies in that folder is on tmpfs or ramfs."""
    buf = _Statfs()
    if ctypes.CDLL(None, use_errno=True).statfs(os.fsencode(folder), ctypes.byref(buf)) != 0:
        return False
    return buf.kind & 0xFFFFFFFF in (_TMPFS, _RAMFS)


def runtime_folder() -> Path | None:
    """Where systemd has made a folder for this service (RuntimeDirectory=); None: nowhere."""
    named = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    return Path(named) if named else None


class Shelf:
    """Keys by name; a name is of letters, digits and `-`."""

    def __init__(self, folder: Path | None) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, bytearray] = {}
        self._folder = folder if folder is not None and _usable(folder) else None
        for path in self._files():
            key = _read(path)
            if key is not None:
                self._keys[path.name.removesuffix(_ENDING)] = key

    @property
    def folder(self) -> Path | None:
        """Where the keys lie; None: in this process only, and gone with it."""
        return self._folder

    @property
    def survives_restart(self) -> bool:
        return self._folder is not None

    def __repr__(self) -> str:
        return f"Shelf({len(self._keys)} keys)"

    def names(self) -> list[str]:
        with self._lock:
            return sorted(self._keys)

    def find(self, name: str) -> bytearray | None:
        with self._lock:
            return self._keys.get(name)

    def get(self, name: str) -> bytearray:
        """The key of that name; drawn where there is none."""
        with self._lock:
            key = self._keys.get(name)
            if key is None:
                key = self._keys[name] = bytearray(secrets.token_bytes(KEY_BYTES))
                self._write(name, key)
            return key

    def destroy(self, name: str) -> None:
        with self._lock:
            key = self._keys.pop(name, None)
            if key is not None:
                key[:] = bytes(len(key))
            if self._folder is not None:
                _wipe(self._folder / (name + _ENDING))

    def _files(self) -> list[Path]:
        return [] if self._folder is None else sorted(self._folder.glob("*" + _ENDING))

    def _write(self, name: str, key: bytearray) -> None:
        if self._folder is None:
            return
        path = self._folder / (name + _ENDING)
        with suppress(OSError):
            path.unlink(missing_ok=True)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
                file.write(key)


def _usable(folder: Path) -> bool:
    """Made where missing; only where it is in memory, and ours alone to write."""
    parent = folder
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    if not is_in_memory(parent):
        return False
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        info = folder.stat()
    except OSError:
        return False
    return is_in_memory(folder) and not info.st_mode & 0o022 and os.access(folder, os.W_OK)


def _read(path: Path) -> bytearray | None:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode) or info.st_mode & 0o077 or info.st_uid != os.geteuid():
                return None
            key = bytearray(file.read(KEY_BYTES + 1))
    except OSError:
        return None
    return key if len(key) == KEY_BYTES else None


def _wipe(path: Path) -> None:
    with suppress(OSError):
        with open(os.open(path, os.O_WRONLY | os.O_NOFOLLOW), "wb") as file:  # not cut: the same page is written over
            file.write(bytes(KEY_BYTES))
        path.unlink()
