# What a box publishes on its scan topic: one record alone, or a pack of several (SPEC §4).

from collections import namedtuple

from . import fields
from .errors import WireError
from .fields import U32_MAX
from .record import MAX_RECORD_BYTES

MAX_MESSAGE_BYTES = 65536
MAX_PACK_RECORDS = 128
_MAX_PACK_HEADER_BYTES = 128 + MAX_PACK_RECORDS * 5

Pack = namedtuple("Pack", ("box_id", "epoch", "first_held", "last_seq", "records"))


def is_pack(data: bytes) -> bool:
    # of any version: the word decides
    return data[:16].split(b" ", 2)[1:2] == [b"scans"]


def encode_pack(pack: Pack) -> bytes:
    return encode_pack_head(pack) + b"".join(pack.records)


def encode_pack_head(pack: Pack) -> bytes:
    # What comes before the records: a box sends these one after the other, and never holds a whole pack.
    if len(pack.records) > MAX_PACK_RECORDS:
        raise WireError("too_long", "too many records in a pack")
    _check_statement(pack.first_held, pack.last_seq)
    head = [
        "1 scans",
        fields.box_id(fields.to_bytes(pack.box_id)),
        fields.epoch(fields.to_bytes(pack.epoch)),
        fields.put_uint(pack.first_held, U32_MAX + 1, 1),
        fields.put_uint(pack.last_seq, U32_MAX),
        str(len(pack.records)),
    ]
    for one in pack.records:
        if not 1 <= len(one) <= MAX_RECORD_BYTES:
            raise WireError("too_long", "record too long or empty")
        head.append(str(len(one)))
    data = " ".join(head).encode() + b"\n"
    if len(data) + sum([len(one) for one in pack.records]) > MAX_MESSAGE_BYTES:
        raise WireError("too_long", "message too long")
    return data


def decode_pack(data: bytes) -> Pack:
    if len(data) > MAX_MESSAGE_BYTES:
        raise WireError("too_long", "message too long")
    head, offset = fields.header_of(data, b"scans", _MAX_PACK_HEADER_BYTES)
    if len(head) < 5:
        raise WireError("header", "wrong number of fields")
    count = fields.uint(head[4], MAX_PACK_RECORDS)
    fields.expect(head, 5 + count)
    first_held = fields.uint(head[2], U32_MAX + 1, 1)
    last_seq = fields.uint(head[3], U32_MAX)
    _check_statement(first_held, last_seq)
    records = []
    for field in head[5:]:
        length = fields.uint(field, MAX_RECORD_BYTES, 1)
        records.append(data[offset : offset + length])
        offset += length
    if offset != len(data):
        raise WireError("length", "not as long as the header says")
    return Pack(fields.box_id(head[0]), fields.epoch(head[1]), first_held, last_seq, records)


def _check_statement(first_held: int, last_seq: int) -> None:
    if not 1 <= first_held <= last_seq + 1:
        raise WireError("field", "not a statement")
