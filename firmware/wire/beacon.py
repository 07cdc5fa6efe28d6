# The three messages that relate clocks (SPEC §7): the gateway's beacon, a box's answer, and the time it is told.

from collections import namedtuple

from . import fields
from .errors import WireError
from .fields import MS_MAX, U32_MAX
from .record import UTC_MAX_MS

Beacon = namedtuple("Beacon", ("gateway_id", "gateway_boot", "mono_ms", "utc_ms", "bound_ms"))
Heard = namedtuple("Heard", ("box_id", "epoch", "boot", "gateway_boot", "mono_ms", "uptime_heard_ms", "uptime_sent_ms"))
Time = namedtuple("Time", ("box_id", "epoch", "boot", "uptime_ms", "earliest_ms", "latest_ms"))


def encode_beacon(beacon: Beacon) -> bytes:
    if (beacon.utc_ms is None) != (beacon.bound_ms is None):
        raise WireError("field", "utc and its bound go together")
    return _line(
        "1 beacon",
        fields.box_id(fields.to_bytes(beacon.gateway_id)),
        fields.epoch(fields.to_bytes(beacon.gateway_boot)),
        fields.put_uint(beacon.mono_ms, MS_MAX),
        fields.put_optional(beacon.utc_ms, UTC_MAX_MS, 1),
        fields.put_optional(beacon.bound_ms, U32_MAX),
    )


def decode_beacon(data: bytes) -> Beacon:
    head = _only_line(data, b"beacon", 5)
    utc_ms = fields.optional_uint(head[3], UTC_MAX_MS, 1)
    bound_ms = fields.optional_uint(head[4], U32_MAX)
    if (utc_ms is None) != (bound_ms is None):
        raise WireError("field", "utc and its bound go together")
    return Beacon(fields.box_id(head[0]), fields.epoch(head[1]), fields.uint(head[2], MS_MAX), utc_ms, bound_ms)


def encode_heard(heard: Heard) -> bytes:
    return _line(
        "1 heard",
        fields.box_id(fields.to_bytes(heard.box_id)),
        fields.epoch(fields.to_bytes(heard.epoch)),
        fields.put_uint(heard.boot, U32_MAX, 1),
        fields.epoch(fields.to_bytes(heard.gateway_boot)),
        fields.put_uint(heard.mono_ms, MS_MAX),
        fields.put_uint(heard.uptime_heard_ms, MS_MAX),
        fields.put_uint(heard.uptime_sent_ms, MS_MAX, heard.uptime_heard_ms),
    )


def decode_heard(data: bytes) -> Heard:
    head = _only_line(data, b"heard", 7)
    heard_ms = fields.uint(head[5], MS_MAX)
    return Heard(
        fields.box_id(head[0]),
        fields.epoch(head[1]),
        fields.uint(head[2], U32_MAX, 1),
        fields.epoch(head[3]),
        fields.uint(head[4], MS_MAX),
        heard_ms,
        fields.uint(head[6], MS_MAX, heard_ms),
    )


def encode_time(time: Time) -> bytes:
    return _line(
        "1 time",
        fields.box_id(fields.to_bytes(time.box_id)),
        fields.epoch(fields.to_bytes(time.epoch)),
        fields.put_uint(time.boot, U32_MAX, 1),
        fields.put_uint(time.uptime_ms, MS_MAX),
        fields.put_uint(time.earliest_ms, UTC_MAX_MS, 1),
        fields.put_uint(time.latest_ms, UTC_MAX_MS, time.earliest_ms),
    )


def decode_time(data: bytes) -> Time:
    return Time(*read_sample(_only_line(data, b"time", 6)))


def read_sample(head: list[bytes]) -> "tuple[str, str, int, int, int, int]":
    # the six fields that a `time` message and a batch's `clock` frame share
    fields.expect(head, 6)
    earliest_ms = fields.uint(head[4], UTC_MAX_MS, 1)
    return (
        fields.box_id(head[0]),
        fields.epoch(head[1]),
        fields.uint(head[2], U32_MAX, 1),
        fields.uint(head[3], MS_MAX),
        earliest_ms,
        fields.uint(head[5], UTC_MAX_MS, earliest_ms),
    )


def _line(*parts: str) -> bytes:
    return (" ".join(parts) + "\n").encode()


def _only_line(data: bytes, word: bytes, count: int) -> list[bytes]:
    head, start = fields.header_of(data, word)
    fields.expect(head, count)
    fields.nothing_after(data, start)
    return head
