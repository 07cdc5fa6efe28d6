"""The rules of a place, as the gateway there takes them: `[place]` of its settings. All of them, or it is refused."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from server.errors import Refused

MOST_REVOKED = 10_000
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$")]


class Period(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """From when on which purpose holds, in local time, and on what legal basis."""

    since: Day
    mode: Literal["identified", "counts_only"]
    basis: Annotated[str, Meta(max_length=200)] = ""


class Place(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What the place counts and allows."""

    name: Annotated[str, Meta(max_length=100)] = ""
    purpose: Annotated[list[Period], Meta(max_length=100)] = []
    capacity: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    quota_visits: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    quota_days: Annotated[int, Meta(ge=1, le=31)] = 1
    day_begins: Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "00:00"
    revoked: Annotated[list[Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]], Meta(max_length=MOST_REVOKED)] = []


def place(values: object) -> dict[str, Any]:
    """The rules as they are kept. Raises `Refused`: `field`."""
    try:
        found: dict[str, Any] = msgspec.to_builtins(msgspec.convert(values, Place))
    except msgspec.ValidationError as err:
        raise Refused("field", f"place: {err}") from err
    return found
