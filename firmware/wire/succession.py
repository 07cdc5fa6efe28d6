# Another key takes the place of the fleet's: the old one says so, and the new one shows that it is there (SPEC §12).
#
# `decode` says what is in it, and which bytes both have signed; whose signatures they are is for the caller.

from collections import namedtuple

from . import base64url, fields
from .errors import WireError
from .fields import U32_MAX
from .record import UTC_MAX_MS

KEY_BYTES = 256
HASH_BYTES = 32
MAX_SUCCESSION_BYTES = 1200

# `old`: the SHA-256 of the key that it ends. `new`: the modulus that follows. `by_old`, `by_new`: their signatures.
Succession = namedtuple("Succession", ("serial", "from_ms", "until_ms", "old", "new", "by_old", "by_new"))


def decode(data: bytes) -> "tuple[Succession, bytes]":
    # -> (what it says, the bytes that are signed)
    if len(data) > MAX_SUCCESSION_BYTES:
        raise WireError("too_long", "over %d bytes" % MAX_SUCCESSION_BYTES)
    parts, end = fields.header_of(data, b"succession", MAX_SUCCESSION_BYTES)
    fields.expect(parts, 7)
    fields.nothing_after(data, end)
    from_ms = fields.uint(parts[1], UTC_MAX_MS, 1)
    found = Succession(
        fields.uint(parts[0], U32_MAX, 1),
        from_ms,
        fields.uint(parts[2], UTC_MAX_MS, from_ms + 1),
        base64url.exactly(parts[3], HASH_BYTES),
        _modulus(base64url.exactly(parts[4], KEY_BYTES)),
        base64url.exactly(parts[5], KEY_BYTES),
        base64url.exactly(parts[6], KEY_BYTES),
    )
    return found, data[: end - 3 - len(parts[5]) - len(parts[6])]


def to_sign(wanted: Succession) -> bytes:
    # everything before the signatures
    head = "1 succession %d %d %d " % (wanted.serial, wanted.from_ms, wanted.until_ms)
    return fields.to_bytes(head) + base64url.encode(wanted.old) + b" " + base64url.encode(wanted.new)


def encode(wanted: Succession) -> bytes:
    signatures = base64url.encode(wanted.by_old) + b" " + base64url.encode(wanted.by_new)
    data = to_sign(wanted) + b" " + signatures + b"\n"
    decode(data)  # nobody writes what nobody reads
    return data


def _modulus(key: bytes) -> bytes:
    if not key[0] & 0x80 or not key[-1] & 1:
        raise WireError("field", "not a key")
    return key
