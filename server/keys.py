"""Private keys in files: those that what gateways seal is opened with.

1. A key is 32 random bytes, in its file as 64 hexadecimal digits and a line end. The file is its owner's alone: one
   that others may read is refused, since nobody knows who has read it.
2. A file is made once and never written over: without the key, what was sealed to it is gone.
3. A key is shown to nobody; its public half is what gateways get.
"""

import os
import re
import stat
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from server.errors import Unusable

DIGITS = re.compile(rb"[0-9a-f]{64}\n?\Z")
FLEET_DIGITS = re.compile(rb"[0-9a-f]{512}\Z")
MOST_BYTES = 4096


def new(path: Path) -> str:
    """Make a key, keep it, sync it; returns its public half. Raises `Unusable`: `key_file`."""
    private = X25519PrivateKey.generate()
    write_private(path, private.private_bytes_raw().hex().encode() + b"\n")
    return private.public_key().public_bytes_raw().hex()


def public(path: Path) -> str:
    """The public half of the key in a file. Raises `Unusable`: `key_file`."""
    return X25519PrivateKey.from_private_bytes(read(path)).public_key().public_bytes_raw().hex()


def read(path: Path) -> bytes:
    """The key in a file. Raises `Unusable`: `key_file`."""
    data = read_private(path)
    if not DIGITS.match(data):
        raise Unusable("key_file", f"{path}: not 64 hexadecimal digits")
    return bytes.fromhex(data.decode())


def read_fleet_key(path: Path) -> bytes:
    """The public half of the fleet's key: 512 hexadecimal digits. Raises `Unusable`: `key_file`."""
    try:
        data = path.read_bytes()[:MOST_BYTES].strip()
    except OSError as err:
        raise Unusable("key_file", f"{path}: {err.strerror}") from err
    if not FLEET_DIGITS.match(data):
        raise Unusable("key_file", f"{path}: not 512 hexadecimal digits")
    return bytes.fromhex(data.decode())


def read_private(path: Path) -> bytes:
    """What stands in a file that only its owner may read. Raises `Unusable`: `key_file`."""
    try:
        with path.open("rb") as handle:
            if stat.S_IMODE(os.fstat(handle.fileno()).st_mode) & 0o077:
                raise Unusable("key_file", f"{path} can be read by others than its owner: chmod 600 {path}")
            return handle.read(MOST_BYTES)
    except OSError as err:
        raise Unusable("key_file", f"{path}: {err.strerror}") from err


def write_private(path: Path, data: bytes) -> None:
    """A new file for its owner alone, whole and on the disk, or none. Raises `Unusable`: `key_file`."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as err:
        raise Unusable("key_file", f"{path} is there already, and is not written over") from err
    except OSError as err:
        raise Unusable("key_file", f"{path}: {err.strerror}") from err
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
