"""What the server wishes, as it says it (SPEC §16): one JSON object, whole, under a version.

1. Another version of the form, another gateway, or a frame that is not in its form: none of it is taken.
2. One entry that is not in its form is left out and named in `refused`; the others count.
3. What a box's settings and arguments mean is the box's business, what the rules of the place mean is the place's.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from firmware.wire import command, fields, settings
from firmware.wire.command import Command
from firmware.wire.errors import WireError
from firmware.wire.fields import MS_MAX, U32_MAX
from firmware.wire.manifest import MAX_MANIFEST_BYTES
from firmware.wire.settings import Settings

MAX_BYTES = 1_000_000
MOST_BOXES = 5_000
MOST_COMMANDS = 1_000
MOST_BUNDLES = 100
MOST_AT_ONCE = 1_000
_ANY_BOOT = "0" * 12

T = TypeVar("T")


class DesiredError(Exception):
    """Wishes of which nothing is taken; `code` is stable: `json`, `version`, `gateway` or `form`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Asked(NamedTuple):
    """A command of the server's."""

    id: str
    box_id: str
    name: str
    argument: str
    """A JSON object, or nothing."""
    expires_utc_ms: int


class Listed(NamedTuple):
    """A bundle that the server has."""

    version: int
    manifest_bytes: int
    manifest_sha256: str


class Desired(NamedTuple):
    version: int
    settings: Mapping[str, Settings]
    firmware: Mapping[str, int]
    """box_id -> version; 0: none is wished."""
    commands: Sequence[Asked]
    bundles: Mapping[int, Listed]
    updates_at_once: int | None
    place: dict[str, Any] | None
    sealing_key: bytes | None
    server_utc_ms: int | None
    refused: Sequence[str]
    """Entries that were left out, in words."""


NOTHING = Desired(0, {}, {}, (), {}, None, None, None, None, ())


def decode(body: bytes, gateway_id: str) -> Desired:
    """Raises DesiredError."""
    said = _object(body)
    if said.get("v") != 1 or isinstance(said.get("v"), bool):
        raise DesiredError("version", "another version of the form")
    if said.get("gateway_id") != gateway_id:
        raise DesiredError("gateway", "wishes for another gateway")
    version = said.get("version")
    boxes, commands, bundles = said.get("boxes", {}), said.get("commands", []), said.get("bundles", [])
    if not isinstance(version, int) or not _is_uint(version, MS_MAX) or not isinstance(boxes, dict):
        raise DesiredError("form", "no version, or no boxes")
    if not isinstance(commands, list) or not isinstance(bundles, list):
        raise DesiredError("form", "commands or bundles are no list")
    if len(boxes) > MOST_BOXES or len(commands) > MOST_COMMANDS or len(bundles) > MOST_BUNDLES:
        raise DesiredError("form", "more than can be wished")
    place = said.get("place")
    if place is not None and not isinstance(place, dict):
        raise DesiredError("form", "place is no object")
    taken = _Taken()
    wished = {box: pair for box, one in boxes.items() if (pair := taken.one(f"box {box}", _box, box, one))}
    return Desired(
        version,
        {box: its for box, (its, _) in wished.items() if its is not None},
        {box: firmware for box, (_, firmware) in wished.items()},
        [asked for one in commands if (asked := taken.one("command", _command, one))],
        {listed.version: listed for one in bundles if (listed := taken.one("bundle", _bundle, one))},
        taken.one("updates_at_once", _at_once, said.get("updates_at_once")),
        place,
        taken.one("sealing_key", _key, said.get("sealing_key")),
        said["server_utc_ms"] if _is_uint(said.get("server_utc_ms"), MS_MAX) else None,
        taken.refused,
    )


class _Taken:
    """Entries one by one, and what was wrong with those that are left out."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def one(self, what: str, read: Callable[..., T | None], *said: Any) -> T | None:
        try:
            return read(*said)
        except (WireError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self.refused.append(f"{what[:60]}: {type(error).__name__}: {error}"[:200])
            return None


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise DesiredError("json", f"not JSON: {error}") from error
    if not isinstance(said, dict):
        raise DesiredError("json", "no object")
    return said


def _box(box_id: str, said: dict[str, Any]) -> tuple[Settings | None, int]:
    fields.box_id(fields.to_bytes(box_id))
    firmware, wished = said.get("firmware", 0), said.get("settings")
    if not _is_uint(firmware, U32_MAX):
        raise ValueError("firmware is no version")
    if wished is None:
        return None, firmware
    if not _is_uint(wished["version"], U32_MAX) or not isinstance(wished["values"], dict):
        raise ValueError("settings have no version, or no values")
    made = Settings(box_id, wished["version"], _compact(wished["values"]).encode())
    settings.encode(made)
    return made, firmware


def _command(said: dict[str, Any]) -> Asked:
    argument = said.get("argument")
    if argument is not None and not isinstance(argument, dict):
        raise ValueError("argument is no object")
    text = "" if argument is None else _compact(argument)
    if not _is_uint(said["expires_utc_ms"], MS_MAX):
        raise ValueError("expires_utc_ms is no instant")
    made = Asked(said["id"], said["box_id"], said["name"], text, said["expires_utc_ms"])
    command.encode(Command(made.box_id, made.id, _ANY_BOOT, 0, made.name, text.encode()))
    return made


def _bundle(said: dict[str, Any]) -> Listed:
    made = Listed(said["version"], said["manifest_length"], said["manifest_sha256"])
    if not _is_uint(made.version, U32_MAX) or made.version == 0:
        raise ValueError("no version")
    if not _is_uint(made.manifest_bytes, MAX_MANIFEST_BYTES) or len(bytes.fromhex(made.manifest_sha256)) != 32:
        raise ValueError("not a manifest's length and SHA-256")
    return made._replace(manifest_sha256=made.manifest_sha256.lower())


def _at_once(said: Any) -> int | None:
    if said is not None and (not _is_uint(said, MOST_AT_ONCE) or said == 0):
        raise ValueError("not a number of boxes")
    return None if said is None else int(said)


def _key(said: Any) -> bytes | None:
    if said is None:
        return None
    key = bytes.fromhex(said)
    if len(said) != 64 or len(key) != 32 or not any(key):
        raise ValueError("not a public key")
    return key


def _compact(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _is_uint(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _no_constant(name: str) -> Any:
    raise ValueError(f"no number: {name}")
