# What a gateway puts in the place of a record before it touches its disk (SPEC §14): sealed to the server's key, or
# counted, without the code. A box never sees these.
#
# 1. The first five fields are those of any record: the identity stays readable.
# 2. What relates a scan to time stays readable too: the gateway goes on narrowing the instant.
# 3. Whoever opens a sealed scan gets the box's record back bit for bit: its header is made from the same fields in
#    their only spelling, and the record's own checksum is part of what is sealed.

from binascii import crc32
from collections import namedtuple

from . import fields, record
from .errors import WireError
from .fields import MS_MAX, U32_MAX
from .record import UTC_MAX_MS, Scan

KEY_ID_DIGITS = 16
SEAL_BYTES = 48
# HPKE's encapsulated key (32) and the tag (16)
MAX_SEALED_BYTES = record.MAX_CODE_BYTES + 4 + SEAL_BYTES
MAX_OPAQUE_BYTES = record.MAX_RECORD_BYTES + SEAL_BYTES
MAX_ENVELOPE_BYTES = 3584

Sealed = namedtuple(
    "Sealed", ("box_id", "epoch", "seq", "boot", "uptime_ms", "utc_ms", "bound_ms", "marks", "key_id", "sealed")
)
Counted = namedtuple("Counted", ("box_id", "epoch", "seq", "boot", "uptime_ms", "utc_ms", "bound_ms", "marks"))
Opaque = namedtuple("Opaque", ("box_id", "epoch", "seq", "key_id", "sealed"))


def info_of(data: bytes) -> bytes:
    # What the seal is bound to (HPKE's info): the header up to and with the key's id.
    head = data.split(b"\n", 1)[0].rsplit(b" ", 2)
    return head[0]


def sealed_info(scan: Scan, key_id: str) -> bytes:
    # The same before there is anything sealed.
    return ("1 sealed " + _of_scan(scan) + " " + _key_id(key_id.encode())).encode()


def opaque_info(box_id: str, epoch: str, seq: int, key_id: str) -> bytes:
    return ("1 opaque " + _identity(box_id, epoch, seq, 0) + " " + _key_id(key_id.encode())).encode()


def plain_of(scan: Scan) -> bytes:
    # What is sealed of a scan: the checksum of its record, four bytes, and the code.
    data = record.encode_scan(scan)
    start = data.find(b"\n") + 1
    return int(data[start - 9 : start - 1], 16).to_bytes(4, "big") + data[start:-1]


def record_of(sealed: Sealed, plain: bytes) -> bytes:
    # The box's record, from what was sealed of it. Raises WireError where the two do not belong together.
    if len(plain) < 5:
        raise WireError("length", "nothing was sealed")
    data = record.encode_scan(Scan(*sealed[:8], plain[4:]))
    start = data.find(b"\n") + 1
    if int(data[start - 9 : start - 1], 16) != int.from_bytes(plain[:4], "big"):
        raise WireError("crc", "what was sealed does not belong to this header")
    return data


def encode_sealed(sealed: Sealed) -> bytes:
    return _close("1 sealed " + _of_scan(sealed) + " " + _key_id(sealed.key_id.encode()), sealed.sealed)


def encode_opaque(opaque: Opaque) -> bytes:
    head = "1 opaque " + _identity(opaque.box_id, opaque.epoch, opaque.seq, 0)
    return _close(head + " " + _key_id(opaque.key_id.encode()), opaque.sealed, MAX_OPAQUE_BYTES)


def encode_counted(counted: "Counted | Scan | Sealed") -> bytes:
    head = ("1 counted " + _of_scan(counted)).encode()
    return head + b" %08x\n" % (crc32(head) & 0xFFFFFFFF)


def is_envelope(data: bytes) -> bool:
    return data[:16].split(b" ", 2)[1:2] in ([b"sealed"], [b"counted"], [b"opaque"])


