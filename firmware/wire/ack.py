# The gateway's own acknowledgement (SPEC §5): sent after its commit, and the only thing that frees a scan on a box.

from collections import namedtuple

from . import fields
from .errors import WireError
from .fields import U32_MAX
from .spans import Spans, parse_ranges, ranges_text

MAX_RANGES = 32
_MAX_ACK_BYTES = 128 + MAX_RANGES * 22

Ack = namedtuple("Ack", ("box_id", "epoch", "complete_to", "highest", "missing"))


def of(box_id: str, epoch: str, spans: Spans) -> Ack:
    return Ack(box_id, epoch, spans.complete_to(), spans.highest(), spans.missing(MAX_RANGES))


def encode(ack: Ack) -> bytes:
    _check(ack.complete_to, ack.highest, ack.missing)
    return (
        " ".join(
            (
                "1 ack",
                fields.box_id(fields.to_bytes(ack.box_id)),
                fields.epoch(fields.to_bytes(ack.epoch)),
                fields.put_uint(ack.complete_to, U32_MAX),
                fields.put_uint(ack.highest, U32_MAX),
                ranges_text(ack.missing),
            )
        )
        + "\n"
    ).encode()


def decode(data: bytes) -> Ack:
    head, start = fields.header_of(data, b"ack", _MAX_ACK_BYTES)
    fields.expect(head, 5)
    fields.nothing_after(data, start)
    complete_to = fields.uint(head[2], U32_MAX)
    highest = fields.uint(head[3], U32_MAX)
    missing = parse_ranges(head[4])
    _check(complete_to, highest, missing)
    return Ack(fields.box_id(head[0]), fields.epoch(head[1]), complete_to, highest, missing)


def _check(complete_to: int, highest: int, missing: list[tuple[int, int]]) -> None:
    if highest < complete_to or len(missing) > MAX_RANGES:
        raise WireError("field", "not an ack")
    before = complete_to
    for first, last in missing:
        if first <= before or last < first or last >= highest:
            raise WireError("field", "missing is out of its limits")
        before = last + 1
