# A box's status: birth, health and last will (SPEC §8). JSON, because a person reads it and it grows.

import json

from . import fields
from .errors import WireError
from .fields import MS_MAX, U32_MAX

MAX_STATUS_BYTES = 4096
_START = b'{"v":1,'


def encode(status: dict) -> bytes:  # type: ignore[type-arg]
    _check(status)
    # The version comes first on every runtime, whatever order a dictionary gives its keys in.
    body = json.dumps({key: value for key, value in status.items() if key != "v"})
    data = _START + body[1:].encode()
    if len(data) > MAX_STATUS_BYTES:
        raise WireError("too_long", "status too long")
    return data


def decode(data: bytes) -> dict:  # type: ignore[type-arg]
    if len(data) > MAX_STATUS_BYTES:
        raise WireError("too_long", "status too long")
    if not data.startswith(_START):
        if data.startswith(b'{"v":'):
            raise WireError("version", "not version 1")
        raise WireError("json", "does not begin with a version")
    if data[-1:] != b"}":  # MicroPython's reader takes a text that is cut off for whole
        raise WireError("json", "not JSON")
    try:
        status = json.loads(data.decode())
    except (ValueError, UnicodeError, RuntimeError):
        raise WireError("json", "not JSON")
    if not isinstance(status, dict) or status.get("v") != 1:
        raise WireError("json", "not a status")
    _check(status)
    return status


def will(box_id: str, boot: int, session: int) -> bytes:
    return encode({"box_id": box_id, "state": "gone", "boot": boot, "session": session})


def is_older(status: dict, than: dict) -> bool:  # type: ignore[type-arg]
    # a will that comes after the birth of a later connection is out of date
    return (status["boot"], status["session"]) < (than["boot"], than["session"])


def _check(status: dict) -> None:  # type: ignore[type-arg]
    fields.box_id(_text(status, "box_id"))
    state = _text(status, "state")
    _number(status, "boot", U32_MAX, 1)
    _number(status, "session", U32_MAX, 0)
    if state == b"gone":
        return
    if state != b"online":
        raise WireError("field", "not a state")
    fields.epoch(_text(status, "epoch"))
    _number(status, "uptime_ms", MS_MAX, 0)
    last_seq = _number(status, "last_seq", U32_MAX, 0)
    _number(status, "first_held", last_seq + 1, 1)
    counters = status.get("counters")
    if not isinstance(counters, dict):
        raise WireError("field", "no counters")
    for key in counters:
        _number(counters, key, MS_MAX, 0)


def _text(status: dict, key: str) -> bytes:  # type: ignore[type-arg]
    value = status.get(key)
    if not isinstance(value, str):
        raise WireError("field", key + " is not text")
    return fields.to_bytes(value)


def _number(status: dict, key: str, most: int, least: int) -> int:  # type: ignore[type-arg]
    value = status.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise WireError("field", "a number is out of its limits")
    return value
