"""The nouns of the register: areas, places, gates, who sits where since when, for what purpose.

1. An instant is UTC in milliseconds; `since_ms` 0 means "as long as anything is known of".
2. A dated thing holds from its `since_ms` until the next one of the same subject begins.
3. A box's own seat comes before that of its gateway; a gateway without one is a place of its own, by the gateway's id.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from presence.purpose import Mode as Mode
from server.places.opening import UNKNOWN, Opening

Direction = Literal["in", "out", "both"]
Level = Literal["province", "district", "commune"]
DIRECTIONS: tuple[Direction, ...] = ("in", "out", "both")
MODES: tuple[Mode, ...] = ("identified", "counts_only")
KINDS = (
    "market",
    "bus_station",
    "office",
    "school",
    "hospital",
    "shop",
    "worship",
    "vehicle",
    "event",
    "checkpoint",
    "other",
)


class Area(NamedTuple):
    """A unit of administration. `since`, `until`: local dates, "" where not bounded; `until` is the first day on which
    it is no more. `successor`: the code of what it went into. Code and `since` together are its key."""

    code: str
    name: str
    level: Level
    parent: str = ""
    since: str = ""
    until: str = ""
    successor: str = ""


class Place(NamedTuple):
    """A market, a station, an office. `capacity` 0: as many as come; `stay_min` 0: nothing is said of how long people
    stay; `operators`: names of users."""

    place_id: str
    name: str
    kind: str = "other"
    area: str = ""
    address: str = ""
    opening: Opening = UNKNOWN
    capacity: int = 0
    stay_min: int = 0
    day_begins: str = "00:00"
    operators: tuple[str, ...] = ()


class Gate(NamedTuple):
    """Where people pass; `zone` "" is the place as a whole."""

    place_id: str
    gate_id: str
    name: str = ""
    zone: str = ""
    direction: Direction = "both"


class Period(NamedTuple):
    """For what scans are kept, and on what legal basis. `until_ms` None: until the next one begins; where it is set,
    `counts_only` holds from then on until the next one begins."""

    since_ms: int
    mode: Mode
    basis: str = ""
    until_ms: int | None = None


class GatewaySeat(NamedTuple):
    """This gateway serves this place from then on; `place_id` "": none, so it is a place of its own again."""

    gateway_id: str
    since_ms: int
    place_id: str


class BoxSeat(NamedTuple):
    """This box hangs there from then on; `place_id` "": where its gateway is."""

    box_id: str
    since_ms: int
    place_id: str
    gate_id: str = ""


class Seat(NamedTuple):
    """Where a scan was made. `gate_id` "" and `direction` None: nothing is known. `is_sure` false: the box or gateway
    was moved within the bounds of the instant, or the instant is not known and it was moved at some time."""

    place_id: str
    gate_id: str = ""
    zone: str = ""
    direction: Direction | None = None
    is_registered: bool = False
    is_sure: bool = True


class Mark(NamedTuple):
    """What was derived of this subject between the two instants is to be derived anew; `to_ms` None: to the end.

    `subject`: box, gateway or place. `reason`: seat, gate, rules (opening hours, default stay), purpose. With `purpose`
    what was sealed in that time stands under `counts_only` now, and is to be destroyed."""

    subject: Literal["box", "gateway", "place"]
    id: str
    from_ms: int
    to_ms: int | None
    reason: Literal["seat", "gate", "rules", "purpose"]


class Register(NamedTuple):
    """All of the register that deriving and taking in need: places, gates and purposes of whoever has a seat.

    `wished`: purposes out of `[place]` that the fleet wishes of a gateway, by gateway."""

    places: Mapping[str, Place]
    gates: Mapping[tuple[str, str], Gate]
    gateway_seats: tuple[GatewaySeat, ...]
    box_seats: tuple[BoxSeat, ...]
    purposes: Mapping[str, tuple[Period, ...]]
    wished: Mapping[str, tuple[Period, ...]]
