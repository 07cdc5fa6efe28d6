# What a box is told to do, and what came of it (SPEC §10).

from collections import namedtuple

from . import fields, sealed
from .errors import WireError
from .fields import MS_MAX

MAX_ARGUMENT_BYTES = 2048
MAX_BODY_BYTES = 4096
MAX_PARTS = 64
OUTCOMES = ("done", "refused", "failed", "interrupted")

# `argument`, `body`: bytes. A command's `id` has the form of an epoch.
Command = namedtuple("Command", ("box_id", "id", "gateway_boot", "deadline_ms", "name", "argument"))
Result = namedtuple("Result", ("box_id", "id", "outcome", "part", "parts", "body"))


def encode(command: Command) -> bytes:
    if len(command.argument) > MAX_ARGUMENT_BYTES:
        raise WireError("too_long", "argument too long")
    _check_argument(command.argument)
    head = [
        "1 command",
        fields.box_id(fields.to_bytes(command.box_id)),
        fields.epoch(fields.to_bytes(command.id)),
        fields.epoch(fields.to_bytes(command.gateway_boot)),
        fields.put_uint(command.deadline_ms, MS_MAX),
        fields.reason(fields.to_bytes(command.name)),
    ]
    return sealed.encode(head, command.argument)


def decode(data: bytes) -> Command:
    head, argument = sealed.decode(data, b"command", 5, MAX_ARGUMENT_BYTES)
    command = Command(
        fields.box_id(head[0]),
        fields.epoch(head[1]),
        fields.epoch(head[2]),
        fields.uint(head[3], MS_MAX),
        fields.reason(head[4]),
        argument,
    )
    _check_argument(argument)
    return command


def asked(data: bytes) -> "tuple[str, str] | None":
    # -> (box_id, id) of what should be a command, even where the rest cannot be read: so that it can be answered
    try:
        head, _ = fields.header_of(data, b"command")
        return fields.box_id(head[0]), fields.epoch(head[1])
    except (WireError, IndexError):
        return None


def encode_result(result: Result) -> bytes:
    if len(result.body) > MAX_BODY_BYTES:
        raise WireError("too_long", "body too long")
    if result.outcome not in OUTCOMES:
        raise WireError("field", "not an outcome")
    parts = fields.put_uint(result.parts, MAX_PARTS, 1)
    head = [
        "1 result",
        fields.box_id(fields.to_bytes(result.box_id)),
        fields.epoch(fields.to_bytes(result.id)),
        result.outcome,
        fields.put_uint(result.part, result.parts, 1),
        parts,
    ]
    return sealed.encode(head, result.body)


def decode_result(data: bytes) -> Result:
    head, body = sealed.decode(data, b"result", 5, MAX_BODY_BYTES)
    outcome = fields.reason(head[2])
    if outcome not in OUTCOMES:
        raise WireError("field", "not an outcome")
    parts = fields.uint(head[4], MAX_PARTS, 1)
    part = fields.uint(head[3], parts, 1)
    try:
        body.decode()
    except UnicodeError:
        raise WireError("field", "not text")
    return Result(fields.box_id(head[0]), fields.epoch(head[1]), outcome, part, parts, body)


def _check_argument(argument: bytes) -> None:
    if argument:
        sealed.object_of(argument)
