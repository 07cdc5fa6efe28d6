"""The server's key pair as these tests use it: drawn anew for each run, its public half in a file for the gateway."""

from pathlib import Path

from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from firmware.wire import envelope, record

PRIVATE = X25519PrivateKey.generate()
PUBLIC = PRIVATE.public_key().public_bytes_raw()
_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


def write_public(path: Path) -> Path:
    """As an installer leaves it beside the gateway's settings."""
    path.write_text(PUBLIC.hex() + "\n")
    return path


def opened(kept: bytes) -> bytes:
    """The box's record in what a gateway keeps; a declaration of loss is as it was."""
    if not envelope.is_envelope(kept):
        record.decode(kept)
        return kept
    found = envelope.decode(kept)
    plain = _SUITE.decrypt(found.sealed, PRIVATE, envelope.info_of(kept))
    return envelope.record_of(found, plain) if isinstance(found, envelope.Sealed) else plain
