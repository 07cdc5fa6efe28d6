"""What the gateway keeps in the place of a record: an envelope that only the server can open (SPEC §14).

1. Nothing that a person showed reaches the disk in the clear, and neither does a checksum or an unkeyed hash of it:
   the record's own checksum goes into the seal, and what recognises a record again is keyed (digests.py).
2. A scan of a time in which only counts may be kept becomes `counted`: its code is dropped here, before it is written.
   Which time that is, says whoever hands `mode_of`; here nothing is guessed.
3. What cannot be read may hold a person too. It is of no known time: where only counts were ever to be kept, a record
   without more than its identity is declared lost (`counts_only`), and of a message nothing is kept.
4. A declaration of loss holds nothing personal, and stays as it is.
5. The key may be changed at any time; each envelope names the one that it is sealed to.
Any thread may call.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from firmware.wire import envelope
from firmware.wire.envelope import Opaque, Sealed
from firmware.wire.record import Lost, Scan, encode_lost
from gateway.seal.digests import DigestKeys
from gateway.seal.public_key import check, key_id

Mode = Literal["identified", "counts_only"]
ModeOf = Callable[[Scan | None, str, int], Mode]
"""(scan or None where it cannot be read, received_boot, received_mono_ms); an empty boot: not known when it came."""

SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


class _Key(NamedTuple):
    public: X25519PublicKey
    id: str


class Sealer:
    """Turns records into envelopes."""

    def __init__(self, public_key: bytes, mode_of: ModeOf, digest_keys: DigestKeys) -> None:
        self._mode_of = mode_of
        self._digests = digest_keys
        self._key = _key(public_key)

    def __repr__(self) -> str:
        return f"Sealer(key_id={self._key.id!r})"

    @property
    def key_id(self) -> str:
        return self._key.id

    def set_key(self, public_key: bytes) -> None:
        """Seal to this key from now on. Raises SealError `form`, and then the old one stays."""
        self._key = _key(public_key)

    def scan(self, scan: Scan, raw: bytes, received_boot: str, received_mono_ms: int) -> bytes:
        """`raw` is the record of `scan`. -> `sealed`, or `counted` where nothing but counts may be kept."""
        if self._mode_of(scan, received_boot, received_mono_ms) == "counts_only":
            return envelope.encode_counted(scan)
        key = self._key
        start = raw.index(b"\n") + 1
        crc = int(raw[start - 9 : start - 1], 16).to_bytes(4, "big")
        sealed = SUITE.encrypt(crc + raw[start:-1], key.public, envelope.sealed_info(scan, key.id))
        return envelope.encode_sealed(Sealed(*scan[:-1], key.id, sealed))

    def opaque(
        self, box_id: str, epoch: str, seq: int, raw: bytes, received_boot: str = "", received_mono_ms: int = 0
    ) -> bytes:
        """A record of which only the identity can be read."""
        if self._mode_of(None, received_boot, received_mono_ms) == "counts_only":
            return encode_lost(Lost(box_id, epoch, seq, seq, "counts_only"))
        key = self._key
        sealed = SUITE.encrypt(raw, key.public, envelope.opaque_info(box_id, epoch, seq, key.id))
        return envelope.encode_opaque(Opaque(box_id, epoch, seq, key.id, sealed))

    def lost(self, raw: bytes) -> bytes:
        return raw

    def quarantine(self, payload: bytes, received_boot: str = "", received_mono_ms: int = 0) -> bytes:
        """A message that nobody can read: a line `1 quarantine <key_id>`, then the seal. Empty: not to be kept."""
        if self._mode_of(None, received_boot, received_mono_ms) == "counts_only":
            return b""
        key = self._key
        info = quarantine_info(key.id)
        return info + b"\n" + SUITE.encrypt(payload, key.public, info)

    def digest(self, raw: bytes) -> bytes:
        """Nine bytes by which the record is known again while the key of the day lives."""
        return self._digests.digest(raw)

    def same(self, digest: bytes, raw: bytes) -> bool | None:
        """Whether a digest is of these bytes; None: its key is gone, and nobody knows."""
        return self._digests.same(digest, raw)

    def tend(self) -> None:
        """Now and then: keys that are over are destroyed."""
        self._digests.tend()


def quarantine_info(key_id: str) -> bytes:
    return b"1 quarantine " + key_id.encode()


def _key(public_key: bytes) -> _Key:
    return _Key(check(public_key), key_id(public_key))
