# What the server says of a batch (SPEC §9): one verdict for each item, after its commit.

import json
from collections import namedtuple

from . import fields
from .errors import WireError
from .fields import MS_MAX, U32_MAX
from .record import UTC_MAX_MS

ACCEPTED = "accepted"
DUPLICATE = "duplicate"
CONFLICT = "conflict"
QUARANTINED = "quarantined"
VERDICTS = (ACCEPTED, DUPLICATE, CONFLICT, QUARANTINED)

Verdict = namedtuple("Verdict", ("box_id", "epoch", "seq", "verdict", "code"))
Answer = namedtuple("Answer", ("gateway_id", "batch_no", "server_utc_ms", "verdicts"))


def encode(answer: Answer) -> bytes:
    verdicts = []
    for one in answer.verdicts:
        entry = {"box_id": one.box_id, "epoch": one.epoch, "seq": one.seq, "verdict": one.verdict}
        if one.code is not None:
            entry["code"] = one.code
        verdicts.append(entry)
    body = json.dumps(
        {
            "gateway_id": answer.gateway_id,
            "batch_no": answer.batch_no,
            "server_utc_ms": answer.server_utc_ms,
            "verdicts": verdicts,
        }
    )
    return b'{"v":1,' + body[1:].encode()


def decode(data: bytes) -> Answer:
    if data[-1:] != b"}":  # MicroPython's reader takes a text that is cut off for whole
        raise WireError("json", "not JSON")
    try:
        answer = json.loads(data.decode())
    except (ValueError, UnicodeError, RuntimeError):
        raise WireError("json", "not JSON")
    if not isinstance(answer, dict) or not isinstance(answer.get("verdicts"), list):
        raise WireError("json", "not an answer")
    if answer.get("v") != 1:
        raise WireError("version", "not version 1")
    if not isinstance(answer.get("gateway_id"), str):
        raise WireError("json", "no gateway")
    return Answer(
        fields.box_id(fields.to_bytes(answer["gateway_id"])),
        _number(answer.get("batch_no"), MS_MAX),
        _number(answer.get("server_utc_ms"), UTC_MAX_MS),
        [_verdict(entry) for entry in answer["verdicts"]],
    )


def _verdict(entry: object) -> Verdict:
    if not isinstance(entry, dict) or entry.get("verdict") not in VERDICTS:
        raise WireError("json", "not a verdict")
    code = entry.get("code")
    if code is not None and not isinstance(code, str):
        raise WireError("json", "code is not text")
    box_id, epoch, seq = entry.get("box_id"), entry.get("epoch"), entry.get("seq")
    if box_id is None and epoch is None and seq is None:
        return Verdict(None, None, None, entry["verdict"], code)
    if not isinstance(box_id, str) or not isinstance(epoch, str):
        raise WireError("json", "no identity")
    return Verdict(
        fields.box_id(fields.to_bytes(box_id)),
        fields.epoch(fields.to_bytes(epoch)),
        _number(seq, U32_MAX),
        entry["verdict"],
        code,
    )


def _number(value: object, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise WireError("json", "a number is out of its limits")
    return value
