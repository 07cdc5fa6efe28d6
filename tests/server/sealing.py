"""Sealing as a gateway does it, with nothing of the gateway: SPEC §14 by the book."""

import os
from binascii import crc32

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from firmware.wire import envelope, record
from server.ingest.seal import Keys, key_id
from tests.server.rig import BOX, EPOCH

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
PRIVATE, OTHER_PRIVATE = bytes(range(32)), bytes(range(1, 33))


def public(private=PRIVATE):
    return X25519PrivateKey.from_private_bytes(private).public_key()


def public_hex(private=PRIVATE):
    return public(private).public_bytes_raw().hex()


KEY_ID, OTHER_KEY_ID = (key_id(public(one).public_bytes_raw()) for one in (PRIVATE, OTHER_PRIVATE))
KEYS, NO_KEYS = Keys([PRIVATE]), Keys()


def encrypt(plain, info, private=PRIVATE):
    return SUITE.encrypt(plain, public(private), info)


def sealed(raw, private=PRIVATE, plain=None, info=None):
    """A scan's record, sealed; another `plain` or `info` makes it wrong."""
    scan = record.decode(raw)
    of = key_id(public(private).public_bytes_raw())
    plain = envelope.plain_of(scan) if plain is None else plain
    closed = encrypt(plain, info or envelope.sealed_info(scan, of), private)
    return envelope.encode_sealed(envelope.Sealed(*scan[:8], of, closed))


def opaque(raw, seq=1, box_id=BOX, epoch=EPOCH, private=PRIVATE):
    """Any bytes, sealed under an identity."""
    of = key_id(public(private).public_bytes_raw())
    closed = encrypt(raw, envelope.opaque_info(box_id, epoch, seq, of), private)
    return envelope.encode_opaque(envelope.Opaque(box_id, epoch, seq, of, closed))


def counted(raw):
    """A scan's record without its code."""
    return envelope.encode_counted(record.decode(raw))


def with_crc(head, body):
    """An envelope with a good checksum, whatever stands in it."""
    start = head + b" " + str(len(body)).encode()
    return start + b" %08x\n" % crc32(body, crc32(start)) + body + b"\n"


def random_bytes(length):
    return os.urandom(length)
