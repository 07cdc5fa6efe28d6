"""What is wished of one gateway and its boxes (SPEC §16): whole, never a difference, under a version that only rises.

1. A box that nothing is wished of is not named: it is let be as it is.
2. Settings of a box are numbered upwards, past whatever the box says that it has: another content never gets a number
   that was used.
3. A command is begun once by its id, and not after it has expired. It is in the wishes until its result has come, or
   it is over.
4. The bundles that are named are those that a box of this gateway is to run.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from server.errors import Refused
from server.fleet import forms

MOST_SETTINGS_BYTES = 8192
MOST_ARGUMENT_BYTES = 2048
MOST_WITHIN_S = 30 * 86_400
MOST_OPEN = 1000
"""So many commands of one gateway may wait for their results."""


class BoxWish(NamedTuple):
    """What is wished of a box. `settings_version` 0 and `firmware` 0: nothing."""

    box_id: str
    settings_version: int
    settings: Mapping[str, Any] | None
    firmware: int


class Command(NamedTuple):
    """Something that a box is to do once."""

    id: str
    gateway_id: str
    box_id: str
    name: str
    argument: Mapping[str, Any] | None
    expires_utc_ms: int
    given_by: str
    given_ms: int


class Result(NamedTuple):
    """A command and what came of it; `outcome` None: nothing yet."""

    command: Command
    outcome: str | None
    body: Any
    told_ms: int | None


class BundleHead(NamedTuple):
    """A bundle of firmware, as the wishes name it."""

    version: int
    manifest_length: int
    manifest_sha256: str


class Wishes(NamedTuple):
    """Everything that is wished of one gateway."""

    gateway_id: str
    version: int
    boxes: list[BoxWish]
    commands: list[Command]
    bundles: list[BundleHead]
    updates_at_once: int
    place: Mapping[str, Any] | None
    sealing_key: str | None


def said(wishes: Wishes, now_ms: int) -> dict[str, Any]:
    """As the gateway is told."""
    return {
        "v": 1,
        "gateway_id": wishes.gateway_id,
        "version": wishes.version,
        "server_utc_ms": now_ms,
        "boxes": {one.box_id: _box(one) for one in wishes.boxes},
        "commands": [_command(one) for one in wishes.commands if one.expires_utc_ms > now_ms],
        "bundles": [one._asdict() for one in wishes.bundles],
        "updates_at_once": wishes.updates_at_once,
        "place": wishes.place,
        "sealing_key": wishes.sealing_key,
    }


def _box(wish: BoxWish) -> dict[str, Any]:
    settings = {"version": wish.settings_version, "values": wish.settings} if wish.settings_version else None
    return {"settings": settings, "firmware": wish.firmware}


def _command(one: Command) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("id", "box_id", "name", "argument", "expires_utc_ms")}


def wanted_versions(boxes: Iterable[BoxWish]) -> set[int]:
    """The bundles that these boxes are to run."""
    return {one.firmware for one in boxes if one.firmware}


def next_settings_version(wished: int, reported: Iterable[object]) -> int:
    """A number that no other content has had. Raises `Refused`: `version`."""
    known = [number for value in reported if (number := forms.whole(value, 0, forms.U32_MAX)) is not None]
    version = max(wished, *known, 0) + 1 if known else wished + 1
    if version > forms.U32_MAX:
        raise Refused("version", "there is no higher version")
    return version


def settings(values: object) -> bytes:
    """All settings of a box, as they are kept. Raises `Refused`: `json`, `too_long`."""
    return _bounded(values, MOST_SETTINGS_BYTES, "settings")


def command(asked: Mapping[str, Any], gateway_id: str, new_id: str, by: str, now_ms: int) -> Command:
    """What an operator asks for, as a command. Raises `Refused`: `json`, `field`, `too_long`."""
    unknown = set(asked) - {"id", "box_id", "name", "argument", "within_s"}
    if unknown:
        raise Refused("field", f"{min(unknown)} is not known")
    box_id, name = forms.matching(asked.get("box_id"), forms.ID), forms.matching(asked.get("name"), forms.NAME)
    command_id = forms.matching(asked.get("id", new_id), forms.HEX12)
    within_s = forms.whole(asked.get("within_s", 300), 1, MOST_WITHIN_S)
    for field, value in (("box_id", box_id), ("name", name), ("id", command_id), ("within_s", within_s)):
        if value is None:
            raise Refused("field", f"{field} is not in its form")
    argument = asked.get("argument")
    if argument is not None:
        _bounded(argument, MOST_ARGUMENT_BYTES, "argument")
    expires_ms = now_ms + 1000 * (within_s or 0)
    return Command(command_id or "", gateway_id, box_id or "", name or "", argument, expires_ms, by, now_ms)


def _bounded(values: object, most_bytes: int, what: str) -> bytes:
    if not isinstance(values, dict):
        raise Refused("json", f"{what}: not a JSON object")
    written = forms.write(values)
    if len(written) > most_bytes:
        raise Refused("too_long", f"{what}: more than {most_bytes} bytes")
    return written