def decode(data: bytes) -> "Sealed | Counted | Opaque":
    word = data[:16].split(b" ", 2)[1:2]
    if word == [b"counted"]:
        return _decode_counted(data)
    if word == [b"opaque"]:
        return _decode_opaque(data)
    return _decode_sealed(data)


def _decode_sealed(data: bytes) -> Sealed:
    head, start = fields.header_of(data, b"sealed")
    fields.expect(head, 11)
    body = _body(data, start, head, MAX_SEALED_BYTES)
    return Sealed(*_scan_fields(head), _key_id(head[8]), body)


def _decode_counted(data: bytes) -> Counted:
    head, start = fields.header_of(data, b"counted")
    fields.expect(head, 9)
    fields.nothing_after(data, start)
    if crc32(data[: start - 10]) & 0xFFFFFFFF != fields.crc(head[8]):
        raise WireError("crc", "checksum does not match")
    return Counted(*_scan_fields(head))


def _decode_opaque(data: bytes) -> Opaque:
    head, start = fields.header_of(data, b"opaque")
    fields.expect(head, 6)
    body = _body(data, start, head, MAX_OPAQUE_BYTES)
    seq = fields.uint(head[2], U32_MAX)
    return Opaque(fields.box_id(head[0]), fields.epoch(head[1]), seq, _key_id(head[3]), body)


def _scan_fields(head: list[bytes]) -> "tuple[str, str, int, int, int, int | None, int | None, str]":
    utc_ms = fields.optional_uint(head[5], UTC_MAX_MS, 1)
    bound_ms = fields.optional_uint(head[6], U32_MAX)
    if (utc_ms is None) != (bound_ms is None):
        raise WireError("field", "utc and its bound go together")
    return (
        fields.box_id(head[0]),
        fields.epoch(head[1]),
        fields.uint(head[2], U32_MAX, 1),
        fields.uint(head[3], U32_MAX, 1),
        fields.uint(head[4], MS_MAX),
        utc_ms,
        bound_ms,
        fields.marks(head[7]),
    )


def _of_scan(scan: "Scan | Sealed | Counted") -> str:
    if (scan.utc_ms is None) != (scan.bound_ms is None):
        raise WireError("field", "utc and its bound go together")
    return " ".join(
        (
            _identity(scan.box_id, scan.epoch, scan.seq, 1),
            fields.put_uint(scan.boot, U32_MAX, 1),
            fields.put_uint(scan.uptime_ms, MS_MAX),
            fields.put_optional(scan.utc_ms, UTC_MAX_MS, 1),
            fields.put_optional(scan.bound_ms, U32_MAX),
            fields.marks(fields.to_bytes(scan.marks or "-")) or "-",
        )
    )


def _identity(box_id: str, epoch: str, seq: int, least: int) -> str:
    names = fields.box_id(fields.to_bytes(box_id)) + " " + fields.epoch(fields.to_bytes(epoch))
    return names + " " + fields.put_uint(seq, U32_MAX, least)


def _key_id(field: bytes) -> str:
    if len(field) != KEY_ID_DIGITS or field.strip(b"0123456789abcdef"):
        raise WireError("field", "not the id of a key")
    return field.decode()


def _close(head: str, body: bytes, most: int = MAX_SEALED_BYTES) -> bytes:
    if not SEAL_BYTES < len(body) <= most:
        raise WireError("too_long", "sealed content too long or empty")
    start = (head + " " + str(len(body))).encode()
    return start + b" %08x\n" % (crc32(body, crc32(start)) & 0xFFFFFFFF) + body + b"\n"


def _body(data: bytes, start: int, head: list[bytes], most: int) -> bytes:
    length = fields.uint(head[-2], most, SEAL_BYTES + 1)
    if len(data) != start + length + 1 or data[-1] != 10:
        raise WireError("length", "not as long as the header says")
    body = data[start:-1]
    if crc32(body, crc32(data[: start - 10])) & 0xFFFFFFFF != fields.crc(head[-1]):
        raise WireError("crc", "checksum does not match")
    return body
