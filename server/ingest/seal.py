"""Opening what gateways seal to this server (SPEC §14): an envelope in, the box's record out, bit for bit. Pure.

1. The keys are the server's alone. Several: a new one is given out while what was sealed to the old is still coming.
2. An envelope names its key. Without that key it is kept closed (`sealed_key`) and can be opened when the key is there.
3. What does not open, or opens to something that does not belong to its header, is kept closed too (`sealed`): only
   the server's own eyes could tell more, and nothing is repaired.
4. What comes out was made by the box: the record's own checksum is checked once more, and it never holds an envelope.
"""

from collections.abc import Iterable
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from firmware.wire import envelope, record
from firmware.wire.envelope import Opaque, Sealed
from firmware.wire.errors import WireError

SEALED = "sealed"
NO_KEY = "sealed_key"
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


class Closed(Exception):
    """Why an envelope stays closed; `code` is stable: `sealed` or `sealed_key`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def key_id(public_key: bytes) -> str:
    """How an envelope names a key."""
    return sha256(public_key).hexdigest()[: envelope.KEY_ID_DIGITS]


class Keys:
    """The server's private keys, by the ids of their public halves. Never shown."""

    def __init__(self, private_keys: Iterable[bytes] = ()) -> None:
        self._keys: dict[str, X25519PrivateKey] = {}
        for raw in private_keys:
            private = X25519PrivateKey.from_private_bytes(raw)
            self._keys[key_id(private.public_key().public_bytes_raw())] = private

    def __repr__(self) -> str:
        return f"Keys({', '.join(sorted(self._keys))})"

    def ids(self) -> list[str]:
        """Which keys are here."""
        return list(self._keys)

    def has(self, public_key: bytes) -> bool:
        """Whether what is sealed to this key can be opened."""
        return key_id(public_key) in self._keys

    def open(self, closed: Sealed | Opaque, raw: bytes) -> bytes:
        """The record in an envelope; `raw` is what `closed` was read from. Raises `Closed`."""
        private = self._keys.get(closed.key_id)
        if private is None:
            raise Closed(NO_KEY)
        try:
            plain = bytes(SUITE.decrypt(closed.sealed, private, envelope.info_of(raw)))
        except (InvalidTag, ValueError) as err:
            raise Closed(SEALED) from err
        return _belonging(closed, plain)


def _belonging(closed: Sealed | Opaque, plain: bytes) -> bytes:
    try:
        if isinstance(closed, Sealed):
            return bytes(envelope.record_of(closed, plain))
        if len(plain) <= record.MAX_RECORD_BYTES and record.identity(plain)[2:] == closed[:3]:
            return plain
    except WireError as err:
        raise Closed(SEALED) from err
    raise Closed(SEALED)
