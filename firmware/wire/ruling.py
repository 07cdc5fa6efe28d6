# What a place says to its boxes at the moment: of one scan, by its own rules; and of itself, to all (SPEC §15).

from collections import namedtuple

from . import fields
from .fields import U32_MAX

Ruling = namedtuple("Ruling", ("box_id", "epoch", "seq", "outcome"))
Notice = namedtuple("Notice", ("gateway_id", "gateway_boot", "state"))


def encode_ruling(ruling: Ruling) -> bytes:
    return _line(
        "1 ruling",
        fields.box_id(fields.to_bytes(ruling.box_id)),
        fields.epoch(fields.to_bytes(ruling.epoch)),
        fields.put_uint(ruling.seq, U32_MAX, 1),
        fields.reason(fields.to_bytes(ruling.outcome)),
    )


def decode_ruling(data: bytes) -> Ruling:
    head = _only_line(data, b"ruling", 4)
    return Ruling(
        fields.box_id(head[0]), fields.epoch(head[1]), fields.uint(head[2], U32_MAX, 1), fields.reason(head[3])
    )


def encode_notice(notice: Notice) -> bytes:
    return _line(
        "1 notice",
        fields.box_id(fields.to_bytes(notice.gateway_id)),
        fields.epoch(fields.to_bytes(notice.gateway_boot)),
        fields.reason(fields.to_bytes(notice.state)),
    )


def decode_notice(data: bytes) -> Notice:
    head = _only_line(data, b"notice", 3)
    return Notice(fields.box_id(head[0]), fields.epoch(head[1]), fields.reason(head[2]))


def _line(*words: str) -> bytes:
    return " ".join(words).encode() + b"\n"


def _only_line(data: bytes, word: bytes, count: int) -> list[bytes]:
    head, offset = fields.header_of(data, word)
    fields.expect(head, count)
    fields.nothing_after(data, offset)
    return head
