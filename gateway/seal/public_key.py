"""The server's public key, as it is handed about: 64 hexadecimal digits, and a short name for it (SPEC §14)."""

import hashlib
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from firmware.wire.envelope import KEY_ID_DIGITS
from gateway.seal.errors import SealError

KEY_BYTES = 32
_HEX = set("0123456789abcdef")


def read_public_key(path: Path) -> bytes:
    """The 32 bytes of the key in a file. Raises SealError `file` or `form`."""
    try:
        text = path.read_bytes()[:1024].decode()
    except OSError as error:
        raise SealError("file", f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SealError("form", f"{path}: not text") from error
    try:
        return parse_public_key(text.strip())
    except SealError as error:
        raise SealError(error.code, f"{path}: {error.detail}") from error


def parse_public_key(text: str) -> bytes:
    """The same from its 64 digits. Raises SealError `form`."""
    if len(text) != 2 * KEY_BYTES or not set(text) <= _HEX:
        raise SealError("form", "not 64 hexadecimal digits")
    key = bytes.fromhex(text)
    check(key)
    return key


def check(public_key: bytes) -> X25519PublicKey:
    """Raises SealError `form` for what nothing can be sealed to, such as a point of low order."""
    try:
        key = X25519PublicKey.from_public_bytes(public_key)
        X25519PrivateKey.generate().exchange(key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SealError("form", "not a public key of X25519") from error
    return key


def key_id(public_key: bytes) -> str:
    return hashlib.sha256(public_key).hexdigest()[:KEY_ID_DIGITS]
