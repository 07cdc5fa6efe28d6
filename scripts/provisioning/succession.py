"""A document by which one fleet's key hands over to another: boxes take it over the air (SPEC §12)."""

import hashlib

from firmware.wire import succession
from firmware.wire.succession import Succession
from scripts.provisioning.key import FleetKey


def make_succession(old: FleetKey, new: FleetKey, serial: int, from_ms: int, until_ms: int) -> bytes:
    """Signed by both. WireError: a box would not read it, so a number or a time is out of its limits."""
    digest = hashlib.sha256(old.modulus).digest()
    signed = succession.to_sign(Succession(serial, from_ms, until_ms, digest, new.modulus, b"", b""))
    return succession.encode(
        Succession(serial, from_ms, until_ms, digest, new.modulus, old.sign(signed), new.sign(signed))
    )
