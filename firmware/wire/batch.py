# What a gateway sends to the server: records as they came, with an envelope around each (SPEC §9).

from collections import namedtuple

from . import fields
from .beacon import read_sample
from .envelope import MAX_ENVELOPE_BYTES
from .errors import WireError
from .fields import MS_MAX, U32_MAX
from .record import UTC_MAX_MS

CONTENT_TYPE = "application/vnd.tram.batch"
MAX_FRAMES = 5000
MAX_BATCH_BYTES = 8388608

Item = namedtuple("Item", ("record", "earliest_ms", "latest_ms"))
ClockSample = namedtuple("ClockSample", ("box_id", "epoch", "boot", "uptime_ms", "earliest_ms", "latest_ms"))
Tip = namedtuple("Tip", ("box_id", "epoch", "first_held", "last_seq"))
Batch = namedtuple("Batch", ("gateway_id", "batch_no", "items", "clocks", "tips"))


def encode(batch: Batch) -> bytes:
    frames = len(batch.items) + len(batch.clocks) + len(batch.tips)
    if frames > MAX_FRAMES:
        raise WireError("too_long", "too many frames")
    gateway_id = fields.box_id(fields.to_bytes(batch.gateway_id))
    parts = [f"1 batch {gateway_id} {fields.put_uint(batch.batch_no, MS_MAX)} {frames}\n".encode()]
    for item in batch.items:
        if not 1 <= len(item.record) <= MAX_ENVELOPE_BYTES:
            raise WireError("too_long", "record too long or empty")
        earliest = fields.put_optional(item.earliest_ms, UTC_MAX_MS, 1)
        latest = fields.put_optional(item.latest_ms, UTC_MAX_MS, item.earliest_ms or 1)
        parts.append(f"item {len(item.record)} {earliest} {latest}\n".encode())
        parts.append(item.record)
    for clock in batch.clocks:
        parts.append(f"clock {' '.join([str(value) for value in clock])}\n".encode())
        read_sample(parts[-1][6:-1].split(b" "))
    for tip in batch.tips:
        parts.append(f"tip {' '.join([str(value) for value in tip])}\n".encode())
        _tip(parts[-1][4:-1].split(b" "))
    data = b"".join(parts)
    if len(data) > MAX_BATCH_BYTES:
        raise WireError("too_long", "batch too long")
    return data


def decode(data: bytes) -> Batch:
    if len(data) > MAX_BATCH_BYTES:
        raise WireError("too_long", "batch too long")
    head, offset = fields.header_of(data, b"batch")
    fields.expect(head, 3)
    gateway_id = fields.box_id(head[0])
    batch_no = fields.uint(head[1], MS_MAX)
    frames = fields.uint(head[2], U32_MAX)
    if frames > MAX_FRAMES:
        raise WireError("too_long", "too many frames")
    items: list[Item] = []
    clocks: list[ClockSample] = []
    tips: list[Tip] = []
    for _ in range(frames):
        end = data.find(b"\n", offset, offset + fields.MAX_HEADER_BYTES)
        if end < 0:
            raise WireError("length", "fewer frames than the header says")
        frame = data[offset:end].split(b" ")
        offset = end + 1
        if frame[0] == b"item":
            item, offset = _item(frame, data, offset)
            items.append(item)
        elif frame[0] == b"clock":
            clocks.append(ClockSample(*read_sample(frame[1:])))
        elif frame[0] == b"tip":
            tips.append(_tip(frame[1:]))
        else:
            raise WireError("word", "unknown frame")
    fields.nothing_after(data, offset)
    return Batch(gateway_id, batch_no, items, clocks, tips)


def _item(frame: list[bytes], data: bytes, offset: int) -> tuple[Item, int]:
    fields.expect(frame, 4)
    length = fields.uint(frame[1], MAX_ENVELOPE_BYTES, 1)
    earliest_ms = fields.optional_uint(frame[2], UTC_MAX_MS, 1)
    latest_ms = fields.optional_uint(frame[3], UTC_MAX_MS, earliest_ms or 1)
    record = data[offset : offset + length]
    if len(record) != length:
        raise WireError("length", "an item is cut off")
    return Item(record, earliest_ms, latest_ms), offset + length


def _tip(head: list[bytes]) -> Tip:
    fields.expect(head, 4)
    last_seq = fields.uint(head[3], U32_MAX)
    return Tip(fields.box_id(head[0]), fields.epoch(head[1]), fields.uint(head[2], last_seq + 1, 1), last_seq)
