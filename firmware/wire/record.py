# Records: what travels unchanged from the box's flash to the server's database (SPEC §3).
#
# 1. A record is a readable header line, then the code as it was read, then a line end.
# 2. The first five fields are the same in every version there will be: `identity` reads them from any record.
# 3. The checksum covers everything before it and the code, so that a record can be recognised and checked
#    wherever it lies: in flash, in a message, in a database.

from binascii import crc32
from collections import namedtuple

from . import fields
from .errors import WireError
from .fields import MS_MAX, U32_MAX

MAX_CODE_BYTES = 3072
MAX_RECORD_BYTES = 3328
# A year far enough away that no clock error reaches it; below 1, there is no time to speak of.
UTC_MAX_MS = 253402300799999

Scan = namedtuple("Scan", ("box_id", "epoch", "seq", "boot", "uptime_ms", "utc_ms", "bound_ms", "marks", "code"))
Lost = namedtuple("Lost", ("box_id", "epoch", "seq", "last_seq", "reason"))


def _crc_text(value: int) -> str:
    return "%08x" % (value & 0xFFFFFFFF)


def encode_scan(scan: Scan) -> bytes:
    if not 1 <= len(scan.code) <= MAX_CODE_BYTES:
        raise WireError("field", "code too long or empty")
    if (scan.utc_ms is None) != (scan.bound_ms is None):
        raise WireError("field", "utc and its bound go together")
    head = " ".join(
        (
            "1 scan",
            fields.box_id(fields.to_bytes(scan.box_id)),
            fields.epoch(fields.to_bytes(scan.epoch)),
            fields.put_uint(scan.seq, U32_MAX, 1),
            fields.put_uint(scan.boot, U32_MAX, 1),
            fields.put_uint(scan.uptime_ms, MS_MAX),
            fields.put_optional(scan.utc_ms, UTC_MAX_MS, 1),
            fields.put_optional(scan.bound_ms, U32_MAX),
            fields.marks(fields.to_bytes(scan.marks or "-")) or "-",
            str(len(scan.code)),
        )
    ).encode()
    code: bytes = scan.code
    return head + b" " + _crc_text(crc32(code, crc32(head))).encode() + b"\n" + code + b"\n"


def encode_lost(lost: Lost) -> bytes:
    _check_lost(lost.seq, lost.last_seq)
    head = " ".join(
        (
            "1 lost",
            fields.box_id(fields.to_bytes(lost.box_id)),
            fields.epoch(fields.to_bytes(lost.epoch)),
            fields.put_uint(lost.seq, U32_MAX),
            "?" if lost.last_seq is None else fields.put_uint(lost.last_seq, U32_MAX),
            fields.reason(fields.to_bytes(lost.reason)),
        )
    ).encode()
    return head + b" " + _crc_text(crc32(head)).encode() + b"\n"


def _check_lost(seq: int, last_seq: "int | None") -> None:
    if (seq == 0 and last_seq != 0) or (last_seq is not None and last_seq < seq):
        raise WireError("field", "not a range")


def identity(data: bytes) -> tuple[int, str, str, str, int]:
    # -> (version, word, box_id, epoch, seq) of a record of any version
    head = data[: fields.MAX_HEADER_BYTES].split(b"\n", 1)[0].split(b" ", 5)
    if len(head) < 6:
        raise WireError("header", "no identity")
    return (
        fields.uint(head[0], U32_MAX, 1),
        fields.reason(head[1]),
        fields.box_id(head[2]),
        fields.epoch(head[3]),
        fields.uint(head[4], U32_MAX),
    )


def decode(data: bytes) -> "Scan | Lost":
    if data[:7] == b"1 lost ":
        return _decode_lost(data)
    return _decode_scan(data)


def _decode_scan(data: bytes) -> Scan:
    head, start = fields.header_of(data, b"scan")
    if len(head) != 10:
        raise WireError("header", "wrong number of fields")
    uint = fields.uint
    length = uint(head[8], MAX_CODE_BYTES, 1)
    if len(data) != start + length + 1 or data[-1] != 10:
        raise WireError("length", "not as long as the header says")
    code = data[start:-1]
    # the checksum's own field is the last eight bytes of the header line, behind a space
    if crc32(code, crc32(data[: start - 10])) & 0xFFFFFFFF != fields.crc(head[9]):
        raise WireError("crc", "checksum does not match")
    utc_ms = fields.optional_uint(head[5], UTC_MAX_MS, 1)
    bound_ms = fields.optional_uint(head[6], U32_MAX)
    if (utc_ms is None) != (bound_ms is None):
        raise WireError("field", "utc and its bound go together")
    return Scan(
        fields.box_id(head[0]),
        fields.epoch(head[1]),
        uint(head[2], U32_MAX, 1),
        uint(head[3], U32_MAX, 1),
        uint(head[4], MS_MAX),
        utc_ms,
        bound_ms,
        fields.marks(head[7]),
        code,
    )


def _decode_lost(data: bytes) -> Lost:
    head, start = fields.header_of(data, b"lost")
    fields.expect(head, 6)
    fields.nothing_after(data, start)
    if crc32(data[: start - 10]) & 0xFFFFFFFF != fields.crc(head[5]):
        raise WireError("crc", "checksum does not match")
    seq = fields.uint(head[2], U32_MAX)
    last_seq = None if head[3] == b"?" else fields.uint(head[3], U32_MAX)
    _check_lost(seq, last_seq)
    return Lost(fields.box_id(head[0]), fields.epoch(head[1]), seq, last_seq, fields.reason(head[4]))
