"""A private key under a passphrase: PKCS#8 (RFC 5958) with scrypt (RFC 7914 §7) and AES-256-CBC (RFC 8018).

What the cryptography package would write itself draws the key with PBKDF2 of 2,048 rounds, which is cheap to guess
against; it reads what is written here, and so does `openssl pkey`.
"""

import base64
import os

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

COST, BLOCK, LANES = 2**14, 8, 5
"""16 MiB: openssl takes no more than 32 unasked. Five lanes make up for it."""
_KEY_BYTES = 32
_BLOCK_BITS = 128
_PBES2 = (1, 2, 840, 113549, 1, 5, 13)
_SCRYPT = (1, 3, 6, 1, 4, 1, 11591, 4, 11)
_AES_256_CBC = (2, 16, 840, 1, 101, 3, 4, 1, 42)


def locked_pem(pkcs8_der: bytes, passphrase: bytes) -> bytes:
    """-> the file: BEGIN ENCRYPTED …"""
    salt, vector = os.urandom(16), os.urandom(16)
    key = Scrypt(salt, _KEY_BYTES, COST, BLOCK, LANES).derive(passphrase)
    padder = padding.PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(pkcs8_der) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    data = encryptor.update(padded) + encryptor.finalize()
    costs = _sequence(_octets(salt), _integer(COST), _integer(BLOCK), _integer(LANES), _integer(_KEY_BYTES))
    how = _sequence(_sequence(_oid(_SCRYPT), costs), _sequence(_oid(_AES_256_CBC), _octets(vector)))
    der = _sequence(_sequence(_oid(_PBES2), how), _octets(data))
    return _pem(der)


def _pem(der: bytes) -> bytes:
    text = base64.b64encode(der).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    name = "ENCRYPTED PRIVATE KEY"
    return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----", ""]).encode()


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _octets(data: bytes) -> bytes:
    return _tagged(0x04, data)


def _integer(value: int) -> bytes:
    return _tagged(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _oid(arcs: tuple[int, ...]) -> bytes:
    data = bytes([arcs[0] * 40 + arcs[1]])
    for arc in arcs[2:]:
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.append(arc & 0x7F | 0x80)
        data += bytes(reversed(digits))
    return _tagged(0x06, data)


def _tagged(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
