"""Records of a box in a file that opens with a passphrase: what people showed never lies open on a laptop's disk.

    TRAMSAFE 1 <box> <records> <day>\n   16 bytes salt   12 bytes nonce   AES-256-GCM over the content

The key is scrypt's (2^16, 8, 1: 64 MiB) of the passphrase in composed form (NFC). The first line is readable, so that
a person knows which file this is, and is sealed with the rest: nobody can change it unseen. The content is JSON.
"""

import base64
import json
import os
import re
import secrets
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from scripts.tram import exits
from scripts.tram.box.words import RESET
from scripts.tram.trouble import Trouble

ENDING = ".tramsafe"
_HEAD = re.compile(rb"TRAMSAFE 1 ([a-z0-9][a-z0-9-]{2,31}) ([0-9]{1,9}) ([0-9]{4}-[0-9]{2}-[0-9]{2})\n")
_SALT, _NONCE = 16, 12
_MOST_BYTES = 256 * 1024 * 1024
_COST = 1 << 16


class Held(NamedTuple):
    """What a box still held. `records`: (epoch, seq, bytes)."""

    box: str
    epoch: str
    first: int
    last: int
    gateway: str
    records: list[tuple[str, int, bytes]]

    def __repr__(self) -> str:
        return f"Held({self.box!r}, {len(self.records)} records)"


class Label(NamedTuple):
    """What anybody may read of a file."""

    box: str
    records: int
    day: str


def write(path: Path, held: Held, passphrase: str) -> None:
    """A new file, read back before it returns. Trouble safe_there; OSError."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    head = f"TRAMSAFE 1 {held.box} {len(held.records)} {date.today().isoformat()}\n".encode()
    content = json.dumps(
        {
            "box": held.box,
            "epoch": held.epoch,
            "first": held.first,
            "last": held.last,
            "gateway": held.gateway,
            "records": [[epoch, seq, base64.b64encode(data).decode()] for epoch, seq, data in held.records],
        }
    ).encode()
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    sealed = head + salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, content, head)
    try:
        with open(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb"
        ) as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise Trouble("safe_there", exits.REFUSED, RESET, file=str(path)) from None
    except OSError:
        path.unlink(missing_ok=True)
        raise
    if read(path, passphrase) != held:
        path.unlink(missing_ok=True)
        raise OSError(5, "what was written reads back differently", str(path))


def label(path: Path) -> Label:
    """Trouble safe_wrong: it is none."""
    with open(path, "rb") as file:
        found = _HEAD.match(file.readline(128))
    if found is None:
        raise Trouble("safe_wrong", exits.REFUSED, RESET, file=str(path))
    return Label(found[1].decode(), int(found[2]), found[3].decode())


def read(path: Path, passphrase: str) -> Held:
    """Trouble safe_wrong, passphrase_wrong."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    with open(path, "rb") as file:
        data = file.read(_MOST_BYTES)
    found = _HEAD.match(data)
    if found is None or len(data) < found.end() + _SALT + _NONCE + 16:
        raise Trouble("safe_wrong", exits.REFUSED, RESET, file=str(path))
    head, rest = data[: found.end()], data[found.end() :]
    salt, nonce, sealed = rest[:_SALT], rest[_SALT : _SALT + _NONCE], rest[_SALT + _NONCE :]
    try:
        content = json.loads(AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, head))
    except InvalidTag:
        raise Trouble("passphrase_wrong", exits.NO_RIGHT, RESET, file=str(path)) from None
    return _held(content)


def _held(content: dict[str, Any]) -> Held:
    records = [(epoch, seq, base64.b64decode(data)) for epoch, seq, data in content["records"]]
    return Held(content["box"], content["epoch"], content["first"], content["last"], content["gateway"], records)


def _key(passphrase: str, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    return Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(unicodedata.normalize("NFC", passphrase).encode())
